"""Remembers in a batch which results were written of it, so that later runs may replace those that nobody changed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase
from smebatch.batch.older_layouts import is_older
from smebatch.batch.outputs import file_sha256
from smebatch.batch.use import wait_to_open
from smebatch.common.text import as_json

NOTHING: Mapping[str, str] = MappingProxyType({})


def read_written_results(batch: Path) -> dict[str, str] | None:
    """The results that were written of a batch in earlier runs: SHA-256 by path. Raises BatchError.

    None for a batch of an earlier layout, in which nothing may be stored.
    """
    with wait_to_open(batch, lambda: BatchDatabase(batch, read_only=True)) as database:
        return None if is_older(database) else written_results(batch, database.meta)


def written_results(batch: Path, meta: Mapping[str, str]) -> dict[str, str]:
    """The same, by the batch's meta. Of what a run that was cut short was about to write, what is there is among it."""
    base = _folder_of(batch)
    written, planned = (
        {str(base / place): sha256 for place, sha256 in json.loads(meta.get(name, "{}")).items()}
        for name in ("written", "planned")
    )
    return written | {path: sha256 for path, sha256 in planned.items() if _is_there(Path(path), sha256)}


def _is_there(path: Path, sha256: str) -> bool:
    return path.is_file() and file_sha256(path) == sha256


def store_written_results(batch: Path, written: Mapping[str, str]) -> None:
    """Store in the batch which results were written of it, so that later runs may replace them.

    If the batch cannot be written just now, nothing is stored, and later runs set those files aside instead.
    """
    with suppress(BatchError), wait_to_open(batch, lambda: BatchDatabase(batch)) as database:
        record_written_results(database, written)


def record_written_results(
    database: BatchDatabase, written: Mapping[str, str], planned: Mapping[str, str] = NOTHING
) -> None:
    """The same in an open database; ``planned``: what is about to be written, the same way. Raises BatchError.

    A file that is planned and one that stands in its place are both known as ours, whenever the run is cut short.
    """
    # Paths are stored relative to the batch's folder, so that both may be moved together.
    base = _folder_of(database.path)

    def kept(results: Mapping[str, str]) -> str:
        places = ((Path(place), sha256) for place, sha256 in results.items())
        return as_json({str(p.relative_to(base) if p.is_relative_to(base) else p): sha256 for p, sha256 in places})

    with database.transaction():
        database.set_meta(written=kept(written), planned=kept(planned))


def _folder_of(batch: Path) -> Path:
    return Path(os.path.realpath(batch)).parent
