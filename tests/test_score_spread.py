"""The histogram of the scores and the quartiles of groups, against counts and fractions by hand."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from small_batch import rows, small_batch, table_of
from smebatch.batch.load import ReportOptions
from smebatch.report.exact_statistics import display_number, quartile
from smebatch.report.score_spread import bin_edges, histogram_frame, spread_frame
from smebatch.report.section_pictures import histogram_sheet
from smebatch.report.words import TOTAL
from smebatch.standard.loader import load_edition


def test_bins_lie_between_the_thresholds_of_the_edition() -> None:
    edition = load_edition("2024")
    parts = bin_edges(edition)
    assert [part[0] for part in parts] == [0, 20, 40, 60, 80]
    assert [edge for part in parts for edge in part[:-1]] == list(range(0, 100, 5))
    # The small edition asks for 30, 60 and 90 points of 100: two bins of 5 remain above.
    parts = bin_edges(small_batch().edition)
    assert [part[0] for part in parts] == [0, 30, 60, 90]
    assert [len(part) - 1 for part in parts] == [6, 6, 6, 2]


def test_a_score_on_an_edge_is_in_the_bin_above_and_full_marks_are_in_the_last() -> None:
    # In units, six a point: the threshold of 30 points is 180, an edge of 5 points is 30.
    batch = small_batch(*({"score_units": units} for units in (0, 29, 30, 179, 180, 540, 570, 599, 600)))
    frame = histogram_frame(batch)
    shown = {name: n for name, n in rows(frame, "name", "n") if n}
    assert shown == {"0–5": 2, "5–10": 1, "25–30": 1, "30–35": 1, "90–95": 1, "95–100": 3, TOTAL: 9}


def test_thresholds_stand_between_their_bins_higher_than_the_tallest() -> None:
    batch = small_batch(*({"score_units": units} for units in (1, 2, 3, 400)))
    frame = histogram_frame(batch)
    lines = [i for i, line in enumerate(frame["line"].notna()) if line]
    assert rows(frame.iloc[lines], "name", "n", "share", "level", "line") == [
        ("铜 30分", None, None, "铜", 4),
        ("银 60分", None, None, "银", 4),
        ("金 90分", None, None, "金", 4),
    ]
    assert lines == [6, 13, 20]
    assert frame["level"].tolist() == [*["未评"] * 6, *["铜"] * 7, *["银"] * 7, *["金"] * 3, ""]
    assert frame["n"].iloc[:-1].sum() == frame["n"].iloc[-1] == 4


def test_bins_add_up_and_agree_with_the_score_level() -> None:
    rng = random.Random(7)
    batch = small_batch(*({"score_units": rng.randint(0, 600)} for _ in range(200)))
    frame = histogram_frame(batch).iloc[:-1]
    units = batch.scores["score_units"]
    for level, (low, high) in zip(("未评", "铜", "银", "金"), pairwise((0, 180, 360, 540, 601)), strict=True):
        assert frame["n"][frame["level"] == level].sum() == ((units >= low) & (units < high)).sum()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 17])
def test_quartiles_are_exact(count: int) -> None:
    rng = random.Random(count)
    groups = {name: sorted(rng.randint(0, 600) for _ in range(count + i)) for i, name in enumerate("甲乙丙")}
    returns: list[dict[str, Any]] = [
        {"district": name, "score_units": u} for name, each in groups.items() for u in each
    ]
    rng.shuffle(returns)
    batch = small_batch(*returns, options=ReportOptions(small_group=count + 1))
    frame = spread_frame(batch, batch.enterprises["district"], ["丙", "甲", "乙"])
    assert rows(frame, "group", "n", "note") == [
        ("丙", count + 2, ""),
        ("甲", count, "小样本"),
        ("乙", count + 1, ""),
        (TOTAL, 3 * count + 3, ""),
    ]
    groups[TOTAL] = sorted(u for each in groups.values() for u in each)
    for name, *shown in rows(frame, "group", "lowest", "q1", "median", "q3", "highest"):
        assert shown == [display_number(quartile(groups[name], k) / 6) for k in range(5)]
    for name, *lengths in rows(frame, "group", "to_lowest", "to_median", "to_q3", "to_highest"):
        quartiles = [quartile(groups[name], k) for k in range(5)]
        assert lengths == [display_number(Fraction(b - a) / 6) for a, b in pairwise(quartiles)]


def test_without_returns_only_a_whole_of_nothing_is_left() -> None:
    frame = spread_frame(small_batch(), small_batch().enterprises["district"], [])
    assert rows(frame, "group", "n", "median", "note") == [(TOTAL, 0, None, "")]
    assert histogram_frame(small_batch())["n"].sum() == 0


def test_the_sheet_shows_all_bins_in_one_chart() -> None:
    sheet = histogram_sheet(small_batch({"score_units": 100}))
    table = table_of(sheet, "histogram")
    assert table.total
    assert len(table.frame) == 24  # 20 bins, three thresholds, the total
