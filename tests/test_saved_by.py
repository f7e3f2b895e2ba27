"""Returns as other programs would have saved them hold what the return holds, for every reader."""

from __future__ import annotations

import io
from functools import cache
from random import Random
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from cases import EDITION, form_bytes
from saved_by.excel import LOOKS as EXCEL_LOOKS
from saved_by.libreoffice import LOOKS as OFFICE_LOOKS
from saved_by.manners import MANNERS, STOPPERS, with_stopper
from saved_by.package import unpacked
from saved_by.stoppers import stopped
from saved_by.wps import LOOKS as WPS_LOOKS
from smebatch.form.layout import answer_sheets
from smebatch.intake.read_entry import read_bytes
from smebatch.sample.many import answers_of_return
from smebatch.standard.form_markers import META_SHEET, TICK
from test_clients import returns
from test_reading import TINY
from test_reading import distinct as every_answer

FILES = 6
OTHERS = [name for name in MANNERS if name != "smebatch"]
SHEETS = [*(str(place.section) for place in answer_sheets(EDITION)), META_SHEET]


@cache
def form(serial: int) -> bytes:
    """A return as this program writes it, with notes that hold what has to be written in another way."""
    odd = {
        "q01_note": " 前后有空格 <b>&amp;</b> ",
        "q02_note": "一行\n二行\t“引号”",
        "s01_note": "😀 1e5 '=1+1'",
    }
    return form_bytes(answers_of_return(EDITION, serial, notes=0.5, faults=True) | odd)


@cache
def saved(manner: str, serial: int) -> bytes:
    return MANNERS[manner](form(serial), Random(f"{manner} {serial}"))


def by_calamine(data: bytes, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def by_openpyxl(data: bytes) -> dict[str, dict[str, Any]]:
    """The values of the answer sheets by sheet and address; blank texts, as results of formulas are, left out."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return {
        name: {cell.coordinate: cell.value for row in book[name] for cell in row if cell.value not in (None, "")}
        for name in SHEETS
    }


@cache
def original_cells(serial: int) -> dict[str, dict[str, Any]]:
    return by_openpyxl(form(serial))


def said(value: object) -> object:
    """What a cell says: TRUE, where somebody typed it, is a tick; of figures some programs keep 15 digits."""
    return TICK if value is True else float(f"{value:.15g}") if isinstance(value, float) else value


def but_for_hints(grid: dict[str, Any], original: dict[str, Any]) -> dict[str, Any]:
    """A sheet without the results of the formulas, which the original does not have."""
    return {place: said(value) for place, value in grid.items() if place in original}


@pytest.mark.parametrize("manner", OTHERS)
def test_every_cell_is_the_same_for_both_readers(manner: str) -> None:
    for serial in range(FILES):
        original, other = form(serial), saved(manner, serial)
        cells, others = original_cells(serial), by_openpyxl(other)
        for sheet in SHEETS:
            assert but_for_hints(others[sheet], cells[sheet]) == but_for_hints(cells[sheet], cells[sheet])
            for row, grid in zip(by_calamine(original, sheet), by_calamine(other, sheet), strict=True):
                assert [said(b) for a, b in zip(row, grid, strict=True) if a != ""] == [said(a) for a in row if a != ""]


@pytest.mark.parametrize("manner", OTHERS)
def test_the_program_reads_the_same(manner: str) -> None:
    for serial in range(FILES):
        original, other = read_bytes(form(serial), EDITION), read_bytes(saved(manner, serial), EDITION)
        assert (other.values, other.findings, other.unsure) == (original.values, original.findings, original.unsure)
        assert other.locations == original.locations


@pytest.mark.parametrize("manner", OTHERS)
def test_other_forms_are_read_the_same(manner: str) -> None:
    """A blank one, which has results of its formulas, and one of an edition that does not come with the program."""
    for data, edition in ((form_bytes(), EDITION), (form_bytes(every_answer(TINY), TINY), TINY)):
        for serial in range(4):
            other = read_bytes(MANNERS[manner](data, Random(serial)), edition)
            assert (other.values, other.findings) == (read_bytes(data, edition).values, [])


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("name", STOPPERS)
def test_a_stopper_changes_no_answer(name: str, manner: str) -> None:
    data = saved(manner, 1)
    with_it = stopped(data, name, Random(name))
    assert unpacked(with_it) != unpacked(data)
    assert read_bytes(with_it, EDITION).values == read_bytes(data, EDITION).values


def test_the_same_generator_draws_the_same_file() -> None:
    for name, manner in MANNERS.items():
        assert manner(form(1), Random(name)) == manner(form(1), Random(name))
    assert with_stopper(form(1), Random(1)) == with_stopper(form(1), Random(1))


@pytest.mark.parametrize("looks", [EXCEL_LOOKS, WPS_LOOKS, OFFICE_LOOKS], ids=["Excel", "WPS", "LibreOffice"])
def test_each_feature_stands_in_a_third_of_the_files(looks: list[Any]) -> None:
    features = [name for name in looks[0].__dataclass_fields__ if name != "variant"]
    counts = {name: sum(bool(getattr(look, name)) for look in looks) for name in features}
    assert not {name: count for name, count in counts.items() if count < len(looks) / 3}


def test_the_edition_of_a_return_survives() -> None:
    for manner in OTHERS:
        assert b'name="edition"><vt:lpwstr>2024<' in unpacked(saved(manner, 1))["docProps/custom.xml"]


@pytest.mark.parametrize("manner", MANNERS)
def test_what_was_filled_in_is_read(manner: str) -> None:
    """The truth is what was put in, by hand, with all that people type into notes, ticks and days."""
    for name, filled in returns().items():
        if name.startswith("return"):  # the others were typed into by another program
            result = read_bytes(MANNERS[manner](filled.data, Random(f"{manner} {name}")), EDITION)
            wanted = {key: value for key, value in filled.values.items() if value is not None}
            assert set(result.values.items()) ^ set(wanted.items()) == set(), name
            assert (result.findings, filled.findings) == ([], [])
