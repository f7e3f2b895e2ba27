"""Converts what the user typed into the arguments of jobs; what cannot be used is refused before a job begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smebatch.intake.sources.limits import Limits
from smebatch.issues.notice import ProblemError
from smebatch.settings.choices import choices

if TYPE_CHECKING:
    from smebatch.standard.model import Edition
    from smebatch.workflow import IngestOptions


class UsageError(ProblemError):
    """The command cannot be carried out as it was given."""


def load_edition_argument(source: str) -> Edition:
    """The edition of an id or a file. Raises JobError where there is none or it is not sound."""
    from smebatch.workflow import edition_of

    return edition_of(source)


def require_folder(folder: str) -> None:
    """Raise UsageError where a folder of this machine is not there; URLs are opened later."""
    path = Path(folder)
    if "://" not in folder and not path.is_dir():
        if path.exists():
            raise UsageError("folder.file", path=path, folder=path.absolute().parent)
        raise UsageError("folder.missing", path=path)


def require_file(path: Path) -> Path:
    """The path of an ordinary file. Raises UsageError for anything else."""
    if not path.is_file():
        if not path.exists():
            raise UsageError("file.missing", path=path)
        raise UsageError("file.folder" if path.is_dir() else "file.special", path=path)
    return path


def require_choices(**values: str) -> None:
    """Raise UsageError where the value of an option with choices is not one of them; "" is none."""
    for option, value in values.items():
        if value and value not in (known := choices(option)):
            raise UsageError("choice.unknown", option=f"--{option}", value=value, known="、".join(known))


def ingest_options(
    *,
    jobs: int,
    scheduler: str,
    limits: tuple[int, int, int],
    roster: Path | None,
    decisions: Path | None,
    file_to: str,
    add: bool,
    replace: bool,
    gone: bool,
    more_folders: Sequence[str],
) -> IngestOptions:
    """How a folder is to be read; ``limits``: CPU seconds, megabytes, seconds by the clock. Raises UsageError."""
    from smebatch.workflow import IngestOptions

    if add and replace:
        raise UsageError("folder.add_or_replace")
    if "://" in file_to:
        raise UsageError("file_to.elsewhere", path=file_to)
    copies = Path(file_to) if file_to else None
    return IngestOptions(
        jobs, scheduler, Limits(*limits), roster, decisions, copies, add, replace, gone, tuple(more_folders)
    )
