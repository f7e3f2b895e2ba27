"""Check returns each by itself: what ``check`` says of them, without a batch.

What is heavy to import is imported where it is used: while pandas is loading, the readers are reading.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smebatch.intake.entry import entry_of
from smebatch.intake.outcome import Outcome
from smebatch.intake.readers import Readers
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.verdict import Verdicts


@dataclass(frozen=True)
class Checked:
    """What ``check`` says of one file: an outcome and, where it holds a return, the verdicts on it."""

    outcome: Outcome
    verdicts: Verdicts | None

    @property
    def errors(self) -> int:
        """How many errors; a file that is no return is one."""
        return int(self.verdicts.errors.iloc[0]) if self.verdicts else 1

    @property
    def warnings(self) -> int:
        """How many warnings."""
        return int(self.verdicts.warnings.iloc[0]) if self.verdicts else 0


def is_filled(path: Path, edition: Edition) -> bool:
    """Whether a file is a return in which somebody has answered something, beside who the enterprise is.

    One of another edition, whose answers cannot be told, is taken for one. Raises OSError.
    """
    with Readers(edition) as readers:
        (outcome,) = readers.read([entry_of(path, path.name, path.stat())])
    if outcome.answers is None:
        return outcome.reason.startswith("edition.")
    return not {field.key for field in edition.fields}.issuperset(outcome.answers.values)


def check_files(paths: Sequence[Path], edition: Edition, today: dt.date, *, jobs: int = 1) -> list[Checked]:
    """Read, validate and score files, each by itself. Raises OSError where one cannot be found."""
    entries = [entry_of(path, path.name, path.stat()) for path in paths]
    with Readers(edition) as readers:
        reading = readers.begin(entries, jobs)
        import pandera.pandas  # noqa: F401  (the first verdict needs it)

        from smebatch.verdict import judge

        outcomes = list(reading)
    return [
        Checked(outcome, judge(edition, {outcome.form_id: outcome.answers}, today) if outcome.answers else None)
        for outcome in outcomes
    ]
