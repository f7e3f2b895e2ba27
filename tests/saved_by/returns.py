"""Returns of which no two are alike, for measuring what reading takes where little can be remembered."""

from __future__ import annotations

from smebatch.sample.answers import make_answers
from smebatch.sample.faults import FAULTS
from smebatch.sample.write import seeded
from smebatch.standard.model import Edition

_NOTES, _FAULTY = 0.5, 0.1


def distinct(edition: Edition, serial: int, seed: int = 1) -> dict[str, object]:
    """The answers of a return with notes no other has, one in ten with a fault."""
    rng = seeded(seed, serial)
    answers = make_answers(edition, rng, serial=serial)
    for row in (*(q.id for q in edition.questions), *(s.id for s in edition.scenes)):
        if rng.random() < _NOTES:
            answers[f"{row}_note"] = f"第{serial}号企业对{row}的说明：{rng.randrange(10**9)} <&> 已核实"
    if rng.random() < _FAULTY:
        answers = FAULTS[rng.choice(list(FAULTS))](edition, rng, answers)
    return answers
