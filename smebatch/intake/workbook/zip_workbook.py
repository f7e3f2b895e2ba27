"""Workbooks that are zip files: .xlsx and its relatives, and OpenDocument spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree

from smebatch.intake.workbook.blank_cells import CELL_PICTURE
from smebatch.intake.workbook.cell_pictures import METADATA, picture_value_numbers
from smebatch.intake.workbook.cell_values import Cells
from smebatch.intake.workbook.grid_readers import Grid, calamine_grids, cells_of_grid, openpyxl_grids
from smebatch.intake.workbook.number_formats import WorkbookStyles, read_styles
from smebatch.intake.workbook.ods import CONTENT, read_ods_facts
from smebatch.intake.workbook.shared_strings import SharedStrings, read_shared_strings
from smebatch.intake.workbook.sheet_facts import SheetFacts
from smebatch.intake.workbook.signatures import ZIP_MAGIC
from smebatch.intake.workbook.workbook import UnreadableError, WorkbookSheet
from smebatch.intake.workbook.xlsx_normal_form import BOOK, BOOK_RELATIONS, move_parts, simplify_part, zip_parts
from smebatch.intake.workbook.xlsx_parts import MAX_SAME_TEXTS, search_patterns, sheet_parts
from smebatch.intake.workbook.xlsx_rows import SheetRows, read_rows
from smebatch.intake.workbook.xlsx_scan import displayed_values, find_positions, require_1900_dates, type_cells
from smebatch.intake.workbook.xml_tags import UnsupportedXmlError
from smebatch.intake.workbook.zip_safety import (
    MAX_CELLS,
    MAX_WRITTEN_CELLS,
    UnsafeError,
    ZipParts,
    check_xml_parts,
    read_safe_parts,
    require,
    shared_strings_part,
)

_STYLES = "xl/styles.xml"
_ODF_NAME = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}name"
_SHEET_WITHOUT_CELLS = re.compile(rb"[<:](?:chart|dialog|macro)sheet\b")


def open_workbook(data: bytes) -> XlsxWorkbook | OdsWorkbook:
    """Open a workbook that is a zip. Raises UnsafeError for one that no reader should open."""
    read = read_safe_parts(data) if data.startswith(ZIP_MAGIC) else ZipParts({})
    parts = move_parts(read.xml)
    file = None if read.altered or parts is not read.xml else data
    return OdsWorkbook(parts, file) if CONTENT in parts else XlsxWorkbook(parts, file)


class _ZipWorkbook:
    """The XML parts of a workbook by name, and the file, None where it has to be zipped anew from the parts."""

    def __init__(self, parts: Mapping[str, bytes], file: bytes | None) -> None:
        self._parts, self._file = parts, file

    @property
    def _bytes(self) -> bytes:
        """The file for readers that parse it themselves."""
        if self._file is None:
            self._file = zip_parts(self._parts)
        return self._file

    def properties(self) -> dict[str, str]:
        """The custom document properties."""
        for part, name_attribute in (("docProps/custom.xml", "name"), ("meta.xml", _ODF_NAME)):
            with suppress(LookupError, ParseError):  # the part is missing or broken
                nodes = ElementTree.fromstring(self._parts[part]).iter()
                named = (node for node in nodes if name_attribute in node.attrib)
                return {node.attrib[name_attribute]: "".join(node.itertext()) for node in named}
        return {}


def _remove_pictures(cells: Mapping[str, Cells], facts: Mapping[str, SheetFacts]) -> None:
    """Remove pictures from the cells of sheets, for a reader takes the formula of a picture for its text."""
    for name, of_sheet in facts.items():
        for index in [index for index, code in of_sheet.false_blanks.items() if code == CELL_PICTURE]:
            cells[name].pop(index, None)


class OdsWorkbook(_ZipWorkbook):
    """An OpenDocument spreadsheet. calamine reads its cells; content.xml says what calamine does not return."""

    def sheets(self, containing: str, and_sheet: str = "") -> list[WorkbookSheet]:  # noqa: ARG002  (all are read)
        """Every sheet; how cells look is only read of those that hold the text."""
        check_xml_parts(self._parts)
        grids = list(calamine_grids(self._bytes, None))
        cells = {name: cells_of_grid(grid) for name, grid in grids}
        with_text = {name for name, found in cells.items() if not containing or containing in found.values()}
        facts = read_ods_facts(self._parts, with_text)
        _remove_pictures(cells, facts)
        return [WorkbookSheet(name, cells[name], *facts[name]) for name, _ in grids]  # of two of a name the first

    def tables(self) -> list[WorkbookSheet]:
        """Every sheet, whatever it holds."""
        return self.sheets("")


class XlsxWorkbook(_ZipWorkbook):
    """An .xlsx or one of its relatives.

    An ordinary file is scanned without building trees or grids, which takes a quarter of the time. What the scan does
    not know is left to calamine, and what calamine refuses, to openpyxl.
    """

    def __init__(self, parts: Mapping[str, bytes], file: bytes | None) -> None:
        super().__init__(parts, file)
        self._rows_by_sheet: dict[str, SheetRows] = {}

    def sheets(self, containing: str, and_sheet: str = "") -> list[WorkbookSheet]:
        """The sheets that hold the text or are named ``and_sheet``; all of them where that cannot be told."""
        return self._read_simplified_if_refused(lambda: self._scan_or_parse(containing, and_sheet))

    def tables(self) -> list[WorkbookSheet]:
        """Every sheet, whatever it holds."""
        return self._read_simplified_if_refused(lambda: self._parse("", ""))  # every cell contains a blank text

    def _read_simplified_if_refused(self, read: Callable[[], list[WorkbookSheet]]) -> list[WorkbookSheet]:
        """Read the sheets. Where they are refused, rewrite the parts as all readers understand them, and try again."""
        try:
            return read()
        except (UnsafeError, UnreadableError):
            if not self._simplify():
                raise
        return read()

    def _simplify(self) -> bool:
        """Rewrite the parts as all readers understand them. Return whether that changes any. Raises UnsafeError."""
        if BOOK not in self._parts:
            return False
        simple = {name: simplify_part(xml) for name, xml in self._parts.items()}
        changed = simple != self._parts
        if changed:
            self._parts, self._file, self._rows_by_sheet = simple, None, {}
        return changed

    # --- by the scan --------------------------------------------------------------------------------------------------

    def _scan_or_parse(self, containing: str, and_sheet: str) -> list[WorkbookSheet]:
        try:
            return self.scan(containing, and_sheet)
        except (ValueError, LookupError):  # the scan knows ordinary files only
            return self._parse(containing, and_sheet)

    def scan(self, containing: str, and_sheet: str = "") -> list[WorkbookSheet]:
        """The sheets as ``sheets`` returns them, of an ordinary file.

        Raises ValueError or LookupError where a reader has to look, UnreadableError, UnsafeError.
        """
        require_1900_dates(self._parts[BOOK])
        strings = read_shared_strings(self._shared_strings)
        references = [b">%d<" % number for number in find_positions(containing, strings.texts)]
        if len(references) > MAX_SAME_TEXTS:
            raise UnsupportedXmlError("more equal texts than an honest program shares")
        # Where the text is found nowhere, part of it may be written as a character reference.
        wanted = self._sheets_with([*references, containing.encode()]) or self._sheets_with([b"&#"])
        if not wanted:
            raise UnsupportedXmlError("no sheet holds the text")
        styles = read_styles(self._parts.get(_STYLES, b""))
        wanted |= {and_sheet}
        self._check_allocated_cells(wanted)
        sheets = []
        for name in [name for name in self._sheet_parts if name in wanted]:
            rows = self._rows(name)
            cells = type_cells(rows, strings.texts, styles.is_date)
            displayed = displayed_values(rows, cells, strings, styles)
            sheets.append(WorkbookSheet(name, cells, rows.false_blanks, displayed, rows.merged))
        return sheets

    def _sheets_with(self, patterns: Sequence[bytes]) -> frozenset[str]:
        """The sheets whose part holds one of the patterns."""
        parts = ((name, self._parts[part]) for name, part in self._sheet_parts.items())
        return frozenset(name for name, xml in parts if any(pattern in xml for pattern in patterns))

    # --- by a reader --------------------------------------------------------------------------------------------------

    def _parse(self, containing: str, and_sheet: str) -> list[WorkbookSheet]:
        patterns = search_patterns(containing, self._parts)
        with_text = self._sheets_with(patterns) if patterns else None
        wanted = with_text | {and_sheet} if with_text else None
        try:
            grids = self._grids(wanted)
        except UnreadableError:
            with suppress(ValueError, LookupError):  # the scan may know all that the readers stumble over
                return self.scan("")
            raise
        cells = {name: cells_of_grid(grid) for name, grid in grids}
        facts = self.facts(cells)
        return [WorkbookSheet(name, cells[name], *facts[name]) for name, _ in grids]  # of two of a name the first

    def _grids(self, wanted: Collection[str] | None) -> list[tuple[str, Grid]]:
        """The names and grids of the sheets, or of the wanted ones. Raises UnreadableError, UnsafeError."""
        check_xml_parts(self._parts)
        self._check_allocated_cells(wanted)
        try:
            return list(calamine_grids(self._bytes, wanted))
        except UnreadableError:
            if not self._sheet_parts:
                raise
            # calamine refuses a whole workbook for one unknown error value or one odd merged range.
            self._check_allocated_cells(None)  # openpyxl reads all sheets
            return [grid for grid in openpyxl_grids(self._bytes) if wanted is None or grid[0] in wanted]

    def facts(self, cells: Mapping[str, Cells]) -> dict[str, SheetFacts]:
        """What a reader does not return of the sheets with these cells, by name; removes pictures from the cells.

        Raises UnsafeError.
        """
        strings, styles = SharedStrings([], [], ()), WorkbookStyles({}, {}, {})
        with suppress(ValueError, LookupError):  # they are written as no honest program writes them
            strings = read_shared_strings(self._shared_strings)
        with suppress(ValueError, LookupError):
            styles = read_styles(self._parts.get(_STYLES, b""))
        rows = {name: self._rows(name) for name in cells}
        facts = {
            name: SheetFacts(
                rows[name].false_blanks, displayed_values(rows[name], cells[name], strings, styles), rows[name].merged
            )
            for name in cells
        }
        _remove_pictures(cells, facts)
        return facts

    # --- parts --------------------------------------------------------------------------------------------------------

    def _check_allocated_cells(self, wanted: Collection[str] | None) -> None:
        """Raise UnsafeError where a reader would allocate too many cells for the sheets, or for the wanted ones."""
        names = [name for name in self._sheet_parts if wanted is None or name in wanted]
        require(sum(self._rows(name).allocated_cells for name in names) <= MAX_CELLS, "file.range")

    @property
    def _shared_strings(self) -> bytes:
        return shared_strings_part(self._parts) or b""

    def _rows(self, name: str) -> SheetRows:
        """The rows of a sheet. Raises UnsafeError where a reader might see something else."""
        if name not in self._rows_by_sheet:
            left = MAX_WRITTEN_CELLS - sum(rows.written_cells for rows in self._rows_by_sheet.values())
            rows = read_rows(self._parts[self._sheet_parts[name]], left)
            if rows.false_blanks and METADATA in self._parts:
                rich = (
                    (index, markup.rich_value) for index, markup, _ in rows.other_cells if index in rows.false_blanks
                )
                pictures = {index: CELL_PICTURE for index, value in rich if value in self._picture_values}
                # A copy: other sheets may share these rows.
                rows = rows._replace(false_blanks={**rows.false_blanks, **pictures})
            self._rows_by_sheet[name] = rows
        return self._rows_by_sheet[name]

    @cached_property
    def _picture_values(self) -> Collection[str]:
        """The numbers of the rich values that are pictures; none where their parts are broken."""
        with suppress(ValueError, LookupError, TypeError, ParseError):
            return picture_value_numbers(self._parts)
        return ()

    @cached_property
    def _sheet_parts(self) -> dict[str, str]:
        """Sheet name → part name. Raises UnreadableError where a part is missing, or holds no sheet."""
        if BOOK not in self._parts:
            return {}
        found = sheet_parts(self._parts[BOOK], self._parts[BOOK_RELATIONS])
        for part in found.values():
            xml = self._parts.get(part, b"")
            if b"sheetData" not in xml and not _SHEET_WITHOUT_CELLS.search(xml):
                raise UnreadableError
        return found
