"""The working of a score can be followed by hand: each step leads to the next, and the last to the level."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import pytest

from cases import EDITION, changed, good_answers, reach, table
from smebatch.assess.score import score
from smebatch.assess.working import Working, working_of
from smebatch.standard.score_units import scale_of

SCALE = scale_of(EDITION)


def worked(answers: dict[str, object]) -> Working:
    frame = table(answers)
    row = score(frame).drop(columns="blocked_by").iloc[0]
    ticks = {str(key): value for key, value in frame.frame.iloc[0].to_dict().items()}
    return working_of(EDITION, ticks, {str(name): int(value) for name, value in row.to_dict().items()})


WORKING = worked(good_answers())


def test_a_question_is_full_marks_times_its_steps_times_its_weights() -> None:
    for question in WORKING.questions:
        weights = prod(Fraction(weight) / 100 for weight in question.weights)
        points = EDITION.header.full_marks.exact * Fraction(question.steps, question.steps_of_full) * weights
        assert Fraction(question.units, SCALE.units_per_point) == points, question.question.id


def test_it_shows_what_was_ticked() -> None:
    ticked = {working.question.id: working.ticked for working in WORKING.questions}
    assert (ticked["q01"], ticked["q04"], ticked["q06"]) == ((2,), (4, 14), (2, 3))


def test_the_parts_add_up() -> None:
    assert sum(working.units for working in WORKING.questions) == WORKING.units
    assert sum(working.units for working in WORKING.dimensions) == WORKING.units


def holds(working: Working, level: int) -> bool:
    """Whether every condition of a level holds."""
    return all(
        Fraction(row.has, SCALE.units_per_point if row.condition == "score" else 1) >= Fraction(row.needs)
        for row in working.conditions
        if row.level.level == level
    )


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_conditions_lead_to_the_level_and_to_what_is_missing(level: int) -> None:
    working = worked(changed(**{key: value for s in EDITION.scenes for key, value in reach(s.id, level).items()}))
    assert [row.level for row in working.scenes] == [level] * len(EDITION.scenes)
    assert all(holds(working, reached) for reached in range(1, working.level + 1))
    following = working.next
    assert following is not None
    assert following.level == working.level + 1
    assert not holds(working, following.level)
    short = {
        (row.condition, max(0, int(row.needs) - row.has))
        for row in working.conditions
        if row.level.level == following.level and row.condition != "score"
    }
    assert short == {("scenes", following.scenes), ("binding", following.binding)}
    assert following.units == max(0, SCALE.thresholds[working.level] - working.units)


def test_nothing_is_missing_at_the_top() -> None:
    best: dict[str, object] = {tick: True for scene in EDITION.scenes for tick in scene.ticks}
    for question in EDITION.questions:
        last = len(question.options)
        none = question.none
        best |= {tick: (i != none if none else i == last) for i, tick in enumerate(question.ticks, 1)}
    working = worked(changed(**best))
    assert (working.units, working.level, working.next) == (SCALE.full, len(EDITION.levels), None)
