"""更正进度, worked out by hand from a folder of returns, decisions and what was changed unasked."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import oracle
from cases import EDITION, changed, choose, form_bytes, reach
from small_batch import figures, printed, rows, small_batch, table_of
from smebatch.batch.database import BatchDatabase
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportData, ReportOptions, Selection, load_batch, open_batch
from smebatch.batch.schema import DECISIONS
from smebatch.batch.settle import settle_ledger
from smebatch.report.document import Format, Table
from smebatch.report.progress_figures import ENDS, changed_keys
from smebatch.report.section_explanation import waiver_sheet
from smebatch.report.section_lists import enterprise_sheet, issue_frame, issue_sheets
from smebatch.report.section_progress import progress_sheet
from smebatch.report.sections import report_sheets
from smebatch.report.xlsx.book import write_summary

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
INTERVAL = "interval.contradiction"  # 30 of 100 machines are digital, which is the third option of 题2
WRONG, WRONG_AGAIN, RIGHT = choose("q02", 2), choose("q02", 4), choose("q02", 3)
NO_STAFF = {"staff_last": None}
MISSING = "required.missing"


def code(number: int) -> str:
    """The credit code of an enterprise."""
    first17 = f"91990001{number:07d}AB"
    return first17 + oracle.uscc_check_character(first17)


# The versions of each enterprise, each by what differs from the good return.
VERSIONS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    # Two errors; one closed, one miscorrected, and closed in the third version, which ticks one more option of 题6
    "甲公司": ("城东区", [WRONG | NO_STAFF, WRONG_AGAIN, RIGHT | {"q06_o04": True}]),
    "乙公司": ("城东区", [NO_STAFF]),  # one error, not sent again
    "丙公司": ("城西区", [WRONG, WRONG | {"staff_prior": None}]),  # one unchanged, one new
    "丁公司": ("城西区", [WRONG]),  # one error, waived at once
    "戊公司": ("滨江区", [{"phone": None}, {"q06_o04": True, "q07_o03": True}]),  # a warning, closed; two ticks more
    "己公司": ("滨江区", [WRONG | NO_STAFF, WRONG]),  # one closed; the other waived in the second version
    "庚公司": ("", [WRONG, WRONG_AGAIN]),  # one miscorrected; the blank district is another, unchanged
    "辛公司": ("滨江区", [{}]),  # nothing
}
WAIVED = {"丁公司": 1, "己公司": 2}
"""The version that the decision names."""


def returns() -> dict[str, bytes]:
    """The files by name: 甲公司1.xlsx and so on."""
    return {
        f"{name}{version}.xlsx": form_bytes(
            changed(name=name, uscc=code(number), filled_on=dt.date(2026, 10, version))
            | {"district": district or None}
            | change
        )
        for number, (name, (district, changes)) in enumerate(VERSIONS.items(), 1)
        for version, change in enumerate(changes, 1)
    }


def decide(batch: Path, files: Mapping[str, str]) -> None:
    """Store decisions on the contradiction of 题2 in these files, each accepted or refused, and settle the batch."""
    with BatchDatabase(batch) as database, database.transaction():
        for number, (file, decision) in enumerate(files.items(), 1):
            (found,) = database.fetch_rows(
                "SELECT form_id, code, key, about, found FROM findings JOIN files USING (form_id) "
                "WHERE file = ? AND code = ?",
                [file, INTERVAL],
            )
            row = (number, *found, decision, "设备台账已核对", "李审定", "2026-11-20", "")
            database.execute(f"INSERT INTO decisions VALUES ({', '.join('?' * len(DECISIONS.columns))})", row)
        settle_ledger(database, EDITION, NOW.isoformat())


def ingested(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A batch of these files."""
    (folder / "in").mkdir()
    for name, data in files.items():
        (folder / "in" / name).write_bytes(data)
    ingest(str(folder / "in"), folder / "batch.duckdb", EDITION, now=NOW)
    return folder / "batch.duckdb"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    batch = ingested(tmp_path_factory.mktemp("progress"), returns())
    accepted = {f"{name}{version}.xlsx": "accepted" for name, version in WAIVED.items()}
    decide(batch, accepted | {"丙公司2.xlsx": "refused"})
    return batch


@pytest.fixture(scope="module")
def batch(path: Path) -> ReportData:
    return load_batch(path, now=NOW)


def test_errors_by_district(batch: ReportData) -> None:
    # 城东区: 甲 sent three versions, 乙 one. 甲's two errors are closed, 乙's waits; 甲 was sent back twice.
    # 城西区: 丙 sent two versions, 丁 one. 丙's first error is unchanged, another is new; 丁's is waived, after no
    # correction. 滨江区: one of 己's two errors is closed, the other waived, after one. 戊 and 辛 never had an error.
    # 未填: one of 庚's is miscorrected, the other unchanged. Found = closed + waived + unchanged +
    # miscorrected + new + awaited. The mean of all that are through: (2 + 0 + 1) ÷ 3 = 1.
    assert printed(table_of(progress_sheet(batch), "progress_districts")) == [
        (
            "group",
            "threads",
            "versions",
            "found",
            "closed",
            "waived",
            "unchanged",
            "miscorrected",
            "new",
            "awaited",
            "through",
            "open",
            "mean",
            "most",
        ),
        ("城东区", 2, 4, 3, 2, 0, 0, 0, 0, 1, 1, 1, 2.0, 2),
        ("城西区", 2, 3, 3, 0, 1, 1, 0, 1, 0, 1, 1, 0.0, 0),
        ("滨江区", 1, 2, 2, 1, 1, 0, 0, 0, 0, 1, 0, 1.0, 1),
        ("未填", 1, 2, 2, 0, 0, 1, 1, 0, 0, 0, 1, None, None),
        ("合计", 6, 11, 10, 3, 2, 2, 1, 1, 1, 3, 3, 1.0, 2),
    ]


def test_what_became_of_the_errors_each_time(batch: ReportData) -> None:
    # First: 甲, 丙, 戊, 己, 庚 sent again. Before: 2 + 1 + 0 + 2 + 2 = 7 = closed (甲, 己) 2 + miscorrected (甲, 庚) 2
    # + unchanged (丙, 庚) 2 + waived (己) 1. After: 2 + 2 + 1 + new (丙) 1 = 6. Second: 甲, whose one error is closed.
    assert printed(table_of(progress_sheet(batch), "progress_rounds")) == [
        ("group", "n", "before", "closed", "miscorrected", "unchanged", "waived_before", "new", "waived_new", "after"),
        ("第 1 次更正", 5, 7, 2, 2, 2, 1, 1, 0, 6),
        ("第 2 次更正", 1, 1, 1, 0, 0, 0, 0, 0, 0),
        ("合计", 6, 8, 3, 2, 2, 1, 1, 0, 6),
    ]


def test_both_sums_of_every_thread_add_up(path: Path) -> None:
    """They are added again from the batch: the findings of each version against the states of the next."""
    store, _ = open_batch(path)
    with store:
        versions = store.fetch_rows("SELECT form_id, previous_form_id FROM versions")
        stated = store.fetch_rows("SELECT form_id, code, key, state FROM issue_states")
        findings = store.fetch_rows("SELECT DISTINCT form_id, code, key FROM findings")
    standing: dict[str, set[tuple[str, str]]] = {form_id: set() for form_id, _ in versions}
    for form_id, name, key in findings:
        standing[form_id].add((name, key))
    all_states = Counter[str]()
    for form_id, previous in versions:
        states = Counter(state for form, *_, state in stated if form == form_id)
        waived = {(name, key) for form, name, key, state in stated if form == form_id and state == "waived"}
        before = standing.get(previous, set())
        kept = states["miscorrected"] + states["unchanged"]
        assert len(before) == states["closed"] + kept + len(waived & before)
        assert len(standing[form_id]) == kept + states["new"] + states["waived"]
        if previous:
            all_states.update(states)
    # 戊's warning is closed as well, beside the three errors of the table.
    assert all_states == {"closed": 4, "miscorrected": 2, "unchanged": 2, "new": 1, "waived": 1}


def test_issues_by_code(batch: ReportData) -> None:
    # The contradiction: 甲, 丙, 丁, 己, 庚, with 3 + 2 + 1 + 2 + 2 versions. What is missing: of 甲, 乙, 丙, 己,
    # 庚, with 3 + 1 + 2 + 2 + 2. 甲, 丙, 己 and 庚 have both, so they count once in the total.
    sheet = progress_sheet(batch)
    keys = ("group", "threads", "versions", "found", "closed", "waived", "unchanged", "miscorrected", "new", "awaited")
    assert rows(table_of(sheet, "progress_error_codes").frame, *keys, "through", "open") == [
        (INTERVAL, 5, 10, 5, 1, 2, 1, 1, 0, 0, 3, 2),
        (MISSING, 5, 10, 5, 2, 0, 1, 0, 1, 1, 2, 3),
        ("合计", 6, 11, 10, 3, 2, 2, 1, 1, 1, 3, 3),
    ]
    assert rows(table_of(sheet, "progress_warning_codes").frame, *keys) == [
        ("expected.missing", 1, 2, 1, 1, 0, 0, 0, 0, 0),
        ("合计", 1, 2, 1, 1, 0, 0, 0, 0, 0),
    ]


def test_changes_that_nobody_asked_for(batch: ReportData) -> None:
    # An option of 题6 is worth 1.25 points, one of 题7 as well. 己's and 丙's new dates change no score.
    keys = ("name", "version", "status_name", "n", "score_gained", "level_gained")
    table = table_of(progress_sheet(batch), "progress_unasked")
    assert rows(table.frame, *keys) == [
        ("戊公司", 2, "已计入", 3, 2.5, 0),
        ("甲公司", 3, "已计入", 2, 1.25, 0),
    ]
    for score, without, gained in rows(table.frame, "score", "score_without", "score_gained"):
        assert score - without == pytest.approx(gained)
    first = table.frame["keys"].iloc[0]
    assert first.startswith("填报日期；＋题6 选项04 自行或委托专业评估机构实施网络安全风险评估；＋题7 选项03 ")


@pytest.mark.slow
def test_a_change_hidden_in_a_version_with_errors(tmp_path: Path) -> None:
    # 壬's second version is not scored, for the error is still there; what it ticks unasked raises the third.
    # 癸's second version has two options of 题5 ticked; that they are one again in the third was asked for. 子's third
    # takes back one of two links that its second ticked, for a warning names that tick; nobody asked about the other.
    more_links: dict[str, Any] = {"q04_o10": True} | reach("s09", 1)
    changes: dict[str, list[dict[str, Any]]] = {
        "壬公司": [NO_STAFF, NO_STAFF | {"q06_o04": True}, {"q06_o04": True, "q07_o03": True}],
        "癸公司": [NO_STAFF, NO_STAFF | {"q05_o04": True}, choose("q05", 4)],
        "子公司": [NO_STAFF, NO_STAFF | more_links | {"q04_o03": True}, more_links],
    }
    files = {
        f"{name}{version}.xlsx": form_bytes(
            changed(name=name, uscc=code(number), filled_on=dt.date(2026, 10, version)) | change
        )
        for number, (name, versions) in enumerate(changes.items(), 1)
        for version, change in enumerate(versions, 1)
    }
    table = table_of(progress_sheet(load_batch(ingested(tmp_path, files), now=NOW)), "progress_unasked")
    assert rows(table.frame, "name", "version", "n", "score_gained") == [
        ("壬公司", 3, 3, 2.5),
        ("子公司", 3, 4, 0.71),  # a link is worth 10 ÷ 14 points
    ]
    assert table.frame["keys"].iloc[0].count("＋") == 2


def test_a_tick_taken_away_is_told_from_one_set() -> None:
    assert changed_keys(EDITION, [("q04_o03", "0"), ("q04_o04", "1"), ("phone", "")]) == (
        "－题4 选项03 工艺设计；＋题4 选项04 营销管理；联系电话"
    )


def test_waived_errors(batch: ReportData) -> None:
    # 企业明细 says how many of a return's errors are waived, 口径说明 which; nobody has to look into them any more.
    enterprises = table_of(enterprise_sheet(batch), "enterprises")
    assert ("waived", "经审定（项）") in [(column.key, column.title) for column in enterprises.columns]
    assert dict(rows(enterprises.frame, "name", "waived")) == {
        "丁公司": 1, "己公司": 1, "戊公司": None, "甲公司": None, "辛公司": None
    }  # fmt: skip
    waivers = table_of(waiver_sheet(batch), "waivers")
    keys = ("name", "uscc", "explanation", "reason", "decided_by", "decided_on")
    assert rows(waivers.frame, *keys) == [
        ("丁公司", code(4), "", "设备台账已核对", "李审定", "2026-11-20"),
        ("己公司", code(6), "", "设备台账已核对", "李审定", "2026-11-20"),
    ]
    assert all(error.startswith("题2 设备数字化：所选区间与数据不符（") for error in waivers.frame["error"])
    listed = rows(issue_frame(batch), "file", "code", "state_name")
    assert listed == [
        ("丙公司2.xlsx", INTERVAL, "未改，说明未获准"),
        ("丙公司2.xlsx", MISSING, "新出现"),
        ("乙公司1.xlsx", MISSING, "首报发现"),
        ("庚公司2.xlsx", MISSING, "未改"),
        ("庚公司2.xlsx", INTERVAL, "改后仍错"),
    ]


def test_a_phase_that_nobody_sent_has_no_progress(path: Path) -> None:
    assert load_batch(path, now=NOW, options=ReportOptions(selection=Selection("改造后", "自评"))).progress is not None
    assert load_batch(path, now=NOW, options=ReportOptions(selection=Selection("改造前"))).progress is None


@pytest.mark.slow
def test_versions_whose_files_are_gone(tmp_path: Path) -> None:
    # 甲's third version is gone: the second, with one error miscorrected, is the last again. 乙 is gone wholly; 丙's
    # first version is gone, and still what the second is compared with.
    files = {name: data for name, data in returns().items() if name[0] in "甲乙丙"}
    batch = ingested(tmp_path, files)
    for name in ("甲公司3.xlsx", "乙公司1.xlsx", "丙公司1.xlsx"):
        (tmp_path / "in" / name).unlink()
    ingest(str(tmp_path / "in"), batch, EDITION, now=NOW)
    table = table_of(progress_sheet(load_batch(batch, now=NOW)), "progress_districts")
    assert rows(table.frame, "group", "versions", "found", "closed", "unchanged", "miscorrected", "new", "open") == [
        ("城东区", 2, 2, 1, 0, 1, 0, 1),
        ("城西区", 2, 2, 0, 1, 0, 1, 1),
        ("合计", 4, 4, 1, 1, 1, 1, 2),
    ]


@pytest.mark.slow
def test_returns_sent_again_without_any_error(tmp_path: Path) -> None:
    files = {f"{version}.xlsx": form_bytes(changed(filled_on=dt.date(2026, 10, version))) for version in (1, 2)}
    batch = load_batch(ingested(tmp_path, files), now=NOW)
    sheet = progress_sheet(batch)
    assert sheet is not None
    assert [block.id for block in sheet.blocks if isinstance(block, Table)] == ["progress_unasked"]
    assert not len(table_of(sheet, "progress_unasked").frame)
    write_summary(tmp_path / "summary.xlsx", batch)


def test_the_sheet_in_print(batch: ReportData, tmp_path: Path) -> None:
    write_summary(tmp_path / "summary.xlsx", batch)
    sheet = openpyxl.load_workbook(tmp_path / "summary.xlsx")["更正进度"]
    (chart,) = sheet._charts
    assert len(chart.ser) == len(ENDS)
    assert figures(str(sheet["A2"].value)) == ["6", "3", "3", "10", "3", "2", "5"]
    counted = [
        column
        for block in progress_sheet(batch).blocks  # type: ignore[union-attr]  # it is there, or the fixture is broken
        if isinstance(block, Table)
        for column in block.columns
        if column.format in (Format.COUNT, Format.POINTS)
    ]
    assert counted
    assert all(column.title.endswith("）") for column in counted)  # every figure has its unit


def test_without_corrections_nothing_is_said_of_them(tmp_path: Path) -> None:
    files = {name: data for name, data in returns().items() if name[-6] == "1"}
    batch = load_batch(ingested(tmp_path, files), now=NOW)
    assert batch.progress is None
    assert "更正进度" not in [sheet.name for sheet in report_sheets(batch)]
    assert "waived" not in [column.key for column in table_of(enterprise_sheet(batch), "enterprises").columns]
    assert "state_name" not in [column.key for column in table_of(issue_sheets(batch)[1], "issues").columns]
    assert progress_sheet(small_batch({})) is None
