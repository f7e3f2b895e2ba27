"""Writes the document of the report as a workbook with XlsxWriter; it computes no statistics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from smebatch.batch.load import ReportData
from smebatch.common.atomic_write import write_atomically
from smebatch.common.text import cell_text
from smebatch.report.document import NUMBER_FORMATS, Chart, Format, Paragraphs, ReportSheet, Table
from smebatch.report.public.sheets import public_sheets
from smebatch.report.sections import report_sheets
from smebatch.report.xlsx.charts import TablePosition, draw_charts, has_data, rows_needed
from smebatch.report.xlsx.long_rows import LEAST_ROWS, LongRows, RowCells, with_long_rows, writes_as_known
from smebatch.report.xlsx.one_page import MARGINS, Extent, last_row_printed
from smebatch.report.xlsx.paging import EXCEL_ROWS, column_widths, lines_needed, split_sheet
from smebatch.report.xlsx.styles import FONT, HEAT_SCALE, ReportStyles
from smebatch.standard.model import Edition

ROWS_PER_CHUNK = 10_000  # rows
MANY_CELLS = 100_000  # a larger workbook is written row by row to disk: quicker, and not held in memory
FEW_CELLS = 10_000  # a workbook of no more is put together in memory; a larger one in temporary files
PAPER_NUMBERS = {"A3": 8, "A4": 9}  # as Excel numbers them
LINE_PIXELS = 17  # pixels of a line of text
LINES_PER_SPARE_LINE = 4  # of a paragraph: lines break before their end
MAX_ROW_PIXELS = 540  # pixels; Excel allows 545
ROWS_TO_REPEAT_HEADER = (
    40  # a table of more rows than this repeats its header in print, as does the last block of a sheet
)


class BookFacts(Protocol):
    """What a workbook says of itself."""

    @property
    def edition(self) -> Edition:
        """The edition that it is about."""

    @property
    def made_at(self) -> dt.datetime:
        """The time at which it was made."""


def write_summary(target: Path, batch: ReportData, *, public: bool = False) -> None:
    """Write the regional summary workbook or its public edition. Raises OSError when the file cannot be written."""
    write_sheets(target, public_sheets(batch) if public else report_sheets(batch), batch)


def write_sheets(
    target: Path,
    sheets: Iterable[ReportSheet],
    facts: BookFacts,
    row_limit: int = EXCEL_ROWS,
    many_cells: int = MANY_CELLS,
) -> None:
    """Write the sheets; one longer than ``row_limit`` rows is split, a book above ``many_cells`` streams to disk.

    Raises OSError when the file cannot be written.
    """
    parts = [part for sheet in sheets for part in split_sheet(sheet, row_limit)]
    cells = sum(b.frame.shape[0] * len(b.columns) for s in parts for b in s.blocks if isinstance(b, Table))
    streams = cells > many_cells
    stream = BytesIO()
    book = xlsxwriter.Workbook(
        stream,
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
            "constant_memory": streams,
            "in_memory": not streams and cells <= FEW_CELLS,
            "default_format_properties": {"font_name": FONT, "font_size": 10},
        },
    )
    made = facts.made_at.astimezone(UTC) if facts.made_at.tzinfo else facts.made_at
    title, edition = cell_text(parts[0].title), cell_text(facts.edition.header.title)
    book.set_properties({"title": title, "subject": edition, "created": made.replace(tzinfo=None)})
    writer = _SheetWriter(book, edition, f"{facts.made_at:%Y-%m-%d}", splices=streams and writes_as_known())
    writer.write(parts)
    try:
        book.close()
    except FileCreateError as error:
        raise OSError(f"{target}: {error}") from error
    with write_atomically(target) as partial, partial.open("wb") as file:
        if writer.long_rows:
            with_long_rows(stream, file, writer.long_rows)
        else:
            file.write(stream.getbuffer())


def _footer(left: str, number: str, right: str) -> str:
    """A footer; the space ends the font size: &82026 would be a size. Texts are cut, and their & escaped."""
    texts = (text[:80].replace("&", "&&") for text in (left, right))
    return "&L&8 {}&C&8 {number}&R&8 {}".format(*texts, number=number)


class _SheetWriter:
    """Writes each sheet from top to bottom, as a streamed workbook requires, and all charts at the end.

    ``splices``: whether the rows of long tables are left out, to be put into the finished workbook.
    """

    def __init__(self, book: Any, edition: str, date: str, *, splices: bool) -> None:
        self.book = book
        self.edition, self.date = edition, date
        self.splices = splices
        self.long_rows: list[LongRows] = []
        self.styles = ReportStyles(book)
        self.positions: dict[str, TablePosition] = {}
        self.heights: dict[int, int] = {}  # of the rows of the present sheet that are not of one line, in pixels

    def write(self, sheets: Sequence[ReportSheet]) -> None:
        """Write all sheets; a chart may show a table of any of them."""
        tables = {b.id: b for s in sheets for b in s.blocks if isinstance(b, Table)}
        pending = [charts for sheet in sheets for charts in self._sheet(sheet, tables)]
        for worksheet, row, charts, width in pending:
            draw_charts(self.book, worksheet, row, charts, self.positions, width)

    def _sheet(self, sheet: ReportSheet, all_tables: dict[str, Table]) -> list[tuple[Worksheet, int, list[Chart], int]]:
        """Write a sheet but for its charts; return those with the rows they begin at and the pixels they share."""
        ws = self.book.add_worksheet(sheet.name)
        tables = [block for block in sheet.blocks if isinstance(block, Table)]
        widths = column_widths(tables)
        for i, width in enumerate(widths):
            ws.set_column(i, i, width)
        pixels = sum(int(width * 7 + 5) for width in widths)
        hidden = max((len(table.chart_columns) for table in tables), default=0)
        if hidden:
            ws.set_column(len(widths), len(widths) + hidden - 1, None, None, {"hidden": True})
        self.heights = {}
        ws.repeat_rows(0)
        self._set_height(ws, 0, 34)
        ws.write_string(0, 0, cell_text(sheet.title), self.styles.title)
        row = self._notes(ws, 1, [sheet.lead] if sheet.lead else [], widths, self.styles.lead)
        row = self._notes(ws, row, [*sheet.notes, *filter(None, [sheet.printing])], widths, self.styles.note)
        pending, breaks, extents = [], [], []
        for block in sheet.blocks:
            begin = row
            if isinstance(block, Table):
                breaks += [row] if block.new_page else []
                row = self._table(ws, row, block, widths, last=block is sheet.blocks[-1]) + 1
            elif isinstance(block, Paragraphs):
                row = self._notes(ws, self._title(ws, row, block.title), block.lines, widths, self.styles.text) + 1
            elif charts := [c for c in block.charts if has_data(c, all_tables)]:
                pending.append((ws, row, charts, pixels))
                row += rows_needed(charts, all_tables) + 1
            extents.append(Extent(begin, row, block))
        self._page(ws, sheet)
        if sheet.one_page:
            last = last_row_printed(extents, self.heights, pixels, landscape=sheet.landscape)
            self._one_page(ws, last, len(widths) - 1, cut=last + 2 < row)
        else:
            ws.set_h_pagebreaks(breaks)
        return pending

    def _page(self, ws: Worksheet, sheet: ReportSheet) -> None:
        ws.set_paper(PAPER_NUMBERS[sheet.paper])
        if sheet.landscape:
            ws.set_landscape()
        ws.fit_to_pages(*sheet.pages)
        ws.set_margins(**MARGINS)
        ws.center_horizontally()
        ws.set_footer(_footer(self.edition, "第 &P 页，共 &N 页", self.date), {"margin": 0.3})
        ws.hide_gridlines(2)

    def _one_page(self, ws: Worksheet, last_row: int, last_column: int, *, cut: bool) -> None:
        """Print the sheet to this cell on one page; it says so where it is ``cut``."""
        ws.print_area(0, 0, last_row, last_column)
        ws.fit_to_pages(1, 1)
        ws.repeat_rows(0)
        right = f"本页未印全，余下见电子表　{self.date}" if cut else self.date
        ws.set_footer(_footer(self.edition, "第 &P 页", right), {"margin": 0.3})

    def _set_height(self, ws: Worksheet, row: int, pixels: int) -> None:
        ws.set_row_pixels(row, pixels)
        self.heights[row] = pixels

    def _notes(self, ws: Worksheet, row: int, notes: Sequence[str], widths: Sequence[float], style: Any) -> int:
        """Write notes, each across all columns and as high as its lines; return the next row."""
        for note in notes:
            text = cell_text(note)
            line = 21 if style is self.styles.lead else 17
            self._set_height(ws, row, line * lines_needed(text, sum(widths) * (0.9 if line > 17 else 1)) + 3)
            if len(widths) > 1:
                ws.merge_range(row, 0, row, len(widths) - 1, "", style)
            ws.write_string(row, 0, text, style)
            row += 1
        return row

    def _title(self, ws: Worksheet, row: int, title: str) -> int:
        """Write the title of a block, if it has one; return the row after it."""
        if not title:
            return row
        self._set_height(ws, row, 24)
        ws.write_string(row, 0, cell_text(title), self.styles.heading)
        return row + 1

    def _table(self, ws: Worksheet, row: int, table: Table, widths: Sequence[float], last: bool) -> int:
        """Write a table with its title and notes; return the row after it."""
        row = self._title(ws, row, table.title)
        header, end = row, len(table.columns) - 1
        lines = max(lines_needed(c.title, w - 0.5) for c, w in zip(table.columns, widths, strict=False))
        self._set_height(ws, row, LINE_PIXELS * lines + 6)
        position = TablePosition(ws.get_name(), row + 1, table, len(widths))
        for column in (*table.columns, *table.chart_columns):
            ws.write_string(row, position.place(column.key), cell_text(column.title), self.styles.header)
        row += 1
        self.positions[table.id] = position
        self._body(ws, position, widths)
        if table.heat and table.body:
            first, final = position.place(table.heat[0]), position.place(table.heat[-1])
            ws.conditional_format(row, first, row + table.body - 1, final, _heat_scale(table))
        row += len(table.frame)
        if not len(table.frame):
            ws.write_string(row, 0, "（无）", self.styles.note)
            row += 1
        if table.long:
            ws.freeze_panes(header + 1, 2)
            ws.repeat_columns(0, 1)
            ws.autofilter(header, 0, max(header + 1, row - 1), end)
        if last or len(table.frame) > ROWS_TO_REPEAT_HEADER:
            ws.repeat_rows(header)
        return self._notes(ws, row, table.all_notes, widths, self.styles.note)

    def _body(self, ws: Worksheet, position: TablePosition, widths: Sequence[float]) -> None:
        """Write the rows, text only ever as text, each as high as its longest printed text."""
        table, row = position.table, position.row
        columns = (*table.columns, *table.chart_columns)
        places = [position.place(column.key) for column in columns]
        styles = [self.styles.cell[column.format] for column in columns]
        final = row + len(table.frame) - 1
        rows = _rows(table, widths)
        if self.splices and table.long and not table.total and len(table.frame) >= LEAST_ROWS:
            for r in (row, final):
                for place, style in zip(places, styles, strict=True):
                    ws.write_blank(r, place, None, style)
            self.long_rows.append(LongRows(len(self.book.worksheets()), row, len(table.frame), rows))
            return
        number = [column.format in NUMBER_FORMATS for column in columns]
        for r, (values, pixels) in enumerate(rows, row):
            if table.total and r == final:
                styles = [self.styles.total[column.format] for column in columns]
            if pixels:
                self._set_height(ws, r, pixels)
            for c, value in enumerate(values):
                if value is None:
                    ws.write_blank(r, places[c], None, styles[c])
                elif number[c]:
                    ws.write_number(r, places[c], value, styles[c])
                else:
                    ws.write_string(r, places[c], value, styles[c])


def _heat_scale(table: Table) -> dict[str, Any]:
    """Shades from 0 to 1 for shares, so that all reports compare, and to the largest for counts."""
    form = next(column.format for column in table.columns if column.key == table.heat[0])
    if form is Format.PERCENT:
        return dict(HEAT_SCALE)
    largest = table.frame[list(table.heat)].head(table.body).max().max()
    return HEAT_SCALE | {"max_value": 1 if pd.isna(largest) else max(1, int(largest))}


def _rows(table: Table, widths: Sequence[float]) -> Iterator[RowCells]:
    """Yield the rows of a table, each as high as its longest printed text."""
    texts = [(i, widths[i] * 1.05 - 1.5) for i, column in enumerate(table.columns) if column.format is Format.TEXT]
    for values in _row_cells(table):
        lines = max((lines_needed(values[i], width) for i, width in texts if values[i]), default=1)
        lines += lines // LINES_PER_SPARE_LINE if lines > 1 else 0
        pixels = min(LINE_PIXELS * lines + 4, MAX_ROW_PIXELS) if lines > 1 else 0
        yield RowCells(values, pixels)


def _row_cells(table: Table) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table as cells; they are made in chunks, for there may be a million of them."""
    for start in range(0, len(table.frame), ROWS_PER_CHUNK):
        part = table.frame.iloc[start : start + ROWS_PER_CHUNK]
        columns = (*table.columns, *table.chart_columns)
        yield from zip(*(cell_values(part[column.key], column.format) for column in columns), strict=True)


def cell_values(values: pd.Series[Any], form: Format) -> list[Any]:
    """A column as cells: numbers or clean text, None where there is nothing to show."""
    blank = values.isna().to_numpy()
    if form in NUMBER_FORMATS:
        return [None if b else v for v, b in zip(values.tolist(), blank, strict=True)]
    return [None if b else cell_text(str(v)) or None for v, b in zip(values.tolist(), blank, strict=True)]
