"""Who of the roster has answered, worked out by hand from a folder of returns.

An enterprise of the roster is matched by its code, else by its name as an office would match it. 实报: at least one
readable return, whatever its status, of the phase and kind that the report covers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import oracle
from cases import EDITION, changed, form_bytes
from small_batch import figures, printed, rows, table_of
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportData, ReportOptions, Selection, load_batch
from smebatch.report.section_lists import silent_sheet, unasked_sheet
from smebatch.report.section_overview import lead_sentence, overview_sheet
from smebatch.report.words import MISSING, TOTAL

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def code(number: int) -> str:
    """The credit code of an enterprise."""
    first17 = f"91990001{number:07d}AB"
    return first17 + oracle.uscc_check_character(first17)


# name, code, district, contact, phone. What becomes of each is said beside it.
ROSTER = [
    ("甲公司", code(1), "城东区", "", ""),  # counted
    ("乙公司", code(2), "城东区", "", ""),  # to be corrected: answered
    ("丙公司", code(3), "城东区", "王五", "13911111111"),  # silent
    ("丁（集团）有限公司", "", "高新区", "", ""),  # counted as 丁(集团) 有限公司: matched by name
    ("戊有限公司", code(5), "高新区", "", ""),  # counted under another code: matched by name
    ("己有限公司", "", "高新区", "", ""),  # silent: 己有限责任公司 is another
    ("庚公司", code(7), "", "", ""),  # to be corrected, without its code: matched by name, answered
    ("辛公司", code(8), "北区", "", ""),  # silent: a return of 辛公司 under a third code may be either's
    ("辛公司", code(9), "高新区", "", ""),  # silent
    ("壬公司", code(10), "城东区", "", ""),  # counted, but 改造前: silent 改造后
    ("癸公司", code(11), "", "", ""),  # counted 改造前, to be corrected 改造后: answered in both
    ("乐公司", code(12), "高新区", "", ""),  # silent
    ("甲公司", code(1), "城东区", "", ""),  # the first once more
]
WRONG = {"equipment_digital": 41}
RETURNS: dict[str, dict[str, Any]] = {
    "01": {"name": "甲公司", "uscc": code(1)},
    "02": {"name": "乙公司", "uscc": code(2)} | WRONG,
    "04": {"name": "丁(集团) 有限公司", "uscc": code(4)},
    "05": {"name": "戊有限公司", "uscc": code(15)},
    "06": {"name": "己有限责任公司", "uscc": code(6)},
    "07": {"name": "庚公司", "uscc": None},
    "08": {"name": "辛公司", "uscc": code(18)},
    "10": {"name": "壬公司", "uscc": code(10), "phase": "改造前"},
    "11": {"name": "癸公司", "uscc": code(11), "phase": "改造前"},
    "11_after": {"name": "癸公司", "uscc": code(11)} | WRONG,
    "20": {"name": "外公司", "uscc": code(20)},  # off the list
    "21": {"name": "别公司", "uscc": code(21)} | WRONG,  # off the list, to be corrected
}


# All by their codes, but for 戊 and 辛 by their names as they were written; whoever has sent anything has answered.
PLAIN = [
    ("乐公司", code(12), "高新区", "", ""),  # silent
    ("丑公司", code(13), "高新区", "", ""),  # silent
    ("卯公司", code(14), "", "", ""),  # silent
    ("癸公司", code(11), "", "", ""),  # to be corrected: answered
    ("丙公司", code(3), "城东区", "王五", "13911111111"),  # silent
    ("乙公司", code(2), "城东区", "", ""),  # to be corrected: answered
    ("甲公司", code(1), "城东区", "", ""),  # counted
    ("壬公司", code(10), "北区", "", ""),  # counted, but 改造前: silent
    ("戊有限公司", "", "北区", "", ""),  # counted
    ("辛公司", "", "北区", "", ""),  # counted
    ("甲公司", code(1), "城东区", "", ""),  # once more
    ("戊有限公司", "", "北区", "", ""),  # once more
]


class Folder:
    """A folder of the returns, and the batch it is read into once; reports are made with one roster or another."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "returns").mkdir()
        for name, answers in RETURNS.items():
            (path / "returns" / f"{name}.xlsx").write_bytes(form_bytes(changed(**answers)))

    def batch(self, roster: Sequence[tuple[str, ...]], **selection: str) -> ReportData:
        """The batch with this roster, of one phase or kind, by default 改造后, of which most are."""
        lines = ["企业名称,统一社会信用代码,区县,联系人,联系电话", *(",".join(row) for row in roster)]
        (self.path / "名单.csv").write_text("\n".join(lines), "utf-8-sig")
        batch = self.path / "b.duckdb"
        ingest(self.path / "returns", batch, EDITION, now=NOW, roster=self.path / "名单.csv")
        return load_batch(batch, now=NOW, options=ReportOptions(selection=Selection(**selection)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("roster"))


@pytest.fixture(scope="module")
def plain(folder: Folder) -> ReportData:
    return folder.batch(PLAIN)


@pytest.fixture(scope="module")
def whole(folder: Folder) -> ReportData:
    return folder.batch(ROSTER)


@pytest.fixture(scope="module")
def before(folder: Folder) -> ReportData:
    """The report on 改造前."""
    return folder.batch(ROSTER, phase="改造前")


# --- by codes

SILENT = ("number", "district", "name", "uscc", "contact", "phone")
HEADER = ("group", "asked", "answered", "share", "counted", "pending", "silent")


def test_districts_by_name_with_blanks_last_and_each_enterprise_once(plain: ReportData) -> None:
    assert printed(table_of(overview_sheet(plain), "response")) == [
        HEADER,
        ("北区", 3, 2, 2 / 3, 2, 0, 1),
        ("城东区", 3, 2, 2 / 3, 1, 1, 1),
        ("高新区", 2, 0, 0, 0, 0, 2),
        (MISSING, 2, 1, 1 / 2, 0, 1, 1),
        (TOTAL, 10, 5, 5 / 10, 3, 2, 5),
    ]


def test_who_never_answered_by_district_then_by_name(plain: ReportData) -> None:
    assert rows(table_of(silent_sheet(plain), "silent").frame, *SILENT) == [
        (1, "北区", "壬公司", code(10), None, None),
        (2, "城东区", "丙公司", code(3), "王五", "13911111111"),
        (3, "高新区", "丑公司", code(13), None, None),
        (4, "高新区", "乐公司", code(12), None, None),
        (5, None, "卯公司", code(14), None, None),
    ]


def test_the_response_has_a_total_and_the_silent_are_a_long_list_upright(plain: ReportData) -> None:
    sheet = silent_sheet(plain)
    assert table_of(overview_sheet(plain), "response").total
    assert table_of(sheet, "silent").long
    assert sheet is not None
    assert not sheet.landscape


def test_the_lead_says_the_share_that_answered_not_that_counts(plain: ReportData) -> None:
    # 5 of 10, where 3 of 10 count; the 6 returns that count are those of 甲 丁 戊 己 辛 外
    assert figures(lead_sentence(plain))[:4] == ["10", "5", "50.0%", "6"]


def test_where_all_have_answered_nobody_is_listed_as_silent(folder: Folder) -> None:
    batch = folder.batch([row for row in PLAIN if row[0] in {"甲公司", "乙公司"}])
    assert rows(table_of(overview_sheet(batch), "response").frame, "group", "asked", "silent") == [
        ("城东区", 2, 0),
        (TOTAL, 2, 0),
    ]
    assert silent_sheet(batch) is None
    assert not any("未报名单" in note for note in table_of(overview_sheet(batch), "response").notes)


def test_the_list_of_the_silent_is_pointed_to_where_anybody_is_silent(folder: Folder) -> None:
    # 乐 alone is silent, and of the four districts neither the first two nor the last have anybody silent.
    batch = folder.batch([row for row in PLAIN if row[0] in {"甲公司", "戊有限公司", "乐公司", "癸公司"}])
    table = table_of(overview_sheet(batch), "response")
    assert rows(table.frame, "silent") == [(0,), (0,), (1,), (0,), (1,)]
    assert "未报名单" in table.notes[0]


def test_where_all_who_answered_were_asked_nobody_is_off_the_list(folder: Folder) -> None:
    asked = [(str(r["name"]), str(r["uscc"] or ""), "城东区", "", "") for r in RETURNS.values()]
    notes = table_of(overview_sheet(folder.batch(asked)), "response").notes
    assert not [note for note in notes if figures(note)]


# --- by names, and of one phase


def test_each_district_of_the_roster_with_who_answered_and_who_counts(whole: ReportData) -> None:
    # 北区: 辛. 城东区: 甲 乙 丙 壬, of whom 乙 is to correct and the last two are silent. 高新区: 丁 戊 己 辛 乐, of
    # whom the last three are silent. 未填: 庚 and 癸, who are to correct. In all 12, each once, less 6 silent: 6.
    assert printed(table_of(overview_sheet(whole), "response")) == [
        HEADER,
        ("北区", 1, 0, 0, 0, 0, 1),
        ("城东区", 4, 2, 2 / 4, 1, 1, 2),
        ("高新区", 5, 2, 2 / 5, 2, 0, 3),
        (MISSING, 2, 2, 1, 0, 2, 0),
        (TOTAL, 12, 6, 6 / 12, 3, 3, 6),
    ]


def test_of_another_phase_only_its_returns_are_answers(before: ReportData) -> None:
    # 壬 and 癸 have answered for 改造前.
    assert printed(table_of(overview_sheet(before), "response")) == [
        HEADER,
        ("北区", 1, 0, 0, 0, 0, 1),
        ("城东区", 4, 1, 1 / 4, 1, 0, 3),
        ("高新区", 5, 0, 0, 0, 0, 5),
        (MISSING, 2, 1, 1 / 2, 1, 0, 1),
        (TOTAL, 12, 2, 2 / 12, 2, 0, 10),
    ]


def test_the_silent_by_district_then_by_name_with_their_contacts(whole: ReportData) -> None:
    assert rows(table_of(silent_sheet(whole), "silent").frame, *SILENT) == [
        (1, "北区", "辛公司", code(8), None, None),
        (2, "城东区", "丙公司", code(3), "王五", "13911111111"),
        (3, "城东区", "壬公司", code(10), None, None),
        (4, "高新区", "乐公司", code(12), None, None),
        (5, "高新区", "己有限公司", None, None, None),
        (6, "高新区", "辛公司", code(9), None, None),
    ]


def test_the_silent_of_another_phase(before: ReportData) -> None:
    names = {name for (name,) in rows(table_of(silent_sheet(before), "silent").frame, "name")}
    assert not names & {"壬公司", "癸公司"}
    assert {"甲公司", "乙公司"} <= names


def test_the_lead_names_who_was_asked_who_answered_and_the_share(whole: ReportData, before: ReportData) -> None:
    # 6 of 12, 2 of 12 = 16.666…%; counted are 甲 丁 戊 己 辛 外, and of 改造前 壬 and 癸
    assert figures(lead_sentence(whole))[:4] == ["12", "6", "50.0%", "6"]
    assert figures(lead_sentence(before))[:4] == ["12", "2", "16.7%", "2"]


def test_off_the_list_is_who_is_matched_neither_by_code_nor_by_name(whole: ReportData) -> None:
    # 己有限责任公司 (another than 己有限公司), 外 and 别; 辛公司 is a name of the roster, though nobody can say whose.
    notes = table_of(overview_sheet(whole), "response").notes
    assert [figures(note) for note in notes if figures(note)][:1] == [["3"]]
    assert any("未报名单" in note for note in notes)
    unasked = table_of(unasked_sheet(whole), "unasked")
    assert unasked.long
    assert [number for (number,) in rows(unasked.frame, "number")] == list(range(1, len(unasked.frame) + 1))
    assert "己有限责任公司" in [name for (name,) in rows(unasked.frame, "name")]
