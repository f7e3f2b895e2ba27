"""The score, the scene levels, the level and the way to the next: int64 from ticks to level."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.standard.backends import Bools, Ints
from smebatch.standard.columns import GAPS
from smebatch.standard.model import Edition
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of

CHUNK = 65_536  # rows a thread scores at a time: memory stays flat
_THREADS = 4  # numpy lets them work side by side, and a system gives memory faster to several than to one


def score(answers: Answers) -> pd.DataFrame:
    """Score returns under their edition: 二 and 三.

    Index as the answers'. Columns, all int64 but the last: each question, each dimension and score_units in units
    (see scale_of); score_level 0…; for editions with scenes s01…, scenes_ge1…, binding_ge1… and scene_level; level;
    points_missing (units), scenes_missing and binding_missing to the next level, 0 at the top; blocked_by (str), which
    of score, scenes and binding keep it from the next level, joined by +, blank at the top.
    """
    first = _score_chunk(answers.part(0, CHUNK))
    columns = {name: np.empty(len(answers), values.dtype) for name, values in first.items()}

    def fill(start: int) -> None:
        scored = _score_chunk(answers.part(start, start + CHUNK)) if start else first
        for name, values in scored.items():
            columns[name][start : start + CHUNK] = values

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(fill, range(0, len(answers), CHUNK)))
    return pd.DataFrame(columns, index=answers.frame.index, copy=False)


def _score_chunk(answers: Answers) -> dict[str, npt.NDArray[Any]]:
    edition = answers.edition
    columns: dict[str, Ints] = question_units(answers)
    for dimension in edition.dimensions:
        members = [columns[q.id] for q in edition.questions if edition.indicator[q.indicator].dimension == dimension.id]
        columns[dimension.id] = _sum(members, len(answers))
    columns["score_units"] = _sum([columns[q.id] for q in edition.questions], len(answers))
    thresholds = np.array(scale_of(edition).thresholds, dtype=np.int64)
    # Thresholds rise strictly (the loader sees to it), so the level is how many are reached.
    columns["score_level"] = np.searchsorted(thresholds, columns["score_units"], side="right").astype(np.int64)
    columns["level"] = columns["score_level"]
    if edition.scenes:
        columns |= _scene_columns(answers)
        columns["level"] = np.minimum(columns["score_level"], columns["scene_level"])
    gap = _gap(edition, columns)
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
    edition = answers.edition
    levels = {scene.id: answers.scene_level(scene) for scene in edition.scenes}
    matrix = np.array(list(levels.values()), dtype=np.int8)  # a row a scene
    binding = matrix[[scene.binding for scene in edition.scenes]]
    columns = dict(levels)
    reached: list[Bools] = []
    for part, values in (("scenes", matrix), ("binding", binding)):
        for level in edition.levels:
            columns[f"{part}_ge{level.level}"] = (values >= level.level).sum(axis=0, dtype=np.int64)
    for level in edition.levels:
        scenes, bound = _required(edition, level.level)
        holds = (columns[f"scenes_ge{level.level}"] >= scenes) & (columns[f"binding_ge{level.level}"] >= bound)
        reached.append(holds)
    # Conditions rise with the level (the loader sees to it), so those that hold are an unbroken run from the first.
    columns["scene_level"] = np.sum(reached, axis=0, dtype=np.int64)
    return columns


def _required(edition: Edition, level: int) -> tuple[int, int]:
    row = edition.levels[level - 1]
    return (int(row.scenes.value), int(row.binding.value)) if row.scenes and row.binding else (0, 0)


def _gap(edition: Edition, columns: dict[str, Ints]) -> dict[str, Ints]:
    """What is missing to the next level, by the three conditions; 0 where met or at the top."""
    scale = scale_of(edition)
    top = len(edition.levels)
    current = columns["level"]
    gap = {name: np.zeros_like(current) for name in GAPS}
    for level in range(top):
        rows = current == level
        needs = {"points_missing": ("score_units", scale.thresholds[level])}
        if edition.scenes:
            scenes, bound = _required(edition, level + 1)
            needs["scenes_missing"] = (f"scenes_ge{level + 1}", scenes)
            needs["binding_missing"] = (f"binding_ge{level + 1}", bound)
        for name, (column, needed) in needs.items():
            gap[name][rows] = np.maximum(needed - columns[column][rows], 0)
    return gap


def _blocked_by(gap: dict[str, Ints]) -> npt.NDArray[np.object_]:
    names = ("score", "scenes", "binding")
    code = _sum([(missing > 0).astype(np.int64) << bit for bit, missing in enumerate(gap.values())], len(gap[GAPS[0]]))
    words = ["+".join(name for bit, name in enumerate(names) if combination >> bit & 1) for combination in range(8)]
    named: npt.NDArray[np.object_] = np.array(words, dtype=object)[code]
    return named
