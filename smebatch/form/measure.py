"""Widths of texts and heights of rows: XlsxWriter fits neither a column nor a row to Chinese text."""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from smebatch.form.sheet import FormError

# In points: the height of a line of 10-point text, and the space around all lines together. The lines of Noto CJK are
# higher than those of SimSun, so this suits Noto CJK.
LINE, PADDING = 14.25, 3.0
# Points; Excel refuses a higher row.
MAX_HEIGHT = 409.0


def display_width(text: str) -> int:
    """The width in half-width characters: East-Asian wide, full-width and ambiguous characters count two.

    >>> display_width("题4 选项"), display_width("“√”")
    (8, 6)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


@lru_cache(maxsize=20_000)
def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1


def line_count(text: str, width: float) -> int:
    """The number of lines of a text at 10 points, wrapped in a column of ``width`` characters.

    Widths of columns are counted in digits of Arial 10, of 7 pixels; half a Chinese character at 10 points has 6.67.
    Some characters may not end a line in Chinese; the line then breaks one character earlier.

    >>> line_count("一二三四五六七八九十", 12), line_count("a\\nb", 10)
    (2, 2)
    """
    return sum(_lines(display_width(part), width) for part in text.split("\n"))


def _lines(length: int, width: float) -> int:
    return 1 if length <= room(width) else math.ceil((length + 3) / room(width))


def room(width: float) -> float:
    """How many half-width characters of 10 points fit into a line of a column of ``width`` characters."""
    return max(width * 1.05 - 0.5, 2)


def shared_width(rows: Sequence[Sequence[int]], total: int, least: int) -> list[int]:
    """Share a width among columns so that the rows take as few lines as possible.

    ``rows``: for each row the length of the text in each column, in half-width characters. The widths returned are at
    least ``least`` each and ``total`` together, or more where ``least`` makes it more; all are in characters.

    >>> shared_width([[10, 90], [20, 60]], 50, 5), shared_width([[0, 0, 0]], 12, 5)
    ([12, 38], [5, 5, 5])
    """

    def lines(widths: Sequence[int]) -> int:
        return sum(max(map(_lines, row, widths)) for row in rows)

    sums = [sum(column) for column in zip(*rows, strict=True)]
    over = max(total - least * len(sums), 0)
    widths = [least + over * length // max(sum(sums), 1) for length in sums]
    widths[-1] += max(total - sum(widths), 0)
    while True:  # move a little from one column to another, as long as that saves a line
        moved = [
            [w + (i == to) * step - (i == of) * step for i, w in enumerate(widths)]
            for step in (1, 2, 3)
            for of in range(len(widths))
            for to in range(len(widths))
            if of != to and widths[of] - step >= least
        ]
        best = min(moved, key=lines, default=widths)
        if lines(best) >= lines(widths):
            return widths
        widths = best


def wrapped(text: str, width: float) -> list[str]:
    """The text cut into lines that fit a column of ``width`` characters, for cells that do not wrap their text.

    >>> wrapped("一二三四五六七八九十", 12)
    ['一二三四五六', '七八九十']
    """
    lines = [""]
    for character in text:
        if lines[-1] and display_width(lines[-1] + character) > room(width):
            lines.append("")
        lines[-1] += character
    return lines


def row_height(*cells: tuple[str, float], minimum: float = 16.0) -> float:
    """The height in points of a row whose cells hold these texts at 10 points.

    ``cells``: each text with the width of its column in characters. Raises FormError where Excel allows no row so high:
    the end of the text would be cut off.
    """
    height = text_height(*cells, minimum=minimum)
    if height > MAX_HEIGHT:
        text = max(cells, key=lambda cell: line_count(*cell))[0]
        raise FormError(place=f"“{text[:20]}…”", why=f"{len(text)} characters are more than the highest row shows")
    return height


def text_height(*cells: tuple[str, float], minimum: float = 16.0) -> float:
    """As row_height, but also where it is more than Excel allows."""
    return max(minimum, lines_height(max((line_count(text, width) for text, width in cells), default=1)))


def lines_height(lines: int) -> float:
    """The height in points of a row that shows so many lines at 10 points."""
    return lines * LINE + PADDING


def cut_to_lines(text: str, width: float, lines: int) -> str:
    """The text, cut so that it takes at most so many lines in a column of ``width`` characters; … shows that it is cut.

    >>> cut_to_lines("一二三四五六七八九十", 12, 2), cut_to_lines("一二三四五六七八九十", 12, 1)
    ('一二三四五六七八九十', '一二三四五…')
    """
    most = int(lines * room(width)) + lines
    if len(text) <= most and line_count(text, width) <= lines:
        return text
    kept = bisect_right(range(most), lines, key=lambda n: line_count(f"{text[:n]}…", width)) - 1
    return f"{text[:kept]}…"
