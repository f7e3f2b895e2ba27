"""Times the shortest ways of 100,000 returns, beside an integer programme (HiGHS) on some of them.

python benchmarks/ways.py [N]
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.assess.score import score
from smebatch.assess.ways.after import deciding_answers, deciding_keys
from smebatch.assess.ways.problem import claimed_scenes
from smebatch.assess.ways.ways import ways_of
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition
from smebatch.standard.questions import type_of

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from ways_oracle import by_programme, case_of  # the tests' second answer is not a package

PROGRAMMES = 200
HONEST = 0.85  # of the links ticked, the share whose scene has a level


def made_up(edition: Edition, n: int) -> Answers:
    """Returns of any maturity, no two alike; most claim only what they have."""
    rng = np.random.default_rng(1)
    maturity = rng.random(n)
    ticks, states = deciding_keys(edition)
    place = {tick: at for at, tick in enumerate(ticks)}
    ticked = np.zeros((n, len(ticks)), dtype=bool)
    state: npt.NDArray[np.object_] = np.full((n, len(states)), None, dtype=object)
    for at, scene in enumerate(edition.scenes):
        level = np.clip(np.round(rng.normal(maturity * 4, 1.3)), 0, 4)
        for number, tick in enumerate(scene.ticks, 1):
            ticked[:, place[tick]] = level >= number
        words = np.where(rng.random(n) < 0.3, edition.header.not_applicable, edition.header.not_reached)
        state[level == 0, at] = words[level == 0]
    for question in edition.questions:
        most = type_of(question).most_steps(question)
        steps = np.clip(np.round(rng.normal(maturity * most, most / 4)), 0, most).astype(int)
        places = [place[tick] for tick in question.ticks]
        if question.none is None:
            ticked[np.arange(n), np.array(places)[steps]] = True
            continue
        order = rng.random((n, most)).argsort(axis=1)
        chosen = order < steps[:, None]
        claimed = claimed_scenes(edition, question)
        for number, tick in enumerate(question.ticks[1:]):
            ticked[:, place[tick]] = chosen[:, number]
            if tick in claimed:
                has = ticked[:, place[edition.scene[claimed[tick]].ticks[0]]]
                ticked[:, place[tick]] &= has | (rng.random(n) > HONEST)
        ticked[:, places[0]] = ~ticked[:, places[1:]].any(axis=1)
    return deciding_answers(edition, pd.RangeIndex(n).astype("str"), ticked, state, {})


def main(n: int = 100_000) -> None:
    """Print how long all ways take, and the ratio of each to a programme."""
    edition = load_edition()
    answers = made_up(edition, n)
    scores = score(answers)
    begun, cpu = time.perf_counter(), time.process_time()
    ways = ways_of(answers, scores)
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    longer = sum(way.exists and way.proof.steps != way.proof.bound for way in ways)
    print(
        f"{n:,} returns, {len(ways):,} below the highest level, on {os.cpu_count()} cores: "
        f"{took:.1f} s, {cpu:.1f} s of CPU"
    )
    locked = sum(bool(way.locked) for way in ways)
    print(f"longer for warnings: {longer / len(ways):.0%}; with locked steps: {locked / len(ways):.1%}")
    tried = ways[:PROGRAMMES]
    rows = answers.frame.loc[[way.form_id for way in tried]].to_dict("records")
    cases = [{str(k): v for k, v in row.items() if v is True or isinstance(v, str)} for row in rows]
    begun = time.process_time()
    found = [by_programme(case_of(case)) for case in cases]
    programme, each = (time.process_time() - begun) / len(cases), cpu / len(ways)
    same = sum(steps is not None and steps[1] == way.steps for steps, way in zip(found, tried, strict=True))
    print(
        f"a way {1000 * each:.2f} ms of CPU, a programme {1000 * programme:.1f} ms: {programme / each:.0f} ×; "
        f"{same} of {len(cases)} of one length"
    )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
