"""What the machine, its limits or its disks do is not put down to an enterprise."""

from __future__ import annotations

import datetime as dt
import errno
import os
import pickle
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cases import EDITION, form_bytes, listed
from command_line import DONE, LIMIT, smebatch
from smebatch.batch import database as store
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase
from smebatch.batch.ingest import ingest
from smebatch.batch.inventory import Inventory
from smebatch.batch.load import open_batch
from smebatch.batch.reading import write_blank_form
from smebatch.intake import read_entry as reading
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import Limits
from smebatch.intake.workers import worker_pool, worker_process
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.intake.workers.worker_process import WorkerError
from smebatch.issues.notice import Notice
from test_pipeline import enterprise, fates, put, query

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")


def filled(folder: Path, *numbers: int) -> Path:
    for number in numbers:
        put(folder, f"{number}.xlsx", form_bytes(enterprise(number)))
    return folder


def code_of(caught: pytest.ExceptionInfo[WorkerError]) -> str:
    return caught.value.code


@needs_limits
def test_honest_returns_are_read_under_a_limit_of_processor_time(tmp_path: Path) -> None:
    """As a system sets with ulimit -t, for every process: less than we allow a file."""
    folder, batch = filled(tmp_path / "in", 1, 2), tmp_path / "b.duckdb"
    assert smebatch("ingest", folder, "-b", batch, first=LIMIT.format("CPU", 20)).code == DONE
    assert fates(batch) == {"1.xlsx": "counted: complete", "2.xlsx": "counted: complete"}


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("abort", "readers.broken"),
        pytest.param("memory", "readers.memory", marks=needs_limits),
        pytest.param("time", "readers.time", marks=[needs_limits, pytest.mark.slow]),
    ],
)
def test_where_not_even_a_blank_form_can_be_read_the_run_stops(
    how: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFIT", how)
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "unfit_reader")
    entries = listed(filled(tmp_path, 1, 2, 3))
    with WorkerPool(EDITION, write_blank_form, Limits(cpu_seconds=1)) as these, pytest.raises(WorkerError) as caught:
        these.read(entries)
    assert code_of(caught) == code


def test_one_file_that_kills_is_not_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs: list[int] = []
    prove = WorkerPool._prove_workers

    def counted(pool: WorkerPool) -> None:
        proofs.append(1)
        prove(pool)

    monkeypatch.setattr(WorkerPool, "_prove_workers", counted)
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    put(filled(tmp_path, 1, 2), "1_abort.xlsx", b"x")
    with WorkerPool(EDITION, write_blank_form) as these:
        outcomes = {outcome.entry.file: outcome.reason for outcome in these.read(listed(tmp_path))}
    assert outcomes == {"1.xlsx": "", "1_abort.xlsx": "file.reader", "2.xlsx": ""}
    assert proofs == [1]


def test_what_was_stored_before_the_run_stopped_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, batch = filled(tmp_path / "in", *range(1, 7)), tmp_path / "b.duckdb"
    monkeypatch.setattr("smebatch.batch.executors.PORTION", 2)
    read = WorkerPool.read

    def broken(self: WorkerPool, entries: list[Entry]) -> Any:
        if any(entry.file == "5.xlsx" for entry in entries):
            raise WorkerError("readers.broken")
        return read(self, entries)

    monkeypatch.setattr(WorkerPool, "read", broken)
    with pytest.raises(WorkerError):
        ingest(folder, batch, EDITION, now=NOW)
    stored = query(batch, "SELECT count(*) FROM entries")
    assert stored[0][0] >= 2
    monkeypatch.undo()
    assert ingest(folder, batch, EDITION, now=NOW).read == 6 - stored[0][0]
    assert set(fates(batch).values()) == {"counted: complete"}


def test_what_another_process_has_met_arrives_with_its_values() -> None:
    met = pickle.loads(pickle.dumps(WorkerError("folder.broke_off", path="/x/1.xlsx")))  # noqa: S301  (our own)
    assert (type(met), met.code, met.values) == (WorkerError, "folder.broke_off", {"path": "/x/1.xlsx"})


# --- disks and shares -----------------------------------------------------------------------------------------------


def test_a_share_that_is_gone_stops_the_run(tmp_path: Path) -> None:
    entries = listed(filled(tmp_path / "share" / "甲", 1, 2, 3, 4).parent)
    shutil.rmtree(tmp_path / "share" / "甲")
    with WorkerPool(EDITION, write_blank_form) as these, pytest.raises(WorkerError) as caught:
        these.read(entries)
    assert code_of(caught) == "folder.broke_off"


def test_a_mount_point_that_is_empty_stops_the_run(tmp_path: Path) -> None:
    entries = listed(filled(tmp_path, 1, 2, 3, 4))
    for path in tmp_path.iterdir():
        path.unlink()
    with WorkerPool(EDITION, write_blank_form) as these, pytest.raises(WorkerError) as caught:
        these.read(entries)
    assert code_of(caught) == "folder.broke_off"


def test_files_that_somebody_took_away_are_said_to_be_gone(tmp_path: Path) -> None:
    entries = listed(filled(tmp_path, 1, 2, 3, 4))
    for number in (1, 2, 3):
        (tmp_path / f"{number}.xlsx").unlink()
    with WorkerPool(EDITION, write_blank_form) as these:
        assert [outcome.reason for outcome in these.read(entries)] == ["file.vanished"] * 3 + [""]


def test_an_error_of_the_disk_is_not_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = listed(filled(tmp_path, 1))

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "open", broken)
    assert reading.read_entry(entry, EDITION).reason == "file.unreachable"


@pytest.mark.parametrize(
    ("reasons", "stops"),
    [
        (["", "file.unreachable", "file.unreachable", "file.unreachable", ""], True),
        (["file.unreachable"], True),
        (["file.unreachable", "", "file.unreachable", "file.unreachable"], False),
        (["file.vanished"] * 5, False),  # somebody has taken them away, and the store says so
    ],
)
def test_a_store_that_fails_midway_stops_the_run(reasons: list[str], stops: bool) -> None:
    entries = [Entry(f"{n}.xlsx", f"s3://returns/{n}.xlsx", 1, 1) for n in range(len(reasons))]
    outcomes = [ReadResult(entry, reason=reason) for entry, reason in zip(entries, reasons, strict=True)]
    if not stops:
        worker_pool._check_reachable(outcomes)
        return
    with pytest.raises(WorkerError) as caught:
        worker_pool._check_reachable(outcomes)
    assert code_of(caught) == "folder.broke_off"


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """As on a full disk, no file can grow beyond so many bytes. What Python compiles is not kept: see LIMIT."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(database: BatchDatabase) -> None:
    """Some megabytes."""
    with database.transaction():
        database.execute("INSERT INTO t SELECT 1 FROM range(10)")
        database.execute("INSERT INTO t SELECT hash(range) FROM range(500000)")


@needs_limits
def test_what_a_full_disk_cannot_hold_is_not_stored_by_half(tmp_path: Path) -> None:
    path = tmp_path / "b.duckdb"
    with BatchDatabase(path) as batch:
        batch.execute("CREATE TABLE t (n UBIGINT)")
    with BatchDatabase(path) as batch, disk_of(path.stat().st_size), pytest.raises(BatchError) as caught:
        fill(batch)
    assert caught.value.code == "batch.unwritable"
    with BatchDatabase(path) as batch:
        assert batch.fetch_rows("SELECT count(*) FROM t") == [(0,)]
        fill(batch)
        assert batch.fetch_rows("SELECT count(*) FROM t") == [(500_010,)]


@needs_limits
def test_a_full_disk_refuses_an_export_as_the_system_does(tmp_path: Path) -> None:
    with BatchDatabase(tmp_path / "b.duckdb") as batch, disk_of(1_000), pytest.raises(OSError) as caught:  # noqa: PT011  # any number
        batch.copy_to_file("SELECT range AS n FROM range(100000)", tmp_path / "n.csv", "FORMAT csv")
    assert caught.value.errno == errno.EFBIG


def test_what_the_disk_has_damaged_is_named_and_not_told(tmp_path: Path) -> None:
    path = tmp_path / "b.duckdb"
    with BatchDatabase(path) as batch:
        batch.execute("CREATE TABLE t AS SELECT md5(range::VARCHAR) AS text FROM range(20000)")
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    with BatchDatabase(path) as batch, pytest.raises(BatchError) as caught:
        batch.fetch_rows("SELECT max(text) FROM t")
    assert (caught.value.code, caught.value.values["error"]) == ("batch.unusable", Notice("duckdb.damaged"))


def test_a_batch_may_lie_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:  # as exFAT does
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    BatchDatabase(tmp_path / "b.duckdb").close()
    assert [path.name for path in tmp_path.iterdir()] == ["b.duckdb"]


def test_a_batch_that_another_run_has_made_in_the_meantime_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "b.duckdb"
    with BatchDatabase(path) as batch:
        batch.execute("CREATE TABLE t (n INTEGER)")
    before = path.read_bytes()
    store._create(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["b.duckdb"]


def test_a_run_that_was_killed_at_its_start_leaves_a_batch_that_is_unfinished(tmp_path: Path) -> None:
    path = tmp_path / "b.duckdb"
    store._create(path)  # with nothing in it
    with pytest.raises(BatchError) as caught:
        open_batch(path)
    assert caught.value.code == "batch.unfinished"
    with BatchDatabase(path) as batch:
        assert batch.meta == {"made_by": "smebatch"}


# --- memory ---------------------------------------------------------------------------------------------------------


def test_a_folder_of_many_files_is_listed_with_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_MEMORY", 4_000_000)
    with BatchDatabase(tmp_path / "b.duckdb") as batch:
        listed_ = Inventory(batch, WorkerPool(EDITION, write_blank_form))
        listed_.list_entries((Entry(f"{n}/{'长' * 80}.xlsx", "/x" * 40, n, n) for n in range(30_000)), "")
        batch.execute(
            "CREATE TABLE entries (file VARCHAR, sha256 VARCHAR, bytes BIGINT, mtime_ns BIGINT, stamp BIGINT, "
            "reason VARCHAR)"
        )
        listed_.compare()
        assert (listed_.count, listed_.due) == (30_000, 30_000)


def test_where_memory_does_not_suffice_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_little(*_: object) -> None:
        raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate data of size 16.0 KiB")

    with BatchDatabase(tmp_path / "b.duckdb") as batch:
        monkeypatch.setattr(BatchDatabase, "execute", too_little)
        with pytest.raises(BatchError) as caught:
            Inventory(batch, WorkerPool(EDITION, write_blank_form))
    assert caught.value.code == "batch.memory"


@pytest.mark.parametrize("again", [False, True])
def test_what_lacks_memory_is_tried_with_all_there_is(again: bool, tmp_path: Path) -> None:
    tried: list[int] = []

    def job() -> int:
        tried.append(1)
        if again or len(tried) == 1:
            raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate data of size 16.0 KiB")
        return 7

    with BatchDatabase(tmp_path / "b.duckdb") as batch:
        if not again:
            assert batch.run_with_memory(job) == 7
            return
        with pytest.raises(BatchError) as caught:
            batch.run_with_memory(job)
    assert (caught.value.code, len(tried)) == ("batch.memory", 2)


def test_what_needs_more_memory_than_a_batch_is_given_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_MEMORY", 4_000_000)
    numbers = "SELECT list(range) FROM range(2000000)"  # 16 MB, which cannot be put on a disk meanwhile
    with BatchDatabase(tmp_path / "b.duckdb") as batch:
        with pytest.raises(BatchError) as caught:
            batch.fetch_rows(f"SELECT len(({numbers}))")
        assert caught.value.code == "batch.memory"
        batch.copy_to_file(f"SELECT len(({numbers})) AS n", tmp_path / "n.csv", "FORMAT csv")
    assert (tmp_path / "n.csv").read_text() == "n\n2000000\n"
