"""The print set: which chapters it has, and how much of a sheet stands on its page."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from small_batch import small_batch
from smebatch.report.document import ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.print_set import MAX_PAGES, Need, with_print_set
from smebatch.report.sections import report_sheets
from smebatch.report.xlsx.book import write_sheets
from smebatch.report.xlsx.one_page import LEAST_SCALE, Extent, last_row_printed
from smebatch.settings.model import Report

COLUMNS = (TableColumn("name", "名称"), TableColumn("n", "份数", Format.COUNT))


def table(rows: int, name: str = "t") -> Table:
    numbers = range(1, rows + 1)
    return Table(name, "表", pd.DataFrame({"name": [f"名{i}" for i in numbers], "n": numbers}), COLUMNS)


def chapter(name: str) -> ReportSheet:
    return ReportSheet(name, name, (table(1, name),), landscape=False)


def test_chapters_come_first_and_the_first_says_which_pages_they_are() -> None:
    first, *others = with_print_set(
        [Need(1, chapter("甲")), Need(2, None), Need(3, chapter("乙"))], [chapter("丙"), None]
    )
    assert [sheet.name for sheet in (first, *others)] == ["甲", "乙", "丙"]
    assert [sheet.one_page for sheet in (first, *others)] == [True, True, False]
    assert "第 1 至 2 页" in first.printing


def test_of_too_many_chapters_the_least_needed_go_behind_the_set_and_are_a_page_each_too() -> None:
    # 14 chapters: 0 is needed least but for 5, and two have no room.
    needs = [Need({0: 98, 5: 99}.get(i, i), chapter(f"第{i}")) for i in range(14)]
    sheets = with_print_set(needs, [chapter("名单")])
    names = [f"第{i}" for i in range(14) if i not in (0, 5)]
    assert [sheet.name for sheet in sheets] == [*names, "第0", "第5", "名单"]
    assert len(names) == MAX_PAGES
    assert [sheet.name for sheet in sheets if not sheet.one_page] == ["名单"]
    assert f"第 1 至 {MAX_PAGES} 页" in sheets[0].printing
    assert "另有 2 章" in sheets[0].printing


def test_the_set_of_a_report_has_no_list() -> None:
    batch = small_batch({"district": "甲区", "level": 1})
    sheets = report_sheets(batch)
    pages = [sheet for sheet in sheets if sheet.one_page]
    assert list(sheets[: len(pages)]) == pages
    assert [sheet.name for sheet in pages] == [
        *("总览", "得分分布", "分区县", "分行业", "分规模", "维度与采集项", "应用场景", "场景覆盖率", "升级分析"),
    ]
    assert not [block for sheet in pages for block in sheet.blocks if isinstance(block, Table) and block.long]


# --- how much of a sheet ---------------------------------------------------------------------------------------------

# A page that stands has 717 × 1012 pixels. At the least scale of 0.8 it holds 896 × 1265: 63 rows of 20 pixels.
ROOM = 63


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ((30, 30), 58),  # both, without the blank row 59
        ((30, 34), 62),  # just so
        ((30, 35), 28),  # the second would end in row 64: the first alone, without the blank row after it
        ((80,), ROOM - 1),  # the first is cut
        ((ROOM + 1,), ROOM - 1),
    ],
)
def test_blocks_are_printed_whole_and_a_long_first_table_is_cut(rows: tuple[int, ...], last: int) -> None:
    extents, begin = [], 0
    for height in rows:
        extents.append(Extent(begin, begin + height, table(1)))
        begin += height
    printed = last_row_printed(extents, {}, 500, landscape=False)
    assert printed == last
    assert (printed + 1) * 20 * LEAST_SCALE <= 1012


def test_high_rows_take_room_and_a_wide_sheet_is_printed_smaller_anyway() -> None:
    extents = [Extent(0, 31, table(1)), Extent(31, 62, table(1))]
    assert last_row_printed(extents, {}, 500, landscape=False) == 60
    assert last_row_printed(extents, {40: 80}, 500, landscape=False) == 29
    # 1195 pixels fit at 0.6, where a page is 1686 pixels high: 84 rows
    assert last_row_printed([Extent(0, 83, ChartRow(()))], {}, 1195, landscape=False) == 81
    # a page that lies: 683 ÷ 0.8 = 853 pixels, 42 rows
    assert last_row_printed([Extent(0, 99, table(1))], {}, 500, landscape=True) == 41


def test_a_chart_is_never_cut() -> None:
    extents = [Extent(0, 50, table(1)), Extent(50, 70, ChartRow(()))]
    assert last_row_printed(extents, {}, 500, landscape=False) == 48


def test_a_page_has_its_number_and_says_where_it_is_cut(tmp_path: Path) -> None:
    sheets = [
        ReportSheet(name, name, (table(rows, name),), landscape=False, one_page=True)
        for name, rows in (("短", 5), ("长", 200))
    ]
    write_sheets(tmp_path / "a.xlsx", sheets, small_batch())
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for ws in book:
        assert ws.sheet_properties.pageSetUpPr.fitToPage  # to 1 by 1, as it is where nothing else is stated
        assert {ws.page_setup.fitToWidth, ws.page_setup.fitToHeight} <= {None, 1}
        assert "第 &P 页" in ws.oddFooter.center.text
        assert "&N" not in ws.oddFooter.center.text
    assert book["短"].print_area.endswith("$A$1:$B$8")  # title, heading, header and 5 rows
    assert "未印全" not in book["短"].oddFooter.right.text
    assert "未印全" in book["长"].oddFooter.right.text


def test_columns_of_group_by_find_room_as_long_as_there_is_some() -> None:
    batch = small_batch(*({"district": "甲区", "level": 1} for _ in range(3)))
    names = tuple(f"列{i}" for i in range(6))
    further = pd.DataFrame({name: ["乙", "丙", None] for name in names}, index=batch.enterprises.index, dtype="str")
    sheets = report_sheets(
        type(batch)(**{**batch.__dict__, "columns": further, "options": type(batch.options)(report=Report(names))})
    )
    # 9 chapters without them, of which 场景覆盖率 is needed more than any column: three have room
    assert [sheet.name for sheet in sheets[:15] if sheet.name.startswith("按")] == [f"按{name}" for name in names]
    assert [sheet.name for sheet in sheets[12:15]] == ["按列3", "按列4", "按列5"]
