"""Write a batch's exports as CSV, JSON or Parquet; figures and points are exact, and a text stays a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, assert_never

from smebatch.batch.database import BatchDatabase
from smebatch.batch.schema import EXPORTED_FIELDS, ExportedColumn, Rendering, export_of_issues, exports_of
from smebatch.batch.ways import make_ways_table
from smebatch.common.atomic_write import AtomicWriter, write_atomically
from smebatch.common.rounding import divide_half_up_sql
from smebatch.common.text import FORMULA_STARTS
from smebatch.standard.fixed_point import plain_decimal_sql
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

_APOSTROPHE = "''"  # as SQL writes one within a text
_FORMULA = f"^[{re.escape(FORMULA_STARTS)}]"

_OPTIONS = {"csv": "FORMAT csv, HEADER true", "json": "FORMAT json, ARRAY true", "parquet": "FORMAT parquet"}
FORMATS = tuple(_OPTIONS)


def export(
    database: BatchDatabase,
    edition: Edition,
    folder: Path,
    file_format: str = "csv",
    writer: AtomicWriter = write_atomically,
) -> list[Path]:
    """Write the exports of ``exports_of`` into a folder, which is made where it is missing; returns their paths.

    ``into`` yields where to write what is to stand at a path, so that a file appears under its name only when it is
    complete. Raises OSError, BatchError, and what ``into`` does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    make_ways_table(database, edition)
    sources = {
        "files": "files ORDER BY file",
        "answers": "answers WHERE form_id IN (SELECT form_id FROM files) ORDER BY form_id",
        "scores": f"({_COUNTED}) ORDER BY file",
        "issues": "issues ORDER BY file, number",
        "versions": "versions ORDER BY thread, version",
        "issue_states": f"{_with_version('issue_states')} ORDER BY thread, version, code, key",
        "changes": f"{_with_version('changes')} ORDER BY thread, version, number",
        "ways": "ways ORDER BY number",
    }
    units_per_point = scale_of(edition).units_per_point
    return [
        _write(
            database,
            folder / f"{each.name}.{file_format}",
            file_format,
            [_sql_of(column, units_per_point) for column in each.columns],
            sources[each.name],
            writer,
        )
        for each in exports_of(edition)
    ]


def _with_version(table: str) -> str:
    return f"(SELECT t.*, v.version FROM {table} t JOIN versions v USING (form_id))"


def export_issues(database: BatchDatabase, path: Path, status: str, writer: AtomicWriter = write_atomically) -> Path:
    """Write the issues of the files of one status as CSV. Raises OSError, and what ``into`` does."""
    source = f"(SELECT i.* FROM issues i JOIN files f USING (file) WHERE f.status = '{status}') ORDER BY file, number"
    return _write(database, path, "csv", [_sql_of(column) for column in export_of_issues().columns], source, writer)


_COUNTED = f"""
    SELECT s.*, f.file, {", ".join(f"a.{name}" for name in EXPORTED_FIELDS)}
    FROM files f JOIN scores s USING (form_id) JOIN answers a USING (form_id) WHERE f.status = 'counted'
"""


def guarded_text(text: str) -> str:
    """A text as a CSV holds it: with an apostrophe before what a spreadsheet would take for a formula.

    >>> guarded_text("=1+1"), guarded_text("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if re.match(_FORMULA, text) else text


class _ColumnSql(NamedTuple):
    """An exported column as SQL: its name, the expression of its typed value, and that of the text in a CSV."""

    name: str
    typed: str
    text: str


def _sql_of(column: ExportedColumn, units_per_point: int = 1) -> _ColumnSql:
    """The expressions of a column; ``units_per_point`` is that of the edition, for columns in points."""
    value = f'"{column.source}"'
    match column.rendering:
        case Rendering.TEXT:
            # A spreadsheet takes a CSV field that begins so for a formula; an apostrophe keeps it a text.
            formula = f"regexp_matches({value}, '{_FORMULA}')"
            return _ColumnSql(
                column.name, value, f"CASE WHEN {formula} THEN '{_APOSTROPHE}' || {value} ELSE {value} END"
            )
        case Rendering.PLAIN:
            return _ColumnSql(column.name, value, value)
        case Rendering.TICK:
            return _ColumnSql(column.name, value, f"{value}::INTEGER")
        case Rendering.FIGURE:
            return _ColumnSql(column.name, value, plain_decimal_sql(value))
        case Rendering.POINTS:
            # Whole hundredths of a point, halves rounded up, as Scale.points does it.
            hundredths = divide_half_up_sql(f"100 * {value}", units_per_point)
            points = f"(({hundredths})::DECIMAL(18,0) * 0.01)::DECIMAL(9,2)"
            return _ColumnSql(column.name, points, f"{points}::VARCHAR")
        case Rendering.UNITS_PER_POINT:
            return _ColumnSql(column.name, str(units_per_point), str(units_per_point))
        case _:
            assert_never(column.rendering)


def _write(
    database: BatchDatabase,
    path: Path,
    file_format: str,
    columns: Sequence[_ColumnSql],
    source: str,
    writer: AtomicWriter,
) -> Path:
    # The byte order mark tells Excel that a CSV is UTF-8; it comes with the first heading.
    byte_order_mark = "\ufeff" if file_format == "csv" else ""
    expressions = ", ".join(
        f'{c.text if byte_order_mark else c.typed} AS "{byte_order_mark if c is columns[0] else ""}{c.name}"'
        for c in columns
    )
    select = f"SELECT {expressions} FROM {source}"
    with writer(path) as partial:
        database.copy_to_file(select, partial, _OPTIONS[file_format])
    return path
