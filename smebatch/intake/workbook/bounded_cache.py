"""Remember what is made of the parts that most returns share, but nothing that one file could fill memory with."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_MOST = 100_000  # bytes of a call's arguments; those of an honest form are 10,000
_CALLS = 64

_Result = TypeVar("_Result")


def shared(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Remember the last results of a function of bytes."""
    remembered = lru_cache(_CALLS)(function)

    @wraps(function)
    def call(*parts: bytes) -> _Result:
        return remembered(*parts) if sum(map(len, parts)) <= _MOST else function(*parts)

    return call


MEMORY = 8_000_000  # bytes of what is remembered of one kind
_WEIGHT = 400  # bytes that a piece and its result take besides


class Recurring:
    """Which pieces of bytes have come before: what comes once in its life is not worth remembering."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def comes_again(self, piece: bytes) -> bool:
        """Whether such a piece has come before; from now on it has."""
        mark = hash(piece)
        if mark in self._seen:
            return True
        if len(self._seen) >= _MARKS:
            self._seen.clear()
        self._seen.add(mark)
        return False


_MARKS = 10_000  # of 100 bytes each


class Known(dict[bytes, _Result]):
    """What has been made of pieces of bytes: of none that is too long, and anew when they take ``most`` bytes."""

    def __init__(self, most: int = MEMORY) -> None:
        super().__init__()
        self._most, self._longest = most, most // 100
        self._left = most

    def remember(self, piece: bytes, result: _Result, weight: int = 0) -> _Result:
        """The result, from now on known; ``weight``: bytes that it takes itself."""
        if len(piece) + weight <= self._longest:
            self._left -= len(piece) + weight + _WEIGHT
            if self._left < 0:
                self.clear()
                self._left = self._most
            self[piece] = result
        return result
