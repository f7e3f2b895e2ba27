"""主要发现: what the rules find, and where they find nothing; worked out by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from report_data import make_batch, tiny_edition
from small_batch import figures, small_batch
from smebatch.batch.load import ReportOptions
from smebatch.report.document import Table
from smebatch.report.findings import (
    RULES,
    Observation,
    commonest_obstacle,
    least_binding_scene,
    observations,
    reached_share,
    weakest_dimension,
    weakest_item,
    widest_gap,
)
from smebatch.report.sections import report_sheets


def said(observation: Observation | None) -> tuple[list[str], int, str]:
    """The figures of an observation, its n and its table."""
    assert observation is not None
    return figures(observation.text), observation.n, observation.table


def of_district(district: str | None, n: int, reached: int) -> list[dict[str, Any]]:
    """``n`` returns of a district, of which so many stand at 银, the others below."""
    return [{"district": district, "level": 2 if i < reached else 1} for i in range(n)]


def test_the_share_at_the_first_milestone_or_above() -> None:
    # 银 or 金: 4 of 7 = 57.14…%
    b = small_batch(*({"level": level} for level in (0, 1, 1, 2, 2, 2, 3)))
    assert said(reached_share(b)) == (["4", "57.1%"], 7, "levels")


def test_the_weakest_item_and_dimension_by_their_exact_rates() -> None:
    # Full marks 120, 120, 180, 180 units. Of two returns: 甲 120 of 240, 乙 121, 丙 179 of 360, which is less than a
    # half, 丁 180. 基础 60 + 60 + 61 + 60 = 241 of 480 = 50.2…%, 成效 359 of 720 = 49.86…%.
    b = small_batch(
        {"q01": 60, "q02": 61, "q03": 90, "q04": 90, "base": 121, "outcome": 180},
        {"q01": 60, "q02": 60, "q03": 89, "q04": 90, "base": 120, "outcome": 179},
    )
    found = weakest_item(b)
    assert said(found) == (["4", "3", "49.7%"], 2, "item_rates")  # of 4, 题3
    assert found is not None
    assert "题3 丙" in found.text
    found = weakest_dimension(b)
    assert said(found) == (["2", "49.9%"], 2, "dimension_rates")
    assert found is not None
    assert "成效" in found.text


def test_of_binding_scenes_the_least_reached() -> None:
    # At 银 or above: 设计 2 of 5, 生产 3; 采购 0, which is not binding.
    b = small_batch(*({"s01": s01, "s03": s03} for s01, s03 in ((2, 2), (3, 2), (1, 3), (1, 0), (0, 1))))
    found = least_binding_scene(b)
    assert said(found) == (["2", "2", "40.0%"], 5, "scenes")
    assert found is not None
    assert "设计" in found.text


def test_what_keeps_most_from_their_next_level() -> None:
    # Below 金: 7; score 3, score and binding 2, scenes 2.
    blocked = ("score", "score", "binding+score", "scenes", "scenes", "score", "score+binding")
    b = small_batch(*({"level": 1, "blocked_by": by} for by in blocked), {"level": 3})
    found = commonest_obstacle(b)
    assert said(found) == (["7", "3", "42.9%"], 7, "blocked")
    assert found is not None
    assert "仅差得分" in found.text


def test_the_widest_gap_between_districts_that_are_not_small() -> None:
    # 东 4 of 6, 西 1 of 5, 南 2 of 5; 北 is small with 0 of 4, and who names no district is in none.
    b = small_batch(
        *of_district("东", 6, 4),
        *of_district("西", 5, 1),
        *of_district("南", 5, 2),
        *of_district("北", 4, 0),
        *of_district(None, 9, 0),
    )
    # 66.66…% − 20% = 46.66…
    assert said(widest_gap(b)) == (["66.7%", "6", "20.0%", "5", "46.7"], 11, "district")
    less = dataclasses.replace(b, options=ReportOptions(small_group=4))
    assert said(widest_gap(less)) == (["66.7%", "6", "0.0%", "4", "66.7"], 10, "district")


TIES: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "items": (weakest_item, [{"q01": 60, "q02": 60, "q03": 180, "q04": 180}]),
    "dimensions": (weakest_dimension, [{"base": 120, "outcome": 180}]),
    "scenes": (least_binding_scene, [{"s01": 2, "s03": 2}]),
    "obstacles": (commonest_obstacle, [{"blocked_by": by} for by in ("score", "scenes") * 3]),
    "districts at the top": (widest_gap, of_district("东", 5, 4) + of_district("西", 5, 4) + of_district("南", 5, 1)),
    "districts at the foot": (widest_gap, of_district("东", 5, 4) + of_district("西", 5, 1) + of_district("南", 5, 1)),
    "all districts": (widest_gap, of_district("东", 5, 2) + of_district("西", 5, 2)),
    "one district": (widest_gap, of_district("东", 9, 3)),
}


@pytest.mark.parametrize(("rule", "returns"), TIES.values(), ids=TIES)
def test_where_two_are_equal_nothing_is_found(rule: Any, returns: list[dict[str, Any]]) -> None:
    assert rule(small_batch(*returns)) is None


@pytest.mark.parametrize(("n", "found"), [(0, False), (4, False), (5, True)])
def test_of_fewer_returns_than_a_group_that_is_not_small_nothing_is_said(n: int, found: bool) -> None:
    assert bool(observations(small_batch(*of_district("东", n, 1)))) is found


def test_of_few_returns_below_the_top_no_obstacle_is_named() -> None:
    b = small_batch(*({"level": 3} for _ in range(9)), *({"level": 1, "blocked_by": "score"} for _ in range(4)))
    assert commonest_obstacle(b) is None


def test_an_edition_without_scenes_has_findings_too() -> None:
    found = observations(make_batch(30, edition=tiny_edition()))
    assert {"levels", "item_rates"} <= {observation.table for observation in found}
    assert "scenes" not in {observation.table for observation in found}


def test_each_finding_names_a_sheet_and_a_table_of_the_report_and_says_its_n() -> None:
    batch = make_batch(60)
    places = {(s.name, block.id) for s in report_sheets(batch) for block in s.blocks if isinstance(block, Table)}
    found = observations(batch)
    assert 3 <= len(found) <= len(RULES) == 6
    for observation in found:
        assert (observation.sheet, observation.table) in places
        assert f"n={observation.n}" in observation.printed
        assert f"“{observation.sheet}”" in observation.printed
