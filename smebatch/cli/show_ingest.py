"""Shows the result of an ingest: the number of files of each status, and the notices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from smebatch.batch.ingest import IngestResult
from smebatch.batch.originals import FilingResult
from smebatch.cli.terminal import Terminal


def ingest_document(done: IngestResult, batch: Path) -> dict[str, Any]:
    """An ingest as data: entries, a count for each status, read, left, batch and, where originals are filed, filed."""
    document = {
        "entries": done.entries,
        **done.statuses,
        "read": done.read,
        "left": done.removed_files,
        "batch": str(batch),
    }
    if filed := done.filed:
        document |= {"filed": filed.written, "filed_before": filed.already_filed, "filed_to": str(filed.folder)}
    return document


def print_ingest(
    done: IngestResult, folders: Sequence[str], batch: Path, terminal: Terminal, *, notes_only: bool
) -> None:
    """Print the counts of an ingest unless ``notes_only``, and its notes on stderr in any case."""
    terminal.check_interrupt()
    if not notes_only:
        terminal.say("ingest.done", entries=done.entries, **done.statuses)
        terminal.say("ingest.read", read=done.read)
        terminal.say("batch.written", path=batch)
    for notice in done.notices:
        terminal.notify(notice)
    if done.removed_files:
        terminal.warn("ingest.gone", n=len(done.removed_files), files=terminal.words.first_names(done.removed_files))
    if not done.statuses["counted"]:
        terminal.warn("ingest.none_counts", path="、".join(folders))
    if done.filed:
        _print_filed(done.filed, terminal, notes_only=notes_only)


def _print_filed(filed: FilingResult, terminal: Terminal, *, notes_only: bool) -> None:
    if not notes_only:
        terminal.say("filed.done", n=filed.written, there=filed.already_filed, path=filed.folder)
    for code, files in (("filed.missed", filed.unavailable), ("filed.taken", filed.name_conflicts)):
        if files:
            terminal.warn(code, n=len(files), files=terminal.words.first_names(files), path=filed.folder)
