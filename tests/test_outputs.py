"""Nothing of a person's is overwritten unasked, whatever it is and however it is named."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import openpyxl
import pytest

from cases import EDITION, form_bytes, good_answers
from smebatch.batch.batch_file import BatchError, check_batch_path, refusal_error
from smebatch.batch.database import BatchDatabase
from smebatch.batch.ingest import ingest
from smebatch.batch.outputs import Outputs
from smebatch.cli.program import main
from smebatch.cli.words import CliWords
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.workflow import is_filled
from test_pipeline import copied, enterprise, in_process, put, query

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
GOOD = form_bytes(good_answers())
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; its exit status, and what it says on stderr."""
    monkeypatch.setenv("SMEBATCH_LANG", "zh")

    def command(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["smebatch", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return command


def refused(result: tuple[int, str], code: str) -> None:
    """The command ended with the message of this code, whatever its values."""
    status, said = result
    (line,) = said.splitlines()
    assert status == 2
    pattern = CliWords("zh").text(code, **dict.fromkeys(("path", "inside", "ending", "batch", "known", "error"), "\0"))
    assert all(part in line for part in pattern.split("\0")), (line, pattern)


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for a few files."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("made")
    for n in (1, 2):
        put(base / "in", f"{n}.xlsx", form_bytes(enterprise(n)))
    ingest(base / "in", base / "b.duckdb", EDITION, now=NOW)
    return base


@pytest.fixture
def batch(made: Path, tmp_path: Path) -> Path:
    """A batch of two returns."""
    return copied(made, tmp_path)


def asides(folder: Path, stem: str) -> list[Path]:
    return sorted(folder.glob(f"{stem}_[0-9]*"))


# --- what we wrote, and what somebody has changed -------------------------------------------------------------------


def test_what_we_wrote_is_replaced_and_what_was_changed_set_aside(run: Run, batch: Path, tmp_path: Path) -> None:
    summary = tmp_path / "out" / "summary.xlsx"
    for _ in range(2):
        assert run("report", "-b", batch, "-o", summary) == (0, "")
    book = openpyxl.load_workbook(summary)
    book.worksheets[0]["B200"] = "结论：……"
    book.save(summary)
    changed = summary.read_bytes()
    status, said = run("report", "-b", batch, "-o", summary)
    (aside,) = asides(summary.parent, "summary")
    assert (status, aside.read_bytes(), aside.suffix) == (0, changed, ".xlsx")
    assert aside.name in said
    assert run("report", "-b", batch, "-o", summary) == (0, "")
    assert asides(summary.parent, "summary") == [aside]


@pytest.mark.usefixtures("batch")
@pytest.mark.slow
def test_the_batch_may_move_with_what_was_written(run: Run, tmp_path: Path) -> None:
    run("run", tmp_path / "in", "-o", tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "moved")
    assert run("run", tmp_path / "in", "-o", tmp_path / "moved")[0] == 0
    assert asides(tmp_path / "moved", "summary") == []


def test_a_batch_that_is_read_anew_knows_what_was_written(
    run: Run, batch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("report", "-b", batch, "-o", tmp_path / "summary.xlsx")
    monkeypatch.setattr("smebatch.batch.ingest.__version__", "another")
    run("ingest", tmp_path / "in", "-b", batch)
    assert run("report", "-b", batch, "-o", tmp_path / "summary.xlsx") == (0, "")


@pytest.mark.usefixtures("batch")
@pytest.mark.parametrize(
    "command",
    [
        ("export", "-b", "b.duckdb", "-o", "out"),
        pytest.param(("run", "in", "-o", "out"), marks=pytest.mark.slow),
        ("sample", "-n", 2, "-o", "out"),
        ("template", "--roster", "名单.csv", "--out-dir", "out"),
        ("template", "-o", "out/表.xlsx"),
    ],
)
def test_every_command_sets_aside(
    command: tuple[object, ...], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "名单.csv").write_text("企业名称,统一社会信用代码\n甲,91110000101623741K\n", "utf-8-sig")
    for _ in range(2):
        assert run(*command)[0] == 0
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.suffix != ".duckdb"]
    assert files
    for path in files:
        path.write_bytes(b"of a person's")
    status, said = run(*command)
    assert status == 0
    kept = [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.read_bytes() == b"of a person's"]
    assert len(kept) == len(files)
    assert all(path.name in said for path in kept)


def test_a_filled_workbook_is_left_alone_unless_that_is_asked_for(run: Run, batch: Path, tmp_path: Path) -> None:
    target = put(tmp_path, "回表.xlsx", GOOD)
    for command in (("template", "-o", target), ("report", "-b", batch, "-o", target)):
        refused(run(*command), "output.filled")
        assert target.read_bytes() == GOOD
    assert run("template", "-o", target, "--force") == (0, "")
    assert not is_filled(target, EDITION)


def test_what_was_set_aside_is_said_though_what_follows_fails(run: Run, batch: Path, tmp_path: Path) -> None:
    run("export", "-b", batch, "-o", tmp_path / "out")
    put(tmp_path / "out", "files.csv", b"of a person's")
    (tmp_path / "out" / "scores.csv").unlink()
    (tmp_path / "out" / "scores.csv").mkdir()
    status, said = run("export", "-b", batch, "-o", tmp_path / "out")
    (aside,) = asides(tmp_path / "out", "files")
    assert status == 2
    assert aside.name in said
    (tmp_path / "out" / "scores.csv").rmdir()
    assert run("export", "-b", batch, "-o", tmp_path / "out") == (0, "")  # what was written is remembered


@pytest.mark.parametrize(
    ("answers", "filled"),
    [({}, False), ({"name": "甲", "uscc": "91110000101623741K"}, False), ({"q01_note": "见附件"}, True)],
)
def test_what_a_roster_fills_in_is_no_answer(answers: dict[str, object], filled: bool, tmp_path: Path) -> None:
    assert is_filled(put(tmp_path, "a.xlsx", form_bytes(answers)), EDITION) is filled


def test_names_that_are_taken_are_not_taken_again(tmp_path: Path) -> None:
    outputs, target = Outputs(), tmp_path / "a.csv"
    for text in ("1", "2", "3", "4"):
        put(tmp_path, "a.csv", f"changed {text}".encode(), 1_790_000_000)
        with outputs.write_atomically(target) as partial:
            partial.write_text(text)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"4", *(f"changed {n}" for n in "1234")}


def test_what_breaks_off_leaves_what_there_was(tmp_path: Path) -> None:
    target = put(tmp_path, "a.csv", b"mine")
    with suppress(KeyboardInterrupt), Outputs().write_atomically(target) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


@posix
def test_a_name_as_long_as_may_be(tmp_path: Path) -> None:
    target = tmp_path / ("表" * 83 + ".csv")  # 253 bytes
    with Outputs().write_atomically(target) as partial:
        partial.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


# --- names under which nothing can be written -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("b.duckdb", "output.ending"),
        ("x.docx", "output.ending"),
        ("x", "output.ending"),
        ("folder.xlsx", "output.folder"),
    ],
)
def test_where_a_summary_cannot_be_written(name: str, code: str, run: Run, batch: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    before = batch.read_bytes()
    refused(run("report", "-b", batch, "-o", tmp_path / name), code)
    assert batch.read_bytes() == before
    if name != "b.duckdb":
        refused(run("template", "-o", tmp_path / name), code)


def test_what_is_read_is_not_written(run: Run, batch: Path, tmp_path: Path) -> None:
    named = batch.rename(tmp_path / "b.xlsx")
    before = named.read_bytes()
    refused(run("report", "-b", named, "-o", tmp_path / "in" / ".." / "b.xlsx"), "output.input")
    assert named.read_bytes() == before


@posix
def test_a_device_and_a_pipe_stay_what_they_are(run: Run, batch: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    (tmp_path / "null.xlsx").symlink_to(os.devnull)
    for name in ("pipe.xlsx", "null.xlsx"):
        refused(run("template", "-o", tmp_path / name), "output.special")
        refused(run("report", "-b", batch, "-o", tmp_path / name), "output.special")
    assert (tmp_path / "pipe.xlsx").is_fifo()
    assert (tmp_path / "null.xlsx").is_symlink()


@posix
def test_a_link_stays_one(run: Run, tmp_path: Path) -> None:
    real = tmp_path / "real.xlsx"
    (tmp_path / "link.xlsx").symlink_to(real)
    assert run("template", "-o", tmp_path / "link.xlsx") == (0, "")
    assert (tmp_path / "link.xlsx").is_symlink()
    assert real.stat().st_size > 10_000


@posix
@pytest.mark.usefixtures("batch")
@pytest.mark.slow
def test_a_link_that_leads_into_the_folder_hides_nothing_of_ours(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in" / "out").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "in" / "out", target_is_directory=True)
    for _ in range(2):
        run("run", tmp_path / "in", "-o", tmp_path / "out")
    files = query(tmp_path / "out" / "batch.duckdb", "SELECT file FROM files ORDER BY file")
    assert files == [("1.xlsx",), ("2.xlsx",)]


def test_options_that_would_be_passed_over_are_refused(run: Run, tmp_path: Path) -> None:
    refused(run("template", "--out-dir", tmp_path), "out_dir.needs_roster")
    roster = put(tmp_path, "r.csv", "企业名称\n甲\n".encode())
    refused(run("template", "--roster", roster, "--out-dir", tmp_path, "-o", tmp_path / "x.xlsx"), "roster.no_output")
    refused(run("ingest", tmp_path, "-b", tmp_path / "b.duckdb", "--add", "--replace"), "folder.add_or_replace")


# --- what is no batch -----------------------------------------------------------------------------------------------


def sqlite(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE meta (name TEXT, value TEXT)")
    db.close()


def somebodys_duckdb(*statements: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with duckdb.connect(str(path)) as db:
            for statement in statements:
                db.execute(statement)

    return make


FOREIGN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (lambda path: path.mkdir(), "batch.folder"),
    "SQLite": (sqlite, "batch.sqlite"),
    "a return": (lambda path: path.write_bytes(GOOD), "batch.workbook"),
    "a text": (lambda path: path.write_text("说明" * 100, "utf-8"), "batch.other"),
    "a table of another": (somebodys_duckdb("CREATE TABLE t (i INTEGER)"), "batch.foreign"),
    "a table meta": (
        somebodys_duckdb("CREATE TABLE meta (id INTEGER)", "INSERT INTO meta VALUES (1)"),
        "batch.foreign",
    ),
    "a table meta like ours": (
        somebodys_duckdb("CREATE TABLE meta (name VARCHAR, value VARCHAR)", "INSERT INTO meta VALUES ('a', 'b')"),
        "batch.foreign",
    ),
    "tables like ours": (
        somebodys_duckdb("CREATE TABLE meta (name VARCHAR, value VARCHAR)", "CREATE TABLE files (file VARCHAR)"),
        "batch.foreign",
    ),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_no_batch_is_named_and_left_alone(what: str, run: Run, tmp_path: Path) -> None:
    make, code = FOREIGN[what]
    path = tmp_path / "x.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    put(tmp_path / "in", "1.xlsx", GOOD)
    for command in (("ingest", tmp_path / "in"), ("report", "-o", tmp_path / "s.xlsx"), ("export", "-o", tmp_path)):
        refused(run(*command, "-b", path), code)
        assert not path.is_file() or path.read_bytes() == before


@pytest.mark.parametrize("name", ["md:x", "s3://bucket/b.duckdb", "sqlite:x.db"])
def test_a_batch_is_a_file_of_this_machine(name: str, run: Run, tmp_path: Path) -> None:
    put(tmp_path / "in", "1.xlsx", GOOD)
    refused(run("ingest", tmp_path / "in", "-b", name), "batch.elsewhere")


@posix
def test_a_pipe_is_no_batch(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "b.duckdb")
    with pytest.raises(BatchError) as caught:
        check_batch_path(tmp_path / "b.duckdb")
    assert caught.value.code == "batch.special"


def test_duckdb_asks_nobody_for_extensions(batch: Path) -> None:
    with BatchDatabase(batch) as store:
        for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
            assert store.fetch_rows(f"SELECT current_setting('{name}')") == [(False,)]


def test_a_file_in_use_is_known_by_the_number_that_windows_gives(batch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = duckdb.IOException(f'IO Error: Cannot open file "{batch}": 另一个程序正在使用此文件，进程无法访问。')
    assert refusal_error(batch, said).code == "batch.unusable"  # no decision hangs on the wording

    def shared(*_: object) -> None:
        error = PermissionError(13, "Permission denied")
        error.winerror = 32  # type: ignore[attr-defined]  # where this is not Windows
        raise error

    monkeypatch.setattr(Path, "open", shared)
    assert refusal_error(batch, said).code == "batch.busy"
    with pytest.raises(BatchError) as caught:
        check_batch_path(batch)
    assert caught.value.code == "batch.busy"


def test_a_batch_that_is_open_already_is_busy(batch: Path) -> None:
    with BatchDatabase(batch), pytest.raises(BatchError) as caught:
        BatchDatabase(batch)
    assert caught.value.code == "batch.busy"


@pytest.mark.parametrize("code", ["unusable", "busy", "foreign", "does_not_add_up", "outdated", "unfinished", "memory"])
def test_nothing_tells_a_clerk_to_delete_a_batch(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for language in ("zh", "en"):
        monkeypatch.setenv("SMEBATCH_LANG", language)
        assert not {"删除", "delete"} & set(CliWords("zh").text(f"batch.{code}", path="x", error="y").split())
