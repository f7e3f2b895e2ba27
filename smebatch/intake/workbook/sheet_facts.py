"""What a reader does not tell of a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from smebatch.intake.workbook.address import CellIndex, CellRange
from smebatch.intake.workbook.blank_cells import FalseBlanks
from smebatch.intake.workbook.displayed_value import DisplayGetter


class SheetFacts(NamedTuple):
    """What a reader does not tell of a sheet.

    ``unsaid``: which cells that read as blank are not. ``seen``: what a person sees, where it may not be what is read.
    ``merged``: the areas of merged cells.
    """

    false_blanks: FalseBlanks
    displayed: Mapping[CellIndex, DisplayGetter] = {}
    merged: Sequence[CellRange] = ()
