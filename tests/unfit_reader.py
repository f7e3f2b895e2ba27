"""A reader process on a machine that is not fit for it: whatever it is to read, it does not get there."""

from __future__ import annotations

import os

from smebatch.intake.outcome import Outcome
from smebatch.intake.read_entry import Fetched
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers import worker as reader
from smebatch.standard.model import Edition


def unfit(entry: Entry, _fetched: Fetched, _edition: Edition) -> Outcome:
    how = os.environ["UNFIT"]
    if how == "memory":
        return Outcome(entry, reason="file.memory")
    while how == "time":
        pass
    os.abort()


def main() -> None:
    vars(reader).update(outcome_of=unfit)
    reader.main()
