"""Reads what an enterprise explains on 退回说明, the sheet of a correction copy that lists the issues of its return.

The list is a keyed block like those of answers, with row keys of its own: e001, e002…. It holds no answers, and a
workbook without it is still a return.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple, TypeVar

from smebatch.common.text import CELL_LIMIT
from smebatch.intake.answer_layout import KeyedBlock
from smebatch.intake.return_answers import Explanation, NotAReturnError
from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, cell_address
from smebatch.intake.workbook.cell_values import Cell, display_text, normalize_text
from smebatch.intake.workbook.displayed_value import read_displayed
from smebatch.intake.workbook.workbook import WorkbookSheet
from smebatch.issues.finding import Finding
from smebatch.standard.form_markers import ANSWER, EXPLANATION
from smebatch.standard.keys import Key, Kind

# Rows of lists in a workbook, counted once for each column of explanations. A return has some 300 keys, a copy a row
# for each of its issues.
MAX_LISTED_ISSUES = 2_000
_SUFFIX = EXPLANATION.removeprefix(ANSWER)
_ROW_KEY = re.compile("e([0-9]{1,9})")
_NOTE = Key("", "", _SUFFIX, Kind.TEXT, "", "optional", "")  # an explanation is read as a note is


class _ListedIssue(NamedTuple):
    """A row of the list: the number in its key, the cells that may hold an explanation, and what it names.

    ``code`` is blank where nobody can tell which issue the row is about.
    """

    number: str
    cells: tuple[CellIndex, ...]
    code: str
    key: str


def without_listed_issues(block: KeyedBlock) -> KeyedBlock | None:
    """The block without the rows that list issues; None where it is nothing but such a list."""
    if not _explanation_columns(block):
        return block
    rows = [row for row, key in enumerate(block.keys) if not _number_of(key)]
    if not rows:
        return None

    def kept(cells: Sequence[_Part]) -> tuple[_Part, ...]:
        return tuple(cells[row] for row in rows) if cells else ()

    return block._replace(
        key_indexes=kept(block.key_indexes), keys=kept(block.keys), codes=kept(block.codes), labels=kept(block.labels)
    )


def read_explanations(blocks: Iterable[tuple[KeyedBlock, WorkbookSheet]]) -> tuple[list[Explanation], list[Finding]]:
    """The explanations in the order of the list, and findings about those that cannot be read or placed.

    Different texts for one issue are joined. Raises NotAReturnError where more issues are listed than forms can have.
    """
    lists = [(block, sheet, columns) for block, sheet in blocks if (columns := _explanation_columns(block))]
    if sum(len(columns) * len(block.keys) for block, _, columns in lists) > MAX_LISTED_ISSUES:
        raise NotAReturnError("form.many")
    texts: dict[tuple[str, str], dict[str, None]] = {}
    findings = []
    for block, sheet, columns in lists:
        issues = list(_listed_issues(block, sheet, columns))
        shown_at = _shown_cells([at for issue in issues for at in issue.cells], sheet) if sheet.merged else {}
        for issue in issues:
            for at in issue.cells:
                text, sure = _read_text(sheet, shown_at.get(at, at))
                if text and sure and issue.code:
                    texts.setdefault((issue.code, issue.key), {})[text] = None
                elif text or not sure:
                    row_key, location = f"e{issue.number}", (sheet.name, cell_address(at))
                    number = issue.number.lstrip("0")
                    findings.append(Finding("explanation.unreadable", row_key, number, *location, found=text))
    return [Explanation(*issue, "；".join(given)[:CELL_LIMIT]) for issue, given in texts.items()], findings


_Part = TypeVar("_Part")


def _explanation_columns(block: KeyedBlock) -> list[int]:
    """The columns for explanations, counted from the marker's; a block of answers has none."""
    return [shift for suffix, shift in block.suffixes if suffix == _SUFFIX]


def _number_of(key: Cell) -> str:
    """The number in the row key of a listed issue; '' for any other key."""
    match = _ROW_KEY.fullmatch(normalize_text(key)) if isinstance(key, str) else None
    return match[1] if match else ""


def _listed_issues(block: KeyedBlock, sheet: WorkbookSheet, columns: Sequence[int]) -> Iterator[_ListedIssue]:
    for at, row_key, printed in zip_longest(block.key_indexes, block.keys, block.codes):
        if number := _number_of(row_key):
            code, key = (_text_beside(sheet, at, shift) for shift in block.issue_columns)
            # Where the row's number is printed, it tells whether visible columns were sorted without the hidden ones.
            sorted_apart = block.label_columns[0] is not None and not _prints(printed, number)
            yield _ListedIssue(number, tuple(at + shift for shift in columns), "" if sorted_apart else code, key)


def _text_beside(sheet: WorkbookSheet, at: CellIndex, shift: int | None) -> str:
    return "" if shift is None else display_text(sheet.cells.get(at + shift)).strip()


def _prints(printed: Cell, number: str) -> bool:
    return normalize_text(display_text(printed)).lstrip("0") == number.lstrip("0")


def _shown_cells(cells: Sequence[CellIndex], sheet: WorkbookSheet) -> dict[CellIndex, CellIndex]:
    """For cells merged with those above them, the cell whose content is shown in their place."""
    ordered = sorted(cells)
    return {
        at: area.first
        for area in sheet.merged
        for at in ordered[bisect_left(ordered, area.first) : bisect_right(ordered, area.last)]
        if area.contains(at) and at % ROW_STRIDE == area.first % ROW_STRIDE
    }


def _read_text(sheet: WorkbookSheet, at: CellIndex) -> tuple[str, bool]:
    """The explanation in a cell as a person sees it, '' for none, and whether it can be read surely."""
    cell = sheet.cells.get(at)
    if not cell and at in sheet.false_blanks:
        return "", False
    text, sure = display_text(cell).strip(), True
    if at in sheet.displayed:
        _, (value, code, _) = read_displayed(_NOTE, cell, sheet.displayed[at]())
        sure = code in ("", "text.runs")
        text = str(value or "") if sure else text
    return text if normalize_text(text) else "", sure
