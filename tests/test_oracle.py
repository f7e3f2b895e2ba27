"""Hand-worked cases for the second scorer: what is ticked, what it is worth, and the sum in a comment.

What a step is worth in points of the total, worked once from the printed weights (三(一)):

    题1   50%·40%·40% = 8 points,  4 steps of 2          题9   30%·50%·50% = 7.5 points, 4 steps of 1.875
    题2   50%·40%·30% = 6 points,  4 steps of 1.5        题10  30%·50%·50% = 7.5 points, 5 steps of 1.5
    题3   50%·40%·30% = 6 points,  4 steps of 1.5        题11  30%·50%·50% = 7.5 points, 4 steps of 1.875
    题4   50%·20%     = 10 points, 14 steps of 10/14     题12  20%·35%     = 7 points,   2 steps of 3.5
    题5   50%·20%     = 10 points, 4 steps of 2.5        题13  20%·35%     = 7 points,   2 steps of 3.5
    题6   50%·20%·50% = 5 points,  4 steps of 1.25       题14  20%·30%·50% = 3 points,   2 steps of 1.5
    题7   50%·20%·50% = 5 points,  4 steps of 1.25       题15  20%·30%·50% = 3 points,   2 steps of 1.5
    题8   30%·50%·50% = 7.5 points, 5 steps of 1.5
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate

import pytest

from oracle import MULTIPLE, SCENES, WEIGHTS, Verdict, direction, interval, score, uscc_check_character

BINDING = [i for i, name in enumerate(SCENES, 1) if name.endswith("*")]
GUIDING = [i for i, name in enumerate(SCENES, 1) if not name.endswith("*")]
FOUNDATION = {"q01": 4, "q02": 4, "q03": 4, "q04": 14, "q05": 4, "q06": 4, "q07": 4}  # 50 points
MANAGEMENT = {"q08": 5, "q09": 4, "q10": 5, "q11": 4}  # 30 points
OUTCOME = {"q12": 2, "q13": 2, "q14": 2, "q15": 2}  # 20 points
BEST = FOUNDATION | MANAGEMENT | OUTCOME


def steps(**counts: int) -> dict[str, bool]:
    """Steps up from the first option.

    q08=3 ticks the fourth option of a 单选; q04=3 ticks three options of a 多选 besides 无.
    """
    ticks: dict[str, bool] = {}
    for question, n in counts.items():
        options = range(2, n + 2) if question in MULTIPLE else [n + 1]
        ticks |= {f"{question}_o{o:02d}": True for o in options}
    return ticks


def scenes(level: int, binding: int, guiding: int) -> dict[str, bool]:
    """The first ``binding`` scenes with a * and the first ``guiding`` others, ticked up to ``level``."""
    chosen = BINDING[:binding] + GUIDING[:guiding]
    return {f"s{i:02d}_l{g}": True for i in chosen for g in range(1, level + 1)}


def missing_of(verdict: Verdict) -> tuple[Fraction | int, ...]:
    """What misses the next level: points, scenes, binding scenes."""
    return (verdict.points_missing, verdict.scenes_missing, verdict.binding_missing)


# --- the score ------------------------------------------------------------------------------------------------------


def test_the_steps_listed_above_make_100_points() -> None:
    worth = [8, 6, 6, 10, 10, 5, 5, 7.5, 7.5, 7.5, 7.5, 7, 7, 3, 3]
    assert [first * second * item / 10_000 for first, second, item in WEIGHTS.values()] == worth
    assert sum(worth) == 100


def test_nothing_ticked_is_nothing() -> None:
    verdict = score({})
    assert verdict.score == 0
    assert set(verdict.points.values()) == {0}
    assert set(verdict.dimensions.values()) == {0}
    assert set(verdict.scene_levels.values()) == {0}
    assert (verdict.level, verdict.score_level, verdict.scene_level) == (0, 0, 0)
    assert (verdict.scenes_ge, verdict.binding_ge) == ((0, 0, 0, 0), (0, 0, 0, 0))
    # to 一级: 20 points, 6 scenes, 3 of them binding
    assert verdict.blocked_by == "score+scenes+binding"
    assert missing_of(verdict) == (20, 6, 3)


def test_the_first_option_of_every_question_scores_nothing() -> None:
    assert score({f"{question}_o01": True for question in WEIGHTS}).score == 0


def test_all_best_is_100_and_level_4() -> None:
    verdict = score(steps(**BEST) | scenes(4, binding=10, guiding=6))
    assert verdict.score == 100
    assert verdict.dimensions == {"foundation": 50, "management": 30, "outcome": 20}
    assert verdict.scenes_ge == (16, 16, 16, 16)
    assert verdict.binding_ge == (10, 10, 10, 10)
    assert (verdict.level, verdict.score_level, verdict.scene_level, verdict.blocked_by) == (4, 4, 4, "")
    assert missing_of(verdict) == (0, 0, 0)


def test_missing_none_and_false_are_not_ticked() -> None:
    assert score({"q01_o02": None, "q01_o03": False, "s01_l1": None}) == score({})


@pytest.mark.parametrize(
    ("ticks", "points"),
    [
        (steps(q01=1), Fraction(2)),  # 1 of 4: 25 points × 8 %
        (steps(q01=3), Fraction(6)),  # 3 of 4: 75 × 8 %
        (steps(q02=2), Fraction(3)),  # (20%,40%] is the third of five: 50 × 6 %
        (steps(q04=5), Fraction(25, 7)),  # 5 of 14: 500/14 × 10 % = 50/14 = 3.571428…, never 5 × 7.14 %
        (steps(q04=7), Fraction(5)),  # 7 of 14: 50 × 10 %
        (steps(q05=3), Fraction(15, 2)),  # 绝大部分业务环节: 75 × 10 %
        (steps(q06=1, q07=3), Fraction(5)),  # 25 × 5 % + 75 × 5 % = 1.25 + 3.75
        (steps(q09=3), Fraction(45, 8)),  # 3 of 4: 75 × 7.5 % = 5.625
        (steps(q10=2), Fraction(3)),  # 2 of 5: 40 × 7.5 %
        (steps(q11=1), Fraction(15, 8)),  # (10%,20%]: 25 × 7.5 % = 1.875
        (steps(q12=1, q13=2), Fraction(21, 2)),  # 持平 50 × 7 % + 增加 100 × 7 % = 3.5 + 7
        (steps(q14=2, q15=1), Fraction(9, 2)),  # 增加 100 × 3 % + 持平 50 × 3 % = 3 + 1.5
    ],
)
def test_one_question_at_a_time(ticks: dict[str, bool], points: Fraction) -> None:
    assert score(ticks).score == points


@pytest.mark.parametrize("step", range(6))
def test_q08_scores_0_20_40_60_80_100(step: int) -> None:
    # R1: six options, evenly spaced; 20 × 7.5 % = 1.5 points a step
    assert score(steps(q08=step)).points["q08"] == Fraction(3, 2) * step


@pytest.mark.parametrize("question", MULTIPLE)
def test_none_of_these_with_other_options_scores_0(question: str) -> None:
    # R4; without 无 the same ticks score
    ticks = steps(**{question: 2})
    assert score(ticks).points[question] > 0
    assert score(ticks | {f"{question}_o01": True}).points[question] == 0


def test_two_ticks_in_a_single_choice_score_0() -> None:
    assert score({"q05_o02": True, "q05_o05": True}).points["q05"] == 0


def test_a_return_that_answers_everything() -> None:
    verdict = score(
        steps(q01=2, q02=3, q03=1, q04=9, q05=2, q06=2, q07=1, q08=3, q09=2, q10=1, q11=0, q12=2, q13=2, q14=1, q15=0)
    )
    # 2·2 + 3·1.5 + 1·1.5 + 9·10/14 + 2·2.5 + 2·1.25 + 1·1.25 = 18.75 + 45/7
    assert verdict.dimensions["foundation"] == Fraction("18.75") + Fraction(45, 7)
    # 3·1.5 + 2·1.875 + 1·1.5 + 0 = 9.75
    assert verdict.dimensions["management"] == Fraction("9.75")
    # 2·3.5 + 2·3.5 + 1·1.5 + 0 = 15.5
    assert verdict.dimensions["outcome"] == Fraction("15.5")
    # 44 + 45/7 = 353/7 = 50.428571…
    assert verdict.score == Fraction(353, 7)
    assert (verdict.score_level, verdict.level) == (2, 0)  # no scene, so 无等级


# --- each threshold, to the unit (1/56 point) -----------------------------------------------------------------------

EXACT = {
    # 14·10/14 + 3·2 + 1·1.5 + 1·2.5 = 10 + 6 + 1.5 + 2.5
    20: {"q04": 14, "q01": 3, "q02": 1, "q05": 1},
    # 50 − 5 − 5
    40: FOUNDATION | {"q06": 0, "q07": 0},
    # 50 + 2·1.5 + 2·3.5
    60: FOUNDATION | {"q08": 2, "q12": 2},
    # 50 + 30
    80: FOUNDATION | MANAGEMENT,
}
ONE_UNIT_BELOW = {
    # 11·10/14 = 440/56; 3·2 + 2·1.5 + 1.25 + 1.875 = 12.125 = 679/56; 1119/56
    20: {"q04": 11, "q01": 3, "q02": 2, "q06": 1, "q09": 1},
    # 440/56; 8 + 6 + 6 + 3·2.5 + 1.25 + 1.5 + 1.875 = 32.125 = 1799/56; 2239/56
    40: {"q04": 11, "q01": 4, "q02": 4, "q03": 4, "q05": 3, "q06": 1, "q08": 1, "q09": 1},
    # 440/56; 40 + 2·1.5 + 3·1.875 + 3.5 = 52.125 = 2919/56; 3359/56
    60: FOUNDATION | {"q04": 11, "q08": 2, "q09": 3, "q12": 1},
    # 440/56; 40 + 7.5 + 7.5 + 3·1.5 + 3·1.875 + 7 = 72.125 = 4039/56; 4479/56
    80: FOUNDATION | MANAGEMENT | {"q04": 11, "q10": 3, "q11": 3, "q12": 2},
}


@pytest.mark.parametrize("threshold", [20, 40, 60, 80])
def test_a_threshold_met_exactly_gives_the_level(threshold: int) -> None:
    verdict = score(steps(**EXACT[threshold]) | scenes(4, binding=10, guiding=6))
    assert verdict.score == threshold
    assert verdict.level == verdict.score_level == threshold // 20
    assert verdict.points_missing == (20 if threshold < 80 else 0)


@pytest.mark.parametrize("threshold", [20, 40, 60, 80])
def test_one_unit_below_a_threshold_does_not(threshold: int) -> None:
    verdict = score(steps(**ONE_UNIT_BELOW[threshold]) | scenes(4, binding=10, guiding=6))
    assert verdict.score == threshold - Fraction(1, 56)
    assert verdict.level == verdict.score_level == threshold // 20 - 1
    assert (verdict.blocked_by, verdict.points_missing) == ("score", Fraction(1, 56))


# --- scenes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ticked", "level"),
    [
        ((), 0),
        ((1,), 1),
        ((1, 2), 2),
        ((1, 2, 3, 4), 4),
        ((2,), 0),  # 一级 is not met, so nothing above it counts (备注2)
        ((1, 3), 1),
        ((1, 3, 4), 1),
        ((1, 2, 4), 2),
        ((2, 3, 4), 0),
    ],
)
def test_a_scene_level_is_the_unbroken_run_from_the_first(ticked: tuple[int, ...], level: int) -> None:
    assert score({f"s06_l{g}": True for g in ticked}).scene_levels["s06"] == level


def test_the_binding_scenes_are_the_ten_with_a_star() -> None:
    assert BINDING == [1, 3, 6, 7, 8, 9, 10, 11, 12, 13]
    for i in range(1, 17):
        verdict = score({f"s{i:02d}_l1": True})
        assert verdict.scenes_ge == (1, 0, 0, 0)
        assert verdict.binding_ge == ((1, 0, 0, 0) if i in BINDING else (0, 0, 0, 0))


def test_scenes_are_counted_at_each_level() -> None:
    # 产品设计* to 四级, 工艺设计 to 二级, 营销管理* to 一级, 售后服务 with a gap at 一级
    ticks = scenes(4, binding=1, guiding=0) | {"s02_l1": True, "s02_l2": True, "s03_l1": True, "s04_l2": True}
    verdict = score(ticks)
    assert verdict.scenes_ge == (3, 2, 1, 1)
    assert verdict.binding_ge == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("level", "binding", "guiding", "reached"),
    [
        # 一级: 6 scenes, 3 binding
        (1, 3, 3, True),
        (1, 2, 4, False),  # 6 scenes, but 2 binding
        (1, 3, 2, False),  # 3 binding, but 5 scenes
        (1, 6, 0, True),  # binding scenes count as scenes
        # 二级: 6 scenes, 3 binding
        (2, 3, 3, True),
        (2, 2, 4, False),
        (2, 5, 0, False),
        # 三级: 8 scenes, 5 binding
        (3, 5, 3, True),
        (3, 4, 4, False),
        (3, 5, 2, False),
        # 四级: 10 scenes, 6 binding
        (4, 6, 4, True),
        (4, 5, 5, False),
        (4, 6, 3, False),
        (4, 10, 0, True),
    ],
)
def test_how_many_scenes_a_level_asks_for(level: int, binding: int, guiding: int, reached: bool) -> None:
    verdict = score(steps(**BEST) | scenes(level, binding, guiding))
    assert (verdict.level >= level) is reached
    assert verdict.level == verdict.scene_level  # the score of 100 holds nothing back


def test_scenes_at_a_lower_level_still_carry_the_lower_level() -> None:
    # all sixteen at 三级: 四级 lacks 10 scenes and 6 binding ones
    verdict = score(steps(**BEST) | scenes(3, binding=10, guiding=6))
    assert (verdict.level, verdict.scene_level, verdict.score_level) == (3, 3, 4)
    assert (verdict.blocked_by, verdict.scenes_missing, verdict.binding_missing) == ("scenes+binding", 10, 6)


# --- what blocks the next level -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "binding", "guiding", "level", "blocked_by", "missing"),
    [
        # toward 一级 from nothing: 20 points, 6 scenes at 一级, 3 of them binding
        (40, 2, 4, 0, "binding", (0, 0, 1)),
        (40, 4, 1, 0, "scenes", (0, 1, 0)),
        (40, 2, 1, 0, "scenes+binding", (0, 3, 1)),
        (0, 3, 3, 0, "score", (20, 0, 0)),
        (0, 1, 6, 0, "score+binding", (20, 0, 2)),
        (0, 5, 0, 0, "score+scenes", (20, 1, 0)),
        (0, 0, 0, 0, "score+scenes+binding", (20, 6, 3)),
        # at 一级, toward 二级: the scenes above stand at 一级 only
        (20, 3, 3, 1, "score+scenes+binding", (20, 6, 3)),
        (40, 3, 3, 1, "scenes+binding", (0, 6, 3)),
    ],
)
def test_what_keeps_from_the_next_level(
    points: int, binding: int, guiding: int, level: int, blocked_by: str, missing: tuple[int, int, int]
) -> None:
    ticks = steps(**EXACT[points]) if points else {}
    verdict = score(ticks | scenes(1, binding, guiding))
    assert verdict.level == level
    assert verdict.blocked_by == blocked_by
    assert missing_of(verdict) == missing


# --- the helpers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "option"),
    [
        (0, 50, 1),
        (5, 50, 1),  # 10 % exactly
        (10**8 + 1, 10**9, 2),  # 10.0000001 %
        (10, 50, 2),
        (11, 50, 3),
        (20, 50, 3),
        (21, 50, 4),
        (30, 50, 4),
        (31, 50, 5),
        (50, 50, 5),
        (0, 0, 1),  # R10
    ],
)
def test_intervals_are_closed_on_the_right(part: int, whole: int, option: int) -> None:
    assert interval(part, whole) == option


def test_a_part_above_the_whole_has_no_interval() -> None:
    with pytest.raises(ValueError, match="outside"):
        interval(51, 50)


def test_direction_is_exact() -> None:
    assert direction(1, 3, 3, 9) == "same"  # 1/3 against 3/9
    assert direction(10**17 + 1, 10**17) == "up"  # equal as floats
    assert direction(200, 300, 10, 10) == "down"


@pytest.mark.parametrize("code", ["91110000101623741K", "911101066976941872", "91350100M000100Y43"])
def test_check_characters_of_codes_in_print(code: str) -> None:
    assert uscc_check_character(code[:17]) == code[17]


def test_a_code_with_a_wrong_check_character_is_seen() -> None:
    assert uscc_check_character("91350211M0000XUF4") != "6"


def test_check_weights_are_powers_of_three_mod_31() -> None:
    # the table printed in GB 32100-2015: 1 3 9 27 19 26 16 17 20 29 25 13 8 24 10 30 28
    powers = list(accumulate(range(16), lambda w, _: w * 3 % 31, initial=1))
    assert powers == [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    for position, weight in enumerate(powers):
        first17 = "".join("1" if i == position else "0" for i in range(17))
        assert "0123456789ABCDEFGHJKLMNPQRTUWXY".index(uscc_check_character(first17)) == 31 - weight
