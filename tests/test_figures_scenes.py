"""应用场景, worked out by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from small_batch import printed, rows, small_batch, table_of
from smebatch.report.document import ChartRow
from smebatch.report.section_scenes import NOT_APPLICABLE, coverage_frame, coverage_sheet, scene_frame, scene_sheet
from smebatch.report.words import MISSING, TOTAL


def ret(district: str | None, *scenes: int) -> dict[str, Any]:
    """A return with the levels of its three scenes."""
    return {"district": district, **{f"s{i:02d}": level for i, level in enumerate(scenes, 1)}}


# s01: 3 2 0 1 2 0 3 1; s02: 0 0 0 0 1 0 0 3; s03: 2 2 2 1 2 2 2 3
EIGHT = small_batch(
    ret("西", 3, 0, 2),
    ret("南", 2, 0, 2),
    ret(None, 0, 0, 2),
    ret("东", 1, 0, 1),
    ret("西", 2, 1, 2),
    ret("东", 0, 0, 2),
    ret(None, 3, 0, 2),
    ret(None, 1, 3, 3),
)


def test_scenes_with_their_levels_coverage_and_mean_level() -> None:
    # 设计: 2 × 0, 2 × 1, 2 × 2, 2 × 3: at 1 or above 6, 2: 4, 3: 2; mean (2 + 2×2 + 2×3)/8 = 12/8
    # 采购: 6 × 0, 1 × 1, 0 × 2, 1 × 3: 2, 1, 1; mean (1 + 3)/8
    # 生产: 0 × 0, 1 × 1, 6 × 2, 1 × 3: 8, 7, 1; mean (1 + 12 + 3)/8
    assert printed(table_of(scene_sheet(EIGHT), "scenes")) == [
        ("name", NOT_APPLICABLE, "level_0", "level_1", "level_2", "level_3", "cover_1", "cover_2", "cover_3", "mean"),
        ("设计*", 0, 2, 2, 2, 2, 6 / 8, 4 / 8, 2 / 8, 12 / 8),
        ("采购", 0, 6, 1, 0, 1, 2 / 8, 1 / 8, 1 / 8, 4 / 8),
        ("生产*", 0, 0, 1, 6, 1, 8 / 8, 7 / 8, 1 / 8, 16 / 8),
    ]


def test_not_applicable_is_told_apart_from_not_reached() -> None:
    # Of the six without a level of 采购, two say that it does not apply. One says so of 设计, which stands at 3 there.
    said = pd.DataFrame(False, index=EIGHT.scores.index, columns=["s01", "s02", "s03"])
    said.loc[["f1", "f2"], "s02"] = True
    said.loc["f0", "s01"] = True
    table = table_of(scene_sheet(dataclasses.replace(EIGHT, not_applicable=said)), "scenes")
    keys = (NOT_APPLICABLE, "level_0", "level_1", "level_2", "level_3", "cover_1", "mean")
    assert rows(table.frame, *keys) == [
        (0, 2, 2, 2, 2, 6 / 8, 12 / 8),
        (2, 4, 1, 0, 1, 2 / 8, 4 / 8),
        (0, 0, 1, 6, 1, 8 / 8, 16 / 8),
    ]


def test_subtotals_by_group_then_binding_and_guiding_scenes() -> None:
    # 设计 and 生产 are binding: 2 + 0, 2 + 1, 2 + 6, 2 + 1 of 16; 采购 is not. The one group has all three.
    table = table_of(scene_sheet(EIGHT), "scene_groups")
    whole = (0, 8, 4, 8, 4, 16 / 24, 12 / 24, 4 / 24, 32 / 24)
    assert printed(table)[1:] == [
        ("全部（3 个场景）", *whole),
        ("约束性场景（2 个场景）", 0, 2, 3, 8, 3, 14 / 16, 11 / 16, 3 / 16, 28 / 16),
        ("指导性场景（1 个场景）", 0, 6, 1, 0, 1, 2 / 8, 1 / 8, 1 / 8, 4 / 8),
        (f"{TOTAL}（3 个场景）", *whole),
    ]
    assert table.total
    assert [c.title for c in table.columns] == [c.title for c in table_of(scene_sheet(EIGHT), "scenes").columns]


def test_columns_are_named_by_the_levels() -> None:
    titles = [column.title for column in table_of(scene_sheet(EIGHT), "scenes").columns]
    assert titles[1:6] == ["不适用", "未达", "铜", "银", "金"]
    assert [title.split("覆盖")[0] for title in titles[6:9]] == ["≥铜", "≥银", "≥金"]
    assert [c.title for c in table_of(coverage_sheet(EIGHT), "coverage").columns][2:-1] == ["设计*", "采购", "生产*"]


def test_districts_with_most_returns_first_equal_ones_by_name_and_blanks_last() -> None:
    # At 银 or above: 东 2 returns: none, none, 1; 西 2: 2, 0, 2; 南 1: 1, 0, 1; 未填 3: 1, 1, 3. In all 4, 1, 7 of 8.
    table = table_of(coverage_sheet(EIGHT), "coverage")
    assert printed(table) == [
        ("group", "n", "s01", "s02", "s03", "note"),
        ("东", 2, 0, 0, 1 / 2, "小样本"),
        ("西", 2, 2 / 2, 0, 2 / 2, "小样本"),
        ("南", 1, 1, 0, 1, "小样本"),
        (MISSING, 3, 1 / 3, 1 / 3, 3 / 3, "小样本"),
        (TOTAL, 8, 4 / 8, 1 / 8, 7 / 8, ""),
    ]
    assert table.total
    assert table.heat == ("s01", "s02", "s03")


def test_coverage_of_another_level() -> None:
    # At 金: 东 none; 西 s01 of one of two; 南 none; 未填 one of three each.
    assert rows(coverage_frame(EIGHT, 3), "group", "s01", "s02", "s03") == [
        ("东", 0, 0, 0),
        ("西", 1 / 2, 0, 0),
        ("南", 0, 0, 0),
        (MISSING, 1 / 3, 1 / 3, 1 / 3),
        (TOTAL, 2 / 8, 1 / 8, 1 / 8),
    ]


def test_without_returns_there_are_no_shares() -> None:
    nothing = small_batch()
    assert rows(scene_frame(nothing)) == [
        (name, 0, 0, 0, 0, 0, None, None, None, None) for name in ("设计*", "采购", "生产*")
    ]
    assert rows(coverage_frame(nothing, 2)) == [(TOTAL, 0, None, None, None, "")]


def test_the_chart_shows_the_levels_from_none_up() -> None:
    charts = [chart for block in scene_sheet(EIGHT).blocks if isinstance(block, ChartRow) for chart in block.charts]
    assert [(c.table, c.values) for c in charts] == [("scenes", ("level_0", "level_1", "level_2", "level_3"))]
