"""The reader processes that batches and checks of single files use."""

from __future__ import annotations

from pathlib import Path

from smebatch.intake.sources.limits import Limits
from smebatch.intake.workers.reading_watch import ReadingWatch
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.standard.model import Edition


def reader_pool(edition: Edition, limits: Limits | None = None, watch: ReadingWatch | None = None) -> WorkerPool:
    """Reader processes for an edition; each first proves itself by reading a blank form of it."""
    return WorkerPool(edition, write_blank_form, limits, watch)


def write_blank_form(path: Path, edition: Edition) -> None:
    """Write a blank form; XlsxWriter is imported only when one is needed."""
    from smebatch.form.writer import write_form

    write_form(path, edition)
