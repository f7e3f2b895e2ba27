"""What lifts a return to its next level if nothing else is raised: a single question, or a single scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from smebatch.assess.ways.fewest import NEVER
from smebatch.assess.ways.problem import Move, Problem
from smebatch.assess.ways.scene_leg import after_raise
from smebatch.assess.ways.solving import verify
from smebatch.standard.backends import Bools, Ints


def steps_alone(problem: Problem) -> Ints:
    """The fewest steps of each question and scene that reach the level alone and raise no warning; 0 where none do.

    Shape (returns, questions + scenes), in the order of the edition. What one cannot decide to raise has none. Raises
    RuntimeError as ``verify`` does.
    """
    questions, scenes = len(problem.edition.questions), len(problem.edition.scenes)
    found = np.full((len(problem), questions + scenes), NEVER)
    for at, lifted, steps in _raised_alone(problem):
        found[lifted, at] = np.minimum(found[lifted, at], steps[lifted])
    found[found == NEVER] = 0
    rows, raised_in = np.nonzero(found)
    raised = np.zeros((len(rows), questions + scenes), dtype=np.int64)
    raised[np.arange(len(rows)), raised_in] = found[rows, raised_in]
    verify(problem, rows, raised[:, :questions], raised[:, questions:])
    return found


def _raised_alone(problem: Problem) -> Iterator[tuple[int, Bools, Ints]]:
    """Questions and scenes, by their place: which returns each lifts alone, raised by so many steps."""
    at_most = problem.scene_leg.at_most
    nothing = problem.move(next(problem.choices()))
    scenes_are_met = _are_met(nothing, at_most)
    for at in problem.others:
        if not problem.locked_questions[at]:
            steps = -(-nothing.missing // problem.units[at])
            yield at, scenes_are_met & (steps <= problem.left[:, at]), steps
    for choice in problem.choices():
        raised = [at for at, n in choice.items() if n]
        if len(raised) == 1 and not problem.locked_questions[raised[0]]:
            move = problem.move(choice)
            steps = np.full(len(problem), choice[raised[0]])
            yield raised[0], _are_met(move, at_most) & (move.missing == 0), steps
    for at, raises in enumerate(problem.scene_leg.scenes):
        free = nothing.possible & (nothing.missing == 0) & ~problem.locked_scenes[:, at]
        for each in raises:
            left, allowed = after_raise(nothing.needs, each.effects[each.effect], at_most)
            lifted = free & allowed & (each.cost < NEVER) & _is_met(left, at_most)
            yield len(problem.units) + at, lifted, each.steps


def _are_met(move: Move, at_most: Sequence[bool]) -> Bools:
    """Where a move is possible and asks nothing of the scenes."""
    return move.possible & _is_met(move.needs, at_most)


def _is_met(needs: Ints, at_most: Sequence[bool]) -> Bools:
    """Where no need is left; what is left of an allowance is none."""
    met: Bools = (needs[:, ~np.array(at_most)] == 0).all(axis=1)
    return met
