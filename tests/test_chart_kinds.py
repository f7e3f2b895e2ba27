"""Each kind of chart in the file: its cells are those of the table, small groups are pale, nothing is left empty."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import range_boundaries

from report_data import make_batch
from small_batch import small_batch
from smebatch.batch.load import ReportData, ReportOptions
from smebatch.report.document import Chart, ChartKind, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.palette import DISTINCT, MAIN, WHOLE, pale
from smebatch.report.score_spread import group_label
from smebatch.report.sections import report_sheets
from smebatch.report.xlsx.book import write_sheets
from smebatch.settings.model import Report, Tier

FIGURES = {"a": [3, 0, 2, 5], "b": [0, 0, 0, 9], "c": [1, 4, 1, 6], "d": [2, 2, 2, 6], "e": [1, 1, 1, 3]}
COLUMNS = (TableColumn("name", "名称"), *(TableColumn(key, key, Format.COUNT) for key in "abc"))
BESIDE = (TableColumn("label", "图中名称"), *(TableColumn(key, key, Format.COUNT) for key in "de"))


def table(**more: Any) -> Table:
    """Three rows and a total of 5, 9, 6; b is 0 in all rows; d, e and label are only for charts; 乙 is small."""
    names = ["甲", "乙", "丙", "合计"]
    frame = pd.DataFrame({"name": names, "label": [f"{n}（n=1）" for n in names], **FIGURES})
    frame["note"] = ["", "小样本", "", ""]
    return Table("t", "表", frame, COLUMNS, total=True, chart_columns=BESIDE, **more)


def drawn(folder: Path, chart: Chart) -> ET.Element:
    """The part of a chart of a workbook."""
    sheet = ReportSheet("甲", "题", (table(), ChartRow((chart,))))
    write_sheets(folder / "a.xlsx", [sheet], small_batch())
    ((_, root),) = charts_in(folder / "a.xlsx")
    return root


def charts_in(path: Path) -> Iterator[tuple[str, ET.Element]]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("xl/charts/chart"):
                yield name, ET.fromstring(archive.read(name))  # noqa: S314 - our own file


def names_of(root: ET.Element) -> list[str]:
    """The cached names of a chart's series."""
    return [series.findtext("./{*}tx//{*}v") or "" for series in root.iterfind(".//{*}ser")]


def values_of(root: ET.Element) -> list[list[float]]:
    return [
        [float(v.text or "nan") for v in series.iterfind("./{*}val//{*}v")] for series in root.iterfind(".//{*}ser")
    ]


def stated(element: ET.Element, tag: str) -> str | None:
    """The value of a child element."""
    return next(child.get("val") for child in element.iterfind(f"./{{*}}{tag}"))


def fills_of(point: ET.Element) -> list[str]:
    return [f"#{colour.get('val')}" for colour in point.iterfind("./{*}spPr/{*}solidFill/{*}srgbClr")]


def test_chart_columns_are_written_beside_the_widest_table_and_hidden(tmp_path: Path) -> None:
    wide = Table("w", "", pd.DataFrame({c: [1] for c in "uvwxyz"}), tuple(TableColumn(c, c) for c in "uvwxyz"))
    chart = Chart("bar", "图", "t", "label", ("a",))
    write_sheets(tmp_path / "a.xlsx", [ReportSheet("甲", "题", (table(), ChartRow((chart,)), wide))], small_batch())
    ws = openpyxl.load_workbook(tmp_path / "a.xlsx")["甲"]
    assert [cell.value for cell in ws[3]] == ["名称", "a", "b", "c", None, None, "图中名称", "d", "e"]
    assert [cell.value for cell in ws[4]] == ["甲", 3, 0, 1, None, None, "甲（n=1）", 2, 1]
    hidden = {key for key, dimension in ws.column_dimensions.items() if dimension.hidden}
    assert hidden == {"G"}  # openpyxl keeps the first of a range of columns
    assert (ws.column_dimensions["G"].min, ws.column_dimensions["G"].max) == (7, 9)
    ((_, root),) = charts_in(tmp_path / "a.xlsx")
    assert root.findtext(".//{*}cat//{*}f") == "甲!$G$4:$G$6"
    assert root.find(".//{*}plotVisOnly") is None  # hidden cells are drawn


def test_a_series_that_is_always_nought_is_left_out_and_the_others_keep_their_colours(tmp_path: Path) -> None:
    root = drawn(tmp_path, Chart("stacked_bar", "图", "t", "label", ("a", "b", "c")))
    assert names_of(root) == ["a", "c"]
    assert [fills_of(series) for series in root.iterfind(".//{*}ser")] == [[DISTINCT[0]], [DISTINCT[2]]]


@pytest.mark.parametrize("kind", ["column", "bar"])
def test_small_groups_are_pale(tmp_path: Path, kind: ChartKind) -> None:
    root = drawn(tmp_path, Chart(kind, "图", "t", "label", ("a",), faint="note"))
    assert [(stated(p, "idx"), fills_of(p)) for p in root.iterfind(".//{*}dPt")] == [("1", [pale(MAIN)])]
    assert "小样本" in "".join(text for title in root.iterfind("./{*}chart/{*}title") for text in title.itertext())


def test_a_histogram_draws_its_lines_as_bars_of_no_width(tmp_path: Path) -> None:
    root = drawn(tmp_path, Chart("histogram", "图", "t", "name", ("a", "c")))
    assert values_of(root) == [[3, 0, 2], [1, 4, 1]]
    counts, lines = root.iterfind(".//{*}ser")
    assert counts.find("./{*}errBars") is None
    bars = lines.find("./{*}errBars")
    assert bars is not None
    tags = ("errBarType", "errValType", "val", "noEndCap")
    assert {tag: stated(bars, tag) for tag in tags} == {
        "errBarType": "minus",
        "errValType": "percentage",
        "val": "100",
        "noEndCap": "1",
    }
    assert lines.find("./{*}spPr/{*}noFill") is not None


def test_a_box_has_whiskers_as_long_as_the_table_says(tmp_path: Path) -> None:
    root = drawn(tmp_path, Chart("box", "图", "t", "label", ("a", "c", "d", "e", "b"), faint="note"))
    assert names_of(root) == ["a", "c", "d"]
    assert values_of(root) == [[3, 0, 2], [1, 4, 1], [2, 2, 2]]
    down, up = root.iterfind(".//{*}errBars")
    whiskers = [
        (stated(bar, "errBarType"), [v.text for v in bar.iterfind(".//{*}v")], bar.findtext(".//{*}f"))
        for bar in (down, up)
    ]
    assert whiskers == [("minus", ["1", "1", "1"], "甲!$G$4:$G$6"), ("plus", ["0", "0", "0"], "甲!$C$4:$C$6")]
    assert [stated(p, "idx") for p in root.iterfind(".//{*}dPt")] == ["1", "1"]


def test_a_radar_draws_its_rows_and_the_whole(tmp_path: Path) -> None:
    root = drawn(tmp_path, Chart("radar", "图", "t", "label", ("a", "b", "c"), limit=2, first=1, faint="note"))
    assert names_of(root) == ["乙（n=1）", "丙（n=1）", "合计（n=1）"]
    assert values_of(root) == [[0, 0, 4], [2, 0, 1], [5, 9, 6]]
    assert [v.text for v in next(root.iterfind(".//{*}cat")).iterfind(".//{*}v")] == ["a", "b", "c"]
    lines = [f"#{c.get('val')}" for c in root.iterfind(".//{*}ser/{*}spPr/{*}ln/{*}solidFill/{*}srgbClr")]
    assert lines == [pale(DISTINCT[0]), DISTINCT[1], WHOLE]


def test_spokes_stand_side_by_side() -> None:
    chart = Chart("radar", "图", "t", "label", ("a", "c"))
    with pytest.raises(ValueError, match="side by side"):
        write_sheets(Path("never.xlsx"), [ReportSheet("甲", "题", (table(), ChartRow((chart,))))], small_batch())


def test_counts_are_shaded_up_to_the_largest_and_shares_to_the_whole(tmp_path: Path) -> None:
    share = (TableColumn("name", "名称"), TableColumn("a", "a", Format.PERCENT))
    counts, shares = table(heat=("a", "b", "c")), Table("s", "", table().frame, share, heat=("a",))
    write_sheets(tmp_path / "a.xlsx", [ReportSheet("甲", "题", (counts, shares))], small_batch())
    ws = openpyxl.load_workbook(tmp_path / "a.xlsx")["甲"]
    largest = [rule.colorScale.cfvo[1].val for found in ws.conditional_formatting for rule in found.rules]
    assert largest == [4, 1]  # the total row has larger ones


# --- the report

SMALL = 8

ORDERED = ("size", "above_scale", "specialised")  # tables in the order of the form


@pytest.fixture(scope="module")
def batch() -> ReportData:
    report = Report(tiers=(Tier("甲等", Fraction(60)), Tier("乙等", Fraction(40))))
    return dataclasses.replace(make_batch(90), options=ReportOptions(small_group=SMALL, report=report))


@pytest.fixture(scope="module")
def book(batch: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("charts") / "a.xlsx"
    write_sheets(path, report_sheets(batch), batch)
    return path


def test_every_kind_of_chart_is_in_the_report(batch: ReportData) -> None:
    kinds = {
        c.kind
        for sheet in report_sheets(batch)
        for row in sheet.blocks
        if isinstance(row, ChartRow)
        for c in row.charts
    }
    assert kinds == {"column", "bar", "stacked", "stacked_bar", "histogram", "box", "radar"}


def test_what_a_chart_holds_is_what_its_cells_hold(book: Path) -> None:
    workbook, compared = openpyxl.load_workbook(book), 0
    for _, root in charts_in(book):
        for reference in root.iter():
            formula = reference.findtext("./{*}f")
            if formula is None:
                continue
            name, _, cells = formula.rpartition("!")
            left, top, right, bottom = range_boundaries(cells)
            found = workbook[name.strip("'")].iter_rows(top, bottom, left, right, values_only=True)
            held = [value for row in found for value in row]
            cached: list[object] = [None] * len(held)
            for point in reference.iterfind(".//{*}pt"):
                text = point.findtext("./{*}v") or ""
                cached[int(point.get("idx", "-1"))] = float(text) if reference.tag.endswith("numRef") else text
            if reference.tag.endswith("numRef"):  # XlsxWriter writes 0 for a blank
                held, cached = [value or 0 for value in held], [value or 0 for value in cached]
            assert cached == pytest.approx(held), formula
            compared += len(held)
    assert compared > 500


def test_the_two_legs_and_the_coverage_of_groups_are_shaded(batch: ReportData) -> None:
    tables = {b.id: b for sheet in report_sheets(batch) for b in sheet.blocks if isinstance(b, Table)}
    scenes = tuple(scene.id for scene in batch.edition.scenes)
    assert tables["limits"].heat == tuple(f"scenes_{level}" for level in range(5))
    assert tables["coverage"].heat == tables["industry_coverage"].heat == scenes
    assert tables["industry_coverage"].columns[-1].key == "note"


def test_charts_of_groups_label_each_with_its_n_in_the_order_of_the_table(batch: ReportData) -> None:
    sheets = report_sheets(batch)
    tables = {block.id: block for sheet in sheets for block in sheet.blocks if isinstance(block, Table)}
    for sheet in sheets:
        for row in sheet.blocks:
            for chart in row.charts if isinstance(row, ChartRow) else ():
                frame = tables[chart.table].frame
                if chart.faint:
                    expected = [group_label(name, n) for name, n in zip(frame["group"], frame["n"], strict=True)]
                    assert frame[chart.category].tolist() == expected, chart.title


def test_no_small_group_leads_and_every_one_is_marked(batch: ReportData) -> None:
    marked = 0
    for sheet in report_sheets(batch):
        for block in sheet.blocks:
            if isinstance(block, Table) and {"group", "n", "note"} <= {column.key for column in block.columns}:
                body = block.frame.head(block.body)
                assert ((body["n"] < SMALL) == (body["note"] != "")).all(), block.id
                marked += int((body["n"] < SMALL).sum())
                if "rank" in body:
                    assert body["rank"][body["n"] < SMALL].isna().all(), block.id
                if "rank" not in body or block.id in ORDERED:
                    continue
                first = next((name for name, n in zip(body["group"], body["n"], strict=True) if n >= SMALL), None)
                assert first in (body["group"].iloc[0], "未填"), block.id
    assert marked > 3


LISTS = frozenset({"near", "enterprises", "response", "files"})  # of enterprises, or of shares of what is no return
COUNTED_BESIDE = frozenset({"phases_levels"})  # its counts stand beside the shares, their sums in its last row


def test_no_mean_share_or_rate_stands_without_its_n(batch: ReportData) -> None:
    # The n stands in the row, as n or as the counts of all levels, or in the title of the table.
    bare = []
    for sheet in report_sheets(batch):
        for block in sheet.blocks:
            if isinstance(block, Table) and block.id not in LISTS | COUNTED_BESIDE and not block.id.endswith("_list"):
                figures = [c.key for c in block.columns if c.format in (Format.PERCENT, Format.POINTS)]
                if figures and "n" not in {c.key for c in block.columns} and "n=" not in block.title:
                    bare.append(block.id)
    assert bare == []
