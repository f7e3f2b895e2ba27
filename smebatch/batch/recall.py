"""What queries found in the file of a batch, remembered until somebody writes to it: a page asks the same repeatedly.

A file is as it was where it has the same number, size and time of change. Times are coarse, so a file that was written
to a moment ago is not trusted to show that it will be written to again.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast

FileState = tuple[tuple[int, ...] | None, ...]
"""Of each file that a batch is made of: numbers that change when it does; None without such a file."""

BATCH_ENDINGS = ("", ".wal")
"""What follows the name of a batch in those of its files: what a program that was killed left is in the second."""

_YOUNG = 2.0  # seconds; the coarsest times that are in use
_MOST_FILES, _MOST_RESULTS = 4, 256
_MOST_ROWS = 2_000  # of a result that is kept

_Result = TypeVar("_Result")
_lock = Lock()
_known: OrderedDict[FileState, OrderedDict[Hashable, object]] = OrderedDict()


def file_state(path: Path) -> FileState:
    """The state of a batch."""
    states: list[tuple[int, ...] | None] = []
    for ending in BATCH_ENDINGS:
        try:
            stat = path.with_name(path.name + ending).stat()
            states.append((stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns))
        except FileNotFoundError:
            states.append(None)
    return tuple(states)


def trusted_state(path: Path) -> FileState | None:
    """The state of a batch, to be taken before it is opened; None where it cannot be told from the next one."""
    state = file_state(path)
    young = any(each and abs(time.time() - each[-1] / 1e9) < _YOUNG for each in state)
    return None if young else state


def recall(state: FileState | None, what: Hashable, find: Callable[[], _Result]) -> _Result:
    """What was found in a file in a state, found now where it is not known. The caller does not change it."""
    if state is None:
        return find()
    with _lock:
        results = _known.setdefault(state, OrderedDict())
        if what in results:
            results.move_to_end(what)
            return cast(_Result, results[what])
    found = find()
    if not isinstance(found, list) or len(found) <= _MOST_ROWS:
        with _lock:
            results = _known.setdefault(state, OrderedDict())
            results[what] = found
            _known.move_to_end(state)
            for kept, most in ((_known, _MOST_FILES), (results, _MOST_RESULTS)):
                while len(kept) > most:
                    kept.popitem(last=False)
    return found
