"""Reads the sheets of a .xls from its records; where these are odd, as LibreOffice shows them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, CellRange
from smebatch.intake.workbook.biff import (
    BOF,
    BOOK,
    STREAMS,
    VERSION,
    FormattedText,
    RecordReader,
    read_records,
    read_shared_strings,
    split_at_runs,
)
from smebatch.intake.workbook.blank_cells import CELL_ERROR, CELL_PICTURE, CELL_UNCACHED, DISPIMG
from smebatch.intake.workbook.cell_values import Cell, Cells
from smebatch.intake.workbook.date_serials import DAYS_TO_1904, SERIAL_END, datetime_of_serial
from smebatch.intake.workbook.displayed_value import DisplayedValue, DisplayGetter, display_cell, display_runs
from smebatch.intake.workbook.grid_readers import check_text_lengths
from smebatch.intake.workbook.number_formats import CellFormat, cell_format, may_be_time
from smebatch.intake.workbook.ole import OleFile
from smebatch.intake.workbook.sheet_facts import SheetFacts
from smebatch.intake.workbook.text_runs import Shift, TextRun
from smebatch.intake.workbook.workbook import UnreadableError, WorkbookSheet
from smebatch.intake.workbook.zip_safety import (
    MAX_CELLS,
    MAX_WRITTEN_CELLS,
    allocated_cells,
    check_sheet_names,
    require,
)


def open_workbook(data: bytes) -> XlsWorkbook:
    """Open a .xls; it is parsed when its sheets are asked for."""
    return XlsWorkbook(data)


class XlsWorkbook:
    """An .xls since Excel 97 (BIFF8)."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def sheets(self, containing: str, and_sheet: str = "") -> list[WorkbookSheet]:  # noqa: ARG002  (all are read)
        """Every sheet."""
        return self.tables()

    def tables(self) -> list[WorkbookSheet]:
        """Every sheet, whatever it holds."""
        try:
            found = read_xls_sheets(self._data)
            return [WorkbookSheet(name, check_text_lengths(cells), *facts) for name, cells, facts in found]
        except (ValueError, IndexError):
            raise UnreadableError from None

    def properties(self) -> dict[str, str]:
        """None: an .xls keeps its custom properties in a stream that is not read."""
        return {}


def read_xls_sheets(data: bytes) -> Iterator[tuple[str, Cells, SheetFacts]]:
    """Yield the name, the cells that are not blank, and the facts of each worksheet.

    Raises UnsafeError; ValueError or IndexError for a damaged file, or one of another kind.
    """
    ole = OleFile(data)
    stream = ole.read_stream(ole.find_stream(*STREAMS))
    try:
        book = _read_book(stream)
        check_sheet_names([name for name, _ in book.sheets])
        builders = [(name, _XlsSheetBuilder(book)) for name, _ in book.sheets]
        left = MAX_WRITTEN_CELLS
        for (_, start), (_, sheet) in zip(book.sheets, builders, strict=True):
            for kind, (body, *more) in read_records(stream, start):
                sheet.add_record(kind, body, more)
            left -= len(sheet.cells)
            require(left >= 0, "file.expands")
    except struct.error:
        raise ValueError("half a record") from None
    require(sum(sheet.allocated for _, sheet in builders) <= MAX_CELLS, "file.range")
    for name, sheet in builders:
        yield name, sheet.cells, sheet.facts()


# --- the book -------------------------------------------------------------------------------------------------------

_DATE_1904, _FONT, _FORMAT, _XF, _SHEET_AT, _SHARED_STRINGS = 0x22, 0x31, 0x41E, 0xE0, 0x85, 0xFC
_WORKSHEET = 0  # the kind of a sheet with cells, beside charts and macros


class _XlsFont(NamedTuple):
    """What a font does to the meaning of a text."""

    struck: bool
    shift: Shift


class _XlsBook(NamedTuple):
    """What the sheets of a workbook share.

    ``sheets``: names and positions in the stream. ``looks``: the format of each style, and whether its numbers may be
    times. ``more_texts``: there are more shared strings than are declared. ``since_1904``: days count from 1904.
    """

    sheets: list[tuple[str, int]]
    texts: list[FormattedText]
    more_texts: bool
    fonts: Mapping[int, _XlsFont]
    looks: Sequence[tuple[CellFormat, bool]]
    since_1904: bool


def _read_book(stream: bytes) -> _XlsBook:
    sheets, texts, more_texts, since_1904 = list[tuple[str, int, int]](), list[FormattedText](), False, False
    fonts, codes, xfs = list[_XlsFont](), dict[int, str](), list[tuple[int, int]]()
    for kind, (body, *more) in read_records(stream, 0):
        if kind == BOF and (body[:2] != VERSION or body[2] != BOOK):
            raise ValueError("no book")
        if kind == _SHEET_AT:
            start, _, sort = struct.unpack_from("<IBB", body)
            name = RecordReader([body[6:], *more]).read_text(length_bytes=1).text
            sheets.append((name, start, sort))
        elif kind == _SHARED_STRINGS:
            texts, more_texts = read_shared_strings([body, *more])
        elif kind == _DATE_1904:
            since_1904 = body[:1] == b"\1"
        elif kind == _FONT:
            flags, shift = struct.unpack_from("<2xH4xH", body)
            fonts.append(_XlsFont(bool(flags & 8), _SHIFTS.get(shift, Shift.NONE)))
        elif kind == _FORMAT:
            codes[int.from_bytes(body[:2], "little")] = RecordReader([body[2:], *more]).read_text().text
        elif kind == _XF:
            xfs.append(struct.unpack_from("<HH", body))
    if not sheets:
        raise ValueError("no sheet")
    # There is no font of number 4. Of formats those of the file only: Gnumeric numbers its own from 50 on, where others
    # have days of East Asia.
    numbered = {number + (number >= 4): font for number, font in enumerate(fonts)}
    look_by_xf = {xf: (_font_format(*xf, numbered, codes), may_be_time(xf[1], codes)) for xf in set(xfs)}
    return _XlsBook(
        [(name, start) for name, start, sort in sheets if sort == _WORKSHEET],
        texts,
        more_texts,
        numbered,
        [look_by_xf[xf] for xf in xfs],
        since_1904,
    )


def _font_format(font: int, number: int, fonts: Mapping[int, _XlsFont], codes: Mapping[int, str]) -> CellFormat:
    return cell_format(number, codes, struck=font in fonts and fonts[font].struck)


_SHIFTS = {1: Shift.RAISED, 2: Shift.LOWERED}

# --- the cells of a sheet -------------------------------------------------------------------------------------------

_FORMULA, _STRING_RESULT = 0x06, 0x207  # a text that results follows in a record of its own
_SHARED_TEXT, _TEXT, _TEXT_IN_RUNS, _BOOLEAN = 0xFD, 0x204, 0xD6, 0x205
_NUMBER, _SHORT_NUMBER, _SHORT_NUMBERS = 0x203, 0x27E, 0xBD
_MERGED = 0xE5
_ERRORS = {
    0: "#NULL!",
    7: "#DIV/0!",
    15: "#VALUE!",
    23: "#REF!",
    29: "#NAME?",
    36: "#NUM!",
    42: "#N/A",
    43: "#GETTING_DATA",
}
_LAST_COLUMN = 0xFF


class _XlsSheetBuilder:
    """Builds a sheet record by record; of a cell that is written twice the last record counts."""

    def __init__(self, book: _XlsBook) -> None:
        self.cells: Cells = {}
        self.allocated = 0
        self._book = book
        self._format_numbers: dict[CellIndex, int] = {}
        self._texts: dict[CellIndex, FormattedText] = {}
        self._false_blanks: dict[CellIndex, str] = {}
        self._errors: dict[CellIndex, str] = {}
        self._merged: list[CellRange] = []
        self._formula_awaiting_text: CellIndex | None = None  # a formula whose text follows
        self._rows = self._columns = 0

    def add_record(self, kind: int, body: bytes, more: Sequence[bytes]) -> None:
        """Add a record: its kind, body and continuations. Raises ValueError, struct.error, UnsafeError."""
        if kind in _CELL_RECORDS:
            row, column, look = struct.unpack_from("<HHH", body)
            _CELL_RECORDS[kind](self, self._begin_cell(row, column, look), body, more)
        elif kind == _SHORT_NUMBERS:
            row, first, last = struct.unpack("<HH", body[:4]) + struct.unpack("<H", body[-2:])
            if len(body) != 6 + 6 * (last - first + 1):
                raise ValueError("numbers side by side that are not there")
            for column in range(first, last + 1):
                look, number = struct.unpack_from("<HI", body, 4 + 6 * (column - first))
                at = self._begin_cell(row, column, look)
                self.cells[at] = self._type_number(_decode_short_number(number), look)
        elif kind == _STRING_RESULT and self._formula_awaiting_text is not None:
            text = RecordReader([body, *more]).read_text().text
            if text.startswith(f"={DISPIMG}"):
                self._false_blanks[self._formula_awaiting_text] = CELL_PICTURE
            else:
                self.cells[self._formula_awaiting_text] = text
            self._formula_awaiting_text = None
        elif kind == _MERGED:
            for number in range(int.from_bytes(body[:2], "little")):
                top, bottom, left, right = struct.unpack_from("<4H", body, 2 + 8 * number)
                self._merged.append(CellRange(top * ROW_STRIDE + left, bottom * ROW_STRIDE + right))
        elif kind == BOF and body[2:3] == bytes([BOOK]):
            raise ValueError("a book for a sheet")

    def facts(self) -> SheetFacts:
        """What the sheet says beside the values of its cells."""
        seen: dict[CellIndex, DisplayGetter] = {
            at: partial(DisplayedValue, text=text) for at, text in self._errors.items()
        }
        for at, cell in self.cells.items():
            look, _ = self._format_of(self._format_numbers[at])
            if at in self._texts and (self._texts[at].runs or look.text_code or look.struck):
                seen[at] = partial(display_runs, cell, self._runs(self._texts[at]), look)
            elif look.struck or (look.text_code if isinstance(cell, str) else look.number_code):
                seen[at] = partial(display_cell, cell, look)
        return SheetFacts(self._false_blanks, seen, self._merged)

    def _begin_cell(self, row: int, column: int, look: int) -> CellIndex:
        """Return the index of a cell that is about to be filled, emptied where it was written before."""
        require(column <= _LAST_COLUMN, "file.address")
        at = row * ROW_STRIDE + column
        if at in self._format_numbers:  # written before
            for known in (self.cells, self._texts, self._false_blanks, self._errors):
                cast("dict[CellIndex, Any]", known).pop(at, None)
        self._format_numbers[at], self._formula_awaiting_text = look, None
        self._rows, self._columns = max(self._rows, row + 1), max(self._columns, column + 1)
        self.allocated = allocated_cells(self._rows, self._columns)
        return at

    def _format_of(self, number: int) -> tuple[CellFormat, bool]:
        looks = self._book.looks
        return looks[number] if number < len(looks) else (CellFormat(), False)

    def _type_number(self, number: float, look: int) -> Cell:
        """A number, date or time, by what the format says the number is."""
        usual, time = self._format_of(look)
        return date_of_serial(number, since_1904=self._book.since_1904) if usual.is_date or time else number

    def _runs(self, text: FormattedText) -> list[TextRun]:
        """The runs of a text; what comes before the first is struck out where its cell is."""
        first, *rest = split_at_runs(text)
        fonts = [self._book.fonts.get(font, _XlsFont(struck=False, shift=Shift.NONE)) for _, font in text.runs]
        return [
            TextRun(first, sets_strike=False),
            *(TextRun(run, *font) for run, font in zip(rest, fonts, strict=True)),
        ]

    # Readers of the kinds of cells; each is given the index, the body and the bodies that continue it.

    def _number(self, at: CellIndex, body: bytes, _: Sequence[bytes]) -> None:
        (number,) = struct.unpack_from("<6xd", body)
        self.cells[at] = self._type_number(number, self._format_numbers[at])

    def _short_number(self, at: CellIndex, body: bytes, _: Sequence[bytes]) -> None:
        (written,) = struct.unpack_from("<6xI", body)
        self.cells[at] = self._type_number(_decode_short_number(written), self._format_numbers[at])

    def _put_text(self, at: CellIndex, text: FormattedText) -> None:
        if text.text:
            self.cells[at], self._texts[at] = text.text, text

    def _shared_text(self, at: CellIndex, body: bytes, _: Sequence[bytes]) -> None:
        (number,) = struct.unpack_from("<6xI", body)
        # LibreOffice shows nothing where others show a text that is not counted.
        require(number < len(self._book.texts) or not self._book.more_texts, "file.ambiguous")
        self._put_text(at, self._book.texts[number])

    def _text(self, at: CellIndex, body: bytes, more: Sequence[bytes]) -> None:
        self._put_text(at, RecordReader([body[6:], *more]).read_text())

    def _text_in_runs(self, at: CellIndex, body: bytes, more: Sequence[bytes]) -> None:
        rest = RecordReader([body[6:], *more])
        text = rest.read_text()
        self._put_text(at, text._replace(runs=rest.read_runs(rest.read_number(2))))

    def _boolean(self, at: CellIndex, body: bytes, _: Sequence[bytes]) -> None:
        value, is_error = struct.unpack_from("<6xBB", body)
        self._result(at, value, error=bool(is_error))

    def _formula(self, at: CellIndex, body: bytes, _: Sequence[bytes]) -> None:
        (result,) = struct.unpack_from("<6x8s", body)
        if result[6:] != b"\xff\xff":
            (number,) = struct.unpack("<d", result)
            self.cells[at] = self._type_number(number, self._format_numbers[at])
            if not any(result):
                self._false_blanks[at] = (
                    CELL_UNCACHED  # LibreOffice stores 0 for any text in a cell formatted as a number
                )
        elif result[0] == 0:
            self._formula_awaiting_text = at
        elif result[0] in (1, 2):
            self._result(at, result[2], error=result[0] == 2)
        elif result[0] != 3:  # an empty text
            raise ValueError("a result that nobody knows")

    def _result(self, at: CellIndex, value: int, *, error: bool) -> None:
        if value not in (_ERRORS if error else (0, 1)):
            raise ValueError("neither a truth nor an error")
        if error:
            self._false_blanks[at], self._errors[at] = CELL_ERROR, _ERRORS[value]
        else:
            self.cells[at] = bool(value)


_CELL_RECORDS = {
    _NUMBER: _XlsSheetBuilder._number,
    _SHORT_NUMBER: _XlsSheetBuilder._short_number,
    _SHARED_TEXT: _XlsSheetBuilder._shared_text,
    _TEXT: _XlsSheetBuilder._text,
    _TEXT_IN_RUNS: _XlsSheetBuilder._text_in_runs,
    _BOOLEAN: _XlsSheetBuilder._boolean,
    _FORMULA: _XlsSheetBuilder._formula,
}


def _decode_short_number(written: int) -> float:
    """Decode a number of 30 bits: a whole number or the upper half of a float, either perhaps in hundredths."""
    if written & 2:
        number = float((written - (1 << 32) if written & 1 << 31 else written) >> 2)
    else:
        (number,) = struct.unpack("<d", bytes(4) + (written & ~3).to_bytes(4, "little"))
    return number / 100 if written & 1 else number


def date_of_serial(number: float, *, since_1904: bool) -> Cell:
    """The date, date and time, or time of a serial number; a number outside the calendar is returned as it is."""
    days = number + DAYS_TO_1904 if since_1904 else number
    if not 0 <= days < SERIAL_END:
        return number
    moment = datetime_of_serial(round(days * 86_400_000) / 86_400_000)  # to the millisecond
    if days < 1:
        return moment.time()
    return moment.date() if number.is_integer() else moment
