"""An entry: something found where returns are looked for, and what its name and size tell of it."""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from smebatch.intake.sources.limits import MAX_BYTES

# Reasons that may be gone at the next run though nothing has changed; and, if the limits are others, these as well.
RETRY_REASONS = frozenset({"file.vanished", "file.unlistable", "file.unreachable", "file.cloud", "archive.no_program"})
LIMIT_REASONS = frozenset({"file.time", "file.memory", "file.reader", "archive.unread"})

# Of bytes, and of ns, which is the year 2116: archives and file systems may say more than tables and systems can hold.
MAX_STORED_INTEGER = 2**62

_LOCK_PREFIXES = ("~$", ".~")  # of Excel and Word; of LibreOffice (.~lock.) and WPS
_PARTIAL_ENDINGS = (".tmp", ".crdownload", ".part", ".partial", ".download", ".xltd")  # half done, or left by an office
_SYSTEM_FILES = {"thumbs.db", "desktop.ini", ".ds_store"}
_SYSTEM_PREFIX = "._"  # what macOS puts beside each file on other systems' disks
# What Windows and others keep behind a file, such as where it came from: copied elsewhere, it is a file of its own.
_SYSTEM_SUFFIXES = ("zone.identifier", "zone.identifier:$data", ":com.dropbox.attributes", ":com.dropbox.attrs")
# What stands for a file that a disk in the cloud has not fetched: of iCloud, Nextcloud, ownCloud. Others' status tells.
_PLACEHOLDERS = (".icloud", ".nextcloud", ".owncloud")
_OFFLINE, _RECALLED = 0x1000, 0x40_0000 | 0x4_0000  # Windows: the data are elsewhere, and fetched when they are read
_DATALESS = 0x4000_0000  # macOS


def is_remote(place: str | Path) -> bool:
    """Whether a folder or a file is a URL: s3://bucket/returns."""
    return "://" in str(place)


class MemberLocation(NamedTuple):
    """Where an archive holds a file: offset of its header, bytes there, method and checksum."""

    offset: int
    packed: int
    method: int
    crc: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Something found in the folder: its path from the folder (with /), where it is, size in bytes and time in ns.

    ``location`` is a local path or a URL, of the archive where the entry is a ``member`` of one. ``reason`` is set
    where the entry cannot be a return whatever it holds. ``known``: the SHA-256 it had when it was read before.
    ``tag`` changes when what is there does, where the time does not tell: that of a member is its own, and stays when
    its archive is packed anew; where nothing says a time it is 0.

    What has to be unpacked to be read has ``steps``: its number at each level from the container at ``location``, of
    ``whole`` bytes, inwards. A container that has yet to be opened, and then stands for what it holds, is ``closed``.
    """

    file: str
    location: str
    bytes: int
    mtime_ns: int
    reason: str = ""
    member: MemberLocation | None = None
    previous_sha256: str = ""
    tag: int | None = None
    steps: tuple[int, ...] = ()
    container_bytes: int = 0
    unopened: bool = False

    @property
    def stamp(self) -> int:
        """A number that changes when what is there does."""
        return self.mtime_ns if self.tag is None else self.tag


def printable_name(name: str) -> str:
    r"""A file name that can be shown and stays itself: bytes that are no UTF-8, controls and bidi marks stand as \x….

    So does a backslash, lest a file be named like another's escape.
    """
    text = name.replace("\\", r"\x5c").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\u3000" else ascii(c)[1:-1] for c in text)


class UniqueNames:
    """Names of what lies in one container, told apart: one may stand twice, and each is a line of the ledger."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def make_unique(self, base: str) -> str:
        """The name, or where it is taken the name and a number: what tells the second may be another's name."""
        name = base
        while self._seen[name]:
            self._seen[base] += 1
            name = f"{base}#{self._seen[base]}"
        self._seen[name] += 1
        return name


def entry_of(location: str | os.PathLike[str], name: str, status: os.stat_result) -> Entry:
    """The entry of a file with this status, and the reason why it can be no return where its status tells."""
    location = os.fspath(location)
    if stat.S_ISLNK(status.st_mode):
        reason = "file.link"
    elif not stat.S_ISREG(status.st_mode):
        reason = "file.special"
    else:
        reason = refusal_by_name(Path(location).name, status.st_size)
        if reason in ("", "file.large") and _in_the_cloud(status):
            reason = "file.cloud"
    return Entry(name, location, status.st_size, min(status.st_mtime_ns, MAX_STORED_INTEGER), reason)


def _in_the_cloud(status: os.stat_result) -> bool:
    """Whether a disk in the cloud has not fetched the file, where the system tells."""
    attributes, flags = (getattr(status, name, 0) for name in ("st_file_attributes", "st_flags"))
    return bool(attributes & (_OFFLINE | _RECALLED) or flags & _DATALESS)


def refusal_by_name(name: str, size: int) -> str:
    """Why a file of this name (without folders) and size can be no return, '' where it may be one."""
    small = name.lower()
    if small.startswith(_LOCK_PREFIXES) or small.endswith(_PARTIAL_ENDINGS):
        return "file.lock"
    if small in _SYSTEM_FILES or small.startswith(_SYSTEM_PREFIX) or small.endswith(_SYSTEM_SUFFIXES):
        return "file.system"
    if small.endswith(_PLACEHOLDERS):
        return "file.cloud"
    return refusal_by_size(size)


def refusal_by_size(size: int) -> str:
    """Why a file of this size can be no return, '' where it may be one."""
    if size > MAX_BYTES:
        return "file.large"
    return "" if size else "file.empty"
