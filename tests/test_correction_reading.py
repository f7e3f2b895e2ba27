"""A correction copy comes back: what it corrects, what was typed where nothing is sure, and what is explained."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Font
from openpyxl.workbook import Workbook as Book
from openpyxl.worksheet.worksheet import Worksheet

from cases import EDITION, changed, edited, form_bytes, good_answers
from office import convert
from smebatch.form.layout import answer_cells
from smebatch.intake.answer_layout import find_blocks, find_markers
from smebatch.intake.explanations import MAX_LISTED_ISSUES, read_explanations
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.return_answers import Explanation, NotAReturnError, ReturnAnswers
from smebatch.intake.stated_edition import corrected_form
from smebatch.intake.workbook import zip_workbook
from smebatch.intake.workbook.cell_values import reads_surely
from smebatch.intake.workbook.formats import open_workbook
from smebatch.intake.workbook.workbook import UnreadableError
from smebatch.issues.finding import Finding
from smebatch.standard.form_markers import (
    CODE,
    CORRECTION_SHEET,
    CORRECTS,
    EXPLANATION,
    ISSUE_CODE,
    ISSUE_KEY,
    MARKER,
    META_SHEET,
)
from smebatch.standard.keys import Kind, Section, keys_of

FORM_ID = "0123456789abcdef"
KEYS = keys_of(EDITION)
KEY_ROW, FIRST, NUMBER, TEXT, ISSUE = 4, 9, 2, 9, 10  # rows and columns of 退回说明
Edit = Callable[[Book], object]
Line = tuple[str, str, object]  # code and key of an issue, and what stands in the cell for its explanation
LINES: tuple[Line, ...] = (
    ("interval.contradiction", "q02", "两台设备十二月才到货，合同附后"),
    ("tick.unreadable", "q05_o01", None),
    ("edition.changed", "", "=1+1 用的是旧表"),
)
EXPLAINED = [Explanation(code, key, str(text)) for code, key, text in LINES if text]


def add_list(book: Book, lines: Sequence[Line] = LINES) -> Worksheet:
    """Add 退回说明 as the first sheet."""
    sheet = book.create_sheet(CORRECTION_SHEET, 0)
    for column, mark in ((1, MARKER), (TEXT, EXPLANATION), (ISSUE, ISSUE_CODE), (ISSUE + 1, ISSUE_KEY)):
        sheet.cell(KEY_ROW, column).value = mark
    for row, (code, key, text) in enumerate(lines, FIRST):
        number = row - FIRST + 1
        for column, value in ((1, f"e{number:03}"), (NUMBER, number), (TEXT, text), (ISSUE, code), (ISSUE + 1, key)):
            cell = sheet.cell(row, column)
            cell.value = value or None
            if isinstance(value, str) and value.startswith("="):
                cell.data_type = "s"
    for letter in "AJK":
        sheet.column_dimensions[letter].hidden = True
    sheet.row_dimensions[KEY_ROW].hidden = True
    return sheet


def make_copy(book: Book) -> None:
    """Make a form a correction copy: add 退回说明, and what it corrects."""
    add_list(book)
    meta = book[META_SHEET]
    meta.cell(meta.max_row + 1, 1).value = CORRECTS
    meta.cell(meta.max_row, 2).value = FORM_ID


def listed(
    edit: Callable[[Worksheet], object] = lambda _: None, lines: Sequence[Line] = LINES
) -> tuple[list[Explanation], list[Finding]]:
    """What is read of a workbook that is nothing but 退回说明, which was edited: a form with it takes long to write."""
    book, stream = Book(), io.BytesIO()
    edit(add_list(book, lines))
    book.save(stream)
    sheets = open_workbook(stream.getvalue()).sheets(MARKER)
    return read_explanations(
        (block, sheet) for sheet in sheets for block in find_blocks(sheet, find_markers(sheet.cells))
    )


COPY = edited(form_bytes(good_answers()), make_copy)
RETURN = read_bytes(form_bytes(good_answers()), EDITION)


def codes(answers: ReturnAnswers) -> list[tuple[str, str]]:
    return [(finding.code, finding.key) for finding in answers.findings]


# --- what a copy corrects


def test_a_copy_is_a_return_that_says_what_it_corrects_and_explains() -> None:
    answers = read_bytes(COPY, EDITION)
    assert (answers.corrects, answers.explanations) == (FORM_ID, EXPLAINED)
    assert (answers.values, answers.findings, answers.unsure) == (RETURN.values, [], set())


def test_a_return_that_is_no_copy_corrects_and_explains_nothing() -> None:
    assert (RETURN.corrects, RETURN.explanations, RETURN.typed) == ("", [], {})


@pytest.mark.parametrize(
    "named", ["", FORM_ID[1:], f"{FORM_ID}0", FORM_ID.upper(), "../../../../etc/x", "=HYPERLINK(1)..", f"{FORM_ID}\n"]
)
def test_what_can_be_no_form_id_corrects_nothing(named: str) -> None:
    assert corrected_form({CORRECTS: named}) == ""


def test_the_document_property_says_what_is_corrected_where_the_sheet_is_gone() -> None:
    def edit(book: Book) -> None:
        del book[META_SHEET]
        book.custom_doc_props.append(StringProperty(name=CORRECTS, value=FORM_ID))

    assert read_bytes(edited(form_bytes(good_answers()), edit), EDITION).corrects == FORM_ID


# --- what is explained


def insert_rows_and_columns(sheet: Worksheet) -> None:
    sheet.insert_rows(FIRST + 1, 2)
    sheet.insert_rows(1, 3)
    sheet.insert_cols(TEXT, 2)
    sheet.insert_cols(1)


def sort_whole_rows(sheet: Worksheet) -> None:
    rows = [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows(FIRST, FIRST + 2)]
    for row, contents in enumerate(reversed(rows), FIRST):
        for column, (value, data_type) in enumerate(contents, 1):
            sheet.cell(row, column).value = value
            sheet.cell(row, column).data_type = data_type


def test_the_list_is_found_wherever_it_has_been_moved() -> None:
    def edit(book: Book) -> None:
        insert_rows_and_columns(book[CORRECTION_SHEET])
        book[CORRECTION_SHEET].title = "Sheet1"
        book.move_sheet("Sheet1", 6)

    answers = read_bytes(edited(COPY, edit), EDITION)
    assert (answers.explanations, answers.findings, answers.values) == (EXPLAINED, [], RETURN.values)


def test_whole_rows_may_be_sorted() -> None:
    assert listed(sort_whole_rows) == (EXPLAINED[::-1], [])


def test_a_copy_moved_into_a_new_workbook_is_still_explained() -> None:
    def move(book: Book) -> None:
        for sheet in book.worksheets:
            if sheet.title not in (CORRECTION_SHEET, *Section):
                del book[sheet.title]
        for name in book.custom_doc_props.names:
            del book.custom_doc_props[name]

    answers = read_bytes(edited(COPY, move), EDITION)
    assert (answers.explanations, answers.corrects) == (EXPLAINED, "")
    assert (codes(answers), answers.values) == ([("edition.unstated", "")], RETURN.values)


def test_without_its_list_a_copy_is_still_a_return_and_corrects_the_same() -> None:
    def remove(book: Book) -> None:
        del book[CORRECTION_SHEET]

    answers = read_bytes(edited(COPY, remove), EDITION)
    assert (answers.corrects, answers.explanations, answers.findings) == (FORM_ID, [], [])


def test_the_list_alone_is_no_return() -> None:
    def keep_list(book: Book) -> None:
        for sheet in book.worksheets[1:]:
            del book[sheet.title]

    with pytest.raises(NotAReturnError, match=r"form\.inspected"):  # it still states its edition
        read_bytes(edited(COPY, keep_list), EDITION)


def test_every_way_to_read_a_workbook_finds_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> list[Explanation]:
        return read_bytes(COPY, EDITION).explanations

    def refuse(*_: object) -> object:
        raise UnreadableError

    def unsupported(*_: object) -> object:
        raise ValueError

    (first, *_) = open_workbook(COPY).sheets(MARKER, META_SHEET)
    assert first.name == CORRECTION_SHEET  # by the scan
    monkeypatch.setattr(zip_workbook.XlsxWorkbook, "scan", unsupported)
    assert read() == EXPLAINED  # by calamine
    monkeypatch.setattr(zip_workbook, "calamine_grids", refuse)
    assert read() == EXPLAINED  # by openpyxl


def test_different_texts_for_one_issue_are_joined_in_the_order_of_the_list() -> None:
    lines = [("a.b", "q02", text) for text in ("一", "二", "一", "  ", "\u200b")]
    assert listed(lines=lines) == ([Explanation("a.b", "q02", "一；二")], [])


def test_an_explanation_merged_over_several_rows_is_for_each_of_them() -> None:
    explanations, _ = listed(lambda sheet: sheet.merge_cells(f"I{FIRST}:I{FIRST + 1}"))
    assert [(each.code, each.text) for each in explanations] == [
        ("interval.contradiction", LINES[0][2]),
        ("tick.unreadable", LINES[0][2]),
        ("edition.changed", LINES[2][2]),
    ]


def test_a_code_that_nobody_knows_is_kept() -> None:
    lines = [("made.up", "nobody", "有说明"), ("=cmd|' /C calc'!A0", "\u202eq02", "另有说明")]
    kept = [Explanation("made.up", "nobody", "有说明"), Explanation("=cmd|' /C calc'!A0", "q02", "另有说明")]
    assert listed(lines=lines) == (kept, [])


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "\t+1", "<r><t>x</t></r>", "_x0041_", "好" * 32_767, "'; DROP TABLE"]
)
def test_a_hostile_explanation_is_a_text(text: str) -> None:
    def write(sheet: Worksheet) -> None:
        cell = sheet.cell(FIRST, TEXT)
        cell.value, cell.data_type = text, "s"

    (explanation, _), findings = listed(write)
    assert not findings
    assert explanation.text == text.strip().replace("_x0041_", "A")  # as every program reads the escape


def write_error(sheet: Worksheet) -> None:
    sheet.cell(FIRST, TEXT).value = "#REF!"


def write_formula(sheet: Worksheet) -> None:
    sheet.cell(FIRST, TEXT).value = "=A1"


def write_picture(sheet: Worksheet) -> None:
    sheet.cell(FIRST, TEXT).value = '=_xlfn.DISPIMG("ID_1",1)'


def strike_out(sheet: Worksheet) -> None:
    sheet.cell(FIRST, TEXT).font = Font(strike=True)


def lose_the_code(sheet: Worksheet) -> None:
    sheet.cell(FIRST, ISSUE).value = None


def lose_the_column(sheet: Worksheet) -> None:
    sheet.cell(KEY_ROW, ISSUE).value = None
    sheet.cell(FIRST + 2, TEXT).value = None


def sort_apart(sheet: Worksheet) -> None:
    """The form names the printed numbers in its key row; two rows were swapped without hidden columns."""
    sheet.cell(KEY_ROW, NUMBER).value = CODE
    sheet.cell(FIRST, NUMBER).value, sheet.cell(FIRST + 1, NUMBER).value = 2, 1


@pytest.mark.parametrize(
    "edit",
    [
        *(write_error, write_formula, write_picture, strike_out),
        *(lose_the_code, lose_the_column, sort_apart),
    ],
)
def test_an_explanation_that_cannot_be_read_or_placed_is_a_warning(edit: Callable[[Worksheet], object]) -> None:
    explanations, (finding,) = listed(edit)
    assert (finding.code, finding.key, finding.label) == ("explanation.unreadable", "e001", "1")
    assert (finding.sheet, finding.cell) == (CORRECTION_SHEET, f"I{FIRST}")
    assert EXPLAINED[0] not in explanations


def test_printed_numbers_that_fit_their_rows_are_no_issue() -> None:
    assert listed(lambda sheet: setattr(sheet.cell(KEY_ROW, NUMBER), "value", CODE)) == (EXPLAINED, [])


def test_a_finding_about_an_explanation_stands_with_those_of_the_return() -> None:
    answers = read_bytes(edited(COPY, lambda book: write_error(book[CORRECTION_SHEET])), EDITION)
    assert (codes(answers), answers.values) == ([("explanation.unreadable", "e001")], RETURN.values)


def test_of_an_explanation_in_runs_those_seen_are_read() -> None:
    def write(sheet: Worksheet) -> None:
        struck = TextBlock(InlineFont(strike=True), "错")
        sheet.cell(FIRST, TEXT).value = CellRichText(struck, TextBlock(InlineFont(b=True), "对"))

    (explanation, _), _ = listed(write)
    assert explanation.text == "对"


def test_row_keys_of_a_list_mean_nothing_among_answers_and_other_keys_are_unknown_in_a_list() -> None:
    def add(book: Book) -> None:
        book[Section.QUESTIONS].cell(300, 1).value = "e001"
        book[CORRECTION_SHEET].cell(300, 1).value = "q99"

    answers = read_bytes(edited(COPY, add), EDITION)
    assert (codes(answers), answers.explanations) == ([("key.unknown", "q99"), ("key.unknown", "e001")], EXPLAINED)


def test_several_lists_say_the_same_and_endless_ones_are_refused() -> None:
    def repeat(sheet: Worksheet) -> None:
        for _ in range(5):
            sheet.parent.copy_worksheet(sheet)

    assert listed(repeat) == (EXPLAINED, [])
    with pytest.raises(NotAReturnError, match=r"form\.many"):
        listed(lines=[("a.b", "q02", "")] * (MAX_LISTED_ISSUES + 1))


def test_a_list_takes_no_place_of_a_form() -> None:
    def repeat(book: Book) -> None:
        add_list(book)
        for _ in range(26):  # 26 sheets more beside 4: as many as are read
            book.copy_worksheet(book[Section.SCENES])

    assert codes(read_bytes(edited(form_bytes(good_answers()), repeat), EDITION)) == [("key.doubled", "s01_l1")]


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_copy_saved_by_libreoffice_reads_the_same(kind: str, tmp_path: Path) -> None:
    def spoil(book: Book) -> None:
        make_copy(book)
        for key, content in {"revenue_last": "=1/0", "q05_o01": "部分"}.items():
            write_answer(book, key, content)

    path = tmp_path / "copy.xlsx"
    path.write_bytes(edited(form_bytes(good_answers()), spoil))
    (saved,) = convert([path], kind, tmp_path / "out")
    answers = read_bytes(saved.read_bytes(), EDITION)
    assert (answers.corrects, answers.explanations) == (FORM_ID, EXPLAINED)
    assert answers.typed == {"revenue_last": "#DIV/0!", "q05_o01": "部分"}


# --- what was typed where nothing is sure


def write_answer(book: Book, key: str, content: object) -> None:
    sheet, cell = answer_cells(EDITION)[key].split("!")
    book[sheet][cell].value = content


def typed_after(edit: Edit, **answers: object) -> dict[str, str]:
    """What is kept of a return after an edit; every key of it is unsure, and none has a value."""
    result = read_bytes(edited(form_bytes(changed(**answers)), edit), EDITION)
    assert result.typed.keys() <= result.unsure
    assert not result.typed.keys() & result.values.keys()
    return result.typed


def kept_of(key: str, content: object) -> dict[str, str]:
    """What is kept of a return with this content in the cell of a key."""
    if isinstance(content, str) and content[0] not in "=#":
        return read_bytes(form_bytes(changed(**{key: content})), EDITION).typed
    return typed_after(lambda book: write_answer(book, key, content))


@pytest.mark.parametrize(
    ("key", "content", "typed"),
    [
        ("q05_o01", "部分", "部分"),  # tick.unreadable
        ("revenue_last", "约1000", "约1000"),  # figure.unreadable
        ("revenue_last", True, "TRUE"),
        ("pass_rate_after", 0.985, "0.985"),  # figure.percent_ambiguous
        ("size", "不大不小", "不大不小"),  # choice.unknown
        ("filled_on", "去年", "去年"),  # date.unreadable
        ("uscc", 91350100000100143.0, "91350100000100100"),  # uscc.digits_lost
        ("revenue_last", "#REF!", "#REF!"),  # cell.error
        ("revenue_last", "约" + "1" * 20_000, "约" + "1" * 20_000),  # not cut
        ("revenue_last", "=1+1", None),  # cell.uncached: nobody knows its result
        ("revenue_last", '=_xlfn.DISPIMG("ID_1",1)', None),  # cell.picture
        ("revenue_last", "1.00000001", None),  # figure.rounded has a value
    ],
)
def test_what_cannot_be_read_is_kept_as_it_was_typed(key: str, content: object, typed: str | None) -> None:
    assert kept_of(key, content) == ({key: typed} if typed else {})


def test_what_is_partly_struck_out_is_kept_whole() -> None:
    runs = CellRichText(TextBlock(InlineFont(strike=True), "80"), TextBlock(InlineFont(b=True), "90"))
    assert typed_after(lambda book: write_answer(book, "revenue_last", runs)) == {"revenue_last": "8090"}
    tick = CellRichText(TextBlock(InlineFont(strike=True), "√"), TextBlock(InlineFont(b=True), " "))
    assert typed_after(lambda book: write_answer(book, "q05_o01", tick)) == {"q05_o01": "√ "}


def test_what_a_number_format_shows_otherwise_is_kept_as_it_is() -> None:
    def show_thousands(book: Book) -> None:
        sheet, cell = answer_cells(EDITION)["revenue_last"].split("!")
        book[sheet][cell].number_format = "0,"

    assert typed_after(show_thousands, revenue_last=1_234_000) == {"revenue_last": "1234000"}


def test_a_struck_out_answer_and_a_date_shown_in_part_have_values() -> None:
    def strike(book: Book) -> None:
        sheet, cell = answer_cells(EDITION)["revenue_last"].split("!")
        book[sheet][cell].font = Font(strike=True)
        sheet, cell = answer_cells(EDITION)["filled_on"].split("!")
        book[sheet][cell].number_format = "m/d"

    assert typed_after(strike) == {}


def row_of(sheet: Worksheet, key: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == key)


def test_rows_sorted_without_their_keys_keep_what_stands_in_their_cells() -> None:
    def swap(book: Book) -> None:
        sheet = book[Section.QUESTIONS]
        one, other = (row_of(sheet, key) for key in ("q05_o03", "q05_o04"))
        for column in range(2, sheet.max_column + 1):
            a, b = sheet.cell(one, column), sheet.cell(other, column)
            a.value, b.value = b.value, a.value

    assert typed_after(swap) == {"q05_o04": "√"}  # q05_o03 was ticked


def test_what_stands_twice_is_kept_with_all_its_contents() -> None:
    def copy(book: Book) -> None:
        doubled = book.copy_worksheet(book[Section.ENTERPRISE])
        for key, content in {"contact": "李四", "phone": None, "town": None}.items():
            if key in KEYS:
                doubled.cell(row_of(doubled, key), 4).value = content

    typed = typed_after(copy)
    assert (typed["name"], typed["contact"]) == ("示例精密制造有限公司", "张三 ｜ 李四")
    assert typed["phone"] == "13900000000 ｜ （空白）"
    assert "province" not in typed  # blank in both


def test_contents_of_many_cells_are_no_longer_than_a_cell() -> None:
    def copy(book: Book) -> None:
        for letter in "甲乙丙":
            doubled = book.copy_worksheet(book[Section.ENTERPRISE])
            doubled.cell(row_of(doubled, "contact"), 4).value = letter * 30_000

    assert len(typed_after(copy)["contact"]) == 32_767


def test_of_merged_cells_what_is_seen_is_kept_for_each() -> None:
    def merge(book: Book) -> None:
        cells = [answer_cells(EDITION)[key].split("!")[1] for key in ("q05_o03", "q05_o04")]
        book[Section.QUESTIONS].merge_cells(":".join(cells))

    assert typed_after(merge) == {"q05_o03": "√", "q05_o04": "√"}


def test_of_an_answer_merged_with_the_text_before_it_a_tick_is_kept_and_no_text() -> None:
    def merge(book: Book) -> None:
        sheet = book[Section.SCENES]
        for scene in ("s04", "s05"):
            row = row_of(sheet, scene)
            sheet.merge_cells(f"D{row}:E{row}")  # the text of a level and its tick
        sheet.cell(row_of(sheet, "s04"), 4).value = "√"

    assert typed_after(merge) == {"s04_l1": "√"}


def test_an_amount_that_is_not_assessed_is_kept_as_well() -> None:
    key = next(name for name, key in KEYS.items() if key.unassessed)
    assert kept_of(key, "两车") == {key: "两车"}


def test_a_text_that_would_be_read_surely_is_told_from_one_that_would_not() -> None:
    sure = [("q05_o01", "√"), ("revenue_last", "2000万"), ("name", "部分"), ("uscc", "约300"), ("size", "")]
    unsure = [("q05_o01", "部分"), ("revenue_last", "约300"), ("pass_rate_after", "0.985"), ("size", "不大")]
    unsure += [("filled_on", "去年"), ("revenue_last", "1.0000001"), ("revenue_last", "#REF!")]
    assert [reads_surely(KEYS[key], text) for key, text in sure + unsure] == [True] * 5 + [False] * 7


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TEXT])
def test_a_form_is_read_as_reads_surely_says(kind: Kind) -> None:
    key = next(key for key in KEYS.values() if key.kind is kind)
    for text in ("√", "部分", "3.5", "2026-11-01", "小型", "自评", "是"):
        answers = read_bytes(form_bytes({key.name: text}), EDITION)
        assert (not answers.findings) == reads_surely(key, text), text
