"""The fewest steps of questions that make up for what the score lacks, and in how many ways: 三(一) 评分逻辑.

Every step of a question is worth the same, so the fewest steps are those that are worth most. Which other sets are as
small follows from what they lose against these: no more than what these have beyond the need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from smebatch.assess.ways.fewest import NEVER
from smebatch.standard.backends import Bools, Ints


class Worth(NamedTuple):
    """Questions whose steps are worth the same number of ``units``, and may be raised by decision or not."""

    units: int
    locked: bool


class ScoreLeg:
    """What can be raised in the questions of some returns, apart from those that others depend on.

    ``left``: the steps that are left in each question, shape (returns, questions). ``worths``: one for each question.
    ``unit_cost`` and ``locked_cost``: of a step that is free and of one that is locked, which costs more than all free
    ones together. ``dtype``: int64, or object where numbers of ways may be larger.
    """

    def __init__(self, left: Ints, worths: Sequence[Worth], locked_cost: int, dtype: type) -> None:
        self._left, self._worths, self._locked_cost, self._dtype = left, worths, locked_cost, dtype
        self._groups = {
            worth: [i for i, each in enumerate(worths) if each == worth]
            for worth in sorted(set(worths), key=lambda worth: (worth.locked, -worth.units))
        }
        self._caps = {worth: left[:, members].sum(axis=1) for worth, members in self._groups.items()}

    def _of(self, *, locked: bool) -> list[Worth]:
        """The worths that are locked or not, the best first."""
        return [worth for worth in self._groups if worth.locked is locked]

    def _taken(self, rows: Ints, need: Ints, worths: Sequence[Worth]) -> tuple[list[Ints], Ints]:
        """How many steps of each worth are taken, the best first, and what is then still needed (0 or less: enough)."""
        taken = []
        for worth in worths:
            steps = np.minimum(self._caps[worth][rows], -(-np.maximum(need, 0) // worth.units))
            taken.append(steps)
            need = need - steps * worth.units
        return taken, need

    def smallest(self, rows: Ints, need: Ints) -> tuple[dict[Worth, Ints], Ints]:
        """The fewest steps for returns at positions ``rows`` that lack ``need`` units; a return may come several times.

        Returns how many of each worth they are, and what they cost; NEVER where all together are not enough.
        """
        free, locked = self._of(locked=False), self._of(locked=True)
        taken, lacking = self._taken(rows, need, free)
        forced, missing = self._taken(rows, lacking, locked)
        gained = _sum((steps * worth.units for steps, worth in zip(forced, locked, strict=True)), need)
        if (gained > 0).any():  # with what is forced, fewer of the free steps may do
            taken, _ = self._taken(rows, need - gained, free)
        steps = dict(zip((*free, *locked), (*taken, *forced), strict=True))
        cost = _sum((each * (self._locked_cost if worth.locked else 1) for worth, each in steps.items()), need)
        return steps, np.where(missing > 0, NEVER, cost)

    def counts(self, rows: Ints, need: Ints) -> tuple[Ints, Ints, Bools]:
        """How many free and locked steps are the fewest, and where all steps are enough."""
        steps, cost = self.smallest(rows, need)
        free, locked = (_sum((steps[w] for w in self._of(locked=locked)), need) for locked in (False, True))
        return free, locked, cost < NEVER

    def most(self, rows: Ints, free: Ints, locked: Ints) -> Ints:
        """The most units that so many free and locked steps give."""
        gained = np.zeros(len(rows), dtype=np.int64)
        for steps, worths in ((free, self._of(locked=False)), (locked, self._of(locked=True))):
            still = steps
            for worth in worths:
                taken = np.minimum(still, self._caps[worth][rows])
                gained += taken * worth.units
                still = still - taken
        return gained

    def all_units(self, *, with_locked: bool) -> Ints:
        """The units that all free steps give, or all steps."""
        kinds = [w for w in self._groups if with_locked or not w.locked]
        return _sum((self._caps[w] * w.units for w in kinds), np.zeros(len(self._left), dtype=np.int64))

    def chosen(self, rows: Ints, need: Ints) -> Ints:
        """One of the smallest ways: the steps of each question, the earliest of equal worth first."""
        steps, _ = self.smallest(rows, need)
        taken = np.zeros((len(rows), len(self._worths)), dtype=np.int64)
        for worth, members in self._groups.items():
            left = steps[worth]
            for question in members:
                taken[:, question] = np.minimum(left, self._left[rows, question])
                left = left - taken[:, question]
        return taken

    def number(self, rows: Ints, need: Ints) -> Ints:
        """In how many ways the fewest steps are taken, as many of them locked: vectors of steps by question."""
        steps, _ = self.smallest(rows, need)
        beyond = _sum((each * worth.units for worth, each in steps.items()), need) - need
        chosen = {w: self._choices(rows, w) for w in self._groups}
        number: Ints = np.zeros(len(rows), dtype=self._dtype)
        sides = [self._losses(steps, chosen, self._of(locked=locked), beyond) for locked in (False, True)]
        for lost, some in sides[0].items():
            for more, others in sides[1].items():
                number += some * others * (lost + more <= beyond)
        return number

    def _choices(self, rows: Ints, worth: Worth) -> Ints:
        """In how many ways 0, 1, 2 … steps are taken of a worth's questions: shape (rows, steps)."""
        left = self._left[np.ix_(rows, np.array(self._groups[worth]))]
        ways: Ints = np.ones((len(rows), 1), dtype=self._dtype)
        for most in left.T:
            taken = np.arange(int(most.max(initial=0)) + 1) <= most[:, None]
            longer = np.zeros((len(rows), ways.shape[1] + taken.shape[1] - 1), dtype=self._dtype)
            for step in range(taken.shape[1]):
                longer[:, step : step + ways.shape[1]] += ways * taken[:, step, None]
            ways = longer
        return ways

    def _losses(
        self, steps: Mapping[Worth, Ints], chosen: Mapping[Worth, Ints], worths: Sequence[Worth], beyond: Ints
    ) -> dict[int, Ints]:
        """By what it loses against the best: in how many ways as many steps of these worths are taken."""
        total = _sum((steps[worth] for worth in worths), beyond)
        found: dict[int, Ints] = {}
        for turn, pivot, at in _pivots(steps, worths, len(beyond)):
            # A better worth's steps are all taken, a worse one's none; what differs loses against the pivot's worth.
            states: dict[tuple[int, int], Ints] = {(0, 0): at.astype(self._dtype)}
            most = int(beyond[at].max(initial=0))
            for number, worth in enumerate(worths):
                if worth != pivot:
                    states = self._deviate(
                        states, steps[worth], chosen[worth], abs(worth.units - pivot.units), turn < number, most
                    )
            for (shift, lost), ways in states.items():
                last = _at(chosen[pivot], steps[pivot] - shift)
                found[lost] = found.get(lost, 0) + ways * last
        none = (total == 0).astype(self._dtype)
        found[0] = found.get(0, 0) + none
        return found

    def _deviate(
        self,
        states: Mapping[tuple[int, int], Ints],
        taken: Ints,
        chosen: Ints,
        loss: int,
        worse: bool,
        most: int,
    ) -> dict[tuple[int, int], Ints]:
        """The states after a worth: (steps more than the best, loss) to numbers of ways."""
        after: dict[tuple[int, int], Ints] = {}
        for (shift, lost), ways in states.items():
            for less in range(chosen.shape[1]):
                if lost + less * loss > most:
                    break
                steps = taken + less if worse else taken - less
                key = (shift + (less if worse else -less), lost + less * loss)
                after[key] = after.get(key, 0) + ways * _at(chosen, steps)
        return after


def _pivots(steps: Mapping[Worth, Ints], worths: Sequence[Worth], rows: int) -> Iterator[tuple[int, Worth, Bools]]:
    """Each worth with the rows in which it is the last of which a step is taken, and its place."""
    open_rows = np.ones(rows, dtype=bool)
    for number in reversed(range(len(worths))):
        at = open_rows & (steps[worths[number]] > 0)
        if at.any():
            yield number, worths[number], at
        open_rows &= ~at


def _sum(columns: Iterable[Ints], like: Ints) -> Ints:
    """The sum of columns, 0 where there are none; ``like``: a column of the same length."""
    total: Ints = np.zeros_like(like)
    for column in columns:
        total = total + column
    return total


def _at(table: Ints, column: Ints) -> Ints:
    """The element of each row in its column, 0 outside."""
    inside = (column >= 0) & (column < table.shape[1])
    found: Ints = np.where(inside, table[np.arange(len(table)), np.where(inside, column, 0)], 0)
    return found
