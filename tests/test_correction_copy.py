"""A correction copy: the answers as they stood, the faulty cells marked, and 退回说明 with a row for each issue."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from random import Random

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from cases import EDITION, USCC, form_anew, form_bytes, good_answers
from office import convert
from smebatch.form.cell_marks import NOTE_SIZES
from smebatch.form.correction import Correction, CorrectionIssue
from smebatch.form.correction_copy import copy_of, marks_of, place_of
from smebatch.form.correction_splicer import can_splice
from smebatch.form.measure import line_count
from smebatch.form.prefill import Splicer
from smebatch.form.sheet import NOTE_WIDTH
from smebatch.form.writer import write_form
from smebatch.intake.read_entry import read_bytes
from smebatch.sample.faults import FAULTS
from smebatch.sample.many import answers_of_return
from smebatch.standard.form_markers import (
    CODE,
    CORRECTION_SHEET,
    CORRECTS,
    EXPLANATION,
    ISSUE_CODE,
    ISSUE_KEY,
    MARKER,
    META_SHEET,
)
from smebatch.standard.keys import cells_of_rows, keys_of
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from test_person import has_bridge, type_in
from test_prefill import parts

TINY = parse_edition((Path(__file__).parent / "editions" / "tiny.toml").read_bytes())
FORM_ID = "0123456789abcdef"
ERROR_FILL, WARNING_FILL = "FFFFB3B3", "FFCFE2FF"


def issue(key: str, *, is_error: bool = True, message: str = "请更正。", explanation: str = "") -> CorrectionIssue:
    return CorrectionIssue("some.code", key, is_error, f"题 {key}", "约30", message, "三(一)", explanation)


def correction(*issues: CorrectionIssue) -> Correction:
    return Correction(FORM_ID, "示例有限公司", "甲.xlsx", "2026-12-31", "某市工信局", "张三", "0757-1", issues)


def anew(answers: Mapping[str, object], copy: Correction, edition: Edition = EDITION) -> bytes:
    stream = io.BytesIO()
    write_form(stream, edition, answers, copy)
    return stream.getvalue()


@pytest.fixture(scope="module")
def splicer() -> Splicer:
    """One for all: what it has written before must not matter."""
    return Splicer(EDITION)


# --- spliced or written anew, a copy is the same


def differing(one: bytes, other: bytes) -> list[str]:
    """The parts in which two workbooks differ."""
    pairs = zip_longest(parts(one), parts(other), fillvalue=("", b""))
    return [name for (name, content), part in pairs if (name, content) != part]


def random_correction(random: Random, count: int) -> Correction:
    """Issues about any keys, whole questions and scenes, and the whole return, with texts of any length."""
    keys = [*keys_of(EDITION), *cells_of_rows(EDITION), "", "no_such_key"]
    texts = ["", "约30", "请更正。", "请核对两处，改正有误的一处。" * 4, "长" * 700, "  两行\n一行 "]
    return correction(
        *(
            CorrectionIssue(
                random.choice(["single.many", "uscc.length"]),
                random.choice(keys),
                random.random() < 0.6,
                *random.choices(texts, k=5),
            )
            for _ in range(count)
        )
    )


@pytest.mark.parametrize("count", [1, 2, 8, 9, 60])
def test_every_part_is_that_of_a_copy_written_anew(count: int, splicer: Splicer) -> None:
    random = Random(count)
    answers = answers_of_return(EDITION, count, notes=0.5)
    answers = list(FAULTS.values())[count % len(FAULTS)](EDITION, random, answers)
    copy = random_correction(random, count)
    assert not differing(splicer.correction(answers, copy), anew(answers, copy))


HARD = ["=1+1", "<r><t>x</t></r>", "_x0041_", "\x00\x07\x1b", "]]>", "😀", "\ud800", "\u202e", "&amp;", '"']
HARD += [
    " 甲\r\n ",
    "</comment>",
    "长" * 33_000,
    "ab\n" * 20_000,
    "\ue000#letter\ue001",
    "\ue000name\ue001",
    "企业名称",
    "必须更正",
]
hard_texts = st.lists(st.sampled_from(HARD) | st.text(max_size=3), max_size=3).map("".join)


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_whatever_is_wrong(splicer: Splicer, data: st.DataObject) -> None:
    keys = st.sampled_from([*keys_of(EDITION), *cells_of_rows(EDITION), ""]) | hard_texts
    issues = st.builds(CorrectionIssue, hard_texts, keys, st.booleans(), *[hard_texts] * 5)
    listed = st.lists(issues, max_size=12).map(tuple)
    copy = data.draw(st.builds(Correction, st.just(FORM_ID), *[hard_texts] * 6, listed))
    answers = data.draw(st.dictionaries(st.sampled_from(list(keys_of(EDITION))), hard_texts, max_size=12))
    assert not differing(splicer.correction(answers, copy), anew(answers, copy))


def test_another_edition() -> None:
    splicer = Splicer(TINY)
    for copy in (correction(*map(issue, keys_of(TINY))), correction(issue(""))):
        assert not differing(splicer.correction({}, copy), anew({}, copy, TINY))


def test_a_copy_depends_on_its_own_contents_alone(splicer: Splicer) -> None:
    answers, copy = good_answers(), random_correction(Random(3), 5)
    first = splicer.correction(answers, copy)
    for seed in range(5):
        splicer.correction(answers_of_return(EDITION, seed), random_correction(Random(seed), seed + 1))
    assert splicer.correction(answers, copy) == first
    assert Splicer(EDITION).correction(answers, copy) == first


def test_copies_that_cannot_be_spliced_are_written_anew(splicer: Splicer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One without issues, one that corrects nothing; and one with more notes than XlsxWriter numbers in a row."""
    monkeypatch.setattr("smebatch.form.correction_splicer.MAX_NOTES", 3)
    many = correction(*map(issue, ["name", "uscc", "city", "district"]))
    for copy in (correction(), correction(issue("name"))._replace(corrects=""), many):
        assert not can_splice(copy_of(EDITION, copy))
        assert not differing(splicer.correction(good_answers(), copy), anew(good_answers(), copy))


# --- what a copy shows


def sheet_of(data: bytes, name: str) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data))[name]


def row_of(sheet: Worksheet, key: str) -> dict[str, Cell]:
    """The cells of a row of 退回说明 by the marks above them and by the headings."""
    rows = {row[0].value: row for row in sheet.iter_rows()}
    names = [mark.value or heading.value for mark, heading in zip(rows[MARKER], sheet[8], strict=True)]
    return dict(zip(names, rows[key], strict=True))


ISSUES = (
    issue("uscc", message="应为 18 位。"),
    issue("q05", message="单选题只能选一项。", explanation="两项都是。"),
    issue("staff_last", is_error=False),
    issue(""),
)


@pytest.fixture(scope="module")
def copy(splicer: Splicer) -> bytes:
    return splicer.correction({**good_answers(), "staff_last": "约30", "uscc": None}, correction(*ISSUES))


def test_the_first_sheet_lists_the_issues(copy: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(copy)).worksheets[0]
    assert sheet.title == CORRECTION_SHEET
    second = {name: cell.value for name, cell in row_of(sheet, "e002").items()}
    assert (second[CODE], second["位置"], second["怎样更正"]) == (2, "基础管理成效!E46:E50", "单选题只能选一项。")
    assert (second[ISSUE_CODE], second[ISSUE_KEY], second[EXPLANATION]) == ("some.code", "q05", "两项都是。")
    links = {link.ref: link.location for link in (cell.hyperlink for row in sheet for cell in row) if link}
    assert links == {"D9": "企业信息!D6", "D10": "基础管理成效!E46:E50", "D11": "基础管理成效!E115"}
    assert row_of(sheet, "e004")["位置"].value is None
    assert {c for c, d in sheet.column_dimensions.items() if d.hidden} == {"A", "J"}  # J stands for J and K
    assert sheet.column_dimensions["J"].max == 11
    assert {r for r, d in sheet.row_dimensions.items() if d.hidden} == {4, 5, 6, 7}


def test_only_explanations_may_be_written_there(copy: bytes) -> None:
    sheet = sheet_of(copy, CORRECTION_SHEET)
    assert sheet.protection.sheet
    assert not sheet.protection.password
    visible = [cell for row in sheet.iter_rows(min_row=8) for cell in row if not cell.protection.locked]
    assert [cell.coordinate for cell in visible] == ["I9", "I10", "I11", "I12"]
    assert {cell.number_format for cell in visible} == {"@"}


def test_faulty_cells_are_marked_and_say_why(copy: bytes) -> None:
    enterprise, questions = sheet_of(copy, "企业信息"), sheet_of(copy, "基础管理成效")
    uscc, staff = enterprise["D6"], questions["E115"]
    assert (uscc.fill.fgColor.rgb, uscc.border.top.style) == (ERROR_FILL, "thick")
    assert (staff.fill.fgColor.rgb, staff.border.top.style) == (WARNING_FILL, "thick")
    assert {questions[f"E{row}"].fill.fgColor.rgb for row in range(46, 51)} == {ERROR_FILL}
    assert "应为 18 位。" in uscc.comment.text
    assert [bool(questions[f"E{row}"].comment) for row in (46, 47)] == [True, False]
    assert [cell.coordinate for row in enterprise for cell in row if cell.comment] == ["D4", "D6"]


def test_marks_come_before_what_shows_missing_answers(copy: bytes) -> None:
    rules = [
        (rule.priority, str(ranges.sqref))
        for ranges in sheet_of(copy, "企业信息").conditional_formatting
        for rule in ranges.rules
    ]
    assert sorted(rules) == [(1, "A3 D6"), (2, "B3"), (3, "D5:D24")]


def test_the_cells_of_an_issue() -> None:
    assert place_of(EDITION, "s03").startswith("数字化经营!")
    assert ":" not in place_of(EDITION, "s03")
    assert place_of(EDITION, "") == place_of(EDITION, "no_such_key") == ""
    marks = marks_of(EDITION, [issue("q05_o01", is_error=False, message="一"), issue("q05", message="二")])
    assert set(marks) == set(cells_of_rows(EDITION)["q05"])
    assert all(mark.is_error for mark in marks.values())
    assert ["一" in marks["q05_o01"].note, "二" in marks["q05_o01"].note, marks["q05_o02"].note] == [True, True, ""]


@pytest.mark.parametrize("messages", [["短"], ["长" * 200], ["请更正。"] * 20, ["长" * 9_000], ["a\nb" * 999] * 99])
def test_a_note_fits_its_box(messages: Sequence[str]) -> None:
    mark = marks_of(EDITION, [issue("name", message=message) for message in messages])["name"]
    assert mark.lines in NOTE_SIZES
    assert line_count(mark.note, NOTE_WIDTH) <= mark.lines


def test_a_copy_says_what_it_corrects(copy: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(copy))
    assert {row[0].value: row[1].value for row in book[META_SHEET].iter_rows()}[CORRECTS] == FORM_ID
    assert book.custom_doc_props[CORRECTS].value == FORM_ID


# --- it is a form like any other


def rules(book: Workbook, name: str) -> list[tuple[str, str | None, str | None]]:
    return sorted((str(v.sqref), v.type, v.formula1) for v in book[name].data_validations.dataValidation)


def test_a_copy_protects_validates_and_scores_itself_like_a_form(copy: bytes) -> None:
    book, form = (openpyxl.load_workbook(io.BytesIO(data)) for data in (copy, form_anew(good_answers())))
    assert book.sheetnames == [CORRECTION_SHEET, *form.sheetnames]
    assert dict(book.defined_names) == dict(form.defined_names)
    for sheet in form:
        there = book[sheet.title]
        assert there.protection == sheet.protection
        assert rules(book, sheet.title) == rules(form, sheet.title)
        assert there.print_area == sheet.print_area
        for row in sheet:
            for cell in row:
                assert there[cell.coordinate].protection.locked == cell.protection.locked
                if cell.data_type == "f":
                    assert there[cell.coordinate].value == cell.value


def test_a_copy_is_read_like_a_form(splicer: Splicer) -> None:
    answers = good_answers()
    copy = splicer.correction(answers, correction(*ISSUES))
    assert read_bytes(copy, EDITION).values == read_bytes(form_bytes(answers), EDITION).values


# --- what an enterprise wrote stays text


def test_whatever_comes_from_outside_stays_text(splicer: Splicer) -> None:
    evil = "".join(HARD)
    issues = [CorrectionIssue(bad, "name", True, *[bad] * 5) for bad in HARD]
    issues += [CorrectionIssue(evil, evil, True, *[evil] * 5)]
    copy = correction(*issues)._replace(name=evil, file=evil, deadline=evil, bureau=evil, contact=evil, phone=evil)
    data = splicer.correction({"name": evil, "city": HARD[0], "park": HARD[1]}, copy)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet, enterprise = book[CORRECTION_SHEET], book["企业信息"]
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n"}
    assert {enterprise[cell].data_type for cell in ("D5", "D8", "D10")} == {"s"}
    assert len([cell for row in sheet for cell in row if cell.hyperlink]) == len(HARD)
    assert [cell.coordinate for row in enterprise for cell in row if cell.comment] == ["D4", "D5"]
    assert max(len(str(cell.value or "")) for row in sheet for cell in row) <= 32_767


# --- LibreOffice


def assert_alive(book: Workbook) -> None:
    """What marks, notes, links and hidden columns there were are still there."""
    sheet, enterprise = book.worksheets[0], book["企业信息"]
    assert (sheet["A10"].value, sheet["J10"].value, sheet["K10"].value) == ("e002", "some.code", "q05")
    assert [sheet.column_dimensions[column].hidden for column in ("A", "J")] == [True, True]
    assert sheet["D9"].hyperlink.location.replace("'", "").replace(".", "!") == "企业信息!D6"
    assert (enterprise["D6"].fill.fgColor.rgb, enterprise["D6"].border.top.style) == (ERROR_FILL, "thick")
    assert "应为 18 位。" in enterprise["D6"].comment.text
    assert {row[0].value: row[1].value for row in book[META_SHEET].iter_rows()}[CORRECTS] == FORM_ID


@pytest.mark.office
def test_a_copy_mended_and_explained_in_libreoffice_keeps_it_all(tmp_path: Path, copy: bytes) -> None:
    if not has_bridge():
        pytest.skip("LibreOffice's Python bridge (python3-uno) is not installed")
    (tmp_path / "copy.xlsx").write_bytes(copy)
    type_in(tmp_path, "copy.xlsx", "filled.xlsx", {"uscc": USCC, "e003_text": "人数为年均数。"})
    book = openpyxl.load_workbook(tmp_path / "filled.xlsx")
    assert_alive(book)
    assert book.worksheets[0]["I11"].value == "人数为年均数。"
    assert read_bytes((tmp_path / "filled.xlsx").read_bytes(), EDITION).values["uscc"] == USCC


@pytest.mark.office
def test_a_copy_saved_as_ods_keeps_it_all(tmp_path: Path, copy: bytes) -> None:
    (tmp_path / "copy.xlsx").write_bytes(copy)
    (saved,) = convert([tmp_path / "copy.xlsx"], "ods", tmp_path / "ods")
    (again,) = convert([saved], "xlsx", tmp_path / "xlsx")
    assert_alive(openpyxl.load_workbook(again))
