"""Who answered, from end to end: a folder and a roster as they come in, and every name and number added again.

Each case is a few returns and lines of the roster; what the report says of them all is counted again from the exports,
by a matching of its own.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

import oracle
from cases import EDITION, Return, changed
from smebatch.batch.database import BatchDatabase
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportOptions, Selection, load_batch
from smebatch.form.prefill import Splicer
from smebatch.intake.read_entry import read_entry
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.report.xlsx.book import write_summary
from test_adds_up import exports_of, table

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
OLD = {"filled_on": dt.date(2026, 10, 1)}
FAULTY = {"cost_prior": None}
Rows = list[dict[str, str]]


def code(number: int) -> str:
    first17 = f"91990001{number:07d}AB"
    return first17 + oracle.uscc_check_character(first17)


def sent(number: int, name: str | None = None, /, **changes: object) -> Return:
    """A good return of an enterprise."""
    return changed(uscc=code(number), name=name or f"示例企业{number}有限公司", city=None) | changes


# File → the return; files are saved in this order.
RETURNS: dict[str, Return] = {
    "01.xlsx": sent(1, city="示例市"),
    # matched by name: without a code, and with another than the roster's
    "02.xlsx": sent(2, "示例（二）企业有限公司", uscc=None),
    "03.xlsx": sent(30, "示例企业3有限公司"),
    "04.xlsx": sent(4),  # the roster's code was a number
    "05.xlsx": sent(50, "示例企业5有限公司"),  # two of the roster have the name
    "07.xlsx": sent(7, district="城西区"),  # not on the roster
    "08.xlsx": sent(8, phase="改造前"),
    # two names under a code: the roster has the earlier one, and then the later one
    "09a.xlsx": sent(9, **OLD),
    "09b.xlsx": sent(9, "别的企业有限公司"),
    "10a.xlsx": sent(10, "示例企业10厂", **OLD),
    "10b.xlsx": sent(10),
    # a date in the future, and dates that the file times gainsay
    "11b.xlsx": sent(11, filled_on=dt.date(2027, 11, 1)),
    "11a.xlsx": sent(11),
    "12b.xlsx": sent(12),
    "12a.xlsx": sent(12, **OLD),
    # one name under two codes
    "13a 副本.xlsx": sent(13),
    "13a.xlsx": sent(13),
    "13b.xlsx": sent(130, "示例企业13 有限公司"),
    # two with errors, the later without a date
    "14a.xlsx": sent(14, **FAULTY),
    "14b.xlsx": sent(14, **FAULTY, filled_on=None),
    "15.xlsx": sent(15, name=None, uscc=None),
}


class Line(NamedTuple):
    """A line of the roster that lists an enterprise: its cells, and the code as it can be read."""

    name: str
    code: object
    district: str | None
    readable: str

    @classmethod
    def of(cls, number: int, name: str = "", district: str | None = "城东区", shown: object = None) -> Line:
        return cls(name or f"示例企业{number}有限公司", shown or code(number), district, "" if shown else code(number))


LISTED = [
    Line.of(1),
    Line.of(2, "示例(二) 企业有限公司"),
    Line.of(3, "示例企业３有限公司", "城西区"),
    Line.of(4, district="城西区", shown=911101066976941872),
    Line.of(5),
    Line.of(51, "示例企业5有限公司", "城西区"),
    Line.of(6, district=None),
    Line.of(6, district="城西区"),  # twice
    Line.of(8),
    *(Line.of(n) for n in range(9, 15)),
    Line.of(16, "示例企业1有限责任公司"),  # not 有限公司
]


def write_roster(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["2026年应报企业名单"])
    book.active.append(["序号", "企业全称", "社会信用代码（18位）", "区（县）", "服务商", "手机"])
    for number, line in enumerate(LISTED, 1):
        book.active.append([number, line.name, line.code, line.district, f"服务商{number}", 13900000000 + number])
    book.active.append([None, "合计", len(LISTED)])
    book.active.append(["填表人：张三"])
    book.save(path)


class Made(NamedTuple):
    """A batch with its exports, and what was said by two runs, one with the roster."""

    batch: Path
    exports: dict[str, Rows]
    said: list[set[str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    base = tmp_path_factory.mktemp("who")
    folder, batch, roster = base / "returns", base / "batch.duckdb", base / "名单.xlsx"
    folder.mkdir()
    write_roster(roster)
    splicer = Splicer(EDITION)
    for seconds, (file, answers) in enumerate(RETURNS.items()):
        given = {key: value for key, value in answers.items() if value is not None}
        (folder / file).write_bytes(splicer.form(given))
        os.utime(folder / file, (0, 1_790_000_000 + seconds))

    def read(self: WorkerPool, entries: list[Entry]) -> list[Any]:
        return [read_entry(entry, self.edition) for entry in entries]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerPool, "read", read)  # in this process, which takes no time to start
        runs = [ingest(folder, batch, EDITION, now=NOW, roster=given) for given in (roster, None)]
    return Made(batch, exports_of(batch, base), [{notice.code for notice in run.notices} for run in runs])


# --- what becomes of each file --------------------------------------------------------------------------------------


def test_the_fates(made: Made) -> None:
    fates = {row["file"][:-5]: (row["reason"], row["superseded_by"][:-5]) for row in made.exports["files"]}
    counted, returned = ("complete", ""), ("errors", "")
    assert fates == {
        **dict.fromkeys(["01", "03", "04", "05", "07", "08", "10b", "11a", "12b", "13a", "13b"], counted),
        **dict.fromkeys(["02", "09a", "09b", "14b", "15"], returned),
        "13a 副本": ("superseded.copy", "13a"),
        "10a": ("superseded.later", "10b"),
        "11b": ("superseded.later", "11a"),
        "12a": ("superseded.later", "12b"),
        "14a": ("superseded.awaited", "14b"),
    }


def test_what_is_said_of_returns_because_of_others(made: Made) -> None:
    codes = {"uscc.two_names", "name.changed", "name.two_codes", "return.dates_disagree", "return.later_awaits"}
    said = {
        (row["file"][:-5], row["code"], row["severity"], row["found"])
        for row in made.exports["issues"]
        if row["code"] in codes
    }
    assert said == {
        ("09a", "uscc.two_names", "error", "“别的企业有限公司”（09b.xlsx）"),
        ("09b", "uscc.two_names", "error", "“示例企业9有限公司”（09a.xlsx）"),
        ("10b", "name.changed", "warning", "“示例企业10厂”（10a.xlsx）"),
        ("11b", "return.dates_disagree", "warning", "11a.xlsx"),
        ("12a", "return.dates_disagree", "warning", "12b.xlsx"),
        ("13a", "name.two_codes", "warning", f"{code(130)}（13b.xlsx）"),
        ("13b", "name.two_codes", "warning", f"{code(13)}（13a.xlsx）"),
    }


def test_errors_and_warnings_are_counted_with_those_of_the_return_itself(made: Made) -> None:
    files = {row["file"]: row for row in made.exports["files"]}
    found = Counter((row["file"], row["severity"]) for row in made.exports["issues"])
    for file, row in files.items():
        assert int(row["warnings"]) == found[file, "warning"]
        if row["status"] == "returned":
            assert str(found[file, "error"]) in row["detail"]
    assert {row["file"] for row in made.exports["scores"]} == {f for f, r in files.items() if r["status"] == "counted"}


# --- the roster in the batch ----------------------------------------------------------------------------------------


def test_the_batch_keeps_every_column_of_the_roster(made: Made) -> None:
    with BatchDatabase(made.batch, read_only=True) as store:
        rows = store.fetch_rows(
            'SELECT "序号", "服务商", name, coalesce(uscc, \'\'), district, phone, city FROM roster'
        )
    assert rows == [
        (str(n), f"服务商{n}", line.name, line.readable, line.district, str(13900000000 + n), None)
        for n, line in enumerate(LISTED, 1)
    ]


def test_what_was_passed_over_in_the_roster_is_said_and_which_one_holds(made: Made) -> None:
    columns = {"roster.columns_taken", "roster.columns_further"}
    lines = {"roster.totals", "roster.remarks", "roster.digits_lost", "roster.twice"}
    assert made.said == [columns | lines, {"roster.before"}]
    assert load_batch(made.batch, now=NOW).roster_from.startswith("名单.xlsx")


# --- the report, added again ----------------------------------------------------------------------------------------


def office(name: str) -> str:
    """A name as an office would compare it, in its own way."""
    wide = {0xFF10 + i: ord("0") + i for i in range(10)} | {ord("（"): "(", ord("）"): ")", ord("\u3000"): " "}
    return "".join(name.translate(wide).split()).lower()


def whose(row: dict[str, str]) -> set[int]:
    """The lines of the roster that a return may belong to."""
    by_code = {i for i, line in enumerate(LISTED) if row["uscc"] and line.readable == row["uscc"]}
    return by_code or {i for i, line in enumerate(LISTED) if row["name"] and office(line.name) == office(row["name"])}


Report = tuple[openpyxl.Workbook, Rows, set[str]]


@pytest.fixture(scope="module", params=["", "改造后"])
def report(request: pytest.FixtureRequest, made: Made) -> Report:
    """The summary of 改造后, of which most are, the answers it covers, and the form_ids that count."""
    path = made.batch.with_name(f"summary{request.param}.xlsx")
    write_summary(path, load_batch(made.batch, now=NOW, options=ReportOptions(selection=Selection(request.param))))
    answers = [row for row in made.exports["answers"] if row["phase"] == "改造后"]
    counted = {row["form_id"] for row in made.exports["scores"] if row["phase"] == "改造后"}
    return openpyxl.load_workbook(path), answers, counted


def test_the_response_is_added_again(report: Report) -> None:
    book, answers, counted = report
    asked = {line.readable or line.name: line.district for line in reversed(LISTED) if line.district}
    found: dict[str, set[str]] = {}
    for row in answers:
        lines = {LISTED[i].readable or LISTED[i].name for i in whose(row)}
        if len(lines) == 1:
            found.setdefault(lines.pop(), set()).add(row["form_id"])
    *districts, total = table(book, "总览", "区县", "应报", "实报")
    assert [row["区县"] for row in districts] == sorted(set(asked.values()))
    for group in [*districts, total]:
        members = {who for who, district in asked.items() if group["区县"] in (district, "合计")}
        answered = members & set(found)
        counts = {who for who in answered if found[who] & counted}
        shown = [group[heading] for heading in ("应报", "实报", "其中计入", "未计入", "未报")]
        numbers = (members, answered, counts, answered - counts, members - answered)
        assert shown == list(map(len, numbers))
        assert group["回收率"] == len(answered) / len(members)
    names = {row["企业名称"] for row in table(book, "未报名单", "企业名称")}
    assert names == {line.name for line in LISTED if (line.readable or line.name) not in found}
    assert str(total["应报"]) in book["总览"]["A2"].value


def test_those_off_the_list_are_added_again(report: Report) -> None:
    book, answers, _ = report
    listed = table(book, "名单以外", "企业名称", "份数")
    unmatched = {row["name"] or "？" for row in answers if len(whose(row)) != 1}
    names = [str(cell) for cell in (row["企业名称"] or "？" for row in listed)]
    assert sorted(names) == sorted(unmatched)
    assert set(names) == {"示例企业5有限公司", "示例企业7有限公司", "？"}


def test_only_what_awaits_somebody_is_listed(report: Report, made: Made) -> None:
    book, _, _ = report
    superseded = {row["file"] for row in made.exports["files"] if row["status"] == "superseded"}
    issues = [
        row for row in made.exports["issues"] if row["file"] not in superseded or row["code"] == "return.dates_disagree"
    ]
    head, *rows = [row for row in book["问题清单"].iter_rows(values_only=True) if row[2] or row[5]]  # but for notes
    listed = Counter((row[head.index("文件")], row[head.index("问题代码")]) for row in rows)
    assert listed == Counter((row["file"], row["code"]) for row in issues)
    grouped = {row["问题代码"]: (row["次数"], row["涉及文件"]) for row in table(book, "问题汇总", "问题代码", "次数")}
    for name in {row["code"] for row in issues}:
        files = [row["file"] for row in issues if row["code"] == name]
        assert grouped.pop(name) == (len(files), len(set(files)))
    assert not grouped


def test_a_name_under_two_codes_is_counted_in_the_overview(made: Made) -> None:
    assert load_batch(made.batch, now=NOW).two_codes == 1
    assert load_batch(made.batch, now=NOW, options=ReportOptions(selection=Selection("改造前"))).two_codes == 0


def test_one_return_does_not_name_the_city(made: Made) -> None:
    assert load_batch(made.batch, now=NOW).region == ""
    assert load_batch(made.batch, now=NOW, options=ReportOptions(region="示例市")).region == "示例市"
