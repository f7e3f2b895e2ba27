"""The process that reads entries, and may die of one: what runs in it.

It takes tasks from its standard input, each a list of entries and how many of them to answer together, and answers on
its standard output, both pickled. One pickler serves a task, so that what returns share goes once. It ends with its
input.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from contextlib import suppress
from typing import IO

from smebatch.intake.entry import Entry
from smebatch.intake.limits import Limits
from smebatch.intake.outcome import READY
from smebatch.intake.reading import fetch, outcome_of

try:
    import resource
except ImportError:  # Windows has no such limits: there the wall clock decides alone
    resource = None  # type: ignore[assignment]


_GARBAGE = 50_000  # objects made until some are looked through: what is read of a file holds no rounds


def main() -> None:
    """Read until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (a device, not a path)
        os.dup2(nowhere.fileno(), 1)  # a library that prints must not speak between the answers
        os.dup2(nowhere.fileno(), 2)  # what a dying reader has to say helps nobody at the console
    with suppress(EOFError, OSError):
        serve(tasks, answers)


def serve(tasks: IO[bytes], answers: IO[bytes]) -> None:
    """Answer tasks. Raises EOFError or OSError when the parent has gone."""
    edition, limits = pickle.load(tasks)  # noqa: S301  (from the parent)
    _limit_memory(limits)
    gc.freeze()  # nothing of what is here by now will ever be garbage
    gc.set_threshold(_GARBAGE)
    pickle.dump(READY, answers)
    answers.flush()
    while True:
        entries: list[Entry]
        entries, together = pickle.load(tasks)  # noqa: S301  (from the parent)
        pickler = pickle.Pickler(answers, pickle.HIGHEST_PROTOCOL)
        _allow(limits.cpu_seconds)
        for number, (entry, fetched) in enumerate(zip(entries, fetch(entries), strict=True), 1):
            pickler.dump(outcome_of(entry, fetched, edition))
            if number % together == 0:
                answers.flush()
            _allow(limits.cpu_seconds)
        answers.flush()


def _limit_memory(limits: Limits) -> None:
    if resource is not None:
        with suppress(OSError, ValueError):  # not every system knows every limit
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
