"""What all kinds of archives have in common: what a member is, and how it gets out."""

from __future__ import annotations

import datetime as dt
import errno
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from smebatch.intake.sources.limits import MAX_BYTES, MAX_MEMBERS

CHUNK = 1 << 16  # bytes that are copied at once
_WINDOWS_EPOCH = 116_444_736_000_000_000  # 1970 in tenths of a microsecond since 1601
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Inside(NamedTuple):
    """A member: its name as the archive has it, with ``/`` between folders; size in bytes, time in ns.

    The name may hold anything, and is never a path. The size is what the archive declares, or what it really is where
    that is known cheaply. ``reason``, a code of issues.REASONS, is set where the member cannot be had.
    """

    name: str
    bytes: int
    mtime_ns: int | None  # None where nothing says a time
    reason: str = ""


class ContainerError(Exception):
    """The whole archive cannot be read; its text is a code of issues.REASONS."""


def is_ours(error: Exception) -> bool:
    """Whether an error is ours or the system's, and not what a library says of broken bytes.

    Libraries raise OSError without a number, or seek to where nothing is.
    """
    if isinstance(error, OSError):
        return error.errno not in (None, errno.EINVAL)
    return isinstance(error, (ContainerError, MemoryError, ImportError))


class Checksum(Protocol):
    """What tells whether a member is what it was."""

    def update(self, data: bytes, /) -> None:
        """Take in the next bytes of the member."""

    def right(self) -> bool:
        """Whether all that came is what was packed."""


class Crc32:
    """The checksum that nearly all archives have."""

    def __init__(self, expected: int) -> None:
        self._expected, self._crc = expected, 0

    def update(self, data: bytes, /) -> None:
        """Take in the next bytes of the member."""
        self._crc = zlib.crc32(data, self._crc)

    def right(self) -> bool:
        """Whether all that came is what was packed."""
        return self._crc == self._expected


class Wanted:
    """The members that somebody wants, by number, and where each goes. What is written is counted while it is."""

    def __init__(self, paths: Mapping[int, Path], most: int, limits: Mapping[int, int]) -> None:
        self._paths, self._left, self._limits = paths, most, limits
        self.reasons = dict.fromkeys(paths, "archive.broken")  # of each, until it is there

    @property
    def folder(self) -> Path:
        """Where a working copy may stand: beside what is written."""
        return next(iter(self._paths.values())).parent

    def limit(self, number: int) -> int:
        """How many bytes this member may have."""
        return self._limits.get(number, MAX_BYTES)

    def asks_for(self, number: int, member: Inside) -> bool:
        """Whether this member is to be taken out, which it is not where it cannot be had."""
        if number not in self._paths:
            return False
        reason = member.reason or ("file.large" if member.bytes > self.limit(number) else "")
        self.reasons[number] = reason or "archive.broken"
        return not reason

    def writer(self, number: int, checksum: Checksum | None = None) -> Writer:
        """What writes this member. Raises OSError where its path cannot be written."""
        return Writer(self, number, self._paths[number], checksum)

    def put(self, number: int, pieces: Iterable[bytes], checksum: Checksum | None = None) -> None:
        """Write a member. Raises ContainerError where all that is written grows too large, OSError."""
        with self.writer(number, checksum) as writer:
            for piece in pieces:
                if not writer.write(piece):
                    break

    def spend(self, size: int) -> None:
        """Count bytes that are about to be written. Raises ContainerError."""
        self._left -= size
        if self._left < 0:
            raise ContainerError("file.expands")


class Writer:
    """Writes one member. What is wrong, or is not written to its end, is removed."""

    def __init__(self, wanted: Wanted, number: int, path: Path, checksum: Checksum | None) -> None:
        self._wanted, self._number, self._path, self._checksum = wanted, number, path, checksum
        self._size, self._limit = 0, wanted.limit(number)
        self._file = path.open("wb")

    def write(self, data: bytes) -> bool:
        """Write what comes next; whether more may come."""
        self._size += len(data)
        if self._size > self._limit:
            return False
        self._wanted.spend(len(data))
        if self._checksum:
            self._checksum.update(data)
        self._file.write(data)
        return True

    @property
    def closed(self) -> bool:
        """Whether nothing more is written."""
        return self._file.closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close(whole=error is None)

    def close(self, whole: bool = True) -> None:
        """Keep the member where it is whole and its checksum right."""
        if self._file.closed:
            return
        self._file.close()
        if self._size > self._limit:
            self._wanted.reasons[self._number] = "file.large"
        elif self._checksum and not self._checksum.right():
            self._wanted.reasons[self._number] = "file.checksum"
        elif whole:
            self._wanted.reasons.pop(self._number, None)
            return
        self._path.unlink()


def counted(number: int) -> None:
    """Raise ContainerError where an archive holds more members than may be."""
    if number > MAX_MEMBERS:
        raise ContainerError("file.archive_large")


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, so many at most; b'' at the end."""


def chunks(stream: Readable, size: int = sys.maxsize) -> Iterator[bytes]:
    """What comes next of a stream: so many bytes, or fewer where it ends."""
    while size and (data := stream.read(min(size, CHUNK))):
        size -= len(data)
        yield data


def decoded(name: bytes) -> str:
    """A name of which nothing says how it is encoded: in UTF-8, or as Chinese Windows writes it, in GBK."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode("utf-8", "surrogateescape")


def ns_of(when: dt.datetime) -> int | None:
    """A moment in ns since 1970, None where no system could say it; of no zone: as the clock on the wall here."""
    try:
        return (when.astimezone(dt.UTC) - _EPOCH) // dt.timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError, OSError):
        return None


def ns_of_ticks(ticks: int) -> int:
    """A moment as Windows counts it, in ns since 1970."""
    return (ticks - _WINDOWS_EPOCH) * 100
