"""Many returns in a short time: some enterprises are made up, and others answer as they do.

python benchmarks/many.py FOLDER N: N returns without faults, 1,000 in a folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from smebatch.form.prefill import Prefill
from smebatch.sample.answers import make_answers
from smebatch.sample.enterprise import check_character
from smebatch.sample.write import seeded
from smebatch.standard.loader import load_edition

MADE_UP = 200
A_FOLDER = 1_000


def write_many(folder: Path, n: int, seed: int = 1) -> None:
    """Write n returns that differ in name and credit code, and in all else as MADE_UP enterprises do."""
    edition = load_edition()
    for base in range(min(MADE_UP, n)):
        answers = make_answers(edition, seeded(seed, base), serial=base)
        prefill = Prefill(edition)
        for serial in range(base, n, MADE_UP):
            code = f"91990001{serial:07d}AB"
            own = {"name": f"示例第{serial}号有限公司", "uscc": code + check_character(code)}
            path = folder / f"{serial // A_FOLDER:04d}" / f"{serial:07d}.xlsx"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(prefill.form(answers | own))


if __name__ == "__main__":
    write_many(Path(sys.argv[1]), int(sys.argv[2]))
