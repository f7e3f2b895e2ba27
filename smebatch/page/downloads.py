"""The files that can be downloaded: written by the jobs of the command line, and kept as long as they hold.

They stand in a folder beside the batch, one for each state of the report, which goes with the server.
"""

from __future__ import annotations

import shutil
import weakref
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from smebatch.batch.database import page_folder
from smebatch.batch.load import ReportOptions
from smebatch.page.child import Child
from smebatch.workflow import PUBLIC_FILES, REPORT_FILES, export_batch, report_batch, report_by_district

_Maker = Callable[[Path, Path, ReportOptions], None]
"""Writes the files of a download into a folder: takes the batch, the folder, and what is asked of a report."""


def _report(file_format: str, batch: Path, folder: Path, options: ReportOptions) -> None:
    report_batch(batch, {file_format: folder / REPORT_FILES[file_format]}, options=options, remember=False)


def _public(file_format: str, batch: Path, folder: Path, options: ReportOptions) -> None:
    report_batch(batch, {file_format: folder / PUBLIC_FILES[file_format]}, options=options, public=True, remember=False)


def _districts(file_format: str, batch: Path, folder: Path, options: ReportOptions) -> None:
    report_by_district(batch, folder, file_format, options=options, remember=False)


def _exports(file_format: str, batch: Path, folder: Path, _: ReportOptions) -> None:
    folder.mkdir(exist_ok=True)
    export_batch(batch, folder, file_format, remember=False)


def _everything(batch: Path, folder: Path, options: ReportOptions) -> None:
    for file_format in REPORT_FILES:
        _report(file_format, batch, folder, options)
        _public(file_format, batch, folder, options)
    _districts("xlsx", batch, folder / "districts", options)
    _exports("csv", batch, folder / "exports", options)


DOWNLOADS: Mapping[str, _Maker] = {
    REPORT_FILES["xlsx"]: partial(_report, "xlsx"),
    REPORT_FILES["docx"]: partial(_report, "docx"),
    PUBLIC_FILES["xlsx"]: partial(_public, "xlsx"),
    PUBLIC_FILES["docx"]: partial(_public, "docx"),
    "districts.zip": partial(_districts, "xlsx"),
    "districts-docx.zip": partial(_districts, "docx"),
    "exports-csv.zip": partial(_exports, "csv"),
    "exports-json.zip": partial(_exports, "json"),
    "exports-parquet.zip": partial(_exports, "parquet"),
    "everything.zip": _everything,
}
"""What can be downloaded, by the name of its file; a .zip has all files of its maker, under their own names."""

_DATE = (1980, 1, 1, 0, 0, 0)  # of the members of a .zip, so that the same files give the same bytes
_PACKED = (".xlsx", ".docx", ".parquet")  # which do not get smaller


class Downloads:
    """The files of a server, each made when it is first asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._making: dict[Path, Lock] = {}
        self._folders: set[Path] = set()
        self._users = Counter[Path]()  # of the folder of a state, which stays for them

    @contextmanager
    def file(self, name: str, batch: Path, state: str, options: ReportOptions) -> Iterator[Path]:
        """A download in a state of the report, made where it is not there; it stays until the block ends at least.

        Raises what the job raises, OSError.
        """
        folder = page_folder(batch)
        path = folder / state / name
        with self._lock:
            if folder not in self._folders:
                self._folders.add(folder)
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            making = self._making.setdefault(path, Lock())
            self._users[path.parent] += 1
        try:
            with making:
                if not path.exists():
                    self._forget_other_states(folder)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    Child(_make, name, batch, path, options).result()
            yield path
        finally:
            with self._lock:
                self._users[path.parent] -= 1

    def _forget_other_states(self, folder: Path) -> None:
        with self._lock:
            for state in folder.glob("*"):
                if not self._users[state]:
                    shutil.rmtree(state, ignore_errors=True)


def _make(name: str, batch: Path, path: Path, options: ReportOptions) -> None:
    """Make a download at its path."""
    with TemporaryDirectory(dir=path.parent) as scratch:
        folder = Path(scratch, "files")
        folder.mkdir()
        DOWNLOADS[name](batch, folder, options)
        made = folder / name
        if path.suffix == ".zip":
            made = Path(scratch, name)
            _pack(folder, made)
        made.replace(path)


def _pack(folder: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            member = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _DATE)
            member.compress_type = zipfile.ZIP_STORED if file.suffix in _PACKED else zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            with file.open("rb") as source, packed.open(member, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target)
