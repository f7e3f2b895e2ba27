"""What a check of business links says of raising answers: which ticks ask for which scenes, and for how many."""

from __future__ import annotations

from typing import NamedTuple

Range = tuple[int, int]


class ClaimedScenes(NamedTuple):
    """Each option of the 多选 ``question`` asks that its scene has a level; ``scenes``: one an option, "" for none."""

    question: str
    scenes: tuple[str, ...]


class ClaimedCount(NamedTuple):
    """The option chosen for ``question`` asks that a number of links lies in its range, ``ranges``, one an option.

    At most its end are ticked in the 多选 ``links`` and at most as many ``scenes`` are at level ``managed``; at least
    its beginning are at level ``used``, do not apply, or are not answered rightly.
    """

    question: str
    links: str
    scenes: tuple[str, ...]
    ranges: tuple[Range, ...]
    used: int
    managed: int


Coupling = ClaimedScenes | ClaimedCount
