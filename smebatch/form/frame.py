"""The parts that all answer sheets share: title, key row, headings, key column, answer cells and their validation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell

from smebatch.form.answers import FormAnswers, rule_for_cell, validation_of
from smebatch.form.cell_marks import CellMarks, show_marks
from smebatch.form.hints import BlankHint
from smebatch.form.layout import FIRST, HEADER, KEY_COLUMN, KEY_ROW, NOTE, TITLE, AnswerSheet
from smebatch.form.measure import lines_height, row_height
from smebatch.form.next_round import EARLIER
from smebatch.form.paging import LANDSCAPE, PORTRAIT, Block, page_breaks
from smebatch.form.sheet import FormSheet
from smebatch.standard.form_markers import ANSWER, MARKER
from smebatch.standard.keys import Key, Row
from smebatch.standard.model import Edition
from smebatch.standard.reference import form_words


class Head(NamedTuple):
    """The height in points of what is printed above the lines: on the first page, and on every other page."""

    first: float
    repeated: float


def write_frame(sheet: FormSheet, layout: AnswerSheet, title: str, note: str, cell_marks: CellMarks | None) -> Head:
    """Write the title, the note, the legend, the hidden key row and the headings, and freeze the panes below them.

    ``cell_marks``: those of a correction copy; its legend explains them.
    """
    first, last = KEY_COLUMN + 1, layout.last_column
    note += layout.note_end
    sheet.merged(TITLE, first, last - 1, title + layout.title_end, "title")
    legend = _legend(sheet) if cell_marks is None else _legend_of_marks(sheet)
    # The legend stands in the last columns.
    note_columns, legend_columns = layout.columns[: -len(legend)], layout.columns[-len(legend) :]
    heights = {
        TITLE: 26.0,
        NOTE: row_height(
            (note, sum(c.width for c in note_columns)),
            *((text, c.width) for text, c in zip(legend, legend_columns, strict=True)),
        ),
        HEADER: row_height(*((c.heading, c.width) for c in layout.columns), minimum=20),
    }
    for row, height in heights.items():
        sheet.raw.set_row(row, height)
    sheet.merged(NOTE, first, last - len(legend), note, "note")
    for column, (text, style) in zip(legend_columns, legend.items(), strict=True):
        sheet.text(NOTE, layout.column[column.name], text, style)
    write_key_marks(sheet, layout, cell_marks)
    for i, column in enumerate(layout.columns, first):
        sheet.text(HEADER, i, column.heading, "header")
    sheet.raw.freeze_panes(FIRST, layout.column["label"] + 1)
    return Head(sum(heights.values()), heights[HEADER])


def _legend(sheet: FormSheet) -> dict[str, Format]:
    """The texts of the legend, each with its format."""
    words = form_words().legend
    return {text: sheet.styles[f"legend_{name}"] for name, text in zip(words._fields, words, strict=True)}


def _legend_of_marks(sheet: FormSheet) -> dict[str, Format]:
    """The legend of a correction copy; what is said of blank cells comes last, for the last column is not printed."""
    words, styles = form_words().correction, sheet.styles
    return {
        words.legend_error: styles.marked("legend_answer", is_error=True),
        words.legend_warning: styles.marked("legend_answer", is_error=False),
        form_words().legend.missing: styles["legend_missing"],
    }


def write_key_marks(sheet: FormSheet, layout: AnswerSheet, cell_marks: CellMarks | None) -> None:
    """Write the key row and hide it, hide the key column, and set the widths of the columns.

    The marks of a correction copy are shown over what the sheet shows on conditions, so these have to come later.
    """
    if cell_marks is not None:
        show_marks(sheet, layout, cell_marks)
    sheet.text(KEY_ROW, KEY_COLUMN, MARKER, "hidden")
    sheet.raw.set_row(KEY_ROW, None, None, {"hidden": True})
    sheet.raw.set_column(KEY_COLUMN, KEY_COLUMN, 12, None, {"hidden": True})
    for i, column in enumerate(layout.columns, KEY_COLUMN + 1):
        if column.mark:
            sheet.text(KEY_ROW, i, column.mark, "hidden")
        sheet.raw.set_column(i, i, column.width)


def write_labels(sheet: FormSheet, layout: AnswerSheet, row: int, keyed: Row, code: str, label: str) -> None:
    """Write the key, the code and the label of a row, which the reader compares with those of the edition.

    ``code`` and ``label`` are the styles of these two.
    """
    sheet.text(row, KEY_COLUMN, keyed.key, "hidden")
    sheet.text(row, layout.column["code"], keyed.code, code)
    sheet.text(row, layout.column["label"], keyed.label, label)


def write_answer(sheet: FormSheet, layout: AnswerSheet, answers: FormAnswers, row: int, key: Key) -> None:
    """Write the answer of a key into its cell: in its row, and in the column of its suffix."""
    answers.write(sheet, row, layout.answer_column(key.suffix), key)


def write_earlier(sheet: FormSheet, layout: AnswerSheet, answers: FormAnswers, row: int, keyed: Row) -> float:
    """Write what the earlier return said beside a row; return the height in points that its room takes.

    A form without such a column has no such room.
    """
    if answers.earlier is None:
        return 0.0
    sheet.text(row, layout.column[EARLIER], answers.earlier.texts.get(keyed.key, ""), "earlier")
    return lines_height(answers.earlier.lines[keyed.key])


def write_hint(
    sheet: FormSheet, layout: AnswerSheet, row: int, hint: BlankHint | None, style: str
) -> tuple[str, float]:
    """Write the formula of a hint beside the row; return its longest text with the width of its column, for row_height.

    None leaves a blank cell with the style.
    """
    if hint:
        sheet.formula(row, layout.column["alert"], hint.formula, style, hint.blank)
    else:
        sheet.text(row, layout.column["alert"], "", style)
    return (hint.longest if hint else ""), layout.width("alert")


def write_band(sheet: FormSheet, layout: AnswerSheet, row: int, text: str) -> float:
    """Write a band, the heading of the lines below, across the row; return its height in points."""
    return _across(sheet, layout, row, KEY_COLUMN + 1, text, "band", 20.0)


def write_remark(sheet: FormSheet, layout: AnswerSheet, row: int, text: str) -> float:
    """Write a remark across the row, right of the codes; return its height in points."""
    return _across(sheet, layout, row, KEY_COLUMN + 2, text, "remark", 16.0)


def _across(
    sheet: FormSheet, layout: AnswerSheet, row: int, column: int, text: str, style: str, height: float
) -> float:
    """Write a text that runs across the row. The cells are not merged, so rows can still be sorted."""
    for i in range(KEY_COLUMN + 1, layout.last_column + 1):
        sheet.text(row, i, text if i == column else "", style)
    sheet.raw.set_row(row, height)
    return height


def add_validations(sheet: FormSheet, layout: AnswerSheet) -> None:
    """Put a data validation on each answer cell; rows that follow one another with the same rule share one."""
    for column in (c for c in layout.columns if c.mark.startswith(ANSWER)):
        suffix = column.mark[len(ANSWER) :]
        cells = [(row, validation_of(k)) for row, keyed in layout.rows() for k in keyed.keys if k.suffix == suffix]
        # For rows that follow one another, the row minus the index in the list is constant.
        numbered = [((row - i, rule), row) for i, (row, rule) in enumerate(cells)]
        for (_, rule), run in groupby(numbered, key=lambda item: item[0]):
            rows = [row for _, row in run]
            number = layout.column[column.name]
            options = rule_for_cell(rule, xl_rowcol_to_cell(rows[0], number))
            sheet.validate(rows[0], number, rows[-1], number, options)


def finish_sheet(
    sheet: FormSheet,
    layout: AnswerSheet,
    edition: Edition,
    head: Head,
    blocks: Sequence[Block],
) -> None:
    """Write the line for signatures, set up the printed pages, select the first cell to fill in, protect the sheet.

    ``blocks``: the rows that no page break may divide.
    """
    page = LANDSCAPE if layout.landscape else PORTRAIT
    scale = page.scale(c.width for c in layout.printed)
    if layout.signatures:
        blocks = [*blocks, _write_signatures(sheet, layout)]
    sheet.page(edition.header.form_title, landscape=layout.landscape, repeat=(HEADER, HEADER), scale=scale)
    sheet.raw.print_area(TITLE, KEY_COLUMN + 1, layout.last_printed, KEY_COLUMN + len(layout.printed))
    sheet.raw.set_h_pagebreaks(page_breaks(page, scale, blocks, first=head.first, repeated=head.repeated))
    row, column = min(
        (row, layout.answer_column(key.suffix))
        for row, keyed in layout.rows()
        for key in keyed.keys
        if key.suffix != "_note"
    )
    sheet.raw.set_selection(row, column, row, column)
    sheet.protect()


def _write_signatures(sheet: FormSheet, layout: AnswerSheet) -> Block:
    """Write the line for signatures below a blank row; return both as a block."""
    gap, height, row = 6.0, 36.0, layout.last_printed
    sheet.raw.set_row(row - 1, gap)
    sheet.merged(row, KEY_COLUMN + 1, KEY_COLUMN + len(layout.printed), layout.signatures, "signatures")
    sheet.raw.set_row(row, height)
    return row - 1, gap + height
