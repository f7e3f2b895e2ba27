"""Where results are written, so that nothing of a person's is lost.

What stands under a name already is replaced where we wrote it and nobody has changed it since, or where the new file is
the same. What somebody has changed is set aside beside it. A workbook that somebody has filled in is not touched unless
that is asked for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from smebatch.common.atomic_write import whole
from smebatch.issues.notice import Notice, ProblemError

_ASIDE = "%Y%m%d-%H%M%S"


class OutputError(ProblemError):
    """What was asked to be written cannot be written there."""


def check_output(path: Path, ending: str = "", others: Collection[Path] = ()) -> None:
    """Raise OutputError where no file of ours may be written: a folder, a device, what is read, a wrong ending."""
    if ending and path.suffix.lower() != ending:
        raise OutputError("output.ending", path=path, ending=ending)
    if path.is_dir():
        raise OutputError("output.folder", path=path, inside=path / f"summary{ending}")
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise OutputError("output.special", path=path)
    if any(_is(path, other) for other in others):
        raise OutputError("output.input", path=path)


def _is(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():
        return path.samefile(other)
    return os.path.normcase(path.resolve()) == os.path.normcase(other.resolve())


class Outputs:
    """Writes files for good. ``written``: SHA-256 of what we wrote, by path; ``notices``: what made way.

    ``filled`` tells whether a file is a workbook that somebody has filled in.
    """

    def __init__(
        self,
        written: Mapping[str, str] | None = None,
        filled: Callable[[Path], bool] | None = None,
        *,
        force: bool = False,
    ) -> None:
        self.written = dict(written or {})
        self.notices: list[Notice] = []
        self._filled, self._force = filled, force

    @contextmanager
    def into(self, path: Path) -> Iterator[Path]:
        """Yield where to write what is to stand at the path. Raises OutputError, OSError about the path."""
        check_output(path)
        # A link stays one, and what it leads to is written.
        target = Path(os.path.realpath(path))
        with whole(target) as partial:
            yield partial
            new = digest(partial)
            if target.exists():
                self._make_way(target, new)
        self.written[str(target)] = new

    def _make_way(self, path: Path, new: str) -> None:
        old = digest(path)
        if old == new or old == self.written.get(str(path)) or self._force:
            return
        if self._filled and self._filled(path):
            raise OutputError("output.filled", path=path)
        aside = _aside(path)
        path.rename(aside)
        self.notices.append(Notice("output.aside", {"path": path, "aside": aside}))


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _aside(path: Path) -> Path:
    """A name beside the path that nothing has: with the time of what stands there, and the same ending."""
    when = dt.datetime.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ006  (as the clerk's own clock said)
    stem, number = f"{path.stem}_{when.strftime(_ASIDE)}", 1
    found = path.with_name(f"{stem}{path.suffix}")
    while found.exists():
        number += 1
        found = path.with_name(f"{stem}-{number}{path.suffix}")
    return found
