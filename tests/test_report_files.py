"""The files of a report: the formats there are, and that two writings of one settled batch are equal byte for byte."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from docx import Document

from cases import EDITION, changed, form_bytes, good_answers
from command_line import DONE, USAGE, Inside
from smebatch.batch.load import load_batch, open_batch
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.workflow import REPORT_FILES, JobError, decide_issue, ingest_folder, report_batch
from test_pipeline import in_process, put
from word_files import headings, read_document

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


def reports(batch: Path, folder: Path, *formats: str) -> list[bytes]:
    files = {file_format: folder / REPORT_FILES[file_format] for file_format in formats or REPORT_FILES}
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
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    reports(batch, tmp_path, "xlsx")
    created = openpyxl.load_workbook(tmp_path / "summary.xlsx").properties.created
    assert created == dt.datetime(2026, 9, 21, 14, 13, 20)  # noqa: DTZ001  (openpyxl tells UTC so)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(JobError) as error:
        reports(batch, tmp_path)
    assert error.value.code == "epoch.unknown"


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_format_is_chosen_and_has_a_file_of_its_own(batch: Path, tmp_path: Path, inside: Inside) -> None:
    said = inside("report", "-b", batch, "--format", "docx", "--json", cwd=tmp_path)
    assert (said.code, said.err, json.loads(said.out)) == (DONE, "", {"report": "report.docx"})
    assert [path.name for path in tmp_path.iterdir()] == ["report.docx"]
    first = (tmp_path / "report.docx").read_bytes()
    assert inside("report", "-b", batch, "--format", "docx", cwd=tmp_path).code == DONE
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [first]  # nothing had to be set aside


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "pdf"),
        ("--format", "docx", "-o", "r.xlsx"),
        ("-o", "r.docx"),
        ("--template", "t.docx"),
        ("--format", "docx", "--template", "missing.docx"),
        ("--format", "docx", "--template", "t.docx", "-o", "t.docx"),
        ("--format", "docx", "--template", "t.docx"),  # no document
    ],
)
def test_what_cannot_be_written_is_refused_in_a_line(
    batch: Path, tmp_path: Path, inside: Inside, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "t.docx").write_bytes(b"no document")
    said = inside("report", "-b", batch, *arguments, cwd=tmp_path)
    assert (said.code, len(said.err.splitlines())) == (USAGE, 1), said
    assert [path.name for path in tmp_path.iterdir()] == ["t.docx"]


def test_a_template_is_filled(batch: Path, tmp_path: Path, inside: Inside) -> None:
    template = Document()
    template.add_paragraph("{{数据质量}}")
    template.save(str(tmp_path / "t.docx"))
    said = inside("report", "-b", batch, "--format", "docx", "--template", "t.docx", cwd=tmp_path)
    assert (said.code, said.err) == (DONE, "")
    assert headings(read_document(tmp_path / "report.docx")) == ["一、数据质量"]
