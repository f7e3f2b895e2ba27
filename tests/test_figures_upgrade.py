"""升级分析, worked out by hand."""

from __future__ import annotations

import pytest

from report_data import tiny_edition
from small_batch import printed, rows, small_batch, table_of
from smebatch.report.document import ChartRow
from smebatch.report.section_upgrade import (
    MAX_NEAREST,
    blocked_frame,
    blocked_keys,
    limits_frame,
    nearest_frame,
    upgrade_sheet,
)
from smebatch.report.words import TOTAL

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


# --- who is nearest

# Missing points (in units, 6 a point), scenes and binding scenes; the gap is points × scenes asked for + the larger of
# the other two × units asked for.
LEVEL_2 = {  # asks for 360 units and 2 scenes
    "h": (30, 1, 0),  # 60 + 360 = 420
    "g": (200, 0, 0),  # 400
    "b": (180, 0, 0),  # 360, but more points than the four below
    "f": (0, 0, 1),  # 360
    "c": (0, 1, 0),  # 360
    "e": (0, 1, 1),  # 360: raising a binding scene serves both
    "d": (0, 1, 0),  # 360
    "a": (12, 0, 0),  # 24
}
LEVEL_3 = {  # asks for 540 units and 3 scenes
    "k": (190, 0, 0),  # 570
    "j": (0, 1, 0),  # 540
    "i": (150, 0, 0),  # 450
    "l": (100, 1, 2),  # 300 + 1080
}
LEVEL_1 = {  # asks for 180 units and 1 scene
    "o": (190, 0, 0),  # 190
    "n": (0, 1, 1),  # 180
    "m": (150, 0, 0),  # 150
}


def test_the_nearest_by_the_gap_then_by_points_then_by_form() -> None:
    b = small_batch(
        *(
            {"form_id": form, "level": level, "points_missing": p, "scenes_missing": s, "binding_missing": b}
            for level, gaps in ((1, LEVEL_2), (2, LEVEL_3), (0, LEVEL_1), (3, {"z": (0, 0, 0)}))
            for form, (p, s, b) in gaps.items()
        )
    )
    assert rows(nearest_frame(b), "target", "target_name", "place", "file") == [
        *[(1, "铜", i, f"{form}.xlsx") for i, form in enumerate("mno", 1)],
        *[(2, "银", i, f"{form}.xlsx") for i, form in enumerate("acdefbgh", 1)],
        *[(3, "金", i, f"{form}.xlsx") for i, form in enumerate("ijkl", 1)],
    ]


def test_what_is_printed_of_the_nearest() -> None:
    # 40 units are 6.666… points
    b = small_batch(
        {"level": 1, "points_missing": 40, "scenes_missing": 2, "binding_missing": 1}
        | {"blocked_by": "score+scenes+binding", "contact": "张三", "phone": "139"}
        | {"district": "东", "name": "甲厂", "uscc": "91A"},
        {"level": 2, "blocked_by": "binding", "binding_missing": 2, "name": "乙厂"},
    )
    assert printed(table_of(upgrade_sheet(b), "nearest")) == [
        (
            *("target_name", "place", "points", "scenes_missing", "binding_missing"),
            *("blocked", "district", "name", "uscc", "contact", "phone"),
        ),
        ("银", 1, 6.67, 2, 1, "得分、场景、约束性场景", "东", "甲厂", "91A", "张三", "139"),
        ("金", 1, 0, 0, 2, "约束性场景", None, "乙厂", None, None, None),
    ]


@pytest.mark.parametrize("returns", [19, 20, 21, 23])
def test_no_more_than_the_twenty_nearest_of_each_level(returns: int) -> None:
    # The last is the nearest: it misses one unit, the first as many as there are returns.
    b = small_batch(
        *({"level": level, "points_missing": returns - i} for level in (1, 0) for i in range(returns)),
    )
    shown = min(returns, MAX_NEAREST)
    first, second = returns, 0  # where level 0 and level 1 begin in the batch
    expected = [
        (target, place, f"f{begin + returns - place}.xlsx")
        for target, begin in ((1, first), (2, second))
        for place in range(1, shown + 1)
    ]
    assert rows(table_of(upgrade_sheet(b), "nearest").frame, "target", "place", "file") == expected
    assert MAX_NEAREST == 20


def test_without_scenes_points_alone_decide() -> None:
    # A point is 6 units here too.
    b = small_batch(
        *({"level": 0, "points_missing": units, "blocked_by": "score"} for units in (30, 10, 20)),
        {"level": 1},
        edition=tiny_edition(),
    )
    table = table_of(upgrade_sheet(b), "nearest")
    assert rows(table.frame, "place", "points", "file") == [
        (1, 1.67, "f1.xlsx"),
        (2, 3.33, "f2.xlsx"),
        (3, 5, "f0.xlsx"),
    ]
    assert not {"scenes_missing", "binding_missing"} & {column.key for column in table.columns}
    assert rows(blocked_frame(b)) == [(1, "合格", 3, 3), (None, TOTAL, 3, 3)]
    assert not [block for block in upgrade_sheet(b).blocks if getattr(block, "id", "") == "limits"]


def test_without_returns_nobody_is_near() -> None:
    assert rows(nearest_frame(small_batch())) == []
    assert rows(blocked_frame(small_batch()), "n", *KEYS) == [(0,) * 8] * 4


def test_the_chart_shows_the_reasons() -> None:
    charts = [c for block in upgrade_sheet(small_batch()).blocks if isinstance(block, ChartRow) for c in block.charts]
    assert [(c.table, c.values) for c in charts] == [("blocked", KEYS)]
