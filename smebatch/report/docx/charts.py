"""Native charts in a document of Word: the chart as XlsxWriter draws it, with the workbook of its data behind it.

Each chart is drawn twice: in a workbook with the chart, out of which the chart's part is taken, and in one without it,
which is embedded. "Edit data" in Word and WPS opens what the chart's relation of the type ``package`` leads to, and
finds the cells by the chart's formulas; so both workbooks are written by the same writer from the same table.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part, XmlPart
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsmap, qn

from smebatch.common.text import clean_text
from smebatch.report.chapter import ChartFigure
from smebatch.report.document import Chart, ChartRow, ReportSheet, Table
from smebatch.report.docx.chart_defaults import state_defaults
from smebatch.report.docx.elements import element
from smebatch.report.docx.layout import HEI
from smebatch.report.xlsx.book import BookFacts, write_sheets
from smebatch.report.xlsx.charts import has_data, rows_needed
from smebatch.report.xlsx.styles import ROW_PIXELS

DATA_SHEET = "数据"  # of the embedded workbook
_CHART = "xl/charts/chart1.xml"
_PIXEL = 9525  # EMU
_HEIGHT = 0.85  # of that on a sheet: two charts and their text fit on a page
_MAX_HEIGHT = 200 * 36_000  # EMU; a page has 225 mm between its margins
_FIRST_DRAWING = 1000  # the ids of drawings are one series in the document, and a template may have some
_CHART_NAME, _DATA_NAME = "/word/charts/chart{}.xml", "/word/embeddings/Microsoft_Excel_Worksheet{}.xlsx"


class ChartParts:
    """The charts of a document, numbered as they come."""

    def __init__(self, document: WordDocument, facts: BookFacts) -> None:
        self._part = document.part
        self._facts = facts
        self._numbers = _free_numbers(document)

    def drawing(self, figure: ChartFigure, width: int) -> Any:
        """The drawing to put into a run, ``width`` EMU wide; None where the chart has nothing to show."""
        tables = {figure.table.id: figure.table}
        if not has_data(figure.chart, tables):
            return None
        number = next(self._numbers)
        relation = self._part.relate_to(self._chart_part(figure, number), RELATIONSHIP_TYPE.CHART)
        height = min(int(rows_needed([figure.chart], tables) * ROW_PIXELS * _PIXEL * _HEIGHT), _MAX_HEIGHT)
        return _drawing(relation, number, clean_text(figure.chart.title), width, height)

    def _chart_part(self, figure: ChartFigure, number: int) -> Part:
        package = self._part.package
        chart_xml, workbook = chart_files(figure, self._facts)
        chart = parse_xml(chart_xml)
        part = XmlPart(PackURI(_CHART_NAME.format(number)), CONTENT_TYPE.DML_CHART, chart, package)
        data = Part(PackURI(_DATA_NAME.format(number)), CONTENT_TYPE.SML_SHEET, workbook, package)
        _name_fonts(chart)
        state_defaults(chart)
        for settings in chart.findall(qn("c:printSettings")):  # of a sheet; they stand last, where the relation goes
            chart.remove(settings)
        chart.append(_data_relation(part.relate_to(data, RELATIONSHIP_TYPE.PACKAGE)))
        return part


def chart_files(figure: ChartFigure, facts: BookFacts) -> tuple[bytes, bytes]:
    """The XML of a chart as XlsxWriter draws it, and the workbook of its data, of which its formulas speak."""
    table = _data_table(figure)
    with TemporaryDirectory() as folder:
        with_chart, data = Path(folder, "chart.xlsx"), Path(folder, "data.xlsx")
        write_sheets(with_chart, [_sheet(figure, (table, ChartRow((figure.chart,))))], facts)
        write_sheets(data, [_sheet(figure, (table,))], facts)
        with zipfile.ZipFile(with_chart) as parts:
            return parts.read(_CHART), data.read_bytes()


def _sheet(figure: ChartFigure, blocks: tuple[Table | ChartRow, ...]) -> ReportSheet:
    return ReportSheet(DATA_SHEET, figure.chart.title, blocks)


def _data_table(figure: ChartFigure) -> Table:
    """The table with those columns alone that the chart names; what else stands in it does not go along."""
    named = set(_texts_of(figure.chart))
    table = figure.table
    there = (*table.columns, *table.chart_columns)
    columns = tuple(replace(column, note="") for column in there if column.key in named)
    frame = table.frame[[key for key in table.frame.columns if key in named]]
    plain = replace(table, title="", heat=(), notes=(), long=False, new_page=False)
    return replace(plain, frame=frame, columns=columns, chart_columns=())


def _texts_of(chart: Chart) -> Iterator[str]:
    for field in fields(chart):
        value = getattr(chart, field.name)
        yield from (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()


def _name_fonts(chart: Any) -> None:
    """Name the font for Chinese text as well; Excel needs no more than the one for Latin text."""
    for latin in list(chart.iter(qn("a:latin"))):
        latin.set("typeface", HEI)
        chinese = OxmlElement("a:ea")
        chinese.set("typeface", HEI)
        latin.addnext(chinese)


def _data_relation(relation: str) -> Any:
    """What leads "edit data" to the embedded workbook; it is not read again unless somebody asks for it."""
    data, update = OxmlElement("c:externalData"), OxmlElement("c:autoUpdate")
    data.set(qn("r:id"), relation)
    update.set("val", "0")
    data.append(update)
    return data


def _drawing(relation: str, number: int, title: str, width: int, height: int) -> Any:
    """A chart in a line of text. ``number``: of the drawing in the document; ``title`` is read out to the blind."""
    inline, extent, name = OxmlElement("wp:inline"), OxmlElement("wp:extent"), OxmlElement("wp:docPr")
    extent.set("cx", str(width))
    extent.set("cy", str(height))
    for key, value in (("id", str(_FIRST_DRAWING + number)), ("name", f"图表 {number}"), ("descr", title)):
        name.set(key, value)
    graphic, data, chart = OxmlElement("a:graphic"), OxmlElement("a:graphicData"), OxmlElement("c:chart")
    data.set("uri", nsmap["c"])
    chart.set(qn("r:id"), relation)
    data.append(chart)
    graphic.append(data)
    inline.extend([extent, name, OxmlElement("wp:cNvGraphicFramePr"), graphic])
    return element("w:drawing", [inline])


def _free_numbers(document: WordDocument) -> Iterator[int]:
    """Numbers whose names of parts the document does not use yet: a template may have charts of its own."""
    used = {str(part.partname) for part in document.part.package.iter_parts()}
    names = (_CHART_NAME, _DATA_NAME)
    return (number for number in count(1) if used.isdisjoint(name.format(number) for name in names))
