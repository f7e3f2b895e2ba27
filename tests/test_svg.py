"""The charts of the report as SVG: what is drawn is what the tables say, and nothing in them is markup."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from report_data import make_batch
from smebatch.report.document import Chart, ChartRow, Format, Table, TableColumn
from smebatch.report.sections import report_sheets
from smebatch.report.svg.charts import drawn
from smebatch.settings.model import Report, Tier

SVG = "{http://www.w3.org/2000/svg}"
KINDS = {"column", "bar", "stacked", "stacked_bar", "histogram", "box", "radar"}


@cache
def charts() -> list[tuple[Chart, Table]]:
    """The charts of a made-up report with their tables."""
    batch = make_batch(80)
    tiers = Report(tiers=(Tier("领先", 60), Tier("中等", 30)))  # type: ignore[arg-type]  # whole numbers compare as well
    sheets = report_sheets(replace(batch, options=replace(batch.options, report=tiers)))
    tables = {block.id: block for sheet in sheets for block in sheet.blocks if isinstance(block, Table)}
    rows = [block for sheet in sheets for block in sheet.blocks if isinstance(block, ChartRow)]
    return [(chart, tables[chart.table]) for row in rows for chart in row.charts]


def parsed(chart: Chart, table: Table) -> ET.Element:
    picture = drawn(chart, table)
    assert picture
    return ET.fromstring(picture.svg)  # noqa: S314  # our own


def texts(picture: ET.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SVG}text")]


def small_table(**columns: list[object]) -> Table:
    """A table of names and numbers."""
    frame = pd.DataFrame(columns)
    numbers = [TableColumn(key, f"列{key}", Format.COUNT) for key in columns if key != "name"]
    return Table("t", "表", frame, (TableColumn("name", "名称"), *numbers))


def test_every_kind_is_among_them() -> None:
    assert {chart.kind for chart, _ in charts()} == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_picture_says_what_it_is_and_stays_within_its_bounds(kind: str) -> None:
    for chart, table in charts():
        if chart.kind == kind:
            check_picture(chart, table)


def check_picture(chart: Chart, table: Table) -> None:
    picture = parsed(chart, table)
    assert picture.get("role") == "img"
    assert chart.title in (picture.get("aria-label") or "")
    assert picture.findtext(f"{SVG}title") == picture.get("aria-label")
    assert not [each for each in picture.iter() if each.get("style") or each.tag == f"{SVG}style"]
    _, _, width, height = map(float, (picture.get("viewBox") or "").split())
    assert width == 640
    for each in picture.iter(f"{SVG}rect"):
        x, y, wide, high = (float(each.get(name) or -1) for name in ("x", "y", "width", "height"))
        assert -0.01 <= x <= x + wide <= width + 0.01
        assert -0.01 <= y <= y + high <= height + 0.01


def test_bars_are_as_long_as_their_numbers() -> None:
    """1, 2 and 4: the longest is four times the shortest; each has its number at its end."""
    table = small_table(name=["甲", "乙", "丙"], n=[1, 2, 4])
    picture = parsed(Chart("bar", "图", "t", "name", ("n",)), table)
    one, two, four = [float(each.get("width") or 0) for each in picture.iter(f"{SVG}rect")]
    assert two / one == pytest.approx(2, abs=0.01)
    assert four / one == pytest.approx(4, abs=0.01)
    assert {"甲", "乙", "丙", "1", "2", "4"} <= set(texts(picture))


def test_what_is_stacked_ends_with_the_sum() -> None:
    """3 and 1 of one row, 4 of the other: both columns are of one height; a series of zeros has no entry."""
    table = small_table(name=["甲", "乙"], a=[3, 4], b=[1, 0], c=[0, 0])
    picture = parsed(Chart("stacked", "图", "t", "name", ("a", "b", "c")), table)
    heights = [float(each.get("height") or 0) for each in picture.iter(f"{SVG}rect")][:4]
    assert heights[0] + heights[1] == pytest.approx(heights[2] + heights[3], abs=0.02)
    assert "列c" not in texts(picture)
    assert {"列a", "列b"} <= set(texts(picture))


def test_texts_stay_texts() -> None:
    evil = '<script>"&\x00'
    table = small_table(name=[evil], n=[1])
    picture = drawn(Chart("bar", f"图{evil}", "t", "name", ("n",)), table)
    assert picture
    assert "<script" not in picture.svg
    assert '<script>"&' in texts(ET.fromstring(picture.svg))  # noqa: S314  # our own


def test_what_has_nothing_to_show_is_not_drawn() -> None:
    assert drawn(Chart("bar", "图", "t", "name", ("n",)), small_table(name=["甲"], n=[0])) is None
