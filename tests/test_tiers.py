"""Tiers by cut-offs, exact to the unit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from small_batch import printed, rows, small_batch, table_of
from smebatch.batch.load import ReportData, ReportOptions
from smebatch.report import tiers
from smebatch.report.document import Chart, ChartRow, ReportSheet
from smebatch.report.section_groups import district_sheet
from smebatch.report.section_pictures import tier_sheet
from smebatch.report.words import MISSING, TOTAL
from smebatch.settings.model import Report, Tier

TIERS = (Tier("甲等", Fraction(60)), Tier("乙等", Fraction("40.01")))


def batch_of(*returns: tuple[str | None, int], cuts: tuple[Tier, ...] = TIERS, small: int = 1) -> ReportData:
    """Returns by district and units, of which a point has six."""
    given: list[dict[str, Any]] = [{"district": district, "score_units": units} for district, units in returns]
    return small_batch(*given, options=ReportOptions(small_group=small, report=Report(tiers=cuts)))


def chart_of(sheet: ReportSheet | None) -> Chart:
    assert sheet is not None
    (chart,) = [chart for block in sheet.blocks if isinstance(block, ChartRow) for chart in block.charts]
    return chart


def test_cut_offs_are_compared_exactly() -> None:
    # 60 points are 360 units; 40.01 points are 240.06, which 240 do not reach and 241 do.
    batch = batch_of(*(("东", units) for units in (359, 360, 361, 240, 241, 0, 600)))
    assert tiers.cut_offs(batch) == [360, 241]
    assert tiers.tier_numbers(batch).tolist() == [1, 0, 0, 2, 1, 2, 0]


def test_a_cut_off_within_a_unit_is_reached_by_the_next_one() -> None:
    # 0.0001 points are 0.0006 units: 0 does not reach them, 1 does.
    batch = batch_of(("东", 0), ("东", 1), cuts=(Tier("有分", Fraction("0.0001")),))
    assert tiers.tier_numbers(batch).tolist() == [1, 0]
    assert tiers.tier_names(batch) == ["有分 ≥0.0001分", "其余 <0.0001分"]


def test_the_sheet_prints_the_cut_offs_and_every_district() -> None:
    batch = batch_of(("东", 360), ("东", 0), (None, 600), ("西", 300), ("西", 300), ("西", 10), small=3)
    sheet = tier_sheet(batch)
    assert rows(table_of(sheet, "tiers").frame) == [
        ("甲等 ≥60分", 2, 2 / 6),
        ("乙等 ≥40.01分", 2, 2 / 6),
        ("其余 <40.01分", 2, 2 / 6),
        (TOTAL, 6, 1),
    ]
    table = table_of(sheet, "district_tiers")
    assert printed(table) == [
        ("group", "n", "tier_1", "tier_2", "tier_rest", "share_tier_1", "share_tier_2", "share_tier_rest", "note"),
        ("西", 3, 0, 2, 1, 0, 2 / 3, 1 / 3, ""),
        ("东", 2, 1, 0, 1, 1 / 2, 0, 1 / 2, "小样本"),
        (MISSING, 1, 1, 0, 0, 1, 0, 0, "小样本"),
        (TOTAL, 6, 2, 2, 2, 2 / 6, 2 / 6, 2 / 6, ""),
    ]
    assert [column.title for column in table.columns][2:5] == tiers.tier_names(batch)
    chart = chart_of(sheet)
    assert (chart.kind, chart.table, chart.faint) == ("stacked_bar", "district_tiers", "note")
    assert chart.values == ("share_tier_1", "share_tier_2", "share_tier_rest")


def test_tables_of_groups_count_the_tiers_as_well() -> None:
    # A district called 合计 is no total.
    batch = batch_of((TOTAL, 360), ("东", 0), ("东", 300))
    table = table_of(district_sheet(batch), "district_spread")
    assert rows(table.frame, "group", "n", "tier_1", "tier_2", "tier_rest") == [
        (TOTAL, 1, 1, 0, 0),
        ("东", 2, 0, 1, 1),
        (TOTAL, 3, 1, 1, 1),
    ]
    assert [column.key for column in table.columns][-4:] == ["tier_1", "tier_2", "tier_rest", "note"]


def test_without_tiers_there_is_no_sheet_and_no_column() -> None:
    batch = small_batch({"district": "东"})
    assert tier_sheet(batch) is None
    assert "tier_rest" not in table_of(district_sheet(batch), "district_spread").frame


def test_without_returns_tiers_are_empty() -> None:
    sheet = tier_sheet(batch_of())
    assert rows(table_of(sheet, "tiers").frame, "n", "share") == [(0, None)] * 4
    assert rows(table_of(sheet, "district_tiers").frame, "group", "n", "tier_1") == [(TOTAL, 0, 0)]
