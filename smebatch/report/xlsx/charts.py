"""Native Excel charts of the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_range_formula
from xlsxwriter.worksheet import Worksheet

from smebatch.common.text import cell_text
from smebatch.report.document import Chart, Format, Table, TableColumn
from smebatch.report.palette import DISTINCT, LINE, MAIN, OUTLINE, WHOLE, pale, sequence
from smebatch.report.xlsx.styles import FONT, ROW_PIXELS

HORIZONTAL = frozenset({"bar", "stacked_bar", "box"})  # kinds that take a line for each row of their table
_MAX_LABELLED = 20  # categories with data labels
_NO_FILL = {"fill": {"none": True}, "border": {"none": True}}


@dataclass(frozen=True)
class TablePosition:
    """Where a table is written: the sheet and the row, from 0, of its first body row; it begins in column A.

    ``beside``: the sheet's column, from 0, of the first of its chart columns; by default they follow the others.
    """

    sheet: str
    row: int
    table: Table
    beside: int | None = None

    def place(self, key: str) -> int:
        """The sheet's column of a column of the table."""
        printed = [column.key for column in self.table.columns]
        if key in printed:
            return printed.index(key)
        beside = len(printed) if self.beside is None else self.beside
        return beside + [column.key for column in self.table.chart_columns].index(key)

    def format(self, key: str) -> Format:
        """The format of a column of the table."""
        columns: tuple[TableColumn, ...] = (*self.table.columns, *self.table.chart_columns)
        return next(column.format for column in columns if column.key == key)

    def heading(self, key: str) -> list[Any]:
        """The cell of a column's heading, as XlsxWriter takes it."""
        return [self.sheet, self.row - 1, self.place(key)]

    def cells(self, key: str, rows: range) -> list[Any]:
        """The cells of a column in some rows of the table, as XlsxWriter takes them."""
        return [self.sheet, self.row + rows[0], self.place(key), self.row + rows[-1], self.place(key)]


def shown_values(chart: Chart, table: Table) -> pd.DataFrame:
    """The values that a chart shows: the rows of its table, for a radar the total row as well."""
    rows = [*chart.rows(table), *([table.body] if chart.kind == "radar" and table.total else [])]
    return table.frame[list(chart.values)].iloc[rows]


def has_data(chart: Chart, tables: Mapping[str, Table]) -> bool:
    """Whether the chart's columns hold anything but blanks and zeros."""
    table = tables[chart.table]
    return bool(chart.rows(table)) and bool((shown_values(chart, table).fillna(0) != 0).to_numpy().any())


def rows_needed(charts: Sequence[Chart], tables: Mapping[str, Table]) -> int:
    """The number of sheet rows that charts side by side take: more for a single one, one for each horizontal bar."""
    bars = [len(c.rows(tables[c.table])) for c in charts if c.kind in HORIZONTAL]
    tall = len(charts) == 1 or any(c.kind == "radar" for c in charts)
    return max(18 if tall else 13, 4 + max(bars, default=0))


def draw_charts(
    book: Any, sheet: Worksheet, row: int, charts: Sequence[Chart], positions: Mapping[str, TablePosition], width: int
) -> None:
    """Insert the charts side by side in ``width`` pixels, from the row on."""
    height = rows_needed(charts, {name: position.table for name, position in positions.items()}) * ROW_PIXELS - 8
    for i, chart in enumerate(charts):
        share = width // len(charts)
        native = native_chart(book, chart, positions[chart.table])
        native.set_size({"width": share - 8, "height": height})
        sheet.insert_chart(row, 0, native, {"x_offset": i * share + 2, "y_offset": 4, "object_position": 2})


def native_chart(book: Any, chart: Chart, position: TablePosition) -> Any:
    """A chart of XlsxWriter that shows cells of a table which is written at a position; it has no size yet."""
    native = _BUILDERS[chart.kind](book, chart, position)
    native.set_title({"name": chart_title(chart, position.table), "name_font": _font(11, bold=True), "overlay": False})
    native.show_hidden_data()  # chart columns are hidden
    return native


def chart_title(chart: Chart, table: Table) -> str:
    """The title with what is left out and what is pale; never a text that XlsxWriter takes for a formula."""
    rows = len(chart.rows(table))
    title = chart.title + (
        f"（前 {rows} 个）" if not chart.first and chart.kind != "radar" and rows < table.body else ""
    )
    title += "".join(f"（浅色：{text}）" for text in dict.fromkeys(filter(None, chart_remarks(chart, table))))
    return cell_text(title).replace("!", "！").lstrip("=")


def chart_remarks(chart: Chart, table: Table) -> list[str]:
    """The remarks on the rows that a chart shows, which are drawn pale; "" on most."""
    rows = chart.rows(table)
    if not chart.faint or not rows:
        return []
    return [str(text) for text in table.frame[chart.faint].iloc[rows.start : rows.stop]]


def _filled(colour: str, remarks: Sequence[str]) -> dict[str, Any]:
    """A series' fill, with the points of remarked rows pale."""
    series: dict[str, Any] = {"fill": {"color": colour}}
    if any(remarks):
        faint = {"fill": {"color": pale(colour)}, "border": {"color": OUTLINE, "dash_type": "dash", "width": 0.75}}
        series["points"] = [faint if remark else None for remark in remarks]
    return series


def _bars(book: Any, chart: Chart, position: TablePosition) -> Any:
    """Columns and bars, beside or upon one another."""
    rows, remarks = chart.rows(position.table), chart_remarks(chart, position.table)
    stacked, lying = chart.kind in ("stacked", "stacked_bar"), chart.kind in HORIZONTAL
    native = book.add_chart({"type": "bar" if lying else "column", **({"subtype": "stacked"} if stacked else {})})
    percent = position.format(chart.values[0]) is Format.PERCENT
    number = "0%" if percent else position.format(chart.values[0]).value
    several = len(chart.values) > 1
    values = shown_values(chart, position.table).fillna(0)
    for key, colour in zip(chart.values, chart_colours(chart), strict=True):
        if several and not (values[key] != 0).any():
            continue  # an entry of the legend that nothing in the chart answers to
        series: dict[str, Any] = {
            "name": position.heading(key),
            "categories": position.cells(chart.category, rows),
            "values": position.cells(key, rows),
            "gap": 60,
            **_filled(colour, remarks),
        }
        if stacked:
            series["border"] = {"color": "#FFFFFF", "width": 0.75}
        elif len(rows) <= _MAX_LABELLED or lying:
            series["data_labels"] = {"value": True, "num_format": number, "font": _font(9)}
        native.add_series(series)
    native.set_legend({"position": "bottom", "font": _font(9)} if several else {"none": True})
    # Room for the label of a full bar; what is stacked ends with the whole.
    scale = {"max": 1 if stacked else 1.1, "major_unit": 0.2} if percent else _scale(chart)
    _set_axes(native, lying, "0%" if percent else "#,##0", scale, marked=stacked)
    return native


def chart_colours(chart: Chart) -> tuple[str, ...]:
    """The colours of its series."""
    count = len(chart.values)
    if count == 1:
        return (MAIN,)
    if chart.order == "falling":
        return sequence(count)[::-1]
    return sequence(count) if chart.order or count > len(DISTINCT) else DISTINCT[:count]


def _scale(chart: Chart) -> dict[str, Any]:
    return {} if chart.top is None else {"max": chart.top, "major_unit": chart.top / 5}


def _set_axes(native: Any, lying: bool, number: str, scale: Mapping[str, Any], marked: bool = False) -> None:
    """Set the axes of columns or bars; ``marked``: the value axis of bars is shown, for they have no labels."""
    values: dict[str, Any] = {
        "num_format": number,
        "num_font": _font(9),
        "min": 0,
        "major_gridlines": {"visible": True, "line": {"color": "#E3E6EA"}},
        "line": {"none": True},
        **scale,
    }
    if lying:
        # Bars are drawn from the bottom up; reversed, the first row is on top, and so is the value axis: where bars
        # have labels it is left out, else it is moved back to the bottom.
        native.set_y_axis(
            {
                "num_font": _font(9),
                "reverse": True,
                "major_gridlines": {"visible": False},
                **({"crossing": "max"} if marked else {}),
            }
        )
        native.set_x_axis(values | {"visible": marked})
    else:
        native.set_x_axis({"num_font": _font(9), "interval_unit": 1})
        native.set_y_axis(values)


def _histogram(book: Any, chart: Chart, position: TablePosition) -> Any:
    """Columns without a gap, and between them a thin line in each row that is a threshold."""
    rows = chart.rows(position.table)
    native = book.add_chart({"type": "column"})
    counts, lines = chart.values
    thresholds = shown_values(chart, position.table)[lines]
    shared = {"categories": position.cells(chart.category, rows), "gap": 4, "overlap": 100}
    native.add_series(
        {
            "name": position.heading(counts),
            "values": position.cells(counts, rows),
            "fill": {"color": MAIN},
            "border": {"color": "#FFFFFF", "width": 0.75},
            "data_labels": {"value": True, "num_format": "#,##0;;", "font": _font(9)},
            **shared,
        }
    )
    native.add_series(
        {
            "name": position.heading(lines),
            "values": position.cells(lines, rows),
            # The column itself is not drawn: its error bar is, down to 0, as thin as a line.
            "y_error_bars": {
                "type": "percentage",
                "value": 100,
                "direction": "minus",
                "end_style": 0,
                "line": {"color": LINE, "width": 1.75, "dash_type": "dash"},
            },
            # Its label is that of the row, but not in rows that are no threshold.
            "data_labels": {
                "category": True,
                "value": False,
                "position": "outside_end",
                "font": _font(9),
                "custom": [{"delete": True} if pd.isna(line) else None for line in thresholds],
            },
            **_NO_FILL,
            **shared,
        }
    )
    native.set_legend({"none": True})
    _set_axes(native, False, position.format(counts).value, _scale(chart))
    return native


def _box(book: Any, chart: Chart, position: TablePosition) -> Any:
    """Boxes from quartile to quartile, parted at the median, with whiskers to the lowest and the highest."""
    rows, remarks = chart.rows(position.table), chart_remarks(chart, position.table)
    base, *halves, down, up = chart.values
    native = book.add_chart({"type": "bar", "subtype": "stacked"})
    categories = position.cells(chart.category, rows)
    native.add_series(
        {
            "name": position.heading(base),
            "categories": categories,
            "values": position.cells(base, rows),
            "y_error_bars": _whisker("minus", down, position, rows),
            "gap": 60,
            **_NO_FILL,
        }
    )
    for key, colour in zip(halves, sequence(5)[1:3], strict=True):
        series = {
            "name": position.heading(key),
            "categories": categories,
            "values": position.cells(key, rows),
            "gap": 60,
            "border": {"color": WHOLE, "width": 0.75},
            **_filled(colour, remarks),
        }
        if key == halves[-1]:
            series["y_error_bars"] = _whisker("plus", up, position, rows)
        native.add_series(series)
    native.set_legend({"none": True})
    _set_axes(native, True, "#,##0", _scale(chart), marked=True)
    return native


def _whisker(direction: str, key: str, position: TablePosition, rows: range) -> dict[str, Any]:
    """Error bars as long as a column says; the file also holds the lengths, for a chart that leaves its workbook."""
    lengths = [None if pd.isna(value) else value for value in position.table.frame[key].iloc[rows.start : rows.stop]]
    return {
        "type": "custom",
        "direction": direction,
        f"{direction}_values": xl_range_formula(*position.cells(key, rows)),
        f"{direction}_data": lengths,
        "line": {"color": WHOLE, "width": 1},
    }


def _radar(book: Any, chart: Chart, position: TablePosition) -> Any:
    """A closed line for each row, and a dashed one for the whole."""
    rows, remarks = chart.rows(position.table), chart_remarks(chart, position.table)
    places = [position.place(key) for key in chart.values]
    if places != list(range(places[0], places[0] + len(places))):
        raise ValueError(f"spokes must stand side by side: {chart.values}")
    native = book.add_chart({"type": "radar"})

    def spokes(row: int) -> list[Any]:
        return [position.sheet, row, places[0], row, places[-1]]

    def add(row: int, line: Mapping[str, Any]) -> None:
        native.add_series(
            {
                "name": [position.sheet, position.row + row, position.place(chart.category)],
                "categories": spokes(position.row - 1),
                "values": spokes(position.row + row),
                "line": dict(line),
            }
        )

    for i, row in enumerate(rows):
        colour = DISTINCT[i % len(DISTINCT)]
        add(row, {"color": pale(colour) if remarks and remarks[i] else colour, "width": 2})
    if position.table.total:
        add(position.table.body, {"color": WHOLE, "width": 1.5, "dash_type": "dash"})
    native.set_legend({"position": "bottom", "font": _font(9)})
    native.set_x_axis({"num_font": _font(9)})
    scale = {"max": chart.top or 1, "major_unit": 0.25}
    native.set_y_axis({"min": 0, "num_format": "0%", "num_font": _font(8), **scale})
    return native


def _font(size: int, bold: bool = False) -> dict[str, Any]:
    return {"name": FONT, "size": size, "bold": bold}


_BUILDERS: Mapping[str, Callable[[Any, Chart, TablePosition], Any]] = {
    "column": _bars,
    "bar": _bars,
    "stacked": _bars,
    "stacked_bar": _bars,
    "histogram": _histogram,
    "box": _box,
    "radar": _radar,
}
