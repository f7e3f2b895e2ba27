"""A run that is cut short leaves a batch the next run carries on with, and never one that tells half of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import duckdb
import pytest

from cases import without_times, zip_of
from command_line import LIMIT, LISTENING, USAGE, Inside, Said, environment, smebatch, started, unmeasured
from smebatch.batch import settle as ledger
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase, batch_files
from smebatch.batch.export import export
from smebatch.batch.load import open_batch
from smebatch.cli.words import CliWords
from smebatch.sample import write_sample
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition

KILLS = 30
RETURNS, VERSIONS = 40, 20  # of which a whole run takes some 2 s, and one that finds all of it done 0.6 s

pytestmark = pytest.mark.slow


def ingest(folder: Path, batch: Path, jobs: int = 2) -> subprocess.Popen[bytes]:
    return started("ingest", folder, "-b", batch, "--jobs", jobs)


def refused(*arguments: object, size: int | None = None) -> str:
    """What a command says that cannot be carried out: one line, and no traceback.

    As on a full disk, no file of the process can grow beyond ``size`` bytes.
    """
    first = "" if size is None else LIMIT.format("FSIZE", size)
    said = smebatch(*arguments, first=first, env=unmeasured(environment()), timeout=60)
    assert said.code == 2, said
    (line,) = said.err.splitlines()
    return line


class Unfinished(Exception):  # noqa: N818  (no error: what a run that was cut short leaves)
    """The batch says that an ingest has to be run again."""


def exports(batch: Path, folder: Path) -> dict[str, bytes]:
    try:
        store, edition = open_batch(batch)
    except BatchError as error:
        if error.code in {"batch.missing", "batch.outdated", "batch.unfinished"}:
            raise Unfinished(error.code) from None
        raise
    with store:
        return {path.name: without_times(path.read_bytes()) for path in export(store, edition, folder)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns in several versions each, told apart by the comment at the end of their zip: one counts of each."""
    folder = tmp_path_factory.mktemp("interrupted") / "returns"
    for path in write_sample(folder, load_edition(), RETURNS, seed=9):
        data = path.read_bytes()
        for version in range(1, VERSIONS):
            comment = str(version).encode()
            other = folder / f"v{version}" / path.name
            other.parent.mkdir(exist_ok=True)
            other.write_bytes(data[:-2] + len(comment).to_bytes(2, "little") + comment)
            os.utime(other, (1_790_000_000 + version, 1_790_000_000 + version))
    return folder


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What a run that is left alone exports, and how many seconds it takes."""
    place = tmp_path_factory.mktemp("whole")
    begun = time.monotonic()
    assert ingest(folder, place / "batch.duckdb").wait() == 0
    return exports(place / "batch.duckdb", place), time.monotonic() - begun


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("small")
    write_sample(place / "returns", load_edition(), 10, seed=1)
    assert ingest(place / "returns", place / "batch.duckdb").wait() == 0
    exports(place / "batch.duckdb", place / "before")
    write_sample(place / "returns", load_edition(), 40, seed=1)
    return place


def test_killed_at_any_moment_the_next_run_ends_the_same(
    folder: Path, whole: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    right, takes = whole
    batch, rng, killed = tmp_path / "batch.duckdb", Random(9), 0
    moments = [takes * (number + rng.random()) / KILLS for number in range(KILLS)]  # from the start to the end of a run
    rng.shuffle(moments)
    for moment in moments:
        run = ingest(folder, batch)
        try:
            assert run.wait(timeout=moment) == 0
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            killed += 1
        with suppress(Unfinished):
            assert exports(batch, tmp_path) == right
            for path in filter(Path.exists, batch_files(batch)):  # all is done: begin again
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert killed >= KILLS / 2
    assert ingest(folder, batch).wait() == 0
    assert exports(batch, tmp_path) == right


def test_killed_while_a_folder_is_read_again_the_batch_tells_what_it_told(
    folder: Path, whole: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    right, takes = whole
    batch, rng = tmp_path / "batch.duckdb", Random(3)
    assert ingest(folder / "v1", batch).wait() == 0
    before, killed = exports(batch, tmp_path), 0
    while killed < 5:
        run = ingest(folder, batch)
        try:
            run.wait(timeout=takes * rng.uniform(0.4, 0.9))
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        if exports(batch, tmp_path) == right:
            break
        assert exports(batch, tmp_path) == before
        killed += 1
    assert killed
    assert ingest(folder, batch).wait() == 0
    assert exports(batch, tmp_path) == right


def test_killed_while_archives_are_unpacked_nothing_is_left(
    folder: Path, whole: tuple[dict[str, bytes], float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, temporary, batch, rng = tmp_path / "in", tmp_path / "temporary", tmp_path / "b.duckdb", Random(5)
    for place in (packed, temporary):
        place.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    for number in range(3):
        inner = {path.name: path.read_bytes() for path in sorted((folder / f"v{number + 1}").iterdir())}
        (packed / f"{number}.zip").write_bytes(zip_of({"inner.zip": zip_of(inner)}))
    assert ingest(packed, tmp_path / "other.duckdb").wait() == 0
    right = exports(tmp_path / "other.duckdb", tmp_path)
    killed = 0
    while killed < 5:
        run = ingest(packed, batch)
        try:
            run.wait(timeout=whole[1] * rng.uniform(0.1, 0.9))
            batch.unlink()
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            killed += 1
    assert ingest(packed, batch).wait() == 0
    assert exports(batch, tmp_path) == right
    begun = time.monotonic()
    while any(temporary.iterdir()):  # the readers that were left see to it
        assert time.monotonic() < begun + 10, list(temporary.rglob("*"))
        time.sleep(0.1)


def test_killed_while_the_batch_is_made_the_next_run_makes_it(made: Path, tmp_path: Path) -> None:
    for number in range(5):
        batch = tmp_path / str(number) / "batch.duckdb"
        batch.parent.mkdir()
        run = ingest(made / "returns", batch)
        while not any(batch.parent.iterdir()):
            assert run.poll() is None
        run.kill()
        run.wait()
        assert ingest(made / "returns", batch).wait() == 0


@pytest.mark.parametrize("jobs", [1, 4])
def test_any_number_of_readers_ends_the_same(
    jobs: int, folder: Path, whole: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    assert ingest(folder, tmp_path / "batch.duckdb", jobs=jobs).wait() == 0
    assert exports(tmp_path / "batch.duckdb", tmp_path) == whole[0]


def test_the_second_of_two_runs_at_once_says_so(folder: Path, tmp_path: Path) -> None:
    batch = tmp_path / "batch.duckdb"
    with duckdb.connect(str(batch)):
        assert "in use by another program" in refused("ingest", folder, "-b", batch)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_ends_soon_and_says_how_to_go_on(folder: Path, tmp_path: Path) -> None:
    for delay in (0.3, 0.5, 0.7):
        ingesting = ("ingest", folder, "-b", tmp_path / "batch.duckdb", "--jobs", 2)
        run = started(*ingesting, first=LISTENING, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert run.stdout
        assert run.stdout.readline() == b"listening\n"
        time.sleep(delay)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=10)  # measured: 0.1 to 0.3 s
        # CPython ends by the signal itself where it was cut while it made a class from a string (dataclasses).
        assert run.returncode in (2, -signal.SIGINT), said
        assert said.decode().splitlines() == ["error: interrupted; run the same command again to go on"]


# --- where nothing can be written -----------------------------------------------------------------------------------


@pytest.fixture
def small(made: Path, tmp_path: Path) -> tuple[Path, Path, dict[str, bytes]]:
    """A folder, a batch of it and its exports; since then the folder has grown."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    before = {path.name: without_times(path.read_bytes()) for path in (tmp_path / "before").iterdir()}
    return tmp_path / "returns", tmp_path / "batch.duckdb", before


@pytest.mark.parametrize(
    "place",
    [
        "returns/below a file",
        pytest.param("/proc", marks=pytest.mark.skipif(sys.platform != "linux", reason="nobody may write there")),
    ],
)
def test_a_place_nobody_may_write_to(place: str, small: tuple[Path, Path, dict[str, bytes]], tmp_path: Path) -> None:
    folder, batch, before = small
    target = next(folder.iterdir()) if place.startswith("returns") else Path(place)
    for command in (
        ("ingest", folder, "-b", target / "batch.duckdb"),
        ("run", folder, "-o", target / "out"),
        ("run", folder, "-o", target),
        ("export", "-b", batch, "-o", target),
        ("report", "-b", batch, "-o", target / "summary.xlsx"),
    ):
        assert refused(*command).startswith("error: ")
    assert exports(batch, tmp_path / "after") == before


needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="no limits of a file's size there")


@needs_limits
@pytest.mark.parametrize("size", [0, 400, 20_000, 50_000])
def test_a_full_disk_leaves_what_there_was(
    size: int, small: tuple[Path, Path, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, batch, before = small
    line = refused("ingest", folder, "-b", batch, size=size)
    assert line.startswith("error: cannot write the batch")
    assert exports(batch, tmp_path / "after") == before
    assert ingest(folder, batch).wait() == 0
    assert ingest(folder, tmp_path / "new.duckdb").wait() == 0
    assert exports(batch, tmp_path / "mended") == exports(tmp_path / "new.duckdb", tmp_path / "new")


@needs_limits
@pytest.mark.parametrize("size", [0, 400, 20_000, 50_000, 300_000])
def test_a_full_disk_leaves_what_there_was_where_all_is_to_be_read_anew(
    size: int, small: tuple[Path, Path, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, batch, before = small
    other = tmp_path / "other.toml"
    other.write_bytes(f"{load_edition().text}\n# another text\n".encode())
    assert refused("ingest", folder, "-b", batch, "--edition", other, size=size).startswith("error: ")
    assert exports(batch, tmp_path / "after") == before
    assert started("ingest", folder, "-b", batch, "--edition", other).wait() == 0
    assert started("ingest", folder, "-b", tmp_path / "new.duckdb", "--edition", other).wait() == 0
    assert exports(batch, tmp_path / "mended") == exports(tmp_path / "new.duckdb", tmp_path / "new")


@needs_limits
@pytest.mark.parametrize("size", [0, 4096, 20_000, 100_000])
def test_a_full_disk_makes_no_batch(size: int, small: tuple[Path, Path, dict[str, bytes]], tmp_path: Path) -> None:
    folder, *_ = small
    line = refused("ingest", folder, "-b", tmp_path / "new.duckdb", size=size)
    assert line.startswith("error: ")
    with pytest.raises(BatchError):
        open_batch(tmp_path / "new.duckdb")


@needs_limits
@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_full_disk_leaves_no_half_of_an_export(
    form: str, small: tuple[Path, Path, dict[str, bytes]], tmp_path: Path
) -> None:
    _, batch, before = small
    place = tmp_path / "before"
    line = refused("export", "-b", batch, "-o", place, "--format", form, size=100)
    assert line.startswith("error: cannot read or write")
    assert {path.name: without_times(path.read_bytes()) for path in place.iterdir()} == before


@needs_limits
@pytest.mark.parametrize("command", [("template", "-o", "form.xlsx"), ("sample", "-n", "1", "-o", "sample")])
def test_a_full_disk_makes_no_form(command: tuple[str, ...], tmp_path: Path) -> None:
    refused(*command[:-1], tmp_path / command[-1], size=100)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@needs_limits
def test_a_full_disk_leaves_the_old_summary(small: tuple[Path, Path, dict[str, bytes]], tmp_path: Path) -> None:
    _, batch, _ = small
    summary = tmp_path / "summary.xlsx"
    summary.write_bytes(b"the old one")
    refused("report", "-b", batch, "-o", summary, size=100)
    assert summary.read_bytes() == b"the old one"


# --- a ledger that does not add up ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM files WHERE file = (SELECT max(file) FROM files)",
        "INSERT INTO files (file, status) VALUES ('x.xlsx', 'counted')",
        "INSERT INTO files SELECT * FROM files LIMIT 1",
        "UPDATE files SET status = 'lost' WHERE file = (SELECT min(file) FROM files)",
        "UPDATE files SET file = file || 'x' WHERE file = (SELECT max(file) FROM files)",
    ],
)
def test_a_ledger_that_does_not_add_up_is_refused(
    change: str,
    small: tuple[Path, Path, dict[str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
    inside: Inside,
) -> None:
    folder, batch, before = small
    settle_ledger = ledger.settle_ledger

    def wrong(store: BatchDatabase, edition: Edition, read_at: str) -> None:
        settle_ledger(store, edition, read_at)
        store._db.execute(change)

    monkeypatch.setattr(ledger, "settle_ledger", wrong)
    words = CliWords("en")
    wrong_ledger = words.text("error", text=words.text("batch.does_not_add_up", path=batch))
    assert inside("ingest", folder, "-b", batch) == Said(USAGE, "", f"{wrong_ledger}\n")
    assert exports(batch, folder.parent / "after") == before
