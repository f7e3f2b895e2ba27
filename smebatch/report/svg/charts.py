"""Each kind of chart as SVG, in the colours of the report and of the same tables as the workbook's own charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from smebatch.common.text import clean_text
from smebatch.report.chapter import printed
from smebatch.report.document import Chart, Format, Table, TableColumn
from smebatch.report.palette import DISTINCT, LINE, MAIN, OUTLINE, WHOLE, pale, sequence
from smebatch.report.svg.drawing import GRID, PALE, Anchor, cut, line, polygon, rect, svg, text, text_width, ticks
from smebatch.report.xlsx.charts import chart_colours, chart_remarks, chart_title, has_data, shown_values

WIDTH = 640
_HEIGHT = 320  # of what stands upright, without its legend
_TOP, _RIGHT = 16, 24
_LABELS = 190  # the most room of the labels of bars
_BAR = 26  # a line of bars
_LEGEND = 22
_TURNED = 90  # the room of labels that are turned


@dataclass(frozen=True)
class Drawn:
    """A chart that is drawn: its title, with what is left out and what is pale, and the SVG."""

    title: str
    svg: str


def drawn(chart: Chart, table: Table) -> Drawn | None:
    """A chart of a table; None where it has nothing to show."""
    if not has_data(chart, {table.id: table}):
        return None
    title = clean_text(chart_title(chart, table)).strip()
    shapes, height = _KINDS[chart.kind](_Data(chart, table))
    return Drawn(title, svg(WIDTH, height, title, shapes))


class _Data:
    """What a chart shows, and how."""

    def __init__(self, chart: Chart, table: Table) -> None:
        self.chart, self.table = chart, table
        rows = chart.rows(table)
        self.labels = [str(name) for name in table.frame[chart.category].iloc[rows.start : rows.stop]]
        self.values = shown_values(chart, table).fillna(0).astype("float64")
        self.remarks = chart_remarks(chart, table) or [""] * len(rows)
        columns: dict[str, TableColumn] = {c.key: c for c in (*table.columns, *table.chart_columns)}
        self.format = columns[chart.values[0]].format
        several = len(chart.values) > 1
        kept = [key for key in chart.values if not several or (self.values[key] != 0).any()]
        colours = dict(zip(chart.values, chart_colours(chart), strict=True))
        self.series = {key: colours[key] for key in kept}
        self.names = {key: clean_text(columns[key].title) for key in chart.values}
        self.several = several

    def row(self, i: int) -> list[tuple[str, float]]:
        """The values of a row by the colours of its series, pale where there is a remark."""
        found = self.values.iloc[i]
        return [(pale(colour) if self.remarks[i] else colour, float(found[key])) for key, colour in self.series.items()]

    def faint(self, i: int) -> str:
        """The outline of the shapes of a row."""
        return OUTLINE if self.remarks[i] else ""

    def axis(self, *, stacked: bool) -> list[float]:
        """The ticks of the values' axis."""
        if self.chart.top is not None:
            return [self.chart.top * i / 5 for i in range(6)]
        shown = self.values[list(self.series)]
        most = float((shown.sum(axis=1) if stacked else shown.max(axis=1)).max())
        if self.format is Format.PERCENT and most > 0.5:
            return [i / 5 for i in range(6)]
        return ticks(most)

    def number(self, value: float) -> str:
        """A value as its label says it."""
        return f"{value:.0%}" if self.format is Format.PERCENT else printed(value, self.format)

    def tick(self, value: float) -> str:
        """A value as the axis says it."""
        return f"{value:.0%}" if self.format is Format.PERCENT else f"{value:,g}"

    def legend(self, y: float) -> tuple[list[str], float]:
        """The names of the series in lines from y on, and where they end."""
        if not self.several:
            return [], y
        return legend([(self.names[key], colour) for key, colour in self.series.items()], y)


def legend(entries: Sequence[tuple[str, str]], y: float) -> tuple[list[str], float]:
    """Names with their colours in lines from y on, and where they end."""
    shapes, x = [], 8.0
    for name, colour in entries:
        shown = cut(name, WIDTH - 60)
        room = 30 + text_width(shown)
        if x + room > WIDTH and x > 8:
            x, y = 8.0, y + _LEGEND
        shapes += [rect(x, y + 3, 12, 12, colour), text(x + 17, y + 13, shown, anchor="start")]
        x += room
    return shapes, y + _LEGEND


# --- upright ----------------------------------------------------------------------------------------------------------


def _upright_frame(scale: Sequence[float], name: Callable[[float], str], bottom: float) -> tuple[list[str], float]:
    """The lines of the values' axis with their numbers, and where the columns begin."""
    left = 14 + max(text_width(name(value)) for value in scale)
    shapes = []
    for value in scale:
        y = bottom - (bottom - _TOP) * value / scale[-1]
        shapes += [line(left, y, WIDTH - _RIGHT, y), text(left - 6, y + 4, name(value), anchor="end", fill=PALE)]
    return shapes, left


def _columns(data: _Data) -> tuple[list[str], float]:
    stacked = data.chart.kind == "stacked"
    scale = data.axis(stacked=stacked)
    slot = (WIDTH - _RIGHT - 50) / len(data.labels)
    turned = max(text_width(label) for label in data.labels) > slot - 4
    bottom = _HEIGHT - (_TURNED if turned else 26)
    shapes, left = _upright_frame(scale, data.tick, bottom)
    slot = (WIDTH - _RIGHT - left) / len(data.labels)
    high = (bottom - _TOP) / scale[-1]
    for i, label in enumerate(data.labels):
        x, cells = left + slot * i + slot * 0.15, data.row(i)
        width = slot * 0.7 if stacked else slot * 0.7 / len(cells)
        foot = float(bottom)
        for k, (colour, value) in enumerate(cells):
            at = x if stacked else x + width * k
            shapes.append(rect(at, foot - value * high, width, value * high, colour, faint=data.faint(i)))
            if stacked:
                foot -= value * high
            elif width >= text_width(data.number(value)) - 8:
                shapes.append(text(at + width / 2, bottom - value * high - 4, data.number(value), size=11))
        middle = left + slot * (i + 0.5)
        shapes.append(_category(middle, bottom, label, turned=turned, room=slot))
    more, height = data.legend(_HEIGHT + 4)
    return [*shapes, line(left, bottom, WIDTH - _RIGHT, bottom, PALE), *more], height


def _category(x: float, bottom: float, label: str, *, turned: bool, room: float) -> str:
    if turned:
        return text(x + 4, bottom + 14, _short(label, _TURNED * 1.3), anchor="end", size=11, turn=-40)
    return text(x, bottom + 18, _short(label, room))


def _short(label: str, room: float) -> str:
    """The label of a row as far as there is room for it; its number of returns stays."""
    name, n, number = label.rpartition("（n=")
    return cut(label, room, n + number if name else "")


def _histogram(data: _Data) -> tuple[list[str], float]:
    """Columns without a gap; a dashed line for each row that is a threshold, with its name above."""
    counts, lines = data.chart.values
    thresholds = shown_values(data.chart, data.table)[lines].notna().tolist()
    scale = ticks(float(data.values[counts].max()) * 1.12)
    bottom, places, place = _HEIGHT - 70, list[float](), 0.0
    for threshold in thresholds:
        places.append(place)
        place += 0 if threshold else 1
    shapes, left = _upright_frame(scale, data.tick, bottom)
    slot, high = (WIDTH - _RIGHT - left) / max(place, 1), (bottom - _TOP) / scale[-1]
    for at, value, label, threshold in zip(places, data.values[counts], data.labels, thresholds, strict=True):
        x = left + slot * at
        if threshold:
            shapes += [line(x, _TOP + 12, x, bottom, LINE, 1.75, "5 3"), text(x, _TOP + 6, label, size=11, fill=LINE)]
            continue
        shapes.append(rect(x + 1, bottom - value * high, slot - 2, value * high, MAIN))
        if value:
            shapes.append(text(x + slot / 2, bottom - value * high - 4, data.number(value), size=11))
        shapes.append(text(x + slot / 2 + 4, bottom + 12, label, anchor="end", size=10, turn=-50))
    return [*shapes, line(left, bottom, WIDTH - _RIGHT, bottom, PALE)], _HEIGHT


# --- lying ------------------------------------------------------------------------------------------------------------


def _lying_frame(data: _Data, scale: Sequence[float], bottom: float) -> tuple[list[str], float]:
    """The labels of the rows and the lines of the values' axis, and where the bars begin."""
    left = 12 + min(_LABELS, max(text_width(label) for label in data.labels))
    shapes = []
    for value in scale:
        x = left + (WIDTH - _RIGHT - 30 - left) * value / scale[-1]
        shapes += [line(x, _TOP, x, bottom), text(x, bottom + 15, data.tick(value), fill=PALE)]
    for i, label in enumerate(data.labels):
        shapes.append(text(left - 6, _TOP + _BAR * (i + 0.5) + 4, _short(label, left - 10), anchor="end"))
    return shapes, left


def _bars(data: _Data) -> tuple[list[str], float]:
    stacked = data.chart.kind == "stacked_bar"
    scale, bottom = data.axis(stacked=stacked), _TOP + _BAR * len(data.labels)
    shapes, left = _lying_frame(data, scale, bottom)
    long = (WIDTH - _RIGHT - 30 - left) / scale[-1]
    for i in range(len(data.labels)):
        cells, at = data.row(i), left
        height = _BAR * 0.7 if stacked else _BAR * 0.7 / len(cells)
        for k, (colour, value) in enumerate(cells):
            y = _TOP + _BAR * (i + 0.15) + (0 if stacked else height * k)
            shapes.append(rect(at if stacked else left, y, value * long, height, colour, faint=data.faint(i)))
            if stacked:
                at += value * long
            else:
                label = data.number(value)
                shapes.append(text(left + value * long + 4, y + height / 2 + 4, label, anchor="start", size=11))
    more, height = data.legend(bottom + 22)
    return [*shapes, line(left, _TOP, left, bottom, PALE), *more], max(height, bottom + 24)


def _box(data: _Data) -> tuple[list[str], float]:
    """Boxes from quartile to quartile, parted at the median, with whiskers to the lowest and the highest."""
    base, to_median, to_q3, down, up = data.chart.values
    bottom = _TOP + _BAR * len(data.labels)
    top = data.chart.top or float((data.values[base] + data.values[to_median] + data.values[to_q3]).max())
    scale = [top * i / 5 for i in range(6)]
    shapes, left = _lying_frame(data, scale, bottom)
    long = (WIDTH - _RIGHT - 30 - left) / top
    first, second = sequence(5)[1:3]
    for i in range(len(data.labels)):
        found = data.values.iloc[i]
        if pd.isna(shown_values(data.chart, data.table)[base].iloc[i]):
            continue
        y, height = _TOP + _BAR * (i + 0.2), _BAR * 0.6
        q1 = left + found[base] * long
        median, q3 = q1 + found[to_median] * long, q1 + (found[to_median] + found[to_q3]) * long
        middle = y + height / 2
        low, high = q1 - found[down] * long, q3 + found[up] * long
        shapes += [line(low, middle, q1, middle, WHOLE), line(q3, middle, high, middle, WHOLE)]
        shapes += [line(x, middle - 5, x, middle + 5, WHOLE) for x in (low, high)]
        one, other = (pale(colour) if data.remarks[i] else colour for colour in (first, second))
        shapes += [rect(q1, y, median - q1, height, one, faint=data.faint(i))]
        shapes += [rect(median, y, q3 - median, height, other, faint=data.faint(i))]
        shapes.append(line(median, y, median, y + height, WHOLE, 2))
    return [*shapes, line(left, _TOP, left, bottom, PALE)], bottom + 24


# --- radar ------------------------------------------------------------------------------------------------------------


def _radar(data: _Data) -> tuple[list[str], float]:
    """A closed line for each row, and a dashed one for the whole."""
    spokes, top = data.chart.values, data.chart.top or 1
    centre, radius = (WIDTH / 2, 190.0), 145.0
    angles = [2 * math.pi * k / len(spokes) - math.pi / 2 for k in range(len(spokes))]

    def at(angle: float, share: float) -> tuple[float, float]:
        return centre[0] + radius * share * math.cos(angle), centre[1] + radius * share * math.sin(angle)

    shapes = [polygon([at(angle, ring / 4) for angle in angles], GRID, 1) for ring in range(1, 5)]
    for key, angle in zip(spokes, angles, strict=True):
        x, y = at(angle, 1.08)
        anchor: Anchor = "middle" if abs(math.cos(angle)) < 0.2 else "start" if math.cos(angle) > 0 else "end"
        shapes += [line(*centre, *at(angle, 1)), text(x, y + 4, data.names[key].removesuffix("得分率"), anchor=anchor)]
    shapes += [
        text(centre[0] - 5, at(angles[0], ring / 4)[1] + 4, f"{top * ring / 4:.0%}", anchor="end", size=10, fill=PALE)
        for ring in (1, 2, 3, 4)
    ]
    entries, rows = [], [*range(len(data.labels)), *([len(data.labels)] if data.table.total else [])]
    for i in rows:
        whole = i == len(data.labels)
        colour = WHOLE if whole else DISTINCT[i % len(DISTINCT)]
        if not whole and data.remarks[i]:
            colour = pale(colour)
        found = data.values.iloc[i]
        points = [at(angle, min(1.0, float(found[key]) / top)) for key, angle in zip(spokes, angles, strict=True)]
        shapes.append(polygon(points, colour, 1.5 if whole else 2, "5 3" if whole else ""))
        whole_name = str(data.table.frame[data.chart.category].iloc[-1])
        entries.append((whole_name if whole else data.labels[i], colour))
    foot = centre[1] + radius * max(math.sin(angle) for angle in angles)
    more, height = legend(entries, foot + 34)
    return [*shapes, *more], height


_KINDS: Mapping[str, Callable[[_Data], tuple[list[str], float]]] = {
    "column": _columns,
    "stacked": _columns,
    "bar": _bars,
    "stacked_bar": _bars,
    "histogram": _histogram,
    "box": _box,
    "radar": _radar,
}
