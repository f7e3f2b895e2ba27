"""Makes up many returns in a short time, as many as a province has; no two are alike."""

from __future__ import annotations

from pathlib import Path
from random import Random

from smebatch.form.prefill import Splicer
from smebatch.sample.answers import make_answers
from smebatch.sample.words import sample_words
from smebatch.sample.write import rng_of_return, with_occasional_fault
from smebatch.standard.model import Edition
from smebatch.standard.sample_values import SampleAnswers
from smebatch.standard.uscc import check_character

FILES_PER_FOLDER = 1_000  # files


def answers_of_return(
    edition: Edition, serial: int, seed: int = 1, *, notes: float = 0.0, faults: bool = False
) -> SampleAnswers:
    """The answers of return number ``serial``; its name and its credit code are unique.

    ``notes``: the share of notes, from 0 to 1, that are filled in, with texts that no other return of the seed has.
    ``faults``: whether one return in ten has a fault (see sample.faults). The same arguments give the same answers, and
    the notes change no other answer.
    """
    rng = rng_of_return(seed, serial)
    code = f"91990001{serial:07d}AB"
    own: SampleAnswers = {"name": f"示例第{serial}号有限公司", "uscc": code + check_character(code)}
    answers = make_answers(edition, rng, serial=serial) | own
    if faults:
        answers = with_occasional_fault(edition, rng, answers)
    return answers | _notes(edition, rng, serial, notes)


def _notes(edition: Edition, rng: Random, serial: int, share: float) -> SampleAnswers:
    rows = [*(q.id for q in edition.questions), *(s.id for s in edition.scenes)]
    return {f"{row}_note": _note(rng, serial) for row in rng.sample(rows, round(share * len(rows)))}


def _note(rng: Random, serial: int) -> str:
    words = sample_words()
    park, product = rng.choice(rng.choice(words.district).park), rng.choice(words.trade).product
    page, note = rng.randrange(1, 1_000), rng.choice(words.note)
    return rng.choice(words.remark).format(park=park, product=product, serial=serial, page=page, note=note)


def write_many(
    folder: Path, edition: Edition, count: int, seed: int = 1, *, notes: float = 0.0, faults: bool = False
) -> None:
    """Write n returns, 0000/0000000.xlsx and so on, with answers_of these; 100,000 take some five minutes and 6 GB."""
    splicer = Splicer(edition)
    for serial in range(count):
        path = folder / f"{serial // FILES_PER_FOLDER:04d}" / f"{serial:07d}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(splicer.form(answers_of_return(edition, serial, seed, notes=notes, faults=faults)))
