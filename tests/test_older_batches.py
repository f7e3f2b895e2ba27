"""A batch of every layout that main ever had opens as it was judged, and stays as it is (see make_older_batches.py)."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import duckdb
import openpyxl
import pytest

from command_line import DONE, USAGE, Inside, inside
from make_older_batches import COMMITS, FOLDER
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase
from smebatch.batch.folders import AllowedChanges
from smebatch.batch.ingest import ingest
from smebatch.batch.load import load_batch, open_batch
from smebatch.batch.older_layouts import layout_of, without_energies
from smebatch.batch.schema import LAYOUT
from smebatch.batch.written import read_written_results
from smebatch.standard.loader import load_edition

NOW = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)
OldBatch = Callable[[int], Path]
__all__ = ["inside"]


@pytest.fixture
def old(tmp_path: Path) -> OldBatch:
    """A batch of a layout, in a folder of its own."""

    def unpack(layout: int) -> Path:
        with ZipFile(FOLDER / f"layout_{layout}.zip") as archive:
            return Path(archive.extract("batch.duckdb", tmp_path / str(layout)))

    return unpack


def scores_then(layout: int) -> list[dict[str, str]]:
    """What the program that made the batch exported."""
    with ZipFile(FOLDER / f"layout_{layout}.zip") as archive:
        return records(archive.read("scores.csv").decode("utf-8-sig"))


def records(text: str) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(io.StringIO(text)))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_there_is_one_of_each_layout() -> None:
    assert sorted(COMMITS) == list(range(1, int(LAYOUT) + 1))


@pytest.mark.parametrize("layout", COMMITS)
def test_what_it_says_is_what_it_said_then(layout: int, old: OldBatch, inside: Inside, tmp_path: Path) -> None:
    batch = old(layout)
    with BatchDatabase(batch, read_only=True) as database:
        assert layout_of(database) == layout
    before = sha256(batch)
    said = inside("export", "-b", batch, "-o", tmp_path / "export")
    assert (said.code, said.err) == (DONE, "")
    assert sha256(batch) == before
    assert [path.name for path in batch.parent.iterdir()] == [batch.name]
    exports = {path.stem: records(path.read_text("utf-8-sig")) for path in (tmp_path / "export").iterdir()}
    assert exports["scores"] == scores_then(layout)
    statuses = {row["form_id"]: row["status"] for row in exports["files"] if row["form_id"]}
    assert {row["form_id"]: row["status"] for row in exports["versions"]} == statuses
    assert {row["state"] for row in exports["issues"]} == {"new"}


@pytest.mark.slow
@pytest.mark.parametrize("layout", COMMITS)
def test_it_is_reported_on(layout: int, old: OldBatch, inside: Inside, tmp_path: Path) -> None:
    batch = old(layout)
    before = sha256(batch)
    said = inside("report", "-b", batch, "-o", tmp_path / "summary.xlsx")
    assert (said.code, said.err) == (DONE, "")
    assert "总览" in openpyxl.load_workbook(tmp_path / "summary.xlsx", read_only=True).sheetnames
    assert sha256(batch) == before


@pytest.mark.slow
@pytest.mark.parametrize("layout", COMMITS)
def test_it_compares_with_a_batch_of_another_layout(layout: int, old: OldBatch, inside: Inside, tmp_path: Path) -> None:
    one, other = old(layout), old(1 if layout > 1 else 2)
    hashes = sha256(one), sha256(other)
    said = inside("compare", one, other, "-o", tmp_path / "compare.xlsx")
    assert said.code == DONE, said.err
    assert (sha256(one), sha256(other)) == hashes


@pytest.mark.parametrize("layout", COMMITS)
def test_the_next_rounds_forms_come_out_of_it(layout: int, old: OldBatch, inside: Inside, tmp_path: Path) -> None:
    """One for each return that counted then, with its ticks beside the cells that are empty again."""
    batch = old(layout)
    before = sha256(batch)
    said = inside("template", "--from-batch", batch, "--kind", "现场评定", "--out-dir", tmp_path / "next")
    assert said.code == DONE, said.err
    assert sha256(batch) == before
    scored = [row for row in scores_then(layout) if (row["phase"], row["assessment_kind"]) == ("改造后", "自评")]
    forms = sorted((tmp_path / "next").iterdir())
    assert len(forms) == len(scored) > 0
    sheet = openpyxl.load_workbook(forms[0])["基础管理成效"]
    (heading,) = [cell for row in sheet.iter_rows(max_row=8) for cell in row if str(cell.value).startswith("上次填报")]
    assert "√" in [cell.value for cell in sheet[heading.column_letter]]


def test_it_is_a_round_against_itself(old: OldBatch, inside: Inside, tmp_path: Path) -> None:
    """Each counted return is matched with itself, by its thread."""
    said = inside("compare", old(1), old(1), "-o", tmp_path / "compare.xlsx", "--json")
    assert '"only_before": 0' in said.out
    assert '"only_after": 0' in said.out


def test_its_roster_is_asked(old: OldBatch) -> None:
    roster = load_batch(old(1), now=NOW).roster
    assert roster is not None
    assert roster["answered"].tolist() == [True, False]


def test_an_older_batch_remembers_no_results(old: OldBatch) -> None:
    assert read_written_results(old(4)) is None
    assert read_written_results(old(5)) is None  # an early state of today's layout


def test_an_older_batch_is_not_written_to(old: OldBatch, inside: Inside, tmp_path: Path) -> None:
    batch = old(4)
    said = inside("return", "-b", batch, "-o", tmp_path / "returned")
    assert said.code == USAGE
    with pytest.raises(BatchError) as refused:
        open_batch(batch, read_only=False)
    assert refused.value.code == "batch.outdated"


@pytest.mark.parametrize("layout", [int(LAYOUT) + 1, "another"])
def test_a_newer_layout_is_refused(layout: object, old: OldBatch) -> None:
    batch = old(int(LAYOUT))
    with duckdb.connect(str(batch)) as database:
        database.execute(f"UPDATE meta SET value = '{layout} ' || value WHERE name = 'made_with'")
    before = sha256(batch)
    with pytest.raises(BatchError) as refused:
        open_batch(batch)
    assert refused.value.code == "batch.newer"
    with pytest.raises(BatchError) as refused:  # nor is it read anew, which might lose what it holds
        ingest(batch.parent, batch, load_edition(), now=NOW, allowed=AllowedChanges(replace=True))
    assert refused.value.code == "batch.newer"
    assert sha256(batch) == before


def test_scores_that_are_missing_are_no_blanks(old: OldBatch) -> None:
    batch = old(3)
    with duckdb.connect(str(batch)) as database:
        database.execute("ALTER TABLE scores DROP COLUMN q05")
    with pytest.raises(BatchError) as refused:
        open_batch(batch)
    assert refused.value.code == "batch.outdated"


def test_the_copy_goes_when_it_is_closed(old: OldBatch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    database, _ = open_batch(old(2))
    assert len([*(tmp_path / "temporary").iterdir()]) == 1
    database.close()
    assert not [*(tmp_path / "temporary").iterdir()]


ENERGIES = '[[energy]]\nname = "原煤"\n[energy_example]\namounts = [\n  { name = "原煤" },\n]\n'


@pytest.mark.parametrize(
    ("text", "shorter"),
    [
        (f"a = 1\n{ENERGIES}[x]\nb = 2\n", "a = 1\n[x]\nb = 2\n"),
        (f"a = 1\n{ENERGIES}", "a = 1\n"),
        (f"a = 1\n{ENERGIES}[energy_total]\nterm = 'x'\n", None),  # it says where the amounts are stored
        ("energy = [\n  { name = '原煤' },\n]\nb = 2\n", None),  # written so that nothing may be cut
        ('[[energy]]\nname = """\n[x]\n"""\n[x]\nb = 2\n', None),
    ],
)
def test_energies_are_struck_out_or_nothing_is(text: str, shorter: str | None) -> None:
    assert without_energies(text) == (text if shorter is None else shorter)
