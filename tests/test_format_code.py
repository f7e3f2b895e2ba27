"""What number formats show, as Excel does; a plain one never shows another figure than the one that stands there."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smebatch.intake.workbook.format_code import (
    date_parts,
    format_date,
    format_number,
    format_text,
    shows_plain_number,
    shows_text_unchanged,
)

SHOWN = [
    ("General", "14563.5", "14563.5"),
    ("G/通用格式", "14563.5", "14563.5"),
    ('General"万元"', "14563.5", "14563.5万元"),
    ("@", "5", "5"),
    ("0", "14563.5", "14564"),
    ("0.00", "5", "5.00"),
    ("#.##", "0.5", ".5"),
    ("#,##0.######", "14563.5", "14,563.5"),
    ("00000", "151", "00151"),
    ("0,000", "5", "0,005"),
    ("000-0000-0000", "13900000000", "139-0000-0000"),
    ("#,##0.00_);[Red](#,##0.00)", "-5", "(5.00)"),
    ("0.00", "-5", "-5.00"),
    ("0.0%", "0.985", "98.5%"),
    ("0%%", "1", "10000%%"),
    ("0,", "14563500", "14564"),
    ("0.0,,", "14563500", "14.6"),
    ("#,##0,.0", "14563500", "14,563.5"),
    ('0!.0000"万元"', "145635", "14.5635万元"),
    (r"0\.0000", "5", "0.0005"),
    ('0!.0,"万"', "145635", "14.6万"),
    ('[>=10000]0!.0,"万";0', "9999", "9999"),
    ('[<1]0%;[=1]"一";0', "1", "一"),
    ('[<1]0%;[=1]"一";0', "0.5", "50%"),
    ("0;-0;;@", "0", ""),
    ('"√";;', "1", "√"),
    (";;;", "5", ""),
    ("#", "0", ""),
    ('_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', "0", "-"),
    ("[$¥-804]#,##0.00", "5", "¥5.00"),
    ("[DBNum2][$-804]General", "5", "5"),
    ("0.00E+00", "14563.5", "14563.5"),
    ("# ?/?", "0.5", "0.5"),
    ("aaaa", "46334", "星期日"),
    ("aaaa", "-1", "####"),
    ("yyyy/m/d", "46334", "2026/11/8"),
]


@pytest.mark.parametrize(("code", "number", "shown"), SHOWN)
def test_what_a_format_shows_of_a_number(code: str, number: str, shown: str) -> None:
    assert format_number(code, Decimal(number)) == shown


MOMENT = dt.datetime.combine(dt.date(2026, 11, 8), dt.time(14, 5, 9))


@pytest.mark.parametrize(
    ("code", "shown", "parts"),
    [
        ("yyyy-mm-dd", "2026-11-08", "dmy"),
        ('[$-804]yyyy"年"m"月"d"日";@', "2026年11月8日", "dmy"),
        ("yyyy-mm-dd hh:mm:ss", "2026-11-08 14:05:09", "dmy"),
        ("d-mmm-yy", "8-Nov-26", "dmy"),
        ("e.m.d", "2026.11.8", "dmy"),
        ('yyyy"年"m"月"', "2026年11月", "my"),
        ("m/d", "11/8", "dm"),
        ("mm:ss", "05:09", ""),
        ("h:mm", "14:05", ""),
        ("aaaa", "星期日", ""),
        ("dddd", "Sunday", ""),
        ("yyyy", "2026", "y"),
    ],
)
def test_what_a_format_shows_of_a_day(code: str, shown: str, parts: str) -> None:
    assert format_date(code, MOMENT) == shown
    assert "".join(sorted(date_parts(code))) == parts


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", "√"),
        ("0;0;0", "√"),
        ("@", "√"),
        ("0;@", "√"),
        ("General;General;General;General", "√"),
        (";;;", ""),
        ("0;0;0;", ""),
        ('@"万元"', "√万元"),
    ],
)
def test_what_a_format_shows_of_a_text(code: str, shown: str) -> None:
    assert format_text(code, "√") == shown
    assert shows_text_unchanged(code) == (shown == "√")


PLAIN = [
    *("General", "@", "0", "0.00", "#,##0", "#,##0.######", "0.######", "¥#,##0.00", "[$¥-804]#,##0.00", "0_ "),
    *("#,##0.00_);[Red](#,##0.00)", "0.00;[Red]0.00", "0.00E+00", "[DBNum1]0", "00000"),
    *("[Red][<0]0;0", "# ##0.00", r"#\ ##0"),
]


@given(st.sampled_from(PLAIN), st.decimals(min_value=0, max_value=10**12, places=6))
def test_a_plain_format_shows_the_figure_that_stands_there(code: str, number: Decimal) -> None:
    assert shows_plain_number(code)
    digits = Decimal(format_number(code, number).strip("¥ ").replace(",", "").replace(" ", ""))
    assert abs(digits - number) <= Decimal("0.5")


@pytest.mark.parametrize(
    "code",
    [
        *("0%", "0,", "0,,", "0.0,", "#", ".00", ";;;", "0;-0;", '"√"', "aaaa", "yyyy", "h:mm", "[h]:mm", "0!.0"),
        *(r"0\.0", '0"."0', '0"000"', '0"万"', "0万", "0k", '"约"0', "0;0%"),
    ],
)
def test_a_format_that_may_show_another_figure_is_not_plain(code: str) -> None:
    assert not shows_plain_number(code)


@given(st.text(alphabet='0#?.,%;@"\\!_*[]$-/EeGymdhsa年> ', max_size=12), st.decimals(-(10**9), 10**9, places=3))
def test_whatever_stands_in_a_format_shows_something(code: str, number: Decimal) -> None:
    assert isinstance(format_number(code, number), str)
    assert isinstance(format_text(code, "√"), str)
    assert isinstance(shows_plain_number(code), bool)
