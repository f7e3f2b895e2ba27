"""Keep a copy of each readable original under a name that says whose it is: 区县/代码_企业名称.xlsx.

It runs on what a batch has read, so it also serves returns that were read long ago. Copies are known by their bytes:
one that is there already is not written again. Nothing is moved, replaced or removed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from smebatch.batch.database import Store
from smebatch.batch.inventory import Found
from smebatch.batch.outputs import digest
from smebatch.common.atomic_write import whole
from smebatch.common.text import file_name
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workbook.formats import ENDINGS, workbook_ending
from smebatch.issues.catalogue import ProblemError

_TOGETHER = 2_000  # returns looked at together
_DIGITS = (0, 6, 16)  # of the form_id behind a name, as many as tell it from others
_UNSAID = "未填"
_WHO = """
SELECT form_id, coalesce(trim(district), ''), coalesce(trim(uscc), ''), coalesce(trim(name), '') FROM answers
WHERE form_id IN (SELECT unnest(?::VARCHAR[]))
"""


class FilingError(ProblemError):
    """Copies cannot be kept in that folder."""


@dataclass
class Filed:
    """What was filed: how many copies were written, and how many were there already.

    ``missed``: files that could not be had any more as they were read; ``taken``: whose names others have.
    """

    folder: Path
    written: int = 0
    there: int = 0
    missed: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)


def check_place(folder: Path, read: Sequence[str], ours: Collection[Path]) -> None:
    """Make the folder. Raises FilingError where copies would be taken for returns, or returns for copies, OSError.

    ``read``: folders that are read; ``ours``: those where we have filed before. The folder may lie in one that is
    read, and is then passed over; so it must hold nothing yet.
    """
    place = Path(os.path.realpath(folder))
    around = [Path(os.path.realpath(each)) for each in read if "://" not in each]
    if any(each.is_relative_to(place) for each in around):
        raise FilingError("file_to.around", path=folder)
    folder.mkdir(parents=True, exist_ok=True)
    known = {os.path.realpath(each) for each in ours}
    if any(place.is_relative_to(each) for each in around) and str(place) not in known and any(folder.iterdir()):
        raise FilingError("file_to.not_empty", path=folder)


def file_originals(store: Store, found: Found, folder: Path) -> Filed:
    """Keep copies of what is readable in the folder. Raises OSError, ReaderError."""
    filed = Filed(folder)
    for entries in found.originals(_TOGETHER):
        forms = {entry.previous_sha256[:16]: entry for entry in entries}
        stems = {form: _stem(*who) for form, *who in store.rows(_WHO, [list(forms)])}
        due = []
        for form, entry in forms.items():
            if any(_is(path, entry) for stem in _stems(folder, stems[form], form) for path in _paths(stem)):
                filed.there += 1
            else:
                due.append(entry)
        for entry, data in zip(due, found.fetch(due), strict=True):
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
    who = f"{file_name(uscc) or _UNSAID}_{file_name(name) or _UNSAID}"
    return Path(file_name(district) or _UNSAID, who)


def _stems(folder: Path, stem: Path, form: str) -> Iterator[str]:
    """What a copy may be called, without its ending."""
    for digits in _DIGITS:
        yield str(folder / stem) + (f"_{form[:digits]}" if digits else "")


def _paths(stem: str) -> Iterator[Path]:
    """The files there are under a name, of whatever kind."""
    return filter(Path.is_file, (Path(stem + ending) for ending in ENDINGS))


def _is(path: Path, entry: Entry) -> bool:
    return digest(path) == entry.previous_sha256


def _free(stems: Iterator[str], ending: str) -> Path | None:
    paths = (Path(stem + ending) for stem in stems)
    return next((path for path in paths if not os.path.lexists(path)), None)


def _write(path: Path, data: bytes, mtime_ns: int) -> None:
    """Write a copy, as old as the original."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as partial:
        partial.write_bytes(data)
        if mtime_ns > 0:
            os.utime(partial, ns=(mtime_ns, mtime_ns))
