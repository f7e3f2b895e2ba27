"""总览 but for the roster, worked out by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from small_batch import covering, figures, files_of, printed, rows, small_batch, table_of
from smebatch.report import section_overview as overview
from smebatch.report.document import Chart, ChartRow, Format, Paragraphs, Table
from smebatch.report.sections import report_sheets
from smebatch.report.words import TOTAL


def returns(n: int, reached: int = 0, /, **more: Any) -> list[dict[str, Any]]:
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
        ("name", "counted", "returned", "superseded", "rejected", TOTAL),
        ("文件数", 4, 3, 1, 2, 10),
    ]
    assert rows(overview.status_frame(b), "name", "n", "share") == [
        ("已计入", 4, 4 / 10),
        ("退回更正", 3, 3 / 10),
        ("已被替代", 1, 1 / 10),
        ("不予采用", 2, 2 / 10),
        (TOTAL, 10, 1),
    ]


def test_without_files_there_are_no_shares() -> None:
    assert rows(overview.status_frame(small_batch()), "n", "share") == [(0, None)] * 5


# --- phases and kinds

AFTER, ASSESSED = {"phase": "改造后", "assessment_kind": "自评"}, {"phase": "改造前", "assessment_kind": "现场评定"}
BEFORE = {"phase": "改造前", "assessment_kind": "自评"}


def test_the_other_phases_and_kinds_stand_apart_in_the_forms_order() -> None:
    # 改造前: 自评 (金 60 points, 铜 50.5), 现场评定 (银 70); 改造后: 自评 (未评 20).
    # The form lists 改造前 before 改造后, and 自评 before 现场评定.
    batch = small_batch(
        AFTER | {"level": 0, "score_units": 120},
        ASSESSED | {"level": 2, "score_units": 420},
        BEFORE | {"level": 3, "score_units": 360},
        BEFORE | {"level": 1, "score_units": 303},
    )
    sheet = overview.overview_sheet(covering(batch, "改造前", "自评"))
    table = table_of(sheet, "phases")
    assert printed(table) == [
        ("phase", "kind", "n", "level_0", "level_1", "level_2", "level_3", "reach_share_2", "mean", "report"),
        ("改造前", "自评", 2, 0, 1, 0, 1, 1 / 2, 55.25, "本报告"),
        ("改造前", "现场评定", 1, 0, 0, 1, 0, 1, 70, ""),
        ("改造后", "自评", 1, 1, 0, 0, 0, 0, 20, ""),
    ]
    assert not table.total  # 改造前 and 改造后 are not added up
    assert table_of(sheet, "levels").frame["n"].iloc[-1] == 2


def test_where_all_are_of_one_phase_and_kind_no_others_are_listed() -> None:
    sheet = overview.overview_sheet(covering(small_batch(BEFORE, BEFORE), "改造前", "自评"))
    assert not [block for block in sheet.blocks if getattr(block, "id", "") == "phases"]


@pytest.mark.parametrize(("districts", "place"), [(12, 0), (13, -1)])
def test_many_districts_come_last_for_a_page_holds_only_so_much(districts: int, place: int) -> None:
    roster = pd.DataFrame({"district": [f"区{i:02d}" for i in range(districts)], "answered": True, "counted": True})
    sheet = overview.overview_sheet(covering(small_batch(BEFORE, AFTER, roster=roster), "改造前", "自评"))
    assert getattr(sheet.blocks[place], "id", "") == "response"


@pytest.mark.parametrize("chosen", [False, True])
def test_the_overview_says_what_it_covers_and_whether_that_was_chosen(chosen: bool) -> None:
    b = covering(small_batch(BEFORE, AFTER, BEFORE), "改造前", "自评", chosen=chosen)
    _, note = overview.overview_sheet(b).notes
    assert figures(note) == ["2", "1"]  # that many, and that many others
    assert "改造前、自评" in note
    assert ("没有另行指定" in note) is not chosen


def test_where_nothing_else_counts_only_the_phase_and_kind_are_said() -> None:
    _, note = overview.overview_sheet(covering(small_batch(BEFORE), "改造前", "自评")).notes
    assert figures(note) == ["1"]


def test_no_command_is_printed_anywhere() -> None:
    b = covering(small_batch(BEFORE, AFTER, ASSESSED), "改造前", "自评")
    for sheet in report_sheets(b):
        notes = (*sheet.notes, sheet.lead, *(note for block in sheet.blocks for note in getattr(block, "notes", ())))
        assert not [note for note in notes if "smebatch " in note or "--" in note]


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
    _, chart = [c for block in sheet.blocks if isinstance(block, ChartRow) for c in block.charts]
    assert (chart.table, chart.values) == ("district_shares", ("share",))
    assert "≥银" in chart.title


def test_without_returns_and_roster_the_lead_has_no_figures() -> None:
    assert figures(overview.lead_sentence(small_batch())) == []


def test_the_title_names_the_region_and_the_subtitle_the_minute() -> None:
    b = small_batch(region="某某市", made_at=datetime(2026, 3, 4, 5, 6, 7))  # noqa: DTZ001 - local time
    assert overview.overview_sheet(b).title.startswith("某某市中小企业")
    assert overview.subtitle(b).endswith("2026-03-04 05:06")
    assert b.edition.header.title in overview.subtitle(b)


def test_the_tables_stand_in_order_with_their_totals_and_charts() -> None:
    batch = small_batch(*returns(1, 0, **BEFORE), *returns(5, 3, **AFTER))
    sheet = overview.overview_sheet(covering(batch, "改造后", "自评"))
    assert [(b.id, b.total) if isinstance(b, Table) else type(b) for b in sheet.blocks] == [
        ("levels", True),
        ChartRow,
        Paragraphs,
        ("scores", False),
        ("phases", False),
        ("files", False),
    ]
    charts: list[Chart] = [chart for block in sheet.blocks if isinstance(block, ChartRow) for chart in block.charts]
    assert [(c.table, c.values) for c in charts] == [("levels", ("n",)), ("district_shares", ("share",))]
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
