"""List where returns are looked for: a folder, the archives in it, or a place far away."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from smebatch.intake.sources.archive import expand_container, is_container
from smebatch.intake.sources.entry import Entry, entry_of, is_remote, printable_name

_WORKBOOK_FOLDERS = (".xlsx/", ".xlsm/", ".xls/", ".ods/", ".et/")


def list_entries(folder: str | Path, ignore: Collection[Path] = ()) -> Iterator[Entry]:
    """Every entry below the folder, in no order, one by one as it is found; links are not followed.

    Of folders, only those that are named like a workbook, or cannot be opened, are entries themselves.
    A .zip of plain files stands for its members; other archives, and mails, are entries that are ``closed``.
    ``ignore`` names files and folders of our own.
    Raises OSError where the folder cannot be listed, RemoteError.
    """
    if is_remote(folder):
        from smebatch.intake.sources.remote import list_remote, open_remote

        found, opened = list_remote(str(folder)), open_remote
    else:
        ours = {each for path in ignore for each in _real_paths(path)}
        with os.scandir(folder):  # now, rather than when the first entry is asked for
            # No link is left in the path of anything that is found, so that what is ours is known by its path.
            found, opened = _walk(Path(os.path.realpath(folder)), ours), _open_local
    return (each for entry in found for each in (expand_container(entry, opened) if is_container(entry) else [entry]))


def _real_paths(path: Path) -> tuple[str, str]:
    """What a file is called without links on the way to it, and what it is if it is a link itself."""
    parent = os.path.realpath(path.absolute().parent)
    return os.path.normcase(Path(parent, path.name)), os.path.normcase(os.path.realpath(path))


def _open_local(location: str) -> BinaryIO:
    return Path(location).open("rb")


def _walk(folder: Path, ours: Collection[str]) -> Iterator[Entry]:
    """One folder after the other, so that none is held open for those below it. Raises OSError for the first."""
    folders = [(str(folder), "")]
    while folders:
        place, prefix = folders.pop()
        try:
            with os.scandir(place) as found:
                for item in found:
                    if os.path.normcase(item.path) in ours:
                        continue
                    name = f"{prefix}{printable_name(item.name)}"
                    entry = _entry_of(item, name)
                    if entry:
                        yield entry
                    else:
                        folders.append((item.path, f"{name}/"))
        except OSError:
            if not prefix:
                raise
            yield Entry(prefix, place, 0, 0, "file.unlistable")
            continue
        if prefix.lower().endswith(_WORKBOOK_FOLDERS):
            yield Entry(prefix, place, 0, 0, "file.folder")  # somebody will look for a return of this name


def _entry_of(item: os.DirEntry[str], name: str) -> Entry | None:
    """The entry of what a folder holds, None of a folder."""
    try:
        if item.is_dir(follow_symlinks=False):
            return None
        return entry_of(item.path, name, item.stat(follow_symlinks=False))
    except OSError:
        return Entry(name, item.path, 0, 0, "file.vanished")
