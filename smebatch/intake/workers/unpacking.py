"""Read what lies in containers: it is unpacked by a reader, once for all that is read together, and is then a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from smebatch.intake.read_result import ContainerTask, ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers.worker_pool import WorkerPool

BYTES_PER_ROUND = 1_000_000_000  # bytes unpacked at a time, as they are listed


def read_entries(entries: Sequence[Entry], readers: WorkerPool, width: int) -> Iterator[ReadResult]:
    """The outcomes in order, read by so many readers side by side; where all are files, they begin at once."""
    if not any(entry.steps for entry in entries):
        return readers.read_in_parallel(entries, width)
    return _read_in_rounds(entries, readers, width)


def _read_in_rounds(entries: Sequence[Entry], readers: WorkerPool, width: int) -> Iterator[ReadResult]:
    for some in split_by_size(entries):
        with unpacked_files(some, readers, width) as files:
            for entry, outcome in zip(some, readers.read_in_parallel(files, width), strict=True):
                outcome.entry = entry
                yield outcome


def split_by_size(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The entries in turn, as many at a time as there is room for when they are unpacked."""
    start = size = 0
    for number, entry in enumerate(entries):
        size += entry.bytes if entry.steps else 0
        if size > BYTES_PER_ROUND and number > start:
            yield entries[start:number]
            start, size = number, entry.bytes
    if start < len(entries):
        yield entries[start:]


@contextmanager
def unpacked_files(entries: Sequence[Entry], readers: WorkerPool, width: int) -> Iterator[list[Entry]]:
    """Yield the entries as files: what lies in a container is one of ours meanwhile, or has its reason."""
    inside: dict[tuple[str, int, int], list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.steps and not entry.reason:
            inside.setdefault((entry.location, entry.container_bytes, entry.stamp), []).append(number)
    openings = [
        ContainerTask(
            Entry(container_name(entries[numbers[0]]), *of),
            readers.new_unpack_folder(),
            tuple(entries[n].steps for n in numbers),
        )
        for of, numbers in inside.items()
    ]
    files = list(entries)
    try:
        for outcome, numbers in zip(readers.open_containers(openings, width), inside.values(), strict=True):
            for place, number in enumerate(numbers):
                if outcome.reason:
                    files[number] = replace(entries[number], reason=outcome.reason)
                else:
                    there = outcome.members[place]
                    files[number] = replace(entries[number], location=there.location, steps=(), reason=there.reason)
        yield files
    finally:
        for opening in openings:
            shutil.rmtree(opening.folder, ignore_errors=True)


def container_name(entry: Entry) -> str:
    """The name of the container that holds an entry: its kind may hang on it."""
    return entry.location.replace("\\", "/").split("/")[-1]
