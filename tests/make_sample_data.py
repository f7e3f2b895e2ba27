"""Make sample_data anew: python tests/make_sample_data.py FOLDER. Needs LibreOffice for the .xls and the .ods."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from office import convert
from sample_city import write_sample_data
from sample_rounds import write_other_rounds
from sample_second_round import write_second_round
from smebatch.standard.loader import load_edition

SEED = 2024


def beside(path: Path, fmt: str) -> Path:
    """Convert a workbook into a file beside it."""
    return convert([path], fmt, path.parent, recalculate=False)[0]


def make(folder: Path) -> list[Path]:
    """Write the sample data; returns every file."""
    edition = load_edition("2024")
    returns = write_sample_data(folder, edition, SEED, beside)
    rounds = write_other_rounds(folder, edition, SEED)
    return [*returns, *rounds, *write_second_round(folder, edition)]


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for part in ("returns", "second_round"):
        shutil.rmtree(target / part, ignore_errors=True)
    make(target)
