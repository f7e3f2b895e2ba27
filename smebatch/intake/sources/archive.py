"""Lists the members of a .zip of plain files as entries, which are then read from within the zip."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from smebatch.intake.sources.archives.kinds import has_container_name
from smebatch.intake.sources.archives.zips import list_files, member_name, member_refusal, member_time
from smebatch.intake.sources.entry import (
    MAX_STORED_INTEGER,
    Entry,
    MemberLocation,
    UniqueNames,
    printable_name,
    refusal_by_name,
)
from smebatch.intake.sources.limits import MAX_BYTES, MAX_MEMBERS

_MAGIC = b"PK"
MAX_HEADER_BYTES = 5_000  # bytes of a member's header in an honest zip


def is_container(entry: Entry) -> bool:
    """Whether the entry's name says that it may contain others."""
    return entry.reason in ("", "file.large") and has_container_name(entry.file)


def expand_container(entry: Entry, open_file: Callable[[str], BinaryIO]) -> list[Entry]:
    """The entries that replace a container: the members of a zip of plain files, each to be read in place.

    A container that has to be unpacked first is replaced by itself, ``unopened``. A zip that holds nothing, is a
    document, or cannot be read is returned as it is. ``open_file`` opens a location. A member has the time that the
    archive states for it, else the archive's.
    """
    unopened = replace(entry, unopened=True)
    if not entry.file.lower().endswith(".zip"):
        return [unopened]
    try:
        with open_file(entry.location) as stream:
            if stream.read(len(_MAGIC)) != _MAGIC:
                return [unopened]  # an archive of another kind
            files = list_files(stream)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return [entry]  # reading it will say why
    if not files:
        return [entry]
    if len(files) > MAX_MEMBERS:
        return [replace(entry, reason="file.archive_large")]
    if any(has_container_name(member.filename) for member in files):
        return [unopened]
    return list(_member_entries(entry, files))


def _member_entries(archive: Entry, members: Iterable[zipfile.ZipInfo]) -> Iterator[Entry]:
    names = UniqueNames()
    for member in members:
        file = names.make_unique(f"{archive.file}/{printable_name(member_name(member))}")
        reason = refusal_by_name(file.split("/")[-1], member.file_size) or member_refusal(member)
        if member.compress_size > MAX_BYTES:
            reason = reason or "file.large"
        if member.header_offset + member.compress_size > archive.bytes:
            reason = reason or "file.unreadable"
        size, offset, packed = (
            min(number, MAX_STORED_INTEGER) for number in (member.file_size, member.header_offset, member.compress_size)
        )
        where = MemberLocation(offset, packed, member.compress_type, member.CRC)
        time = member_time(member)
        time = archive.mtime_ns if time is None else min(time, MAX_STORED_INTEGER)
        yield Entry(file, archive.location, size, time, reason, where, tag=archive.stamp)
