"""Whoever finds a batch in use says by what, and waits for whoever has it for a moment."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from smebatch.batch import use
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase, batch_files
from smebatch.batch.use import JOBS, note_path, noting, read_use, wait_to_open
from smebatch.language.words import Language, Words

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    path = tmp_path / "batch.duckdb"
    BatchDatabase(path).close()
    return path


def test_a_job_is_named_with_its_time(batch: Path) -> None:
    with BatchDatabase(batch), noting(batch, "ingest"), pytest.raises(BatchError) as caught:
        wait_to_open(batch, lambda: BatchDatabase(batch))
    assert caught.value.code == "batch.busy_with"
    assert "ingest" in Words("en").text(caught.value.code, **caught.value.values)
    assert not note_path(batch).exists()


def test_a_moment_is_waited_for(batch: Path) -> None:
    database = BatchDatabase(batch)
    threading.Timer(0.3, database.close).start()
    begun = time.monotonic()
    wait_to_open(batch, lambda: BatchDatabase(batch)).close()
    assert time.monotonic() - begun >= 0.25


def test_nobody_waits_for_ever(batch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use, "PATIENCE", 0.1)
    with BatchDatabase(batch), pytest.raises(BatchError) as caught:
        wait_to_open(batch, lambda: BatchDatabase(batch))
    assert caught.value.code == "batch.busy"


def test_the_note_of_a_job_that_was_killed_keeps_nobody_out(batch: Path) -> None:
    note_path(batch).write_text(json.dumps({"job": "ingest", "since": "2026-11-29T08:00:00+08:00"}), "utf-8")
    wait_to_open(batch, lambda: BatchDatabase(batch)).close()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"job": "x", "since": "2026-11-29T08:00:00"}', '{"job": "ingest"}', "9" * 5_000]
)
def test_a_note_that_says_nothing_is_none(batch: Path, text: str) -> None:
    note_path(batch).write_text(text, "utf-8")
    assert read_use(batch) is None


def test_a_note_is_no_return(batch: Path) -> None:
    assert note_path(batch) in batch_files(batch)


def test_every_job_has_a_name() -> None:
    assert all(Words(language).text(f"job.{job}") for job in JOBS for language in LANGUAGES)
