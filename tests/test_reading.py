"""A form goes out and comes back: every key, and what people's hands and programs do to a workbook on the way."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
from openpyxl.workbook import Workbook as Book
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from cases import edited, form_bytes
from smebatch.intake.read_entry import read_bytes, read_entry
from smebatch.intake.return_answers import NotAReturnError, ReturnAnswers
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workbook import zip_workbook
from smebatch.intake.workbook.formats import open_workbook
from smebatch.intake.workbook.workbook import UnreadableError
from smebatch.issues.finding import Finding
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.form_markers import FORM_VERSION
from smebatch.standard.keys import Kind, Section, keys_of, rows_of
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition

EDITION = load_edition("2024")
TINY = load_edition(Path(__file__).parent / "editions" / "tiny.toml")
KEYS = keys_of(EDITION)
ENTERPRISE, QUESTIONS, SCENES, ENERGY = Section
KEY_ROW = 3  # of the form as written, from 1
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def distinct(edition: Edition) -> dict[str, Any]:
    """An answer for every key: no two texts, figures or dates alike; every other tick ticked."""
    answers: dict[str, Any] = {}
    for i, (name, key) in enumerate(keys_of(edition).items(), 1):
        match key.kind:
            case Kind.TICK:
                answers[name] = bool(i % 2) or None
            case Kind.COUNT | Kind.AMOUNT | Kind.PERCENT:
                answers[name] = Decimal(i) + Decimal("1.000001") * (key.kind is not Kind.COUNT)
            case Kind.DATE:
                answers[name] = dt.date(2026, 1, 1) + dt.timedelta(i)
            case Kind.CHOICE:
                answers[name] = key.choices[i % len(key.choices)]
            case Kind.USCC | Kind.INDUSTRY | Kind.PHONE:
                answers[name] = f"1{i:03d}"
            case _:
                answers[name] = f"答案 {name} =+-@"
    return answers


def typed(edition: Edition, answers: dict[str, Any]) -> dict[str, Any]:
    """The same answers as the reader gives them: figures in millionths."""
    figures = {name for name, key in keys_of(edition).items() if key.kind.is_figure}
    given = {name: value for name, value in answers.items() if value is not None}
    return {name: int(value * MICRO) if name in figures else value for name, value in given.items()}


ANSWERS = distinct(EDITION)
VALUES = typed(EDITION, ANSWERS)
FORM = form_bytes(ANSWERS)


def without(*keys: str) -> dict[str, Any]:
    """What is read where these keys are blank or not sure."""
    return {name: value for name, value in VALUES.items() if name not in keys}


def codes(result: ReturnAnswers) -> list[tuple[str, str]]:
    return [(finding.code, finding.key) for finding in result.findings]


def after(edit: Callable[[Book], object]) -> ReturnAnswers:
    """What is read when somebody has edited the form and saved it."""
    return read_bytes(edited(FORM, edit), EDITION)


def row_of(sheet: Worksheet, key: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == key)


def column_of(sheet: Worksheet, suffix: str = "") -> int:
    return next(c for c in range(1, sheet.max_column + 1) if sheet.cell(KEY_ROW, c).value == f"#{suffix}")


def values_of(sheet: Worksheet, row: int, first: int = 1) -> list[object]:
    return [sheet.cell(row, column).value for column in range(first, sheet.max_column + 1)]


def set_values(sheet: Worksheet, row: int, values: list[object], first: int = 1) -> None:
    for column, value in enumerate(values, first):
        sheet.cell(row, column).value = value


# --- the round trip


@pytest.mark.parametrize("edition", [EDITION, TINY], ids=["2024", "tiny"])
def test_every_key_comes_back_as_it_was_written(edition: Edition) -> None:
    answers = distinct(edition)
    result = read_bytes(form_bytes(answers, edition), edition)
    assert result.values == typed(edition, answers)
    assert (result.findings, result.unsure) == ([], set())
    assert set(result.locations) >= set(keys_of(edition))
    assert len({result.locations[name] for name in keys_of(edition)}) == len(keys_of(edition))


@pytest.mark.parametrize("edition", [EDITION, TINY], ids=["2024", "tiny"])
def test_a_blank_form_has_no_answers_and_nothing_wrong(edition: Edition) -> None:
    result = read_bytes(form_bytes(None, edition), edition)
    assert result.values == {}
    assert (result.findings, result.unsure) == ([], set())
    assert (result.corrects, result.typed, result.explanations) == ("", {}, [])


# --- edits that read right


def insert_rows(book: Book) -> None:
    for name in (ENTERPRISE, QUESTIONS, SCENES):  # openpyxl leaves the merged cells below 能耗折算 where they were
        book[name].insert_rows(1, 2)  # above the key row
        book[name].insert_rows(12)  # within
        book[name].insert_rows(5)  # between key row and headings


def insert_columns(book: Book) -> None:
    for name in Section:
        book[name].insert_cols(4)
        book[name].insert_cols(1, 3)


def rename(book: Book) -> None:
    for i, sheet in enumerate(book.worksheets):
        if sheet.title != "_meta":
            sheet.title = f"Sheet{i}"


def reorder(book: Book) -> None:
    book._sheets.reverse()


def add_chart_and_notes(book: Book) -> None:
    book.create_chartsheet("图表1")
    book.create_sheet("备忘")["B2"] = "别忘了盖章"


def sort_whole_rows(book: Book) -> None:
    for name in (ENTERPRISE, QUESTIONS, SCENES):
        sheet = book[name]
        rows = [values_of(sheet, row) for row in range(KEY_ROW + 1, sheet.max_row + 1)]
        rows.sort(key=lambda row: str(row[3]), reverse=True)
        for row, values in enumerate(rows, KEY_ROW + 1):
            set_values(sheet, row, values)


@pytest.mark.parametrize(
    "edit", [lambda _: None, insert_rows, insert_columns, rename, reorder, add_chart_and_notes, sort_whole_rows]
)
def test_edits_that_keep_the_keys_read_right(edit: Callable[[Book], object]) -> None:
    result = after(edit)
    assert result.values == VALUES
    assert (result.findings, result.unsure) == ([], set())


def test_places_are_where_the_answers_stand_now() -> None:
    def move(book: Book) -> None:
        book[QUESTIONS].title = "改名"
        book["改名"].insert_rows(1)
        book["改名"].insert_cols(2)

    before, moved = read_bytes(FORM, EDITION).location_of("revenue_last"), after(move).location_of("revenue_last")
    assert before[0] == QUESTIONS
    row = int(before[1][1:])
    assert moved == ("改名", f"{chr(ord(before[1][0]) + 1)}{row + 1}")


def test_places_are_those_of_one_sheet_and_of_what_has_a_cell() -> None:
    result = read_bytes(FORM, EDITION)
    sheet, cells = result.location_of("staff_last", "s01_l1", "revenue_last")
    assert (sheet, cells) == (QUESTIONS, result.location_of("staff_last", "revenue_last")[1])
    assert result.location_of("nowhere", "staff_last") == result.location_of("staff_last")
    assert result.location_of("nowhere") == ("", "")


def test_answer_sheets_copied_into_a_new_workbook_read_right_with_a_warning() -> None:
    source, target = openpyxl.load_workbook(io.BytesIO(FORM)), Book()
    for name in (SCENES, ENERGY, ENTERPRISE, QUESTIONS):
        sheet = target.create_sheet(f"{name} (2)")
        for row in source[name].iter_rows():
            for cell in row:
                sheet.cell(cell.row, cell.column).value = cell.value
    stream = io.BytesIO()
    target.save(stream)
    result = read_bytes(stream.getvalue(), EDITION)
    assert result.values == VALUES
    assert result.findings == [Finding("edition.unstated", expected=EDITION.header.title)]


# --- edits that are caught


def test_sorting_the_visible_columns_only_is_caught_and_not_read() -> None:
    def sort_visible(book: Book) -> None:
        sheet = book[SCENES]
        rows = [row for row in range(KEY_ROW + 1, sheet.max_row + 1) if sheet.cell(row, 1).value]
        contents = sorted((values_of(sheet, row, 2) for row in rows), key=lambda values: str(values[1]))
        for row, values in zip(rows, contents, strict=True):
            set_values(sheet, row, values, 2)

    result = after(sort_visible)
    scenes = {name for name in KEYS if re.match(r"s\d\d_", name)}
    assert [code for code, _ in codes(result)] == ["label.mismatch"]  # one sort, one finding
    assert result.unsure
    assert result.unsure <= scenes
    # a scene that stayed where it was is read, and right; no other is
    assert not result.values.keys() & result.unsure
    assert all(result.values.get(name) == VALUES.get(name) for name in KEYS.keys() - result.unsure)


def test_two_rows_swapped_without_their_keys_make_both_unsure() -> None:
    def swap(book: Book) -> None:
        sheet = book[QUESTIONS]
        one, other = row_of(sheet, "q05_o02"), row_of(sheet, "q05_o03")
        ours, theirs = values_of(sheet, one, 2), values_of(sheet, other, 2)
        set_values(sheet, one, theirs, 2)
        set_values(sheet, other, ours, 2)

    result = after(swap)
    ours, theirs = (next(row for row in rows_of(EDITION) if row.key == key) for key in ("q05_o02", "q05_o03"))
    (finding,) = result.findings
    assert (finding.code, finding.key, finding.label) == ("label.mismatch", "q05_o02", ours.label)
    assert finding.found == f"{theirs.code} {theirs.label}"
    assert finding.expected == f"{ours.code} {ours.label}（本表共 2 行）"
    row = row_of(openpyxl.load_workbook(io.BytesIO(FORM))[QUESTIONS], "q05_o02")
    assert (finding.sheet, finding.cell) == (QUESTIONS, f"B{row}")  # where the code is printed
    assert result.unsure == {"q05_o02", "q05_o03"}


def test_a_number_or_blanks_in_a_printed_code_are_no_mismatch() -> None:
    def retype(book: Book) -> None:
        sheet = book[SCENES]
        row = row_of(sheet, "s03")
        sheet.cell(row, 2).value = 3
        sheet.cell(row, 3).value = f" {str(sheet.cell(row, 3).value)[:2]}\n{str(sheet.cell(row, 3).value)[2:]} "

    assert after(retype).findings == []


def delete_row(key: str, sheet: str) -> Callable[[Book], None]:
    return lambda book: book[sheet].delete_rows(row_of(book[sheet], key))


def delete_column(sheet: str, suffix: str) -> Callable[[Book], None]:
    return lambda book: book[sheet].delete_cols(column_of(book[sheet], suffix))


def remove(*sheets: str) -> Callable[[Book], None]:
    def edit(book: Book) -> None:
        for name in sheets:
            del book[name]

    return edit


@pytest.mark.parametrize(
    ("edit", "first", "gone"),
    [
        (delete_row("q04_o07", QUESTIONS), ["q04_o07"], r"q04_o07"),
        (delete_row("staff_last", QUESTIONS), ["staff_last"], r"staff_last"),
        (delete_row("s03", SCENES), ["s03_l1"], r"s03_.*"),  # six keys, one cause
        (delete_column(SCENES, "_l2"), ["s01_l2"], r"s\d\d_l2"),
        (delete_column(QUESTIONS, "_note"), ["q01_note"], r"q\d\d_note"),
        (delete_column(ENTERPRISE, ""), ["name"], r"(?!q\d\d_|s\d\d_|en_).*"),
        (remove(SCENES), ["s01_l1"], r"s\d\d_.*"),
        (remove(QUESTIONS, SCENES), None, None),
        # without the key column or the key row nothing of the sheet can be found
        (lambda book: book[SCENES].delete_cols(1), ["s01_l1"], r"s\d\d_.*"),
        (lambda book: book[SCENES].delete_rows(KEY_ROW), ["s01_l1"], r"s\d\d_.*"),
    ],
)
def test_what_is_deleted_is_missed_once_for_each_cause(
    edit: Callable[[Book], object], first: list[str] | None, gone: str | None
) -> None:
    result = after(edit)
    if first is None or gone is None:  # two sheets, two causes
        assert [code for code, _ in codes(result)] == ["key.missing"] * 2
        return
    assert codes(result) == [("key.missing", key) for key in first]
    figures = set(EDITION.figures) if gone.startswith("(?!") else set()
    assert result.unsure == {name for name in KEYS if re.fullmatch(gone, name)} - figures
    assert result.values == without(*result.unsure)


def test_a_section_that_is_not_assessed_may_be_gone_and_nothing_of_it_is_in_doubt() -> None:
    result = after(remove(ENERGY))
    assert (result.findings, result.unsure) == ([], set())


def copy_row(book: Book) -> None:
    sheet = book[QUESTIONS]
    set_values(sheet, sheet.max_row + 2, values_of(sheet, row_of(sheet, "revenue_last")))


def copy_scene_row(book: Book) -> None:
    sheet = book[SCENES]
    set_values(sheet, sheet.max_row + 2, values_of(sheet, row_of(sheet, "s05")))


def copy_column(book: Book) -> None:
    sheet, column = book[SCENES], column_of(book[SCENES], "_l3")
    beyond = sheet.max_column + 1
    for row in range(1, sheet.max_row + 1):
        sheet.cell(row, beyond).value = sheet.cell(row, column).value


@pytest.mark.parametrize(
    ("edit", "first", "unsure"),
    [
        (copy_row, "revenue_last", r"revenue_last"),
        (copy_scene_row, "s05_l1", r"s05_.*"),
        (copy_column, "s01_l3", r"s\d\d_l3"),
        (lambda book: book.copy_worksheet(book[SCENES]), "s01_l1", r"s\d\d_.*"),
    ],
)
def test_what_stands_twice_is_doubled_once_for_each_cause(
    edit: Callable[[Book], object], first: str, unsure: str
) -> None:
    result = after(edit)
    assert codes(result) == [("key.doubled", first)]
    assert result.unsure == {name for name in KEYS if re.fullmatch(unsure, name)}
    assert not result.values.keys() & result.unsure  # not even where both say the same
    assert result.findings[0].cell
    assert result.findings[0].found.count("!") == 2


def test_an_unknown_key_is_named_and_passed_over() -> None:
    def add(book: Book) -> None:
        sheet = book[QUESTIONS]
        sheet.cell(sheet.max_row + 1, 1).value = "q99_o01"

    result = after(add)
    assert codes(result) == [("key.unknown", "q99_o01")]
    assert result.values == VALUES


@pytest.mark.parametrize("number", [2, pytest.param(90_000, marks=pytest.mark.slow)])
def test_unknown_keys_of_a_sheet_are_one_finding(number: int) -> None:
    def add(book: Book) -> None:
        sheet = book[QUESTIONS]
        for row in range(number):
            sheet.cell(200 + row, 1).value = f"q{row + 90}_o01"

    result = after(add)
    (finding,) = result.findings
    assert (finding.code, finding.key, finding.cell) == ("key.unknown", "q90_o01", "A200")
    assert finding.found.startswith("q90_o01、q91_o01")
    assert finding.found.endswith(f"（本表共 {number} 行）")
    assert len(finding.found) < 300
    assert result.values == VALUES


@pytest.mark.parametrize(("copies", "fate"), [(8, ["key.doubled"]), (28, "form.many")])
def test_many_forms_in_one_workbook_are_refused_together(copies: int, fate: object) -> None:
    def copy(book: Book) -> None:
        for _ in range(copies):
            book.copy_worksheet(book[SCENES])

    try:
        found: object = [code for code, _ in codes(after(copy))]
    except NotAReturnError as refused:
        found = refused.reason
    assert found == fate


def test_a_workbook_may_hold_as_many_markers_as_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def copy(book: Book) -> None:
        book.copy_worksheet(book[SCENES])

    monkeypatch.setattr("smebatch.intake.read_return.MAX_FORMS", 5)  # one in each of the four sheets, and the copy's
    assert codes(after(copy))[0][0] == "key.doubled"
    monkeypatch.setattr("smebatch.intake.read_return.MAX_FORMS", 4)
    with pytest.raises(NotAReturnError, match=r"form\.many"):
        after(copy)


def test_a_key_that_stands_everywhere_is_refused_at_once() -> None:
    """4,000 rows of one key in 1,000 columns of answers would be 4 million places."""

    def fill(book: Book) -> None:
        sheet = book[SCENES]
        for column in range(20, 1_000):
            sheet.cell(KEY_ROW, column).value = "#_l1"
        for row in range(200, 4_200):
            sheet.cell(row, 1).value = "s01"

    with pytest.raises(NotAReturnError, match=r"form\.many"):
        after(fill)


# --- the edition


def meta(**changes: str) -> Callable[[Book], None]:
    def edit(book: Book) -> None:
        for row in book["_meta"].iter_rows():
            if row[0].value in changes:
                row[1].value = changes[row[0].value]

    return edit


def test_a_form_of_another_edition_is_no_return() -> None:
    with pytest.raises(NotAReturnError) as error:
        after(meta(edition="2026"))
    assert (error.value.reason, error.value.values) == ("edition.wrong", {"found": "2026", "expected": "2024"})
    with pytest.raises(NotAReturnError) as error:
        read_bytes(form_bytes(None, TINY), EDITION)
    assert error.value.reason == "edition.wrong"


@pytest.mark.parametrize(
    ("name", "code", "stated", "expected"),
    [
        ("edition_sha256", "edition.changed", "0" * 64, EDITION.sha256),
        ("form_version", "form.version", "0", FORM_VERSION),
    ],
)
def test_another_text_or_layout_is_a_warning(name: str, code: str, stated: str, expected: str) -> None:
    result = after(meta(**{name: stated}))
    assert result.findings == [Finding(code, sheet="_meta", found=stated, expected=expected)]
    assert result.values == VALUES


def test_the_document_properties_say_the_edition_where_the_sheet_is_gone() -> None:
    assert after(remove("_meta")).findings == []

    def other(book: Book) -> None:
        remove("_meta")(book)
        (stated,) = (each for each in book.custom_doc_props.props if each.name == "edition_sha256")
        stated.value = "0" * 64

    assert after(other).findings == [Finding("edition.changed", found="0" * 64, expected=EDITION.sha256)]


# --- cells that look blank to the reader: the XML as programs write it

CELLS = {
    # what stands in the answer cell → the code, or None where it is blank indeed
    '<c r="{r}" t="e"><v>#REF!</v></c>': "cell.error",
    '<c r="{r}" t="e"><v>#N/A</v></c>': "cell.error",
    '<c t="e" s="5" r="{r}"><f>1/0</f><v>#DIV/0!</v></c>': "cell.error",
    "<c t='e' r='{r}'><f>NA()</f><v>#N/A</v></c>": "cell.error",
    '<c r = "{r}"\n t = "e"><v>#NAME?</v></c>': "cell.error",
    '<c r="{r}"><f>1+1</f></c>': "cell.uncached",
    '<c s="5" r="{r}"><f t="shared" si="0"/></c>': "cell.uncached",
    '<c r="{r}"><f>1+1</f><v></v></c>': "cell.uncached",  # openpyxl's way
    '<c r="{r}"><f>1+1</f><v/></c>': "cell.uncached",
    '<c r="{r}">\n <f>1+1</f>\n <v />\n</c>': "cell.uncached",
    '<c r="{r}" t="str"><f>""</f></c>': "cell.uncached",
    '<c r="{r}" t="str"><f>""</f><v></v></c>': None,  # Excel's way to say that the result is an empty text
    "<c t='str' r='{r}'><f>IF(1,\"\")</f><v/></c>": None,
    '<c r="{r}"/>': None,
    '<c r="{r}" s="5"></c>': None,
    '<c r="{r}" t="inlineStr"><is><t></t></is></c>': None,
}


def with_parts(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A zip with its parts changed; None leaves one out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
    return stream.getvalue()


@cache
def part_and_address(key: str) -> tuple[str, str]:
    """The part of the form that holds a key's cell, and where in it."""
    sheet, address = read_bytes(FORM, EDITION).location_of(key)
    names = openpyxl.load_workbook(io.BytesIO(FORM)).sheetnames
    return f"xl/worksheets/sheet{names.index(sheet) + 1}.xml", address


def with_cell(key: str, xml: str, rewrite: Callable[[str], str] = str) -> bytes:
    """The form with the XML of a key's cell replaced, and then all of its sheet rewritten."""
    part, address = part_and_address(key)

    def change(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        text, count = re.subn(
            rf'<c r="{address}"[^>]*?(/>|>.*?</c>)', lambda _: xml.format(r=address), content.decode("utf-8")
        )
        assert count == 1
        return rewrite(text).encode("utf-8")

    return with_parts(FORM, change)


def prefixed(xml: str) -> str:
    """Every element of the main namespace with a prefix."""
    return re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml).replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')


@pytest.mark.parametrize("rewrite", [str, prefixed], ids=["plain", "prefixed"])
@pytest.mark.parametrize("key", ["revenue_last", "q01_o01", "size", "s16_note"])
@pytest.mark.parametrize("xml", CELLS)
def test_blank_and_not_blank_are_told_apart(xml: str, key: str, rewrite: Callable[[str], str]) -> None:
    result = read_bytes(with_cell(key, xml, rewrite), EDITION)
    code = CELLS[xml]
    assert codes(result) == ([(code, key)] if code else [])
    assert result.unsure == ({key} if code else set())
    assert result.values == without(key)
    if code:
        finding = result.findings[0]
        assert (finding.sheet, finding.cell) == result.location_of(key)


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ('<c r="{r}"><f>1+1</f><v>2</v></c>', 2 * MICRO),
        ('<c r="{r}"><f>1-1</f><v>0</v></c>', 0),
        ('<c r="{r}"><v>0</v></c>', 0),
        ('<c r="{r}" t="str"><f>1&amp;2</f><v>12</v></c>', 12 * MICRO),
        ('<c r="{r}" t="inlineStr"><is><t>2000万</t></is></c>', 2000 * MICRO),
    ],
)
def test_a_result_or_a_text_is_an_answer(xml: str, value: int) -> None:
    result = read_bytes(with_cell("revenue_last", xml), EDITION)
    assert (result.findings, result.values["revenue_last"]) == ([], value)


def test_what_openpyxl_saves_without_a_result_is_not_blank() -> None:
    def formula(book: Book) -> None:
        sheet = book[QUESTIONS]
        sheet.cell(row_of(sheet, "revenue_last"), column_of(sheet)).value = "=1000*2"

    assert codes(after(formula)) == [("cell.uncached", "revenue_last")]


def test_an_error_in_a_cell_without_an_address_is_not_blank() -> None:
    result = read_bytes(
        with_cell("revenue_last", '<c t="e"><v>#REF!</v></c>'), EDITION
    )  # it stands behind the last one
    assert codes(result) == [("cell.error", "revenue_last")]


# --- what cannot be read has its finding with found and expected


def test_findings_say_where_and_what() -> None:
    result = read_bytes(form_bytes(ANSWERS | {"revenue_last": "约500", "q01_o01": "v", "size": "小"}), EDITION)
    assert {(f.code, f.key, f.found) for f in result.findings} == {
        ("figure.unreadable", "revenue_last", "约500"),
        ("tick.unreadable", "q01_o01", "v"),
        ("choice.unknown", "size", "小"),
    }
    assert all((f.sheet, f.cell) == result.location_of(f.key) for f in result.findings)
    assert result.unsure == {"revenue_last", "q01_o01", "size"}


def test_a_warning_goes_with_a_value() -> None:
    result = read_bytes(form_bytes(ANSWERS | {"revenue_last": "1.0000005"}), EDITION)
    assert codes(result) == [("figure.rounded", "revenue_last")]
    assert (result.values["revenue_last"], result.unsure) == (MICRO + 1, set())


# --- what is no return


def a_book(*cells: str) -> bytes:
    book, stream = Book(), io.BytesIO()
    for i, cell in enumerate(cells, 1):
        book.active.cell(i, 1).value = cell
    book.save(stream)
    return stream.getvalue()


def an_empty_zip() -> bytes:
    stream = io.BytesIO()
    zipfile.ZipFile(stream, "w").close()
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (a_book(), "form.none"),
        (a_book("smebatch", "#smebatches", "q01_o01"), "form.none"),
        ("企业名称,得分\n".encode(), "file.text"),
        (b"%PDF-1.7", "file.pdf"),
        (b"<html><table></table></html>", "file.html"),
        (b"\x00" * 4096, "file.zero"),
        (b"P", "file.text"),
        (an_empty_zip(), "file.archive"),
        (with_parts(FORM, lambda name, content: content if name == "docProps/app.xml" else None), "file.archive"),
        (FORM[:1000], "file.truncated"),
        (FORM[: len(FORM) // 2], "file.truncated"),
        (FORM[:-10], "file.truncated"),
        (b"PK\x03\x04", "file.truncated"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 4096, "file.unreadable"),
        (with_parts(FORM, lambda name, content: None if name == "xl/workbook.xml" else content), "file.unreadable"),
        (with_parts(FORM, lambda name, xml: xml[: len(xml) // 2] if "sheet3" in name else xml), "file.unreadable"),
    ],
)
def test_whatever_is_no_return_has_a_named_reason(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "报表.xlsx"
    path.write_bytes(data)
    outcome = read_entry(Entry(path.name, str(path), len(data), 0), EDITION)
    assert (outcome.reason, outcome.answers, outcome.form_id) == (reason, None, "")
    assert outcome.sha256


@pytest.mark.parametrize("token", ["#SPILL!", "#CALC!", "#FIELD!"])
def test_an_error_value_calamine_does_not_know_costs_its_cell_only(token: str) -> None:
    """Calamine refuses the whole workbook for it; the second reader reads all the rest the same."""
    data = with_cell("revenue_last", f'<c r="{{r}}" t="e"><v>{token}</v></c>')
    with pytest.raises(python_calamine.CalamineError):
        list(CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(QUESTIONS).iter_rows())
    result = read_bytes(data, EDITION)
    assert codes(result) == [("cell.error", "revenue_last")]
    assert result.values == without("revenue_last")


def test_the_second_reader_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Iterator[object]:
        raise UnreadableError("refused")

    monkeypatch.setattr(zip_workbook, "calamine_grids", refuse)
    result = read_bytes(FORM, EDITION)
    assert (result.values, result.findings) == (VALUES, [])


def test_only_sheets_that_hold_answers_are_read_and_all_where_that_cannot_be_told() -> None:
    def names(data: bytes) -> list[str]:
        return [sheet.name for sheet in open_workbook(data).sheets(containing="#smebatch", and_sheet="_meta")]

    assert names(FORM) == [ENTERPRISE, QUESTIONS, SCENES, ENERGY, "_meta"]
    everything = openpyxl.load_workbook(io.BytesIO(FORM)).sheetnames
    unshared = with_parts(FORM, lambda _, part: part.replace(b"<si>", b'<si x="1">'))
    assert names(unshared) == everything
    assert names(edited(FORM, lambda book: book.active)) == [
        ENTERPRISE,
        QUESTIONS,
        SCENES,
        ENERGY,
        "_meta",
    ]  # texts inline
