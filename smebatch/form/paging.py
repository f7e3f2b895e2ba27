"""Where pages break, so that a question or a group of rows is not torn apart in print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Points of A4 within the margins of the form.
_INCH = 72


@dataclass(frozen=True, slots=True)
class Page:
    """The printable area of a sheet of paper in points."""

    width: float
    height: float


PORTRAIT = Page(width=(8.27 - 1.1) * _INCH, height=(11.69 - 1.35) * _INCH)
LANDSCAPE = Page(width=(11.69 - 1.1) * _INCH, height=(8.27 - 1.35) * _INCH)


def page_breaks(
    page: Page, widths: Iterable[float], head: float, blocks: Sequence[tuple[int, float]], *, balance: bool = True
) -> list[int]:
    """The rows to begin a new page at.

    ``widths`` are the columns' in characters, scaled to one page wide; ``head`` is the height of the rows repeated on
    each page; ``blocks`` are the first row and the height of what belongs together, top to bottom, in points.
    ``balance``: fill the pages evenly rather than leave the last one nearly empty.

    >>> blocks = [(4, 300), (9, 250), (15, 100), (20, 100)]
    >>> page_breaks(Page(500, 700), [80], 0, blocks, balance=False), page_breaks(Page(500, 700), [80], 0, blocks)
    ([20], [9])
    """
    # A character is 7 pixels and a column 5 more; a pixel is 0.75 points. Programs differ by a few percent.
    content = sum((7 * w + 5) * 0.75 for w in widths)
    room = page.height * max(content / page.width, 1) * 0.97 - head
    breaks = _fill(room, blocks)
    for percent in range(99, 49, -1) if balance else ():
        tighter = _fill(room * percent / 100, blocks)
        if len(tighter) > len(breaks):
            break
        breaks = tighter
    return breaks


def _fill(room: float, blocks: Sequence[tuple[int, float]]) -> list[int]:
    breaks: list[int] = []
    used = 0.0
    for row, height in blocks:
        if used and used + height > room:
            breaks.append(row)
            used = 0.0
        used += height
    return breaks
