"""Reads entries that lie in containers: a worker unpacks those that are read together, and then they are files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from smebatch.intake.read_result import ContainerTask, ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers.worker_pool import WorkerPool

BYTES_PER_ROUND = 1_000_000_000  # of files that are unpacked at a time, as they are listed


def read_entries(entries: Sequence[Entry], pool: WorkerPool, width: int) -> Iterator[ReadResult]:
    """The results in order, read by ``width`` workers. Where all entries are files, the workers begin at once."""
    if not any(entry.steps for entry in entries):
        return pool.read_in_parallel(entries, width)
    return _read_in_rounds(entries, pool, width)


def _read_in_rounds(entries: Sequence[Entry], pool: WorkerPool, width: int) -> Iterator[ReadResult]:
    for some in split_by_size(entries):
        with unpacked_files(some, pool, width) as files:
            for entry, result in zip(some, pool.read_in_parallel(files, width), strict=True):
                result.entry = entry
                yield result


def split_by_size(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Split the entries into runs, each with about BYTES_PER_ROUND bytes to unpack at most."""
    start = size = 0
    for number, entry in enumerate(entries):
        size += entry.bytes if entry.steps else 0
        if size > BYTES_PER_ROUND and number > start:
            yield entries[start:number]
            start, size = number, entry.bytes
    if start < len(entries):
        yield entries[start:]


@contextmanager
def unpacked_files(entries: Sequence[Entry], pool: WorkerPool, width: int) -> Iterator[list[Entry]]:
    """Yield the entries as files: those in containers are unpacked meanwhile, or have a reason why they cannot be."""
    numbers_by_container: dict[tuple[str, int, int], list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.steps and not entry.reason:
            numbers_by_container.setdefault((entry.location, entry.container_bytes, entry.stamp), []).append(number)
    tasks = [
        ContainerTask(
            Entry(container_name(entries[numbers[0]]), *of),
            pool.new_unpack_folder(),
            tuple(entries[n].steps for n in numbers),
        )
        for of, numbers in numbers_by_container.items()
    ]
    files = list(entries)
    try:
        for result, numbers in zip(pool.open_containers(tasks, width), numbers_by_container.values(), strict=True):
            for position, number in enumerate(numbers):
                if result.reason:
                    files[number] = replace(entries[number], reason=result.reason)
                else:
                    unpacked = result.members[position]
                    files[number] = replace(
                        entries[number], location=unpacked.location, steps=(), reason=unpacked.reason
                    )
        yield files
    finally:
        for task in tasks:
            shutil.rmtree(task.folder, ignore_errors=True)


def container_name(entry: Entry) -> str:
    """The name of the container that holds an entry; it may decide which kind of container it is."""
    return entry.location.replace("\\", "/").split("/")[-1]
