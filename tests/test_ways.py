"""The shortest way to the next level: readable cases, an integer programme, a search through every set, workbooks."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np
import pytest

import oracle
import ways_oracle
from cases import EDITION, NO_BASE, TODAY, Return, changed, choose, form_bytes, good_answers, reach, table
from smebatch.assess.score import score
from smebatch.assess.validate import validate
from smebatch.assess.ways.after import after_ways
from smebatch.assess.ways.upgrades import NEAR, lever_keys, upgrades_of
from smebatch.assess.ways.ways import Way, changes_text, ways_of
from smebatch.batch.assessment import assess_returns
from smebatch.intake.read_entry import read_bytes
from smebatch.sample.many import answers_of_return
from ways_oracle import BINDING, LINKS, LOCKED, MOST, QUESTIONS, SCENES, case_of

QUICK, MANY = 150, 10_000
LEVELS = {f"{s}_l{g}": False for s in SCENES for g in range(1, 5)}


def ways(*returns: Mapping[str, object]) -> list[Way]:
    answers = table(*returns)
    return ways_of(answers, score(answers))


def way(answers: Mapping[str, object]) -> Way:
    (found,) = ways(answers)
    return found


def scenes(**levels: int) -> Return:
    """Every scene at level 0, but for these."""
    found: Return = {}
    for scene in SCENES:
        found |= reach(scene, levels.get(scene, 0))
    return found


def random_answers(rng: Random) -> Return:
    """Ticks of any maturity; most agree with one another, some do not; some leave out what R7 lets them leave out."""
    maturity = rng.random()
    answers = random_questions(rng, maturity)
    for scene in SCENES:
        answers |= random_scene(rng, scene, maturity)
    if rng.random() < 0.7:  # most claim what they have
        for i, scene in enumerate(LINKS, 2):
            if not answers.get(f"{scene}_l1") and rng.random() < 0.8:
                answers.pop(f"q04_o{i:02d}", None)
        if not any(key.startswith("q04_o") for key in answers):
            answers["q04_o01"] = True
    return answers


def random_questions(rng: Random, maturity: float) -> Return:
    answers: Return = {}
    for q, most in MOST.items():
        steps = min(most, max(0, round(rng.gauss(maturity * most, most / 4))))
        several = rng.sample(range(2, most + 2), steps) or [1]
        answers |= {f"{q}_o{i:02d}": True for i in (several if q in oracle.MULTIPLE else [steps + 1])}
    if rng.random() < 0.1:
        answers = {key: t for key, t in answers.items() if key[:3] not in LOCKED[1:] or rng.random() < 0.2}
        answers["no_base_year"] = "是"
    return answers


def random_scene(rng: Random, scene: str, maturity: float) -> Return:
    level = min(4, max(0, round(rng.gauss(maturity * 4, 1.3))))
    answers: Return = {f"{scene}_l{g}": True for g in range(1, level + 1)}
    if not level:
        answers[f"{scene}_state"] = rng.choices(["未达一级", "不适用"], [7, 3])[0]
        if rng.random() < 0.1:  # a tick above a gap (R9)
            answers |= {f"{scene}_l3": True, f"{scene}_state": rng.choice(["未达一级", None])}
    elif level < 3 and rng.random() < 0.05:
        answers[f"{scene}_l4"] = True
    return answers


def random_returns(count: int, seed: int) -> tuple[list[Return], list[Way]]:
    """Returns below the highest level, and their ways."""
    rng = Random(seed)
    returns = [random_answers(rng) for _ in range(count)]
    below = [each for each in returns if oracle.score(each).level < 4]
    return below, ways(*below)


# --- cases ------------------------------------------------------------------------------------------------------------


def test_two_scenes_are_missing() -> None:
    # 39.55 points are enough for 一级, 4 scenes are at it (s03 s06 s07 s13, all binding), 6 are asked for: any 2 of the
    # 12 others, a step each. 12·11/2 = 66 sets, 65 beside the one shown.
    found = way(good_answers())
    assert (found.to_level, found.steps, found.scene_steps, found.alternatives) == (1, 2, 2, 65)
    assert not found.locked


def test_points_alone_are_missing() -> None:
    # 6 scenes at 二级, 3 binding: 39.55 points, 0.45 short of 40. One step of any question that is left does, for the
    # smallest is worth 40/56 = 0.71. Left: q01 3, q02 … q03 …; of 题4 two are ticked, s03's and s13's; a third needs a
    # scene with a level: s01 s02 s06 s07 have one, so 题4 is among them. q05 stands for 2 to 11 links; the next option
    # wants 12 that are used, and 6 are. So: q01 q02 q03 q04 q06 q07 q08 q09 q10, and not q05 nor what is locked.
    found = way(changed(**scenes(s01=2, s02=2, s03=2, s06=2, s07=2, s13=2)))
    assert (found.to_level, found.steps, found.scene_steps, found.alternatives) == (2, 1, 0, 8)


def highest(*questions: str) -> Return:
    """A change: these questions have all their steps, and all scenes their highest level."""
    found: Return = {f"{s}_state": None for s in SCENES} | dict.fromkeys(LEVELS, True)
    for question in map(EDITION.question.__getitem__, questions):
        single = question.none is None
        found |= {t: i == len(question.ticks) if single else i > 1 for i, t in enumerate(question.ticks, 1)}
    return found


def test_locked_steps_come_last() -> None:
    # All that one can decide is at its highest: 100 − 7.5 (题11) − 2·7 (题12, 题13) − 2·3 (题14, 题15) = 72.5 points.
    # 7.5 are short of 80: two of 题12 and 题13 give 7, and three steps 10.5, or 8.875 with one of 题11 (1.875), or 8.5
    # with one of 题14 or 题15 (1.5). 4 pairs of steps in three vectors (2+0, 1+1, 0+2), and a third step in any of
    # what is left: 题12+题13 (2+1, 1+2), 题11, 题14, 题15 with each of the three vectors: 2 + 9 = 11 sets.
    found = way(good_answers() | highest(*QUESTIONS) | {k: v for q in LOCKED for k, v in choose(q, 1).items()})
    assert (found.to_level, found.steps, found.alternatives) == (4, 3, 10)
    assert found.locked == tuple(found.changes)
    assert set(found.changes) <= set(LOCKED)


def test_what_may_stay_blank_cannot_be_raised() -> None:
    found = way(changed(**NO_BASE, **scenes()))
    assert not {"q12", "q13", "q14", "q15"} & set(found.changes)


def test_no_way_is_said() -> None:
    # 题12 to 题15 stay blank (R7): at most 80 points; and 题10 is unanswered, which cannot be raised: no 四级.
    others = [q for q in QUESTIONS if q not in (*LOCKED[1:], "q10")]
    none = good_answers() | highest(*others) | NO_BASE | dict.fromkeys(EDITION.question["q10"].ticks, False)
    some = good_answers() | highest(*others[3:])
    for found, other in (ways(none, some), ways(some, none)[::-1]):
        assert (found.to_level, found.exists, found.changes, found.locked) == (4, False, {}, ())
        assert found.proof.steps is None
        assert (other.to_level, other.exists) == (4, True)


def test_at_the_highest_level_there_is_none() -> None:
    assert not ways(good_answers() | highest(*QUESTIONS))


def test_scenes_that_do_not_apply_come_last() -> None:
    # Six scenes may be raised to 一级, three of them binding; all others do not apply: no other set of six.
    some = ("s01", "s03", "s06", "s02", "s04", "s05")
    states = {f"{s}_state": "不适用" for s in SCENES if s not in some}
    nothing: Return = {"q04_o04": False, "q04_o14": False, "q04_o01": True} | choose("q05", 1)
    found = way(good_answers() | scenes() | states | nothing)
    assert {key for key in found.changes if key in SCENES} == set(some)
    assert not found.locked
    # One fewer may be raised, so one that does not apply has to: ten are left, or nine where it must be binding.
    fewer = way(good_answers() | scenes() | states | nothing | {"s05_state": "不适用"})
    assert len(fewer.locked) == 1
    assert fewer.locked[0] in SCENES


def test_the_same_return_has_the_same_way_in_any_company() -> None:
    returns, together = random_returns(40, seed=8)
    assert [way(each)[1:6] for each in returns[:10]] == [each[1:6] for each in together[:10]]


# --- against a second answer ------------------------------------------------------------------------------------------


def steps_of(found: Way, case: ways_oracle.Case) -> tuple[int, int] | None:
    if not found.exists:
        return None
    questions, levels = parts_of(found)
    return ways_oracle.locked_steps(case, questions, levels), found.steps


def parts_of(found: Way) -> tuple[dict[str, int], dict[str, int]]:
    questions = {key: n for key, n in found.changes.items() if key in QUESTIONS}
    return questions, {key: n for key, n in found.changes.items() if key in SCENES}


def agrees_with_the_programme(count: int, seed: int) -> None:
    for answers, found in zip(*random_returns(count, seed), strict=True):
        case = case_of(answers)
        assert case.goal == found.to_level
        assert steps_of(found, case) == ways_oracle.by_programme(case), answers
        if found.exists:
            assert ways_oracle.is_way(case, *parts_of(found)), answers


def test_steps_are_those_of_an_integer_programme() -> None:
    agrees_with_the_programme(QUICK, seed=1)


@pytest.mark.slow
def test_steps_are_those_of_an_integer_programme_in_ten_thousand_cases() -> None:
    agrees_with_the_programme(MANY, seed=2)


def test_alternatives_are_those_of_a_search_through_every_set() -> None:
    tried = 0
    for answers, found in zip(*random_returns(400, seed=3), strict=True):
        if not found.exists or found.steps > 3:
            continue
        case = case_of(answers)
        locked, _ = steps_of(found, case) or (0, 0)
        same = sum(
            ways_oracle.locked_steps(case, *parts) == locked and ways_oracle.is_way(case, *parts)
            for parts in ways_oracle.every_set(case, found.steps)
        )
        assert found.alternatives == same - 1, answers
        tried += 1
    assert tried > 30


# --- what a report asks of many ways ----------------------------------------------------------------------------------


def test_what_lifts_alone_is_what_its_steps_do_one_after_the_other() -> None:
    lifted = 0
    returns, _ = random_returns(300, seed=5)
    for answers, told in zip(returns, upgrades_of(table(*returns)).to_dict("records"), strict=True):
        case = case_of(answers)
        for key in lever_keys(EDITION):
            tried: list[tuple[dict[str, int], dict[str, int]]]
            if key in QUESTIONS:
                tried = [({key: n}, {}) for n in range(1, case.left[key] + 1)]
            else:
                tried = [({}, {key: n}) for n in range(1, 5 - case.levels[key]) if key not in case.inapplicable]
            fewest = next((n for n, each in enumerate(tried, 1) if ways_oracle.is_way(case, *each)), 0)
            assert told[key] == fewest, (key, answers)
            lifted += fewest > 0
    assert lifted > 200


def test_a_report_is_told_what_the_ways_are() -> None:
    returns, found = random_returns(300, seed=6)
    top = good_answers() | highest(*QUESTIONS)
    told = upgrades_of(table(top, *returns))
    assert told.drop(columns="changes").iloc[0].eq(0).all()
    for each, row in zip(found, told.iloc[1:].to_dict("records"), strict=True):
        proof = each.proof
        assert (row["to_level"], row["steps"]) == (each.to_level, each.steps)
        assert row["locked_steps"] == (proof.steps_locked if each.exists else 0)
        assert row["detour"] == (max(each.steps - proof.bound, 0) if each.exists else 0)
        assert row["forced"] == (each.exists and proof.steps_locked > proof.bound_locked)
        assert row["barred"] == (not each.exists and proof.free is not None and proof.scene_steps is not None)
        assert row["changes"] == (changes_text(each.changes) if each.steps <= NEAR else "")
    assert (told["detour"] > 0).sum() > 10


def test_nothing_is_told_where_there_are_no_returns() -> None:
    assert upgrades_of(table(good_answers() | highest(*QUESTIONS)).part(0, 0)).empty


# --- what is printed --------------------------------------------------------------------------------------------------


def test_the_proof_is_true_of_the_way() -> None:
    for answers, found in zip(*random_returns(150, seed=4), strict=True):
        case, proof = case_of(answers), found.proof
        gains = sorted(
            ((ways_oracle.worth(q) * 56, q in LOCKED) for q in QUESTIONS for _ in range(case.left[q])), reverse=True
        )
        free = [gain for gain, locked in gains if not locked]
        forced = [gain for gain, locked in gains if locked]
        assert proof.missing == case.missing * 56
        if proof.free is None:
            assert sum(gain for gain, _ in gains) < proof.missing
            continue
        assert proof.all_free == sum(free)
        if proof.free:
            assert proof.best == sum(free[: proof.free - 1]) + sum(forced[: proof.locked]) < proof.missing
        assert sum(free[: proof.free]) + sum(forced[: proof.locked]) >= proof.missing
        if found.exists and proof.steps == proof.bound:
            assert found.steps - found.scene_steps == proof.free + proof.locked
            assert found.scene_steps == proof.scene_steps
        assert "None" not in proof.text(EDITION, "zh") + proof.text(EDITION, "en")


# --- in workbooks -----------------------------------------------------------------------------------------------------


def followed(answers: Return, found: Way) -> Return:
    """The answers after a way, with the counts that 题2 and 题3 ask for."""
    before = table(answers)
    questions = np.array([[found.changes.get(q.id, 0) for q in EDITION.questions]])
    levels = np.array([[found.changes.get(s.id, 0) for s in EDITION.scenes]])
    frame = after_ways(before, questions, levels).frame.iloc[0]
    keys = [tick for q in EDITION.questions for tick in q.ticks] + [tick for s in EDITION.scenes for tick in s.ticks]
    ticks = {tick: bool(frame[tick]) for tick in keys}
    states = {f"{s.id}_state": None for s in EDITION.scenes if s.id in found.changes}
    after = answers | ticks | states
    whole = (0, 10, 20, 40, 60, 100)  # the rates that the options of 题2 and 题3 begin after, in %
    for q, figure in (("q02", "equipment_digital"), ("q03", "equipment_networked")):
        if q in found.changes:
            option = next(i for i in range(1, 6) if ticks[f"{q}_o{i:02d}"])
            after |= {"equipment_total": 100, figure: whole[option]}
            other = "q03" if q == "q02" else "q02"
            kept = next(i for i in range(1, 6) if ticks[f"{other}_o{i:02d}"])
            after[{"q02": "equipment_digital", "q03": "equipment_networked"}[other]] = whole[kept]
    return after


@pytest.mark.slow
def test_two_hundred_ways_written_into_workbooks_reach_their_level() -> None:
    done = 0
    for serial in range(400):
        answers = answers_of_return(EDITION, serial, seed=11)
        if oracle.score(answers).level == 4 or done == 200:
            continue
        found = way(answers)
        if not found.exists or found.locked:
            continue
        before = {(f.code, f.key) for f in validate(table(answers), TODAY)[0]}
        read = read_bytes(form_bytes(followed(answers, found)), EDITION)
        assessment = assess_returns(EDITION, {"form": read}, TODAY)
        after = {(row["code"], row["key"]) for row in assessment.findings.to_dict("records")}
        assert assessment.errors["form"] == 0, (serial, after - before)
        assert assessment.scores["level"].iloc[0] >= found.to_level
        assert not {each for each in after - before if each[0].startswith("links.") or each[0] == "scene.gap"}
        done += 1
    assert done == 200


def test_binding_scenes_are_counted() -> None:
    # Six scenes at 一级 but one binding only: two binding ones more. 9 of the ten binding are left: 9·8/2 = 36 sets.
    six = scenes(s02=1, s04=1, s05=1, s14=1, s15=1, s01=1)
    found = way(changed(**six))
    assert found.steps == 2
    assert set(found.changes) <= BINDING
    assert found.alternatives == 35
