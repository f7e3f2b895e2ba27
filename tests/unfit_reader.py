"""A reader process on a machine that is not fit for it: whatever it is to read, it does not get there."""

from __future__ import annotations

import os

from smebatch.intake.read_entry import FetchedContent
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers import worker as reader
from smebatch.standard.model import Edition


def unfit(entry: Entry, _fetched: FetchedContent, _edition: Edition) -> ReadResult:
    how = os.environ["UNFIT"]
    if how == "memory":
        return ReadResult(entry, reason="file.memory")
    while how == "time":
        pass
    os.abort()


def main() -> None:
    vars(reader)["read_content"] = unfit
    reader.main()
