"""Files that appear under their name only when they are whole: what stood there before is left until then."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

AtomicWriter = Callable[[Path], AbstractContextManager[Path]]
"""Given what a file is to be called, says where to write it, and puts it there when it is whole."""


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield where to write what is to stand at the path. Raises OSError about the path."""
    # A name as long as may be leaves no room for more, and what is called otherwise is not ours.
    partial = path.with_name(f".smebatch-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.part")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        error.filename, error.filename2 = os.fspath(path), None
        raise
    finally:
        partial.unlink(missing_ok=True)
