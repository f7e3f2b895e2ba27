"""Finds the file that an entry of the ledger was read from, and gives its bytes or its answers once more.

An entry is looked for from the batch's folders inwards, name by name, and no link is followed; what lies in a container
is taken out of it again. Whatever is found is handed on only where it has the very bytes that the batch has read: so
nothing is ever given that was not read from there, whoever changes the folder meanwhile.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from smebatch.batch.database import BatchDatabase
from smebatch.batch.folders import folders_of, prefix_of
from smebatch.intake.return_answers import ReturnAnswers
from smebatch.intake.sources.archive import expand_container, is_container
from smebatch.intake.sources.archives.kinds import has_container_name
from smebatch.intake.sources.entry import Entry, entry_of, is_remote, printable_name
from smebatch.intake.workers.unpacking import read_entries, unpacked_files
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.notice import ProblemError

_SELECT_MEMBER = """
SELECT bytes, mtime_ns, reason, steps FROM inside WHERE location = ? AND whole = ? AND stamp = ? AND name = ?
"""


class OriginalError(ProblemError):
    """The file is not there any more as it was read."""


class UnreadError(OriginalError):
    """The file was never read, so that nobody can tell whether it is still the same."""


def original_bytes(database: BatchDatabase, file: str, sha256: str, readers: WorkerPool) -> bytes:
    """The bytes of an entry of the ledger, by its name and its hash there.

    Raises OriginalError where they cannot be had any more, WorkerError, OSError.
    """
    from smebatch.intake.read_entry import fetch_contents

    with unpacked_files([_sought(database, file, sha256)], readers, 1) as files:
        (data,) = fetch_contents(files)
    if isinstance(data, str):
        raise OriginalError("original.gone", file=file)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OriginalError("original.changed", file=file)
    return data


def original_answers(database: BatchDatabase, file: str, sha256: str, readers: WorkerPool) -> ReturnAnswers:
    """The answers of a return, read again by a reader process, for what the batch does not keep: where each one stands.

    Raises OriginalError where the file cannot be had any more, or read, WorkerError, OSError.
    """
    (result,) = read_entries([_sought(database, file, sha256)], readers, 1)
    if result.sha256 and result.sha256 != sha256:
        raise OriginalError("original.changed", file=file)
    if result.answers is None:
        raise OriginalError("original.gone", file=file)
    return result.answers


def _sought(database: BatchDatabase, file: str, sha256: str) -> Entry:
    """The entry as it lies there now. Raises OriginalError."""
    if not sha256:
        raise UnreadError("original.unread", file=file)
    entry = find_entry(database, file)
    if entry is None:
        raise OriginalError("original.gone", file=file)
    return entry


def find_entry(database: BatchDatabase, file: str) -> Entry | None:
    """What lies under the name of an entry in the folders of the batch; None where nothing does. Raises BatchError."""
    folders = folders_of(database.meta)
    for folder in folders:
        prefix = prefix_of(folder, folders)
        if file.startswith(prefix):
            find = _find_remote if is_remote(folder.place) else _find_local
            return find(database, folder.place, prefix, file.removeprefix(prefix))
    return None


def _find_local(database: BatchDatabase, place: str, prefix: str, name: str) -> Entry | None:
    path, passed = os.path.realpath(place), prefix
    while name:
        first, _, name = name.partition("/")
        found = _find_item(path, first)
        if found is None:
            return None
        path, status = found
        passed += first
        if not stat.S_ISDIR(status.st_mode):
            entry = entry_of(path, passed, status)
            return _find_member(database, entry, f"{passed}/{name}") if name else entry
        passed += "/"
    return None


def _find_item(folder: str, name: str) -> tuple[str, os.stat_result] | None:
    """The path and the status of the item of a folder that has this name in the ledger, where it may be escaped."""
    try:
        if "\\" in name:
            with os.scandir(folder) as items:
                path = next((item.path for item in items if printable_name(item.name) == name), "")
        else:
            path = str(Path(folder, name))
        # On some systems a name may be a drive's, which leads away from the folder.
        if name in ("", ".", "..") or os.path.dirname(path) != folder:  # noqa: PTH120  (a path that may be no text)
            return None
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return None if stat.S_ISLNK(status.st_mode) else (path, status)


def _find_remote(database: BatchDatabase, place: str, prefix: str, name: str) -> Entry | None:
    """The file of this name, else what lies in a container that has the beginning of it."""
    from smebatch.intake.sources.remote import remote_entry

    ends = [at for at, letter in enumerate(name) if letter == "/" and has_container_name(name[:at])]
    for end in (len(name), *ends):
        found = remote_entry(place, name[:end])
        if found is not None:
            entry = Entry(prefix + name[:end], found.location, found.bytes, found.mtime_ns, found.reason, tag=found.tag)
            return entry if end == len(name) else _find_member(database, entry, prefix + name)
    return None


def _find_member(database: BatchDatabase, container: Entry, file: str) -> Entry | None:
    """What lies in a container under a name: a member of a zip of plain files, else what the batch knows to be there.

    None where the container has changed since the batch opened it.
    """
    from smebatch.intake.sources.remote import open_remote

    if not is_container(container):
        return None
    entries = expand_container(container, open_remote if is_remote(container.location) else _open_local)
    if not any(entry.unopened for entry in entries):
        return next((entry for entry in entries if entry.file == file), None)
    identity = os.fsencode(container.location), container.bytes, container.stamp
    for size, mtime_ns, reason, steps in database.fetch_rows(
        _SELECT_MEMBER, [*identity, file.removeprefix(container.file)]
    ):
        tag = None if container.stamp == mtime_ns else container.stamp
        return Entry(
            file, container.location, size, mtime_ns, reason, None, "", tag, tuple(steps or ()), container.bytes
        )
    return None


def _open_local(location: str) -> BinaryIO:
    return Path(location).open("rb")
