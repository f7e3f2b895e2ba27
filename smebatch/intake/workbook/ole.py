"""Reads the streams of an OLE file (.xls, .doc, an encrypted .xlsx) by their chains of sectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_FIRST_MARK = 0xFFFF_FFFA  # numbers from here on are marks and no sectors
_END = 0xFFFF_FFFE  # the mark of a chain's end
_HEADER, _ENTRY = 512, 128
# Streams shorter than the limit are kept in the root's stream, in sectors of this size.
_MINI_STREAM_LIMIT, _MINI_SECTOR = 4096, 64
_HEADER_TABLE_SECTORS = 109  # of the allocation table, which the header lists itself
_STREAM_ENTRY, _ROOT_ENTRY = 2, 5


class _StreamLocation(NamedTuple):
    """Where a stream begins, and how many bytes it has."""

    first: int
    size: int


class OleFile:
    """An OLE file in memory. It raises ValueError where a chain of sectors loops or leaves the file."""

    def __init__(self, data: bytes) -> None:
        if data[30:32] not in (b"\x09\x00", b"\x0c\x00"):
            raise ValueError("no sector size")
        self._data = data
        self._size = 1 << data[30]
        self._tables = self._sectors_of_tables()
        directory = b"".join(map(self._sector, self._chain(self._number(48))))
        entries = [directory[i : i + _ENTRY] for i in range(0, len(directory), _ENTRY)]
        self._root = next(
            (_stream_of(entry) for entry in entries if entry[66:67] == bytes([_ROOT_ENTRY])), _StreamLocation(_END, 0)
        )
        self.streams = {
            _entry_name(entry): _stream_of(entry) for entry in entries if entry[66:67] == bytes([_STREAM_ENTRY])
        }

    def find_stream(self, *names: str) -> str:
        """The first of these names that a stream has, compared without case and returned as it is written; or ''."""
        written = {name.lower(): name for name in reversed(self.streams)}
        return next((written[name.lower()] for name in names if name.lower() in written), "")

    def read_stream(self, name: str) -> bytes:
        """The content of a stream."""
        first, size = self.streams[name]
        if size >= _MINI_STREAM_LIMIT:
            return b"".join(map(self._sector, self._chain(first)))[:size]
        within = b"".join(map(self._sector, self._chain(self._root.first)))
        table = b"".join(map(self._sector, self._chain(self._number(60))))
        content, number = [], first
        for _ in range(-(-size // _MINI_SECTOR)):
            if 4 * number >= len(table):
                raise ValueError("a small sector beyond its table")
            content.append(within[number * _MINI_SECTOR :][:_MINI_SECTOR])
            number = int.from_bytes(table[4 * number :][:4], "little")
        return b"".join(content)[:size]

    def _sectors_of_tables(self) -> list[int]:
        """The sectors of the allocation table: the header lists the first ones, a chain of sectors the rest."""
        listed = [self._number(76 + 4 * place) for place in range(_HEADER_TABLE_SECTORS)]
        sector, most = self._number(68), len(self._data) // self._size
        if (self._number(44) > _HEADER_TABLE_SECTORS) != (sector < _FIRST_MARK):
            raise ValueError("a table of another size")
        while sector < _FIRST_MARK:
            if len(listed) > most + _HEADER_TABLE_SECTORS:
                raise ValueError("a chain of sectors loops")
            start = self._start(sector)
            *more, sector = (self._number(at) for at in range(start, start + self._size, 4))
            listed += more
        return listed

    def _chain(self, sector: int) -> Iterator[int]:
        for _ in range(len(self._data) // self._size):
            if sector >= _FIRST_MARK:
                return
            yield sector
            sector = self._next(sector)
        if sector < _FIRST_MARK:
            raise ValueError("a chain of sectors loops")

    def _next(self, sector: int) -> int:
        """The sector that follows in a chain, by the allocation table."""
        table, place = divmod(sector, self._size // 4)
        if table >= len(self._tables):
            raise ValueError("a sector beyond the table")
        return self._number(self._start(self._tables[table]) + 4 * place)

    def _start(self, sector: int) -> int:
        return max(_HEADER, self._size) + sector * self._size

    def _sector(self, sector: int) -> bytes:
        content = self._data[self._start(sector) : self._start(sector) + self._size]
        if not content:
            raise ValueError("a sector beyond the file")
        return content

    def _number(self, position: int) -> int:
        if position + 4 > len(self._data):
            raise ValueError("a sector beyond the file")
        return int.from_bytes(self._data[position : position + 4], "little")


def _entry_name(entry: bytes) -> str:
    length = int.from_bytes(entry[64:66], "little")  # in bytes, with the closing zero
    return entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")


def _stream_of(entry: bytes) -> _StreamLocation:
    return _StreamLocation(int.from_bytes(entry[116:120], "little"), int.from_bytes(entry[120:124], "little"))
