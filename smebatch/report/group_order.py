"""The order of groups in a ranking: who has a rank, and which neighbours a single return could swap."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from smebatch.report.exact_statistics import ranks

SMALL = "小样本"


class Spread(NamedTuple):
    """A group by what its mean depends on: its size, the sum of its values, the lowest and the highest of them."""

    n: int
    total: int
    lowest: int
    highest: int

    @property
    def mean(self) -> Fraction:
        """The exact mean."""
        return Fraction(self.total, self.n)

    def reach(self, most: int) -> tuple[Fraction, Fraction]:
        """The lowest and the highest mean after a change of one return; values lie between 0 and ``most``.

        The change is any of these: one return gets another value, one is left out, one is added. The first reaches
        furthest: turning the highest value into 0 lowers the mean by at least as much as leaving that return out, or
        as adding one of 0, and likewise upwards.

        >>> Spread(2, 5, 2, 3).reach(4)
        (Fraction(1, 1), Fraction(7, 2))
        """
        return Fraction(self.total - self.highest, self.n), Fraction(self.total - self.lowest + most, self.n)


def group_ranks(groups: Sequence[Spread | None]) -> list[int | None]:
    """Ranks by the exact mean, from the highest; ties share a rank, and None has none."""
    return ranks([group and group.mean for group in groups])


def swap_ranks(groups: Sequence[Spread | None], most: int) -> list[tuple[int, ...]]:
    """For each group the neighbouring ranks with which a change of one return could swap it.

    Neighbours are groups of which one has the rank next to the other's. They could swap if a change of one return, of
    either group, puts the lower one above the other (see ``Spread.reach``). ``most``: the largest value of a return.
    None has no rank and no neighbours.
    """
    order = group_ranks(groups)
    members: dict[int, list[Spread]] = {}
    for group, rank in zip(groups, order, strict=True):
        if group is not None and rank is not None:
            members.setdefault(rank, []).append(group)
    places = sorted(members)
    below = dict(pairwise(places))
    above = {lower: upper for upper, lower in below.items()}
    falls = {rank: min(group.reach(most)[0] for group in tied) for rank, tied in members.items()}
    rises = {rank: max(group.reach(most)[1] for group in tied) for rank, tied in members.items()}

    def swaps(group: Spread, rank: int) -> tuple[int, ...]:
        low, high = group.reach(most)
        neighbours = []
        if rank in above and (high > members[above[rank]][0].mean or falls[above[rank]] < group.mean):
            neighbours.append(above[rank])
        if rank in below and (low < members[below[rank]][0].mean or rises[below[rank]] > group.mean):
            neighbours.append(below[rank])
        return tuple(neighbours)

    return [
        () if group is None or rank is None else swaps(group, rank) for group, rank in zip(groups, order, strict=True)
    ]


def small_group_note(n: int, small_group: int) -> str:
    """The remark on a group of n returns, of which fewer than ``small_group`` are few."""
    return SMALL if n < small_group else ""


def rank_list(places: Sequence[int]) -> str:
    """Ranks as printed.

    >>> rank_list((1, 3)), rank_list(())
    ('1、3', '')
    """
    return "、".join(map(str, places))
