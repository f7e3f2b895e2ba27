"""What a return answers, as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smebatch.intake.workbook.address import CellIndex, range_address
from smebatch.issues.catalogue import Finding

if TYPE_CHECKING:
    from smebatch.intake.workbook.cell_values import Value


@dataclass(slots=True)
class ReturnAnswers:
    """What one workbook answers.

    ``values``: key → typed value, figures in millionths of their unit; what is blank or not sure is left out.
    ``unsure``: keys whose cell could not be read surely (each has a finding); checks leave them alone.
    ``places``: key or row key → the sheet's name and the place on it.
    """

    values: dict[str, Value]
    findings: list[Finding]
    unsure: set[str]
    locations: Mapping[str, tuple[str, CellIndex]]

    def location_of(self, *keys: str) -> tuple[str, str]:
        """The sheet's name and the address of the cells of keys or row keys, ``D14`` or ``F97:F101``.

        Those that stand on another sheet than the first are left out; blank where none stands anywhere.
        """
        places = [self.locations[key] for key in keys if key in self.locations]
        if not places:
            return "", ""
        sheet = places[0][0]
        return sheet, range_address(at for name, at in places if name == sheet)
