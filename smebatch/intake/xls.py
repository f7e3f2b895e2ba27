"""What calamine does not tell of a .xls, by xlrd and from its records."""

from __future__ import annotations

import io
from collections.abc import Iterator

from smebatch.intake.address import WIDTH, Place
from smebatch.intake.beyond import Beyond
from smebatch.intake.safety import unless
from smebatch.intake.unsaid import ERROR, UNCACHED


def beyond_xls(data: bytes) -> dict[str, Beyond]:
    """Error cells of a .xls, and formulas whose stored 0 may be none, by sheet. Raises UnsafeError."""
    import xlrd

    with xlrd.open_workbook(file_contents=data, on_demand=True, logfile=io.StringIO()) as book:
        stream, found = bytes(book.mem), {}
        for number, name in enumerate(book.sheet_names()):
            table = book.sheet_by_index(number)
            errors = {
                row * WIDTH + column: ERROR
                for row in range(table.nrows)
                for column, kind in enumerate(table.row_types(row))
                if kind == xlrd.XL_CELL_ERROR
            }
            found[name] = Beyond(errors | dict.fromkeys(_doubtful_zeros(stream, book.base, number), UNCACHED))
        return found


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
