"""Where the workbook puts what the tables say: rows, charts, filters and sheets, counted by hand."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from small_batch import figures, small_batch
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.sections import report_sheets
from smebatch.report.xlsx.book import write_sheets
from smebatch.report.xlsx.charts import has_data, rows_needed
from smebatch.report.xlsx.paging import column_widths, lines_needed, split_sheet

NUMBERED = (
    TableColumn("name", "名称"),
    TableColumn("n", "份数", Format.COUNT),
    TableColumn("share", "占比", Format.PERCENT),
)


def numbered(n: int, **more: Any) -> Table:
    """A table of ``n`` rows: 名1 1 0.01, 名2 2 0.02 and so on."""
    numbers = range(1, n + 1)
    frame = pd.DataFrame({"name": [f"名{i}" for i in numbers], "n": numbers, "share": [i / 100 for i in numbers]})
    return Table("t", "表", frame, NUMBERED, **more)


def written(folder: Path, *sheets: ReportSheet, **options: Any) -> Path:
    path = folder / "a.xlsx"
    write_sheets(path, sheets, small_batch(), **options)
    return path


def sheet_of(path: Path, name: str = "甲") -> Worksheet:
    return openpyxl.load_workbook(path)[name]


# --- sheets


def test_what_has_a_total_what_is_a_long_list_and_what_begins_a_page() -> None:
    sheets = report_sheets(small_batch({"level": 1}))
    tables = {block.id: block for sheet in sheets for block in sheet.blocks if isinstance(block, Table)}
    groups = ("district", "industry", "size", "above_scale", "specialised")
    of_groups = {name + more for name in groups for more in ("", "_levels", "_spread")} | {"district_shares"}
    totals = ("levels", "scene_groups", "histogram", "coverage", "industry_coverage", "blocked", "limits")
    assert {name for name, table in tables.items() if table.total} == {*totals, *of_groups}
    assert {name for name, table in tables.items() if table.long} == {
        "enterprises",
        "issue_groups",
        "issues",
        "file_list",
    }
    assert not [name for name, table in tables.items() if table.new_page]
    assert [sheet.name for sheet in sheets if sheet.paper == "A3"] == ["企业明细", "问题清单"]


# --- places


def test_title_lead_notes_and_tables_stand_below_one_another(tmp_path: Path) -> None:
    # 1 title, 2 lead, 3 and 4 notes, 5 heading, 6 header, 7 and 8 rows, 9 note of the table, 10 blank, 11 heading,
    # 12 header, 13 nothing
    sheet = ReportSheet("甲", "题", (numbered(2, notes=("注",)), numbered(0)), ("一", "二"), lead="要点")
    column = [cell.value for cell in sheet_of(written(tmp_path, sheet))["A"]]
    assert column == ["题", "要点", "一", "二", "表", "名称", "名1", "名2", "注", None, "表", "名称", "（无）"]


def test_a_total_is_bold_and_no_other_row(tmp_path: Path) -> None:
    # 1 title, 2 heading, 3 header, 4 to 6 rows
    ws = sheet_of(written(tmp_path, ReportSheet("甲", "题", (numbered(3, total=True), numbered(3)))))
    bold = [bool(row[0].font.b) for row in ws.iter_rows(min_row=4, max_row=6)]
    assert bold == [False, False, True]
    assert [bool(row[1].font.b) for row in ws.iter_rows(min_row=10, max_row=12)] == [False] * 3


def test_the_heat_covers_the_rows_without_their_total(tmp_path: Path) -> None:
    ws = sheet_of(written(tmp_path, ReportSheet("甲", "题", (numbered(4, total=True, heat=("n", "share")),))))
    assert [str(found.sqref) for found in ws.conditional_formatting] == ["B4:C6"]
    ws = sheet_of(written(tmp_path, ReportSheet("甲", "题", (numbered(1, total=True, heat=("n",)),))))
    assert not list(ws.conditional_formatting)  # a total of nothing


@pytest.mark.parametrize(("rows", "filtered"), [(3, "A3:C6"), (0, "A3:C4")])
def test_a_long_list_is_filtered_frozen_and_repeats_its_header(tmp_path: Path, rows: int, filtered: str) -> None:
    # 1 title, 2 heading, 3 header
    ws = sheet_of(written(tmp_path, ReportSheet("甲", "题", (numbered(rows, long=True),))))
    assert ws.auto_filter.ref == filtered
    assert ws.freeze_panes == "C4"
    assert ws.print_title_rows == "$3:$3"


@pytest.mark.parametrize(("rows", "repeated"), [(40, "$1:$1"), (41, "$3:$3")])
def test_a_table_longer_than_a_page_repeats_its_header(tmp_path: Path, rows: int, repeated: str) -> None:
    sheet = ReportSheet("甲", "题", (numbered(rows), ChartRow(())))  # what stands last repeats its header in any case
    assert sheet_of(written(tmp_path, sheet)).print_title_rows == repeated


def test_a_table_for_a_new_page_begins_one(tmp_path: Path) -> None:
    # The second heading is row 7: a break above it, that is below row 6.
    ws = sheet_of(written(tmp_path, ReportSheet("甲", "题", (numbered(2), numbered(2, new_page=True)))))
    assert ws["A7"].value == "表"
    assert [found.id for found in ws.row_breaks.brk] == [6]


def test_paper_and_direction(tmp_path: Path) -> None:
    wide = ReportSheet("甲", "题", (numbered(1),), paper="A3")
    tall = ReportSheet("乙", "题", (numbered(1),), landscape=False)
    path = written(tmp_path, wide, tall)
    assert sheet_of(path).page_setup.orientation == "landscape"
    assert (sheet_of(path, "乙").page_setup.orientation, sheet_of(path, "乙").page_setup.paperSize) == ("portrait", 9)


# --- charts


def charts_of(path: Path) -> list[list[str]]:
    """The ranges of each chart: of every series its name, categories and values."""
    with zipfile.ZipFile(path) as archive:
        parts = sorted(name for name in archive.namelist() if name.startswith("xl/charts/chart"))
        trees = [ET.fromstring(archive.read(part)) for part in parts]  # noqa: S314 - our own file
    return [[found.text or "" for found in tree.iterfind(".//{*}ser//{*}f")] for tree in trees]


def titles_of(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        parts = sorted(name for name in archive.namelist() if name.startswith("xl/charts/chart"))
        trees = [ET.fromstring(archive.read(part)) for part in parts]  # noqa: S314 - our own file
    return ["".join(found.text or "" for found in tree.iterfind("./{*}chart/{*}title//{*}t")) for tree in trees]


def test_charts_show_the_rows_without_their_total(tmp_path: Path) -> None:
    # 1 title, 2 heading, 3 header, 4 to 6 rows, 7 the total
    one, both = Chart("bar", "甲图", "t", "name", ("share",)), Chart("stacked", "乙图", "t", "name", ("n", "share"))
    path = written(tmp_path, ReportSheet("甲", "题", (numbered(4, total=True), ChartRow((one, both)))))
    counts = ["甲!$B$3", "甲!$A$4:$A$6", "甲!$B$4:$B$6"]
    shares = ["甲!$C$3", "甲!$A$4:$A$6", "甲!$C$4:$C$6"]
    assert charts_of(path) == [shares, [*counts, *shares]]
    assert titles_of(path) == ["甲图", "乙图"]


@pytest.mark.parametrize(("rows", "total", "shown"), [(5, False, 3), (4, True, 3), (3, False, 3), (3, True, 2)])
def test_a_chart_shows_no_more_than_its_limit_and_says_so(tmp_path: Path, rows: int, total: bool, shown: int) -> None:
    chart = Chart("column", "图", "t", "name", ("n",), limit=3)
    path = written(tmp_path, ReportSheet("甲", "题", (numbered(rows, total=total), ChartRow((chart,)))))
    assert charts_of(path) == [["甲!$B$3", f"甲!$A$4:$A${3 + shown}", f"甲!$B$4:$B${3 + shown}"]]
    assert [figures(title) for title in titles_of(path)] == [[str(shown)] if rows - total > shown else []]


def test_a_chart_may_stand_before_its_table_and_shows_that_of_its_sheet(tmp_path: Path) -> None:
    # 1 title, 2 to 19 the chart, 20 blank, 21 heading, 22 header, 23 and 24 rows
    chart = Chart("column", "图", "t", "name", ("n",))
    path = written(tmp_path, ReportSheet("甲", "题", (ChartRow((chart,)), numbered(2))))
    assert charts_of(path) == [["甲!$B$22", "甲!$A$23:$A$24", "甲!$B$23:$B$24"]]


def test_a_chart_of_noughts_and_blanks_is_left_out(tmp_path: Path) -> None:
    def shown(*values: float | None, limit: int = 30, total: bool = False) -> bool:
        frame = pd.DataFrame({"name": "名", "n": pd.Series(values, dtype="float64")})
        table = Table("t", "", frame, NUMBERED[:2], total=total)
        return has_data(Chart("bar", "图", "t", "name", ("n",), limit=limit), {"t": table})

    assert [shown(0, None), shown(0, 1), shown(0, 0, 1, limit=2), shown(0, 1, total=True), shown()] == [
        *(False, True, False, False, False)
    ]
    assert shown(0, 1, 1, limit=2)
    nothing = numbered(2, total=True).frame.assign(n=0)
    sheet = ReportSheet(
        "甲", "题", (ChartRow((Chart("bar", "图", "t", "name", ("n",)),)), Table("t", "", nothing, NUMBERED))
    )
    assert charts_of(written(tmp_path, sheet)) == []


def test_bars_take_a_row_each_and_columns_a_fixed_height() -> None:
    tables = {"t": numbered(30, total=True)}
    bar, column = Chart("bar", "", "t", "name", ("n",)), Chart("column", "", "t", "name", ("n",))
    ten = Chart("bar", "", "t", "name", ("n",), limit=10)
    # 29 bars and 4 rows about them; 18 rows for one alone, 13 for two side by side
    rows = [rows_needed(c, tables) for c in ((bar,), (column, bar), (column,), (column, column), (ten,), (ten, column))]
    assert rows == [33, 33, 18, 13, 18, 14]


# --- long lists over several sheets


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        (5, [(5, [])]),
        (6, [(5, ["6", "2", "1", "5"]), (1, ["6", "2", "6", "6"])]),
        (12, [(5, ["12", "3", "1", "5"]), (5, ["12", "3", "6", "10"]), (2, ["12", "3", "11", "12"])]),
        (0, [(0, [])]),
    ],
)
def test_a_list_is_split_where_its_sheet_is_full(rows: int, parts: list[tuple[int, list[str]]]) -> None:
    # Of 10 rows 5 are the title, a note, the note on the split, a blank row and the header.
    sheets = split_sheet(ReportSheet("甲", "题", (numbered(rows, long=True),), ("注",)), limit=10)
    tables = [block for sheet in sheets for block in sheet.blocks if isinstance(block, Table)]
    notes = [[figure for note in sheet.notes for figure in figures(note)] for sheet in sheets]
    assert list(zip([len(table.frame) for table in tables], notes, strict=True)) == parts
    assert [sheet.name for sheet in sheets] == ["甲", "甲2", "甲3"][: len(sheets)]
    assert [table.id for table in tables] == ["t", "t2", "t3"][: len(sheets)]
    assert [n for table in tables for n in table.frame["n"]] == list(range(1, rows + 1))


def test_only_a_sheet_of_one_long_list_is_split() -> None:
    two = ReportSheet("甲", "题", (numbered(90, long=True), numbered(90, long=True)))
    short = ReportSheet("甲", "题", (numbered(90),))
    charts = ReportSheet("甲", "题", (ChartRow(()),))
    assert [split_sheet(sheet, limit=10) for sheet in (two, short, charts)] == [[two], [short], [charts]]


# --- widths


def test_a_column_is_as_wide_as_its_content_needs() -> None:
    def width(text: str, title: str = "", form: Format = Format.TEXT, stated: float | None = None) -> float:
        frame = pd.DataFrame({"k": [text, None]})
        return column_widths([Table("t", "", frame, (TableColumn("k", title, form, stated),))])[0]

    # 10 Chinese characters are 20 wide, and 3 are for the margins; between 7 and 40
    assert [width("十" * 10), width("一"), width("十" * 30)] == [23, 7, 40]
    assert [width("", "十" * 10), width("十" * 10, "一")] == [23, 23]
    assert width("9" * 30, "十" * 10, Format.COUNT) == 13  # a heading over figures wraps once
    assert [width("十" * 10, stated=5), width("", stated=50)] == [5, 50]


def test_stacked_tables_share_the_widest_column() -> None:
    def table(text: str, *stated: float | None) -> Table:
        columns = tuple(TableColumn(f"k{i}", "", width=w) for i, w in enumerate(stated))
        return Table("t", "", pd.DataFrame({c.key: [text] for c in columns}), columns)

    wide, narrow = table("", 30, 20), table("", 10, 40, 5)
    assert column_widths([wide, narrow]) == [30, 40, 7]
    assert column_widths([narrow, wide]) == [30, 40, 5]
    assert column_widths([]) == [7]


def test_lines_are_what_the_width_leaves_room_for() -> None:
    assert [lines_needed("十" * 10, w) for w in (20, 20.9, 19, 10, 9, 0.5)] == [1, 1, 2, 2, 3, 20]
    assert lines_needed("", 10) == 1


def test_a_row_is_as_high_as_its_longest_text(tmp_path: Path) -> None:
    # Texts have 1.05 × the width less 1.5: 19.5 of 20. 40 wide are 3 lines of 17 pixels and 4 more: 55 pixels are 41.25
    # points.
    columns = (TableColumn("a", "甲", width=20), TableColumn("b", "乙", width=20))
    frame = pd.DataFrame({"a": ["十" * 20, "一", "一"], "b": ["", "十" * 10, "十" * 9]})
    ws = sheet_of(written(tmp_path, ReportSheet("甲", "题", (Table("t", "", frame, columns),))))
    assert [ws.row_dimensions[i].height for i in (3, 4, 5)] == [41.25, 28.5, None]
