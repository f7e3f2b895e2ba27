"""Rules about bases, the figures that questions divide by or compare with: 0, left out, or denied to exist."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from itertools import compress, repeat

import numpy as np

from smebatch.assess.energy import contradicted
from smebatch.standard.answer_rule import AnswerRule, Described
from smebatch.standard.backends import AnswerColumns, Bools
from smebatch.standard.checks.check import ZeroTells, checks_of
from smebatch.standard.keys import EXCUSED, keys_of
from smebatch.standard.model import Edition, Question


def base_rules(edition: Edition) -> Iterator[AnswerRule]:
    """Rules about a base of 0, a compared figure left blank or 0, and a year before that is denied and yet used."""
    for key, questions in divisors(edition).items():
        yield _zero_base_rule(edition, key, questions)
    for key, questions in _compared_optional_figures(edition).items():
        yield _missing_base_rule(edition, key, questions)
    for key, told in _zeros_that_decide(edition).items():
        yield _zero_decides_rule(edition, key, told)
    if questions := tuple(q for q in edition.questions if q.base_year):
        yield _denied_base_rule(edition, questions)


def excused(answers: AnswerColumns) -> Bools:
    """Where the enterprise declares that it has no year before to compare with (R7)."""
    return answers.says(EXCUSED, "是")


def zero_base(answers: AnswerColumns, *keys: str) -> Bools:
    """Where one of the figures is reported as a base of 0, so that other rules need not report its consequences."""
    reported: Bools = np.zeros(len(answers), dtype=bool)
    for key in keys:
        questions = divisors(answers.edition).get(key, ())
        zero = answers.filled(key) & (answers.figure(key) == 0)
        if questions and zero.any():
            answered = np.logical_or.reduce([answers.count(question.ticks) > 0 for question in questions])
            reported |= zero & answered & ~(excused(answers) & (key in _divisors_of_year_before(answers.edition)))
    return reported


@cache
def divisors(edition: Edition) -> dict[str, tuple[Question, ...]]:
    """The figures that questions divide by, each with these questions in the order of the form.

    Left out are figures for which the edition defines by a check what a 0 means (R10).
    """
    pairs = [(key, check.place) for check in checks_of(edition) for key in check.divisors(edition)]
    return _by_figure(edition, pairs)


def _compared_optional_figures(edition: Edition) -> dict[str, tuple[Question, ...]]:
    """The figures that may stay blank, with the questions that compare them."""
    compared = [(key, check.place) for check in checks_of(edition) for key in check.compared]
    return _by_figure(edition, [(key, question) for key, question in compared if not edition.figures[key].required])


def _by_figure(edition: Edition, pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[Question, ...]]:
    grouped: dict[str, set[str]] = {}
    for key, question in pairs:
        grouped.setdefault(key, set()).add(question)
    return {key: tuple(q for q in edition.questions if q.id in asked) for key, asked in grouped.items()}


@cache
def _divisors_of_year_before(edition: Edition) -> frozenset[str]:
    """The divisors of the year before."""
    return frozenset(key for check in checks_of(edition) for key in check.divisors_before)


def _zero_base_rule(edition: Edition, key: str, questions: tuple[Question, ...]) -> AnswerRule:
    before = key in _divisors_of_year_before(edition)
    inputs = (key, *_ticks(questions), *((EXCUSED,) if before else ()))
    clause = _clause_of_excuse(edition) if before else ""
    return AnswerRule(
        "base.zero_before" if before else "base.zero",
        key,
        clause or keys_of(edition)[key].clause,
        inputs,
        lambda answers: zero_base(answers, key),
        lambda broken: zip(broken.shown(key), _question_names(broken, questions, _answered), strict=True),
    )


def _missing_base_rule(edition: Edition, key: str, questions: tuple[Question, ...]) -> AnswerRule:
    """Only options that score need the figure: the first option scores nothing, so it needs no evidence."""

    def broken(answers: AnswerColumns) -> Bools:
        scored: Bools = np.logical_or.reduce([_scored(answers, question) for question in questions])
        return ~answers.filled(key) & scored & ~excused(answers)

    def describe(broken: AnswerColumns) -> Described:
        return zip(repeat(""), _question_names(broken, questions, _scored), strict=False)

    inputs = (key, *_ticks(questions), EXCUSED)
    return AnswerRule("base.missing", key, keys_of(edition)[key].clause, inputs, broken, describe)


def _zeros_that_decide(edition: Edition) -> dict[str, dict[Question, ZeroTells]]:
    """The figures whose 0 alone makes an option right that scores, by key, with the questions of these options.

    Figures that questions divide by are left out, because a 0 there is an error.
    """
    telling: dict[str, dict[Question, ZeroTells]] = {}
    for check in checks_of(edition):
        for tells in check.told_by_zero():
            if tells.figure not in divisors(edition):
                telling.setdefault(tells.figure, {})[edition.question[check.place]] = tells
    return telling


def _zero_decides_rule(edition: Edition, key: str, tells_by_question: dict[Question, ZeroTells]) -> AnswerRule:
    def made_true(answers: AnswerColumns, question: Question) -> Bools:
        _, other, option = tells_by_question[question]
        is_true: Bools = (answers.chosen(question) == option) & answers.sound(other) & (answers.figure(other) > 0)
        return is_true

    def broken(answers: AnswerColumns) -> Bools:
        zero: Bools = answers.filled(key) & (answers.figure(key) == 0) & ~excused(answers) & ~contradicted(answers, key)
        made: Bools = np.logical_or.reduce([made_true(answers, question) for question in tells_by_question])
        return zero & made

    return AnswerRule(
        "trend.zero",
        key,
        keys_of(edition)[key].clause,
        (key, EXCUSED, *_ticks(tells_by_question), *(tells.other for tells in tells_by_question.values())),
        broken,
        lambda broken: zip(broken.shown(key), _question_names(broken, tells_by_question, made_true), strict=True),
    )


def _denied_base_rule(edition: Edition, questions: tuple[Question, ...]) -> AnswerRule:
    return AnswerRule(
        "base.denied",
        EXCUSED,
        _clause_of_excuse(edition),
        (EXCUSED, *_ticks(questions)),
        lambda answers: excused(answers) & (answers.count(_ticks(questions)) > 0),
        lambda broken: zip(broken.shown(EXCUSED), _question_names(broken, questions, _answered), strict=True),
    )


def _ticks(questions: Iterable[Question]) -> tuple[str, ...]:
    return tuple(tick for question in questions for tick in question.ticks)


def _answered(answers: AnswerColumns, question: Question) -> Bools:
    answered: Bools = answers.count(question.ticks) > 0
    return answered


def _scored(answers: AnswerColumns, question: Question) -> Bools:
    scored: Bools = answers.chosen(question) > 1
    return scored


def _question_names(
    broken: AnswerColumns, questions: Collection[Question], condition: Callable[[AnswerColumns, Question], Bools]
) -> list[str]:
    """For each return, the names of the questions for which ``condition`` holds: 题12、题15."""
    names = [f"题{question.number}" for question in questions]
    holds = np.transpose([condition(broken, question) for question in questions]).tolist()
    return ["、".join(compress(names, row)) for row in holds]


def _clause_of_excuse(edition: Edition) -> str:
    """The clause and the id of the ruling about the declaration that there is no year before (R7); "" without one."""
    label = next(field.label for field in edition.fields if field.key == EXCUSED)
    return next((f"{ruling.clause}，{ruling.id}" for ruling in edition.rulings if label in ruling.choice), "")
