"""What a report asks of the ways up of many returns: how long they are, what warnings cost, what lifts alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.assess.score import score
from smebatch.assess.ways.alone import steps_alone
from smebatch.assess.ways.problem import Problem
from smebatch.assess.ways.smallest import Smallest, smallest_ways
from smebatch.assess.ways.solving import in_chunks_by_level, verify
from smebatch.assess.ways.ways import changes_text
from smebatch.standard.backends import Ints
from smebatch.standard.model import Edition

NEAR = 3  # steps: of ways so short it is told what they are


def lever_keys(edition: Edition) -> list[str]:
    """The keys of what one can decide to raise, in the order of the edition: questions, then scenes."""
    return [q.id for q in edition.questions if not q.locked] + [s.id for s in edition.scenes]


def upgrades_of(answers: Answers) -> pd.DataFrame:
    """What there is to say of the ways of returns without errors; index form_id, in their order.

    int64, all 0 at the highest level: to_level; steps of the smallest way, 0 where there is none; locked_steps among
    them; detour, how many steps fewer it had if no warning mattered; forced, 1 where it has locked steps for warnings
    alone; barred, 1 where warnings alone leave no way; and for each of ``lever_keys`` the fewest steps that reach the
    next level if nothing else is raised, 0 where none do. str: changes, the smallest way as ``export`` writes it where
    it has at most NEAR steps, else "".

    Raises RuntimeError as ``verify`` does.
    """
    numbers = ["to_level", "steps", "locked_steps", "detour", "forced", "barred", *lever_keys(answers.edition)]
    table = np.zeros((len(answers), len(numbers)), dtype=np.int64)
    changes = np.full(len(answers), "", dtype=object)
    for rows, (told, words) in in_chunks_by_level(answers, score(answers), _upgrades, counted=False):
        table[rows], changes[rows] = told, words
    index = answers.frame.index
    return pd.DataFrame(table, index, numbers).assign(changes=pd.Series(changes, index, dtype="str"))


def _upgrades(problem: Problem) -> tuple[Ints, npt.NDArray[np.object_]]:
    """The numbers that are told, a column each, and the changes of ways that are short enough."""
    smallest = smallest_ways(problem)
    way, questions, scenes = smallest.counts(), smallest.unwarned_questions(), smallest.unwarned_scenes()
    edition = problem.edition
    every = [q.id for q in edition.questions] + [s.id for s in edition.scenes]
    alone = dict(zip(every, steps_alone(problem).T, strict=True))
    told = (
        np.full(len(problem), problem.level),
        way.all,
        way.locked,
        np.where(way.there, np.maximum(way.all - questions.all - scenes.all, 0), 0),
        way.there & (way.locked > questions.locked + scenes.locked),
        ~way.there & questions.there & scenes.there,
        *(alone[key] for key in lever_keys(edition)),
    )
    changes = np.full(len(problem), "", dtype=object)
    near = np.flatnonzero(way.there & (way.all <= NEAR))
    changes[near] = _changes(problem, smallest, near, every)
    return np.column_stack(told), changes


def _changes(problem: Problem, smallest: Smallest, rows: Ints, keys: list[str]) -> list[str]:
    """The steps of one smallest way of each of these returns."""
    questions, scenes = smallest.one_of_each(rows)
    verify(problem, rows, questions, scenes)
    raised = np.concatenate([questions, scenes], axis=1).tolist()
    return [changes_text({key: n for key, n in zip(keys, each, strict=True) if n}) for each in raised]
