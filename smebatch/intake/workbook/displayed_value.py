"""What a person sees in a cell, where it is not what is read: which of the two counts, if either does for sure."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from smebatch.intake.workbook.cell_values import Cell, Reading, fold, parse_figure, read
from smebatch.intake.workbook.format_code import day_shown, number_shown, parts_of_day, text_shown
from smebatch.intake.workbook.number_formats import Look
from smebatch.intake.workbook.text_runs import Run, seen_of
from smebatch.standard.fixed_point import plain
from smebatch.standard.keys import Key, Kind

RUNS, FORMAT, PART = "cell.runs", "cell.format", "date.part"
_NOTHING = "（空白）"


class Seen(NamedTuple):
    """What a person sees in a cell.

    ``code``: why it is not what is read: RUNS, FORMAT, PART of a day that is shown in part; blank where it is the same.
    ``text``: what is shown. ``struck``: the whole cell is struck out.
    """

    code: str = ""
    text: str = ""
    struck: bool = False


Sight = Callable[[], Seen]
"""A look at a cell, which is only taken where an answer stands."""


def look_at(cell: Cell, look: Look) -> Seen:
    """What a person sees of a cell with this look."""
    code, text = "", ""
    if isinstance(cell, str):
        if look.text:
            code, text = FORMAT, text_shown(look.text, cell)
    elif isinstance(cell, bool) or cell is None or not look.number:
        pass
    elif isinstance(cell, dt.date):
        moment = cell if isinstance(cell, dt.datetime) else dt.datetime.combine(cell, dt.time())
        code = PART if {"m"} < parts_of_day(look.number) else FORMAT
        text = day_shown(look.number, moment)
    elif isinstance(cell, int | float) and math.isfinite(cell):
        code, text = FORMAT, number_shown(look.number, Decimal(f"{cell:.15g}"))
    return Seen(code, text, look.struck)


def look_at_runs(text: Cell, runs: Sequence[Run], look: Look) -> Seen:
    """What a person sees of a text in runs, in a cell with this look."""
    seen, joined = seen_of(runs, struck=look.struck), "".join(run.text for run in runs)
    whole = look.struck and not seen.strip()
    return look_at(text, look) if whole or seen == joined else Seen(RUNS, seen)


def read_seen(key: Key, cell: Cell, seen: Seen) -> tuple[Cell, Reading]:
    """Type the cell of a key that looks as something else: the cell as it is meant, and its value.

    What is certain is read; of what is not, the finding's ``expected`` is what a person sees.
    """
    if seen.code == RUNS:
        return str(cell), _in_runs(key, seen.text)
    reading = read(key, cell)
    if seen.code == PART and key.kind is Kind.DATE and not reading.code:
        reading = reading._replace(code=PART, expected=seen.text)
    elif seen.code == FORMAT:
        cell, reading = _in_format(key, cell, reading, seen.text)
    if seen.struck and not reading.code and reading.value not in (None, "") and reading.value is not False:
        reading = reading._replace(code="cell.struck")
    return cell, reading


def _in_runs(key: Key, text: str) -> Reading:
    """Nobody knows which runs count, but of a note, or a text that nothing hangs on, what is to be seen."""
    if key.kind is Kind.TEXT and key.need != "required":
        return Reading(read(key, text).value, "text.runs", text or _NOTHING)
    return Reading(None, RUNS, text or _NOTHING)


def _in_format(key: Key, cell: Cell, reading: Reading, text: str) -> tuple[Cell, Reading]:
    if not fold(text):
        certain = reading.value is None or reading.value is False
    elif key.kind.is_figure:
        if meant := _percentage(key, cell, text):
            return meant, read(key, meant)
        number = parse_figure(cell, key.unit)
        certain = _is_shown(number, text, key) if number is not None else not isinstance(cell, dt.date)
    elif key.kind in (Kind.TICK, Kind.CHOICE):
        certain = read(key, text).value in (None, reading.value)
    else:
        certain = key.kind is not Kind.DATE
    return cell, reading if certain else Reading(None, FORMAT, text or _NOTHING)


def _percentage(key: Key, cell: Cell, text: str) -> str:
    """The percentage that a cell shows as such and means for sure: 98% of 0.98; blank where it shows none."""
    number = parse_figure(cell, key.unit)
    if key.kind is not Kind.PERCENT or number is None or not fold(text).endswith("%"):
        return ""
    percents = number * 100
    return f"{plain(percents)}%" if percents <= 100 and _is_shown(percents, text, key) else ""


_FIGURE = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_SCALE = re.compile("[%‰万亿千百十兆k]", re.IGNORECASE)
_DASHES, _DIGITS = {"-", "–", "—"}, "0123456789"


def _is_shown(number: Decimal, text: str, key: Key) -> bool:
    """Whether a text shows a number, in the unit of the key or one nobody takes for another; it may be rounded."""
    number, folded = abs(number), fold(text)
    figures = _FIGURE.findall(folded)
    if not figures:
        return not number and folded in _DASHES
    shown, last = (parse_figure(written, key.unit) for written in (folded, _last_place(folded)))
    if shown is None or last is None:
        if len(figures) > 1 or _SCALE.search(folded) or (key.unit[:1] == "万" and key.unit[1:2] in folded):
            return False
        shown, last = (Decimal(written.replace(",", "")) for written in (figures[0], _last_place(figures[0])))
    return abs(abs(shown) - number) <= last / 2


def _last_place(text: str) -> str:
    """The same with 1 in its last place, and 0 in all others: how much that is.

    >>> _last_place("14.56万元")
    '00.01万元'
    """
    last = max(at for at, character in enumerate(text) if character in _DIGITS)
    return re.sub("[0-9]", "0", text[:last]) + "1" + text[last + 1 :]
