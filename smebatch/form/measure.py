"""How wide a text is and how high its row must be: XlsxWriter fits neither, least of all Chinese."""

from __future__ import annotations

import math
import unicodedata

from smebatch.form.sheet import FormError

# Points a line of 10-point text takes, and around the lines; Noto CJK sets wider lines than SimSun.
LINE, PADDING = 14.0, 6.0
# How much more a column holds of text in 9 points.
SMALL = 10 / 9
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

    A column's character is a digit of Calibri 11, 7 pixels, half a Chinese character at 10 points 6.67; where a Chinese
    line may not end in a character it breaks one earlier.

    >>> line_count("一二三四五六七八九十", 12), line_count("a\\nb", 10)
    (3, 2)
    """
    room = max(width * 1.05 - 2, 2)
    widths = [display_width(part) for part in text.split("\n")]
    return sum(1 if w <= room else math.ceil((w + 2) / room) for w in widths)


def row_height(*cells: tuple[str, float], minimum: float = 20.0) -> float:
    """The height in points of a row whose cells hold these texts in columns of these widths, at 10 points.

    Raises FormError where no row is as high: the end of the text would be cut off.
    """
    lines, text = max(((line_count(text, width), text) for text, width in cells), default=(1, ""))
    height = max(minimum, lines * LINE + PADDING)
    if height > MAX_HEIGHT:
        raise FormError(place=f"“{text[:20]}…”", why=f"{len(text)} characters are more than the highest row shows")
    return height
