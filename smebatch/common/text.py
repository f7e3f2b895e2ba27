"""Cleans text that comes from outside, so that it can be shown in a cell, a line of CSV or a message."""

from __future__ import annotations

import json
import re

BLANK = "未填"
"""What stands in the place of a value that a return leaves blank, in reports and in names of files."""
FORMULA_STARTS = "=+-@\t\r＝＋－＠"
"""The characters at which a spreadsheet takes a text of a CSV for a formula."""

CELL_LIMIT = 32_767  # UTF-16 units; Excel refuses a longer text
_SPACE = re.compile(r"\r\n|[\t\n\v\f\r\x85\u2028\u2029]")
# C0 and C1 controls, marks and overrides that turn the reading direction, lone surrogates, noncharacters XML forbids.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean_text(value: str) -> str:
    """Return the text without invisible characters: tabs and line breaks become a space, controls are left out.

    Bidi overrides are left out because they make a file name read backwards, lone surrogates because no file can hold
    them.

    >>> clean_text("两\\t行\\r\\n字\\x00\\u202e"), clean_text("=1+1 _x0041_")
    ('两 行 字', '=1+1 _x0041_')
    """
    # Nearly all texts are printable, and a printable text has neither controls nor line breaks.
    return value if value.isprintable() else _INVISIBLE.sub("", _SPACE.sub(" ", value))


_ESCAPED = re.compile(rf"{_INVISIBLE.pattern}|[\u2028\u2029]")


def as_json(document: object, indent: int | None = None) -> str:
    r"""Return a JSON document with invisible characters and lone surrogates escaped; a program reads the same values.

    >>> print(as_json({"甲" + chr(0x202E): 1}))
    {"甲\u202e": 1}
    """
    plain = json.dumps(document, ensure_ascii=False, indent=indent)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)


def cell_text(value: str) -> str:
    """Return the clean text in a form that is safe to give to XlsxWriter: within Excel's limit, and never raw XML.

    XlsxWriter copies a text that begins with <r> and ends with </r> into the file as it stands, as its own rich text;
    a space at the end keeps such a text a text.

    >>> cell_text("<r><t>x</t></r>"), cell_text("好" * 40_000)[-2:], len(cell_text("好" * 40_000))
    ('<r><t>x</t></r> ', '好…', 32767)
    """
    text = clean_text(value)
    if len(text) > CELL_LIMIT // 2:
        units = text.encode("utf-16-le")
        if len(units) > 2 * CELL_LIMIT:
            text = units[: 2 * (CELL_LIMIT - 1)].decode("utf-16-le", errors="ignore") + "…"
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


_DIGITS = "零一二三四五六七八九"


def numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese, as headings are numbered.

    >>> numeral(3), numeral(10), numeral(12), numeral(20), numeral(45)
    ('三', '十', '十二', '二十', '四十五')
    """
    tens, ones = divmod(number, 10)
    return f"{_DIGITS[tens] if tens > 1 else ''}{'十' if tens else ''}{_DIGITS[ones] if ones else ''}"


_TEXT_IN_MESSAGE = 300  # characters of a text from a file that a message repeats


def shown_text(value: str, room: int = _TEXT_IN_MESSAGE) -> str:
    """Return the clean text, cut to ``room`` characters.

    >>> shown_text("甲\\n乙"), len(shown_text("长" * 1_000_000))
    ('甲 乙', 300)
    """
    text = clean_text(value[: 10 * room])
    return text if len(text) <= room else text[: room - 1] + "…"


def minute_text(time: str) -> str:
    """An ISO 8601 time as people read it: the day and the minute; the zone and the seconds are left out.

    >>> minute_text("2026-11-20T09:30:12+08:00")
    '2026-11-20 09:30'
    """
    return time[:16].replace("T", " ")


_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def file_name(text: str, most: int = 60) -> str:
    """A text as part of a file name on any system: what Windows forbids is left out, and it has ``most`` characters.

    >>> file_name('甲/乙: "丙"?. ')
    '甲乙 丙'
    """
    return _NOT_IN_NAMES.sub("", clean_text(text))[:most].strip(" .")
