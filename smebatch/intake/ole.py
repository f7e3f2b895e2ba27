"""The directory of an OLE file (.xls, .doc, an encrypted .xlsx): its streams and where they begin."""

from __future__ import annotations

from collections.abc import Iterator

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = 0xFFFF_FFFA  # numbers from here on are marks, not sectors
_END = 0xFFFF_FFFE  # the mark of a chain's end
_HEADER, _ENTRY, _SMALL = 512, 128, 4096  # streams below 4,096 bytes stand in a stream of their own


class OleFile:
    """An OLE file in memory. Its methods raise ValueError where a chain of sectors loops or leaves the file."""

    def __init__(self, data: bytes) -> None:
        if data[30:32] not in (b"\x09\x00", b"\x0c\x00"):
            raise ValueError("no sector size")
        self._data = data
        self._size = 1 << data[30]

    def streams(self) -> dict[str, int]:
        """The first sector of every stream kept in sectors, by name; of a small one the mark of an end."""
        directory = b"".join(self._sector(sector) for sector in self._chain(self._number(48)))
        entries = (directory[i : i + _ENTRY] for i in range(0, len(directory), _ENTRY))
        return {_name(entry): _first_sector(entry) for entry in entries if entry[66:67] == b"\x02"}  # 2: a stream

    def head(self, first: int) -> bytes:
        """The first sector of a stream, whose sectors are all there; b'' of a small one."""
        for _ in self._chain(first):
            pass
        return self._sector(first) if first < _MARKS else b""

    def _chain(self, sector: int) -> Iterator[int]:
        for _ in range(len(self._data) // self._size):
            if sector >= _MARKS:
                return
            yield sector
            sector = self._next(sector)
        if sector < _MARKS:
            raise ValueError("a chain of sectors loops")

    def _next(self, sector: int) -> int:
        """What the allocation table says; the header lists its first 109 sectors, and beyond 7 MB none are followed."""
        table, place = divmod(sector, self._size // 4)
        if table >= 109:
            return _END
        return self._number(self._start(self._number(76 + 4 * table)) + 4 * place)

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


def _name(entry: bytes) -> str:
    length = int.from_bytes(entry[64:66], "little")  # in bytes, with the closing zero
    return entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")


def _first_sector(entry: bytes) -> int:
    size = int.from_bytes(entry[120:124], "little")
    return int.from_bytes(entry[116:120], "little") if size >= _SMALL else _END
