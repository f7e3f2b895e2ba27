"""How large a sheet is printed, and where its pages break: no question or group of rows is torn apart in print.

A sheet is printed at a fixed scale, not fitted to the page: how wide a column is differs by a few percent from program
to program, and a page fitted in width would hold more rows in one than in another, so that no break would suit both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_INCH = 72
# Centimetres would be kinder; XlsxWriter takes inches.
MARGINS = {"left": 0.4, "right": 0.4, "top": 0.35, "bottom": 0.5}
FOOTER = 0.2  # from the edge of the paper
_ACROSS, _DOWN = MARGINS["left"] + MARGINS["right"], MARGINS["top"] + MARGINS["bottom"]
# Per cent: at this scale the 10 points of the form are printed as 8, which can be read.
SCALE = 80
# Columns come out up to so much wider than they should be: in LibreOffice, and on screens of other resolutions.
_WIDER = 1.07
# What a page holds less than it should, where a program makes rows a little higher.
_SLACK = 0.99


@dataclass(frozen=True, slots=True)
class Page:
    """The printable area of a sheet of paper in points."""

    width: float
    height: float

    def scale(self, widths: Iterable[float]) -> int:
        """The scale in per cent at which columns of these widths, in characters, stand beside each other.

        >>> PORTRAIT.scale([60, 40]), PORTRAIT.scale([100, 100])
        (80, 47)
        """
        # A character is 7 pixels and a column 5 more; a pixel is 0.75 points.
        content = sum((7 * w + 5) * 0.75 for w in widths)
        return min(SCALE, int(100 * self.width / (content * _WIDER)))


PORTRAIT = Page(width=(8.27 - _ACROSS) * _INCH, height=(11.69 - _DOWN) * _INCH)
LANDSCAPE = Page(width=(11.69 - _ACROSS) * _INCH, height=(8.27 - _DOWN) * _INCH)

Block = tuple[int, float]
"""The first row of what belongs together, and its height in points."""


def page_breaks(
    page: Page, scale: int, blocks: Sequence[Block], *, first: float = 0, repeated: float = 0, balance: bool = True
) -> list[int]:
    """The rows to begin a new page at.

    ``blocks`` stand top to bottom; above them stand ``first`` points on the first page, ``repeated`` on each other.
    ``balance``: fill the pages evenly rather than leave the last one nearly empty.

    >>> page, blocks = Page(500, 700), [(4, 300), (9, 250), (15, 100), (20, 100)]
    >>> page_breaks(page, 100, blocks, balance=False), page_breaks(page, 100, blocks), page_breaks(page, 80, blocks)
    ([20], [9], [])
    """
    room = page.height * 100 / scale * _SLACK
    breaks = _fill(room, blocks, first, repeated)
    for percent in range(99, 49, -1) if balance else ():
        tighter = _fill(room * percent / 100, blocks, first, repeated)
        if len(tighter) > len(breaks):
            break
        breaks = tighter
    return breaks


def _fill(room: float, blocks: Sequence[Block], first: float, repeated: float) -> list[int]:
    breaks: list[int] = []
    used, empty = first, True
    for row, height in blocks:
        if not empty and used + height > room:
            breaks.append(row)
            used = repeated
        used, empty = used + height, False
    return breaks
