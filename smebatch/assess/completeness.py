"""Rules about answering: what must be filled in, and how questions and scenes are ticked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from smebatch.assess.answers_frame import Answers, Bools
from smebatch.assess.bases import excused
from smebatch.assess.rule import Described, Rule, expected, found, joined, shown
from smebatch.assess.score import scene_level
from smebatch.standard.advice import advice
from smebatch.standard.keys import EXCUSED
from smebatch.standard.model import Edition, Figure, Question, Scene


def answering_rules(edition: Edition) -> Iterator[Rule]:
    """Required and expected answers, one option of a 单选, 无 with others (R4), scenes (R8, R9)."""
    for field in edition.fields:
        if field.need != "optional":
            yield _filled(f"{field.need}.missing", field.key, "")
    for question in edition.questions:
        for figure in question.figures:
            if figure.required:
                yield _figure(question, figure)
        yield from _ticking(edition, question)
    for scene in edition.scenes:
        yield from _scene_rules(edition, scene)


def _filled(code: str, key: str, clause: str) -> Rule:
    return Rule(code, key, clause, (key,), lambda answers: ~answers.filled(key))


def _figure(question: Question, figure: Figure) -> Rule:
    """A figure may stay blank where R7 lets its question stay unanswered; answering it is an issue of its own."""
    if not question.base_year:
        return _filled("required.missing", figure.key, question.clause)

    def blank(answers: Answers) -> Bools:
        return ~answers.filled(figure.key) & ~excused(answers)

    return Rule("required.missing", figure.key, question.clause, (figure.key, EXCUSED), blank)


def _ticking(edition: Edition, question: Question) -> Iterator[Rule]:
    def unanswered(answers: Answers) -> Bools:
        blank: Bools = answers.count(question.ticks) == 0
        return blank & ~excused(answers) if question.base_year else blank

    inputs = (*question.ticks, EXCUSED) if question.base_year else question.ticks
    what = advice(edition, question)
    yield Rule("question.unanswered", question.id, question.clause, inputs, unanswered, expected(what))
    if question.none is None:
        yield Rule(
            "single.many",
            question.id,
            question.clause,
            question.ticks,
            lambda answers: answers.count(question.ticks) > 1,
            lambda broken: found(map(str, broken.count(question.ticks).tolist())),
        )
    else:
        position = question.none - 1

        def both(answers: Answers) -> Bools:
            contradiction: Bools = answers.ticks(question.ticks)[:, position] & (answers.count(question.ticks) > 1)
            return contradiction

        name = question.options[position]
        yield Rule(
            "multiple.none_with_others",
            question.id,
            question.clause,
            question.ticks,
            both,
            lambda broken: found(repeat(name, len(broken))),
        )


def _scene_rules(edition: Edition, scene: Scene) -> Iterator[Rule]:
    state = f"{scene.id}_state"
    inputs = (*scene.ticks, state)
    states = "、".join((edition.header.not_reached, edition.header.not_applicable))
    yield Rule(
        "scene.unanswered",
        scene.id,
        scene.clause,
        inputs,
        lambda answers: (answers.count(scene.ticks) == 0) & ~answers.filled(state),
        expected(states),
    )

    def contradicts(answers: Answers) -> Bools:
        not_applicable = answers.says(state, edition.header.not_applicable)
        not_reached = answers.says(state, edition.header.not_reached)
        # 未达一级 beside a tick above a gap is true: the scene's level is 0. The gap has its own warning.
        contradiction: Bools = (not_applicable & (answers.count(scene.ticks) > 0)) | (
            not_reached & answers.ticks(scene.ticks)[:, 0]
        )
        return contradiction

    yield Rule(
        "scene.state_contradiction",
        scene.id,
        scene.clause,
        inputs,
        contradicts,
        lambda broken: found(shown(broken, state)),
    )

    def gap(answers: Answers) -> Bools:
        return (answers.count(scene.ticks) > scene_level(answers, scene)) & ~contradicts(answers)

    def describe(broken: Answers) -> Described:
        ticked = joined(broken, scene.ticks, [level.name for level in edition.levels])
        return zip(ticked, map(edition.scene_level_name, scene_level(broken, scene).tolist()), strict=True)

    yield Rule("scene.gap", scene.id, scene.clause, inputs, gap, describe)
