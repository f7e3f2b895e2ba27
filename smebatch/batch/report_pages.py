"""Keeps in a batch the report as the page shows it, and the facts behind its figures, worked out for a settled state.

These tables are no part of a batch's layout: they can be made anew from it at any time, are dropped for those of
another state, and are not carried over where a batch is read anew. A program that does not know them passes over them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from smebatch import __version__
from smebatch.batch.database import BatchDatabase, identifier
from smebatch.batch.load import ReportOptions
from smebatch.common.text import as_json

if TYPE_CHECKING:
    import pandas as pd

_LAYOUT = 2  # of what is kept
_STATE = "report_state"  # in meta
_PREFIX = "report_"  # of the names of tables
_PAGES, _ROWS, _UNIVERSES = "report_pages", "report_rows", "report_universes"
_LIST, _FACTS = "report_list_", "report_facts_"
_HEAD_TYPES = ("INTEGER", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "BIGINT", "BOOLEAN", "VARCHAR")
_ROW_TYPES = ("INTEGER", "INTEGER", "VARCHAR", "VARCHAR", "VARCHAR")
_ROWS_AT_A_TIME, _CELLS_AT_A_TIME = 2_000, 2_000_000  # what is stored within about half a second


class KeptRow(NamedTuple):
    """A row of a table as it is displayed: texts, and for figures that rest on something how many rows that has.

    ``bases``: of each cell, its universe, conditions and shown facts; None where it rests on nothing.
    """

    cells: Sequence[str]
    numbers: Sequence[int]
    bases: Sequence[Sequence[Any] | None]


class KeptPage(NamedTuple):
    """A table of the report, which the page shows by itself.

    ``document``: what stands around it and its columns, for whoever shows it. ``rows``: as displayed; else ``frame``:
    a long list, of which only the rows that are shown are put into words; columns row, form_id, file, and c0, c1 …
    """

    id: str
    title: str
    sheet: str
    sheet_title: str
    size: int
    document: dict[str, Any]
    rows: Sequence[KeptRow] = ()
    frame: pd.DataFrame | None = None


class KeptUniverse(NamedTuple):
    """The facts of a kind of row: see report.basis.algebra.Universe. ``document``: what its columns are called."""

    name: str
    document: Mapping[str, Any]
    frame: pd.DataFrame


class PageHead(NamedTuple):
    """What a list of the pages says of each."""

    id: str
    title: str
    sheet: str
    sheet_title: str
    size: int


def state_of(meta: Mapping[str, str], options: ReportOptions) -> str:
    """What a report depends on, as a short text: the settled state of its batch, what it is asked for, the program."""
    stated = [meta.get(name, "") for name in ("made_with", "read_at", "settled_at", "roster_at")]
    facts = repr((__version__, _LAYOUT, stated, options))
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def kept_state(database: BatchDatabase) -> str:
    """The state for which pages are kept, "" where there are none."""
    return database.meta.get(_STATE, "")


_Part = Callable[[BatchDatabase], None]
Opener = Callable[[], BatchDatabase]
"""Opens a batch to be written to; it raises BatchError where the batch is not what it was any more."""


def store_pages(open_batch: Opener, state: str, pages: Iterable[KeptPage], universes: Iterable[KeptUniverse]) -> None:
    """Keep the pages of a state instead of those of any other.

    Those before go first, for nobody is shown the pages of another state. They are stored in small parts, so that
    nobody who wants to read is kept out for long; only at the end does the batch say that it has them. Raises
    BatchError.
    """
    parts: list[_Part] = [_begin, *_parts(pages, universes), partial(_end, state=state)]
    for part in parts:
        with open_batch() as database:
            database.run_with_memory(partial(_do, database, part))


def _do(database: BatchDatabase, part: _Part) -> None:
    with database.transaction():
        part(database)


def _begin(database: BatchDatabase) -> None:
    """Make the tables, empty, instead of those that are there."""
    database.set_meta(**{_STATE: ""})
    query = """SELECT table_name FROM duckdb_tables()
        WHERE database_name = current_database() AND starts_with(table_name, ?)"""
    for (name,) in database.fetch_rows(query, [_PREFIX]):
        database.execute(f"DROP TABLE {identifier(name)}")
    database.execute(
        f"""CREATE TABLE {_PAGES} (number INTEGER, id VARCHAR, title VARCHAR, sheet VARCHAR,
        sheet_title VARCHAR, size BIGINT, listed BOOLEAN, document VARCHAR);
        CREATE TABLE {_ROWS} (page INTEGER, "row" INTEGER, cells VARCHAR, numbers VARCHAR, bases VARCHAR);
        CREATE TABLE {_UNIVERSES} (name VARCHAR, document VARCHAR)"""
    )


def _end(database: BatchDatabase, *, state: str) -> None:
    """Say that the pages are there."""
    database.set_meta(**{_STATE: state})


def _parts(pages: Iterable[KeptPage], universes: Iterable[KeptUniverse]) -> Iterator[_Part]:
    """What is to be stored, in parts of a moment each."""
    heads: list[list[Any]] = []
    rows: list[tuple[int, int, KeptRow]] = []
    for number, page in enumerate(pages):
        listed = page.frame is not None
        heads.append(
            [number, page.id, page.title, page.sheet, page.sheet_title, page.size, listed, as_json(page.document)]
        )
        rows += [(number, i, row) for i, row in enumerate(page.rows)]
        if page.frame is not None:
            yield from _of_frame(f"{_LIST}{number}", page.frame)
    yield partial(_insert, table=_PAGES, types=_HEAD_TYPES, rows=heads)
    for start in range(0, len(rows), _ROWS_AT_A_TIME):
        some = [(page, i, *map(as_json, row)) for page, i, row in rows[start : start + _ROWS_AT_A_TIME]]
        yield partial(_insert, table=_ROWS, types=_ROW_TYPES, rows=some)
    for universe in universes:
        said = [(universe.name, as_json(universe.document))]
        yield partial(_insert, table=_UNIVERSES, types=("VARCHAR", "VARCHAR"), rows=said)
        yield from _of_frame(f"{_FACTS}{universe.name}", universe.frame)


def _of_frame(table: str, frame: pd.DataFrame) -> Iterator[_Part]:
    """A frame in parts; an empty one has one part as well, for its columns."""
    for start in range(0, max(len(frame), 1), _CELLS_AT_A_TIME // len(frame.columns)):
        some = frame.iloc[start : start + _CELLS_AT_A_TIME // len(frame.columns)]
        yield partial(_store_frame, table=table, frame=some, first=not start)


def _store_frame(database: BatchDatabase, *, table: str, frame: pd.DataFrame, first: bool) -> None:
    database.store_frame(table, frame, new=first)


def _insert(database: BatchDatabase, *, table: str, types: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        unnested = ", ".join(f"unnest(?::{sql}[])" for sql in types)
        database.execute(f"INSERT INTO {table} SELECT {unnested}", [list(c) for c in zip(*rows, strict=True)])


# --- reading ----------------------------------------------------------------------------------------------------------


def page_heads(database: BatchDatabase) -> list[PageHead]:
    """All pages that are kept, in their order. Raises BatchError."""
    rows = database.recall_rows(f"SELECT id, title, sheet, sheet_title, size FROM {_PAGES} ORDER BY number")
    return [PageHead(*row) for row in rows]


def page_document(database: BatchDatabase, page: str) -> dict[str, Any] | None:
    """What stands around a table, and its columns; None where there is no such page. Raises BatchError."""
    found = database.recall_rows(f"SELECT document FROM {_PAGES} WHERE id = ?", [page])
    return json.loads(found[0][0]) if found else None


class ShownRow(NamedTuple):
    """A row of a table: its place, from 0; the return or the file that it is about, "" for none; its values.

    ``numbers``: how many rows each figure rests on, 0 for none. Values are texts as displayed, but typed in a long
    list, NULL being None.
    """

    row: int
    form_id: str
    file: str
    cells: Sequence[Any]
    numbers: Sequence[int]


def page_rows(database: BatchDatabase, page: str, first: int, count: int) -> list[ShownRow]:
    """``count`` rows of a table from ``first`` on, which is 0 for the first of all. Raises BatchError."""
    query = f"SELECT number, listed FROM {_PAGES} WHERE id = ?"
    ((number, listed),) = database.recall_rows(query, [page])
    where = 'WHERE "row" >= ? AND "row" < ? ORDER BY "row"'
    if listed:
        rows = database.fetch_rows(f"SELECT * FROM {_LIST}{int(number)} {where}", [first, first + count])
        return [ShownRow(row, form_id or "", file or "", cells, ()) for row, form_id, file, *cells in rows]
    rows = database.fetch_rows(
        f'SELECT "row", cells, numbers FROM (SELECT * FROM {_ROWS} WHERE page = ?) {where}',
        [number, first, first + count],
    )
    return [ShownRow(row, "", "", json.loads(cells), json.loads(numbers)) for row, cells, numbers in rows]


def kept_basis(database: BatchDatabase, page: str, row: int, column: int) -> tuple[KeptRow, Sequence[Any]] | None:
    """The row of a figure, and its basis; None where no figure rests on anything there. Raises BatchError."""
    rows = database.recall_rows(
        f"""SELECT cells, numbers, bases FROM {_ROWS} JOIN {_PAGES} p ON p.number = page
        WHERE p.id = ? AND "row" = ?""",
        [page, row],
    )
    for each in rows:
        kept = KeptRow(*map(json.loads, each))
        if 0 <= column < len(kept.bases) and (basis := kept.bases[column]) is not None:
            return kept, basis
    return None


def universe_document(database: BatchDatabase, name: str) -> dict[str, Any]:
    """What the facts of a universe are called. Raises BatchError."""
    ((document,),) = database.recall_rows(f"SELECT document FROM {_UNIVERSES} WHERE name = ?", [name])
    found: dict[str, Any] = json.loads(document)
    return found


def facts_table(universe: str) -> str:
    """The name of the table of a universe's facts, as SQL takes it."""
    return identifier(_FACTS + universe)
