"""An archive of returns is a folder: its members are listed, and each is read from where it stands."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO, cast

from smebatch.intake.entry import MOST, Entry, Member, Names, printable, reason_of
from smebatch.intake.limits import MAX_BYTES, MAX_MEMBERS
from smebatch.intake.recognise import is_document
from smebatch.intake.safety import UnsafeError, inflate

_MAX_DIRECTORY = 64_000_000  # bytes of a list of members
_MAGIC = b"PK"
_HEADER = 30  # bytes before a member's name, of which the lengths of the name and of what is extra stand at 26 and 28
HEADER_ROOM = 5_000  # bytes that a member's header takes at most where nobody plays tricks
_ENCRYPTED, _UTF_8 = 0x1, 0x800  # flags

# Names of archives, of parts of one, of what one file is packed in alone, and of mails.
_CONTAINERS = re.compile(
    r"\.(?:zip|rar|7z|tar|gz|tgz|bz2|tbz2?|xz|txz|zst|tzst|eml|msg"
    r"|(?:zip|rar|7z|tar|tgz|gz)\.[0-9]{3}|[rz][0-9]{2})$|(?:^|/)winmail\.dat$",
    re.IGNORECASE,
)


def is_called_container(name: str) -> bool:
    """Whether a file's name says that it is an archive or a mail."""
    return _CONTAINERS.search(name) is not None


def is_container(entry: Entry) -> bool:
    """Whether the entry's name says that others may lie in it."""
    return entry.reason in ("", "file.large") and is_called_container(entry.file)


def members_of(entry: Entry, opened: Callable[[str], BinaryIO]) -> list[Entry]:
    """What lies in a container, as entries, where that is seen at a glance: in a zip of plain files, read in place.

    What has to be unpacked first is the entry itself, closed. It is the entry as it is where it is a zip that holds
    nothing, is a document, or cannot be read. A member has a time of its own, where the archive says one.
    """
    closed = replace(entry, closed=True)
    if not entry.file.lower().endswith(".zip"):
        return [closed]
    try:
        with opened(entry.location) as stream:
            if stream.read(len(_MAGIC)) != _MAGIC:
                return [closed]  # another archive may be called so
            with zipfile.ZipFile(cast(BinaryIO, _Careful(stream))) as archive:
                members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return [entry]  # the reading will say why
    files = [member for member in members if not member.is_dir()]
    if not files or is_document({member.filename.lower() for member in files}):
        return [entry]
    if len(files) > MAX_MEMBERS:
        return [replace(entry, reason="file.archive_large")]
    if any(is_called_container(member.filename) for member in files):
        return [closed]
    return list(_entries(entry, files))


class _Careful:
    """A stream that reads no more at once than the list of an honest archive takes."""

    def __init__(self, stream: BinaryIO) -> None:
        self.seek, self.tell, self.seekable, self._read = stream.seek, stream.tell, stream.seekable, stream.read

    def read(self, size: int = -1) -> bytes:
        data = self._read(min(size, _MAX_DIRECTORY + 1) if size >= 0 else _MAX_DIRECTORY + 1)
        if len(data) > _MAX_DIRECTORY:
            raise zipfile.BadZipFile("a list of members as large as that")
        return data


def _entries(archive: Entry, members: Iterable[zipfile.ZipInfo]) -> Iterator[Entry]:
    names = Names()
    for member in members:
        file = names.told_apart(f"{archive.file}/{printable(_name(member))}")
        reason = reason_of(file.split("/")[-1], max(member.file_size, member.compress_size))
        if member.flag_bits & _ENCRYPTED:
            reason = reason or "file.password"
        if member.header_offset + member.compress_size > archive.bytes:
            reason = reason or "file.unreadable"
        size, offset, packed = (
            min(number, MOST) for number in (member.file_size, member.header_offset, member.compress_size)
        )
        where = Member(offset, packed, member.compress_type, member.CRC)
        time = _time(member)
        time = archive.mtime_ns if time is None else min(time, MOST)
        yield Entry(file, archive.location, size, time, reason, where, tag=archive.stamp)


_UNIX_TIME, _WINDOWS_TIME = 0x5455, 0x000A  # further fields of a member
_WINDOWS_EPOCH = 116_444_736_000_000_000  # 1970 in tenths of a microsecond since 1601
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # what stands where a program puts down none


def _time(member: zipfile.ZipInfo) -> int | None:
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
        return None if member.date_time == _NO_TIME else int(when.timestamp()) * 10**9
    except (ValueError, OverflowError, OSError):
        return None


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The further fields of a member, by their kinds."""
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name; Chinese Windows writes names in GBK and does not say so."""
    name = member.orig_filename
    if member.flag_bits & _UTF_8:
        return name
    raw = name.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "surrogateescape")


def unpacked(member: Member, raw: bytes) -> bytes:
    """A member from its header and what follows. Raises UnsafeError."""
    start = _HEADER + sum(int.from_bytes(raw[i : i + 2], "little") for i in (26, 28))
    if not raw.startswith(b"PK\x03\x04") or start + member.packed > len(raw):
        raise UnsafeError("file.unreadable")
    return inflate(memoryview(raw)[start : start + member.packed], member.method, member.crc, MAX_BYTES)
