"""Read many entries, here or in several processes; the order is that of the entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context

from smebatch.intake.folder import Entry, Outcome, read_entry
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition


def read_entries(entries: Sequence[Entry], edition: Edition, *, jobs: int, chunk: int) -> Iterator[list[Outcome]]:
    """Yield the outcomes of entries, a chunk at a time, in order."""
    chunks = [entries[start : start + chunk] for start in range(0, len(entries), chunk)]
    if jobs <= 1 or len(entries) <= chunk // 10:
        for part in chunks:
            yield [read_entry(entry, edition) for entry in part]
        return
    text = edition.text.encode("utf-8")
    # Processes are spawned: a fork of a process with threads (DuckDB's) may hang.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for part in chunks:
            yield list(pool.map(_read, part, repeat(text), chunksize=max(1, len(part) // (4 * jobs))))


def _read(entry: Entry, edition_text: bytes) -> Outcome:
    return read_entry(entry, parse_edition(edition_text))
