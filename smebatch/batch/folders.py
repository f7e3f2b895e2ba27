"""Decides which folders a batch reads, and refuses to go on where these have lost what was read of them.

A batch belongs to its folders. A run over another folder, over one that has vanished, or over one that has lost more
than half of what was read is a mistake more often than an intention, and would empty the batch. So it is refused unless
the user has allowed that change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase
from smebatch.batch.inventory import Inventory
from smebatch.common.text import as_json
from smebatch.intake.sources.entry import Entry, is_remote, printable_name
from smebatch.intake.sources.folder import list_entries
from smebatch.intake.sources.remote import RemoteError
from smebatch.issues.notice import Notice


class Folder(NamedTuple):
    """A folder of a batch: its path or URL, and a name put before those of its entries where there are several."""

    name: str
    place: str


class AllowedChanges(NamedTuple):
    """The changes of a batch's folders that the user allows.

    ``add``: read a further folder. ``replace``: read it instead of those of the batch. ``gone``: go on without folders
    that have vanished and files that have gone.
    """

    add: bool = False
    replace: bool = False
    gone: bool = False


NOTHING_ALLOWED = AllowedChanges()


def full_path(folder: str | Path) -> str:
    """The full path of a folder, or its URL."""
    return str(folder).rstrip("/") if is_remote(folder) else os.path.abspath(folder)  # noqa: PTH100  (links stay)


def folders_of(meta: Mapping[str, str]) -> list[Folder]:
    """The folders that a batch reads, by its meta."""
    return [Folder(*folder) for folder in json.loads(meta.get("folders", "[]"))]


def folders_as_meta(folders: Sequence[Folder]) -> str:
    """The folders as they stand in the batch's meta."""
    return as_json(folders)


def prefix_of(folder: Folder, folders: Sequence[Folder]) -> str:
    """What the names of a folder's entries begin with."""
    return f"{folder.name}/" if len(folders) > 1 else ""


def choose_folders(
    database: BatchDatabase, inventory: Inventory, scanner: FolderScanner, allowed: AllowedChanges
) -> tuple[list[Folder], list[Notice]]:
    """The folders that the batch reads from now on, and notices about them.

    Raises BatchError for a folder that is not one of the batch's where no change is allowed, and for one that is to be
    added but holds another, or lies in it.
    """
    before, place = folders_of(database.meta), scanner.place
    same = next((folder for folder in before if _is_same_path(folder.place, place)), None)
    if same and not allowed.replace:
        return before, []
    if allowed.add and before:
        if nested := next((folder for folder in before if _is_nested(folder.place, place)), None):
            raise BatchError("folder.nested", path=place, other=nested.place)
        return [*before, _new_folder(place, before)], []
    if allowed.replace or not inventory.has_read_entries() or (allowed.gone and not before):
        return [same or _new_folder(place, [])], []
    # A batch of an older layout has stored no path, only the folder's name.
    old = before or [Folder("", database.meta.get("folder", ""))]
    inventory.list_entries(scanner.scan(place), "")
    for folder in old:
        if inventory.has_half_of(prefix_of(folder, old)):
            moved = Folder(folder.name or _new_folder(place, []).name, place)
            notices = [Notice("folder.moved", {"old": folder.place, "path": place})] if before else []
            return [moved if each == folder else each for each in old], notices
    raise BatchError("folder.other", path=place, batch=database.path, known="、".join(folder.place for folder in old))


class FolderScanner:
    """Lists the entries of folders.

    The listing of the folder that the user named begins at once, so that a folder that is not there is known at once.
    """

    def __init__(self, place: str, ours: Collection[Path], allowed: AllowedChanges) -> None:
        """``place`` is the folder that the user named; ``ours`` are files of our own, which are passed over.

        Raises OSError and RemoteError where the folder cannot be listed.
        """
        self.place, self._ours = place, ours
        self._first = None if allowed.gone else list_entries(place, ours)

    def pass_over(self, folders: Collection[Path]) -> None:
        """Pass over further folders of our own; to be called before a folder is listed. Raises OSError."""
        self._ours = [*self._ours, *folders]
        if self._first and folders and not is_remote(self.place):
            self._first = list_entries(self.place, self._ours)

    def scan(self, place: str) -> Iterator[Entry]:
        """The entries of a folder. Raises OSError, RemoteError."""
        first, self._first = self._first, None
        return first if first and place == self.place else list_entries(place, self._ours)


def take_inventory(
    inventory: Inventory, folders: Sequence[Folder], scanner: FolderScanner, allowed: AllowedChanges
) -> tuple[list[Folder], list[Notice]]:
    """Take the inventory of the folders; returns those that are there, and notices about those that are not.

    Raises BatchError for a folder that has vanished, unless ``allowed.gone``.
    """
    listings, notices = {}, []
    for folder in folders:
        try:
            listings[folder] = scanner.scan(folder.place)
        except (OSError, RemoteError) as error:
            if not allowed.gone:
                cause = error.values.get("error", "") if isinstance(error, RemoteError) else error
                raise BatchError("folder.vanished", path=folder.place, error=cause) from None
            notices.append(Notice("folder.dropped", {"path": folder.place}))
    remaining = list(listings)
    for folder, entries in listings.items():
        inventory.list_entries(entries, prefix_of(folder, remaining))
    return remaining or list(folders[:1]), notices


def refuse_losses(inventory: Inventory, before: Sequence[Folder], after: Sequence[Folder]) -> None:
    """Raise BatchError for a folder that has lost more than half of the files that were read of it."""
    for folder in before:
        if folder in after:
            lost, total = inventory.count_lost(prefix_of(folder, before), prefix_of(folder, after))
            if 2 * lost > total:
                raise BatchError("folder.lost", path=folder.place, lost=lost, total=total)


def move_entries(database: BatchDatabase, before: Sequence[Folder], after: Sequence[Folder]) -> None:
    """Let the stored entries follow their folders: rename them as they are called now, or delete them with a folder.

    Where a folder is in another place, sizes and times do not tell that a file is unchanged; its hash has to.
    """
    for folder in before:
        moved = next((each for each in after if each.name == folder.name), None)
        old = prefix_of(folder, before)
        if moved is None:
            database.forget_entries(old)
            continue
        if moved.place != folder.place:
            database.distrust_stamps(old)
        if (new := prefix_of(moved, after)) != old:
            database.rename_entries(old, new)


def _new_folder(place: str, beside: Sequence[Folder]) -> Folder:
    name = base = printable_name(PurePath(place).name) or "根目录"
    taken, number = {folder.name for folder in beside}, 1
    while name in taken:
        number += 1
        name = f"{base}#{number}"
    return Folder(name, place)


def _is_same_path(one: str, other: str) -> bool:
    return os.path.normcase(one) == os.path.normcase(other)


def _is_nested(one: str, other: str) -> bool:
    """Whether one of two folders lies in the other."""
    ways = [os.path.normcase(place).replace("\\", "/").rstrip("/") + "/" for place in (one, other)]
    return ways[0].startswith(ways[1]) or ways[1].startswith(ways[0])
