"""A long job of the page, such as reading returns: one at a time, in a thread, watched and stopped by all.

While it writes into the batch, pages show a copy that was made before, for DuckDB lets nobody read a file that is
written to. Where another program has the batch, the job waits for it. A job that is stopped, or dies with the server,
is taken up by the next of its kind.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from threading import Condition, Event, Thread

from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import SHOWN, BatchDatabase
from smebatch.batch.ingest import Progress
from smebatch.batch.recall import BATCH_ENDINGS, file_state
from smebatch.batch.use import wait_to_open
from smebatch.intake.workers.reading_watch import NOTHING_READ, ReadingWatch, ReadSoFar
from smebatch.issues.notice import Notice, ProblemError, notice_of
from smebatch.page.unforeseen import notice_of_any

BUSY = frozenset({"batch.busy", "batch.busy_with"})
"""What is said of a batch that another program has: whoever waits can go on."""

_AGAIN = 1.0  # seconds between two tries at a batch that another program has


class Stage(StrEnum):
    """What a job is at."""

    IDLE = "idle"  # none was begun since the server started
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class JobState:
    """How far a job is: ``done`` of ``total`` files, since ``begun`` (seconds since 1970).

    ``name``: of the job. ``writes``: whether to the batch, of which pages show a copy meanwhile. ``waits``: why it has
    to wait, None where it is at work. ``reading``: how far the readers are, where returns are read. ``result``: what a
    finished one returned; ``problem``: why one failed.
    """

    name: str = ""
    stage: Stage = Stage.IDLE
    begun: float = 0.0
    writes: bool = False
    waits: Notice | None = None
    done: int = 0
    total: int = 0
    reading: ReadSoFar = NOTHING_READ
    result: object = None
    problem: Notice | None = None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.stage in (Stage.RUNNING, Stage.STOPPING)

    def refuse_another(self) -> None:
        """Raise JobRunningError where it has not ended, with what it is and since when."""
        if self.running:
            raise JobRunningError("page.busy", what=Notice(f"job.{self.name}"), since=self.since)

    @property
    def since(self) -> str:
        """When it was begun, on the clock."""
        return time.strftime("%H:%M", time.localtime(self.begun))

    @property
    def seconds_left(self) -> int | None:
        """How long the rest takes at this pace; None while nobody can say."""
        return round((self.total - self.done) / self.reading.pace) if self.reading.pace else None


class JobRunningError(ProblemError):
    """A job is under way, and there is one at a time."""


class _StoppedError(Exception):
    """Somebody has stopped the job."""


@dataclass
class Job:
    """The job of a server. Its methods may be called by any thread."""

    _state: JobState = field(default_factory=JobState)
    _changed: Condition = field(default_factory=Condition)
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None
    _watch: ReadingWatch = field(default_factory=ReadingWatch)
    _readers: Counter[bool] = field(default_factory=Counter)  # of the copy, and of the batch itself

    @property
    def state(self) -> JobState:
        """How far it is now."""
        state, reading = self._state, self._watch.so_far
        if not state.running:
            return state
        return replace(
            state, reading=reading, done=max(state.done, reading.done), total=max(state.total, reading.total)
        )

    def start(
        self, name: str, batch: Path | None, work: Callable[[Progress], object], watch: ReadingWatch | None = None
    ) -> None:
        """Begin; ``work`` is called in a thread, with a progress, and again where another program had the batch.

        ``batch``: the one that it writes to, None where it writes to none. ``watch``: what the readers tell, where
        returns are read. Raises JobRunningError.
        """
        with self._changed:
            self._state.refuse_another()
            self._stop.clear()
            self._watch = watch or ReadingWatch()
            self._state = JobState(name, Stage.RUNNING, time.time())
            self._thread = Thread(target=self._run, args=(batch, work, self._thread), name=name)
            self._thread.start()

    @contextmanager
    def reading(self, batch: Path) -> Iterator[Path]:
        """Yield where a batch can be read: itself, which no job writes to until the block ends, or the copy of it.

        DuckDB tells processes apart, not the threads of one: a file of it that is shut here loses the lock of whoever
        writes to it here. So nobody here may open the batch while a job writes.
        """
        with self._changed:
            copied = self._state.running and self._state.writes
            self._readers[copied] += 1
        try:
            yield shown_path(batch) if copied else batch
        finally:
            with self._changed:
                self._readers[copied] -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Stop after what is under way; what was done is kept."""
        with self._changed:
            if self._state.running:
                self._stop.set()
                self._state = replace(self._state, stage=Stage.STOPPING)

    def wait(self, seconds: float | None = None) -> None:
        """Wait for its end."""
        if thread := self._thread:
            thread.join(seconds)

    def _run(self, batch: Path | None, work: Callable[[Progress], object], before: Thread | None) -> None:
        stage, result, problem = Stage.DONE, None, None
        if before:
            before.join()  # it may not have removed its copy yet
        try:
            result = self._work(batch, work)
        except _StoppedError:
            stage = Stage.STOPPED
        except Exception as error:  # noqa: BLE001  # the page goes on, and says what nobody foresaw
            stage, problem = Stage.FAILED, notice_of_any(error)
        with self._changed:
            self._state = replace(self._state, stage=stage, result=result, problem=problem, waits=None)
            self._wait_for_readers(of_copy=True)
        if batch:
            with suppress(OSError):
                _remove(shown_path(batch))

    def _work(self, batch: Path | None, work: Callable[[Progress], object]) -> object:
        """Do the work as soon as no other program has the batch."""
        while True:
            try:
                if batch:
                    self._show_copy(batch)
                return work(self._progress)
            except BatchError as error:
                if error.code not in BUSY:
                    raise
                with self._changed:
                    self._state = replace(self._state, writes=False, waits=notice_of(error))
            if self._stop.wait(_AGAIN):
                raise _StoppedError

    def _show_copy(self, batch: Path) -> None:
        """Have pages show a copy from now on, and wait until nobody here reads the batch itself."""
        with self._changed:
            self._wait_for_readers(of_copy=True)  # of one that was made at an earlier try
        _copy(batch, shown_path(batch))
        with self._changed:
            self._state = replace(self._state, writes=True, waits=None)
            self._wait_for_readers(of_copy=False)

    def _wait_for_readers(self, *, of_copy: bool) -> None:
        self._changed.wait_for(lambda: not self._readers[of_copy])

    def _progress(self, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _StoppedError
        with self._changed:
            self._state = replace(self._state, done=done, total=total)


def shown_path(batch: Path) -> Path:
    """Where the copy of a batch is that pages show while it is written to."""
    return batch.with_name(batch.name + SHOWN)


def _copy(batch: Path, shown: Path) -> None:
    """Copy a batch as it was settled last; none where there is none yet.

    Raises BatchError where it cannot be read, or another program has written to it meanwhile; OSError.
    """
    _remove(shown)
    if batch.exists():
        # Whoever would write is kept out, unless a page shuts the batch at this moment: see Job.reading.
        with wait_to_open(batch, lambda: BatchDatabase(batch, read_only=True)):
            before = file_state(batch)
            for ending in BATCH_ENDINGS:
                with suppress(FileNotFoundError):
                    shutil.copyfile(_beside(batch, ending), _beside(shown, ending))
            if file_state(batch) != before:
                raise BatchError("batch.busy", path=batch)


def _remove(shown: Path) -> None:
    for ending in BATCH_ENDINGS:
        _beside(shown, ending).unlink(missing_ok=True)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
