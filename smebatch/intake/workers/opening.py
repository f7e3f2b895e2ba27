"""A container, an archive or a mail, is a folder: what lies in it at whatever depth is listed, and taken out.

This runs in a reader process, which may die of it. What is unpacked lies in a folder of the parent's, which removes it.
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

from smebatch.intake.outcome import Opening, Outcome, Steps
from smebatch.intake.sources.archive import is_called_container
from smebatch.intake.sources.archives import HEAD, ContainerError, Inside, kind_of, list_inside, take_out
from smebatch.intake.sources.entry import MOST, Entry, Names, is_remote, printable, reason_of
from smebatch.intake.sources.limits import MAX_BYTES, MAX_MEMBERS, MAX_UNPACKED

MAX_DEPTH = 5  # containers in one another
_PIECE = 1 << 20
_MAILS = {"eml", "msg", "tnef"}  # whose attachments may have lost their names
_LOST = (".dat", ".bin")


def open_up(opening: Opening) -> Outcome:
    """List or take out; ``members`` of the outcome are what lies in the container, or what was wanted, in order.

    Of what was wanted, an entry says where it is now, or the reason why it cannot be had. What turns out to be no
    container is its own only member. Whatever the container holds becomes an outcome, not an exception.
    """
    entry = replace(opening.entry, closed=False)
    try:
        with _unpacking_to(opening.folder):
            members = _Opened(opening).taken() if opening.wanted else _Opened(opening).listed(entry)
        if not opening.wanted:
            shutil.rmtree(opening.folder, ignore_errors=True)
        return Outcome(entry, members=members)
    except ContainerError as error:
        reason = str(error)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, "file.unreachable")
    except Exception:  # noqa: BLE001  # whatever a damaged container makes a parser say, it costs this one
        reason = "archive.unread"
    shutil.rmtree(opening.folder, ignore_errors=True)
    return Outcome(entry, reason=reason)


_REASONS = {
    errno.ENOENT: "file.vanished",
    errno.EACCES: "file.vanished",
    errno.ELOOP: "file.vanished",
    errno.EFBIG: "file.expands",  # the limit of this process
    errno.ENOMEM: "archive.unread",
}


@contextmanager
def _unpacking_to(folder: str) -> Iterator[None]:
    """Whatever is written meanwhile, by libraries and programs as well, lies in the folder."""
    shutil.rmtree(folder, ignore_errors=True)  # of a reader that has died over it
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


class _Opened:
    """One container while it is open, and what it has cost so far."""

    def __init__(self, opening: Opening) -> None:
        self._opening, self._folder = opening, Path(opening.folder)
        self._names, self._numbers = Names(), count()
        self._members, self._left = 0, MAX_UNPACKED

    # --- listing ------------------------------------------------------------------------------------------------------

    def listed(self, entry: Entry) -> list[Entry]:
        """What lies in the container, at any depth. Raises ContainerError, OSError."""
        return self._listed(self._there(), _last(entry.file), entry) or [entry]

    def _listed(self, path: Path, name: str, outer: Entry) -> list[Entry]:
        """What lies in a container of this name, which is an entry itself; nothing where it is none."""
        kind = _kind(path, name)
        if not kind:
            return []
        insides = list_inside(path, kind)
        self._members += len(insides)
        if self._members > MAX_MEMBERS:
            raise _TooLargeError("file.archive_large")
        entries = [self._entry(inside, number, outer) for number, inside in enumerate(insides)]
        inner = {
            number: (_last(inside.name), entry)
            for number, (inside, entry) in enumerate(zip(insides, entries, strict=True))
            if entry.reason in ("", "file.large") and _may_hold_others(_last(inside.name), kind)
        }
        if len(outer.steps) + 1 >= MAX_DEPTH:
            deep = {number: [replace(entry, reason="archive.deep")] for number, (_, entry) in inner.items()}
        else:
            deep = self._inner(path, kind, insides, inner)
        return [each for number, entry in enumerate(entries) for each in deep.get(number, [entry])]

    def _inner(
        self, path: Path, kind: str, insides: Sequence[Inside], inner: Mapping[int, tuple[str, Entry]]
    ) -> dict[int, list[Entry]]:
        """What lies in containers within a container, by their numbers there: taken out at once, and removed."""
        places = {number: self._place() for number in inner}
        failed = self._take_out(path, kind, places, self._limits(insides, places, inner))
        found = {}
        for number, (name, entry) in inner.items():
            reason = failed.get(number, "").replace("file.large", "archive.unread")
            try:
                found[number] = [replace(entry, reason=reason)] if reason else []
                found[number] = found[number] or self._listed(places[number], name, entry) or [entry]
            except _TooLargeError:
                raise
            except ContainerError as error:
                found[number] = [replace(entry, reason=str(error))]
            places[number].unlink(missing_ok=True)
        return found

    def _entry(self, inside: Inside, number: int, outer: Entry) -> Entry:
        top = self._opening.entry
        name = self._names.told_apart(f"{outer.file}/{printable(inside.name)}")
        size = min(inside.bytes, MOST)
        time = outer.mtime_ns if inside.mtime_ns is None else min(inside.mtime_ns, MOST)
        reason = reason_of(name.split("/")[-1], size)
        if inside.reason and reason in ("", "file.large"):
            reason = inside.reason
        steps = (*outer.steps, number)
        return Entry(name, top.location, size, time, reason, tag=top.stamp, steps=steps, whole=top.bytes)

    # --- taking out ---------------------------------------------------------------------------------------------------

    def taken(self) -> list[Entry]:
        """What is wanted, as files. Raises ContainerError, OSError."""
        places = {steps: self._place() for steps in self._opening.wanted}
        failed = self._taken(self._there(), self._opening.entry.file, places)
        found = []
        for steps, path in places.items():
            reason = failed.get(steps, "") or ("" if path.is_file() else "file.vanished")
            found.append(Entry("", str(path), 0 if reason else path.stat().st_size, 0, reason))
        return found

    def _taken(self, path: Path, name: str, wanted: Mapping[Steps, Path]) -> dict[Steps, str]:
        """Take out what is wanted of a container. Returns the reasons of what cannot be had, by its steps."""
        kind = _kind(path, name)
        if not kind:
            raise ContainerError("file.vanished")
        below: dict[int, dict[Steps, Path]] = {}
        for (number, *rest), place in wanted.items():
            below.setdefault(number, {})[tuple(rest)] = place
        plain = {number: places[()] for number, places in below.items() if () in places}
        inner = {number: self._place() for number in below if number not in plain}
        insides = list_inside(path, kind) if inner else []
        refused = self._take_out(path, kind, plain | inner, self._limits(insides, plain | inner, inner))
        failed = {(number, *rest): reason for number, reason in refused.items() for rest in below[number]}
        for number, place in inner.items():
            if place.is_file():
                try:
                    refused_there = self._taken(place, _last(insides[number].name), below[number])
                except _TooLargeError:
                    raise
                except ContainerError as error:
                    refused_there = dict.fromkeys(below[number], str(error))
                failed |= {(number, *rest): reason for rest, reason in refused_there.items()}
                place.unlink()
        return failed

    # --- files --------------------------------------------------------------------------------------------------------

    def _limits(
        self, insides: Sequence[Inside], wanted: Collection[int], containers: Collection[int]
    ) -> dict[int, int]:
        """How large containers may be that are larger than a return: as large as they say, while there is room.

        The smaller come first, so that one that says it is huge costs itself alone.
        """
        left, limits = self._left, {}
        for size, number in sorted((inside.bytes, n) for n, inside in enumerate(insides) if n in wanted):
            left -= size
            if left >= 0 and size > MAX_BYTES and number in containers:
                limits[number] = size
        return limits

    def _take_out(self, path: Path, kind: str, wanted: Mapping[int, Path], limits: Mapping[int, int]) -> dict[int, str]:
        failed = take_out(path, kind, wanted, self._left, limits) if wanted else {}
        self._spend(sum(place.stat().st_size for place in wanted.values() if place.is_file()))
        return failed

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _TooLargeError("file.expands")

    def _place(self) -> Path:
        return self._folder / str(next(self._numbers))

    def _there(self) -> Path:
        """The container as a file that is what was listed. Raises ContainerError, OSError."""
        entry = self._opening.entry
        if is_remote(entry.location):
            return self._fetched(entry.location)
        path = Path(entry.location)
        if min(path.lstat().st_mtime_ns, MOST) != entry.stamp:
            raise ContainerError("file.vanished")
        return path

    def _fetched(self, location: str) -> Path:
        from smebatch.intake.sources.remote import open_remote

        path = self._place()
        with open_remote(location) as stream, path.open("wb") as file:
            while piece := stream.read(_PIECE):
                self._spend(file.write(piece))
        return path


class _TooLargeError(ContainerError):
    """The container as a whole holds too many files, or too large ones."""


def _last(name: str) -> str:
    return name.rsplit("/", maxsplit=1)[-1]


def _kind(path: Path, name: str) -> str:
    with path.open("rb") as file:
        return kind_of(name, file.read(HEAD))


def _may_hold_others(name: str, kind: str) -> bool:
    """Whether something in a container of this kind may be one itself, by its name; its bytes are looked at then."""
    lost = kind in _MAILS and (name.lower().endswith(_LOST) or "." not in name)
    return lost or is_called_container(name)
