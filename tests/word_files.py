"""Takes documents of Word apart for tests: texts, tables, and charts with the workbooks behind them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from openpyxl.workbook.workbook import Workbook


class Series(NamedTuple):
    """A series of a chart: what its formulas name, and what the chart has cached of it."""

    formulas: dict[str, str]
    cached: dict[str, list[str]]


class ChartFile(NamedTuple):
    """A chart: its XML, title, series, and the workbook that its relation of the type ``package`` leads to."""

    root: Any
    title: str
    series: list[Series]
    workbook: Workbook


def read_document(path: Path) -> WordDocument:
    return Document(str(path))


def paragraphs(document: WordDocument, style: str) -> list[str]:
    """The texts of the paragraphs of a style, in order, those of tables left out."""
    return [p.text for p in document.paragraphs if p.style is not None and p.style.name == style]


def headings(document: WordDocument) -> list[str]:
    return paragraphs(document, "评测一级标题")


def rows(document: WordDocument) -> Iterator[list[str]]:
    """The rows of all tables."""
    for table in document.tables:
        for row in table.rows:
            yield [cell.text for cell in row.cells]


def charts(document: WordDocument) -> list[ChartFile]:
    """The charts in the order in which they stand in the text."""
    found = []
    for reference in document.element.body.iter(qn("c:chart")):
        part = document.part.related_parts[reference.get(qn("r:id"))]
        assert part.content_type == CONTENT_TYPE.DML_CHART
        root = parse_xml(part.blob)
        (data,) = root.iter(qn("c:externalData"))
        relation = part.rels[data.get(qn("r:id"))]
        assert relation.reltype == RELATIONSHIP_TYPE.PACKAGE
        assert relation.target_part.content_type == CONTENT_TYPE.SML_SHEET
        workbook = openpyxl.load_workbook(io.BytesIO(relation.target_part.blob))
        title = "".join(t.text for t in next(root.iter(qn("c:title"))).iter(qn("a:t")))
        found.append(ChartFile(root, title, [_series(each) for each in root.iter(qn("c:ser"))], workbook))
    return found


def _series(element: Any) -> Series:
    formulas, cached = {}, {}
    for name, tag in (("name", "c:tx"), ("categories", "c:cat"), ("values", "c:val")):
        for part in element.findall(qn(tag)):
            (formula,) = part.iter(qn("c:f"))
            formulas[name] = formula.text
            cached[name] = [point.find(qn("c:v")).text for point in part.iter(qn("c:pt"))]
    return Series(formulas, cached)


def cells(workbook: Workbook, formula: str) -> list[object]:
    """The values of the cells that a formula as 数据!$A$3:$A$8 names; None where one is blank."""
    match = re.fullmatch(r"'?([^'!]+)'?!([$A-Z0-9:]+)", formula)
    assert match, formula
    found = workbook[match[1]][match[2].replace("$", "")]
    lines = found if isinstance(found, tuple) else ((found,),)
    return [cell.value for line in lines for cell in line]
