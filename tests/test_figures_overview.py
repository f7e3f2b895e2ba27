"""总览 but for the roster, worked out by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from report_data import tiny_edition
from small_batch import figures, files_of, printed, rows, small_batch, table_of
from smebatch.report import section_overview as overview
from smebatch.report.document import Chart, ChartRow, Format, Table
from smebatch.report.words import MISSING, TOTAL


def returns(n: int, reached: int = 0, **more: Any) -> list[dict[str, Any]]:
    """``n`` returns, of which so many stand at level 2 and the others at 1."""
    return [{"level": 2 if i < reached else 1, **more} for i in range(n)]


# --- scores


def test_scores_in_points_and_enterprises_counted_once() -> None:
    # units 0 100 200 301: quartiles at 0.75, 1.5 and 2.25 from 0: 75, 150, 225.25; a point is 6 units:
    # 12.5, 25, 37.541…, highest 50.166…; mean 601/4/6 = 25.041…
    # 甲 twice under one code, 乙 by name alone, 丙
    frame = overview.score_frame(
        small_batch(
            {"score_units": 301, "uscc": "91A", "name": "甲"},
            {"score_units": 0, "uscc": "91A", "name": "甲厂"},
            {"score_units": 200, "name": "乙"},
            {"score_units": 100, "uscc": "91C", "name": "甲"},
        )
    )
    assert rows(frame) == [(4, 3, 25.04, 0, 12.5, 25, 37.54, 50.17)]
    assert list(frame) == ["n", "enterprises", "mean", "lowest", "q1", "median", "q3", "highest"]


def test_without_returns_there_are_no_scores() -> None:
    assert rows(overview.score_frame(small_batch())) == []


# --- levels


def test_levels_with_their_shares_and_those_at_or_above() -> None:
    # 8 returns: 1 × 未评, 2 × 铜, 4 × 银, 1 × 金
    b = small_batch(*({"level": g} for g in (2, 0, 1, 2, 3, 2, 1, 2)))
    assert printed(table_of(overview.overview_sheet(b), "levels")) == [
        ("name", "n", "share", "reach", "reach_share"),
        ("未评", 1, 1 / 8, None, None),
        ("铜", 2, 2 / 8, 7, 7 / 8),  # 2 + 4 + 1
        ("银", 4, 4 / 8, 5, 5 / 8),
        ("金", 1, 1 / 8, 1, 1 / 8),
        (TOTAL, 8, 1, None, None),
    ]
    assert overview.level_frame(b)["level"].tolist()[:-1] == [0, 1, 2, 3]


def test_a_level_that_nobody_has_reached_has_a_share_of_nought() -> None:
    frame = overview.level_frame(small_batch({"level": 1}, {"level": 0}))
    assert rows(frame, "n", "share", "reach", "reach_share") == [
        (1, 1 / 2, None, None),
        (1, 1 / 2, 1, 1 / 2),
        *[(0, 0, 0, 0)] * 2,
        (2, 1, None, None),
    ]


def test_without_returns_levels_have_no_shares() -> None:
    frame = overview.level_frame(small_batch())
    assert rows(frame, "n", "share", "reach", "reach_share") == [
        (0, None, None, None),
        *[(0, None, 0, None)] * 3,
        (0, None, None, None),
    ]


# --- files


def test_files_by_status_with_their_shares() -> None:
    # 10 entries: 4 + 3 + 1 + 2
    statuses = ("rejected", "counted", "returned", "counted", "superseded", "counted", "returned", "rejected")
    b = small_batch(files=files_of(*((s, {}) for s in (*statuses, "counted", "returned"))))
    assert printed(table_of(overview.overview_sheet(b), "files")) == [
        ("name", "n", "share"),
        ("计入统计", 4, 4 / 10),
        ("退回更正", 3, 3 / 10),
        ("已被替代", 1, 1 / 10),
        ("不予采用", 2, 2 / 10),
        (TOTAL, 10, 1),
    ]


def test_without_files_there_are_no_shares() -> None:
    assert rows(overview.status_frame(small_batch()), "n", "share") == [(0, None)] * 5


# --- phases and kinds


def test_phases_and_kinds_in_the_forms_order_blanks_last() -> None:
    # 改造前: 自评 (金 60 points, 铜 50.5), 现场评定 (银 70); 改造后: 自评 (未评 20); one blank in both (银 100).
    # The form lists 改造前 before 改造后, and 自评 before 现场评定. Sum 60+50.5+70+20+100 = 300.5, mean 60.1.
    b = small_batch(
        {"phase": "改造后", "assessment_kind": "自评", "level": 0, "score_units": 120},
        {"level": 2, "score_units": 600},
        {"phase": "改造前", "assessment_kind": "现场评定", "level": 2, "score_units": 420},
        {"phase": "改造前", "assessment_kind": "自评", "level": 3, "score_units": 360},
        {"phase": "改造前", "assessment_kind": "自评", "level": 1, "score_units": 303},
    )
    assert printed(table_of(overview.overview_sheet(b), "phases")) == [
        ("phase", "kind", "n", "level_0", "level_1", "level_2", "level_3", "reach_share_2", "mean"),
        ("改造前", "自评", 2, 0, 1, 0, 1, 1 / 2, 55.25),
        ("改造前", "现场评定", 1, 0, 0, 1, 0, 1, 70),
        ("改造后", "自评", 1, 1, 0, 0, 0, 0, 20),
        (MISSING, MISSING, 1, 0, 0, 1, 0, 1, 100),
        (TOTAL, "", 5, 1, 1, 2, 1, 3 / 5, 60.1),
    ]


@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        ([("改造前", "自评")] * 3, None),
        ([("改造前", "自评"), ("改造前", "现场评定"), ("改造前", "自评")], "2"),
        ([("改造前", "自评"), ("改造后", "自评")], "2"),
        ([("改造前", "自评"), ("改造后", "自评"), ("改造后", None)], "3"),
        ([], None),
    ],
)
def test_two_kinds_of_returns_are_pointed_out(kinds: list[tuple[str, str | None]], named: str | None) -> None:
    b = small_batch(*({"phase": phase, "assessment_kind": kind} for phase, kind in kinds))
    notes = [note for note in overview.overview_sheet(b).notes if "--phase" in note]
    assert [figures(note)[0] for note in notes] == ([named] if named else [])


def test_a_selection_says_how_many_of_how_many_and_which() -> None:
    files = files_of(*((status, {}) for status in ("counted", "returned", "counted", "counted", "superseded")))
    b = small_batch(*returns(2, phase="改造前", assessment_kind="自评"), files=files)
    (note,) = set(overview.overview_sheet(b).notes) - {overview.subtitle(b)}
    assert figures(note) == ["2", "3"]
    assert "改造前、自评" in note
    whole = small_batch(*returns(3, phase="改造前", assessment_kind="自评"), files=files)
    assert overview.overview_sheet(whole).notes == (overview.subtitle(whole),)


def test_a_selection_of_nothing_says_so() -> None:
    b = small_batch(files=files_of(("counted", {})))
    (note,) = set(overview.overview_sheet(b).notes) - {overview.subtitle(b)}
    assert figures(note) == ["0", "1"]
    assert "（" not in note


# --- districts


def test_districts_by_the_share_that_has_reached_the_goal() -> None:
    # 银 or better: 东 6 of 9 and 西 4 of 6, both two thirds, 东 before 西 by name; 南 7 of 10; 北 0 of 5; 未填 5 of 5.
    # Together 22 of 35.
    b = small_batch(
        *returns(6, 4, district="西"),
        *returns(5, 0, district="北"),
        *returns(9, 6, district="东"),
        *returns(5, 5),
        *returns(10, 7, district="南"),
    )
    assert rows(overview.goal_frame(b), "group", "n", "reach", "share") == [
        ("南", 10, 7, 7 / 10),
        ("东", 9, 6, 6 / 9),
        ("西", 6, 4, 4 / 6),
        ("北", 5, 0, 0),
        (MISSING, 5, 5, 1),
        (TOTAL, 35, 22, 22 / 35),
    ]
    # One return changed: 南 falls to 6/10 below both, 东 rises to 7/9 and 西 to 5/6 above it; 西 falls to 3/6, and 北
    # rises to 1/5 only.
    assert rows(overview.goal_frame(b), "rank", "swap")[:-1] == [
        (1, "2"),
        (2, "1"),
        (2, "1"),
        (4, ""),
        (None, ""),
    ]
    assert printed(table_of(overview.overview_sheet(b), "goal"))[0] == (
        "group",
        "n",
        "reach",
        "share",
        "rank",
        "swap",
        "note",
    )


@pytest.mark.parametrize(("districts", "others"), [(19, []), (20, []), (21, ["20", "1"]), (23, ["20", "3"])])
def test_the_best_twenty_districts_are_shown_and_the_others_counted(districts: int, others: list[str]) -> None:
    # District k has 25 returns of which k have reached the goal: the last is the best. In all 1 + 2 + … + k.
    b = small_batch(*(r for k in range(1, districts + 1) for r in returns(25, k, district=f"区{k:02d}")))
    shown = min(districts, 20)
    best = [(f"区{k:02d}", 25, k, k / 25) for k in range(districts, districts - shown, -1)]
    whole = districts * (districts + 1) // 2
    assert rows(overview.goal_frame(b), "group", "n", "reach", "share") == [
        *best,
        (TOTAL, 25 * districts, whole, whole / (25 * districts)),
    ]
    notes = table_of(overview.overview_sheet(b), "goal").notes
    assert [figures(note) for note in notes] == ([others] if others else [])


def test_where_the_goal_is_another_the_districts_are_compared_by_it() -> None:
    # tiny has a single level: one of two has reached it.
    b = small_batch({"district": "东", "level": 1}, {"district": "东", "level": 0}, edition=tiny_edition())
    assert rows(overview.goal_frame(b), "group", "n", "reach", "share") == [
        ("东", 2, 1, 1 / 2),
        (TOTAL, 2, 1, 1 / 2),
    ]


# --- the lead and the sheet


def test_the_lead_counts_returns_and_says_mean_median_and_shares() -> None:
    # units 600, 360, 300, 130, 90, 24, 0 of 7: mean 1504/7/6 = 35.809…, median 130/6 = 21.666…
    # 银 or better 3 of 7 = 42.857…%, 金 1 of 7 = 14.285…%
    pairs = zip((600, 360, 300, 130, 90, 24, 0), (3, 2, 2, 1, 1, 0, 0), strict=True)
    b = small_batch(*({"score_units": units, "level": level} for units, level in pairs))
    assert figures(overview.lead_sentence(b)) == ["7", "35.81", "21.67", "3", "42.9%", "1", "14.3%"]
    assert overview.overview_sheet(b).lead == overview.lead_sentence(b)


def test_a_share_is_rounded_once() -> None:
    # 7 of 13 = 53.846…%: 53.8, where 53.85 would be rounded up again
    assert "53.8%" in figures(overview.lead_sentence(small_batch(*returns(13, 7))))


def test_the_goal_is_named_by_its_level() -> None:
    sheet = overview.overview_sheet(small_batch(*returns(1)))
    table = table_of(sheet, "goal")
    assert ["≥银" in title for title in (table.title, *(column.title for column in table.columns))] == [
        *(True, False, False, True, True, False, False, False)
    ]
    (chart,) = [c for block in sheet.blocks if isinstance(block, ChartRow) for c in block.charts if c.table == "goal"]
    assert "≥银" in chart.title


def test_without_returns_and_roster_the_lead_has_no_figures() -> None:
    assert figures(overview.lead_sentence(small_batch())) == []


def test_the_title_names_the_region_and_the_subtitle_the_minute() -> None:
    b = small_batch(region="某某市", made_at=datetime(2026, 3, 4, 5, 6, 7))  # noqa: DTZ001 - local time
    assert overview.overview_sheet(b).title.startswith("某某市中小企业")
    assert overview.subtitle(b).endswith("2026-03-04 05:06")
    assert b.edition.header.title in overview.subtitle(b)


def test_the_tables_stand_in_order_with_their_totals_and_charts() -> None:
    sheet = overview.overview_sheet(small_batch(*returns(1)))
    assert [(b.id, b.total) if isinstance(b, Table) else "charts" for b in sheet.blocks] == [
        ("scores", False),
        ("levels", True),
        "charts",
        ("phases", True),
        ("files", True),
        ("goal", True),
    ]
    charts: list[Chart] = [chart for block in sheet.blocks if isinstance(block, ChartRow) for chart in block.charts]
    assert [(c.table, c.values) for c in charts] == [("levels", ("n",)), ("goal", ("share",))]
    assert charts[1].limit == overview.MAX_DISTRICTS


def test_shares_are_printed_as_percents_and_means_as_points() -> None:
    formats = {
        (block.id, column.key): column.format
        for block in overview.overview_sheet(small_batch(*returns(1))).blocks
        if isinstance(block, Table)
        for column in block.columns
    }
    shares = {place for place, form in formats.items() if form is Format.PERCENT}
    assert shares == {place for place in formats if place[1] in ("share", "reach_share", "reach_share_2")}
    points = {place for place, form in formats.items() if form is Format.POINTS}
    means = ("mean", "lowest", "q1", "median", "q3", "highest")
    assert points == {place for place in formats if place[1] in means}
