"""A reader process that dies as the files' names say: what runs in it instead of the real one."""

from __future__ import annotations

import os
import time

from smebatch.intake.outcome import Opening, Outcome
from smebatch.intake.read_entry import Fetched, outcome_of
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers import worker as reader
from smebatch.intake.workers.opening import open_up
from smebatch.standard.model import Edition


def deadly(entry: Entry, fetched: Fetched, edition: Edition) -> Outcome:
    deadly_name(entry.file)
    return outcome_of(entry, fetched, edition)


def deadly_name(file: str) -> None:
    if "abort" in file:
        os.abort()
    if "spin" in file:
        while True:
            pass
    if "sleep" in file:
        time.sleep(60)


def deadly_container(task: Opening) -> Outcome:
    if "torn" in task.entry.file and task.wanted:
        os.abort()
    deadly_name(task.entry.file)
    return open_up(task)


def main() -> None:
    vars(reader).update(outcome_of=deadly, opened=deadly_container)
    reader.main()
