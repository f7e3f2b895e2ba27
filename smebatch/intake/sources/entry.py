"""Entries: what is found where returns are looked for, and what an entry's name and size tell about it."""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from smebatch.intake.sources.limits import MAX_BYTES

# Reasons that may not hold at the next run though the entry has not changed; LIMIT_REASONS where limits have changed.
RETRY_REASONS = frozenset({"file.vanished", "file.unlistable", "file.unreachable", "file.cloud", "archive.no_program"})
LIMIT_REASONS = frozenset({"file.time", "file.memory", "file.reader", "archive.unread"})

# Of bytes, and of ns since 1970 (until 2116): archives and file systems may state more than a database can store.
MAX_STORED_INTEGER = 2**62

_LOCK_PREFIXES = ("~$", ".~")  # of Excel and Word; of LibreOffice (.~lock.) and WPS
# Endings of files that are unfinished, or left by an office program.
_PARTIAL_ENDINGS = (".tmp", ".crdownload", ".part", ".partial", ".download", ".xltd")
_SYSTEM_FILES = {"thumbs.db", "desktop.ini", ".ds_store"}
_SYSTEM_PREFIX = "._"  # of the files that macOS puts beside each file on disks of other systems
# Streams that Windows and others attach to a file; copied to another disk, they become files of their own.
_SYSTEM_SUFFIXES = ("zone.identifier", "zone.identifier:$data", ":com.dropbox.attributes", ":com.dropbox.attrs")
# Placeholders of files that a cloud disk has not fetched: iCloud, Nextcloud, ownCloud. Other disks set a file's status.
_PLACEHOLDERS = (".icloud", ".nextcloud", ".owncloud")
# File attributes of Windows: the data are fetched when they are read.
_OFFLINE, _RECALLED = 0x1000, 0x40_0000 | 0x4_0000
_DATALESS = 0x4000_0000  # macOS


def is_remote(location: str | Path) -> bool:
    """Whether a folder or a file is a URL: s3://bucket/returns."""
    return "://" in str(location)


class MemberLocation(NamedTuple):
    """Where a zip holds a file: offset of its header, packed bytes, compression method (of zipfile), and CRC-32."""

    offset: int
    packed: int
    method: int
    crc: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Something found in the folder: its path from the folder (with /), its size in bytes, its time in ns since 1970.

    ``location``: a local path or a URL; of the archive where the entry is a ``member`` of a zip that is read in place.
    ``reason``: why the entry cannot be a return whatever it holds. ``previous_sha256``: its hash when it was last read.
    ``tag``: a number that changes with the content where the time does not: a member's time is its own and stays when
    its archive is packed anew, and a time that nobody states is 0.

    What has to be unpacked to be read has ``steps``: its number at each level from the container at ``location``, of
    ``container_bytes`` bytes, inwards. An ``unopened`` container is replaced by what it holds once it has been opened.
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
        """A number that changes when the content does."""
        return self.mtime_ns if self.tag is None else self.tag


def printable_name(name: str) -> str:
    r"""Escape what cannot be shown in a file name as \x…: bytes that are no UTF-8, controls, marks of direction.

    A backslash is escaped as well, so that no name equals the escaped name of another file.
    """
    text = name.replace("\\", r"\x5c").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\u3000" else ascii(c)[1:-1] for c in text)


class UniqueNames:
    """Makes the names of the members of one container unique, for each is a line of the ledger."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def make_unique(self, base: str) -> str:
        """Return the name, or the name with a number where it is taken already, perhaps by a numbered one."""
        name = base
        while self._seen[name]:
            self._seen[base] += 1
            name = f"{base}#{self._seen[base]}"
        self._seen[name] += 1
        return name


def entry_of(location: str | os.PathLike[str], name: str, status: os.stat_result) -> Entry:
    """The entry of a file with this status; it has a reason where name or status say that it is no return."""
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
    """Whether a cloud disk has not fetched the file, as far as the system tells."""
    attributes, flags = (getattr(status, name, 0) for name in ("st_file_attributes", "st_flags"))
    return bool(attributes & (_OFFLINE | _RECALLED) or flags & _DATALESS)


def refusal_by_name(name: str, size: int) -> str:
    """Why a file of this name (without folders) and size cannot be a return; '' where it may be one."""
    small = name.lower()
    if small.startswith(_LOCK_PREFIXES) or small.endswith(_PARTIAL_ENDINGS):
        return "file.lock"
    if small in _SYSTEM_FILES or small.startswith(_SYSTEM_PREFIX) or small.endswith(_SYSTEM_SUFFIXES):
        return "file.system"
    if small.endswith(_PLACEHOLDERS):
        return "file.cloud"
    return refusal_by_size(size)


def refusal_by_size(size: int) -> str:
    """Why a file of this size in bytes cannot be a return; '' where it may be one."""
    if size > MAX_BYTES:
        return "file.large"
    return "" if size else "file.empty"
