"""Addresses of cells, as Excel writes them and as one number, by which most of reading looks cells up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

ROW_STRIDE = 16_384  # columns of a sheet: how far the index of a cell is from that of the cell above

CellIndex = int
"""A cell's row × ROW_STRIDE + its column, both from 0."""


def cell_index(address: str) -> CellIndex:
    """The index of a cell by its address.

    >>> divmod(cell_index("D14"), ROW_STRIDE)
    (13, 3)
    """
    letters = address.rstrip("0123456789")
    return (int(address[len(letters) :]) - 1) * ROW_STRIDE + column_number(letters)


def column_number(letters: str) -> int:
    """Column letters as a number from 0.

    >>> column_number("A"), column_number("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def cell_address(at: CellIndex) -> str:
    """The address of a cell by its index.

    >>> cell_address(13 * ROW_STRIDE + 3), cell_address(27)
    ('D14', 'AB1')
    """
    row, column = divmod(at, ROW_STRIDE)
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def range_address(indexes: Iterable[CellIndex]) -> str:
    """The address of cells that belong together: in one row from the first to the last, else the runs in each column.

    >>> [range_address(map(cell_index, cells.split())) for cells in ("F97 F98 F99", "E7 G7 I7", "AB1", "F9 F4 F3")]
    ['F97:F99', 'E7:I7', 'AB1', 'F3:F4,F9']
    """
    ordered = sorted(set(indexes), key=lambda at: (at % ROW_STRIDE, at))
    if len({at // ROW_STRIDE for at in ordered}) == 1:
        runs = [ordered]
    else:
        numbered = groupby(enumerate(ordered), key=lambda item: item[1] - item[0] * ROW_STRIDE)
        runs = [[at for _, at in run] for _, run in numbered]
    return ",".join(str(CellRange(run[0], run[-1])) if len(run) > 1 else cell_address(run[0]) for run in runs)


class CellRange(NamedTuple):
    """A rectangle of cells by its first (upper left) and last (lower right) cell."""

    first: CellIndex
    last: CellIndex

    def __str__(self) -> str:
        return f"{cell_address(self.first)}:{cell_address(self.last)}"

    def contains(self, at: CellIndex) -> bool:
        """Whether a cell lies in the range.

        >>> corners = CellRange(cell_index("B2"), cell_index("C4"))
        >>> [cell for cell in ("A2", "B1", "B2", "C4", "C5", "D3") if corners.contains(cell_index(cell))]
        ['B2', 'C4']
        """
        column = at % ROW_STRIDE
        return self.first // ROW_STRIDE <= at // ROW_STRIDE <= self.last // ROW_STRIDE and (
            self.first % ROW_STRIDE <= column <= self.last % ROW_STRIDE
        )


_RANGE = re.compile("([A-Z]{1,3}[1-9][0-9]{0,6}):([A-Z]{1,3}[1-9][0-9]{0,6})")


def parse_range(written: str) -> CellRange | None:
    """A range as Excel writes it; None for a single cell, and for what is no range.

    >>> parse_range("D14:E15") == CellRange(cell_index("D14"), cell_index("E15")), parse_range("B2:"), parse_range("B2")
    (True, None, None)
    """
    match = _RANGE.fullmatch(written)
    return CellRange(cell_index(match[1]), cell_index(match[2])) if match else None
