"""LibreOffice draws each kind of chart: its colours are on the page, small groups pale."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

import office
from small_batch import small_batch
from smebatch.report.document import Chart, ChartRow, ReportSheet
from smebatch.report.palette import DISTINCT, LINE, MAIN, WHOLE, pale, sequence
from smebatch.report.xlsx.book import write_sheets
from test_chart_kinds import table

pytestmark = [
    pytest.mark.office,
    pytest.mark.slow,
    pytest.mark.skipif(not office.available(), reason="LibreOffice and poppler are not installed"),
]

DRAWN = {
    "column": (Chart("column", "图", "t", "label", ("a",), faint="note"), (MAIN,)),
    "bar": (Chart("bar", "图", "t", "label", ("d",), faint="note"), (MAIN, pale(MAIN))),
    "stacked": (Chart("stacked", "图", "t", "label", ("a", "c")), DISTINCT[:2]),
    "stacked_bar": (Chart("stacked_bar", "图", "t", "label", ("a", "c", "d"), order="falling"), sequence(3)),
    "histogram": (Chart("histogram", "图", "t", "label", ("a", "c")), (MAIN, LINE)),
    "box": (
        Chart("box", "图", "t", "label", ("a", "c", "d", "e", "e"), faint="note", top=12),
        (*sequence(5)[1:3], pale(sequence(5)[1]), WHOLE),
    ),
    "radar": (Chart("radar", "图", "t", "label", ("a", "b", "c"), top=6), (*DISTINCT[:2], WHOLE)),
}


def colours_of(pdf: Path, page: int, folder: Path) -> Counter[bytes]:
    """How many pixels of a page have which colour, of three bytes."""
    name = str(folder / "page")
    command = ["pdftoppm", "-r", "100", "-aa", "no", "-aaVector", "no", "-f", str(page), "-singlefile", str(pdf), name]
    subprocess.run(command, check=True, timeout=60)
    # P6, the width and height, and 255, a line each, then three bytes a pixel
    _, _, _, pixels = Path(f"{name}.ppm").read_bytes().split(b"\n", 3)
    return Counter(pixels[i : i + 3] for i in range(0, len(pixels), 3))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for kind, (chart, _) in DRAWN.items():
        sheet = ReportSheet(kind, kind, (ChartRow((chart,)), table()))
        write_sheets(folder / f"{kind}.xlsx", [sheet], small_batch())
    office.convert([folder / f"{kind}.xlsx" for kind in DRAWN], "pdf", folder)
    return folder


@pytest.mark.parametrize("kind", DRAWN)
def test_a_chart_is_drawn(printed: Path, tmp_path: Path, kind: str) -> None:
    pixels = colours_of(printed / f"{kind}.pdf", 1, tmp_path)
    for colour in DRAWN[kind][1]:
        assert pixels[bytes.fromhex(colour[1:])] > 20, colour
