"""``return`` in a folder where people work: names, what people changed, what is no longer due, and runs cut short."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path
from random import Random

import duckdb
import openpyxl
import pytest

from cases import EDITION, Return, changed, form_bytes
from command_line import smebatch, started
from smebatch.batch.copies import INDEX, LISTS, RETURNED_LIST, CopyNames
from smebatch.batch.ingest import ingest
from smebatch.batch.load import open_batch
from smebatch.batch.returned import Sender
from smebatch.form import prefill
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.standard.form_markers import CORRECTION_SHEET
from smebatch.workflow import return_forms
from test_correction_loop import mended, own
from test_pipeline import in_process

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
SENDER = Sender("示例区工信局", "林知", "0990-1234567", "2026-12-15")
ENDING = "_退回更正"

# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "district", "path"),
    [
        ("甲.xlsx", "城东区", "城东区/甲_退回更正.xlsx"),
        ("第一批/乙镇/甲.xls", "城东区", "城东区/甲_退回更正.xlsx"),
        ("全部.zip/甲.ods", "", "未填/甲_退回更正.xlsx"),
        ("甲", "城东区", "城东区/甲_退回更正.xlsx"),
        ("甲.v2.xlsx", "城东区", "城东区/甲.v2_退回更正.xlsx"),
        # the ending never stands twice, whatever a program has added to the name of a copy
        ("甲_退回更正.xlsx", "城东区", "城东区/甲_退回更正.xlsx"),
        ("甲_退回更正_退回更正.xlsx", "城东区", "城东区/甲_退回更正.xlsx"),
        ("甲_退回更正(1).xlsx", "城东区", "城东区/甲_退回更正.xlsx"),
        ("甲_退回更正（2）.xlsx", "城东区", "城东区/甲_退回更正.xlsx"),
        ("甲_退回更正 (12).xlsx", "城东区", "城东区/甲_退回更正.xlsx"),
        ("甲_退回更正_20261124-081500.xlsx", "城东区", "城东区/甲_退回更正.xlsx"),
        ("甲_退回更正_20261124-081500-2.xlsx", "城东区", "城东区/甲_退回更正.xlsx"),
        ("_退回更正.xlsx", "城东区", "城东区/未填_退回更正.xlsx"),
        # what a district says is no path, and no name of ours
        ("甲.xlsx", "../../城东区", "城东区/甲_退回更正.xlsx"),
        ("甲.xlsx", "..", "未填/甲_退回更正.xlsx"),
        ("甲.xlsx", "=1+1", "1+1/甲_退回更正.xlsx"),
        ("甲.xlsx", " \u202e ", "未填/甲_退回更正.xlsx"),
        ("甲.xlsx", "退回清单.xlsx", "未填/甲_退回更正.xlsx"),
        ("甲.xlsx", "INDEX.csv", "未填/甲_退回更正.xlsx"),
    ],
)
def test_a_copy_is_named_after_what_it_corrects(file: str, district: str, path: str) -> None:
    assert CopyNames().name(file, district, "0123456789abcdef") == path


def test_a_name_that_is_taken_gets_digits_of_the_form() -> None:
    names = CopyNames()
    made = [
        names.name(f"{i}/甲.xlsx", "城东区", form_id) for i, form_id in enumerate(("aaaaaa1", "bbbbbb1", "bbbbbb2"))
    ]
    assert made == [f"城东区/甲{digits}_退回更正.xlsx" for digits in ("", "_bbbbbb", "_bbbbbb2")]
    assert names.name("甲_bbbbbb.xlsx", "城东区", "cccccc1") == "城东区/甲_bbbbbb_cccccc_退回更正.xlsx"


def test_names_that_differ_in_case_alone_are_one_name() -> None:
    names = CopyNames()
    assert [names.name(f"{stem}.xlsx", "A", stem * 9) for stem in "Xx"] == [
        "A/X_退回更正.xlsx",
        "A/x_xxxxxx_退回更正.xlsx",
    ]


@pytest.mark.parametrize("stem", ["长" * 300, "x" * 300, "😀" * 200])
def test_a_long_name_is_cut_so_that_it_can_be_written_and_set_aside(stem: str) -> None:
    names, aside = CopyNames(), "_20261124-081500-2"
    for form_id in ("a" * 64, "a" * 64, "a" * 63 + "b"):
        path = names.name(f"{stem}.xlsx", "区", form_id)
        assert path.endswith(f"{ENDING}.xlsx")
        assert len(path.removeprefix("区/").encode()) + len(aside) <= 255


# --- where copies lie among returns -----------------------------------------------------------------------------------


class Place:
    """A folder of returns, in which the folder of copies lies."""

    def __init__(self, root: Path) -> None:
        self.returns, self.batch = root / "returns", root / "batch.duckdb"
        self.out = self.returns / "退回"
        self.notices: list[str] = []
        self.returns.mkdir()

    def put(self, name: str, data: bytes) -> Path:
        path = self.returns / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def ingest(self) -> dict[str, str]:
        """File → status."""
        ingest(self.returns, self.batch, EDITION, now=NOW)
        database, _ = open_batch(self.batch)
        with database:
            return dict(database.fetch_rows("SELECT file, status FROM files"))

    def return_(self, sender: Sender = SENDER) -> dict[str, bytes]:
        """The copies, by the path from their folder."""
        self.notices = []
        return_forms(self.batch, self.out, sender, now=NOW, notify=lambda notice: self.notices.append(notice.code))
        return self.copies()

    def copies(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.out).as_posix(): path.read_bytes()
            for path in sorted(self.out.rglob("*"))
            if path.is_file() and path.name not in LISTS
        }


FAULTY: Return = {"q08_o05": True}


def faulty(number: int, **answers: object) -> bytes:
    """A return with one error."""
    return form_bytes(changed(**{**own(number), **FAULTY, **answers}))


first_splicer = cache(prefill.Splicer)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Three returns of which two have errors, ingested; their copies are written."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))  # reader processes have tests of their own
    monkeypatch.setattr(prefill, "Splicer", first_splicer)  # for the first copy takes half a second
    place = Place(tmp_path)
    place.put("甲.xlsx", faulty(1))
    place.put("东/乙.xlsx", faulty(2, district=None))
    place.put("丙.xlsx", form_bytes(changed(**own(3))))
    place.ingest()
    place.return_()
    return place


FIRST, SECOND = "城东区/甲_退回更正.xlsx", "未填/乙_退回更正.xlsx"
STATUSES = {"甲.xlsx": "returned", "东/乙.xlsx": "returned", "丙.xlsx": "counted"}


def test_copies_that_lie_where_they_were_written_are_no_entries(place: Place) -> None:
    assert set(place.copies()) == {FIRST, SECOND}
    assert {name for name in LISTS if (place.out / name).is_file()} == set(LISTS)
    assert place.ingest() == STATUSES


def test_the_same_copies_are_written_again_byte_for_byte(place: Place) -> None:
    before = place.copies()
    assert place.return_() == before
    assert place.notices == []
    assert place.ingest() == STATUSES


@pytest.mark.slow
def test_the_same_bytes_elsewhere_are_a_return(place: Place) -> None:
    shutil.copy(place.out / FIRST, place.returns / "发回.xlsx")
    assert place.ingest() == STATUSES | {"甲.xlsx": "superseded", "发回.xlsx": "returned"}
    # and so are those that have been moved away
    (place.out / SECOND).rename(place.out / "乙.xlsx")
    assert place.ingest()["退回/乙.xlsx"] == "returned"


def mend(place: Place, copy: str, **answers: object) -> None:
    """Mend a copy where it lies."""
    path = place.out / copy
    path.write_bytes(mended(path.read_bytes(), FAULTY | {"q08_o05": None} | answers, ["q08_o05", *answers]))


@pytest.mark.slow
def test_a_copy_that_somebody_has_changed_where_it_lies_is_a_return_and_is_kept(place: Place) -> None:
    mend(place, FIRST)
    assert place.ingest() == STATUSES | {"甲.xlsx": "superseded", f"退回/{FIRST}": "counted"}
    changed_copy = (place.out / FIRST).read_bytes()
    copies = place.return_()  # it is no longer due
    assert place.notices == ["output.aside"]
    ((aside, data),) = ((name, data) for name, data in copies.items() if name != SECOND)
    assert (aside.startswith("城东区/甲_退回更正_"), data) == (True, changed_copy)
    assert place.ingest() == STATUSES | {"甲.xlsx": "superseded", f"退回/{aside}": "counted"}


@pytest.mark.slow
def test_a_copy_that_is_still_wrong_makes_way_for_the_next(place: Place) -> None:
    mend(place, SECOND, district="城东区", staff_last="约一百")
    assert place.ingest()[f"退回/{SECOND}"] == "returned"
    copies = place.return_()
    assert place.notices == ["output.aside"]
    assert {FIRST, "城东区/乙_退回更正.xlsx"} < set(copies)
    statuses = place.ingest()
    assert sorted(statuses.values()) == ["counted", "returned", "returned", "superseded"]
    # the copy of the copy that was set aside bears the name of the first
    assert set(place.return_()) == set(copies)
    assert place.ingest() == statuses


def test_a_copy_that_is_no_longer_due_goes_with_its_folder(place: Place) -> None:
    place.put("乙2.xlsx", mended((place.out / SECOND).read_bytes(), {"district": "城东区"}, ["q08_o05", "district"]))
    assert place.ingest()["乙2.xlsx"] == "counted"
    assert set(place.return_()) == {FIRST}
    assert place.notices == []
    assert not (place.out / SECOND).parent.exists()


@pytest.mark.slow
def test_a_file_of_somebody_in_the_place_of_a_copy_is_kept(place: Place) -> None:
    (place.out / FIRST).write_bytes(form_bytes(changed(**own(9))))
    copies = place.return_()
    assert place.notices == ["output.aside"]
    assert len(copies) == 3
    assert sorted(place.ingest().values()) == ["counted", "counted", "returned", "returned"]


def test_copies_may_lie_behind_a_link(place: Place, tmp_path: Path) -> None:
    other = Place.__new__(Place)
    other.__dict__ = vars(place) | {"out": tmp_path / "link"}
    other.out.symlink_to(place.out, target_is_directory=True)
    assert other.return_() == place.copies()
    assert place.ingest() == STATUSES


# --- runs that are cut short ------------------------------------------------------------------------------------------


# Ends the program after so many files have been moved to their places; nothing is tidied up.
KILLED = """
import os
from pathlib import Path

def counted(path, target, replace=Path.replace, left=iter(range({moments})), end=os._exit):
    return end(9) if next(left, None) is None else replace(path, target)

Path.replace = counted
"""


@pytest.mark.slow
@pytest.mark.parametrize("moments", range(6))
def test_a_run_that_is_killed_leaves_no_copy_that_is_taken_for_a_return(place: Place, moments: int) -> None:
    # the letter has changed, so that every copy is another one
    said = smebatch("return", "-b", place.batch, "-o", place.out, first=KILLED.format(moments=moments))
    assert said.code == 9, said.err
    assert {file: status for file, status in place.ingest().items() if not file.endswith(".part")} == STATUSES
    whole = place.return_(SENDER._replace(contact="另一人"))
    assert place.notices == []
    assert set(whole) == {FIRST, SECOND}
    assert place.ingest() == STATUSES


@pytest.mark.slow
def test_the_second_of_two_runs_at_once_says_so(place: Place) -> None:
    with duckdb.connect(str(place.batch)):
        said = smebatch("return", "-b", place.batch, "-o", place.out)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert place.ingest() == STATUSES


@pytest.mark.slow
def test_two_processes_write_one_folder_and_nothing_is_torn(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for number in range(30):
        place.put(f"{number}.xlsx", faulty(number))
    statuses = place.ingest()
    ends = []
    for _ in range(3):  # the second is kept out while the first has the batch, and does its work after it
        arguments = ("return", "-b", place.batch, "-o", place.out)
        runs = [started(*arguments, stderr=subprocess.PIPE) for _ in range(2)]
        said = [run.communicate(timeout=120) for run in runs]
        ends += [run.returncode for run in runs]
        assert all(len(err.splitlines()) == (run.returncode != 0) for run, (_, err) in zip(runs, said, strict=True))
        assert 0 in ends[-2:]
        assert (len(place.copies()), list(place.out.rglob("*.part*"))) == (30, [])
        assert place.ingest() == statuses
    assert set(ends) <= {0, 2}
    whole = place.copies()
    assert (place.return_(Sender()), place.notices) == (whole, [])


@pytest.mark.slow
def test_the_deadline_of_the_roster_stands_in_every_list(tmp_path: Path) -> None:
    place, roster = Place(tmp_path), tmp_path / "roster.csv"
    codes = [str(own(number)["uscc"]) for number in (1, 2, 3)]
    roster.write_text(
        "企业名称,统一社会信用代码,区县,截止日期\n"
        f"示例一,{codes[0]},城东区,2026-12-20\n示例二,{codes[1]},城东区,\n示例三,{codes[2]},城东区,2026-12-21\n",
        "utf-8-sig",
    )
    (tmp_path / "smebatch.toml").write_text('[round]\ndeadline = "2026-12-15"\n', "utf-8")
    for number in (1, 2):
        place.put(f"{number}.xlsx", faulty(number))
    settings = ("--settings", tmp_path / "smebatch.toml")
    assert smebatch("ingest", place.returns, "-b", place.batch, "--roster", roster, *settings).code == 0
    assert smebatch("return", "-b", place.batch, "-o", place.out, *settings).code == 0
    letters = {}
    for name, data in place.copies().items():
        sheet = openpyxl.load_workbook(io.BytesIO(data))[CORRECTION_SHEET]
        text = "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell)
        letters[name] = [day for day in (15, 20) if f"2026年12月{day}日" in text.replace(" ", "")]
    assert letters == {"城东区/1_退回更正.xlsx": [20], "城东区/2_退回更正.xlsx": [15]}
    rows = csv.DictReader((place.out / INDEX).read_text("utf-8-sig").splitlines())
    assert {row["uscc"]: row["deadline"] for row in rows} == {codes[0]: "2026-12-20", codes[1]: "2026-12-15"}
    sheets = openpyxl.load_workbook(place.out / RETURNED_LIST)
    listed = [[str(cell) for cell in row] for sheet in sheets for row in sheet.iter_rows(values_only=True)]
    deadlines = [(code, day) for row in listed for code in codes if code in row for day in row if day[:8] == "2026-12-"]
    assert deadlines == list(zip(codes, ("2026-12-20", "2026-12-15", "2026-12-21"), strict=True))


@pytest.mark.slow
def test_killed_at_any_moment_the_next_run_ends_the_same(tmp_path: Path) -> None:
    """As a process of its own is killed, at random moments of its run; each run has another letter to write."""
    place, rng, killed = Place(tmp_path), Random(15), 0
    for number in range(40):
        place.put(f"{number}.xlsx", faulty(number))
    statuses = place.ingest()
    begun = time.monotonic()
    assert smebatch("return", "-b", place.batch, "-o", place.out).code == 0
    takes = time.monotonic() - begun
    for number in range(12):
        settings = place.returns.with_name("smebatch.toml")
        settings.write_text(f'[bureau]\nphone = "{number}"\n', "utf-8")
        run = started("return", "-b", place.batch, "-o", place.out, "--settings", settings)
        try:
            run.wait(timeout=takes * rng.uniform(0.3, 1))
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            killed += 1
        assert {file: each for file, each in place.ingest().items() if not file.endswith(".part")} == statuses
    assert killed >= 3
    whole = place.return_()
    assert (place.notices, len(whole)) == ([], 40)
    assert place.ingest() == statuses
