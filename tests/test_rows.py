"""Rows are read the same however they are written; what is remembered of one file lets nothing of another through."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers import expat

import pytest

from smebatch.intake.workbook.address import cell_index
from smebatch.intake.workbook.blank_cells import CELL_ERROR, CELL_UNCACHED
from smebatch.intake.workbook.xlsx_fragments import prefix_syntax
from smebatch.intake.workbook.xlsx_rows import SheetRows, read_rows
from smebatch.intake.workbook.zip_safety import SharedPart, UnsafeError

MOST = 1_000
ROWS = """
<row r="1" spans="1:4"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="2"/><c r="D1" t="s"><v>1</v></c></row>
<row r="2" hidden="1"/>
<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="B3" t="str"><f>A1&amp;"&lt;"</f><v>a&amp;b</v></c>
<c r="C3"><f>1+1</f></c></row>
<row r="4"><c r="B4" t="e"><v>#N/A</v></c><c r="C4" t="b"><v>1</v></c>
<c r="D4" t="inlineStr"><is><t>甲</t></is></c></row>
<row r="5"><c r="A5" s="3"><v>46334</v></c></row>
""".replace("\n", "")


def sheet(rows: str) -> bytes:
    return f'<worksheet xmlns="x"><dimension ref="A1"/><sheetData>{rows}</sheetData><pageSetup/></worksheet>'.encode()


def read(rows: str) -> SheetRows:
    return read_rows(sheet(rows), MOST)


def held(rows: SheetRows) -> dict[int, object]:
    """What stands where: numbers of shared texts, texts within cells, and other values as they are written."""
    shared = {at: number for at, number in zip(rows.indexes, rows.text_numbers, strict=True) if number != -1}
    return {**shared, **rows.texts, **{at: (*cell[:3], value) for at, cell, value in rows.other_cells}}


TRUTH = {
    cell_index("A1"): 0,
    cell_index("D1"): 1,
    cell_index("A3"): ("n", True, None, b"2"),
    cell_index("B3"): "a&b",
    cell_index("B4"): ("e", False, None, b"#N/A"),
    cell_index("C4"): ("b", False, None, b"1"),
    cell_index("D4"): "甲",
    cell_index("A5"): ("n", False, "3", b"46334"),
}
UNSAID = {cell_index("C3"): CELL_UNCACHED, cell_index("B4"): CELL_ERROR}


def turned(rows: str) -> str:
    """The attributes of each tag in the reverse order."""
    tag = r'(<\w+)((?: \w+="[^"]*")+)(/?>)'
    return re.sub(tag, lambda m: m[1] + "".join(reversed(re.findall(r' \w+="[^"]*"', m[2]))) + m[3], rows)


WAYS: dict[str, Callable[[str], str]] = {
    "as they stand": lambda rows: rows,
    "indented": lambda rows: re.sub(r">(?=<(?!/[vft]>))", ">\n\t ", rows),
    "with attributes in another order": turned,
    "with other quotes": lambda rows: re.sub(r'="([^"&]*)"', r"='\1'", rows),
    "with blanks within tags": lambda rows: re.sub(r"(\w)(/?>)", r"\1 \2", rows.replace('="', ' = "')),
    "with blanks kept": lambda rows: rows.replace("<v>", '<v xml:space="preserve">').replace(
        "<t>", '<t xml:space="preserve">'
    ),
    "with tags that close": lambda rows: re.sub(r"<(row|c)([^<>]*)/>", r"<\1\2></\1>", rows),
    "with attributes nobody knows": lambda rows: rows.replace("<c ", '<c cm="1" x:y="&gt;" ').replace(
        "<row ", '<row x:d="0.2" '
    ),
    "with formulas in CDATA": lambda rows: rows.replace("<f>1+1</f>", "<f><![CDATA[1<2&3]]></f>"),
    "without addresses": lambda rows: (
        rows.replace('<c r="A1"', "<c").replace('<row r="2"', "<row").replace('<c r="B1"', "<c")
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_rows_say_the_same_however_they_are_written(way: str) -> None:
    for _ in range(2):  # cold, and remembered
        rows = read(WAYS[way](ROWS))
        assert (held(rows), rows.false_blanks) == (TRUTH, UNSAID)
        assert (rows.written_cells, rows.allocated_cells) == (10, 5 * 4)


@pytest.mark.parametrize("prefix", ["x", "ns2", "名"])
def test_rows_may_have_a_prefix(prefix: str) -> None:
    xml = re.sub(r"(</?)(\w)", rf"\1{prefix}:\2", sheet(ROWS).decode()).replace("xmlns=", f"xmlns:{prefix}=")
    for _ in range(2):
        rows = read_rows(xml.encode(), MOST)
        assert (held(rows), rows.false_blanks) == (TRUTH, UNSAID)
    with pytest.raises(UnsafeError, match=r"file\.unreadable"):  # known, but not of this sheet
        read_rows(xml.replace(f"<{prefix}:c ", "<c ").encode(), MOST)


PIECES = re.findall(r"<[^<>]+>|[^<>]+", ROWS)
ACCIDENTS: dict[str, Callable[[int], list[str]]] = {
    "a piece lost": lambda i: [*PIECES[:i], *PIECES[i + 1 :]],
    "a piece twice": lambda i: [*PIECES[: i + 1], *PIECES[i:]],
    "two pieces swapped": lambda i: [*PIECES[:i], *PIECES[i : i + 2][::-1], *PIECES[i + 2 :]],
    "all before lost": lambda i: PIECES[i:],
    "all behind lost": lambda i: PIECES[:i],
}


def outcome(rows: str) -> object:
    try:
        found = read(rows)
    except UnsafeError as unsafe:
        return str(unsafe)
    return held(found), found.false_blanks, found.written_cells


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_what_is_remembered_lets_nothing_through(accident: str) -> None:
    """Whatever a parser refuses is refused, though its pieces are known; all else is read as when nothing is known."""
    for i in range(len(PIECES)):
        rows = "".join(ACCIDENTS[accident](i))
        prefix_syntax.cache_clear()
        cold = outcome(rows)
        assert isinstance(cold, str) or well_formed(rows), rows
        assert read(ROWS)
        assert outcome(rows) == cold
        assert outcome(rows) == cold


def well_formed(rows: str) -> bool:
    try:
        expat.ParserCreate().Parse(sheet(rows), True)
    except expat.ExpatError:
        return False
    return True


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1" t="inlineStr"><v>0</v></c></row>',  # the number of a text, where none has been found
        ROWS.replace("<is><t>甲</t></is>", "<v>0</v>"),  # pieces that are known
        ROWS.replace("<is><t>甲</t></is>", "<is><t>甲</t></is><v>0</v>"),
        ROWS.replace("<is><t>甲</t></is>", "<is><t>甲</t></is><is><t>乙</t></is>"),
        ROWS.replace("<is><t>甲</t></is>", "<is><t>甲</t></is></v>"),
        ROWS.replace("<is><t>甲</t></is>", "<is><t>\x02甲</t></is>"),  # what XML forbids
        ROWS.replace("<v>46334</v>", "<is><t>46334</t></is>"),
        '<row r="1"><c r="A1" t="str"><v>\x010</v></c></row>',
        ROWS.replace("<v>46334</v>", "<v>46334</t></is>"),
        ROWS.replace("<is><t>甲</t></is>", "<is><t>甲</v>"),
        ROWS.replace("<v>46334</v>", "<v>46334</t></is>").replace("<is><t>甲</t></is>", "<is><t>甲</v>"),
    ],
)
def test_a_text_is_not_taken_from_another_sheet(rows: str) -> None:
    assert "甲" in read(ROWS).texts.values()
    with pytest.raises(UnsafeError, match=r"file\.unreadable"):
        read(rows)


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (sheet(ROWS).replace(b"<sheetData>", b"<!--<sheetData>--><sheetData>"), "file.unreadable"),
        (b"<!--" + sheet(ROWS).replace(b"<worksheet", b"--><!--<worksheet") + b"-->", "file.unreadable"),
        (sheet(ROWS).replace(b"</worksheet>", b""), "file.unreadable"),
        (sheet(ROWS).replace(b"<pageSetup/>", b"<pageSetup>"), "file.unreadable"),
        (sheet(ROWS).replace(b"<pageSetup/>", b"<sheetData/>"), "file.unreadable"),
        (
            sheet(ROWS).replace(b"<sheetData>", b"<x><sheetData>").replace(b"</sheetData>", b"</sheetData></x>"),
            "file.unreadable",
        ),
        (sheet(ROWS).replace(b"<sheetData>", b'<sheetData a=">">'), "file.unreadable"),
        (sheet('<row r="1">' + "<c/>" * (MOST + 1) + "</row>"), "file.expands"),
        (sheet('<row r="1"><c r="XFE1"/></row>'), "file.address"),
        (sheet('<row r="1048577"/>'), "file.address"),
        (sheet('<row r="1"><c r="A1"><f>1</f></c><c r="A1" t="s"><v>0</v></c></row>'), "file.address"),
        (sheet('<row r="1"><c r="A1"><f>1</f></c><c r="A1"><f>1</f></c></row>'), "file.address"),
    ],
)
def test_what_readers_would_read_differently_is_refused(xml: bytes, reason: str) -> None:
    with pytest.raises(UnsafeError, match=re.escape(reason)):
        read_rows(xml, MOST)


@pytest.mark.parametrize("rows", ["", "\n", '<row r="1"/>', '<row r="1"><c r="A1" s="1"/></row>'])
def test_rows_without_values_hold_nothing(rows: str) -> None:
    assert held(read(rows)) == {}
    assert held(read_rows(b"<worksheet><sheetData/></worksheet>", MOST)) == {}


def test_a_part_that_comes_again_keeps_its_rows_and_no_limit_is_forgotten() -> None:
    part = SharedPart(sheet(ROWS))
    first = read_rows(part, MOST)
    assert read_rows(part, MOST) is first
    assert held(first) == TRUTH
    with pytest.raises(UnsafeError):
        read_rows(part, first.written_cells - 1)
    broken = SharedPart(sheet(ROWS.replace("</row>", "", 1)))
    for _ in range(2):
        with pytest.raises(UnsafeError):
            read_rows(broken, MOST)


def test_a_number_that_comes_again_is_that_of_its_cell() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="{}1"><v>{}</v></c></row>'
    for column, number in (("B", 2), ("B", 2), ("B", 2), ("C", 2), ("B", 3), ("B", 2)):
        found = held(read(rows.format(column, number)))
        assert found == {
            cell_index("A1"): ("n", False, None, b"1"),
            cell_index(f"{column}1"): ("n", False, None, b"%d" % number),
        }
