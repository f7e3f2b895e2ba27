"""What a person sees is what is read, or an issue says both: texts in runs, cells struck out, formats, merged cells."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.workbook import Workbook as Book
from openpyxl.worksheet.cell_range import CellRange

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


# --- number formats

SHOWN_OTHERWISE = [
    ("revenue_last", 145635, '0!.0000"万元"', "145635", "14.5635万元"),
    ("revenue_last", 145635, r"0\.0000", "145635", "14.5635"),
    ("revenue_last", 14563500, "#,##0,", "14563500", "14,564"),
    ("revenue_last", 14563500, '0.0,"千元"', "14563500", "14563.5千元"),
    ("revenue_last", 145635, '[>=10000]0!.0,"万";0', "145635", "14.6万"),
    ("revenue_last", 145635000, '0.00"元"', "145635000", "145635000.00元"),
    ("revenue_last", 5, "0%", "5", "500%"),
    ("revenue_last", 5, '0"000"', "5", "5000"),
    ("revenue_last", 5, '0"千"', "5", "5千"),
    ("revenue_last", 25594, "aaaa", "25594", "星期一"),
    ("revenue_last", 25594, ";;;", "25594", "（空白）"),
    ("revenue_last", 25594, '"见附件"', "25594", "见附件"),
    ("revenue_last", "25594", ";;;", "25594", "（空白）"),
    ("revenue_last", "25594", '0;0;0;@"000"', "25594", "25594000"),
    ("revenue_last", 0, "#", "0", "（空白）"),
    ("equipment_total", 100, '0"万"', "100", "100万"),
    ("pass_rate_after", 98, "0%", "98", "9800%"),
    ("pass_rate_after", 1.05, "0%", "1.05", "105%"),
    ("pass_rate_after", 98, "0.0,", "98", "0.1"),
    ("q01_o02", "√", ";;;", "√", "（空白）"),
    ("q01_o02", 1, '"否";;', "1", "否"),
    ("q01_o02", 1, ";;;", "1", "（空白）"),
    ("name", "示例公司", ";;;", "示例公司", "（空白）"),
    ("filled_on", dt.date(2026, 11, 1), "yyyy", "2026-11-01", "2026"),
    ("filled_on", dt.date(2026, 11, 1), "h:mm", "2026-11-01", "0:00"),
    ("filled_on", dt.date(2026, 11, 1), "aaaa", "46327", "星期日"),
]


@pytest.mark.parametrize(("key", "value", "code", "found", "shown"), SHOWN_OTHERWISE)
def test_a_cell_that_shows_another_figure_is_read_as_neither(
    key: str, value: object, code: str, found: str, shown: str
) -> None:
    result = after(with_cell(key, value, number_format=code))
    assert said(result) == [("cell.format", key, found, shown)]
    assert key not in result.values
    assert result.unsure == {key}


SHOWN = [
    ("revenue_last", 1234.5, "General", 1234.5),
    ("revenue_last", 1234.5678, "#,##0.00", 1234.5678),
    ("revenue_last", 1234.5, "0", 1234.5),
    ("revenue_last", 1234.5, '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ', 1234.5),
    ("revenue_last", 0, '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', 0),
    ("revenue_last", 1234.5, '#,##0.00"万元"', 1234.5),
    ("revenue_last", 1234.5, '0.0"万"', 1234.5),
    ("revenue_last", 1234.5, '"约"0.0', 1234.5),
    ("revenue_last", 1234.5, "[DBNum2][$-804]General", 1234.5),
    ("revenue_last", 1234.5, "0.00E+00", 1234.5),
    ("revenue_last", 1234.5, "# ?/?", 1234.5),
    ("revenue_last", 1234, "#", 1234),
    ("revenue_last", 0, "0,", 0),
    ("revenue_last", "1234.5", "@", 1234.5),
    ("revenue_last", 1234.5, "@", 1234.5),
    ("equipment_total", 100, '0"台"', 100),
    ("equipment_total", 100, '0"台/套"', 100),
    ("pass_rate_after", 98.5, '0.0"%"', 98.5),
    ("pass_rate_after", 0.98, "0%", 98),
    ("pass_rate_after", 0.985, "0%", 98.5),
    ("pass_rate_after", 0.98765, "0.00%", 98.765),
    ("pass_rate_after", 1, "0%", 100),
    ("pass_rate_after", 0, "0%", 0),
]


@pytest.mark.parametrize(("key", "value", "code", "figure"), SHOWN)
def test_what_a_cell_shows_for_sure_is_read(key: str, value: object, code: str, figure: float) -> None:
    result = after(with_cell(key, value, number_format=code))
    assert (said(result), result.values[key]) == ([], round(figure * MICRO))


@pytest.mark.parametrize(("value", "code", "ticked"), [(1, '"√";;', True), (0, '"√";;', False), (1, "0%", True)])
def test_a_tick_that_a_format_shows(value: int, code: str, ticked: bool) -> None:
    result = after(with_cell("q01_o02", value, number_format=code))
    assert (said(result), result.values["q01_o02"]) == ([], ticked)


@pytest.mark.parametrize(("value", "code"), [(0.985, "General"), (0.985, '0"%"'), (1, "General")])
def test_a_fraction_that_no_format_shows_as_a_percentage_is_not_read(value: float, code: str) -> None:
    assert [code for code, *_ in said(after(with_cell("pass_rate_after", value, number_format=code)))] == [
        "figure.percent_ambiguous"
    ]


@pytest.mark.parametrize(
    ("code", "shown"),
    [('m"月"d"日"', "11月1日"), ('yyyy"年"m"月"', "2026年11月"), ("mmm-yy", "Nov-26"), ("d-mmm", "1-Nov")],
)
def test_a_day_that_is_shown_in_part_is_read_with_a_warning(code: str, shown: str) -> None:
    result = after(with_cell("filled_on", dt.date(2026, 11, 1), number_format=code))
    assert said(result) == [("date.part", "filled_on", "2026-11-01", shown)]
    assert result.values["filled_on"] == dt.date(2026, 11, 1)


@pytest.mark.parametrize(
    "code", ["yyyy/m/d;@", "d-mmm-yy", "[$-F800]dddd, mmmm dd, yyyy", "yyyy-mm-dd h:mm", "mm-dd-yy"]
)
def test_a_day_that_is_shown_in_full_is_read(code: str) -> None:
    result = after(with_cell("filled_on", dt.date(2026, 11, 1), number_format=code))
    assert (said(result), result.values["filled_on"]) == ([], dt.date(2026, 11, 1))


# --- merged cells


def merge(
    first: str, last: str, *, before: int = 0, columns: int = 0, rows: int = 0, **values: object
) -> Callable[[Book], None]:
    """Merge the area from an answer to another, and beyond; keys to values: what stands in the cells.

    ``before``, ``columns`` and ``rows``: how many more columns to the left and the right, and rows.
    """

    def edit(book: Book) -> None:
        sheet, _ = place(first)
        start, end = book[sheet][place(first)[1]], book[sheet][place(last)[1]]
        for key, value in values.items():
            book[sheet][place(key)[1]].value = value
        if before:
            book[sheet].cell(start.row, start.column - before).value = "√"
        area = CellRange(
            min_col=start.column - before, min_row=start.row, max_col=end.column + columns, max_row=end.row + rows
        ).coord
        book[sheet].merged_cells.add(area)  # as merge_cells does, which also empties all cells but the first

    return edit


MERGED = {
    "over two options": (merge("q01_o02", "q01_o03", q01_o02="√"), "q01_o02", "√", {"q01_o02", "q01_o03"}),
    "over two levels": (merge("s03_l1", "s03_l2", columns=0, s03_l2=None), "s03_l1", "√", {"s03_l1", "s03_l2"}),
    "over two figures": (
        merge("staff_last", "revenue_last", revenue_last=None),
        "staff_last",
        "100",
        {"staff_last", "revenue_last"},
    ),
    "a tick that nobody sees": (
        merge("q01_o02", "q01_o03", q01_o02=None, q01_o03="√"),
        "q01_o02",
        "√",
        {"q01_o02", "q01_o03"},
    ),
    "with what is no answer, which is ticked": (merge("s03_l4", "s03_l4", before=1), "s03_l4", "√", {"s03_l4"}),
}


@pytest.mark.parametrize("case", MERGED)
def test_an_answer_merged_over_two_is_read_as_neither(case: str) -> None:
    edit, key, found, unsure = MERGED[case]
    result = after(edit)
    assert [finding[:3] for finding in said(result)] == [("cell.merged", key, found)]
    assert result.unsure == unsure
    assert not unsure & set(result.values)


@pytest.mark.parametrize(
    "edit",
    [
        merge("q01_o03", "q01_o04", q01_o03=None, q01_o04=None),  # blank
        merge("q01_o02", "q01_o02", columns=1),  # with the unit beside it
        merge("filled_on", "filled_on", columns=1),
        merge("pledge", "pledge", rows=1),
    ],
)
def test_an_answer_merged_with_what_is_none_is_read(edit: Callable[[Book], None]) -> None:
    result = after(edit)
    assert (said(result), result.values) == ([], read(form_bytes(ANSWERS)).values)
