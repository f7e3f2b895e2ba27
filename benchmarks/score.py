"""Times validating and scoring 1,000,000 rows, beside a scalar scorer on some of them.

python benchmarks/score.py [N]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from smebatch.assess.answers_frame import Answers, dtypes_of
from smebatch.assess.score import score
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import load_edition

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from oracle import score as scalar_score  # the tests' independent scorer is not a package

SCALAR_ROWS = 2_000


def timed(job: Callable[[], object]) -> float:
    """CPU seconds of a job."""
    begun = time.process_time()
    job()
    return time.process_time() - begun


def main(n: int = 1_000_000) -> None:
    """Print rows a second and the ratio."""
    edition = load_edition()
    rng = np.random.default_rng(1)
    names = [name for name, key in keys_of(edition).items() if key.kind is Kind.TICK]
    ticks = pd.DataFrame(rng.random((n, len(names))) < 0.4, columns=names)
    blank = {name: dtype for name, dtype in dtypes_of(edition).items() if dtype != "bool"}
    part = [dict(zip(names, row, strict=True)) for row in ticks.head(SCALAR_ROWS).itertuples(index=False)]
    answers = Answers(edition, ticks)
    vectorised = timed(lambda: score(answers)) / n
    scalar = timed(lambda: [scalar_score(row) for row in part]) / len(part)
    print(f"vectorised, {n:,} rows: {n * vectorised:.2f} s, {1 / vectorised:,.0f} rows/s ({len(blank)} columns unread)")
    print(f"scalar fractions, {len(part):,} rows: {1 / scalar:,.0f} rows/s, ratio {scalar / vectorised:,.0f} ×")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
