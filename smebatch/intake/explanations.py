"""Reads the list of issues of a correction copy: what the enterprise says of each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smebatch.intake.answer_layout import KeyedBlock
from smebatch.intake.return_answers import Explanation
from smebatch.intake.workbook.address import ROW_STRIDE, cell_address
from smebatch.intake.workbook.cell_values import display_text, normalize_text
from smebatch.intake.workbook.workbook import WorkbookSheet
from smebatch.issues.finding import Finding
from smebatch.standard.form_markers import ANSWER, EXPLANATION, ISSUE_CODE, ISSUE_KEY

_ROW_KEY = re.compile(r"e\d+")
_SUFFIX = EXPLANATION.removeprefix(ANSWER)


def is_issue_list(block: KeyedBlock) -> bool:
    """Whether a block is the list of issues of a correction copy: its rows are e001 and so on."""
    return any(suffix == _SUFFIX for suffix, _ in block.suffixes) and all(
        isinstance(key, str) and _ROW_KEY.fullmatch(normalize_text(key)) for key in block.keys
    )


def read_explanations(block: KeyedBlock, sheet: WorkbookSheet) -> tuple[list[Explanation], list[Finding]]:
    """The explanations of a list of issues, in order, each issue once; and findings about those that cannot be read."""
    columns = {display_text(sheet.cells[at]): at - block.marker for at in _marks(block, sheet)}
    shifts = [columns.get(name) for name in (ISSUE_CODE, ISSUE_KEY, EXPLANATION)]
    texts: dict[tuple[str, str], list[str]] = {}
    findings: list[Finding] = []
    for at in block.key_indexes:
        code, key, text = (
            "" if shift is None else display_text(sheet.cells.get(at + shift)).strip() for shift in shifts
        )
        place = at + (shifts[2] or 0)
        if place in sheet.false_blanks:
            findings.append(
                Finding("explanation.unreadable", "", code, sheet.name, cell_address(place), sheet.false_blanks[place])
            )
        elif text and text not in texts.setdefault((code, key), []):
            texts[code, key].append(text)
    return [Explanation(*issue, "；".join(said)) for issue, said in texts.items()], findings


def _marks(block: KeyedBlock, sheet: WorkbookSheet) -> Iterator[int]:
    """The cells of the row of the marker that hold a text."""
    row = block.marker // ROW_STRIDE
    return (at for at, cell in sheet.cells.items() if at // ROW_STRIDE == row and isinstance(cell, str))
