"""What smebatch.toml says, as typed values. Everything is optional: a key that is left out is "" or None."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from smebatch.common.target import Target


class Bureau(NamedTuple):
    """Who asks for the returns, and whom an enterprise may ask: texts."""

    name: str = ""
    contact: str = ""
    phone: str = ""


class Round(NamedTuple):
    """One collection of returns.

    ``roster``, ``out``, ``batch``, and an ``edition`` or ``folders`` that are paths, are as seen from the working
    folder. ``folders`` may also be URLs. ``phase``, ``kind``: see settings.choices. ``deadline``: the day by which
    corrected returns are due. ``small_group``: groups of fewer returns than this are small, at least 1.
    """

    region: str = ""
    deadline: dt.date | None = None
    roster: Path | None = None
    folders: tuple[str, ...] = ()
    out: Path | None = None
    batch: Path | None = None
    edition: str = ""
    phase: str = ""
    kind: str = ""
    small_group: int | None = None


class Tier(NamedTuple):
    """A tier (梯队) of enterprises: those of ``score`` points or more that are in no higher tier."""

    name: str
    score: Fraction


class Report(NamedTuple):
    """What the report shows beside its own groups.

    ``group_by``: columns of the form or the roster, by key, label or heading. ``tiers``: from the top.
    """

    group_by: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()


class Settings(NamedTuple):
    """The settings of a file; ``path`` is None where there is no file."""

    path: Path | None = None
    bureau: Bureau = Bureau()
    round: Round = Round()
    report: Report = Report()
    targets: tuple[Target, ...] = ()
