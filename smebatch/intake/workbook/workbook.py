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
from smebatch.intake.workbook.address import WIDTH, Area, Place
from smebatch.intake.workbook.blank_cells import FEW, PICTURE, Unsaid, marks_of, sheet_parts
from smebatch.intake.workbook.cell_pictures import METADATA, pictures_of
from smebatch.intake.workbook.cell_values import Cell
from smebatch.intake.workbook.displayed_value import Sight
from smebatch.intake.workbook.file_type import ZIP_MAGIC
from smebatch.intake.workbook.number_formats import Styles, styles_of
from smebatch.intake.workbook.ods import beyond_ods
from smebatch.intake.workbook.ole import OLE_MAGIC
from smebatch.intake.workbook.shared_texts import Texts, shared_texts, without_escapes
from smebatch.intake.workbook.sheet_facts import Beyond
from smebatch.intake.workbook.xls import sheets_of
from smebatch.intake.workbook.xlsx_normal_form import BOOK, BOOK_RELATIONS, in_usual_places, packed, plainly
from smebatch.intake.workbook.xlsx_rows import Rows, rows_of
from smebatch.intake.workbook.xlsx_scan import Cells, check_days, positions, seen_in, typed
from smebatch.intake.workbook.xml_tags import UnusualError
from smebatch.intake.workbook.zip_safety import (
    MAX_CELLS,
    MAX_WRITTEN,
    Parts,
    UnsafeError,
    check_names,
    check_parts,
    safe_parts,
    texts_part,
    unless,
)

_ODF_NAME = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}name"

_CONTROL = re.compile("_x00[01][0-9A-Fa-f]_")
_WITHOUT_CELLS = re.compile(rb"[<:](?:chart|dialog|macro)sheet\b")  # sheets of other kinds

Grid = list[list[Cell]]


class UnreadableError(Exception):
    """The file cannot be opened as a workbook; what a parser said about it is the cause, and not for clerks."""


class Sheet(NamedTuple):
    """A sheet's cells, blanks left out, and which of the blanks are none.

    ``seen``: what a person sees in cells that may read as something else. ``merged``: the areas of merged cells.
    """

    name: str
    cells: Cells
    unsaid: Unsaid
    seen: Mapping[Place, Sight] = {}
    merged: Sequence[Area] = ()


class Workbook:
    """A workbook in memory: xlsx, xlsm, xls or ods. Raises UnsafeError for one no reader should open."""

    def __init__(self, data: bytes) -> None:
        parts = safe_parts(data) if data.startswith(ZIP_MAGIC) else Parts({})
        self._data: bytes | None = data  # None where it is to be put together from the parts
        self._is_ole = data.startswith(OLE_MAGIC)
        self._read: dict[str, Rows] = {}
        self._parts = in_usual_places(parts.xml)
        if parts.altered or self._parts is not parts.xml:
            self._data = None

    def sheets(self, holding: str, also: str = "") -> list[Sheet]:
        """Every sheet, hidden ones too, in order; but for those that do not hold a text, where that can be told.

        ``also`` names a sheet wanted in any case. Raises UnreadableError where no reader can read them, UnsafeError.
        """
        return self._put_right(lambda: self._sheets(holding, also))

    def tables(self) -> list[Sheet]:
        """Every sheet, whatever it holds. Raises UnreadableError, UnsafeError."""
        return self._put_right(lambda: self._parsed("", ""))  # a blank text stands in every cell

    def _put_right(self, read: Callable[[], list[Sheet]]) -> list[Sheet]:
        """Read the sheets, and where that is refused once more, if there is a way to write them that all understand."""
        try:
            return read()
        except (UnsafeError, UnreadableError):
            if not self._put_plainly():
                raise
        return read()

    def _put_plainly(self) -> bool:
        """Write the parts of a .xlsx as all readers understand them; whether that differs. Raises UnsafeError."""
        plain = {name: plainly(xml) for name, xml in self._parts.items()} if BOOK in self._parts else self._parts
        differs = plain != self._parts
        if differs:
            self._parts, self._data, self._read = plain, None, {}
        return differs

    @property
    def _bytes(self) -> bytes:
        """The file for readers that parse it themselves."""
        if self._data is None:
            self._data = packed(self._parts)
        return self._data

    def _sheets(self, holding: str, also: str) -> list[Sheet]:
        try:
            return self._scanned(holding, also)
        except (ValueError, LookupError):  # not an ordinary .xlsx: the scan knows no others
            return self._parsed(holding, also)

    def _scanned(self, holding: str, also: str) -> list[Sheet]:
        check_days(self._parts[BOOK])
        texts = shared_texts(self._texts)
        marks = [b">%d<" % number for number in positions(holding, texts.texts)]
        if len(marks) > FEW:
            raise UnusualError("more texts of a kind than an honest program shares")
        # Where it stands nowhere, a reference may stand for a part of it.
        wanted = self._holding([*marks, holding.encode()]) or self._holding([b"&#"])
        if not wanted:
            raise UnusualError("no form at all")
        styles = styles_of(self._parts.get("xl/styles.xml", b""))
        wanted |= {also}
        self._check_allotted(wanted)
        found = []
        for name in [name for name in self._sheet_parts if name in wanted]:
            rows = self._rows(name)
            cells = typed(rows, texts.texts, styles.days)
            seen = seen_in(rows, cells, texts, styles)
            found.append(Sheet(name, cells, rows.unsaid, seen, rows.merged))
        return found

    def _holding(self, marks: Sequence[bytes]) -> frozenset[str]:
        """The sheets in which one of the marks stands."""
        parts = ((name, self._parts[part]) for name, part in self._sheet_parts.items())
        return frozenset(name for name, xml in parts if any(mark in xml for mark in marks))

    def _parsed(self, holding: str, also: str) -> list[Sheet]:
        if self._is_ole:
            return self._of_xls()
        marks = marks_of(holding, self._parts)
        found = self._holding(marks) if marks else None
        wanted = found | {also} if found else None
        try:
            grids = self.grids(wanted)
        except UnreadableError:
            with suppress(ValueError, LookupError):  # whatever the readers stumble over, the scan may know all there is
                return self._scanned("", "")
            raise
        cells = {name: _cells(grid) for name, grid in grids}
        looked_at = {name for name, found in cells.items() if not holding or holding in found.values()}
        beyond = self._beyond(cells, looked_at)
        return [Sheet(name, cells[name], *beyond[name]) for name, _ in grids]  # of two of a name the first

    def _of_xls(self) -> list[Sheet]:
        """Every sheet of a .xls. Raises UnreadableError, UnsafeError."""
        try:
            return [Sheet(name, _of_honest_length(cells), *beyond) for name, cells, beyond in sheets_of(self._bytes)]
        except (ValueError, IndexError):
            raise UnreadableError from None

    def grids(self, wanted: Collection[str] | None = None) -> list[tuple[str, Grid]]:
        """The names and cells of the sheets, or of the wanted ones. Raises UnreadableError, UnsafeError."""
        check_parts(self._parts)
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
        unless(sum(self._rows(name).allotted for name in names) <= MAX_CELLS, "file.range")

    def properties(self) -> dict[str, str]:
        """Custom document properties, where the format keeps them in a zip part."""
        for part, name_attribute in (("docProps/custom.xml", "name"), ("meta.xml", _ODF_NAME)):
            with suppress(LookupError, ParseError):  # not there, or not right
                nodes = ElementTree.fromstring(self._parts[part]).iter()
                named = (node for node in nodes if name_attribute in node.attrib)
                return {node.attrib[name_attribute]: "".join(node.itertext()) for node in named}
        return {}

    def _beyond(self, cells: Mapping[str, Cells], looked_at: Collection[str]) -> Mapping[str, Beyond]:
        """What a reader does not tell of sheets, by name; how cells look, of those looked at. Raises UnsafeError.

        Takes from the cells what is none, for a reader takes the formula of a picture for its text.
        """
        found = beyond_ods(self._parts, looked_at) if "content.xml" in self._parts else self._beyond_xlsx(cells)
        for name, beyond in found.items():
            for at in [at for at, code in beyond.unsaid.items() if code == PICTURE]:
                cells[name].pop(at, None)
        return found

    def _beyond_xlsx(self, cells: Mapping[str, Cells]) -> dict[str, Beyond]:
        texts, styles = Texts([], [], ()), Styles({}, {}, {})
        with suppress(ValueError, LookupError):  # as no honest program writes them
            texts = shared_texts(self._texts)
        with suppress(ValueError, LookupError):
            styles = styles_of(self._parts.get("xl/styles.xml", b""))
        rows = {name: self._rows(name) for name in cells}
        return {
            name: Beyond(rows[name].unsaid, seen_in(rows[name], cells[name], texts, styles), rows[name].merged)
            for name in cells
        }

    @property
    def _texts(self) -> bytes:
        """The part of the shared texts."""
        return texts_part(self._parts) or b""

    def _rows(self, name: str) -> Rows:
        """The rows of a sheet of an .xlsx. Raises UnsafeError where a reader might see something else."""
        if name not in self._read:
            left = MAX_WRITTEN - sum(rows.written for rows in self._read.values())
            rows = rows_of(self._parts[self._sheet_parts[name]], left)
            if rows.unsaid and METADATA in self._parts:
                rich = ((at, held.rich) for at, held, _ in rows.others if at in rows.unsaid)
                pictures = {at: PICTURE for at, value in rich if value in self._pictures}
                rows = rows._replace(unsaid={**rows.unsaid, **pictures})  # others may have the same rows
            self._read[name] = rows
        return self._read[name]

    @cached_property
    def _pictures(self) -> Collection[str]:
        """What cells of a .xlsx name as their value where that is a picture; none where nobody can tell."""
        with suppress(ValueError, LookupError, TypeError, ParseError):
            return pictures_of(self._parts)
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


def _cells(grid: Grid) -> Cells:
    """The cells that are not blank. Raises UnsafeError."""
    found: Cells = {
        row * WIDTH + column: cell
        for row, cells in enumerate(grid)
        for column, cell in enumerate(cells)
        if cell not in ("", None)
    }
    return _of_honest_length(found)


def _of_honest_length(cells: Cells) -> Cells:
    """The cells, none of which holds more than Excel's may. Raises UnsafeError."""
    if any(isinstance(cell, str) and len(cell) > CELL_LIMIT for cell in cells.values()):
        raise UnsafeError("file.expands")
    return cells


def _calamine_grids(data: bytes, wanted: Collection[str] | None) -> Iterator[tuple[str, Grid]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        check_names(book.sheet_names)
        if not book.sheet_names:
            raise UnreadableError  # not even a name: the list of them is gone
        for position, (name, sheet) in enumerate(zip(book.sheet_names, book.sheets_metadata, strict=True)):
            # A sheet of macros or a chart holds no form.
            if sheet.typ != SheetTypeEnum.WorkSheet or (wanted is not None and name not in wanted):
                continue
            rows = book.get_sheet_by_index(position).to_python(skip_empty_area=False)
            yield name, rows  # type: ignore[misc]  # calamine's cells are a subset of Cell
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
        return _CONTROL.sub(lambda escape: without_escapes(escape[0]), c.value) if isinstance(c.value, str) else c.value

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
