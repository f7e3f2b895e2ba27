"""The smallest way of each return to its next level: as few locked steps as possible, then as few steps in all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from smebatch.assess.ways.fewest import NEVER, Numbers
from smebatch.assess.ways.problem import Move, Problem, StepCounts
from smebatch.assess.ways.scene_leg import UNLIMITED, FewestRaises
from smebatch.standard.backends import Bools, Ints


class _Tried(NamedTuple):
    """Moves of returns that were tried: positions of returns and moves, their whole cost, the ways of their scenes."""

    rows: Ints
    moves: Ints
    cost: Ints
    number: Numbers


class _Parts(NamedTuple):
    """Moves that returns' smallest ways are part of, one of each a position: of the return, and of the move."""

    moves: Sequence[Move]
    rows: Ints
    which: Ints

    def of(self, at: Ints) -> _Parts:
        """Some of them."""
        return _Parts(self.moves, self.rows[at], self.which[at])

    def first_of(self, returns: Ints) -> _Parts:
        """The first move of each of these returns that has one."""
        order = np.lexsort((self.which, self.rows))
        having, first = np.unique(self.rows[order], return_index=True)
        place = np.searchsorted(having, returns)
        there = place < len(having)
        there[there] = having[place[there]] == returns[there]
        return self.of(order[first[place[there]]])

    def missing(self) -> Ints:
        """The units that each leaves to be made up for."""
        return np.array([move.missing[row] for row, move in self._pairs()], dtype=np.int64)

    def needs(self) -> Ints:
        """What each asks of the scenes."""
        return np.array([move.needs[row] for row, move in self._pairs()], dtype=np.int64)

    def steps(self, question: int) -> list[int]:
        """The steps of a question that claims links."""
        return [move.steps[question] for _, move in self._pairs()]

    def _pairs(self) -> Iterator[tuple[int, Move]]:
        return ((row, self.moves[move]) for row, move in zip(self.rows.tolist(), self.which.tolist(), strict=True))


class Smallest(NamedTuple):
    """The smallest ways of the returns of a problem.

    ``cost``: see Problem.locked_cost; NEVER where there is no way. ``unwarned``: the smallest sets of steps of scenes
    if no warning mattered. ``parts``: every move that is part of a smallest way; ``scene_sets``: in how many ways the
    scenes of each are raised.
    """

    problem: Problem
    cost: Ints
    unwarned: FewestRaises
    parts: _Parts
    scene_sets: Numbers

    def counts(self) -> StepCounts:
        """How many steps the ways have."""
        return self.problem.counts(self.cost)

    def unwarned_questions(self) -> StepCounts:
        """How many steps of questions there were if no warning mattered."""
        problem = self.problem
        return StepCounts(*problem.whole_leg.counts(np.arange(len(problem)), problem.missing))

    def unwarned_scenes(self) -> StepCounts:
        """How many steps of scenes there were if no warning mattered."""
        return self.problem.counts(self.unwarned.cost)

    def numbers(self) -> list[int]:
        """How many sets of steps are as small, of each return, as Python's integers."""
        numbers = [0] * len(self.problem)
        if len(self.parts.rows):
            others = self.problem.score_leg.number(self.parts.rows, self.parts.missing()).tolist()
            for row, some, more in zip(self.parts.rows.tolist(), others, self.scene_sets.tolist(), strict=True):
                numbers[row] += some * more
        return numbers

    def one_of_each(self, returns: Ints) -> tuple[Ints, Ints]:
        """The steps of questions and of scenes of one smallest way of some returns; 0 where there is none.

        Shape (returns, questions) and (returns, scenes). It is always the same one.
        """
        problem, at = self.problem, np.flatnonzero(self.cost[returns] < NEVER)
        questions = np.zeros((len(returns), len(problem.units)), dtype=np.int64)
        scenes = np.zeros((len(returns), len(problem.edition.scenes)), dtype=np.int64)
        if len(at):
            parts = self.parts.first_of(returns[at])
            others = np.array(problem.others, dtype=np.int64)
            questions[np.ix_(at, others)] = problem.score_leg.chosen(parts.rows, parts.missing())
            for question in problem.linked:
                questions[at, question] = parts.steps(question)
            scenes[at] = problem.scene_leg.chosen(parts.rows, parts.needs())
        return questions, scenes


def smallest_ways(problem: Problem) -> Smallest:
    """Solve a problem exactly: every move in the questions that claim links is tried that may be part of a way."""
    every = np.arange(len(problem))
    nothing = problem.move(next(problem.choices()))
    scenes = problem.scene_leg.smallest(every, _unbound(problem, nothing.needs))  # as if no warning mattered
    moves: list[Move] = []
    bounds, unbound, best = [], [], np.full(len(problem), NEVER)
    for steps in problem.choices():
        if sum(steps.values()) > best.max(initial=0):  # no further move can be part of a way as small
            break
        move = problem.move(steps)
        moves.append(move)
        bounds.append(_lower(problem, move, scenes.cost))
        unbound.append(_is_unbound(problem, move.needs))
        best = np.minimum(best, np.where(unbound[-1], bounds[-1], NEVER))
    lower, simple = np.array(bounds), np.array(unbound)
    tried = [_try_simple(lower, simple, scenes.number, best)]
    waiting = np.where(simple, NEVER, lower)
    while True:  # from the lowest bound on, as long as it is not above what has been found
        least = waiting.min(axis=0)
        which, rows = np.nonzero((waiting == least) & (least <= best) & (least < NEVER))
        if not len(rows):
            break
        waiting[which, rows] = NEVER
        found = _try(problem, _Parts(moves, rows, which), lower[which, rows] - scenes.cost[rows])
        np.minimum.at(best, rows, found.cost)
        tried.append(found)
    parts, scene_sets = _as_small(moves, tried, best)
    return Smallest(problem, np.minimum(best, NEVER), scenes, parts, scene_sets)


def _unbound(problem: Problem, needs: Ints) -> Ints:
    """The needs of scenes that the level has, and none that a claim has."""
    free = needs.copy()
    free[:, 2:] = [UNLIMITED if most else 0 for most in problem.scene_leg.at_most[2:]]
    return free


def _is_unbound(problem: Problem, needs: Ints) -> Bools:
    same: Bools = (needs == _unbound(problem, needs)).all(axis=1)
    return same


def _lower(problem: Problem, move: Move, scenes: Ints) -> Ints:
    """What a move costs at least: with the other questions' steps, and the scenes as if no warning mattered."""
    _, others = problem.score_leg.smallest(np.arange(len(problem)), move.missing)
    return np.where(move.possible, np.minimum(move.cost + others + scenes, NEVER), NEVER)


def _try_simple(lower: Ints, simple: Bools, number: Numbers, best: Ints) -> _Tried:
    which, rows = np.nonzero(simple & (lower == best) & (best < NEVER))
    return _Tried(rows, which, lower[which, rows], number[rows])


def _try(problem: Problem, parts: _Parts, others: Ints) -> _Tried:
    """Moves with the scenes that they ask for; ``others``: what all but the scenes cost."""
    scenes = problem.scene_leg.smallest(parts.rows, parts.needs())
    return _Tried(parts.rows, parts.which, np.minimum(others + scenes.cost, NEVER), scenes.number)


def _as_small(moves: Sequence[Move], tried: Sequence[_Tried], best: Ints) -> tuple[_Parts, Numbers]:
    """What is as small as the best, and its ways of scenes."""
    rows, which, cost, number = (np.concatenate(parts) for parts in zip(*tried, strict=True))
    smallest = (cost == best[rows]) & (cost < NEVER)
    return _Parts(moves, rows[smallest], which[smallest]), number[smallest]
