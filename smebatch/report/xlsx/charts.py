"""Native Excel charts of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.worksheet import Worksheet

from smebatch.report.document import Chart, Format, Table
from smebatch.report.xlsx.styles import DISTINCT_COLOURS, FAINT_COLOUR, FONT, LEVEL_COLOURS, ROW_PIXELS

_MAX_LABELLED = 20  # categories with data labels


@dataclass(frozen=True)
class TablePosition:
    """Where a table is written: the sheet and the row, from 0, of its first body row; it begins in column A."""

    sheet: str
    row: int
    table: Table


def has_data(chart: Chart, tables: Mapping[str, Table]) -> bool:
    """Whether the chart's columns hold anything but blanks and zeros."""
    table = tables[chart.table]
    shown = table.frame[list(chart.values)].head(min(chart.limit, table.body))
    return bool((shown.fillna(0) != 0).to_numpy().any())


def rows_needed(charts: Sequence[Chart], tables: Mapping[str, Table]) -> int:
    """The number of sheet rows that charts side by side take: more for a single one, one for each horizontal bar."""
    bars = [min(c.limit, tables[c.table].body) for c in charts if c.kind == "bar"]
    return max(15 if len(charts) > 1 else 18, 4 + max(bars, default=0))


def draw_charts(
    book: Any, sheet: Worksheet, row: int, charts: Sequence[Chart], positions: Mapping[str, TablePosition], width: int
) -> None:
    """Insert the charts side by side in ``width`` pixels, from the row on."""
    height = rows_needed(charts, {name: position.table for name, position in positions.items()}) * ROW_PIXELS - 8
    for i, chart in enumerate(charts):
        share = width // len(charts)
        native = _chart(book, chart, positions[chart.table])
        native.set_size({"width": share - 8, "height": height})
        sheet.insert_chart(row, 0, native, {"x_offset": i * share + 2, "y_offset": 4, "object_position": 2})


def _chart(book: Any, chart: Chart, position: TablePosition) -> Any:
    rows = min(chart.limit, position.table.body)
    keys = [column.key for column in position.table.columns]
    formats = {column.key: column.format for column in position.table.columns}
    faint = [str(text) for text in position.table.frame[chart.faint].head(rows)] if chart.faint else []
    title = chart.title + (f"（前 {rows} 个）" if rows < position.table.body else "")
    title += "".join(f"（浅色：{text}）" for text in dict.fromkeys(filter(None, faint)))
    stacked = chart.kind == "stacked"
    several = len(chart.values) > 1
    options = {"type": "bar" if chart.kind == "bar" else "column", **({"subtype": "stacked"} if stacked else {})}
    native = book.add_chart(options)
    colours = DISTINCT_COLOURS if len(chart.values) > len(LEVEL_COLOURS) else LEVEL_COLOURS
    percent = formats[chart.values[0]] is Format.PERCENT
    number = "0%" if percent else formats[chart.values[0]].value
    for i, key in enumerate(chart.values):

        def cells(name: str) -> list[object]:
            column = keys.index(name)
            return [position.sheet, position.row, column, position.row + rows - 1, column]

        series: dict[str, Any] = {
            "name": [position.sheet, position.row - 1, keys.index(key)],
            "categories": cells(chart.category),
            "values": cells(key),
            "fill": {"color": colours[i % len(colours)] if several else LEVEL_COLOURS[3]},
            "gap": 60,
        }
        if any(faint):
            series["points"] = [{"fill": {"color": FAINT_COLOUR}} if text else None for text in faint]
        if not stacked and (rows <= _MAX_LABELLED or chart.kind == "bar"):
            series["data_labels"] = {"value": True, "num_format": number, "font": _font(8)}
        native.add_series(series)
    native.set_title({"name": title, "name_font": _font(11, bold=True), "overlay": False})
    native.set_legend({"position": "bottom", "font": _font(9)} if several else {"none": True})
    values: dict[str, Any] = {
        "num_format": number,
        "num_font": _font(8),
        "min": 0,
        "major_gridlines": {"visible": True, "line": {"color": "#E3E6EA"}},
        "line": {"none": True},
    }
    if percent:
        values |= {"max": 1.1, "major_unit": 0.2}  # room for the label of a full bar
    if chart.kind == "bar":
        # Bars are drawn from the bottom up; reversed, the first row is on top, and so is the value axis: leave it out.
        native.set_y_axis({"num_font": _font(8), "reverse": True, "major_gridlines": {"visible": False}})
        native.set_x_axis(values | {"visible": False})
    else:
        native.set_x_axis({"num_font": _font(8)})
        native.set_y_axis(values)
    return native


def _font(size: int, bold: bool = False) -> dict[str, Any]:
    return {"name": FONT, "size": size, "bold": bold}
