"""Validate typed answers with pandera schemas built from the edition; every failure becomes a finding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smebatch.assess.answers_frame import Answers, dtypes_of
from smebatch.assess.bases import base_rules
from smebatch.assess.completeness import answering_rules
from smebatch.assess.consistency import consistency_rules
from smebatch.assess.energy import energy_rules
from smebatch.assess.enterprise import enterprise_rules
from smebatch.issues.catalogue import ISSUES
from smebatch.issues.finding import Finding
from smebatch.standard import uscc
from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.backends import Ints
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.keys import Key, Kind, keys_of, titles_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import pandera.pandas as pa

_BROKEN = "a rule is broken"
CHUNK = 50_000  # rows validated at a time, to keep memory flat


@cache
def rules_of(edition: Edition, today: dt.date) -> tuple[AnswerRule, ...]:
    """Every rule that the schema of single answers does not cover, in the order of the form."""
    rules = (
        *enterprise_rules(edition, today),
        *answering_rules(edition),
        *base_rules(edition),
        *consistency_rules(edition),
        *energy_rules(edition),
    )
    if len({(rule.code, rule.key) for rule in rules}) < len(rules):
        raise ValueError("two rules of one code and key")
    order = {key: i for i, key in enumerate(titles_of(edition))}
    return tuple(sorted(rules, key=lambda rule: order[rule.key]))


@cache
def schema_of(edition: Edition) -> pa.DataFrameSchema:
    """The schema of single answers: a column for each key that has checks of its own.

    The ``error`` of a check is the code of its issue. Ticks and plain texts have no column, because pandera's time
    grows with the columns and make_answers has ensured their types. Amounts have rules instead.
    """
    import pandera.pandas as pa

    # For a column of type str pandera builds a table of failures even where there are none, which is slow.
    types = {name: None if dtype == "str" else dtype for name, dtype in dtypes_of(edition).items()}
    columns = {
        name: pa.Column(types[name], checks, nullable=True, coerce=False)
        for name, key in keys_of(edition).items()
        if not key.unassessed and (checks := _checks(key))
    }
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


@cache
def schema_of_rules() -> pa.DataFrameSchema:
    """The schema of the rules: a row for each rule and return, ``kept``: whether the return keeps the rule."""
    import pandera.pandas as pa

    kept = pa.Check(lambda rows: rows, error=_BROKEN)
    return pa.DataFrameSchema({"kept": pa.Column(bool, kept)}, strict=True)


def _checks(key: Key) -> list[pa.Check]:
    import pandera.pandas as pa

    checks: list[pa.Check] = []
    if key.kind.is_figure:
        checks.append(pa.Check.ge(0, error="figure.negative"))
    if key.kind is Kind.COUNT:
        # A cell gets one issue only, so a negative figure is not reported as not whole as well.
        checks.append(pa.Check(lambda figures: (figures % MICRO == 0) | (figures < 0), error="figure.not_whole"))
    if key.kind is Kind.PERCENT:
        checks.append(pa.Check.le(100 * MICRO, error="figure.above_100"))
    if key.choices:
        checks.append(pa.Check.isin(key.choices, error="choice.unknown"))
    if key.kind is Kind.USCC:
        checks.append(pa.Check(lambda codes: codes.str.fullmatch(uscc.PATTERN), error="uscc.format"))
    return checks


def validate(answers: Answers, today: dt.date) -> list[list[Finding]]:
    """Check returns; returns a list of findings for each, without sheet and cell.

    The findings of single answers come first, then those of rules, both in the order of the form. Raises RuntimeError
    where a check itself fails to run, because a check that crashed has not passed.
    """
    findings: list[list[Finding]] = [[] for _ in range(len(answers))]
    for start in range(0, len(answers), CHUNK):
        part = answers.part(start, start + CHUNK)
        for row, finding in chain(_findings_of_answers(part), _findings_of_rules(part, today)):
            findings[start + row].append(finding)
    return findings


def _findings_of_answers(answers: Answers) -> Iterator[tuple[int, Finding]]:
    """The findings about single answers, each with the row of its return."""
    schema = schema_of(answers.edition)
    # The index is the position, because form_id is the same for two returns of the same bytes.
    frame = answers.frame[list(schema.columns)].reset_index(drop=True)
    for column, code, rows in _failures(schema, frame):
        key, label = keys_of(answers.edition)[column], titles_of(answers.edition)[column]
        texts = answers.take(rows, [column]).shown(column)
        for row, text in zip(rows.tolist(), texts, strict=True):
            yield row, Finding(code, column, label, found=text, expected="、".join(key.choices), clause=key.clause)


def _findings_of_rules(answers: Answers, today: dt.date) -> Iterator[tuple[int, Finding]]:
    """The findings of the rules, each with the row of its return."""
    kept_by_rule = {rule: rule.kept_by(answers) for rule in rules_of(answers.edition, today)}
    # Only rules that are broken go on to pandera, whose time grows with what it is given.
    broken = [rule for rule, rows in kept_by_rule.items() if not rows.all()]
    if not broken:
        return
    frame = pd.DataFrame({"kept": np.concatenate([kept_by_rule[rule] for rule in broken])})
    for _, _, failed in _failures(schema_of_rules(), frame):
        numbers, rows = np.divmod(failed, len(answers))
        for number, rule in enumerate(broken):
            yield from _findings_of_rule(rule, answers, rows[numbers == number])


def _findings_of_rule(rule: AnswerRule, answers: Answers, rows: Ints) -> Iterator[tuple[int, Finding]]:
    label, key = titles_of(answers.edition)[rule.key], keys_of(answers.edition).get(rule.key)
    unassessed = key is not None and key.unassessed
    described = rule.describe(answers.take(rows, rule.inputs))
    for row, (found, expected) in zip(rows.tolist(), described, strict=True):
        yield row, Finding(rule.code, rule.key, label, "", "", found, expected, rule.clause, unassessed)


def _failures(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> Iterator[tuple[str, str, Ints]]:
    """The failures of a frame indexed by position: column, code and rows, in the order of the schema."""
    import pandera.errors

    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        failures = errors.failure_cases
    else:
        return
    unknown = failures[~failures["check"].isin([*ISSUES, _BROKEN]) | failures["index"].isna()]
    if len(unknown):
        raise RuntimeError(f"the schema could not be applied: {unknown.to_dict('records')[:3]}")
    place = {column: i for i, column in enumerate(schema.columns)}
    failed = failures["index"].astype("int64").groupby([failures["column"], failures["check"]])
    for (column, code), rows in sorted(failed, key=lambda group: (place[group[0][0]], group[0][1])):
        yield column, code, rows.to_numpy()
