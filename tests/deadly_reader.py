"""A reader process that dies as the files' names say: what runs in it instead of the real one."""

from __future__ import annotations

import os
import time

from smebatch.intake import reader
from smebatch.intake.folder import Entry, Outcome, read_entry
from smebatch.standard.model import Edition


def deadly(entry: Entry, edition: Edition) -> Outcome:
    if "abort" in entry.file:
        os.abort()
    if "spin" in entry.file:
        while True:
            pass
    if "sleep" in entry.file:
        time.sleep(60)
    return read_entry(entry, edition)


def main() -> None:
    reader.read_entry = deadly
    reader.main()
