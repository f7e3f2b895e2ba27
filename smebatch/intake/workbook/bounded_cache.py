"""Caches of what is parsed from bytes that most files of a batch share. One hostile file cannot fill the memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_MAX_ARGUMENT_BYTES = 100_000  # of a call that is cached; those of an honest form have 10,000
_MAX_CALLS = 64

_Result = TypeVar("_Result")


def cached_by_content(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Cache the last results of a function of bytes; calls with very long arguments are not cached."""
    cached = lru_cache(_MAX_CALLS)(function)

    @wraps(function)
    def call(*parts: bytes) -> _Result:
        return cached(*parts) if sum(map(len, parts)) <= _MAX_ARGUMENT_BYTES else function(*parts)

    return call


CACHE_BYTES = 8_000_000  # of one cache
_ENTRY_OVERHEAD = 400  # bytes of an entry beside its key and its weight


class RecurrenceFilter:
    """Tells bytes that have come before: what comes only once is not worth caching."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def seen_before(self, key: bytes) -> bool:
        """Whether these bytes have come before. From now on they have."""
        digest = hash(key)
        if digest in self._hashes:
            return True
        if len(self._hashes) >= _MAX_HASHES:
            self._hashes.clear()
        self._hashes.add(digest)
        return False


_MAX_HASHES = 10_000  # of 100 bytes each


class BoundedCache(dict[bytes, _Result]):
    """A cache of parsed bytes. It is cleared when it holds ``max_bytes``; an entry may take a hundredth of them."""

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        super().__init__()
        self._max_bytes, self._max_entry = max_bytes, max_bytes // 100
        self._left = max_bytes

    def store(self, key: bytes, result: _Result, weight: int = 0) -> _Result:
        """Cache a result that takes ``weight`` bytes itself, and return it."""
        if len(key) + weight <= self._max_entry:
            self._left -= len(key) + weight + _ENTRY_OVERHEAD
            if self._left < 0:
                self.clear()
                self._left = self._max_bytes
            self[key] = result
        return result
