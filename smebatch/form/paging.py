"""The scale at which a sheet is printed, and its page breaks: a page never divides a question or a group of rows.

The scale is fixed. Were the sheet fitted to the width of the page, the number of rows on a page would differ from
program to program, for the widths of columns differ by a few per cent, and no page break would suit all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_INCH = 72
# In inches, as XlsxWriter takes them.
MARGINS = {"left": 0.4, "right": 0.4, "top": 0.35, "bottom": 0.5}
FOOTER = 0.2  # inches from the edge of the paper
_ACROSS, _DOWN = MARGINS["left"] + MARGINS["right"], MARGINS["top"] + MARGINS["bottom"]
# Per cent: at this scale the 10 points of the form are printed as 8, which can be read.
SCALE = 80
# Columns come out wider than they should by up to this factor: in LibreOffice, and on screens of other resolutions.
_WIDER = 1.07
# The share of the height of a page that is used: some programs make rows a little higher than they should.
_SLACK = 0.99


@dataclass(frozen=True, slots=True)
class Page:
    """The printable area of a sheet of paper in points."""

    width: float
    height: float

    def scale(self, widths: Iterable[float]) -> int:
        """The scale in per cent, at most SCALE, at which columns of these widths in characters fit the page.

        >>> PORTRAIT.scale([60, 40]), PORTRAIT.scale([100, 100])
        (80, 47)
        """
        # A column has 7 pixels for each character and 5 more; a pixel has 0.75 points.
        content = sum((7 * w + 5) * 0.75 for w in widths)
        return min(SCALE, int(100 * self.width / (content * _WIDER)))


PORTRAIT = Page(width=(8.27 - _ACROSS) * _INCH, height=(11.69 - _DOWN) * _INCH)
LANDSCAPE = Page(width=(11.69 - _ACROSS) * _INCH, height=(8.27 - _DOWN) * _INCH)

Block = tuple[int, float]
"""Rows that no page break may divide: the first of them, and their height together in points."""


def page_breaks(
    page: Page, scale: int, blocks: Sequence[Block], *, first: float = 0, repeated: float = 0, balance: bool = True
) -> list[int]:
    """The rows at which a new page begins.

    ``blocks``: from top to bottom. ``first``: the height in points of what stands above them on the first page;
    ``repeated``: of what is printed above them on every other page. ``balance``: fill the pages evenly rather than
    leave the last one nearly empty; their number stays the same.

    >>> page, blocks = Page(500, 700), [(4, 300), (9, 250), (15, 100), (20, 100)]
    >>> page_breaks(page, 100, blocks, balance=False), page_breaks(page, 100, blocks), page_breaks(page, 80, blocks)
    ([20], [9], [])
    """
    height = page.height * 100 / scale * _SLACK
    breaks = _fill(height, blocks, first, repeated)
    for percent in range(99, 49, -1) if balance else ():
        tighter = _fill(height * percent / 100, blocks, first, repeated)
        if len(tighter) > len(breaks):
            break
        breaks = tighter
    return breaks


def _fill(page_height: float, blocks: Sequence[Block], first: float, repeated: float) -> list[int]:
    breaks: list[int] = []
    used, empty = first, True
    for row, height in blocks:
        if not empty and used + height > page_height:
            breaks.append(row)
            used = repeated
        used, empty = used + height, False
    return breaks
