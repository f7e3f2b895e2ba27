"""A form whose hidden rows and columns were taken away is told from what is no form, with a remedy of its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import cache

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from cases import EDITION
from hostile.hostile_files import GOOD
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.return_answers import NotAReturnError
from smebatch.standard.form_markers import LISTS_SHEET, META_SHEET
from smebatch.standard.keys import Section, rows_of
from smebatch.standard.reference import roster_words

HIDDEN_SHEETS = (META_SHEET, LISTS_SHEET)


def hidden_rows(book: Workbook) -> None:
    for sheet in book:
        for number in [number for number, row in sheet.row_dimensions.items() if row.hidden]:
            sheet.delete_rows(number)


def hidden_columns(book: Workbook) -> None:
    for sheet in book:
        for letter in [letter for letter, column in sheet.column_dimensions.items() if column.hidden]:
            sheet.delete_cols(openpyxl.utils.column_index_from_string(letter))


def hidden_sheets(book: Workbook) -> None:
    for name in HIDDEN_SHEETS:
        del book[name]


def properties(book: Workbook) -> None:
    for name in list(book.custom_doc_props.names):
        del book.custom_doc_props[name]


def names_of_sheets(book: Workbook) -> None:
    for number, sheet in enumerate(book):
        sheet.title = f"Sheet{number}"


def all_but(section: Section) -> Callable[[Workbook], None]:
    def remove(book: Workbook) -> None:
        for sheet in book.worksheets:
            if sheet.title != section:
                del book[sheet.title]

    return remove


def inspected(*removed: Callable[[Workbook], None]) -> bytes:
    """The form as the document inspector, or somebody with other habits, leaves it."""
    book = openpyxl.load_workbook(io.BytesIO(GOOD))
    for remove in removed:
        remove(book)
    book.save(stream := io.BytesIO())
    return stream.getvalue()


def reason_of(data: bytes) -> str:
    with pytest.raises(NotAReturnError) as refused:
        read_bytes(data, EDITION)
    return refused.value.reason


INSPECTED: dict[str, tuple[Callable[[Workbook], None], ...]] = {
    "rows and columns": (hidden_rows, hidden_columns),
    "columns alone": (hidden_columns,),
    "rows alone": (hidden_rows,),
    "sheets as well": (hidden_rows, hidden_columns, hidden_sheets),
    "properties as well": (hidden_rows, hidden_columns, properties),
    "all there is": (hidden_rows, hidden_columns, hidden_sheets, properties),
    "all there is, and new names of sheets": (hidden_rows, hidden_columns, hidden_sheets, properties, names_of_sheets),
    "all but the questions": (hidden_rows, hidden_columns, properties, all_but(Section.QUESTIONS)),
    "all but the scenes": (hidden_rows, hidden_columns, properties, all_but(Section.SCENES)),
}


@pytest.mark.parametrize("which", INSPECTED)
def test_a_form_without_what_is_hidden_is_called_one(which: str) -> None:
    assert reason_of(inspected(*INSPECTED[which])) == "form.inspected"


@cache
def a_list(*rows: tuple[str, ...]) -> bytes:
    book = Workbook()
    sheet: Worksheet = book.active
    for row in rows:
        sheet.append(row)
    book.save(stream := io.BytesIO())
    return stream.getvalue()


def texts(section: Section) -> Iterable[str]:
    return (row.label for row in rows_of(EDITION) if row.section is section)


OTHERS = {
    "a list of enterprises": a_list(tuple(roster_words().headings), tuple(texts(Section.ENTERPRISE))),
    "a list of what a form asks of an enterprise": a_list(
        *((str(n), text) for n, text in enumerate(texts(Section.ENTERPRISE), 1))
    ),
    "the wording of the questions": a_list(*((text,) for text in texts(Section.QUESTIONS))),
    "nothing": a_list(),
}


@pytest.mark.parametrize("which", OTHERS)
def test_what_is_no_form_is_called_none(which: str) -> None:
    assert reason_of(OTHERS[which]) == "form.none"
