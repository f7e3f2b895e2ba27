"""A folder far away, s3://bucket/returns or whatever else fsspec knows: listed, and fetched some files at a time."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from smebatch.intake.sources.entry import MOST, Entry, printable, reason_of
from smebatch.intake.sources.limits import MAX_BYTES
from smebatch.issues.catalogue import Notice, ProblemError

TOGETHER = 16  # files fetched at a time: far away, waiting takes longer than reading


class RemoteError(ProblemError):
    """The place cannot be listed."""


def list_remote(url: str) -> Iterator[Entry]:
    """Every file below a URL as an entry. Raises RemoteError, at once."""
    try:
        place, root = _place(url)
        place.invalidate_cache()  # what was listed before may have changed
        found = place.find(root, detail=True)
        if not found and not place.exists(root):
            raise FileNotFoundError(url)
    except ImportError as error:
        raise RemoteError("folder.needs_extra", path=url, error=error) from None
    except Exception as error:  # noqa: BLE001  # every service has exceptions of its own
        raise RemoteError("folder.unreachable", path=url, error=_why(error)) from None
    # What ends with a slash is what some tools make for a folder.
    return (_entry_of(place, root, path, told) for path, told in found.items() if not path.endswith("/"))


def _why(error: Exception) -> OSError | Notice:
    """What keeps a place from being listed, as far as every service says it in the same way."""
    if isinstance(error, FileNotFoundError | PermissionError):
        number = errno.ENOENT if isinstance(error, FileNotFoundError) else errno.EACCES
        return OSError(number, os.strerror(number))
    return Notice("remote.other", {"said": " ".join(str(error).split()) or repr(error)})


def _entry_of(place: Any, root: str, path: str, told: dict[str, Any]) -> Entry:
    name, size = printable(path.removeprefix(root).lstrip("/")), int(told.get("size") or 0)
    time, reason = _time(told), reason_of(name.split("/")[-1], size)
    return Entry(name, place.unstrip_protocol(path), size, time, reason, tag=None if time else _tag(told))


def open_remote(location: str) -> BinaryIO:
    """Open a file for reading. Raises OSError."""
    place, path = _place(location)
    try:
        stream: BinaryIO = place.open(path, "rb")
    except Exception as error:
        raise OSError(str(error)) from error
    return stream


def fetch_remote(entries: Sequence[Entry], spans: Sequence[tuple[int, int]]) -> Iterator[bytes | str]:
    """Yield what stands at each entry's span (from where, how many bytes), or the reason why it cannot be had."""
    for start in range(0, len(entries), TOGETHER):
        some, parts = entries[start : start + TOGETHER], spans[start : start + TOGETHER]
        try:
            place, _ = _place(some[0].location)
            paths = [place._strip_protocol(entry.location) for entry in some]  # noqa: SLF001  # fsspec has no other
            begins = [begin for begin, _ in parts]
            ends = [begin + min(size, MAX_BYTES + 1) for begin, size in parts]
            fetched = place.cat_ranges(paths, begins, ends, on_error="return")
        except Exception as error:  # noqa: BLE001  # likewise
            fetched = [error] * len(some)
        yield from map(_content, fetched)


def _content(fetched: bytes | bytearray | Exception) -> bytes | str:
    if isinstance(fetched, bytes | bytearray):
        return bytes(fetched)
    return "file.vanished" if isinstance(fetched, FileNotFoundError | PermissionError) else "file.unreachable"


def _place(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    place, path = url_to_fs(url)
    return place, str(path)


def _time(told: dict[str, Any]) -> int:
    """When a file was last changed, in ns; 0 where nothing says so."""
    for name in ("LastModified", "last_modified", "mtime", "modified", "updated", "created"):
        when = told.get(name)
        if isinstance(when, dt.datetime):
            when = when.timestamp()
        if isinstance(when, int | float):
            return min(int(when * 1_000_000) * 1_000, MOST)
    return 0


def _tag(told: dict[str, Any]) -> int:
    """A number that changes when a file does."""
    tag = str(told.get("ETag") or told.get("etag") or told.get("checksum") or "")
    return int.from_bytes(hashlib.sha256(tag.encode()).digest()[:7])
