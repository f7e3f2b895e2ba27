"""The repository's sample data is what its script makes, and shows what it is there to show."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from make_sample_data import make
from smebatch.batch.database import BatchDatabase
from smebatch.batch.ingest import ingest
from smebatch.intake.read_entry import read_bytes
from smebatch.standard.loader import load_edition

SAMPLE = Path(__file__).parent.parent / "sample_data"
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> BatchDatabase:
    path = tmp_path_factory.mktemp("sample") / "batch.duckdb"
    ingest(SAMPLE / "returns", path, load_edition(), now=NOW, roster=SAMPLE / "roster.xlsx")
    return BatchDatabase(path, read_only=True)


def test_there_are_forty_returns_in_four_districts_and_every_status_occurs(batch: BatchDatabase) -> None:
    files = batch.fetch_frame("SELECT * FROM files")
    readable = files[files["form_id"] != ""]
    assert len(readable) == 40
    assert len({name.split("/")[0] for name in readable["file"]}) == 4
    statuses = Counter(files["status"])
    assert set(statuses) == {"counted", "returned", "superseded", "rejected"}
    assert statuses["superseded"] == 1


def test_the_roster_knows_enterprises_that_never_answered(batch: BatchDatabase) -> None:
    silent = batch.fetch_frame("SELECT name FROM roster EXCEPT SELECT name FROM answers")
    assert len(silent) == 5


def test_an_xls_and_an_ods_are_counted(batch: BatchDatabase) -> None:
    files = batch.fetch_frame("SELECT file FROM files WHERE status = 'counted'")["file"]
    assert {Path(file).suffix for file in files} == {".xlsx", ".xls", ".ods"}


@pytest.mark.office
def test_the_script_makes_the_same_again(tmp_path: Path) -> None:
    for path in make(tmp_path):
        kept = SAMPLE / path.relative_to(tmp_path)
        if path.suffix == ".xlsx":
            assert path.read_bytes() == kept.read_bytes()
        else:  # LibreOffice writes the time of saving into the file
            edition = load_edition()
            assert read_bytes(path.read_bytes(), edition).values == read_bytes(kept.read_bytes(), edition).values
