"""Where correction copies lie: their names, which of them are still due, and which are no entries of a folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from smebatch.batch.outputs import file_sha256
from smebatch.common.text import file_name

COPY_ENDING = "_退回更正"
RETURNED_LIST, DECISION_FORM, INDEX = "退回清单.xlsx", "待审定.xlsx", "index.csv"
LISTS = (RETURNED_LIST, DECISION_FORM, INDEX)
"""The files beside the copies."""

_WORKBOOK = ".xlsx"
_BLANK_DISTRICT = "未填"
_DIGITS = 6  # of the form_id, where a name is taken
_NAME_BYTES = 220  # of a name without what is added to it; file systems take 255


class CopyNames:
    """Names correction copies after the files that they correct, each name once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, file: str, district: str, form_id: str) -> str:
        """The path of a copy from the folder of all copies, with /.

        ``file``: the name of the returned entry, through containers as well.
        """
        stem = PurePosixPath(file).name
        stem = stem.rpartition(".")[0] or stem
        while stem.endswith(COPY_ENDING):
            stem = stem.removesuffix(COPY_ENDING)
        stem = _cut(file_name(stem, _NAME_BYTES)) or _BLANK_DISTRICT
        folder = file_name(district) or _BLANK_DISTRICT
        for ending in ("", f"_{form_id[:_DIGITS]}", f"_{form_id}"):
            path = f"{folder}/{stem}{ending}{COPY_ENDING}{_WORKBOOK}"
            if path.casefold() not in self._taken:
                break
        self._taken.add(path.casefold())
        return path


def _cut(text: str) -> str:
    return text.encode("utf-8")[:_NAME_BYTES].decode("utf-8", errors="ignore").rstrip(" .")


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
