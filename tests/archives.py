"""Archives and mails made for tests: by the libraries, or byte by byte where nothing at hand writes them."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zlib
from base64 import encodebytes
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import py7zr

from smebatch.intake.sources.archives.kinds import zstd_module

Properties = Mapping[int, tuple[int, bytes | None]]  # of TNEF: type and value by their keys

TIME = 1_790_000_002  # a Monday in 2026, in seconds


# --- tar, 7z ----------------------------------------------------------------------------------------------------------


def tar(members: Mapping[str, bytes], mode: str = "w:gz", encoding: str = "utf-8") -> bytes:
    stream = io.BytesIO()
    settings: dict[str, Any] = {"mode": mode, "format": tarfile.GNU_FORMAT, "encoding": encoding}
    with tarfile.open(fileobj=stream, **settings) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), TIME
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def seven(members: Mapping[str, bytes], **settings: Any) -> bytes:
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", **settings) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return stream.getvalue()


def seven_named(members: Mapping[str, bytes], renamed: Mapping[str, str] | None = None) -> bytes:
    """With names that py7zr would not write."""
    stream = io.BytesIO()
    names = list(members)
    with py7zr.SevenZipFile(stream, "w") as archive:
        for place, data in enumerate(members.values()):
            archive.writestr(data, str(place))
        for place, info in enumerate(archive.header.files_info.files):
            info["filename"] = (renamed or {}).get(names[place], names[place])
    return stream.getvalue()


def seven_of_modes(modes: Mapping[str, int]) -> bytes:
    """Members that 7-Zip has packed on Unix, with the types and permissions that they have there."""
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w") as archive:
        for name in modes:
            archive.writestr(b"/etc/passwd", name)
        for info, mode in zip(archive.header.files_info.files, modes.values(), strict=True):
            info["attributes"] = 0x8000 | mode << 16  # 0x8000: the upper half is the mode
    return stream.getvalue()


COPY = py7zr.FILTER_COPY


def zstd(data: bytes) -> bytes:
    return bytes(zstd_module().compress(data))


def bomb(size: int, name: str = "") -> bytes:
    """So many zeros in gzip, as a member of a tar where they have a name: one piece of them, again and again."""
    piece = 100_000_000
    packer = zlib.compressobj(wbits=31)
    head = b""
    if name:
        info = tarfile.TarInfo(name)
        info.size = size
        head = packer.compress(info.tobuf(tarfile.GNU_FORMAT))
    head += packer.compress(bytes(piece)) + packer.flush()
    return head + gzip.compress(bytes(piece), mtime=0) * (size // piece - 1)


# --- rar, stored ------------------------------------------------------------------------------------------------------

VOLUME, SOLID, LOCKED = 0x1, 0x8, 0x80  # of a RAR 4
DOS_TIME = (2026 - 1980 << 25) | (9 << 21) | (21 << 16) | (22 << 11) | (13 << 5) | 10  # as the clock on the wall said


def rar4(members: Mapping[bytes, bytes], flags: int = 0, locked: bool = False, method: int = 0x30) -> bytes:
    """``flags``: of the archive. A name in UTF-8 is marked as such where it is none of GBK."""

    def header(kind: int, flags: int, body: bytes) -> bytes:
        rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest

    made = b"Rar!\x1a\x07\0" + header(0x73, flags, bytes(6))
    for name, data in members.items():
        fields = (len(data), len(data), 2, zlib.crc32(data), DOS_TIME, 20, method, len(name), 0x20)
        body = struct.pack("<IIBIIBBHI", *fields) + name
        made += header(0x74, 0x8000 | 0x4 * locked, body) + data
    return made + header(0x7B, 0x4000, b"")


def number(value: int) -> bytes:
    """A number as RAR 5 has it, seven bits a byte."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(made) + bytes([value])


def rar5(
    members: Mapping[str, bytes], flags: int = 0, extra: bytes = b"", method: int = 0, sizes: Mapping[str, int] = {}
) -> bytes:
    """``flags``: 1 a volume, 4 solid. ``extra``: of each member. ``sizes``: what is declared instead."""

    def header(kind: int, flags: int, *fields: bytes) -> bytes:
        body = number(kind) + number(flags) + b"".join(fields)
        body = number(len(body)) + body
        return struct.pack("<I", zlib.crc32(body)) + body

    made = b"Rar!\x1a\x07\x01\0" + header(1, 0, number(flags))
    for name, data in members.items():
        raw = name.encode()
        lengths = ([number(len(extra))] if extra else []) + [number(len(data))]
        size = number(sizes.get(name, len(data)))
        told = struct.pack("<II", TIME, zlib.crc32(data))  # flags 2 and 4 say that both are there
        fields = (number(6), size, number(0x20), told, number(method << 7), number(0), number(len(raw)), raw, extra)
        made += header(2, 2 | bool(extra), *lengths, *fields) + data
    return made + header(5, 0, number(0))


def rar5_extra(kind: int, body: bytes) -> bytes:
    """A further record of a member: 1 says that it is locked, 5 that it is a link."""
    return number(len(number(kind) + body)) + number(kind) + body


def rar5_locked() -> bytes:
    """An archive of which all is encrypted, its list of members as well."""
    body = number(4) + number(0) + number(0) + number(0) + bytes([15]) + bytes(16)
    body = number(len(body)) + body
    return b"Rar!\x1a\x07\x01\0" + struct.pack("<I", zlib.crc32(body)) + body + bytes(64)


LOCKED_5 = rar5_extra(1, number(0) + number(0) + bytes([15]) + bytes(32))
LINK_5 = rar5_extra(5, number(1) + number(0) + number(11) + b"/etc/passwd")


# --- mails ------------------------------------------------------------------------------------------------------------


def part(data: bytes, *headers: bytes) -> bytes:
    """A part of a mail with these headers."""
    return b"\r\n".join([*headers, b"Content-Transfer-Encoding: base64", b"", encodebytes(data)])


def mail(*parts: bytes, text: str = "见附件", kind: bytes = b"multipart/mixed", end: bytes = b"--B--\r\n") -> bytes:
    """A mail of a text in GBK and these parts."""
    top = b"\r\n".join(
        [
            b"From: a@example.com",
            b"Subject: =?gb2312?B?xrzJ6rGt?=",
            b"Date: Mon, 21 Sep 2026 22:13:22 +0800",
            b"MIME-Version: 1.0",
            b"Content-Type: " + kind + b'; boundary="B"',
            b"",
            b"",
        ]
    )
    body = b"Content-Type: text/html; charset=gb2312\r\n\r\n" + text.encode("gbk") + b"\r\n"
    return top + b"".join(b"--B\r\n" + each + b"\r\n" for each in (body, *parts)) + end


MAIL_Properties = Mapping[int, tuple[int, bytes | None]]  # of TNEF: type and value by their keys

TIME = 1_790_000_002


# --- winmail.dat ------------------------------------------------------------------------------------------------------


SENT_AT = (2026, 9, 21, 22, 13, 22, 1)  # with the day of the week


def tnef(
    attached: Iterable[tuple[bytes, bytes, Properties]], code_page: int = 936, sent: tuple[int, ...] = SENT_AT
) -> bytes:
    """Of attachments: title, data, and properties (type and value, which is of any length) by their keys.

    Keys from 0x8000 on are programs' own: of even ones a name is given, of odd ones a number.
    """

    def own(key: int) -> bytes:
        if key < 0x8000:
            return b""
        return bytes(16) + (struct.pack("<II", 0, 7) if key % 2 else struct.pack("<II", 1, 6) + b"n\0a\0\0\0\0\0")

    def attribute(level: int, kind: int, sort: int, data: bytes) -> bytes:
        return struct.pack("<BHHI", level, kind, sort, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)

    made = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x9007, 6, struct.pack("<II", code_page, 0))
    made += attribute(1, 0x8005, 3, struct.pack("<7H", *sent))
    for title, data, properties in attached:
        made += attribute(2, 0x9002, 6, bytes(14)) + attribute(2, 0x8010, 1, title + b"\0")
        made += attribute(2, 0x800F, 6, data) if data else b""
        listed = struct.pack("<I", len(properties))
        for key, (kind, value) in properties.items():
            if value is None:  # a flag that is set
                listed += struct.pack("<HH", kind, key) + own(key) + struct.pack("<I", 1)
            else:
                listed += struct.pack("<HH", kind, key) + own(key) + struct.pack("<II", 1, len(value))
                listed += value + bytes(-len(value) % 4)
        made += attribute(2, 0x9005, 6, listed)
    return made


# --- msg --------------------------------------------------------------------------------------------------------------

Storage = Mapping[str, "bytes | Storage"]
_SECTOR, _FREE, _END, _TABLE = 512, 0xFFFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFD
_MESSAGE_CLASS = bytes.fromhex("0b0d020000000000c000000000000046")


class _Sectors:
    """Pieces of one size, and which follows which."""

    def __init__(self, size: int, room: int = 0) -> None:
        self.size, self.data = size, bytearray(size * room)
        self.chain = [*range(1, room), _END] if room else []

    def add(self, data: bytes) -> int:
        """Put data in pieces of their own; the number of the first."""
        first, count = len(self.chain), -(-len(data) // self.size)
        self.data += data.ljust(count * self.size, b"\0")
        self.chain += [*range(first + 1, first + count), _END]
        return first

    def table(self) -> bytes:
        return struct.pack(f"<{len(self.chain)}I", *self.chain).ljust(-(-len(self.chain) // 128) * _SECTOR, b"\xff")


def _entries(root: Storage, sectors: _Sectors, small: _Sectors) -> list[list[Any]]:
    """The directory: name, kind, next sibling, first child, first sector, size of each; the streams are stored."""
    entries: list[list[Any]] = []

    def enter(name: str, kind: int, content: bytes | Storage) -> int:
        place = len(entries)
        entries.append([name, kind, _FREE, _FREE, _END, 0])
        if isinstance(content, bytes):
            if content:
                entries[place][4:] = [(sectors if len(content) >= 4096 else small).add(content), len(content)]
            return place
        children = [enter(inner, 2 if isinstance(what, bytes) else 1, what) for inner, what in content.items()]
        for before, after in pairwise([place, *children]):
            entries[before][3 if before == place else 2] = after
        return place

    enter("Root Entry", 5, root)
    return entries


def ole(root: Storage) -> bytes:
    """An OLE file of these streams and storages, its directory first."""
    room = -(-_count(root) // 4)
    sectors, small = _Sectors(_SECTOR, room), _Sectors(64)
    entries = _entries(root, sectors, small)
    if small.chain:
        entries[0][4:] = [sectors.add(bytes(small.data)), len(small.data)]
    small_table = small.table()
    first_small = sectors.add(small_table) if small_table else _END
    tables = next(n for n in range(1, 100) if n * 128 >= len(sectors.chain) + n)
    places = [len(sectors.chain) + n for n in range(tables)]
    sectors.chain += [_TABLE] * tables
    numbers = (0, tables, 0, 0, 4096, first_small, len(small_table) // _SECTOR, _END, 0)
    head = struct.pack("<8s16xHHHHH6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, *numbers)
    head += struct.pack("<109I", *places, *[_FREE] * (109 - tables))
    message = _MESSAGE_CLASS if "__nameid_version1.0" in root else bytes(16)
    directory = b"".join(_entry(entry, message) for entry in entries)
    return head + directory.ljust(room * _SECTOR, b"\0") + bytes(sectors.data[room * _SECTOR :]) + sectors.table()


def _count(content: bytes | Storage) -> int:
    return 1 if isinstance(content, bytes) else 1 + sum(map(_count, content.values()))


def _entry(entry: list[Any], message: bytes) -> bytes:
    name, kind, sibling, child, first, size = entry
    raw = name.encode("utf-16-le") + b"\0\0"
    identity = message if kind == 5 else bytes(16)
    fields = (raw, len(raw), kind, 1, _FREE, sibling, child, identity, 0, first, size)
    return struct.pack("<64sHBBIII16sI16xIQ", *fields)


def properties(before: int, numbers: Mapping[tuple[int, int], int]) -> bytes:
    """The list of properties of fixed size, (key, type): value, behind so many bytes."""
    rows = (struct.pack("<HHIq", kind, key, 6, value) for (key, kind), value in numbers.items())
    return bytes(before) + b"".join(rows)


def text(key: int, value: str | bytes) -> dict[str, bytes]:
    """A text as a property, in UTF-16 or as it is."""
    if isinstance(value, bytes):
        return {f"__substg1.0_{key:04X}001E": value}
    return {f"__substg1.0_{key:04X}001F": value.encode("utf-16-le")}


SENT = (TIME * 10**7) + 116_444_736_000_000_000


def attached(name: str | bytes, data: bytes, **numbers: int) -> dict[str, bytes | Storage]:
    """An attachment of a message; ``hidden=1`` where it is a picture of the text."""
    fixed = properties(8, {(0x3705, 3): 1, (0x7FFE, 11): numbers.get("hidden", 0)})
    return {"__properties_version1.0": fixed, "__substg1.0_37010102": data, **(text(0x3707, name) if name else {})}


def inner(message: Storage) -> dict[str, bytes | Storage]:
    """A message as an attachment of another."""
    return {"__properties_version1.0": properties(8, {(0x3705, 3): 5}), "__substg1.0_3701000D": message}


def message(*parts: Storage, before: int = 32, code_page: int = 0, subject: str = "转发", body: str = "") -> Storage:
    """A message with these attachments; of one within another the list of properties begins after 24 bytes."""
    numbers = {(0x0039, 0x40): SENT} | ({(0x3FFD, 3): code_page} if code_page else {})
    return {
        "__nameid_version1.0": {},
        "__properties_version1.0": properties(before, numbers),
        **text(0x37, subject),
        **(text(0x1000, body) if body else {}),
        **{f"__attach_version1.0_#{place:08X}": part for place, part in enumerate(parts)},
    }


def write(folder: Path, name: str, data: bytes) -> Path:
    """A file of these bytes."""
    path = folder / name
    path.write_bytes(data)
    return path
