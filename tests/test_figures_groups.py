"""分区县, 分行业 and 分规模, worked out by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from small_batch import figures, printed, rows, small_batch, table_of
from smebatch.batch.load import ReportData, ReportOptions
from smebatch.report import section_groups as groups
from smebatch.report.chapter import pick
from smebatch.report.document import ChartRow, Format, Table
from smebatch.report.sections import report_sheets
from smebatch.report.words import MISSING, TOTAL
from smebatch.settings.model import Report
from smebatch.standard.loader import load_edition


def ret(district: str | None, base: int, outcome: int, level: int) -> dict[str, Any]:
    """A return with its units by dimension: base of 240, outcome of 360."""
    return {"district": district, "base": base, "outcome": outcome, "score_units": base + outcome, "level": level}


RANK_ALL = ReportOptions(small_group=1)

# In units, 6 a point:  base                         outcome                       score
# 南 (2)   60+180 = 240              240+240 = 480               720: mean 360 = 60 points
# 未填 (2) 240+0 = 240               359+2 = 361                 601: mean 300.5 = 50.083…
# 西 (4)   30+60+150+240 = 480       210+300+210+240 = 960       1440: mean 360 = 60, as 南
# 东 (5)   240+240+120+120+241 = 961 360+300+240+240+300 = 1440  2401: mean 480.2 = 80.033…
# 北 (1)   40                        60                          100 = 16.666…
# In all 14: base 1961, outcome 3301, score 5262: mean 375.857… = 62.642…
DISTRICTS = small_batch(
    ret("南", 60, 240, 1),
    ret(None, 240, 359, 3),
    ret("西", 30, 210, 0),
    ret("西", 60, 300, 1),
    ret("东", 240, 360, 3),
    ret("东", 240, 300, 2),
    ret("北", 40, 60, 0),
    ret("西", 150, 210, 2),
    ret("东", 120, 240, 1),
    ret("东", 120, 240, 1),
    ret("南", 180, 240, 2),
    ret(None, 0, 2, 0),
    ret("西", 240, 240, 2),
    ret("东", 241, 300, 2),
    options=ReportOptions(small_group=2),
)


def test_districts_by_rank_with_levels_shares_means_and_rates() -> None:
    # 南 and 西 share the second rank, 南 (U+5357) before 西 (U+897F) by name. 北 is one return: small, and without a
    # rank, as 未填, which comes last. One return changed lets 南 rise to (720 - 300 + 600)/2 = 510 above the
    # 480.2 of 东; 西 rises to (1440 - 240 + 600)/4 = 450 only, and 东 falls to (2401 - 600)/5 = 360.2, not below 360.
    table = table_of(groups.district_sheet(DISTRICTS), "district")
    counts = ("group", "n", "level_0", "level_1", "level_2", "level_3")
    assert rows(table.frame, *counts) == [
        ("东", 5, 0, 2, 2, 1),
        ("南", 2, 0, 1, 1, 0),
        ("西", 4, 1, 1, 2, 0),
        ("北", 1, 1, 0, 0, 0),
        (MISSING, 2, 1, 0, 0, 1),
        (TOTAL, 14, 3, 4, 5, 2),
    ]
    assert rows(table.frame, "share_0", "share_1", "share_2", "share_3", "reach_share_2", "reach_share_3") == [
        (0, 2 / 5, 2 / 5, 1 / 5, 3 / 5, 1 / 5),
        (0, 1 / 2, 1 / 2, 0, 1 / 2, 0),
        (1 / 4, 1 / 4, 2 / 4, 0, 2 / 4, 0),
        (1, 0, 0, 0, 0, 0),
        (1 / 2, 0, 0, 1 / 2, 1 / 2, 1 / 2),
        (3 / 14, 4 / 14, 5 / 14, 2 / 14, 7 / 14, 2 / 14),
    ]
    assert rows(table.frame, "mean", "rank", "swap", "rate_base", "rate_outcome", "note") == [
        (80.03, 1, "2", 961 / (5 * 240), 1440 / (5 * 360), ""),
        (60, 2, "1", 240 / (2 * 240), 480 / (2 * 360), ""),
        (60, 2, "", 480 / (4 * 240), 960 / (4 * 360), ""),
        (16.67, None, "", 40 / 240, 60 / 360, "小样本"),
        (50.08, None, "", 240 / (2 * 240), 361 / (2 * 360), ""),
        (62.64, None, "", 1961 / (14 * 240), 3301 / (14 * 360), ""),
    ]
    assert rows(table.frame, "reach_2", "reach_3") == [(3, 1), (1, 0), (2, 0), (0, 0), (1, 1), (7, 2)]
    figures = ("mean", "rank", "swap", "reach_share_2", "reach_share_3", "rate_base", "rate_outcome")
    assert printed(table)[0] == ("group", "n", *figures, "note")
    assert table.total
    assert rows(table.frame, "label")[0] == ("东（n=5）",)
    assert len(table.all_notes) == 2  # what 小样本 and the ranks that may be swapped are
    levels = table_of(groups.district_sheet(DISTRICTS), "district_levels")
    assert printed(levels)[0] == (*counts, "share_0", "share_1", "share_2", "share_3", "note")
    assert levels.frame.equals(table.frame)
    assert len(levels.all_notes) == 1


def test_a_note_goes_with_its_column() -> None:
    table = table_of(groups.district_sheet(DISTRICTS), "district")
    assert "互换" in "".join(table.all_notes)
    assert "互换" not in "".join(pick(table, ("group", "n", "mean", "rank", "note")).all_notes)
    assert pick(table, ("group", "n", "mean")).all_notes == ()


def test_districts_by_the_share_have_ranks_of_their_own() -> None:
    # At level 2 or above: 东 3 of 5, 西 2 of 4, 南 1 of 2, which share a rank; 北 none of 1 is small, 未填 1 of 2.
    table = table_of(groups.district_sheet(DISTRICTS), "district_shares")
    assert rows(table.frame, "group", "n", "reach", "share", "rank", "note") == [
        ("东", 5, 3, 3 / 5, 1, ""),
        ("南", 2, 1, 1 / 2, 2, ""),
        ("西", 4, 2, 2 / 4, 2, ""),
        ("北", 1, 0, 0, None, "小样本"),
        (MISSING, 2, 1, 1 / 2, None, ""),
        (TOTAL, 14, 7, 7 / 14, None, ""),
    ]


def test_small_groups_stand_behind_those_with_a_rank_whatever_their_mean() -> None:
    # 北 100 points and 南 50 are one return each, 东 10, 西 20; 未填, the best of all, is last.
    b = small_batch(
        *(ret("东", 0, 60, 0) for _ in range(5)),
        *(ret("西", 0, 120, 0) for _ in range(6)),
        *(ret(None, 0, 600, 3) for _ in range(7)),
        ret("南", 0, 300, 2),
        ret("北", 0, 600, 3),
    )
    sheet = groups.district_sheet(b)
    assert rows(table_of(sheet, "district").frame, "group", "rank", "note")[:-1] == [
        ("西", 1, ""),
        ("东", 2, ""),
        ("北", None, "小样本"),
        ("南", None, "小样本"),
        (MISSING, None, ""),
    ]
    assert table_of(sheet, "district_spread").frame["group"].tolist()[:-1] == ["西", "东", "北", "南", MISSING]


def test_rank_is_by_the_exact_mean_not_by_the_one_shown() -> None:
    # 东 (2×300 + 301)/3/6 = 50.0555…, 北 (34×300 + 21×301)/55/6 = 50.0636…: both are shown as 50.06, but 北 is before
    # 东; 西 (300 + 301)/2/6 = 50.0833…
    b = small_batch(
        *(ret("东", 0, units, 1) for units in (300, 300, 301)),
        *(ret("北", 0, units, 1) for units in (*[300] * 34, *[301] * 21)),
        *(ret("西", 0, units, 1) for units in (300, 301)),
    )
    frame = table_of(groups.district_sheet(dataclasses.replace(b, options=RANK_ALL)), "district").frame
    assert rows(frame, "group", "mean", "rank")[:3] == [("西", 50.08, 1), ("北", 50.06, 2), ("东", 50.06, 3)]


def test_five_returns_are_no_small_group_and_four_are() -> None:
    b = small_batch(*[ret("东", 0, 2, 0)] * 5, *[ret("西", 0, 1, 0)] * 4)
    frame = groups.group_frame(b, b.enterprises["district"])
    assert rows(frame, "group", "n", "note") == [("东", 5, ""), ("西", 4, "小样本"), (TOTAL, 9, "")]


def test_groups_keep_the_forms_order_whatever_their_means() -> None:
    # The form lists 大型 中型 小型 微型; what it does not list comes after by name, blanks last.
    sizes = {"微型": 600, "别的": 590, "小型": 480, None: 120, "中型": 60, "一般": 0}
    b = small_batch(*({"size": size, "score_units": units} for size, units in sizes.items()), options=RANK_ALL)
    assert rows(table_of(groups.size_sheet(b), "size").frame, "group", "mean", "rank") == [
        ("中型", 10, 4),
        ("小型", 80, 3),
        ("微型", 100, 1),
        ("一般", 0, 5),
        ("别的", 98.33, 2),
        (MISSING, 20, None),
        (TOTAL, 51.39, None),  # 1850/6/6
    ]


def test_sums_stand_in_the_order_of_appearance() -> None:
    b = small_batch(ret("西", 1, 2, 3), ret("东", 3, 4, 1), ret("西", 5, 6, 0))
    keys = (
        "n",
        "units",
        "units_base",
        "units_outcome",
        "level_0",
        "level_1",
        "level_3",
        "reach_0",
        "reach_1",
        "reach_3",
    )
    sums = groups.group_sums(b, b.enterprises["district"])
    assert list(sums.index) == ["西", "东"]
    assert rows(sums, *keys) == [(2, 14, 6, 8, 1, 0, 1, 2, 1, 1), (1, 7, 3, 4, 0, 1, 0, 1, 1, 0)]


def test_each_kind_of_enterprise_has_a_table_of_its_own() -> None:
    b = small_batch(
        {"size": "小型", "above_scale": "否", "specialised": "专精特新中小企业", "score_units": 60},
        {"size": "小型", "above_scale": "是", "specialised": "无", "score_units": 120},
        {"size": "中型", "above_scale": "否", "specialised": "创新型中小企业", "score_units": 600},
    )
    sheet = groups.size_sheet(b)
    names = {
        name: rows(table_of(sheet, name).frame, "group", "n", "mean") for name in ("size", "above_scale", "specialised")
    }
    labels = {field.key: field.label for field in b.edition.fields}
    for name in names:
        table = table_of(sheet, name)
        assert table.title == table.columns[0].title == labels[name]
    assert names == {
        "size": [("中型", 1, 100), ("小型", 2, 15), (TOTAL, 3, 43.33)],
        "above_scale": [("是", 1, 20), ("否", 2, 55), (TOTAL, 3, 43.33)],
        "specialised": [
            ("无", 1, 20),
            ("创新型中小企业", 1, 100),
            ("专精特新中小企业", 1, 10),
            (TOTAL, 3, 43.33),
        ],
    }


def test_industries_by_rank_and_codes_of_one_division_together() -> None:
    # C33: (600 + 0)/2 = 300 = 50 points, blanks about a code are nothing; C39: 420 = 70; 不详 and a blank are no
    # division: (60 + 0)/2 = 30 = 5 points.
    codes = {"C3391": 600, " 3311 ": 0, "C39": 420, "不详": 60, None: 0}
    b = small_batch(*({"industry_code": code, "score_units": units} for code, units in codes.items()), options=RANK_ALL)
    assert rows(table_of(groups.industry_sheet(b), "industry").frame, "group", "n", "mean", "rank") == [
        ("C39 计算机、通信和其他电子设备制造业", 1, 70, 1),
        ("C33 金属制品业", 2, 50, 2),
        (MISSING, 2, 5, None),
        (TOTAL, 5, 36, None),
    ]


def test_without_returns_there_is_only_a_whole_of_nothing() -> None:
    frame = table_of(groups.district_sheet(small_batch()), "district").frame
    assert rows(frame, "group", "n", "level_0", "share_0", "mean", "rate_base", "reach_share_2", "rank", "note") == [
        (TOTAL, 0, 0, None, None, None, None, None, "")
    ]


def test_full_marks_of_questions_and_dimensions() -> None:
    # q01 2 × 60, q02 3 × 40, q03 2 × 90, q04 4 × 45
    assert groups.full_mark_units(small_batch().edition) == {
        "q01": 120,
        "q02": 120,
        "q03": 180,
        "q04": 180,
        "base": 240,
        "outcome": 360,
    }


def test_charts_show_the_mean_the_share_that_has_reached_the_goal_and_the_spread() -> None:
    sheets = (groups.district_sheet(DISTRICTS), groups.industry_sheet(DISTRICTS), groups.size_sheet(DISTRICTS))
    shown = [
        (chart.table, chart.kind, chart.values[0])
        for sheet in sheets
        for block in sheet.blocks
        if isinstance(block, ChartRow)
        for chart in block.charts
    ]
    assert shown == [
        (table, kind, values)
        for name in ("district", "industry", "size")
        for table, kind, values in (
            (name, "column", "mean"),
            (name, "column", "reach_share_2"),
            (f"{name}_spread", "box", "q1"),
        )
    ]


def test_many_groups_and_long_names_lie() -> None:
    many = small_batch(*({"district": f"区{i}"} for i in range(13)))
    long = small_batch({"district": "一个名称很长的街道办事处"})
    for b in (many, long):
        (charts, *_) = groups.district_sheet(b).blocks
        assert isinstance(charts, ChartRow)
        assert {chart.kind for chart in charts.charts} == {"bar"}


def test_radars_show_a_few_groups_each_but_none_of_small_ones_alone() -> None:
    # Nine districts of two returns are ranked, four of one are small: of the four charts the last has only small ones.
    sizes = {f"大{i}": 2 for i in range(9)} | {f"小{i}": 1 for i in range(5)}
    dimensions = [dimension.id for dimension in load_edition("2024").dimensions]
    nothing = dict.fromkeys(("assessment_kind", "phase"))
    b = small_batch(
        *(
            nothing | {"district": name, **dict.fromkeys(dimensions, 112)}
            for name, n in sizes.items()
            for _ in range(n)
        ),
        edition=load_edition("2024"),
        options=ReportOptions(small_group=2),
    )
    charts = [c for block in groups.district_sheet(b).blocks if isinstance(block, ChartRow) for c in block.charts]
    radars = [(c.first, c.limit, c.faint, c.top) for c in charts if c.kind == "radar"]
    # 112 of 30 × 56 units are 7 %, of 20 × 56 10 %: a quarter of the full marks has room for all.
    assert radars == [(0, 4, "note", 0.25), (4, 4, "note", 0.25), (8, 4, "note", 0.25)]
    assert {c.values for c in charts if c.kind == "radar"} == {tuple(f"rate_{d}" for d in dimensions)}


# --- further columns


def grouped(*names: str, **columns: Sequence[str | None]) -> ReportData:
    """Three returns of 0, 60 and 120 units, of which further columns are given."""
    b = small_batch(*({"score_units": units} for units in (0, 60, 120)))
    further = pd.DataFrame(columns, index=b.enterprises.index, dtype="str")
    return dataclasses.replace(b, columns=further, options=ReportOptions(report=Report(group_by=names)))


def test_any_column_groups_as_districts_do() -> None:
    b = grouped("服务商", 服务商=["乙", "乙", None])
    (sheet,) = groups.chosen_group_sheets(b)
    assert sheet.name == "按服务商"
    table = table_of(sheet, "group_1")
    assert rows(table.frame, "group", "n", "mean") == [("乙", 2, 5), (MISSING, 1, 20), (TOTAL, 3, 10)]
    same = dataclasses.replace(
        b, enterprises=b.enterprises.assign(district=pd.Series(["乙", "乙", None], b.enterprises.index))
    )
    assert table.frame.equals(table_of(groups.district_sheet(same), "district").frame)
    districts = groups.district_sheet(same)
    assert [type(block) for block in sheet.blocks] == [type(block) for block in districts.blocks[:-1]]


@pytest.mark.parametrize("name", ["size", "企业规模"])
def test_a_column_of_the_form_is_named_by_its_label_and_keeps_its_order(name: str) -> None:
    (sheet,) = groups.chosen_group_sheets(grouped(name, **{name: ["小型", "微型", "中型"]}))
    assert sheet.name == "按企业规模"
    assert table_of(sheet, "group_1").frame["group"].tolist() == ["中型", "小型", "微型", TOTAL]


def test_a_column_that_the_options_name_must_have_been_loaded() -> None:
    with pytest.raises(ValueError, match="columns"):
        groups.chosen_group_sheets(dataclasses.replace(grouped("服务商", 服务商=["乙"] * 3), columns=None))


def test_only_the_returns_of_the_report_are_grouped() -> None:
    b = grouped("服务商", 服务商=["乙", "乙", "丙"])
    part = dataclasses.replace(b, enterprises=b.enterprises.iloc[1:], scores=b.scores.iloc[1:])
    (sheet,) = groups.chosen_group_sheets(part)
    assert rows(table_of(sheet, "group_1").frame, "group", "n") == [("丙", 1), ("乙", 1), (TOTAL, 2)]


def test_a_column_of_too_many_values_is_no_grouping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_GROUPS", 2)
    (sheet,) = groups.chosen_group_sheets(grouped("名称", 名称=["子", "丑", "寅"]))
    (table,) = sheet.blocks
    assert isinstance(table, Table)
    assert rows(table.frame, "group", "n", "mean") == [(TOTAL, 3, 10)]
    assert [figures(note) for note in table.notes] == [["3", "2"]]


def test_columns_that_would_name_one_sheet_have_two() -> None:
    names = ("甲/乙", "甲?乙", "长" * 60)
    sheets = report_sheets(grouped(*names, **{name: ["子", "丑", "子"] for name in names}))
    mine = [sheet.name for sheet in sheets if sheet.name.startswith("按")]
    assert mine == ["按甲 乙", "按甲 乙(2)", "按" + "长" * 29 + "…"]


def test_shares_and_rates_are_printed_as_percents_and_ranks_as_ordinals() -> None:
    sheet = groups.district_sheet(DISTRICTS)
    formats = {c.key: c.format for name in ("district", "district_levels") for c in table_of(sheet, name).columns}
    percents = {key for key, form in formats.items() if form is Format.PERCENT}
    assert percents == {key for key in formats if "share" in key or "rate" in key}
    assert {formats[key] for key in ("n", "level_0", "level_3")} == {Format.COUNT}
    assert (formats["mean"], formats["rank"]) == (Format.POINTS, Format.ORDINAL)
