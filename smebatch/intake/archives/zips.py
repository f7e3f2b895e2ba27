"""Archives of zip."""

from __future__ import annotations

import bz2
import datetime as dt
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from smebatch.intake.archives.container import ContainerError, Inside, Wanted, counted, decoded, ns_of
from smebatch.intake.entry import Member
from smebatch.intake.limits import MAX_BYTES
from smebatch.intake.recognise import ZIP_MAGIC, is_document
from smebatch.intake.safety import UnsafeError, inflate

_MAX_DIRECTORY = 64_000_000  # bytes of a list of members
_HEADER = 30  # bytes before a member's name, of which the lengths of the name and of what is extra stand at 26 and 28
_MAX_HEADER = _HEADER + 2 * 0xFFFF
_ENCRYPTED, _UTF_8 = 0x1, 0x800  # flags


def listed(path: Path) -> list[Inside]:
    """The members. Raises ContainerError, and what zipfile raises."""
    with path.open("rb") as stream:
        return [_inside(member) for member in _members(stream)]


def take(path: Path, wanted: Wanted) -> None:
    """Write the members that are wanted. Raises ContainerError, and what zipfile raises."""
    with path.open("rb") as stream:
        for number, member in enumerate(_members(stream)):
            if not wanted.asks_for(number, _inside(member)):
                continue
            stream.seek(member.header_offset)
            raw = stream.read(_MAX_HEADER + member.compress_size)
            where = Member(member.header_offset, member.compress_size, member.compress_type, member.CRC)
            try:
                wanted.put(number, [unpacked(where, raw)])
            except UnsafeError as unsafe:
                reason = str(unsafe)
                wanted.reasons[number] = "file.large" if reason == "file.expands" else reason


def _members(stream: BinaryIO) -> list[zipfile.ZipInfo]:
    if not _has_an_end(stream):
        return []
    members = files_in(stream)
    counted(len(members))
    return members


_END, _MAX_END = b"PK\x05\x06", 22 + 0xFFFF  # the record of the end, and how far from the end of the file it may begin


def _has_an_end(stream: BinaryIO) -> bool:
    """Whether this is a zip, and whole. Raises ContainerError where it is a part of one."""
    begins = stream.read(4)
    stream.seek(max(0, stream.seek(0, 2) - _MAX_END))
    tail = stream.read()
    end = tail.rfind(_END)
    disk = int.from_bytes(tail[end + 4 : end + 6], "little") if end >= 0 else 0
    if disk not in (0, 0xFFFF) or (end < 0 and begins == b"PK\x07\x08"):
        raise ContainerError("archive.part")
    if end < 0 and begins == ZIP_MAGIC:
        raise ContainerError("file.truncated")
    return end >= 0


def files_in(stream: BinaryIO) -> list[zipfile.ZipInfo]:
    """The members of a zip that are files; none of a document. Raises what zipfile raises."""
    with zipfile.ZipFile(cast(BinaryIO, _Careful(stream))) as archive:
        files = [member for member in archive.infolist() if not _is_folder(member)]
    return [] if is_document({member.filename.lower() for member in files}) else files


def _is_folder(member: zipfile.ZipInfo) -> bool:
    return member.is_dir() or (member.orig_filename.endswith("\\") and not member.file_size)


class _Careful:
    """A stream that reads no more at once than the list of an honest archive takes."""

    def __init__(self, stream: BinaryIO) -> None:
        self.seek, self.tell, self.seekable, self._read = stream.seek, stream.tell, stream.seekable, stream.read

    def read(self, size: int = -1) -> bytes:
        data = self._read(min(size, _MAX_DIRECTORY + 1) if size >= 0 else _MAX_DIRECTORY + 1)
        if len(data) > _MAX_DIRECTORY:
            raise zipfile.BadZipFile("a list of members as large as that")
        return data


def _inside(member: zipfile.ZipInfo) -> Inside:
    reason = refusal(member) or ("file.large" if member.compress_size > MAX_BYTES else "")
    return Inside(name_of(member), member.file_size, time_of(member), reason)


def refusal(member: zipfile.ZipInfo) -> str:
    """Why a member cannot be had, whatever it holds; '' where it can."""
    if member.flag_bits & _ENCRYPTED:
        return "archive.password"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "file.link"
    return "" if member.compress_type in _METHODS else "archive.method"


_UNIX_TIME, _WINDOWS_TIME, _UNICODE_PATH = 0x5455, 0x000A, 0x7075  # further fields of a member
_WINDOWS_EPOCH = 116_444_736_000_000_000  # 1970 in tenths of a microsecond since 1601
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # what stands where a program puts down none


def time_of(member: zipfile.ZipInfo) -> int | None:
    """When a member was last changed, in ns, None where nothing says so.

    The time every zip has is that of the clock on the wall, in steps of two seconds; many programs add a better one.
    """
    for kind, field in _fields(member.extra):
        if kind == _UNIX_TIME and len(field) >= 5 and field[0] & 1:
            return int.from_bytes(field[1:5], "little", signed=True) * 10**9
        if kind == _WINDOWS_TIME and field[4:8] == b"\1\0\x18\0" and len(field) >= 16:
            return (int.from_bytes(field[8:16], "little") - _WINDOWS_EPOCH) * 100
    try:
        when = dt.datetime(*member.date_time)  # noqa: DTZ001  (of no zone: that of this machine is as likely as any)
    except ValueError:
        return None
    return None if member.date_time == _NO_TIME else ns_of(when)


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The further fields of a member, by their kinds."""
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]


def name_of(member: zipfile.ZipInfo) -> str:
    """A member's name; Chinese Windows writes names in GBK and does not say so.

    The second byte of a character in GBK may be a backslash: only in the name as it is decoded is it one, and then it
    stands between folders.
    """
    name = member.orig_filename
    if not member.flag_bits & _UTF_8:
        raw = name.encode("cp437")
        name = _unicode_path(member.extra, raw) or decoded(raw)
    return name.replace("\\", "/")


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in UTF-8 that some programs put beside the other, which it tells by its checksum."""
    for kind, field in _fields(extra):
        if kind == _UNICODE_PATH and field[:1] == b"\1" and field[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
            return field[5:].decode("utf-8", "surrogateescape")
    return ""


_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def unpacked(member: Member, raw: bytes) -> bytes:
    """A member from its header and what follows. Raises UnsafeError."""
    start = _HEADER + sum(int.from_bytes(raw[i : i + 2], "little") for i in (26, 28))
    if not raw.startswith(ZIP_MAGIC) or start + member.packed > len(raw):
        raise UnsafeError("file.unreadable")
    packed = memoryview(raw)[start : start + member.packed]
    if member.method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        content = _bounded(packed, member.method, MAX_BYTES)
        return inflate(memoryview(content), zipfile.ZIP_STORED, member.crc, MAX_BYTES)
    return inflate(packed, member.method, member.crc, MAX_BYTES)


def _bounded(packed: memoryview, method: int, most: int) -> bytes:
    """What bzip2 or LZMA packed, one byte more than ``most`` of it at most. Raises UnsafeError."""
    try:
        if method == zipfile.ZIP_BZIP2:
            return bz2.BZ2Decompressor().decompress(packed, most + 1)
        return _lzma(packed, most).decompress(packed[4 + int.from_bytes(packed[2:4], "little") :], most + 1)
    except (OSError, EOFError, ValueError, lzma.LZMAError):
        raise UnsafeError("file.checksum") from None


def _lzma(packed: memoryview, most: int) -> lzma.LZMADecompressor:
    """LZMA as it stands in a zip: a version, the size of its properties (5), these, and the packed bytes."""
    size, lclppb, window = int.from_bytes(packed[2:4], "little"), *struct.unpack_from("<BI", packed, 4)
    if size != 5 or lclppb >= 9 * 5 * 5:
        raise ValueError("no properties of LZMA")
    rest, lc = divmod(lclppb, 9)
    pb, lp = divmod(rest, 5)
    window = min(max(window, 1 << 12), most + 1)  # which is allotted, and no more of it is ever needed
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": lc, "lp": lp, "pb": pb}]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
