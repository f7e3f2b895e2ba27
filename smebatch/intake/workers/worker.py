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

from smebatch.intake.outcome import READY, Opening, Outcome
from smebatch.intake.read_entry import fetch, outcome_of
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import MAX_UNPACKED, Limits

try:
    import resource
except ImportError:  # Windows has no such limits: there the wall clock decides alone
    resource = None  # type: ignore[assignment]  # a module or none


_GARBAGE = 50_000  # objects made until some are looked through: what is read of a file holds no rounds


def main() -> None:
    """Read until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (a device, not a path)
        os.dup2(nowhere.fileno(), 1)  # a library that prints must not speak between the answers
        os.dup2(nowhere.fileno(), 2)  # what a dying reader has to say helps nobody at the console
    unpacked: set[str] = set()
    try:
        serve(tasks, answers, unpacked)
    except (EOFError, OSError):
        for folder in unpacked:
            shutil.rmtree(folder, ignore_errors=True)


def serve(tasks: IO[bytes], answers: IO[bytes], unpacked: set[str]) -> None:
    """Answer tasks. Raises EOFError or OSError when the parent has gone, and cannot remove what is ``unpacked``."""
    edition, limits = pickle.load(tasks)  # noqa: S301  (from the parent)
    _limit(limits)
    gc.freeze()  # nothing of what is here by now will ever be garbage
    gc.set_threshold(_GARBAGE)
    pickle.dump(READY, answers)
    answers.flush()
    while True:
        task: list[Entry] | Opening
        task, together = pickle.load(tasks)  # noqa: S301  (from the parent)
        pickler = pickle.Pickler(answers, pickle.HIGHEST_PROTOCOL)
        if isinstance(task, list):
            _allow(limits.cpu_seconds)
            for number, (entry, fetched) in enumerate(zip(task, fetch(task), strict=True), 1):
                pickler.dump(outcome_of(entry, fetched, edition))
                if number % together == 0:
                    answers.flush()
                _allow(limits.cpu_seconds)
        else:
            unpacked.add(os.path.dirname(task.folder))  # noqa: PTH120  (a text)
            _allow(limits.cpu_seconds * task.times)
            pickler.dump(opened(task))
        answers.flush()


def opened(task: Opening) -> Outcome:
    """What comes of opening a container."""
    from smebatch.intake.workers.opening import open_up  # with libraries that few runs need

    return open_up(task)


def _limit(limits: Limits) -> None:
    if resource is not None:
        with suppress(OSError, ValueError):  # not every system knows every limit
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            most = _at_most(MAX_UNPACKED, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            most = _at_most(limits.memory_mb * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1])
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _allow(cpu_seconds: int) -> None:
    """Allow this process so many more seconds of CPU time."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        seconds = int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds
        resource.setrlimit(resource.RLIMIT_CPU, (_at_most(seconds, hard), hard))


def _at_most(wanted: int, hard: int) -> int:
    """A limit that the system's own, which somebody may have set for all that is started here, allows."""
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
