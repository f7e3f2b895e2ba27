"""What changed in each group since the round before, of the enterprises that are in both."""

from __future__ import annotations

import gc
import weakref

from small_batch import covering, rows, small_batch, table_of
from smebatch.batch.load import ReportData, Selection
from smebatch.report.round_changes import change_columns, compared
from smebatch.report.section_groups import district_sheet
from smebatch.report.words import TOTAL, group_names

FIRST, LAST = Selection("改造前", "自评"), Selection("改造后", "自评")
UNITS_A_POINT = 6  # of the small edition


def sent(phase: str, uscc: str, points: float, district: str, kind: str = "自评") -> dict[str, object]:
    units = round(points * UNITS_A_POINT)
    return {
        "phase": phase,
        "assessment_kind": kind,
        "uscc": uscc,
        "name": f"{uscc}厂",
        "district": district,
        "score_units": units,
    }


def batch_of(covered: Selection = LAST, *more: dict[str, object]) -> ReportData:
    """东: 1 rose from 10 to 30 points, 2 fell from 20 to 15, 3 is new. 西: 4 is new. 5 did not answer again."""
    every = small_batch(
        *(sent("改造前", "1", 10, "东"), sent("改造前", "2", 20, "西"), sent("改造前", "5", 90, "东")),
        *(sent("改造后", "1", 30, "东"), sent("改造后", "2", 15, "东"), sent("改造后", "3", 50, "东")),
        *(sent("改造后", "4", 60, "西"), *more),
    )
    return covering(every, covered.phase, covered.kind)


def test_the_mean_change_of_those_in_both_rounds_by_the_group_they_are_in_now() -> None:
    # 东: (30 - 10 + 15 - 20) ÷ 2 = 7.5 of two; 西 has nobody who was there before.
    table = table_of(district_sheet(batch_of()), "district")
    assert rows(table.frame, "group", "n", "matched", "change") == [
        ("西", 1, 0, None),
        ("东", 3, 2, 7.5),
        (TOTAL, 4, 2, 7.5),
    ]
    assert [column.key for column in table.columns][-3:] == ["matched", "change", "note"]
    assert "改造前" in table.all_notes[-2] + table.all_notes[-1]


def test_a_report_of_the_first_phase_has_no_round_before() -> None:
    batch = batch_of(FIRST)
    assert change_columns(batch, group_names(batch.enterprises["district"])) is None


def test_where_nobody_is_in_both_rounds_of_the_kind_there_is_no_column() -> None:
    other = sent("改造后", "1", 30, "东", kind="现场评定")
    batch = batch_of(Selection("改造后", "现场评定"), other)
    assert change_columns(batch, group_names(batch.enterprises["district"])) is None


def test_rounds_are_matched_once_a_batch_and_forgotten_with_it() -> None:
    batch = batch_of()
    first = compared(batch, FIRST, LAST)
    assert compared(batch, FIRST, LAST) is first
    assert compared(batch_of(), FIRST, LAST) is not first
    kept = weakref.ref(first)
    del batch, first
    gc.collect()
    assert kept() is None
