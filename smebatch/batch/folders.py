"""Which folders a batch reads, and whether what lies there is still what it has read (design, section 6).

A batch belongs to its folder. Another one, one that has vanished, or one that has lost more than half of what was read
is a mistake more often than an intention, and would empty the batch: it is refused until it is asked for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import Store
from smebatch.batch.inventory import Found
from smebatch.common.text import as_json
from smebatch.intake.sources.entry import Entry, is_remote, printable_name
from smebatch.intake.sources.folder import list_entries
from smebatch.intake.sources.remote import RemoteError
from smebatch.issues.catalogue import Notice


class Folder(NamedTuple):
    """A folder of a batch: what its entries' names begin with where there are several, and its full path or URL."""

    name: str
    place: str


class Asked(NamedTuple):
    """What was asked for: to add a further folder, to put one in the place of all, to do without what has gone."""

    add: bool = False
    replace: bool = False
    gone: bool = False


NOTHING_ASKED = Asked()


def place_of(folder: str | Path) -> str:
    """The full path of a folder, or its URL."""
    return str(folder).rstrip("/") if is_remote(folder) else os.path.abspath(folder)  # noqa: PTH100  (links stay)


def folders_of(meta: Mapping[str, str]) -> list[Folder]:
    """The folders that a batch reads, by its meta."""
    return [Folder(*folder) for folder in json.loads(meta.get("folders", "[]"))]


def as_meta(folders: Sequence[Folder]) -> str:
    """The folders as they stand in the batch's meta."""
    return as_json(folders)


def prefix_of(folder: Folder, folders: Sequence[Folder]) -> str:
    """What the names of a folder's entries begin with."""
    return f"{folder.name}/" if len(folders) > 1 else ""


def chosen(store: Store, found: Found, listing: Listing, asked: Asked) -> tuple[list[Folder], list[Notice]]:
    """The folders that the batch reads from now on, and what is to be said of them.

    Raises BatchError where the folder is not one of the batch's, and nothing was asked for; and for one that is to be
    added but holds another, or lies in it.
    """
    known, place = folders_of(store.meta), listing.place
    same = next((folder for folder in known if _same(folder.place, place)), None)
    if same and not asked.replace:
        return known, []
    if asked.add and known:
        if nested := next((folder for folder in known if _nested(folder.place, place)), None):
            raise BatchError("folder.nested", path=place, other=nested.place)
        return [*known, _named(place, known)], []
    if asked.replace or not found.read_before() or (asked.gone and not known):
        return [same or _named(place, [])], []
    # A batch of an older layout knows its folder's name alone.
    old = known or [Folder("", store.meta.get("folder", ""))]
    found.list_entries(listing(place), "")
    for folder in old:
        if found.half_lies_there(prefix_of(folder, old)):
            moved = Folder(folder.name or _named(place, []).name, place)
            notices = [Notice("folder.moved", {"old": folder.place, "path": place})] if known else []
            return [moved if each == folder else each for each in old], notices
    raise BatchError("folder.other", path=place, batch=store.path, known="、".join(folder.place for folder in old))


class Listing:
    """What lies in folders, each listed when it is asked for; the one that was named is there, for it was looked at."""

    def __init__(self, place: str, ours: Collection[Path], asked: Asked) -> None:
        """``ours``: files of our own, which are passed over. Raises OSError, RemoteError."""
        self.place, self._ours = place, ours
        self._first = None if asked.gone else list_entries(place, ours)

    def pass_over(self, folders: Collection[Path]) -> None:
        """Pass over further folders of our own, as long as nothing has been listed. Raises OSError."""
        self._ours = [*self._ours, *folders]
        if self._first and folders and not is_remote(self.place):
            self._first = list_entries(self.place, self._ours)

    def __call__(self, place: str) -> Iterator[Entry]:
        """The entries of a folder. Raises OSError, RemoteError."""
        first, self._first = self._first, None
        return first if first and place == self.place else list_entries(place, self._ours)


def list_all(
    found: Found, folders: Sequence[Folder], listing: Listing, asked: Asked
) -> tuple[list[Folder], list[Notice]]:
    """List the folders; those that have vanished are left out where that was asked for. Raises BatchError."""
    there, notices = {}, []
    for folder in folders:
        try:
            there[folder] = listing(folder.place)
        except (OSError, RemoteError) as error:
            if not asked.gone:
                said = error.values.get("error", "") if isinstance(error, RemoteError) else error
                raise BatchError("folder.vanished", path=folder.place, error=said) from None
            notices.append(Notice("folder.dropped", {"path": folder.place}))
    left = list(there)
    for folder, entries in there.items():
        found.list_entries(entries, prefix_of(folder, left))
    return left or list(folders[:1]), notices


def check_lost(found: Found, before: Sequence[Folder], after: Sequence[Folder]) -> None:
    """Raise BatchError for a folder that has lost more than half of what was read of it."""
    for folder in before:
        if folder in after:
            lost, total = found.lost(prefix_of(folder, before), prefix_of(folder, after))
            if 2 * lost > total:
                raise BatchError("folder.lost", path=folder.place, lost=lost, total=total)


def carry_over(store: Store, before: Sequence[Folder], after: Sequence[Folder]) -> None:
    """Let the entries go with their folders: named as from now on, or forgotten with one that is left out.

    Of a folder in another place neither sizes nor times tell that a file is what it was.
    """
    for folder in before:
        there = next((each for each in after if each.name == folder.name), None)
        old = prefix_of(folder, before)
        if there is None:
            store.forget_entries(old)
            continue
        if there.place != folder.place:
            store.doubt(old)
        if (new := prefix_of(there, after)) != old:
            store.rename(old, new)


def _named(place: str, beside: Sequence[Folder]) -> Folder:
    name = base = printable_name(PurePath(place).name) or "根目录"
    taken, number = {folder.name for folder in beside}, 1
    while name in taken:
        number += 1
        name = f"{base}#{number}"
    return Folder(name, place)


def _same(one: str, other: str) -> bool:
    return os.path.normcase(one) == os.path.normcase(other)


def _nested(one: str, other: str) -> bool:
    """Whether one of two folders lies in the other."""
    ways = [os.path.normcase(place).replace("\\", "/").rstrip("/") + "/" for place in (one, other)]
    return ways[0].startswith(ways[1]) or ways[1].startswith(ways[0])
