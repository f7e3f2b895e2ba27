"""The marks of a correction copy: which answer cells have an issue, and the notes that say what is wrong.

A mark is a cell format with a thick frame, so that it is seen in every program, and over it a conditional format of
first priority, because a conditional format such as that of a missing answer covers the fill of the cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from xlsxwriter.utility import xl_rowcol_to_cell

from smebatch.form.layout import HEADER, KEY_COLUMN, KEY_ROW, AnswerSheet
from smebatch.form.measure import line_count
from smebatch.form.sheet import NOTE_WIDTH, FormSheet, note_text
from smebatch.standard.form_markers import ANSWER, CORRECTION_SHEET
from smebatch.standard.reference import form_words

# Boxes of notes have room for one of these numbers of lines; a longer note is cut.
NOTE_SIZES = (3, 6, 12, 24)


class CellMark(NamedTuple):
    """The mark of an answer cell: of an error, or else of a warning.

    ``note``: the text of its note, as ``sheet.note_text`` returns it, "" for none; ``lines``: one of NOTE_SIZES.
    """

    is_error: bool
    note: str
    lines: int


CellMarks = Mapping[str, CellMark]
"""The marks of a correction copy by the keys of the answers; keys without an issue are left out."""


def cell_mark(is_error: bool, issues: list[str]) -> CellMark:
    """The mark of a cell with a note of these lines, one for each issue; no note where there are none."""
    text = fitted("\n".join(issues))
    lines = line_count(text, NOTE_WIDTH)
    return CellMark(is_error, note_text(text), next((size for size in NOTE_SIZES if lines <= size), NOTE_SIZES[-1]))


def fitted(text: str) -> str:
    """The text, cut where it would not fit into the largest box of a note."""
    room = NOTE_SIZES[-1]
    kept = text[: room * NOTE_WIDTH]
    if kept == text and line_count(text, NOTE_WIDTH) <= room:
        return text
    while line_count(kept, NOTE_WIDTH) >= room:
        kept = kept[: len(kept) * 9 // 10]
    return f"{kept}\n{form_words().correction.more.format(sheet=CORRECTION_SHEET)}"


def show_marks(sheet: FormSheet, layout: AnswerSheet, cell_marks: CellMarks) -> None:
    """Show the marks over every other conditional format, and explain them in a note on the first answer heading.

    Each kind of mark has a conditional format even where no cell has the mark, on a cell that is hidden, so that all
    copies have the same parts.
    """
    for is_error, ranges in marked_ranges(layout, cell_marks).items():
        sheet.mark(ranges, sheet.styles.mark(is_error=is_error))
    words = form_words().correction
    legend = f"{words.legend_error}\n{words.legend_warning}"
    first = next(i for i, c in enumerate(layout.columns, KEY_COLUMN + 1) if c.mark.startswith(ANSWER))
    sheet.note(HEADER, first, legend, NOTE_SIZES[0])


def marked_ranges(layout: AnswerSheet, cell_marks: CellMarks) -> dict[bool, str]:
    """The cells of a sheet that are marked as errors, and as warnings, each behind a hidden cell: ``A3 D5 D7``."""
    cells = {True: [xl_rowcol_to_cell(KEY_ROW, KEY_COLUMN)], False: [xl_rowcol_to_cell(KEY_ROW, KEY_COLUMN + 1)]}
    for key, address in layout.cells.items():
        if key in cell_marks:
            cells[cell_marks[key].is_error].append(address)
    return {is_error: " ".join(addresses) for is_error, addresses in cells.items()}
