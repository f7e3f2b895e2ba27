"""Opens a container, which is an archive or a mail: lists what lies in it at any depth, or takes it out.

This runs in a worker process, which may die of it. Files are unpacked to a folder that the parent names and removes.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from smebatch.intake.read_result import ContainerTask, MemberSteps, ReadResult
from smebatch.intake.sources.archives import (
    HEAD_BYTES,
    ArchiveMember,
    ContainerError,
    archive_kind,
    extract_members,
    list_members,
)
from smebatch.intake.sources.archives.kinds import has_container_name
from smebatch.intake.sources.entry import (
    MAX_STORED_INTEGER,
    Entry,
    UniqueNames,
    is_remote,
    printable_name,
    refusal_by_name,
)
from smebatch.intake.sources.limits import MAX_BYTES, MAX_MEMBERS, MAX_UNPACKED

MAX_DEPTH = 5  # containers in one another
_COPY_BYTES = 1 << 20
_MAIL_KINDS = {"eml", "msg", "tnef"}  # kinds of containers whose members may have lost their names
_NAMELESS_ENDINGS = (".dat", ".bin")


def open_container(task: ContainerTask) -> ReadResult:
    """List a container, or take the wanted members out. Whatever it holds becomes a result, not an exception.

    ``members`` of the result are what lies in the container, or the wanted entries in order, each with its new location
    or the reason why it cannot be had. A file that turns out to be no container is its own only member.
    """
    entry = replace(task.entry, unopened=False)
    try:
        with _unpacking_to(task.folder):
            members = _OpenContainer(task).take_out() if task.wanted else _OpenContainer(task).list_entries(entry)
        if not task.wanted:
            shutil.rmtree(task.folder, ignore_errors=True)
        return ReadResult(entry, members=members)
    except ContainerError as error:
        reason = str(error)
    except OSError as error:
        reason = _REASON_BY_ERRNO.get(error.errno or 0, "file.unreachable")
    except Exception:  # noqa: BLE001  # whatever a damaged container makes a parser say costs this container alone
        reason = "archive.unread"
    shutil.rmtree(task.folder, ignore_errors=True)
    return ReadResult(entry, reason=reason)


_REASON_BY_ERRNO = {
    errno.ENOENT: "file.vanished",
    errno.EACCES: "file.vanished",
    errno.ELOOP: "file.vanished",
    errno.EFBIG: "file.expands",  # the limit of this process
    errno.ENOMEM: "archive.unread",
}


@contextmanager
def _unpacking_to(folder: str) -> Iterator[None]:
    """Make the folder, and have temporary files of libraries and programs written to it as well."""
    shutil.rmtree(folder, ignore_errors=True)  # left by a worker that has died
    with suppress(FileExistsError):
        Path(folder).parent.mkdir(mode=0o700)
    Path(folder).mkdir(mode=0o700)
    before, kept = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        tempfile.tempdir = before
        if kept is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = kept


class _OpenContainer:
    """A container while it is open, with the numbers of members and bytes it has cost so far."""

    def __init__(self, task: ContainerTask) -> None:
        self._task, self._folder = task, Path(task.folder)
        self._names, self._numbers = UniqueNames(), count()
        self._members, self._left = 0, MAX_UNPACKED

    # --- listing ------------------------------------------------------------------------------------------------------

    def list_entries(self, entry: Entry) -> list[Entry]:
        """The entries in the container, at any depth. Raises ContainerError, OSError."""
        return self._list_container(self._container_path(), _base_name(entry.file), entry) or [entry]

    def _list_container(self, path: Path, name: str, outer: Entry) -> list[Entry]:
        """The entries in a container at ``path``, itself the entry ``outer``; none where it is no container."""
        kind = _kind_of_file(path, name)
        if not kind:
            return []
        members = list_members(path, kind)
        self._members += len(members)
        if self._members > MAX_MEMBERS:
            raise _TooLargeError("file.archive_large")
        entries = [self._entry_of(inside, number, outer) for number, inside in enumerate(members)]
        containers = {
            number: (_base_name(inside.name), entry)
            for number, (inside, entry) in enumerate(zip(members, entries, strict=True))
            if entry.reason in ("", "file.large") and _may_hold_others(_base_name(inside.name), kind)
        }
        if len(outer.steps) + 1 >= MAX_DEPTH:
            entries_within = {
                number: [replace(entry, reason="archive.deep")] for number, (_, entry) in containers.items()
            }
        else:
            entries_within = self._list_inner(path, kind, members, containers)
        return [each for number, entry in enumerate(entries) for each in entries_within.get(number, [entry])]

    def _list_inner(
        self, path: Path, kind: str, members: Sequence[ArchiveMember], containers: Mapping[int, tuple[str, Entry]]
    ) -> dict[int, list[Entry]]:
        """The entries of inner containers by their numbers; they are taken out together, listed, and removed."""
        paths = {number: self._new_path() for number in containers}
        reasons = self._extract(path, kind, paths, self._size_limits(members, paths, containers))
        entries = {}
        for number, (name, entry) in containers.items():
            reason = reasons.get(number, "").replace("file.large", "archive.unread")
            try:
                entries[number] = [replace(entry, reason=reason)] if reason else []
                entries[number] = entries[number] or self._list_container(paths[number], name, entry) or [entry]
            except _TooLargeError:
                raise
            except ContainerError as error:
                entries[number] = [replace(entry, reason=str(error))]
            paths[number].unlink(missing_ok=True)
        return entries

    def _entry_of(self, member: ArchiveMember, number: int, outer: Entry) -> Entry:
        top = self._task.entry
        name = self._names.make_unique(f"{outer.file}/{printable_name(member.name)}")
        size = min(member.bytes, MAX_STORED_INTEGER)
        time = outer.mtime_ns if member.mtime_ns is None else min(member.mtime_ns, MAX_STORED_INTEGER)
        reason = refusal_by_name(name.split("/")[-1], size)
        if member.reason and reason in ("", "file.large"):
            reason = member.reason
        steps = (*outer.steps, number)
        return Entry(name, top.location, size, time, reason, tag=top.stamp, steps=steps, container_bytes=top.bytes)

    # --- taking out ---------------------------------------------------------------------------------------------------

    def take_out(self) -> list[Entry]:
        """The wanted members as entries of files. Raises ContainerError, OSError."""
        paths = {steps: self._new_path() for steps in self._task.wanted}
        reasons = self._take_from(self._container_path(), self._task.entry.file, paths)
        entries = []
        for steps, path in paths.items():
            reason = reasons.get(steps, "") or ("" if path.is_file() else "file.vanished")
            entries.append(Entry("", str(path), 0 if reason else path.stat().st_size, 0, reason))
        return entries

    def _take_from(self, path: Path, name: str, wanted: Mapping[MemberSteps, Path]) -> dict[MemberSteps, str]:
        """Take the wanted members out of a container. Return the reasons of those that fail, by their steps."""
        kind = _kind_of_file(path, name)
        if not kind:
            raise ContainerError("file.vanished")
        wanted_within: dict[int, dict[MemberSteps, Path]] = {}
        for (number, *rest), place in wanted.items():
            wanted_within.setdefault(number, {})[tuple(rest)] = place
        plain = {number: wanted_below[()] for number, wanted_below in wanted_within.items() if () in wanted_below}
        containers = {number: self._new_path() for number in wanted_within if number not in plain}
        members = list_members(path, kind) if containers else []
        reasons = self._extract(
            path, kind, plain | containers, self._size_limits(members, plain | containers, containers)
        )
        failures = {(number, *rest): reason for number, reason in reasons.items() for rest in wanted_within[number]}
        for number, place in containers.items():
            if place.is_file():
                try:
                    refused_there = self._take_from(place, _base_name(members[number].name), wanted_within[number])
                except _TooLargeError:
                    raise
                except ContainerError as error:
                    refused_there = dict.fromkeys(wanted_within[number], str(error))
                failures |= {(number, *rest): reason for rest, reason in refused_there.items()}
                place.unlink()
        return failures

    # --- files --------------------------------------------------------------------------------------------------------

    def _size_limits(
        self, members: Sequence[ArchiveMember], wanted: Collection[int], containers: Collection[int]
    ) -> dict[int, int]:
        """The sizes allowed to inner containers that are larger than MAX_BYTES: what they declare, while there is room.

        The smaller ones come first, so that one that declares a huge size costs itself alone.
        """
        left, limits = self._left, {}
        for size, number in sorted((inside.bytes, n) for n, inside in enumerate(members) if n in wanted):
            left -= size
            if left >= 0 and size > MAX_BYTES and number in containers:
                limits[number] = size
        return limits

    def _extract(self, path: Path, kind: str, wanted: Mapping[int, Path], limits: Mapping[int, int]) -> dict[int, str]:
        failed = extract_members(path, kind, wanted, self._left, limits) if wanted else {}
        self._count_bytes(sum(place.stat().st_size for place in wanted.values() if place.is_file()))
        return failed

    def _count_bytes(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _TooLargeError("file.expands")

    def _new_path(self) -> Path:
        return self._folder / str(next(self._numbers))

    def _container_path(self) -> Path:
        """The local path of the container, unchanged since it was listed. Raises ContainerError, OSError."""
        entry = self._task.entry
        if is_remote(entry.location):
            return self._fetch(entry.location)
        path = Path(entry.location)
        if min(path.lstat().st_mtime_ns, MAX_STORED_INTEGER) != entry.stamp:
            raise ContainerError("file.vanished")
        return path

    def _fetch(self, location: str) -> Path:
        from smebatch.intake.sources.remote import open_remote

        path = self._new_path()
        with open_remote(location) as stream, path.open("wb") as file:
            while piece := stream.read(_COPY_BYTES):
                self._count_bytes(file.write(piece))
        return path


class _TooLargeError(ContainerError):
    """The container as a whole holds too many members, or too large ones."""


def _base_name(name: str) -> str:
    return name.rsplit("/", maxsplit=1)[-1]


def _kind_of_file(path: Path, name: str) -> str:
    with path.open("rb") as file:
        return archive_kind(name, file.read(HEAD_BYTES))


def _may_hold_others(name: str, kind: str) -> bool:
    """Whether a member of a container of this kind may be a container, by its name; then its bytes are looked at."""
    lost = kind in _MAIL_KINDS and (name.lower().endswith(_NAMELESS_ENDINGS) or "." not in name)
    return lost or has_container_name(name)
