"""The returns behind a figure of the report: those that meet its conditions, which add up to it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Blueprint, abort, render_template, request, url_for

from smebatch.batch.database import BatchDatabase, identifier
from smebatch.batch.report_pages import (
    facts_table,
    kept_basis,
    kept_state,
    page_document,
    page_heads,
    universe_document,
)
from smebatch.issues.notice import Notice
from smebatch.page.links import entry_address, form_address
from smebatch.page.listing import ROWS, Where, list_rows, page_number
from smebatch.page.reports import is_prepared, preparing
from smebatch.page.requests import open_batch
from smebatch.report.basis.algebra import Basis, BasisCondition, Fact, said
from smebatch.report.basis.pages import read_fact
from smebatch.report.chapter import printed
from smebatch.report.document import Format
from smebatch.report.exact_statistics import display_number

views = Blueprint("returns", __name__, url_prefix="/returns")

_WHO = (
    *(("form_id", "u.form_id"), ("file", "u.file"), ("name", "a.name"), ("uscc", "a.uscc")),
    *(("district", "a.district"), ("phase", "a.phase"), ("kind", "a.assessment_kind")),
)
_SIDE = "side"  # which of two rounds a return is of
_ALWAYS = (_SIDE, "version", "status", "level", "score_units")
"""Facts that are shown of every row that has them."""


class Sum(NamedTuple):
    """What a fact of all rows adds up to, and its mean, as texts. ``rounded``: whether they are not shown exactly."""

    title: str
    total: str
    mean: str
    rounded: bool


@views.get("/")
def show() -> str | tuple[str, int]:
    """The rows behind the figure of a table that stands in a row and a column of it."""
    table = request.args.get("table", "")
    row, column = (_place(request.args.get(name)) for name in ("row", "column"))
    with open_batch() as batch:
        if batch is None:
            abort(404)
        if is_prepared(batch):
            database = batch.database
            if request.args.get("of") != kept_state(database):
                return render_template("problem.html", notice=Notice("page.returns.stale")), HTTPStatus.NOT_FOUND
            return _behind(database, table, row, column)
    return preparing()


def _place(text: str | None) -> int:
    """A row or a column; -1 where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else -1


def _behind(database: BatchDatabase, table: str, row: int, column: int) -> str:
    kept = kept_basis(database, table, row, column)
    document = page_document(database, table)
    if kept is None or document is None:
        abort(404)
    line, stored = kept
    basis = _read(stored)
    head = next(each for each in page_heads(database) if each.id == table)
    facts = {name: read_fact(each) for name, each in universe_document(database, basis.universe).items()}
    conditions = [_condition(each) for each in basis.conditions]
    shown = _shown(basis, facts)
    listing = list_rows(
        database,
        [*_WHO, *((f"fact {name}", f"u.{identifier(name)}") for name in shown)],
        f"{facts_table(basis.universe)} u",
        conditions,
        "u.line",
        page_number(request.args.get("page")),
        "LEFT JOIN answers a ON a.form_id = u.form_id",
    )
    sums = _sums(database, basis, facts, conditions)
    rows = [
        each
        | {
            "facts": [_text(facts[name], each[f"fact {name}"]) for name in shown],
            "address": form_address(each["form_id"]) if each["form_id"] else entry_address(each["file"]),
        }
        for each in listing.rows
    ]
    return render_template(
        "returns.html",
        head=head,
        back=_back(table, row),
        value=line.cells[column],
        of=[line.cells[0], document["columns"][column][0]],
        words=[said(facts[each.column], each) for each in basis.conditions],
        titles=[(facts[name].title, _numeric(facts[name])) for name in shown],
        rows=rows,
        sums=sums,
        listing=listing,
    )


def _back(table: str, row: int) -> str:
    """The address of the row of the table that the figure stands in."""
    page = row // ROWS + 1
    return url_for("reports.show_table", name=table, page=page if page > 1 else None, _anchor=f"row-{row}")


def _read(stored: Sequence[Any]) -> Basis:
    universe, conditions, shows = stored
    read = (BasisCondition(name, test, tuple(v) if isinstance(v, list) else v) for name, test, v in conditions)
    return Basis(universe, tuple(read), tuple(shows))


def _condition(condition: BasisCondition) -> Where:
    """A condition on facts in SQL; the tests are ours, the values are bound."""
    column = f"u.{identifier(condition.column)}"
    if isinstance(condition.value, tuple):
        return Where(f"{column} IN ({', '.join('?' * len(condition.value))})", condition.value)
    return Where(f"{column} {condition.test} ?", (condition.value,))


def _shown(basis: Basis, facts: dict[str, Fact]) -> list[str]:
    """The facts to show of each row: what the figure is made of, and what differs from row to row."""
    fixed = {condition.column for condition in basis.conditions if condition.test == "="}
    differing = [condition.column for condition in basis.conditions if condition.test != "="]
    usual = [name for name in _ALWAYS if name in facts and name not in fixed]
    return list(dict.fromkeys([*usual, *differing, *basis.shows]))


def _numeric(fact: Fact) -> bool:
    return not fact.names


def _text(fact: Fact, value: int | str) -> str:
    if fact.per and isinstance(value, int):
        return printed(display_number(Fraction(value, fact.per)), Format.POINTS)
    return fact.text(value)


def _sums(database: BatchDatabase, basis: Basis, facts: dict[str, Fact], conditions: Sequence[Where]) -> list[Sum]:
    """What the numbers that the figure is made of add up to; where two rounds are compared, of each by itself."""
    names = [name for name in basis.shows if not facts[name].names]
    if not names:
        return []
    side = "u.side" if _SIDE in basis.shows else "''"
    where = " AND ".join(f"({condition.sql})" for condition in conditions) or "true"
    values = [value for condition in conditions for value in condition.parameters]
    columns = ", ".join(f"sum(u.{identifier(name)})::BIGINT" for name in names)
    table = facts_table(basis.universe)
    query = f"SELECT {side}, count(*), {columns} FROM {table} u WHERE {where} GROUP BY ALL ORDER BY min(u.line)"
    return [
        _sum(facts[name], int(total), int(n), facts[_SIDE].text(which) if which else "")
        for which, n, *totals in database.recall_rows(query, values)
        for name, total in zip(names, totals, strict=True)
    ]


def _sum(fact: Fact, total: int, n: int, whose: str) -> Sum:
    mean = printed(display_number(Fraction(total, n * (fact.per or 1))), Format.POINTS)
    text = _text(fact, total) if fact.per else f"{total:,}"
    return Sum(f"{whose}{fact.title}", text, mean, rounded=bool(fact.per))
