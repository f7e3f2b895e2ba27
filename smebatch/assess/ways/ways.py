"""The way up of every return below the highest level: the fewest steps, how many other sets are as small, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.assess.ways.fewest import NEVER
from smebatch.assess.ways.problem import Problem
from smebatch.assess.ways.proof import Proof
from smebatch.assess.ways.smallest import Smallest, smallest_ways
from smebatch.assess.ways.solving import in_chunks_by_level, verify
from smebatch.standard.model import Edition


class Way(NamedTuple):
    """The way of a return to its next level, ``to_level``.

    ``changes``: steps by question or scene, in their order; empty where there is no way. ``alternatives``: how many
    other sets are as small, with as few locked steps. ``locked``: those of the changes that nobody can decide.
    """

    form_id: str
    to_level: int
    changes: dict[str, int]
    scene_steps: int
    alternatives: int
    locked: tuple[str, ...]
    proof: Proof

    @property
    def exists(self) -> bool:
        """Whether there is a way at all."""
        return bool(self.changes)

    @property
    def steps(self) -> int:
        """All steps."""
        return sum(self.changes.values())


def way_row(way: Way, edition: Edition) -> dict[str, object]:
    """A way as ``export`` writes it, by column; None, and "" for texts, where there is no way."""
    there = way.exists
    return {
        "form_id": way.form_id,
        "to_level": way.to_level,
        "steps": way.steps if there else None,
        "question_steps": way.steps - way.scene_steps if there else None,
        "scene_steps": way.scene_steps if there else None,
        "changes": changes_text(way.changes),
        "alternatives": way.alternatives if there else None,
        "proof": way.proof.text(edition, "zh"),
        "locked": ";".join(way.locked),
    }


def changes_text(changes: Mapping[str, int]) -> str:
    """The steps of a way, as ``export`` writes them.

    >>> changes_text({"q04": 2, "s01": 1})
    'q04+2;s01+1'
    """
    return ";".join(f"{key}+{n}" for key, n in changes.items())


def ways_of(answers: Answers, scores: pd.DataFrame) -> list[Way]:
    """The ways of all returns that are not at the highest level, in their order.

    ``scores``: what ``score`` says of the answers; both have the same index. Raises RuntimeError where a way does not
    do what it should, by the scorer and our own rules: nothing is said then that may be wrong.
    """
    solved = in_chunks_by_level(answers, scores, lambda problem: list(_solved(problem)), counted=True)
    pairs = [pair for rows, found in solved for pair in zip(rows.tolist(), found, strict=True)]
    return [way for _, way in sorted(pairs, key=lambda pair: pair[0])]


def _solved(problem: Problem) -> Iterator[Way]:
    smallest, every = smallest_ways(problem), np.arange(len(problem))
    steps, scene_steps = smallest.one_of_each(every)
    there = smallest.cost < NEVER
    verify(problem, every[there], steps[there], scene_steps[there])
    edition = problem.edition
    questions, scenes = [q.id for q in edition.questions], [s.id for s in edition.scenes]
    locked_questions = {q for q, locked in zip(questions, problem.locked_questions.tolist(), strict=True) if locked}
    columns = (problem.answers.frame.index, steps.tolist(), scene_steps.tolist(), smallest.numbers())
    for row, (form_id, *raised, number, proof) in enumerate(zip(*columns, _proofs(problem, smallest), strict=True)):
        of_questions, of_scenes = (
            {key: n for key, n in zip(keys, each, strict=True) if n}
            for keys, each in zip((questions, scenes), raised, strict=True)
        )
        inapplicable = {s for s, locked in zip(scenes, problem.locked_scenes[row].tolist(), strict=True) if locked}
        changes = of_questions | of_scenes
        locked = tuple(key for key in changes if key in locked_questions or key in inapplicable)
        alternatives = number - 1 if changes else 0
        yield Way(str(form_id), problem.level, changes, sum(of_scenes.values()), alternatives, locked, proof)


def _proofs(problem: Problem, smallest: Smallest) -> Iterator[Proof]:
    """The proofs of the ways, from the legs as if no warning mattered."""
    leg, every = problem.whole_leg, np.arange(len(problem))
    questions, scenes, whole = smallest.unwarned_questions(), smallest.unwarned_scenes(), smallest.counts()
    best = leg.most(every, np.maximum(questions.free - 1, 0), questions.locked)
    all_free, all_steps = leg.all_units(with_locked=False), leg.all_units(with_locked=True)
    bound, bound_locked = questions.all + scenes.all, questions.locked + scenes.locked
    # Only where warnings make the way longer is it told how many sets they bar.
    longer = np.flatnonzero(whole.there & (whole.all > bound))
    tried = np.zeros(len(problem), dtype=object)
    tried[longer] = leg.number(longer, problem.missing[longer]).astype(object) * smallest.unwarned.number[longer]
    for row in range(len(problem)):
        yield Proof(
            level=problem.level,
            missing=int(problem.missing[row]),
            free=int(questions.free[row]) if questions.there[row] else None,
            locked=int(questions.locked[row]),
            best=int(best[row]),
            all_free=int(all_free[row]),
            all_steps=int(all_steps[row]),
            scenes=int(problem.scenes_missing[row]),
            binding=int(problem.binding_missing[row]),
            scene_steps=int(scenes.all[row]) if scenes.there[row] else None,
            scene_locked=int(scenes.locked[row]),
            bound=int(bound[row]),
            bound_locked=int(bound_locked[row]),
            tried=int(tried[row]),
            steps=int(whole.all[row]) if whole.there[row] else None,
            steps_locked=int(whole.locked[row]),
        )
