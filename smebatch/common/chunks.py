"""Takes items some at a time, so that no more of them than that are held at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_Item = TypeVar("_Item")


def in_chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """The items in lists of ``size``; the last may be shorter.

    >>> list(in_chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
