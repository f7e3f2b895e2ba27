"""A folder from end to end: every entry has its fate, the exports are the contract's, and nothing is read twice."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

import oracle
from cases import EDITION, TODAY, Return, changed, choose, form_bytes, reach
from smebatch.batch import executors
from smebatch.batch import ingest as ingesting
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase
from smebatch.batch.export import FORMATS, export, export_issues
from smebatch.batch.ingest import IngestResult, ingest
from smebatch.batch.load import ReportOptions, Selection, load_batch, open_batch
from smebatch.intake.read_entry import read_entry
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import Limits
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.report.xlsx.book import write_summary
from smebatch.standard.keys import keys_of
from smebatch.standard.loader import parse_edition
from smebatch.workflow import check_files

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
SECOND = 1_000_000_000
HUGE = "123456789012.123456"  # a double keeps 15 to 17 digits of it


def enterprise(number: int, **changes: object) -> Return:
    """The good return of another enterprise."""
    first17 = f"91990001{number:07d}AB"
    return changed(uscc=first17 + oracle.uscc_check_character(first17), name=f"示例企业{number}") | changes


def in_process(read: Callable[..., ReadResult]) -> Callable[..., list[ReadResult]]:
    """A stand-in for the reader processes, so that a test can see what is read."""
    return lambda self, entries: [read(entry, self.edition) for entry in entries]


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reader processes have tests of their own, and read the folder with everything in it."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))


def put(folder: Path, name: str, data: bytes, seconds: int = 1_790_000_000) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(seconds * SECOND, seconds * SECOND))
    return path


def run(folder: Path, batch: Path, **options: Any) -> IngestResult:
    return ingest(folder, batch, options.pop("edition", EDITION), now=options.pop("now", NOW), **options)


def query(batch: Path, select: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(batch), read_only=True) as db:
        return db.execute(select).fetchall()


def fates(batch: Path) -> dict[str, str]:
    return {
        file: f"{status}: {reason}" for file, status, reason in query(batch, "SELECT file, status, reason FROM files")
    }


# --- a folder with everything in it ---------------------------------------------------------------------------------

GOOD = form_bytes(enterprise(1))
# 382.919 ÷ 1000 = 306.3352 ÷ 800; a name and a phone that a spreadsheet would take for formulas
ODD = enterprise(
    2,
    name="=1+1（示例）",
    district="＋城西区",
    phone="+86-13900000000",
    energy_last=Decimal("382.919"),
    energy_prior=Decimal("306.3352"),
    en_electricity_last_used=310,
    en_blast_furnace_gas_last_used=Decimal("1.5"),
    park='甲,乙"丙',
    q01_note="@备注",
)
FATES = {
    "城东区/a.xlsx": "counted: complete",
    "城东区/a 副本.xlsx": "superseded: superseded.copy",
    "城东区/a_old.xlsx": "superseded: superseded.later",
    "城东区/a_before.xlsx": "counted: complete",  # 改造前
    "城西区/b.xlsx": "counted: complete",
    "城西区/b_later.xlsx": "returned: errors",
    "城西区/c.xlsx": "returned: errors",
    "d.xlsx": "counted: complete",
    "empty.xlsx": "rejected: file.empty",
    "half.xlsx": "rejected: file.truncated",
    "notes.txt": "rejected: file.text",
    "~$d.xlsx": "rejected: file.lock",
}


def fill(folder: Path) -> None:
    """The folder whose files end as FATES says."""
    put(folder, "城东区/a.xlsx", GOOD, 1_790_000_009)
    put(folder, "城东区/a 副本.xlsx", GOOD, 1_790_000_001)
    put(folder, "城东区/a_old.xlsx", form_bytes(enterprise(1, filled_on=dt.date(2026, 10, 1))))
    put(folder, "城东区/a_before.xlsx", form_bytes(enterprise(1, phase="改造前")))
    put(folder, "城西区/b.xlsx", form_bytes(ODD))
    put(folder, "城西区/b_later.xlsx", form_bytes(ODD | {"filled_on": dt.date(2026, 11, 5), "cost_prior": None}))
    put(folder, "城西区/c.xlsx", form_bytes(enterprise(3, equipment_digital=41, contact=None)))
    huge = enterprise(4, energy_last=HUGE, energy_prior=1, **choose("q12", 1)) | reach("s01", 1) | {"s01_l3": True}
    put(folder, "d.xlsx", form_bytes(huge))
    put(folder, "empty.xlsx", b"")
    put(folder, "half.xlsx", GOOD[:9000])
    put(folder, "notes.txt", "说明".encode())
    put(folder, "~$d.xlsx", b"x" * 165)


@dataclass(frozen=True)
class Done:
    """An ingested folder and its exports."""

    folder: Path
    batch: Path
    result: IngestResult
    out: Path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    base = tmp_path_factory.mktemp("batch")
    folder, batch, out = base / "returns", base / "it's a batch.duckdb", base / "it's out"
    fill(folder)
    result = run(folder, batch)
    store, edition = open_batch(batch)
    with store:
        for file_format in FORMATS:
            export(store, edition, out, file_format)
        export_issues(store, out / "returned.csv", "returned")
    return Done(folder, batch, result, out)


def test_every_entry_has_its_fate(done: Done) -> None:
    assert fates(done.batch) == FATES


def test_the_statuses_add_up_to_the_entries(done: Done) -> None:
    counts = Counter(fate.split(":")[0] for fate in FATES.values())
    assert done.result.statuses == counts
    assert list(done.result.statuses) == ["counted", "returned", "superseded", "rejected"]
    assert done.result.entries == done.result.read == len(FATES)


def test_superseded_files_name_what_counts(done: Done) -> None:
    rows = query(done.batch, "SELECT file, superseded_by FROM files WHERE superseded_by <> ''")
    assert dict(rows) == {"城东区/a 副本.xlsx": "城东区/a.xlsx", "城东区/a_old.xlsx": "城东区/a.xlsx"}


def test_a_later_return_with_errors_is_a_warning_on_the_one_that_counts(done: Done) -> None:
    rows = query(done.batch, "SELECT file, key, severity, found FROM issues WHERE code = 'return.later_awaits'")
    assert rows == [("城西区/b.xlsx", "uscc", "warning", "城西区/b_later.xlsx")]
    assert query(done.batch, "SELECT warnings FROM files WHERE file = '城西区/b.xlsx'") == [(1,)]


def test_the_issues_of_each_file(done: Done) -> None:
    rows = query(done.batch, "SELECT file, code, key FROM issues ORDER BY file, number")
    assert rows == [
        ("d.xlsx", "scene.gap", "s01"),
        ("城西区/b.xlsx", "return.later_awaits", "uscc"),
        ("城西区/b_later.xlsx", "required.missing", "cost_prior"),
        ("城西区/c.xlsx", "expected.missing", "contact"),
        ("城西区/c.xlsx", "interval.contradiction", "q02"),
    ]


# --- the exports ----------------------------------------------------------------------------------------------------

QUESTIONS = [f"q{i:02d}" for i in range(1, 16)]
SCENES = [f"s{i:02d}" for i in range(1, 17)]
GE = [f"{part}_ge{g}" for part in ("scenes", "binding") for g in (1, 2, 3, 4)]
# design, section 6
CONTRACT = {
    "files": ["file", "sha256", "bytes", "status", "reason", "detail", "form_id", "superseded_by", "warnings"],
    "answers": ["form_id", *keys_of(EDITION)],
    "scores": [
        *("form_id", "file", "name", "uscc", "district", "assessment_kind", "phase", *QUESTIONS),
        *("foundation", "management", "outcome", "score", "score_units", "units_per_point", "score_level"),
        *(*SCENES, *GE, "scene_level", "level", "blocked_by"),
    ],
    "issues": [
        *("file", "form_id", "sheet", "cell", "key", "code", "severity", "found", "expected"),
        *("message", "message_en", "clause", "state", "explanation", "decision"),
    ],
    "versions": [
        *("thread", "version", "form_id", "previous_form_id", "file", "status", "errors", "warnings", "waived"),
        *("score_units", "level", "read_at"),
    ],
    "issue_states": [
        *("thread", "form_id", "previous_form_id", "code", "key", "severity", "state", "found_before", "found"),
        *("explanation", "decision", "reason", "decided_by", "decided_on"),
    ],
    "changes": ["thread", "form_id", "previous_form_id", "key", "before", "after", "asked"],
    "ways": [
        *(
            "form_id",
            "to_level",
            "steps",
            "question_steps",
            "scene_steps",
            "changes",
            "alternatives",
            "proof",
            "locked",
        ),
    ],
}


def csv_rows(done: Done, name: str) -> list[list[str]]:
    with (done.out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def csv_records(done: Done, name: str) -> list[dict[str, str]]:
    heading, *rows = csv_rows(done, name)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def json_records(done: Done, name: str) -> list[dict[str, Any]]:
    records = json.loads((done.out / f"{name}.json").read_text("utf-8"), parse_float=Decimal)
    assert isinstance(records, list)
    return records


def parquet_records(done: Done, name: str) -> list[dict[str, Any]]:
    with duckdb.connect() as db:
        rows = db.execute("SELECT * FROM read_parquet(?)", [str(done.out / f"{name}.parquet")])
        columns = [column[0] for column in rows.description]
        return [dict(zip(columns, row, strict=True)) for row in rows.fetchall()]


def as_text(value: object) -> str:
    """A typed value as the CSV says it, formulas unguarded and figures without trailing zeros."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | Decimal):
        return f"{Decimal(value).normalize():f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def as_typed(records: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: as_text(value) for name, value in record.items()} for record in records]


@pytest.mark.parametrize("name", CONTRACT)
def test_the_columns_are_the_contracts_in_order(name: str, done: Done) -> None:
    assert csv_rows(done, name)[0] == CONTRACT[name]
    assert list(json_records(done, name)[0]) == list(parquet_records(done, name)[0]) == CONTRACT[name]


@pytest.mark.parametrize("name", CONTRACT)
def test_a_csv_begins_with_the_byte_order_mark(name: str, done: Done) -> None:
    data = (done.out / f"{name}.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf" + CONTRACT[name][0].encode())
    assert data.count(b"\xef\xbb\xbf") == 1


@pytest.mark.parametrize("name", CONTRACT)
def test_the_formats_say_the_same(name: str, done: Done) -> None:
    parquet = as_typed(parquet_records(done, name))
    assert as_typed(json_records(done, name)) == parquet
    guarded = csv_records(done, name)
    points = {c for c in CONTRACT["scores"][7:] if c != "blocked_by"} if name == "scores" else set()
    plain = [
        {
            column: as_text(Decimal(text)) if column in points and text else text.removeprefix("'")
            for column, text in record.items()
        }
        for record in guarded
    ]
    assert plain == parquet


def test_the_scores_are_those_of_the_counted_returns(done: Done) -> None:
    counted = {file for file, fate in FATES.items() if fate.startswith("counted")}
    assert {record["file"] for record in csv_records(done, "scores")} == counted


def test_the_answers_are_those_of_every_return_once(done: Done) -> None:
    ids = [record["form_id"] for record in csv_records(done, "answers")]
    returns = {record["form_id"] for record in csv_records(done, "files")} - {""}
    assert len(ids) == len(set(ids)) == 7
    assert set(ids) == returns


def test_the_points_of_the_good_return(done: Done) -> None:
    (row,) = [r for r in csv_records(done, "scores") if r["file"] == "城东区/a.xlsx"]
    # the sums: test_score.py. 题4: 80 of 56 a point = 1.428…; 题9: 105 ÷ 56 = 1.875, a half goes up
    assert (row["q01"], row["q04"], row["q09"], row["q11"]) == ("2.00", "1.43", "1.88", "0.00")
    # 934 ÷ 56 = 16.678…, 357 ÷ 56 = 6.375, 924 ÷ 56 = 16.5
    assert (row["foundation"], row["management"], row["outcome"]) == ("16.68", "6.38", "16.50")
    assert (row["score"], row["score_units"], row["units_per_point"]) == ("39.55", "2215", "56")
    assert (row["score_level"], row["scene_level"], row["level"], row["blocked_by"]) == ("1", "0", "0", "scenes")
    assert (row["s03"], row["s07"], row["s01"]) == ("2", "1", "0")
    assert (row["scenes_ge1"], row["scenes_ge2"], row["binding_ge1"]) == ("4", "3", "4")


def test_figures_are_exact_decimals(done: Done) -> None:
    ids = {record["file"]: record["form_id"] for record in csv_records(done, "files")}
    for records in (csv_records(done, "answers"), as_typed(json_records(done, "answers"))):
        rows = {record["form_id"]: record for record in records}
        odd = rows[ids["城西区/b.xlsx"]]
        assert (odd["energy_last"], odd["energy_prior"], odd["revenue_last"]) == ("382.919", "306.3352", "1000")
        amounts = ("electricity", "blast_furnace_gas", "heat")
        assert [odd[f"en_{energy}_last_used"] or "" for energy in amounts] == ["310", "1.5", ""]
        assert rows[ids["d.xlsx"]]["energy_last"] == HUGE
        assert (odd["q04_o04"], odd["q04_o05"], odd["filled_on"]) == ("1", "0", "2026-11-01")


def test_text_that_a_spreadsheet_takes_for_a_formula_is_guarded_in_a_csv(done: Done) -> None:
    (row,) = [r for r in csv_records(done, "scores") if r["file"] == "城西区/b.xlsx"]
    assert (row["name"], row["district"]) == ("'=1+1（示例）", "'＋城西区")
    (row,) = [r for r in csv_records(done, "answers") if r["name"] == "'=1+1（示例）" and r["cost_prior"]]
    assert (row["phone"], row["q01_note"], row["park"]) == ("'+86-13900000000", "'@备注", '甲,乙"丙')
    starts = tuple("=+-@＝＋－＠\t\r")
    for name in CONTRACT:
        assert not [cell for record in csv_rows(done, name) for cell in record if cell.startswith(starts)]


def test_other_formats_keep_text_as_it_stands(done: Done) -> None:
    for records in (json_records(done, "scores"), parquet_records(done, "scores")):
        (row,) = [r for r in records if r["file"] == "城西区/b.xlsx"]
        assert (row["name"], row["district"]) == ("=1+1（示例）", "＋城西区")


def test_a_tick_that_could_not_be_read_is_blank_in_the_answers(tmp_path: Path) -> None:
    put(tmp_path / "in", "a.xlsx", form_bytes(changed(q01_o03="部分")))
    run(tmp_path / "in", tmp_path / "b.duckdb")
    assert query(tmp_path / "b.duckdb", "SELECT q01_o02, q01_o03, q01_o04 FROM answers") == [(True, None, False)]


def test_the_issues_of_returned_files_alone(done: Done) -> None:
    rows = csv_records(done, "returned")
    assert {row["file"] for row in rows} == {"城西区/b_later.xlsx", "城西区/c.xlsx"}
    assert list(rows[0]) == CONTRACT["issues"]


def test_nothing_half_written_is_left(done: Done) -> None:
    names = {path.name for path in done.out.iterdir()}
    assert names == {f"{name}.{f}" for name in CONTRACT for f in FORMATS} | {"returned.csv"}


# --- the report -----------------------------------------------------------------------------------------------------


def test_the_report_names_an_enterprise_with_its_score(done: Done, tmp_path: Path) -> None:
    write_summary(tmp_path / "summary.xlsx", load_batch(done.batch, now=NOW))
    book = openpyxl.load_workbook(tmp_path / "summary.xlsx", read_only=True)
    rows = [row for row in book["企业明细"].iter_rows(values_only=True) if "示例企业1" in row]
    assert len(rows) == 1  # its return of 改造后, of which most are; not that of 改造前
    assert any(str(cell).startswith("39.55") for cell in rows[0])


def test_the_frames_of_a_batch_agree(done: Done) -> None:
    batch = load_batch(done.batch, now=NOW)
    assert len(batch.files) == len(FATES)
    assert list(batch.scores.index) == list(batch.enterprises.index)
    assert len(batch.scores) == 3
    assert batch.every is not None
    assert len(batch.every.scores) == 4
    assert {str(t) for t in batch.scores.dtypes.drop("blocked_by")} == {"int64"}
    assert (len(batch.unasked), batch.two_codes) == (0, 0)
    assert (batch.roster, batch.read_at) == (None, NOW.isoformat(timespec="seconds"))


@pytest.mark.parametrize(("phase", "kind", "n"), [("改造前", "", 1), ("改造后", "自评", 3), ("", "现场评定", 0)])
def test_a_report_may_cover_a_part(phase: str, kind: str, n: int, done: Done) -> None:
    assert (
        len(load_batch(done.batch, now=NOW, options=ReportOptions(selection=Selection(phase, kind))).enterprises) == n
    )


def test_what_a_selection_leaves_open_is_what_most_of_the_selected_have(done: Done) -> None:
    for given, chosen in ((Selection("改造前"), True), (Selection(), False)):
        batch = load_batch(done.batch, now=NOW, options=ReportOptions(selection=given))
        assert batch.selection == Selection(given.phase or "改造后", "自评")
        assert batch.chosen is chosen
        assert set(batch.enterprises["phase"]) == {batch.selection.phase}
        assert set(batch.enterprises["assessment_kind"]) == {"自评"}


def test_a_roster_is_kept_until_another_is_given(done: Done, tmp_path: Path) -> None:
    roster = tmp_path / "名单.csv"
    codes = [enterprise(n)["uscc"] for n in (1, 9)]
    roster.write_text(f"企业名称,统一社会信用代码,区县\n甲,{codes[0]},城东区\n乙,{codes[1]},城西区\n", "utf-8-sig")
    batch = tmp_path / "b.duckdb"
    for given in (roster, None):
        run(done.folder, batch, roster=given)
        listed = load_batch(batch, now=NOW).roster
        assert listed is not None
        assert list(listed["uscc"]) == codes
    write_summary(tmp_path / "summary.xlsx", load_batch(batch, now=NOW))


# --- again ----------------------------------------------------------------------------------------------------------


def copied(made: Path, to: Path) -> Path:
    """A batch and its folder, copied; it belongs to the folder that was copied with it."""
    (batch,) = Path(shutil.copytree(made, to, dirs_exist_ok=True)).glob("*.duckdb")
    with duckdb.connect(str(batch)) as db:
        db.execute("UPDATE meta SET value = replace(value, ?, ?) WHERE name = 'folders'", [str(made), str(to)])
    return batch


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("three")
    for n in (1, 2, 3):
        put(base / "returns", f"{n}.xlsx", form_bytes(enterprise(n)))
    assert run(base / "returns", base / "batch.duckdb").read == 3
    return base


@pytest.fixture
def small(three: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Three good returns of three enterprises, ingested."""
    return tmp_path / "returns", copied(three, tmp_path)


def content(batch: Path, out: Path) -> dict[str, bytes]:
    store, edition = open_batch(batch)
    with store:
        return {path.name: path.read_bytes() for path in export(store, edition, out)}


def interrupted_at(file: str) -> Callable[..., ReadResult]:
    def read(entry: Entry, *rest: Any) -> ReadResult:
        if entry.file == file:
            raise KeyboardInterrupt
        return read_entry(entry, *rest)

    return read


def test_an_unchanged_folder_opens_no_workbook(
    small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = content(small[1], tmp_path / "before")

    def opened(*_: object) -> ReadResult:
        raise AssertionError("a workbook was opened")

    monkeypatch.setattr(WorkerPool, "read", in_process(opened))
    again = run(*small)
    assert (again.read, again.statuses["counted"]) == (0, 3)
    assert content(small[1], tmp_path / "after") == before


def test_only_what_has_changed_is_read(small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, batch = small
    seen: list[str] = []

    def watched(entry: Entry, *rest: Any) -> ReadResult:
        seen.append(entry.file)
        return read_entry(entry, *rest)

    monkeypatch.setattr(WorkerPool, "read", in_process(watched))
    put(folder, "1.xlsx", form_bytes(enterprise(1, name=None)), 1_790_000_005)  # changed
    os.utime(folder / "2.xlsx", ns=(0, 1_790_000_007 * SECOND))  # touched: its bytes are looked at
    (folder / "3.xlsx").unlink()
    put(folder, "new/4.xlsx", form_bytes(enterprise(4)))
    assert run(folder, batch).read == 2
    assert sorted(seen) == ["1.xlsx", "2.xlsx", "new/4.xlsx"]
    seen.clear()
    assert run(folder, batch).read == 0
    assert seen == []
    assert fates(batch) == {
        "1.xlsx": "returned: errors",
        "2.xlsx": "counted: complete",
        "new/4.xlsx": "counted: complete",
    }
    # what is gone is kept as a version
    assert query(batch, "SELECT count(*) FROM forms") == query(batch, "SELECT count(*) FROM answers") == [(5,)]
    assert query(batch, "SELECT file, version, status FROM versions ORDER BY file, version") == [
        ("1.xlsx", 1, "gone"),
        ("1.xlsx", 2, "returned"),
        ("2.xlsx", 1, "counted"),
        ("3.xlsx", 1, "gone"),
        ("new/4.xlsx", 1, "counted"),
    ]


def test_a_touched_file_is_not_read_again(small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Size and time tell first, then the hash: the workbook within is not opened."""
    folder, batch = small

    def opened(*_: object) -> ReadResult:
        raise AssertionError("a workbook was opened")

    monkeypatch.setattr("smebatch.intake.read_entry.read_bytes", opened)
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))
    os.utime(folder / "2.xlsx", ns=(0, 1_790_000_007 * SECOND))
    assert run(folder, batch).read == 0
    assert query(batch, "SELECT mtime_ns FROM entries WHERE file = '2.xlsx'") == [(1_790_000_007 * SECOND,)]


def test_what_limits_stopped_is_read_again_under_others(
    small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, batch = small
    put(folder, "4.xlsx", form_bytes(enterprise(4)))
    with monkeypatch.context() as patch:
        patch.setattr(WorkerPool, "read", in_process(lambda entry, *_: ReadResult(entry, reason="file.time")))
        run(folder, batch, limits=Limits(cpu_seconds=1))
    assert run(folder, batch, limits=Limits(cpu_seconds=1)).read == 0
    assert run(folder, batch, limits=Limits(cpu_seconds=2)).read == 1
    assert fates(batch)["4.xlsx"] == "counted: complete"


def test_a_change_of_size_alone_is_seen(small: tuple[Path, Path]) -> None:
    folder, batch = small
    put(folder, "1.xlsx", b"PK\x03\x04")  # at the same time
    assert run(folder, batch).read == 1
    assert fates(batch)["1.xlsx"] == "rejected: file.truncated"


def test_a_return_that_leaves_gives_its_place_back(tmp_path: Path) -> None:
    folder, batch = tmp_path / "in", tmp_path / "b.duckdb"
    put(folder, "old.xlsx", form_bytes(enterprise(1)))
    put(folder, "new.xlsx", form_bytes(enterprise(1, filled_on=dt.date(2026, 11, 2))))
    run(folder, batch)
    assert fates(batch)["old.xlsx"] == "superseded: superseded.later"
    (folder / "new.xlsx").unlink()
    assert run(folder, batch).read == 0
    assert fates(batch) == {"old.xlsx": "counted: complete"}


def test_a_renamed_file_is_the_same_return(small: tuple[Path, Path]) -> None:
    folder, batch = small
    (folder / "1.xlsx").rename(folder / "9.xlsx")
    run(folder, batch)
    assert fates(batch) == {f"{n}.xlsx": "counted: complete" for n in (2, 3, 9)}


def test_a_finding_that_no_longer_holds_is_gone_when_the_file_is_read_again(tmp_path: Path) -> None:
    folder, batch = tmp_path / "in", tmp_path / "b.duckdb"
    path = put(folder, "a.xlsx", form_bytes(enterprise(1, filled_on=TODAY)))
    run(folder, batch, now=NOW - dt.timedelta(days=5))
    assert query(batch, "SELECT code FROM issues") == [("date.future",)]
    path.rename(folder / "b.xlsx")
    assert run(folder, batch).read == 1
    assert query(batch, "SELECT warnings FROM files") == [(0,)]
    assert query(batch, "SELECT code FROM issues") == []


def test_a_file_that_could_not_be_opened_is_tried_again(
    small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, batch = small
    put(folder, "4.xlsx", form_bytes(enterprise(4)))
    with monkeypatch.context() as patch:
        vanished = in_process(lambda entry, *_: ReadResult(entry, reason="file.vanished"))
        patch.setattr(WorkerPool, "read", vanished)
        run(folder, batch)
    assert fates(batch)["4.xlsx"] == "rejected: file.vanished"
    assert run(folder, batch).read == 1
    assert fates(batch)["4.xlsx"] == "counted: complete"


def test_another_edition_reads_everything_anew(small: tuple[Path, Path]) -> None:
    # 一级 from 21 points on: the forms, of which it was 20, are another edition's.
    other = parse_edition(EDITION.text.replace("score = { value = 20,", "score = { value = 21,").encode())
    done = run(*small, edition=other)
    assert (done.read, [notice.code for notice in done.notices]) == (3, ["batch.other_text"])
    assert run(*small, edition=other).read == 0
    assert {row[0] for row in query(small[1], "SELECT code FROM issues")} == {"edition.changed"}
    store, loaded = open_batch(small[1])
    with store:
        assert loaded.sha256 == other.sha256 != EDITION.sha256


def test_a_corrected_message_is_told_and_leaves_the_forms_what_they_are(small: tuple[Path, Path]) -> None:
    # What findings say is stored with them, so that all is read anew; the forms are still this edition's.
    other = parse_edition(EDITION.text.replace("的情况少见，请核对。", "的情况少见，请再核对。").encode())
    assert other.text != EDITION.text
    assert run(*small, edition=other).read == 3
    assert query(small[1], "SELECT code FROM issues") == []
    store, loaded = open_batch(small[1])
    with store:
        assert (loaded.text, loaded.sha256) == (other.text, EDITION.sha256)


def test_a_file_of_a_far_future_or_past_is_read_once(small: tuple[Path, Path]) -> None:
    folder, batch = small
    os.utime(folder / "1.xlsx", (0, 16_725_225_600))  # the year 2500: in nanoseconds more than 64 bits hold
    os.utime(folder / "2.xlsx", (0, -1))
    run(folder, batch)
    assert run(folder, batch).read == 0
    assert fates(batch) == {f"{n}.xlsx": "counted: complete" for n in (1, 2, 3)}


def test_what_is_read_anew_takes_the_place_of_what_there_was_only_when_all_is_read(
    small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, batch = small
    (folder / "3.xlsx").unlink()
    run(folder, batch)  # so that there is a history
    before, history = fates(batch), query(batch, "SELECT file, became FROM history")
    beside = {path.name for path in folder.iterdir()} | {path.name for path in batch.parent.iterdir()}
    other = parse_edition(f"{EDITION.text}\n# another text\n".encode())

    with monkeypatch.context() as patch:
        patch.setattr(executors, "PORTION", 1)
        patch.setattr(WorkerPool, "read", in_process(interrupted_at("2.xlsx")))
        with pytest.raises(KeyboardInterrupt):
            run(folder, batch, edition=other)
    store, loaded = open_batch(batch)
    store.close()
    assert (fates(batch), loaded.sha256, store.cut_short) == (before, EDITION.sha256, True)
    assert run(folder, batch, edition=other).read == 1  # 1.xlsx had been stored
    store, loaded = open_batch(batch)
    store.close()
    assert (fates(batch), loaded.sha256, store.cut_short) == (before, other.sha256, False)
    assert query(batch, "SELECT file, became FROM history") == history == [("3.xlsx", "removed")]
    assert {path.name for path in folder.iterdir()} | {path.name for path in batch.parent.iterdir()} == beside


@pytest.mark.parametrize("old", ["SELECT 1", "DROP TABLE history", "ALTER TABLE roster DROP city"])
def test_a_roster_is_kept_by_a_batch_that_is_made_anew(old: str, small: tuple[Path, Path], tmp_path: Path) -> None:
    """Also from a batch of an older version, that had other tables."""
    folder, batch = small
    roster = tmp_path / "名单.csv"
    roster.write_text('企业名称,统一社会信用代码,服务 "商\n甲,91110000101623741K,丙软件\n', "utf-8-sig")
    run(folder, batch, roster=roster)
    with duckdb.connect(str(batch)) as db:
        db.execute(old)
    assert run(folder, batch, edition=parse_edition(f"{EDITION.text}\n# another text\n".encode())).read == 3
    assert query(batch, 'SELECT name, uscc, "服务 ""商" FROM roster') == [("甲", "91110000101623741K", "丙软件")]


def test_what_was_begun_with_another_edition_is_swept_away(
    small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, batch = small
    other = parse_edition(f"{EDITION.text}\n# another text\n".encode())
    with monkeypatch.context() as patch:
        patch.setattr(WorkerPool, "read", in_process(interrupted_at("1.xlsx")))
        with pytest.raises(KeyboardInterrupt):
            run(folder, batch, edition=other)
    (batch.parent / f"{batch.name}.anew.wal").touch()  # as after a kill
    assert (batch.parent / f"{batch.name}.anew").exists()
    assert run(folder, batch).read == 0
    assert not list(batch.parent.glob("*.anew*"))


def test_another_version_of_the_program_reads_everything_anew(
    small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "__version__", "999")
    assert run(*small).read == 3


def test_a_run_that_was_cut_short_changes_nothing_and_is_carried_on(
    small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, batch = small
    before = fates(batch)
    for n in (4, 5, 6):
        put(folder, f"{n}.xlsx", form_bytes(enterprise(n)))

    with monkeypatch.context() as patch:
        patch.setattr(executors, "PORTION", 1)
        patch.setattr(WorkerPool, "read", in_process(interrupted_at("5.xlsx")))
        with pytest.raises(KeyboardInterrupt):
            run(folder, batch)
    assert fates(batch) == before
    assert load_batch(batch, now=NOW).cut_short
    assert run(folder, batch).read == 2  # 4.xlsx had been stored
    assert not load_batch(batch, now=NOW).cut_short
    assert fates(batch) == {f"{n}.xlsx": "counted: complete" for n in range(1, 7)}


def test_a_missing_and_an_unusable_batch(tmp_path: Path) -> None:
    with pytest.raises(BatchError) as error:
        open_batch(tmp_path / "none.duckdb")
    assert error.value.code == "batch.missing"
    text = tmp_path / "unlocked.duckdb"  # a name with "lock" in it is no lock
    text.write_text("not a database, but long enough to be looked at" * 100)
    torn = tmp_path / "torn.duckdb"
    torn.write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 4096)
    for path, code in ((text, "batch.other"), (torn, "batch.unusable")):
        for opening in (partial(open_batch, path), partial(BatchDatabase, path)):
            with pytest.raises(BatchError) as error:
                opening()
            assert error.value.code == code


def test_two_processes_and_small_chunks_give_the_same_bytes(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "PORTION", 5)
    steps: list[tuple[int, int]] = []
    run(done.folder, tmp_path / "b.duckdb", jobs=2, progress=lambda n, of: steps.append((n, of)))
    assert content(tmp_path / "b.duckdb", tmp_path / "out") == content(done.batch, tmp_path / "whole")
    assert steps == [(0, 12), (4, 12), (8, 12), (12, 12)]  # three threads, each the same number of times


# --- odd folders ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("junk", [0, 2])
def test_a_folder_without_a_return(junk: int, tmp_path: Path) -> None:
    folder, batch = tmp_path / "in", tmp_path / "b.duckdb"
    folder.mkdir()
    for n in range(junk):
        put(folder, f"{n}.xlsx", b"no workbook")
    result = run(folder, batch)
    assert (result.entries, result.statuses["rejected"]) == (junk, junk)
    for file_format in FORMATS:
        store, edition = open_batch(batch)
        with store:
            export(store, edition, tmp_path / "out", file_format)
    with (tmp_path / "out" / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [CONTRACT["scores"]]
    assert json.loads((tmp_path / "out" / "scores.json").read_text("utf-8")) == []
    write_summary(tmp_path / "summary.xlsx", load_batch(batch, now=NOW))


def test_a_batch_that_lies_in_the_folder_is_no_entry(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx", form_bytes(enterprise(1)))
    for _ in range(2):
        assert run(tmp_path, tmp_path / "batch.duckdb").entries == 1


@pytest.mark.parametrize("figure", ["1000000000000", "999999999999.9999999", "-1000000000000", "999999999999.999999"])
def test_the_largest_figures_cost_no_other_file(figure: str, tmp_path: Path) -> None:
    put(tmp_path / "in", "a.xlsx", form_bytes(enterprise(1, energy_last=figure, **choose("q12", 1))))
    put(tmp_path / "in", "b.xlsx", form_bytes(enterprise(2)))
    result = run(tmp_path / "in", tmp_path / "b.duckdb")
    assert result.entries == 2
    assert fates(tmp_path / "b.duckdb")["b.xlsx"] == "counted: complete"


def test_names_and_texts_of_any_kind_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    put(folder, "a' OR 1=1 --.xlsx", form_bytes(enterprise(1, name="引号'和\"和\\和;")))
    put(folder, "换\n行.xlsx", form_bytes(enterprise(2)))
    run(folder, tmp_path / "b.duckdb")
    names = content(tmp_path / "b.duckdb", tmp_path / "out")["scores.csv"].decode("utf-8-sig")
    assert [row[1:3] for row in csv.reader(names.splitlines())][1:] == [
        ["a' OR 1=1 --.xlsx", "引号'和\"和\\和;"],
        ["换\\n行.xlsx", "示例企业2"],
    ]


def test_an_edition_without_scenes_goes_all_the_way(tmp_path: Path) -> None:
    tiny = parse_edition((Path(__file__).parent / "editions" / "tiny.toml").read_bytes())
    answers = {k: v for k, v in enterprise(1).items() if k in keys_of(tiny) and k in {f.key for f in tiny.fields}}
    answers |= {"q01_o02": True, "q02_o03": True, "q03_o02": True, "q04_o02": True, "q05_o02": True}
    # 6 of 10 devices = 60 %: (50%,80%]; equal output: 持平
    answers |= {"devices_total": 10, "devices_linked": 6, "output_last": 5, "output_prior": 5}
    put(tmp_path / "in", "a.xlsx", form_bytes(answers, tiny))
    put(tmp_path / "in", "b.xlsx", form_bytes(enterprise(2)))
    run(tmp_path / "in", tmp_path / "b.duckdb", edition=tiny)
    assert fates(tmp_path / "b.duckdb") == {"a.xlsx": "counted: complete", "b.xlsx": "rejected: edition.wrong"}
    heading, row = csv.reader(
        content(tmp_path / "b.duckdb", tmp_path / "out")["scores.csv"].decode("utf-8-sig").splitlines()
    )
    scores = dict(zip(heading, row, strict=True))
    # 7.15 + 2·8.2745 + 12.425 + 35·29 % + half of 65·67·43 % (18.7265): 7.15 + 16.549 + 12.425 + 10.15 + 9.36325
    assert (scores["score"], scores["score_level"], scores["level"], scores["blocked_by"]) == (
        "55.64",
        "1",
        "1",
        "score",
    )
    assert not {"s01", "scenes_ge1", "scene_level"} & set(heading)
    write_summary(tmp_path / "summary.xlsx", load_batch(tmp_path / "b.duckdb", now=NOW))


# --- one file -------------------------------------------------------------------------------------------------------


def test_a_checked_file_is_judged_as_in_a_batch(done: Done) -> None:
    good = check_files([done.folder / "城东区" / "a.xlsx"], EDITION, TODAY)[0]
    assert (good.errors, good.warnings) == (0, 0)
    faulty = check_files([done.folder / "城西区" / "c.xlsx"], EDITION, TODAY)[0]
    assert (faulty.errors, faulty.warnings) == (1, 1)
    junk = check_files([done.folder / "notes.txt"], EDITION, TODAY)[0]
    assert (junk.errors, junk.assessment, junk.outcome.reason) == (1, None, "file.text")


@pytest.mark.parametrize(("name", "reason"), [("empty.xlsx", "file.empty"), ("~$d.xlsx", "file.lock")])
def test_a_checked_file_has_the_reason_it_would_have_in_a_batch(name: str, reason: str, done: Done) -> None:
    assert check_files([done.folder / name], EDITION, TODAY)[0].outcome.reason == reason
