"""Remember what is made of the parts that most returns share, but nothing that one file could fill memory with."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_MAX_ARGUMENT_BYTES = 100_000  # bytes of a call's arguments; those of an honest form are 10,000
_MAX_CALLS = 64

_Result = TypeVar("_Result")


def cached_by_content(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Remember the last results of a function of bytes."""
    remembered = lru_cache(_MAX_CALLS)(function)

    @wraps(function)
    def call(*parts: bytes) -> _Result:
        return remembered(*parts) if sum(map(len, parts)) <= _MAX_ARGUMENT_BYTES else function(*parts)

    return call


CACHE_BYTES = 8_000_000  # bytes of what is remembered of one kind
_ENTRY_OVERHEAD = 400  # bytes that a piece and its result take besides


class RecurrenceFilter:
    """Which pieces of bytes have come before: what comes once in its life is not worth remembering."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def seen_before(self, piece: bytes) -> bool:
        """Whether such a piece has come before; from now on it has."""
        mark = hash(piece)
        if mark in self._seen:
            return True
        if len(self._seen) >= _MAX_HASHES:
            self._seen.clear()
        self._seen.add(mark)
        return False


_MAX_HASHES = 10_000  # of 100 bytes each


class BoundedCache(dict[bytes, _Result]):
    """What has been made of pieces of bytes: of none that is too long, and anew when they take ``most`` bytes."""

    def __init__(self, most: int = CACHE_BYTES) -> None:
        super().__init__()
        self._most, self._longest = most, most // 100
        self._left = most

    def store(self, piece: bytes, result: _Result, weight: int = 0) -> _Result:
        """The result, from now on known; ``weight``: bytes that it takes itself."""
        if len(piece) + weight <= self._longest:
            self._left -= len(piece) + weight + _ENTRY_OVERHEAD
            if self._left < 0:
                self.clear()
                self._left = self._most
            self[piece] = result
        return result
