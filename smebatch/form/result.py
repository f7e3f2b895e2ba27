"""自评结果: formulas for the score, the scenes, the level, and what is missing for the next level.

Points are computed and compared with the thresholds in whole units (``smebatch.standard.score_units``); only what is
shown is divided.
"""

from __future__ import annotations

from xlsxwriter import Workbook

from smebatch.form.measure import row_height
from smebatch.form.paging import PORTRAIT, page_breaks
from smebatch.form.result_conclusion import write_conclusion
from smebatch.form.result_layout import CODE, HIDDEN, RESULT_SHEET, result_layout
from smebatch.form.result_tables import (
    NAME_WIDTH,
    WIDTH,
    write_dimensions,
    write_levels,
    write_missing,
    write_questions,
    write_scenes,
)
from smebatch.form.sheet import FormSheet
from smebatch.standard.model import Edition
from smebatch.standard.reference import form_words

# The height in points of a row whose height is not set.
GAP = 15.0
_WIDTHS = (4, 4, 5, NAME_WIDTH, WIDTH, 7, 7, 7, 7, 9, 8, 8)


def write_result(book: Workbook, sheet: FormSheet, edition: Edition) -> None:
    """Write 自评结果 and define the names of its cells."""
    layout = result_layout(edition)
    widths = [*_WIDTHS, *[10.0] * max(0, layout.scene_status + 1 - len(_WIDTHS))]
    for i, width in enumerate(widths):
        sheet.raw.set_column(i, i, width, None, {"hidden": i in HIDDEN})
    last = len(widths) - 1
    sheet.merged(0, CODE, last, f"{edition.header.form_title}　自评结果", "title")
    shown, note = widths[CODE:], form_words().notes.result
    sheet.merged(1, CODE, last, note, "note")
    title, under = 26.0, row_height((note, sum(shown)))
    sheet.raw.set_row(0, title)
    sheet.raw.set_row(1, under)
    starts = [
        write_conclusion(sheet, edition, layout),
        write_levels(sheet, edition, layout),
        write_missing(sheet, edition, layout),
        write_dimensions(sheet, edition, layout),
        write_questions(sheet, edition, layout),
    ]
    if edition.scenes:
        starts.append(write_scenes(sheet, edition, layout))
    blocks = [(row, height + GAP) for row, height in starts]  # a blank row follows each
    for name, (row, column) in layout.names().items():
        book.define_name(name, f"='{RESULT_SHEET}'!{layout.cell(row, column)}")
    scale = PORTRAIT.scale(shown)
    sheet.page(edition.header.form_title, scale=scale)
    sheet.raw.print_area(0, CODE, layout.last, last)
    sheet.raw.freeze_panes(2, 0)
    sheet.raw.set_h_pagebreaks(page_breaks(PORTRAIT, scale, blocks, first=title + under + GAP))
    sheet.protect()
