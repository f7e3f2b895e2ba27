"""What a person sees is what is read, or an issue says both: texts in runs, cells struck out, formats, merged cells."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from functools import cache
from typing import Any
from xml.sax.saxutils import quoteattr

import openpyxl
import pytest

from cases import EDITION, form_bytes, found_in_all, good_answers
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.return_answers import ReturnAnswers
from smebatch.intake.workbook.address import ROW_STRIDE, CellRange, cell_address, cell_index
from smebatch.standard.fixed_point import MICRO
from test_reading import with_parts

ANSWERS = good_answers()
FORM = form_bytes(ANSWERS)
STYLES, TEXTS = "xl/styles.xml", "xl/sharedStrings.xml"


def read(data: bytes) -> ReturnAnswers:
    result = read_bytes(data, EDITION)
    assert isinstance(result, ReturnAnswers)
    return result


def said(result: ReturnAnswers) -> list[tuple[str, str, str, str]]:
    return [(finding.code, finding.key, finding.found, finding.expected) for finding in result.findings]


@cache
def places() -> dict[str, tuple[str, str]]:
    """Where the answer of each key stands: the part of its sheet, and the address."""
    result = read(FORM)
    names = openpyxl.load_workbook(io.BytesIO(FORM), read_only=True).sheetnames
    parts = {name: f"xl/worksheets/sheet{number}.xml" for number, name in enumerate(names, 1)}
    return {key: (parts[sheet], address) for key in result.locations for sheet, address in [result.location_of(key)]}


def test_one_cell_is_one_issue() -> None:
    """What cannot be read surely is not asked for again, nor held against other answers."""
    assert found_in_all(
        in_runs("revenue_last", run("2", STRIKE), run("1000")),
        in_runs("q01_o02", run("√", STRIKE)),
        with_cells(code="0%", revenue_last=1000),
        with_cells(code="aaaa", filled_on=dt.date(2026, 11, 1)),
        with_cells(code="0%", pass_rate_after=1.05),
        with_cells(struck=True, q01_o02="√"),
        merged("q01_o02", "q01_o03"),
        merged("staff_last", "revenue_last", revenue_last=None),
    ) == [
        [("cell.runs", "revenue_last")],
        [("cell.runs", "q01_o02")],
        [("cell.format", "revenue_last")],
        [("cell.format", "filled_on")],
        [("cell.format", "pass_rate_after")],
        [("cell.struck", "q01_o02")],
        [("cell.merged", "q01_o02")],
        [("cell.merged", "staff_last")],
    ]


# --- texts in runs


def run(text: str, look: str = "") -> str:
    return f'<r>{f"<rPr>{look}</rPr>" if look else ""}<t xml:space="preserve">{text}</t></r>'


STRIKE, RAISED, LOWERED = "<b/><strike/>", '<vertAlign val="superscript"/>', '<vertAlign val="subscript"/><sz val="8"/>'


PLACEHOLDER = "SOMETHING"


def put(data: bytes, *runs: str, inline: bool = False) -> bytes:
    """The form with a text in runs instead of the placeholder; ``inline``: within its cell."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = archive.read(TEXTS)
    text, shared = "".join(runs).encode(), b' t="s"><v>%d</v></c>' % texts.count(b"<si>")
    within = b' t="inlineStr"><is>%b</is></c>' % text
    cell = b' t="inlineStr"><is><t>%b</t></is></c>' % PLACEHOLDER.encode()

    def change(name: str, part: bytes) -> bytes:
        if name == TEXTS and not inline:
            return part.replace(b"</sst>", b"<si>%b</si></sst>" % text)
        return part.replace(cell, within if inline else shared)

    return with_parts(data, change)


def in_runs(key: str, *runs: str, inline: bool = False) -> bytes:
    """A form in which the answer is a text in runs."""
    return put(with_cells(**dict[str, Any]({key: PLACEHOLDER})), *runs, inline=inline)


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


def test_a_person_sees_the_same_where_a_reader_reads_the_sheet() -> None:
    """Days counted from 1904 are left to calamine."""
    data = with_cells(in_runs("revenue_last", run("2", STRIKE), run("25594")), filled_on="2026-11-01")
    data = with_cells(with_cells(data, struck=True, q01_o02="√"), code="0,", cost_last=700000)
    data = with_parts(data, lambda _, part: part.replace(b"<workbookPr ", b'<workbookPr date1904="1" '))
    assert said(read(data)) == [
        ("cell.struck", "q01_o02", "√", ""),
        ("cell.runs", "revenue_last", "225594", "25594"),
        ("cell.format", "cost_last", "700000", "700"),
    ]


@pytest.mark.parametrize("inline", [False, True], ids=["shared", "within the cell"])
def test_runs_that_change_nothing_change_nothing_where_a_reader_reads(inline: bool) -> None:
    data = with_cells(in_runs("q01_note", run(" 一", "<b/>"), run("&#10;二 "), inline=inline), filled_on="2026-11-01")
    data = with_parts(data, lambda _, part: part.replace(b"<workbookPr ", b'<workbookPr date1904="1" '))
    assert (said(read(data)), read(data).values["q01_note"]) == ([], "一 二")


def test_what_looks_odd_in_one_file_is_plain_in_the_next() -> None:
    odd = in_runs("revenue_last", run("2", STRIKE), run("25594"))
    plain = with_cells(revenue_last="225594")
    for _ in range(2):
        assert [code for code, *_ in said(read(odd))] == ["cell.runs"]
        assert (said(read(plain)), read(plain).values["revenue_last"]) == ([], 225594 * MICRO)


# --- cells struck out


def styles_in(part: bytes) -> int:
    """How many styles of cells there are."""
    return part.partition(b"<cellXfs")[2].partition(b"</cellXfs>")[0].count(b"<xf ")


def styled(part: bytes, code: str | int, struck: bool) -> bytes:
    """The styles with one more, of a format (by its code, or the number all know it by), struck out or not."""
    number = code if isinstance(code, int) else 900 + styles_in(part)
    if isinstance(code, str):
        form = f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/></numFmts>'
        part = part.replace(b"</numFmts>", form.encode())
    fonts = part.partition(b"<fonts")[2].partition(b"</fonts>")[0]
    font = len(re.findall(rb"<font[ />]", fonts))
    part = part.replace(b"</fonts>", b"<font><strike/></font></fonts>" if struck else b"<font/></fonts>")
    return part.replace(b"</cellXfs>", b'<xf numFmtId="%d" fontId="%d"/></cellXfs>' % (number, font))


def in_cell(value: object, address: str, style: int) -> str:
    """A value as it stands in a cell."""
    if value is None:
        return f'<c r="{address}" s="{style}"/>'
    if isinstance(value, str):
        return f'<c r="{address}" s="{style}" t="inlineStr"><is><t>{value}</t></is></c>'
    if isinstance(value, bool):
        return f'<c r="{address}" s="{style}" t="b"><v>{value:d}</v></c>'
    number = (value - dt.date(1899, 12, 30)).days if isinstance(value, dt.date) else value
    return f'<c r="{address}" s="{style}"><v>{number}</v></c>'


def with_cells(data: bytes = FORM, /, *, code: str | int = "General", struck: bool = False, **values: object) -> bytes:
    """The form with other values in cells, all of one look."""

    def change(name: str, part: bytes) -> bytes:
        if name == STYLES:
            return styled(part, code, struck)
        for key, value in values.items():
            sheet, address = places()[key]
            if name == sheet:
                cell = in_cell(value, address, xfs)
                element = rf'<c r="{address}"[^>]*?(/>|>.*?</c>)'.encode()
                part, count = re.subn(element, cell.encode().replace(b"\\", rb"\\"), part)
                assert count == 1
        return part

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xfs = styles_in(archive.read(STYLES))
    return with_parts(data, change)


@pytest.mark.parametrize(
    ("key", "value", "read_as"),
    [
        ("q01_o02", "√", True),
        ("q01_o02", 1, True),
        ("q01_o02", True, True),
        ("revenue_last", 1000, 1000 * MICRO),
        ("revenue_last", "1000", 1000 * MICRO),
        ("revenue_last", 0, 0),
        ("name", "示例公司", "示例公司"),
        ("filled_on", "2026-11-01", dt.date(2026, 11, 1)),
        ("q01_note", "已停用", "已停用"),
    ],
)
def test_an_answer_whose_cell_is_struck_out_counts_with_a_warning(key: str, value: Any, read_as: object) -> None:
    result = read(with_cells(struck=True, **{key: value}))
    assert [finding[:2] for finding in said(result)] == [("cell.struck", key)]
    assert (result.values[key], result.unsure) == (read_as, set())


@pytest.mark.parametrize("value", [None, "×", 0, False])
def test_no_tick_that_is_struck_out_is_no_tick(value: object) -> None:
    assert said(read(with_cells(struck=True, q01_o01=value))) == []


def test_a_struck_cell_that_cannot_be_read_is_one_issue() -> None:
    assert [code for code, *_ in said(read(with_cells(struck=True, revenue_last="约500")))] == ["figure.unreadable"]


def test_of_a_struck_cell_a_run_that_says_how_it_looks_is_not_struck() -> None:
    blank = with_cells(struck=True, revenue_last=PLACEHOLDER)
    for inline in (False, True):
        odd = put(blank, run("2"), run("25594", "<b/>"), inline=inline)
        assert said(read(odd)) == [("cell.runs", "revenue_last", "225594", "25594")]
        all_of_it = put(blank, run("1"), run("000", "<b/><strike/>"), inline=inline)
        assert said(read(all_of_it)) == [("cell.struck", "revenue_last", "1000", "")]


# --- number formats

SHOWN_OTHERWISE = [
    ("revenue_last", 145635, '0!.0000"万元"', "145635", "14.5635万元"),
    ("revenue_last", 145635, r"0\.0000", "145635", "14.5635"),
    ("revenue_last", 14563500, "#,##0,", "14563500", "14,564"),
    ("revenue_last", 14563500, '0.0,"千元"', "14563500", "14563.5千元"),
    ("revenue_last", 145635, '[>=10000]0!.0,"万";0', "145635", "14.6万"),
    ("revenue_last", 145635000, '0.00"元"', "145635000", "145635000.00元"),
    ("revenue_last", 5, "0%", "5", "500%"),
    ("revenue_last", 5, 10, "5", "500.00%"),
    ("revenue_last", 5, '0"000"', "5", "5000"),
    ("revenue_last", 5, '0"千"', "5", "5千"),
    ("revenue_last", 25594, "aaaa", "25594", "星期一"),
    ("revenue_last", 25594, ";;;", "25594", "（空白）"),
    ("revenue_last", 25594, '"见附件"', "25594", "见附件"),
    ("revenue_last", "25594", ";;;", "25594", "（空白）"),
    ("revenue_last", "25594", '0;0;0;@"000"', "25594", "25594000"),
    ("revenue_last", "25594", '@"000"', "25594", "25594000"),
    ("revenue_last", 0, "#", "0", "（空白）"),
    ("revenue_last", 0, '0;-0;"免税"', "0", "免税"),  # a dash would be a 0
    ("revenue_last", 5, '"-"', "5", "-"),
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
    key: str, value: Any, code: str | int, found: str, shown: str
) -> None:
    result = read(with_cells(code=code, **{key: value}))
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
    ("pass_rate_after", 0.98, 9, 98),
    ("pass_rate_after", 0.9812, 10, 98.12),
    ("revenue_last", 1234.5, 40, 1234.5),
    ("revenue_last", 1234.5, 44, 1234.5),
]


@pytest.mark.parametrize(("key", "value", "code", "figure"), SHOWN)
def test_what_a_cell_shows_for_sure_is_read(key: str, value: Any, code: str | int, figure: float) -> None:
    result = read(with_cells(code=code, **{key: value}))
    assert (said(result), result.values[key]) == ([], round(figure * MICRO))


@pytest.mark.parametrize(("value", "code", "ticked"), [(1, '"√";;', True), (0, '"√";;', False), (1, "0%", True)])
def test_a_tick_that_a_format_shows(value: int, code: str, ticked: bool) -> None:
    result = read(with_cells(code=code, q01_o02=value))
    assert (said(result), result.values["q01_o02"]) == ([], ticked)


@pytest.mark.parametrize(("value", "code"), [(0.985, "General"), (0.985, '0"%"'), (1, "General")])
def test_a_fraction_that_no_format_shows_as_a_percentage_is_not_read(value: float, code: str) -> None:
    assert [code for code, *_ in said(read(with_cells(code=code, pass_rate_after=value)))] == [
        "figure.percent_ambiguous"
    ]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ('m"月"d"日"', "11月1日"),
        ('yyyy"年"m"月"', "2026年11月"),
        ("mmm-yy", "Nov-26"),
        ("d-mmm", "1-Nov"),
        (57, "2026年11月"),
        (58, "11月1日"),
        (17, "Nov-26"),
    ],
)
def test_a_day_that_is_shown_in_part_is_read_with_a_warning(code: str | int, shown: str) -> None:
    result = read(with_cells(code=code, filled_on=dt.date(2026, 11, 1)))
    assert said(result) == [("date.part", "filled_on", "2026-11-01", shown)]
    assert result.values["filled_on"] == dt.date(2026, 11, 1)


@pytest.mark.parametrize(
    "code", [14, 31, "yyyy/m/d;@", "d-mmm-yy", "[$-F800]dddd, mmmm dd, yyyy", "yyyy-mm-dd h:mm", "mm-dd-yy"]
)
def test_a_day_that_is_shown_in_full_is_read(code: str | int) -> None:
    result = read(with_cells(code=code, filled_on=dt.date(2026, 11, 1)))
    assert (said(result), result.values["filled_on"]) == ([], dt.date(2026, 11, 1))


# --- merged cells


def merged(
    first: str, last: str, *, before: int = 0, columns: int = 0, rows: int = 0, left: str = "", **values: Any
) -> bytes:
    """The form with the area from an answer to another merged, and other values in cells.

    ``before``, ``columns`` and ``rows``: how many columns to the left and the right, and rows, the area is larger;
    ``left`` stands in the first cell then.
    """
    part, address = places()[first]
    (start, begin), (end, stop) = (divmod(cell_index(at), ROW_STRIDE) for at in (address, places()[last][1]))
    area = CellRange(start * ROW_STRIDE + begin - before, (end + rows) * ROW_STRIDE + stop + columns)

    def change(name: str, xml: bytes) -> bytes:
        if name != part:
            return xml
        if left:
            here, cell = cell_address(area.first), in_cell(left, cell_address(area.first), 0)
            xml = re.sub(rf'<c r="{here}"[^>]*?(/>|>.*?</c>)'.encode(), cell.encode(), xml)
        return xml.replace(b"</mergeCells>", b'<mergeCell ref="%b"/></mergeCells>' % str(area).encode())

    return with_parts(with_cells(**values), change)


MERGED = {
    "over two options": (merged("q01_o02", "q01_o03"), "q01_o02", "√", {"q01_o02", "q01_o03"}),
    "over two levels": (merged("s03_l1", "s03_l2", s03_l2=None), "s03_l1", "√", {"s03_l1", "s03_l2"}),
    "over two figures": (
        merged("staff_last", "revenue_last", revenue_last=None),
        "staff_last",
        "100",
        {"staff_last", "revenue_last"},
    ),
    "over rows and columns": (
        merged("q01_o02", "q01_o02", columns=2, rows=1),
        "q01_o02",
        "√",
        {"q01_o02", "q01_o03"},
    ),
    "a tick that nobody sees": (
        merged("q01_o01", "q01_o02"),
        "q01_o01",
        "√",
        {"q01_o01", "q01_o02"},
    ),
    "a tick beside its cell": (merged("s03_l4", "s03_l4", before=1, left="√"), "s03_l4", "√", {"s03_l4"}),
    "a figure that nobody sees": (merged("staff_last", "staff_last", before=1), "staff_last", "100", {"staff_last"}),
}


@pytest.mark.parametrize("case", MERGED)
def test_an_answer_merged_over_two_is_read_as_neither(case: str) -> None:
    data, key, found, unsure = MERGED[case]
    result = read(data)
    ((*finding, area),) = said(result)
    assert finding == ["cell.merged", key, found]
    assert area.partition(":")[0] == result.findings[0].cell
    assert result.unsure == unsure
    assert not unsure & set(result.values)


@pytest.mark.parametrize(
    "data",
    [
        merged("q01_o03", "q01_o04"),  # blank
        merged("q01_o03", "q01_o04", q01_o04=""),  # a text of nothing
        merged("q01_o02", "q01_o02", columns=1),  # with the unit beside it
        merged("q01_o01", "q01_o01", before=1),  # with what is printed beside it
        merged("filled_on", "filled_on", columns=1),
        merged("pledge", "pledge", rows=1),
    ],
)
def test_an_answer_merged_with_what_is_none_is_read(data: bytes) -> None:
    result = read(data)
    assert (said(result), result.values) == ([], read(FORM).values)
