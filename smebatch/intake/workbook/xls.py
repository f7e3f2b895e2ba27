"""The sheets of a .xls, from its records: as LibreOffice shows them, where they are written as no program should."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

from smebatch.intake.workbook.address import WIDTH, Area, Place
from smebatch.intake.workbook.biff import (
    BOF,
    BOOK,
    STREAMS,
    VERSION,
    Lettered,
    Pieces,
    records,
    run_texts,
    shared_texts,
)
from smebatch.intake.workbook.blank_cells import DISPIMG, ERROR, PICTURE, UNCACHED
from smebatch.intake.workbook.cell_values import Cell
from smebatch.intake.workbook.displayed_value import Sight, look_at, look_at_runs
from smebatch.intake.workbook.number_formats import Look, look_of, may_be_time
from smebatch.intake.workbook.ole import OleFile
from smebatch.intake.workbook.sheet_facts import Beyond
from smebatch.intake.workbook.text_runs import Run, Shift
from smebatch.intake.workbook.xlsx_scan import Cells
from smebatch.intake.workbook.zip_safety import MAX_CELLS, MAX_WRITTEN, area, check_names, unless


def sheets_of(data: bytes) -> Iterator[tuple[str, Cells, Beyond]]:
    """The name and the cells of each sheet that may hold some, blanks left out, and how they look.

    Raises UnsafeError; ValueError or IndexError for what is no such file, or a damaged one.
    """
    ole = OleFile(data)
    stream = ole.read(ole.named(*STREAMS))
    try:
        book = _book(stream)
        check_names([name for name, _ in book.sheets])
        found = [(name, _Sheet(book)) for name, _ in book.sheets]
        left = MAX_WRITTEN
        for (_, start), (_, sheet) in zip(book.sheets, found, strict=True):
            for kind, (body, *more) in records(stream, start):
                sheet.take(kind, body, more)
            left -= len(sheet.cells)
            unless(left >= 0, "file.expands")
    except struct.error:
        raise ValueError("half a record") from None
    unless(sum(sheet.allotted for _, sheet in found) <= MAX_CELLS, "file.range")
    for name, sheet in found:
        yield name, sheet.cells, sheet.beyond()


# --- the book -------------------------------------------------------------------------------------------------------

_DAYS_FROM, _FONT, _FORMAT, _LOOK, _SHEET_AT, _TEXTS = 0x22, 0x31, 0x41E, 0xE0, 0x85, 0xFC
_WORKSHEET = 0  # the kind of a sheet with cells, beside charts and macros


class _Font(NamedTuple):
    """How a font looks."""

    struck: bool
    shift: Shift


class _Book(NamedTuple):
    """What the sheets of a book share.

    ``sheets``: their names and where they begin. ``looks``: how cells look, and whether their numbers may be times.
    ``more_texts``: whether there are more shared texts than is said. ``since_1904``: what days are counted from.
    """

    sheets: list[tuple[str, int]]
    texts: list[Lettered]
    more_texts: bool
    fonts: Mapping[int, _Font]
    looks: Sequence[tuple[Look, bool]]
    since_1904: bool


def _book(stream: bytes) -> _Book:
    sheets, texts, more_texts, since_1904 = list[tuple[str, int, int]](), list[Lettered](), False, False
    fonts, codes, xfs = list[_Font](), dict[int, str](), list[tuple[int, int]]()
    for kind, (body, *more) in records(stream, 0):
        if kind == BOF and (body[:2] != VERSION or body[2] != BOOK):
            raise ValueError("no book")
        if kind == _SHEET_AT:
            start, _, sort = struct.unpack_from("<IBB", body)
            name = Pieces([body[6:], *more]).text(length_bytes=1).text
            sheets.append((name, start, sort))
        elif kind == _TEXTS:
            texts, more_texts = shared_texts([body, *more])
        elif kind == _DAYS_FROM:
            since_1904 = body[:1] == b"\1"
        elif kind == _FONT:
            flags, shift = struct.unpack_from("<2xH4xH", body)
            fonts.append(_Font(bool(flags & 8), _SHIFTS.get(shift, Shift.NONE)))
        elif kind == _FORMAT:
            codes[int.from_bytes(body[:2], "little")] = Pieces([body[2:], *more]).text().text
        elif kind == _LOOK:
            xfs.append(struct.unpack_from("<HH", body))
    if not sheets:
        raise ValueError("no sheet")
    # There is no font of number 4. Of formats those of the file only: Gnumeric numbers its own from 50 on, where others
    # have days of East Asia.
    numbered = {number + (number >= 4): font for number, font in enumerate(fonts)}
    known = {xf: (_look(*xf, numbered, codes), may_be_time(xf[1], codes)) for xf in set(xfs)}
    return _Book(
        [(name, start) for name, start, sort in sheets if sort == _WORKSHEET],
        texts,
        more_texts,
        numbered,
        [known[xf] for xf in xfs],
        since_1904,
    )


def _look(font: int, number: int, fonts: Mapping[int, _Font], codes: Mapping[int, str]) -> Look:
    return look_of(number, codes, struck=font in fonts and fonts[font].struck)


_SHIFTS = {1: Shift.RAISED, 2: Shift.LOWERED}

# --- the cells of a sheet -------------------------------------------------------------------------------------------

_FORMULA, _RESULT = 0x06, 0x207  # a text that results follows in a record of its own
_SHARED_TEXT, _TEXT, _TEXT_IN_RUNS, _TRUTH = 0xFD, 0x204, 0xD6, 0x205
_NUMBER, _SHORT_NUMBER, _SHORT_NUMBERS = 0x203, 0x27E, 0xBD
_MERGED = 0xE5
_ERRORS = {0, 7, 15, 23, 29, 36, 42, 43}
_LAST_COLUMN = 0xFF


class _Sheet:
    """What has been found of a sheet, record by record; of a cell that is written twice what was written last."""

    def __init__(self, book: _Book) -> None:
        self.cells: Cells = {}
        self.allotted = 0
        self._book = book
        self._looks: dict[Place, int] = {}
        self._texts: dict[Place, Lettered] = {}
        self._unsaid: dict[Place, str] = {}
        self._merged: list[Area] = []
        self._awaiting: Place | None = None  # a formula whose text follows
        self._rows = self._columns = 0

    def take(self, kind: int, body: bytes, more: Sequence[bytes]) -> None:
        """Take a record, its body and what continues it. Raises ValueError, struct.error, UnsafeError."""
        if kind in _READERS:
            row, column, look = struct.unpack_from("<HHH", body)
            _READERS[kind](self, self._put(row, column, look), body, more)
        elif kind == _SHORT_NUMBERS:
            row, first, last = struct.unpack("<HH", body[:4]) + struct.unpack("<H", body[-2:])
            if len(body) != 6 + 6 * (last - first + 1):
                raise ValueError("numbers side by side that are not there")
            for column in range(first, last + 1):
                look, number = struct.unpack_from("<HI", body, 4 + 6 * (column - first))
                at = self._put(row, column, look)
                self.cells[at] = self._typed(_short(number), look)
        elif kind == _RESULT and self._awaiting is not None:
            text = Pieces([body, *more]).text().text
            if text.startswith(f"={DISPIMG}"):
                self._unsaid[self._awaiting] = PICTURE
            else:
                self.cells[self._awaiting] = text
            self._awaiting = None
        elif kind == _MERGED:
            for number in range(int.from_bytes(body[:2], "little")):
                top, bottom, left, right = struct.unpack_from("<4H", body, 2 + 8 * number)
                self._merged.append(Area(top * WIDTH + left, bottom * WIDTH + right))
        elif kind == BOF and body[2:3] == bytes([BOOK]):
            raise ValueError("a book for a sheet")

    def beyond(self) -> Beyond:
        """What there is to say of the cells beside what they hold."""
        seen: dict[Place, Sight] = {}
        for at, cell in self.cells.items():
            look, _ = self._look(self._looks[at])
            if at in self._texts and (self._texts[at].runs or look.text or look.struck):
                seen[at] = partial(look_at_runs, cell, self._runs(self._texts[at]), look)
            elif look.struck or (look.text if isinstance(cell, str) else look.number):
                seen[at] = partial(look_at, cell, look)
        return Beyond(self._unsaid, seen, self._merged)

    def _put(self, row: int, column: int, look: int) -> Place:
        """Where a cell stands that is about to be filled."""
        unless(column <= _LAST_COLUMN, "file.address")
        at = row * WIDTH + column
        if at in self._looks:  # written before
            for known in (self.cells, self._texts, self._unsaid):
                cast("dict[Place, Any]", known).pop(at, None)
        self._looks[at], self._awaiting = look, None
        self._rows, self._columns = max(self._rows, row + 1), max(self._columns, column + 1)
        self.allotted = area(self._rows, self._columns)
        return at

    def _look(self, number: int) -> tuple[Look, bool]:
        looks = self._book.looks
        return looks[number] if number < len(looks) else (Look(), False)

    def _typed(self, number: float, look: int) -> Cell:
        """A number by what its format says: itself, a day, or a time."""
        usual, time = self._look(look)
        return moment(number, since_1904=self._book.since_1904) if usual.day or time else number

    def _runs(self, text: Lettered) -> list[Run]:
        """The runs of a text; what stands before the first looks as its cell does."""
        first, *rest = run_texts(text)
        fonts = [self._book.fonts.get(font, _Font(struck=False, shift=Shift.NONE)) for _, font in text.runs]
        return [Run(first, own=False), *(Run(run, *font) for run, font in zip(rest, fonts, strict=True))]

    # By kind; each is given the place, the body and what continues it.

    def _number(self, at: Place, body: bytes, _: Sequence[bytes]) -> None:
        (number,) = struct.unpack_from("<6xd", body)
        self.cells[at] = self._typed(number, self._looks[at])

    def _short_number(self, at: Place, body: bytes, _: Sequence[bytes]) -> None:
        (written,) = struct.unpack_from("<6xI", body)
        self.cells[at] = self._typed(_short(written), self._looks[at])

    def _shown(self, at: Place, text: Lettered) -> None:
        if text.text:
            self.cells[at], self._texts[at] = text.text, text

    def _shared_text(self, at: Place, body: bytes, _: Sequence[bytes]) -> None:
        (number,) = struct.unpack_from("<6xI", body)
        # LibreOffice shows nothing where others show a text that is not counted.
        unless(number < len(self._book.texts) or not self._book.more_texts, "file.ambiguous")
        self._shown(at, self._book.texts[number])

    def _text(self, at: Place, body: bytes, more: Sequence[bytes]) -> None:
        self._shown(at, Pieces([body[6:], *more]).text())

    def _text_in_runs(self, at: Place, body: bytes, more: Sequence[bytes]) -> None:
        rest = Pieces([body[6:], *more])
        text = rest.text()
        self._shown(at, text._replace(runs=rest.runs(rest.number(2))))

    def _truth(self, at: Place, body: bytes, _: Sequence[bytes]) -> None:
        value, is_error = struct.unpack_from("<6xBB", body)
        self._result(at, value, error=bool(is_error))

    def _formula(self, at: Place, body: bytes, _: Sequence[bytes]) -> None:
        (result,) = struct.unpack_from("<6x8s", body)
        if result[6:] != b"\xff\xff":
            (number,) = struct.unpack("<d", result)
            self.cells[at] = self._typed(number, self._looks[at])
            if not any(result):
                self._unsaid[at] = UNCACHED  # LibreOffice stores 0 for any text in a cell formatted as a number
        elif result[0] == 0:
            self._awaiting = at
        elif result[0] in (1, 2):
            self._result(at, result[2], error=result[0] == 2)
        elif result[0] != 3:  # an empty text
            raise ValueError("a result that nobody knows")

    def _result(self, at: Place, value: int, *, error: bool) -> None:
        if value not in (_ERRORS if error else (0, 1)):
            raise ValueError("neither a truth nor an error")
        if error:
            self._unsaid[at] = ERROR
        else:
            self.cells[at] = bool(value)


_READERS = {
    _NUMBER: _Sheet._number,
    _SHORT_NUMBER: _Sheet._short_number,
    _SHARED_TEXT: _Sheet._shared_text,
    _TEXT: _Sheet._text,
    _TEXT_IN_RUNS: _Sheet._text_in_runs,
    _TRUTH: _Sheet._truth,
    _FORMULA: _Sheet._formula,
}


def _short(written: int) -> float:
    """A number of 30 bits: a whole one, or the beginning of a fraction; in hundredths or not."""
    if written & 2:
        number = float((written - (1 << 32) if written & 1 << 31 else written) >> 2)
    else:
        (number,) = struct.unpack("<d", bytes(4) + (written & ~3).to_bytes(4, "little"))
    return number / 100 if written & 1 else number


def moment(number: float, *, since_1904: bool) -> Cell:
    """The day of a number, with the time of day if it has one; a number that is too large or below nought is itself."""
    days = number + 1_462 if since_1904 else number
    if not 0 <= days < 2_958_466:
        return number
    whole = dt.datetime(1899, 12, 30) + dt.timedelta(days=round(days * 86_400_000) / 86_400_000)  # noqa: DTZ001  # no zone
    if days < 1:
        return whole.time()
    return whole.date() if number.is_integer() else whole
