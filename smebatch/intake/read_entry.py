"""Read entries to their ends: every one has an outcome."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence

from smebatch.intake.answers import NotAReturnError, read_return
from smebatch.intake.outcome import Outcome
from smebatch.intake.return_answers import Return
from smebatch.intake.sources.archive import HEADER_ROOM
from smebatch.intake.sources.archives.zips import unpacked
from smebatch.intake.sources.entry import Entry, is_remote, reason_of_size
from smebatch.intake.sources.limits import MAX_BYTES
from smebatch.intake.workbook.encryption import without_excels_password
from smebatch.intake.workbook.file_type import recognise
from smebatch.intake.workbook.workbook import UnreadableError, Workbook
from smebatch.intake.workbook.zip_safety import UnsafeError
from smebatch.standard.model import Edition

Fetched = bytes | str
"""What an entry holds, or the reason why it cannot be had."""


def fetch(entries: Sequence[Entry]) -> Iterator[Fetched]:
    """Yield what the entries hold, one by one; from far away, some at a time."""
    fetched: Iterator[Fetched] = iter(())
    if far := [entry for entry in entries if is_remote(entry.location)]:  # what was unpacked of it is here
        from smebatch.intake.sources.remote import fetch_remote

        fetched = fetch_remote(far, [_span(entry) for entry in far])
    for entry in entries:
        yield _whole(entry, next(fetched) if is_remote(entry.location) else _read(entry))


def _read(entry: Entry) -> Fetched:
    start, size = _span(entry)
    try:
        with open(entry.location, "rb", opener=_open) as stream:
            stream.seek(start)
            data = stream.read(min(size, entry.bytes + 1))  # what is asked for is allotted
            return data + stream.read(size - len(data)) if len(data) > entry.bytes else data
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return "file.vanished"
    except OSError as error:
        return "file.vanished" if error.errno in _BECAME else "file.unreachable"


# What opening says of a link, and of a pipe or a folder.
_BECAME = {errno.ELOOP, errno.ENXIO, errno.EISDIR}
# Where the system knows it: what has become a link since it was listed is not followed, nor a pipe waited for.
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def _open(location: str, flags: int) -> int:
    return os.open(location, flags | _CAREFUL)


def _span(entry: Entry) -> tuple[int, int]:
    """From where to read an entry, and how many bytes at most: it may have grown since it was listed."""
    if entry.member:
        return entry.member.offset, entry.member.packed + HEADER_ROOM
    return 0, MAX_BYTES + 1


def _whole(entry: Entry, raw: Fetched) -> Fetched:
    if isinstance(raw, str):
        return raw
    try:
        data = unpacked(entry.member, raw) if entry.member else raw
    except UnsafeError as unsafe:
        return str(unsafe)
    return reason_of_size(len(data)) or data


def read_entry(entry: Entry, edition: Edition) -> Outcome:
    """Read an entry to its end. Whatever the file holds becomes an outcome, not an exception."""
    if entry.reason:
        return Outcome(entry, reason=entry.reason)
    (fetched,) = fetch([entry])
    return outcome_of(entry, fetched, edition)


def outcome_of(entry: Entry, fetched: Fetched, edition: Edition) -> Outcome:
    """What comes of an entry that was fetched."""
    if isinstance(fetched, str):
        return Outcome(entry, reason=fetched)
    outcome = Outcome(entry, hashlib.sha256(fetched).hexdigest())
    if outcome.sha256 == entry.known:
        outcome.unchanged = True
        return outcome
    try:
        outcome.answers = read_bytes(fetched, edition)
    except NotAReturnError as error:
        outcome.reason, outcome.values = error.reason, error.values
    except UnreadableError:
        outcome.reason = "file.unreadable"
    except MemoryError:
        outcome.reason = "file.memory"
    return outcome


def read_bytes(data: bytes, edition: Edition) -> Return:
    """Read a workbook's bytes; what it is, and whether it is safe, is asked before a reader sees it.

    Raises NotAReturnError, UnreadableError or MemoryError.
    """
    try:
        refused = recognise(data)
        if refused == "file.password":
            data = without_excels_password(data)
            refused = recognise(data)
        if refused:
            raise NotAReturnError(refused)
        return read_return(Workbook(data), edition)
    except UnsafeError as unsafe:
        raise NotAReturnError(str(unsafe)) from None
    except (NotAReturnError, UnreadableError, MemoryError):
        raise
    except Exception as error:  # whatever a damaged file makes a parser say is not for clerks, and costs this one file
        raise UnreadableError from error
