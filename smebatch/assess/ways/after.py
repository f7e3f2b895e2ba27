"""The answers of returns after their ways: which options and levels are ticked then."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.assess.ways.problem import barred, claimed_scenes
from smebatch.standard.backends import Bools, Ints
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition, Question


@cache
def deciding_keys(edition: Edition) -> tuple[list[str], list[str]]:
    """The keys of what decides ways: ticks, and states of scenes. The caller does not change the lists."""
    ticks = [name for name, key in keys_of(edition).items() if key.kind is Kind.TICK]
    return ticks, [f"{scene.id}_state" for scene in edition.scenes]


def deciding_answers(
    edition: Edition, form_ids: pd.Index, ticked: Bools, states: npt.NDArray[np.object_], unsure: dict[str, Bools]
) -> Answers:
    """Answers that hold what decides ways alone: ``ticked`` and ``states`` have a column for each of those keys.

    States are objects, for to make a frame of str of them takes several times as long.
    """
    ticks, named = deciding_keys(edition)
    frames = (pd.DataFrame(ticked, form_ids, ticks), pd.DataFrame(states, form_ids, named, dtype=object))
    return Answers(edition, pd.concat(frames, axis=1), unsure)


def after_ways(answers: Answers, questions: Ints, scenes: Ints) -> Answers:
    """The answers with the steps of a way taken, of what decides ways.

    ``questions`` and ``scenes``: the steps of each, shape (returns, questions) and (returns, scenes). Of a 多选 the
    earliest options are ticked that raise no warning of their links. A raised scene has exactly its levels ticked.
    """
    edition = answers.edition
    ticks, named = deciding_keys(edition)
    place = {tick: at for at, tick in enumerate(ticks)}
    ticked = answers.ticks(ticks).copy()
    states = answers.frame[named].to_numpy(dtype=object, copy=True)
    states[pd.isna(states)] = None
    for at, scene in enumerate(edition.scenes):
        raised = scenes[:, at] > 0
        level = answers.scene_level(scene) + scenes[:, at]
        for number, tick in enumerate(scene.ticks, 1):
            ticked[raised, place[tick]] = (level >= number)[raised]
        states[raised, at] = None
    unsure = dict(answers.unsure)
    with_scenes = deciding_answers(edition, answers.frame.index, ticked, states, unsure)
    for at, question in enumerate(edition.questions):
        steps = questions[:, at]
        if (steps > 0).any():
            raise_ticks = _raise_single if question.none is None else _raise_multiple
            raise_ticks(with_scenes, question, steps, ticked, [place[tick] for tick in question.ticks])
    return deciding_answers(edition, answers.frame.index, ticked, states, unsure)


def _raise_single(answers: Answers, question: Question, steps: Ints, ticked: Bools, places: Sequence[int]) -> None:
    raised, chosen = steps > 0, answers.chosen(question) + steps
    for number, at in enumerate(places, 1):
        ticked[raised, at] = (chosen == number)[raised]


def _raise_multiple(answers: Answers, question: Question, steps: Ints, ticked: Bools, places: Sequence[int]) -> None:
    left, scenes = steps.copy(), claimed_scenes(answers.edition, question)
    for number, (tick, at) in enumerate(zip(question.ticks, places, strict=True), 1):
        if number == question.none:
            ticked[steps > 0, at] = False
            continue
        free = ~ticked[:, at] & (left > 0)
        if scene := scenes.get(tick):
            free &= ~barred(answers, tick, scene)
        left -= free
        ticked[free, at] = True
