"""Cells become typed values, or a code that says why not: never a guess, and never a 0 that is not there."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smebatch.common.text import clean_text
from smebatch.intake.workbook.cell_values import Cell, Reading, display_text, normalize_text, read_tick, read_value
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.form_markers import TICKED, UNTICKED
from smebatch.standard.keys import Key, Kind, keys_of
from smebatch.standard.loader import load_edition

KEYS = keys_of(load_edition("2024"))
# The lists of the contract, written out again: the program's own cannot judge themselves.
TICK_SHAPES = ["√", "✓", "✔", "☑", "■", "●", "是", "有", "y", "yes", "t", "true", "1"]
BLANK_SHAPES = ["×", "✗", "☐", "□", "○", "否", "无", "n", "no", "f", "false", "0", "-", "/"]
FIGURES = [key for key in KEYS.values() if key.kind.is_figure]


def wide(text: str) -> str:
    """ASCII in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def at(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micros: int = 0
) -> dt.datetime:
    """A time as a cell holds it: without a zone."""
    return dt.datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001  # a workbook knows no zones


def a_key(kind: Kind, unit: str = "", choices: tuple[str, ...] = ()) -> Key:
    return Key("k", "k", "", kind, "标签", "optional", "", unit, choices)


def value(name: str, cell: Cell) -> object:
    """The value of a cell that is read without a finding."""
    reading = read_value(KEYS[name], cell)
    assert reading.code == ""
    return reading.value


def code(name: str, cell: Cell) -> str:
    """The code of a cell that has no sure value."""
    reading = read_value(KEYS[name], cell)
    assert reading.value is None
    return reading.code


def figure(unit: str, cell: Cell) -> Decimal | str:
    """A figure in its unit, or the code where it cannot be read."""
    kind = Kind.PERCENT if unit == "%" else Kind.AMOUNT
    reading = read_value(a_key(kind, unit), cell)
    return Decimal(reading.value) / MICRO if isinstance(reading.value, int) else reading.code


# --- blank


@pytest.mark.parametrize("cell", [None, "", " ", "\u3000", "\n", "\t", "\xa0", "\u200b\ufeff"])
@pytest.mark.parametrize(
    "name", ["name", "uscc", "size", "phone", "filled_on", "industry_code", "q01_o01", "staff_last"]
)
def test_what_cannot_be_seen_is_blank(name: str, cell: Cell) -> None:
    assert read_value(KEYS[name], cell) == Reading(None)


# What Unicode calls formats, but is seen: signs of Arabic and Syriac.
SEEN_FORMATS = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2}
UNSEEN = [
    chr(c)
    for c in (*range(0x10000), *range(0xE0000, 0xE1000))
    if c not in SEEN_FORMATS
    and (
        unicodedata.category(chr(c)) in ("Cc", "Cf", "Cs")
        or "VARIATION SELECTOR" in unicodedata.name(chr(c), "")
        or clean_text(f"a{chr(c)}b") == "ab"
    )
    and not chr(c).isspace()
]
MARKS = "\u202a\u202d\u200e\u200f\u2066\u061c\u200b\ufeff\xad\x00\x7f\ufe0e"


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("q01_o01", "√", True),
        ("q01_o01", "否", False),
        ("staff_last", "1200", 1200 * MICRO),
        ("pass_rate_after", "98.5%", 98_500_000),
        ("size", "小型", "小型"),
        ("filled_on", "2026-11-01", dt.date(2026, 11, 1)),
        ("uscc", "91350100M000100Y43", "91350100M000100Y43"),
        ("industry_code", "C3391", "C3391"),
        ("phone", "13900000000", "13900000000"),
    ],
)
def test_what_cannot_be_seen_does_not_change_what_is_read(name: str, cell: str, expected: object) -> None:
    for mark in MARKS:
        for marked in (mark + cell, cell + mark, mark.join(cell), f"{mark} {cell} {mark}"):
            assert value(name, marked) == expected, (name, marked)


def test_whatever_a_message_leaves_out_reading_leaves_out() -> None:
    # else a clerk reads: “√” is neither a tick nor a blank
    assert len(UNSEEN) > 2_400
    assert {
        c for c in UNSEEN if normalize_text(f"√{c}") != "√" or normalize_text(c) or normalize_text(f"1{c}2") != "12"
    } == set()


# The first and the last character of each run that is left out, and what stands before and behind it.
LEFT_OUT = """
00 08 0e 1f 7f 84 86 9f ad 34f 61c 115f 1160 17b4 17b5 180b 180f 200b 200f 202a 202e 2060 206f 3164 d800 dfff
fe00 fe0f feff ffa0 fff0 fffb fffe ffff 1bca0 1bca3 1d173 1d17a e0000 e0fff
"""
KEPT = """
09 0d 20 7e 85 ac ae 34e 350 61b 61d 115e 1161 17b3 17b6 180a 1810 200a 2010 2029 202f 205f 2070 3163 3165
d7ff e000 fdff fe10 fefe ff9f ffa1 fffc fffd 10000 1bc9f 1bca4 1d172 1d17b dffff e1000
"""


@pytest.mark.parametrize(("codes", "kept"), [(LEFT_OUT, False), (KEPT, True)])
def test_invisible_characters_are_left_out_to_the_last(codes: str, kept: bool) -> None:
    characters = [chr(int(code, 16)) for code in codes.split()]
    assert [c for c in characters if (normalize_text(f"甲{c}2") != "甲2") != kept] == []


def test_what_is_seen_is_not_left_out() -> None:
    assert code("staff_last", "1\n200") == "figure.unreadable"  # two lines are not one number
    assert code("q01_o01", "√\n√") == "tick.unreadable"
    assert code("q01_o01", "\u0601√") == "tick.unreadable"


# --- ticks


def test_the_shapes_are_those_of_the_contract() -> None:
    assert set(TICKED) == set(TICK_SHAPES)
    assert set(UNTICKED) == set(BLANK_SHAPES)


@pytest.mark.parametrize(("shapes", "ticked"), [(TICK_SHAPES, True), (BLANK_SHAPES, False)])
def test_a_tick_in_any_case_and_width(shapes: list[str], ticked: bool) -> None:
    for shape in shapes:
        for cased in {shape, shape.upper(), shape.capitalize()}:
            for cell in (cased, wide(cased), f" {cased}\u3000", f"{cased}\ufe0f"):
                assert value("q01_o01", cell) is ticked, cell


@pytest.mark.parametrize(
    ("cell", "ticked"), [(True, True), (False, False), (1, True), (0, False), (1.0, True), (0.0, False)]
)
def test_a_tick_in_a_number_cell(cell: Cell, ticked: bool) -> None:
    assert value("q01_o01", cell) is ticked


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "v",
            "V",
            "X",
            "x",
            "*",
            "√√",
            "√ √",
            "√1",
            "是的",
            "没有",
            "部分",
            "2",
            "①",
            "１０",
            "1.0",
            "00",
            "--",
            "—",
            "+",
        ),
        *(2, 2.0, -1.0, 0.5, 1e-9, float("nan"), float("inf"), dt.date(2026, 1, 1), dt.time(1), dt.timedelta(1)),
    ],
)
def test_anything_else_is_no_tick(cell: Cell) -> None:
    assert code("q01_o01", cell) == "tick.unreadable"


# One text is one shape or none: what folds to a shape is that shape, whatever stands around it.
@given(st.text(max_size=6) | st.sampled_from([*TICK_SHAPES, *BLANK_SHAPES]).map(wide))
def test_any_text_is_a_shape_or_refused(text: str) -> None:
    reading = read_tick(text)
    shape = normalize_text(text).lower()
    assert (reading.value, reading.code) == (
        (True, "") if shape in TICK_SHAPES else (False, "") if shape in BLANK_SHAPES else (None, "tick.unreadable")
    )


# --- figures


@pytest.mark.parametrize(
    ("unit", "cell", "expected"),
    [
        # as written
        *(("台", cell, "1200") for cell in ("1200", 1200, 1200.0, "1,200", "1，200", "１２００", "+1200", "1200.0")),
        *(("台", cell, "1234567.5") for cell in ("1,234,567.5", "１，２３４，５６７．５")),
        *(("台", cell, "0") for cell in ("0", 0, 0.0, -0.0, "0.0", "０", "0台", "-0")),
        *(("台", cell, "-5") for cell in ("-5", -5, "－５", "-5 台")),
        # with a unit: each multiplies into the unit asked for
        *(("台", cell, "12") for cell in ("12台", "12 台", "１２台", "12\u3000台")),
        ("台", "1.5万", "15000"),
        ("台", "1.5万台", "15000"),
        ("人", "500人", "500"),
        *(("万元", cell, "2000") for cell in ("2000万", "2000万元", "2,000 万元", "0.2亿", "0.2亿元", "20000000元")),
        ("万元", "100元", "0.01"),
        *(("亿元", cell, "2") for cell in ("2", "2亿", "2亿元", "20000万元", "20000万", "200000000元")),
        *(("千元", cell, "5") for cell in ("5", "5千元")),
        *(
            ("万元/年", cell, "2000")
            for cell in ("2000", "2000万元/年", "2000万元", "2000万", "2000万/年", "0.2亿元/年")
        ),
        ("吨标准煤", "382.919吨标准煤", "382.919"),
        ("吨标准煤", "2万吨标准煤", "20000"),
        # percentages
        *(("%", cell, "98.5") for cell in ("98.5", 98.5, "98.5%", "98.5％", "９８．５％", "98.5 %")),
        *(("%", cell, "0.5") for cell in ("0.5%", "０．５％")),
        *(("%", cell, "0") for cell in (0, "0", "0%")),
        ("%", "1%", "1"),
        ("%", 100.0, "100"),
        # floats as Excel shows them: 15 significant digits
        ("万元", 0.1 + 0.2, "0.3"),
        ("万元", 1.1 * 1.1, "1.21"),
        ("万元", 4.35 * 100, "435"),
        ("万元", 123456789.123456, "123456789.123456"),
        # limits
        ("万元", 10**12 - 1, "999999999999"),
        ("万元", "-999999999999.99", "-999999999999.99"),
        ("万元", "0.000001", "0.000001"),
    ],
)
def test_a_figure_is_read_exactly(unit: str, cell: Cell, expected: str) -> None:
    assert figure(unit, cell) == Decimal(expected)
    assert read_value(a_key(Kind.PERCENT if unit == "%" else Kind.AMOUNT, unit), cell).code == ""


@pytest.mark.parametrize(
    ("unit", "cell"),
    [
        # vague, spelt out, calculated
        *(
            ("人", c)
            for c in ("约500", "500左右", "500+", "500多", "五百", "零", "1-2", "1~2", "<5", "≥5", "1e5", "1E5", "0x10")
        ),
        # not numbers, or not sure how they are grouped
        *(
            ("人", c)
            for c in ("1,20", "12,34,567", "1,2345", "0,5", "1.200,5", "1 2", "1..2", "1.", "5-", "--5", "1_000")
        ),
        # two numbers, perhaps
        *(("人", c) for c in ("198 202", "1 200", "1 234 567.5", "1\xa0234", "198\n202", "198、202")),
        *(("人", c) for c in ("²", "①", "٣", "½", "NaN", "inf", "-", "/", "无", "=1+1")),
        # another unit, or no unit of ours
        *(("台", c) for c in ("12人", "12元", "12%", "12套", "1万2千", "100w")),
        *(("万元", c) for c in ("12%", "12美元", "2000万元/年", "2000万元/月", "￥100", "100千元")),
        *(("千元", c) for c in ("5万", "2亿", "5万元")),  # of 千元, or of 元
        *(("%", c) for c in ("98.5‰", "98.5万", "百分之九十")),
        # cells of another type
        *(("人", c) for c in (True, False, dt.date(2026, 1, 1), at(2026, 1, 1), dt.time(1), dt.timedelta(1))),
        *(("人", c) for c in (float("nan"), float("inf"), float("-inf"))),
        # out of bounds: above the limit, and so small that six decimals would say 0
        *(("万元", c) for c in (10**12, "-1000000000000", 1e300, "1" * 5000, "10001亿亿", 1e-300, 1e-7, "0.00000049")),
        ("万元", "-0.0000001"),
    ],
)
def test_a_figure_that_is_not_sure_is_refused(unit: str, cell: Cell) -> None:
    assert figure(unit, cell) == "figure.unreadable"


# A cell shows 98.5 % of 0.985: up to 1, a bare number may be either.
@pytest.mark.parametrize("cell", [0.985, 1, 1.0, "0.985", "1", 1e-9, 0.1 + 0.2])
def test_a_share_or_a_percentage_is_not_guessed(cell: Cell) -> None:
    assert code("pass_rate_after", cell) == "figure.percent_ambiguous"


@pytest.mark.parametrize(
    ("cell", "micro"),
    [
        ("1.0000005", 1_000_001),
        ("1.00000049", 1_000_000),
        (1 / 3, 333_333),
        (2 / 3, 666_667),
        ("-1.0000005", -1_000_001),
    ],
)
def test_more_than_six_decimals_are_rounded_with_a_warning(cell: Cell, micro: int) -> None:
    reading = read_value(KEYS["revenue_last"], cell)
    assert (reading.value, reading.code) == (micro, "figure.rounded")


def exactly(text: str) -> int:
    """Millionths, halves away from zero, without a Decimal."""
    scaled = abs(Fraction(text)) * MICRO
    return int(scaled + Fraction(1, 2)) * (-1 if text.startswith("-") else 1)


@pytest.mark.parametrize(
    "cell",
    [
        "1.0000004" + "9" * 30,  # as 28 digits it is 1.0000005, and that is 1.000001
        "1.0000005" + "0" * 30 + "1",
        "-1.0000004" + "9" * 300,
        "999999999999.9999994" + "9" * 4_000,
        "0.0000005" + "0" * 100,
    ],
)
def test_a_number_of_many_digits_is_rounded_once(cell: str) -> None:
    reading = read_value(KEYS["revenue_last"], cell)
    assert (reading.value, reading.code) == (exactly(cell), "figure.rounded")


def test_a_number_of_many_digits_with_a_unit_is_converted_exactly() -> None:
    # 10000.004999… 元 are 1.0000004999… 万元
    assert figure("万元", "10000.004" + "9" * 40 + "元") == 1
    assert figure("万元", "123456789012345678901234567890.1" + "9" * 40 + "元") == "figure.unreadable"  # 10²⁹ 元
    assert figure("万元", f"{'0' * 60}12.5") == Decimal("12.5")


def test_a_whole_number_beyond_every_float_is_refused() -> None:
    for cell in (10**400, -(10**400), 2**63, 10**18):
        assert code("revenue_last", cell) == "figure.unreadable"
        assert code("q01_o01", cell) == "tick.unreadable"
        assert code("filled_on", cell) == "date.unreadable"


@pytest.mark.timeout(60)  # minutes, where two parts of the pattern can match the blanks
def test_a_long_run_of_blanks_costs_no_time() -> None:
    assert code("staff_last", "1" + " " * 300_000 + "5") == "figure.unreadable"
    assert code("filled_on", "2026-11-0" + " " * 300_000 + "5") == "date.unreadable"


decimals = st.decimals(min_value=1 - 10**12, max_value=10**12 - 1, places=6)
# 万 and 亿 multiply by 10⁴ and 10⁸: what is written keeps the value within the limit.
WAYS = {
    "plain": lambda d: f"{d:f}",
    "thousands": lambda d: f"{d:,f}",
    "full width": lambda d: wide(f"{d:,f}"),
    "unit": lambda d: f"{d:f} 万元",
    "short unit": lambda d: f"{d:f}万",
    "元": lambda d: f"{d.scaleb(4):f}元",
    "亿": lambda d: f"{d.scaleb(-4):f}亿元",
}


@given(decimals, st.sampled_from(sorted(WAYS)))
def test_any_decimal_reads_back_exactly(number: Decimal, way: str) -> None:
    assert figure("万元", WAYS[way](number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_reads_as_its_fifteen_digits(number: float) -> None:
    exact = Decimal(f"{number:.15g}")
    rounded = (exact * MICRO).to_integral_value(ROUND_HALF_UP) if abs(exact) < 10**12 else Decimal(0)
    expected = rounded / MICRO if rounded or not number else "figure.unreadable"
    assert figure("万元", number) == expected


texts = st.text(max_size=8) | st.text("0123456789,.-+eE 　万亿元台%％/年约一０１２．，", max_size=10)


@given(st.sampled_from(FIGURES), texts | st.floats() | st.integers() | st.booleans() | st.datetimes())
def test_nothing_reads_as_0_unless_it_says_0(key: Key, cell: Cell) -> None:
    reading = read_value(key, cell)
    assert reading.value is None or isinstance(reading.value, int)
    if reading.value == 0:
        assert not isinstance(cell, bool)
        assert cell == 0 or (isinstance(cell, str) and set(normalize_text(cell)) & set("0123456789") == {"0"})


@given(st.sampled_from(list(KEYS.values())), st.text() | st.floats() | st.integers() | st.dates() | st.times())
def test_no_cell_of_any_kind_raises(key: Key, cell: Cell) -> None:
    reading = read_value(key, cell)
    assert reading.value is None or not isinstance(reading.value, float)
    assert "\n" not in display_text(cell)


# --- choices


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "专精特新“小巨人”企业",
            '专精特新"小巨人"企业',
            "专精特新”小巨人“企业",
            "专精特新「小巨人」企业",
            "专精特新＂小巨人＂企业",
        ),
        " 专精特新“小巨人”企业\u3000",
    ],
)
def test_quotes_may_be_of_any_kind(cell: str) -> None:
    assert value("specialised", cell) == "专精特新“小巨人”企业"


@pytest.mark.parametrize(
    ("name", "cell", "choice"),
    [
        ("size", "小型", "小型"),
        ("specialised", "无", "无"),
        ("phase", "改造后 ", "改造后"),
        ("s01_state", "不适用", "不适用"),
        *(("pledge", cell, "是") for cell in ("是", "√", "✔", True, "TRUE", "Ｙ", 1.0, "■")),
        *(("above_scale", cell, "否") for cell in ("否", "×", False, "no", 0)),
    ],
)
def test_a_choice(name: str, cell: Cell, choice: str) -> None:
    assert value(name, cell) == choice


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        *(("size", cell) for cell in ("小", "小微型", "小型、微型", "√", True, 1.0)),
        *(("pledge", cell) for cell in ("否", False, "×", "是是", "同意")),
        ("above_scale", 2.0),
        ("phase", dt.date(2026, 1, 1)),
    ],
)
def test_a_choice_that_is_none(name: str, cell: Cell) -> None:
    assert code(name, cell) == "choice.unknown"


# --- dates


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-05-06", "2026-5-6", "2026/5/6", "2026/05/06", "2026.5.6", "2026年5月6日", "2026年05月06日", "20260506"),
        *(
            "２０２６－０５－０６",
            "２０２６年５月６日",
            "2026 年 5 月 6 日",
            "2026-05-06 00:00:00",
            " 2026-5-6 ",
            20260506,
            20260506.0,
        ),
        *(dt.date(2026, 5, 6), at(2026, 5, 6), at(2026, 5, 6, 15, 30)),
    ],
)
def test_a_date_in_many_shapes(cell: Cell) -> None:
    assert value("filled_on", cell) == dt.date(2026, 5, 6)
    assert type(value("filled_on", cell)) is dt.date


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "2026-02-30",
            "2026-13-01",
            "2026-0-1",
            "26-5-6",
            "5/6/2026",
            "06.05.2026",
            "2026-5",
            "2026年5月",
            "五月六日",
        ),
        *(
            "2026/5-6",
            "2026-5.6",
            "1999-12-31",
            "2100-01-01",
            "今天",
            "2026-11-0 8",
            "2026 11 08",
            "20261306",
            "2026056",
            46148,
            46148.0,
            True,
            0,
        ),
        *(dt.date(1999, 12, 31), dt.date(2100, 1, 1), at(1900, 1, 1), dt.time(10), dt.timedelta(5)),
    ],
)
def test_what_is_no_sure_date(cell: Cell) -> None:
    assert code("filled_on", cell) == "date.unreadable"


FIRST, LAST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)


@pytest.mark.parametrize("day", [FIRST, LAST])
@pytest.mark.parametrize("shape", [dt.date, at, lambda y, m, d: f"{y}-{m:02d}-{d:02d}"])
def test_the_years_2000_and_2099_are_read_and_those_beside_them_are_not(
    day: dt.date, shape: Callable[[int, int, int], Cell]
) -> None:
    assert value("filled_on", shape(day.year, day.month, day.day)) == day
    beside = day + dt.timedelta(days=1 if day == LAST else -1)
    assert code("filled_on", shape(beside.year, beside.month, beside.day)) == "date.unreadable"


# --- codes, telephones, texts


@pytest.mark.parametrize(
    "cell",
    [
        "91350100M000100Y43",
        " 91350100m000100y43 ",
        "９１３５０１００Ｍ０００１００Ｙ４３",
        "91350100 M000 100Y43",
        "91350100-M000100Y4-3",
    ],
)
def test_a_credit_code(cell: str) -> None:
    assert value("uscc", cell) == "91350100M000100Y43"


def test_a_credit_code_as_a_number_has_lost_its_digits() -> None:
    assert code("uscc", 911101066976941872.0) == "uscc.digits_lost"
    assert code("uscc", 911101066976941872) == "uscc.digits_lost"
    assert value("uscc", "911101066976941872") == "911101066976941872"
    assert value("uscc", 12345.0) == "12345"  # for the check of the format to say what is wrong


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *(
            (cell, "C3391")
            for cell in ("C3391", "c3391", "Ｃ３３９１", "C 3391", "C3391 黑色金属铸造", "C3391（铸造）", " C3391 ")
        ),
        *((cell, "3391") for cell in ("3391", 3391, 3391.0)),
        *((cell, "C33") for cell in ("C33", "C33金属制品业")),
        # kept for the check to refuse, not cut to fit
        *((cell, cell) for cell in ("金属制品业", "C33915", "C3", "Z33", "C33-91", "C33、C34")),
        (33.9, "33.9"),
    ],
)
def test_an_industry_code(cell: Cell, expected: str) -> None:
    assert value("industry_code", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *(
            (cell, "13900000000")
            for cell in ("13900000000", 13900000000, 13900000000.0, "139 0000 0000", "１３９００００００００")
        ),
        ("0591-8888 8888", "0591-88888888"),
        ("\u202d13900000000\u202c", "13900000000"),  # as copied from a telephone's contacts
    ],
)
def test_a_telephone(cell: Cell, expected: str) -> None:
    assert value("phone", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (" 甲公司\u3000", "甲公司"),
        ("甲\n公司", "甲 公司"),
        ("甲\x00公司\u202e", "甲公司"),
        ("=1+1", "=1+1"),
        (2026.0, "2026"),
        (True, "TRUE"),
        (dt.date(2026, 5, 6), "2026-05-06"),
        ("\x00", None),
    ],
)
def test_a_text(cell: Cell, expected: str | None) -> None:
    assert value("name", cell) == expected
