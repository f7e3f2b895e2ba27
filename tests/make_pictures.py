"""Draw the README's pictures: python tests/make_pictures.py FOLDER. Needs LibreOffice and poppler."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from office import pictures
from smebatch.batch.ingest import ingest
from smebatch.batch.load import load_batch
from smebatch.batch.returned import Sender
from smebatch.form.writer import write_form
from smebatch.intake.read_entry import read_bytes
from smebatch.report.xlsx.book import write_summary
from smebatch.standard.keys import keys_of
from smebatch.standard.loader import load_edition
from smebatch.workflow import return_forms

ROOT = Path(__file__).parent.parent
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
DPI = 75


def page_with(book: Path, text: str, folder: Path, target: Path) -> None:
    """Draw the first page of a workbook that holds a text."""
    pages = pictures(book, folder, dpi=DPI)
    words = subprocess.run(
        ["pdftotext", "-layout", str(folder / f"{book.stem}.pdf"), "-"], capture_output=True, check=True
    )
    number = next(i for i, page in enumerate(words.stdout.decode().split("\f")) if text in page)
    shutil.copy(pages[number], target)


def draw(folder: Path) -> None:
    """Draw a form's sheet, the report's first sheet, and a marked sheet of a correction copy."""
    folder.mkdir(parents=True, exist_ok=True)
    edition = load_edition()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        form, summary = scratch / "form.xlsx", scratch / "summary.xlsx"
        sample = min((ROOT / "sample_data" / "returns").glob("*/024*.xlsx"))
        values = read_bytes(sample.read_bytes(), edition).values
        figures = {k for k, key in keys_of(edition).items() if key.kind.is_figure}
        shown = {k: v / 10**6 if isinstance(v, int) and k in figures else v for k, v in values.items()}
        write_form(form, edition, shown)
        page_with(form, edition.questions[0].title, scratch / "form", folder / "form.png")
        batch = scratch / "batch.duckdb"
        ingest(ROOT / "sample_data" / "returns", batch, edition, now=NOW, roster=ROOT / "sample_data" / "roster.xlsx")
        write_summary(summary, load_batch(batch, now=NOW))
        back = scratch / "back"
        return_forms(batch, back, Sender(), now=NOW)
        (copy,) = back.glob("*/007*.xlsx")
        page_with(copy, edition.questions[1].title, scratch / "copy", folder / "correction.png")
        page_with(summary, edition.header.title, scratch / "summary", folder / "summary.png")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
