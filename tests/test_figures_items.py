"""维度与采集项, worked out by hand."""

from __future__ import annotations

from small_batch import printed, rows, small_batch, table_of
from smebatch.report.document import Format
from smebatch.report.section_items import item_sheet, rate_frame

# Units by question; full marks are 120, 120, 180, 180. A point is 6 units.
FIVE = small_batch(
    {"q01": 120, "q02": 120, "q03": 0, "q04": 180},
    {"q01": 120, "q02": 80, "q03": 0, "q04": 45},
    {"q01": 120, "q02": 80, "q03": 0, "q04": 45},
    {"q01": 0, "q02": 40, "q03": 90, "q04": 90},
    {"q01": 0, "q02": 40, "q03": 180, "q04": 50},
)
HEADER = ("dimension", "indicator", "item", "full", "mean", "rate", "zero", "zero_share", "top", "top_share")


def test_items_weakest_first_and_equal_ones_in_the_editions_order() -> None:
    # q03: 0+0+0+90+180 = 270 of 5×180: 30%, mean 270/5/6 = 9 points
    # q04: 180+45+45+90+50 = 410 of 900, mean 410/5/6 = 13.666…
    # q01: 120+120+120+0+0 = 360 of 600 and q02: 120+80+80+40+40 = 360 of 600: both 60%, mean 12
    assert printed(table_of(item_sheet(FIVE), "item_rates")) == [
        HEADER,
        ("成效", "质量", "题3 丙", 30, 9, 270 / 900, 3, 3 / 5, 1, 1 / 5),
        ("成效", "效益", "题4 丁", 30, 13.67, 410 / 900, 0, 0, 1, 1 / 5),
        ("基础", "设备", "题1 甲", 20, 12, 360 / 600, 2, 2 / 5, 3, 3 / 5),
        ("基础", "设备", "题2 乙", 20, 12, 360 / 600, 0, 0, 1, 1 / 5),
    ]


def test_indicators_are_sums_of_their_items() -> None:
    # 设备 = q01 + q02: 240, 200, 200, 40, 40 = 720 of 5×240, mean 24; one of them has both in full, none neither
    assert printed(table_of(item_sheet(FIVE), "indicator_rates")) == [
        HEADER,
        ("成效", "质量", "", 30, 9, 270 / 900, 3, 3 / 5, 1, 1 / 5),
        ("成效", "效益", "", 30, 13.67, 410 / 900, 0, 0, 1, 1 / 5),
        ("基础", "设备", "", 40, 24, 720 / 1200, 0, 0, 1, 1 / 5),
    ]


def test_dimensions_are_sums_of_their_items() -> None:
    # 成效 = q03 + q04: 180, 45, 45, 180, 230 = 680 of 5×360, mean 680/5/6 = 22.666…
    assert printed(table_of(item_sheet(FIVE), "dimension_rates")) == [
        HEADER,
        ("成效", "", "", 60, 22.67, 680 / 1800, 0, 0, 0, 0),
        ("基础", "", "", 40, 24, 720 / 1200, 0, 0, 1, 1 / 5),
    ]


def test_without_returns_only_the_full_marks_are_known() -> None:
    frame = rate_frame(small_batch(), {"gear": ["q01", "q02"], "q04": ["q04"]})
    assert rows(frame) == [("gear", 40, None, None, 0, None, 0, None), ("q04", 30, None, None, 0, None, 0, None)]


def test_shares_and_rates_are_printed_as_percents_and_the_sheet_stands_upright() -> None:
    sheet = item_sheet(FIVE)
    (rates,) = {table_of(sheet, name).columns for name in ("dimension_rates", "indicator_rates", "item_rates")}
    formats = {column.key: column.format for column in rates}
    assert {key for key, form in formats.items() if form is Format.PERCENT} == {"rate", "zero_share", "top_share"}
    assert {key for key, form in formats.items() if form is Format.POINTS} == {"full", "mean"}
    assert {key for key, form in formats.items() if form is Format.COUNT} == {"zero", "top"}
    assert not sheet.landscape
