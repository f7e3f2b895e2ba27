"""Copies of the readable originals, under names that say whose they are; nothing is moved, replaced or removed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sys
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cases import EDITION, form_bytes, zip_of
from smebatch.batch.batch_file import BatchError
from smebatch.batch.ingest import IngestResult, ingest
from smebatch.batch.inventory import Inventory
from smebatch.batch.load import open_batch
from smebatch.batch.originals import FilingError
from smebatch.cli.program import main
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workbook.formats import ENDINGS, workbook_ending
from smebatch.intake.workers.opening import open_container
from smebatch.intake.workers.worker_pool import WorkerPool
from test_pipeline import enterprise, fates, in_process, put

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
FORMS = {n: form_bytes(enterprise(n)) for n in range(1, 5)}
USCC = {n: str(enterprise(n)["uscc"]) for n in FORMS}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for a few files."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))
    monkeypatch.setattr(WorkerPool, "open_container", lambda _self, opening: open_container(opening))


def run(base: Path, to: Path | None = None, **options: Any) -> IngestResult:
    return ingest(base / "in", base / "b.duckdb", EDITION, now=NOW, file_to=to, **options)


def filed(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def counts(done: IngestResult) -> tuple[int, int]:
    assert done.filed
    assert (done.filed.unavailable, done.filed.name_conflicts) == ([], [])
    return done.filed.written, done.filed.already_filed


def six(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:6]


@pytest.mark.skipif(sys.platform != "linux", reason="a name that other systems do not allow")
def test_a_folder_whose_name_is_no_text_is_remembered(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "filed\udcff"
    put(tmp_path, "in/1.xlsx", FORMS[1])
    assert counts(run(tmp_path, folder)) == (1, 0)
    assert fates(tmp_path / "b.duckdb") == {"1.xlsx": "counted: complete"}
    assert run(tmp_path).entries == 1


def test_originals_are_filed_by_district_code_and_name(tmp_path: Path) -> None:
    returned = form_bytes(enterprise(3, district=None, uscc=None, cost_last=None))
    put(tmp_path, "in/回表1.xlsx", FORMS[1])
    put(tmp_path, "in/同一份.xlsx", FORMS[1])  # the same bytes
    put(tmp_path, "in/o.zip", zip_of({"i.zip": zip_of({"x.xlsx": FORMS[2]}), "y.xlsx": returned}))
    put(tmp_path, "in/说明.txt", b"text")
    before = filed(tmp_path / "in")
    assert counts(run(tmp_path, tmp_path / "归档")) == (3, 0)
    names = {
        f"城东区/{USCC[1]}_示例企业1.xlsx": FORMS[1],
        f"城东区/{USCC[2]}_示例企业2.xlsx": FORMS[2],
        "未填/未填_示例企业3.xlsx": returned,
    }
    assert filed(tmp_path / "归档") == names
    assert filed(tmp_path / "in") == before
    (copy,) = (tmp_path / "归档/城东区").glob("*示例企业1*")
    assert copy.stat().st_mtime_ns == (tmp_path / "in/回表1.xlsx").stat().st_mtime_ns


def test_run_again_it_writes_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "in/1.xlsx", FORMS[1])
    put(tmp_path, "in/o.zip", zip_of({"i.zip": zip_of({"2.xlsx": FORMS[2]})}))
    run(tmp_path)
    to = tmp_path / "归档"
    assert counts(run(tmp_path, to)) == (2, 0)  # of a folder that is unchanged
    copies = filed(to)
    times = {path: path.stat().st_mtime_ns for path in to.rglob("*.xlsx")}
    next(to.rglob("*示例企业2*")).unlink()
    put(tmp_path, "in/3.xlsx", FORMS[3])
    assert counts(run(tmp_path, to)) == (2, 1)
    assert len(filed(to)) == 3
    assert copies.items() < filed(to).items()
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())

    def nobody(*_: object) -> Any:
        raise AssertionError("something was opened")

    monkeypatch.setattr(WorkerPool, "open_container", nobody)
    monkeypatch.setattr("smebatch.intake.read_entry._read_local", nobody)
    (tmp_path / "in/1.xlsx").unlink()
    assert counts(run(tmp_path, to)) == (0, 2)
    assert len(filed(to)) == 3  # what has left is kept


def test_where_names_clash_the_form_id_tells(tmp_path: Path) -> None:
    before, after = (form_bytes(enterprise(1, phase=phase)) for phase in ("改造前", "改造后"))
    put(tmp_path, "in/a.xlsx", before)
    put(tmp_path, "in/b.xlsx", after)
    to, name = tmp_path / "归档", f"城东区/{USCC[1]}_示例企业1"
    put(to, f"{name}.xls", b"somebody's")
    assert counts(run(tmp_path, to)) == (2, 0)
    expected = {f"{name}.xlsx": before, f"{name}_{six(after)}.xlsx": after, f"{name}.xls": b"somebody's"}
    assert filed(to) == expected
    assert counts(run(tmp_path, to)) == (0, 2)
    put(to, f"{name}.xlsx", b"changed by a clerk")
    assert counts(run(tmp_path, to)) == (1, 1)
    assert filed(to) == expected | {f"{name}.xlsx": b"changed by a clerk", f"{name}_{six(before)}.xlsx": before}


def test_where_all_names_are_taken_it_is_said(tmp_path: Path) -> None:
    put(tmp_path, "in/a.xlsx", FORMS[1])
    to, form = tmp_path / "归档", hashlib.sha256(FORMS[1]).hexdigest()[:16]
    for end in ("", f"_{form[:6]}", f"_{form}"):
        put(to, f"城东区/{USCC[1]}_示例企业1{end}.xlsx", b"somebody's")
    done = run(tmp_path, to)
    assert done.filed
    assert (done.filed.written, done.filed.name_conflicts) == (0, ["a.xlsx"])
    assert set(filed(to).values()) == {b"somebody's"}


def test_a_name_is_one_on_any_system(tmp_path: Path) -> None:
    hostile = form_bytes(enterprise(1, name='../..\\甲:"<乙>|?*' + "长" * 80, district="/etc/.", uscc="../x"))
    put(tmp_path, "in/a.xlsx", hostile)
    to = tmp_path / "深/归档"
    assert counts(run(tmp_path, to)) == (1, 0)
    (name,) = filed(to)
    assert name == f"etc/x_{('甲乙' + '长' * 80)[:56]}.xlsx" or name.startswith("etc/")
    assert not set(name) & set('<>:"\\|?*')
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("in", "b.duckdb")] == ["深"]


def test_a_copy_of_a_file_without_a_time_has_that_of_its_writing(tmp_path: Path) -> None:
    put(tmp_path, "in/1.xlsx", FORMS[1])
    os.utime(tmp_path / "in/1.xlsx", (0, 0))
    begun = time.time_ns()
    assert counts(run(tmp_path, tmp_path / "归档")) == (1, 0)
    (copy,) = (tmp_path / "归档").rglob("*.xlsx")
    assert copy.stat().st_mtime_ns > begun - 10**9


def test_what_has_changed_since_it_was_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "in/a.xlsx", FORMS[1])
    put(tmp_path, "in/b.xlsx", FORMS[2])
    monkeypatch.setattr(Inventory, "fetch", lambda _self, entries: [b"other" for _ in entries])
    done = run(tmp_path, tmp_path / "归档")
    assert done.filed
    assert (done.filed.written, done.filed.unavailable) == (0, ["a.xlsx", "b.xlsx"])
    assert filed(tmp_path / "归档") == {}


# --- the folder -----------------------------------------------------------------------------------------------------


def test_within_the_folder_copies_are_no_returns(tmp_path: Path) -> None:
    put(tmp_path, "in/a.xlsx", FORMS[1])
    to = tmp_path / "in/归档"
    for _ in range(2):
        assert run(tmp_path, to).entries == 1
    later = run(tmp_path)  # nor later, when it is not said again
    assert (later.entries, [notice.code for notice in later.notices]) == (1, ["filed.passed_over"])
    assert run(tmp_path, tmp_path / "in/另一处").entries == 1
    assert run(tmp_path).entries == 1
    other = EDITION.text.replace("title = ", "title =  ", 1)
    from smebatch.standard.loader import parse_edition

    again = ingest(tmp_path / "in", tmp_path / "b.duckdb", parse_edition(other.encode()), now=NOW)
    assert again.entries == 1  # nor where all is read anew
    assert fates(tmp_path / "b.duckdb") == {"a.xlsx": "counted: complete"}


@pytest.mark.parametrize(("to", "code"), [("in", "around"), (".", "around"), ("in/东镇", "not_empty")])
def test_no_return_is_taken_for_a_copy_nor_a_copy_for_a_return(to: str, code: str, tmp_path: Path) -> None:
    put(tmp_path, "in/东镇/a.xlsx", FORMS[1])
    with pytest.raises(FilingError) as caught:
        run(tmp_path, tmp_path / to)
    assert caught.value.code == f"file_to.{code}"
    assert filed(tmp_path / "in") == {"东镇/a.xlsx": FORMS[1]}


def test_a_place_where_no_folder_can_be_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    put(tmp_path, "in/a.xlsx", FORMS[1])
    put(tmp_path, "file", b"x")
    with pytest.raises(OSError, match="file"):
        run(tmp_path, tmp_path / "file")
    with pytest.raises(BatchError):
        open_batch(tmp_path / "b.duckdb")


def test_copies_may_lie_in_an_empty_folder_or_elsewhere(tmp_path: Path) -> None:
    put(tmp_path, "in/a.xlsx", FORMS[1])
    (tmp_path / "in/空").mkdir()
    put(tmp_path, "别处/说明.txt", b"text")
    for to in ("in/空", "别处"):
        assert counts(run(tmp_path, tmp_path / to)) == (1, 0)


def test_the_command_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "in/a.xlsx", FORMS[1])

    def said(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["smebatch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    _, out = said("ingest", "in", "--file-to", "归档", "--json")
    assert {key: value for key, value in json.loads(out).items() if key.startswith("filed")} == {
        "filed": 1,
        "filed_before": 0,
        "filed_to": "归档",
    }
    _, out = said("run", "in", "-o", "out", "--file-to", "out/filed", "--json")
    assert json.loads(out)["filed"] == 1
    assert said("ingest", "in", "--file-to", "s3://bucket/x")[0] == 2


# --- endings --------------------------------------------------------------------------------------------------------

MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.{}.main+xml"
MACROS = "application/vnd.ms-excel.{}.macroEnabled.main+xml"


def workbook(kind: str, name: str = "[Content_Types].xml") -> bytes:
    return zip_of({name: f'<Types><Override ContentType="{kind}"/></Types>'.encode(), "xl/workbook.xml": b"<w/>"})


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (FORMS[1], ".xlsx"),
        (workbook(MAIN.format("sheet")), ".xlsx"),
        (workbook(MACROS.format("sheet")), ".xlsm"),
        (workbook(MAIN.format("template")), ".xltx"),
        (workbook(MACROS.format("template"), "[CONTENT_TYPES].XML"), ".xltm"),
        (zip_of({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}), ".ods"),
        (
            zip_of({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet-template", "content.xml": b"<x/>"}),
            ".ots",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000), ".xls"),
        (FORMS[1][:9000], ".xlsx"),
    ],
)
def test_a_copy_ends_as_its_bytes_are(data: bytes, ending: str) -> None:
    assert workbook_ending(data) == ending
    assert ending in ENDINGS


def test_a_list_of_types_that_inflates_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", bytes(3_000_000))
    monkeypatch.setattr("smebatch.intake.workbook.file_ending._MAX_BYTES_READ", 10)
    assert workbook_ending(stream.getvalue()) == ".xlsx"
