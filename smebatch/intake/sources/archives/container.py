"""What all kinds of archives share: the members, and how they are written out and checked."""

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


class ArchiveMember(NamedTuple):
    """A member: its name as the archive has it, with ``/`` between folders; its size in bytes; its time in ns.

    The name may hold anything, and must not be used as a path. The size is what the archive declares, or the true one
    where that costs little. ``reason``: a code of issues.REASONS where the member cannot be had.
    """

    name: str
    bytes: int
    mtime_ns: int | None  # None where the archive states none
    reason: str = ""


class ContainerError(Exception):
    """The whole archive cannot be read; its text is a code of issues.REASONS."""


def is_own_error(error: Exception) -> bool:
    """Whether an error is ours or the system's, and no library's about broken bytes.

    Libraries raise OSError without a number, or seek beyond the file.
    """
    if isinstance(error, OSError):
        return error.errno not in (None, errno.EINVAL)
    return isinstance(error, (ContainerError, MemoryError, ImportError))


class Checksum(Protocol):
    """Checks that a member comes out as it was packed."""

    def update(self, data: bytes, /) -> None:
        """Add the next bytes of the member."""

    def matches(self) -> bool:
        """Whether all bytes added are what was packed."""


class Crc32:
    """The checksum of nearly all archives."""

    def __init__(self, expected: int) -> None:
        self._expected, self._crc = expected, 0

    def update(self, data: bytes, /) -> None:
        """Add the next bytes of the member."""
        self._crc = zlib.crc32(data, self._crc)

    def matches(self) -> bool:
        """Whether all bytes added are what was packed."""
        return self._crc == self._expected


class Extraction:
    """The members to extract by number, with their paths; counts what is written, and keeps the reasons of failures."""

    def __init__(self, paths: Mapping[int, Path], most: int, limits: Mapping[int, int]) -> None:
        self._paths, self._left, self._limits = paths, most, limits
        self.reasons = dict.fromkeys(paths, "archive.broken")  # each has a reason until it is written

    @property
    def folder(self) -> Path:
        """The folder for a working copy: beside the members."""
        return next(iter(self._paths.values())).parent

    def limit(self, number: int) -> int:
        """The number of bytes that this member may have."""
        return self._limits.get(number, MAX_BYTES)

    def includes(self, number: int, member: ArchiveMember) -> bool:
        """Whether this member is to be extracted; where it is wanted but cannot be had, its reason is noted."""
        if number not in self._paths:
            return False
        reason = member.reason or ("file.large" if member.bytes > self.limit(number) else "")
        self.reasons[number] = reason or "archive.broken"
        return not reason

    def open_writer(self, number: int, checksum: Checksum | None = None) -> MemberWriter:
        """Open the writer of this member. Raises OSError where its path cannot be written."""
        return MemberWriter(self, number, self._paths[number], checksum)

    def write_member(self, number: int, pieces: Iterable[bytes], checksum: Checksum | None = None) -> None:
        """Write a member. Raises ContainerError where all members together grow too large, OSError."""
        with self.open_writer(number, checksum) as writer:
            for piece in pieces:
                if not writer.write(piece):
                    break

    def count_bytes(self, size: int) -> None:
        """Count bytes that are about to be written. Raises ContainerError where they are too many."""
        self._left -= size
        if self._left < 0:
            raise ContainerError("file.expands")


class MemberWriter:
    """Writes one member, and removes it where its size or checksum is wrong, or it is not written to its end."""

    def __init__(self, wanted: Extraction, number: int, path: Path, checksum: Checksum | None) -> None:
        self._wanted, self._number, self._path, self._checksum = wanted, number, path, checksum
        self._size, self._limit = 0, wanted.limit(number)
        self._file = path.open("wb")

    def write(self, data: bytes) -> bool:
        """Write the next bytes. Return False where the member has grown too large."""
        self._size += len(data)
        if self._size > self._limit:
            return False
        self._wanted.count_bytes(len(data))
        if self._checksum:
            self._checksum.update(data)
        self._file.write(data)
        return True

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._file.closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close(complete=error is None)

    def close(self, complete: bool = True) -> None:
        """Close the file; keep it where the member is whole and its checksum matches."""
        if self._file.closed:
            return
        self._file.close()
        if self._size > self._limit:
            self._wanted.reasons[self._number] = "file.large"
        elif self._checksum and not self._checksum.matches():
            self._wanted.reasons[self._number] = "file.checksum"
        elif complete:
            self._wanted.reasons.pop(self._number, None)
            return
        self._path.unlink()


def check_member_count(number: int) -> None:
    """Raise ContainerError where an archive holds too many members."""
    if number > MAX_MEMBERS:
        raise ContainerError("file.archive_large")


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Read at most ``size`` bytes; b'' at the end."""


def read_chunks(stream: Readable, size: int = sys.maxsize) -> Iterator[bytes]:
    """Yield the next ``size`` bytes of a stream in pieces, or fewer where it ends."""
    while size and (data := stream.read(min(size, CHUNK))):
        size -= len(data)
        yield data


def decode_name(name: bytes) -> str:
    """Decode a name of unknown encoding: UTF-8, or GBK, which Chinese Windows writes."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode("utf-8", "surrogateescape")


def timestamp_ns(when: dt.datetime) -> int | None:
    """A moment in ns since 1970, None where it is out of range. One without a time zone is taken as local time."""
    try:
        return (when.astimezone(dt.UTC) - _EPOCH) // dt.timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError, OSError):
        return None


def windows_timestamp_ns(ticks: int) -> int:
    """A moment as Windows counts it, in ticks since 1601, in ns since 1970."""
    return (ticks - _WINDOWS_EPOCH) * 100
