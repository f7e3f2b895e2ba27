"""RAR archives, versions 4 and 5. Stored members are read here, packed ones by an external program."""

from __future__ import annotations

import datetime as dt
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import rarfile

from smebatch.intake.sources.archives.container import (
    ArchiveMember,
    Checksum,
    ContainerError,
    Crc32,
    Extraction,
    check_member_count,
    decode_name,
    read_chunks,
    timestamp_ns,
)
from smebatch.intake.sources.archives.programs import PackedMember, unpack_with_program

rarfile.RAR_MAX_COMMENT = -1  # otherwise rarfile starts a program to unpack a comment

_RAR_4, _RAR_5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"


class _RarListing(NamedTuple):
    """The members of an archive except folders. ``solid``: each is packed together with those before it."""

    infos: list[Any]
    solid: bool


def list_members(path: Path) -> list[ArchiveMember]:
    """The members. Raises ContainerError, and what rarfile raises."""
    return [_member_of(info) for info in _listing(path).infos]


def extract_members(path: Path, wanted: Extraction) -> None:
    """Write the members that are wanted. Raises ContainerError, and what rarfile raises."""
    infos, solid = _listing(path)
    numbers = [n for n, info in enumerate(infos) if wanted.includes(n, _member_of(info))]
    with path.open("rb") as file:
        for number in numbers:
            info = infos[number]
            if info.compress_type == rarfile.RAR_M0:
                file.seek(info.data_offset)
                check = _checksum(info)
                wanted.write_member(number, read_chunks(file, info.compress_size), check and check())
            elif not info.file_size:
                wanted.write_member(number, ())
    packed = {number for number in numbers if wanted.reasons.get(number) == "archive.broken"}
    if not packed:
        return
    members = [
        PackedMember(number if number in packed else None, info.file_size, _checksum(info))
        for number, info in enumerate(infos)
        if number in packed or (solid and not _is_link(info))
    ]

    @contextmanager
    def reduced(members: Sequence[PackedMember]) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=wanted.folder) as folder, path.open("rb") as file:
            smaller = Path(folder, "archive.rar")
            with smaller.open("wb") as target:
                for piece in _smaller_archive(file, [infos[number] for number, _, _ in members if number is not None]):
                    target.write(piece)
            yield smaller

    unpack_with_program(path, "rar", members, wanted, None if solid else reduced)


def _listing(path: Path) -> _RarListing:
    headers: list[Any] = []
    archive = rarfile.RarFile(path, errors="strict", part_only=True, info_callback=headers.append)
    mains = [header for header in headers if header.type == rarfile.RAR_BLOCK_MAIN]
    if any(header.flags & rarfile.RAR_MAIN_VOLUME for header in mains):
        raise ContainerError("archive.part")
    if archive.needs_password() and not archive.infolist():
        raise ContainerError("archive.password")
    ended = any(header.type == rarfile.RAR_BLOCK_ENDARC for header in headers)
    end = max((header.data_offset + header.add_size for header in headers), default=0)
    if not mains or end > path.stat().st_size or (not ended and _is_rar_5(mains[0])):  # RAR 2 writes none
        raise ContainerError("file.truncated")
    infos = [info for info in archive.infolist() if not info.is_dir()]
    check_member_count(len(infos))
    return _RarListing(infos, archive.is_solid())


def _is_rar_5(info: Any) -> bool:
    return isinstance(info, rarfile.Rar5Info)


def _member_of(info: Any) -> ArchiveMember:
    reason = "archive.password" if info.needs_password() else "file.link" if _is_link(info) else ""
    return ArchiveMember(_name(info), info.file_size, _time(info), reason)


def _is_link(info: Any) -> bool:
    return info.is_symlink() or bool(info.file_redir)


def _name(info: Any) -> str:
    """A member's name. In old archives it is in the code page of whoever made them, which rarfile guesses wrongly."""
    said = _is_rar_5(info) or info.flags & rarfile.RAR_FILE_UNICODE
    name = info.filename if said else decode_name(info.orig_filename)
    return str(name).replace("\\", "/")


def _time(info: Any) -> int | None:
    if info.mtime is not None:
        return timestamp_ns(info.mtime)
    try:
        return timestamp_ns(dt.datetime(*info.date_time)) if info.date_time else None  # noqa: DTZ001  (as on the wall)
    except ValueError:
        return None


class _Blake2:
    """The checksum that RAR 5 may have in place of CRC-32."""

    def __init__(self, expected: bytes) -> None:
        self._expected, self._hash = expected, rarfile.Blake2SP()

    def update(self, data: bytes, /) -> None:
        """Add the next bytes of the member."""
        self._hash.update(data)

    def matches(self) -> bool:
        """Whether all bytes added are what was packed."""
        return bool(self._hash.digest() == self._expected)


def _checksum(info: Any) -> Callable[[], Checksum] | None:
    if info.CRC is not None:
        return lambda: Crc32(info.CRC)
    return (lambda: _Blake2(info.blake2sp_hash)) if info.blake2sp_hash else None


# --- a smaller archive ------------------------------------------------------------------------------------------------


def _header_4(body: bytes) -> bytes:
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


def _header_5(body: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(body)) + body


# The signature and header of a plain archive, and its end.
_FRAME = {
    4: (_RAR_4 + _header_4(struct.pack("<BHH6x", 0x73, 0, 13)), _header_4(struct.pack("<BHH", 0x7B, 0x4000, 7))),
    5: (_RAR_5 + _header_5(b"\x03\x01\x00\x00"), _header_5(b"\x03\x05\x00\x00")),
}


def _smaller_archive(file: BinaryIO, infos: Sequence[Any]) -> Iterator[bytes]:
    """Yield an archive of some members of one that is not solid, with their headers and packed bytes unchanged."""
    begin, end = _FRAME[5 if _is_rar_5(infos[0]) else 4]
    yield begin
    for info in infos:
        file.seek(info.header_offset)
        yield from read_chunks(file, info.data_offset - info.header_offset + info.add_size)
    yield end
