"""What a reader does not tell of a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from smebatch.intake.workbook.address import Area, Place
from smebatch.intake.workbook.blank_cells import Unsaid
from smebatch.intake.workbook.displayed_value import Sight


class Beyond(NamedTuple):
    """What a reader does not tell of a sheet.

    ``unsaid``: which cells that read as blank are not. ``seen``: what a person sees, where it may not be what is read.
    ``merged``: the areas of merged cells.
    """

    unsaid: Unsaid
    seen: Mapping[Place, Sight] = {}
    merged: Sequence[Area] = ()
