"""What every reader of workbooks returns: sheets with their cells. Each file format implements ``Workbook``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from smebatch.intake.workbook.address import CellIndex, CellRange
from smebatch.intake.workbook.blank_cells import FalseBlanks
from smebatch.intake.workbook.cell_values import Cells
from smebatch.intake.workbook.displayed_value import DisplayGetter


class UnreadableError(Exception):
    """The file cannot be opened as a workbook. The cause is what a parser said about it, which is not for clerks."""


class WorkbookSheet(NamedTuple):
    """The cells of a sheet without the blank ones.

    ``false_blanks``: cells that a reader returns as blank although they hold something. ``displayed``: what a person
    sees in cells that may show something else than their value. ``merged``: the ranges of merged cells.
    """

    name: str
    cells: Cells
    false_blanks: FalseBlanks
    displayed: Mapping[CellIndex, DisplayGetter] = {}
    merged: Sequence[CellRange] = ()


class Workbook(Protocol):
    """An open workbook in memory. Its methods raise UnreadableError, and UnsafeError for what no reader should open."""

    def sheets(self, containing: str, and_sheet: str = "") -> list[WorkbookSheet]:
        """The sheets in order, hidden ones too; those without a cell of the text ``containing`` may be left out.

        The sheet named ``and_sheet`` is returned in any case.
        """

    def tables(self) -> list[WorkbookSheet]:
        """Every sheet, whatever it holds."""

    def properties(self) -> dict[str, str]:
        """The custom document properties; none where the format keeps them elsewhere than in a part of a zip."""
