"""Ranks of groups, and neighbours that one return could swap: every change of small groups is tried."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, product

import pytest

from small_batch import rows, small_batch
from smebatch.batch.load import ReportOptions
from smebatch.report.group_order import Spread, group_ranks, swap_ranks
from smebatch.report.section_groups import group_frame

Group = tuple[int, ...]  # the values of its returns
MOST = 3


def spread(values: Group) -> Spread:
    return Spread(len(values), sum(values), min(values), max(values))


def mean(values: Group) -> Fraction:
    return Fraction(sum(values), len(values))


def changes(values: Group, most: int) -> Iterator[Group]:
    """Every group that one return more, less or other makes of this one; none is left empty."""
    for value in range(most + 1):
        yield (*values, value)
        yield from ((*values[:i], value, *values[i + 1 :]) for i in range(len(values)))
    if len(values) > 1:
        yield from (values[:i] + values[i + 1 :] for i in range(len(values)))


def could_swap(upper: Group, lower: Group, most: int) -> bool:
    """Whether some change of one return puts the lower group above the upper one."""
    return any(mean(changed) < mean(lower) for changed in changes(upper, most)) or any(
        mean(changed) > mean(upper) for changed in changes(lower, most)
    )


def expected(groups: Sequence[Group], most: int) -> list[tuple[int, ...]]:
    """The neighbouring ranks that each group could be swapped with, from the words of the definition."""
    order = [1 + sum(mean(other) > mean(group) for other in groups) for group in groups]
    places = sorted(set(order))
    found = []
    for group, rank in zip(groups, order, strict=True):
        i = places.index(rank)
        beside = [places[j] for j in (i - 1, i + 1) if 0 <= j < len(places)]
        found.append(
            tuple(
                place
                for place in beside
                if any(
                    could_swap(*((other, group) if place < rank else (group, other)), most)
                    for other, r in zip(groups, order, strict=True)
                    if r == place
                )
            )
        )
    return found


def test_every_pair_of_small_groups() -> None:
    small = [group for n in (1, 2, 3) for group in combinations_with_replacement(range(MOST + 1), n)]
    for pair in product(small, repeat=2):
        assert swap_ranks([spread(group) for group in pair], MOST) == expected(pair, MOST), pair


@pytest.mark.parametrize("most", [1, 4], ids=["shares", "scores"])
def test_rankings_with_ties(most: int) -> None:
    rng = random.Random(most)
    for _ in range(300):
        groups = [tuple(rng.randint(0, most) for _ in range(rng.randint(1, 6))) for _ in range(rng.randint(1, 6))]
        assert swap_ranks([spread(group) for group in groups], most) == expected(groups, most), groups


def test_what_has_no_rank_is_no_neighbour() -> None:
    # 2/2 = 1 and 1/2 swap across the one without a rank: 1 + 0 of the first is 1/2, 1 + 1 of the last 1, not above;
    # but 0 + 1 of the first falls to 1/2, and one more of the first... (1 + 0)/2 = 1/2 is not below 1/2 either.
    groups = [Spread(2, 2, 1, 1), None, Spread(2, 1, 0, 1)]
    assert group_ranks(groups) == [1, None, 2]
    assert swap_ranks(groups, 1) == [(), (), ()]
    assert swap_ranks([Spread(3, 2, 0, 1), None, Spread(2, 1, 0, 1)], 1) == [(2,), (), (1,)]


def test_the_table_says_which_ranks_could_swap() -> None:
    # Of 600 units full marks. 东 3 × 600, 西 3 × 300, 北 3 × 290, 南 one of 600, which is small.
    # 东 falls to 400 at the lowest, above 300; 西 rises to 400, below 600. 西 falls to 200, below 290. 南 has no rank.
    scores = {"东": [600] * 3, "西": [300] * 3, "北": [290] * 3, "南": [600], None: [1] * 3}
    batch = small_batch(
        *({"district": name, "score_units": units} for name, each in scores.items() for units in each),
        options=ReportOptions(small_group=2),
    )
    frame = group_frame(batch, batch.enterprises["district"].fillna("未填"))
    assert rows(frame, "group", "rank", "swap", "note")[:-1] == [
        ("东", 1, "", ""),
        ("西", 2, "3", ""),
        ("北", 3, "2", ""),
        ("南", None, "", "小样本"),
        ("未填", None, "", ""),
    ]
