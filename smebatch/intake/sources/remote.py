"""Lists a remote folder, s3://bucket/returns or any other that fsspec knows, and fetches several files at a time."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from smebatch.intake.sources.entry import MAX_STORED_INTEGER, Entry, printable_name, refusal_by_name
from smebatch.intake.sources.limits import MAX_BYTES
from smebatch.issues.notice import Notice, ProblemError

FILES_PER_FETCH = 16  # at a time, for waiting takes longer than reading


class RemoteError(ProblemError):
    """The remote folder cannot be listed."""


def list_remote(url: str) -> Iterator[Entry]:
    """Every file below a URL as an entry. Raises RemoteError at once, not while iterating."""
    try:
        filesystem, root = _open_filesystem(url)
        filesystem.invalidate_cache()  # an earlier listing may be out of date
        files = filesystem.find(root, detail=True)
        if not files and not filesystem.exists(root):
            raise FileNotFoundError(url)
    except ImportError as error:
        raise RemoteError("folder.needs_extra", path=url, error=error) from None
    except Exception as error:  # noqa: BLE001  # every service has exceptions of its own
        raise RemoteError("folder.unreachable", path=url, error=_listing_error(error)) from None
    # Some tools store an object whose name ends with a slash for each folder.
    return (_entry_of(filesystem, root, path, details) for path, details in files.items() if not path.endswith("/"))


def remote_entry(url: str, name: str) -> Entry | None:
    """The file of this name below a URL as an entry; None where it cannot be had."""
    try:
        filesystem, root = _open_filesystem(url)
        details = filesystem.info(f"{root.rstrip('/')}/{name}")
        return _entry_of(filesystem, root, details["name"], details) if details["type"] == "file" else None
    except Exception:  # noqa: BLE001  # every service has exceptions of its own
        return None


def _listing_error(error: Exception) -> OSError | Notice:
    """Why a folder cannot be listed: an OSError where all services say it alike, else the service's own words."""
    if isinstance(error, FileNotFoundError | PermissionError):
        number = errno.ENOENT if isinstance(error, FileNotFoundError) else errno.EACCES
        return OSError(number, os.strerror(number))
    return Notice("remote.other", {"said": " ".join(str(error).split()) or repr(error)})


def _entry_of(filesystem: Any, root: str, path: str, details: dict[str, Any]) -> Entry:
    name, size = printable_name(path.removeprefix(root).lstrip("/")), int(details.get("size") or 0)
    time, reason = _modified_ns(details), refusal_by_name(name.split("/")[-1], size)
    return Entry(
        name, filesystem.unstrip_protocol(path), size, time, reason, tag=None if time else _version_tag(details)
    )


def open_remote(location: str) -> BinaryIO:
    """Open a file for reading. Raises OSError."""
    filesystem, path = _open_filesystem(location)
    try:
        stream: BinaryIO = filesystem.open(path, "rb")
    except Exception as error:
        raise OSError(str(error)) from error
    return stream


def fetch_remote(entries: Sequence[Entry], spans: Sequence[tuple[int, int]]) -> Iterator[bytes | str]:
    """Yield the bytes at each entry's span (offset, number of bytes), or the reason why they cannot be had."""
    for start in range(0, len(entries), FILES_PER_FETCH):
        chunk, chunk_spans = entries[start : start + FILES_PER_FETCH], spans[start : start + FILES_PER_FETCH]
        try:
            filesystem, _ = _open_filesystem(chunk[0].location)
            paths = [filesystem._strip_protocol(entry.location) for entry in chunk]  # noqa: SLF001  # fsspec has no other name
            begins = [begin for begin, _ in chunk_spans]
            ends = [begin + min(size, MAX_BYTES + 1) for begin, size in chunk_spans]
            fetched = filesystem.cat_ranges(paths, begins, ends, on_error="return")
        except Exception as error:  # noqa: BLE001  # likewise
            fetched = [error] * len(chunk)
        yield from map(_content, fetched)


def _content(fetched: bytes | bytearray | Exception) -> bytes | str:
    if isinstance(fetched, bytes | bytearray):
        return bytes(fetched)
    return "file.vanished" if isinstance(fetched, FileNotFoundError | PermissionError) else "file.unreachable"


def _open_filesystem(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    filesystem, path = url_to_fs(url)
    return filesystem, str(path)


def _modified_ns(details: dict[str, Any]) -> int:
    """When a file was last changed, in ns since 1970; 0 where the service does not say."""
    for name in ("LastModified", "last_modified", "mtime", "modified", "updated", "created"):
        when = details.get(name)
        if isinstance(when, dt.datetime):
            when = when.timestamp()
        if isinstance(when, int | float):
            return min(int(when * 1_000_000) * 1_000, MAX_STORED_INTEGER)
    return 0


def _version_tag(details: dict[str, Any]) -> int:
    """A number that changes when a file does, from the tag or checksum that the service states."""
    tag = str(details.get("ETag") or details.get("etag") or details.get("checksum") or "")
    return int.from_bytes(hashlib.sha256(tag.encode()).digest()[:7])
