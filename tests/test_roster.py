"""The list of enterprises asked to answer, as bureaus keep it: Excel or CSV, with headings of their own."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from smebatch.cli.words import CliWords
from smebatch.form.writer import write_form
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.roster import RosterError, read_roster
from smebatch.intake.workbook.cell_values import Value
from smebatch.standard.loader import load_edition
from smebatch.standard.reference import roster_words

EDITION = load_edition("2024")
LABELS = {field.key: field.label for field in EDITION.fields}
CHINESE = [LABELS[key] for key in ("name", "uscc", "district", "phone")]
ROW = ["示例一公司", "91350100M000100Y43", "城东区", "13900000000"]
EXPECTED = {"name": "示例一公司", "uscc": "91350100M000100Y43", "district": "城东区", "phone": "13900000000"}


def excel(tmp_path: Path, *rows: Any) -> Path:
    book, path = Workbook(), tmp_path / "名单.xlsx"
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def text(tmp_path: Path, *rows: Sequence[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    path = tmp_path / "名单.csv"
    path.write_bytes("".join(",".join(row) + end for row in rows).encode(encoding))
    return path


def roster(path: Path) -> list[dict[str, Value]]:
    return read_roster(path, EDITION).enterprises


def notices(path: Path, *codes: str) -> dict[str, str]:
    """What is said of a list, of these codes or of any: code → where; every notice has its message."""
    said = read_roster(path, EDITION).notices
    for notice in said:
        assert CliWords("zh").text(notice.code, **notice.values)
    return {notice.code: str(notice.values["where"]) for notice in said if not codes or notice.code in codes}


@pytest.mark.parametrize("heading", [CHINESE, list(EXPECTED), [" 企业名称* ", "USCC", "district：", "ｐｈｏｎｅ"]])
def test_headings_are_keys_or_labels(heading: list[str], tmp_path: Path) -> None:
    heading = [LABELS["name"] if cell.strip(" *") == "企业名称" else cell for cell in heading]
    assert roster(excel(tmp_path, heading, ROW)) == [EXPECTED]
    assert roster(text(tmp_path, heading, ROW)) == [EXPECTED]


def test_every_key_and_every_label_is_a_heading_of_its_own(tmp_path: Path) -> None:
    for headings in (list(LABELS), list(LABELS.values()), [label.split("（")[0] for label in LABELS.values()]):
        (enterprise,) = roster(excel(tmp_path, headings, [f"值{i}" for i in range(len(headings))]))
        assert list(enterprise) == list(LABELS)
        assert enterprise["name"] == "值0"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_as_programs_write_it(encoding: str, end: str, tmp_path: Path) -> None:
    rows = (CHINESE, ROW, ["示例㐂𠮷公司", '"甲,乙"', "", ""])
    assert roster(text(tmp_path, *rows, encoding=encoding, end=end)) == [
        EXPECTED,
        {"name": "示例㐂𠮷公司", "uscc": "甲,乙".upper()},
    ]


def test_title_rows_other_columns_and_blank_rows_are_passed_over(tmp_path: Path) -> None:
    rows = [
        ["2026年应报企业名单", None],
        [],
        ["填表单位：示例区工信局"],
        ["序号", *CHINESE, "备注"],
        [1, *ROW, "已通知"],
        [],
        [2, None, None, None, None, "空行"],
        [None, "示例二公司", "\u3000", None, " ", None],
    ]
    assert roster(excel(tmp_path, *rows)) == [EXPECTED, {"name": "示例二公司"}]


def test_a_line_above_that_has_a_heading_of_its_own_is_passed_over(tmp_path: Path) -> None:
    rows = [["应报企业名单"], ["单位名称（盖章）：", None, "联系人："], ["序号", *CHINESE], [1, *ROW], ["2", *CHINESE]]
    path = excel(tmp_path, *rows)
    assert roster(path) == [EXPECTED]
    assert notices(path) == {"roster.columns_further": "“序号”", "roster.headings_again": "5"}


def test_cells_are_typed_and_what_cannot_be_is_kept_as_text(tmp_path: Path) -> None:
    headings = ["name", "phone", "size", "above_scale", "filled_on", "uscc", "industry_code"]
    path = excel(
        tmp_path,
        headings,
        ["甲\n公司", 13900000000, "小型", "√", dt.date(2026, 11, 1), "９１350100m000100y43", "C3391 铸造"],
        ["乙公司", None, "小", "部分", "明天", 911101066976941872, "金属"],
    )
    first, second = roster(path)
    assert first == {
        "name": "甲 公司",
        "phone": "13900000000",
        "size": "小型",
        "above_scale": "是",
        "filled_on": dt.date(2026, 11, 1),
        "uscc": "91350100M000100Y43",
        "industry_code": "C3391",
    }
    assert {key: second[key] for key in ("size", "above_scale", "filled_on", "industry_code")} == {
        "size": "小",
        "above_scale": "部分",
        "filled_on": "明天",
        "industry_code": "金属",
    }


def test_a_form_made_from_the_roster_reads_back(tmp_path: Path) -> None:
    (enterprise,) = roster(excel(tmp_path, CHINESE, ROW))
    stream = io.BytesIO()
    write_form(stream, EDITION, enterprise)
    result = read_bytes(stream.getvalue(), EDITION)
    assert result.values == EXPECTED
    assert result.findings == []


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "roster.no_heading"),
        ([["公司"], ["示例一公司"]], "roster.no_heading"),
        ([["uscc", "district"], ["91350100M000100Y43", "城东区"]], "roster.no_heading"),
        ([CHINESE], "roster.empty"),
        ([CHINESE, ["", " ", "\u3000", ""]], "roster.empty"),
        ([*[["说明"]] * 20, CHINESE, ROW], "roster.no_heading"),  # too far down to be looked for
    ],
)
def test_a_list_that_cannot_be_used_says_why(rows: list[list[str]], code: str, tmp_path: Path) -> None:
    for path in (excel(tmp_path, *rows), text(tmp_path, *rows)):
        with pytest.raises(RosterError) as error:
            roster(path)
        assert error.value.code == code
        assert error.value.values["path"] == path


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"not a table", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600]
)
def test_a_file_that_is_no_workbook(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "名单.xlsx"
    path.write_bytes(data)
    with pytest.raises(RosterError) as error:
        roster(path)
    assert error.value.code == "roster.unreadable"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "roster.no_heading"),
        (b"\x00" * 1000, "roster.no_heading"),
        (b"\xff\xfe" + "企业名称\n甲\n".encode("utf-16-le"), "roster.no_heading"),
        (b"name\n" + b"x" * 200_000, "roster.unreadable"),  # longer than a field of CSV may be
    ],
)
def test_a_file_that_is_no_csv(data: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "名单.csv"
    path.write_bytes(data)
    with pytest.raises(RosterError) as error:
        roster(path)
    assert error.value.code == code


# --- headings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("统一社会信用代码（18位）", "uscc"),
        ("社会信用代码", "uscc"),
        ("统一社会\n信用代码", "uscc"),
        ("*统一社会信用代码", "uscc"),
        ("区（县）", "district"),
        ("区（县、市）", "district"),
        ("县(市、区)", "district"),
        ("所属区县", "district"),
        ("市（州）", "city"),
        ("省", "province"),
        ("手机", "phone"),
        ("手机号码", "phone"),
        ("联系电话（手机优先）", "phone"),
        ("规模", "size"),
        ("是否规上", "above_scale"),
    ],
)
def test_headings_in_their_usual_other_wordings(heading: str, key: str, tmp_path: Path) -> None:
    path = excel(tmp_path, [LABELS["name"], heading], ["甲公司", "X1"])
    assert list(roster(path)[0]) == ["name", key]


@pytest.mark.parametrize("heading", ["单位名称", "企业全称", "公司名称", "企业（单位）名称", "企业名称（全称）"])
def test_wordings_of_the_name(heading: str, tmp_path: Path) -> None:
    path = excel(tmp_path, [heading], ["甲公司"])
    assert roster(path) == [{"name": "甲公司"}]
    assert LABELS["name"] in notices(path)["roster.columns_taken"]


def test_every_wording_stands_for_one_key_that_the_form_has(tmp_path: Path) -> None:
    wordings = [(wording, key) for key, words in roster_words().headings.items() for wording in words]
    assert set(roster_words().headings) <= set(LABELS)
    for wording, key in wordings:
        row = [LABELS["name"], wording] if key != "name" else [wording]
        found = roster(excel(tmp_path, row, ["甲公司"] * len(row)))
        assert key in found[0], wording


def test_the_forms_own_heading_comes_before_other_wordings(tmp_path: Path) -> None:
    for headings in (["手机", "联系电话"], ["联系电话", "手机"], ["联系电话", "联系电话（备用）"]):
        path = excel(tmp_path, ["企业名称", *headings], ["甲公司", *headings])
        assert roster(path) == [{"name": "甲公司", "phone": "联系电话"}]
        (other,) = read_roster(path, EDITION).extra_headings
        assert other in headings
        assert notices(path) == {"roster.columns_further": f"“{other}”"}


def test_of_other_wordings_the_surer_is_taken_and_said(tmp_path: Path) -> None:
    path = excel(tmp_path, ["企业名称", "电话", "手机"], ["甲公司", "059187654321", "13900000000"])
    assert roster(path) == [{"name": "甲公司", "phone": "13900000000"}]
    assert notices(path) == {"roster.columns_taken": "“手机”→“联系电话”", "roster.columns_further": "“电话”"}
    unsure = excel(tmp_path, ["企业名称", "电话（办公）", "电话（手机）"], ["甲公司", "1", "2"])
    assert roster(unsure) == [{"name": "甲公司"}]
    assert read_roster(unsure, EDITION).extra_headings == ("电话（办公）", "电话（手机）")


@pytest.mark.parametrize(
    "headings",
    [
        ["企业名称", "企业名称"],
        ["企业名称", "name"],
        ["单位名称", "公司名称"],  # by it an enterprise is told
        ["企业名称", "社会信用代码", "信用代码"],
        ["企业名称", "备注", "备 注："],
        ["企业名称", "联系人", "联系电话", "联系人"],
        ["企业名称", "区县", "区（县）"],
        ["企业名称", "服务商", "服务商"],
    ],
)
def test_two_columns_of_one_heading_are_refused(headings: list[str], tmp_path: Path) -> None:
    for path in (excel(tmp_path, headings, headings), text(tmp_path, headings, headings)):
        with pytest.raises(RosterError) as error:
            roster(path)
        assert error.value.code == "roster.doubled"
        assert CliWords("zh").text(error.value.code, **error.value.values)


# --- other columns --------------------------------------------------------------------------------------------------


def test_every_other_column_is_kept_under_its_heading(tmp_path: Path) -> None:
    path = excel(
        tmp_path,
        ["序号", "企业名称", "服务商", None, "截止\n日期", "牵引单位 ", "补助（万元）"],
        [1, "甲公司", "丙软件", "旁注", dt.date(2026, 12, 1), "", 12.5],
        [2, "乙公司"],
    )
    found = read_roster(path, EDITION)
    assert found.extra_headings == ("序号", "服务商", "截止 日期", "牵引单位", "补助（万元）")
    assert found.extra_values == [("1", "丙软件", "2026-12-01", None, "12.5"), ("2", None, None, None, None)]
    assert notices(path) == {
        "roster.columns_further": "“序号”、“服务商”、“截止 日期”、“牵引单位”、“补助（万元）”",
        "roster.columns_untitled": "D",
    }


def test_a_row_may_be_short_by_a_cell_and_more(tmp_path: Path) -> None:
    for short in range(1, 5):
        assert roster(text(tmp_path, CHINESE, ROW[:short])) == [dict(list(EXPECTED.items())[:short])]


# --- cells ----------------------------------------------------------------------------------------------------------


def test_a_code_stored_as_a_number_is_blank_and_its_row_named(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["甲公司", 911101066976941872],
        ["乙公司", ROW[1]],
        ["丙公司", 9.11101066976942e17],
        [None, 9e17],
    ]
    path = excel(tmp_path, ["企业名称", "统一社会信用代码"], *rows)
    assert roster(path) == [{"name": "甲公司"}, {"name": "乙公司", "uscc": ROW[1]}, {"name": "丙公司"}]
    assert notices(path) == {"roster.digits_lost": "2、4、5", "roster.nameless": "5"}
    path = text(tmp_path, ["企业名称", "统一社会信用代码"], ["甲公司", "9.1110E+17"], ["乙公司", ROW[1]])
    assert roster(path) == [{"name": "甲公司"}, {"name": "乙公司", "uscc": ROW[1]}]
    assert notices(path) == {"roster.digits_lost": "2"}


def test_other_long_numbers_have_lost_their_digits_too(tmp_path: Path) -> None:
    path = excel(tmp_path, ["企业名称", "联系电话", "开户账号"], ["甲公司", 13900000000, 6222020200098765432])
    found = read_roster(path, EDITION)
    assert (found.enterprises, found.extra_values) == ([{"name": "甲公司", "phone": "13900000000"}], [(None,)])
    assert notices(path, "roster.digits_lost") == {"roster.digits_lost": "2"}
    path = text(tmp_path, ["企业名称", "开户账号"], ["甲公司", "6.22202E+18"])
    assert read_roster(path, EDITION).extra_values == [(None,)]
    path = excel(tmp_path, ["企业名称", "开户账号"], ["甲公司", 10**15 - 1], ["乙公司", 10**15])  # Excel keeps 15
    assert read_roster(path, EDITION).extra_values == [("999999999999999",), (None,)]


def test_a_code_that_is_none_is_kept_and_its_row_named(tmp_path: Path) -> None:
    path = excel(
        tmp_path, ["企业名称", "统一社会信用代码"], ["甲公司", "待补"], ["乙公司", ROW[1]], ["丙公司", ROW[1][:17]]
    )
    assert [row["uscc"] for row in roster(path)] == ["待补", ROW[1], ROW[1][:17]]
    assert notices(path) == {"roster.code_odd": "2、4"}


def test_errors_and_formulas_without_a_result_are_blank_and_named(tmp_path: Path) -> None:
    path = excel(tmp_path, CHINESE, ["甲公司", "=VLOOKUP(1,A:A,1)", "#N/A", "1"], ["合计", "=SUM(A1:A2)", None, None])
    assert roster(path) == [{"name": "甲公司", "phone": "1"}]
    assert notices(path, "roster.cells_unsaid") == {"roster.cells_unsaid": "B2、C2"}


def test_what_is_struck_out_is_not_there(tmp_path: Path) -> None:
    path = excel(tmp_path, ["企业名称", "联系电话"], ["甲公司", "139"], ["乙公司", "138"])
    book = load_workbook(path)
    for cell in ("A3", "B2"):
        book.active[cell].font = Font(strike=True)
    book.save(path)
    assert roster(path) == [{"name": "甲公司"}]
    assert notices(path, "roster.cells_unsaid") == {"roster.cells_unsaid": "B2、A3"}


def test_what_is_struck_out_in_part_is_not_there_and_what_is_shown_rounded_is(tmp_path: Path) -> None:
    path = excel(tmp_path, ["企业名称", "联系人", "补助（万元）"], ["甲公司", "", 12.5])
    book = load_workbook(path)
    book.active["B2"] = CellRichText("张三", TextBlock(InlineFont(strike=True), "李四"))
    book.active["C2"].number_format = "0"
    book.save(path)
    assert read_roster(path, EDITION).extra_values == [("12.5",)]
    assert roster(path) == [{"name": "甲公司"}]
    assert notices(path, "roster.cells_unsaid") == {"roster.cells_unsaid": "B2"}


def test_a_cell_merged_over_rows_stands_in_each(tmp_path: Path) -> None:
    path = excel(
        tmp_path, ["企业名称", "区县"], ["甲公司", "城东区"], ["乙公司", None], ["丙公司", None], ["丁公司", None]
    )
    book = load_workbook(path)
    book.active.merge_cells("B2:B4")
    book.save(path)
    assert [row.get("district") for row in roster(path)] == ["城东区"] * 3 + [None]


def test_of_many_places_ten_are_named_and_all_counted(tmp_path: Path) -> None:
    path = excel(tmp_path, ["企业名称", "统一社会信用代码"], *([f"第{i}公司", "无"] for i in range(11)))
    assert notices(path)["roster.code_odd"] == "2、3、4、5、6、7、8、9、10、11……（11）"


# --- lines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["合计", None, 2, None], "roster.totals"),
        ([None, "合　计：", None, "2"], "roster.totals"),
        ([None, "总计2家", None, None], "roster.totals"),
        (["城东区小计", 1, None, None], "roster.totals"),
        (["合计", "共 35 家企业", None, None], "roster.totals"),
        (["注：名单以11月为准", None, None, None], "roster.remarks"),
        ([None, "填表人：张三", None, "2026-11-01"], "roster.remarks"),
        ([3, None, "城东区", None], "roster.nameless"),
        (["序号", "企业名称", "区县", "统一社会信用代码"], "roster.headings_again"),
    ],
)
def test_a_line_that_is_no_enterprise_is_said(line: list[object], code: str, tmp_path: Path) -> None:
    rows = [
        ["序号", "企业名称", "区县", "统一社会信用代码"],
        [1, "甲公司", "东", ROW[1]],
        line,
        [2, "乙公司", "东", None],
    ]
    path = excel(tmp_path, *rows)
    assert [row["name"] for row in roster(path)] == ["甲公司", "乙公司"]
    said = {code: where for code, where in notices(path).items() if code != "roster.columns_further"}
    assert said == {code: "3"}


@pytest.mark.parametrize("name", ["合计科技有限公司", "注册服务有限公司", "联系人文化公司", "小计量器具厂"])
def test_an_enterprise_may_be_called_nearly_so(name: str, tmp_path: Path) -> None:
    assert roster(excel(tmp_path, ["企业名称"], [name])) == [{"name": name}]
    assert notices(excel(tmp_path, ["企业名称"], [name])) == {}


def test_what_stands_beside_a_name_does_not_take_it_away(tmp_path: Path) -> None:
    rows = [["小计", "甲公司"], ["备注：停产", "乙公司"], ["区县合计", "丙公司"]]
    path = excel(tmp_path, ["情况", "企业名称"], *rows)
    assert [row["name"] for row in roster(path)] == ["甲公司", "乙公司", "丙公司"]


def test_an_enterprise_listed_twice_is_said(tmp_path: Path) -> None:
    head = ["企业名称", "统一社会信用代码"]
    rows = [["甲公司", ROW[1]], ["甲公司 ", ROW[1]], ["乙公司", ROW[1].lower()], ["丙公司", None], ["丙公司", None]]
    path = excel(tmp_path, head, *rows)
    assert len(roster(path)) == 5
    assert notices(path) == {"roster.twice": "3、6", "roster.two_names": "4"}
    path = excel(tmp_path, head, [None, ROW[1]], [None, ROW[1]], ["甲公司", ROW[1]])
    assert notices(path) == {"roster.twice": "3、4"}


# --- sheets ---------------------------------------------------------------------------------------------------------


def test_the_first_sheet_with_headings_is_read_and_the_others_named(tmp_path: Path) -> None:
    book, path = Workbook(), tmp_path / "名单.xlsx"
    book.active.title = "说明"
    book.active.append(["请各区县核对"])
    for name, rows in (("城东", [CHINESE, ROW]), ("城西", [CHINESE, ["乙公司"]]), ("空白", [])):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    assert roster(path) == [EXPECTED]
    assert notices(path) == {"roster.sheets_left": "“说明”、“城西”"}


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        roster(tmp_path / "none.csv")
