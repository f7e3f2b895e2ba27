"""Smallest costs, and in how many ways each is reached: the pairs that every search for ways adds and compares."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from smebatch.standard.backends import Ints

NEVER = 2**29
"""A cost that nothing has: there is no way. Sums of a few of them fit 64 bits, and of one with real costs 32."""


Costs = npt.NDArray[np.int32]
"""Costs of many states: half as wide as other numbers, for they are most of what a search moves about."""

Numbers = npt.NDArray[np.int64 | np.object_]
"""Numbers of ways: int64, or Python's integers where they may be larger."""


class Fewest(NamedTuple):
    """For each element the smallest ``cost``, NEVER or more where there is none, and the ``number`` of ways with it.

    Both are arrays of one shape; ``number`` is None where ways are not counted.
    """

    cost: Costs
    number: Numbers | None

    def of(self, rows: Ints) -> Fewest:
        """Those of some rows."""
        return Fewest(self.cost[rows], None if self.number is None else self.number[rows])

    def put(self, rows: Ints, other: Fewest) -> None:
        """Replace those of some rows."""
        self.cost[rows] = other.cost
        if self.number is not None and other.number is not None:
            self.number[rows] = other.number

    def copy(self) -> Fewest:
        """The same, to be changed."""
        return Fewest(self.cost.copy(), None if self.number is None else self.number.copy())

    def or_else(self, other: Fewest) -> Fewest:
        """The cheaper of two; where they cost the same, the ways of both."""
        cost = np.minimum(self.cost, other.cost)
        if self.number is None or other.number is None:
            return Fewest(cost, None)
        return Fewest(cost, self.number * (self.cost == cost) + other.number * (other.cost == cost))


def nothing(shape: tuple[int, ...], dtype: type | None) -> Fewest:
    """Nothing can be reached; ``dtype``: of numbers of ways, None where they are not counted."""
    return Fewest(np.full(shape, NEVER, dtype=np.int32), None if dtype is None else np.zeros(shape, dtype=dtype))
