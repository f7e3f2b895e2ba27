"""Paragraphs, tables and charts as elements of WordprocessingML. Text is only ever text: no field, no XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from docx.document import Document as WordDocument

from smebatch.common.text import clean_text, numeral
from smebatch.report.chapter import Chapter, ChapterPart, ChartFigure, Heading, Paragraph, printed
from smebatch.report.document import NUMBER_FORMATS, Format, Table
from smebatch.report.docx.charts import ChartParts
from smebatch.report.docx.elements import element, run
from smebatch.report.docx.layout import BODY, CAPTION, CELL, FIGURE, HEADINGS, NOTE, Style, style_ids
from smebatch.report.xlsx.paging import display_width

_TWIP = 635  # EMU
_BORDERS = ("top", "left", "bottom", "right", "insideH", "insideV")
_HEADER_SHADE = "F2F2F2"
_ROWS_ON_ONE_PAGE = 8  # a table of no more rows is not broken
_MEASURED_ROWS = 200
_MIN_WIDTH, _MAX_WIDTH = 4, 44  # half-width characters of a column, before all are stretched to the page
_MIN_HEADING = 6  # so much of a heading stands on one line: （家）
_UNBROKEN = 16  # texts of this width are not broken
_HALF_WIDTH = CELL.size * 11 // 2  # twips of half a character, with a tenth to spare for other fonts
_MARGIN = 60  # twips left and right in a cell
_ALIGNMENT = {Format.TEXT: "left", Format.CODE: "center", Format.ORDINAL: "center"}


class BlockWriter:
    """Makes the elements of chapters; chapters, headings and tables are numbered as they come."""

    def __init__(self, document: WordDocument, width: int, charts: ChartParts) -> None:
        """``width``: between the margins, in EMU; it may change between chapters."""
        self._styles = style_ids(document)
        self.width = width
        self._charts = charts
        self._chapters, self._tables = count(1), count(1)

    def chapter(self, chapter: Chapter) -> Iterator[Any]:
        """The elements of a chapter."""
        yield self.paragraph(f"{numeral(next(self._chapters))}、{chapter.title}", HEADINGS[1])
        second, third = count(1), count(1)
        for block in chapter.blocks:
            if not isinstance(block, Heading):
                yield from self._block(block)
            elif block.depth == 2:
                third = count(1)
                yield self.paragraph(f"（{numeral(next(second))}）{block.text}", HEADINGS[2])
            else:
                yield self.paragraph(f"{next(third)}.{block.text}", HEADINGS[3])

    def _block(self, block: ChapterPart) -> Iterator[Any]:
        if isinstance(block, Paragraph):
            yield self.paragraph(block.text, BODY)
        elif isinstance(block, ChartFigure):
            if (drawing := self._charts.drawing(block, self.width)) is not None:
                yield self._paragraph(FIGURE, [element("w:r", [drawing])])
        elif isinstance(block, Table):
            yield self.paragraph(f"表{next(self._tables)}　{block.title}", CAPTION)
            yield self.table(block)
            for note in block.all_notes or ("",):  # tables that touch would become one
                yield self.paragraph(note, NOTE)

    def paragraph(self, text: str, style: Style) -> Any:
        """A paragraph of plain text."""
        return self._paragraph(style, [run(text)] if (text := clean_text(text)) else [])

    def _paragraph(self, style: Style, runs: Sequence[Any], look: Sequence[Any] = ()) -> Any:
        """A paragraph of runs. ``look``: properties beside those of its style."""
        named = element("w:pStyle", val=self._styles[style.name])
        return element("w:p", [element("w:pPr", [named, *look]), *runs])

    def table(self, table: Table) -> Any:
        """A table as wide as the page: its header is repeated on every page, and no row is broken."""
        rows = list(_rows(table)) or [["（无）", *[""] * (len(table.columns) - 1)]]
        widths = _column_widths(table, rows, self.width // _TWIP)
        grid = element("w:tblGrid", [element("w:gridCol", w=str(width)) for width in widths])
        titles = [column.title for column in table.columns]
        aligned = [_ALIGNMENT.get(column.format, "right") for column in table.columns]
        made = [self._row(titles, ["center"] * len(titles), widths, header=True, bold=True, keep=True)]
        for number, row in enumerate(rows, 1):
            last = number == len(rows)
            keep = len(rows) <= _ROWS_ON_ONE_PAGE and not last
            made.append(self._row(row, aligned, widths, bold=table.total and last, keep=keep))
        return element("w:tbl", [_table_properties(sum(widths)), grid, *made])

    def _row(
        self,
        texts: Sequence[str],
        aligned: Sequence[str],
        widths: Sequence[int],
        *,
        header: bool = False,
        bold: bool = False,
        keep: bool = False,
    ) -> Any:
        """A row. ``keep``: on one page with the next."""
        cells = []
        for text, align, width in zip(texts, aligned, widths, strict=True):
            shade = [element("w:shd", val="clear", color="auto", fill=_HEADER_SHADE)] if header else []
            look = [element("w:tcW", w=str(width), type="dxa"), *shade, element("w:vAlign", val="center")]
            kept = [element("w:keepNext")] if keep else []
            runs = [run(text, bold=bold)] if (text := clean_text(text)) else []
            paragraph = self._paragraph(CELL, runs, [*kept, element("w:jc", val=align)])
            cells.append(element("w:tc", [element("w:tcPr", look), paragraph]))
        properties = [element("w:cantSplit"), *([element("w:tblHeader")] if header else [])]
        return element("w:tr", [element("w:trPr", properties), *cells])


def _rows(table: Table) -> Iterator[list[str]]:
    columns = [[printed(value, column.format) for value in table.frame[column.key]] for column in table.columns]
    yield from map(list, zip(*columns, strict=True))


def _table_properties(width: int) -> Any:
    sides = [element(f"w:{side}", val="single", sz="4", space="0", color="auto") for side in _BORDERS]
    margins = [element(f"w:{side}", w=str(_MARGIN), type="dxa") for side in ("left", "right")]
    return element(
        "w:tblPr",
        [
            element("w:tblW", w=str(width), type="dxa"),
            element("w:jc", val="center"),
            element("w:tblBorders", sides),
            element("w:tblLayout", type="fixed"),
            element("w:tblCellMar", margins),
        ],
    )


def _column_widths(table: Table, rows: Sequence[Sequence[str]], whole: int) -> list[int]:
    """The widths of the columns in twips, together ``whole``.

    Each column gets what it needs, so that no figure, date or short text is broken; what is left goes to those that
    have longer texts or headings. Headings wrap. Where not all have what they need, all are as much too narrow.
    """
    needed, wanted = [], []
    for i, column in enumerate(table.columns):
        content = max((display_width(row[i]) for row in rows[-_MEASURED_ROWS:]), default=0)
        heading = display_width(column.title)
        number = column.format in NUMBER_FORMATS
        need = max(content if number else min(content, _UNBROKEN), min(heading, _MIN_HEADING), _MIN_WIDTH)
        want = min(max(content, -(-heading // 2) if number else heading, need), _MAX_WIDTH)
        needed.append(need * _HALF_WIDTH + 2 * _MARGIN)
        wanted.append((want - need) * _HALF_WIDTH)
    spare = whole - sum(needed)
    if spare >= sum(wanted):
        needed, wanted = [n + w for n, w in zip(needed, wanted, strict=True)], needed
        spare = whole - sum(needed)
    if spare < 0:
        shares = [width * whole // sum(needed) for width in needed]
    else:
        shares = [n + spare * w // max(sum(wanted), 1) for n, w in zip(needed, wanted, strict=True)]
    shares[0] += whole - sum(shares)
    return shares
