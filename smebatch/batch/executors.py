"""Pools of workers behind one interface: threads of this process, or the workers of a dask cluster."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple, TypeVar

from smebatch import __version__
from smebatch.issues.notice import ProblemError

PORTION = 2_000  # files read, assessed and stored in one step; larger portions take less time but more memory
LEAST_PORTION = 500  # files: reading so many takes as long as the fixed cost of assessing and storing a portion
CONNECT_SECONDS = 10

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class ClusterError(ProblemError):
    """The cluster cannot be used."""


class Pool(NamedTuple):
    """An executor and how it is to be used.

    ``width``: how many tasks it works on at a time. ``window``: how many tasks may be submitted whose results have not
    been taken. ``jobs``: how many processes read on this machine at a time, 1 where each task has a worker of its own.
    ``least``: how many files make a task worth its fixed cost.
    """

    executor: Executor
    width: int
    window: int
    jobs: int = 1
    least: int = 1

    def shares(self, count: int) -> tuple[int, int]:
        """How many files to read in one task, and how many reader processes a task needs to keep all of them busy."""
        size = portion_size(count, self.width, self.least)
        return size, max(self.jobs // max(math.ceil(count / size), 1), 1)

    def map(self, function: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> Iterator[_Result]:
        """The results in the order of the tasks.

        No more than ``window`` tasks are submitted ahead, so that memory stays flat. The first are submitted at once,
        before a result is asked for.
        """
        remaining = iter(tasks)
        submitted = deque(self.executor.submit(function, task) for task in islice(remaining, self.window))
        return self._results(function, remaining, submitted)

    def _results(
        self, function: Callable[[_Task], _Result], remaining: Iterator[_Task], submitted: deque[Future[_Result]]
    ) -> Iterator[_Result]:
        while submitted:
            result = submitted.popleft().result()
            submitted.extend(self.executor.submit(function, task) for task in islice(remaining, 1))
            yield result


def portion_size(count: int, width: int, least: int = 1) -> int:
    """How many files a portion has: at most PORTION, and so many that every worker gets the same number of portions.

    Where portions would become smaller than ``least``, there are fewer.

    >>> portion_size(10_000, 3), portion_size(300, 3, least=500)  # six portions, the last a little smaller; and one
    (1667, 300)
    """
    number = min(math.ceil(count / (PORTION * width)) * width, math.ceil(count / min(least, PORTION)))
    return max(math.ceil(count / max(number, 1)), 1)


@contextmanager
def local_pool(jobs: int) -> Iterator[Pool]:
    """A pool of threads, each of which keeps a reader process busy and assesses what it has read."""
    threads = jobs + 1  # one more than processors: while one thread assesses, the readers of the others use them all
    executor = ThreadPoolExecutor(threads)
    try:
        yield Pool(executor, threads, threads, jobs, LEAST_PORTION)
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def cluster_pool(address: str) -> Iterator[Pool]:
    """The workers of a dask.distributed scheduler, which repeats the tasks of a worker that dies on another.

    Raises ClusterError where the scheduler does not answer, has no worker, or one of another version of smebatch.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError("cluster.missing") from None
    try:
        client = Client(address, set_as_default=False, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError("cluster.unreachable", address=address, error=error) from None
    with client:
        versions = client.run(_version)
        if not versions:
            raise ClusterError("cluster.no_worker", address=address)
        if strangers := sorted(worker for worker, version in versions.items() if version != __version__):
            raise ClusterError("cluster.version", workers="、".join(strangers), version=__version__)
        threads = sum(client.nthreads().values())
        yield Pool(client.get_executor(pure=False), threads, 2 * threads)  # a spare task waits at each worker


def _version() -> str:
    return __version__
