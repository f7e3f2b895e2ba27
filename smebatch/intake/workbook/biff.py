"""Reads the records of a .xls since Excel 97 (BIFF8), and the texts in them. ValueError is raised for broken ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

BOF, END, CONTINUE = 0x809, 0x0A, 0x3C
VERSION = b"\x00\x06"
BOOK = 0x05  # the kind of substream that a BOF record begins
STREAMS = ("Workbook", "Book")  # where a file has both, the second is for Excel 95
_WIDE, _PHONETIC, _RUNS = 1, 4, 8  # flags of a text

Record = tuple[int, list[bytes]]
"""The kind of a record, and its body with those of the records that continue it."""


def read_records(stream: bytes, position: int) -> Iterator[Record]:
    """Yield the records of a substream, which begins with a BOF at ``position``, up to its end.

    A chart within a sheet is a substream of its own, whose records are left out, for they hold no cells of the sheet.
    """
    depth, kind, bodies = 0, -1, list[bytes]()
    while depth or kind == -1:
        if position + 4 > len(stream):
            raise ValueError("a part without an end")
        following, size = (int.from_bytes(stream[at : at + 2], "little") for at in (position, position + 2))
        body = stream[position + 4 : position + 4 + size]
        if len(body) < size or (kind == -1 and following != BOF):
            raise ValueError("half a record")
        position += 4 + size
        if following == CONTINUE:
            bodies.append(body)
            continue
        if depth == 1 and kind != -1:
            yield kind, bodies
        kind, bodies = following, [body]
        depth += (kind == BOF) - (kind == END)


class FormattedText(NamedTuple):
    """A text with its runs: from which character on it has which font."""

    text: str
    runs: tuple[tuple[int, int], ...] = ()


class RecordReader:
    """Reads on through the body of a record and of those that continue it."""

    def __init__(self, bodies: list[bytes]) -> None:
        self._pieces, self._piece, self._at = bodies, 0, 0

    @property
    def at_end(self) -> bool:
        """Whether no byte is left."""
        return not any(map(len, self._pieces[self._piece + 1 :])) and self._at >= len(self._pieces[self._piece])

    def read(self, size: int) -> bytes:
        """Read ``size`` bytes."""
        taken = bytearray()
        while len(taken) < size:
            taken += self._read_within_piece(size - len(taken))
        return bytes(taken)

    def read_number(self, size: int) -> int:
        """Read a whole number of ``size`` bytes."""
        return int.from_bytes(self.read(size), "little")

    def read_text(self, length_bytes: int = 2) -> FormattedText:
        """Read a text, which follows its length."""
        length, flags = self.read_number(length_bytes), self.read_number(1)
        runs = self.read_number(2) if flags & _RUNS else 0
        phonetic_bytes = self.read_number(4) if flags & _PHONETIC else 0
        text = FormattedText(self._read_characters(length, wide=flags & _WIDE), self.read_runs(runs))
        self.read(phonetic_bytes)  # phonetic hints
        return text

    def read_runs(self, number: int) -> tuple[tuple[int, int], ...]:
        """Read ``number`` runs of a text."""
        return tuple(struct.iter_unpack("<HH", self.read(4 * number)))

    def _read_within_piece(self, most: int) -> bytes:
        """Read at most ``most`` bytes of the current body; of the next one, where the current one has ended."""
        while self._at >= len(self._pieces[self._piece]):
            if self._piece + 1 == len(self._pieces):
                raise ValueError("more is said than there is")
            self._piece, self._at = self._piece + 1, 0
        taken = self._pieces[self._piece][self._at : self._at + most]
        self._at += len(taken)
        return taken

    def _read_characters(self, length: int, *, wide: int) -> str:
        """Read ``length`` characters; a body in which they continue says anew how wide they are."""
        written = bytearray()
        while len(written) < 2 * length:
            if self._at >= len(self._pieces[self._piece]):
                wide = self.read_number(1) & _WIDE
            taken = self._read_within_piece((2 * length - len(written)) // (1 if wide else 2))
            written += taken if wide else taken.decode("latin-1").encode("utf-16-le")
        return written.decode("utf-16-le")


def read_shared_strings(bodies: list[bytes]) -> tuple[list[FormattedText], bool]:
    """The shared strings, at most as many as are declared; and whether more follow."""
    rest = RecordReader(bodies)
    rest.read(4)
    count, texts = rest.read_number(4), list[FormattedText]()
    while len(texts) < count and not rest.at_end:
        texts.append(rest.read_text())
    return texts, not rest.at_end


def split_at_runs(text: FormattedText) -> list[str]:
    """The text split at its runs; the first piece comes before all runs."""
    ends = [0, *(begin for begin, _ in text.runs), len(text.text)]
    return [text.text[begin:end] for begin, end in pairwise(ends)]
