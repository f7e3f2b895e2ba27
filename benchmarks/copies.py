"""Times ``return``: a correction copy of each of N returns with errors, no two alike, and the lists beside them.

python benchmarks/copies.py [N]: 10,000 returns. CPU milliseconds a copy, beyond those of a batch of 100, and the peak
memory of the process; beside both, writing copies anew with XlsxWriter.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from random import Random

from smebatch.batch.ingest import ingest
from smebatch.batch.load import open_batch
from smebatch.batch.returned import Sender, returned_forms, roster_deadlines
from smebatch.form.prefill import Splicer
from smebatch.form.writer import write_form
from smebatch.sample.faults import FAULTS
from smebatch.sample.many import answers_of_return
from smebatch.standard.loader import load_edition
from smebatch.workflow import return_forms

FEW, ANEW = 100, 50
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
SENDER = Sender("示例区工信局", "林知", "0990-1234567", "2026-12-15")


def make_batch(folder: Path, count: int) -> Path:
    """A batch of so many returns with errors, and notes in half of the cells for them."""
    edition, splicer, returns = load_edition(), Splicer(load_edition()), folder / "returns"
    for serial in range(count):
        rng = Random(serial)
        answers = answers_of_return(edition, serial, notes=0.5)
        answers = rng.choice(list(FAULTS.values()))(edition, rng, answers)
        path = returns / f"{serial // 1000:03}" / f"{serial:07}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(splicer.form(answers | {"staff_last": f"约{serial}"}))
    batch = folder / "batch.duckdb"
    ingest(returns, batch, edition, now=NOW, jobs=2)
    return batch


def measure(batch: Path, folder: Path) -> dict[str, float]:
    """Return the forms of a batch; CPU seconds, copies, and the peak memory of this process in MB."""
    begun = time.process_time()
    copies = return_forms(batch, folder, SENDER, now=NOW).copies
    seconds = time.process_time() - begun
    return {"cpu": seconds, "copies": copies, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measured(batch: Path, folder: Path) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(batch), str(folder)]
    found: dict[str, float] = json.loads(subprocess.check_output(command))
    return found


def anew(batch: Path, folder: Path) -> float:
    """CPU milliseconds a copy that XlsxWriter writes cell by cell."""
    database, edition = open_batch(batch)
    with database:
        deadlines = roster_deadlines(database)
        forms = list(islice(returned_forms(database, edition, SENDER, deadlines), ANEW))
    begun = time.process_time()
    for _, answers, correction in forms:
        write_form(folder / "anew.xlsx", edition, answers, correction)
    return 1000 * (time.process_time() - begun) / len(forms)


def main(count: int = 10_000) -> None:
    """Print milliseconds and megabytes."""
    with tempfile.TemporaryDirectory() as scratch:
        few, many = (Path(scratch, name) for name in ("few", "many"))
        batches = [make_batch(few, FEW), make_batch(many, count)]
        start, whole = (measured(batch, batch.parent / "out") for batch in batches)
        copies = whole["copies"] - start["copies"]
        each, slow = 1000 * (whole["cpu"] - start["cpu"]) / copies, anew(batches[1], Path(scratch))
        print(
            f"the first {start['copies']:,} copies {start['cpu']:.1f} s, {whole['copies']:,}: {each:.2f} ms each more"
        )
        print(f"anew {slow:.0f} ms, {slow / each:.0f} ×; at most {whole['mb']:.0f} MB, {start['mb']:.0f} MB with few")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(*map(Path, sys.argv[2:4]))))
    else:
        main(*(int(argument) for argument in sys.argv[1:2]))
