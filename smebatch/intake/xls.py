"""What calamine does not tell of a .xls, by xlrd and from its records."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from smebatch.intake.address import WIDTH, Area, Place
from smebatch.intake.beyond import Beyond
from smebatch.intake.number_formats import Look, look_of
from smebatch.intake.runs import Run, Shift
from smebatch.intake.safety import UnsafeError, unless
from smebatch.intake.seen import Sight, look_at, look_at_runs
from smebatch.intake.unsaid import ERROR, UNCACHED, Unsaid
from smebatch.intake.values import Cell

if TYPE_CHECKING:
    from xlrd.book import Book
    from xlrd.sheet import Sheet


def beyond_xls(data: bytes, looked_at: Collection[str]) -> dict[str, Beyond]:
    """What calamine does not tell, by sheet; how cells look, of those looked at.

    Raises UnsafeError; whatever a damaged file makes xlrd say.
    """
    try:
        return _beyond(data, looked_at)
    except (UnsafeError, MemoryError):
        raise
    except Exception:  # xlrd asserts more of how cells look than of what they hold
        return _beyond(data, ())


def _beyond(data: bytes, looked_at: Collection[str]) -> dict[str, Beyond]:
    import xlrd

    log, look = io.StringIO(), bool(looked_at)
    with xlrd.open_workbook(file_contents=data, on_demand=True, formatting_info=look, logfile=log) as book:
        stream, found, known = bytes(book.mem), {}, _looks(book) if look else []
        for number, name in enumerate(book.sheet_names()):
            table = book.sheet_by_index(number)
            errors = dict.fromkeys((at for at, kind in _kinds(table) if kind == xlrd.XL_CELL_ERROR), ERROR)
            unsaid = errors | dict.fromkeys(_doubtful_zeros(stream, book.base, number), UNCACHED)
            found[name] = _seen(book, table, known, unsaid) if name in looked_at else Beyond(unsaid)
        return found


def _kinds(table: Sheet) -> Iterator[tuple[Place, int]]:
    """The cells of a sheet and what they hold."""
    for row in range(table.nrows):
        for column, kind in enumerate(table.row_types(row)):
            yield row * WIDTH + column, kind


# --- how cells look -------------------------------------------------------------------------------------------------


def _looks(book: Book) -> list[Look]:
    """How cells look, by the numbers of their formats (XF)."""
    # Those of the file only: Gnumeric numbers its own from 50 on, where others have days of East Asia.
    codes = {form.format_key: form.format_str for form in book.format_list}
    fonts = book.font_list
    return [look_of(xf.format_key, codes, struck=bool(fonts[xf.font_index].struck_out)) for xf in book.xf_list]


def _seen(book: Book, table: Sheet, looks: Sequence[Look], unsaid: Unsaid) -> Beyond:
    import xlrd

    seen: dict[Place, Sight] = {}
    instead: dict[Place, Cell] = {}
    for at, kind in _kinds(table):
        row, column = divmod(at, WIDTH)
        if kind == xlrd.XL_CELL_TEXT:
            text, look = table.cell_value(row, column), looks[table.cell_xf_index(row, column)]
            runs = table.rich_text_runlist_map.get((row, column), ())
            if runs or look.text or look.struck:
                seen[at] = partial(look_at_runs, text, _runs(book, text, runs), look)
        elif kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            number, look = table.cell_value(row, column), looks[table.cell_xf_index(row, column)]
            if (cell := _typed(number, look.day, book.datemode)) is not None:
                instead[at] = cell
            if look.number or look.struck:
                seen[at] = partial(look_at, number if cell is None else cell, look)
    merged = [
        Area(top * WIDTH + left, (bottom - 1) * WIDTH + right - 1) for top, bottom, left, right in table.merged_cells
    ]
    return Beyond(unsaid, seen, merged, instead)


def _runs(book: Book, text: str, runs: Sequence[tuple[int, int]]) -> list[Run]:
    """The runs of a text: from which character on it stands in which font; before the first, in that of its cell."""
    ends = [*(begin for begin, _ in runs), None]
    found = [Run(text[: ends[0]], own=False)]
    for (begin, number), end in zip(runs, ends[1:], strict=True):
        font = book.font_list[number]
        found.append(Run(text[begin:end], bool(font.struck_out), _SHIFTS.get(font.escapement, Shift.NONE)))
    return found


_SHIFTS = {1: Shift.RAISED, 2: Shift.LOWERED}


def _typed(number: float, day: bool | None, mode: int) -> Cell:
    """A number by what its format says: itself, or a day; None where that is not sure."""
    if day is False:
        return number
    if not day or not number.is_integer() or not (0 if mode else 61) <= number < _DAYS:  # as in scan
        return None
    return (dt.date(1904, 1, 1) if mode else dt.date(1899, 12, 30)) + dt.timedelta(days=int(number))


_DAYS = 2_958_466 - 1_462  # within the calendar in either way to count


# --- records --------------------------------------------------------------------------------------------------------

_FORMULA_RECORD, _SHEET_RECORD, _END_RECORD = 0x06, 0x85, 0x0A
_CELL_RECORDS = {_FORMULA_RECORD, 0xD6, 0xFD, 0x201, 0x203, 0x204, 0x205, 0x27E}
_MANY_CELLS_RECORDS = {0xBD, 0xBE}  # numbers, or blanks, side by side; the last column stands at the end


def _doubtful_zeros(stream: bytes, base: int, number: int) -> Iterator[Place]:
    """Formulas of a worksheet that store 0: LibreOffice does so for any text in a cell formatted as a number.

    Raises UnsafeError where a cell stands twice: readers differ in which they take.
    """
    sheets = (body for kind, body in _records(stream, base) if kind == _SHEET_RECORD)
    starts = [int.from_bytes(body[:4], "little") for body in sheets if not body[5]]  # 0: a worksheet, not a chart
    seen: set[Place] = set()
    for kind, body in _records(stream, base + starts[number]):
        places = _places(kind, body)
        unless(seen.isdisjoint(places), "file.address")
        seen.update(places)
        if kind == _FORMULA_RECORD and not any(body[6:14]):
            yield places[0]


def _places(kind: int, body: bytes) -> range:
    """The cells a record holds."""
    row, first, last = (int.from_bytes(two, "little") for two in (body[:2], body[2:4], body[-2:]))
    if kind in _CELL_RECORDS:
        last = first
    elif kind not in _MANY_CELLS_RECORDS:
        return range(0)
    return range(row * WIDTH + first, row * WIDTH + last + 1)


def _records(stream: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    """The BIFF records from a position to the end of their part of the stream: kind and body."""
    kind = -1
    while kind != _END_RECORD and position + 4 <= len(stream):
        kind, size = (int.from_bytes(stream[i : i + 2], "little") for i in (position, position + 2))
        yield kind, stream[position + 4 : position + 4 + size]
        position += 4 + size
