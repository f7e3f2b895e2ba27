"""Returns are read by the page: a folder, dropped files, watched, stopped, taken up again; nothing is replaced."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from page_client import CSRF, Held, page_client
from smebatch.batch.ingest import IngestResult, Progress
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers.reading_watch import ReadingWatch, ReadSoFar
from smebatch.page.job import Job, JobRunningError, Stage
from smebatch.page.place import Place
from smebatch.sample import write_sample
from smebatch.standard.loader import load_edition
from smebatch.workflow import IngestOptions, ingest_folder

NOW = dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def round_folder(tmp_path: Path) -> Path:
    write_sample(tmp_path / "returns", load_edition(), 5, 1)
    return tmp_path


def reading(client: FlaskClient) -> Job:
    place: Place = client.application.extensions["place"]
    return place.job


def start(client: FlaskClient, **data: object) -> Job:
    """Start reading, and wait for its end."""
    answer = client.post("/collect/start", data={**CSRF, **data})
    assert answer.status_code == 303, answer.text
    job = reading(client)
    job.wait(60)
    return job


def state_of(client: FlaskClient) -> dict[str, Any]:
    """What a page that watches is told."""
    told: dict[str, Any] = json.loads(client.get("/collect/state").data)
    return told


def entries(client: FlaskClient) -> int:
    """How many entries 文件 says there are."""
    text = client.get("/files/").text
    return int(text.split('data-total="')[1].split('"')[0])


def test_a_folder_is_read(round_folder: Path) -> None:
    client = page_client(round_folder)
    assert "data-total" not in client.get("/files/").text
    job = start(client, folder="returns")
    assert job.state.stage is Stage.DONE
    assert isinstance(job.state.result, IngestResult)
    assert job.state.result.entries == 5
    assert entries(client) == 5
    assert state_of(client)["running"] is False
    assert "5" in client.get("/collect/").text


def test_dropped_files_replace_nothing(round_folder: Path) -> None:
    client = page_client(round_folder)
    names = sorted(path.name for path in (round_folder / "returns").rglob("*.xlsx"))
    (first, second) = (next((round_folder / "returns").rglob(name)).read_bytes() for name in names[:2])
    files = [
        (io.BytesIO(first), names[0]),
        (io.BytesIO(second), f"..\\..\\{names[0]}"),
        (io.BytesIO(second), "../x.xlsx"),
    ]
    for _ in range(2):
        dropped = [(io.BytesIO(stream.getvalue()), name) for stream, name in files]
        assert client.post("/collect/drop", data={**CSRF, "files": dropped}).status_code == 303
        reading(client).wait(60)
    inbox = round_folder / "returns"
    stem = Path(names[0]).stem
    kept = {path.name: path.read_bytes() for path in inbox.glob("*.xlsx") if path.stem.startswith((stem, "x"))}
    assert [data for name, data in sorted(kept.items()) if name.startswith("x")] == [second, second]
    assert not list(round_folder.glob("*.xlsx"))
    assert not list(round_folder.parent.glob("*.xlsx"))
    assert sum(data == first for data in kept.values()) >= 2


def test_another_folder_is_asked_for_twice(round_folder: Path) -> None:
    client = page_client(round_folder)
    start(client, folder="returns")
    write_sample(round_folder / "more", load_edition(), 3, 9)
    job = start(client, folder="more")
    assert job.state.problem
    assert job.state.problem.code == "folder.other"
    page = client.get("/collect/").text
    assert all(f'value="{change}"' in page for change in ("add", "replace", "gone"))
    assert entries(client) == 5
    assert start(client, folder="more", change="add").state.stage is Stage.DONE
    assert entries(client) == 8


def test_a_folder_that_is_not_there_is_one_sentence(round_folder: Path) -> None:
    client = page_client(round_folder)
    answer = client.post("/collect/start", data={**CSRF, "folder": "no such <b>"})
    assert answer.status_code == 409
    assert "<b>" not in answer.text
    assert client.post("/collect/drop", data=CSRF).status_code == 409


# --- what is told meanwhile -------------------------------------------------------------------------------------------


def test_the_file_that_is_read_and_what_came_of_the_others_are_told(round_folder: Path) -> None:
    client, held, watch = page_client(round_folder), Held(), ReadingWatch()
    reading(client).start("ingest", None, held, watch)
    assert held.begun.wait(20)
    watch.expect(total=10, due=8)  # so two have not changed
    entry = Entry("东区/甲\u202e<b>.xlsx", "", 1, 0)
    for result in (ReadResult(entry), ReadResult(entry, reason="file.time"), ReadResult(entry, unchanged=True)):
        watch.begin(entry.file)
        watch.count(result)
    state = state_of(client)
    assert (state["done"], state["total"]) == (2 + 3, 10)
    said = " ".join(state["said"])
    assert "东区/甲<b>.xlsx" in said  # and nothing that turns the reading direction
    assert "读出评测表 1 份，读不出的 1 个，没有改动、不必再读的 3 个" in said
    page = client.get("/collect/").text
    assert "东区/甲&lt;b&gt;.xlsx" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    watch.begin("")
    assert "东区" not in " ".join(state_of(client)["said"])
    held.go_on.set()
    reading(client).wait(20)
    assert "refresh" not in client.get("/collect/").text


def test_the_readers_tell_what_they_read(tmp_path: Path) -> None:
    """Of two readers, in processes; what is known before they begin is counted as well."""
    write_sample(tmp_path / "returns", load_edition(), 40, 1)
    (tmp_path / "returns" / "坏.xlsx").write_bytes(b"no workbook")
    (tmp_path / "returns" / "~$锁.xlsx").write_bytes(b"x")
    watch, told = ReadingWatch(), list[ReadSoFar]()

    def progress(_done: int, _total: int) -> None:
        told.append(watch.so_far)

    options = IngestOptions(jobs=2)
    folder, batch = str(tmp_path / "returns"), tmp_path / "b.duckdb"
    done = ingest_folder(folder, batch, load_edition(), options, now=NOW, progress=progress, watch=watch)
    assert done.read == 42
    end = watch.so_far
    assert (end.total, end.passed, end.readable, end.refused, end.file) == (42, 0, 40, 2, "")
    assert end.pace > 0
    assert told[-1].done == 42
    again = ingest_folder(folder, batch, load_edition(), options, now=NOW, watch=watch)
    assert (again.read, watch.so_far.passed, watch.so_far.done) == (0, 42, 42)


# --- the job ----------------------------------------------------------------------------------------------------------


def test_pages_show_the_state_before_while_the_batch_is_written(round_folder: Path) -> None:
    client = page_client(round_folder)
    start(client, folder="returns")
    held = Held()
    reading(client).start("ingest", round_folder / "batch.duckdb", held)
    assert held.begun.wait(20)
    with pytest.raises(JobRunningError):  # one at a time
        reading(client).start("ingest", round_folder / "batch.duckdb", held)
    (round_folder / "batch.duckdb").rename(round_folder / "elsewhere")  # nobody may open it now
    assert entries(client) == 5
    state = state_of(client)
    assert (state["running"], state["done"], state["total"]) == (True, 1, 4)
    (round_folder / "elsewhere").rename(round_folder / "batch.duckdb")
    held.go_on.set()
    reading(client).wait(20)
    assert reading(client).state.stage is Stage.DONE
    assert not (round_folder / "batch.duckdb.shown").exists()


def test_whoever_sees_a_job_sees_the_state_before(round_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the copy takes: until it is there, pages show the batch itself, which nobody writes to yet."""
    client = page_client(round_folder)
    start(client, folder="returns")
    seen: list[int] = []
    copyfile = shutil.copyfile

    def slow(source: Path, target: Path) -> None:
        seen.append(entries(client))
        copyfile(source, target)

    monkeypatch.setattr("smebatch.page.job.shutil.copyfile", slow)
    held = Held()
    held.go_on.set()
    reading(client).start("ingest", round_folder / "batch.duckdb", held)
    reading(client).wait(20)
    assert set(seen) == {5}


def test_a_job_that_only_reads_copies_nothing(round_folder: Path) -> None:
    client, held = page_client(round_folder), Held()
    start(client, folder="returns")
    reading(client).start("forms", None, held)
    assert held.begun.wait(20)
    assert not (round_folder / "batch.duckdb.shown").exists()
    assert entries(client) == 5
    held.go_on.set()
    reading(client).wait(20)


def test_a_reading_that_is_stopped_can_be_taken_up(tmp_path: Path) -> None:
    job, held = Job(), Held()
    job.start("ingest", tmp_path / "none.duckdb", held)
    held.begun.wait(20)
    job.stop()
    held.go_on.set()
    job.wait(20)
    assert job.state.stage == "stopped"
    again = Held()
    again.go_on.set()
    job.start("ingest", tmp_path / "none.duckdb", again)
    job.wait(20)
    assert job.state.stage is Stage.DONE


def test_what_nobody_foresaw_is_said(tmp_path: Path) -> None:
    job = Job()

    def fail(_: Progress) -> IngestResult:
        raise ZeroDivisionError("odd")

    job.start("ingest", tmp_path / "none.duckdb", fail)
    job.wait(20)
    assert job.state.problem
    assert job.state.problem.code == "unforeseen"
