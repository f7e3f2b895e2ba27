"""Splits long lists over several sheets, and measures the width and height of text in print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from smebatch.common.text import clean_text
from smebatch.report.document import NUMBER_FORMATS, ReportSheet, Table, TableColumn

EXCEL_ROWS = 1_048_576
MEASURED_ROWS = 1000  # of a column, by which its width is chosen
MIN_WIDTH, MAX_WIDTH = 7.0, 40.0


def split_sheet(sheet: ReportSheet, limit: int = EXCEL_ROWS) -> list[ReportSheet]:
    """Split a sheet whose long table does not fit ``limit`` rows into 企业明细, 企业明细2…, each saying so."""
    if len(sheet.blocks) != 1 or not isinstance(table := sheet.blocks[0], Table) or not table.long:
        return [sheet]
    room = limit - len(sheet.notes) - 4  # title, notes, a note on the split, a blank row, header
    rows = len(table.frame)
    count = max(1, -(-rows // room))
    if count == 1:
        return [sheet]
    sheets = []
    for i in range(count):
        part = table.frame.iloc[i * room : (i + 1) * room]
        note = (
            f"共 {rows} 行，一张工作表容纳不下，分为 {count} 张；本张为第 {i * room + 1} 至 {i * room + len(part)} 行。"
        )
        number = str(i + 1) if i else ""
        sheets.append(
            replace(
                sheet,
                name=sheet.name + number,
                notes=(*sheet.notes, note),
                blocks=(replace(table, id=table.id + number, frame=part),),
            )
        )
    return sheets


def display_width(text: str) -> int:
    """Width in half-width characters; Chinese ones, full-width ones and such as “ and … count 2.

    >>> display_width("得分ab"), display_width("")
    (6, 0)
    """
    return len(text.encode("gbk", errors="replace"))  # as wide as its bytes: one for ASCII, two for Chinese


def column_widths(tables: Sequence[Table]) -> list[float]:
    """The width of each sheet column, in half-width characters, so that the widest of the stacked tables fits.

    A stated width is kept; otherwise the content decides (a sample of it), within bounds; headings may wrap.
    """
    widths = [float(MIN_WIDTH)] * max((len(t.columns) for t in tables), default=1)
    for table in tables:
        for i, column in enumerate(table.columns):
            widths[i] = max(widths[i] if table is not tables[0] else 0, column.width or _measured_width(table, column))
    return widths


def _measured_width(table: Table, column: TableColumn) -> float:
    heading = display_width(column.title) / (2 if column.format in NUMBER_FORMATS else 1)
    content = 0
    if column.format not in NUMBER_FORMATS:
        texts = table.frame[column.key].head(MEASURED_ROWS).dropna()
        content = max((display_width(clean_text(str(text))) for text in texts), default=0)
    return max(MIN_WIDTH, min(max(heading, content) + 3, column.widest or MAX_WIDTH))


def lines_needed(text: str, width: float) -> int:
    """The number of lines the text takes in ``width`` half-width characters; at least 1."""
    return max(1, -(-display_width(text) // max(1, int(width))))
