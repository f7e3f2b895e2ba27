"""What a return answers, as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smebatch.intake.address import Place, cell_name
from smebatch.issues import Finding

if TYPE_CHECKING:
    from smebatch.intake.values import Value


@dataclass(slots=True)
class Return:
    """What one workbook answers.

    ``values``: key → typed value, figures in millionths of their unit; what is blank or not sure is left out.
    ``unsure``: keys whose cell could not be read surely (each has a finding); checks leave them alone.
    ``places``: key or row key → the sheet's name and the place on it.
    """

    values: dict[str, Value]
    findings: list[Finding]
    unsure: set[str]
    places: Mapping[str, tuple[str, Place]]

    def place(self, key: str) -> tuple[str, str]:
        """The sheet's name and the cell's address of a key or row key, blank where it stands nowhere."""
        if key not in self.places:
            return "", ""
        sheet, at = self.places[key]
        return sheet, cell_name(at)
