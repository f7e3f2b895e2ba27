"""What a sheet says beside the values that a reader returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from smebatch.intake.workbook.address import CellIndex, CellRange
from smebatch.intake.workbook.blank_cells import FalseBlanks
from smebatch.intake.workbook.displayed_value import DisplayGetter


class SheetFacts(NamedTuple):
    """What a sheet says beside the values that a reader returns; the fields are those of WorkbookSheet."""

    false_blanks: FalseBlanks
    displayed: Mapping[CellIndex, DisplayGetter] = {}
    merged: Sequence[CellRange] = ()
