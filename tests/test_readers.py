"""Reader processes that may die: a file that kills its reader costs that file alone."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from cases import form_bytes, listed
from hostile.hostile_files import KILLERS, content
from smebatch.batch.reading import write_blank_form
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import Limits
from smebatch.intake.workers import worker_process
from smebatch.intake.workers.worker_pool import PoolStoppedError, WorkerPool
from smebatch.standard.loader import load_edition

EDITION = load_edition("2024")
GOOD = form_bytes({"name": "甲"})

needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="no limits of CPU time or memory there")


def put(folder: Path, name: str, data: bytes = GOOD) -> None:
    (folder / name).write_bytes(data)


def read(folder: Path, *, limits: Limits | None = None) -> dict[str, ReadResult]:
    entries = listed(folder)
    with WorkerPool(EDITION, write_blank_form, limits) as these:
        outcomes = these.read(entries)
    assert [outcome.entry for outcome in outcomes] == entries
    return {outcome.entry.file: outcome for outcome in outcomes}


def test_order_and_number_hold(tmp_path: Path) -> None:
    for number in range(15):
        put(tmp_path, f"{number:02d}.xlsx")
    put(tmp_path, "empty.xlsx", b"")
    outcomes = read(tmp_path)
    assert [name for name, outcome in outcomes.items() if outcome.answers is None] == ["empty.xlsx"]


@pytest.mark.parametrize(("files", "started"), [(1, 1), (8, 1), (9, 2), (60, 2)])
def test_no_more_readers_than_there_are_files_to_keep_busy(
    files: int, started: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[object] = []
    start = subprocess.Popen

    def counted(*args: Any, **settings: Any) -> object:
        processes.append(args)
        return start(*args, **settings)

    monkeypatch.setattr(subprocess, "Popen", counted)
    for number in range(files):
        put(tmp_path, f"{number:02d}.xlsx")
    entries = listed(tmp_path)
    with WorkerPool(EDITION, write_blank_form) as these:
        outcomes = list(these.read_in_parallel(entries, 2))
    assert [outcome.entry for outcome in outcomes if outcome.answers] == entries
    assert len(processes) == started


def test_readers_that_were_stopped_start_no_more(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx")
    with WorkerPool(EDITION, write_blank_form) as these:
        these.stop()
        with pytest.raises(PoolStoppedError):
            list(these.read_in_parallel(listed(tmp_path), 1))


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("abort", "file.reader"),
        pytest.param("spin", "file.time", marks=[needs_limits, pytest.mark.slow]),
        pytest.param("sleep", "file.time", marks=pytest.mark.slow),
    ],
)
def test_a_file_that_kills_its_reader_costs_that_file_alone(
    what: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    for number in range(40):
        put(tmp_path, f"{number:02d}.xlsx")
    put(tmp_path, f"20_{what}.xlsx")
    outcomes = read(tmp_path, limits=Limits(cpu_seconds=1, wall_seconds=4))
    assert outcomes.pop(f"20_{what}.xlsx").reason == reason
    assert all(outcome.answers for outcome in outcomes.values())


@needs_limits
@pytest.mark.parametrize(
    ("what", "others", "deaths"),
    [
        pytest.param("spin", 0, 2, marks=pytest.mark.slow),
        pytest.param("spin", 20, 2, marks=pytest.mark.slow),
        pytest.param("sleep", 20, 2, marks=pytest.mark.slow),
        ("abort", 0, 2),
        ("abort", 20, 3),
    ],
)
def test_a_file_whose_time_was_up_twice_is_not_read_again(
    what: str, others: int, deaths: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try costs as much as the limit; only what may have been an accident is worth one more."""
    died: list[str] = []

    class Died(worker_process.WorkerDiedError):
        def __init__(self, reason: str) -> None:
            super().__init__(reason)
            died.append(reason)

    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    monkeypatch.setattr(worker_process, "WorkerDiedError", Died)
    for number in range(others):
        put(tmp_path, f"{number:02d}.xlsx")
    put(tmp_path, f"10_{what}.xlsx")
    outcomes = read(tmp_path, limits=Limits(cpu_seconds=1, wall_seconds=3))
    assert len(died) == deaths
    assert sum(outcome.answers is not None for outcome in outcomes.values()) == others


@pytest.mark.slow
def test_many_deaths_lose_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    for number in range(30):
        put(tmp_path, f"{number:02d}{'_abort' * (number % 5 == 0)}.xlsx")
    outcomes = read(tmp_path)
    assert sorted(name for name, outcome in outcomes.items() if outcome.reason == "file.reader") == [
        f"{number:02d}_abort.xlsx" for number in range(0, 30, 5)
    ]
    assert sum(outcome.answers is not None for outcome in outcomes.values()) == 24


def test_a_reader_that_dies_idle_is_no_files_fault(tmp_path: Path) -> None:
    put(tmp_path, "1.xlsx")
    with WorkerPool(EDITION, write_blank_form) as readers:
        for _ in range(3):
            assert all(outcome.answers for outcome in readers.read(listed(tmp_path)))
            for reader in readers._idle:
                reader._process.kill()
                reader._process.wait()


def test_a_reader_nobody_needs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "IDLE_SECONDS", 0.1)
    put(tmp_path, "1.xlsx")
    with WorkerPool(EDITION, write_blank_form) as these:
        these.read(listed(tmp_path))
        (idle,) = these._idle
        idle._process.wait(timeout=10)
        assert all(outcome.answers for outcome in these.read(listed(tmp_path)))


def test_stopping_ends_what_is_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    put(tmp_path, "sleep.xlsx")
    these = WorkerPool(EDITION, write_blank_form)
    threading.Timer(1, these.stop).start()
    with pytest.raises(PoolStoppedError):
        these.read(listed(tmp_path))


def test_a_reader_that_cannot_start_refuses_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "no_such_module")
    put(tmp_path, "1.xlsx")
    with WorkerPool(EDITION, write_blank_form) as these, pytest.raises(RuntimeError):
        these.read(listed(tmp_path))


def test_a_module_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may write to the folder of returns must not be able to run a program by that."""
    put(tmp_path, "1.xlsx")
    (tmp_path / "zlib.py").write_text("raise SystemExit")
    (tmp_path / "hashlib.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    with WorkerPool(EDITION, write_blank_form) as these:
        assert [bool(outcome.answers) for outcome in these.read(listed(tmp_path))] == [True, False, False]


def test_pickled_they_become_those_of_the_other_process(tmp_path: Path) -> None:
    put(tmp_path, "1.xlsx")
    pickled = pickle.dumps(WorkerPool(EDITION, write_blank_form, Limits(wall_seconds=9)))
    one, other = (pickle.loads(pickled) for _ in range(2))  # noqa: S301  (what was just pickled)
    assert one is other
    assert (one.edition, one.limits) == (EDITION, Limits(wall_seconds=9))
    assert [bool(outcome.answers) for outcome in one.read(listed(tmp_path))] == [True]
    one.stop()


@needs_limits
@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=pytest.mark.slow) if what.startswith("90 MB") else what for what in KILLERS]
)
def test_a_workbook_that_kills_costs_itself_alone(what: str, tmp_path: Path) -> None:
    """Files no check before the reading can tell, among good ones."""
    for number in range(6):
        put(tmp_path, f"{number}.xlsx")
    put(tmp_path, "3_killer.xlsx", content(KILLERS[what]))
    outcomes = read(tmp_path)
    assert outcomes.pop("3_killer.xlsx").reason in {"file.reader", "file.memory", "file.unreadable", "file.expands"}
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
    entry = Entry("a.xlsx", str(tmp_path / "a.xlsx"), 0, 0, "file.lock")
    with WorkerPool(EDITION, write_blank_form) as these:
        assert [outcome.reason for outcome in these.read([entry])] == ["file.lock"]
        assert not these._idle


def test_a_process_started_ahead_is_taken_or_ended(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx")
    worker_process.prestart_workers(2)
    processes = list(worker_process._prestarted)
    with WorkerPool(EDITION, write_blank_form) as these:
        (outcome,) = these.read(listed(tmp_path))
        assert outcome.answers
        assert len(worker_process._prestarted) == 1
    assert not worker_process._prestarted
    assert all(process.poll() is not None for process in processes)
