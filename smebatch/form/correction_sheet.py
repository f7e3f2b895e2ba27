"""退回说明, the first sheet of a correction copy: whom it is for, what to do by when, and a row for each issue.

``page_of`` says what stands in the cells, as texts by the names of the cells; ``write_page`` writes them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from smebatch.common.text import shown_text
from smebatch.form.answers import ANSWER_STYLES
from smebatch.form.correction import Correction, CorrectionIssue
from smebatch.form.layout import KEY_COLUMN, SheetColumn
from smebatch.form.measure import LINE, MAX_HEIGHT, PADDING, row_height, text_height
from smebatch.form.paging import LANDSCAPE
from smebatch.form.sheet import FormSheet
from smebatch.standard.form_markers import CODE, EXPLANATION, ISSUE_CODE, ISSUE_KEY, MARKER
from smebatch.standard.model import Edition
from smebatch.standard.reference import form_words

# Rows, counted from 0. Those of the keys and of the styles are hidden; the issues begin at FIRST.
TITLE, LETTER, HOW, KEY_ROW, STYLES, HEADER, FIRST = 0, 1, 2, 3, 4, 7, 8
_LETTER_LINES = 4
# Characters of a text that a row repeats. Texts are cut so that the letter fits its lines and a row of the table the
# page; what the enterprise explained stays whole.
_NAME, _FILE, _BUREAU, _CONTACT, _PHONE, _TITLE, _FOUND, _MESSAGE, _CLAUSE = 60, 60, 30, 12, 20, 80, 120, 300, 80


@cache
def columns() -> tuple[SheetColumn, ...]:
    """The columns right of the key column; the last two are hidden."""
    number, kind, place, title, found, message, clause, explanation = form_words().correction.headings
    return (
        SheetColumn("number", number, 5, CODE),
        SheetColumn("kind", kind, 10),
        SheetColumn("place", place, 18),
        SheetColumn("title", title, 26),
        SheetColumn("found", found, 20),
        SheetColumn("message", message, 44),
        SheetColumn("clause", clause, 18),
        SheetColumn("explanation", explanation, 30, EXPLANATION),
        SheetColumn("code", "", 12, ISSUE_CODE),
        SheetColumn("key", "", 12, ISSUE_KEY),
    )


_STYLES = {
    "row": "hidden",
    "number": "center",
    "kind": "kind",
    "place": "link",
    "explanation": "answer_text",
    "code": "hidden",
    "key": "hidden",
}
_HIDDEN_COLUMNS = ("code", "key")


@cache
def row_cells() -> tuple[str, ...]:
    """The names of the cells of an issue's row, from the key column on."""
    return ("row", *(column.name for column in columns()))


class IssueRow(NamedTuple):
    """The row of an issue: its texts by the names of the columns, and its height in points.

    ``cells["place"]`` is a link to a cell of the workbook, or "".
    """

    cells: Mapping[str, str | float]
    is_error: bool
    height: float


class CorrectionPage(NamedTuple):
    """What stands on 退回说明 and depends on the return."""

    letter: str
    rows: Sequence[IssueRow]


def page_of(correction: Correction, places: Sequence[str]) -> CorrectionPage:
    """The page of a correction. ``places``: for each issue the address of its cell, or ""."""
    rows = [_row(number, *pair) for number, pair in enumerate(zip(correction.issues, places, strict=True), 1)]
    return CorrectionPage(_letter(correction), rows)


def _letter(correction: Correction) -> str:
    words = form_words().correction
    errors = sum(issue.is_error for issue in correction.issues)
    kinds = ((errors, words.error), (len(correction.issues) - errors, words.warning))
    counts = "、".join(words.counted.format(count=count, kind=kind) for count, kind in kinds if count)
    when = words.by.format(deadline=_day(correction.deadline)) if correction.deadline else words.soon
    lines = [
        words.to.format(name=shown_text(correction.name, _NAME)) if correction.name else "",
        words.letter.format(file=shown_text(correction.file, _FILE), counts=counts, when=when),
    ]
    asked = ((correction.bureau, _BUREAU), (correction.contact, _CONTACT), (correction.phone, _PHONE))
    whom = "　".join(shown_text(text, room) for text, room in asked if text)
    if whom:
        lines.append(words.whom.format(whom=whom))
    return "\n".join(line for line in lines if line)


def _day(deadline: str) -> str:
    try:
        day = dt.date.fromisoformat(deadline)
    except ValueError:
        return shown_text(deadline, _PHONE)
    return form_words().correction.deadline.format(year=day.year, month=day.month, day=day.day)


def _row(number: int, issue: CorrectionIssue, place: str) -> IssueRow:
    words = form_words().correction
    cells: dict[str, str | float] = {
        "row": f"e{number:03}",
        "number": number,
        "kind": words.error if issue.is_error else words.warning,
        "place": place,
        "title": shown_text(issue.title, _TITLE),
        "found": shown_text(issue.found, _FOUND),
        "message": shown_text(issue.message, _MESSAGE),
        "clause": shown_text(issue.clause, _CLAUSE),
        "explanation": issue.explanation,
        "code": issue.code,
        "key": issue.key,
    }
    widths = ((str(cells[c.name]), c.width) for c in columns() if c.name not in _HIDDEN_COLUMNS)
    return IssueRow(cells, issue.is_error, min(text_height(*widths, minimum=24), MAX_HEIGHT))


def write_page(sheet: FormSheet, edition: Edition, page: CorrectionPage) -> None:
    """Write 退回说明."""
    words, listed = form_words().correction, columns()
    shown = [c.width for c in listed if c.name not in _HIDDEN_COLUMNS]
    first, last = KEY_COLUMN + 1, KEY_COLUMN + len(shown)
    sheet.raw.set_column(KEY_COLUMN, KEY_COLUMN, 12, None, {"hidden": True})
    for i, column in enumerate(listed, first):
        sheet.raw.set_column(i, i, column.width, None, {"hidden": column.name in _HIDDEN_COLUMNS})
    sheet.merged(TITLE, first, last, words.title.format(form_title=edition.header.form_title), "title")
    sheet.raw.set_row(TITLE, 26)
    sheet.merged(LETTER, first, last, page.letter, "letter")
    sheet.raw.set_row(LETTER, _LETTER_LINES * LINE + 2 * PADDING)
    sheet.merged(HOW, first, last, words.how, "letter")
    sheet.raw.set_row(HOW, row_height((words.how, sum(shown))))
    sheet.text(KEY_ROW, KEY_COLUMN, MARKER, "hidden")
    sheet.raw.set_row(KEY_ROW, None, None, {"hidden": True})
    for i, column in enumerate(listed, first):
        sheet.text(KEY_ROW, i, column.mark, "hidden")
        sheet.text(HEADER, i, column.heading, "hidden" if column.name in _HIDDEN_COLUMNS else "header")
    sheet.raw.set_row(HEADER, row_height(*((c.heading, c.width) for c in listed), minimum=20))
    _write_sample_styles(sheet)
    for row, line in enumerate(page.rows, FIRST):
        _write_row(sheet, row, line)
    sheet.raw.freeze_panes(FIRST, first + 3)
    title = edition.header.form_title
    sheet.page(title, landscape=True, repeat=(HEADER, HEADER), scale=LANDSCAPE.scale(shown))
    sheet.raw.hide_gridlines(2)
    explanation = last
    sheet.raw.set_selection(FIRST, explanation, FIRST, explanation)
    sheet.protect()


def sample_names() -> tuple[str, ...]:
    """The names of the styles of cells that may be marked."""
    return (*ANSWER_STYLES, "kind")


def _write_sample_styles(sheet: FormSheet) -> None:
    """Write hidden rows with the styles of cells that may be marked: unmarked, as an error, as a warning.

    XlsxWriter numbers styles in the order of first use, so each has the same number in every copy.
    """
    marked = sheet.styles.marked
    names = sample_names()
    for row, styles in enumerate(
        (
            [sheet.styles[name] for name in names],
            [marked(name, is_error=True) for name in names],
            [marked(name, is_error=False) for name in names],
        ),
        STYLES,
    ):
        sheet.raw.set_row(row, None, None, {"hidden": True})
        for column, style in enumerate(styles):
            sheet.text(row, column, "", style)


def _write_row(sheet: FormSheet, row: int, line: IssueRow) -> None:
    for column, (name, content) in enumerate(line.cells.items(), KEY_COLUMN):
        style = _STYLES.get(name, "plain")
        if name == "place" and content:
            sheet.link(row, column, str(content), style)
        elif name == "kind":
            sheet.text(row, column, str(content), sheet.styles.marked(style, is_error=line.is_error))
        elif isinstance(content, str):
            sheet.text(row, column, content, style)
        else:
            sheet.number(row, column, content, style)
    sheet.raw.set_row(row, line.height)
