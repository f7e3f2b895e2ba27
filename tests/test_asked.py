"""The roster beside the returns: who of those asked has answered, and who has answered unasked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb
import pytest

from smebatch.batch.response import ASKED_ENTERPRISES, UNASKED_ENTERPRISES


class Sent(NamedTuple):
    """A file with a return."""

    file: str
    uscc: str | None = None
    name: str | None = None
    status: str = "counted"
    phase: str | None = "改造后"
    kind: str = "自评"
    district: str | None = None
    corrects: str = ""  # the file of the version before


class Listed(NamedTuple):
    """A line of the roster."""

    name: str | None = None
    uscc: str | None = None
    district: str | None = None
    contact: str | None = None
    phone: str | None = None


DATABASE = duckdb.connect(config={"threads": 1})
DATABASE.execute("CREATE TABLE roster (name VARCHAR, uscc VARCHAR, district VARCHAR, contact VARCHAR, phone VARCHAR)")
DATABASE.execute("CREATE TABLE files (file VARCHAR, form_id VARCHAR, status VARCHAR, reason VARCHAR)")
DATABASE.execute(
    """CREATE TABLE answers (form_id VARCHAR, uscc VARCHAR, name VARCHAR, phase VARCHAR, assessment_kind VARCHAR,
    district VARCHAR)"""
)
DATABASE.execute("CREATE TABLE versions (form_id VARCHAR, thread VARCHAR, version INTEGER, status VARCHAR)")
Rows = list[dict[str, Any]]


def beside(roster: Sequence[Listed], sent: Sequence[Sent], phase: str = "", kind: str = "") -> tuple[Rows, Rows]:
    """Those asked and those unasked."""
    for table in ("roster", "files", "answers", "versions"):
        DATABASE.execute(f"DELETE FROM {table}")
    for line in roster:
        DATABASE.execute("INSERT INTO roster VALUES (?, ?, ?, ?, ?)", line)
    for s in sent:
        DATABASE.execute("INSERT INTO files VALUES (?, ?, ?, 'complete')", [s.file, s.file, s.status])
        DATABASE.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)", [s.file, s.uscc, s.name, *s[4:7]])
        version = [s.file, s.corrects or s.file, 2 if s.corrects else 1, s.status]
        DATABASE.execute("INSERT INTO versions VALUES (?, ?, ?, ?)", version)
    return rows_of(ASKED_ENTERPRISES, phase, kind), rows_of(UNASKED_ENTERPRISES, phase, kind)


def rows_of(query: str, phase: str, kind: str) -> Rows:
    found = DATABASE.execute(query, [phase, kind])
    columns = [column[0] for column in found.description]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def answered(roster: Sequence[Listed], *sent: Sent, phase: str = "", kind: str = "") -> list[bool]:
    """Whether each enterprise asked has answered."""
    return [row["answered"] for row in beside(roster, sent, phase, kind)[0]]


def unasked(roster: Sequence[Listed], *sent: Sent, phase: str = "", kind: str = "") -> list[tuple[str, str]]:
    """The first file of each enterprise that answered unasked, and why it was not found."""
    return [(row["file"], row["why"]) for row in beside(roster, sent, phase, kind)[1]]


A, B = Listed("甲公司", "91A", "东"), Listed("乙公司", "91B", "东")


# --- who answered ---------------------------------------------------------------------------------------------------


def test_by_code_whatever_the_name() -> None:
    assert answered([A, B], Sent("a", "91A", "丙公司")) == [True, False]
    assert unasked([A, B], Sent("a", "91A", "丙公司")) == []


@pytest.mark.parametrize("status", ["counted", "returned", "superseded"])
def test_whatever_the_status(status: str) -> None:
    for sent in (Sent("a", "91A", status=status), Sent("a", None, "甲公司", status=status)):
        (row, other), _ = beside([A, B], [sent])
        assert (row["answered"], row["counted"]) == (True, status == "counted")
        assert (other["answered"], other["counted"]) == (False, False)


@pytest.mark.parametrize("code", [None, "91X"])
@pytest.mark.parametrize("listed", [A, A._replace(uscc=None), A._replace(uscc="")])
def test_else_by_name_be_it_counted_or_returned(code: str | None, listed: Listed) -> None:
    for status in ("counted", "returned"):
        sent = Sent("a", code, "甲公司", status)
        assert answered([listed, B], sent) == [True, False]
        assert unasked([listed, B], sent) == []


@pytest.mark.parametrize(
    ("name", "other", "alike"),
    [
        ("甲（福建）公司", "甲(福建)公司", True),
        ("甲（福建）公司", "甲〔福建〕 公司", True),
        ("ＡＢ公司", "ab\u3000公 司", True),
        ("甲有限公司", "甲有限责任公司", False),
        ("甲（福建）公司", "甲福建公司", False),
        ("甲公司", "甲公司（福建）", False),
    ],
)
def test_names_match_as_an_office_would_match_them(name: str, other: str, alike: bool) -> None:
    for listed, said in ((name, other), (other, name)):
        assert answered([Listed(listed)], Sent("a", "91A", said)) == [alike]
        assert unasked([Listed(listed)], Sent("a", "91A", said)) == ([] if alike else [("a", "outside")])


def test_a_name_that_matches_two_is_shown_and_not_chosen() -> None:
    roster = [A, A._replace(uscc="91B"), Listed("乙公司")]
    asked, others = beside(roster, [Sent("a", "91X", "甲 公司", "returned", district="西")])
    assert [(row["answered"], row["doubt"]) for row in asked] == [(False, True), (False, True), (False, False)]
    (row,) = others
    assert row == {
        "name": "甲 公司",
        "uscc": "91X",
        "district": "西",
        "file": "a",
        "n": 1,
        "why": "several",
        "rivals": 2,
        "whose": "91A、91B",
    }
    # the code tells which
    asked, others = beside(roster, [Sent("a", "91B", "甲公司")])
    assert [(row["answered"], row["doubt"]) for row in asked] == [(False, False), (True, False), (False, False)]
    assert others == []


def test_of_many_of_one_name_three_are_named() -> None:
    roster = [Listed("甲公司", f"91{c}") for c in "EDCBA"]
    ((row,), _) = (beside(roster, [Sent("a", None, "甲公司")])[1], None)
    assert (row["rivals"], row["whose"]) == (5, "91A、91B、91C")


@pytest.mark.parametrize(
    ("phase", "kind", "expected"),
    [
        ("", "", [True, True, True]),
        ("改造前", "", [True, False, False]),
        ("改造后", "", [False, True, False]),
        ("", "自评", [True, False, True]),
        ("改造后", "自评", [False, False, False]),
    ],
)
def test_only_what_the_report_covers_is_an_answer(phase: str, kind: str, expected: list[bool]) -> None:
    sent = [
        Sent("a", "91A", phase="改造前", status="returned"),
        Sent("b", "91B", kind="现场评定"),
        Sent("c", "91C")._replace(phase=None),
        Sent("x", "91X", phase="改造前"),
    ]
    roster = [A, B, Listed("丙公司", "91C")]
    assert answered(roster, *sent, phase=phase, kind=kind) == expected
    outside = phase in ("", "改造前")
    assert unasked(roster, *sent, phase=phase, kind=kind) == ([("x", "outside")] if outside else [])


def test_one_of_several_returns_may_count() -> None:
    sent = Sent("a", "91A", phase="改造前"), Sent("b", "91A", status="returned"), Sent("c", "91A", status="superseded")
    assert [row["counted"] for row in beside([A], sent)[0]] == [True]
    assert [row["counted"] for row in beside([A], sent, phase="改造后")[0]] == [False]


# --- who was asked --------------------------------------------------------------------------------------------------


def test_an_enterprise_is_asked_once_and_known_by_the_first_line_that_says_so() -> None:
    roster = [
        Listed("甲厂", "91A", None, "张三"),
        Listed("乙厂", "91B", "东"),
        Listed("甲厂二报", " 91a ", "西", "李四", "139"),
        Listed("甲 厂", None, "东"),  # the only enterprise of this name
        Listed("丙厂", None),
        Listed("丙厂", ""),
    ]
    asked, _ = beside(roster, [Sent("a", "91X", "甲厂二报")])
    assert [(row["name"], row["uscc"], row["district"], row["contact"], row["phone"]) for row in asked] == [
        ("甲厂", "91A", "西", "张三", "139"),
        ("乙厂", "91B", "东", None, None),
        ("丙厂", None, None, None, None),
    ]
    assert [row["answered"] for row in asked] == [True, False, False]  # by a name it is also listed under


def test_a_line_without_a_code_whose_name_two_have_is_one_of_its_own() -> None:
    roster = [A, A._replace(uscc="91B"), Listed("甲公司")]
    assert answered(roster, Sent("a", "91A", "甲公司")) == [True, False, False]
    assert unasked(roster, Sent("a", None, "甲公司")) == [("a", "several")]


def test_without_a_roster_nobody_is_asked() -> None:
    assert answered([], Sent("a", "91A")) == []
    assert unasked([], Sent("a", "91A")) == []


# --- who was not ----------------------------------------------------------------------------------------------------


def test_those_off_the_list_are_named_once_by_district_and_name() -> None:
    sent = [
        Sent("9", "91X", "丁公司", district="西"),
        Sent("8", "91X", "丁公司", "returned", district=None),
        Sent("7", None, "丁公司", "returned"),  # the only one of this name
        Sent("6", None, "丙公司", "returned", district="东"),
        Sent("5", "91Y", None, "returned"),
        Sent("4", None, None, "returned"),
        Sent("3", None, None, "returned"),
        Sent("a", "91A"),
    ]
    _, others = beside([A], sent)
    assert [tuple(row.values())[:6] for row in others] == [
        ("丙公司", None, "东", "6", 1, "outside"),
        ("丁公司", "91X", "西", "7", 3, "outside"),
        (None, "91Y", None, "5", 1, "outside"),
        (None, None, None, "3", 1, "unknown"),
        (None, None, None, "4", 1, "unknown"),
    ]


def test_copies_are_no_further_returns() -> None:
    beside([A], [Sent("x", "91X"), Sent("y", "91X", status="superseded")])
    DATABASE.execute("UPDATE files SET reason = 'superseded.copy', form_id = 'x' WHERE file = 'y'")
    (row,) = rows_of(UNASKED_ENTERPRISES, "", "")
    assert (row["file"], row["n"]) == ("x", 1)


def test_a_version_whose_code_was_wrong_is_nobody_elses_answer() -> None:
    # 甲公司 answered under the code of 乙公司, and has corrected that
    wrong = Sent("1", "91B", "甲公司", status="superseded")
    assert answered([A, B], wrong) == [False, True]
    assert answered([A, B], wrong, Sent("2", "91A", "甲公司", corrects="1")) == [True, False]
