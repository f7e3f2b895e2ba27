"""Errors that may be waived: contradictions between answers that score by the standard all the same."""

from __future__ import annotations

import pytest

import oracle
from cases import EDITION, changed, judged, table
from smebatch.assess.score import score
from smebatch.issues.catalogue import ISSUES, Severity
from smebatch.standard.score_units import scale_of
from test_checks import CASES, Case

WAIVABLE = {code for code, issue in ISSUES.items() if issue.waivable}
BROKEN = [case for case in CASES if case.code in WAIVABLE]


def test_what_cannot_be_read_is_missing_or_leaves_two_answers_is_never_waived() -> None:
    assert {
        *("part.exceeds_whole", "interval.contradiction", "trend.contradiction"),
        *("base.zero", "base.zero_before"),
    } == WAIVABLE
    assert {ISSUES[code].severity for code in WAIVABLE} == {Severity.ERROR}


def test_each_of_them_is_tried() -> None:
    assert {case.code for case in BROKEN} == WAIVABLE


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_a_return_with_it_scores_as_the_oracle_says(case: Case) -> None:
    answers = changed(**case.fails)
    verdict, scored = oracle.score(answers), score(table(answers)).iloc[0]
    assert (case.code, case.key) in judged(answers)
    assert scored["score_units"] == verdict.score * scale_of(EDITION).units_per_point
    assert (scored["level"], scored["scene_level"]) == (verdict.level, verdict.scene_level)


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_its_score_rests_on_ticks_alone(case: Case) -> None:
    """Of the answers that contradict each other it needs the ticks: without any figure it is the same."""
    answers = changed(**case.fails)
    ticks_alone = answers | dict.fromkeys(EDITION.figures)
    assert score(table(answers)).equals(score(table(ticks_alone)))
