"""A batch that is only read: what is remembered of it, engines that are kept, and issues of an earlier program."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cases import EDITION, choose, form_bytes
from page_client import reading_here
from smebatch.batch.database import BatchDatabase
from smebatch.batch.load import open_batch
from smebatch.workflow import export_batch, ingest_folder
from test_pipeline import enterprise, put

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
ANY_NUMBER = "SELECT random()"
HOUR = 3_600


@pytest.fixture(autouse=True, scope="module")
def _here() -> Iterator[None]:
    with reading_here():
        yield


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a batch of two returns, of which one has an error: q02 says over 60 %, 30 of 100 are 30 %."""
    folder = tmp_path_factory.mktemp("read")
    put(folder / "in", "甲.xlsx", form_bytes(enterprise(1)))
    put(folder / "in", "乙.xlsx", form_bytes(enterprise(2, **choose("q02", 5))))
    ingest_folder(str(folder / "in"), folder / "batch.duckdb", EDITION, now=NOW)
    return folder


@pytest.fixture
def batch(read: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(read / "batch.duckdb", tmp_path / "batch.duckdb"))


def changed_before(path: Path, hours: int) -> None:
    """Set the time of a file's last change."""
    then = time.time() - hours * HOUR
    os.utime(path, (then, then))


def found(batch: Path, query: str = ANY_NUMBER) -> list[tuple[object, ...]]:
    database, _ = open_batch(batch)
    with database:
        return database.recall_rows(query)


def test_what_was_found_holds_until_somebody_writes(batch: Path) -> None:
    changed_before(batch, 3)
    first = found(batch)
    assert found(batch) == first
    with BatchDatabase(batch) as database:
        database.set_meta(read_at="2026-11-24T09:30:00+00:00")
        assert database.recall_rows(ANY_NUMBER) != database.recall_rows(ANY_NUMBER)
    changed_before(batch, 2)
    assert found(batch) != first
    database, _ = open_batch(batch)
    with database:
        assert database.meta["read_at"] == "2026-11-24T09:30:00+00:00"


def test_nothing_is_remembered_of_a_file_that_was_just_written_to(batch: Path) -> None:
    changed_before(batch, 0)
    assert found(batch) != found(batch)


def test_long_results_are_not_kept(batch: Path) -> None:
    changed_before(batch, 3)
    long = "SELECT random() FROM range(2001)"
    assert found(batch, long) != found(batch, long)


def test_the_meta_of_a_batch_is_nobody_elses(batch: Path) -> None:
    changed_before(batch, 3)
    for _ in range(2):
        database, _ = open_batch(batch)
        with database:
            assert database.meta.pop("settled") == "yes"


def test_an_engine_that_was_given_all_memory_is_limited_for_the_next_file(batch: Path) -> None:
    def limit(database: BatchDatabase) -> object:
        return database.fetch_rows("SELECT current_setting('memory_limit')")

    tried: list[object] = []

    def job() -> None:
        tried.append(limit(database))
        if len(tried) == 1:
            raise duckdb.OutOfMemoryException

    with BatchDatabase(batch, read_only=True) as database:
        database.run_with_memory(job)
    limited, lifted = tried
    assert limited != lifted
    with BatchDatabase(batch, read_only=True) as database:
        assert limit(database) == limited


def exported(batch: Path, folder: Path) -> dict[str, bytes]:
    export_batch(batch, folder, "csv", remember=False)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_issues_that_are_a_view_as_an_earlier_program_made_them(read: Path, tmp_path: Path) -> None:
    """They read the same, and are a table once the batch is settled again."""
    batch = Path(shutil.copyfile(read / "batch.duckdb", tmp_path / "batch.duckdb"))
    before = exported(batch, tmp_path / "before")
    with duckdb.connect(str(batch)) as database:
        database.execute("ALTER TABLE issues RENAME TO kept; CREATE VIEW issues AS FROM kept")
    assert exported(batch, tmp_path / "view") == before
    put(read / "in", "丙.xlsx", form_bytes(enterprise(3, **choose("q02", 5))))
    ingest_folder(str(read / "in"), batch, EDITION, now=NOW)
    with duckdb.connect(str(batch)) as database:
        assert database.execute("SELECT count(*) FROM duckdb_views() WHERE view_name = 'issues'").fetchall() == [(0,)]
        files = database.execute(
            "SELECT file FROM issues WHERE code = 'links.scene' OR severity = 'error' ORDER BY file"
        )
        assert files.fetchall() == [("丙.xlsx",), ("乙.xlsx",)]


def test_issues_go_by_the_new_names_of_their_files(batch: Path) -> None:
    """Between the moment when entries are renamed and that when the batch is settled it shows its state before."""
    with BatchDatabase(batch) as database:
        before = database.fetch_rows("SELECT file, code FROM issues ORDER BY ALL")
        database.execute("INSERT INTO issues (file, form_id) VALUES ('审定.xlsx', '')")  # as a line of a decisions file
        database.rename_entries("", "区/")
        after = database.fetch_rows("SELECT file, code FROM issues WHERE form_id <> '' ORDER BY ALL")
        assert after == [(f"区/{file}", code) for file, code in before]
        assert database.fetch_rows("SELECT file FROM issues WHERE form_id = ''") == [("审定.xlsx",)]
