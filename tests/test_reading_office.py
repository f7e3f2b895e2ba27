"""What LibreOffice saves of a form reads like the form itself: xlsx, xlsm, xls and ods."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from openpyxl.comments import Comment
from openpyxl.workbook import Workbook as Book

from cases import edited, form_bytes
from office import convert
from smebatch.intake.read_entry import read_bytes
from smebatch.sample import make_answers
from smebatch.standard.keys import Section
from test_reading import EDITION, FORM, TINY, VALUES, column_of, distinct, row_of, typed, with_parts

pytestmark = pytest.mark.office

KINDS = {"xlsx": "xlsx", "xlsm": "xlsm:Calc MS Excel 2007 VBA XML", "xls": "xls", "ods": "ods"}
QUESTIONS, SCENES = Section.QUESTIONS, Section.SCENES
SAMPLES = [make_answers(EDITION, Random(f"office {i}"), serial=i) for i in range(1, 6)]
FORMULAS = {
    "q01_o01": "#REF!",
    "revenue_last": "=NA()",
    "cost_last": "=1/0",
    "staff_prior": "=undefined_name",
    "energy_last": "=300+82.919",  # a formula with a result is an answer
    "revenue_prior": '=2000&"万"',
    "staff_last": '=""',  # blank in xlsx and ods; a .xls says 0, and that is no answer
    "equipment_total": '="约"&500',
}


def spoil(book: Book) -> None:
    """Formulas in answer cells, error values beside each other, comments on answers."""
    sheet = book[QUESTIONS]
    for key, formula in FORMULAS.items():
        sheet.cell(row_of(sheet, key), column_of(sheet)).value = formula
    sheet.cell(row_of(sheet, "q01_o02"), column_of(sheet)).comment = Comment("请核对", "局")
    sheet = book[SCENES]
    for suffix in ("_state", "_note"):
        sheet.cell(row_of(sheet, "s01"), column_of(sheet, suffix)).value = "=NA()"


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Each workbook in each kind, by name and kind: one run of LibreOffice a kind."""
    folder = tmp_path_factory.mktemp("forms")
    books = {
        "form": FORM,
        "blank": form_bytes(),
        "tiny": form_bytes(distinct(TINY), TINY),
        "spoilt": edited(FORM, spoil),
    }
    books |= {f"sample{i}": form_bytes(answers) for i, answers in enumerate(SAMPLES)}
    for name, data in books.items():
        (folder / f"{name}.xlsx").write_bytes(data)
    sources = [folder / f"{name}.xlsx" for name in books]
    return {
        (name, kind): path
        for kind, filter_name in KINDS.items()
        for name, path in zip(books, convert(sources, filter_name, folder / kind), strict=True)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_reads_the_same(kind: str, converted: dict[tuple[str, str], Path]) -> None:
    result = read_bytes(converted["form", kind].read_bytes(), EDITION)
    assert result.values == VALUES
    assert (result.findings, result.unsure) == ([], set())
    assert result.locations == read_bytes(FORM, EDITION).locations


@pytest.mark.parametrize("kind", KINDS)
def test_a_blank_form_stays_blank(kind: str, converted: dict[tuple[str, str], Path]) -> None:
    result = read_bytes(converted["blank", kind].read_bytes(), EDITION)
    assert (result.values, result.findings) == ({}, [])


@pytest.mark.parametrize("kind", KINDS)
def test_another_edition_reads_the_same(kind: str, converted: dict[tuple[str, str], Path]) -> None:
    result = read_bytes(converted["tiny", kind].read_bytes(), TINY)
    assert (result.values, result.findings) == (typed(TINY, distinct(TINY)), [])


@pytest.mark.parametrize("kind", KINDS)
def test_sample_returns_read_the_same(kind: str, converted: dict[tuple[str, str], Path]) -> None:
    for i, answers in enumerate(SAMPLES):
        original = read_bytes(form_bytes(answers), EDITION)
        result = read_bytes(converted[f"sample{i}", kind].read_bytes(), EDITION)
        assert (result.values, result.findings) == (original.values, [])


@pytest.mark.parametrize("kind", KINDS)
def test_error_values_are_not_blank(kind: str, converted: dict[tuple[str, str], Path]) -> None:
    result = read_bytes(converted["spoilt", kind].read_bytes(), EDITION)
    found = {finding.key: finding.code for finding in result.findings}
    errors = ("q01_o01", "revenue_last", "cost_last", "staff_prior", "s01_state", "s01_note")
    # LibreOffice stores 0 in a .xls for the text of a formula in a number cell: neither 0 nor blank is sure.
    texts = {"staff_last": "cell.uncached", "equipment_total": "cell.uncached", "revenue_prior": "cell.uncached"}
    if kind != "xls":
        texts = {"equipment_total": "figure.unreadable"}
    assert found == dict.fromkeys(errors, "cell.error") | texts
    assert result.unsure == set(found)
    assert result.values["energy_last"] == 382_919_000
    assert "staff_last" not in result.values
    assert result.values.get("revenue_prior") == (None if kind == "xls" else 2_000_000_000)
    assert {k: v for k, v in result.values.items() if k not in (*found, *FORMULAS)} == {
        k: v for k, v in VALUES.items() if k not in (*found, *FORMULAS)
    }


def test_equal_cells_that_a_ods_writes_once_are_all_seen(converted: dict[tuple[str, str], Path]) -> None:
    cell = r"(<table:table-cell[^>]*of:=NA\(\)\"[^>]*)(><text:p>#N/A</text:p></table:table-cell>)"

    def fold_two(name: str, content: bytes) -> bytes:
        if name != "content.xml":
            return content
        text, count = re.subn(cell * 2, r'\1 table:number-columns-repeated="2"\2', content.decode("utf-8"))
        assert count == 1
        return text.encode("utf-8")

    result = read_bytes(with_parts(converted["spoilt", "ods"].read_bytes(), fold_two), EDITION)
    assert {"s01_state", "s01_note"} <= {finding.key for finding in result.findings if finding.code == "cell.error"}
