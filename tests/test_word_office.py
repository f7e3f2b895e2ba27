"""LibreOffice opens the report in words without loss: every chart is drawn, no page is empty, every text is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from office import convert
from report_data import make_batch
from smebatch.report.docx.report_file import write_word_report
from word_files import charts, headings, read_document, rows

pytestmark = pytest.mark.office


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("word_office")
    write_word_report(folder / "report.docx", make_batch(60))
    return convert([folder / "report.docx"], "pdf", folder)[0]


def text_of(pdf: Path) -> list[str]:
    """The text of each page."""
    done = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True)
    return done.stdout.decode().split("\f")[:-1]


def test_no_page_is_empty_and_each_has_its_number(pdf: Path) -> None:
    pages = text_of(pdf)
    for number, page in enumerate(pages, 1):
        lines = page.split()
        assert re.search(rf"—\s*{number}\s*—", page), page
        assert len(lines) > 20, page


def test_every_heading_and_table_is_there(pdf: Path) -> None:
    document = read_document(pdf.with_suffix(".docx"))
    text = re.sub(r"\s", "", "".join(text_of(pdf)))
    for heading in headings(document):
        assert heading in text
    for line in rows(document):
        for cell in line:
            parts = re.findall(r"[0-9.%]{1,4}|\w", cell)  # a line of text may break at any character but of a figure
            assert [part for part in parts if part not in text] == []


def test_every_chart_is_drawn(pdf: Path) -> None:
    """A chart is drawn where its title stands as text of the page: LibreOffice leaves one out that it cannot read."""
    document = read_document(pdf.with_suffix(".docx"))
    text = re.sub(r"\s", "", "".join(text_of(pdf)))
    titles = [chart.title for chart in charts(document)]
    assert titles
    for title in titles:
        assert re.sub(r"\s", "", title) in text
