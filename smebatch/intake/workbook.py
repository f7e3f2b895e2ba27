"""Open a workbook from its bytes: by a scan where it is an ordinary .xlsx, else by a reader, and by a second one."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from defusedxml import ElementTree
from python_calamine import CalamineWorkbook, SheetTypeEnum

from smebatch.intake.address import WIDTH
from smebatch.intake.ole import OLE_MAGIC
from smebatch.intake.quick import (
    Cells,
    UnusualError,
    check_days,
    days_by_style,
    positions,
    scan_sheet,
    shared_texts,
    unescaped,
)
from smebatch.intake.recognise import ZIP_MAGIC
from smebatch.intake.safety import (
    MAX_CELLS,
    MAX_WRITTEN,
    UnsafeError,
    check_names,
    check_parts,
    check_types,
    safe_parts,
    unless,
)
from smebatch.intake.unsaid import FEW, Unsaid, sheet_parts, sheets_with, unsaid_ods, unsaid_xls
from smebatch.intake.values import Cell
from smebatch.intake.walk import Walked, walk
from smebatch.text import CELL_LIMIT

_ODF_NAME = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}name"

_CONTROL = re.compile("_x00[01][0-9A-Fa-f]_")
_WITHOUT_CELLS = re.compile(rb"[<:](?:chart|dialog|macro)sheet\b")  # sheets of other kinds

Grid = list[list[Cell]]


class UnreadableError(Exception):
    """The file cannot be opened as a workbook; the message is the reader's own."""


@dataclass(frozen=True)
class Sheet:
    """A sheet's cells, blanks left out, and which of the blanks are none."""

    name: str
    cells: Cells
    unsaid: Unsaid


class Workbook:
    """A workbook in memory: xlsx, xlsm, xls or ods. Raises UnsafeError for one no reader should open."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts = safe_parts(data) if data.startswith(ZIP_MAGIC) else {}

    def sheets(self, holding: str, also: str = "") -> list[Sheet]:
        """Every sheet, hidden ones too, in order; but for those that do not hold a text, where that can be told.

        ``also`` names a sheet wanted in any case. Raises UnreadableError where no reader can read them, UnsafeError.
        """
        try:
            return self._scanned(holding, also)
        except (ValueError, LookupError):  # not an ordinary .xlsx: the scan knows no others
            return self._parsed(holding, also)

    def _scanned(self, holding: str, also: str) -> list[Sheet]:
        check_days(self._parts["xl/workbook.xml"])
        texts = shared_texts(self._parts["xl/sharedStrings.xml"])
        days = days_by_style(self._parts.get("xl/styles.xml", b""))
        marks = [b">%d</v>" % number for number in positions(holding, texts)]
        if not 0 < len(marks) <= FEW:
            raise UnusualError("texts in another place, or no form at all")
        found = []
        for name, part in self._sheet_parts.items():
            xml = self._parts[part]
            if name == also or any(mark in xml for mark in marks) or _within(holding.encode(), xml):
                found.append(Sheet(name, *scan_sheet(xml, texts, days)))
            elif b"<sheetData>" not in xml:
                raise UnusualError("a sheet that may hold it in another way")
        return found

    def _parsed(self, holding: str, also: str) -> list[Sheet]:
        found = sheets_with(holding, self._parts, self._sheet_parts)
        grids = self.grids(found | {also} if found else None)
        return [Sheet(name, _cells(grid), self._unsaid[name]) for name, grid in grids]

    def grids(self, wanted: Collection[str] | None = None) -> list[tuple[str, Grid]]:
        """The names and cells of the sheets, or of the wanted ones. Raises UnreadableError, UnsafeError."""
        check_parts(self._parts)
        unless(sum(sheet.allotted for sheet in self._walked.values()) <= MAX_CELLS, "file.range")
        try:
            return list(_calamine_grids(self._data, wanted))
        except UnreadableError:
            if not self._sheet_parts:
                raise
            # calamine refuses a whole workbook for one unknown error value or one odd merged range.
            check_types(self._parts["[Content_Types].xml"])
            return list(_openpyxl_grids(self._data))

    def properties(self) -> dict[str, str]:
        """Custom document properties, where the format keeps them in a zip part."""
        for part, name_attribute in (("docProps/custom.xml", "name"), ("meta.xml", _ODF_NAME)):
            if part in self._parts:
                nodes = ElementTree.fromstring(self._parts[part]).iter()
                named = (node for node in nodes if name_attribute in node.attrib)
                return {node.attrib[name_attribute]: "".join(node.itertext()) for node in named}
        return {}

    @cached_property
    def _unsaid(self) -> Mapping[str, Unsaid]:
        """By the names of the sheets. Raises UnsafeError."""
        if self._data.startswith(OLE_MAGIC):
            return unsaid_xls(self._data)
        if "content.xml" in self._parts:
            return unsaid_ods(self._parts["content.xml"])
        return {name: sheet.unsaid for name, sheet in self._walked.items()}

    @cached_property
    def _walked(self) -> dict[str, Walked]:
        """The sheets of an .xlsx as a parser sees them. Raises UnsafeError where a reader might see something else."""
        walked: dict[str, Walked] = {}
        left = MAX_WRITTEN
        for name, part in self._sheet_parts.items():
            walked[name] = walk(self._parts[part], left)
            left -= walked[name].written
        return walked

    @cached_property
    def _sheet_parts(self) -> dict[str, str]:
        """Sheet name → part name of an .xlsx. Raises UnreadableError where a part is gone, or is not a sheet's."""
        if "xl/workbook.xml" not in self._parts:
            return {}
        found = sheet_parts(self._parts["xl/workbook.xml"], self._parts["xl/_rels/workbook.xml.rels"])
        for part in found.values():
            xml = self._parts.get(part, b"")
            if b"sheetData" not in xml and not _WITHOUT_CELLS.search(xml):
                raise UnreadableError("a sheet without its part")
        return found


def _within(text: bytes, xml: bytes) -> bool:
    return text[:1] in xml and text in xml  # a single byte is looked for ten times faster


def _cells(grid: Grid) -> Cells:
    """The cells that are not blank. Raises UnsafeError."""
    found: Cells = {
        row * WIDTH + column: cell
        for row, cells in enumerate(grid)
        for column, cell in enumerate(cells)
        if cell not in ("", None)
    }
    if any(isinstance(cell, str) and len(cell) > CELL_LIMIT for cell in found.values()):
        raise UnsafeError("file.expands")
    return found


def _calamine_grids(data: bytes, wanted: Collection[str] | None) -> Iterator[tuple[str, Grid]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        check_names(book.sheet_names)
        if not book.sheet_names:
            raise UnreadableError("no sheet")  # not even a name: the list of them is gone
        for position, (name, sheet) in enumerate(zip(book.sheet_names, book.sheets_metadata, strict=True)):
            # A sheet of macros, which xlrd leaves out of a .xls, or a chart holds no form.
            if sheet.typ != SheetTypeEnum.WorkSheet or (wanted is not None and name not in wanted):
                continue
            # calamine's cells are a subset of Cell.
            yield name, book.get_sheet_by_index(position).to_python(skip_empty_area=False)  # type: ignore[misc]
    except BaseException as error:  # a Rust panic is a BaseException
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError | UnsafeError):
            raise
        raise UnreadableError(str(error)) from None


def _openpyxl_grids(data: bytes) -> Iterator[tuple[str, Grid]]:
    """The second reader: slow, but it knows every error value. Blanks and error values are '', as calamine's."""
    import openpyxl

    def cell(c: openpyxl.cell.cell.Cell) -> Cell:
        if c.value is None or c.data_type == "e":
            return ""
        # openpyxl has undone the escapes of what looks like one, and no others: those of control characters are left.
        return _CONTROL.sub(lambda escape: unescaped(escape[0]), c.value) if isinstance(c.value, str) else c.value

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what it will not keep when saving
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        for sheet in book.worksheets:
            yield sheet.title, [[cell(c) for c in row] for row in sheet]
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged file makes a parser say
        raise UnreadableError(str(error)) from None
