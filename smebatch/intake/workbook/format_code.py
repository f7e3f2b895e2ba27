"""Formats numbers, dates and texts by Excel's number format codes, as far as a code changes what a person reads.

It follows whatever changes the quantity: scales (%, commas behind the digits), figures and units written beside the
number, a point put among its digits, dates shown in part, sections and their conditions. It ignores mere looks: colour,
width, Chinese numerals.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from smebatch.intake.workbook.date_serials import SERIAL_END, datetime_of_serial
from smebatch.standard.fixed_point import plain_decimal

_TOKEN = re.compile(
    r"""
      "(?P<quoted>[^"]*)"? | [\\!](?P<escaped>.) | _(?P<wide>.) | \*(?P<filled>.) | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General|G/通用格式) | (?P<exponent>E[+-]) | (?P<clock>AM/PM|A/P|上午/下午)
    | (?P<day>y+|m+|d+|h+|s+|e+|a{3,}) | (?P<digit>[0\#?]) | (?P<sign>[.,%/@;]) | (?P<other>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_LITERAL, _GENERAL, _EXPONENT, _CLOCK = "literal", "general", "exponent", "clock"
_DAY, _DIGIT, _SIGN = "day", "digit", "sign"
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)")
_CURRENCY, _ELAPSED = re.compile(r"\$([^-]*)"), re.compile("h+|m+|s+", re.IGNORECASE)
_MAX_CODE_LENGTH = 255  # characters of a format; Excel knows none longer

FormatToken = tuple[str, str]
"""A kind of token and its text."""


class _FormatSection(NamedTuple):
    """A section of a format code: the numbers it is for, and its tokens."""

    condition: tuple[str, Decimal] | None
    tokens: tuple[FormatToken, ...]

    def has(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _ in self.tokens)


class _ParsedFormat(NamedTuple):
    numbers: tuple[_FormatSection, ...]
    text: _FormatSection | None


@lru_cache(256)
def _parse_format(code: str) -> _ParsedFormat:
    sections: list[list[FormatToken]] = [[]]
    conditions: list[tuple[str, Decimal] | None] = [None]
    for match in _TOKEN.finditer(code[:_MAX_CODE_LENGTH]):
        kind, text = str(match.lastgroup), str(match[match.lastgroup or 0])
        if (kind, text) == (_SIGN, ";"):
            sections.append([])
            conditions.append(None)
        elif kind == "bracket" and (condition := _CONDITION.fullmatch(text)):
            conditions[-1] = (condition[1], Decimal(condition[2]))
        else:
            sections[-1] += _simplify_token(kind, text)
    parts = [_FormatSection(condition, tuple(tokens)) for condition, tokens in zip(conditions, sections, strict=True)]
    last = min(len(parts) - 1, 3)
    if last < 3 and (_SIGN, "@") not in parts[last].tokens:
        return _ParsedFormat(tuple(parts), None)
    return _ParsedFormat(tuple(parts[:last] or parts), parts[last])  # a single section is for numbers and texts


def _simplify_token(kind: str, text: str) -> list[FormatToken]:
    if kind == "bracket":
        if currency := _CURRENCY.match(text):
            return [(_LITERAL, currency[1])] if currency[1] else []
        return [(_DAY, text)] if _ELAPSED.fullmatch(text) else []
    if kind == "wide":
        return [(_LITERAL, " ")]
    if kind == "filled":
        return []
    return [(_LITERAL if kind in ("quoted", "escaped", "other") else kind, text)]


# --- whether a format changes what is read --------------------------------------------------------------------------

_HARMLESS = frozenset(" -+()/:¥￥$€£")


def shows_text_unchanged(code: str) -> bool:
    """Whether a format shows every text unchanged."""
    section = _parse_format(code).text
    return section is None or format_text(code, "@") == "@"


def shows_plain_number(code: str) -> bool:
    """Whether a format shows the digits of every number, and nothing that could change their meaning.

    >>> [shows_plain_number(code) for code in ("#,##0.00_);[Red](#,##0.00)", "¥0.00")]
    [True, True]
    >>> [shows_plain_number(code) for code in ("0%", '0"万元"', "#", "0,", "0;;", "aaaa")]
    [False, False, False, False, False, False]
    """
    return all(map(_is_plain, _parse_format(code).numbers))


def _is_plain(section: _FormatSection) -> bool:
    tokens = section.tokens
    digits = [at for at, (kind, _) in enumerate(tokens) if kind == _DIGIT]
    if digits:
        among = tokens[digits[0] : digits[-1] + 1]
        shows = (_DIGIT, "0") in tokens[: _point_position(tokens)]
        shows = shows and all(kind != _LITERAL or text.isspace() for kind, text in among)  # blanks may part thousands
    else:
        shows = section.has(_GENERAL) or (_SIGN, "@") in tokens
    harmless = all(_HARMLESS.issuperset(text) for kind, text in tokens if kind == _LITERAL)
    return shows and harmless and not section.has(_DAY, _CLOCK) and _scale(tokens) == 1


# --- formatting -----------------------------------------------------------------------------------------------------


def format_number(code: str, number: Decimal) -> str:
    """The text that a format shows for a number, rounded as the format asks.

    >>> format_number('0!.0000"万元"', Decimal(145635)), format_number("#,##0.0,", Decimal("14563500"))
    ('14.5635万元', '14,563.5')
    >>> format_number("0.0%", Decimal("0.985")), format_number('"√";;', Decimal(0))
    ('98.5%', '')
    >>> format_number("aaaa", Decimal(46334))
    '星期日'
    >>> format_number('[>=10000]0!.0,"万";0', Decimal(145635)), format_number("0.00E+00", Decimal(5))
    ('14.6万', '5')
    """
    section, sign = _section_for(_parse_format(code).numbers, number)
    tokens = section.tokens
    if section.has(_DAY):
        return format_date(code, datetime_of_serial(float(number))) if 0 <= number < SERIAL_END else "####"
    if not section.has(_DIGIT, _GENERAL) and (_SIGN, "@") not in tokens:
        return _literals(tokens).strip()
    if section.has(_EXPONENT, _GENERAL) or (_SIGN, "/") in tokens or not section.has(_DIGIT):
        text = plain_decimal(abs(number))
        before = next(at for at, (kind, _) in enumerate(tokens) if kind in (_DIGIT, _GENERAL, _SIGN))
        return (sign + _literals(tokens[:before]) + text + _literals(tokens[before:])).strip()
    return (sign + _format_digits(tokens, abs(number))).strip()


def format_text(code: str, text: str) -> str:
    """The text that a format shows for a text.

    >>> format_text('0;0;0;@"万元"', "5"), format_text(";;;", "√"), format_text("0.00", "√")
    ('5万元', '', '√')
    """
    section = _parse_format(code).text
    if section is None:
        return text
    return "".join(text if token in _TEXT_PLACEHOLDERS else _literal(token) for token in section.tokens)


_TEXT_PLACEHOLDERS = ((_SIGN, "@"), (_GENERAL, "General"))


def format_date(code: str, moment: dt.datetime) -> str:
    """The text that a format shows for a date.

    >>> format_date('m"月"d"日"', dt.datetime(2026, 11, 8)), format_date("[$-804]aaaa", dt.datetime(2026, 11, 8))
    ('11月8日', '星期日')
    """
    tokens = _parse_format(code).numbers[0].tokens
    return "".join(
        _format_unit(unit, moment) if unit else text if kind in (_LITERAL, _SIGN) and text != "@" else ""
        for unit, (kind, text) in zip(_date_units(tokens), tokens, strict=True)
    ).strip()


def date_parts(code: str) -> frozenset[str]:
    """Which of year, month and day a format shows: y, m, d.

    >>> sorted(date_parts("yyyy-mm-dd")), sorted(date_parts("h:mm")), sorted(date_parts("mmm-yy"))
    (['d', 'm', 'y'], [], ['m', 'y'])
    """
    shown = (
        unit
        for unit in _date_units(_parse_format(code).numbers[0].tokens)
        if unit != "minutes" and unit not in _WEEKDAY
    )
    return frozenset("y" if unit[0] == "e" else unit[0] for unit in shown if unit) & {"y", "m", "d"}


# --- numbers --------------------------------------------------------------------------------------------------------


def _section_for(sections: Sequence[_FormatSection], number: Decimal) -> tuple[_FormatSection, str]:
    """The section that formats a number, and the sign to write before it."""
    sign = "-" if number < 0 else ""
    if any(section.condition for section in sections):
        fitting = (section for section in sections if section.condition is None or _fulfils(section.condition, number))
        return next(fitting, sections[-1]), sign
    if number < 0 and len(sections) > 1:
        return sections[1], ""
    return (sections[2] if number == 0 and len(sections) > 2 else sections[0]), sign


def _fulfils(condition: tuple[str, Decimal], number: Decimal) -> bool:
    sign, bound = condition
    order = "<" if number < bound else ">" if number > bound else "="
    return order in sign


def _literal(token: FormatToken) -> str:
    kind, text = token
    return text if kind == _LITERAL or token == (_SIGN, "%") else ""


def _literals(tokens: Sequence[FormatToken]) -> str:
    return "".join(map(_literal, tokens))


def _point_position(tokens: Sequence[FormatToken]) -> int:
    return tokens.index((_SIGN, ".")) if (_SIGN, ".") in tokens else len(tokens)


def _scale(tokens: Sequence[FormatToken]) -> Decimal:
    """The factor a number is multiplied by: 100 for each %, 1/1000 for each comma behind the digits of a part."""
    behind = 0
    for part in (tokens[: _point_position(tokens)], tokens[_point_position(tokens) :]):
        kept = [token for token in part if token[0] == _DIGIT or token == (_SIGN, ",")]
        while kept and kept[-1][0] == _SIGN:
            kept.pop()
            behind += 1
    return Decimal(100) ** tokens.count((_SIGN, "%")) / Decimal(1000) ** behind


def _format_digits(tokens: Sequence[FormatToken], number: Decimal) -> str:
    """The digits of a number in their placeholders, with the literals among these."""
    point = _point_position(tokens)
    whole = [at for at, (kind, _) in enumerate(tokens) if kind == _DIGIT and at < point]
    decimals = [at for at, (kind, _) in enumerate(tokens) if kind == _DIGIT and at > point]
    before, _, behind = f"{number * _scale(tokens):.{len(decimals)}f}".partition(".")
    zeros = [tokens[at][1] for at in whole]
    least = len(zeros) - zeros.index("0") if "0" in zeros else 0
    before = before.lstrip("0").rjust(least, "0")
    if whole and (_SIGN, ",") in tokens[whole[0] : whole[-1]]:
        before = re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", ",", before)
    kept = max((i for i, at in enumerate(decimals, 1) if tokens[at][1] == "0"), default=0)
    behind = behind[:kept] + behind[kept:].rstrip("0")
    units = re.findall("[0-9],?", before)
    units = [""] * (len(whole) - len(units)) + units
    many = len(units) - len(whole) + 1  # digits share the first placeholder
    placed = dict(zip(whole, ["".join(units[:many]), *units[many:]], strict=False))
    placed |= dict(zip(decimals, behind, strict=False))
    placed[point] = ("" if whole else before) + ("." if behind else "")
    return "".join(placed.get(at, "") or _literal(token) for at, token in enumerate(tokens))


# --- days -----------------------------------------------------------------------------------------------------------

_WEEKDAY, _WEEKDAYS = ("ddd", "dddd", "aaa", "aaaa"), "一二三四五六日"
_WRITTEN = {"yy": "%y", "mm": "%m", "mmm": "%b", "mmmm": "%B", "dd": "%d", "ddd": "%a", "dddd": "%A", "hh": "%H"}
_WRITTEN |= {"ss": "%S", "minutes": "%M"}


def _date_units(tokens: Sequence[FormatToken]) -> list[str]:
    """The unit that each token shows of a date, '' for none: y, yy, m, d, aaaa, h …; m beside h or s is minutes."""
    units = [text.lower() if kind == _DAY else "" for kind, text in tokens]
    of_day = [at for at, unit in enumerate(units) if unit]
    for before, at, behind in zip([None, *of_day], of_day, [*of_day[1:], None], strict=False):
        hour = before is not None and units[before][0] == "h"
        if units[at] in ("m", "mm") and (hour or (behind is not None and units[behind][0] == "s")):
            units[at] = "minutes"
    return units


def _format_unit(unit: str, moment: dt.datetime) -> str:
    if unit in ("aaa", "aaaa"):
        return "星期"[: 2 * (len(unit) - 3)] + _WEEKDAYS[moment.weekday()]
    if unit in _WRITTEN:
        return f"{moment:{_WRITTEN[unit]}}"
    number = {"y": moment.year, "e": moment.year, "m": moment.month, "d": moment.day, "h": moment.hour}
    return str(number.get(unit[:1], moment.second))
