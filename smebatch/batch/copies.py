"""Where correction copies lie: their names, which of them are still due, and which are no entries of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from smebatch.batch.outputs import file_sha256
from smebatch.common.text import BLANK, FORMULA_STARTS, file_name

COPY_ENDING = "_退回更正"
RETURNED_LIST, DECISION_FORM, INDEX = "退回清单.xlsx", "待审定.xlsx", "index.csv"
LISTS = (RETURNED_LIST, DECISION_FORM, INDEX)
"""The files beside the copies."""

_WORKBOOK = ".xlsx"
_DIGITS = 6  # of the form_id, where a name is taken
# A copy that comes back may bear what a browser adds to a name that is taken, or the time when it was set aside.
_ENDINGS = re.compile(rf"({COPY_ENDING}(_\d{{8}}-\d{{6}}(-\d+)?| ?[(（]\d+[)）])?)+$")
_NAME_BYTES = 255 - len("_20261124-081500-22")  # file systems take 255; a copy that is set aside gets a longer name


class CopyNames:
    """Names correction copies after the files that they correct, each name once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, file: str, district: str, form_id: str) -> str:
        """The path of a copy from the folder of all copies, with /.

        ``file``: the name of the returned entry, through containers as well.
        """
        name = PurePosixPath(file).name
        stem = file_name(_ENDINGS.sub("", name.rpartition(".")[0] or name), _NAME_BYTES) or BLANK
        folder = file_name(district).lstrip(f"{FORMULA_STARTS} ")  # so that a path in index.csv needs no guard
        if not folder or folder.casefold() in LISTS:  # an enterprise may call its district like a file of ours
            folder = BLANK
        for digits in ("", f"_{form_id[:_DIGITS]}", f"_{form_id}"):
            ending = f"{digits}{COPY_ENDING}{_WORKBOOK}"
            path = f"{folder}/{_cut(stem, _NAME_BYTES - len(ending.encode()))}{ending}"
            if path.casefold() not in self._taken:
                break
        self._taken.add(path.casefold())
        return path


def _cut(text: str, most: int) -> str:
    """A text within so many bytes of UTF-8."""
    return text.encode("utf-8")[:most].decode("utf-8", errors="ignore").rstrip(" .")


def is_copy(path: Path) -> bool:
    """Whether a file is named like a correction copy."""
    return path.name.endswith(f"{COPY_ENDING}{_WORKBOOK}")


def no_entries(written: Mapping[str, str], folders: Collection[str]) -> Iterator[Path]:
    """The files of ours below these folders that are no returns: lists, and copies that nobody has changed.

    ``written``: the SHA-256 of each result as it was written, by path. Raises OSError.
    """
    roots = [Path(os.path.realpath(folder)) for folder in folders if "://" not in folder]
    for path, sha256 in written.items():
        place = Path(path)
        if not any(place.is_relative_to(root) for root in roots) or not place.is_file():
            continue
        if place.name in LISTS or (is_copy(place) and file_sha256(place) == sha256):
            yield place


def no_longer_due(written: Mapping[str, str], folder: Path, due: Collection[Path]) -> list[Path]:
    """The copies written earlier below a folder, by path, that are there still and are not among those due."""
    root = Path(os.path.realpath(folder))
    kept = {Path(os.path.realpath(path)) for path in due}
    return [
        path
        for path in map(Path, written)
        if is_copy(path) and path.is_relative_to(root) and path not in kept and path.is_file()
    ]
