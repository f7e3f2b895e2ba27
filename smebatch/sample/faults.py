"""Faults that people make: each changes the answers of a consistent return in one way.

A fault returns new answers and leaves the given ones as they are. Where the edition has nothing that it could spoil,
the new answers are equal.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from smebatch.sample.energy import draw_amounts
from smebatch.standard.checks import CHECKS
from smebatch.standard.checks.check import Check, checks_of
from smebatch.standard.keys import keys_of
from smebatch.standard.model import Edition
from smebatch.standard.questions import QUESTION_TYPES
from smebatch.standard.questions.question_type import QuestionType
from smebatch.standard.sample_values import SampleAnswers
from smebatch.standard.uscc import check_character

Fault = Callable[[Edition, Random, SampleAnswers], SampleAnswers]


def _fault_of_question_type(kind: QuestionType) -> Fault:
    """The fault of answering a question of this type against its rule."""

    def fault(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
        of_type = [question for question in edition.questions if question.type == kind.name]
        breakable = [question for question in of_type if kind.can_break(question)] or of_type[:1]
        return kind.break_in(rng, rng.choice(breakable), answers) if breakable else dict(answers)

    fault.__name__ = kind.fault
    return fault


def _fault_of_check(kind: type[Check]) -> Fault:
    """The fault of breaking a check of this kind."""

    def fault(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
        breakable = [check for check in checks_of(edition) if type(check) is kind and check.can_break]
        return rng.choice(breakable).break_in(edition, answers) if breakable else dict(answers)

    fault.__name__ = kind.fault
    return fault


def missing_required(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """Leave a required field and a whole question blank."""
    field = rng.choice([f.key for f in edition.fields if f.need == "required" and f.key not in ("uscc", "name")])
    always_asked = [q for q in edition.questions if not q.base_year]
    ticks = rng.choice(always_asked).ticks if always_asked else ()
    return answers | dict.fromkeys((field, *ticks))


def missing_figure(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """Leave a required figure blank."""
    filled = [key for key, f in edition.figures.items() if f.required and answers.get(key) is not None]
    return answers | dict.fromkeys([rng.choice(filled)] if filled else [])


def unreadable_tick(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """Write 部分 where a tick belongs."""
    question = rng.choice([q for q in edition.questions if q.none] or [edition.questions[0]])
    return answers | {question.ticks[-1]: "部分"}


def vague_figure(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """Write 约 before a figure: what cannot be read surely is never guessed."""
    filled = [key for key in edition.figures if answers.get(key) is not None]
    return answers | ({(key := rng.choice(filled)): f"约{answers[key]}"} if filled else {})


def sum_with_unit(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """Write the unit behind a sum of money asked for in 万元: 3000万. It can be read surely, so nothing is wrong."""
    sums = [k for k, f in edition.figures.items() if f.unit.startswith("万元") and answers.get(k) is not None]
    return answers | ({(key := rng.choice(sums)): f"{answers[key]}万"} if sums else {})


def gap_in_scene(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """Tick a level of a scene and leave out the one below it (a warning: the tick above the gap does not count)."""
    graded = [s for s in edition.scenes if len(s.ticks) > 1]
    reached = [s for s in graded if answers.get(s.ticks[0]) and not answers.get(s.ticks[-2])]
    return answers | ({rng.choice(reached).ticks[-1]: True} if reached else {})


def contradicted_energy(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """Misplace the decimal point of an amount on 能耗折算, so that the amounts do not add up (a warning)."""
    amounts = draw_amounts(edition, rng, answers)
    if not amounts:
        return dict(answers)
    blank: SampleAnswers = {name: None for name, key in keys_of(edition).items() if key.unassessed}
    largest = max(amounts, key=amounts.__getitem__)
    return answers | blank | amounts | {largest: 10 * amounts[largest]}


def wrong_check_character(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:  # noqa: ARG001  # a Fault's signature
    """Mistype the last character of the credit code (a warning: such codes are issued)."""
    code = str(answers["uscc"])
    wrong = rng.choice([c for c in "0123456789" if c != check_character(code[:17])])
    return answers | {"uscc": code[:17] + wrong}


def short_code(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:  # noqa: ARG001  # a Fault's signature
    """Leave out one character of the credit code."""
    code = str(answers["uscc"])
    position = rng.randrange(2, 17)
    return answers | {"uscc": code[:position] + code[position + 1 :]}


def other_ticks(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:  # noqa: ARG001  # a Fault's signature
    """Tick in one's own way: ✓ ☑ 是 Y ■. It reads like √, so nothing is wrong."""
    mark = rng.choice("✓☑是Y■")
    return {key: mark if value is True else value for key, value in answers.items()}


def typed_figures(edition: Edition, rng: Random, answers: SampleAnswers) -> SampleAnswers:
    """Type figures as text, with separators or in full width: 1,200 and １２０. Readable, so nothing is wrong."""
    full_width = {ord(c): 0xFF10 + int(c) for c in "0123456789"} | {ord("."): 0xFF0E}
    changed: SampleAnswers = {}
    for key in edition.figures:
        value = answers.get(key)
        if value is not None and rng.random() < 0.6:
            changed[key] = f"{value:,}" if rng.random() < 0.5 else str(value).translate(full_width)
    return answers | changed


# What a correct program makes of these faults: an error, a warning, or nothing at all.
ERRORS: tuple[Fault, ...] = (
    _fault_of_question_type(QUESTION_TYPES["single"]),
    _fault_of_question_type(QUESTION_TYPES["multiple"]),
    _fault_of_check(CHECKS["interval"]),
    missing_required,
    missing_figure,
    unreadable_tick,
    vague_figure,
    short_code,
)
WARNINGS: tuple[Fault, ...] = (
    gap_in_scene,
    _fault_of_check(CHECKS["rare"]),
    wrong_check_character,
    contradicted_energy,
)
HARMLESS: tuple[Fault, ...] = (other_ticks, typed_figures, sum_with_unit)
FAULTS: dict[str, Fault] = {fault.__name__: fault for fault in (*ERRORS, *WARNINGS, *HARMLESS)}


def faults() -> dict[str, Fault]:
    """Every fault by its name: FAULTS, and those of kinds of questions and checks that have been added since."""
    of_types = {
        kind.fault: _fault_of_question_type(kind) for kind in QUESTION_TYPES.values() if kind.fault not in FAULTS
    }
    of_checks = {
        kind.fault: _fault_of_check(kind) for kind in CHECKS.values() if kind.fault and kind.fault not in FAULTS
    }
    return FAULTS | of_types | of_checks
