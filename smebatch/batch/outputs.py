"""Writes results without losing anything that a person has made.

An existing file is replaced where this program wrote it and nobody has changed it since, or where it equals the new
one. One that somebody has changed is renamed and kept beside the new one. A workbook that somebody has filled
in is refused, unless overwriting is asked for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from smebatch.common.atomic_write import write_atomically
from smebatch.issues.notice import Notice, ProblemError

_ASIDE = "%Y%m%d-%H%M%S"


class OutputError(ProblemError):
    """What was asked to be written cannot be written there."""


def check_output(path: Path, ending: str = "", others: Collection[Path] = ()) -> None:
    """Raise OutputError where no result may be written at a path.

    Refused are folders, devices, the files ``others``, which the job reads, and paths without the given ending.
    """
    if ending and path.suffix.lower() != ending:
        raise OutputError("output.ending", path=path, ending=ending)
    if path.is_dir():
        raise OutputError("output.folder", path=path, inside=path / f"summary{ending}")
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise OutputError("output.special", path=path)
    if any(_is_same_file(path, other) for other in others):
        raise OutputError("output.input", path=path)


def _is_same_file(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():
        return path.samefile(other)
    return os.path.normcase(path.resolve()) == os.path.normcase(other.resolve())


class Outputs:
    """Writes results at their final paths.

    ``written``: the SHA-256 of every result written, by path. ``notices``: about files that were set aside.
    """

    def __init__(
        self,
        written: Mapping[str, str] | None = None,
        filled: Callable[[Path], bool] | None = None,
        *,
        force: bool = False,
    ) -> None:
        """``written``: as it was kept from earlier runs. ``filled`` tells whether a file is a filled workbook.

        ``force``: replace whatever stands there.
        """
        self.written = dict(written or {})
        self.notices: list[Notice] = []
        self._filled, self._force = filled, force

    @contextmanager
    def write_atomically(self, path: Path) -> Iterator[Path]:
        """Yield a temporary path to write to; its file is moved to ``path`` at the end. Raises OutputError, OSError."""
        check_output(path)
        # A symbolic link is kept; the file that it points to is replaced.
        target = Path(os.path.realpath(path))
        with write_atomically(target) as partial:
            yield partial
            new = file_sha256(partial)
            if target.exists():
                self._set_aside_existing(target, new)
        self.written[str(target)] = new

    def _set_aside_existing(self, path: Path, new: str) -> None:
        old = file_sha256(path)
        if old == new or old == self.written.get(str(path)) or self._force:
            return
        if self._filled and self._filled(path):
            raise OutputError("output.filled", path=path)
        self._set_aside(path)

    def _set_aside(self, path: Path) -> None:
        aside = _path_aside(path)
        path.rename(aside)
        self.notices.append(Notice("output.aside", {"path": path, "aside": aside}))

    def remove(self, path: Path) -> None:
        """Remove a result of an earlier run; one that somebody has changed is set aside. Raises OSError."""
        if file_sha256(path) == self.written.pop(str(path), None):
            path.unlink()
        else:
            self._set_aside(path)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _path_aside(path: Path) -> Path:
    """A free path beside the given one: its name, the time of the file that stands there, and the same ending."""
    when = dt.datetime.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ006  (as the clerk's own clock said)
    stem, number = f"{path.stem}_{when.strftime(_ASIDE)}", 1
    free = path.with_name(f"{stem}{path.suffix}")
    while free.exists():
        number += 1
        free = path.with_name(f"{stem}-{number}{path.suffix}")
    return free
