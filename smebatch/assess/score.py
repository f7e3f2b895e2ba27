"""Scoring: from ticks to the score, the scene levels, the level and what is missing to the next; exact, in int64."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.assess.score_columns import GAPS, scenes_at_least, score_columns
from smebatch.standard.backends import Bools, Ints
from smebatch.standard.model import Edition
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of

CHUNK = 65_536  # rows that a thread scores at a time, so that memory stays flat
_THREADS = 4  # numpy works in several threads at once, and a system gives memory faster to several than to one
_DTYPES = {"int64": np.dtype(np.int64), "str": np.dtype(object)}  # of the arrays that a frame is made from


def score(answers: Answers) -> pd.DataFrame:
    """Score returns under their edition: 二 and 三 of the standard.

    The index is that of the answers, form_id. The columns are those of ``score_columns``, in that order: int64, but for
    blocked_by, which is str. Scores are in units (see ``scale_of``), levels count from 0 for none.
    """
    if len(answers) <= CHUNK:
        scored = _score_chunk(answers)
        columns = {column.name: scored[column.name] for column in score_columns(answers.edition)}
        return pd.DataFrame(columns, index=answers.frame.index, copy=False)
    first = _score_chunk(answers.part(0, CHUNK))
    columns = {c.name: np.empty(len(answers), _DTYPES[c.dtype]) for c in score_columns(answers.edition)}

    def fill(start: int) -> None:
        scored = _score_chunk(answers.part(start, start + CHUNK)) if start else first
        for name, column in columns.items():
            column[start : start + CHUNK] = scored[name]

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(fill, range(0, len(answers), CHUNK)))
    return pd.DataFrame(columns, index=answers.frame.index, copy=False)


def _score_chunk(answers: Answers) -> dict[str, npt.NDArray[Any]]:
    """The columns of some returns, by name."""
    edition = answers.edition
    columns: dict[str, Ints] = question_units(answers)
    for dimension in edition.dimensions:
        members = [columns[q.id] for q in edition.questions if edition.indicator[q.indicator].dimension == dimension.id]
        columns[dimension.id] = _sum(members, len(answers))
    columns["score_units"] = _sum([columns[q.id] for q in edition.questions], len(answers))
    thresholds = np.array(scale_of(edition).thresholds, dtype=np.int64)
    # Thresholds rise strictly (the loader checks that), so the level is the number of thresholds reached.
    columns["score_level"] = np.searchsorted(thresholds, columns["score_units"], side="right").astype(np.int64)
    columns["level"] = columns["score_level"]
    if edition.scenes:
        columns |= _scene_columns(answers)
        columns["level"] = np.minimum(columns["score_level"], columns["scene_level"])
    gap = _missing_to_next_level(edition, columns)
    return {**columns, **gap, "blocked_by": _blocked_by(gap)}


def _sum(columns: list[Ints], rows: int) -> Ints:
    total = np.zeros(rows, dtype=np.int64)
    for column in columns:
        total += column
    return total


def question_units(answers: Answers) -> dict[str, Ints]:
    """Units of each question: 三(一) 评分逻辑1."""
    scale = scale_of(answers.edition)
    return {q.id: type_of(q).steps(answers, q) * scale.step[q.id] for q in answers.edition.questions}


def _scene_columns(answers: Answers) -> dict[str, Ints]:
    """The level of each scene, how many reach each level, and the level that the scenes allow: 二 and 三(二)."""
    edition = answers.edition
    levels = {scene.id: answers.scene_level(scene) for scene in edition.scenes}
    matrix = np.array(list(levels.values()), dtype=np.int8)  # a row a scene
    binding = matrix[[scene.binding for scene in edition.scenes]]
    columns = dict(levels)
    reached: list[Bools] = []
    for part, values in (("scenes", matrix), ("binding", binding)):
        for level in edition.levels:
            columns[scenes_at_least(part, level.level)] = (values >= level.level).sum(axis=0, dtype=np.int64)
    for level in edition.levels:
        scenes, bound = scenes_required(edition, level.level)
        enough = columns[scenes_at_least("scenes", level.level)] >= scenes
        reached.append(enough & (columns[scenes_at_least("binding", level.level)] >= bound))
    # Conditions rise with the level (the loader checks that), so those that hold are an unbroken run from the first.
    columns["scene_level"] = np.sum(reached, axis=0, dtype=np.int64)
    return columns


def scenes_required(edition: Edition, level: int) -> tuple[int, int]:
    """How many scenes a level asks for, and how many binding ones: 二."""
    row = edition.levels[level - 1]
    return (int(row.scenes.value), int(row.binding.value)) if row.scenes and row.binding else (0, 0)


def _missing_to_next_level(edition: Edition, columns: dict[str, Ints]) -> dict[str, Ints]:
    """What is missing to the next level under each of its three conditions; 0 where one is met, and at the top."""
    scale = scale_of(edition)
    top = len(edition.levels)
    current = columns["level"]
    gap = {name: np.zeros_like(current) for name in GAPS}
    for level in range(top):
        rows = current == level
        needs = {"points_missing": ("score_units", scale.thresholds[level])}
        if edition.scenes:
            scenes, bound = scenes_required(edition, level + 1)
            needs["scenes_missing"] = (scenes_at_least("scenes", level + 1), scenes)
            needs["binding_missing"] = (scenes_at_least("binding", level + 1), bound)
        for name, (column, needed) in needs.items():
            gap[name][rows] = np.maximum(needed - columns[column][rows], 0)
    return gap


def _blocked_by(gap: dict[str, Ints]) -> npt.NDArray[np.object_]:
    """The names of the conditions that are not met, joined by +."""
    names = ("score", "scenes", "binding")
    code = _sum([(missing > 0).astype(np.int64) << bit for bit, missing in enumerate(gap.values())], len(gap[GAPS[0]]))
    words = ["+".join(name for bit, name in enumerate(names) if combination >> bit & 1) for combination in range(8)]
    named: npt.NDArray[np.object_] = np.array(words, dtype=object)[code]
    return named
