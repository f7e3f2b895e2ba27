"""An archive of returns is a folder: its members are listed, and each is read from where it stands."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from smebatch.intake.archives.zips import files_in, name_of, refusal, time_of
from smebatch.intake.entry import MOST, Entry, Member, printable, reason_of
from smebatch.intake.limits import MAX_MEMBERS

HEADER_ROOM = 5_000  # bytes that a member's header takes at most where nobody plays tricks


def is_archive(entry: Entry) -> bool:
    """Whether the entry's name says that it is an archive."""
    return entry.file.lower().endswith(".zip") and entry.reason in ("", "file.large")


def members_of(entry: Entry, opened: Callable[[str], BinaryIO]) -> list[Entry]:
    """The members of an archive as entries, or the entry itself where it holds none, is a document, or cannot be read.

    A member has a time of its own, where the archive says one.
    """
    try:
        with opened(entry.location) as stream:
            files = files_in(stream)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return [entry]  # the reading will say why
    if not files:
        return [entry]
    if len(files) > MAX_MEMBERS:
        return [replace(entry, reason="file.archive_large")]
    return list(_entries(entry, files))


def _entries(archive: Entry, members: Iterable[zipfile.ZipInfo]) -> Iterator[Entry]:
    seen: Counter[str] = Counter()
    for member in members:
        name = base = printable(name_of(member))
        while seen[name]:  # one name may stand twice, and what tells the second may be another's name
            seen[base] += 1
            name = f"{base}#{seen[base]}"
        seen[name] += 1
        file = f"{archive.file}/{name}"
        reason = reason_of(name.split("/")[-1], max(member.file_size, member.compress_size))
        reason = reason or refusal(member)
        if member.header_offset + member.compress_size > archive.bytes:
            reason = reason or "file.unreadable"
        size, offset, packed = (
            min(number, MOST) for number in (member.file_size, member.header_offset, member.compress_size)
        )
        where = Member(offset, packed, member.compress_type, member.CRC)
        time = time_of(member)
        time = archive.mtime_ns if time is None else min(time, MOST)
        yield Entry(file, archive.location, size, time, reason, where, tag=archive.stamp)
