"""Archives of tar, packed or not, and single packed files, which begin alike."""

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

from smebatch.intake.sources.archives.container import CHUNK, ContainerError, Inside, Wanted, chunks, counted, decoded
from smebatch.intake.sources.archives.endings import ending_of
from smebatch.intake.sources.archives.kinds import BLOCK, BZ2, GZ, HEAD, XZ, ZST, is_tar, kind_of, zstandard
from smebatch.intake.sources.entry import MOST
from smebatch.intake.sources.limits import MAX_BYTES, MAX_UNPACKED

_MAX_READ = 1 << 20  # bytes that may be read at once: a member's header is smaller


def listed(path: Path) -> list[Inside]:
    """The members. Raises ContainerError, and what the libraries raise."""
    with _unpacked(path) as stream:
        if not _holds_tar(stream):
            return [_single(path, stream)]
        members = []
        for member in _members(stream):
            members.append(_inside(member))
            counted(len(members))
        while stream.read(CHUNK):  # its checksum stands at its end
            pass
        return members


def take(path: Path, wanted: Wanted) -> None:
    """Write the members that are wanted. Raises ContainerError, and what the libraries raise."""
    with _unpacked(path) as stream:
        if not _holds_tar(stream):
            if wanted.asks_for(0, _single(path, stream)):
                stream.seek(0)
                wanted.put(0, chunks(stream))
            return
        for number, member in enumerate(_members(stream)):
            if wanted.asks_for(number, _inside(member)):
                wanted.put(number, _content(stream, member))


@contextmanager
def _unpacked(path: Path) -> Iterator[_Careful]:
    """What a file holds, unpacked where it is packed."""
    with path.open("rb") as file:
        begins = file.read(6)
        file.seek(0)
        yield _Careful(_opened(file, begins), packed=begins.startswith((GZ, BZ2, XZ, ZST)))


def _opened(file: BinaryIO, begins: bytes) -> BinaryIO:
    if begins.startswith(GZ):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    if begins.startswith(BZ2):
        return cast(BinaryIO, bz2.BZ2File(file))
    if begins.startswith(XZ):
        return cast(BinaryIO, lzma.LZMAFile(file))
    return cast(BinaryIO, zstandard().ZstdFile(file)) if begins.startswith(ZST) else file


class _Careful(io.RawIOBase):
    """A stream that is read in small pieces, and not without end where it is unpacked."""

    def __init__(self, stream: BinaryIO, packed: bool) -> None:
        self._stream = stream
        self._most = MAX_UNPACKED if packed else MOST

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

    def _unless_far(self, place: int) -> None:
        if place > self._most:
            raise ContainerError("file.expands")


# --- tar --------------------------------------------------------------------------------------------------------------


def _holds_tar(stream: _Careful) -> bool:
    head = stream.read(BLOCK)
    stream.seek(0)
    return is_tar(head)


class _Header(tarfile.TarInfo):
    """A member's header. tarfile takes what is no header for the end, wherever it stands."""

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


def _members(stream: _Careful) -> Iterator[tarfile.TarInfo]:
    """The members but folders, one by one."""
    with tarfile.open(fileobj=stream, mode="r:", tarinfo=_Header, encoding="utf-8") as archive:
        while member := _next(archive):
            if not member.isdir():
                yield member


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except tarfile.ReadError:
        raise ContainerError("file.truncated") from None


def _inside(member: tarfile.TarInfo) -> Inside:
    name = decoded(member.name.encode("utf-8", "surrogateescape"))
    return Inside(name, member.size, int(member.mtime) * 10**9 or None, _refusal(member))


def _refusal(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "file.link"
    return "" if member.isreg() and not member.issparse() else "file.special"


def _content(stream: _Careful, member: tarfile.TarInfo) -> Iterator[bytes]:
    place = stream.tell()
    stream.seek(member.offset_data)
    left = member.size
    for data in chunks(stream, left):
        left -= len(data)
        yield data
    if left:
        raise ContainerError("file.truncated")
    stream.seek(place)


# --- one packed file --------------------------------------------------------------------------------------------------


def _single(path: Path, stream: _Careful) -> Inside:
    """The one member of what is no tar. Its size shows as it is unpacked: beyond MAX_BYTES of a container alone."""
    content = bytearray()
    while len(content) <= MAX_BYTES and (data := stream.read(CHUNK)):
        content += data
    name, time = _header_of(path)
    name, size = name or f"内容{ending_of(bytes(content))}", len(content)
    if size > MAX_BYTES and kind_of(name, bytes(content[:HEAD])):
        size += sum(len(data) for data in chunks(stream))
    return Inside(name, size, time)


_HAS_EXTRA, _HAS_NAME = 4, 8  # flags of gzip


def _header_of(path: Path) -> tuple[str, int | None]:
    """The name and the time that gzip put down; '' and None where there is none."""
    with path.open("rb") as file:
        head = file.read(2 * BLOCK)
    if not head.startswith(GZ):
        return "", None
    flags, time, place = head[3], int.from_bytes(head[4:8], "little"), 10
    if flags & _HAS_EXTRA:
        place += 2 + int.from_bytes(head[10:12], "little")
    name = head[place:].split(b"\0")[0] if flags & _HAS_NAME else b""
    return decoded(name), time * 10**9 or None
