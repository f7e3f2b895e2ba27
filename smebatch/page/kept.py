"""What takes seconds to work out: done once for a state, in a thread, and kept in memory; until then a page says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

from smebatch.issues.notice import Notice
from smebatch.page.unforeseen import notice_of_any

_AT_ONCE = 0.1  # seconds that a page waits: of a small round there is nothing to say but the result
_TRY_AGAIN = 5.0  # seconds after a failure

_Result = TypeVar("_Result")
State = tuple[object, ...]
"""What a result depends on: for another state it is worked out anew."""


@dataclass
class Kept(Generic[_Result]):
    """The last result, and the one that is being worked out. Its methods may be called by any thread."""

    _result: tuple[State, _Result] | None = None
    _failure: tuple[State, Notice, float] | None = None
    _thread: Thread | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def running(self) -> bool:
        """Whether one is being worked out."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def get(self, state: State, work: Callable[[], tuple[State, _Result] | None]) -> _Result | Notice | None:
        """The result for a state, or why there is none; None where it is not ready, and then it is begun.

        ``work`` is called in a thread, and tells for which state its result is.
        """
        if (found := self._find(state)) is None:
            with self._lock:
                begun = not self.running
                if begun:
                    self._thread = Thread(target=self._run, args=(state, work), name="kept")
                    self._thread.start()
            if begun:
                self.wait(_AT_ONCE)
                found = self._find(state)
        return found

    def wait(self, seconds: float | None = None) -> None:
        """Wait until nothing is being worked out."""
        if thread := self._thread:
            thread.join(seconds)

    def _find(self, state: State) -> _Result | Notice | None:
        result, failure = self._result, self._failure
        if result and result[0] == state:
            return result[1]
        if failure and failure[0] == state and time.monotonic() - failure[2] < _TRY_AGAIN:
            return failure[1]
        return None

    def _run(self, state: State, work: Callable[[], tuple[State, _Result] | None]) -> None:
        try:
            self._result = work() or self._result
        except Exception as error:  # noqa: BLE001  # the page goes on, and says what nobody foresaw
            self._failure = state, notice_of_any(error), time.monotonic()


def all_kept(extensions: Mapping[str, object]) -> list[Kept[Any]]:
    """Those among what an application holds."""
    return [kept for kept in extensions.values() if isinstance(kept, Kept)]
