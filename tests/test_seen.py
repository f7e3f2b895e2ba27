"""What a person sees is what is read, or an issue says both: texts in runs, cells struck out, formats, merged cells."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.workbook import Workbook as Book

from cases import EDITION, edited, form_bytes, good_answers
from smebatch.intake.reading import read_bytes
from smebatch.intake.returned import Return
from smebatch.standard.figures import MICRO
from test_reading import with_parts

ANSWERS = good_answers()


def read(data: bytes) -> Return:
    result = read_bytes(data, EDITION)
    assert isinstance(result, Return)
    return result


def said(result: Return) -> list[tuple[str, str, str, str]]:
    return [(finding.code, finding.key, finding.found, finding.expected) for finding in result.findings]


# --- texts in runs


def run(text: str, look: str = "") -> str:
    return f'<r>{f"<rPr>{look}</rPr>" if look else ""}<t xml:space="preserve">{text}</t></r>'


STRIKE, RAISED, LOWERED = "<b/><strike/>", '<vertAlign val="superscript"/>', '<vertAlign val="subscript"/><sz val="8"/>'


PLACEHOLDER = "SOMETHING"


def put(data: bytes, *runs: str, inline: bool = False) -> bytes:
    """The form with a text in runs instead of the placeholder; ``inline``: within its cell."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        before, item, _ = archive.read("xl/sharedStrings.xml").partition(f"<si><t>{PLACEHOLDER}</t></si>".encode())
    assert item
    text = "".join(runs).encode()
    if not inline:
        return with_parts(data, lambda _, part: part.replace(item, b"<si>%b</si>" % text))
    shared, within = b' t="s"><v>%d</v></c>' % before.count(b"<si>"), b' t="inlineStr"><is>%b</is></c>' % text
    return with_parts(data, lambda _, part: part.replace(shared, within))


def in_runs(key: str, *runs: str, inline: bool = False, **answers: object) -> bytes:
    """A form in which the answer is a text in runs."""
    return put(form_bytes(ANSWERS | answers | {key: PLACEHOLDER}), *runs, inline=inline)


DOUBTFUL = {
    "a digit struck out": ("revenue_last", [run("2", STRIKE), run("25594")], "225594", "25594"),
    "a raised digit": ("revenue_last", [run("202"), run("1", RAISED)], "2021", "202¹"),
    "a lowered digit": ("revenue_last", [run("202"), run("1", LOWERED)], "2021", "202₁"),
    "a raised word": ("name", [run("示例公司"), run("注", RAISED)], "示例公司注", "示例公司^注"),
    "a name struck out": ("name", [run("旧名公司", STRIKE), run("新名公司")], "旧名公司新名公司", "新名公司"),
    "all struck out": ("revenue_last", [run("1000", STRIKE)], "1000", "（空白）"),
    "a tick": ("q01_o02", [run("√"), run("×", STRIKE)], "√×", "√"),
    "a tick that is no tick": ("q01_o02", [run("√", STRIKE)], "√", "（空白）"),
    "a choice": ("size", [run("中型", STRIKE), run("小型")], "中型小型", "小型"),
    "a day": ("filled_on", [run("2026-11-0"), run("1", STRIKE), run("8")], "2026-11-018", "2026-11-08"),
    "a code": (
        "uscc",
        [run("9135", STRIKE), run("91350100M000100Y43")],
        "913591350100M000100Y43",
        "91350100M000100Y43",
    ),
    "a telephone": ("phone", [run("13800000000", STRIKE), run("13900000000")], "1380000000013900000000", "13900000000"),
}


@pytest.mark.parametrize("inline", [False, True], ids=["shared", "within the cell"])
@pytest.mark.parametrize("case", DOUBTFUL)
def test_runs_that_may_not_count_are_never_joined(case: str, inline: bool) -> None:
    key, runs, joined, seen = DOUBTFUL[case]
    result = read(in_runs(key, *runs, inline=inline))
    assert said(result) == [("cell.runs", key, joined, seen)]
    assert key not in result.values
    assert result.unsure == {key}


NOTES = {
    "struck out": ([run("已停用", STRIKE), run("在用")], "已停用在用", "在用"),
    "raised": ([run("车间1000m"), run("2", RAISED)], "车间1000m2", "车间1000m²"),
    "all struck out": ([run("已停用", STRIKE)], "已停用", None),
}


@pytest.mark.parametrize("inline", [False, True], ids=["shared", "within the cell"])
@pytest.mark.parametrize("case", NOTES)
def test_a_note_is_read_as_it_is_seen_with_a_warning(case: str, inline: bool) -> None:
    runs, joined, seen = NOTES[case]
    result = read(in_runs("q01_note", *runs, inline=inline))
    assert said(result) == [("text.runs", "q01_note", joined, seen or "（空白）")]
    assert result.values.get("q01_note") == seen


ALIKE = {
    "bold": [run("10"), run("00", "<b/>")],
    "not struck out": [run("10", '<strike val="0"/>'), run("00", "<strike val='false'/>")],
    "on the line": [run("1000", '<vertAlign val="baseline"/>')],
    "a blank struck out": [run("1000"), run(" ", STRIKE)],
    "an aid to reading": [run("1000"), '<rPh sb="0" eb="1"><t>2</t></rPh>'],
}


@pytest.mark.parametrize("inline", [False, True], ids=["shared", "within the cell"])
@pytest.mark.parametrize("case", ALIKE)
def test_runs_that_change_nothing_are_joined(case: str, inline: bool) -> None:
    result = read(in_runs("revenue_last", *ALIKE[case], inline=inline))
    assert (said(result), result.values["revenue_last"]) == ([], 1000 * MICRO)


def test_runs_are_seen_where_a_reader_reads_the_sheet() -> None:
    """Days counted from 1904 are left to calamine."""
    data = in_runs("revenue_last", run("2", STRIKE), run("25594"), filled_on=None)
    data = with_parts(data, lambda _, part: part.replace(b"<workbookPr ", b'<workbookPr date1904="1" '))
    assert said(read(data)) == [("cell.runs", "revenue_last", "225594", "25594")]


def test_what_looks_odd_in_one_file_is_plain_in_the_next() -> None:
    odd = in_runs("revenue_last", run("2", STRIKE), run("25594"))
    plain = form_bytes(ANSWERS | {"revenue_last": "225594"})
    for _ in range(2):
        assert [code for code, *_ in said(read(odd))] == ["cell.runs"]
        assert (said(read(plain)), read(plain).values["revenue_last"]) == ([], 225594 * MICRO)


# --- what somebody's hand has changed in a form


def place(key: str) -> tuple[str, str]:
    return read(form_bytes(ANSWERS)).place(key)


def with_cell(key: str, value: object, **look: Any) -> Callable[[Book], None]:
    """Enter a value and give its cell a look: number_format, font."""
    sheet, address = place(key)

    def edit(book: Book) -> None:
        cell = book[sheet][address]
        cell.value = value
        for name, setting in look.items():
            setattr(cell, name, setting)

    return edit


def after(edit: Callable[[Book], object]) -> Return:
    return read(edited(form_bytes(ANSWERS), edit))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("q01_o02", "√"),
        ("q01_o02", 1),
        ("q01_o02", True),
        ("revenue_last", 1000),
        ("revenue_last", "1000"),
        ("name", "示例公司"),
    ],
)
def test_an_answer_whose_cell_is_struck_out_counts_with_a_warning(key: str, value: object) -> None:
    result = after(with_cell(key, value, font=Font(strike=True)))
    assert [finding[:2] for finding in said(result)] == [("cell.struck", key)]
    assert result.unsure == set()
    assert result.values[key] in (True, 1000 * MICRO, "示例公司")


def test_a_blank_cell_that_is_struck_out_says_nothing() -> None:
    assert said(after(with_cell("q01_o01", None, font=Font(strike=True)))) == []
    assert said(after(with_cell("q01_o01", "×", font=Font(strike=True)))) == []


def struck(data: bytes, key: str) -> bytes:
    """The form with all cells of the style of an answer struck out, as no hand has touched it."""
    sheet, address = place(key)
    number = openpyxl.load_workbook(io.BytesIO(data)).sheetnames.index(sheet) + 1
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        cells = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
    style = int(re.findall(rf'<c r="{address}" s="(\d+)"', cells)[0])

    def change(name: str, part: bytes) -> bytes:
        if name != "xl/styles.xml":
            return part
        fonts = part.count(b"<font>")
        before, formats, after = part.partition(b"<cellXfs ")
        xfs = re.findall(rb"<xf .*?(?:/>|</xf>)", after)  # those of the cells come first
        other = re.sub(rb'fontId="\d+"', b'fontId="%d"' % fonts, xfs[style])
        before = before.replace(b"</fonts>", b"<font><strike/></font></fonts>")
        return before + formats + after.replace(xfs[style], other)

    return with_parts(data, change)


def test_of_a_struck_cell_a_run_that_says_how_it_looks_is_not_struck() -> None:
    for inline in (False, True):
        odd = in_runs("revenue_last", run("2"), run("25594", "<b/>"), inline=inline)
        assert ("cell.runs", "revenue_last", "225594", "25594") in said(read(struck(odd, "revenue_last")))
        all_of_it = in_runs("revenue_last", run("1"), run("000", "<b/><strike/>"), inline=inline)
        assert ("cell.struck", "revenue_last", "1000", "") in said(read(struck(all_of_it, "revenue_last")))
