"""Reads entries in processes that may die: a file that kills its worker costs that file alone.

A worker sends the answers to several entries together. When it dies, another one goes on and sends each answer at once,
so that if it dies too, the entry is known. That entry is read once more, alone, and refused if it kills again; the rest
goes on. An entry that has used up its time twice is not read a third time. A container is opened by a worker alone, and
tried twice. Limits of CPU time and memory, and of wall-clock time as a backstop, end what would not end.
"""

from __future__ import annotations

import math
import os
import shutil
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import chain, count
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Self

from smebatch.intake.read_result import ContainerTask, ListTask, ReadResult
from smebatch.intake.sources.entry import LIMIT_REASONS, Entry, entry_of, is_remote
from smebatch.intake.sources.limits import Limits
from smebatch.intake.workers.reading_watch import ReadingWatch
from smebatch.intake.workers.worker_process import (
    SIZE_REASON,
    TIME_REASON,
    WorkerDiedError,
    WorkerError,
    WorkerProcess,
    end_prestarted,
)
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.intake.list_file import ListSheet

BlankFormWriter = Callable[[Path, Edition], None]
"""Writes a blank form; a function of a module, so that it can be pickled for the processes of a cluster."""

_SHARES_PER_WORKER = 4  # so that all workers end at about the same time
_MIN_SHARE = 8  # entries; fewer need no second worker
ENTRIES_PER_FLUSH = 16  # answers sent together: each sending costs a switch between processes
_FAILURES_PER_PROOF, _PROOF_ATTEMPTS = 8, 2  # the first of so many failures in a row leads to a proof
_OPEN_ATTEMPTS = 2  # at a container that kills its worker
_MAX_UNREACHABLE = 3  # files in a row that cannot be had
_WORKER_ERRORS = {TIME_REASON: "readers.time", "file.memory": "readers.memory"}


class PoolStoppedError(Exception):
    """The pool was stopped while a worker was reading."""


class WorkerPool:
    """As many workers as threads ask for at a time. Unpickled, it becomes the pool of the process it arrives in.

    Whenever files fail for time, memory or death, a worker reads a blank form of the edition, written by
    ``write_blank_form``, which proves that workers can read at all. ``watch`` is told what is read; in the processes
    of a cluster nobody watches.
    """

    def __init__(
        self,
        edition: Edition,
        write_blank_form: BlankFormWriter,
        limits: Limits | None = None,
        watch: ReadingWatch | None = None,
    ) -> None:
        self.edition, self.limits = edition, limits or Limits()
        self._watch = watch or ReadingWatch()
        self._write_blank_form = write_blank_form
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._stopped = False
        self._proof_lock = threading.Lock()
        self._failures_in_a_row = 0  # files that failed for time, memory or death
        self._unpack_root = ""  # the folder of all that is unpacked
        self._folder_numbers = count()

    def __reduce__(self) -> tuple[Callable[..., WorkerPool], tuple[str, BlankFormWriter, Limits]]:
        return _pool_of_this_process, (self.edition.text, self._write_blank_form, self.limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- entries ------------------------------------------------------------------------------------------------------

    def read_in_parallel(self, entries: Sequence[Entry], width: int) -> Iterator[ReadResult]:
        """The results in order. ``width`` workers begin to read at once. The iterator raises as ``read`` does."""
        size = max(math.ceil(len(entries) / (_SHARES_PER_WORKER * width)), _MIN_SHARE)
        shares = [entries[start : start + size] for start in range(0, len(entries), size)]
        threads = ThreadPoolExecutor(width)
        results = threads.map(self.read, shares)
        threads.shutdown(wait=False)
        return chain.from_iterable(results)

    def read(self, entries: Sequence[Entry]) -> list[ReadResult]:
        """The result of every entry, in order. Raises PoolStoppedError, and WorkerError where nothing can be read."""
        results = {
            number: ReadResult(entry, reason=entry.reason) for number, entry in enumerate(entries) if entry.reason
        }
        for refused in results.values():
            self._watch.count(refused)
        due = [number for number in range(len(entries)) if number not in results]
        suspects: list[int] = []
        timed_out: list[int] = []  # one of these entries was being read when a worker's time was up
        per_flush = ENTRIES_PER_FLUSH
        while due:
            done, reason = self._run_task([entries[number] for number in due], per_flush)
            results |= zip(due, done, strict=False)
            due = due[len(done) :]
            self._note_failures([result.reason for result in done])
            if reason and (per_flush == 1 or len(due) == 1):
                number = due.pop(0)
                self._note_failures([reason])
                if reason == TIME_REASON and number in timed_out:  # it has had all its time twice
                    results[number] = self._refused(entries[number], reason)
                else:
                    suspects.append(number)
            elif reason == TIME_REASON:
                timed_out = due[:per_flush]
            per_flush = ENTRIES_PER_FLUSH if per_flush == 1 else 1
        for number in suspects:
            done, reason = self._run_task([entries[number]], 1)
            results[number] = done[0] if done else self._refused(entries[number], reason)
        ordered = [results[number] for number in range(len(entries))]
        _check_reachable(ordered)
        return ordered

    def _refused(self, entry: Entry, reason: str) -> ReadResult:
        """The result of an entry that kills whoever reads it."""
        result = ReadResult(entry, reason=reason)
        self._watch.count(result)
        return result

    def keep_ready(self) -> None:
        """Have a worker that waits, for a while, so that what is read next need not wait for one to start.

        Raises as ``read`` does.
        """
        self._release(self._acquire())

    # --- containers ---------------------------------------------------------------------------------------------------

    def open_containers(self, tasks: Sequence[ContainerTask], width: int) -> Iterator[ReadResult]:
        """The results of opening containers, in order, ``width`` at a time. The iterator raises as ``read`` does."""
        threads = ThreadPoolExecutor(width)
        results = threads.map(self.open_container, tasks)
        threads.shutdown(wait=False)
        return results

    def open_container(self, task: ContainerTask) -> ReadResult:
        """The result of opening a container. Raises as ``read`` does."""
        for _ in range(_OPEN_ATTEMPTS):
            done, reason = self._run_task(task, 1)
            self._note_failures([reason])
            if done:
                return done[0]
            if reason == SIZE_REASON:
                break
        return ReadResult(task.entry, reason=reason if reason == SIZE_REASON else "archive.unread")

    def new_unpack_folder(self) -> str:
        """The path of a folder to unpack to, which a worker makes; it is removed when the pool is stopped.

        The workers make it, so that they know of it and remove it if this process is killed. Raises OSError.
        """
        with self._lock:
            if not self._unpack_root:
                self._unpack_root = os.path.join(gettempdir(), f"smebatch-{token_hex(16)}")  # noqa: PTH118  (a text)
                # The pools of a cluster are never stopped.
                weakref.finalize(self, shutil.rmtree, self._unpack_root, ignore_errors=True)
        return os.path.join(self._unpack_root, str(next(self._folder_numbers)))  # noqa: PTH118  (a text)

    # --- proofs -------------------------------------------------------------------------------------------------------

    def _note_failures(self, reasons: Sequence[str]) -> None:
        """Count failures for time, memory or death; at some, prove that workers can read. Raises WorkerError."""
        for reason in reasons:
            with self._proof_lock:
                self._failures_in_a_row = self._failures_in_a_row + 1 if reason in LIMIT_REASONS else 0
                if self._failures_in_a_row % _FAILURES_PER_PROOF == 1:
                    self._prove_workers()

    def _prove_workers(self) -> None:
        """Let a new worker read a blank form. Raises WorkerError where that fails twice."""
        reason = ""
        with TemporaryDirectory() as folder:
            blank = Path(folder, "blank.xlsx")
            self._write_blank_form(blank, self.edition)
            entry = entry_of(blank, blank.name, blank.stat())
            for _ in range(_PROOF_ATTEMPTS):
                worker = self._start_worker()
                try:
                    (result,) = worker.run_task([entry], 1)
                    reason = result.reason
                except WorkerDiedError as died:
                    reason = str(died)
                finally:
                    self._discard(worker)
                if not reason:
                    return
        raise WorkerError(_WORKER_ERRORS.get(reason, "readers.broken"))

    # --- lists --------------------------------------------------------------------------------------------------------

    def read_list(self, path: Path) -> list[ListSheet]:
        """The sheets of a list that people keep: see list_file.read_list, which raises the same. Raises WorkerError."""
        from smebatch.intake.list_file import CostlyListError

        task = ListTask(path.absolute(), path.stat().st_size)
        worker = self._acquire()
        try:
            result = worker.read_list(task)
        except WorkerDiedError as died:
            self._note_failures([str(died)])
            raise CostlyListError from died
        finally:
            self._release(worker)
        if result.problem:
            raise result.problem
        return result.sheets or []

    # --- workers ------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End every worker, whatever it is doing."""
        with self._lock:
            self._stopped = True
            workers = [*self._idle, *self._busy]
        for worker in workers:
            worker.terminate()
        end_prestarted()
        if self._unpack_root:
            shutil.rmtree(self._unpack_root, ignore_errors=True)

    def _run_task(self, task: list[Entry] | ContainerTask, per_flush: int) -> tuple[list[ReadResult], str]:
        """The results until the worker ends the task or dies, and the reason to refuse what it died over, else ''."""
        worker = self._acquire()
        results: list[ReadResult] = []
        try:
            if isinstance(task, list):
                self._watch.begin(task[0].file)
            for result in worker.run_task(task, per_flush):
                results.append(result)
                if isinstance(task, list):
                    self._watch.count(result)
                    self._watch.begin(task[len(results)].file if len(results) < len(task) else "")
        except WorkerDiedError as died:
            return results, str(died)
        finally:
            self._watch.begin("")
            self._release(worker)
        return results, ""

    def _acquire(self) -> WorkerProcess:
        with self._lock:
            if self._stopped:
                raise PoolStoppedError
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive():
                    self._busy.add(worker)
                    return worker
                worker.terminate()  # it has died while idle, which is no entry's fault
        return self._start_worker()

    def _start_worker(self) -> WorkerProcess:
        worker = WorkerProcess(self.edition, self.limits)
        with self._lock:
            self._busy.add(worker)
            stopped = self._stopped
        if stopped:
            self._release(worker)
        return worker

    def _discard(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._busy.discard(worker)
        worker.terminate()

    def _release(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._busy.discard(worker)
            if worker.is_alive() and not self._stopped:
                self._idle.append(worker)
                return
            stopped = self._stopped
        worker.terminate()
        if stopped:
            raise PoolStoppedError


@cache
def _pool_of_this_process(edition_text: str, write_blank_form: BlankFormWriter, limits: Limits) -> WorkerPool:
    return WorkerPool(parse_edition(edition_text.encode("utf-8")), write_blank_form, limits)


def _check_reachable(results: Sequence[ReadResult]) -> None:
    """Raise WorkerError where several files in a row cannot be had: the disk or the share they are on has gone."""
    in_a_row = 0
    for result in results:
        gone = result.reason == "file.unreachable" or (
            result.reason == "file.vanished" and not _folder_holds_something(result.entry)
        )
        in_a_row = in_a_row + 1 if gone else 0
        if in_a_row >= min(_MAX_UNREACHABLE, len(results)):
            raise WorkerError("folder.broke_off", path=result.entry.location)


def _folder_holds_something(entry: Entry) -> bool:
    """Whether the folder of a vanished file is there and not empty, as a mount point without its share would be."""
    if is_remote(entry.location):
        return True
    try:
        with os.scandir(os.path.dirname(entry.location)) as found:  # noqa: PTH120  (a path of bytes that are no text, too)
            return next(found, None) is not None
    except OSError:
        return False
