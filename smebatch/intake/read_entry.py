"""Fetches entries and reads them; every entry has a result."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Iterator, Sequence

from smebatch.intake.read_result import ReadResult
from smebatch.intake.read_return import read_return
from smebatch.intake.return_answers import NotAReturnError, ReturnAnswers
from smebatch.intake.sources.archive import MAX_HEADER_BYTES
from smebatch.intake.sources.archives.zips import unpack_member
from smebatch.intake.sources.entry import Entry, is_remote, refusal_by_size
from smebatch.intake.sources.limits import MAX_BYTES
from smebatch.intake.workbook.encryption import decrypt_default_password
from smebatch.intake.workbook.formats import open_workbook, unsupported_reason
from smebatch.intake.workbook.workbook import UnreadableError
from smebatch.intake.workbook.zip_safety import UnsafeError
from smebatch.standard.model import Edition

FetchedContent = bytes | str
"""The bytes of an entry, or the reason why they cannot be had."""


def fetch_contents(entries: Sequence[Entry]) -> Iterator[FetchedContent]:
    """Yield the content of each entry; remote entries are fetched several at a time."""
    fetched: Iterator[FetchedContent] = iter(())
    remote = [entry for entry in entries if is_remote(entry.location)]
    if remote:  # what was unpacked from a remote container is local
        from smebatch.intake.sources.remote import fetch_remote

        fetched = fetch_remote(remote, [_byte_span(entry) for entry in remote])
    for entry in entries:
        yield _unpack_content(entry, next(fetched) if is_remote(entry.location) else _read_local(entry))


def _read_local(entry: Entry) -> FetchedContent:
    start, size = _byte_span(entry)
    try:
        with open(entry.location, "rb", opener=_open_safely) as stream:
            stream.seek(start)
            data = stream.read(min(size, entry.bytes + 1))  # the buffer for this number of bytes is allocated at once
            return data + stream.read(size - len(data)) if len(data) > entry.bytes else data
    except (FileNotFoundError, NotADirectoryError, PermissionError, io.UnsupportedOperation):  # the last of a pipe
        return "file.vanished"
    except OSError as error:
        return "file.vanished" if error.errno in _REPLACED_ERRNOS else "file.unreachable"


# What the system says on opening a link, a socket or a folder.
_REPLACED_ERRNOS = {errno.ELOOP, errno.ENXIO, errno.EISDIR}
# Where the system has these: do not follow a file that has become a link since it was listed, nor wait for a pipe.
_SAFE_OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def _open_safely(location: str, flags: int) -> int:
    return os.open(location, flags | _SAFE_OPEN_FLAGS)


def _byte_span(entry: Entry) -> tuple[int, int]:
    """The offset of an entry and the most bytes to read, for it may have grown since it was listed."""
    if entry.member:
        return entry.member.offset, entry.member.packed + MAX_HEADER_BYTES
    return 0, MAX_BYTES + 1


def _unpack_content(entry: Entry, raw: FetchedContent) -> FetchedContent:
    if isinstance(raw, str):
        return raw
    try:
        data = unpack_member(entry.member, raw) if entry.member else raw
    except UnsafeError as unsafe:
        return str(unsafe)
    return refusal_by_size(len(data)) or data


def read_entry(entry: Entry, edition: Edition) -> ReadResult:
    """Fetch and read an entry. Whatever the file holds becomes a result, not an exception."""
    if entry.reason:
        return ReadResult(entry, reason=entry.reason)
    (fetched,) = fetch_contents([entry])
    return read_content(entry, fetched, edition)


def read_content(entry: Entry, fetched: FetchedContent, edition: Edition) -> ReadResult:
    """Read the fetched content of an entry. Whatever the file holds becomes a result, not an exception."""
    if isinstance(fetched, str):
        return ReadResult(entry, reason=fetched)
    result = ReadResult(entry, hashlib.sha256(fetched).hexdigest())
    if result.sha256 == entry.previous_sha256:
        result.unchanged = True
        return result
    try:
        result.answers = read_bytes(fetched, edition)
    except NotAReturnError as error:
        result.reason, result.values = error.reason, error.values
    except UnreadableError:
        result.reason = "file.unreadable"
    except MemoryError:
        result.reason = "file.memory"
    return result


def read_bytes(data: bytes, edition: Edition) -> ReturnAnswers:
    """Read a return from the bytes of a workbook, whose kind and safety are checked before a reader sees it.

    Raises NotAReturnError, UnreadableError or MemoryError.
    """
    try:
        refused = unsupported_reason(data)
        if refused == "file.password":
            data = decrypt_default_password(data)
            refused = unsupported_reason(data)
        if refused:
            raise NotAReturnError(refused)
        return read_return(open_workbook(data), edition)
    except UnsafeError as unsafe:
        raise NotAReturnError(str(unsafe)) from None
    except (NotAReturnError, UnreadableError, MemoryError):
        raise
    except Exception as error:  # whatever a damaged file makes a parser say costs this file alone
        raise UnreadableError from error
