"""Atomic writes: a file appears under its name only when it is complete; until then the old one stays."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

AtomicWriter = Callable[[Path], AbstractContextManager[Path]]
"""Takes the final path of a file; yields a temporary path to write to, and moves that file into place at the end."""


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; when the block ends without an error, its file replaces ``path``.

    Raises OSError, which names ``path``.
    """
    # A hash, because a name of the greatest length leaves no room for an ending. Other names could be other people's.
    partial = path.with_name(f".smebatch-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.part")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        error.filename, error.filename2 = os.fspath(path), None
        raise
    finally:
        partial.unlink(missing_ok=True)
