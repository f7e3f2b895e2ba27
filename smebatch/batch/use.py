"""Who has a batch open for a long job: a note beside it, so that whoever is kept out can say by what and since when.

DuckDB lets one process write or many read, never both. A page reads for moments only, so whoever finds a batch in use
without a note waits a little; with one it would wait for long.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from smebatch.batch.batch_file import BatchError
from smebatch.issues.notice import Notice

NOTE = ".use"
"""What follows the name of a batch in that of its note."""

PATIENCE = 3.0  # seconds to wait for whoever is about to shut the batch again
_BETWEEN = 0.05  # seconds
_MAX_NOTE = 1_000  # bytes

JOBS = frozenset({"ingest", "return", "decide", "tables"})
"""The jobs that leave a note; their names are the messages job.ingest and so on."""

_Opened = TypeVar("_Opened")


class Use(NamedTuple):
    """A job on a batch: its name as in the code job.<name> of the messages, and when it began."""

    job: str
    since: dt.datetime


def note_path(batch: Path) -> Path:
    """Where the note of a batch stands."""
    return batch.with_name(batch.name + NOTE)


def read_use(batch: Path) -> Use | None:
    """What the note says; None where there is none that can be read. It outlives a job that was killed."""
    try:
        with note_path(batch).open("rb") as file:
            noted = json.loads(file.read(_MAX_NOTE))
        return Use(next(job for job in JOBS if job == noted["job"]), dt.datetime.fromisoformat(noted["since"]))
    except (OSError, ValueError, LookupError, TypeError, StopIteration):
        return None


@contextmanager
def noting(batch: Path, job: str) -> Iterator[None]:
    """Leave a note beside a batch while a job has it open. Where none can be written the job does without."""
    since = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    path = note_path(batch)
    with suppress(OSError):
        path.write_text(json.dumps({"job": job, "since": since}), "utf-8")
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def wait_to_open(batch: Path, open_it: Callable[[], _Opened]) -> _Opened:
    """Open a batch, waiting a little for whoever has it open for a moment.

    Raises what opening raises; where a job has the batch open, BatchError with its name and since when.
    """
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return open_it()
        except BatchError as error:
            if error.code != "batch.busy":
                raise
            if use := read_use(batch):
                since = f"{use.since:%H:%M}"
                what = Notice(f"job.{use.job}")
                raise BatchError("batch.busy_with", path=batch, what=what, since=since) from error
            if time.monotonic() >= give_up:
                raise
        time.sleep(_BETWEEN)
