"""The form on paper and on a small screen: how many pages, how full, how large the text, no scrolling sideways."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from cases import EDITION, TINY, form_bytes
from office import convert
from smebatch.form.next_round import NextRound
from smebatch.form.paging import MARGINS
from smebatch.form.styles import FILL_BAND, FILL_HEADER
from smebatch.form.writer import write_form, write_next_form
from smebatch.sample import make_answers
from smebatch.sample.many import answers_of_return
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition

MOST_PAGES = 12
LEAST_FULL = 1 / 3
SMALLEST = 8  # points, as printed
SCREEN = 1366  # pixels, of which the row numbers and the scroll bar take some
BESIDE = 60
DPI = 36
FORMS = ("blank", "filled", "tiny", "on site", "after")


@dataclass(frozen=True)
class Printed:
    """A form as LibreOffice prints it: its sheets, the pages of each, and how full each page is, from 0 to 1."""

    path: Path
    sheets: list[Worksheet]
    full: list[float]

    def pages(self) -> list[tuple[str, list[float]]]:
        """The pages of each sheet, as many as its breaks make."""
        counts = [len(sheet.row_breaks.brk) + 1 for sheet in self.sheets]
        sheets = [sheet.title for sheet, n in zip(self.sheets, counts, strict=True) for _ in range(n)]
        pages = zip(sheets, self.full, strict=True)
        return [(title, [full for _, full in group]) for title, group in groupby(pages, key=lambda page: page[0])]


def fullness(page: Path) -> float:
    """How far down the ink of a page reaches within its margins; the footer lies below these."""
    magic, size, _, pixels = page.read_bytes().split(b"\n", 3)
    assert magic == b"P5"
    width, height = map(int, size.split())
    top, bottom = round(MARGINS["top"] * DPI), height - round(MARGINS["bottom"] * DPI)
    inked = [row for row in range(top, bottom) if min(pixels[row * width : (row + 1) * width]) < 200]
    return (inked[-1] - top) / (bottom - top) if inked else 0.0


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Printed]:
    folder = tmp_path_factory.mktemp("printed")
    paths = [folder / f"{name}.xlsx" for name in FORMS]
    write_form(paths[0], EDITION)
    write_form(paths[1], EDITION, make_answers(EDITION, Random(3), serial=3))
    write_form(paths[2], load_edition(TINY))
    for path, kind, phase in ((paths[3], "现场评定", "改造前"), (paths[4], "自评", "改造后")):
        said, stream = answers_of_return(EDITION, 3, notes=1.0), io.BytesIO()
        write_next_form(stream, EDITION, NextRound(phase, kind, "改造前", "自评"), {"name": said["name"]}, said)
        path.write_bytes(stream.getvalue())
    found = {}
    for path, pdf in zip(paths, convert(paths, "pdf", folder / "out"), strict=True):
        subprocess.run(["pdftoppm", "-gray", "-r", str(DPI), pdf, pdf.with_suffix("")], check=True)
        pages = sorted(pdf.parent.glob(f"{path.stem}-*.pgm"))
        sheets = [sheet for sheet in openpyxl.load_workbook(path) if sheet.sheet_state == "visible"]
        found[path.stem] = Printed(pdf, sheets, [fullness(page) for page in pages])
    return found


@pytest.mark.office
@pytest.mark.parametrize("form", FORMS)
def test_pages_break_where_the_form_says_and_nowhere_else(form: str, printed: dict[str, Printed]) -> None:
    """Neither too wide nor too high: otherwise there were more pages than breaks make."""
    titles = [title for title, _ in printed[form].pages()]
    assert titles == [sheet.title for sheet in printed[form].sheets]


@pytest.mark.office
@pytest.mark.parametrize("form", ["blank", "filled"])
def test_it_has_at_most_twelve_pages(form: str, printed: dict[str, Printed]) -> None:
    assert len(printed[form].full) <= MOST_PAGES


@pytest.mark.office
@pytest.mark.parametrize("form", FORMS)
def test_no_page_is_under_a_third_full_but_the_last_of_a_sheet(form: str, printed: dict[str, Printed]) -> None:
    thin = [(title, full) for title, pages in printed[form].pages() for full in pages[:-1] if full < LEAST_FULL]
    assert thin == []


@pytest.mark.office
@pytest.mark.parametrize("form", FORMS)
def test_text_is_printed_large_enough_to_be_read(form: str, printed: dict[str, Printed]) -> None:
    command = ["pdftohtml", "-xml", "-zoom", "1", "-i", "-stdout", str(printed[form].path)]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode(errors="replace")
    sizes = {int(size) for size in re.findall(r'<fontspec[^>]* size="(\d+)"', said)}
    assert sizes
    assert min(sizes) >= SMALLEST


def colours(sheet: Worksheet, row: int) -> set[str]:
    """The fills of a row's cells, as RRGGBB."""
    return {str(cell.fill.fgColor.rgb)[2:] for cell in sheet[row] if cell.fill.fill_type == "solid"}


def heads(sheet: Worksheet, row: int) -> bool:
    """Whether a row is nothing but the head of what stands below: headings, a band, a section's or question's title."""
    key = sheet.cell(row, 1).value
    section = any(cell.font.sz == 11 and cell.value for cell in sheet[row])
    fills = colours(sheet, row)
    band = fills == {FILL_BAND[1:]} and not sheet.cell(row, 4).value
    return FILL_HEADER[1:] in fills or section or band or key in EDITION.question


@pytest.mark.parametrize("edition", [EDITION, load_edition(TINY)], ids=lambda e: e.id)
def test_no_head_stands_alone_at_the_foot_of_a_page(edition: Edition) -> None:
    for sheet in openpyxl.load_workbook(io.BytesIO(form_bytes({}, edition))):
        alone = [brk.id for brk in sheet.row_breaks.brk if heads(sheet, brk.id)]
        assert alone == [], sheet.title


def test_heads_are_known_where_there_are_some() -> None:
    book = openpyxl.load_workbook(io.BytesIO(form_bytes()))
    found = {sheet.title: sum(heads(sheet, row) for row in range(1, sheet.max_row + 1)) for sheet in book}
    assert found["填报说明"] > 10
    assert found["基础管理成效"] >= 15 + 3 + 1
    assert found["自评结果"] >= 11


def test_no_sheet_is_wider_than_a_small_screen() -> None:
    for sheet in openpyxl.load_workbook(io.BytesIO(form_bytes())):
        if sheet.sheet_state == "visible":
            shown = [d for d in sheet.column_dimensions.values() if not d.hidden]
            columns = [d.width for d in shown for _ in range(d.min, d.max + 1)]
            assert sum(7 * width for width in columns) <= SCREEN - BESIDE, sheet.title  # with its 5 pixels each
            assert sheet.sheet_view.zoomScale in (None, 100), sheet.title
