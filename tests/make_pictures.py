"""Draw the README's pictures: python tests/make_pictures.py FOLDER. Needs LibreOffice and poppler."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from office import pictures
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportOptions, load_batch
from smebatch.batch.returned import Sender
from smebatch.form.writer import write_form
from smebatch.intake.read_entry import read_bytes
from smebatch.report.docx.report_file import write_word_report
from smebatch.report.xlsx.book import write_summary
from smebatch.standard.keys import keys_of
from smebatch.standard.loader import load_edition
from smebatch.workflow import return_forms

ROOT = Path(__file__).parent.parent
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
DPI = 75
FONTS = Path(__file__).with_name("official_fonts.conf")


def draw_pages(file: Path, folder: Path, texts: dict[Path, str]) -> None:
    """Draw pages of a workbook or a document: into each target the first one that holds the text."""
    pages = pictures(file, folder, dpi=DPI)
    words = subprocess.run(
        ["pdftotext", "-layout", str(folder / f"{file.stem}.pdf"), "-"], capture_output=True, check=True
    )
    for target, text in texts.items():
        number = next(i for i, page in enumerate(words.stdout.decode().split("\f")) if text in page)
        shutil.copy(pages[number], target)


def draw(folder: Path) -> None:
    """Draw a form's sheet, the summary's first sheet, two pages of the report, a marked sheet of a correction copy."""
    folder.mkdir(parents=True, exist_ok=True)
    edition = load_edition()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        form, summary, report = scratch / "form.xlsx", scratch / "summary.xlsx", scratch / "report.docx"
        sample = min((ROOT / "sample_data" / "returns").glob("*/024*.xlsx"))
        values = read_bytes(sample.read_bytes(), edition).values
        figures = {k for k, key in keys_of(edition).items() if key.kind.is_figure}
        shown = {k: v / 10**6 if isinstance(v, int) and k in figures else v for k, v in values.items()}
        write_form(form, edition, shown)
        draw_pages(form, scratch / "form", {folder / "form.png": edition.questions[0].title})
        batch = scratch / "batch.duckdb"
        ingest(ROOT / "sample_data" / "returns", batch, edition, now=NOW, roster=ROOT / "sample_data" / "roster.xlsx")
        data = load_batch(batch, now=NOW, options=ReportOptions(region="示例市"))
        write_summary(summary, data)
        write_word_report(report, data)
        back = scratch / "back"
        return_forms(batch, back, Sender(), now=NOW)
        (copy,) = back.glob("*/007*.xlsx")
        draw_pages(copy, scratch / "copy", {folder / "correction.png": edition.questions[1].title})
        draw_pages(summary, scratch / "summary", {folder / "summary.png": edition.header.title})
        os.environ["FONTCONFIG_FILE"] = str(FONTS)
        pages = {folder / "report.png": "名单回收情况", folder / "rounds.png": "对应上的企业两轮的等级"}
        draw_pages(report, scratch / "report", pages)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
