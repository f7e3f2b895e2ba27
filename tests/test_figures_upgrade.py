"""升级分析, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from report_data import tiny_edition
from small_batch import printed, rows, small_batch, table_of
from smebatch.assess.ways.upgrades import lever_keys
from smebatch.batch.load import ReportData
from smebatch.report.districts import by_district
from smebatch.report.document import ChartRow, ReportSentence, Stated
from smebatch.report.section_levers import lever_sheet
from smebatch.report.section_upgrade import (
    blocked_frame,
    blocked_keys,
    limits_frame,
    near_sheet,
    upgrade_sheet,
    way_sheet,
)
from smebatch.report.words import MISSING, TOTAL

KEYS = ("score", "scenes", "binding", "score+scenes", "score+binding", "scenes+binding", "score+scenes+binding")

# --- what keeps returns from the next level


def test_reasons_by_next_level_in_whatever_order_the_conditions_are_named() -> None:
    # Below 铜: score twice, both orders of score and scenes, binding: 5. Below 银: all three once, scenes and binding
    # twice: 3. Below 金: scenes: 1. At the top nothing is missing: two returns that stand nowhere. A blank is nothing.
    blocked = {
        0: ("score", "scenes+score", "binding", "score+scenes", "score"),
        1: ("binding+scenes", "binding+score+scenes", "scenes+binding"),
        2: ("scenes",),
        3: ("", None),
    }
    b = small_batch(*({"level": level, "blocked_by": by} for level, all_ in blocked.items() for by in all_))
    assert blocked_keys(b.edition) == KEYS
    assert rows(blocked_frame(b), "target", "name", "n", *KEYS) == [
        (1, "铜", 5, 2, 0, 1, 2, 0, 0, 0),
        (2, "银", 3, 0, 0, 0, 0, 0, 2, 1),
        (3, "金", 1, 0, 1, 0, 0, 0, 0, 0),
        (None, TOTAL, 9, 2, 1, 1, 2, 0, 2, 1),
    ]
    table = table_of(upgrade_sheet(b), "blocked")
    assert printed(table)[0] == ("name", "n", *KEYS)
    assert table.total


def test_one_reason_alone_is_called_the_only_one() -> None:
    titles = [column.title for column in table_of(upgrade_sheet(small_batch()), "blocked").columns][2:]
    assert [title.startswith("仅") for title in titles] == [True] * 3 + [False] * 4


def test_levels_by_score_and_by_scenes() -> None:
    # score, scenes: (0, 0), (0, 2) twice, (1, 0), (2, 1) three times, (3, 3)
    pairs = [(0, 2), (2, 1), (0, 0), (2, 1), (3, 3), (1, 0), (0, 2), (2, 1)]
    b = small_batch(*({"score_level": score, "scene_level": scenes} for score, scenes in pairs))
    table = table_of(upgrade_sheet(b), "limits")
    assert printed(table) == [
        ("name", "scenes_0", "scenes_1", "scenes_2", "scenes_3", "n"),
        ("未评", 1, 0, 2, 0, 3),
        ("铜", 1, 0, 0, 0, 1),
        ("银", 0, 3, 0, 0, 3),
        ("金", 0, 0, 0, 1, 1),
        (TOTAL, 2, 3, 2, 1, 8),
    ]
    none, *others = [column.title for column in table.columns][1:5]
    assert {title.replace(name, "") for title, name in zip(others, ("铜", "银", "金"), strict=True)} == {"场景达到"}
    assert none == "场景未评"
    assert table.total
    assert rows(limits_frame(small_batch())) == [(name, 0, 0, 0, 0, 0) for name in ("未评", "铜", "银", "金", TOTAL)]


# --- how many steps, and what warnings cost


def with_ways(batch: ReportData, *ways: Mapping[str, object]) -> ReportData:
    """A batch whose returns have these ways; what is not stated is 0, and the level is the next one."""
    levels = batch.scores["level"].to_numpy()
    numbers = ["steps", "locked_steps", "detour", "forced", "barred", *lever_keys(batch.edition)]
    blank = dict.fromkeys(numbers, 0) | {"changes": ""}
    upgrades = pd.DataFrame([blank | dict(way) for way in ways], batch.scores.index, [*blank])
    upgrades = upgrades.astype(dict.fromkeys(numbers, "int64") | {"changes": "str"})
    upgrades.insert(0, "to_level", (levels + 1) * (levels < len(batch.edition.levels)))
    return replace(batch, upgrades=upgrades)


def test_how_many_steps_returns_are_from_the_next_level() -> None:
    # To 铜: 1, 1, 4, 5, 6 steps and none at all; to 银: 2 and 3, of which 1 is locked; to 金 nobody; one at the top.
    steps = [(0, 1), (0, 1), (0, 4), (0, 5), (0, 6), (0, 0), (1, 2), (1, 3), (3, 0)]
    b = with_ways(
        small_batch(*({"level": level} for level, _ in steps)),
        *({"steps": n, "locked_steps": int(n == 3)} for _, n in steps),
    )
    sheet = way_sheet(b)
    assert sheet
    table = table_of(sheet, "steps")
    assert printed(table) == [
        ("name", "n", "step_1", "step_2", "step_3", "few", "many", "none", "locked"),
        ("铜", 6, 2, 0, 0, 2, 1, 1, 0),
        ("银", 2, 0, 1, 1, 0, 0, 0, 1),
        ("金", 0, 0, 0, 0, 0, 0, 0, 0),
        (TOTAL, 8, 2, 1, 1, 2, 1, 1, 1),
    ]
    assert table.total
    assert isinstance(sheet.lead, ReportSentence)
    assert [part.text for part in sheet.lead.parts if isinstance(part, Stated)] == ["8", "2", "1", "1"]


def test_what_warnings_cost() -> None:
    # To 铜: two ways are 1 and 2 steps longer, one has locked steps for warnings; to 银 one has none for warnings.
    b = with_ways(
        small_batch(*({"level": level} for level in (0, 0, 0, 0, 1, 2, 3))),
        *({"steps": 3, "detour": 1}, {"steps": 4, "detour": 2}, {"steps": 2, "locked_steps": 1, "forced": 1}),
        *({"steps": 1}, {"barred": 1}, {"steps": 1}, {}),
    )
    sheet = way_sheet(b)
    assert sheet
    assert printed(table_of(sheet, "warning_costs"))[1:] == [
        ("铜", 4, 2, 3, 1, 0),
        ("银", 1, 0, 0, 0, 1),
        ("金", 1, 0, 0, 0, 0),
        (TOTAL, 6, 2, 3, 1, 1),
    ]


def test_without_ways_nothing_is_said_of_them() -> None:
    assert way_sheet(small_batch()) is None
    assert near_sheet(small_batch()) is None
    assert lever_sheet(small_batch()) is None


# --- who is near


def test_who_is_one_two_and_three_steps_below_by_name() -> None:
    # 40 units are 6.666… points. Four steps are no more listed, nor what has no way.
    b = with_ways(
        small_batch(
            {"level": 1, "points_missing": 40, "scenes_missing": 2, "binding_missing": 1, "name": "甲厂"}
            | {"uscc": "91A", "district": "东", "contact": "张三", "phone": "139"},
            {"level": 1, "name": "乙厂", "district": "西"},
            {"level": 1, "name": "丙厂", "district": "东"},
            {"level": 0, "name": "丁厂"},
            {"level": 0, "name": "戊厂"},
            {"level": 0, "name": "己厂"},
        ),
        *({"steps": 2, "changes": "q01+1;s03+1"}, {"steps": 1, "changes": "s01+1"}, {"steps": 2, "changes": "q02+2"}),
        *({"steps": 3, "changes": "s01+3"}, {"steps": 4}, {}),
    )
    sheet = near_sheet(b)
    assert sheet
    assert printed(table_of(sheet, "near")) == [
        (
            *("target_name", "steps", "name", "changes", "points", "scenes_missing", "binding_missing"),
            *("district", "uscc", "contact", "phone"),
        ),
        ("铜", 3, "丁厂", "场景1 设计* +3", 0, 0, 0, None, None, None, None),
        ("银", 1, "乙厂", "场景1 设计* +1", 0, 0, 0, "西", None, None, None),
        ("银", 2, "丙厂", "题2 乙 +2", 0, 0, 0, "东", None, None, None),
        ("银", 2, "甲厂", "题1 甲 +1；场景3 生产* +1", 6.67, 2, 1, "东", "91A", "张三", "139"),
    ]


# --- what lifts alone


def test_what_lifts_most_comes_first_and_any_counts_each_once() -> None:
    # s02 lifts three returns, of which two by one step; q01 two; s01 one by two steps; the others none. Of the four
    # that are lifted by any, two are so by one step. One of five below the top has nothing that lifts it alone.
    lifted: list[Mapping[str, object]] = [
        {"s02": 1, "q01": 2},
        {"s02": 1, "q01": 3},
        {"s02": 2},
        {"s01": 2},
        {},
        {},
    ]
    levels = (0, 1, 1, 2, 0, 3)
    b = with_ways(small_batch(*({"level": level} for level in levels)), *lifted)
    sheet = lever_sheet(b)
    assert sheet
    frame = table_of(sheet, "levers").frame
    assert rows(frame.head(3), "key", "n", "one", "more", "to_1", "to_2", "to_3", "share") == [
        ("s02", 3, 2, 1, 1, 2, 0, 0.6),
        ("q01", 2, 0, 2, 1, 1, 0, 0.4),
        ("s01", 1, 0, 1, 0, 0, 1, 0.2),
    ]
    assert rows(frame.tail(1), "key", "n", "one", "more", "to_1", "to_2", "to_3", "share") == [
        ("any", 4, 2, 2, 1, 2, 1, 0.8)
    ]
    assert frame["key"].tolist() == ["s02", "q01", "s01", "any"]  # those that lift none are left out


def test_what_lifts_most_by_district() -> None:
    # 东: s02 two, q01 one. 西: q01 and s01 one each, and q01 lifts more in all. 北: nothing. 南: nobody below the top.
    b = with_ways(
        small_batch(*({"district": name, "level": 3 if name == "南" else 0} for name in "东东西西北南")),
        *({"s02": 1}, {"s02": 1, "q01": 1}, {"s01": 1}, {"q01": 2}, {}, {}),
    )
    sheet = lever_sheet(b)
    assert sheet
    table = table_of(sheet, "district_levers")
    assert rows(table.frame, "group", "n", "any", "best_key", "best_n", "s02", "q01", "s01") == [
        ("东", 2, 2, "s02", 2, 2, 1, 0),
        ("西", 2, 2, "q01", 1, 0, 1, 1),
        ("北", 1, 0, "", None, 0, 0, 0),
        ("南", 0, 0, "", None, 0, 0, 0),
        (TOTAL, 5, 4, "q01", 2, 2, 2, 1),
    ]
    assert table.heat == ("q01", "s02", "s01")


def test_the_report_of_a_district_tells_what_the_whole_tells_of_it() -> None:
    # 东 has two below the top, both lifted by something alone; 西 two, of which s02 lifts one.
    places = [("东", 0), ("东", 1), ("西", 0), ("西", 0), ("西", 3)]
    b = with_ways(
        small_batch(*({"district": name, "level": level} for name, level in places)),
        *({"s02": 1, "steps": 1}, {"q01": 2, "steps": 2}, {"s02": 1, "steps": 1}, {"steps": 4}, {}),
    )
    told = {}
    for name, part in by_district(b):
        ways, levers = way_sheet(part), lever_sheet(part)
        assert ways
        assert levers
        told[name] = [table.frame["n"].iloc[-1] for table in (table_of(ways, "steps"), table_of(levers, "levers"))]
    assert told == {"东": [2, 2], "西": [2, 1], MISSING: [0, 0]}


def test_editions_without_scenes_have_questions_alone() -> None:
    b = small_batch({"level": 0, "blocked_by": "score"}, {"level": 1}, edition=tiny_edition())
    keys = lever_keys(b.edition)
    b = with_ways(b, {"steps": 1, keys[0]: 1, "changes": f"{keys[0]}+1"}, {})
    levers, near = lever_sheet(b), near_sheet(b)
    assert levers
    assert near
    assert rows(table_of(levers, "levers").frame, "key", "n")[0] == (keys[0], 1)
    assert not {"scenes_missing", "binding_missing"} & {column.key for column in table_of(near, "near").columns}
    assert not [block for block in upgrade_sheet(b).blocks if getattr(block, "id", "") == "limits"]
    assert rows(blocked_frame(b))[0] == (1, "合格", 1, 1, "合格（n=1）")


def test_without_returns_there_is_nothing_to_lift() -> None:
    b = with_ways(small_batch())
    levers, near, way = lever_sheet(b), near_sheet(b), way_sheet(b)
    assert levers
    assert near
    assert way
    assert table_of(levers, "levers").frame["n"].sum() == 0
    assert (levers.lead, way.lead) == ("", "")
    assert not len(table_of(near, "near").frame)
    assert rows(blocked_frame(b), "n", *KEYS) == [(0,) * 8] * 4


def test_the_chart_shows_the_reasons() -> None:
    charts = [c for block in upgrade_sheet(small_batch()).blocks if isinstance(block, ChartRow) for c in block.charts]
    assert [(c.table, c.values) for c in charts] == [("blocked", KEYS)]
