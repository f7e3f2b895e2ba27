"""What was typed into a cell whose answer cannot be read surely, as a text that can be shown and sent back."""

from __future__ import annotations

from collections.abc import Iterable

from smebatch.common.text import CELL_LIMIT
from smebatch.intake.workbook.address import CellIndex
from smebatch.intake.workbook.blank_cells import CELL_ERROR
from smebatch.intake.workbook.cell_values import display_text, normalize_text
from smebatch.intake.workbook.workbook import WorkbookSheet
from smebatch.standard.form_markers import UNCONFIRMED

_BETWEEN, _BLANK = " ｜ ", "（空白）"


def content_text(sheet: WorkbookSheet, at: CellIndex) -> str:
    """The whole content of a cell as a text; blank for a picture, and for a formula whose result nobody knows.

    That an answer of a correction copy is not confirmed was not typed, and is left out.
    """
    cell = sheet.cells.get(at)
    if not cell and (code := sheet.false_blanks.get(at)):
        return sheet.displayed[at]().text if code == CELL_ERROR and at in sheet.displayed else ""
    text = display_text(cell)
    if normalize_text(text).startswith(UNCONFIRMED):
        text = text.partition(UNCONFIRMED)[2]
    return text if normalize_text(text) else ""


def joined_contents(contents: Iterable[str]) -> str:
    """The contents of the cells of one key in a line, each once, within what a cell can hold; blank if all are blank.

    >>> joined_contents(["5", "", "7", "5"]), joined_contents(["", ""])
    ('5 ｜ （空白） ｜ 7', '')
    """
    distinct = dict.fromkeys(contents)
    return _BETWEEN.join(content or _BLANK for content in distinct)[:CELL_LIMIT] if any(distinct) else ""
