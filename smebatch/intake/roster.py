"""Read a roster: the enterprises asked to answer, from an Excel or CSV list with Chinese headings or keys."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from smebatch.intake.values import Cell, Value, fold, read, shown
from smebatch.intake.workbook import Workbook
from smebatch.issues import ProblemError
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition

_HEADING_ROWS = 20  # a title and notes may stand above the headings


class RosterError(ProblemError):
    """The list cannot be used."""


def read_roster(path: Path, edition: Edition) -> list[dict[str, Value]]:
    """One mapping of enterprise keys to typed values for each enterprise, in the list's order.

    Columns are known by the key or by the form's Chinese label; others are passed over. Cells that cannot be read as
    their key asks are kept as text, for the form to show and the enterprise to mend.

    Raises RosterError where there is no heading for the name, no row, or the file is no table; OSError.
    """
    data = path.read_bytes()
    rows = _csv_rows(path, data) if path.suffix.lower() in (".csv", ".txt") else _sheet_rows(path, data)
    headings = {_heading(name): key for key in edition.fields for name in (key.key, key.label, _short(key.label))}
    below = 0
    for row in rows[:_HEADING_ROWS]:
        below += 1
        columns = {
            i: headings[_heading(shown(cell))] for i, cell in enumerate(row) if _heading(shown(cell)) in headings
        }
        if any(field.key == "name" for field in columns.values()):
            break
    else:
        raise RosterError("roster.no_heading", path=path, heading=edition.fields[0].label)
    keys = keys_of(edition)
    roster = []
    for row in rows[below:]:
        cells = {field.key: row[i] for i, field in columns.items() if i < len(row) and fold(shown(row[i]))}
        if cells:
            roster.append({name: _value(cell, name, keys[name].kind, edition) for name, cell in cells.items()})
    if not roster:
        raise RosterError("roster.empty", path=path)
    return roster


def _value(cell: Cell, name: str, kind: Kind, edition: Edition) -> Value:
    reading = read(keys_of(edition)[name], cell)
    return shown(cell) if reading.value is None or kind is Kind.TEXT else reading.value


def _heading(text: str) -> str:
    return fold(text).lower().replace(" ", "").rstrip("*：:")


def _short(label: str) -> str:
    """A label without what stands in brackets: 省（自治区、直辖市） is 省 to most lists."""
    return label.split("（")[0]


def _sheet_rows(path: Path, data: bytes) -> Sequence[Sequence[Cell]]:
    try:
        return Workbook(data).grids()[0][1]
    except Exception as error:  # not a workbook, or one without a sheet
        raise RosterError("roster.unreadable", path=path) from error


def _csv_rows(path: Path, data: bytes) -> list[list[Cell]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")  # what Excel writes on a Chinese Windows
    # newline="": a lone CR ends a row too, and line breaks within quotes stay.
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as error:
        raise RosterError("roster.unreadable", path=path) from error
