"""The formats of cells: which show numbers as dates, which show something else than is stored, which strike out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree

from smebatch.intake.workbook.bounded_cache import cached_by_content
from smebatch.intake.workbook.format_code import date_parts, shows_plain_number, shows_text_unchanged
from smebatch.intake.workbook.xml_tags import UnsupportedXmlError

# Literal parts of a format code: quoted, escaped, spaces as wide as a sign, fillers, colours, languages.
_LITERAL = re.compile(r'"[^"]*"|[\\!].|_.|\*.|\[(?:[A-Za-z]+[0-9]*|\$[^\]]*)\]')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NUMBER = re.compile(r"(?:General|@|E[+-]|[0#?.,%/ ()+\-;:¥$￥]|[^\x00-\x7f])*+", re.IGNORECASE)
_DAY = re.compile(r"(?:[ymd/\-., ;@]|[^\x00-\x7f])*+", re.IGNORECASE)
# Built-in formats, which a number names without a code: of plain numbers and texts, and of dates, many of East Asia.
_PLAIN, _DAYS = (*range(14), *range(37, 41), 48, 49), (14, *range(27, 32), 36, *range(50, 55), 57, 58)
_BUILT_IN_TIMES = {*range(16, 23), *range(30, 36), *range(45, 48), 55, 56}
_BUILT_IN_DATES: dict[int, bool | None] = {**dict.fromkeys(_PLAIN, False), **dict.fromkeys(_DAYS, True)}


# The codes of those built-in formats that show another figure, or a date in part.
_BUILT_IN_CODES = {9: "0%", 10: "0.00%", 16: "d-mmm", 17: "mmm-yy"}
_BUILT_IN_CODES |= dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"') | dict.fromkeys(
    (28, 29, 51, 53, 54, 58), 'm"月"d"日"'
)
_BUILT_IN_CODES |= dict.fromkeys((18, 20, 32, 34, 55), "h:mm") | dict.fromkeys(
    (19, 21, 33, 35, 45, 46, 47, 56), "h:mm:ss"
)


class CellFormat(NamedTuple):
    """How a cell shows its value.

    ``is_date``: whether its number is a date, None where it may be either. ``number_code``, ``text_code``: the format
    code where it shows a number, or a text, as something else. ``struck``: the whole cell is struck out.
    """

    is_date: bool | None = False
    number_code: str = ""
    text_code: str = ""
    struck: bool = False


class WorkbookStyles(NamedTuple):
    """The cell formats of a workbook by the number of the style, which cells name.

    ``is_date``: whether numbers are dates; styles that may be either are left out. ``number_formats`` and
    ``text_formats``: those that show a number, or a text, as something else than is stored; of most workbooks none.
    """

    is_date: Mapping[str | None, bool]
    number_formats: Mapping[str | None, CellFormat]
    text_formats: Mapping[str | None, CellFormat]


@cached_by_content
def read_styles(xml: bytes) -> WorkbookStyles:
    """Parse the styles part of an .xlsx. Raises UnsupportedXmlError, or another ValueError, where it is not right."""
    if not xml:
        return WorkbookStyles(_NoDateStyles(), {}, {})
    try:
        parts = {node.tag.rpartition("}")[2]: node for node in ElementTree.fromstring(xml)}
    except ParseError:
        raise UnsupportedXmlError("no styles") from None
    codes = {int(node.get("numFmtId", "")): node.get("formatCode", "") for node in parts.get("numFmts", ())}
    struck = {number for number, font in enumerate(parts.get("fonts", ())) if _is_struck(font)}
    xfs = [(int(xf.get("numFmtId", "0")), int(xf.get("fontId", "0")) in struck) for xf in parts.get("cellXfs", ())]
    formats = {xf: cell_format(xf[0], codes, struck=xf[1]) for xf in set(xfs)}  # many styles share one
    format_by_style: dict[str | None, CellFormat] = {str(style): formats[xf] for style, xf in enumerate(xfs)}
    # A cell that names no style has the first one.
    with_default: dict[str | None, CellFormat] = {None: format_by_style.get("0", CellFormat()), **format_by_style}
    return WorkbookStyles(
        is_date={
            None: False,
            **{style: format_.is_date for style, format_ in format_by_style.items() if format_.is_date is not None},
        },
        number_formats={
            style: format_ for style, format_ in with_default.items() if format_.number_code or format_.struck
        },
        text_formats={style: format_ for style, format_ in with_default.items() if format_.text_code or format_.struck},
    )


class _NoDateStyles(dict[str | None, bool]):
    """``is_date`` of a workbook without a styles part: no style that a cell may name is a date format."""

    def __missing__(self, key: str | None) -> bool:
        return False


def _is_struck(font: Iterable[Element]) -> bool:
    strikes = [node.get("val", "1") for node in font if node.tag.rpartition("}")[2] == "strike"]
    return any(value not in ("0", "false") for value in strikes)


def cell_format(number: int, codes: Mapping[int, str], *, struck: bool) -> CellFormat:
    """The cell format of a number format, which the workbook defines in ``codes``, or which is built in."""
    code = codes.get(number, _BUILT_IN_CODES.get(number, ""))
    day = is_date_format(code) if number in codes else _BUILT_IN_DATES.get(number)
    whole = not code or date_parts(code) == {"y", "m", "d"} or shows_plain_number(code)
    return CellFormat(day, "" if whole else code, "" if shows_text_unchanged(code) else code, struck)


def may_be_time(number: int, codes: Mapping[int, str]) -> bool:
    """Whether the format of this number shows a time, or a date of which ``is_date_format`` is not sure."""
    if number not in codes:
        return number in _BUILT_IN_TIMES
    return is_date_format(codes[number]) is None and bool({*"dmyhs"} & set(_LITERAL.sub("", codes[number]).lower()))


def is_date_format(code: str) -> bool | None:
    """Whether a format code shows a number as a date; None where it may be a time, or is not known.

    >>> [is_date_format(code) for code in ('yyyy"年"m"月"d"日"', '[Red]0.0"d m y"', "[$-804]yyyy/m/d;@")]
    [True, False, True]
    >>> is_date_format("yyyy-mm-dd hh:mm")
    """
    if _ELAPSED.search(code):
        return None
    bare = _LITERAL.sub("", code)
    if _NUMBER.fullmatch(bare):
        return False
    return True if _DAY.fullmatch(bare) and {"y", "d"} & set(bare.lower()) else None
