"""How wide a text is and how high its row must be: XlsxWriter fits neither, least of all Chinese."""

from __future__ import annotations

import math
import unicodedata

# Points a line of 10-point text takes, and around the lines; Noto CJK sets wider lines than SimSun.
LINE, PADDING = 13.5, 3.5
# Excel refuses a higher row.
MAX_HEIGHT = 409.0


def display_width(text: str) -> int:
    """The width in half-width characters: East-Asian wide, full-width and ambiguous characters count two.

    >>> display_width("题4 选项"), display_width("“√”")
    (8, 6)
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def line_count(text: str, width: float) -> int:
    """The lines a text takes at 10 points, wrapped in a column of ``width`` characters.

    A column's character is a digit of Arial 10, 7 pixels, half a Chinese character at 10 points 6.67; where a Chinese
    line may not end in a character it breaks one earlier.

    >>> line_count("一二三四五六七八九十", 12), line_count("a\\nb", 10)
    (2, 2)
    """
    widths = [display_width(part) for part in text.split("\n")]
    return sum(1 if w <= room(width) else math.ceil((w + 2) / room(width)) for w in widths)


def room(width: float) -> float:
    """The half-width characters of 10 points that a line of a column so wide holds."""
    return max(width * 1.05 - 1, 2)


def wrapped(text: str, width: float) -> list[str]:
    """The text in lines that a column of ``width`` characters holds, for cells in which none is wrapped.

    >>> wrapped("一二三四五六七八九十", 12)
    ['一二三四五', '六七八九十']
    """
    lines = [""]
    for character in text:
        if lines[-1] and display_width(lines[-1] + character) > room(width):
            lines.append("")
        lines[-1] += character
    return lines


def row_height(*cells: tuple[str, float], minimum: float = 16.0) -> float:
    """The height in points of a row whose cells hold these texts in columns of these widths, at 10 points."""
    lines = max((line_count(text, width) for text, width in cells), default=1)
    return min(max(minimum, lines * LINE + PADDING), MAX_HEIGHT)
