"""待审定.xlsx: the explained errors that may be waived, with cells in which the bureau decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from smebatch.common.text import cell_text
from smebatch.intake.decisions import ACCEPTED, DECIDED_BY, DECIDED_ON, HEADINGS, IDENTITY, REASON, REFUSED, VERDICT
from smebatch.report.words import DECISION_WORDS
from smebatch.report.xlsx.book import LINE_PIXELS, MAX_ROW_PIXELS
from smebatch.report.xlsx.paging import lines_needed
from smebatch.report.xlsx.styles import FONT

_GIVEN = ("form_id", "code", "key", "name", "title", "found", "expected", "explanation")
"""The columns of the frame that stand under the first headings; the bureau fills in those that follow."""

_WIDTHS = (10, 15, 8, 24, 24, 20, 24, 38, 8, 28, 10, 12)  # half-width characters, of the columns in order
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_CREATED = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)  # so that the same issues give the same bytes
_A4 = 9  # the number of the paper size
_SPARE_ROWS = 1  # so that the form of an empty list can be looked at
_BOX: dict[str, Any] = {"border": 1, "border_color": "#9CA3AF", "valign": "vcenter", "text_wrap": True}
_GREY: dict[str, Any] = {"font_color": "#9CA3AF", "font_size": 8}
_YELLOW = {"bg_color": "#FFFFCC"}


class _Styles(NamedTuple):
    """The cell formats of the form."""

    heading: Any
    identity: Any
    to_fill: Any
    text: Any
    answer: Any
    choice: Any
    day: Any

    @classmethod
    def of(cls, book: Any) -> _Styles:
        heading = {**_BOX, "bold": True, "align": "center"}
        answer = {**_BOX, **_YELLOW, "locked": False}
        return cls(
            heading=book.add_format({**heading, "bg_color": "#DCE6F1"}),
            identity=book.add_format({**_BOX, **_GREY}),
            to_fill=book.add_format({**heading, "bg_color": "#FFE699"}),
            text=book.add_format({**_BOX, "indent": 1}),
            answer=book.add_format({**answer, "num_format": "@", "indent": 1}),
            choice=book.add_format({**answer, "num_format": "@", "align": "center"}),
            day=book.add_format({**answer, "num_format": "yyyy-mm-dd", "align": "center"}),
        )

    def to_fill_in(self, heading: str) -> Any:
        """The format of a cell that the bureau fills in."""
        return {VERDICT: self.choice, DECIDED_ON: self.day}.get(heading, self.answer)


def write_decision_form(
    target: Path, pending: pd.DataFrame, decided: Mapping[int, tuple[str, ...]] | None = None
) -> None:
    """Write the form: a row for each row of ``pending`` (see batch.returned.ChaseLists).

    ``decided``: what stands already in the cells to fill in, by row from 0, for sample data. Raises OSError.
    """
    stream = BytesIO()
    font = {"font_name": FONT, "font_size": 10}  # XlsxWriter changes it
    with xlsxwriter.Workbook(stream, _OPTIONS | {"default_format_properties": font}) as book:
        book.set_properties({"title": DECISION_WORDS.sheet, "created": _CREATED})
        sheet = book.add_worksheet(DECISION_WORDS.sheet)
        _write_rows(sheet, _Styles.of(book), pending, decided or {})
        _set_up(sheet, len(pending))
    target.write_bytes(stream.getvalue())


def _write_rows(sheet: Any, styles: _Styles, pending: pd.DataFrame, decided: Mapping[int, tuple[str, ...]]) -> None:
    """Write the headings and the issues, each row as high as its longest text."""
    for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        style = styles.identity if heading in IDENTITY else styles.heading
        sheet.write_string(0, column, heading, style if column < len(_GIVEN) else styles.to_fill)
    for row, values in enumerate(pending[list(_GIVEN)].itertuples(index=False, name=None), 1):
        texts = [cell_text(value) for value in (*values, *decided.get(row - 1, ()))]
        lines = max(lines_needed(text, width - 3) for text, width in zip(texts, _WIDTHS, strict=False))
        sheet.set_row_pixels(row, min(LINE_PIXELS * lines + 6, MAX_ROW_PIXELS))
        for column, heading in enumerate(HEADINGS):
            given = styles.identity if heading in IDENTITY else styles.text
            style = given if column < len(_GIVEN) else styles.to_fill_in(heading)
            if column < len(texts) and texts[column]:
                sheet.write_string(row, column, texts[column], style)
            else:
                sheet.write_blank(row, column, None, style)


def _set_up(sheet: Any, rows: int) -> None:
    """Validate what is filled in, protect the rest, and set the sheet up for screen and print."""
    words = DECISION_WORDS
    anything: dict[str, Any] = {"validate": "any"}
    choice: dict[str, Any] = {"validate": "list", "source": [ACCEPTED, REFUSED], "error_message": words.wrong_verdict}
    date: dict[str, Any] = {
        "validate": "date",
        "criteria": "between",
        "minimum": dt.date(2020, 1, 1),
        "maximum": dt.date(2099, 12, 31),
        "error_message": words.wrong_day,
    }
    rules = {
        VERDICT: choice | {"input_message": words.verdict},
        REASON: anything | {"input_message": words.reason},
        DECIDED_BY: anything | {"input_message": words.decided_by},
        DECIDED_ON: date | {"input_message": words.decided_on},
    }
    for heading, rule in rules.items():
        column = HEADINGS.index(heading)
        if sheet.data_validation(1, column, rows + _SPARE_ROWS, column, rule | {"input_title": heading}):
            raise ValueError(f"XlsxWriter refuses the rule of {heading}")
    sheet.freeze_panes(1, len(IDENTITY) + 1)
    sheet.autofilter(0, 0, max(rows, 1), len(HEADINGS) - 1)
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})
    sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_rowcol_to_cell(rows + _SPARE_ROWS, len(HEADINGS) - 1)}"})
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&C&8 第 &P 页，共 &N 页", {"margin": 0.3})
    sheet.repeat_rows(0)
