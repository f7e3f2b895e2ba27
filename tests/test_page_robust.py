"""Whatever becomes of a batch, folders and disk, or of the server: one sentence says so, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener
from zipfile import ZipFile

import duckdb
import pytest
from flask.testing import FlaskClient

from cases import without_times
from command_line import LIMIT, environment, smebatch
from page_client import CSRF, Held, page_client, reading_here
from served import Served, serving
from smebatch.batch.database import BatchDatabase
from smebatch.batch.export import export
from smebatch.batch.ingest import IngestResult
from smebatch.batch.load import open_batch
from smebatch.intake.workers.reading_watch import ReadingWatch
from smebatch.page.job import Job, JobState, Stage
from smebatch.page.kept import all_kept
from smebatch.sample import write_sample
from smebatch.standard.loader import load_edition
from smebatch.workflow import ingest_folder

NOW = dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.UTC)
RETURNS = 5
OLDER = Path(__file__).parent / "older_batches" / "layout_3.zip"
PAGES = (
    *("/", "/collect/", "/files/", "/issues/", "/enterprises/", "/corrections/", "/corrections/decisions"),
    *("/reports/", "/reports/download/summary.xlsx", "/forms/", "/forms/next.zip?kind=现场评定", "/settings"),
    *("/roster", "/replies", "/use"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round with some returns that have been read."""
    folder = tmp_path_factory.mktemp("made")
    write_sample(folder / "returns", load_edition(), RETURNS, 1)
    with reading_here():
        ingest_folder(str(folder / "returns"), folder / "batch.duckdb", load_edition(), now=NOW)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the round, in whose folder everything is read by the test's own process."""
    shutil.copytree(made, tmp_path / "round")
    with reading_here():
        yield tmp_path / "round"


def job_of(client: FlaskClient) -> Job:
    job: Job = client.application.extensions["place"].job
    return job


def settled(client: FlaskClient) -> None:
    """Wait until nothing is worked out in the background."""
    for kept in all_kept(client.application.extensions):
        kept.wait(60)


def alerts(page: str) -> list[str]:
    """The sentences that say what is wrong."""
    return [html.unescape(text) for text in re.findall(r'class="problem" role="alert">([^<]*)<', page)]


def started_reading(client: FlaskClient, **data: object) -> JobState:
    """Start reading as the page does, and wait for its end."""
    answer = client.post("/collect/start", data={**CSRF, "folder": "returns", **data})
    assert answer.status_code == 303, alerts(answer.text)
    job_of(client).wait(60)
    return job_of(client).state


# --- the batch --------------------------------------------------------------------------------------------------------


def change(path: Path, at: float, data: bytes) -> None:
    """Overwrite bytes at a place of a file, from 0 to 1."""
    with path.open("r+b") as file:
        file.seek(int(at * path.stat().st_size))
        file.write(data)


def store_meta(path: Path, name: str, value: str) -> None:
    with duckdb.connect(str(path)) as database:
        database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, value])


def later(path: Path) -> None:
    store_meta(path, "made_with", "99 9.9.9 x y")


def unfinished(path: Path) -> None:
    store_meta(path, "settled", "no")


def other_data(path: Path) -> None:
    path.unlink()
    with duckdb.connect(str(path)) as database:
        database.execute("CREATE TABLE t AS SELECT 1 AS x")


def nothing(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def older(path: Path) -> None:
    with ZipFile(OLDER) as archive:
        path.write_bytes(archive.read("batch.duckdb"))


SPOILT: dict[str, Callable[[Path], object]] = {
    "its beginning damaged": lambda path: change(path, 0.0, b"\0" * 8 + b"DUCK" + b"\xff" * 4_000),
    "its middle damaged": lambda path: change(path, 0.2, b"\xff" * int(0.6 * path.stat().st_size)),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "of a later version": later,
    "a workbook": lambda path: path.write_bytes(b"PK\x03\x04" + b"x" * 5_000),
    "another database": lambda path: path.write_bytes(b"SQLite format 3\0" + b"x" * 5_000),
    "other data": other_data,
    "text": lambda path: path.write_bytes(b"a letter"),
    "a folder": a_folder,
}
TOLD = ("/", "/collect/", "/files/", "/issues/", "/enterprises/", "/corrections/", "/reports/")


@pytest.mark.parametrize("what", SPOILT)
def test_a_batch_that_cannot_be_used_is_one_sentence_and_stays_as_it_is(what: str, folder: Path) -> None:
    batch = folder / "batch.duckdb"
    SPOILT[what](batch)
    before = batch.read_bytes() if batch.is_file() else b""
    client = page_client(folder)
    for page in PAGES:
        answer = client.get(page)
        settled(client)
        assert answer.status_code < 500, page
        if page in TOLD:
            said = alerts(client.get(page).text)
            assert len(said) == 1, (page, said)
            assert str(batch) in said[0]
    assert 'href="/settings"' in client.get("/").text  # where another name is chosen
    state = started_reading(client)
    assert state.stage is Stage.FAILED
    assert (batch.read_bytes() if batch.is_file() else b"") == before
    (folder / "smebatch.toml").write_text('[round]\nbatch = "new.duckdb"\n', "utf-8")
    assert started_reading(client).stage is Stage.DONE


@pytest.mark.parametrize(
    "spoil", [unfinished, nothing, pytest.param(older, marks=pytest.mark.slow)], ids=lambda spoil: spoil.__name__
)
def test_a_batch_that_another_reading_mends(spoil: Callable[[Path], None], folder: Path) -> None:
    spoil(folder / "batch.duckdb")
    client = page_client(folder)
    for page in PAGES:
        assert client.get(page).status_code < 500, page
    settled(client)
    assert 'href="/collect/"' in client.get("/").text
    state = started_reading(client, change="replace")
    assert isinstance(state.result, IngestResult), state
    assert state.result.entries == RETURNS
    assert f'data-total="{RETURNS}"' in client.get("/files/").text


def test_what_a_killed_reading_left_is_said_and_taken_up(folder: Path) -> None:
    store_meta(folder / "batch.duckdb", "under_way", "yes")
    (folder / "batch.duckdb.shown").write_bytes(b"half of a copy")
    client = page_client(folder)
    assert "上次读取没有完成" in client.get("/").text
    assert f'data-total="{RETURNS}"' in client.get("/files/").text
    assert started_reading(client).stage is Stage.DONE
    assert "上次读取没有完成" not in client.get("/").text


# --- two at once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(folder: Path) -> Iterator[FlaskClient]:
    """A client of a page whose job is under way."""
    client, work = page_client(folder), Held()
    job_of(client).start("ingest", folder / "batch.duckdb", work)
    assert work.begun.wait(20)
    yield client
    work.go_on.set()
    job_of(client).wait(20)


def test_the_second_of_two_tabs_is_told_what_runs(held: FlaskClient) -> None:
    since = job_of(held).state.since
    for address, data in (
        ("/collect/start", {"folder": "returns"}),
        ("/corrections/write", {}),
        ("/corrections/decisions", {"verdict": "accept"}),
        ("/forms/next", {"kind": "现场评定"}),
    ):
        answer = held.post(address, data={**CSRF, **data})
        assert answer.status_code == 409, address
        (said,) = alerts(answer.text)
        assert since in said
        assert "读取评测表" in said
    assert job_of(held).state.running


def test_what_is_dropped_meanwhile_is_kept_for_the_next_reading(held: FlaskClient, folder: Path) -> None:
    new = write_sample(folder / "new", load_edition(), 1, 7)[0]
    with new.open("rb") as stream:
        answer = held.post("/collect/drop", data={**CSRF, "files": [(stream, "新.xlsx")]})
    assert answer.status_code == 409
    (said,) = alerts(answer.text)
    assert str(folder / "returns") in said
    assert (folder / "returns" / "新.xlsx").read_bytes() == new.read_bytes()


def test_a_job_waits_for_who_reads_here(folder: Path) -> None:
    client, work = page_client(folder), Held()
    place, job = client.application.extensions["place"], job_of(client)
    with place.open_batch() as batch:
        job.start("ingest", folder / "batch.duckdb", work)
        assert not work.begun.wait(0.5)
        assert f'data-total="{RETURNS}"' in client.get("/files/").text
        assert batch.database.fetch_rows("SELECT count(*) FROM files") == [(RETURNS,)]
    assert work.begun.wait(20)
    work.go_on.set()
    job.wait(20)
    assert job.state.stage is Stage.DONE


def test_what_a_page_has_begun_to_read_stays_until_it_is_done(folder: Path) -> None:
    client, first, second = page_client(folder), Held(), Held()
    job, batch = job_of(client), folder / "batch.duckdb"
    job.start("ingest", batch, first)
    assert first.begun.wait(20)
    with job.reading(batch) as shown:  # and opens it when the job has just ended
        first.go_on.set()
        job.wait(0.5)
        assert not job.state.running
        job.start("ingest", batch, second)
        assert not second.begun.wait(0.5)
        with BatchDatabase(shown, read_only=True) as database:
            assert database.fetch_rows("SELECT count(*) FROM files") == [(RETURNS,)]
    assert second.begun.wait(20)
    assert shown.exists()
    second.go_on.set()
    job.wait(20)
    assert not shown.exists()


_HOLDER = """
import sys
from pathlib import Path
from smebatch.batch.database import BatchDatabase
from smebatch.batch.use import noting
batch = Path(sys.argv[1])
with BatchDatabase(batch), noting(batch, "ingest"):
    print("open", flush=True)
    sys.stdin.read()
"""


@contextmanager
def command_line_run(batch: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the batch open for an ingest, until its input ends."""
    command = [sys.executable, "-c", _HOLDER, str(batch)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment()) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "open\n"
        yield process
        process.stdin.close()


@pytest.mark.slow
def test_a_run_on_the_command_line_is_named_and_waited_for(folder: Path) -> None:
    client = page_client(folder)
    with command_line_run(folder / "batch.duckdb"):
        since = re.compile("[0-2][0-9]:[0-5][0-9]")
        for page in TOLD:
            answer = client.get(page)
            assert answer.status_code == (200 if page == "/collect/" else 409), page
            (said,) = alerts(answer.text)
            assert since.search(said), said
            assert 'data-wait="/use"' in answer.text
            assert "refresh" in answer.text  # without a script
        assert client.get("/use").text == "busy"
        assert client.post("/collect/start", data={**CSRF, "folder": "returns"}).status_code == 303
        while not (waits := job_of(client).state.waits):
            time.sleep(0.05)
        assert waits.code == "batch.busy_with"
        (told,) = json.loads(client.get("/collect/state").data)["said"]
        assert since.search(told)
    job_of(client).wait(60)
    assert job_of(client).state.stage is Stage.DONE
    assert client.get("/use").text == "ended"
    assert client.get("/files/").status_code == 200


@pytest.mark.slow
def test_waiting_for_the_command_line_can_be_stopped(folder: Path) -> None:
    client = page_client(folder)
    with command_line_run(folder / "batch.duckdb"):
        client.post("/collect/start", data={**CSRF, "folder": "returns"})
        while not job_of(client).state.waits:
            time.sleep(0.05)
        client.post("/collect/stop", data=CSRF)
        job_of(client).wait(20)
        assert job_of(client).state.stage is Stage.STOPPED


def test_what_nobody_foresaw_is_said_as_such(folder: Path) -> None:
    client = page_client(folder)

    def fail() -> str:
        raise ZeroDivisionError("odd")

    client.application.view_functions["files.show"] = fail
    answer = client.get("/files/")
    (said,) = alerts(answer.text)
    assert (answer.status_code, "ZeroDivisionError: odd" in said) == (500, True)
    assert client.get("/").status_code == 200


@pytest.mark.slow
def test_a_server_that_is_stopped_while_it_reads_ends_in_good_order(folder: Path) -> None:
    """Its job stops after a portion; nothing but the batch is left, and the next job goes on."""
    for path in write_sample(folder / "more", load_edition(), 1_000, 7):
        path.rename(folder / "returns" / f"more_{path.name}")
    with visited(folder) as server:
        assert server.get("/collect/start", {"folder": "returns"}).status == 200
        while not json.loads(server.get("/collect/state").text)["done"]:
            time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
    left = {path.name for path in folder.iterdir() if path.name.startswith("batch.duckdb")}
    assert left <= {"batch.duckdb", "batch.duckdb.wal"}
    with visited(folder) as server:
        assert f"{RETURNS + 1_000} 个文件" in server.read().text


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_that_has_vanished_before_the_start(folder: Path) -> None:
    (folder / "smebatch.toml").write_text('[round]\nfolder = ["returns"]\nroster = "名单.xlsx"\n', "utf-8")
    client = page_client(folder)
    (folder / "returns").rename(folder / "elsewhere")
    assert str(folder / "returns") in client.get("/collect/").text  # where it ought to be
    answer = client.post("/collect/start", data={**CSRF, "folder": str(folder / "returns")})
    (said,) = alerts(answer.text)
    assert (answer.status_code, str(folder / "returns") in said) == (409, True)
    (folder / "elsewhere").rename(folder / "returns")
    state = started_reading(client)  # and the roster is not there either
    assert state.problem
    assert state.problem.values["path"] == str(folder / "名单.xlsx")
    assert f'data-total="{RETURNS}"' in client.get("/files/").text


@pytest.mark.slow
def test_a_folder_that_vanishes_while_it_is_read(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "round"
    shutil.copytree(made, folder)
    write_sample(folder / "returns" / "more", load_edition(), 6, 3)

    class Removing(ReadingWatch):
        def expect(self, total: int, due: int) -> None:
            super().expect(total, due)
            (folder / "returns").rename(folder / "elsewhere")

    client = page_client(folder)
    with monkeypatch.context() as patch:
        patch.setattr("smebatch.page.collect.ReadingWatch", Removing)
        state = started_reading(client)
    assert state.problem
    assert state.problem.code == "folder.broke_off"
    assert f'data-total="{RETURNS}"' in client.get("/files/").text
    (folder / "elsewhere").rename(folder / "returns")
    assert started_reading(client).stage is Stage.DONE
    assert f'data-total="{RETURNS + 6}"' in client.get("/files/").text


# --- a server that has no room, or is killed --------------------------------------------------------------------------


class Answer(NamedTuple):
    """What a server has answered."""

    status: int
    text: str


class Visitor:
    """A browser that has been let in to a page, which is served by a process of its own."""

    def __init__(self, served: Served) -> None:
        self.process = served.process
        self._root, _, way_in = served.address.partition("/?")
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._opener.addheaders = [("Accept-Language", "zh")]
        (self._csrf,) = re.findall('name="csrf" content="([^"]+)"', self.get(f"/?{way_in}").text)

    def get(self, page: str, data: dict[str, str] | None = None) -> Answer:
        """Ask for a page, or send a form to it."""
        return self._ask(page, None if data is None else urlencode({"csrf": self._csrf, **data}).encode())

    def drop(self, name: str, content: bytes) -> Answer:
        """Put a file into the round's folder."""
        fields = (("csrf", "", self._csrf.encode()), ("files", f'; filename="{name}"', content))
        parts = (f'Content-Disposition: form-data; name="{field}"{more}\r\n\r\n'.encode() for field, more, _ in fields)
        bodies = (b"--x--x\r\n" + head + body + b"\r\n" for head, (_, _, body) in zip(parts, fields, strict=True))
        return self._ask("/collect/drop", b"".join(bodies) + b"--x--x--\r\n", "multipart/form-data; boundary=x--x")

    def _ask(self, page: str, sent: bytes | None, kind: str = "application/x-www-form-urlencoded") -> Answer:
        address = self._root + quote(page, safe="/?=&%")
        try:
            asked = Request(address, sent, {"Content-Type": kind})  # noqa: S310  (our own server)
            with self._opener.open(asked, timeout=120) as answer:
                return Answer(answer.status, answer.read().decode(errors="replace"))
        except HTTPError as error:
            return Answer(error.code, error.read().decode())

    def read(self) -> Answer:
        """Read the round's folder to the end, and show what is said of it."""
        self.get("/collect/start", {"folder": "returns"})
        return self.ended()

    def ended(self) -> Answer:
        """Wait for the end of what is under way, and show what is said of it."""
        while '"running":true' in self.get("/collect/state").text:
            time.sleep(0.1)
        return self.get("/collect/")


def exports(folder: Path) -> dict[str, bytes]:
    """What a round's batch exports."""
    database, edition = open_batch(folder / "batch.duckdb")
    with database:
        return {path.name: without_times(path.read_bytes()) for path in export(database, edition, folder / "exports")}


@contextmanager
def visited(folder: Path, first: str = "") -> Iterator[Visitor]:
    """A visitor of the round of a folder; ``first``: see started."""
    with serving(folder, first=first) as served:
        yield Visitor(served)


ACTS: tuple[tuple[str, dict[str, str] | None], ...] = (
    ("/collect/start", {"folder": "returns"}),
    ("/collect/stop", {}),
    ("/corrections/write", {}),
    ("/forms/next", {"kind": "现场评定"}),
    ("/reports/download/exports-csv.zip", None),
    ("/reports/download/public.docx", None),
)
SECONDS = 25  # of all at once


def answers_of(asked: Iterator[tuple[str, Answer]]) -> list[tuple[str, Answer]]:
    return list(asked)


@pytest.mark.slow
def test_whatever_is_asked_at_once_is_answered(folder: Path) -> None:
    """Some look, some act, files and settings change, the command line reads as well: no page breaks, none is empty."""
    write_sample(folder / "returns" / "more", load_edition(), 60, 7)
    end = time.monotonic() + SECONDS
    with visited(folder) as server, ThreadPoolExecutor(7) as threads:
        server.read()

        def look(rng: Random) -> Iterator[tuple[str, Answer]]:
            while time.monotonic() < end:
                page = rng.choice(PAGES)
                yield page, server.get(page)

        def act(rng: Random) -> Iterator[tuple[str, Answer]]:
            while time.monotonic() < end:
                page, data = rng.choice(ACTS)
                yield page, server.get(page, data)
                os.utime(rng.choice(sorted((folder / "returns").glob("*.xlsx"))))
                (folder / "smebatch.toml").write_text(f"[round]\nsmall_group = {rng.randint(2, 9)}\n", "utf-8")

        def command_line() -> Iterator[tuple[str, Answer]]:
            while time.monotonic() < end:
                smebatch("ingest", "returns", "-b", "batch.duckdb", cwd=folder)
                time.sleep(1)
            yield from ()

        doing = [*(look(Random(i)) for i in range(4)), *(act(Random(i)) for i in range(2)), command_line()]
        answers = [answer for done in threads.map(answers_of, doing) for answer in done]
    assert len(answers) > 100
    for page, answer in answers:
        assert answer.status in (200, 409), (page, answer)
        if answer.status == 409:
            assert len(alerts(answer.text)) == 1, page
        elif page == "/files/":
            assert "data-total" in answer.text


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limits of a file's size there")
def test_a_full_disk_is_said_and_costs_nothing(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "round"
    shutil.copytree(made, folder)
    write_sample(folder / "returns" / "more", load_edition(), 6, 3)
    before = (folder / "batch.duckdb").read_bytes()
    with visited(folder, first=LIMIT.format("FSIZE", 20_000)) as server:
        assert "文件超过了系统允许的大小" in server.read().text
        for page in PAGES:
            assert server.get(page).status < 500, page
        for size in (30_000, 3_000_000):  # kept in memory until it is stored, and not
            answer = server.drop("甲.xlsx", b"x" * size)
            assert (answer.status, len(alerts(answer.text))) == (409, 1)
        assert not list((folder / "returns").glob("甲*"))
        for page, data in (("/forms/next", {"kind": "现场评定"}), ("/corrections/write", {})):
            assert server.get(page, data).status == 200
            assert "文件超过了系统允许的大小" in server.ended().text
        assert (folder / "batch.duckdb").read_bytes() == before
    with visited(folder) as server:
        assert f"{RETURNS + 6} 个文件" in server.read().text


VERSIONS, ENTERPRISES = 15, 40


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Returns, and the same in further versions, which take some seconds to read."""
    place = tmp_path_factory.mktemp("many")
    for path in write_sample(place / "first", load_edition(), ENTERPRISES, seed=9):
        data = path.read_bytes()
        for version in range(VERSIONS):
            comment = str(version).encode()  # at the end of the zip
            other = place / "further" / f"v{version}" / path.name
            other.parent.mkdir(parents=True, exist_ok=True)
            other.write_bytes(data[:-2] + len(comment).to_bytes(2, "little") + comment)
    return place / "first", place / "further"


@pytest.mark.slow
def test_a_server_that_is_killed_while_it_reads_goes_on_as_if_nothing_had_been(
    many: tuple[Path, Path], tmp_path: Path
) -> None:
    first, further = many
    right, folder = tmp_path / "right", tmp_path / "round"
    for place in (right, folder):
        shutil.copytree(first, place / "returns")
        ingest_folder(str(place / "returns"), place / "batch.duckdb", load_edition(), now=NOW)
        shutil.copytree(further, place / "returns" / "further")
    ingest_folder(str(right / "returns"), right / "batch.duckdb", load_edition(), now=NOW)
    before = exports(folder)
    for _ in range(2):
        with visited(folder) as server:
            server.get("/collect/start", {"folder": "returns"})
            seen = 0
            while not seen > ENTERPRISES + 20:  # some have been read
                told = server.get("/collect/state").text
                assert '"running":true' in told, told
                seen = int(re.findall('"done":([0-9]+)', told)[0])
            assert f'data-total="{ENTERPRISES}"' in server.get("/files/").text  # the state before
            server.process.kill()
        assert exports(folder) == before
    with visited(folder) as server:
        assert f'data-total="{ENTERPRISES}"' in server.get("/files/").text
        assert f"{ENTERPRISES * (1 + VERSIONS)} 个文件" in server.read().text
    assert exports(folder) == exports(right)
