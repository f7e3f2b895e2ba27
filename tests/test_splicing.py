"""A filled pattern is the workbook that XlsxWriter would have written, and what cannot be one is refused."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from cases import zip_of
from smebatch.form.prefill import Splicer
from smebatch.form.sheet import FormError, day_number
from smebatch.form.splicing import verified
from smebatch.form.splicing.errors import PatternError
from smebatch.form.splicing.pattern import Content, Pattern, stand_in
from smebatch.form.splicing.verified import verified_pattern, verify_writing
from smebatch.standard.loader import load_edition

TEXTS, SHEET = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
NAMES = [f"cell {i}" for i in range(6)]


def workbook(contents: Sequence[Content | dt.date | None], *, style: bool = True) -> bytes:
    """A workbook with these contents down column B, between texts that it prints itself; None is a blank cell."""
    stream = io.BytesIO()
    with Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime(2024, 1, 1, tzinfo=dt.UTC)})
        sheet, other = book.add_worksheet(), book.add_worksheet()
        look = book.add_format({"border": 1}) if style else None
        sheet.write_string(0, 0, "printed first")
        for row, content in enumerate(contents):
            match content:
                case None:
                    sheet.write_blank(row, 1, None, look)
                case str():
                    sheet.write_string(row, 1, content, look)
                case dt.date():
                    sheet.write_datetime(row, 1, content, look)
                case _:
                    sheet.write_number(row, 1, content, look)
            other.write_string(row, 0, f"printed {row}")
        other.write_formula(0, 2, '="a"&B1', None, "")
    return stream.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {info.filename: book.read(info) for info in book.infolist()}


def stand_ins() -> bytes:
    return workbook([stand_in(name) for name in NAMES])


@pytest.fixture(scope="module")
def pattern() -> Pattern:
    return verified_pattern(stand_ins(), NAMES)


HARD = ["\x00", "\x1f", "\x85", "\r\n", " ", "\u3000", "\ufffe", "\uffff", "😀", "_x0041_", "_x", "5F_", "&amp;"]
HARD += [
    "<rich>",
    "<r>",
    "</r>",
    "]]>",
    "</t></si>",
    "=1+1",
    "\ue000",
    "printed 1",
    "printed first",
    stand_in("cell 0"),
]


def writable(text: str) -> bool:
    return not (text.startswith("<r>") and text.endswith("</r>"))


texts = (
    st.lists(st.sampled_from(HARD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=3), max_size=4)
    .map("".join)
    .filter(writable)
)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | texts | numbers, min_size=len(NAMES), max_size=len(NAMES)))
def test_a_filled_pattern_is_what_xlsxwriter_writes(pattern: Pattern, contents: list[Content | None]) -> None:
    given_contents = {name: value for name, value in zip(NAMES, contents, strict=True) if value is not None}
    assert members(pattern.filled(given_contents)) == members(workbook(contents))


TIMELESS = st.dates() | st.datetimes(timezones=st.none())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(TIMELESS.filter(lambda day: day.timetuple()[:3] != (1900, 1, 1)), min_size=1)
    | st.just([dt.date(1900, 1, 1), dt.date(1900, 2, 28), dt.date(1900, 3, 1), dt.datetime(1900, 2, 28, 23, 59)])  # noqa: DTZ001  # as Excel has them
)
def test_a_day_is_the_number_that_xlsxwriter_writes(days: list[dt.date]) -> None:
    """But for times on 1900-01-01, which XlsxWriter takes for times without a day."""
    assert members(workbook([day_number(day) for day in days])) == members(workbook(days))


def test_a_day_in_a_time_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        day_number(dt.datetime(2026, 5, 6, tzinfo=dt.UTC))


@pytest.mark.parametrize("content", [float("nan"), float("inf"), "<r><t>x</t></r>", "a\ud800"])
def test_what_no_cell_can_hold_is_refused(pattern: Pattern, content: Content) -> None:
    with pytest.raises(ValueError, match=r"cannot be|no number|surrogates"):
        pattern.filled({NAMES[0]: content})


def test_a_cell_that_the_pattern_does_not_have_is_refused(pattern: Pattern) -> None:
    with pytest.raises(KeyError):
        pattern.filled({"another": "甲"})


def rewritten(data: bytes, part: str, old: str, new: str) -> bytes:
    """The workbook with what matches ``old`` replaced in a part."""
    there = members(data)
    return zip_of(there | {part: re.sub(old, new, there[part].decode()).encode()})


OTHERWISE: dict[str, tuple[str, str, str]] = {
    "a blank between the texts": (TEXTS, "</si><si>", "</si>\n<si>"),
    "other counts": (TEXTS, r'count="\d+"', 'count="99"'),
    "counts in another order": (TEXTS, r'(count="\d+") (uniqueCount="\d+")', r"\2 \1"),
    "cells without a style": (SHEET, r'(<c r="B1") s="\d+"', r"\1"),
    "attributes in another order": (SHEET, r'(<c r="B1") (s="\d+")', r"<c \2 \1"),
    "a text within the cell": (SHEET, r'(<c r="B1" s="\d+") t="s"><v>\d+</v>', r'\1 t="inlineStr"><is><t>x</t></is>'),
    "a text more than the cells": (TEXTS, "<si><t>printed 0</t></si>", f"<si><t>{stand_in('more')}</t></si>"),
}


def test_a_workbook_that_another_program_has_packed_is_a_pattern_as_well() -> None:
    assert members(verified_pattern(zip_of(members(stand_ins())), NAMES).filled({})) == members(workbook([None] * 6))


@pytest.mark.parametrize("what", OTHERWISE)
def test_a_workbook_that_is_written_otherwise_is_refused(what: str) -> None:
    otherwise = rewritten(stand_ins(), *OTHERWISE[what])
    assert members(otherwise) != members(stand_ins())
    with pytest.raises(PatternError):
        verified_pattern(otherwise, NAMES)


@pytest.mark.parametrize(
    "contents",
    [
        [stand_in(name) for name in NAMES[1:]],
        [stand_in(name) for name in (*NAMES, NAMES[0])],
        [stand_in(name) for name in (*NAMES, "another")],
        [],
    ],
    ids=["one missing", "one twice", "one too many", "none"],
)
def test_stand_ins_that_are_not_those_of_the_cells_are_refused(contents: list[str]) -> None:
    with pytest.raises(PatternError):
        verified_pattern(workbook(contents), NAMES)


def test_a_workbook_without_cells_to_replace_or_texts_is_refused() -> None:
    with pytest.raises(PatternError):
        verified_pattern(workbook([]), [])
    texts_left_out = {name: part for name, part in members(stand_ins()).items() if name != TEXTS}
    with pytest.raises(PatternError):
        verified_pattern(zip_of(texts_left_out), NAMES)


RELEASES: dict[str, tuple[str, str, str]] = {
    "writes control characters otherwise": (TEXTS, "_x0007_", "_x7_"),
    "keeps blanks otherwise": (TEXTS, ' xml:space="preserve"> a', "> a"),
    "escapes quotes": (TEXTS, '<t>a"', "<t>a&quot;"),
    "escapes something of the basic plane": (TEXTS, "\uf8ff", "_xF8FF_"),
    "numbers with more digits": (SHEET, "<v>0.3</v>", "<v>0.30000000000000004</v>"),
    "numbers with a small e": (SHEET, "E[+]18", "e+18"),
    "blank cells with an end": (SHEET, r'(<c r="B\d+" s="1")/>', r"\1></c>"),
    "cells with one attribute more": (SHEET, '(<c r="B1" s="1") t="s"', r'\1 cm="0" t="s"'),
    "texts without their counts": (TEXTS, ' count="[0-9]+"', ""),
}


def install(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let XlsxWriter write otherwise: what it writes of a pattern and what is expected of that change alike."""
    written = verified._written

    def written_otherwise(contents: Mapping[str, Content | None]) -> bytes:
        return rewritten(written(contents), *RELEASES[change])

    verify_writing.cache_clear()
    monkeypatch.setattr(verified, "_written", written_otherwise)


@pytest.mark.parametrize("change", RELEASES)
def test_a_release_of_xlsxwriter_that_writes_otherwise_is_noticed(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install(change, monkeypatch)
    with pytest.raises(PatternError):
        verify_writing()


def test_no_form_is_spliced_with_such_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    install("numbers with a small e", monkeypatch)
    with pytest.raises(FormError) as error:
        Splicer(load_edition("2024")).form({"name": "甲"})
    assert error.value.values["place"] == SHEET
