"""The process that reads entries, and may die of one: what runs in it.

It takes tasks from its standard input, each a list of entries and how many of them to answer together, or a container
to be opened, and answers on its standard output, both pickled. One pickler serves a task, so that what returns share
goes once. It ends with its input, which ends with its parent; what it has unpacked goes with it.
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
from smebatch.intake.read_result import WORKER_READY, ContainerTask, ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import MAX_UNPACKED, Limits
from smebatch.intake.workbook.formats import import_readers

try:
    import resource
except ImportError:  # Windows has no such limits: there the wall clock decides alone
    resource = None  # type: ignore[assignment]


_GC_THRESHOLD = 50_000  # objects made until some are looked through: what is read of a file holds no rounds


def main() -> None:
    """Run tasks until the input ends."""
    import_readers()  # while the parent still prepares, and before what is here is frozen
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (a device, not a path)
        os.dup2(nowhere.fileno(), 1)  # a library that prints must not speak between the answers
        os.dup2(nowhere.fileno(), 2)  # what a dying reader has to say helps nobody at the console
    unpacked: set[str] = set()
    try:
        serve_tasks(tasks, answers, unpacked)
    except (EOFError, OSError):
        for folder in unpacked:
            shutil.rmtree(folder, ignore_errors=True)


def serve_tasks(tasks: IO[bytes], answers: IO[bytes], unpacked: set[str]) -> None:
    """Answer tasks. Raises EOFError or OSError when the parent has gone, and cannot remove what is ``unpacked``."""
    edition, limits = pickle.load(tasks)  # noqa: S301  (from the parent)
    _set_limits(limits)
    gc.freeze()  # nothing of what is here by now will ever be garbage
    gc.set_threshold(_GC_THRESHOLD)
    pickle.dump(WORKER_READY, answers)
    answers.flush()
    while True:
        task: list[Entry] | ContainerTask
        task, together = pickle.load(tasks)  # noqa: S301  (from the parent)
        pickler = pickle.Pickler(answers, pickle.HIGHEST_PROTOCOL)
        if isinstance(task, list):
            _allow_cpu(limits.cpu_seconds)
            for number, (entry, fetched) in enumerate(zip(task, fetch_contents(task), strict=True), 1):
                pickler.dump(read_content(entry, fetched, edition))
                if number % together == 0:
                    answers.flush()
                _allow_cpu(limits.cpu_seconds)
        else:
            unpacked.add(os.path.dirname(task.folder))  # noqa: PTH120  (a text)
            _allow_cpu(limits.cpu_seconds * task.time_factor)
            pickler.dump(open_task(task))
        answers.flush()


def open_task(task: ContainerTask) -> ReadResult:
    """What comes of opening a container."""
    from smebatch.intake.workers.opening import open_container  # with libraries that few runs need

    return open_container(task)


def _set_limits(limits: Limits) -> None:
    if resource is not None:
        with suppress(OSError, ValueError):  # not every system knows every limit
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            most = _within_hard_limit(MAX_UNPACKED, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            most = _within_hard_limit(limits.memory_mb * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1])
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _allow_cpu(cpu_seconds: int) -> None:
    """Allow this process so many more seconds of CPU time."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        seconds = int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds
        resource.setrlimit(resource.RLIMIT_CPU, (_within_hard_limit(seconds, hard), hard))


def _within_hard_limit(wanted: int, hard: int) -> int:
    """A limit that the system's own, which somebody may have set for all that is started here, allows."""
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
