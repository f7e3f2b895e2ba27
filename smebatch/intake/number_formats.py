"""Which numbers of an .xlsx are days: what the formats of its styles say."""

from __future__ import annotations

import re
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree

from smebatch.intake.shared import shared
from smebatch.intake.xml_tags import UnusualError

# What stands in a format for itself: quoted, behind a backslash, as wide as, filled with; a colour, a language.
_ITSELF = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?:[A-Za-z]+[0-9]*|\$[^\]]*)\]')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NUMBER = re.compile(r"(?:General|@|E[+-]|[0#?.,%/ ()+\-;:¥$￥]|[^\x00-\x7f])*+", re.IGNORECASE)
_DAY = re.compile(r"(?:[ymd/\-., ;@]|[^\x00-\x7f])*+", re.IGNORECASE)
# Those that a format's number alone names: whole numbers, fractions, percentages, texts; and days, many of East Asia.
_PLAIN, _DAYS = (*range(14), *range(37, 41), 48, 49), (14, *range(27, 32), 36, *range(50, 55), 57, 58)
_BUILT_IN: dict[int, bool | None] = {**dict.fromkeys(_PLAIN, False), **dict.fromkeys(_DAYS, True)}


@shared
def days_by_style(xml: bytes) -> dict[str | None, bool]:
    """Whether the numbers of a cell's style are days, by the style's number; styles that may be either are left out.

    Raises UnusualError where the part of the styles is not right.
    """
    if not xml:
        return {None: False}
    try:
        parts = {node.tag.rpartition("}")[2]: node for node in ElementTree.fromstring(xml)}
    except ParseError:
        raise UnusualError("no styles") from None
    formats = dict(_BUILT_IN)
    for node in parts.get("numFmts", ()):
        formats[int(node.get("numFmtId", ""))] = is_day(node.get("formatCode", ""))
    kinds = [formats.get(int(node.get("numFmtId", "0"))) for node in parts.get("cellXfs", ())]
    return {None: False} | {str(style): kind for style, kind in enumerate(kinds) if kind is not None}


def is_day(code: str) -> bool | None:
    """Whether a format shows a number as a day; None where it may be a time, or is not known.

    >>> is_day('yyyy"年"m"月"d"日"'), is_day('[Red]0.0"d m y"'), is_day("[$-804]yyyy/m/d;@"), is_day("yyyy-mm-dd hh:mm")
    (True, False, True, None)
    """
    if _ELAPSED.search(code):
        return None
    bare = _ITSELF.sub("", code)
    if _NUMBER.fullmatch(bare):
        return False
    return True if _DAY.fullmatch(bare) and {"y", "d"} & set(bare.lower()) else None
