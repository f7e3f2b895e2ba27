"""Long lists in pages: each page is a query of its own, so that nothing holds more rows than are shown."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from smebatch.batch.database import BatchDatabase

ROWS = 50
"""Rows of a page."""


class Where(NamedTuple):
    """A condition in SQL with its parameters."""

    sql: str
    parameters: tuple[Hashable, ...] = ()


class Listing(NamedTuple):
    """A page of rows by their columns. ``total``: of all pages; ``number``: of this one, from 1."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    total: int
    number: int

    @property
    def has_next(self) -> bool:
        """Whether there are more rows."""
        return self.number * ROWS < self.total

    @property
    def first(self) -> int:
        """The number of the first row, from 1; 0 where there is none."""
        return min(self.total, (self.number - 1) * ROWS + 1)

    @property
    def last(self) -> int:
        """The number of the last row."""
        return min(self.total, self.number * ROWS)


def list_rows(
    database: BatchDatabase,
    columns: Sequence[tuple[str, str]],
    source: str,
    conditions: Sequence[Where],
    order: str,
    number: int,
    joins: str = "",
) -> Listing:
    """A page of the rows of ``source`` that meet all conditions.

    ``columns``: a name and an expression in SQL each. ``order``: expressions that tell any two rows apart. ``joins``:
    further tables for the columns, which are joined to the rows of the page alone; each row finds one row at most, and
    ``source`` is then one table with an alias. All SQL is ours; what the user asks for comes as parameters.
    """
    where = " AND ".join(f"({condition.sql})" for condition in conditions) or "true"
    parameters = [value for condition in conditions for value in condition.parameters]
    ((total,),) = database.recall_rows(f"SELECT count(*) FROM {source} WHERE {where}", parameters)
    number = page_within(number, int(total))
    selected = ", ".join(f'{expression} AS "{name}"' for name, expression in columns)
    page = f"FROM {source} WHERE {where} ORDER BY {order} LIMIT {ROWS} OFFSET {(number - 1) * ROWS}"
    if joins:
        page = f"FROM (SELECT * {page}) {source.rsplit(maxsplit=1)[-1]} {joins} ORDER BY {order}"
    query = f"SELECT {selected} {page}"
    names = tuple(name for name, _ in columns)
    rows = [dict(zip(names, row, strict=True)) for row in database.fetch_rows(query, parameters)]
    return Listing(names, rows, int(total), number)


def page_number(text: str | None) -> int:
    """The number of a page as it was asked for; 1 where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else 1


def page_within(number: int, total: int) -> int:
    """The number of a page of so many rows that is nearest to the one asked for; of no rows the first.

    >>> page_within(3, 101), page_within(4, 101), page_within(0, 101), page_within(2, 0)
    (3, 3, 1, 1)
    """
    return max(1, min(number, -(-total // ROWS)))


def containing(expression: str, text: str) -> Where:
    """Whether a text column holds a text, whatever its capitals."""
    if text.lower() == text.upper():  # as Chinese is; to make small letters of so many texts takes three times as long
        return Where(f"contains({expression}, ?)", (text,))
    return Where(f"contains(lower({expression}), lower(?))", (text,))
