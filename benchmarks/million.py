"""Times a batch of 1,000,000 stored returns: scoring, tables of the report; and the workbook of 100,000 (Linux).

python benchmarks/million.py [N [M]]: a batch of some returns that were really ingested, copied until there are N, with
credit codes, names and files of their own; then one of M (100,000), for the workbook.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd

from scale import run
from smebatch.assess.answers_frame import Answers
from smebatch.assess.score import score
from smebatch.batch.database import BatchDatabase
from smebatch.batch.ingest import ingest
from smebatch.batch.load import load_batch, open_batch
from smebatch.batch.settle import settle_ledger
from smebatch.report.sections import report_sheets
from smebatch.sample.many import write_many
from smebatch.sample.write import write_sample
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import load_edition

INGESTED, FAULTY = 2_000, 200
NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
_FILE = r"regexp_replace(file, '(\.[^.]*)$', '_' || k || '\1')"
_FORM_ID = "CASE WHEN form_id = '' THEN '' ELSE form_id || k END"
# The columns, in each table, by which copy number k of a row differs from the row.
OWN = {
    "entries": {"file": _FILE, "form_id": _FORM_ID},
    "forms": {"form_id": "form_id || k"},
    "answers": {
        "form_id": "form_id || k",
        "uscc": "uscc[:2] || lpad(k::VARCHAR, 6, '0') || uscc[9:]",
        "name": "name || k",
    },
    "scores": {"form_id": "form_id || k"},
    "findings": {"form_id": "form_id || k"},
    "typed": {"form_id": "form_id || k"},
    "sightings": {"form_id": "form_id || k", "file": _FILE},
    "files": {"file": _FILE, "form_id": _FORM_ID},
    "issues": {"file": _FILE, "form_id": _FORM_ID},
}


def make(scratch: Path) -> Path:
    """A batch of ingested returns; of the sample among them, one in ten has a fault."""
    folder, batch = scratch / "returns", scratch / "batch.duckdb"
    write_many(folder, load_edition(), INGESTED)
    write_sample(folder / "faulty", load_edition(), FAULTY, seed=2)
    ingest(folder, batch, load_edition(), now=NOW, jobs=2)
    return batch


def copied(batch: Path, target: Path, n: int) -> Path:
    """A copy of the batch whose rows are repeated until it holds n files."""
    target.write_bytes(batch.read_bytes())
    with duckdb.connect(str(target)) as db:
        ((files,),) = db.execute("SELECT count(*) FROM files").fetchall()
        copies = n // files
        for table, own in OWN.items():
            names = [row[0] for row in db.execute(f"DESCRIBE {table}").fetchall()]
            columns = ", ".join(f'{own[name]} AS "{name}"' if name in own else f'"{name}"' for name in names)
            db.execute(f"INSERT INTO {table} SELECT {columns} FROM {table}, range(1, {copies}) copies(k)")
    return target


def stored_answers(batch: Path) -> Answers:
    """The answers of all stored returns, as scoring wants them."""
    database, edition = open_batch(batch)
    with database:
        ticks = ", ".join(f'"{name}"' for name, key in keys_of(edition).items() if key.kind is Kind.TICK)
        frame: pd.DataFrame = database.fetch_frame(f"SELECT {ticks} FROM answers")
    return Answers(edition, frame.fillna(False).astype(bool))


def settle(batch: Path, n: int) -> None:
    """Give every file its status anew."""
    with BatchDatabase(batch) as database:
        database.allow_memory_for(n)
        database.run_with_memory(partial(settle_again, database))


def settle_again(database: BatchDatabase) -> None:
    """The same in a transaction."""
    with database.transaction():
        settle_ledger(database, load_edition(), database.meta["read_at"])


def timed(job: Callable[[], object]) -> float:
    """Seconds by the clock."""
    begun = time.perf_counter()
    job()
    return time.perf_counter() - begun


def main(n: int = 1_000_000, m: int = 100_000) -> None:
    """Print the seconds and the memory."""
    with tempfile.TemporaryDirectory() as scratch:
        batch = make(Path(scratch))
        large = copied(batch, Path(scratch, "large.duckdb"), n)
        answers = stored_answers(large)
        job = partial(score, answers)
        first, again = timed(job), timed(job)
        print(f"{len(answers):,} stored returns scored: {first:.2f} s in new memory, {again:.2f} s in old")
        del answers, job
        print(f"settling them, as ingest does at its end: {timed(partial(settle, large, n)):.1f} s")
        begun = time.perf_counter()
        data = load_batch(large, now=NOW)
        loaded = time.perf_counter() - begun
        sheets = report_sheets(data)
        tables = sum(len(sheet.blocks) for sheet in sheets)
        took = time.perf_counter() - begun
        print(f"{len(data.files):,} files: {tables} tables and charts in {took:.1f} s, of which loading {loaded:.1f} s")
        small, summary = copied(batch, Path(scratch, "small.duckdb"), m), Path(scratch, "summary.xlsx")
        command = [sys.executable, "-m", "smebatch", "report", "-b", str(small), "-o", str(summary)]
        seconds, memory, _ = run(*command)
        size = summary.stat().st_size / 1e6
        print(f"summary workbook of {m:,} files: {seconds:.1f} s, peak memory {memory} MB, {size:.0f} MB on disk")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
