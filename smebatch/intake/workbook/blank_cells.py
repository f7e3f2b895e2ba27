"""False blanks: cells that a reader returns as blank although they hold an error, a picture or an unknown result."""

from __future__ import annotations

from collections.abc import Mapping

from smebatch.intake.workbook.address import CellIndex

# Codes of issues.
CELL_ERROR = "cell.error"
CELL_UNCACHED = "cell.uncached"  # a formula without a stored result
CELL_PICTURE = "cell.picture"  # a picture that is the cell's value, not one that floats above the sheet

DISPIMG = "DISPIMG("  # the function by which WPS places a picture in a cell; no other program knows it

FalseBlanks = Mapping[CellIndex, str]
"""Cells that a reader returns as blank (or as the 0 of a formula) although they hold something: cell → code.

Several sheets may share one mapping.
"""
