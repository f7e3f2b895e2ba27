"""How much of a sheet is printed where it is printed on one page of A4, so that it can be read there.

A sheet that is fitted to a page is one page in every program, however high its rows come out there; only what is
printed has to be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from smebatch.report.document import ChartRow, Paragraphs, Table
from smebatch.report.xlsx.styles import ROW_PIXELS

LEAST_SCALE = 0.8  # so that text of 10 points comes out with 8, the least there is with 7.2
FEWEST_ROWS = 10  # of a table that is cut
MARGINS = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.65}  # inches
_PAGE = (717, 1012)  # pixels between the margins of a page that stands: 8.27 - 0.8 by 11.69 - 1.15 inches
_LYING = (1045, 683)  # 11.69 - 0.8 by 8.27 - 1.15 inches


class Extent(NamedTuple):
    """A block of a sheet and its rows, from ``begin`` to before ``end``; the last one is blank."""

    begin: int
    end: int
    block: Table | ChartRow | Paragraphs


def last_row_printed(extents: Sequence[Extent], heights: Mapping[int, int], width: int, *, landscape: bool) -> int:
    """The last row, from 0, that is printed of a sheet of blocks.

    ``heights``: in pixels of rows that are not of one line; ``width``: of the sheet in pixels. Blocks are printed whole
    from the first as long as the page need not be smaller than LEAST_SCALE, or than its width asks for anyway. The
    first table is cut where it does not fit.
    """
    wide, high = _LYING if landscape else _PAGE
    room = high / min(LEAST_SCALE, wide / width)
    height, row, last = 0, 0, 0
    tables = 0
    for extent in extents:
        tables += isinstance(extent.block, Table)
        end = extent.end - 1
        while row < end and height + heights.get(row, ROW_PIXELS) <= room:
            height += heights.get(row, ROW_PIXELS)
            row += 1
        if row < end:
            cut = isinstance(extent.block, Table) and tables == 1 and row - extent.begin > FEWEST_ROWS
            return row - 1 if cut else last
        last = end - 1
    return last
