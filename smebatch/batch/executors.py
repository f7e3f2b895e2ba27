"""Who does the work: threads of this process, or the workers of a cluster, behind one interface."""

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

PORTION = 2_000  # files read, judged and stored in one step: the more, the less each costs
LEAST = 500  # files that take as long to read as the fixed cost of judging and storing a portion
CONNECT_SECONDS = 10

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class ClusterError(ProblemError):
    """The cluster cannot be used."""


class Pool(NamedTuple):
    """An executor, how many tasks it works on at a time, and how many may be under way or done and not yet taken.

    ``jobs``: processes that read here at a time, 1 where a task has a machine to itself; ``least``: files that are
    worth a task of their own.
    """

    executor: Executor
    width: int
    window: int
    jobs: int = 1
    least: int = 1

    def shares(self, count: int) -> tuple[int, int]:
        """How many files to read in one task, and how many readers a task needs, lest some stand idle."""
        size = portion_size(count, self.width, self.least)
        return size, max(self.jobs // max(math.ceil(count / size), 1), 1)

    def map(self, function: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> Iterator[_Result]:
        """The results in order, with so few tasks under way that memory stays flat however many there are.

        The first tasks are under way at once, before a result is asked for.
        """
        left = iter(tasks)
        under_way = deque(self.executor.submit(function, task) for task in islice(left, self.window))
        return self._results(function, left, under_way)

    def _results(
        self, function: Callable[[_Task], _Result], left: Iterator[_Task], under_way: deque[Future[_Result]]
    ) -> Iterator[_Result]:
        while under_way:
            result = under_way.popleft().result()
            under_way.extend(self.executor.submit(function, task) for task in islice(left, 1))
            yield result


def portion_size(count: int, width: int, least: int = 1) -> int:
    """The size of portions, of which none is larger than PORTION and the number is a multiple of the pool's width.

    Where that would make them smaller than ``least``, there are fewer.

    >>> portion_size(10_000, 3), portion_size(300, 3, least=500)  # six, the last a little smaller; and one
    (1667, 300)
    """
    number = min(math.ceil(count / (PORTION * width)) * width, math.ceil(count / min(least, PORTION)))
    return max(math.ceil(count / max(number, 1)), 1)


@contextmanager
def local_pool(jobs: int) -> Iterator[Pool]:
    """A pool of threads: each keeps a reader process busy, and judges what that has read."""
    threads = jobs + 1  # while one judges, the others' readers still occupy all processors
    executor = ThreadPoolExecutor(threads)
    try:
        yield Pool(executor, threads, threads, jobs, LEAST)
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def cluster_pool(address: str) -> Iterator[Pool]:
    """The workers of a dask.distributed scheduler; what a dying worker had under way is done again by another.

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
        yield Pool(client.get_executor(pure=False), threads, 2 * threads)  # far away, the next task should be there


def _version() -> str:
    return __version__
