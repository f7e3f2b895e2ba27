"""待审定.xlsx: what the bureau sees, may fill in, and what comes of it when it is read."""

from __future__ import annotations

import datetime as dt
import importlib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from cases import EDITION
from office import convert
from smebatch.intake.decisions import HEADINGS, IDENTITY, Decision, read_decisions
from smebatch.report import decision_form

FORM_ID = "0123456789012345"  # of digits alone, yet no number
ISSUE = {
    "form_id": FORM_ID,
    "code": "interval.contradiction",
    "key": "q02",
    "name": "示例精密制造有限公司",
    "title": "题2 设备数字化",
    "found": "(20%,40%]",
    "expected": "41 ÷ 100 = 41%",
    "explanation": "两台设备十二月才到货",
}
TO_FILL_IN = HEADINGS[len(ISSUE) :]
HOSTILE = (
    *("=cmd|' /C calc'!A0", "＝1+1", "+1", "-1", "@SUM(1)", "{=1}", "http://example.org/a", "<r><t>raw</t></r>"),
    *("_x0041_", "甲\x00\x1b\u202e厂", "两\n行", "长" * 40_000),
)


def write(path: Path, *issues: dict[str, str]) -> Path:
    decision_form.write_decision_form(path, pd.DataFrame(list(issues), columns=list(ISSUE), dtype="str"))
    return path


@pytest.fixture
def form(tmp_path: Path) -> Path:
    return write(tmp_path / "待审定.xlsx", ISSUE, {**ISSUE, "key": "q03"})


def sheet_of(path: Path) -> Worksheet:
    (sheet,) = openpyxl.load_workbook(path).worksheets
    return sheet


def test_one_sheet_has_the_headings_of_the_contract_in_its_first_row(form: Path) -> None:
    rows = list(sheet_of(form).iter_rows(values_only=True))
    assert rows[0] == (
        *("form_id", "code", "key", "企业名称", "题目", "所填", "应为", "企业说明", "审定", "理由", "审定人"),
        "审定日期",
    )
    assert rows[1] == (*ISSUE.values(), None, None, None, None)
    assert len(rows) == 3


def test_only_the_cells_to_fill_in_are_yellow_and_unlocked(form: Path) -> None:
    sheet = sheet_of(form)
    assert sheet.protection.sheet
    for heading, cell in zip(HEADINGS, sheet[2], strict=True):
        to_fill_in = heading in TO_FILL_IN
        assert cell.protection.locked != to_fill_in, heading
        assert (cell.fill.fgColor.rgb == "FFFFFFCC") == to_fill_in, heading
        assert (cell.font.color is not None and cell.font.color.rgb == "FF9CA3AF") == (heading in IDENTITY), heading
        assert sheet.cell(1, cell.column).protection.locked, heading


def test_every_cell_to_fill_in_says_how_and_verdict_and_day_are_checked(form: Path) -> None:
    rules = {str(rule.sqref): rule for rule in sheet_of(form).data_validations.dataValidation}
    by_heading = {HEADINGS[openpyxl.utils.column_index_from_string(ref[0]) - 1]: rule for ref, rule in rules.items()}
    assert list(by_heading) == list(TO_FILL_IN)
    assert all(rule.prompt and rule.showInputMessage for rule in by_heading.values())
    assert (by_heading["审定"].type, by_heading["审定"].formula1) == ("list", '"准予,不准"')
    assert by_heading["审定日期"].type == "date"
    assert all(ref[1:].startswith("2:") for ref in rules)


def test_the_form_fits_screen_and_paper(form: Path) -> None:
    sheet = sheet_of(form)
    assert sheet.freeze_panes == "E2"
    assert sheet.auto_filter.ref == "A1:L3"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)


def test_rows_are_as_high_as_their_text_and_never_too_high(tmp_path: Path) -> None:
    sheet = sheet_of(
        write(tmp_path / "a.xlsx", ISSUE, {**ISSUE, "explanation": "长" * 200}, {**ISSUE, "found": HOSTILE[-1]})
    )
    short, long, longest = (float(sheet.row_dimensions[row].height or 0) for row in (2, 3, 4))
    assert 0 < short < long < longest <= 409  # points; Excel allows no more


def test_texts_stay_texts(tmp_path: Path) -> None:
    issues = [{**dict.fromkeys(ISSUE, hostile), "form_id": FORM_ID} for hostile in HOSTILE]
    sheet = sheet_of(write(tmp_path / "a.xlsx", *issues))
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)
    found = [row[5].value for row in sheet.iter_rows(min_row=2)]
    assert found[:7] == list(HOSTILE[:7])
    assert found[8:11] == ["_x0041_", "甲厂", "两 行"]


def test_the_same_issues_give_the_same_bytes_under_any_name(tmp_path: Path) -> None:
    importlib.reload(decision_form)  # the first form of a program as well
    assert write(tmp_path / "a.xlsx", ISSUE).read_bytes() == write(tmp_path / "b.part", ISSUE).read_bytes()


def fill_in(path: Path) -> Path:
    """Decide the first of two issues, as a person does."""
    book = openpyxl.load_workbook(path)
    for heading, content in zip(TO_FILL_IN, ("准予", "合同齐全", "李四", dt.date(2026, 11, 20)), strict=True):
        book.active.cell(2, HEADINGS.index(heading) + 1).value = content
    book.save(path)
    return path


def check_is_read(path: Path) -> None:
    """The first line is a decision, the second undecided."""
    decisions, findings = read_decisions(path, EDITION)
    assert findings == []
    day = dt.date(2026, 11, 20)
    assert decisions == [Decision(FORM_ID, ISSUE["code"], "q02", True, "合同齐全", "李四", day, "待审定", "I2")]


def test_what_is_filled_in_is_read(form: Path) -> None:
    check_is_read(fill_in(form))


def test_a_form_as_it_was_written_decides_nothing(form: Path, tmp_path: Path) -> None:
    assert read_decisions(form, EDITION) == ([], [])
    assert read_decisions(write(tmp_path / "none.xlsx"), EDITION) == ([], [])


@pytest.mark.office
@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])
def test_what_libreoffice_saves_is_read(form: Path, tmp_path: Path, ending: str) -> None:
    check_is_read(*convert([fill_in(form)], ending, tmp_path / "saved"))
