"""The rows of long tables, put into a streamed workbook that XlsxWriter has finished: a tenth of its time for a cell.

XlsxWriter writes the first and the last row of such a table as blank cells, by which it knows the sheet's dimension.
What it has written of the first tells the columns and the styles; all rows take the place of the two. The parts are
those that XlsxWriter would have written, byte for byte. A release that writes the two rows otherwise than is known is
found out before the first table, and is then left to write all rows by itself.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from io import BytesIO
from itertools import chain, islice
from typing import IO, Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

from smebatch.form.splicing.cell_xml import height_digits, inline_text
from smebatch.form.splicing.errors import PatternError

LEAST_ROWS = 3  # of a table; the first and the last are in the pattern

_ROWS_AT_A_TIME = 1_000
_POINTS = 0.75  # of a pixel
_CELLS_OF_LARGE_PART = 10_000_000  # a part of so many cells may exceed the 2 GB that need another header in the zip
_CELL_OF_PATTERN = rb'<c r="[A-Z]+%d" s="\d+"/>'
_COLUMN_AND_STYLE = re.compile(rb'r="([A-Z]+)\d+" s="(\d+)"')


class RowCells(NamedTuple):
    """A row: the values of its cells, None where blank, and its height in pixels, 0 where it is the usual one."""

    values: Sequence[Any]
    pixels: int


class LongRows(NamedTuple):
    """The rows of a table: ``sheet``, the number of its sheet from 1; ``first`` and ``n``, its rows from 0.

    ``rows``: as many as ``n``; their values are those of the blank cells from the left, texts or finite numbers.
    """

    sheet: int
    first: int
    n: int
    rows: Iterable[RowCells]


def with_long_rows(book: IO[bytes], target: IO[bytes], tables: Iterable[LongRows]) -> None:
    """Copy a finished workbook with the rows of tables in place of their first and last.

    Raises PatternError where it has no such rows, ValueError for a value that no cell can hold.
    """
    by_part: dict[str, list[LongRows]] = defaultdict(list)
    for table in tables:
        by_part[f"xl/worksheets/sheet{table.sheet}.xml"].append(table)
    with ZipFile(book) as source, ZipFile(target, "w", ZIP_DEFLATED) as copy:
        for info in source.infolist():
            large = sum(each.n for each in by_part[info.filename]) * 100 > _CELLS_OF_LARGE_PART
            with source.open(info) as old, copy.open(info, "w", force_zip64=large) as new:
                if by_part[info.filename]:
                    for piece in _pieces(old.read(), by_part[info.filename], info.filename):
                        new.write(piece)
                else:
                    shutil.copyfileobj(old, new)


def _pieces(part: bytes, tables: Sequence[LongRows], name: str) -> Iterator[bytes]:
    """The XML of a sheet with all rows."""
    end = 0
    for table in sorted(tables, key=lambda table: table.first):
        found = _pattern(table.first, table.n).search(part, end)
        if not found:
            raise PatternError(name, f"the rows {table.first + 1} and {table.first + table.n} are not as expected")
        yield part[end : found.start()]
        yield from _rows(table, [(c.decode(), style.decode()) for c, style in _COLUMN_AND_STYLE.findall(found[1])])
        end = found.end()
    yield part[end:]


def _pattern(first: int, n: int) -> re.Pattern[bytes]:
    cells = b"((?:%b)+)" % _CELL_OF_PATTERN
    number, last = first + 1, first + n
    return re.compile(rb'<row r="%d">%b</row><row r="%d">%b</row>' % (number, cells % number, last, cells % last))


def _rows(table: LongRows, cells: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    """The XML of the rows, many at a time. ``cells``: the column of each cell and the number of its style."""
    openings = [(f'<c r="{column}', f'" s="{style}"') for column, style in cells]
    rows = enumerate(table.rows, table.first + 1)
    while texts := [_row(number, row, openings) for number, row in islice(rows, _ROWS_AT_A_TIME)]:
        yield "".join(texts).encode()


def _row(number: int, row: RowCells, openings: Sequence[tuple[str, str]]) -> str:
    height = height_digits(row.pixels * _POINTS).decode() if row.pixels else ""
    opening = f'<row r="{number}" ht="{height}" customHeight="1">' if height else f'<row r="{number}">'
    cells = [
        f"{column}{number}{style}/>"
        if value is None
        else f'{column}{number}{style} t="inlineStr"><is>{inline_text(value)}</is></c>'
        if isinstance(value, str)
        else f"{column}{number}{style}><v>{value:.16G}</v></c>"
        for (column, style), value in zip(openings, row.values, strict=True)
    ]
    return "".join(chain((opening,), cells, ("</row>",)))


@cache
def writes_as_known() -> bool:
    """Whether the installed XlsxWriter writes rows as is known here; some milliseconds, once a process."""
    rows = [RowCells(values, pixels) for values, pixels in (((" <a\x07", None), 0), ((0.1, "b"), 40), ((-2, 3), 0))]
    books = [BytesIO(), BytesIO(), BytesIO()]
    for blank, stream in zip((False, True), books, strict=False):
        book = xlsxwriter.Workbook(stream, {"constant_memory": True})
        sheet, style = book.add_worksheet(), book.add_format({"bold": True})
        for r, row in enumerate(rows):
            if blank and r == 1:
                continue
            if row.pixels and not blank:
                sheet.set_row_pixels(r, row.pixels)
            for c, value in enumerate(row.values):
                write = sheet.write_string if isinstance(value, str) else sheet.write_number
                sheet.write_blank(r, c, None, style) if blank or value is None else write(r, c, value, style)
        book.close()
    try:
        with_long_rows(books[1], books[2], [LongRows(1, 0, len(rows), rows)])
    except PatternError:
        return False
    (written, _, ours) = (ZipFile(stream).read("xl/worksheets/sheet1.xml") for stream in books)
    return written == ours
