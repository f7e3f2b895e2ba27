"""The steps by which a score is computed, from the ticks to the level, for a person to follow (二, 三)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from smebatch.standard.model import Dimension, Edition, Level, Question, Scene
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of

Condition = Literal["score", "scenes", "binding"]


class QuestionWorking(NamedTuple):
    """What one question is worth: full marks × ``steps``/``steps_of_full`` × ``weights`` = ``units``.

    ``ticked``: the numbers of the options that are ticked, from 1. ``weights``: those of the first-level indicator, the
    second-level indicator and the question, in percent. ``units``: see standard.score_units.Scale.
    """

    question: Question
    ticked: tuple[int, ...]
    steps: int
    steps_of_full: int
    weights: tuple[Decimal, ...]
    units: int


class DimensionWorking(NamedTuple):
    """What the questions of a first-level indicator are worth together, in units."""

    dimension: Dimension
    units: int


class SceneWorking(NamedTuple):
    """The level that a scene has reached; 0 is none."""

    scene: Scene
    level: int


class ConditionWorking(NamedTuple):
    """One condition of a level: ``needs`` points or scenes; ``has`` units of score or a number of scenes."""

    level: Level
    condition: Condition
    needs: Decimal
    has: int


class NextLevel(NamedTuple):
    """What is missing to the next level: units of score, scenes at that level, binding scenes among them."""

    level: int
    units: int
    scenes: int
    binding: int


@dataclass(frozen=True)
class Working:
    """The working of one score. ``scenes`` is empty where the edition has none; ``next`` is None at the top level."""

    questions: tuple[QuestionWorking, ...]
    dimensions: tuple[DimensionWorking, ...]
    scenes: tuple[SceneWorking, ...]
    conditions: tuple[ConditionWorking, ...]
    units: int
    level: int
    next: NextLevel | None


def working_of(edition: Edition, ticks: Mapping[str, object], scores: Mapping[str, int]) -> Working:
    """The working of one score.

    ``ticks``: one row of Answers.frame: whether each tick, by key, is set. ``scores``: the int64 columns of one row of
    score().
    """
    scale = scale_of(edition)
    return Working(
        questions=tuple(
            QuestionWorking(
                question=question,
                ticked=tuple(number for number, key in enumerate(question.ticks, 1) if ticks[key]),
                steps=scores[question.id] // scale.step[question.id],
                steps_of_full=type_of(question).most_steps(question),
                weights=tuple(part.weight.value for part in edition.question_path(question)),
                units=scores[question.id],
            )
            for question in edition.questions
        ),
        dimensions=tuple(DimensionWorking(dimension, scores[dimension.id]) for dimension in edition.dimensions),
        scenes=tuple(SceneWorking(scene, scores[scene.id]) for scene in edition.scenes),
        conditions=tuple(_conditions(edition, scores)),
        units=scores["score_units"],
        level=scores["level"],
        next=_next_level(edition, scores),
    )


def _conditions(edition: Edition, scores: Mapping[str, int]) -> Iterator[ConditionWorking]:
    for level in edition.levels:
        yield ConditionWorking(level, "score", level.score.value, scores["score_units"])
        if level.scenes and level.binding:
            yield ConditionWorking(level, "scenes", level.scenes.value, scores[f"scenes_ge{level.level}"])
            yield ConditionWorking(level, "binding", level.binding.value, scores[f"binding_ge{level.level}"])


def _next_level(edition: Edition, scores: Mapping[str, int]) -> NextLevel | None:
    if scores["level"] == len(edition.levels):
        return None
    missing = (scores["points_missing"], scores["scenes_missing"], scores["binding_missing"])
    return NextLevel(scores["level"] + 1, *missing)
