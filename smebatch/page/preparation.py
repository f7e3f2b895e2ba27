"""Has the pages of the report worked out, in the background, whenever the batch keeps none of its settled state."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from smebatch.batch.batch_file import BatchError
from smebatch.batch.load import ReportOptions
from smebatch.page.child import Child
from smebatch.workflow import prepare_report_pages

_PATIENCE = 600.0  # seconds: others may have the batch open again and again


class Preparation:
    """The job of a server that works out the pages; there is one at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._child: Child | None = None

    @property
    def running(self) -> bool:
        """Whether the job is under way."""
        child = self._child
        return child is not None and child.running

    def ensure(self, batch: Path, options: ReportOptions) -> None:
        """Start the job unless it is running.

        Raises what kept the last one from being done, once.
        """
        with self._lock:
            if self._child is not None:
                if self._child.running:
                    return
                child, self._child = self._child, None
                _end(child)
            self._child = Child(_prepare, batch, options)


def _end(child: Child) -> None:
    """Raise what kept the job from being done; that the batch was settled anew meanwhile is no such thing."""
    try:
        child.result()
    except BatchError as error:
        if error.code != "batch.changed":
            raise


def _prepare(batch: Path, options: ReportOptions) -> str:
    return prepare_report_pages(batch, options, patience=_PATIENCE)
