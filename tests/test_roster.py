"""The list of enterprises asked to answer, as bureaus keep it: Excel or CSV, with headings of their own."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from smebatch.form.writer import write_form
from smebatch.intake.reading import read_bytes
from smebatch.intake.roster import RosterError, read_roster
from smebatch.intake.values import Value
from smebatch.standard.loader import load_edition

EDITION = load_edition("2024")
LABELS = {field.key: field.label for field in EDITION.fields}
CHINESE = [LABELS[key] for key in ("name", "uscc", "district", "phone")]
ROW = ["示例一公司", "91350100M000100Y43", "城东区", "13900000000"]
EXPECTED = {"name": "示例一公司", "uscc": "91350100M000100Y43", "district": "城东区", "phone": "13900000000"}


def excel(tmp_path: Path, *rows: Sequence[object]) -> Path:
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
    return read_roster(path, EDITION)


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


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        roster(tmp_path / "none.csv")
