"""The kinds of checks, by what ``kind`` of a [[check]] says; each has a module, and is named once more here."""

from __future__ import annotations

from smebatch.standard.checks.check import Check
from smebatch.standard.checks.interval import Interval
from smebatch.standard.checks.link_count import LinkCount
from smebatch.standard.checks.links import Links
from smebatch.standard.checks.part_of_whole import PartOfWhole
from smebatch.standard.checks.rare import Rare
from smebatch.standard.checks.trend import Trend
from smebatch.standard.checks.zero_whole import ZeroWhole

CHECKS: dict[str, type[Check]] = {
    kind.name: kind for kind in (PartOfWhole, Interval, ZeroWhole, Trend, Rare, Links, LinkCount)
}
