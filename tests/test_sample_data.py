"""The repository's sample data is what its script makes, and shows what it is there to show."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from make_sample_data import make
from smebatch.batch.database import BatchDatabase
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportData, ReportOptions, Selection, load_batch
from smebatch.intake.read_entry import read_bytes
from smebatch.report.round_figures import Comparison, compare_rounds
from smebatch.report.target_figures import Outlook, target_results
from smebatch.settings.loader import load_settings
from smebatch.standard.keys import Section
from smebatch.standard.loader import load_edition

SAMPLE = Path(__file__).parent.parent / "sample_data"
SETTINGS = load_settings(None, SAMPLE)
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
BEFORE, AFTER, SITE = (Selection(*x) for x in (("改造前", "自评"), ("改造后", "自评"), ("改造后", "现场评定")))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "batch.duckdb"
    ingest(SETTINGS.round.folders[0], path, load_edition(), now=NOW, roster=SETTINGS.round.roster)
    return path


@pytest.fixture(scope="module")
def batch(path: Path) -> BatchDatabase:
    return BatchDatabase(path, read_only=True)


@pytest.fixture(scope="module")
def data(path: Path) -> ReportData:
    return load_batch(path, now=NOW, options=ReportOptions(report=SETTINGS.report))


def compared(data: ReportData, before: Selection, after: Selection) -> Comparison:
    every = data.all_counted
    return compare_rounds(data.edition, every.of(before), every.of(after))


def test_there_are_forty_returns_of_this_round_and_every_status_occurs(batch: BatchDatabase) -> None:
    files = batch.fetch_frame("SELECT * FROM files JOIN answers USING (form_id)")
    this_round = files[(files["phase"] == AFTER.phase) & (files["assessment_kind"] == AFTER.kind)]
    assert len(this_round) == 40
    assert len({name.split("/")[0] for name in this_round["file"]}) == 4
    statuses = Counter(batch.fetch_frame("SELECT status FROM files")["status"])
    assert set(statuses) == {"counted", "returned", "superseded", "rejected"}
    assert statuses["superseded"] == 1


def test_returns_of_other_rounds_are_without_fault(batch: BatchDatabase) -> None:
    others = batch.fetch_frame("SELECT * FROM files WHERE file LIKE '改造前/%' OR file LIKE '现场评定.zip/%'")
    assert (len(others), {*others["status"]}, others["warnings"].sum()) == (16 + 10, {"counted"}, 0)


def test_most_enterprises_rose_since_the_year_before_and_a_few_fell(data: ReportData) -> None:
    assert data.selection == AFTER
    c = compared(data, BEFORE, AFTER)
    change = c.scores_after["score_units"] - c.scores_before["score_units"]
    assert ((change > 0).sum(), (change < 0).sum()) == (12, 2)
    assert ((c.levels > 0).sum(), (c.levels == 0).sum(), (c.levels < 0).sum()) == (7, 6, 1)
    assert len(c.only_before.scores) == 2  # this round's are returned for correction


def test_assessors_found_less_than_was_claimed_more_often_than_more(data: ReportData) -> None:
    steps = compared(data, AFTER, SITE).steps
    assert (steps.size, (steps < 0).sum().sum(), (steps > 0).sum().sum()) == (10 * 31, 58, 21)


def test_the_forms_of_assessors_are_those_of_the_next_round() -> None:
    with zipfile.ZipFile(SAMPLE / "returns" / "现场评定.zip") as archive:
        for name in archive.namelist():
            sheet = openpyxl.load_workbook(io.BytesIO(archive.read(name)))[Section.QUESTIONS]
            headings = {str(cell.value) for row in sheet.iter_rows() for cell in row}
            assert {"现场核验证据", "上次填报\n改造后·自评"} <= headings


def test_of_the_targets_one_is_reached_two_are_open_and_one_is_out_of_reach(data: ReportData) -> None:
    outlooks = [result.overall and result.overall.outlook for result in target_results(data)]
    assert Counter(outlooks) == {Outlook.REACHED: 1, Outlook.OPEN: 2, Outlook.OUT_OF_REACH: 1}


def test_the_settings_group_by_a_column_of_the_roster(data: ReportData) -> None:
    assert data.columns is not None
    served = data.columns.loc[data.scores.index, "服务商"]
    assert served.value_counts(dropna=False).min() >= ReportOptions().small_group


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
        if path.suffix in (".xlsx", ".zip"):
            assert path.read_bytes() == kept.read_bytes()
        else:  # LibreOffice writes the time of saving into the file
            edition = load_edition()
            assert read_bytes(path.read_bytes(), edition).values == read_bytes(kept.read_bytes(), edition).values
