"""The program of a worker process, which reads entries and may die of one.

It reads tasks from its standard input and writes results to its standard output, both pickled. A task is a list of
entries, a container to open, or a list that people keep, with the number of results to send together. One pickler
serves a task, so that objects that returns share are sent once. The process ends with its input, which ends with its
parent; then it removes what it has unpacked.
"""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import signal
import sys
from contextlib import suppress
from typing import IO

from smebatch.intake.read_entry import fetch_contents, read_content
from smebatch.intake.read_result import WORKER_READY, ContainerTask, ListResult, ListTask, ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import MAX_UNPACKED, Limits
from smebatch.intake.workbook.formats import import_readers

try:
    import resource
except ImportError:  # Windows has no such limits; there only wall-clock time counts
    resource = None  # type: ignore[assignment]  # a module or none


_GC_THRESHOLD = 50_000  # new objects until a collection, for what is read of a file contains no reference cycles


def main() -> None:
    """Run tasks until the input ends."""
    import_readers()  # while the parent still prepares, and before what is here is frozen
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (a device, not a path)
        os.dup2(nowhere.fileno(), 1)  # a library that prints must not write between the results
        os.dup2(nowhere.fileno(), 2)  # the last words of a dying worker help nobody
    unpacked: set[str] = set()
    try:
        serve_tasks(tasks, answers, unpacked)
    except (EOFError, OSError):
        for folder in unpacked:
            shutil.rmtree(folder, ignore_errors=True)


def serve_tasks(tasks: IO[bytes], answers: IO[bytes], unpacked: set[str]) -> None:
    """Run tasks. Raises EOFError or OSError when the parent is gone, and cannot remove ``unpacked`` folders itself."""
    edition, limits = pickle.load(tasks)  # noqa: S301  (from the parent)
    _set_limits(limits)
    gc.freeze()  # no object made so far will ever be garbage
    gc.set_threshold(_GC_THRESHOLD)
    pickle.dump(WORKER_READY, answers)
    answers.flush()
    while True:
        task: list[Entry] | ContainerTask | ListTask
        task, per_flush = pickle.load(tasks)  # noqa: S301  (from the parent)
        pickler = pickle.Pickler(answers, pickle.HIGHEST_PROTOCOL)
        if isinstance(task, list):
            _allow_cpu(limits.cpu_seconds)
            for number, (entry, fetched) in enumerate(zip(task, fetch_contents(task), strict=True), 1):
                pickler.dump(read_content(entry, fetched, edition))
                if number % per_flush == 0:
                    answers.flush()
                _allow_cpu(limits.cpu_seconds)
        elif isinstance(task, ListTask):
            _allow_cpu(limits.cpu_seconds * task.time_factor)
            pickler.dump(read_list_task(task))
        else:
            unpacked.add(os.path.dirname(task.folder))  # noqa: PTH120  (a text)
            _allow_cpu(limits.cpu_seconds * task.time_factor)
            pickler.dump(open_task(task))
        answers.flush()


def open_task(task: ContainerTask) -> ReadResult:
    """Open a container."""
    from smebatch.intake.workers.opening import open_container  # imports libraries that few runs need

    return open_container(task)


def read_list_task(task: ListTask) -> ListResult:
    """Read a list."""
    from smebatch.intake.list_file import read_list
    from smebatch.intake.workbook.workbook import UnreadableError

    try:
        return ListResult(read_list(task.path))
    except (OSError, UnreadableError) as error:
        return ListResult(None, error)


def _set_limits(limits: Limits) -> None:
    if resource is not None:
        with suppress(OSError, ValueError):  # not every system knows every limit
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            most = _within_hard_limit(MAX_UNPACKED, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            most = _within_hard_limit(limits.memory_mb * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1])
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _allow_cpu(cpu_seconds: int) -> None:
    """Allow this process ``cpu_seconds`` more seconds of CPU time."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        seconds = int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds
        resource.setrlimit(resource.RLIMIT_CPU, (_within_hard_limit(seconds, hard), hard))


def _within_hard_limit(wanted: int, hard: int) -> int:
    """The wanted limit, or the hard limit that somebody has set for this process where that is lower."""
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
