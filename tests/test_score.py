"""The vectorised scorer against the second one in fractions, and against sums made by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest

import oracle
from cases import EDITION, good_answers, table
from smebatch.assess import score as scoring
from smebatch.assess.answers_frame import Answers
from smebatch.assess.score import score
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import load_edition
from smebatch.standard.score_units import scale_of

UNITS = 56  # units a point
THRESHOLDS = (1120, 2240, 3360, 4480)
TICKS = [name for name, key in keys_of(EDITION).items() if key.kind is Kind.TICK]
QUESTIONS = EDITION.questions
Sheet = dict[str, bool]


def answers_of(sheets: list[Sheet]) -> Answers:
    """Ticks as typed answers, without the detour over other keys."""
    rows = np.array([[sheet.get(tick, False) for tick in TICKS] for sheet in sheets], dtype=bool).reshape(
        -1, len(TICKS)
    )
    index = pd.Index([f"form{i}" for i in range(len(sheets))], name="form_id", dtype="str")
    return Answers(EDITION, pd.DataFrame(rows, columns=TICKS, index=index))


# --- random sheets --------------------------------------------------------------------------------------------------


def any_ticks(share: float) -> Callable[[Random], Sheet]:
    """Ticks at random: 无 with others, two in a 单选 and gaps in ladders all occur."""
    return lambda rng: {tick: rng.random() < share for tick in TICKS}


def step_ticks(steps: dict[str, int], rng: Random) -> Sheet:
    """So many steps of each question, on options drawn at random."""
    sheet: Sheet = {}
    for question in QUESTIONS:
        n = steps[question.id]
        options = question.ticks[1:] if question.none else question.ticks
        chosen = rng.sample(options, n) if question.none else [options[n]]
        sheet |= dict.fromkeys(chosen if n or not question.none else [question.ticks[0]], True)
    return sheet


def ladders(levels: list[int]) -> Sheet:
    return {tick: True for scene, level in zip(EDITION.scenes, levels, strict=True) for tick in scene.ticks[:level]}


def uniform(rng: Random) -> Sheet:
    """A consistent sheet: every step and every scene level alike likely."""
    steps = {q.id: rng.randint(0, len(q.options) - 1) for q in QUESTIONS}
    return step_ticks(steps, rng) | ladders([rng.randint(0, 4) for _ in EDITION.scenes])


def extreme(rng: Random) -> Sheet:
    """Nothing or everything, question by question and scene by scene."""
    steps = {q.id: rng.choice((0, len(q.options) - 1)) for q in QUESTIONS}
    return step_ticks(steps, rng) | ladders([rng.choice((0, 4)) for _ in EDITION.scenes])


@cache
def reachable() -> list[set[int]]:
    """Sums that the questions from the i-th on can make, in units: steps × worth of a step, worked in fractions."""
    sums = [{0}]
    for question in reversed(QUESTIONS):
        n = len(question.options) - 1
        sums.insert(0, {total + step * worth(question.id) for total in sums[0] for step in range(n + 1)})
    return sums


def worth(question: str) -> int:
    """Units of one step, from the weights as the second scorer has them: 题4 is 40, 题12 is 196."""
    first, second, item = oracle.WEIGHTS[question]
    units = Fraction(first * second * item, 10_000) * UNITS / (len(EDITION.question[question].options) - 1)
    assert units.denominator == 1
    return int(units)


def hitting(target: int, rng: Random) -> Sheet:
    """A consistent sheet whose score is so many units exactly."""
    steps: dict[str, int] = {}
    left = target
    for i, question in enumerate(QUESTIONS):
        fits = [n for n in range(len(question.options)) if left - n * worth(question.id) in reachable()[i + 1]]
        steps[question.id] = rng.choice(fits)
        left -= steps[question.id] * worth(question.id)
    return step_ticks(steps, rng) | near_the_scene_rule(rng)


def near_the_scene_rule(rng: Random) -> Sheet:
    """So many scenes and binding scenes at a level as its rule asks, or one fewer or one more."""
    level = rng.randint(1, 4)
    _, least, least_binding = oracle.LEVELS[level]
    binding = [i for i, scene in enumerate(EDITION.scenes) if scene.binding]
    others = [i for i, scene in enumerate(EDITION.scenes) if not scene.binding]
    n = min(max(least_binding + rng.randint(-1, 1), 0), 10)
    m = min(max(least - n + rng.randint(-1, 1), 0), 6)
    levels = [rng.randint(0, level - 1) for _ in EDITION.scenes]
    for i in (*rng.sample(binding, n), *rng.sample(others, m)):
        levels[i] = rng.randint(level, 4)
    return ladders(levels)


@cache
def sheets() -> list[Sheet]:
    """More than 10,000 sheets, the same in every run."""
    rng = Random(2024)
    found = [{}, dict.fromkeys(TICKS, True)]
    for make, n in ((uniform, 4000), (extreme, 1500), (any_ticks(0.5), 1000), (any_ticks(0.1), 1000)):
        found += [make(rng) for _ in range(n)]
    found += [any_ticks(0.9)(rng) for _ in range(500)]
    for threshold in THRESHOLDS:
        for distance in (-2, -1, 0, 1, 2):
            found += [hitting(threshold + distance, rng) for _ in range(125)]
    return found


@cache
def scored() -> pd.DataFrame:
    return score(answers_of(sheets()))


@cache
def expected() -> pd.DataFrame:
    """What the second scorer says, in the scorer's columns; points × 56 must be whole."""
    rows = []
    for sheet in sheets():
        v = oracle.score(sheet)
        units = {**v.points, **v.dimensions, "score_units": v.score, "points_missing": v.points_missing}
        row: dict[str, object] = {name: whole(points * UNITS) for name, points in units.items()}
        row |= v.scene_levels
        row |= {f"scenes_ge{g}": n for g, n in enumerate(v.scenes_ge, 1)}
        row |= {f"binding_ge{g}": n for g, n in enumerate(v.binding_ge, 1)}
        row |= {"score_level": v.score_level, "scene_level": v.scene_level, "level": v.level}
        row |= {"scenes_missing": v.scenes_missing, "binding_missing": v.binding_missing, "blocked_by": v.blocked_by}
        rows.append(row)
    return pd.DataFrame(rows)


def whole(value: Fraction) -> int:
    assert value.denominator == 1
    return int(value)


def test_there_are_enough_sheets() -> None:
    assert len(sheets()) >= 10_000


@pytest.mark.parametrize("column", score(answers_of([])).columns)
def test_every_column_equals_the_second_scorer_without_one_exception(column: str) -> None:
    found, right = scored()[column].to_numpy(), expected()[column].to_numpy()
    wrong = np.flatnonzero(found != right)
    assert not len(wrong), f"{len(wrong)} differ, first: {sheets()[wrong[0]]} {found[wrong[0]]} {right[wrong[0]]}"


def test_both_scorers_have_the_same_columns() -> None:
    assert set(scored().columns) == set(expected().columns)


def test_the_random_sheets_reach_every_outcome() -> None:
    right = expected()
    assert set(right["level"]) == set(right["score_level"]) == set(right["scene_level"]) == {0, 1, 2, 3, 4}
    assert len(set(right["blocked_by"])) == 8  # every combination of three, and none at the top
    for threshold in THRESHOLDS:
        assert {threshold - 1, threshold, threshold + 1} <= set(right["score_units"])


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("distance", [-1, 0, 1])
def test_a_threshold_to_the_unit(threshold: int, distance: int) -> None:
    # 1120 units are 20 points: 1119 are 19.98…, which no rounding may lift
    rng = Random(threshold + distance)
    full = ladders([4] * 16)
    frame = score(answers_of([hitting(threshold + distance, rng) | full for _ in range(20)]))
    level = threshold // 1120 - (distance < 0)
    assert set(frame["score_units"]) == {threshold + distance}
    assert set(frame["level"]) == {level}
    missing = max(0, 1120 * (level + 1) - threshold - distance) if level < 4 else 0
    assert set(frame["points_missing"]) == {missing}
    assert set(frame["blocked_by"]) == {"score" if level < 4 else ""}


# --- exactness ------------------------------------------------------------------------------------------------------


def test_every_number_is_an_int64() -> None:
    for frame in (scored(), score(answers_of([]))):
        types = frame.dtypes.drop("blocked_by")
        assert {str(t) for t in types} == {"int64"}


def test_the_scale_is_56_units_a_point() -> None:
    scale = scale_of(EDITION)
    assert (scale.units_per_point, scale.full, scale.thresholds) == (UNITS, 5600, THRESHOLDS)
    assert scale.step == {q: worth(q) for q in oracle.WEIGHTS}


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_chunks_make_the_whole(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    some = answers_of(sheets()[:60])
    at_once = score(some)
    monkeypatch.setattr(scoring, "CHUNK", chunk)
    pd.testing.assert_frame_equal(score(some), at_once)


def test_no_returns_have_the_same_columns() -> None:
    assert list(score(answers_of([])).columns) == list(scored().columns)
    assert len(score(answers_of([]))) == 0


def test_the_order_and_the_company_change_nothing() -> None:
    some = answers_of(sheets()[:200])
    turned = Answers(EDITION, some.frame.iloc[::-1])
    pd.testing.assert_frame_equal(score(turned).iloc[::-1], score(some))


def test_the_index_is_that_of_the_answers() -> None:
    assert list(score(table(good_answers(), good_answers())).index) == ["form0", "form1"]


def test_the_good_return_by_hand() -> None:
    # units a step (test_oracle.py has them as points): 112 84 84 40 140 70 70 84 105 84 105 196 196 84 84
    row = score(table(good_answers())).iloc[0]
    # 题1 1·112, 题2 2·84, 题3 1·84, 题4 2·40, 题5 2·140, 题6 2·70, 题7 1·70
    assert row["foundation"] == 112 + 168 + 84 + 80 + 280 + 140 + 70 == 934
    # 题8 2·84, 题9 1·105, 题10 1·84, 题11 0
    assert row["management"] == 168 + 105 + 84 == 357
    # 题12 持平 196, 题13 增加 392, 题14 增加 168, 题15 降低 168
    assert row["outcome"] == 196 + 392 + 168 + 168 == 924
    # 2215 units are 39.55 points, 25 short of 40; 4 scenes at 一级 (s03 s06 s07 s13, all binding), so 无等级
    assert row["score_units"] == 2215
    assert scale_of(EDITION).points(2215) == "39.55"
    assert (row["score_level"], row["scenes_ge1"], row["binding_ge1"], row["level"]) == (1, 4, 4, 0)
    assert (row["points_missing"], row["scenes_missing"], row["binding_missing"]) == (0, 2, 0)
    assert row["blocked_by"] == "scenes"


# --- an edition without scenes --------------------------------------------------------------------------------------

TINY = Path(__file__).parent / "editions" / "tiny.toml"


def test_the_tiny_edition_by_hand() -> None:
    tiny = load_edition(TINY)
    scale = scale_of(tiny)
    # 题1 65·33 % = 21.45 over 3 steps = 7.15; 题2 65·67·57 % = 24.8235 over 3 = 8.2745
    worths = {}
    for question in tiny.questions:
        points = Fraction(100)
        for part in tiny.question_path(question):
            points *= Fraction(part.weight.value) / 100
        worths[question.id] = points / (len(question.options) - 1)
    assert worths["q01"] == Fraction("7.15")
    assert worths["q02"] == Fraction("8.2745")
    # 题3 35·71 % = 24.85 over 2 steps
    assert worths["q03"] == Fraction("12.425")
    assert sum(w * (len(tiny.question[q].options) - 1) for q, w in worths.items()) == 100
    assert {q: Fraction(step, scale.units_per_point) for q, step in scale.step.items()} == worths
    assert scale.thresholds == tuple(int(t * scale.units_per_point) for t in (30, Fraction("62.5"), 90))

    best = {q.ticks[-1]: True for q in tiny.questions if q.none is None}
    best |= {tick: True for q in tiny.questions if q.none for tick in q.ticks[1:]}
    # 题1 alone, all three: 21.45 points, 8.55 short of 起步. With 题2 at its third option: 21.45 + 16.549 = 37.999.
    tools = {"q01_o02": True, "q01_o03": True, "q01_o04": True}
    frame = score(table({}, tools, tools | {"q02_o03": True}, best, edition=tiny))
    assert list(frame["score_units"]) == [
        int(p * scale.units_per_point) for p in (Fraction(0), Fraction("21.45"), Fraction("37.999"), Fraction(100))
    ]
    assert list(frame["level"]) == list(frame["score_level"]) == [0, 0, 1, 3]
    assert list(frame["blocked_by"]) == ["score", "score", "score", ""]
    missing = [Fraction(30), Fraction("8.55"), Fraction("24.501"), Fraction(0)]
    assert list(frame["points_missing"]) == [int(p * scale.units_per_point) for p in missing]
    assert not [name for name in frame.columns if name.startswith(("scenes_ge", "binding_ge", "scene_level", "s0"))]
    assert set(frame["scenes_missing"]) == set(frame["binding_missing"]) == {0}
    assert {str(t) for t in frame.dtypes.drop("blocked_by")} == {"int64"}
