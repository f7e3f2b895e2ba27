"""What may be published: no count from 1 to ``least`` − 1 stands in a table or follows from several of them.

``least`` is the settings' ``small_group``. A count is *small* where it lies between 1 and ``least`` − 1; 0 is none. The
rules make every class that the tables tell apart, and what is left of the whole beside it, 0 or at least ``least``.
Tables of one classification each, and of classifications crossed with one common other, then leave the number in any
cell that they do not tell free to be 0 or at least ``least``; docs/decisions.md has the argument, and a test tries to
break it with a linear programme. Nothing here knows a report.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil

GroupCells = tuple[int, ...]


def is_small(count: int, least: int) -> bool:
    """Whether a count may not be told; differences count by their size.

    >>> [is_small(n, 5) for n in (0, 1, 4, 5, -2)]
    [False, True, True, False, True]
    """
    return 0 < abs(count) < least


def any_small(counts: Iterable[int], least: int) -> bool:
    """Whether any of some counts may not be told."""
    return any(is_small(count, least) for count in counts)


def merged_groups(
    cells: Mapping[str, GroupCells], least: int, also: Collection[str] = (), always: Collection[str] = ()
) -> frozenset[str]:
    """The groups to be merged into one, so that no cell of a group or of those merged is small.

    ``cells``: of each group the counts that tables tell of it, in whatever they count (returns, enterprises asked); all
    groups have as many. Groups with a small cell are merged, and those of ``also`` where any is; as long as the merged
    cells do not hide their parts the next group joins, the one with the fewest first. Empty where nothing is small, and
    all groups where nothing helps.

    >>> sorted(merged_groups({"甲": (3,), "乙": (20,), "丙": (6,), "丁": (9,)}, 5))
    ['丙', '甲']
    >>> merged_groups({"甲": (5,), "乙": (20,)}, 5), sorted(merged_groups({"甲": (3,), "乙": (20,)}, 5))
    (frozenset(), ['乙', '甲'])
    """
    merged = {name for name, counts in cells.items() if name in always or any_small(counts, least)}
    if not merged:
        return frozenset()
    merged |= set(also) & set(cells)
    others = sorted(cells.keys() - merged, key=lambda name: (sum(cells[name]), name))
    while others and not hides(merged, cells, least):
        merged.add(others.pop(0))
    return frozenset(merged if others and hides(merged, cells, least) else cells)


def hides(merged: Collection[str], cells: Mapping[str, GroupCells], least: int) -> bool:
    """Whether the sums of two merged groups or more hide each of them, even from somebody who knows which they are.

    A sum tells all its parts where they are all 1, the least that a group has, or all ``least`` − 1, the most that a
    small one has.

    >>> groups = {name: (1,) for name in "甲乙丙丁戊"}
    >>> hides(groups, groups, 5), hides("甲乙", {"甲": (4,), "乙": (4,)}, 5)
    (False, False)
    >>> hides("甲乙", {"甲": (4,), "乙": (3,)}, 5)
    True
    """
    if len(merged) < 2:
        return False
    for column in zip(*(cells[name] for name in merged), strict=True):
        parts = [count for count in column if count]
        told = len(parts) * (1 if max(parts, default=0) == 1 else least - 1)
        if any_small([sum(parts)], least) or (any_small(parts, least) and sum(parts) == told):
            return False
    return True


def kept_edges(counts: Sequence[int], least: int, first: Iterable[int] = ()) -> tuple[int, ...]:
    """The edges of ordered classes that may be told: the numbers of the classes that begin there, from 1.

    Between two of them lie one class or several that are told as one; none of these is small. The edges ``first`` come
    before others, of which lower ones do.

    >>> kept_edges([20, 9, 6, 2, 1], 5), kept_edges([3, 9, 0, 8], 5), kept_edges([3, 2], 5)
    ((1, 2), (2, 3), ())
    >>> kept_edges([20, 3, 9], 5), kept_edges([20, 3, 9], 5, first=[2])
    ((1,), (2,))
    """
    kept: list[int] = []
    for edge in dict.fromkeys([*first, *range(1, len(counts))]):
        ends = sorted({*kept, edge})
        parts = (sum(counts[a:b]) for a, b in pairwise([0, *ends, len(counts)]))
        if not any_small(parts, least):
            kept = ends
    return tuple(kept)


def kept_cuts(
    values: Sequence[int], wanted: Iterable[int], least: int, allowed: Callable[[int], bool] = lambda _: True
) -> tuple[int, ...]:
    """The cuts of a scale that may be told, ascending: how many values lie between two of them is not small.

    ``values``: ascending. ``wanted``: the cuts in order of their weight; a value equal to one lies above it.
    ``allowed``: what else a cut has to meet, by how many values lie at it or above, and the cut itself being given.

    >>> kept_cuts([1, 2, 3, 11, 12, 13], [10, 2, 20], 3)
    (10, 20)
    """
    kept: list[int] = []
    for cut in wanted:
        ends = sorted({*kept, cut})
        places = [0, *(bisect_left(values, end) for end in ends), len(values)]
        if not any_small((b - a for a, b in pairwise(places)), least) and allowed(cut):
            kept = ends
    return tuple(kept)


def hides_parts(n: int, gained: int, most: int, least: int) -> bool:
    """Whether the sum of ``n`` numbers from 0 to ``most`` tells nothing of how many have which.

    With few steps above 0, or few below the greatest sum, it tells how many have any; with numbers from 0 to 1 it is a
    count itself. So both are 0 or at least ``least``.

    >>> hides_parts(10, 20, 4, 5), hides_parts(10, 1, 4, 5), hides_parts(10, 39, 4, 5), hides_parts(10, 0, 4, 5)
    (True, False, False, True)
    """
    return not any_small((gained, n * most - gained), least)


def reaching(n: int, total: int, threshold: int, most: int) -> tuple[int, int]:
    """How many of ``n`` whole numbers from 0 to ``most`` reach a threshold, at least and at most, by their sum.

    >>> reaching(5, 100, 60, 100), reaching(2, 119, 60, 100)
    ((0, 1), (1, 1))
    """
    spare = total - n * (threshold - 1)
    return max(0, ceil(Fraction(spare, most - threshold + 1))), min(n, total // threshold)


def hides_reaching(n: int, total: int, thresholds: Iterable[int], most: int, least: int) -> bool:
    """Whether the sum of numbers tells of no threshold that a small number of them, or all but so many, reach it."""
    bounds = (reaching(n, total, threshold, most) for threshold in thresholds)
    return not any(low == high and any_small((low, n - low), least) for low, high in bounds)


def is_nested(fine: Sequence[str], coarse: Sequence[str]) -> bool:
    """Whether each group of a classification lies in one group of another, as districts do in cities.

    ``fine``, ``coarse``: the group of each return.

    >>> is_nested(["甲", "乙", "乙"], ["东", "东", "东"]), is_nested(["甲", "甲"], ["东", "西"])
    (True, False)
    """
    return len(set(zip(fine, coarse, strict=True))) == len(set(fine))


def remainders(fine: Sequence[str], coarse: Sequence[str], merged: str) -> dict[str, int]:
    """How many of each coarse group are in no fine group that is told, where each fine group lies in one coarse group.

    ``fine``, ``coarse``: the group of each return as it is published. ``merged``: what merged groups are called.

    >>> remainders(["甲", "甲", "其他", "乙"], ["东", "东", "东", "西"], "其他")
    {'东': 1, '西': 0}
    """
    left = dict.fromkeys(coarse, 0)
    for small, large in zip(fine, coarse, strict=True):
        left[large] += small == merged
    return left
