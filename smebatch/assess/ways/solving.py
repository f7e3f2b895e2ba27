"""Solves many returns, by the level that they are to reach; judges what was found as returns are judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.assess.score import score
from smebatch.assess.ways.after import after_ways
from smebatch.assess.ways.problem import Problem, warnings_of
from smebatch.standard.backends import Ints

CHUNK = 16_384  # returns solved at a time, so that memory stays flat
_Found = TypeVar("_Found")


def in_chunks_by_level(
    answers: Answers, scores: pd.DataFrame, solve: Callable[[Problem], _Found], *, counted: bool
) -> list[tuple[Ints, _Found]]:
    """Solve all returns that are not at the highest level: positions of some, and what came of them.

    ``scores``: what ``score`` says of the answers; both have the same index. ``counted``: see Problem.
    """
    levels, keys = scores["level"].to_numpy(), [str(name) for name in answers.frame.columns]
    found = []
    for level in range(len(answers.edition.levels)):
        every = np.flatnonzero(levels == level)
        for start in range(0, len(every), CHUNK):
            rows = every[start : start + CHUNK]
            whole = len(rows) == len(answers)
            some, scored = (answers, scores) if whole else (answers.take(rows, keys), scores.iloc[rows])
            found.append((rows, solve(Problem(some, scored, level + 1, counted=counted))))
    return found


def verify(problem: Problem, rows: Ints, questions: Ints, scenes: Ints) -> None:
    """Score the answers of returns at positions ``rows`` after some steps again, and judge them by our own rules.

    ``questions`` and ``scenes``: the steps of each of these returns. Raises RuntimeError where they do not lead where
    they should: nothing is said then that may be wrong.
    """
    if not len(rows):
        return
    before = problem.answers
    if not np.array_equal(rows, np.arange(len(problem))):
        before = before.take(rows, [str(name) for name in before.frame.columns])
    after = after_ways(before, questions, scenes)
    wrong = score(after)["level"].to_numpy() < problem.level
    for rule in warnings_of(problem.edition).values():
        broken = ~rule.kept_by(after)
        if broken.any():
            wrong |= broken & rule.kept_by(before)
    if wrong.any():
        raise RuntimeError(f"a way to level {problem.level} fails: {before.frame.index[wrong][:3].tolist()}")
