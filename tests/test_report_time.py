"""A report tells when its batch was settled, so two writings of one state are equal byte for byte."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases import EDITION, changed, form_bytes, good_answers
from smebatch.batch.load import load_batch, open_batch
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.workflow import REPORT_FILES, JobError, decide_issue, ingest_folder, report_batch
from test_pipeline import in_process, put

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
LATER = NOW + dt.timedelta(days=2)


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A batch of a return that counts, and of one with an error that may be waived."""
    folder = tmp_path_factory.mktemp("settled")
    put(folder / "in", "good.xlsx", form_bytes(good_answers()))
    put(folder / "in", "faulty.xlsx", form_bytes(changed(equipment_digital=41, uscc="911101066976941872")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerPool, "read", in_process(read_entry))
        ingest_folder(str(folder / "in"), folder / "b.duckdb", EDITION, now=NOW)
        yield folder / "b.duckdb"


@pytest.fixture(autouse=True)
def no_stated_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def reports(batch: Path, folder: Path) -> list[bytes]:
    files = {file_format: folder / name for file_format, name in REPORT_FILES.items()}
    report_batch(batch, files)
    return [path.read_bytes() for path in files.values()]


def test_both_reports_are_the_same_bytes_whenever_they_are_written(
    batch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = reports(batch, tmp_path / "a")
    later = time.time() + 100_000
    monkeypatch.setattr(time, "time", lambda: later)
    assert reports(batch, tmp_path / "b") == first


def test_the_time_is_that_of_the_ingest_and_of_a_decision_since(batch: Path) -> None:
    assert load_batch(batch).made_at == NOW
    database, _ = open_batch(batch)
    with database:
        ((form_id, code, key),) = database.fetch_rows(
            "SELECT form_id, code, key FROM issues WHERE severity = 'error' AND file = 'faulty.xlsx' LIMIT 1"
        )
    decide_issue(batch, form_id, code, key, accepted=False, reason="须更正", decided_by="某人", now=LATER)
    assert load_batch(batch).made_at == LATER


def test_a_stated_time_wins(batch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = reports(batch, tmp_path / "plain")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    assert reports(batch, tmp_path / "a") == reports(batch, tmp_path / "b") != plain
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(JobError) as error:
        reports(batch, tmp_path / "c")
    assert error.value.code == "epoch.unknown"
