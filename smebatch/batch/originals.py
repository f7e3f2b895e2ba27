"""File copies of the readable originals under names that say whose they are: 区县/代码_企业名称.xlsx.

Copies are made of all returns that a batch has read, in this run or in earlier ones. A copy that is there already, with
the same bytes, is not written again. Nothing is moved, replaced or removed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from smebatch.batch.database import BatchDatabase
from smebatch.batch.inventory import Inventory
from smebatch.batch.outputs import digest
from smebatch.common.atomic_write import whole
from smebatch.common.text import file_name
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workbook.formats import ENDINGS, workbook_ending
from smebatch.issues.notice import ProblemError

_AT_A_TIME = 2_000  # returns
_DIGITS = (0, 6, 16)  # how many digits of the form_id follow a name, tried in turn until the name is free
_BLANK = "未填"
_SELECT_NAMES = """
SELECT form_id, coalesce(trim(district), ''), coalesce(trim(uscc), ''), coalesce(trim(name), '') FROM answers
WHERE form_id IN (SELECT unnest(?::VARCHAR[]))
"""


class FilingError(ProblemError):
    """Copies cannot be kept in that folder."""


@dataclass
class Filed:
    """The result of filing originals.

    ``written``: how many copies were written; ``there``: how many were there before. ``missed``: files that are gone or
    have changed since they were read; ``taken``: files whose names other files in the folder have.
    """

    folder: Path
    written: int = 0
    there: int = 0
    missed: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)


def check_place(folder: Path, read: Sequence[str], ours: Collection[Path]) -> None:
    """Create the folder for copies, so that copies are never read as returns, nor returns taken for copies.

    ``read``: the folders that are read; ``ours``: those where we have filed before. A folder for copies within one that
    is read is passed over when that is read, so a new one must be empty. Raises FilingError, OSError.
    """
    place = Path(os.path.realpath(folder))
    around = [Path(os.path.realpath(each)) for each in read if "://" not in each]
    if any(each.is_relative_to(place) for each in around):
        raise FilingError("file_to.around", path=folder)
    folder.mkdir(parents=True, exist_ok=True)
    filed_before = {os.path.realpath(each) for each in ours}
    within = any(place.is_relative_to(each) for each in around)
    if within and str(place) not in filed_before and any(folder.iterdir()):
        raise FilingError("file_to.not_empty", path=folder)


def file_originals(database: BatchDatabase, inventory: Inventory, folder: Path) -> Filed:
    """File copies of all readable returns of a batch in a folder. Raises OSError, ReaderError, BatchError."""
    filed = Filed(folder)
    for entries in inventory.originals(_AT_A_TIME):
        forms = {entry.previous_sha256[:16]: entry for entry in entries}
        stems = {form: _stem(*who) for form, *who in database.rows(_SELECT_NAMES, [list(forms)])}
        due = []
        for form, entry in forms.items():
            if any(_is(path, entry) for stem in _stems(folder, stems[form], form) for path in _paths(stem)):
                filed.there += 1
            else:
                due.append(entry)
        for entry, data in zip(due, inventory.fetch(due), strict=True):
            form = entry.previous_sha256[:16]
            if isinstance(data, str) or hashlib.sha256(data).hexdigest() != entry.previous_sha256:
                filed.missed.append(entry.file)
            elif path := _free(_stems(folder, stems[form], form), workbook_ending(data)):
                _write(path, data, entry.mtime_ns)
                filed.written += 1
            else:
                filed.taken.append(entry.file)
    return filed


def _stem(district: str, uscc: str, name: str) -> Path:
    who = f"{file_name(uscc) or _BLANK}_{file_name(name) or _BLANK}"
    return Path(file_name(district) or _BLANK, who)


def _stems(folder: Path, stem: Path, form: str) -> Iterator[str]:
    """The paths that a copy may have, without the ending, in the order of preference."""
    for digits in _DIGITS:
        yield str(folder / stem) + (f"_{form[:digits]}" if digits else "")


def _paths(stem: str) -> Iterator[Path]:
    """The files that have this path, with any of the endings of workbooks."""
    return filter(Path.is_file, (Path(stem + ending) for ending in ENDINGS))


def _is(path: Path, entry: Entry) -> bool:
    return digest(path) == entry.previous_sha256


def _free(stems: Iterator[str], ending: str) -> Path | None:
    paths = (Path(stem + ending) for stem in stems)
    return next((path for path in paths if not os.path.lexists(path)), None)


def _write(path: Path, data: bytes, mtime_ns: int) -> None:
    """Write a copy with the time of the original."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as partial:
        partial.write_bytes(data)
        if mtime_ns > 0:
            os.utime(partial, ns=(mtime_ns, mtime_ns))
