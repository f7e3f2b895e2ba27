"""The reader processes of the page, which wait between requests, so that a form need not wait for one to start."""

from __future__ import annotations

import gc
from contextlib import suppress
from functools import cache
from threading import Lock, Thread

from smebatch.batch.reading import reader_pool
from smebatch.intake.workers.worker_pool import PoolStoppedError, WorkerPool
from smebatch.issues.notice import ProblemError
from smebatch.standard.model import Edition


class Readers:
    """The readers of one edition at a time: that of the batch which was last looked at."""

    def __init__(self) -> None:
        self._lock, self._starting = Lock(), Lock()
        self._pool: WorkerPool | None = None

    def of(self, edition: Edition) -> WorkerPool:
        """The readers for an edition."""
        with self._lock:
            if self._pool is None or self._pool.edition.text_sha256 != edition.text_sha256:
                self._pool = reader_pool(edition)  # the workers of another end by themselves
            return self._pool

    def stop(self) -> None:
        """End them."""
        with self._lock:
            pool, self._pool = self._pool, None
        with self._starting:  # one may be about to start
            if pool:
                pool.stop()

    def expect(self, edition: Edition) -> None:
        """Start one in the background where none waits, and bring along the rest, for a form may be opened next."""
        if self._starting.acquire(blocking=False):
            Thread(target=self._keep_ready, args=(self.of(edition),), daemon=True).start()

    def _keep_ready(self, pool: WorkerPool) -> None:
        try:
            with suppress(ProblemError, OSError, PoolStoppedError):  # whoever reads with it will be told
                pool.keep_ready()
            _bring_along()
        finally:
            self._starting.release()


@cache
def _bring_along() -> None:
    """Import what the page of a form needs and a server does not wait for: pandas, which takes half a second.

    What is there by then stays, so that Python need not look through it for garbage, a tenth of a second in a request.
    """
    import smebatch.batch.ways  # noqa: F401  # for those who ask for it later

    gc.collect()
    gc.freeze()
