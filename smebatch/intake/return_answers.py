"""The answers of a return, as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from smebatch.intake.workbook.address import CellIndex, range_address
from smebatch.issues.finding import Finding

if TYPE_CHECKING:
    from smebatch.intake.workbook.cell_values import Value


class NotAReturnError(Exception):
    """The workbook is no return of this edition; ``reason`` is a code of issues.REASONS with its values."""

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


class Explanation(NamedTuple):
    """What the enterprise says of an issue of the return that it corrects, named by its code and key."""

    code: str
    key: str
    text: str


@dataclass(slots=True)
class ReturnAnswers:
    """The answers of one workbook.

    ``values``: key → typed value, figures in millionths of their unit; what is blank or unsure is left out.
    ``unsure``: keys whose cell could not be read for certain (each has a finding); checks leave them alone.
    ``locations``: key or row key → the sheet's name and the cell.
    ``corrects``: of a correction copy, the form_id of the return that it corrects; else blank. Not to be trusted.
    ``typed``: key → the whole content of its cell as text, for keys that could not be read for certain.
    ``explanations``: of a correction copy, what the enterprise says of the issues listed in it, in that order.
    """

    values: dict[str, Value]
    findings: list[Finding]
    unsure: set[str]
    locations: Mapping[str, tuple[str, CellIndex]]
    corrects: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    explanations: list[Explanation] = field(default_factory=list)

    def location_of(self, *keys: str) -> tuple[str, str]:
        """The sheet's name and the address of the cells of keys or row keys, ``D14`` or ``F97:F101``.

        Cells on another sheet than the first key's are left out; both are blank where no key has a cell.
        """
        locations = [self.locations[key] for key in keys if key in self.locations]
        if not locations:
            return "", ""
        sheet = locations[0][0]
        return sheet, range_address(at for name, at in locations if name == sheet)
