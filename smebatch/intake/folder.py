"""List where returns are looked for: a folder, the archives in it, or a place far away."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from smebatch.intake.archive import is_archive, members_of
from smebatch.intake.entry import Entry, entry_of, printable

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".et")


def is_remote(folder: str | Path) -> bool:
    """Whether a folder is a URL: s3://bucket/returns."""
    return "://" in str(folder)


def scan(folder: str | Path, ignore: Collection[Path] = ()) -> list[Entry]:
    """Every entry below the folder, in the order of their paths; links are not followed.

    Of folders, only those that are named like a workbook, or cannot be opened, are entries themselves.
    A .zip that is no document stands for its members. ``ignore`` names files and folders of our own.
    Raises OSError where the folder cannot be listed, RemoteError.
    """
    if is_remote(folder):
        from smebatch.intake.remote import list_remote, open_remote

        found, opened = list_remote(str(folder)), open_remote
    else:
        ours = {os.path.normcase(path.absolute()) for path in ignore}
        found = _walk(Path(folder).absolute(), ours)
        opened = _open
    entries = (each for entry in found for each in (members_of(entry, opened) if is_archive(entry) else [entry]))
    return sorted(entries, key=lambda entry: entry.file)


def _open(location: str) -> BinaryIO:
    return Path(location).open("rb")


def _walk(folder: Path, ours: Collection[str]) -> Iterator[Entry]:
    """Raises OSError where the folder itself cannot be listed."""
    with os.scandir(folder) as found:
        items = [(item, "") for item in found]
    while items:
        item, prefix = items.pop()
        if os.path.normcase(item.path) in ours:
            continue
        name = f"{prefix}{printable(item.name)}"
        try:
            if not item.is_dir(follow_symlinks=False):
                yield entry_of(item.path, name, item.stat(follow_symlinks=False))
                continue
        except OSError:
            yield Entry(name, item.path, 0, 0, "file.vanished")
            continue
        try:
            with os.scandir(item.path) as found:
                items += [(below, f"{name}/") for below in found]
        except OSError:
            yield Entry(f"{name}/", item.path, 0, 0, "file.unlistable")
            continue
        if name.lower().endswith(WORKBOOKS):
            yield Entry(f"{name}/", item.path, 0, 0, "file.folder")  # somebody will look for a return of this name
