"""Who does the work: threads of this process, or the workers of a cluster, behind one interface."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class Pool(NamedTuple):
    """An executor, and how many tasks it works on at a time."""

    executor: Executor
    width: int

    def map(self, function: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> Iterator[_Result]:
        """Yield the results in order, with so few tasks under way that memory stays flat however many there are."""
        under_way: deque[Future[_Result]] = deque()
        for task in tasks:
            under_way.append(self.executor.submit(function, task))
            if len(under_way) > 2 * self.width:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@contextmanager
def local_pool(jobs: int) -> Iterator[Pool]:
    """A pool of threads: each keeps a reader process busy, and judges what that has read."""
    executor = ThreadPoolExecutor(jobs)
    try:
        yield Pool(executor, jobs)
    finally:
        executor.shutdown(cancel_futures=True)
