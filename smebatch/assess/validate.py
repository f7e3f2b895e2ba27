"""Validate typed answers: each by itself with a pandera schema built from the edition, and together by the rules."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from smebatch.assess.answering import answering_rules
from smebatch.assess.consistency import consistency_rules
from smebatch.assess.enterprise import USCC_PATTERN, enterprise_rules
from smebatch.assess.rules import Rule, shown
from smebatch.assess.table import Answers, dtypes_of
from smebatch.issues import ISSUES, Finding
from smebatch.standard.figures import MICRO
from smebatch.standard.keys import Key, Kind, keys_of, titles_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import pandera.pandas as pa

CHUNK = 50_000  # rows validated at a time, to keep memory flat


@cache
def rules_of(edition: Edition, today: dt.date) -> tuple[Rule, ...]:
    """Every rule beside the schema's own checks, in the order of the form."""
    rules = (*enterprise_rules(edition, today), *answering_rules(edition), *consistency_rules(edition))
    if doubled := [rule for rule, times in Counter((rule.code, rule.key) for rule in rules).items() if times > 1]:
        raise ValueError(f"two rules of one code and key: {doubled}")
    order = {key: i for i, key in enumerate(titles_of(edition))}
    return tuple(sorted(rules, key=lambda rule: order[rule.key]))


@cache
def schema_of(edition: Edition) -> pa.DataFrameSchema:
    """The schema: a column per key that has checks of its own.

    A check's ``error`` is the code of its issue. Ticks and plain texts, whose type make_answers sees to, need no
    column: pandera's time goes by columns, and more so by columns that fail. So the rules do not go through it either:
    what breaks them is known before.
    """
    import pandera.pandas as pa

    # Where a text's type is asked for, pandera draws up a table of failures, even of none.
    types = {name: None if dtype == "str" else dtype for name, dtype in dtypes_of(edition).items()}
    columns = {
        name: pa.Column(types[name], checks, nullable=True, coerce=False)
        for name, key in keys_of(edition).items()
        if (checks := _checks(key))
    }
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def _checks(key: Key) -> list[pa.Check]:
    import pandera.pandas as pa

    checks: list[pa.Check] = []
    if key.kind.is_figure:
        checks.append(pa.Check.ge(0, error="figure.negative"))
    if key.kind is Kind.COUNT:
        checks.append(pa.Check(lambda figures: figures % MICRO == 0, error="figure.not_whole"))
    if key.kind is Kind.PERCENT:
        checks.append(pa.Check.le(100 * MICRO, error="figure.above_100"))
    if key.choices:
        checks.append(pa.Check.isin(key.choices, error="choice.unknown"))
    if key.kind is Kind.USCC:
        checks.append(pa.Check(lambda codes: codes.str.fullmatch(USCC_PATTERN), error="uscc.format"))
    return checks


def validate(answers: Answers, today: dt.date) -> list[list[Finding]]:
    """Check returns; one list of findings a return, without places: those of single answers, then those of rules.

    Both are in the order of the form. Raises RuntimeError when a check of the schema itself fails to run: a crashed
    check is not a passed check.
    """
    findings: list[list[Finding]] = [[] for _ in range(len(answers))]
    for start in range(0, len(answers), CHUNK):
        part = answers.part(start, start + CHUNK)
        for row, finding in chain(_by_schema(part), _by_rules(part, today)):
            findings[start + row].append(finding)
    return findings


def _by_schema(answers: Answers) -> Iterator[tuple[int, Finding]]:
    """What is wrong with single answers, and in which row."""
    import pandera.errors

    schema = schema_of(answers.edition)
    columns = list(schema.columns)
    try:
        # Rows are named by position: two returns may be alike to the last byte.
        schema.validate(answers.frame[columns].reset_index(drop=True), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        failures = errors.failure_cases
    else:
        return
    unknown = failures[~failures["check"].isin(list(ISSUES)) | failures["index"].isna()]
    if len(unknown):
        raise RuntimeError(f"the schema could not be applied: {unknown.to_dict('records')[:3]}")
    failed = failures["index"].astype("int64").groupby([failures["column"], failures["check"]])
    for (column, code), rows in sorted(failed, key=lambda group: (columns.index(group[0][0]), group[0][1])):
        key, label = keys_of(answers.edition)[column], titles_of(answers.edition)[column]
        texts = shown(answers.take(rows.to_numpy(), [column]), column)
        for row, text in zip(rows.tolist(), texts, strict=True):
            yield row, Finding(code, column, label, found=text, expected="、".join(key.choices), clause=key.clause)


def _by_rules(answers: Answers, today: dt.date) -> Iterator[tuple[int, Finding]]:
    """What is wrong with answers beside each other, and in which row."""
    for rule in rules_of(answers.edition, today):
        rows = np.flatnonzero(rule.broken_by(answers))
        if len(rows):
            label = titles_of(answers.edition)[rule.key]
            described = rule.describe(answers.take(rows, rule.inputs))
            for row, (text, expected) in zip(rows.tolist(), described, strict=True):
                yield row, Finding(rule.code, rule.key, label, found=text, expected=expected, clause=rule.clause)
