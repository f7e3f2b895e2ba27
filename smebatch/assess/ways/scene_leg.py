"""The fewest steps of scenes that meet what a level and claimed links ask of scenes, and in how many ways: 二, 三(二).

A scene is left as it is or raised to one of a few levels, each of which counts for something. The scenes are decided
one after the other, from the last to the first; for each combination of needs that are left, the smallest cost and the
number of ways that have it follow from those of the scenes behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np

from smebatch.assess.ways.fewest import NEVER, Fewest, Numbers, nothing
from smebatch.standard.backends import Bools, Ints

UNLIMITED = 2**20
"""An allowance that is never used up."""

SMALL = 10_000  # combinations of needs that are searched together though they are not alike, which takes no longer
STATES = 250_000  # combinations of needs, for all returns of a chunk together, so that memory stays flat


class Raise(NamedTuple):
    """A scene raised to a level, in each return: by how many ``steps``, and their ``cost``, NEVER where it cannot be.

    ``effect``: the place of its effect among ``effects``, each of which says by how much every need sinks.
    """

    steps: Ints
    cost: Ints
    effect: Ints
    effects: Ints


def make_raise(steps: Ints, cost: Ints, effects: Ints) -> Raise:
    """A raise with the effects of each return, shape (returns, needs)."""
    first, which = _different(effects)
    return Raise(steps, cost, which, effects[first])


def _different(rows: Ints) -> tuple[Ints, Ints]:
    """Where each row of numbers from 0 on that differs from all before it stands, and which of them each row is.

    NumPy compares rows as bytes, ten times as slowly as the numbers that their digits make up.
    """
    if len(rows) == 1:
        return np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    key = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        key = np.unique(key * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    return first, which


class _Part(NamedTuple):
    """Returns whose needs are about the same, and all that is asked of them: of one return perhaps several things.

    ``rows``: the returns. ``most``: the most of each need that is asked of them, shape (rows, needs). ``bound``: which
    of the needs bind at all. ``asked``: positions of what is asked; ``place``: for each its place in ``rows``.
    """

    rows: Ints
    most: Ints
    bound: Bools
    asked: Ints
    place: Ints


class FewestRaises(NamedTuple):
    """Of some returns what the fewest steps of scenes ``cost``, and the ``number`` of sets that have it."""

    cost: Ints
    number: Numbers


class SceneLeg(NamedTuple):
    """What raising scenes costs and does in some returns: for each scene the levels it may be raised to, ascending.

    ``at_most``: which of the needs are no needs but allowances, that raising uses up and must not exceed. ``dtype``: of
    numbers of sets; None where they are not counted.
    """

    scenes: Sequence[Sequence[Raise]]
    at_most: tuple[bool, ...]
    dtype: type | None

    @property
    def asks(self) -> Bools:
        """Which of the needs are needs: those that are no allowances."""
        return ~np.array(self.at_most)

    def smallest(self, rows: Ints, needs: Ints) -> FewestRaises:
        """For returns at positions ``rows`` the cost of the fewest steps that leave no need, and how many sets have it.

        ``needs``: shape (rows, needs), 0 where there is none; an allowance may be UNLIMITED. A return may come several
        times. Where sets are not counted their number says nothing.
        """
        cost = np.zeros(len(rows), dtype=np.int64)
        number: Numbers = np.ones(len(rows), dtype=self.dtype or np.int64)
        for part in self._alike(rows, needs):
            (first,) = deque(self._layers(part), maxlen=1)
            at = (part.place, *_known(needs[part.asked]).T)
            cost[part.asked] = np.minimum(first.cost[at], NEVER)
            if first.number is not None:
                number[part.asked] = first.number[at]
        return FewestRaises(cost, number)

    def chosen(self, rows: Ints, needs: Ints) -> Ints:
        """One of the smallest ways of each return that has one: by how many levels each scene is raised.

        The earliest scenes are raised first. Shape (rows, scenes).
        """
        raised = np.zeros((len(rows), len(self.scenes)), dtype=np.int64)
        for part in self._alike(rows, needs):
            layers, at = [each.cost for each in self._layers(part)][::-1], _known(needs[part.asked])
            numbers, those = part.place, part.rows[part.place]
            for scene, raises in enumerate(self.scenes):
                now = layers[scene][(numbers, *at.T)]
                decided = np.zeros(len(those), dtype=bool)
                for each in raises:
                    cost, effects = each.cost[those], each.effects[each.effect[those]] * part.bound
                    after, possible = after_raise(at, effects, self.at_most)
                    here = ~decided & possible & (cost + layers[scene + 1][(numbers, *after.T)] == now) & (now < NEVER)
                    raised[part.asked[here], scene] = each.steps[those][here]
                    at = np.where(here[:, None], after, at)
                    decided |= here
        return raised

    def _alike(self, rows: Ints, needs: Ints) -> Iterator[_Part]:
        """What is asked of scenes, by returns that have about the same needs, in parts of limited size.

        For each combination of needs the search answers all smaller ones besides.
        """
        asking = np.flatnonzero(_known(needs)[:, self.asks].any(axis=1))
        unlimited, known = needs[asking] == UNLIMITED, _known(needs[asking])
        first, which = _different(np.column_stack([rows[asking], unlimited]))
        most = np.zeros((len(first), needs.shape[1]), dtype=np.int64)
        np.maximum.at(most, which, known)
        size = np.ceil(np.log2(most + 1)).astype(np.int64)
        order = np.lexsort((*size.T[::-1], *unlimited[first].T[::-1]))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        asked = np.argsort(rank[which], kind="stable")
        ranks = rank[which][asked]
        for start, stop in _spans(most[order], unlimited[first[order]], size[order]):
            those = order[start:stop]
            of_these = slice(*np.searchsorted(ranks, (start, stop)).tolist())
            bound = ~unlimited[first[those[0]]]
            yield _Part(
                rows[asking[first[those]]], most[those], bound, asking[asked[of_these]], ranks[of_these] - start
            )

    def _layers(self, part: _Part) -> Iterator[Fewest]:
        """Behind the last scene, and for each from the last on, what the scenes from it on cost.

        For each combination of needs: shape (returns, needs + 1, …).
        """
        most = part.most.max(axis=0, initial=0).tolist()
        layer = nothing((len(part.rows), *(n + 1 for n in most)), self.dtype)
        met = (slice(None), *(slice(None) if allowance else 0 for allowance in self.at_most))
        layer.cost[met] = 0
        if layer.number is not None:
            layer.number[met] = 1
        yield layer
        # An effect counts for no more than what is needed; what does not bind has none.
        limits = [
            (UNLIMITED if allowance else n) if binds else 0
            for n, allowance, binds in zip(most, self.at_most, part.bound.tolist(), strict=True)
        ]
        for raises in reversed(self.scenes):
            layer = self._decide(part.rows, raises, layer, limits)
            yield layer

    def _decide(self, rows: Ints, raises: Sequence[Raise], behind: Fewest, limits: Sequence[int]) -> Fewest:
        """A scene more: left as it is, or raised."""
        found, asks = behind.copy(), self.asks.tolist()
        for each in raises:
            effects, alike = _limited(each, limits)
            # What serves no need is part of no smallest way.
            serving = [(kind, effect) for kind, effect in enumerate(effects) if any(compress(effect, asks))]
            if not serving:
                continue
            costs = each.cost[rows]
            kinds = np.where(costs < NEVER, alike[each.effect[rows]], -1)
            for kind, effect in serving:
                at = np.flatnonzero(kinds == kind)
                if not len(at):
                    continue
                shifted = _shifted(behind.of(at), effect, self.at_most)
                shifted.cost[:] += costs[at].reshape(-1, *[1] * (found.cost.ndim - 1))
                found.put(at, found.of(at).or_else(shifted))
        return found


def _spans(most: Ints, unlimited: Bools, size: Ints) -> Iterator[tuple[int, int]]:
    """Where parts of sorted returns begin and end: of one size each, the small ones together, the large ones cut."""
    changes = (np.diff(size, axis=0) != 0).any(axis=1) | (np.diff(unlimited, axis=0) != 0).any(axis=1)
    ends = [*(np.flatnonzero(changes) + 1).tolist(), len(most)] if len(most) else []
    open_from, tops = 0, most[:0].max(axis=0, initial=0)
    for begin, end in zip([0, *ends], ends, strict=False):
        own = most[begin:end].max(axis=0)
        both = np.maximum(tops, own)
        alike = (unlimited[begin] == unlimited[open_from]).all()
        if begin > open_from and not (alike and (end - open_from) * np.prod(both + 1) <= SMALL):
            yield open_from, begin
            open_from, both = begin, own
        tops = both
        step = max(1, STATES // int(np.prod(tops + 1)))
        while end - open_from > step:
            yield open_from, open_from + step
            open_from += step
    if ends and open_from < ends[-1]:
        yield open_from, ends[-1]


def _known(needs: Ints) -> Ints:
    """Needs with 0 for what is unlimited."""
    return np.where(needs == UNLIMITED, 0, needs)


def _limited(raised: Raise, limits: Sequence[int]) -> tuple[list[tuple[int, ...]], Ints]:
    """The effects of a raise that differ once none is above its limit, and which of them each effect is."""
    different: dict[tuple[int, ...], int] = {}
    alike = [
        different.setdefault(tuple(map(min, effect, limits)), len(different)) for effect in raised.effects.tolist()
    ]
    return list(different), np.array(alike)


def after_raise(needs: Ints, effects: Ints, at_most: Sequence[bool]) -> tuple[Ints, Bools]:
    """What is needed after a raise, and whether no allowance is exceeded."""
    after = needs - effects
    exceeded = (after < 0) & np.array(at_most)
    return np.maximum(after, 0), ~exceeded.any(axis=1)


def _shifted(behind: Fewest, effect: Sequence[int], at_most: Sequence[bool]) -> Fewest:
    """What the scenes behind cost for the needs that are left by a raise with this effect."""
    cost, number = behind
    for axis, (sinks, most) in enumerate(zip(effect, at_most, strict=True), 1):
        if sinks:
            left = np.arange(cost.shape[axis]) - sinks
            there = np.maximum(left, 0)
            cost = cost.take(there, axis)
            if most:
                np.moveaxis(cost, axis, 0)[left < 0] = NEVER
            if number is not None:
                number = number.take(there, axis)
                if most:
                    np.moveaxis(number, axis, 0)[left < 0] = 0
    return Fewest(cost, number)
