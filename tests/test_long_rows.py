"""Rows of long tables are those that XlsxWriter would have written, byte for byte; where it must, it writes them."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd
import pytest

from smebatch.form.splicing.errors import PatternError
from smebatch.report.document import Format, ReportSheet, Table, TableColumn
from smebatch.report.xlsx import book, long_rows
from smebatch.report.xlsx.book import write_sheets
from smebatch.report.xlsx.long_rows import LongRows, RowCells, with_long_rows, writes_as_known
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition
from test_decision_form import HOSTILE

COLUMNS = (
    TableColumn("name", "企业名称", width=20),
    TableColumn("code", "代码", Format.CODE),
    TableColumn("score", "得分", Format.POINTS),
    TableColumn("n", "份数", Format.COUNT),
)


class Facts(NamedTuple):
    """What a workbook says of itself."""

    edition: Edition
    made_at: dt.datetime


FACTS = Facts(load_edition(), dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.UTC))


def long_table(name: str, n: int) -> Table:
    """Rows with hostile names, names of several lines, blanks, and numbers that are long in digits."""
    names = [*HOSTILE, " 甲", "_x0041_", "很长的名称" * 20, None]
    rows = [(names[i % len(names)], f"{i}" if i % 3 else None, i / 7 if i % 5 else None, i) for i in range(n)]
    frame = pd.DataFrame(rows, columns=[column.key for column in COLUMNS]).astype({"name": "str", "code": "str"})
    return Table(name, f"表 {name}", frame, COLUMNS, long=True)


def written(path: Path, *tables: Table) -> dict[str, bytes]:
    """The parts of a streamed workbook with these tables on its second sheet."""
    first = ReportSheet("首页", "首页", (long_table("few", 2),))
    write_sheets(path, [first, ReportSheet("明细", "明细", tables)], FACTS, many_cells=0)
    with zipfile.ZipFile(path) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


@pytest.mark.parametrize("n", [3, 4, 2_500])
def test_rows_are_those_that_xlsxwriter_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    tables = long_table("a", n), long_table("b", 5)
    assert writes_as_known()
    ours = written(tmp_path / "ours.xlsx", *tables)
    monkeypatch.setattr(book, "writes_as_known", lambda: False)
    theirs = written(tmp_path / "theirs.xlsx", *tables)
    assert ours == theirs
    assert ours["xl/worksheets/sheet2.xml"].count(b"<row ") > n + 5


def test_the_rows_stand_in_their_cells(tmp_path: Path) -> None:
    written(tmp_path / "a.xlsx", long_table("a", 40))
    rows = [row[:4] for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["明细"].iter_rows(values_only=True)]
    start = rows.index(tuple(column.title for column in COLUMNS)) + 1
    assert len(rows) == start + 40
    assert rows[start + 8][1:] == ("8", pytest.approx(8 / 7), 8)
    assert rows[start + 15][1:] == (None, None, 15)  # 15 = 3·5: neither a code nor a score


def test_a_release_that_writes_rows_otherwise_writes_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = written(tmp_path / "usual.xlsx", long_table("a", 9))
    monkeypatch.setattr(long_rows, "_CELL_OF_PATTERN", rb'<c s="\d+" r="[A-Z]+%d"/>')  # attributes the other way round
    writes_as_known.cache_clear()
    try:
        assert not writes_as_known()
        assert written(tmp_path / "other.xlsx", long_table("a", 9)) == usual
    finally:
        writes_as_known.cache_clear()


def test_rows_that_are_not_there_are_an_error() -> None:
    blank = BytesIO()
    with zipfile.ZipFile(blank, "w") as parts:
        parts.writestr("xl/worksheets/sheet1.xml", "<sheetData></sheetData>")
    with pytest.raises(PatternError, match=re.escape("sheet1.xml")):
        with_long_rows(blank, BytesIO(), [LongRows(1, 0, 3, [RowCells(("a",), 0)] * 3)])
