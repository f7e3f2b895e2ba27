"""How far reading is, for whoever watches: counted as results arrive from the readers, in any thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import NamedTuple

from smebatch.intake.read_result import ReadResult

_RECENT = 200  # results over which the pace is taken


class ReadSoFar(NamedTuple):
    """What reading has come to before anything is settled.

    ``total``: the files there are, of which ``passed`` need not be read; ``readable`` hold a return, whatever becomes
    of it; ``refused`` hold none; ``unchanged`` have another time, but the bytes that were read before. ``file``: that
    which is being read, as far as its reader has answered, of several the one that takes longest; "" for none.
    ``pace``: files a second of late.
    """

    total: int = 0
    passed: int = 0
    readable: int = 0
    refused: int = 0
    unchanged: int = 0
    file: str = ""
    pace: float = 0.0

    @property
    def done(self) -> int:
        """The files that are done with."""
        return self.passed + self.readable + self.refused + self.unchanged


NOTHING_READ = ReadSoFar()


class ReadingWatch:
    """Counts results. Its methods may be called by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._so_far = NOTHING_READ
        self._at: dict[int, str] = {}  # by thread; the one that has told nothing for longest comes first
        self._times: deque[float] = deque(maxlen=_RECENT)

    @property
    def so_far(self) -> ReadSoFar:
        """What reading has come to now."""
        with self._lock:
            took = time.monotonic() - self._times[0] if self._times else 0.0
            pace = (len(self._times) - 1) / took if took else 0.0
            return self._so_far._replace(file=next(iter(self._at.values()), ""), pace=pace)

    def expect(self, total: int, due: int) -> None:
        """Begin anew, with so many files, of which some are due to be read."""
        with self._lock:
            self._so_far = ReadSoFar(total, total - due)
            self._times.clear()

    def begin(self, file: str) -> None:
        """A file is being read by this thread from now on; "" for none."""
        thread = threading.get_ident()
        with self._lock:
            self._at.pop(thread, None)
            if file:
                self._at[thread] = file

    def count(self, result: ReadResult) -> None:
        """A file has been read."""
        name = "unchanged" if result.unchanged else "refused" if result.reason else "readable"
        with self._lock:
            self._so_far = self._so_far._replace(**{name: getattr(self._so_far, name) + 1})
            self._times.append(time.monotonic())
