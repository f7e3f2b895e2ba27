"""Validate typed answers with a pandera schema built from the edition; every failure becomes a finding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smebatch.assess.answering import answering_rules
from smebatch.assess.consistency import consistency_rules
from smebatch.assess.enterprise import USCC_PATTERN, enterprise_rules
from smebatch.assess.rules import Described, Rule, found, shown
from smebatch.assess.table import Answers, Ints, dtypes_of
from smebatch.issues import ISSUES, Finding
from smebatch.standard.figures import MICRO
from smebatch.standard.keys import Key, Kind, keys_of, titles_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import pandera.pandas as pa

CHUNK = 50_000  # rows validated at a time; the cost of a failure grows with the frame


@cache
def rules_of(edition: Edition, today: dt.date) -> tuple[Rule, ...]:
    """Every rule beside the schema's own checks, in the order of the form."""
    rules = (*enterprise_rules(edition, today), *answering_rules(edition), *consistency_rules(edition))
    order = {key: i for i, key in enumerate(titles_of(edition))}
    return tuple(sorted(rules, key=lambda rule: order[rule.key]))


@cache
def schema_of(edition: Edition, today: dt.date) -> pa.DataFrameSchema:
    """The schema: a column per key that has checks of its own, with its type, and a boolean column per rule.

    A check's ``error`` is the code of its issue. A rule that nobody breaks needs no column, and ticks and plain texts,
    whose type make_answers sees to, none at all: pandera's time goes by columns.
    """
    import pandera.pandas as pa

    # By its name pandera would look at every text of a column instead of at its type.
    dtypes = {
        name: pd.StringDtype(na_value=np.nan) if dtype == "str" else dtype for name, dtype in dtypes_of(edition).items()
    }
    columns = {
        name: pa.Column(dtypes[name], checks, nullable=True, coerce=False)
        for name, key in keys_of(edition).items()
        if (checks := _checks(key))
    }
    for rule in rules_of(edition, today):
        if rule.column in columns:
            raise ValueError(f"two rules of one code and key: {rule.column}")
        columns[rule.column] = pa.Column(bool, pa.Check(_holds, error=rule.code), required=False)
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def _holds(column: pd.Series[bool]) -> pd.Series[bool]:
    return column


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
    """Check returns; one list of findings a return, in the order of the form, without places.

    Raises RuntimeError when a check itself fails to run: a crashed check is not a passed check.
    """
    findings: list[list[Finding]] = [[] for _ in range(len(answers))]
    for start in range(0, len(answers), CHUNK):
        for row, finding in _validate_chunk(answers.part(start, start + CHUNK), today):
            findings[start + row].append(finding)
    return findings


def _validate_chunk(answers: Answers, today: dt.date) -> Iterator[tuple[int, Finding]]:
    import pandera.errors

    edition = answers.edition
    rules = {rule.column: rule for rule in rules_of(edition, today)}
    held = {name: rule.holds(answers) for name, rule in rules.items()}
    broken = pd.DataFrame({name: holds for name, holds in held.items() if not holds.all()})
    typed = [name for name in schema_of(edition, today).columns if name not in rules]
    # Rows are named by position: two returns may be alike to the last byte.
    frame = pd.concat([answers.frame[typed].reset_index(drop=True), broken], axis=1)
    try:
        schema_of(edition, today).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        failures = errors.failure_cases
    else:
        return
    unknown = failures[~failures["check"].isin(list(ISSUES)) | failures["index"].isna()]
    if len(unknown):
        raise RuntimeError(f"the schema could not be applied: {unknown.to_dict('records')[:3]}")
    order = {name: i for i, name in enumerate(schema_of(edition, today).columns)}
    findings = [
        (row, order[column], code, finding)
        for (column, code), group in failures.groupby(["column", "check"], sort=False)
        for rows in [group["index"].to_numpy(dtype=np.int64)]
        for row, finding in zip(rows.tolist(), _findings(answers, rows, column, code, rules.get(column)), strict=True)
    ]
    for row, _, _, finding in sorted(findings, key=itemgetter(0, 1, 2)):
        yield row, finding


def _findings(answers: Answers, rows: Ints, column: str, code: str, rule: Rule | None) -> Iterator[Finding]:
    """What is wrong with the rows, which all fail one check of a column: one finding each."""
    edition = answers.edition
    described: Described
    if rule is None:
        spec = keys_of(edition)[column]
        key, clause = spec.name, spec.clause
        described = found(shown(answers.take(rows, [key]), key), "、".join(spec.choices))
    else:
        key, clause = rule.key, rule.clause
        described = rule.describe(answers.take(rows, rule.inputs))
    label = titles_of(edition)[key]
    for what, expected in described:
        yield Finding(code, key, label, found=what, expected=expected, clause=clause)
