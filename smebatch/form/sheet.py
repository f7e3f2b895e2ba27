"""A worksheet in which nothing fails in silence: where XlsxWriter only returns a status or warns, it raises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, SupportsFloat

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from smebatch.common.text import CELL_LIMIT, cell_text, clean_text
from smebatch.form.paging import FOOTER, MARGINS
from smebatch.form.styles import SONG, FormStyles
from smebatch.issues.notice import ProblemError

Cached = str | int | float | bool
"""The result of a formula as the file holds it."""

A4 = 9  # the number of the paper size
# What people may do on a protected sheet: everything that leaves the key column and the key row in order.
ALLOWED = {
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "sort": True,
    "autofilter": True,
}

# Characters of a formula. Excel takes 8,192, and 16,384 bytes of its parsed form, where a Chinese character takes two.
FORMULA_LIMIT = 7_000


# Notes: how many half-width characters fit into a line, and in pixels the width of the box and the height of a line.
NOTE_WIDTH, NOTE_BOX, NOTE_LINE = 50, 340, 16
_NOTE_FONT = {"font_name": SONG, "font_size": 9, "font_family": 3, "x_offset": 12}


class FormError(ProblemError):
    """The form cannot be written completely; ``place`` names the part, sheet or cell, ``why`` the reason."""

    def __init__(self, code: str = "edition.unwritable", **values: object) -> None:
        super().__init__(code, **values)


def writable_text(text: str) -> str:
    """The text, changed only where XlsxWriter or Excel could not hold it as it stands.

    Lone surrogates become question marks; see ``common.text.cell_text`` for the rest.
    """
    # XlsxWriter copies <r>…</r> as XML, and Excel refuses texts beyond the limit.
    if len(text) > CELL_LIMIT // 2 or (text.startswith("<r>") and text.endswith("</r>")):
        text = cell_text(text)
    return text.encode("utf-8", errors="replace").decode("utf-8")


def note_text(text: str) -> str:
    r"""The text as a note shows it: clean, but line breaks stay.

    >>> note_text(" a\x07\nb\ud800 ")
    'a\nb'
    """
    lines = (clean_text(line).strip() for line in text.split("\n"))
    return "\n".join(lines).strip()


def finite(value: SupportsFloat, where: str) -> float:
    """The number as a float. Raises ValueError, naming the cell ``where``, for NaN and infinity."""
    number = float(value)
    if number - number != 0:
        raise ValueError(f"{where}: {value!r} is no number a cell can hold")
    return number


def day_number(day: dt.date) -> float:
    """The number that stands for a day, and for a time of it, in a cell: days since 1899-12-31, as Excel counts them.

    Excel takes 1900 for a leap year. Raises TypeError for a time with a time zone, which a cell cannot hold.

    >>> day_number(dt.date(1900, 2, 28)), day_number(dt.date(1900, 3, 1)), day_number(dt.datetime(2026, 5, 6, 12))
    (59.0, 61.0, 46148.5)
    """
    midnight = dt.datetime.combine(day, dt.time())
    moment = day if isinstance(day, dt.datetime) else midnight
    if moment.tzinfo is not None:
        raise TypeError(f"{day!r} has a time zone, which a cell cannot hold")
    since = moment - dt.datetime(1899, 12, 31)  # noqa: DTZ001  # Excel knows no time zones
    days = since.days + (since.seconds + since.microseconds / 1e6) / 86_400
    return days + 1 if days > 59 else float(days)


class FormSheet:
    """A worksheet of the form with its styles. Rows and columns are counted from 0.

    ``blank``: the form holds no answers. Then the results of its formulas are known and stand in the file. In a form
    with answers they are left out, so that whoever reads the file without computing sees nothing rather than something
    wrong. Excel and WPS compute the whole workbook on load, because the file asks them to (fullCalcOnLoad), and
    LibreOffice computes cells without a result even where it is told not to recalculate.
    """

    def __init__(self, book: Workbook, name: str, styles: FormStyles, *, blank: bool) -> None:
        self.raw: Worksheet = book.add_worksheet(name)
        self.name = name
        self.styles = styles
        self.blank = blank

    def text(self, row: int, column: int, text: str, style: str | Format = "text") -> None:
        """Write a text, never a formula or a link; "" leaves a blank cell with its format."""
        if not text:
            self._check(self.raw.write_blank(row, column, None, self._format(style)), row, column)
            return
        self._check(self.raw.write_string(row, column, writable_text(text), self._format(style)), row, column)

    def number(self, row: int, column: int, value: SupportsFloat, style: str | Format = "whole") -> None:
        """Write a finite number. Raises ValueError for NaN and infinity."""
        number = finite(value, self._place(row, column))
        self._check(self.raw.write_number(row, column, number, self._format(style)), row, column)

    def date(self, row: int, column: int, value: dt.date, style: str | Format) -> None:
        """Write a day as the number that stands for it. Raises TypeError for one with a time zone."""
        self.number(row, column, day_number(value), style)

    def formula(self, row: int, column: int, formula: str, style: str | Format, cached: Cached) -> None:
        """Write a formula; ``cached`` is its result in a form without answers.

        Raises FormError for a formula that is too long for Excel.
        """
        if len(formula) > FORMULA_LIMIT:
            why = f"a formula of {len(formula)} characters: use fewer or shorter options, texts or levels"
            raise FormError(place=self._place(row, column), why=why)
        value = cached if self.blank else ""
        self._check(self.raw.write_formula(row, column, formula, self._format(style), value), row, column)

    def merged(self, row: int, first: int, last: int, text: str, style: str) -> None:
        """Write a text over the cells of a row from ``first`` to ``last``."""
        if first == last:
            self.text(row, first, text, style)
            return
        self._check(self.raw.merge_range(row, first, row, last, "", self._format(style)), row, first)
        self.text(row, first, text, style)

    def validate(self, first_row: int, first: int, last_row: int, last: int, options: Mapping[str, Any]) -> None:
        """Put a data validation on a range.

        Raises FormError where a list or a message is too long: XlsxWriter would only warn and write no validation.
        """
        self._check(self.raw.data_validation(first_row, first, last_row, last, dict(options)), first_row, first)

    def highlight(self, first_row: int, first: int, last_row: int, last: int, formula: str, style: Format) -> None:
        """Show a format in those cells of a range in which a formula holds; it is written for the first cell."""
        options = {"type": "formula", "criteria": formula, "format": style}
        where = xl_range(first_row, first, last_row, last)
        self._check(self.raw.conditional_format(where, options), first_row, first)

    def mark(self, ranges: str, style: Format) -> None:
        """Show a format in these cells (``D5 D7``) whatever else holds there; call it before ``highlight``."""
        options = {"type": "formula", "criteria": "=TRUE", "format": style, "multi_range": ranges, "stop_if_true": True}
        self._check(self.raw.conditional_format(ranges.split(maxsplit=1)[0], options), 0, 0)

    def note(self, row: int, column: int, text: str, lines: int) -> None:
        """Put a note on a cell, in a box with room for so many lines of NOTE_WIDTH.

        No program but LibreOffice fits the box to the text. ``text``: as ``note_text`` returns it.
        """
        box = {"width": NOTE_BOX, "height": lines * NOTE_LINE + NOTE_LINE, **_NOTE_FONT}
        self._check(self.raw.write_comment(row, column, text, box), row, column)

    def link(self, row: int, column: int, place: str, style: str) -> None:
        """Write the address of a cell of this workbook, 企业信息!D5, as a link to it."""
        url = f"internal:{place}"
        self._check(self.raw.write_url(row, column, url, self._format(style), place), row, column)

    def page(
        self,
        title: str,
        *,
        landscape: bool = False,
        repeat: tuple[int, int] | None = None,
        pages: int = 0,
        scale: int = 0,
    ) -> None:
        """Set the sheet up for printing on A4, with ``title`` and the page number in the footer.

        ``repeat``: the first and the last row that every page repeats. ``scale``: in per cent; 0 fits the sheet to one
        page in width and ``pages`` in height, where 0 leaves the height open.
        """
        if landscape:
            self.raw.set_landscape()
        self.raw.set_paper(A4)
        self.raw.set_margins(**MARGINS)
        self.raw.center_horizontally()
        if scale:
            self.raw.set_print_scale(scale)
        else:
            self.raw.fit_to_pages(1, pages)
        if repeat:
            self.raw.repeat_rows(*repeat)
        footer = f'&L&"宋体"&10 {title.replace("&", "&&")}&R&"宋体"&10 第 &P 页 共 &N 页'
        self.raw.set_footer(footer, {"margin": FOOTER})

    def protect(self) -> None:
        """Protect the sheet without a password, and keep Excel from marking codes and formulas as doubtful."""
        self.raw.protect("", ALLOWED)
        everything = xl_range(0, 0, self.raw.dim_rowmax or 0, self.raw.dim_colmax or 0)
        ignored = (
            "number_stored_as_text",
            "formula_differs",
            "formula_range",
            "formula_unlocked",
            "list_data_validation",
        )
        self._check(self.raw.ignore_errors(dict.fromkeys(ignored, everything)), 0, 0)

    def _format(self, style: str | Format) -> Format:
        return self.styles[style] if isinstance(style, str) else style

    def _check(self, status: object, row: int, column: int) -> None:
        if status is not None and status != 0:
            raise FormError(place=self._place(row, column), why=f"XlsxWriter answered {status}")

    def _place(self, row: int, column: int) -> str:
        return f"{self.name}!{xl_rowcol_to_cell(row, column)}"
