"""Tar archives, packed or not, and single packed files, which begin alike."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self, cast

from smebatch.intake.sources.archives.container import (
    CHUNK,
    ArchiveMember,
    ContainerError,
    Extraction,
    check_member_count,
    decode_name,
    read_chunks,
)
from smebatch.intake.sources.archives.endings import guess_ending
from smebatch.intake.sources.archives.kinds import HEAD_BYTES, TAR_BLOCK, XZ_MAGIC, archive_kind, is_tar, zstd_module
from smebatch.intake.sources.entry import MAX_STORED_INTEGER
from smebatch.intake.sources.limits import MAX_BYTES, MAX_UNPACKED
from smebatch.intake.workbook.signatures import BZIP2_MAGIC, GZIP_MAGIC, ZSTD_MAGIC

_MAX_READ = 1 << 20  # bytes that may be read at once: a member's header is smaller


def list_members(path: Path) -> list[ArchiveMember]:
    """The members. Raises ContainerError, and what the libraries raise."""
    with _open_unpacked(path) as stream:
        if not _holds_tar(stream):
            return [_single_member(path, stream)]
        members = []
        for member in _members(stream):
            members.append(_member_of(member))
            check_member_count(len(members))
        while stream.read(CHUNK):  # the decoder compares the checksum at the end
            pass
        return members


def extract_members(path: Path, wanted: Extraction) -> None:
    """Write the members that are wanted. Raises ContainerError, and what the libraries raise."""
    with _open_unpacked(path) as stream:
        if not _holds_tar(stream):
            if wanted.includes(0, _single_member(path, stream)):
                stream.seek(0)
                wanted.write_member(0, read_chunks(stream))
            return
        for number, member in enumerate(_members(stream)):
            if wanted.includes(number, _member_of(member)):
                wanted.write_member(number, _content(stream, member))


@contextmanager
def _open_unpacked(path: Path) -> Iterator[_LimitedStream]:
    """Open a file, unpacking it where it is packed."""
    with path.open("rb") as file:
        begins = file.read(6)
        file.seek(0)
        packed = begins.startswith((GZIP_MAGIC, BZIP2_MAGIC, XZ_MAGIC, ZSTD_MAGIC))
        yield _LimitedStream(_open_decoder(file, begins), packed=packed)


def _open_decoder(file: BinaryIO, begins: bytes) -> BinaryIO:
    if begins.startswith(GZIP_MAGIC):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    if begins.startswith(BZIP2_MAGIC):
        return cast(BinaryIO, bz2.BZ2File(file))
    if begins.startswith(XZ_MAGIC):
        return cast(BinaryIO, lzma.LZMAFile(file))
    return cast(BinaryIO, zstd_module().ZstdFile(file)) if begins.startswith(ZSTD_MAGIC) else file


class _LimitedStream(io.RawIOBase):
    """A stream that refuses large reads, and, where it is unpacked, to go on beyond MAX_UNPACKED bytes."""

    def __init__(self, stream: BinaryIO, packed: bool) -> None:
        self._stream = stream
        self._most = MAX_UNPACKED if packed else MAX_STORED_INTEGER

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_READ:
            raise ContainerError("archive.broken")
        data = self._stream.read(size)
        self._unless_far(self._stream.tell())
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._unless_far(offset)
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def _unless_far(self, offset: int) -> None:
        if offset > self._most:
            raise ContainerError("file.expands")


# --- tar --------------------------------------------------------------------------------------------------------------


def _holds_tar(stream: _LimitedStream) -> bool:
    head = stream.read(TAR_BLOCK)
    stream.seek(0)
    return is_tar(head)


class _StrictHeader(tarfile.TarInfo):
    """A member's header that raises where it is broken; tarfile would take it for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except (tarfile.EOFHeaderError, tarfile.EmptyHeaderError):  # type: ignore[attr-defined]  # typeshed lacks them
            raise
        except (tarfile.TruncatedHeaderError, tarfile.SubsequentHeaderError):  # type: ignore[attr-defined]  # likewise
            raise ContainerError("file.truncated") from None
        except tarfile.HeaderError:
            raise ContainerError("archive.broken") from None


def _members(stream: _LimitedStream) -> Iterator[tarfile.TarInfo]:
    """Yield the members except folders."""
    with tarfile.open(fileobj=stream, mode="r:", tarinfo=_StrictHeader, encoding="utf-8") as archive:
        while member := _next(archive):
            if not member.isdir():
                yield member


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except tarfile.ReadError:
        raise ContainerError("file.truncated") from None


def _member_of(member: tarfile.TarInfo) -> ArchiveMember:
    name = decode_name(member.name.encode("utf-8", "surrogateescape"))
    return ArchiveMember(name, member.size, int(member.mtime) * 10**9 or None, _refusal(member))


def _refusal(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "file.link"
    return "" if member.isreg() and not member.issparse() else "file.special"


def _content(stream: _LimitedStream, member: tarfile.TarInfo) -> Iterator[bytes]:
    place = stream.tell()
    stream.seek(member.offset_data)
    left = member.size
    for data in read_chunks(stream, left):
        left -= len(data)
        yield data
    if left:
        raise ContainerError("file.truncated")
    stream.seek(place)


# --- one packed file --------------------------------------------------------------------------------------------------


def _single_member(path: Path, stream: _LimitedStream) -> ArchiveMember:
    """The member of a packed file that is no tar. It is unpacked for its size, beyond MAX_BYTES only if a container."""
    content = bytearray()
    while len(content) <= MAX_BYTES and (data := stream.read(CHUNK)):
        content += data
    name, time = _gzip_header(path)
    name, size = name or f"内容{guess_ending(bytes(content))}", len(content)
    if size > MAX_BYTES and archive_kind(name, bytes(content[:HEAD_BYTES])):
        size += sum(len(data) for data in read_chunks(stream))
    return ArchiveMember(name, size, time)


_HAS_EXTRA, _HAS_NAME = 4, 8  # flags of gzip


def _gzip_header(path: Path) -> tuple[str, int | None]:
    """The name and the time in ns that gzip states; '' and None where it states none."""
    with path.open("rb") as file:
        head = file.read(2 * TAR_BLOCK)
    if not head.startswith(GZIP_MAGIC):
        return "", None
    flags, time, place = head[3], int.from_bytes(head[4:8], "little"), 10
    if flags & _HAS_EXTRA:
        place += 2 + int.from_bytes(head[10:12], "little")
    name = head[place:].split(b"\0")[0] if flags & _HAS_NAME else b""
    return decode_name(name), time * 10**9 or None
