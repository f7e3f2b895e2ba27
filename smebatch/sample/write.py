"""Write made-up returns through the same form that enterprises fill in."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from smebatch.common.atomic_write import AtomicWriter, write_atomically
from smebatch.form.prefill import Splicer
from smebatch.sample.answers import make_answers
from smebatch.sample.faults import faults
from smebatch.standard.model import Edition
from smebatch.standard.sample_values import SampleAnswers

_FAULT_SHARE = 0.1  # share of returns with a fault


def write_sample(
    out_dir: str | Path,
    edition: Edition,
    n: int,
    seed: int = 0,
    *,
    faults: bool = True,
    writer: AtomicWriter = write_atomically,
) -> list[Path]:
    """Write ``n`` made-up returns into ``out_dir`` and return their paths, in order.

    About one in ten carries one realistic fault (see faults); with ``faults`` False all are consistent. A return
    depends on the seed and its number alone, so a larger sample repeats the smaller one; equal seeds give equal bytes.
    """
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    width = max(3, len(str(n)))
    paths, splicer = [], Splicer(edition)
    for serial in range(1, n + 1):
        rng = rng_of_return(seed, serial)
        answers = make_answers(edition, rng, serial=serial)
        if faults:
            answers = with_occasional_fault(edition, rng, answers)
        paths.append(write_return(folder, f"{serial:0{width}d}", answers, splicer.form(answers), writer))
    return paths


def rng_of_return(seed: int, serial: int) -> Random:
    """A generator of its own for each return."""
    return Random(f"smebatch {seed} {serial}")  # noqa: S311  # made-up data, not secrets


def with_occasional_fault(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """The answers, one time in ten with a fault."""
    if rng.random() >= _FAULT_SHARE:
        return answers
    named = faults()
    return named[rng.choice(list(named))](edition, rng, answers)


def write_return(
    folder: Path, number: str, answers: SampleAnswers, form: bytes, writer: AtomicWriter = write_atomically
) -> Path:
    """Write one return as number_name.xlsx, without the marks of the name that a file name may not hold."""
    name = re.sub(r"[^\w（）-]", "", str(answers["name"]))
    path = folder / f"{number}_{name}.xlsx"
    with writer(path) as partial:
        partial.write_bytes(form)
    return path
