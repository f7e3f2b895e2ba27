"""Remembers in a batch which results were written of it, so that later runs may replace those that nobody changed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase
from smebatch.common.text import as_json


def read_written_results(batch: Path) -> dict[str, str]:
    """The results that were written of a batch in earlier runs: SHA-256 by path. Raises BatchError."""
    with BatchDatabase(batch, read_only=True) as database:
        return written_results(batch, database.meta)


def written_results(batch: Path, meta: Mapping[str, str]) -> dict[str, str]:
    """The same, by the batch's meta."""
    kept = json.loads(meta.get("written", "{}"))
    return {str(_folder_of(batch) / place): sha256 for place, sha256 in kept.items()}


def store_written_results(batch: Path, written: Mapping[str, str]) -> None:
    """Store in the batch which results were written of it, so that later runs may replace them.

    If the batch cannot be written just now, nothing is stored, and later runs set those files aside instead.
    """
    with suppress(BatchError), BatchDatabase(batch) as database:
        record_written_results(database, written)


def record_written_results(database: BatchDatabase, written: Mapping[str, str]) -> None:
    """The same in an open database. Raises BatchError."""
    places = {Path(place): sha256 for place, sha256 in written.items()}
    # Paths are stored relative to the batch's folder, so that both may be moved together.
    base = _folder_of(database.path)
    kept = {str(p.relative_to(base) if p.is_relative_to(base) else p): sha256 for p, sha256 in places.items()}
    with database.transaction():
        database.set_meta(written=as_json(kept))


def _folder_of(batch: Path) -> Path:
    return Path(os.path.realpath(batch)).parent
