"""Rules about completeness: which answers are required, and how questions and scenes must be ticked."""

from __future__ import annotations

from collections.abc import Iterator

from smebatch.assess.bases import excused
from smebatch.standard.answer_rule import AnswerRule, Described, expecting, finding
from smebatch.standard.backends import AnswerColumns, Bools
from smebatch.standard.keys import EXCUSED
from smebatch.standard.model import Edition, Figure, Question, Scene
from smebatch.standard.questions import type_of


def answering_rules(edition: Edition) -> Iterator[AnswerRule]:
    """Rules about required and expected answers, 单选 and 多选 (R4), and the levels and states of scenes (R8, R9)."""
    for field in edition.fields:
        if field.need != "optional":
            yield _blank_rule(f"{field.need}.missing", field.key, "")
    for question in edition.questions:
        for figure in question.figures:
            if figure.required:
                yield _figure_rule(question, figure)
        yield from _question_rules(edition, question)
    for scene in edition.scenes:
        yield from _scene_rules(edition, scene)


def _blank_rule(code: str, key: str, clause: str) -> AnswerRule:
    return AnswerRule(code, key, clause, (key,), lambda answers: ~answers.filled(key))


def _figure_rule(question: Question, figure: Figure) -> AnswerRule:
    """A required figure; it may stay blank where R7 lets its question stay unanswered."""
    if not question.base_year:
        return _blank_rule("required.missing", figure.key, question.clause)

    def blank(answers: AnswerColumns) -> Bools:
        return ~answers.filled(figure.key) & ~excused(answers)

    return AnswerRule("required.missing", figure.key, question.clause, (figure.key, EXCUSED), blank)


def _question_rules(edition: Edition, question: Question) -> Iterator[AnswerRule]:
    def unanswered(answers: AnswerColumns) -> Bools:
        blank: Bools = answers.count(question.ticks) == 0
        return blank & ~excused(answers) if question.base_year else blank

    inputs = (*question.ticks, EXCUSED) if question.base_year else question.ticks
    kind = type_of(question)
    what = kind.advice(edition, question)
    yield AnswerRule("question.unanswered", question.id, question.clause, inputs, unanswered, expecting(what))
    yield from kind.rules(question)


def _scene_rules(edition: Edition, scene: Scene) -> Iterator[AnswerRule]:
    state = f"{scene.id}_state"
    inputs = (*scene.ticks, state)
    states = "、".join((edition.header.not_reached, edition.header.not_applicable))
    yield AnswerRule(
        "scene.unanswered",
        scene.id,
        scene.clause,
        inputs,
        lambda answers: (answers.count(scene.ticks) == 0) & ~answers.filled(state),
        expecting(states),
    )

    def contradicts(answers: AnswerColumns) -> Bools:
        not_applicable = answers.says(state, edition.header.not_applicable)
        not_reached = answers.says(state, edition.header.not_reached)
        # 未达一级 with a tick above a gap is no contradiction: the scene's level is 0. The gap has its own warning.
        contradiction: Bools = (not_applicable & (answers.count(scene.ticks) > 0)) | (
            not_reached & answers.ticks(scene.ticks)[:, 0]
        )
        return contradiction

    yield AnswerRule(
        "scene.state_contradiction",
        scene.id,
        scene.clause,
        inputs,
        contradicts,
        lambda broken: finding(broken.shown(state)),
    )

    def gap(answers: AnswerColumns) -> Bools:
        return (answers.count(scene.ticks) > answers.scene_level(scene)) & ~contradicts(answers)

    def describe(broken: AnswerColumns) -> Described:
        ticked = broken.joined(scene.ticks, [level.name for level in edition.levels])
        return zip(ticked, map(edition.scene_level_name, broken.scene_level(scene).tolist()), strict=True)

    yield AnswerRule("scene.gap", scene.id, scene.clause, inputs, gap, describe)
