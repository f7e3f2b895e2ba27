"""The report to be read from first page to last, as a neutral document: chapters of sentences, tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table

_DIGITS = {Format.ORDINAL: 0, Format.COUNT: 0, Format.POINTS: 2, Format.PERCENT: 1}  # decimals of the number formats


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a chapter: ``depth`` 2 is （一）, 3 is 1. The writer numbers it."""

    text: str
    depth: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text."""

    text: str


@dataclass(frozen=True)
class ChartFigure:
    """A chart and the table that it is drawn from."""

    chart: Chart
    table: Table


ChapterPart = Heading | Paragraph | Table | ChartFigure


@dataclass(frozen=True)
class Chapter:
    """A chapter: its title, which the writer numbers 一、二、, and its blocks from top to bottom."""

    title: str
    blocks: tuple[ChapterPart, ...]


@dataclass(frozen=True)
class Narrative:
    """The whole report.

    ``chapters``: by the names that templates have for them, in order; None for one that has no figure to tell.
    ``values``: what else a template may ask for, by name; "" where it is not known.
    """

    title: str
    chapters: dict[str, Chapter | None]
    values: dict[str, str]


def printed(value: Any, form: Format) -> str:
    """A value as a spreadsheet displays it in a column of this format; "" where there is none.

    Numbers are rounded half up as they are written in decimals, which is what spreadsheets do with them.

    >>> printed(1234, Format.COUNT), printed(0.0625, Format.PERCENT), printed(71.5, Format.POINTS)
    ('1,234', '6.3%', '71.50')
    """
    if pd.isna(value):
        return ""
    if form not in _DIGITS:
        return str(value)
    number = Decimal(repr(float(value))) * (100 if form is Format.PERCENT else 1)
    rounded = number.quantize(Decimal(1).scaleb(-_DIGITS[form]), ROUND_HALF_UP)
    text = f"{rounded:,}" if form is Format.COUNT else str(rounded)
    return f"{text}%" if form is Format.PERCENT else text


def pick(table: Table, keys: Sequence[str], title: str | None = None) -> Table:
    """A table with those of its columns that are named, in that order; a page is narrower than a sheet."""
    columns = {column.key: column for column in table.columns}
    chosen = tuple(columns[key] for key in keys if key in columns)
    return replace(table, columns=chosen, title=table.title if title is None else title, heat=(), new_page=False)


def tables_of(sheet: ReportSheet) -> dict[str, Table]:
    """The tables of a sheet by their ids."""
    return {block.id: block for block in sheet.blocks if isinstance(block, Table)}


def figures_of(sheet: ReportSheet) -> list[ChartFigure]:
    """The charts of a sheet that show tables of its own, one below the other."""
    tables = tables_of(sheet)
    rows = [block for block in sheet.blocks if isinstance(block, ChartRow)]
    return [ChartFigure(chart, tables[chart.table]) for row in rows for chart in row.charts if chart.table in tables]


def blocks_of(sheet: ReportSheet) -> tuple[ChapterPart, ...]:
    """A sheet as a part of a chapter: what it says in words, then its tables and charts in their order."""
    blocks: list[ChapterPart] = [Paragraph(text) for text in (sheet.lead, *sheet.notes) if text]
    figures = figures_of(sheet)
    for block in sheet.blocks:
        if isinstance(block, Table):
            blocks.append(block)
        elif isinstance(block, ChartRow):
            blocks += [figure for figure in figures if figure.chart in block.charts]
    return tuple(blocks)
