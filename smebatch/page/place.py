"""What a page serves: one round, by its settings file, and the batch of that round."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase
from smebatch.batch.load import open_batch
from smebatch.page.job import Job
from smebatch.settings.loader import FILE_NAME, load_settings
from smebatch.settings.model import Settings
from smebatch.standard.model import Edition
from smebatch.workflow import RunFiles

INBOX_NAME = "returns"
"""The folder that dropped files go to where the settings name none."""


class OpenBatch(NamedTuple):
    """A batch that is open for a request: its database, to be read only, and its edition."""

    database: BatchDatabase
    edition: Edition


@dataclass(frozen=True)
class Place:
    """The round of a page. ``settings_file``: the one that was named, None for smebatch.toml in ``folder``.

    ``job``: the long job that the page does.
    """

    folder: Path
    settings_file: Path | None = None
    job: Job = field(default_factory=Job)

    def __post_init__(self) -> None:
        """Paths are said in full, for nobody who looks at a page knows in which folder the server was started."""
        object.__setattr__(self, "folder", self.folder.absolute())

    def settings(self) -> Settings:
        """The settings as they are now; somebody may have changed them by hand. Raises SettingsError, OSError."""
        return load_settings(self.settings_file, self.folder)

    @property
    def settings_path(self) -> Path:
        """Where the settings are, or will be."""
        return self.settings_file or self.folder / FILE_NAME

    def batch_path(self) -> Path:
        """The batch file of the round. Raises SettingsError, OSError."""
        stated = self.settings().round
        return self.folder / (stated.batch or RunFiles.of(stated.out or Path()).batch)

    def inbox(self) -> Path:
        """The folder of the round that dropped files go to: the first of this machine that the settings name.

        Raises SettingsError, OSError.
        """
        local = (folder for folder in self.settings().round.folders if "://" not in folder)
        return self.folder / next(local, INBOX_NAME)

    def returned_folder(self) -> Path:
        """The folder of the round for what goes back to enterprises, where ``run`` puts it. Raises as above."""
        return RunFiles.of(self.folder / (self.settings().round.out or Path())).returned

    @contextmanager
    def open_batch(self) -> Iterator[OpenBatch | None]:
        """Open the batch for a request, and shut it again; None where there is no batch yet.

        While a job writes to it, it is the copy of the state before, if there was one. Raises BatchError where it
        cannot be read, SettingsError, OSError.
        """
        batch = self.batch_path()
        with self.job.reading(batch) as path:
            if not path.exists():
                yield None
                return
            try:
                database, edition = open_batch(path)
            except BatchError as error:
                if path == batch or error.code != "batch.unfinished":
                    raise
                database = None
            if database is None:  # the job is about to finish what was cut short
                yield None
                return
            with database:
                yield OpenBatch(database, edition)
