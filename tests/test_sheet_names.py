"""Names of sheets from texts of a bureau's own."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest

from small_batch import small_batch
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.sheet_names import LONGEST, sheet_name, with_unique_names
from smebatch.report.xlsx.book import write_sheets

HOSTILE = (
    "按[]:*?/\\",
    "'",
    "'引号'",
    "=1+1",
    "@甲!A1",
    "甲!A1",
    "A1",
    "R1C1",
    "history",
    "长" * 40,
    "𠮷" * 40,
    " 　空格 ",
    "\x00\x1b\u202e反\n行",
    "",
    "O'Brien",
    "ß",
    "SS",
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_one_that_excel_accepts(text: str) -> None:
    name = sheet_name(text)
    assert name
    assert units(name) <= LONGEST
    assert not set(name) & set("[]:*?/\\\x00\x1b\n\u202e")
    assert not name.startswith("'")
    assert not name.endswith("'")
    assert name.lower() != "history"


def test_names_that_would_be_the_same_are_numbered() -> None:
    taken: list[str] = []
    for text in ("甲", "甲", "a", "A", "甲?", "长" * 31, "长" * 40, "甲(2)"):
        taken.append(sheet_name(text, taken))
    assert taken == ["甲", "甲(2)", "a", "A(2)", "甲(3)", "长" * 31, "长" * 28 + "(2)", "甲(2)(2)"]


def test_a_workbook_with_such_sheets_opens_and_its_charts_name_them(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["甲", "乙"], "n": [1, 2]})
    columns = (TableColumn("name", "名称"), TableColumn("n", "份数", Format.COUNT))
    sheets = with_unique_names(
        ReportSheet(text, text, (Table(f"t{i}", text, frame, columns), ChartRow((chart_of(i, text),))))
        for i, text in enumerate(HOSTILE)
    )
    write_sheets(tmp_path / "a.xlsx", sheets, small_batch())
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == [sheet.name for sheet in sheets]
    for ws in book:
        (chart,) = ws._charts
        (series,) = chart.series
        quoted = ws.title.replace("'", "''")
        assert series.val.numRef.f.rpartition("!")[0] in {ws.title, f"'{quoted}'"}

    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        charts = [archive.read(name) for name in archive.namelist() if name.startswith("xl/charts/chart")]
    titles = [ET.fromstring(chart).find("./{*}chart/{*}title") for chart in charts]  # noqa: S314 - our own file
    assert not [found for found in titles if found is not None and found.findall(".//{*}f")]  # texts, no formulas


def chart_of(i: int, text: str) -> Chart:
    return Chart("bar", text, f"t{i}", "name", ("n",))
