"""Two libraries that read whole sheets as grids of cells: calamine, and openpyxl for the little calamine refuses."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Collection, Iterator
from typing import cast

from python_calamine import CalamineWorkbook, SheetTypeEnum

from smebatch.common.text import CELL_LIMIT
from smebatch.intake.workbook.address import ROW_STRIDE
from smebatch.intake.workbook.cell_values import Cell, Cells
from smebatch.intake.workbook.shared_strings import undo_escapes
from smebatch.intake.workbook.workbook import UnreadableError
from smebatch.intake.workbook.zip_safety import UnsafeError, check_sheet_names

Grid = list[list[Cell]]
"""The rows of a sheet from A1 on, each with its cells."""

_ESCAPED_CONTROL = re.compile("_x00[01][0-9A-Fa-f]_")


def calamine_grids(data: bytes, wanted: Collection[str] | None) -> Iterator[tuple[str, Grid]]:
    """Yield the name and the grid of each worksheet, or of the wanted ones, as calamine reads them.

    Raises UnreadableError, UnsafeError, MemoryError.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        check_sheet_names(book.sheet_names)
        if not book.sheet_names:
            raise UnreadableError  # not even a name: the list of sheets is missing
        for position, (name, sheet) in enumerate(zip(book.sheet_names, book.sheets_metadata, strict=True)):
            # A sheet of macros or a chart holds no form.
            if sheet.typ != SheetTypeEnum.WorkSheet or (wanted is not None and name not in wanted):
                continue
            grid = book.get_sheet_by_index(position).to_python(skip_empty_area=False)
            yield name, grid  # type: ignore[misc]  # calamine's cells are a subset of Cell
    except BaseException as error:  # a Rust panic is a BaseException
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError | UnsafeError):
            raise
        raise UnreadableError from error


def openpyxl_grids(data: bytes) -> Iterator[tuple[str, Grid]]:
    """Yield the name and the grid of each worksheet as openpyxl reads them: slow, but it knows every error value.

    Blank cells and error values are '', as calamine has them. Raises UnreadableError, MemoryError.
    """
    import openpyxl

    def cell(c: openpyxl.cell.cell.Cell) -> Cell:
        if c.value is None or c.data_type == "e":
            return ""
        if not isinstance(c.value, str):
            return cast(Cell, c.value)
        # openpyxl has undone the escape of an escape, but not the escapes of control characters.
        return _ESCAPED_CONTROL.sub(lambda escape: undo_escapes(escape[0]), c.value)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they say what openpyxl would not keep when saving
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        for sheet in book.worksheets:
            yield sheet.title, [[cell(c) for c in row] for row in sheet]
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged file makes a parser say
        raise UnreadableError from error


def cells_of_grid(grid: Grid) -> Cells:
    """The cells that are not blank. Raises UnsafeError for a text that is too long."""
    return check_text_lengths(
        {
            row * ROW_STRIDE + column: cell
            for row, cells in enumerate(grid)
            for column, cell in enumerate(cells)
            if cell not in ("", None)
        }
    )


def check_text_lengths(cells: Cells) -> Cells:
    """Return the cells as they are. Raises UnsafeError where one holds a longer text than Excel allows."""
    if any(isinstance(cell, str) and len(cell) > CELL_LIMIT for cell in cells.values()):
        raise UnsafeError("file.expands")
    return cells
