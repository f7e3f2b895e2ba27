"""A worksheet that refuses to fail quietly: every write of XlsxWriter that reports a failure raises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, SupportsFloat

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from smebatch.common.text import CELL_LIMIT, cell_text
from smebatch.form.paging import FOOTER, MARGINS
from smebatch.form.styles import Styles
from smebatch.issues.catalogue import ProblemError

Cached = str | int | float | bool

A4 = 9
# What people may do on a protected sheet: all that the key column and key row survive.
ALLOWED = {
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "sort": True,
    "autofilter": True,
}


# Characters. Excel takes 8,192, and 16,384 bytes of what it makes of them, in which a Chinese one takes two.
FORMULA_LIMIT = 7_000


class FormError(ProblemError):
    """Something cannot be written, and the form would be incomplete: ``place`` and ``why``."""

    def __init__(self, code: str = "edition.unwritable", **values: object) -> None:
        super().__init__(code, **values)


def written(text: str) -> str:
    """A text as XlsxWriter may be given it."""
    # It writes <r>…</r> as raw XML, and Excel refuses longer texts.
    if len(text) > CELL_LIMIT // 2 or (text.startswith("<r>") and text.endswith("</r>")):
        text = cell_text(text)
    return text.encode("utf-8", errors="replace").decode("utf-8")  # lone surrogates


def finite(value: SupportsFloat, where: str) -> float:
    """A number as a cell holds it. Raises ValueError naming the cell for NaN and infinity."""
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


class Sheet:
    """A worksheet of the form with its styles. Rows and columns are counted from 0.

    ``blank``: the form holds no answers, so the results of its formulas are known and written as cached values. In a
    form with answers they are left out: a formula cell without a value is computed on load by LibreOffice even where
    it is told not to recalculate, and Excel and WPS recalculate the whole book because the file asks them to
    (fullCalcOnLoad). Readers of cached values see nothing rather than a lie.
    """

    def __init__(self, book: Workbook, name: str, styles: Styles, *, blank: bool) -> None:
        self.raw: Worksheet = book.add_worksheet(name)
        self.name = name
        self.styles = styles
        self.blank = blank

    def text(self, row: int, column: int, text: str, style: str | Format = "text") -> None:
        """Write a text, never a formula or a link; a blank one leaves a formatted cell."""
        if not text:
            self._check(self.raw.write_blank(row, column, None, self._format(style)), row, column)
            return
        self._check(self.raw.write_string(row, column, written(text), self._format(style)), row, column)

    def number(self, row: int, column: int, value: SupportsFloat, style: str | Format = "whole") -> None:
        """Write a finite number. Raises ValueError for NaN and infinity."""
        number = finite(value, self._place(row, column))
        self._check(self.raw.write_number(row, column, number, self._format(style)), row, column)

    def date(self, row: int, column: int, value: dt.date, style: str | Format) -> None:
        """Write a day as the number that stands for it. Raises TypeError for one with a time zone."""
        self.number(row, column, day_number(value), style)

    def formula(self, row: int, column: int, formula: str, style: str | Format, cached: Cached) -> None:
        """Write a formula; ``cached`` is its result on a blank form."""
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
        """Put a data validation on a range. XlsxWriter warns and writes none for a list or message too long."""
        self._check(self.raw.data_validation(first_row, first, last_row, last, dict(options)), first_row, first)

    def highlight(self, first_row: int, first: int, last_row: int, last: int, formula: str, style: Format) -> None:
        """Show a format on the range where the formula, written for its first cell, holds."""
        options = {"type": "formula", "criteria": formula, "format": style}
        where = xl_range(first_row, first, last_row, last)
        self._check(self.raw.conditional_format(where, options), first_row, first)

    def page(
        self,
        title: str,
        *,
        landscape: bool = False,
        repeat: tuple[int, int] | None = None,
        pages: int = 0,
        scale: int = 0,
    ) -> None:
        """Set the sheet up for A4 with a footer: at ``scale`` per cent, or else one page wide and ``pages`` high."""
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
        """Protect the sheet without a password, and spare people Excel's green triangles on codes and formulas."""
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
