"""Attachments of Outlook messages that are saved as files (.msg). An attached message becomes a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from olefile import STGTY_STREAM, OleFileIO
from olefile.olefile import OleDirectoryEntry

from smebatch.intake.sources.archives import mapi
from smebatch.intake.sources.archives.container import (
    ArchiveMember,
    ContainerError,
    Extraction,
    read_chunks,
    windows_timestamp_ns,
)
from smebatch.intake.sources.archives.mails import PICTURES, attachment_name, inline_image_ids, require_attachments
from smebatch.intake.sources.limits import MAX_BYTES

_DEPTH = 10  # messages within messages
_MAX_TEXT = 10_000_000  # bytes of a text, or of the list of properties
_EMBEDDED, _BY_REFERENCE = 5, (2, 3, 4, 7)  # methods of attaching; 7 is a link to cloud storage
_ATTACHMENT = "__attach_version1.0_#"
_ROOT, _INNER, _OF_ATTACHMENT = 32, 24, 8  # bytes before the properties, of messages and of an attachment


class _StoredMember(NamedTuple):
    inside: ArchiveMember
    stream: str  # of the content, '' where it cannot be had


def list_members(path: Path) -> list[ArchiveMember]:
    """The attachments. Raises ContainerError, and what olefile raises."""
    with _opened(path) as ole:
        return [found.inside for found in _stored_members(ole)]


def extract_members(path: Path, wanted: Extraction) -> None:
    """Write the attachments that are wanted. Raises ContainerError, and what olefile raises."""
    with _opened(path) as ole:
        for number, (inside, stream) in enumerate(_stored_members(ole)):
            if wanted.includes(number, inside):
                wanted.write_member(number, read_chunks(ole.openstream(stream)))


@contextmanager
def _opened(path: Path) -> Iterator[OleFileIO]:
    with path.open("rb") as file, OleFileIO(file) as ole:
        yield ole


def _stored_members(ole: OleFileIO) -> list[_StoredMember]:
    """The attachments; none where the file is no message."""
    message = _MapiObject(ole, dict(_streams(ole.root, "")), "", _ROOT)
    if not message.exists():
        return []
    return list(_attachments(message, message.sent(), _DEPTH))


def _streams(storage: OleDirectoryEntry, folder: str) -> Iterator[tuple[str, int]]:
    """Yield the path and the size of each stream below a storage."""
    for each in storage.kids:
        if each.entry_type == STGTY_STREAM:
            yield f"{folder}{each.name}", each.size
        else:
            yield from _streams(each, f"{folder}{each.name}/")


class _MapiObject:
    """A message or an attachment with its MAPI properties. ``bytes_before``: bytes before its property table."""

    def __init__(
        self, ole: OleFileIO, sizes: dict[str, int], folder: str, bytes_before: int, code_page: int = 0
    ) -> None:
        self._ole, self._sizes, self._place = ole, sizes, folder
        fixed = self._read(f"{folder}__properties_version1.0")[bytes_before:]
        rows = (fixed[i : i + 16] for i in range(0, len(fixed) - 15, 16))
        self._fixed = {row[2:4]: int.from_bytes(row[8:], "little") for row in rows}
        self._code_page = self.number(mapi.CODE_PAGE) or self.number(mapi.INTERNET_CODE_PAGE) or code_page

    def exists(self) -> bool:
        """Whether the object is there, as its properties say."""
        return f"{self._place}__properties_version1.0" in self._sizes

    def number(self, key: int) -> int:
        """A property that is a number, a time in ticks, or a flag; 0 where it is missing."""
        return self._fixed.get(key.to_bytes(2, "little"), 0)

    def text(self, key: int) -> str:
        """A property that is a text; '' where it is missing."""
        for kind in (mapi.TEXT_16, mapi.TEXT_8, mapi.BINARY):
            data = self._read(self.stream(key, kind))
            if data:
                return mapi.decode_mapi_text(data, kind, self._code_page)
        return ""

    def stream(self, key: int, kind: int) -> str:
        """The stream of a property of variable length."""
        return f"{self._place}__substg1.0_{key:04X}{kind:04X}"

    def size(self, stream: str) -> int | None:
        """The size of a stream in bytes, None where there is none."""
        return self._sizes.get(stream)

    def head(self, stream: str) -> bytes:
        """The content of a stream, b'' where it is too large."""
        return self._read(stream, MAX_BYTES)

    def sent(self) -> int | None:
        """When the message was sent, in ns since 1970; None where it does not say."""
        ticks = self.number(mapi.SUBMITTED) or self.number(mapi.DELIVERED)
        return windows_timestamp_ns(ticks) if ticks else None

    def parts(self) -> list[_MapiObject]:
        """The attachments of a message."""
        start = f"{self._place}{_ATTACHMENT}"
        end = len(start)
        places = sorted({name[: name.index("/", end) + 1] for name in self._sizes if name.startswith(start)})
        return [_MapiObject(self._ole, self._sizes, place, _OF_ATTACHMENT, self._code_page) for place in places]

    def message(self) -> _MapiObject:
        """The message of an attachment that is one."""
        place = f"{self.stream(mapi.DATA, mapi.OBJECT)}/"
        return _MapiObject(self._ole, self._sizes, place, _INNER, self._code_page)

    def _read(self, stream: str, most: int = _MAX_TEXT) -> bytes:
        size = self._sizes.get(stream, 0)
        return self._ole.openstream(stream).read() if 0 < size <= most else b""


def _attachments(message: _MapiObject, time: int | None, depth: int) -> Iterator[_StoredMember]:
    """Yield the attachments of a message. Raises ContainerError where there are none."""
    texts = [message.text(mapi.BODY), message.text(mapi.HTML)]
    shown = inline_image_ids(texts)
    parts = [part for part in message.parts() if not _is_inline_image(part, shown)]
    there = [part for part in parts if part.number(mapi.METHOD) not in _BY_REFERENCE]
    require_attachments(len(there), texts, linked=len(there) < len(parts))
    for place, part in enumerate(there, start=1):
        yield from _members_of_attachment(part, place, time, depth)


def _members_of_attachment(
    attachment: _MapiObject, position: int, time: int | None, depth: int
) -> Iterator[_StoredMember]:
    """Yield an attachment, or the attachments of an attached message."""
    if attachment.number(mapi.METHOD) == _EMBEDDED:
        yield from _members_of_message(attachment, position, time, depth)
        return
    stream = attachment.stream(mapi.DATA, mapi.BINARY)
    size = attachment.size(stream)
    name = attachment_name(
        attachment.text(mapi.LONG_NAME) or attachment.text(mapi.SHORT_NAME), position, lambda: attachment.head(stream)
    )
    yield _StoredMember(ArchiveMember(name, size or 0, time, "file.special" if size is None else ""), stream)


def _members_of_message(
    attachment: _MapiObject, position: int, time: int | None, depth: int
) -> Iterator[_StoredMember]:
    message = attachment.message()
    subject = message.text(mapi.SUBJECT) or attachment.text(mapi.DISPLAY_NAME)
    name = mapi.attached_mail_name(subject, ".msg") or f"附件{position}.msg"
    try:
        if not depth:
            raise ContainerError("archive.method")
        for inside, stream in _attachments(message, message.sent() or time, depth - 1):
            yield _StoredMember(inside._replace(name=f"{name}/{inside.name}"), stream)
    except ContainerError as error:
        yield _StoredMember(ArchiveMember(name, 0, time, str(error)), "")


def _is_inline_image(part: _MapiObject, shown: set[str]) -> bool:
    """Whether an attachment is a picture shown in the text, such as one of a signature."""
    name = (part.text(mapi.LONG_NAME) or part.text(mapi.SHORT_NAME)).lower()
    told = part.number(mapi.HIDDEN) or part.number(mapi.FLAGS) & mapi.IN_TEXT or part.text(mapi.CONTENT_ID) in shown
    return bool(told) and name.endswith(PICTURES)
