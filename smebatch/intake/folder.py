"""List a folder of returns and read each file: every entry ends with an outcome."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smebatch.intake.answers import NotAReturnError, Return, read_return
from smebatch.intake.recognise import recognise
from smebatch.intake.safety import MAX_BYTES, UnsafeError
from smebatch.intake.workbook import UnreadableError, Workbook
from smebatch.standard.model import Edition

RETRIED = {"file.vanished"}  # reasons that may be gone at the next run though the file is unchanged

_LOCKS = ("~$", ".~lock.")
_DOWNLOADS = (".tmp", ".crdownload", ".part", ".partial", ".download", ".xltd")  # half done, or left by an office
_SYSTEM = {"thumbs.db", "desktop.ini", ".ds_store"}
_SYSTEM_PREFIX = "._"  # what macOS puts beside each file on other systems' disks


@dataclass(frozen=True, slots=True)
class Entry:
    """Something found in the folder: its path from the folder (with /), size in bytes and time in ns.

    ``reason`` is set where the entry cannot be a return whatever it holds.
    """

    file: str
    path: Path
    bytes: int
    mtime_ns: int
    reason: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of an entry: a return, or the reason why there is none (a code of issues.REASONS with its values).

    ``said``: the reader's own words about a file it cannot open.
    """

    entry: Entry
    sha256: str = ""
    answers: Return | None = None
    reason: str = ""
    values: dict[str, str] = field(default_factory=dict)
    said: str = ""

    @property
    def form_id(self) -> str:
        """The return's id: the beginning of its content's hash, so that equal files have one."""
        return self.sha256[:16] if self.answers else ""


def scan(folder: Path, ignore: Collection[Path] = ()) -> list[Entry]:
    """Every entry below the folder that is not a directory, in the order of their paths; links are not followed.

    ``ignore`` names files of our own that may stand in the folder. Raises OSError where the folder cannot be listed.
    """
    ours = {os.path.normcase(path.absolute()) for path in ignore}
    entries = [entry for entry in _walk(folder, "") if os.path.normcase(entry.path.absolute()) not in ours]
    return sorted(entries, key=lambda entry: entry.file)


def _walk(folder: Path, prefix: str) -> Iterator[Entry]:
    with os.scandir(folder) as found:
        for item in found:
            name = f"{prefix}{_printable(item.name)}"
            if item.is_dir(follow_symlinks=False):
                yield from _walk(Path(item.path), f"{name}/")
            else:
                yield _entry(item, name)


def _printable(name: str) -> str:
    r"""A file name that can be shown and stays itself: bytes that are no UTF-8, controls and bidi marks stand as \x….

    So does a backslash, lest a file be named like another's escape.
    """
    text = name.replace("\\", r"\x5c").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\u3000" else ascii(c)[1:-1] for c in text)


def _entry(item: os.DirEntry[str], name: str) -> Entry:
    try:
        status = item.stat(follow_symlinks=False)
    except OSError:
        return Entry(name, Path(item.path), 0, 0, "file.vanished")
    return entry_of(Path(item.path), name, status)


def entry_of(path: Path, name: str, status: os.stat_result) -> Entry:
    """The entry of a file with this status, and the reason why it can be no return where its status tells."""
    reason = ""
    if stat.S_ISLNK(status.st_mode):
        reason = "file.link"
    elif not stat.S_ISREG(status.st_mode):
        reason = "file.special"
    else:
        reason = _named(path.name) or _sized(status.st_size)
    return Entry(name, path, status.st_size, status.st_mtime_ns, reason)


def _named(name: str) -> str:
    """Why a file of this name can be no return: the rare case where a name is to be believed."""
    small = name.lower()
    if small.startswith(_LOCKS) or small.endswith(_DOWNLOADS):
        return "file.lock"
    return "file.system" if small in _SYSTEM or small.startswith(_SYSTEM_PREFIX) else ""


def _sized(size: int) -> str:
    if size > MAX_BYTES:
        return "file.large"
    return "" if size else "file.empty"


def read_entry(entry: Entry, edition: Edition) -> Outcome:
    """Read an entry to its end. Whatever the file holds becomes an outcome, not an exception."""
    if entry.reason:
        return Outcome(entry, reason=entry.reason)
    try:
        with entry.path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)  # it may have grown since it was listed
    except OSError:
        return Outcome(entry, reason="file.vanished")
    if reason := _sized(len(data)):
        return Outcome(entry, reason=reason)
    outcome = Outcome(entry, hashlib.sha256(data).hexdigest())
    try:
        outcome.answers = read_bytes(data, edition)
    except NotAReturnError as error:
        outcome.reason, outcome.values = error.reason, error.values
    except UnreadableError as error:
        outcome.reason, outcome.said = "file.unreadable", str(error)[:200]
    except MemoryError:
        outcome.reason = "file.memory"
    return outcome


def read_bytes(data: bytes, edition: Edition) -> Return:
    """Read a workbook's bytes; what it is, and whether it is safe, is asked before a reader sees it.

    Raises NotAReturnError, UnreadableError or MemoryError.
    """
    try:
        if refused := recognise(data):
            raise NotAReturnError(refused)
        return read_return(Workbook(data), edition)
    except UnsafeError as unsafe:
        raise NotAReturnError(str(unsafe)) from None
    except (NotAReturnError, UnreadableError, MemoryError):
        raise
    except Exception as error:  # whatever a damaged file makes a parser say, it costs this one file
        raise UnreadableError(repr(error)) from error
