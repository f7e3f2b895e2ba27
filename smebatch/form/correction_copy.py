"""The correction copy of a return: all its answers, its faulty cells marked, and the sheet 退回说明 that lists them.

This module turns the issues into what stands in the cells; ``writer`` and ``prefill`` put it there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from smebatch.form.cell_marks import CellMarks, cell_mark
from smebatch.form.correction import Correction, CorrectionIssue
from smebatch.form.correction_sheet import CorrectionPage, page_of
from smebatch.form.layout import answer_cells
from smebatch.standard.keys import cells_of_rows
from smebatch.standard.model import Edition
from smebatch.standard.reference import form_words


class Copy(NamedTuple):
    """What a correction copy holds beyond a form with answers."""

    corrects: str
    page: CorrectionPage
    cell_marks: CellMarks


def copy_of(edition: Edition, correction: Correction) -> Copy:
    """What the correction copy holds beyond the answers."""
    places = [place_of(edition, issue.key) for issue in correction.issues]
    return Copy(correction.corrects, page_of(correction, places), marks_of(edition, correction.issues))


@cache
def _cells_by_key(edition: Edition) -> dict[str, tuple[str, ...]]:
    """For each key of an answer, a question or a scene, the keys of the answer cells that its issues are about."""
    return {key: (key,) for key in answer_cells(edition)} | cells_of_rows(edition)


@cache
def _places(edition: Edition) -> dict[str, str]:
    addresses = answer_cells(edition)
    places: dict[str, str] = {}
    for key, keys in _cells_by_key(edition).items():
        cells = [addresses[name].partition("!")[2] for name in keys]
        below_one_another = len({cell.rstrip("0123456789") for cell in cells}) == 1 < len(cells)
        places[key] = f"{addresses[keys[0]]}:{cells[-1]}" if below_one_another else addresses[keys[0]]
    return places


def place_of(edition: Edition, key: str) -> str:
    """The cell or the cells, if they stand below one another, of an issue about this key; "" where it has none.

    企业信息!D5, 基础管理成效!E12:E16; of a scene the first of its cells.
    """
    return _places(edition).get(key, "")


def marks_of(edition: Edition, issues: Iterable[CorrectionIssue]) -> CellMarks:
    """The marks of the cells that the issues are about, each with all its issues; a cell with an error is an error.

    An issue about several cells is told in the note of the first of them.
    """
    words = form_words().correction
    about = _cells_by_key(edition)
    errors: dict[str, bool] = {}
    notes: dict[str, list[str]] = {}
    for number, issue in enumerate(issues, 1):
        kind = words.error if issue.is_error else words.warning
        cells = about.get(issue.key, ())
        for key in cells:
            errors[key] = errors.get(key, False) or issue.is_error
        if cells:
            text = words.issue.format(kind=kind, number=number, message=issue.message.replace("\n", " "))
            notes.setdefault(cells[0], []).append(text)
    return {key: cell_mark(is_error, notes.get(key, [])) for key, is_error in errors.items()}
