"""A batch belongs to its folder: another is not taken for it, and nothing leaves it without a word."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cases import EDITION, form_bytes
from smebatch import __version__
from smebatch.batch.batch_file import BatchError
from smebatch.batch.folders import AllowedChanges
from smebatch.batch.ingest import IngestResult, ingest
from smebatch.batch.load import load_batch
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.standard.loader import parse_edition
from test_pipeline import copied, enterprise, in_process, put, query

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)
FORMS = {n: form_bytes(enterprise(n)) for n in range(1, 7)}
NOTHING = AllowedChanges()
ADD, REPLACE, GONE = AllowedChanges(add=True), AllowedChanges(replace=True), AllowedChanges(gone=True)


def folder_of(path: Path, *numbers: int) -> Path:
    """A folder with the returns of these enterprises."""
    path.mkdir(parents=True)
    for number in numbers:
        put(path, f"{number}.xlsx", FORMS[number])
    return path


def run(folder: Path | str, batch: Path, asked: AllowedChanges = NOTHING, now: dt.datetime = NOW) -> IngestResult:
    return ingest(folder, batch, EDITION, now=now, allowed=asked)


def refused(code: str, folder: Path, batch: Path, asked: AllowedChanges = NOTHING) -> None:
    """The run is refused, and the batch tells what it told before."""
    before = names(batch)
    with pytest.raises(BatchError) as caught:
        run(folder, batch, asked)
    assert caught.value.code == code
    assert names(batch) == before


def names(batch: Path) -> list[str]:
    return [file for (file,) in query(batch, "SELECT file FROM files ORDER BY file")]


def history(batch: Path) -> list[tuple[Any, ...]]:
    return query(batch, "SELECT file, became FROM history ORDER BY file")


def codes(done: IngestResult) -> list[str]:
    return [notice.code for notice in done.notices]


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for a few files."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("made")
    run(folder_of(base / "a", 1, 2, 3), base / "b.duckdb")
    return base


@pytest.fixture
def batch(made: Path, tmp_path: Path) -> Path:
    """Three returns of the folder a, read."""
    return copied(made, tmp_path)


def test_the_batch_keeps_the_full_path(batch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("a", batch).read == 0
    (folders,) = query(batch, "SELECT value FROM meta WHERE name = 'folders'")
    assert str(tmp_path / "a") in folders[0]


@pytest.mark.parametrize("numbers", [(), (4, 5), (1, 4, 5)])
def test_another_folder_is_refused(numbers: tuple[int, ...], batch: Path, tmp_path: Path) -> None:
    refused("folder.other", folder_of(tmp_path / "other", *numbers), batch)


def test_another_folder_takes_the_place_of_the_first_where_that_is_asked_for(batch: Path, tmp_path: Path) -> None:
    done = run(folder_of(tmp_path / "other", 1, 4, 5), batch, REPLACE, LATER)
    assert names(batch) == ["1.xlsx", "4.xlsx", "5.xlsx"]
    assert done.removed_files == ["2.xlsx", "3.xlsx"]
    assert history(batch) == [("2.xlsx", "removed"), ("3.xlsx", "removed")]
    refused("folder.other", tmp_path / "a", batch)


@pytest.mark.parametrize("kept", [(1, 2, 3), (1, 2), (2, 3, 4)])
def test_a_folder_that_holds_half_of_it_is_the_same_one_moved(
    kept: tuple[int, ...], batch: Path, tmp_path: Path
) -> None:
    folder_of(tmp_path / "new place", *kept)
    for number in kept:  # neither names nor times say that they are the same
        (tmp_path / "new place" / f"{number}.xlsx").rename(tmp_path / "new place" / f"乙{number}.xlsx")
    shutil.rmtree(tmp_path / "a")
    done = run(tmp_path / "new place", batch)
    assert codes(done) == ["folder.moved"]
    assert names(batch) == [f"乙{number}.xlsx" for number in kept]
    assert codes(run(tmp_path / "new place", batch)) == []


def test_in_another_place_only_hashes_tell(tmp_path: Path) -> None:
    """Equal names, sizes and times are no proof there."""
    one, other = FORMS[1], bytearray(FORMS[1])
    other[12] ^= 1  # of the time that a member of the zip says, which nobody reads
    batch = tmp_path / "b.duckdb"
    put(tmp_path / "x" / "in", "1.xlsx", one)
    put(tmp_path / "y" / "in", "1.xlsx", bytes(other))
    run(tmp_path / "x" / "in", batch)
    assert run(tmp_path / "y" / "in", batch, REPLACE).read == 1
    (tmp_path / "y" / "in").rename(tmp_path / "y" / "moved")
    assert run(tmp_path / "y" / "moved", batch).read == 0


def test_a_folder_of_which_nothing_was_read_has_not_moved(batch: Path, tmp_path: Path) -> None:
    run(folder_of(tmp_path / "empty"), batch, ADD)
    refused("folder.other", folder_of(tmp_path / "c", 4), batch)


def test_a_folder_that_has_vanished_is_refused(batch: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "a", batch)
    done = run(tmp_path / "a", batch, GONE, LATER)
    assert (done.entries, done.removed_files, codes(done)) == (0, ["1.xlsx", "2.xlsx", "3.xlsx"], ["folder.dropped"])
    assert [became for _, became in history(batch)] == ["removed"] * 3


def test_a_folder_that_is_empty_all_at_once_is_refused(batch: Path, tmp_path: Path) -> None:
    """As the place of a share is that is not mounted."""
    for path in (tmp_path / "a").iterdir():
        path.unlink()
    refused("folder.lost", tmp_path / "a", batch)
    assert run(tmp_path / "a", batch, GONE).entries == 0


def test_more_than_half_is_too_much_and_half_is_not(tmp_path: Path) -> None:
    batch, folder = tmp_path / "b.duckdb", folder_of(tmp_path / "a", 1, 2, 3, 4)
    run(folder, batch)
    for number in (1, 2):
        (folder / f"{number}.xlsx").unlink()
    assert run(folder, batch, now=LATER).removed_files == ["1.xlsx", "2.xlsx"]
    for number in (3, 4):
        (folder / f"{number}.xlsx").unlink()
    put(folder, "5.xlsx", FORMS[5])
    refused("folder.lost", folder, batch)


def test_what_lies_there_under_another_name_is_not_lost(batch: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / "a" / f"{number}.xlsx").rename(tmp_path / "a" / f"0{number}.xlsx")
    done = run(tmp_path / "a", batch, now=LATER)
    assert (done.removed_files, names(batch)) == ([], ["01.xlsx", "02.xlsx", "03.xlsx"])
    assert history(batch) == [(f"{number}.xlsx", "renamed") for number in (1, 2, 3)]


def test_what_was_never_a_return_may_come_and_go(tmp_path: Path) -> None:
    batch, folder = tmp_path / "b.duckdb", folder_of(tmp_path / "a", 1)
    for number in range(3):
        put(folder, f"~${number}.xlsx", b"lock")
    run(folder, batch)
    for number in range(3):
        (folder / f"~${number}.xlsx").unlink()
    assert run(folder, batch, now=LATER).removed_files == []


# --- several folders ------------------------------------------------------------------------------------------------


@pytest.fixture
def two(batch: Path, tmp_path: Path) -> Path:
    """The batch with a second folder, in which are two further returns."""
    done = run(folder_of(tmp_path / "east" / "b", 4, 5), batch, ADD)
    assert done.read == 2
    return batch


def test_entries_of_several_are_named_by_folder_and_path(two: Path, tmp_path: Path) -> None:
    every = ["a/1.xlsx", "a/2.xlsx", "a/3.xlsx", "b/4.xlsx", "b/5.xlsx"]
    assert names(two) == every
    assert history(two) == []
    for folder in (tmp_path / "a", tmp_path / "east" / "b"):  # whichever is named, all are read
        done = run(folder, two)
        assert (done.read, names(two)) == (0, every)


def test_two_folders_of_one_name_have_names_of_their_own(two: Path, tmp_path: Path) -> None:
    run(folder_of(tmp_path / "west" / "b", 6), two, ADD)
    assert names(two)[3:] == ["b#2/6.xlsx", "b/4.xlsx", "b/5.xlsx"]


def test_a_folder_within_another_would_count_twice(two: Path, tmp_path: Path) -> None:
    refused("folder.nested", folder_of(tmp_path / "a" / "within", 6), two, ADD)
    refused("folder.nested", tmp_path, two, ADD)
    run(folder_of(tmp_path / "abc", 6), two, ADD)  # only called alike


def test_one_of_several_that_has_vanished_stops_the_run(two: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "east")
    refused("folder.vanished", tmp_path / "a", two)
    done = run(tmp_path / "a", two, GONE)
    assert codes(done) == ["folder.dropped"]
    assert done.removed_files == ["b/4.xlsx", "b/5.xlsx"]
    assert names(two) == ["1.xlsx", "2.xlsx", "3.xlsx"]
    again = run(tmp_path / "a", two)  # within the same second
    assert (again.read, again.removed_files) == (0, [])


def test_one_of_several_that_has_lost_its_half_stops_the_run(two: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "east" / "b").iterdir():
        path.unlink()
    refused("folder.lost", tmp_path / "a", two)


def test_one_of_several_may_move(two: Path, tmp_path: Path) -> None:
    (tmp_path / "east" / "b").rename(tmp_path / "c")
    done = run(tmp_path / "c", two)
    assert (codes(done), done.read) == (["folder.moved"], 0)
    assert names(two)[3:] == ["b/4.xlsx", "b/5.xlsx"]


def test_one_takes_the_place_of_all(two: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "east" / "b", two, REPLACE, LATER)
    assert (names(two), done.read) == (["4.xlsx", "5.xlsx"], 0)
    assert done.removed_files == ["a/1.xlsx", "a/2.xlsx", "a/3.xlsx"]


# --- runs that were cut short, and other versions -------------------------------------------------------------------


def test_a_run_that_was_cut_short_knows_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    batch, folder = tmp_path / "b.duckdb", folder_of(tmp_path / "a", 1, 2)
    monkeypatch.setattr(WorkerPool, "read", in_process(interrupted))
    with pytest.raises(KeyboardInterrupt):
        run(folder, batch)
    with pytest.raises(BatchError) as caught:  # nor is it said to be of another version
        load_batch(batch, now=NOW)
    assert caught.value.code == "batch.unfinished"
    monkeypatch.undo()
    assert run(folder_of(tmp_path / "another", 3), batch).entries == 1  # nothing was read of the first
    assert names(batch) == ["3.xlsx"]


def test_what_leaves_while_a_batch_is_read_anew_is_said_and_kept(
    batch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smebatch.batch.ingest.__version__", "another")
    (tmp_path / "a" / "1.xlsx").unlink()
    done = run(tmp_path / "a", batch, now=LATER)
    assert (done.read, done.removed_files, history(batch)) == (2, ["1.xlsx"], [("1.xlsx", "removed")])


def test_reading_all_anew_is_said(batch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = parse_edition(EDITION.text.replace("（2024年版）", "（2030年版）").encode())
    for edition, version, code in (
        (EDITION, "", []),
        (other, "", ["batch.other_edition"]),
        (other, "9", ["batch.other_version"]),
    ):
        monkeypatch.setattr("smebatch.batch.ingest.__version__", version or __version__)
        assert codes(ingest(tmp_path / "a", batch, edition, now=NOW)) == code


def of_an_older_layout(batch: Path) -> None:
    """The batch as the last layout kept it: the folder's name alone."""
    with duckdb.connect(str(batch)) as db:
        db.execute("DELETE FROM meta WHERE name IN ('folders', 'made_by')")
        db.execute("INSERT INTO meta VALUES ('folder', 'a')")
        db.execute("UPDATE meta SET value = '2' || substr(value, 2) WHERE name = 'made_with'")
        db.execute("ALTER TABLE entries DROP stamp")


@pytest.mark.parametrize("asked", [NOTHING, GONE])
def test_a_batch_of_an_older_layout_is_read_anew(asked: AllowedChanges, batch: Path, tmp_path: Path) -> None:
    of_an_older_layout(batch)
    done = run(tmp_path / "a", batch, asked)
    assert (done.read, codes(done), len(names(batch))) == (3, ["batch.other_version"], 3)


def test_nor_is_one_of_an_older_layout_emptied(batch: Path, tmp_path: Path) -> None:
    of_an_older_layout(batch)
    refused("folder.other", folder_of(tmp_path / "other"), batch)


# --- a zip is a folder ----------------------------------------------------------------------------------------------


def test_a_zip_and_a_folder_agree_about_which_is_later(tmp_path: Path) -> None:
    put(tmp_path / "loose", "a.xlsx", FORMS[1], 1_790_000_000)
    put(tmp_path / "loose", "b.xlsx", form_bytes(enterprise(1, contact="另一人")), 1_790_086_400)
    with zipfile.ZipFile(put(tmp_path / "packed", "z.zip", b""), "w") as book:
        for name in ("b.xlsx", "a.xlsx"):
            book.write(tmp_path / "loose" / name, name)
    told = []
    for folder in ("loose", "packed"):
        run(tmp_path / folder, tmp_path / f"{folder}.duckdb")
        rows = query(tmp_path / f"{folder}.duckdb", "SELECT right(file, 6), status FROM files ORDER BY file")
        told.append(rows)
    assert told[0] == told[1] == [("a.xlsx", "superseded"), ("b.xlsx", "counted")]
