"""Splits a text by script as LibreOffice does: into Asian and other portions.

Its break iterator goes by blocks of Unicode. A character of no script belongs to the portion before it, or at the
beginning to the one that follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

_WEAK = "\n\x01\x02 \xa0\u02c7\u02ca\u02cb\u02d9"  # a line end begins a paragraph of its own
_LATIN = ((0x0, 0x2FF), (0x370, 0x58F), (0x10A0, 0x10FF), (0x1E00, 0x1FFF))
_ASIAN = (
    *((0x1100, 0x11FF), (0x2E80, 0xD7A3), (0xF900, 0xFAFF)),
    *((0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF)),
)


def portions(text: str) -> list[tuple[bool, str]]:
    """The pieces of a text, and whether each is in an Asian script.

    >>> portions("共 10 项")
    [(True, '共 '), (False, '10 '), (True, '项')]
    """
    return [
        (asian, "".join(character for _, character in group))
        for asian, group in groupby(zip(_resolved(text), text, strict=True), key=lambda pair: pair[0])
    ]


def _resolved(text: str) -> Iterator[bool]:
    kinds = [_kind(character) for character in text]
    last = next((kind for kind in kinds if kind is not None), False)
    for kind in kinds:
        last = last if kind is None else kind
        yield last


@lru_cache(maxsize=8192)
def _kind(character: str) -> bool | None:
    """Whether a character is Asian; None for what belongs to no script."""
    code = ord(character)
    if character in _WEAK:
        return None
    if any(begin <= code <= end for begin, end in _LATIN):
        return False
    return True if any(begin <= code <= end for begin, end in _ASIAN) else None
