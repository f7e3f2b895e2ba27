"""The jobs as whoever else than the command line calls them: they return what they did, and print nothing."""

from __future__ import annotations

import datetime as dt
from itertools import count
from pathlib import Path

import pytest

from cases import EDITION, changed, form_bytes, good_answers
from smebatch.batch.ingest import IngestResult
from smebatch.batch.load import ReportOptions, Selection
from smebatch.batch.outputs import OutputError
from smebatch.batch.returned import Sender
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.notice import Notice
from smebatch.workflow import IngestOptions, JobError, RunFiles, export_batch, ingest_folder, run, write_template
from test_pipeline import in_process, put

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))


@pytest.fixture
def returns(tmp_path: Path) -> Path:
    """A return that counts, one with an error, and a file that is none."""
    put(tmp_path / "in", "good.xlsx", form_bytes(good_answers()))
    put(tmp_path / "in", "faulty.xlsx", form_bytes(changed(equipment_digital=41, uscc="911101066976941872")))
    put(tmp_path / "in", "notes.txt", b"notes")
    return tmp_path / "in"


@pytest.mark.slow
def test_a_run_returns_what_was_written_where_and_prints_nothing(
    returns: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    times, told, notices = count(), list[tuple[int, int]](), list[Notice]()
    ran = run(
        str(returns),
        tmp_path / "out",
        EDITION,
        clock=lambda: NOW + dt.timedelta(minutes=next(times)),
        sender=Sender(),
        progress=lambda done, total: told.append((done, total)),
        notify=notices.append,
    )
    assert capfd.readouterr() == ("", "")
    assert ran.files == RunFiles.of(tmp_path / "out")
    assert all(path.is_file() for path in (ran.files.batch, ran.files.summary, ran.files.issues))
    assert ran.ingested.statuses == {"counted": 1, "returned": 1, "superseded": 0, "rejected": 1}
    assert told[-1] == (3, 3)
    assert notices == []


def test_what_the_ingest_did_holds_where_the_report_fails(returns: Path, tmp_path: Path) -> None:
    done: list[IngestResult] = []
    with pytest.raises(JobError) as error:
        run(
            str(returns),
            tmp_path,
            EDITION,
            clock=lambda: NOW,
            sender=Sender(),
            report_options=ReportOptions(selection=Selection("改造前")),
            on_ingested=lambda _, ingested: done.append(ingested),
        )
    assert error.value.code == "nothing.selected"
    assert done[0].entries == 3
    assert not RunFiles.of(tmp_path).summary.exists()


def test_what_had_to_make_way_is_told_even_where_the_job_fails(returns: Path, tmp_path: Path) -> None:
    batch, out, notices = tmp_path / "b.duckdb", tmp_path / "out", list[Notice]()
    ingest_folder(str(returns), batch, EDITION, IngestOptions(), now=NOW)
    export_batch(batch, out)
    (out / "files.csv").write_text("mine")
    (out / "issues.csv").unlink()
    (out / "issues.csv").mkdir()
    with pytest.raises(OutputError):
        export_batch(batch, out, notify=notices.append)
    assert [notice.code for notice in notices] == ["output.aside"]


def test_a_format_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError) as error:
        export_batch(tmp_path / "none.duckdb", tmp_path, "xml")
    assert error.value.code == "format.unknown"


def test_a_filled_workbook_is_replaced_by_force_only(returns: Path) -> None:
    path = returns / "good.xlsx"
    with pytest.raises(OutputError) as error:
        write_template(path, EDITION)
    assert error.value.code == "output.filled"
    write_template(path, EDITION, force=True)
    assert path.read_bytes() == form_bytes()
