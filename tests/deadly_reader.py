"""A reader process that dies as the files' names say: what runs in it instead of the real one."""

from __future__ import annotations

import os
import time

from smebatch.intake.read_entry import FetchedContent, read_content
from smebatch.intake.read_result import ContainerTask, ListResult, ListTask, ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers import worker as reader
from smebatch.intake.workers.opening import open_container
from smebatch.intake.workers.worker import read_list_task
from smebatch.standard.model import Edition


def deadly(entry: Entry, fetched: FetchedContent, edition: Edition) -> ReadResult:
    deadly_name(entry.file)
    return read_content(entry, fetched, edition)


def deadly_name(file: str) -> None:
    if "abort" in file:
        os.abort()
    if "spin" in file:
        while True:
            pass
    if "sleep" in file:
        time.sleep(60)


def deadly_container(opening: ContainerTask) -> ReadResult:
    if "torn" in opening.entry.file and opening.wanted:
        os.abort()
    deadly_name(opening.entry.file)
    return open_container(opening)


def deadly_list(task: ListTask) -> ListResult:
    deadly_name(task.path.name)
    return read_list_task(task)


def main() -> None:
    vars(reader)["read_content"] = deadly
    vars(reader)["open_task"] = deadly_container
    vars(reader)["read_list_task"] = deadly_list
    reader.main()
