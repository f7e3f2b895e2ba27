"""What a person sees in a .xls and an .ods, and what calamine makes of them: sheets made by hand, record by record."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Sequence

import pytest

from hostile.hostile_files import BOF, BOF_SHEET, END, a_book_xls, boundsheet, records
from smebatch.intake.workbook.address import CellRange, cell_index
from smebatch.intake.workbook.blank_cells import CELL_ERROR, CELL_UNCACHED
from smebatch.intake.workbook.displayed_value import CELL_FORMAT, CELL_RUNS, DATE_PART, DisplayedValue
from smebatch.intake.workbook.formats import open_workbook
from smebatch.intake.workbook.workbook import WorkbookSheet
from smebatch.standard.form_markers import MARKER

B2 = cell_index("B2")
Record = tuple[int, bytes]
PLAIN, STRUCK, RAISED, LOWERED = range(4)  # fonts


def look_at_b2(sheet: WorkbookSheet) -> DisplayedValue | None:
    """What a person sees in B2; None where that is what stands there."""
    look = sheet.displayed.get(B2, DisplayedValue)()
    return None if look == DisplayedValue() else look


# --- .xls


def font(struck: int = 0, escapement: int = 0) -> Record:
    return 0x31, struct.pack("<5H4BBB", 200, 8 * struck, 0x7FFF, 400, escapement, 0, 0, 0, 0, 1, 0) + b"A"


def form(number: int, code: str) -> Record:
    return 0x41E, struct.pack("<HHB", number, len(code), 1) + code.encode("utf-16-le")


def xf(form: int, font: int) -> Record:
    return 0xE0, struct.pack("<HHH", font, form, 0) + bytes(14)


def shared(*texts: tuple[str, Sequence[tuple[int, int]]]) -> Record:
    """Shared texts with their runs: from which character on in which font."""
    items = [
        struct.pack("<HBH", len(text), 9, len(runs))
        + text.encode("utf-16-le")
        + b"".join(struct.pack("<HH", *run) for run in runs)
        for text, runs in texts
    ]
    return 0xFC, struct.pack("<II", len(items), len(items)) + b"".join(items)


def number(value: float, style: int = 1) -> Record:
    return 0x203, struct.pack("<HHHd", 1, 1, style, value)


def formula(result: bytes) -> Record:
    return 0x06, struct.pack("<HHH", 1, 1, 0) + result + struct.pack("<HIH", 0, 0, 2) + b"\x1d\0"


def text(number: int, row: int = 1, column: int = 1, style: int = 1) -> Record:
    return 0xFD, struct.pack("<HHHI", row, column, style, number)


def xls(
    *cells: Record,
    style: tuple[int, int] = (0, PLAIN),
    formats: Sequence[Record] = (),
    runs: tuple[str, Sequence[tuple[int, int]]] = ("甲", ()),
    days_from_1904: bool = False,
) -> WorkbookSheet:
    """A sheet with the marker in A1 and these cells; style 1 is of this format and font, 甲 is shared text 1."""
    look = [font(), font(1), font(0, 1), font(0, 2), *formats, xf(0, PLAIN), xf(*style)]
    head = [BOF, (0x22, struct.pack("<H", days_from_1904)), *look]
    tail = [shared((MARKER, ()), runs), END]
    start = len(records(*head, boundsheet(0), *tail))
    body = records(BOF_SHEET, text(0, 0, 0, 0), *cells, END)
    (sheet,) = open_workbook(a_book_xls(*head[1:], boundsheet(start), *tail[:-1], sheet=body)).sheets(MARKER)
    assert sheet.cells[0] == MARKER
    return sheet


DAY = dt.date(2026, 11, 8)
# Gnumeric numbers its own formats from 50 on; calamine takes 50 to 58 for days of East Asia, whatever they say.
NUMBERS = [
    (14563.5, 50, "#,##0.00", 14563.5),
    (14563.0, 57, '0.00"万元"', 14563.0),
    (46334.0, 50, "yyyy-mm-dd", DAY),
    (46334.0, 58, '[$-804]yyyy"年"m"月"d"日"', DAY),
    (46334.0, 164, "yyyy-mm-dd", DAY),
    (46334.0, 164, "0.00", 46334.0),
    (46334.0, 14, "", DAY),  # what all know
    (46334.0, 31, "", DAY),
    (46334.0, 0, "", 46334.0),
    (0.98, 9, "", 0.98),
    (46334.5, 22, "", dt.datetime.combine(DAY, dt.time(12))),
]


@pytest.mark.parametrize(("value", "name", "code", "truth"), NUMBERS)
def test_whether_a_number_of_a_xls_is_a_day_its_format_says(value: float, name: int, code: str, truth: object) -> None:
    sheet = xls(number(value), style=(name, PLAIN), formats=[form(name, code)] if code else ())
    assert (sheet.cells[B2], type(sheet.cells[B2])) == (truth, type(truth))


def test_days_of_a_xls_counted_from_1904() -> None:
    for name, code in ((50, "yyyy-mm-dd"), (164, "yyyy/m/d")):
        sheet = xls(number(44872), style=(name, PLAIN), formats=[form(name, code)], days_from_1904=True)
        assert sheet.cells[B2] == DAY


SEEN_IN_XLS = {
    "a scale": ((number(145635),), (164, PLAIN), '0!.0000"万元"', DisplayedValue(CELL_FORMAT, "14.5635万元")),
    "a percentage": ((number(0.98),), (9, PLAIN), "", DisplayedValue(CELL_FORMAT, "98%")),
    "a weekday": ((number(46334),), (50, PLAIN), "aaaa", DisplayedValue(CELL_FORMAT, "星期日")),
    "a month": ((number(46334),), (50, PLAIN), 'yyyy"年"m"月"', DisplayedValue(DATE_PART, "2026年11月")),
    "a month that all know": ((number(46334),), (57, PLAIN), "", DisplayedValue(DATE_PART, "2026年11月")),
    "a number struck out": ((number(5),), (0, STRUCK), "", DisplayedValue(struck=True)),
    "a text struck out": ((text(1),), (0, STRUCK), "", DisplayedValue(struck=True)),
    "a text that is not shown": ((text(1),), (164, PLAIN), ";;;", DisplayedValue(CELL_FORMAT, "")),
    "as it stands": ((number(5),), (2, PLAIN), "", None),
    "a text as it stands": ((text(1),), (0, PLAIN), "", None),
}


@pytest.mark.parametrize("case", SEEN_IN_XLS)
def test_what_a_person_sees_in_a_xls(case: str) -> None:
    cells, style, code, seen = SEEN_IN_XLS[case]
    sheet = xls(*cells, style=style, formats=[form(style[0], code)] if code else ())
    assert look_at_b2(sheet) == seen


@pytest.mark.parametrize(
    ("runs", "style", "seen"),
    [
        (("225594", [(0, STRUCK), (1, PLAIN)]), PLAIN, DisplayedValue(CELL_RUNS, "25594")),
        (("2021", [(3, RAISED)]), PLAIN, DisplayedValue(CELL_RUNS, "202¹")),
        (("H2O", [(1, LOWERED), (2, PLAIN)]), PLAIN, DisplayedValue(CELL_RUNS, "H₂O")),
        (("225594", [(1, PLAIN)]), STRUCK, DisplayedValue(CELL_RUNS, "25594")),  # the first looks as its cell does
        (("225594", [(1, STRUCK)]), STRUCK, DisplayedValue(struck=True)),
        (("225594", [(1, PLAIN)]), PLAIN, None),
    ],
)
def test_runs_of_a_xls(runs: tuple[str, list[tuple[int, int]]], style: int, seen: DisplayedValue | None) -> None:
    sheet = xls(text(1), style=(0, style), runs=runs)
    assert (sheet.cells[B2], look_at_b2(sheet)) == (runs[0], seen)


def test_merged_cells_of_a_xls() -> None:
    sheet = xls(text(1), (0xE5, struct.pack("<5H", 1, 1, 2, 1, 1)))
    assert list(sheet.merged) == [CellRange(cell_index("B2"), cell_index("B3"))]


def test_a_xls_that_says_nothing_of_its_looks_is_read() -> None:
    """Without fonts and formats, as no program writes it."""
    head, tail = [BOF], [shared((MARKER, ()), ("甲", ())), END]
    start = len(records(*head, boundsheet(0), *tail))
    body = records(BOF_SHEET, text(0, 0, 0, 0), text(1, style=0), END)
    (sheet,) = open_workbook(a_book_xls(boundsheet(start), tail[0], sheet=body)).sheets(MARKER)
    assert (sheet.cells[B2], look_at_b2(sheet)) == ("甲", None)


RESULTS = {
    "a number": ((formula(struct.pack("<d", 2.5)),), 2.5, ""),
    "TRUE": ((formula(bytes([1, 0, 1, 0, 0, 0, 255, 255])),), True, ""),
    "FALSE": ((formula(bytes([1, 0, 0, 0, 0, 0, 255, 255])),), False, ""),
    "an error": ((formula(bytes([2, 0, 0x2A, 0, 0, 0, 255, 255])),), None, CELL_ERROR),
    "the first of the errors": ((formula(bytes([2, 0, 0, 0, 0, 0, 255, 255])),), None, CELL_ERROR),
    "an empty text": ((formula(bytes([3, 0, 0, 0, 0, 0, 255, 255])),), None, ""),
    "a text": ((formula(bytes([0, 0, 0, 0, 0, 0, 255, 255])), (0x207, b"\1\0\1" + "乙".encode("utf-16-le"))), "乙", ""),
    "0, or a text that LibreOffice has stored so": ((formula(bytes(8)),), 0.0, CELL_UNCACHED),
}


@pytest.mark.parametrize("case", RESULTS)
def test_the_result_of_a_formula_in_a_xls(case: str) -> None:
    cells, truth, unsaid = RESULTS[case]
    sheet = xls(*cells)
    assert (sheet.cells.get(B2), type(sheet.cells.get(B2)), sheet.false_blanks.get(B2, "")) == (
        truth,
        type(truth),
        unsaid,
    )


# --- .ods

NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "number": "datastyle",
    }.items()
)
STYLES = """
<number:date-style style:name="day"><number:year/>-<number:month/>-<number:day/></number:date-style>
<number:date-style style:name="month"><number:year/>年<number:month/></number:date-style>
<number:date-style style:name="weekday"><number:day-of-week/></number:date-style>
<style:style style:name="in-days" style:family="table-cell" style:data-style-name="day"/>
<style:style style:name="in-months" style:family="table-cell" style:data-style-name="month"/>
<style:style style:name="in-weekdays" style:family="table-cell" style:data-style-name="weekday"/>
<style:style style:name="struck" style:family="table-cell">
<style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="struck-too" style:family="table-cell" style:parent-style-name="struck"/>
<style:style style:name="gone" style:family="text"><style:text-properties style:text-line-through-type="single"/>
</style:style>
<style:style style:name="bold" style:family="text"><style:text-properties style:text-line-through-type="none"/>
</style:style>
<style:style style:name="up" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="higher" style:family="text"><style:text-properties style:text-position="33% 58%"/>
</style:style>
<style:style style:name="down" style:family="text"><style:text-properties style:text-position="-33% 58%"/>
</style:style>
"""


def ods(cell: str, column: str = "") -> WorkbookSheet:
    """A sheet with the marker in A1 and this cell in B2; ``column``: the style of column B."""
    usual = f' table:default-cell-style-name="{column}"' if column else ""
    table = (
        f'<table:table table:name="表"><table:table-column/><table:table-column{usual}/><table:table-row>'
        f'<table:table-cell office:value-type="string"><text:p>{MARKER}</text:p></table:table-cell></table:table-row>'
        f"<table:table-row><table:table-cell/>{cell}</table:table-row></table:table>"
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMES}><office:automatic-styles>{STYLES}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
        "</office:document-content>"
    ).replace("\n", "")
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    with zipfile.ZipFile(stream := io.BytesIO(), "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{manifest}"/>')
    (sheet,) = open_workbook(stream.getvalue()).sheets(MARKER)
    assert sheet.cells[0] == MARKER
    return sheet


def ods_cell(kind: str, value: str, text: str, style: str = "", more: str = "") -> str:
    name = {"date": "date-value"}.get(kind, "value")
    stated = "" if kind == "string" else f' office:{name}="{value}"'
    named = f' table:style-name="{style}"' if style else ""
    paragraph = f"<text:p>{text}</text:p>" if text else ""
    return f'<table:table-cell office:value-type="{kind}"{stated}{named}{more}>{paragraph}</table:table-cell>'


def piece(style: str, text: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


SEEN_IN_ODS = {
    "a scale": (ods_cell("float", "145635", "14.5635万元"), 145635.0, DisplayedValue(CELL_FORMAT, "14.5635万元")),
    "a percentage": (ods_cell("percentage", "0.98", "98%"), 0.98, DisplayedValue(CELL_FORMAT, "98%")),
    "as it stands": (ods_cell("float", "145635", "145635"), 145635.0, None),
    "no text": (ods_cell("float", "145635", ""), 145635.0, None),
    "nothing shown": (ods_cell("float", "5", " "), 5.0, DisplayedValue(CELL_FORMAT, " ")),
    "a day": (ods_cell("date", "2026-11-08", "08.11.26", "in-days"), DAY, None),
    "a month": (
        ods_cell("date", "2026-11-08", "2026年11月", "in-months"),
        DAY,
        DisplayedValue(DATE_PART, "2026年11月"),
    ),
    "a weekday": (ods_cell("date", "2026-11-08", "星期日", "in-weekdays"), DAY, DisplayedValue(CELL_FORMAT, "星期日")),
    "a day of a format nobody knows": (ods_cell("date", "2026-11-08", "2026", "else"), DAY, None),
    "struck out": (ods_cell("string", "", "√", "struck"), "√", DisplayedValue(struck=True)),
    "struck out as its parent is": (ods_cell("float", "5", "5", "struck-too"), 5.0, DisplayedValue(struck=True)),
    "a piece struck out": (
        ods_cell("string", "", piece("gone", "2") + "25594"),
        "225594",
        DisplayedValue(CELL_RUNS, "25594"),
    ),
    "a piece raised": (ods_cell("string", "", "202" + piece("up", "1")), "2021", DisplayedValue(CELL_RUNS, "202¹")),
    "a piece higher": (ods_cell("string", "", "202" + piece("higher", "1")), "2021", DisplayedValue(CELL_RUNS, "202¹")),
    "a piece lowered": (
        ods_cell("string", "", "H" + piece("down", "2") + "O"),
        "H2O",
        DisplayedValue(CELL_RUNS, "H₂O"),
    ),
    "a piece that looks usual": (ods_cell("string", "", "202" + piece("bold", "1")), "2021", None),
    "a piece not struck out": (
        ods_cell("string", "", "2" + piece("bold", "25594"), "struck"),
        "225594",
        DisplayedValue(CELL_RUNS, "25594"),
    ),
}


@pytest.mark.parametrize("case", SEEN_IN_ODS)
def test_what_a_person_sees_in_an_ods(case: str) -> None:
    cell, value, seen = SEEN_IN_ODS[case]
    sheet = ods(cell)
    assert (sheet.cells[B2], look_at_b2(sheet)) == (value, seen)


def test_a_cell_of_an_ods_that_names_no_style_has_that_of_its_column() -> None:
    assert look_at_b2(ods(ods_cell("string", "", "√"), column="struck")) == DisplayedValue(struck=True)
    assert look_at_b2(ods(ods_cell("string", "", "√", "in-days"), column="struck")) is None


def test_merged_cells_of_an_ods() -> None:
    spanned = ' table:number-columns-spanned="1" table:number-rows-spanned="2"'
    assert list(ods(ods_cell("string", "", "√", more=spanned)).merged) == [
        CellRange(cell_index("B2"), cell_index("B3"))
    ]
