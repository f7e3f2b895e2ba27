"""What the answer sheets share: title, key row, headings, key column, answer cells and their validation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from xlsxwriter.utility import xl_rowcol_to_cell

from smebatch.form.answers import Answers, placed, validation
from smebatch.form.hints import BlankHint
from smebatch.form.layout import FIRST, HEADER, KEY_COLUMN, KEY_ROW, NOTE, TITLE, AnswerSheet
from smebatch.form.measure import row_height
from smebatch.form.paging import LANDSCAPE, PORTRAIT, Block, page_breaks
from smebatch.form.sheet import Sheet
from smebatch.standard.form_markers import ANSWER, MARKER
from smebatch.standard.keys import Key, Row
from smebatch.standard.model import Edition
from smebatch.standard.reference import form_words


class Head(NamedTuple):
    """The heights in points of what stands above the lines: on the first page, and on each other."""

    first: float
    repeated: float


def frame(sheet: Sheet, place: AnswerSheet, title: str, note: str) -> Head:
    """Write title, note, legend, the hidden key row and the headings, freeze the panes below."""
    first, last = KEY_COLUMN + 1, place.last_column
    sheet.merged(TITLE, first, last - 1, title, "title")
    legend = form_words().legend
    *noted, answered, missing, alerted = place.columns
    heights = {
        TITLE: 26.0,
        NOTE: row_height(
            (note, sum(c.width for c in noted)),
            *((text, c.width) for text, c in zip(legend, (answered, missing, alerted), strict=True)),
        ),
        HEADER: row_height(*((c.heading, c.width) for c in place.columns), minimum=20),
    }
    for row, height in heights.items():
        sheet.raw.set_row(row, height)
    sheet.merged(NOTE, first, last - len(legend), note, "note")
    for column, style, text in zip((answered, missing, alerted), legend._fields, legend, strict=True):
        sheet.text(NOTE, place.column[column.name], text, f"legend_{style}")
    key_marks(sheet, place)
    for i, column in enumerate(place.columns, first):
        sheet.text(HEADER, i, column.heading, "header")
    sheet.raw.freeze_panes(FIRST, place.column["label"] + 1)
    return Head(sum(heights.values()), heights[HEADER])


def key_marks(sheet: Sheet, place: AnswerSheet) -> None:
    """Write the hidden key row, hide the key column, and set the columns' widths."""
    sheet.text(KEY_ROW, KEY_COLUMN, MARKER, "hidden")
    sheet.raw.set_row(KEY_ROW, None, None, {"hidden": True})
    sheet.raw.set_column(KEY_COLUMN, KEY_COLUMN, 12, None, {"hidden": True})
    for i, column in enumerate(place.columns, KEY_COLUMN + 1):
        if column.mark:
            sheet.text(KEY_ROW, i, column.mark, "hidden")
        sheet.raw.set_column(i, i, column.width)


def printed(sheet: Sheet, place: AnswerSheet, row: int, keyed: Row, code: str, label: str) -> None:
    """Write a row's key, code and label; the reader compares them."""
    sheet.text(row, KEY_COLUMN, keyed.key, "hidden")
    sheet.text(row, place.column["code"], keyed.code, code)
    sheet.text(row, place.column["label"], keyed.label, label)


def answer(sheet: Sheet, place: AnswerSheet, answers: Answers, row: int, key: Key) -> None:
    """Write the answer of a key at the crossing of its row and its column."""
    answers.write(sheet, row, place.answer_column(key.suffix), key)


def alert(sheet: Sheet, place: AnswerSheet, row: int, hint: BlankHint | None, style: str) -> tuple[str, float]:
    """Write a hint beside the row; return the room its longest text takes."""
    if hint:
        sheet.formula(row, place.column["alert"], hint.formula, style, hint.blank)
    else:
        sheet.text(row, place.column["alert"], "", style)
    return (hint.longest if hint else ""), place.width("alert")


def band(sheet: Sheet, place: AnswerSheet, row: int, text: str) -> float:
    """Write a band over the row; return its height."""
    return _across(sheet, place, row, KEY_COLUMN + 1, text, "band", 20.0)


def remark(sheet: Sheet, place: AnswerSheet, row: int, text: str) -> float:
    """Write a remark over the row, right of the numbers; return its height."""
    return _across(sheet, place, row, KEY_COLUMN + 2, text, "remark", 16.0)


def _across(sheet: Sheet, place: AnswerSheet, row: int, column: int, text: str, style: str, height: float) -> float:
    """Write a text over the row, not merged, so that rows can be sorted."""
    for i in range(KEY_COLUMN + 1, place.last_column + 1):
        sheet.text(row, i, text if i == column else "", style)
    sheet.raw.set_row(row, height)
    return height


def validate(sheet: Sheet, place: AnswerSheet) -> None:
    """Put each key's validation on its cell, one for a run of rows that share it."""
    for column in (c for c in place.columns if c.mark.startswith(ANSWER)):
        suffix = column.mark[len(ANSWER) :]
        cells = [(row, validation(k)) for row, keyed in place.rows() for k in keyed.keys if k.suffix == suffix]
        numbered = [((row - i, rule), row) for i, (row, rule) in enumerate(cells)]
        for (_, rule), run in groupby(numbered, key=lambda item: item[0]):
            rows = [row for _, row in run]
            where = place.column[column.name]
            sheet.validate(rows[0], where, rows[-1], where, placed(rule, xl_rowcol_to_cell(rows[0], where)))


def finish(
    sheet: Sheet, place: AnswerSheet, edition: Edition, head: Head, blocks: Sequence[Block], *, landscape: bool = False
) -> None:
    """Set up the pages, put the cursor where one begins to fill in, and protect the sheet."""
    page = LANDSCAPE if landscape else PORTRAIT
    scale = page.scale(c.width for c in place.printed)
    sheet.page(edition.header.form_title, landscape=landscape, repeat=(HEADER, HEADER), scale=scale)
    sheet.raw.print_area(TITLE, KEY_COLUMN + 1, place.last, KEY_COLUMN + len(place.printed))
    sheet.raw.set_h_pagebreaks(page_breaks(page, scale, blocks, first=head.first, repeated=head.repeated))
    row, column = min(
        (row, place.answer_column(key.suffix))
        for row, keyed in place.rows()
        for key in keyed.keys
        if key.suffix != "_note"
    )
    sheet.raw.set_selection(row, column, row, column)
    sheet.protect()
