"""Cuts texts into runs, as programs store a text of which a part is formatted differently."""

from __future__ import annotations

import re
from itertools import pairwise
from random import Random

_TEXT = re.compile(rb"<t(?: xml:space=\"preserve\")?>(.*)</t>", re.DOTALL)
# What must not be cut: an entity, an escape (_x000D_), a line end of two characters, a character.
_WHOLE = re.compile(r"&[^;]+;|_x[0-9A-Fa-f]{4}_|\r\n|.", re.DOTALL)


def pieces(item: bytes, rng: Random) -> list[bytes]:
    """A shared text, given as its <t>, cut into two or three pieces of XML; a short one stays in one piece."""
    match = _TEXT.fullmatch(item)
    wholes = _WHOLE.findall(match[1].decode()) if match else []
    if len(wholes) < 6:
        return [match[1] if match else b""]
    cuts = sorted({0, rng.randrange(1, len(wholes)), rng.randrange(1, len(wholes)), len(wholes)})
    return ["".join(wholes[begin:end]).encode() for begin, end in pairwise(cuts)]


def preserved(piece: bytes) -> bytes:
    """A piece of text as <t>, with xml:space where it begins or ends with a blank."""
    mark = b' xml:space="preserve"' if piece != piece.strip() else b""
    return b"<t%s>%s</t>" % (mark, piece)
