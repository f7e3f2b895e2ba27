"""待审定.xlsx: the explained errors that may be waived, with cells in which the bureau decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from smebatch.common.text import cell_text
from smebatch.intake.decisions import ACCEPTED, DECIDED_ON, HEADINGS, IDENTITY, REFUSED, VERDICT
from smebatch.report.words import DECISION_WORDS
from smebatch.report.xlsx.styles import FONT

_COLUMNS = ("form_id", "code", "key", "name", "title", "found", "expected", "explanation")
_WIDTHS = (18, 24, 10, 28, 26, 22, 26, 40, 8, 32, 10, 12)
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_format_properties": {"font_name": FONT, "font_size": 10},
}
_BOX: dict[str, Any] = {"border": 1, "border_color": "#9CA3AF", "valign": "vcenter", "text_wrap": True}
_SPARE_ROWS = 1  # so that the form of an empty list can be looked at


def write_decision_form(
    target: Path, pending: pd.DataFrame, decided: Mapping[int, tuple[str, ...]] | None = None
) -> None:
    """Write the form: a row for each row of ``pending`` (see batch.returned.ChaseLists).

    ``decided``: what stands already in the cells to fill in, by row from 0, for sample data. Raises OSError.
    """
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {**_OPTIONS, "in_memory": True}) as book:
        book.set_properties({"title": target.stem, "created": dt.datetime(2024, 1, 1, tzinfo=dt.UTC)})
        _write_sheet(book, pending, decided or {})
    target.write_bytes(stream.getvalue())


def _write_sheet(book: Any, pending: pd.DataFrame, decided: Mapping[int, tuple[str, ...]]) -> None:
    words = DECISION_WORDS
    sheet = book.add_worksheet(words.sheet)
    head = book.add_format({**_BOX, "bold": True, "bg_color": "#DCE6F1", "align": "center"})
    grey = book.add_format({**_BOX, "font_color": "#9CA3AF", "font_size": 8})
    text = book.add_format(_BOX)
    answer = book.add_format({**_BOX, "bg_color": "#FFFFCC", "locked": False, "num_format": "@"})
    day = book.add_format({**_BOX, "bg_color": "#FFFFCC", "locked": False, "num_format": "yyyy-mm-dd"})
    for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, grey if heading in IDENTITY else head)
    for row, values in enumerate(pending[list(_COLUMNS)].itertuples(index=False), 1):
        for column, value in enumerate(values):
            sheet.write_string(row, column, cell_text(str(value)), grey if column < len(IDENTITY) else text)
        filled = decided.get(row - 1, ())
        for column, heading in enumerate(HEADINGS[len(_COLUMNS) :], len(_COLUMNS)):
            content = filled[column - len(_COLUMNS)] if column - len(_COLUMNS) < len(filled) else ""
            style = day if heading == DECIDED_ON else answer
            if content:
                sheet.write_string(row, column, content, style)
            else:
                sheet.write_blank(row, column, None, style)
    last = len(pending) + _SPARE_ROWS
    verdict, decided_on = HEADINGS.index(VERDICT), HEADINGS.index(DECIDED_ON)
    choice = {"validate": "list", "source": [ACCEPTED, REFUSED], "input_title": words.title, "input_message": words.how}
    date = {
        "validate": "date",
        "criteria": "between",
        "minimum": dt.date(2020, 1, 1),
        "maximum": dt.date(2099, 12, 31),
        "input_title": words.title,
        "input_message": words.day,
    }
    for column, rule in ((verdict, choice), (decided_on, date)):
        if sheet.data_validation(1, column, last, column, rule):
            raise ValueError(f"XlsxWriter refuses the rule of {HEADINGS[column]}")
    sheet.freeze_panes(1, len(IDENTITY) + 1)
    sheet.autofilter(0, 0, max(len(pending), 1), len(HEADINGS) - 1)
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
