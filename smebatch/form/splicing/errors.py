"""The error of this package."""

from __future__ import annotations


class PatternError(ValueError):
    """A workbook cannot serve as a pattern: ``place`` names the part or cell, ``why`` says what is not as expected."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place, self.why = place, why
