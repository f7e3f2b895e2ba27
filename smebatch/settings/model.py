"""What smebatch.toml says, as typed values. Everything is optional: a key that is left out is "" or None."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NamedTuple


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


class Settings(NamedTuple):
    """The settings of a file; ``path`` is None where there is no file."""

    path: Path | None = None
    bureau: Bureau = Bureau()
    round: Round = Round()
