"""The scan and the two readers beside a truth made by hand: each gives it or refuses, and what counts is the truth."""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from office import convert
from smebatch.intake.workbook.address import cell_index
from smebatch.intake.workbook.blank_cells import CELL_ERROR, CELL_PICTURE, CELL_UNCACHED
from smebatch.intake.workbook.cell_values import display_text
from smebatch.intake.workbook.formats import unsupported_reason
from smebatch.intake.workbook.grid_readers import calamine_grids, cells_of_grid, openpyxl_grids
from smebatch.intake.workbook.workbook import UnreadableError, WorkbookSheet
from smebatch.intake.workbook.zip_safety import UnsafeError
from smebatch.intake.workbook.zip_workbook import XlsxWorkbook, open_workbook

MARKER = "#smebatch"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_REL = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

TEXTS = [
    f"<si><t>{MARKER}</t></si>",
    "<si><t>甲</t></si>",
    '<si><t xml:space="preserve"> 两 端 </t></si>',
    "<si><r><rPr><b/></rPr><t>粗</t></r><r><t>细</t></r></si>",
    "<si><t>丙</t></si>",
    "<si><t>&lt;a&gt; &amp; &#65;&#x4E2D;</t></si>",
    "<si><t>甲_x000D_乙</t></si>",
    "<si><t>_x005F_x0041_</t></si>",
    "<si><t/></si>",
    "<si><t>一\r\n二</t></si>",
    "<si><t>😀</t></si>",
]
FORMATS = [  # of styles 1, 2, …: number and code
    (14, ""),
    (164, "yyyy-mm-dd"),
    (165, "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"),
    (22, ""),
    (10, ""),
    (166, "@"),
    (167, "[Red]0.00"),
    (168, "0.0&quot;d m y&quot;"),
    (169, "[$-804]yyyy/m/d"),
    (170, "[DBNum1][$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"),
]


class Case(NamedTuple):
    """What stands in B2, and how it is shown, or the code of what is no answer; scanned: the scan reads it."""

    xml: str
    truth: str
    scanned: bool = True


def cell(inner: str, attributes: str = "") -> str:
    return f'<c r="B2"{attributes}>{inner}</c>'


CASES = {
    "a text": Case(cell("<v>1</v>", ' t="s"'), "甲"),
    "a text with a style": Case(cell("<v>1</v>", ' s="6" t="s"'), "甲"),
    "outer blanks": Case(cell("<v>2</v>", ' t="s"'), " 两 端 "),
    "runs": Case(cell("<v>3</v>", ' t="s"'), "粗细"),
    "entities": Case(cell("<v>5</v>", ' t="s"'), "<a> & A中"),
    "an escape": Case(cell("<v>6</v>", ' t="s"'), "甲 乙"),
    "an escaped escape": Case(cell("<v>7</v>", ' t="s"'), "_x0041_"),
    "an empty text": Case(cell("<v>8</v>", ' t="s"'), ""),
    "two lines": Case(cell("<v>9</v>", ' t="s"'), "一 二"),
    "beyond the BMP": Case(cell("<v>10</v>", ' t="s"'), "😀"),
    "a text within": Case(cell("<is><t>乙</t></is>", ' t="inlineStr"'), "乙"),
    "runs within": Case(cell("<is><r><t>乙</t></r><r><t>丙</t></r></is>", ' t="inlineStr"'), "乙丙"),
    "a number": Case(cell("<v>12</v>"), "12"),
    "a fraction": Case(cell("<v>-0.5</v>", ' s="0"'), "-0.5"),
    "an exponent": Case(cell("<v>1.5E+3</v>"), "1500"),
    "noise in the last digit": Case(cell("<v>0.30000000000000004</v>"), "0.3"),
    "a number that says so": Case(cell("<v>3</v>", ' t="n"'), "3"),
    "a number with blanks": Case(cell('<v xml:space="preserve">3</v>'), "3"),
    "a percentage": Case(cell("<v>0.985</v>", ' s="5"'), "0.985"),
    "a number formatted as a text": Case(cell("<v>46000</v>", ' s="6"'), "46000"),
    "a colour is no day": Case(cell("<v>46000</v>", ' s="7"'), "46000"),
    "letters in quotes are no day": Case(cell("<v>46000</v>", ' s="8"'), "46000"),
    "true": Case(cell("<v>1</v>", ' t="b"'), "TRUE"),
    "false": Case(cell("<v>0</v>", ' t="b"'), "FALSE"),
    "a day": Case(cell("<v>46334</v>", ' s="1"'), "2026-11-08"),
    "a day in digits": Case(cell("<v>46334</v>", ' s="2"'), "2026-11-08"),
    "a day in Chinese": Case(cell("<v>46334</v>", ' s="3"'), "2026-11-08"),
    "a day with a locale": Case(cell("<v>46334</v>", ' s="9"'), "2026-11-08"),
    "a day in Chinese numerals": Case(cell("<v>46334</v>", ' s="10"'), "2026-11-08"),
    "a day and a time": Case(cell("<v>46334.5</v>", ' s="4"'), "2026-11-08 12:00:00", False),
    "a result": Case(cell("<f>1+1</f><v>2</v>"), "2"),
    "a result of 0": Case(cell("<f>1-1</f><v>0</v>"), "0"),
    "a text result": Case(cell("<f>A1&amp;1</f><v>丁</v>", ' t="str"'), "丁"),
    "an empty text result": Case(cell("<f>IF(1,&quot;&quot;)</f><v></v>", ' t="str"'), ""),
    "a shared formula": Case(cell('<f t="shared" ref="B2:B9" si="0">1+1</f><v>2</v>'), "2"),
    "the next of a shared formula": Case(cell('<f t="shared" si="0"/><v>2</v>'), "2"),
    "a formula in CDATA": Case(cell("<f><![CDATA[IF(1<2,7,0)]]></f><v>7</v>"), "7"),
    "a text formula in CDATA": Case(cell("<f><![CDATA[A1&1]]></f><v>丁</v>", ' t="str"'), "丁"),
    "a formula in CDATA without a result": Case(cell("<f><![CDATA[1<2]]></f><v/>"), CELL_UNCACHED),
    "an error": Case(cell("<v>#N/A</v>", ' t="e"'), CELL_ERROR),
    "an error of a formula": Case(cell("<f>1/0</f><v>#DIV/0!</v>", ' t="e"'), CELL_ERROR),
    "an error of today's Excel": Case(cell("<f>A1#</f><v>#SPILL!</v>", ' t="e"'), CELL_ERROR),
    "a picture of WPS, saved by another": Case(cell("<f>DISPIMG(1)</f><v>#NAME?</v>", ' t="e"'), CELL_PICTURE),
    "a picture of WPS": Case(cell('<f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v>', ' t="str"'), CELL_PICTURE),
    "a picture of WPS without a result": Case(cell('<f>_xlfn.DISPIMG("ID_1",1)</f>'), CELL_PICTURE),
    "no result": Case(cell("<f>1+1</f>"), CELL_UNCACHED),
    "an empty result": Case(cell("<f>1+1</f><v></v>"), CELL_UNCACHED),
    "blank": Case('<c r="B2"/>', ""),
    "blank with a style": Case('<c r="B2" s="2"/>', ""),
    "blank with an end": Case('<c r="B2" s="2"></c>', ""),
    "another order of attributes": Case('<c t="s" s="2" r="B2"><v>1</v></c>', "甲"),
    "other quotes": Case("<c r='B2' t='s'><v>1</v></c>", "甲"),
    "white space": Case('<c r="B2" t="s">\n <v>1</v>\n</c>\n', "甲"),
    "a bracket in an attribute": Case(cell("<v>#N/A</v>", ' x=">" t="e"'), CELL_ERROR),
    "no address": Case("<c/><c><v>7</v></c>", "7"),
    "no address, and an error": Case('<c/><c t="e"><v>#N/A</v></c>', CELL_ERROR),
    "no address, and no result": Case("<c/><c><f>1+1</f></c>", CELL_UNCACHED),
    "no address behind one": Case('<c r="A2"/><c><v>7</v></c>', "7"),
    "an escaped address": Case('<c r="B&#50;"><v>7</v></c>', "7"),
    "an address that is not the cell's": Case('<c r="A2"/><c x:r="C9" xmlns:x="urn:x"><v>7</v></c>', "7"),
    "a style that is not the cell's": Case(cell("<v>46334</v>", ' x:s="1" xmlns:x="urn:x"'), "46334"),
}


def book(
    b2: str, *, head: str = "", tail: str = "", properties: str = "", main: str = MAIN, rel: str = REL, x: str = ""
) -> bytes:
    """A workbook whose one sheet has the marker in A1 and this cell in B2; ``x`` is the prefix of its elements."""
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    rows = f'<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2">{b2}</row>'
    sheet = f'<worksheet xmlns="{main}">{head}<sheetData>{rows}</sheetData>{tail}</worksheet>'
    if x:
        sheet = sheet.replace("</", f"</{x}:").replace("<", f"<{x}:").replace(f"<{x}:/{x}:", f"</{x}:")
        sheet = sheet.replace(f'xmlns="{main}"', f'xmlns:{x}="{main}"')
    formats = "".join(f'<numFmt numFmtId="{n}" formatCode="{code}"/>' for n, code in FORMATS if code)
    styles = "".join(f'<xf numFmtId="{n}" xfId="0"/>' for n, _ in [(0, ""), *FORMATS])
    kinds = ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{rel}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(kinds, 1)
    )
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet"} | {
        name: name for name in ("sharedStrings", "styles")
    }
    types = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{spreadsheet}.{kind}+xml"/>'
        for part, kind in overrides.items()
    )
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}">{properties}'
        '<sheets><sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{relations}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{"".join(TEXTS)}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts count="9">{formats}</numFmts><fonts><font/></fonts>'
        f"<fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
        f"<cellXfs>{styles}</cellXfs></styleSheet>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    with zipfile.ZipFile(stream := io.BytesIO(), "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, declaration + content)
    return stream.getvalue()


B2 = cell_index("B2")


def xlsx(data: bytes) -> XlsxWorkbook:
    workbook = open_workbook(data)
    assert isinstance(workbook, XlsxWorkbook)
    return workbook


def said(sheet: WorkbookSheet) -> str:
    """What a sheet says of B2: the code of what is no answer, or the cell as it is shown."""
    return display_text(sheet.cells.get(B2)) or sheet.false_blanks.get(B2, "")


def read(data: bytes) -> str:
    (sheet,) = open_workbook(data).sheets(MARKER)
    assert sheet.cells[0] == MARKER
    return said(sheet)


@pytest.mark.parametrize("name", CASES)
def test_what_is_read_is_the_truth(name: str) -> None:
    assert read(book(CASES[name].xml)) == CASES[name].truth


@pytest.mark.parametrize("name", CASES)
def test_the_scan_reads_all_but_what_is_left_to_a_reader(name: str) -> None:
    case = CASES[name]
    if not case.scanned:
        with pytest.raises((ValueError, LookupError)):
            xlsx(book(case.xml)).scan(MARKER)
        return
    (sheet,) = xlsx(book(case.xml)).scan(MARKER)
    assert said(sheet) == case.truth


# What calamine cannot read at all, and openpyxl reads in its place.
REFUSED = {("calamine", "an error of today's Excel"), ("calamine", "an escaped address")}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("reader", ["calamine", "openpyxl"])
def test_a_reader_with_what_it_leaves_unsaid_is_right_or_refuses(name: str, reader: str) -> None:
    case = CASES[name]
    data = book(case.xml)
    try:
        ((title, grid),) = calamine_grids(data, None) if reader == "calamine" else openpyxl_grids(data)
        sheet = WorkbookSheet(title, cells := cells_of_grid(grid), xlsx(data).facts({title: cells})[title].false_blanks)
    except UnreadableError:
        assert (reader, name) in REFUSED
    else:
        assert said(sheet) == case.truth


PLAIN = cell("<v>7</v>") + '<c r="C2" t="s"><v>1</v></c>'
ODD_BOOKS = {
    "a false dimension": {"head": '<dimension ref="A1:A1"/>'},  # what WPS writes
    "a dimension that is none": {"head": '<dimension ref="nonsense"/>'},
    "a merged range of one cell": {"tail": '<mergeCells count="1"><mergeCell ref="B2"/></mergeCells>'},
    "a merged range that is none": {"tail": '<mergeCells count="1"><mergeCell ref="B2:"/></mergeCells>'},
    "merged ranges that overlap": {
        "tail": '<mergeCells count="2"><mergeCell ref="B2:C3"/><mergeCell ref="B2:B9"/></mergeCells>'
    },
    "strict OOXML": {"main": STRICT, "rel": STRICT_REL},
    "elements with a prefix": {"x": "x"},
    "extensions behind the cells": {"tail": '<extLst><ext uri="x"><c r="B2"><v>9</v></c></ext></extLst>'},
}


@pytest.mark.parametrize("name", ODD_BOOKS)
def test_an_odd_workbook_is_read_right(name: str) -> None:
    assert read(book(PLAIN, **ODD_BOOKS[name])) == "7"


def test_a_reading_aid_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    aided = '<si><t>漢</t><rPh sb="0" eb="1"><t>かん</t></rPh></si>'
    monkeypatch.setattr(sys.modules[__name__], "TEXTS", [*TEXTS[:4], aided])
    assert read(book(cell("<v>4</v>", ' t="s"'))) == "漢"


@pytest.mark.parametrize("more", ["", ' xmlns:x="urn:x" x:date1904="0"'])
def test_days_counted_from_1904(more: str) -> None:
    # 1904-01-01 is day 0: 46334 − 1462 = 44872
    data = book(cell("<v>44872</v>", ' s="1"'), properties=f'<workbookPr date1904="1"{more}/>')
    assert read(data) == "2026-11-08"


@pytest.mark.parametrize("number", [14, *range(27, 32), 36, *range(50, 55), 57, 58])
def test_formats_of_days_that_a_number_names(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of East Asia among them, of which openpyxl, the last resort, knows nothing."""
    monkeypatch.setattr(sys.modules[__name__], "FORMATS", [(number, "")])
    data = book(cell("<v>46334</v>", ' s="1"'))
    ((_, grid),) = calamine_grids(data, None)
    (sheet,) = xlsx(data).scan(MARKER)
    assert said(sheet) == display_text(grid[1][1]) == "2026-11-08"


@pytest.mark.parametrize(("number", "code", "truth"), [(50, "0.00", "46334"), (3, "yyyy-mm-dd", "2026-11-08")])
def test_a_format_of_the_workbook_goes_before_one_that_all_know(
    number: int, code: str, truth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "FORMATS", [(number, code)])
    data = book(cell("<v>46334</v>", ' s="1"'))
    ((_, grid),) = calamine_grids(data, None)
    assert read(data) == display_text(grid[1][1]) == truth


SECOND = [
    *('<c r="B2"><v>9</v></c>', "<c r='B2'><v>9</v></c>", '<c r="B2" t="s"><v>1</v></c>', '<c r="B2"/>'),
    *('<c r="B2"/><c r="C2"><v>9</v></c>', '<c r="C2"><v>9</v></c><c r="B2"/>'),
]


@pytest.mark.parametrize("second", SECOND)
def test_an_address_that_stands_twice_is_read_from_neither(second: str) -> None:
    for cells in (cell("<v>7</v>") + second, second + cell("<v>7</v>")):
        with pytest.raises(UnsafeError, match=r"file\.address"):
            open_workbook(book(cells)).sheets(MARKER)


def test_cells_out_of_order_are_left_to_a_parser() -> None:
    assert read(book('<c r="C2"><v>9</v></c>' + cell("<v>7</v>"))) == "7"


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize(
    "cells",
    [
        '<c r="B3"><v>7</v></c>',
        '<c r="A2"/><c r="B3"><v>7</v></c>',
        '<c r="A2"><v>1</v></c><c r="B3"><v>7</v></c></row><row r="3"><c r="C3"><v>1</v></c>',
        '<c r="B2"><v>7</v></c></row><row r="4"><c r="B3"><v>8</v></c>',
        '</row><row><c r="B2"><v>7</v></c>',
        '<c/><c><v>7</v></c></row><row r="2"><c r="B2"><v>8</v></c>',
        '<c r="B2"><v>7</v></c></row><row r="1"/><row><c/><c><v>8</v></c>',
    ],
)
def test_a_cell_that_contradicts_its_row_or_another_is_refused(cells: str, quote: str) -> None:
    """All readers take a cell's own address, but Excel refuses it, and other programs go by the row."""
    with pytest.raises(UnsafeError, match=r"file\.address"):
        open_workbook(book(cells.replace('"', quote))).sheets(MARKER)


def with_part(data: bytes, part: str, how: Callable[[str], bytes]) -> bytes:
    """The workbook with a part written in another way."""
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream := io.BytesIO(), "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, how(content.decode()) if name == part else content)
    return stream.getvalue()


OTHERWISE: dict[str, Callable[[str], bytes]] = {
    "UTF-16": lambda xml: xml.replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 that does not say so": lambda xml: xml[xml.index("?>") + 2 :].encode("utf-16"),
    "UTF-16 without a mark": lambda xml: xml.encode("utf-16-be"),
    "CDATA": lambda xml: re.sub("<([tv])>([甲7])</", r"<\1><![CDATA[\2]]></", xml).encode(),
}
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
A_TIME = '<c r="D2" s="4"><v>46334.5</v></c>'  # is left to a reader


@pytest.mark.parametrize("more", ["", A_TIME])
@pytest.mark.parametrize("part", [SHEET, STRINGS])
@pytest.mark.parametrize("how", OTHERWISE)
def test_what_would_mislead_a_reader_is_put_right_for_it(how: str, part: str, more: str) -> None:
    (sheet,) = open_workbook(with_part(book(PLAIN + more), part, OTHERWISE[how])).sheets(MARKER)
    assert (said(sheet), sheet.cells[cell_index("C2")], len(sheet.cells)) == ("7", "甲", 4 if more else 3)


@pytest.mark.parametrize("part", [SHEET, STRINGS])
def test_what_would_mislead_a_reader_is_refused(part: str) -> None:
    data = with_part(book(PLAIN), part, lambda xml: xml.replace("UTF-8", "GBK").encode("gbk", "ignore"))
    with pytest.raises(UnsafeError, match=r"file\.unreadable"):
        open_workbook(data).sheets(MARKER)


@pytest.mark.parametrize("how", ["UTF-16", "CDATA"])
def test_tables_are_put_right_as_well(how: str) -> None:
    """Of a roster every sheet is read."""
    (sheet,) = open_workbook(with_part(book(PLAIN), SHEET, OTHERWISE[how])).tables()
    assert said(sheet) == "7"


NO_STYLES = re.compile("<Relationship [^<>]*/styles[^<>]*>|<Override [^<>]*/styles[^<>]*>")


@pytest.mark.parametrize("style", ["", ' s="1"', ' s="99"'])
@pytest.mark.parametrize("more", ["", '<c r="D2" t="e"><v>#SPILL!</v></c>'])
def test_without_styles_a_number_is_a_number(style: str, more: str) -> None:
    """Whether the form is there, and the scan reads it, or is not, and both readers stumble."""
    data = book(cell("<v>46334</v>", style) + more)
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream := io.BytesIO(), "w") as target:
        for name in source.namelist():
            if name != "xl/styles.xml":
                target.writestr(name, NO_STYLES.sub("", source.read(name).decode()))
    for marker in (MARKER, "no such text"):
        (sheet,) = open_workbook(stream.getvalue()).sheets(marker)
        assert said(sheet) == "46334"


PUT_RIGHT = {
    cell("<v></v><is><t>乙</t></is>", ' t="inlineStr"'): "乙",
    cell("<v/><is><t>乙</t></is>", ' t="inlineStr"'): "乙",
    cell("<is><t>乙</t></is><v/>", ' t="inlineStr"'): "乙",
    cell("<is><t>乙</t></is> <v> </v>", ' t="inlineStr"'): "乙",
    cell("<is><t><![CDATA[乙<b&amp;]]></t></is>", ' t="inlineStr"'): "乙<b&amp;",
    cell("<v>1<![CDATA[7]]></v>"): "17",
    cell("<f><![CDATA[3+4]]></f><v><![CDATA[7]]></v>"): "7",
}


@pytest.mark.parametrize("xml", PUT_RIGHT)
def test_a_cell_that_is_put_right_is_read_as_libreoffice_shows_it(xml: str) -> None:
    assert read(book(xml)) == PUT_RIGHT[xml]


@pytest.mark.office
def test_libreoffice_shows_it_so(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.xlsx" for number in range(len(PUT_RIGHT))]
    for path, xml in zip(paths, PUT_RIGHT, strict=True):
        path.write_bytes(book(xml))
    made = convert(paths, "csv:Text - txt - csv (StarCalc):44,34,76", tmp_path / "csv", recalculate=False)
    tables = [list(csv.reader(path.read_text("utf-8").splitlines())) for path in made]
    assert [table[1][1] for table in tables] == list(PUT_RIGHT.values())


def test_the_smallest_package_is_read() -> None:
    """At the root, without styles and shared texts, and cells that do not say where they stand."""
    texts = ('<is><t xml:space="preserve">甲 </t><r><t>乙</t></r></is>', f"<is><t>{MARKER}</t></is>")
    b2, a1 = (f'<c t="inlineStr">{text}</c>' for text in texts)
    with zipfile.ZipFile(io.BytesIO(book(PLAIN))) as source, zipfile.ZipFile(stream := io.BytesIO(), "w") as target:
        for name in ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
            content = NO_STYLES.sub("", source.read(name).decode()).replace("xl/", "")
            target.writestr(name.removeprefix("xl/"), content)
        rows = f"<row>{a1}</row><row><c/>{b2}</row>"
        target.writestr("worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>')
    assert unsupported_reason(stream.getvalue()) == ""
    assert read(stream.getvalue()) == "甲 乙"


def test_a_formula_may_look_like_the_beginning_of_one() -> None:
    assert read(book(cell("<f><![CDATA[<f><![CDATA[1]]></f><v><![CDATA[7]]></v>"))) == "7"


def test_an_empty_value_beside_a_text_is_none_whatever_the_prefix() -> None:
    assert read(book(cell("<v></v><is><t>乙</t></is>", ' t="inlineStr"'), x="x")) == "乙"


@pytest.mark.parametrize(
    "inner",
    [
        "<f><!--<![CDATA[--></f><v>7</v>",
        "<f><!--1--></f><v>7</v>",
        "<f>1</f><!--<![CDATA[--><v>7</v>",
        "<f><![CDATA[1]]></f><![CDATA[7]]><v>7</v>",
        "<v><f><![CDATA[1]]></f>7</v>",
    ],
)
def test_nothing_else_may_stand_around_a_value(inner: str) -> None:
    with pytest.raises(UnsafeError, match=r"file\.unreadable"):
        open_workbook(book(cell(inner))).sheets(MARKER)
