"""Many returns in a short time, for trying out what a province does: some are made up, the others answer as they do."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from smebatch.form.prefill import Prefill
from smebatch.sample.answers import make_answers
from smebatch.sample.enterprise import check_character
from smebatch.sample.faults import Answers
from smebatch.sample.write import seeded
from smebatch.standard.model import Edition

MADE_UP = 200
A_FOLDER = 1_000  # files


def answers_of(edition: Edition, serial: int, seed: int = 1) -> Answers:
    """What return number ``serial`` answers: as one of MADE_UP enterprises, but for its name and credit code."""
    code = f"91990001{serial:07d}AB"
    own = {"name": f"示例第{serial}号有限公司", "uscc": code + check_character(code)}
    return _made_up(edition, serial % MADE_UP, seed) | own


@lru_cache(maxsize=MADE_UP)
def _made_up(edition: Edition, base: int, seed: int) -> Answers:
    return make_answers(edition, seeded(seed, base), serial=base)


def write_many(folder: Path, edition: Edition, n: int, seed: int = 1) -> None:
    """Write n returns without faults, 0000/0000000.xlsx and so on; 100,000 take a minute and 6 GB."""
    for base in range(min(MADE_UP, n)):
        prefill = Prefill(edition)
        for serial in range(base, n, MADE_UP):
            path = folder / f"{serial // A_FOLDER:04d}" / f"{serial:07d}.xlsx"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(prefill.form(answers_of(edition, serial, seed)))
