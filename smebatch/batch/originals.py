"""Files copies of the readable originals under names that say whose they are: 区县/代码_企业名称.xlsx.

Copies are made of all returns that a batch has read, in this run or in earlier ones. A copy that is there already, with
the same bytes, is not written again. Nothing is moved, replaced or removed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from smebatch.batch.database import BatchDatabase
from smebatch.batch.inventory import Inventory
from smebatch.batch.outputs import file_sha256
from smebatch.common.atomic_write import write_atomically
from smebatch.common.text import BLANK, file_name
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workbook.formats import ENDINGS, workbook_ending
from smebatch.issues.notice import ProblemError

_RETURNS_AT_A_TIME = 2_000  # returns
_DIGITS = (0, 6, 16)  # how many digits of the form_id follow a name, tried in turn until the name is free
_SELECT_NAMES = """
SELECT form_id, coalesce(trim(district), ''), coalesce(trim(uscc), ''), coalesce(trim(name), '') FROM answers
WHERE form_id IN (SELECT unnest(?::VARCHAR[]))
"""


class FilingError(ProblemError):
    """Copies cannot be kept in that folder."""


@dataclass
class FilingResult:
    """The result of filing originals.

    ``written``: how many copies were written. ``already_filed``: how many copies existed before. ``unavailable``: files
    that have gone or changed since they were read. ``name_conflicts``: files whose names are taken by other files.
    """

    folder: Path
    written: int = 0
    already_filed: int = 0
    unavailable: list[str] = field(default_factory=list)
    name_conflicts: list[str] = field(default_factory=list)

    def after(self, earlier: FilingResult) -> FilingResult:
        """The result of filing twice, this being the later: copies of the earlier time are no copies found there."""
        return replace(self, written=earlier.written + self.written, already_filed=self.already_filed - earlier.written)


def prepare_copies_folder(folder: Path, read_folders: Sequence[str], ours: Collection[Path]) -> None:
    """Create the folder for copies, where copies cannot be read as returns, nor returns be mistaken for copies.

    ``read_folders``: the folders that the batch reads. ``ours``: folders to which copies were filed before. A folder
    for copies within one of ``read_folders`` is not read, so a new one must be empty. Raises FilingError, OSError.
    """
    resolved = Path(os.path.realpath(folder))
    resolved_folders = [Path(os.path.realpath(each)) for each in read_folders if "://" not in each]
    if any(each.is_relative_to(resolved) for each in resolved_folders):
        raise FilingError("file_to.around", path=folder)
    folder.mkdir(parents=True, exist_ok=True)
    filed_before = {os.path.realpath(each) for each in ours}
    within = any(resolved.is_relative_to(each) for each in resolved_folders)
    if within and str(resolved) not in filed_before and any(folder.iterdir()):
        raise FilingError("file_to.not_empty", path=folder)


def file_originals(database: BatchDatabase, inventory: Inventory, folder: Path) -> FilingResult:
    """File copies of all readable returns of a batch in a folder. Raises OSError, ReaderError, BatchError."""
    result = FilingResult(folder)
    for entries in inventory.originals(_RETURNS_AT_A_TIME):
        entry_by_form = {entry.previous_sha256[:16]: entry for entry in entries}
        stems = {
            form_id: _preferred_stem(*who)
            for form_id, *who in database.fetch_rows(_SELECT_NAMES, [list(entry_by_form)])
        }
        unfiled = []
        for form_id, entry in entry_by_form.items():
            candidates = _candidate_stems(folder, stems[form_id], form_id)
            if any(_is_copy(path, entry) for stem in candidates for path in _existing_files(stem)):
                result.already_filed += 1
            else:
                unfiled.append(entry)
        for entry, data in zip(unfiled, inventory.fetch(unfiled), strict=True):
            form_id = entry.previous_sha256[:16]
            if isinstance(data, str) or hashlib.sha256(data).hexdigest() != entry.previous_sha256:
                result.unavailable.append(entry.file)
            elif path := _free_path(_candidate_stems(folder, stems[form_id], form_id), workbook_ending(data)):
                _write(path, data, entry.mtime_ns)
                result.written += 1
            else:
                result.name_conflicts.append(entry.file)
    return result


def _preferred_stem(district: str, uscc: str, name: str) -> Path:
    who = f"{file_name(uscc) or BLANK}_{file_name(name) or BLANK}"
    return Path(file_name(district) or BLANK, who)


def _candidate_stems(folder: Path, stem: Path, form: str) -> Iterator[str]:
    """The paths that a copy may have, without the ending, in the order of preference."""
    for digits in _DIGITS:
        yield str(folder / stem) + (f"_{form[:digits]}" if digits else "")


def _existing_files(stem: str) -> Iterator[Path]:
    """The files that have this path, with any of the endings of workbooks."""
    return filter(Path.is_file, (Path(stem + ending) for ending in ENDINGS))


def _is_copy(path: Path, entry: Entry) -> bool:
    return file_sha256(path) == entry.previous_sha256


def _free_path(stems: Iterator[str], ending: str) -> Path | None:
    paths = (Path(stem + ending) for stem in stems)
    return next((path for path in paths if not os.path.lexists(path)), None)


def _write(path: Path, data: bytes, mtime_ns: int) -> None:
    """Write a copy with the time of the original."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as partial:
        partial.write_bytes(data)
        if mtime_ns > 0:
            os.utime(partial, ns=(mtime_ns, mtime_ns))
