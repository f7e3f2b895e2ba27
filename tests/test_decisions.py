"""The decisions file: what a bureau has decided about explained errors, and what is wrong with its lines."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from cases import EDITION
from office import convert
from smebatch.cli.words import CliWords
from smebatch.intake.decisions import HEADINGS, Decision, DecisionsError, DecisionsFile, read_decisions
from smebatch.issues.catalogue import ISSUES, Severity
from smebatch.issues.rendering import render

FORM_ID = "0123456789abcdef"
LINE = {
    "form_id": FORM_ID,
    "code": "interval.contradiction",
    "key": "q02",
    "企业名称": "示例精密制造有限公司",
    "题目": "题2 设备数字化",
    "所填": "(20%,40%]",
    "应为": "41 ÷ 100 = 41%",
    "企业说明": "两台设备十二月才到货",
    "审定": "准予",
    "理由": "合同、发票齐全",
    "审定人": "李四",
    "审定日期": dt.date(2026, 11, 20),
}
DECISION = Decision(
    FORM_ID, "interval.contradiction", "q02", True, "合同、发票齐全", "李四", dt.date(2026, 11, 20), "Sheet", "I2"
)
Lines = Sequence[dict[str, Any]]


def line(**changes: Any) -> dict[str, Any]:
    return LINE | changes


def excel(folder: Path, lines: Lines, headings: Sequence[str] = HEADINGS, above: Sequence[str] = ()) -> Path:
    book, path = Workbook(), folder / "待审定.xlsx"
    for title in above:
        book.active.append([title])
    book.active.append(list(headings))
    for each in lines:
        book.active.append([each.get(heading) for heading in headings])
        for cell in book.active[book.active.max_row]:
            if isinstance(cell.value, str) and cell.value[:1] == "=" and not cell.value.startswith("=A"):
                cell.data_type = "s"
    book.save(path)
    return path


def read(folder: Path, *lines: dict[str, Any]) -> DecisionsFile:
    return read_decisions(excel(folder, lines), EDITION)


def refusal(path: Path) -> tuple[str, object]:
    """The code with which a file is refused, and which headings it names; the refusal has its message."""
    with pytest.raises(DecisionsError) as error:
        read_decisions(path, EDITION)
    assert CliWords("zh").text(error.value.code, **error.value.values)
    return error.value.code, error.value.values.get("headings")


# --- what is decided


def test_a_decision_is_read_with_its_place(tmp_path: Path) -> None:
    assert read(tmp_path, LINE) == DecisionsFile([DECISION], [])


def test_an_explanation_may_be_refused(tmp_path: Path) -> None:
    (decision,), findings = read(tmp_path, line(审定="不准"))
    assert (decision.accepted, findings) == (False, [])


def test_a_line_without_a_verdict_is_undecided_whatever_else_it_holds(tmp_path: Path) -> None:
    undecided = [line(审定=verdict, 理由=None, 审定日期="去年") for verdict in (None, "", "  ", "　", "\u200b")]
    assert read(tmp_path, *undecided, LINE) == DecisionsFile([DECISION._replace(cell="I7")], [])


def test_columns_and_lines_stand_in_any_order_below_a_title(tmp_path: Path) -> None:
    path = excel(tmp_path, [line(审定="不准"), LINE], HEADINGS[::-1], above=("待审定清单", "审定截至十一月"))
    assert read_decisions(path, EDITION).decisions == [
        DECISION._replace(accepted=False, cell="D4"),
        DECISION._replace(cell="D5"),
    ]


def test_headings_and_verdicts_are_read_whatever_their_width_and_blanks(tmp_path: Path) -> None:
    headings = {"form_id": " FORM_ID ", "审定": "审定：", "理由": "*理由"}
    path = excel(
        tmp_path,
        [{headings.get(name, name): value for name, value in line(审定=" 准予　").items()}],
        [headings.get(name, name) for name in HEADINGS],
    )
    assert read_decisions(path, EDITION).decisions == [DECISION]


@pytest.mark.parametrize(
    ("day", "read_as"),
    [
        (None, None),
        ("  ", None),
        (dt.date(2026, 11, 20), dt.date(2026, 11, 20)),
        ("2026-11-20", dt.date(2026, 11, 20)),
        ("２０２６年11月20日", dt.date(2026, 11, 20)),
    ],
)
def test_a_day_may_be_left_out_or_written_like_any_day(day: object, read_as: dt.date | None, tmp_path: Path) -> None:
    assert read(tmp_path, line(审定日期=day)) == DecisionsFile([DECISION._replace(decided_on=read_as)], [])


def test_two_lines_on_one_issue_are_both_read_in_order(tmp_path: Path) -> None:
    decisions, findings = read(tmp_path, LINE, line(审定="不准", 审定人="王五"))
    assert [(each.accepted, each.decided_by) for each in decisions] == [(True, "李四"), (False, "王五")]
    assert findings == []


def test_a_name_merged_over_several_lines_is_for_each_of_them(tmp_path: Path) -> None:
    path, book = tmp_path / "merged.xlsx", Workbook()
    book.active.append(list(HEADINGS))
    for each in (LINE, line(审定人=None)):
        book.active.append([each[heading] for heading in HEADINGS])
    book.active.merge_cells("K2:K3")
    book.save(path)
    decisions, findings = read_decisions(path, EDITION)
    assert ([each.decided_by for each in decisions], findings) == (["李四", "李四"], [])


def test_every_sheet_of_decisions_is_read(tmp_path: Path) -> None:
    path, book = tmp_path / "两张.xlsx", Workbook()
    for name in ("城东区", "说明", "城西区"):
        sheet = book.create_sheet(name)
        sheet.append(["请于月底前审定"] if name == "说明" else list(HEADINGS))
        sheet.append([] if name == "说明" else list(LINE.values()))
    book.save(path)
    decisions, _ = read_decisions(path, EDITION)
    assert [(each.sheet, each.cell) for each in decisions] == [("城东区", "I2"), ("城西区", "I2")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_like_a_workbook(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "审定.csv"
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([HEADINGS, LINE.values()])
    assert read_decisions(path, EDITION).decisions == [DECISION._replace(sheet="审定.csv")]


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_file_saved_by_libreoffice_reads_the_same(kind: str, tmp_path: Path) -> None:
    (saved,) = convert([excel(tmp_path, [LINE, line(审定="不准"), line(审定=None)])], kind, tmp_path / "out")
    assert read_decisions(saved, EDITION).decisions == [DECISION, DECISION._replace(accepted=False, cell="I3")]


# --- what is wrong with a line


@pytest.mark.parametrize(
    ("changes", "code", "cell"),
    [
        ({"审定": "同意"}, "decision.unreadable", "I2"),
        ({"审定": "准予。"}, "decision.unreadable", "I2"),
        ({"审定": True}, "decision.unreadable", "I2"),
        ({"审定": "√"}, "decision.unreadable", "I2"),
        ({"审定": "#REF!"}, "decision.unreadable", "I2"),
        ({"审定": "=A1"}, "decision.unreadable", "I2"),
        ({"理由": None}, "decision.no_reason", "J2"),
        ({"理由": "\u200b "}, "decision.no_reason", "J2"),
        ({"理由": "=A1"}, "decision.no_reason", "J2"),
        ({"审定人": None}, "decision.no_name", "K2"),
        ({"审定人": "#N/A"}, "decision.no_name", "K2"),
        ({"审定日期": "去年底"}, "decision.date", "L2"),
        ({"审定日期": 46_000}, "decision.date", "L2"),
        ({"审定日期": "2026-02-30"}, "decision.date", "L2"),
        ({"审定日期": "=A1"}, "decision.date", "L2"),
        ({"key": "#REF!"}, "decision.unknown", "A2"),
    ],
)
def test_a_line_that_says_nothing_sure_is_an_issue_with_its_place(
    changes: dict[str, Any], code: str, cell: str, tmp_path: Path
) -> None:
    decisions, (finding,) = read(tmp_path, line(**changes))
    assert (decisions, finding.code, finding.sheet, finding.cell) == ([], code, "Sheet", cell)
    assert all(render(finding))


def test_everything_wrong_is_said_in_one_pass(tmp_path: Path) -> None:
    decisions, findings = read(
        tmp_path, line(审定="也许", 理由=None, 审定人=None, 审定日期="某日"), LINE, line(审定人=" ", 审定="不准")
    )
    assert decisions == [DECISION._replace(cell="I3")]
    assert [(finding.code.removeprefix("decision."), finding.cell) for finding in findings] == [
        *(("unreadable", "I2"), ("no_reason", "J2"), ("no_name", "K2"), ("date", "L2")),
        ("no_name", "K4"),
    ]
    assert {(finding.key, finding.label) for finding in findings} == {("q02", "题2 设备数字化")}


def test_a_struck_out_verdict_is_none(tmp_path: Path) -> None:
    path, book = tmp_path / "a.xlsx", Workbook()
    book.active.append(list(HEADINGS))
    book.active.append([LINE[heading] for heading in HEADINGS])
    book.active["I2"].font = Font(strike=True)
    book.save(path)
    decisions, (finding,) = read_decisions(path, EDITION)
    assert (decisions, finding.code) == ([], "decision.unreadable")


def test_what_the_batch_need_not_know_is_passed_on_as_it_stands(tmp_path: Path) -> None:
    (decision, blank), findings = read(
        tmp_path, line(form_id="nobody", code="made.up", key="=1+1"), line(form_id=None, code=None, key=None)
    )
    assert (decision.form_id, decision.code, decision.key) == ("nobody", "made.up", "=1+1")
    assert (blank.form_id, blank.code, blank.key, findings) == ("", "", "", [])


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "<r><t>x</t></r>", "'; DROP TABLE forms", "好" * 32_767, "{found}"]
)
def test_hostile_texts_are_texts(text: str, tmp_path: Path) -> None:
    hostile = line(理由=text, 审定人=text)
    (decision,), findings = read(tmp_path, hostile)
    assert (decision.reason, decision.decided_by, findings) == (text, text, [])
    _, (finding,) = read(tmp_path, line(审定=text, key=text))
    assert finding.found == text
    assert text in render(finding)[0]


def test_issues_of_a_decisions_file_block_nothing() -> None:
    assert {issue.severity for code, issue in ISSUES.items() if code.startswith("decision.")} == {Severity.WARNING}


# --- what is no decisions file


def test_a_file_without_its_headings_is_refused_by_those_it_lacks(tmp_path: Path) -> None:
    left = [heading for heading in HEADINGS if heading not in ("理由", "key")]
    assert refusal(excel(tmp_path, [LINE], left)) == ("decisions.headings", "key、理由")
    assert refusal(excel(tmp_path, [LINE], ["企业名称", "题目"])) == (
        "decisions.headings",
        "form_id、code、key、审定、理由、审定人、审定日期",
    )
    assert refusal(excel(tmp_path, [], []))[0] == "decisions.headings"


def test_two_columns_of_one_heading_are_refused(tmp_path: Path) -> None:
    assert refusal(excel(tmp_path, [LINE], [*HEADINGS, "审定"])) == ("decisions.doubled", "审定")


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-1.7", b"\0" * 1_000])
def test_what_is_no_table_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "审定.xlsx"
    path.write_bytes(data)
    assert refusal(path)[0] == "decisions.unreadable"


def test_a_missing_file_is_the_commands_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_decisions(tmp_path / "nowhere.xlsx", EDITION)
