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


class Known(dict[bytes, _Result]):
    """What has been made of pieces of bytes: of none that is too long, and anew when they take ``most`` bytes."""

    def __init__(self, most: int = MEMORY) -> None:
        super().__init__()
        self._most, self._longest = most, most // 100
        self._left = most

    def remember(self, piece: bytes, result: _Result) -> _Result:
        """The result, from now on known."""
        if len(piece) <= self._longest:
            self._left -= len(piece) + _WEIGHT
            if self._left < 0:
                self.clear()
                self._left = self._most
            self[piece] = result
        return result
