"""What a person sees in a cell where that differs from its value, and which of the two counts, if either does."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from smebatch.intake.workbook.cell_values import Cell, Reading, normalize_text, parse_figure, read_value
from smebatch.intake.workbook.format_code import date_parts, format_date, format_number, format_text
from smebatch.intake.workbook.number_formats import CellFormat
from smebatch.intake.workbook.text_runs import TextRun, visible_text
from smebatch.standard.fixed_point import plain_decimal
from smebatch.standard.keys import Key, Kind

CELL_RUNS, CELL_FORMAT, DATE_PART = "cell.runs", "cell.format", "date.part"
_BLANK_TEXT = "（空白）"


class DisplayedValue(NamedTuple):
    """What a person sees in a cell.

    ``code``: why it differs from the cell's value: CELL_RUNS for runs that are struck out, raised or lowered,
    CELL_FORMAT for a number format, DATE_PART for a date shown in part; '' where it does not differ, and for an error
    value, which is no value at all. ``text``: what is displayed. ``struck``: the whole cell is struck out.
    """

    code: str = ""
    text: str = ""
    struck: bool = False


DisplayGetter = Callable[[], DisplayedValue]
"""Computes the displayed value of a cell; it is called for cells with answers only."""


def display_cell(cell: Cell, format_: CellFormat) -> DisplayedValue:
    """The displayed value of a cell in a format."""
    code, text = "", ""
    if isinstance(cell, str):
        if format_.text_code:
            code, text = CELL_FORMAT, format_text(format_.text_code, cell)
    elif isinstance(cell, bool) or cell is None or not format_.number_code:
        pass
    elif isinstance(cell, dt.date):
        moment = cell if isinstance(cell, dt.datetime) else dt.datetime.combine(cell, dt.time())
        code = DATE_PART if {"m"} < date_parts(format_.number_code) else CELL_FORMAT
        text = format_date(format_.number_code, moment)
    elif isinstance(cell, int | float) and math.isfinite(cell):
        code, text = CELL_FORMAT, format_number(format_.number_code, Decimal(f"{cell:.15g}"))
    return DisplayedValue(code, text, format_.struck)


def display_runs(text: Cell, runs: Sequence[TextRun], format_: CellFormat) -> DisplayedValue:
    """The displayed value of a text in runs, in a cell of a format."""
    visible, joined = visible_text(runs, struck=format_.struck), "".join(run.text for run in runs)
    whole = format_.struck and not visible.strip()
    return display_cell(text, format_) if whole or visible == joined else DisplayedValue(CELL_RUNS, visible)


def read_displayed(key: Key, cell: Cell, displayed: DisplayedValue) -> tuple[Cell, Reading]:
    """Type a cell that displays something else than its value. Return the cell as it is meant, and its reading.

    Only what is certain is read; for the rest the reading's ``expected`` is what a person sees.
    """
    if displayed.code == CELL_RUNS:
        return str(cell), _read_text_in_runs(key, displayed.text)
    reading = read_value(key, cell)
    if displayed.code == DATE_PART and key.kind is Kind.DATE and not reading.code:
        reading = reading._replace(code=DATE_PART, expected=displayed.text)
    elif displayed.code == CELL_FORMAT:
        cell, reading = _read_formatted(key, cell, reading, displayed.text)
    if displayed.struck and not reading.code and reading.value not in (None, "") and reading.value is not False:
        reading = reading._replace(code="cell.struck")
    return cell, reading


def _read_text_in_runs(key: Key, text: str) -> Reading:
    """Read a text in runs. In a note or an optional text the visible runs count; elsewhere nobody knows which do."""
    if key.kind is Kind.TEXT and key.need != "required":
        reading = read_value(key, text)
        return reading if reading.code else reading._replace(code="text.runs", expected=text or _BLANK_TEXT)
    return Reading(None, CELL_RUNS, text or _BLANK_TEXT)


def _read_formatted(key: Key, cell: Cell, reading: Reading, text: str) -> tuple[Cell, Reading]:
    if not normalize_text(text):
        certain = reading.value is None or reading.value is False
    elif key.kind.is_figure:
        if meant := _displayed_percentage(key, cell, text):
            return meant, read_value(key, meant)
        number = parse_figure(cell, key.unit)
        certain = _is_displayed(number, text, key) if number is not None else not isinstance(cell, dt.date)
    elif key.kind in (Kind.TICK, Kind.CHOICE):
        certain = read_value(key, text).value in (None, reading.value)
    else:
        certain = key.kind is not Kind.DATE
    return cell, reading if certain else Reading(None, CELL_FORMAT, text or _BLANK_TEXT)


def _displayed_percentage(key: Key, cell: Cell, text: str) -> str:
    """The percentage that a cell displays and certainly means, 98% for 0.98; blank where it displays none."""
    number = parse_figure(cell, key.unit)
    if key.kind is not Kind.PERCENT or number is None or not normalize_text(text).endswith("%"):
        return ""
    percents = number * 100
    return f"{plain_decimal(percents)}%" if percents <= 100 and _is_displayed(percents, text, key) else ""


_FIGURE = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_SCALE = re.compile("[%‰万亿千百十兆k]", re.IGNORECASE)
_DASHES, _DIGITS = {"-", "–", "—"}, "0123456789"


def _is_displayed(number: Decimal, text: str, key: Key) -> bool:
    """Whether a text shows a number, perhaps rounded, in the unit of the key or in one that cannot be misunderstood."""
    number, folded = abs(number), normalize_text(text)
    figures = _FIGURE.findall(folded)
    if not figures:
        return not number and folded in _DASHES
    shown, last = (parse_figure(written, key.unit) for written in (folded, _last_digit_unit(folded)))
    if shown is None or last is None:
        if len(figures) > 1 or _SCALE.search(folded) or (key.unit[:1] == "万" and key.unit[1:2] in folded):
            return False
        shown, last = (Decimal(written.replace(",", "")) for written in (figures[0], _last_digit_unit(figures[0])))
    return abs(abs(shown) - number) <= last / 2


def _last_digit_unit(text: str) -> str:
    """The text with 1 for its last digit and 0 for all others: the unit of the last place.

    >>> _last_digit_unit("14.56万元")
    '00.01万元'
    """
    last = max(at for at, character in enumerate(text) if character in _DIGITS)
    return re.sub("[0-9]", "0", text[:last]) + "1" + text[last + 1 :]
