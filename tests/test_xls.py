"""A .xls that is written as no program should is read as LibreOffice shows it, or named by what it is."""

from __future__ import annotations

import csv
import struct
from pathlib import Path

import pytest

from hostile.hostile_files import BOF, BOF_SHEET, END, an_ole, boundsheet, patched, records
from office import convert
from smebatch.intake.workbook.address import cell_index
from smebatch.intake.workbook.cell_values import display_text
from smebatch.intake.workbook.formats import open_workbook, unsupported_reason
from smebatch.intake.workbook.workbook import WorkbookSheet
from smebatch.intake.workbook.zip_safety import UnsafeError

Cells = tuple[tuple[int, bytes], ...]

CHART = (0x809, struct.pack("<HHHHII", 0x600, 0x20, 0, 0, 0, 0))
DIMENSIONS = (0x200, struct.pack("<IIHHH", 0, 9, 0, 9, 0))
A_NAME = (0x18, struct.pack("<HBBHHH4x", 0, 0, 1, 40, 0, 0) + b"\0a" + b"\x3b\xff" * 3)  # with half a formula
BLANK = (0x201, struct.pack("<HHH", 1, 1, 0))
BLANKS = (0xBE, struct.pack("<HHHHH", 1, 1, 0, 0, 2))


def number(value: float, column: int = 1) -> tuple[int, bytes]:
    """A number in row 2."""
    return 0x203, struct.pack("<HHHd", 1, column, 0, value)


def text(index: int) -> tuple[int, bytes]:
    """A shared text in B2."""
    return 0xFD, struct.pack("<HHHI", 1, 1, 0, index)


def texts(*texts: str, count: int) -> tuple[int, bytes]:
    written = b"".join(struct.pack("<HB", len(each), 1) + each.encode("utf-16-le") for each in texts)
    return 0xFC, struct.pack("<II", count, count) + written


def book(*cells: tuple[int, bytes], before: Cells = (), stream: str = "Workbook") -> bytes:
    """A book whose one sheet holds a number in A1 and these records; ``before`` stands before its name."""
    start = len(records(BOF, *before, boundsheet(0), END))
    sheet = records(BOF_SHEET, DIMENSIONS, (0x203, struct.pack("<HHHd", 0, 0, 0, 1)), *cells, END)
    return an_ole(stream, content=records(BOF, *before, boundsheet(start), END) + sheet)


# name → the file, and what is shown in B2
ODD: dict[str, tuple[bytes, str]] = {
    "a cell written twice": (book(number(7), number(8)), "8"),
    "a text in the place of a number": (book(number(7), text(1), before=(texts("甲", "乙", count=2),)), "乙"),
    "a number in the place of a text": (book(text(1), number(7), before=(texts("甲", "乙", count=2),)), "7"),
    "a blank in the place of a number": (book(number(7), BLANK), "7"),
    "blanks in the place of a number": (book(number(7), BLANKS), "7"),
    "a number in the place of a blank": (book(BLANK, number(7)), "7"),
    "a chart before the cells": (book(CHART, number(99), number(98, 2), END, number(7)), "7"),
    "a chart behind the cells": (book(number(7), CHART, number(99), number(98, 2), END), "7"),
    "a chart within a chart": (book(CHART, CHART, number(99), END, number(98), END, number(7)), "7"),
    "more texts counted than there are": (book(text(1), before=(texts("甲", "乙", count=9),)), "乙"),
    "a stream called BOOK": (book(number(7), stream="BOOK"), "7"),
    "a stream called Book": (book(number(7), stream="Book"), "7"),
    "a stream called WORKBOOK": (book(number(7), stream="WORKBOOK"), "7"),
    "another endian mark": (patched(book(number(7)), 28, b"\xff\xfe"), "7"),
    "no endian mark": (patched(book(number(7)), 28, b"\0\0"), "7"),
    "a name without its formula": (book(number(7), before=(A_NAME,)), "7"),
    "a code page nobody knows": (book(number(7), before=((0x42, b"\x39\x30"),)), "7"),
}


def read(data: bytes) -> WorkbookSheet:
    assert unsupported_reason(data) == ""
    (sheet,) = open_workbook(data).tables()
    return sheet


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_read(name: str) -> None:
    data, truth = ODD[name]
    sheet = read(data)
    assert (display_text(sheet.cells[0]), display_text(sheet.cells[cell_index("B2")]), sheet.false_blanks) == (
        "1",
        truth,
        {},
    )


@pytest.mark.office
def test_an_odd_file_is_read_as_libreoffice_shows_it(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.xls" for number in range(len(ODD))]
    for path, (data, _) in zip(paths, ODD.values(), strict=True):
        path.write_bytes(data)
    made = convert(paths, "csv:Text - txt - csv (StarCalc):44,34,76", tmp_path / "csv")
    tables = [list(csv.reader(path.read_text("utf-8").splitlines())) for path in made]
    assert [table[1][1] for table in tables] == [truth for _, truth in ODD.values()]


def test_a_text_beyond_those_counted_is_named() -> None:
    """LibreOffice shows nothing, other readers the text."""
    with pytest.raises(UnsafeError, match=r"file\.ambiguous"):
        read(book(text(1), before=(texts("甲", "乙", count=1),)))


def test_the_book_of_excel_95_is_named() -> None:
    old = records((0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)), END)
    assert [unsupported_reason(an_ole(name, content=old)) for name in ("Book", "BOOK", "Workbook")] == [
        "file.excel_95"
    ] * 3


def test_a_text_goes_on_in_the_next_record() -> None:
    """Where it is cut it says anew whether its characters are wide: here they are, then are not, and are again."""
    first = struct.pack("<IIHBHI", 1, 1, 6, 0b1101, 1, 4) + "甲".encode("utf-16-le")
    more = [(0x3C, b"\0ab"), (0x3C, b"\1" + "乙丙".encode("utf-16-le")), (0x3C, b"\0c" + struct.pack("<HH", 3, 0))]
    read_aloud = (0x3C, b"\1\2\3\4")
    sheet = read(book(text(0), before=((0xFC, first), *more, read_aloud)))
    assert sheet.cells[cell_index("B2")] == "甲ab乙丙c"


@pytest.mark.parametrize(
    ("format_number", "value", "truth"),
    [(14, 46334, "2026-11-08"), (22, 46334.5, "2026-11-08 12:00:00"), (20, 0.5, "12:00:00"), (2, 46334, "46334")],
)
def test_a_number_is_what_its_format_says(format_number: int, value: float, truth: str) -> None:
    look = (0xE0, struct.pack("<HH16x", 0, format_number))
    assert display_text(read(book(number(value), before=(look,))).cells[cell_index("B2")]) == truth


def test_a_small_book_is_read() -> None:
    """It stands among small streams, in sectors of 64 bytes."""
    assert display_text(read(small(book(number(7)))).cells[cell_index("B2")]) == "7"


def test_a_large_book_is_read() -> None:
    """It has more tables of sectors than its header can list."""
    assert display_text(read(large(book(number(7)))).cells[cell_index("B2")]) == "7"


def small(data: bytes) -> bytes:
    """A book of an_ole, whose stream says how long it really is, moved into the stream of small streams."""
    stream = data[1536:].rstrip(b"\0") + bytes(4)
    chain = struct.pack(f"<{-(-len(stream) // 64)}I", *range(1, -(-len(stream) // 64)), 0xFFFFFFFE)
    sectors = len(data[1536:]) // 512
    data = patched(data, 60, struct.pack("<II", 2 + sectors, 1))  # where the table of small sectors stands
    table = 512 + 4 * (2 + sectors)
    data = patched(data, table, struct.pack("<I", 0xFFFFFFFE))
    data = patched(data, 1024 + 116, struct.pack("<II", 2, 512 * sectors))  # the root: all small streams
    data = patched(data, 1024 + 128 + 116, struct.pack("<II", 0, len(stream)))
    return data + chain.ljust(512, b"\xff")


def large(data: bytes) -> bytes:
    """A book of an_ole with 8 MB behind it: tables, the list of those the header does not list, directory, content."""
    stream = data[1536:] + bytes(8_000_000)
    content = -(-len(stream) // 512)
    tables = -(-(content + 200) // 128)
    used = tables + 2 + content
    chain = [*[0xFFFFFFFD] * tables, 0xFFFFFFFC, 0xFFFFFFFE, *range(tables + 3, used), 0xFFFFFFFE]
    table = struct.pack(f"<{tables * 128}I", *chain, *[0xFFFFFFFF] * (tables * 128 - used))
    listed = struct.pack("<128I", *range(109, tables), *[0xFFFFFFFF] * (127 - tables + 109), 0xFFFFFFFE)
    head = patched(data[:512], 44, struct.pack("<II", tables, tables + 1))
    head = patched(patched(head, 68, struct.pack("<II", tables, 1)), 76, struct.pack("<109I", *range(109)))
    directory = patched(data[1024:1536], 128 + 116, struct.pack("<II", tables + 2, len(stream)))
    return head + table + listed + directory + stream.ljust(content * 512, b"\0")
