"""Read entries in processes that may die: a file that kills its reader costs that file alone.

A reader answers some entries together. When it dies, another goes on, answering one by one: so if that dies too it is
known over which entry, which is read once more, alone, and refused if it kills again; the rest goes on. What has used
up its time twice is not read a third time. A container is opened by a reader alone, and tried twice. Limits of CPU time
and memory, and of wall-clock time as a backstop, end what would not end.
"""

from __future__ import annotations

import atexit
import math
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import chain, count
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, Self, cast

from smebatch.intake.read_result import WORKER_READY, ContainerTask, ReadResult
from smebatch.intake.sources.entry import LIMIT_REASONS, Entry, entry_of, is_remote
from smebatch.intake.sources.limits import MAX_BYTES, MAX_UNPACKED, Limits
from smebatch.issues.catalogue import ProblemError
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition

BlankForm = Callable[[Path, Edition], None]
"""Writes a blank form; a function of a module, so that it reaches the workers of a cluster."""

_SHARES_PER_WORKER, _MIN_SHARE = (
    4,
    8,
)  # how often a reader comes for entries, so that all end together; fewer need no second one
ENTRIES_PER_FLUSH = 16  # entries answered at once: answering costs a switch from one process to another
IDLE_SECONDS = 60.0  # after which a reader nobody needs is ended
WATCH_SECONDS = 0.5  # how often the clock is looked at
WORKER_MODULE = "smebatch.intake.workers.worker"  # the module whose main() the processes run
_KILL = 9  # the signal, whose name Windows does not know
_TIME_REASON, _SIZE_REASON = "file.time", "file.expands"
_FAILURES_PER_PROOF, _PROOF_ATTEMPTS = (
    8,
    2,
)  # of so many failures in a row the first leads to a proof, and that has so many attempts
_OPEN_ATTEMPTS = 2  # of opening a container that kills its reader
_MAX_UNREACHABLE = 3  # files in a row that cannot be had
_WORKER_ERRORS = {_TIME_REASON: "readers.time", "file.memory": "readers.memory"}


class PoolStoppedError(Exception):
    """The readers were stopped while one was reading."""


class WorkerError(ProblemError, RuntimeError):
    """Nothing can be read here, whatever the files hold: the fault is the machine's, the limits', or the disk's."""


class WorkerPool:
    """As many readers as threads ask for at a time. Pickled, it becomes the one of the process it comes to.

    A blank form of the edition, which ``write_blank_form`` writes, proves that they can read at all.
    """

    def __init__(self, edition: Edition, write_blank_form: BlankForm, limits: Limits | None = None) -> None:
        self.edition, self.limits = edition, limits or Limits()
        self._write_blank_form = write_blank_form
        self._lock = threading.Lock()
        self._idle: list[_WorkerProcess] = []
        self._busy: set[_WorkerProcess] = set()
        self._stopped = False
        self._proof_lock = threading.Lock()
        self._failures_in_a_row = 0  # files in a row that failed for time, memory or death
        self._unpack_root = ""  # where what is unpacked lies
        self._folder_numbers = count()

    def __reduce__(self) -> tuple[Callable[..., WorkerPool], tuple[str, BlankForm, Limits]]:
        return _pool_of_this_process, (self.edition.text, self._write_blank_form, self.limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def read(self, entries: Sequence[Entry]) -> list[ReadResult]:
        """The outcome of every entry, in order. Raises StoppedError, and ReaderError where nothing can be read."""
        outcomes = {
            number: ReadResult(entry, reason=entry.reason) for number, entry in enumerate(entries) if entry.reason
        }
        due = [number for number in range(len(entries)) if number not in outcomes]
        suspects: list[int] = []
        late: list[int] = []  # one of them was it when a reader's time was up
        together = ENTRIES_PER_FLUSH
        while due:
            read, reason = self._run_task([entries[number] for number in due], together)
            outcomes |= zip(due, read, strict=False)
            due = due[len(read) :]
            self._note_failures([outcome.reason for outcome in read])
            if reason and (together == 1 or len(due) == 1):
                number = due.pop(0)
                self._note_failures([reason])
                if reason == _TIME_REASON and number in late:  # it has had all the time there is, twice
                    outcomes[number] = ReadResult(entries[number], reason=reason)
                else:
                    suspects.append(number)
            elif reason == _TIME_REASON:
                late = due[:together]
            together = ENTRIES_PER_FLUSH if together == 1 else 1
        for number in suspects:
            read, reason = self._run_task([entries[number]], together=1)
            outcomes[number] = read[0] if read else ReadResult(entries[number], reason=reason)
        done = [outcomes[number] for number in range(len(entries))]
        _check_reached(done)
        return done

    def open_containers(self, openings: Sequence[ContainerTask], width: int) -> Iterator[ReadResult]:
        """The outcomes of opening containers, in order, so many at a time. They raise as read does."""
        threads = ThreadPoolExecutor(width)
        opened = threads.map(self.open_container, openings)
        threads.shutdown(wait=False)
        return opened

    def open_container(self, opening: ContainerTask) -> ReadResult:
        """What comes of opening a container. Raises StoppedError, and ReaderError where nothing can be read."""
        for _ in range(_OPEN_ATTEMPTS):
            read, reason = self._run_task(opening, together=1)
            self._note_failures([reason])
            if read:
                return read[0]
            if reason == _SIZE_REASON:
                break
        return ReadResult(opening.entry, reason=reason if reason == _SIZE_REASON else "archive.unread")

    def new_unpack_folder(self) -> str:
        """A path where something may be unpacked, and nothing lies yet; it goes when the readers are stopped.

        The readers make it, so that they know of it if this process is killed. Raises OSError.
        """
        with self._lock:
            if not self._unpack_root:
                self._unpack_root = os.path.join(gettempdir(), f"smebatch-{token_hex(16)}")  # noqa: PTH118  (a text)
                # Those of a cluster are never stopped.
                weakref.finalize(self, shutil.rmtree, self._unpack_root, ignore_errors=True)
        return os.path.join(self._unpack_root, str(next(self._folder_numbers)))  # noqa: PTH118  (a text)

    def _note_failures(self, reasons: Sequence[str]) -> None:
        """Prove that readers can read at all where files fail for time, memory or death. Raises ReaderError."""
        for reason in reasons:
            with self._proof_lock:
                self._failures_in_a_row = self._failures_in_a_row + 1 if reason in LIMIT_REASONS else 0
                if self._failures_in_a_row % _FAILURES_PER_PROOF == 1:
                    self._prove_workers()

    def _prove_workers(self) -> None:
        """Let a new reader read a blank form. Raises ReaderError where that fails twice."""
        reason = ""
        with TemporaryDirectory() as folder:
            blank = Path(folder, "blank.xlsx")
            self._write_blank_form(blank, self.edition)
            entry = entry_of(blank, blank.name, blank.stat())
            for _ in range(_PROOF_ATTEMPTS):
                reader = self._start_worker()
                try:
                    (outcome,) = reader.run_task([entry], 1)
                    reason = outcome.reason
                except _WorkerDiedError as died:
                    reason = str(died)
                finally:
                    self._discard(reader)
                if not reason:
                    return
        raise WorkerError(_WORKER_ERRORS.get(reason, "readers.broken"))

    def read_in_parallel(self, entries: Sequence[Entry], width: int) -> Iterator[ReadResult]:
        """The outcomes in order, which so many readers begin at once to read. They raise StoppedError."""
        size = max(math.ceil(len(entries) / (_SHARES_PER_WORKER * width)), _MIN_SHARE)
        shares = [entries[start : start + size] for start in range(0, len(entries), size)]
        threads = ThreadPoolExecutor(width)
        read = threads.map(self.read, shares)
        threads.shutdown(wait=False)
        return chain.from_iterable(read)

    def stop(self) -> None:
        """End every reader, whatever it is doing."""
        with self._lock:
            self._stopped = True
            readers = [*self._idle, *self._busy]
        for reader in readers:
            reader.terminate()
        _end_prestarted()
        if self._unpack_root:
            shutil.rmtree(self._unpack_root, ignore_errors=True)

    def _run_task(self, task: list[Entry] | ContainerTask, together: int) -> tuple[list[ReadResult], str]:
        """Outcomes until the end, or until the reader died; then also the reason to refuse the entry it died over."""
        reader = self._acquire()
        read: list[ReadResult] = []
        try:
            read.extend(reader.run_task(task, together))
        except _WorkerDiedError as died:
            return read, str(died)
        finally:
            self._release(reader)
        return read, ""

    def _acquire(self) -> _WorkerProcess:
        with self._lock:
            if self._stopped:
                raise PoolStoppedError
            while self._idle:
                reader = self._idle.pop()
                if reader.is_alive():
                    self._busy.add(reader)
                    return reader
                reader.terminate()  # it has died idle, which is no entry's fault
        return self._start_worker()

    def _start_worker(self) -> _WorkerProcess:
        reader = _WorkerProcess(self.edition, self.limits)
        with self._lock:
            self._busy.add(reader)
            stopped = self._stopped
        if stopped:
            self._release(reader)
        return reader

    def _discard(self, reader: _WorkerProcess) -> None:
        with self._lock:
            self._busy.discard(reader)
        reader.terminate()

    def _release(self, reader: _WorkerProcess) -> None:
        with self._lock:
            self._busy.discard(reader)
            if reader.is_alive() and not self._stopped:
                self._idle.append(reader)
                return
            stopped = self._stopped
        reader.terminate()
        if stopped:
            raise PoolStoppedError


def _check_reached(outcomes: Sequence[ReadResult]) -> None:
    """Raise ReaderError where one file after another cannot be had: the place they are in has gone."""
    in_a_row = 0
    for outcome in outcomes:
        gone = outcome.reason == "file.unreachable" or (
            outcome.reason == "file.vanished" and not _folder_holds_something(outcome.entry)
        )
        in_a_row = in_a_row + 1 if gone else 0
        if in_a_row >= min(_MAX_UNREACHABLE, len(outcomes)):
            raise WorkerError("folder.broke_off", path=outcome.entry.location)


def _folder_holds_something(entry: Entry) -> bool:
    """Whether the folder of a file that has gone is still there, and not as empty as one where a share was."""
    if is_remote(entry.location):
        return True
    try:
        with os.scandir(os.path.dirname(entry.location)) as found:  # noqa: PTH120  (a path of bytes that are no text, too)
            return next(found, None) is not None
    except OSError:
        return False


@cache
def _pool_of_this_process(edition_text: str, write_blank_form: BlankForm, limits: Limits) -> WorkerPool:
    return WorkerPool(parse_edition(edition_text.encode("utf-8")), write_blank_form, limits)


class _WorkerDiedError(Exception):
    """The reader has died; the text is the reason to refuse what it was reading."""


_prestarted: list[subprocess.Popen[bytes]] = []


def prestart_workers(count: int) -> None:
    """Start so many processes before it is known what they are to read: a start takes as long as reading fifty returns.

    What nobody takes ends when readers are stopped, or with the program.
    """
    _prestarted.extend(_start_process() for _ in range(count))
    atexit.register(_end_prestarted)


def _end_prestarted() -> None:
    while _prestarted:
        process = _prestarted.pop()
        _kill(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            cast(IO[bytes], pipe).close()


def _start_process() -> subprocess.Popen[bytes]:
    # With the parent's own path, and without the current folder, where anybody may have put a module.
    code = f"import sys; sys.path[:] = {sys.path!r}; from {WORKER_MODULE} import main; main()"
    return subprocess.Popen(  # noqa: S603  (this very program)
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=1 << 20,
        process_group=0,  # what a reader starts ends with it
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a reader, and the programs that it has started; those of one that has died end by limits of their own."""
    if hasattr(os, "killpg") and process.poll() is None:  # else the number may be another's by now
        with suppress(ProcessLookupError, PermissionError):  # it ends at this moment
            os.killpg(process.pid, _KILL)
    process.kill()


def _folder_bytes(folder: str) -> int:
    """The bytes of all files below a folder. They may come and go meanwhile."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118  (texts)
    return size


class _WorkerProcess:
    """One process, and a thread that watches its clock."""

    def __init__(self, edition: Edition, limits: Limits) -> None:
        self._limits = limits
        try:
            self._process = _prestarted.pop()
        except IndexError:
            self._process = _start_process()
        self._tasks, self._answers = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._timed_out = self._disk_full = False
        self._deadline = math.inf
        self._unpack_folder = ""  # to which it is unpacking
        try:
            pickle.dump((edition, limits), self._tasks)
            self._tasks.flush()
            if pickle.load(self._answers) != WORKER_READY:  # noqa: S301  (our own process)
                raise EOFError
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.terminate()
            raise WorkerError("readers.no_start") from error
        threading.Thread(target=self._watch, daemon=True).start()

    def is_alive(self) -> bool:
        """Whether the process is there; if so, it is from now on not idle."""
        self._deadline = time.monotonic() + IDLE_SECONDS
        return self._process.poll() is None

    def run_task(self, task: list[Entry] | ContainerTask, together: int) -> Iterator[ReadResult]:
        """Yield the outcomes: of every entry, or of the one container to be opened. Raises _DiedError."""
        number, times, self._unpack_folder = (
            (len(task), 1, "") if isinstance(task, list) else (1, task.time_factor, task.folder)
        )
        try:
            self._deadline = time.monotonic() + self._limits.wall_seconds * times
            pickle.dump((task, together), self._tasks, pickle.HIGHEST_PROTOCOL)
            self._tasks.flush()
            answers = pickle.Unpickler(self._answers)  # noqa: S301  (our own process)
            for _ in range(number):
                yield cast(ReadResult, answers.load())
                self._deadline = time.monotonic() + self._limits.wall_seconds
            self._unpack_folder = ""
        except (EOFError, OSError, pickle.UnpicklingError):
            self.terminate()
            late = self._timed_out or self._used_cpu_time()
            raise _WorkerDiedError(
                _SIZE_REASON if self._disk_full else _TIME_REASON if late else "file.reader"
            ) from None

    def terminate(self) -> None:
        """End the process."""
        _kill(self._process)
        self._process.wait()
        for pipe in (self._tasks, self._answers):
            with suppress(OSError):  # a task it will not read
                pipe.close()

    def _used_cpu_time(self) -> bool:
        return self._process.returncode == -getattr(signal, "SIGXCPU", 0) != 0

    def _watch(self) -> None:
        while self._process.poll() is None:
            self._timed_out = time.monotonic() > self._deadline
            self._disk_full = (
                self._unpack_folder != "" and _folder_bytes(self._unpack_folder) > MAX_UNPACKED + MAX_BYTES
            )
            if self._timed_out or self._disk_full:
                _kill(self._process)
                break
            time.sleep(WATCH_SECONDS)
