"""A reader process that dies as the files' names say: what runs in it instead of the real one."""

from __future__ import annotations

import os
import time

from smebatch.intake import reader
from smebatch.intake.entry import Entry
from smebatch.intake.outcome import Outcome
from smebatch.intake.reading import Fetched, outcome_of
from smebatch.standard.model import Edition


def deadly(entry: Entry, fetched: Fetched, edition: Edition) -> Outcome:
    if "abort" in entry.file:
        os.abort()
    if "spin" in entry.file:
        while True:
            pass
    if "sleep" in entry.file:
        time.sleep(60)
    return outcome_of(entry, fetched, edition)


def main() -> None:
    reader.outcome_of = deadly
    reader.main()
