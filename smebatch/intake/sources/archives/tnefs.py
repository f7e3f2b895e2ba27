"""What Outlook sends to those who have none: winmail.dat (TNEF), and the attachments in it."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smebatch.intake.sources.archives import mapi
from smebatch.intake.sources.archives.container import ContainerError, Inside, Wanted, ns_of
from smebatch.intake.sources.archives.kinds import TNEF
from smebatch.intake.sources.archives.mails import PICTURES, called, unless_none

_SENT, _DATA, _TITLE, _PROPERTIES, _CODE_PAGE, _BEGINS = 0x8005, 0x800F, 0x8010, 0x9005, 0x9007, 0x9002
_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")  # that an object is a message, in TNEF again
_FIXED = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = (mapi.TEXT_8, mapi.TEXT_16, mapi.BINARY, mapi.OBJECT)
_MANY, _NAMED = 0x1000, 0x8000


@dataclass
class _Attached:
    """An attachment as far as it has been read."""

    title: bytes = b""
    data: bytes = b""
    properties: dict[int, tuple[int, bytes]] = field(default_factory=dict)  # type and value


def listed(path: Path) -> list[Inside]:
    """The attachments. Raises ContainerError, and whatever broken bytes bring about."""
    return [inside for inside, _ in _read(path)]


def take(path: Path, wanted: Wanted) -> None:
    """Write the attachments that are wanted. Raises ContainerError, and whatever broken bytes bring about."""
    for number, (inside, data) in enumerate(_read(path)):
        if wanted.asks_for(number, inside):
            wanted.put(number, [data])


def _read(path: Path) -> list[tuple[Inside, bytes]]:
    attached: list[_Attached] = []
    code_page, sent = 0, None
    for kind, data in _attributes(path.read_bytes()):
        if kind == _CODE_PAGE:
            code_page = int.from_bytes(data[:4], "little")
        elif kind == _SENT:
            sent = _moment(data)
        elif kind == _BEGINS:
            attached.append(_Attached())
        elif attached and kind == _TITLE:
            attached[-1].title = data
        elif attached and kind == _DATA:
            attached[-1].data = data
        elif attached and kind == _PROPERTIES:
            attached[-1].properties = dict(_properties(data))
    attached = [each for each in attached if not _is_shown(each)]
    unless_none(len(attached), [])
    return [_member(each, place, code_page, sent) for place, each in enumerate(attached, start=1)]


def _is_shown(attached: _Attached) -> bool:
    """Whether it is a picture of the text or of the signature."""
    hidden, flags = (
        int.from_bytes(attached.properties.get(key, (0, b""))[1][:4], "little") for key in (mapi.HIDDEN, mapi.FLAGS)
    )
    name = attached.title.rstrip(b"\0").decode("latin-1").lower()
    return bool(hidden or flags & mapi.IN_TEXT) and name.endswith(PICTURES)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """What the file is made of. Raises ContainerError where it is broken."""
    place = len(TNEF) + 2  # after a key
    while place < len(data):
        if place + 9 > len(data):
            raise ContainerError("file.truncated")
        _, kind, _, size = struct.unpack_from("<BHHI", data, place)
        content = data[place + 9 : place + 9 + size]
        place += 9 + size + 2
        if place > len(data):
            raise ContainerError("file.truncated")
        if sum(content) & 0xFFFF != int.from_bytes(data[place - 2 : place], "little"):
            raise ContainerError("file.checksum")
        yield kind, content


def _moment(data: bytes) -> int | None:
    """A time as TNEF has it: of no zone, that of the sender."""
    try:
        return ns_of(dt.datetime(*struct.unpack_from("<6H", data)))  # noqa: DTZ001  # as it is said
    except (ValueError, struct.error):
        return None


def _properties(data: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """The properties of an attachment: key, type and (first) value."""
    number, place = int.from_bytes(data[:4], "little"), 4
    for _ in range(number):
        kind, key = struct.unpack_from("<HH", data, place)
        place += 4
        if key >= _NAMED:
            by_name, size = struct.unpack_from("<II", data, place + 16)
            place += 24 + (_padded(size) if by_name else 0)
        many, kind = kind & _MANY, kind & ~_MANY
        times = 1
        if many or kind in _VARIABLE:
            times, place = int.from_bytes(data[place : place + 4], "little"), place + 4
        for turn in range(times):
            size = _FIXED[kind] if kind in _FIXED else struct.unpack_from("<I", data, place)[0]
            place += 0 if kind in _FIXED else 4
            if not turn:
                yield key, (kind, data[place : place + size])
            place += _padded(size)
            if place > len(data):
                raise ContainerError("archive.broken")


def _padded(size: int) -> int:
    return -(-size // 4) * 4


def _member(attached: _Attached, place: int, code_page: int, sent: int | None) -> tuple[Inside, bytes]:
    def text(key: int) -> str:
        kind, value = attached.properties.get(key, (mapi.TEXT_8, b""))
        return mapi.text_of(value, kind, code_page)

    kind, value = attached.properties.get(mapi.DATA, (mapi.BINARY, b""))
    data = attached.data or (value[len(_MESSAGE) :] if kind == mapi.OBJECT else value)
    if kind == mapi.OBJECT and value.startswith(_MESSAGE):
        data = value[len(_MESSAGE) :]
        return Inside(mapi.mail_name(text(mapi.DISPLAY_NAME), ".dat") or f"附件{place}.dat", len(data), sent), data
    name = text(mapi.LONG_NAME) or mapi.text_of(attached.title, mapi.TEXT_8, code_page)
    return Inside(called(name, place, lambda: data), len(data), sent), data
