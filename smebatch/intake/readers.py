"""Read many entries in processes that may die: a file that kills its reader costs that file alone.

Each worker process has one task at a time, some entries in a row, and answers entry by entry. So when one dies it is
known which entry it died over: that one is read once more alone, and refused if it kills again; the rest of the task
goes to another worker. Limits of CPU time and memory, and of wall-clock time as a backstop, end what would not end.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from smebatch.intake.folder import Entry, Outcome, read_entry
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition

try:
    import resource
except ImportError:  # Windows has no such limits: there the wall clock decides alone
    resource = None  # type: ignore[assignment]

TOGETHER = 16  # entries a task: the more, the less a worker waits for its next
WINDOW = 256  # entries sent ahead of the one that is due, so that memory stays flat however many there are


@dataclass(frozen=True, slots=True)
class Limits:
    """What one entry may use before its worker is stopped.

    CPU time decides alike under load; wall-clock time is the backstop. Honest returns take milliseconds and megabytes.
    """

    cpu_seconds: int = 20
    memory_mb: int = 1024
    wall_seconds: float = 120


def read_entries(
    entries: Sequence[Entry], edition: Edition, *, jobs: int, limits: Limits | None = None
) -> Iterator[Outcome]:
    """Yield the outcome of every entry, in order; ``jobs`` worker processes read."""
    if all(entry.reason for entry in entries):  # nothing to open
        yield from (Outcome(entry, reason=entry.reason) for entry in entries)
        return
    readers = _Readers(entries, edition, jobs, limits or Limits())
    try:
        yield from readers.outcomes()
    finally:
        readers.stop()


@dataclass
class _Worker:
    """A process, the connection to it, and the numbers of the entries it has yet to answer for."""

    process: BaseProcess
    connection: Connection
    task: deque[int] = field(default_factory=deque)
    deadline: float = 0.0


class _Readers:
    """Workers, what waits for them, and what they have answered; entries go by their number."""

    def __init__(self, entries: Sequence[Entry], edition: Edition, jobs: int, limits: Limits) -> None:
        self.entries, self.edition, self.limits = entries, edition.text.encode("utf-8"), limits
        self.context = _context()
        self.workers = [self._start() for _ in range(min(jobs, len(entries)))]
        self.again: deque[list[int]] = deque()  # what is left of a task whose worker died, and its last entry alone
        self.alone: set[int] = set()  # entries that have killed a worker once
        self.sent = 0
        self.answered: dict[int, Outcome] = {}

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcome of every entry, in order."""
        for due in range(len(self.entries)):
            while due not in self.answered:
                self._send(due)
                self._receive()
            yield self.answered.pop(due)

    def stop(self) -> None:
        """End every worker, whatever it is doing."""
        for worker in self.workers:
            worker.process.kill()
            worker.process.join()
            worker.connection.close()

    def _send(self, due: int) -> None:
        """Give every idle worker a task, unless enough is under way."""
        for worker in list(self.workers):
            if worker.task:
                continue
            if self.again:
                task = self.again.popleft()
            else:
                end = min(self.sent + TOGETHER, len(self.entries), due + WINDOW)
                task, self.sent = list(range(self.sent, end)), max(self.sent, end)
            if task:
                try:
                    self._give(worker, task)
                except OSError:  # it has died idle, which is no entry's fault
                    self._give(self._replace(worker), task)

    def _give(self, worker: _Worker, task: list[int]) -> None:
        worker.connection.send([self.entries[number] for number in task])
        worker.task.extend(task)
        worker.deadline = time.monotonic() + self.limits.wall_seconds

    def _receive(self) -> None:
        """Take what workers have to say; find out who has died or overrun the wall clock."""
        busy = {worker.connection: worker for worker in self.workers if worker.task}
        first = min(worker.deadline for worker in busy.values())
        said = wait(list(busy), timeout=max(first - time.monotonic(), 0))
        for connection in said:
            self._listen(busy[connection])  # type: ignore[index]  # wait returns what it was given
        now = time.monotonic()
        for connection, worker in busy.items():
            if connection not in said and worker.deadline <= now:
                worker.process.kill()
                self._bury(worker, "file.time")

    def _listen(self, worker: _Worker) -> None:
        try:
            outcome = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            in_time = resource is None or worker.process.exitcode != -signal.SIGXCPU
            self._bury(worker, "file.reader" if in_time else "file.time")
            return
        self.answered[worker.task.popleft()] = outcome
        worker.deadline = time.monotonic() + self.limits.wall_seconds

    def _bury(self, worker: _Worker, reason: str) -> None:
        """Put another worker in a dead one's place; the entry it died over is tried once more, alone."""
        number, *rest = worker.task
        if rest:
            self.again.append(rest)
        if number in self.alone:
            self.answered[number] = Outcome(self.entries[number], reason=reason)
        else:
            self.alone.add(number)
            self.again.appendleft([number])
        self._replace(worker)

    def _replace(self, worker: _Worker) -> _Worker:
        """Put a new worker in the place of a dead one."""
        worker.process.join()
        worker.connection.close()
        new = self._start()
        self.workers[self.workers.index(worker)] = new
        return new

    def _start(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(  # type: ignore[attr-defined]  # every start method has one
            target=_work, args=(theirs, self.edition, self.limits.cpu_seconds, self.limits.memory_mb), daemon=True
        )
        process.start()
        theirs.close()  # so that the end of the process is the end of the connection
        return _Worker(process, ours)


def _context() -> BaseContext:
    """How workers are started: never by a fork of this process, whose threads (DuckDB's) a fork may hang."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once in the server that forks the workers, so that a new one is there in milliseconds.
    context.set_forkserver_preload(["smebatch.cli", "smebatch.intake.readers"])
    return context


# --- in the worker


def _work(connection: Connection, edition_text: bytes, cpu_seconds: int, memory_mb: int) -> None:
    """Answer tasks until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # what a dying reader has to say helps nobody at the console
    if resource is not None:
        with suppress(OSError, ValueError):  # not every system knows every limit
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    edition = parse_edition(edition_text)
    try:
        while True:
            for entry in connection.recv():
                _allow(cpu_seconds)
                connection.send(read_entry(entry, edition))
    except (EOFError, OSError):
        return


def _allow(cpu_seconds: int) -> None:
    """Allow this process so many more seconds of CPU time."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds, hard))
