"""Types the values of cells by the kind of their key; what is not certain becomes a finding, never a guess."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import MAX_PREC, Context, Decimal
from itertools import chain
from typing import NamedTuple

from smebatch.common.rounding import round_half_up
from smebatch.common.text import clean_text
from smebatch.intake.workbook.address import CellIndex
from smebatch.standard.fixed_point import MICRO, plain_decimal
from smebatch.standard.form_markers import TICKED, UNCONFIRMED, UNTICKED
from smebatch.standard.keys import Key, Kind

_LIMIT = 10**12 * MICRO  # a larger figure is a mistake, and would overflow the integers it is stored in
_EXACT_CONTEXT = Context(prec=MAX_PREC)  # multiplies without losing a digit, however many a cell holds

Cell = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
Value = str | int | bool | dt.date | None
Cells = dict[CellIndex, Cell]
"""The cells of a sheet; blank ones are left out, or None."""

# Full-width ASCII and the ideographic space, one to one. NFKC would also turn ² into 2 and ① into 1: a guess.
_HALF_WIDTH = {**{0xFF01 + i: 0x21 + i for i in range(94)}, 0x3000: 0x20, 0xA0: 0x20}
# Invisible characters: all that a message leaves out (clean_text), and what Unicode calls default ignorable: joiners,
# marks of direction, variation selectors, fillers, tags. Line breaks are visible: two lines are not one number.
_INVISIBLE = (
    *(range(0x09), range(0x0E, 0x20), range(0x7F, 0x85), range(0x86, 0xA0), (0xAD, 0x34F, 0x61C, 0x115F, 0x1160)),
    *((0x17B4, 0x17B5), range(0x180B, 0x1810), range(0x200B, 0x2010), range(0x202A, 0x202F), range(0x2060, 0x2070)),
    *((0x3164,), range(0xD800, 0xE000), range(0xFE00, 0xFE10), (0xFEFF, 0xFFA0), range(0xFFF0, 0xFFFC)),
    *((0xFFFE, 0xFFFF), range(0x1BCA0, 0x1BCA4), range(0x1D173, 0x1D17B), range(0xE0000, 0xE1000)),
)
_FOLDED = {**_HALF_WIDTH, **dict.fromkeys(chain.from_iterable(_INVISIBLE))}


class Reading(NamedTuple):
    """A value, or the code of what is wrong with the cell; both where a warning goes with a value.

    ``expected`` tells a person what the cell should hold, where the code alone does not.
    """

    value: Value
    code: str = ""
    expected: str = ""


BLANK = Reading(None)
_TICKS = dict.fromkeys(TICKED, Reading(True)) | dict.fromkeys(UNTICKED, Reading(False))


def normalize_text(text: str) -> str:
    """Normalize a text: half-width characters, no invisible ones, no blanks at its ends.

    >>> normalize_text("　１２０ "), normalize_text("\\u202d√\\u202c")
    ('120', '√')
    """
    return (text if text.isascii() and text.isprintable() else text.translate(_FOLDED)).strip()


def display_text(cell: Cell) -> str:
    """The content of a cell as a text for people.

    >>> display_text(3.0), display_text(True), display_text(None), display_text(0.1 + 0.2)
    ('3', 'TRUE', '', '0.3')
    """
    if isinstance(cell, str):
        return clean_text(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return plain_decimal(Decimal(f"{cell:.15g}")) if math.isfinite(cell) else str(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return clean_text(str(cell))


def read_value(key: Key, cell: Cell) -> Reading:
    """Type the cell of a key. A blank cell gives None without a code."""
    if isinstance(cell, str):
        if key.kind is Kind.TICK and cell in _TICKS:
            return _TICKS[cell]  # most cells are ticks
        if not cell[:1].isalnum():
            text = normalize_text(cell)
            if not text:
                return BLANK
            if text.startswith(UNCONFIRMED):
                return Reading(None, "answer.unconfirmed")
    elif cell is None:
        return BLANK
    return _READERS[key.kind](cell, key)


def reads_surely(key: Key, text: str) -> bool:
    """Whether a text in the cell of a key is read without an issue, so that it would pass for a sure answer.

    >>> key = Key("q01_o01", "q01_o01", "", Kind.TICK, "", "optional", "")
    >>> reads_surely(key, "√"), reads_surely(key, ""), reads_surely(key, "部分"), reads_surely(key, "【待确认】√")
    (True, True, False, False)
    """
    return not read_value(key, text).code


def read_tick(cell: Cell) -> Reading:
    """A tick: True, False, or unreadable. Design's two lists of shapes, any case, half or full width.

    >>> read_tick("✔️").value, read_tick("Ｙ").value, read_tick(0.0).value, read_tick("v").code
    (True, True, False, 'tick.unreadable')
    """
    if isinstance(cell, bool):
        return Reading(cell)
    shape = normalize_text(cell).lower() if isinstance(cell, str) else display_text(cell)
    return _TICKS.get(shape, Reading(None, "tick.unreadable"))


# Well-formed thousands only: 1,234, never 1,23. 198 202 may be two numbers.
_NUMBER = re.compile(r"([+-]?)([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]+)?(\D*)")


def parse_figure(cell: Cell, unit: str) -> Decimal | None:
    """A number in its unit, exactly, or None where it cannot be read surely.

    Floats are taken at the 15 significant digits Excel shows. A unit written behind the number is converted where
    it is certain: 万 counts ten thousand, unless the unit itself is counted in 万.

    >>> parse_figure("1,200", "台"), parse_figure("2000万", "万元"), parse_figure("1.2亿元", "万元/年")
    (Decimal('1200'), Decimal('2000'), Decimal('12000.0'))
    >>> parse_figure("98.5%", "%"), parse_figure("约500", "人"), parse_figure("1,20", "台")
    (Decimal('98.5'), None, None)
    """
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    if isinstance(cell, int):
        number: Decimal | None = Decimal(cell)
    elif isinstance(cell, float):
        number = Decimal(f"{cell:.15g}") if math.isfinite(cell) else None
    else:
        match = _NUMBER.fullmatch(normalize_text(cell))
        factor = _unit_factors(unit).get(match[4].strip()) if match else None
        number = None
        if match and factor is not None:
            written = Decimal(match[1] + match[2].replace(",", "") + (match[3] or ""))
            number = _EXACT_CONTEXT.multiply(written, factor)
    return number


_TENS = ("十", "百", "千")


def _unit_factors(unit: str) -> dict[str, Decimal]:
    """The units that may be written behind a number, each with the factor that converts it into ``unit``."""
    one, wan, yi = Decimal(1), Decimal(10_000), Decimal(100_000_000)
    if unit == "%":
        return {"": one, "%": one}
    plain = unit.removesuffix("/年")
    scale = {"万": wan, "亿": yi}.get(plain[:1], one)
    base = plain if scale == one else plain[1:]
    written = {base: one, f"万{base}": wan, f"亿{base}": yi}
    if plain[:1] not in _TENS:  # 5万 of a unit 千元 may be 5万元
        written |= {"万": wan, "亿": yi}
    factors = {text: factor / scale for text, factor in written.items()}
    if plain != unit:
        factors |= {f"{text}/年": factor for text, factor in factors.items()}
    return factors | {"": one}


def read_figure(cell: Cell, key: Key) -> Reading:
    """A figure in whole millionths of its unit."""
    if type(cell) is float and cell.is_integer() and 1 < abs(cell) < _LIMIT // MICRO:
        return Reading(int(cell) * MICRO)  # most are: whole numbers that a float holds exactly
    number = parse_figure(cell, key.unit)
    if number is None:
        return Reading(None, "figure.unreadable", key.unit)
    if (
        key.kind is Kind.PERCENT
        and 0 < number <= 1
        and not (isinstance(cell, str) and normalize_text(cell).endswith("%"))
    ):
        # 98.5% typed into a cell is stored as 0.985; the number alone does not tell which was meant.
        return Reading(None, "figure.percent_ambiguous")
    scaled = _EXACT_CONTEXT.multiply(number, Decimal(MICRO))
    rounded = round_half_up(scaled)
    if not -_LIMIT < rounded < _LIMIT or (number and not rounded):  # too large, or too small for six decimals but not 0
        return Reading(None, "figure.unreadable", key.unit)
    if rounded != scaled:
        return Reading(int(rounded), "figure.rounded", plain_decimal(rounded / MICRO))
    return Reading(int(rounded))


def read_text(cell: Cell, _key: Key) -> Reading:
    """Free text, cleaned."""
    return Reading(display_text(cell).strip() or None)


_QUOTES = str.maketrans({"“": '"', "”": '"', "「": '"', "」": '"', "(": "（", ")": "）"})


def read_choice(cell: Cell, key: Key) -> Reading:
    """One of the key's choices; a tick stands for 是 where 是 may be chosen."""
    if isinstance(cell, str) and cell in key.choices:
        return Reading(cell)
    text = normalize_text(display_text(cell))
    for choice in key.choices:
        if text.translate(_QUOTES) == normalize_text(choice).translate(_QUOTES):
            return Reading(choice)
    tick = read_tick(cell).value
    for meaning, word in ((True, "是"), (False, "否")):
        if tick is meaning and word in key.choices:
            return Reading(word)
    return Reading(None, "choice.unknown", "、".join(key.choices))


_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})-|/([0-9]{1,2})/|\.([0-9]{1,2})\.|年([0-9]{1,2})月)([0-9]{1,2})日?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_BETWEEN = re.compile("(?<! ) ++(?![0-9])|(?<![0-9 ]) ++")  # blanks beside a sign; digits apart are not one number


def read_date(cell: Cell, _key: Key | None = None) -> Reading:
    """A calendar day between 2000 and 2099; a bare serial number is not one for sure.

    >>> read_date("２０２６年5月6日").value, read_date("2026-02-30").code
    (datetime.date(2026, 5, 6), 'date.unreadable')
    """
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    if not isinstance(cell, dt.date):
        text = _BETWEEN.sub("", normalize_text(display_text(cell)).removesuffix("00:00:00").rstrip())
        match = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
        try:
            cell = dt.date(*(int(g) for g in match.groups() if g)) if match else None
        except ValueError:
            cell = None
    if cell is None or not 2000 <= cell.year <= 2099:
        return Reading(None, "date.unreadable")
    return Reading(cell)


def read_uscc(cell: Cell, _key: Key) -> Reading:
    """A unified social credit code as written; as a number it has lost its last digits."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 10**15:
        return Reading(None, "uscc.digits_lost")
    return Reading(normalize_text(display_text(cell)).replace(" ", "").replace("-", "").upper() or None)


def read_industry(cell: Cell, _key: Key) -> Reading:
    """An industry code; a name written behind the code is dropped, anything else is kept as written."""
    text = normalize_text(display_text(cell)).upper()
    match = re.fullmatch(r"([A-T]?)\s*([0-9]{2,4})[^0-9A-Z]*", text)
    return Reading(match[1] + match[2] if match else text)


def read_phone(cell: Cell, _key: Key) -> Reading:
    """A telephone number without blanks."""
    return Reading(normalize_text(display_text(cell)).replace(" ", ""))


_READERS: dict[Kind, Callable[[Cell, Key], Reading]] = {
    Kind.TICK: lambda cell, _key: read_tick(cell),
    Kind.COUNT: read_figure,
    Kind.AMOUNT: read_figure,
    Kind.PERCENT: read_figure,
    Kind.TEXT: read_text,
    Kind.CHOICE: read_choice,
    Kind.DATE: read_date,
    Kind.USCC: read_uscc,
    Kind.INDUSTRY: read_industry,
    Kind.PHONE: read_phone,
}
