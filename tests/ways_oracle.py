"""A second answer to what the shortest way is: an integer programme, and for small cases a search through every set.

Both are written from the rules of the standard as :mod:`oracle` has them and from the words of the warnings; they share
nothing with the program but the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

import oracle

MOST = {q: n - 1 for q, n in oracle.MULTIPLE.items()} | {q: len(points) - 1 for q, points in oracle.SINGLE.items()}
QUESTIONS = sorted(MOST)
SCENES = [f"s{i:02d}" for i in range(1, len(oracle.SCENES) + 1)]
BINDING = {f"s{i:02d}" for i, name in enumerate(oracle.SCENES, 1) if name.endswith("*")}
LOCKED = ("q11", "q12", "q13", "q14", "q15")
LINKS = SCENES[:14]  # 题4: the option after 无 is the first scene's, and so on
RANGES = ((0, 0), (1, 1), (2, 11), (12, 13), (14, 14))  # 题5: links ticked, used and managed


def worth(question: str) -> Fraction:
    """The points of one step of a question."""
    first, second, item = oracle.WEIGHTS[question]
    return Fraction(100, MOST[question]) * Fraction(first * second * item, 100**3)


@dataclass
class Case:
    """What a return has reached, and what it may do."""

    steps: dict[str, int]
    left: dict[str, int]
    levels: dict[str, int]
    inapplicable: set[str]
    answered: set[str]  # scenes that are answered rightly
    ticked: set[str]  # scenes whose link is ticked under 题4
    claimed: int  # the option of 题5, from 1
    goal: int
    missing: Fraction
    standing: bool  # 题5 has its warning already

    def claims_hold(self, q04: int, q05: int, levels: Mapping[str, int]) -> bool:
        """Whether no warning is new."""
        barred = {s for s in LINKS if levels[s] == 0 and s in self.answered}
        if q04 > len([s for s in LINKS if s not in self.ticked and s not in barred]):
            return False
        if self.standing or not self.claimed:
            return True
        low, high = RANGES[self.claimed - 1 + q05]
        used = sum(levels[s] >= 1 or s in self.inapplicable or s not in self.answered for s in LINKS)
        managed = sum(levels[s] >= 2 for s in LINKS)
        return self.steps["q04"] + q04 <= high and used >= low and managed <= high


def case_of(answers: Mapping[str, object]) -> Case:
    """The case of a return without errors."""
    verdict = oracle.score(answers)
    steps = {q: int(verdict.points[q] / worth(q)) for q in QUESTIONS}
    answered_questions = {q for q in QUESTIONS if any(k.startswith(f"{q}_o") and v for k, v in answers.items())}
    inapplicable = {s for s in SCENES if answers.get(f"{s}_state") == "不适用"}
    any_tick = {s for s in SCENES if any(answers.get(f"{s}_l{g}") for g in range(1, 5))}
    answered = {s for s in SCENES if answers.get(f"{s}_l1") or (s not in any_tick and answers.get(f"{s}_state"))}
    goal = verdict.level + 1
    ticked = {s for i, s in enumerate(LINKS, 2) if answers.get(f"q04_o{i:02d}")}
    claimed = [i for i in range(1, 6) if answers.get(f"q05_o{i:02d}")]
    case = Case(
        steps,
        {q: MOST[q] - steps[q] if q in answered_questions else 0 for q in QUESTIONS},
        dict(verdict.scene_levels),
        inapplicable,
        answered,
        ticked,
        claimed[0] if len(claimed) == 1 else 0,
        goal,
        max(oracle.LEVELS[goal][0] - verdict.score, Fraction(0)) if goal < 5 else Fraction(0),
        standing=False,
    )
    case.standing = not case.claims_hold(0, 0, case.levels)
    return case


TOP = range(5)
NAMES = [f"x{q}" for q in QUESTIONS] + [f"c{i}" for i in TOP] + [f"{s}{g}" for s in SCENES for g in TOP]
AT = {name: i for i, name in enumerate(NAMES)}
UNIT = 56
Row = tuple[dict[str, float], float, float]  # coefficients by variable, and what the sum is at least and at most


def by_programme(case: Case) -> tuple[int, int] | None:
    """The fewest locked steps, and with these the fewest steps; None where there is no way.

    Variables: the steps of each question; which option of 题5 is chosen; which level each scene reaches.
    """
    rows = [*level_rows(case), *claim_rows(case)]
    matrix = np.zeros((len(rows), len(NAMES)))
    for i, (row, _, _) in enumerate(rows):
        for name, value in row.items():
            matrix[i, AT[name]] = value
    least = [row[1] - (1e-6 if np.isfinite(row[1]) else 0) for row in rows]
    upper, cost, locked = np.ones(len(NAMES)), np.zeros(len(NAMES)), np.zeros(len(NAMES))
    for q in QUESTIONS:
        upper[AT[f"x{q}"]], cost[AT[f"x{q}"]], locked[AT[f"x{q}"]] = case.left[q], 1, q in LOCKED
    for s in SCENES:
        for g in TOP:
            steps = g - case.levels[s]
            upper[AT[f"{s}{g}"]], cost[AT[f"{s}{g}"]] = steps >= 0, max(steps, 0)
            locked[AT[f"{s}{g}"]] = max(steps, 0) * (s in case.inapplicable)
    found = milp(
        cost + 1_000 * locked,
        constraints=LinearConstraint(matrix, least, [row[2] for row in rows]),
        bounds=Bounds(0, upper),
        integrality=np.ones(len(NAMES)),
        options={"mip_rel_gap": 0},
    )
    if not found.success:
        return None
    x = np.round(found.x)
    return int(locked @ x), int(cost @ x)


def level_rows(case: Case) -> Iterator[Row]:
    """What the level asks for, in units of 1/56 point; and each scene has one level."""
    _, scenes, binding = oracle.LEVELS[case.goal]
    yield {f"x{q}": float(worth(q) * UNIT) for q in QUESTIONS}, float(case.missing * UNIT), np.inf
    yield {f"{s}{g}": 1 for s in SCENES for g in TOP if g >= case.goal}, scenes, np.inf
    yield {f"{s}{g}": 1 for s in BINDING for g in TOP if g >= case.goal}, binding, np.inf
    for s in SCENES:
        yield {f"{s}{g}": 1 for g in TOP}, 1, 1


def claim_rows(case: Case) -> Iterator[Row]:
    """题4: a new tick needs a scene with a level, or one that is not answered rightly. 题5: the range of its option."""
    ready = [s for s in LINKS if s not in case.ticked]
    needs = {f"{s}{g}": -1.0 for s in ready if s in case.answered for g in range(1, 5)}
    yield {"xq04": 1.0} | needs, -np.inf, len([s for s in ready if s not in case.answered])
    yield {f"c{i}": 1 for i in TOP}, 1, 1
    if case.claimed and not case.standing:
        low, high = ({f"c{i}": -float(RANGES[i][end]) for i in TOP} for end in (0, 1))
        yield {f"c{i}": float(i) for i in TOP} | {"xq05": -1}, case.claimed - 1, case.claimed - 1
        yield {"xq04": 1.0} | high, -np.inf, -case.steps["q04"]
        sure = len([s for s in LINKS if s in case.inapplicable or s not in case.answered])
        yield (
            {f"{s}{g}": 1.0 for s in LINKS if s in case.answered - case.inapplicable for g in TOP[1:]} | low,
            -sure,
            np.inf,
        )
        yield {f"{s}{g}": 1.0 for s in LINKS for g in TOP[2:]} | high, -np.inf, 0


def every_set(case: Case, total: int) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """Every set of ``total`` steps in all."""

    def spread(left: list[tuple[str, int]], n: int) -> Iterator[dict[str, int]]:
        if not left:
            if n == 0:
                yield {}
            return
        (key, most), *others = left
        for steps in range(min(most, n) + 1):
            for rest in spread(others, n - steps):
                yield {key: steps} | rest if steps else rest

    items = [(q, case.left[q]) for q in QUESTIONS] + [(s, 4 - case.levels[s]) for s in SCENES]
    for found in spread([item for item in items if item[1]], total):
        yield {q: found[q] for q in QUESTIONS if q in found}, {s: found[s] for s in SCENES if s in found}


def is_way(case: Case, questions: Mapping[str, int], scenes: Mapping[str, int]) -> bool:
    """Whether a set of steps leads to the goal without a new warning."""
    levels = {s: case.levels[s] + scenes.get(s, 0) for s in SCENES}
    gained = sum((worth(q) * n for q, n in questions.items()), Fraction(0))
    _, needed, binding = oracle.LEVELS[case.goal]
    return (
        gained >= case.missing
        and sum(level >= case.goal for level in levels.values()) >= needed
        and sum(levels[s] >= case.goal for s in BINDING) >= binding
        and case.claims_hold(questions.get("q04", 0), questions.get("q05", 0), levels)
    )


def locked_steps(case: Case, questions: Mapping[str, int], scenes: Mapping[str, int]) -> int:
    """How many of the steps an enterprise cannot decide."""
    return sum(n for q, n in questions.items() if q in LOCKED) + sum(
        n for s, n in scenes.items() if s in case.inapplicable
    )
