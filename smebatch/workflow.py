"""The jobs as functions that return results. Nothing here prints.

What is heavy to import is imported where it is used: while pandas is loading, the readers are reading.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from smebatch.batch.reading import readers_of
from smebatch.common.atomic_write import Into, whole
from smebatch.common.text import file_name
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import entry_of
from smebatch.issues.catalogue import Notice
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.batch.assessment import Verdicts


class Prefilled(NamedTuple):
    """The forms written for a roster, and what to say of it."""

    paths: list[Path]
    notices: Sequence[Notice]


def prefilled_forms(edition: Edition, roster: Path, folder: Path, into: Into = whole) -> Prefilled:
    """Write one form for each enterprise of a roster, filled in with what the roster knows.

    Raises RosterError where the list cannot be used, OSError, and what ``into`` does.
    """
    from smebatch.form.splice import Splicer
    from smebatch.intake.roster import read_roster

    folder.mkdir(parents=True, exist_ok=True)
    enterprises, *_, notices = read_roster(roster, edition)
    width = len(str(len(enterprises)))
    paths, splicer = [], Splicer(edition)
    for number, answers in enumerate(enterprises, 1):
        path = folder / f"{number:0{width}d}_{file_name(str(answers.get('name', '')))}.xlsx"
        with into(path) as partial_form:
            partial_form.write_bytes(splicer.form(answers))
        paths.append(path)
    return Prefilled(paths, notices)


@dataclass(frozen=True)
class Checked:
    """What ``check`` says of one file: an outcome and, where it holds a return, the verdicts on it."""

    outcome: ReadResult
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
    with readers_of(edition) as readers:
        (outcome,) = readers.read([entry_of(path, path.name, path.stat())])
    if outcome.answers is None:
        return outcome.reason.startswith("edition.")
    return not {field.key for field in edition.fields}.issuperset(outcome.answers.values)


def check_files(paths: Sequence[Path], edition: Edition, today: dt.date, *, jobs: int = 1) -> list[Checked]:
    """Read, validate and score files, each by itself. Raises OSError where one cannot be found."""
    entries = [entry_of(path, path.name, path.stat()) for path in paths]
    with readers_of(edition) as readers:
        reading = readers.read_in_parallel(entries, jobs)
        import pandera.pandas  # noqa: F401  (the first verdict needs it)

        from smebatch.batch.assessment import judge

        outcomes = list(reading)
    return [
        Checked(outcome, judge(edition, {outcome.form_id: outcome.answers}, today) if outcome.answers else None)
        for outcome in outcomes
    ]
