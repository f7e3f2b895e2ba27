"""退回清单.xlsx and index.csv: whom to chase, and what to send them."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from cases import EDITION
from smebatch.batch.returned import ChaseLists, CopyLine, Sender
from smebatch.issues.catalogue import REASONS
from smebatch.report.returned_list import (
    correction_message,
    silence_message,
    unreadable_message,
    write_index,
    write_returned_list,
)
from smebatch.report.words import CHASE_WORDS, MISSING, TOTAL

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
SENDER = Sender("某某市工业和信息化局", "林知", "0990-1234567", "2026-12-15")
LINE = CopyLine(
    form_id="0123456789abcdef",
    thread="0123456789abcdef",
    copy="城东区/001_退回更正.xlsx",
    file="returns/001.xlsx",
    name="示例精密制造有限公司",
    uscc="91350211M000100Y46",
    district="城东区",
    contact="张三",
    phone="0592-1234567",
    errors=2,
    warnings=1,
    deadline="2026-12-15",
    reasons=("题5 信息系统是单选题，勾选了 2 项。请只保留一项。", "区县必须填写。"),
    unchanged=False,
    version=1,
    beside="",
)
UNREADABLE = {"file": "returns/城东区/甲.pdf", "reason": "file.pdf", "detail": REASONS["file.pdf"].zh}
SILENT = {
    "name": "示例未报有限公司",
    "uscc": "91350211M000100Y46",
    "district": "城西区",
    "contact": "李四",
    "phone": "13900000000",
    "deadline": "",
}
HOSTILE = (
    *("=cmd|' /C calc'!A0", "＝1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "{=1}", "http://example.org/a"),
    *("<r><t>raw</t></r>", "_x0041_", "{n}{day.year}", "%s", "甲\x00\x1b\u202e厂", "两\n行", "长" * 40_000),
)


def lists(unreadable: list[dict[str, str]] | None = None, silent: list[dict[str, str]] | None = None) -> ChaseLists:
    return ChaseLists(
        pd.DataFrame(unreadable or [], columns=list(UNREADABLE), dtype="str"),
        pd.DataFrame(silent or [], columns=list(SILENT), dtype="str"),
        pd.DataFrame(),
    )


def written(
    folder: Path, lines: list[CopyLine], chase: ChaseLists | None = None, sender: Sender = SENDER
) -> openpyxl.Workbook:
    path = folder / "退回清单.xlsx"
    write_returned_list(path, lines, chase or lists(), sender, EDITION, NOW)
    return openpyxl.load_workbook(path)


def table(book: openpyxl.Workbook, name: str, first: str = "区县") -> list[dict[str, Any]]:
    """The rows under the headings of a sheet, by heading."""
    rows = [[cell.value for cell in row] for row in book[name].iter_rows()]
    start = next(number for number, row in enumerate(rows) if row[0] == first)
    return [dict(zip(map(str, rows[start]), row, strict=True)) for row in rows[start + 1 :]]


def text(book: openpyxl.Workbook, name: str) -> str:
    return "\n".join(str(cell.value) for row in book[name].iter_rows() for cell in row if cell.value is not None)


# --- the sheets


def test_who_must_correct_what_is_listed_by_district(tmp_path: Path) -> None:
    lines = [
        LINE._replace(district="", name="丙"),
        LINE._replace(district="城西区", name="乙"),
        LINE._replace(district="城东区", name="甲二", version=3, unchanged=True),
        LINE._replace(district=" 城东区\n", name="甲一"),
    ]
    rows = table(written(tmp_path, lines), "需更正")
    assert [(row["区县"], row["企业名称"]) for row in rows] == [
        ("城东区", "甲一"),
        ("城东区", "甲二"),
        ("城西区", "乙"),
        (MISSING, "丙"),
    ]
    assert [(row["版次"], row["修改情况"]) for row in rows[:2]] == [(1, None), (3, "未作修改")]
    row = rows[0]
    assert (row["错误"], row["警告"], row["联系人"], row["联系电话"]) == (2, 1, "张三", "0592-1234567")
    assert (row["更正表"], row["截止日期"], row["统一社会信用代码"]) == (LINE.copy, "2026-12-15", LINE.uscc)
    assert row["首要问题"] == "题5 信息系统是单选题，勾选了 2 项。请只保留一项；区县必须填写"
    assert row["催办短信"] == correction_message(lines[3], SENDER)


def test_the_summary_adds_up_by_district(tmp_path: Path) -> None:
    lines = [LINE, LINE._replace(errors=3, unchanged=True), LINE._replace(district="", errors=1)]
    chase = lists([UNREADABLE, UNREADABLE], [SILENT, {**SILENT, "district": "城东区"}])
    rows = [list(row.values()) for row in table(written(tmp_path, lines, chase), "各区县")]
    # district, to correct, errors, unchanged, unreadable, silent
    assert rows == [
        ["城东区", 2, 5, 1, 0, 1],
        ["城西区", 0, 0, 0, 0, 1],
        [MISSING, 1, 1, 0, 2, 0],
        [TOTAL, 3, 6, 1, 2, 2],
    ]


def test_sheets_without_rows_are_left_out_and_the_summary_says_so(tmp_path: Path) -> None:
    book = written(tmp_path, [])
    assert book.sheetnames == ["各区县"]
    assert CHASE_WORDS.none in text(book, "各区县")
    book = written(tmp_path, [LINE], lists([UNREADABLE], [SILENT]))
    assert book.sheetnames == ["各区县", "需更正", "无法读取", "未报送"]
    assert "需更正 1 份，无法读取 1 份，未报送 1 家。" in text(book, "各区县")


def test_a_form_beside_one_that_counts_is_shown_and_not_chased(tmp_path: Path) -> None:
    book = written(tmp_path, [LINE._replace(beside="returns/002.xlsx")])
    assert book.sheetnames == ["各区县", "疑似已重报"]
    (row,) = table(book, "疑似已重报")
    assert (row["文件"], row["已计入的文件"]) == (LINE.file, "returns/002.xlsx")
    assert "催办短信" not in row
    (total,) = table(book, "各区县")
    assert total["需更正（份）"] == 0


def test_unreadable_files_have_a_message_unless_the_bureau_has_to_act(tmp_path: Path) -> None:
    cloud = {"file": "云.xlsx", "reason": "file.cloud", "detail": REASONS["file.cloud"].zh}
    rows = table(written(tmp_path, [], lists([UNREADABLE, cloud])), "无法读取", "文件")
    assert [row["原因和处理"] for row in rows] == [UNREADABLE["detail"], cloud["detail"]]
    assert rows[0]["催办短信"] == unreadable_message(**UNREADABLE, sender=SENDER)
    assert rows[1]["催办短信"] is None


def test_the_silent_have_the_deadline_of_the_round_where_the_roster_has_none(tmp_path: Path) -> None:
    own = {**SILENT, "name": "自定期限", "deadline": "2026-12-01", "district": "城东区"}
    rows = table(written(tmp_path, [], lists(silent=[SILENT, own])), "未报送")
    assert [(row["企业名称"], row["截止日期"]) for row in rows] == [
        ("自定期限", "2026-12-01"),
        (SILENT["name"], SENDER.deadline),
    ]
    assert rows[0]["催办短信"] == silence_message("自定期限", "2026-12-01", SENDER)


def test_the_lists_can_be_filtered_and_print_with_their_headings(tmp_path: Path) -> None:
    book = written(tmp_path, [LINE], lists([UNREADABLE], [SILENT]))
    for name in ("需更正", "无法读取", "未报送"):
        sheet = book[name]
        assert sheet.auto_filter.ref, name
        assert sheet.freeze_panes, name
        assert sheet.print_title_rows, name
        assert sheet.page_setup.fitToHeight == 0, name
    created = book.properties.created
    assert created is not None
    assert created.replace(tzinfo=dt.UTC) == NOW


def test_the_same_lists_give_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    for path in paths:
        write_returned_list(path, [LINE], lists([UNREADABLE], [SILENT]), SENDER, EDITION, NOW)
    assert paths[0].read_bytes() == paths[1].read_bytes()


# --- messages


def test_a_message_names_what_when_and_whom() -> None:
    message = correction_message(LINE, SENDER)
    for part in (LINE.name, "2 处", "题5", "2026年12月15日前", SENDER.bureau, SENDER.contact, SENDER.phone):
        assert part in message
    assert "区县必须填写" not in message  # the first reason only
    assert "没有改动" in correction_message(LINE._replace(unchanged=True), SENDER)


def test_what_is_not_known_is_left_out_of_a_message() -> None:
    line = LINE._replace(name="", deadline="", reasons=())
    for message in (correction_message(line, Sender()), silence_message("", "", Sender())):
        assert message.startswith("您好！")
        assert "尽快" in message
        assert "联系人" not in message
        assert "首要" not in message
        assert "{" not in message
    assert "联系人：林知。" in silence_message("", "", Sender(contact="林知"))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_message_is_one_short_line_whatever_a_name_holds(hostile: str) -> None:
    line = LINE._replace(name=hostile, reasons=(hostile,))
    messages = (
        correction_message(line, SENDER),
        silence_message(hostile, "", SENDER),
        unreadable_message(hostile, "file.pdf", "是 PDF 文件。", SENDER),
    )
    for message in messages:
        assert message.isprintable()
        assert len(message) < 400


# --- hostile texts


def test_texts_stay_texts_in_the_workbook(tmp_path: Path) -> None:
    lines = [
        LINE._replace(
            copy=hostile,
            file=hostile,
            name=hostile,
            uscc=hostile,
            district=hostile,
            contact=hostile,
            phone=hostile,
            reasons=(hostile,),
            beside=hostile if number % 2 else "",
        )
        for number, hostile in enumerate((*HOSTILE, *HOSTILE[1:]))
    ]
    unreadable = [{"file": hostile, "reason": "file.pdf", "detail": hostile} for hostile in HOSTILE]
    silent = [{**dict.fromkeys(SILENT, hostile), "deadline": ""} for hostile in HOSTILE]
    book = written(tmp_path, lines, lists(unreadable, silent), Sender(HOSTILE[0], HOSTILE[1], HOSTILE[2]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert all(cell.hyperlink is None for cell in cells)
    names = {row["企业名称"] for sheet in ("需更正", "疑似已重报") for row in table(book, sheet)}
    assert {"=cmd|' /C calc'!A0", "＝1+1", "+1", "_x0041_", "{n}{day.year}", "甲厂", "两 行"} <= names


def test_the_index_is_for_programs_and_its_texts_are_no_formulas(tmp_path: Path) -> None:
    lines = [LINE, LINE._replace(name='甲,"乙"\n丙'), *(LINE._replace(contact=hostile) for hostile in HOSTILE[:7])]
    write_index(tmp_path / "index.csv", lines)
    data = (tmp_path / "index.csv").read_bytes()
    assert data.startswith(codecs.BOM_UTF8)
    assert b"\r\n" not in data
    with (tmp_path / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert ",".join(rows[0]) == "form_id,thread,copy,file,name,uscc,district,contact,phone,errors,warnings,deadline"
    assert rows[0] == {name: str(getattr(LINE, name)) for name in rows[0]}
    assert rows[1]["name"] == '甲,"乙"\n丙'
    assert [row["contact"] for row in rows[2:]] == [f"'{hostile}" for hostile in HOSTILE[:7]]
