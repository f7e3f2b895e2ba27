"""Read what lies in containers: it is unpacked by a reader, once for all that is read together, and is then a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from smebatch.intake.outcome import Opening, Outcome
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers.worker_pool import Readers

ROUND = 1_000_000_000  # bytes unpacked at a time, as they are listed


def begin(entries: Sequence[Entry], readers: Readers, width: int) -> Iterator[Outcome]:
    """The outcomes in order, read by so many readers side by side; where all are files, they begin at once."""
    if not any(entry.steps for entry in entries):
        return readers.begin(entries, width)
    return _read(entries, readers, width)


def _read(entries: Sequence[Entry], readers: Readers, width: int) -> Iterator[Outcome]:
    for some in rounds(entries):
        with unpacked(some, readers, width) as files:
            for entry, outcome in zip(some, readers.begin(files, width), strict=True):
                outcome.entry = entry
                yield outcome


def rounds(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The entries in turn, as many at a time as there is room for when they are unpacked."""
    start = size = 0
    for number, entry in enumerate(entries):
        size += entry.bytes if entry.steps else 0
        if size > ROUND and number > start:
            yield entries[start:number]
            start, size = number, entry.bytes
    if start < len(entries):
        yield entries[start:]


@contextmanager
def unpacked(entries: Sequence[Entry], readers: Readers, width: int) -> Iterator[list[Entry]]:
    """Yield the entries as files: what lies in a container is one of ours meanwhile, or has its reason."""
    inside: dict[tuple[str, int, int], list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.steps and not entry.reason:
            inside.setdefault((entry.location, entry.whole, entry.stamp), []).append(number)
    openings = [
        Opening(Entry(name_of(entries[numbers[0]]), *of), readers.place(), tuple(entries[n].steps for n in numbers))
        for of, numbers in inside.items()
    ]
    files = list(entries)
    try:
        for outcome, numbers in zip(readers.open_all(openings, width), inside.values(), strict=True):
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


def name_of(entry: Entry) -> str:
    """The name of the container that holds an entry: its kind may hang on it."""
    return entry.location.replace("\\", "/").split("/")[-1]
