"""Attachments in winmail.dat (TNEF), which Outlook sends to people who use another mail program."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smebatch.intake.sources.archives import mapi
from smebatch.intake.sources.archives.container import ArchiveMember, ContainerError, Extraction, timestamp_ns
from smebatch.intake.sources.archives.kinds import TNEF_MAGIC
from smebatch.intake.sources.archives.mails import PICTURES, attachment_name, require_attachments

_SENT, _DATA, _TITLE, _PROPERTIES, _CODE_PAGE, _BEGINS = 0x8005, 0x800F, 0x8010, 0x9005, 0x9007, 0x9002
# The first bytes of an object that is a message, as another TNEF.
_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
_FIXED = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = (mapi.TEXT_8, mapi.TEXT_16, mapi.BINARY, mapi.OBJECT)
_MANY, _NAMED = 0x1000, 0x8000


@dataclass
class _TnefAttachment:
    """The attributes of an attachment read so far."""

    title: bytes = b""
    data: bytes = b""
    properties: dict[int, tuple[int, bytes]] = field(default_factory=dict)  # type and value


def list_members(path: Path) -> list[ArchiveMember]:
    """The attachments. Raises ContainerError, and whatever broken bytes bring about."""
    return [inside for inside, _ in _read(path)]


def extract_members(path: Path, wanted: Extraction) -> None:
    """Write the attachments that are wanted. Raises ContainerError, and whatever broken bytes bring about."""
    for number, (inside, data) in enumerate(_read(path)):
        if wanted.includes(number, inside):
            wanted.write_member(number, [data])


def _read(path: Path) -> list[tuple[ArchiveMember, bytes]]:
    attachments: list[_TnefAttachment] = []
    code_page, sent = 0, None
    for kind, data in _attributes(path.read_bytes()):
        if kind == _CODE_PAGE:
            code_page = int.from_bytes(data[:4], "little")
        elif kind == _SENT:
            sent = _sent_time(data)
        elif kind == _BEGINS:
            attachments.append(_TnefAttachment())
        elif attachments and kind == _TITLE:
            attachments[-1].title = data
        elif attachments and kind == _DATA:
            attachments[-1].data = data
        elif attachments and kind == _PROPERTIES:
            attachments[-1].properties = dict(_properties(data))
    attachments = [each for each in attachments if not _is_inline_image(each)]
    require_attachments(len(attachments), [])
    return [_member(each, position, code_page, sent) for position, each in enumerate(attachments, start=1)]


def _is_inline_image(attached: _TnefAttachment) -> bool:
    """Whether an attachment is a picture shown in the text, such as one of a signature."""
    hidden, flags = (
        int.from_bytes(attached.properties.get(key, (0, b""))[1][:4], "little") for key in (mapi.HIDDEN, mapi.FLAGS)
    )
    name = attached.title.rstrip(b"\0").decode("latin-1").lower()
    return bool(hidden or flags & mapi.IN_TEXT) and name.endswith(PICTURES)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the content of each attribute of the file. Raises ContainerError where it is broken."""
    offset = len(TNEF_MAGIC) + 2  # after a key
    while offset < len(data):
        if offset + 9 > len(data):
            raise ContainerError("file.truncated")
        _, kind, _, size = struct.unpack_from("<BHHI", data, offset)
        content = data[offset + 9 : offset + 9 + size]
        offset += 9 + size + 2
        if offset > len(data):
            raise ContainerError("file.truncated")
        if sum(content) & 0xFFFF != int.from_bytes(data[offset - 2 : offset], "little"):
            raise ContainerError("file.checksum")
        yield kind, content


def _sent_time(data: bytes) -> int | None:
    """The time of sending, in ns since 1970; TNEF states it without a time zone, and it is taken as local time."""
    try:
        return timestamp_ns(dt.datetime(*struct.unpack_from("<6H", data)))  # noqa: DTZ001  # as it is said
    except (ValueError, struct.error):
        return None


def _properties(data: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Yield the properties of an attachment: key, type and value, of several values the first."""
    number, offset = int.from_bytes(data[:4], "little"), 4
    for _ in range(number):
        kind, key = struct.unpack_from("<HH", data, offset)
        offset += 4
        if key >= _NAMED:
            by_name, size = struct.unpack_from("<II", data, offset + 16)
            offset += 24 + (_pad_to_four(size) if by_name else 0)
        many, kind = kind & _MANY, kind & ~_MANY
        times = 1
        if many or kind in _VARIABLE:
            times, offset = int.from_bytes(data[offset : offset + 4], "little"), offset + 4
        for turn in range(times):
            size = _FIXED[kind] if kind in _FIXED else struct.unpack_from("<I", data, offset)[0]
            offset += 0 if kind in _FIXED else 4
            if not turn:
                yield key, (kind, data[offset : offset + size])
            offset += _pad_to_four(size)
            if offset > len(data):
                raise ContainerError("archive.broken")


def _pad_to_four(size: int) -> int:
    return -(-size // 4) * 4


def _member(attached: _TnefAttachment, position: int, code_page: int, sent: int | None) -> tuple[ArchiveMember, bytes]:
    def text(key: int) -> str:
        kind, value = attached.properties.get(key, (mapi.TEXT_8, b""))
        return mapi.decode_mapi_text(value, kind, code_page)

    kind, value = attached.properties.get(mapi.DATA, (mapi.BINARY, b""))
    data = attached.data or (value[len(_MESSAGE) :] if kind == mapi.OBJECT else value)
    if kind == mapi.OBJECT and value.startswith(_MESSAGE):
        data = value[len(_MESSAGE) :]
        return ArchiveMember(
            mapi.attached_mail_name(text(mapi.DISPLAY_NAME), ".dat") or f"附件{position}.dat", len(data), sent
        ), data
    name = text(mapi.LONG_NAME) or mapi.decode_mapi_text(attached.title, mapi.TEXT_8, code_page)
    return ArchiveMember(attachment_name(name, position, lambda: data), len(data), sent), data
