"""Lists the entries of a folder, local or remote, and of the archives in it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from smebatch.intake.sources.archive import expand_container, is_container
from smebatch.intake.sources.entry import Entry, entry_of, is_remote, printable_name

_WORKBOOK_FOLDERS = (".xlsx/", ".xlsm/", ".xls/", ".ods/", ".et/")


def list_entries(folder: str | Path, ignore: Collection[Path] = ()) -> Iterator[Entry]:
    """Yield every entry below the folder as it is found, in no order. Links are not followed.

    A folder is an entry only where it is named like a workbook, or cannot be listed. A .zip of plain files is replaced
    by its members; other archives, and mails, are ``unopened`` entries. ``ignore``: files and folders of our own.
    Raises OSError where the folder itself cannot be listed, RemoteError.
    """
    if is_remote(folder):
        from smebatch.intake.sources.remote import list_remote, open_remote

        entries, open_file = list_remote(str(folder)), open_remote
    else:
        ours = {each for path in ignore for each in _real_paths(path)}
        with os.scandir(folder):  # so that it raises now, and not when the first entry is asked for
            # Without links in the folder's path, each path below it can be compared with those to ignore.
            entries, open_file = _walk(Path(os.path.realpath(folder)), ours), _open_local
    return (
        each for entry in entries for each in (expand_container(entry, open_file) if is_container(entry) else [entry])
    )


def _real_paths(path: Path) -> tuple[str, str]:
    """The path of a file without links in its folders, and the path of its target where it is a link itself."""
    parent = os.path.realpath(path.absolute().parent)
    return os.path.normcase(Path(parent, path.name)), os.path.normcase(os.path.realpath(path))


def _open_local(location: str) -> BinaryIO:
    return Path(location).open("rb")


def _walk(folder: Path, ours: Collection[str]) -> Iterator[Entry]:
    """Yield the entries of each folder in turn, one folder open at a time. Raises OSError for the first folder."""
    folders = [(str(folder), "")]
    while folders:
        path, prefix = folders.pop()
        try:
            with os.scandir(path) as items:
                for item in items:
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
            yield Entry(prefix, path, 0, 0, "file.unlistable")
            continue
        if prefix.lower().endswith(_WORKBOOK_FOLDERS):
            yield Entry(prefix, path, 0, 0, "file.folder")  # a clerk will look for a return of this name


def _entry_of(item: os.DirEntry[str], name: str) -> Entry | None:
    """The entry of an item of a folder; None where the item is a folder."""
    try:
        if item.is_dir(follow_symlinks=False):
            return None
        return entry_of(item.path, name, item.stat(follow_symlinks=False))
    except OSError:
        return Entry(name, item.path, 0, 0, "file.vanished")
