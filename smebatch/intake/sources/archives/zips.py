"""Zip archives."""

from __future__ import annotations

import bz2
import datetime as dt
import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from smebatch.intake.sources.archives.container import (
    CHUNK,
    ArchiveMember,
    ContainerError,
    Crc32,
    Extraction,
    check_member_count,
    decode_name,
    timestamp_ns,
    windows_timestamp_ns,
)
from smebatch.intake.sources.entry import MemberLocation
from smebatch.intake.sources.limits import MAX_BYTES
from smebatch.intake.workbook.file_type import is_document_zip
from smebatch.intake.workbook.signatures import ZIP_END_MAGIC, ZIP_MAGIC, ZIP_PART_MAGIC
from smebatch.intake.workbook.zip_safety import UnsafeError, inflate

_MAX_DIRECTORY = 64_000_000  # bytes of a list of members
_HEADER = 30  # bytes before a member's name; the lengths of the name and of the extra fields stand at 26 and 28
_MAX_WINDOW = 1 << 28  # bytes that LZMA may look back, allocated at once: 7-Zip's largest preset
_ENCRYPTED, _UTF_8 = 0x1, 0x800  # flags


def list_members(path: Path) -> list[ArchiveMember]:
    """The members. Raises ContainerError, and what zipfile raises."""
    with path.open("rb") as stream:
        return [_member_of(member) for member in _members(stream)]


def extract_members(path: Path, wanted: Extraction) -> None:
    """Write the members that are wanted. Raises ContainerError, and what zipfile raises."""
    with path.open("rb") as stream:
        for number, member in enumerate(_members(stream)):
            if not wanted.includes(number, _member_of(member)):
                continue
            where = MemberLocation(member.header_offset, member.compress_size, member.compress_type, member.CRC)
            try:
                wanted.write_member(number, _unpack_pieces(stream, where, wanted.limit(number)), Crc32(member.CRC))
            except UnsafeError as unsafe:
                wanted.reasons[number] = str(unsafe)


def _members(stream: BinaryIO) -> list[zipfile.ZipInfo]:
    if not _is_whole_zip(stream):
        return []
    members = list_files(stream)
    check_member_count(len(members))
    return members


_MAX_END = 22 + 0xFFFF  # bytes before the end of the file within which the end record begins


def _is_whole_zip(stream: BinaryIO) -> bool:
    """Whether the file is a zip with its end record. Raises ContainerError for a part of a zip, or a truncated one."""
    begins = stream.read(4)
    stream.seek(max(0, stream.seek(0, 2) - _MAX_END))
    tail = stream.read()
    end = tail.rfind(ZIP_END_MAGIC)
    disk = int.from_bytes(tail[end + 4 : end + 6], "little") if end >= 0 else 0
    if disk not in (0, 0xFFFF) or (end < 0 and begins == ZIP_PART_MAGIC):
        raise ContainerError("archive.part")
    if end < 0 and begins == ZIP_MAGIC:
        raise ContainerError("file.truncated")
    return end >= 0


def list_files(stream: BinaryIO) -> list[zipfile.ZipInfo]:
    """The members of a zip that are files; none where the zip is a document. Raises what zipfile raises."""
    with zipfile.ZipFile(cast(BinaryIO, _LimitedReads(stream))) as archive:
        files = [member for member in archive.infolist() if not _is_folder(member)]
    return [] if is_document_zip({member.filename.lower() for member in files}) else files


def _is_folder(member: zipfile.ZipInfo) -> bool:
    return member.is_dir() or (member.orig_filename.endswith("\\") and not member.file_size)


class _LimitedReads:
    """A stream that refuses to read more at once than the directory of an honest archive takes."""

    def __init__(self, stream: BinaryIO) -> None:
        self.seek, self.tell, self.seekable, self._read = stream.seek, stream.tell, stream.seekable, stream.read

    def read(self, size: int = -1) -> bytes:
        data = self._read(min(size, _MAX_DIRECTORY + 1) if size >= 0 else _MAX_DIRECTORY + 1)
        if len(data) > _MAX_DIRECTORY:
            raise zipfile.BadZipFile("a list of members as large as that")
        return data


def _member_of(member: zipfile.ZipInfo) -> ArchiveMember:
    # No method doubles its input, so a member that has grown so is not worth unpacking.
    large = member.compress_size > max(MAX_BYTES, 2 * member.file_size)
    reason = member_refusal(member) or ("file.large" if large else "")
    return ArchiveMember(member_name(member), member.file_size, member_time(member), reason)


def member_refusal(member: zipfile.ZipInfo) -> str:
    """Why a member cannot be unpacked, whatever it holds; '' where it can."""
    if member.flag_bits & _ENCRYPTED:
        return "archive.password"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "file.link"
    return "" if member.compress_type in _METHODS else "archive.method"


_UNIX_TIME, _WINDOWS_TIME, _UNICODE_PATH = 0x5455, 0x000A, 0x7075  # extra fields of a member
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # what programs write that know no time


def member_time(member: zipfile.ZipInfo) -> int | None:
    """When a member was last changed, in ns since 1970; None where the zip does not say.

    Every zip states local time in steps of two seconds; many programs add an exact time in an extra field.
    """
    for kind, field in _extra_fields(member.extra):
        if kind == _UNIX_TIME and len(field) >= 5 and field[0] & 1:
            return int.from_bytes(field[1:5], "little", signed=True) * 10**9
        if kind == _WINDOWS_TIME and field[4:8] == b"\1\0\x18\0" and len(field) >= 16:
            return windows_timestamp_ns(int.from_bytes(field[8:16], "little"))
    try:
        when = dt.datetime(*member.date_time)  # noqa: DTZ001  (local time: this machine's zone is as likely as any)
    except ValueError:
        return None
    return None if member.date_time == _NO_TIME else timestamp_ns(when)


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the content of each extra field of a member."""
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]


def member_name(member: zipfile.ZipInfo) -> str:
    """A member's name with / between folders. Chinese Windows writes names in GBK and does not say so.

    Backslashes are replaced after decoding, for the second byte of a GBK character may look like one.
    """
    name = member.orig_filename
    if not member.flag_bits & _UTF_8:
        raw = name.encode("cp437")
        name = _unicode_path(member.extra, raw) or decode_name(raw)
    return name.replace("\\", "/")


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in UTF-8 that some programs add in an extra field with the checksum of the other name; or ''."""
    for kind, field in _extra_fields(extra):
        if kind == _UNICODE_PATH and field[:1] == b"\1" and field[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
            return field[5:].decode("utf-8", "surrogateescape")
    return ""


_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def unpack_member(member: MemberLocation, raw: bytes) -> bytes:
    """Unpack a member from the bytes that begin with its header. Raises UnsafeError."""
    start = _data_offset(raw[:_HEADER])
    if start + member.packed > len(raw):
        raise UnsafeError("file.unreadable")
    if member.method not in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        return inflate(memoryview(raw)[start : start + member.packed], member.method, member.crc, MAX_BYTES)
    content = bytearray()
    for piece in _unpack_pieces(io.BytesIO(raw), member._replace(offset=0), MAX_BYTES):
        content += piece
        if len(content) > MAX_BYTES:
            break
    return inflate(memoryview(content), zipfile.ZIP_STORED, member.crc, MAX_BYTES)


def _data_offset(header: bytes) -> int:
    """The offset of a member's packed bytes from its header. Raises UnsafeError."""
    if not header.startswith(ZIP_MAGIC) or len(header) < _HEADER:
        raise UnsafeError("file.unreadable")
    return _HEADER + sum(int.from_bytes(header[i : i + 2], "little") for i in (26, 28))


def _unpack_pieces(stream: BinaryIO, member: MemberLocation, most: int) -> Iterator[bytes]:
    """Yield the bytes of a member, of which ``most`` are wanted. Does not check the checksum. Raises UnsafeError."""
    stream.seek(member.offset)
    stream.seek(member.offset + _data_offset(stream.read(_HEADER)))
    decoder = _decoder(stream, member.method, most)
    left = member.packed - (_LZMA_HEAD if member.method == zipfile.ZIP_LZMA else 0)
    while left > 0:
        data = stream.read(min(left, CHUNK))
        if not data:
            raise UnsafeError("file.unreadable")
        left -= len(data)
        if decoder is None:
            yield data
            continue
        yield from _decode_pieces(decoder, data)
        if decoder.eof:
            return


def _decode_pieces(decoder: Any, data: bytes) -> Iterator[bytes]:
    """Yield what the next packed bytes decode to, in small pieces. Raises UnsafeError."""
    more = True
    while more and not decoder.eof:
        try:
            piece = decoder.decompress(data, CHUNK)
        except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError):
            raise UnsafeError("file.checksum") from None
        yield piece
        data = getattr(decoder, "unconsumed_tail", b"")  # of zlib; the other decoders keep their input themselves
        more = len(data) > 0 or len(piece) == CHUNK


def _decoder(stream: BinaryIO, method: int, most: int) -> Any:
    """The decoder of a method, None for stored members. Raises UnsafeError."""
    if method == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS)
    if method == zipfile.ZIP_BZIP2:
        return bz2.BZ2Decompressor()
    return _lzma_decoder(stream.read(_LZMA_HEAD), most) if method == zipfile.ZIP_LZMA else None


_LZMA_HEAD = 9  # bytes: a version, the size of the properties (5), and the properties


def _lzma_decoder(head: bytes, most: int) -> lzma.LZMADecompressor:
    if len(head) < _LZMA_HEAD or head[2:4] != b"\5\0" or head[4] >= 9 * 5 * 5:
        raise UnsafeError("file.checksum")
    rest, lc = divmod(head[4], 9)
    pb, lp = divmod(rest, 5)
    # The window is allocated at once; no more of it is needed than the member may have bytes.
    window = min(max(int.from_bytes(head[5:], "little"), 1 << 12), most + 1, _MAX_WINDOW)
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": lc, "lp": lp, "pb": pb}]
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    except (lzma.LZMAError, ValueError):
        raise UnsafeError("file.checksum") from None
