"""A small file may hold texts enough for a whole batch; they cost it its own line, and nothing else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from openpyxl.workbook import Workbook as Book

from cases import EDITION, OTHER_USCC, changed, edited, form_bytes, good_answers
from smebatch.batch.export import FORMATS, export
from smebatch.batch.ingest import ingest
from smebatch.batch.load import load_batch, open_batch
from smebatch.batch.schema import exports_of
from smebatch.report.xlsx.book import write_summary
from smebatch.standard.keys import Section, keys_of

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
LONG = "表" * 32_000  # as long as a cell may be
GOOD = form_bytes(good_answers())


def filled(book: Book) -> None:
    """Such a text in every blank cell of an answer, and for a key of 200 rows.

    openpyxl may write eight bytes for each character: it does where lxml is installed.
    """
    sheet = book[Section.QUESTIONS]
    for row in range(6, 116):
        if sheet.cell(row, 1).value and not sheet.cell(row, 5).value:
            sheet.cell(row, 5).value = LONG
    for row in range(200, 400):
        sheet.cell(row, 1).value = LONG


@pytest.mark.slow
def test_they_are_cut_where_a_message_repeats_them(tmp_path: Path) -> None:
    folder, batch = tmp_path / "in", tmp_path / "batch.duckdb"
    folder.mkdir()
    (folder / "good.xlsx").write_bytes(GOOD)
    (folder / "long.xlsx").write_bytes(edited(form_bytes(changed(uscc=OTHER_USCC)), filled))
    notes = {name: LONG for name in keys_of(EDITION) if name.endswith("_note")}
    for number in range(5):
        (folder / f"notes{number}.xlsx").write_bytes(form_bytes(changed(contact=f"联系人{number}", **notes)))
    ingest(folder, batch, EDITION, now=NOW)
    with duckdb.connect(str(batch), read_only=True) as db:
        fates = dict(db.execute("SELECT file, status FROM files").fetchall())
        (longest,) = (
            db.execute("SELECT max(length(message) + length(found) + length(key)) FROM issues").fetchone() or ()
        )
    assert fates["long.xlsx"] == "returned"
    assert sorted(status for file, status in fates.items() if file != "long.xlsx") == ["counted", *["superseded"] * 5]
    assert longest < 2_000
    store, edition = open_batch(batch)
    with store:
        for kind in FORMATS:
            assert len(export(store, edition, tmp_path / "out", kind)) == len(exports_of(edition))
    write_summary(tmp_path / "summary.xlsx", load_batch(batch, now=NOW))
