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


def deadly_container(opening: Opening) -> Outcome:
    if "torn" in opening.entry.file and opening.wanted:
        os.abort()
    deadly_name(opening.entry.file)
    return open_up(opening)


def main() -> None:
    reader.outcome_of = deadly
    reader.opened = deadly_container
    reader.main()
