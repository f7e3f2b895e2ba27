"""Open a workbook from its bytes: sheets as grids of cells."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from defusedxml import ElementTree
from python_calamine import CalamineWorkbook

from smebatch.intake.ole import OLE_MAGIC
from smebatch.intake.recognise import ZIP_MAGIC
from smebatch.intake.safety import safe_parts
from smebatch.intake.unsaid import sheet_parts, sheets_with, unsaid_ods, unsaid_xls, unsaid_xlsx
from smebatch.intake.values import Cell

_ODF_NAME = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}name"

Grid = list[list[Cell]]


class UnreadableError(Exception):
    """The file cannot be opened as a workbook; the message is the reader's own."""


@dataclass(frozen=True)
class Sheet:
    """A sheet's cells by row and column from 0, blanks as ''."""

    name: str
    rows: Grid
    book: Workbook = field(repr=False)

    def cell(self, row: int, column: int) -> Cell:
        """The cell, blank beyond the used range."""
        cells = self.rows[row] if row < len(self.rows) else []
        return cells[column] if column < len(cells) else ""

    @cached_property
    def unsaid(self) -> dict[tuple[int, int], str]:
        """Cells that read as blank (or as 0 of a formula) but are not: what they are, by (row, column)."""
        return self.book.unsaid(self.name)


class Workbook:
    """A workbook in memory: xlsx, xlsm, xls or ods. Raises UnsafeError for one no reader should open."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts = safe_parts(data) if data.startswith(ZIP_MAGIC) else {}

    def sheets(self, holding: str = "", also: str = "") -> list[Sheet]:
        """Every sheet, hidden ones too, in order; but for those that do not hold a text, where that can be told.

        ``also`` names a sheet wanted in any case. Raises UnreadableError where no reader can read them.
        """
        wanted = self._wanted(holding, also) if holding else None
        try:
            grids = list(_calamine_grids(self._data, wanted))
        except UnreadableError:
            # calamine refuses a whole workbook for one unknown error value or one odd merged range.
            if "xl/workbook.xml" not in self._parts:
                raise
            grids = list(_openpyxl_grids(self._data))
        return [Sheet(name, grid, self) for name, grid in grids]

    def _wanted(self, holding: str, also: str) -> frozenset[str] | None:
        found = sheets_with(holding, self._parts, self._sheet_parts)
        return found | {also} if found else None

    def properties(self) -> dict[str, str]:
        """Custom document properties, where the format keeps them in a zip part."""
        for part, name_attribute in (("docProps/custom.xml", "name"), ("meta.xml", _ODF_NAME)):
            if part in self._parts:
                nodes = ElementTree.fromstring(self._parts[part]).iter()
                named = (node for node in nodes if name_attribute in node.attrib)
                return {node.attrib[name_attribute]: "".join(node.itertext()) for node in named}
        return {}

    def unsaid(self, sheet: str) -> dict[tuple[int, int], str]:
        """Where the sheet holds an error value or a formula without a stored result."""
        if self._data.startswith(OLE_MAGIC):
            return unsaid_xls(self._data, sheet)
        if "content.xml" in self._parts:
            return unsaid_ods(self._parts["content.xml"], sheet)
        part = self._sheet_parts.get(sheet)
        return unsaid_xlsx(self._parts[part]) if part else {}

    @cached_property
    def _sheet_parts(self) -> dict[str, str]:
        return sheet_parts(self._parts) if "xl/workbook.xml" in self._parts else {}


def _calamine_grids(data: bytes, wanted: frozenset[str] | None) -> Iterator[tuple[str, Grid]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for position, name in enumerate(book.sheet_names):
            if wanted is not None and name not in wanted:
                continue
            # calamine's cells are a subset of Cell.
            yield name, book.get_sheet_by_index(position).to_python(skip_empty_area=False)  # type: ignore[misc]
    except BaseException as error:  # a Rust panic is a BaseException
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise
        raise UnreadableError(str(error)) from None


def _openpyxl_grids(data: bytes) -> Iterator[tuple[str, Grid]]:
    """The second reader: slow, but it knows every error value. Blanks and error values are '', as calamine's."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what it will not keep when saving
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        for sheet in book.worksheets:
            yield sheet.title, [["" if c.value is None or c.data_type == "e" else c.value for c in r] for r in sheet]
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged file makes a parser say
        raise UnreadableError(str(error)) from None
