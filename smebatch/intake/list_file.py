"""Reads the sheets of a list that people keep in Excel or as CSV: rows of cells, under headings of its own."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex
from smebatch.intake.workbook.cell_values import Cell, Cells, normalize_text
from smebatch.intake.workbook.displayed_value import CELL_RUNS
from smebatch.intake.workbook.encryption import decrypt_default_password
from smebatch.intake.workbook.formats import open_workbook
from smebatch.intake.workbook.workbook import UnreadableError, WorkbookSheet
from smebatch.intake.workbook.zip_safety import UnsafeError

_DIGITS_KEPT = 10**15  # Excel keeps 15 digits of a number
_E_NOTATION = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{2}")  # how Excel writes a larger one into a CSV
_TOO_LARGE = ("file.expands", "file.range")  # reasons
HEADING_ROWS = 20  # rows at the top in which the headings may stand, for titles and notes come above them


class CostlyListError(UnreadableError):
    """The list is too large, or reading it takes too much time or memory."""


class ListSheet(NamedTuple):
    """A sheet of a list: its rows, each up to its last cell, and the cells without a usable value.

    Unusable are errors, formulas without a result, and what is struck out, wholly or in part.
    """

    name: str
    rows: Sequence[Sequence[Cell]]
    unusable: Collection[CellIndex]


ReadSheets = Callable[[Path], list[ListSheet]]
"""Reads the sheets of a file: read_list, or WorkerPool.read_list, which has it done by a process that may die of it."""


def read_list(path: Path) -> list[ListSheet]:
    """Read all sheets of a file.

    Raises UnreadableError where it is neither a workbook nor a CSV, CostlyListError where it is made to be too much;
    OSError.
    """
    data = path.read_bytes()
    try:
        return _read_csv(path, data) if path.suffix.lower() in (".csv", ".txt") else _read_sheets(data)
    except Exception as error:  # whatever a parser says of a file that is no list
        costly = isinstance(error, MemoryError) or (isinstance(error, UnsafeError) and str(error) in _TOO_LARGE)
        raise (CostlyListError if costly else UnreadableError) from error


def has_lost_digits(cell: Cell) -> bool:
    """Whether a cell holds a long number, such as a credit code, of which Excel has dropped the last digits."""
    if isinstance(cell, str):
        return bool(_E_NOTATION.fullmatch(normalize_text(cell)))
    return isinstance(cell, int | float) and abs(cell) >= _DIGITS_KEPT


def _read_sheets(data: bytes) -> list[ListSheet]:
    return [
        ListSheet(sheet.name, _rows_of_cells(_fill_merged(sheet)), _unusable_cells(sheet))
        for sheet in open_workbook(decrypt_default_password(data)).tables()
    ]


def _fill_merged(sheet: WorkbookSheet) -> Cells:
    """The cells of a sheet; a cell merged over several rows is repeated in each of them, as a person reads it."""
    cells = dict(sheet.cells)
    for area in sheet.merged:
        if (cell := sheet.cells.get(area.first)) is not None:
            for at in range(area.first + ROW_STRIDE, area.last + 1, ROW_STRIDE):
                cells.setdefault(at, cell)
    return cells


def _unusable_cells(sheet: WorkbookSheet) -> Collection[CellIndex]:
    """The cells without a usable value: errors, formulas without a result, and what is struck out."""
    displayed = ((at, display()) for at, display in sheet.displayed.items())
    return {*sheet.false_blanks, *(at for at, seen in displayed if seen.code == CELL_RUNS or seen.struck)}


def _rows_of_cells(cells: Cells) -> list[list[Cell]]:
    """The rows of a sheet, each up to its last cell."""
    rows: list[list[Cell]] = [[] for _ in range(max(cells, default=-1) // ROW_STRIDE + 1)]
    for at in sorted(cells):
        row, column = divmod(at, ROW_STRIDE)
        rows[row] += [None] * (column - len(rows[row])) + [cells[at]]
    return rows


def _read_csv(path: Path, data: bytes) -> list[ListSheet]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")  # what Excel writes on a Chinese Windows
    # newline="": a lone CR ends a row too, and line breaks within quotes stay.
    return [ListSheet(path.name, [list(row) for row in csv.reader(io.StringIO(text, newline=""))], {})]
