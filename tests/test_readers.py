"""Worker processes that may die: a file that kills its reader costs that file alone."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cases import form_bytes
from hostile.hostile_files import KILLERS, content
from smebatch.intake import readers
from smebatch.intake.folder import Entry, Outcome, read_entry, scan
from smebatch.intake.readers import Limits, read_entries
from smebatch.intake.readers import _work as work
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition

EDITION = load_edition("2024")
GOOD = form_bytes({"name": "甲"})

needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="no limits of CPU time or memory there")


def put(folder: Path, name: str, data: bytes = GOOD) -> None:
    (folder / name).write_bytes(data)


def read(folder: Path, *, jobs: int = 2, limits: Limits | None = None) -> dict[str, Outcome]:
    entries = scan(folder)
    outcomes = list(read_entries(entries, EDITION, jobs=jobs, limits=limits))
    assert [outcome.entry for outcome in outcomes] == entries
    return {outcome.entry.file: outcome for outcome in outcomes}


def test_order_and_number_hold_over_many_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "TOGETHER", 2)
    monkeypatch.setattr(readers, "WINDOW", 3)
    for number in range(15):
        put(tmp_path, f"{number:02d}.xlsx")
    put(tmp_path, "empty.xlsx", b"")
    outcomes = read(tmp_path)
    assert [name for name, outcome in outcomes.items() if outcome.answers is None] == ["empty.xlsx"]


def deadly(entry: Entry, edition: Edition) -> Outcome:
    """What a worker does in these tests: die as the file's name says, else read."""
    if "abort" in entry.file:
        os.abort()
    if "spin" in entry.file:
        while True:
            pass
    if "sleep" in entry.file:
        time.sleep(60)
    return read_entry(entry, edition)


def deadly_work(*arguments: Any) -> None:
    """A worker whose reading is deadly: runs in the worker's process, so the patch is its own."""
    readers.read_entry = deadly
    work(*arguments)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("abort", "file.reader"),
        pytest.param("spin", "file.time", marks=needs_limits),
        ("sleep", "file.time"),
    ],
)
def test_a_file_that_kills_its_reader_costs_that_file_alone(
    what: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_work", deadly_work)
    for number in range(40):
        put(tmp_path, f"{number:02d}.xlsx")
    put(tmp_path, f"20_{what}.xlsx")
    outcomes = read(tmp_path, limits=Limits(cpu_seconds=1, wall_seconds=4))
    assert outcomes.pop(f"20_{what}.xlsx").reason == reason
    assert all(outcome.answers for outcome in outcomes.values())


def test_many_deaths_lose_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_work", deadly_work)
    for number in range(30):
        put(tmp_path, f"{number:02d}{'_abort' * (number % 5 == 0)}.xlsx")
    outcomes = read(tmp_path)
    assert sorted(name for name, outcome in outcomes.items() if outcome.reason == "file.reader") == [
        f"{number:02d}_abort.xlsx" for number in range(0, 30, 5)
    ]
    assert sum(outcome.answers is not None for outcome in outcomes.values()) == 24


class OneTask:
    """A connection that ends its process after the first task, when it asks for the next."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.asked = connection, False

    def recv(self) -> Any:
        if self.asked:
            os._exit(0)
        self.asked = True
        return self.connection.recv()

    def send(self, outcome: Outcome) -> None:
        self.connection.send(outcome)


def short_lived_work(connection: Any, *arguments: Any) -> None:
    work(OneTask(connection), *arguments)  # type: ignore[arg-type]


def test_a_worker_that_dies_idle_is_no_files_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_work", short_lived_work)
    monkeypatch.setattr(readers, "TOGETHER", 2)
    for number in range(12):
        put(tmp_path, f"{number:02d}.xlsx")
    entries = scan(tmp_path)
    outcomes = []
    for outcome in read_entries(entries, EDITION, jobs=1):
        outcomes.append(outcome)
        time.sleep(0.05)  # until the worker has gone
    assert [outcome.entry for outcome in outcomes if outcome.answers] == entries


@needs_limits
@pytest.mark.parametrize("what", KILLERS)
def test_a_workbook_that_kills_costs_itself_alone(what: str, tmp_path: Path) -> None:
    """Files no check before the reading can tell, among good ones."""
    for number in range(6):
        put(tmp_path, f"{number}.xlsx")
    put(tmp_path, "3_killer.xlsx", content(KILLERS[what]))
    outcomes = read(tmp_path)
    assert outcomes.pop("3_killer.xlsx").reason in {"file.reader", "file.memory", "file.unreadable"}
    assert all(outcome.answers for outcome in outcomes.values())


@needs_limits
def test_memory_has_a_limit(tmp_path: Path) -> None:
    """90 MB of one cell are within every check before the reading, but not within 300 MB of memory."""
    put(tmp_path, "1.xlsx")
    put(tmp_path, "2.xlsx", content(KILLERS["90 MB of one cell"]))
    outcomes = read(tmp_path, limits=Limits(memory_mb=300))
    assert outcomes["1.xlsx"].answers
    assert outcomes["2.xlsx"].reason in {"file.memory", "file.reader"}


def test_an_entry_that_cannot_be_a_return_opens_nothing(tmp_path: Path) -> None:
    entry = Entry("a.xlsx", tmp_path / "a.xlsx", 0, 0, "file.lock")
    assert [o.reason for o in read_entries([entry], EDITION, jobs=1)] == ["file.lock"]
