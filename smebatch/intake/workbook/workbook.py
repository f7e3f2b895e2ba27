"""Open a workbook from its bytes: by a scan where it is an ordinary .xlsx, else by a reader, and by a second one."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from python_calamine import CalamineWorkbook, SheetTypeEnum

from smebatch.common.text import CELL_LIMIT
from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, CellRange
from smebatch.intake.workbook.blank_cells import CELL_PICTURE, MAX_SAME_TEXTS, FalseBlanks, search_patterns, sheet_parts
from smebatch.intake.workbook.cell_pictures import METADATA, picture_value_numbers
from smebatch.intake.workbook.cell_values import Cell
from smebatch.intake.workbook.displayed_value import DisplayGetter
from smebatch.intake.workbook.file_type import ZIP_MAGIC
from smebatch.intake.workbook.number_formats import WorkbookStyles, read_styles
from smebatch.intake.workbook.ods import read_ods_facts
from smebatch.intake.workbook.ole import OLE_MAGIC
from smebatch.intake.workbook.shared_strings import SharedStrings, read_shared_strings, undo_escapes
from smebatch.intake.workbook.sheet_facts import SheetFacts
from smebatch.intake.workbook.xls import read_xls_sheets
from smebatch.intake.workbook.xlsx_normal_form import BOOK, BOOK_RELATIONS, move_parts, simplify_part, zip_parts
from smebatch.intake.workbook.xlsx_rows import SheetRows, read_rows
from smebatch.intake.workbook.xlsx_scan import Cells, displayed_values, find_positions, require_1900_dates, type_cells
from smebatch.intake.workbook.xml_tags import UnsupportedXmlError
from smebatch.intake.workbook.zip_safety import (
    MAX_CELLS,
    MAX_WRITTEN_CELLS,
    UnsafeError,
    ZipParts,
    check_sheet_names,
    check_xml_parts,
    read_safe_parts,
    require,
    shared_strings_part,
)

_ODF_NAME = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}name"

_CONTROL = re.compile("_x00[01][0-9A-Fa-f]_")
_WITHOUT_CELLS = re.compile(rb"[<:](?:chart|dialog|macro)sheet\b")  # sheets of other kinds

Grid = list[list[Cell]]


class UnreadableError(Exception):
    """The file cannot be opened as a workbook; what a parser said about it is the cause, and not for clerks."""


class WorkbookSheet(NamedTuple):
    """A sheet's cells, blanks left out, and which of the blanks are none.

    ``seen``: what a person sees in cells that may read as something else. ``merged``: the areas of merged cells.
    """

    name: str
    cells: Cells
    false_blanks: FalseBlanks
    displayed: Mapping[CellIndex, DisplayGetter] = {}
    merged: Sequence[CellRange] = ()


class Workbook:
    """A workbook in memory: xlsx, xlsm, xls or ods. Raises UnsafeError for one no reader should open."""

    def __init__(self, data: bytes) -> None:
        parts = read_safe_parts(data) if data.startswith(ZIP_MAGIC) else ZipParts({})
        self._data: bytes | None = data  # None where it is to be put together from the parts
        self._is_ole = data.startswith(OLE_MAGIC)
        self._read: dict[str, SheetRows] = {}
        self._parts = move_parts(parts.xml)
        if parts.altered or self._parts is not parts.xml:
            self._data = None

    def sheets(self, holding: str, also: str = "") -> list[WorkbookSheet]:
        """Every sheet, hidden ones too, in order; but for those that do not hold a text, where that can be told.

        ``also`` names a sheet wanted in any case. Raises UnreadableError where no reader can read them, UnsafeError.
        """
        return self._put_right(lambda: self._sheets(holding, also))

    def tables(self) -> list[WorkbookSheet]:
        """Every sheet, whatever it holds. Raises UnreadableError, UnsafeError."""
        return self._put_right(lambda: self._parsed("", ""))  # a blank text stands in every cell

    def _put_right(self, read: Callable[[], list[WorkbookSheet]]) -> list[WorkbookSheet]:
        """Read the sheets, and where that is refused once more, if there is a way to write them that all understand."""
        try:
            return read()
        except (UnsafeError, UnreadableError):
            if not self._put_plainly():
                raise
        return read()

    def _put_plainly(self) -> bool:
        """Write the parts of a .xlsx as all readers understand them; whether that differs. Raises UnsafeError."""
        plain = {name: simplify_part(xml) for name, xml in self._parts.items()} if BOOK in self._parts else self._parts
        differs = plain != self._parts
        if differs:
            self._parts, self._data, self._read = plain, None, {}
        return differs

    @property
    def _bytes(self) -> bytes:
        """The file for readers that parse it themselves."""
        if self._data is None:
            self._data = zip_parts(self._parts)
        return self._data

    def _sheets(self, holding: str, also: str) -> list[WorkbookSheet]:
        try:
            return self._scanned(holding, also)
        except (ValueError, LookupError):  # not an ordinary .xlsx: the scan knows no others
            return self._parsed(holding, also)

    def _scanned(self, holding: str, also: str) -> list[WorkbookSheet]:
        require_1900_dates(self._parts[BOOK])
        texts = read_shared_strings(self._texts)
        marks = [b">%d<" % number for number in find_positions(holding, texts.texts)]
        if len(marks) > MAX_SAME_TEXTS:
            raise UnsupportedXmlError("more texts of a kind than an honest program shares")
        # Where it stands nowhere, a reference may stand for a part of it.
        wanted = self._holding([*marks, holding.encode()]) or self._holding([b"&#"])
        if not wanted:
            raise UnsupportedXmlError("no form at all")
        styles = read_styles(self._parts.get("xl/styles.xml", b""))
        wanted |= {also}
        self._check_allotted(wanted)
        found = []
        for name in [name for name in self._sheet_parts if name in wanted]:
            rows = self._rows(name)
            cells = type_cells(rows, texts.texts, styles.is_date)
            seen = displayed_values(rows, cells, texts, styles)
            found.append(WorkbookSheet(name, cells, rows.false_blanks, seen, rows.merged))
        return found

    def _holding(self, marks: Sequence[bytes]) -> frozenset[str]:
        """The sheets in which one of the marks stands."""
        parts = ((name, self._parts[part]) for name, part in self._sheet_parts.items())
        return frozenset(name for name, xml in parts if any(mark in xml for mark in marks))

    def _parsed(self, holding: str, also: str) -> list[WorkbookSheet]:
        if self._is_ole:
            return self._of_xls()
        marks = search_patterns(holding, self._parts)
        found = self._holding(marks) if marks else None
        wanted = found | {also} if found else None
        try:
            grids = self.grids(wanted)
        except UnreadableError:
            with suppress(ValueError, LookupError):  # whatever the readers stumble over, the scan may know all there is
                return self._scanned("", "")
            raise
        cells = {name: _cells_of_grid(grid) for name, grid in grids}
        looked_at = {name for name, found in cells.items() if not holding or holding in found.values()}
        beyond = self._beyond(cells, looked_at)
        return [WorkbookSheet(name, cells[name], *beyond[name]) for name, _ in grids]  # of two of a name the first

    def _of_xls(self) -> list[WorkbookSheet]:
        """Every sheet of a .xls. Raises UnreadableError, UnsafeError."""
        try:
            return [
                WorkbookSheet(name, _check_text_lengths(cells), *beyond)
                for name, cells, beyond in read_xls_sheets(self._bytes)
            ]
        except (ValueError, IndexError):
            raise UnreadableError from None

    def grids(self, wanted: Collection[str] | None = None) -> list[tuple[str, Grid]]:
        """The names and cells of the sheets, or of the wanted ones. Raises UnreadableError, UnsafeError."""
        check_xml_parts(self._parts)
        self._check_allotted(wanted)
        try:
            return list(_calamine_grids(self._bytes, wanted))
        except UnreadableError:
            if not self._sheet_parts:
                raise
            # calamine refuses a whole workbook for one unknown error value or one odd merged range.
            self._check_allotted(None)  # this reader takes them all
            return [grid for grid in _openpyxl_grids(self._bytes) if wanted is None or grid[0] in wanted]

    def _check_allotted(self, wanted: Collection[str] | None) -> None:
        names = [name for name in self._sheet_parts if wanted is None or name in wanted]
        require(sum(self._rows(name).allocated_cells for name in names) <= MAX_CELLS, "file.range")

    def properties(self) -> dict[str, str]:
        """Custom document properties, where the format keeps them in a zip part."""
        for part, name_attribute in (("docProps/custom.xml", "name"), ("meta.xml", _ODF_NAME)):
            with suppress(LookupError, ParseError):  # not there, or not right
                nodes = ElementTree.fromstring(self._parts[part]).iter()
                named = (node for node in nodes if name_attribute in node.attrib)
                return {node.attrib[name_attribute]: "".join(node.itertext()) for node in named}
        return {}

    def _beyond(self, cells: Mapping[str, Cells], looked_at: Collection[str]) -> Mapping[str, SheetFacts]:
        """What a reader does not tell of sheets, by name; how cells look, of those looked at. Raises UnsafeError.

        Takes from the cells what is none, for a reader takes the formula of a picture for its text.
        """
        found = read_ods_facts(self._parts, looked_at) if "content.xml" in self._parts else self._beyond_xlsx(cells)
        for name, beyond in found.items():
            for at in [at for at, code in beyond.false_blanks.items() if code == CELL_PICTURE]:
                cells[name].pop(at, None)
        return found

    def _beyond_xlsx(self, cells: Mapping[str, Cells]) -> dict[str, SheetFacts]:
        texts, styles = SharedStrings([], [], ()), WorkbookStyles({}, {}, {})
        with suppress(ValueError, LookupError):  # as no honest program writes them
            texts = read_shared_strings(self._texts)
        with suppress(ValueError, LookupError):
            styles = read_styles(self._parts.get("xl/styles.xml", b""))
        rows = {name: self._rows(name) for name in cells}
        return {
            name: SheetFacts(
                rows[name].false_blanks, displayed_values(rows[name], cells[name], texts, styles), rows[name].merged
            )
            for name in cells
        }

    @property
    def _texts(self) -> bytes:
        """The part of the shared texts."""
        return shared_strings_part(self._parts) or b""

    def _rows(self, name: str) -> SheetRows:
        """The rows of a sheet of an .xlsx. Raises UnsafeError where a reader might see something else."""
        if name not in self._read:
            left = MAX_WRITTEN_CELLS - sum(rows.written_cells for rows in self._read.values())
            rows = read_rows(self._parts[self._sheet_parts[name]], left)
            if rows.false_blanks and METADATA in self._parts:
                rich = ((at, held.rich_value) for at, held, _ in rows.other_cells if at in rows.false_blanks)
                pictures = {at: CELL_PICTURE for at, value in rich if value in self._pictures}
                rows = rows._replace(false_blanks={**rows.false_blanks, **pictures})  # others may have the same rows
            self._read[name] = rows
        return self._read[name]

    @cached_property
    def _pictures(self) -> Collection[str]:
        """What cells of a .xlsx name as their value where that is a picture; none where nobody can tell."""
        with suppress(ValueError, LookupError, TypeError, ParseError):
            return picture_value_numbers(self._parts)
        return ()

    @cached_property
    def _sheet_parts(self) -> dict[str, str]:
        """Sheet name → part name of an .xlsx. Raises UnreadableError where a part is gone, or is not a sheet's."""
        if BOOK not in self._parts:
            return {}
        found = sheet_parts(self._parts[BOOK], self._parts[BOOK_RELATIONS])
        for part in found.values():
            xml = self._parts.get(part, b"")
            if b"sheetData" not in xml and not _WITHOUT_CELLS.search(xml):
                raise UnreadableError
        return found


def _cells_of_grid(grid: Grid) -> Cells:
    """The cells that are not blank. Raises UnsafeError."""
    found: Cells = {
        row * ROW_STRIDE + column: cell
        for row, cells in enumerate(grid)
        for column, cell in enumerate(cells)
        if cell not in ("", None)
    }
    return _check_text_lengths(found)


def _check_text_lengths(cells: Cells) -> Cells:
    """The cells, none of which holds more than Excel's may. Raises UnsafeError."""
    if any(isinstance(cell, str) and len(cell) > CELL_LIMIT for cell in cells.values()):
        raise UnsafeError("file.expands")
    return cells


def _calamine_grids(data: bytes, wanted: Collection[str] | None) -> Iterator[tuple[str, Grid]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        check_sheet_names(book.sheet_names)
        if not book.sheet_names:
            raise UnreadableError  # not even a name: the list of them is gone
        for position, (name, sheet) in enumerate(zip(book.sheet_names, book.sheets_metadata, strict=True)):
            # A sheet of macros or a chart holds no form.
            if sheet.typ != SheetTypeEnum.WorkSheet or (wanted is not None and name not in wanted):
                continue
            # calamine's cells are a subset of Cell.
            yield name, book.get_sheet_by_index(position).to_python(skip_empty_area=False)  # type: ignore[misc]
    except BaseException as error:  # a Rust panic is a BaseException
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError | UnsafeError):
            raise
        raise UnreadableError from error


def _openpyxl_grids(data: bytes) -> Iterator[tuple[str, Grid]]:
    """The second reader: slow, but it knows every error value. Blanks and error values are '', as calamine's."""
    import openpyxl

    def cell(c: openpyxl.cell.cell.Cell) -> Cell:
        if c.value is None or c.data_type == "e":
            return ""
        # openpyxl has undone the escapes of what looks like one, and no others: those of control characters are left.
        return _CONTROL.sub(lambda escape: undo_escapes(escape[0]), c.value) if isinstance(c.value, str) else c.value

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what it will not keep when saving
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        for sheet in book.worksheets:
            yield sheet.title, [[cell(c) for c in row] for row in sheet]
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged file makes a parser say
        raise UnreadableError from error
