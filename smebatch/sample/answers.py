"""Makes up the answers of one return: plausible ones, which no check of the edition objects to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from smebatch.sample.energy import energy_amounts
from smebatch.sample.enterprise import draw_firm, enterprise_answers
from smebatch.sample.figures import Figures
from smebatch.sample.words import sample_words
from smebatch.standard.checks.check import checks_at, checks_of
from smebatch.standard.model import Edition, Question
from smebatch.standard.questions import type_of

# Of a hundred enterprises, how many lie in each fifth of the maturity scale.
_MATURITY_SPREAD = (25, 40, 25, 8, 2)
_NOT_APPLICABLE_SHARE = 0.04  # share of scenes that an enterprise has no business for
_NOTE_SHARE = 0.06  # share of notes filled in


def draw_maturity(rng: Random) -> float:
    """Draw the digital maturity of an enterprise, from 0 to 1; most lie in the second fifth."""
    (fifth,) = rng.choices(range(len(_MATURITY_SPREAD)), _MATURITY_SPREAD)
    return (fifth + rng.random()) / len(_MATURITY_SPREAD)


def make_answers(
    edition: Edition,
    rng: Random,
    *,
    serial: int = 1,
    maturity: float | None = None,
    district: int | None = None,
    progress: float = 0.0,
) -> dict[str, object]:
    """Make the answers of one consistent enterprise: key → True (ticked), text, number, date or None (blank).

    ``serial`` tells enterprises apart (it is part of the credit code); ``maturity`` from 0 to 1 and the number of the
    ``district`` are drawn when left out. ``progress``: how much more mature the same enterprise is in another round.
    Every option ticked agrees with the figures, the links and the scenes, so a sound reader finds neither an error nor
    a warning. Same edition, arguments and state of ``rng``: same answers.
    """
    maturity = draw_maturity(rng) if maturity is None else maturity
    firm = draw_firm(rng, maturity)
    answers = enterprise_answers(edition, rng, firm, serial=serial, maturity=maturity, district=district)
    maturity = min(max(maturity + progress, 0.0), 1.0)
    levels = _scene_levels(edition, rng, maturity)
    aims = {q.id: _aimed_steps(edition, q, rng, maturity) for q in edition.questions}
    figures = Figures(edition, rng, firm, aims.__getitem__)
    figures.draw_all()
    chosen = _choose_options(rng, Ticks(edition, levels, aims | figures.decided))

    unanswered = _questions_left_blank(edition, answers)
    compared = {key for check in checks_of(edition) for key in check.compared}
    for question in edition.questions:
        if question.id in unanswered:
            continue
        for figure in question.figures:
            # An optional figure is left blank at times, but not where it is the evidence for the option ticked.
            if figure.required or rng.random() < 0.8 or (figure.key in compared and chosen[question.id] != [0]):
                answers[figure.key] = figures.values[figure.key]
        for option in chosen[question.id]:
            answers[question.ticks[option]] = True
    for scene in edition.scenes:
        level = levels[scene.id]
        answers |= dict.fromkeys(scene.ticks[: max(level, 0)], True)
        if level <= 0:
            header = edition.header
            answers[f"{scene.id}_state"] = header.not_reached if level == 0 else header.not_applicable
    for row in (*(q.id for q in edition.questions), *(s.id for s in edition.scenes)):
        if rng.random() < _NOTE_SHARE:
            answers[f"{row}_note"] = rng.choice(sample_words().note)
    return answers | energy_amounts(edition, answers)


def _scene_levels(edition: Edition, rng: Random, maturity: float) -> dict[str, int]:
    """Level of each scene; −1 stands for 不适用."""
    top = len(edition.levels)
    mean = maturity * (top + 1) - 0.1 + rng.gauss(0, 0.4)
    return {
        s.id: -1 if rng.random() < _NOT_APPLICABLE_SHARE else min(max(round(rng.gauss(mean, 0.7)), 0), top)
        for s in edition.scenes
    }


def _aimed_steps(edition: Edition, question: Question, rng: Random, maturity: float) -> int:
    """How many steps above the first option an enterprise of this maturity reaches; options rarely true are avoided."""
    steps = type_of(question).most_steps(question)
    aim = min(max(round(rng.gauss(maturity * 1.08, 0.14) * steps), 0), steps)
    avoided = {option - 1 for check in checks_at(edition, question.id) for option in check.avoided_options}
    return next((i for i in range(aim, -1, -1) if i not in avoided), 0)


@dataclass(slots=True)
class Ticks:
    """The ticks of a made-up return, as checks use them (SampleTicks); options count from 0.

    ``levels``: the level of each scene, −1 for 不适用. ``aims``: the steps that each question should reach; where
    figures decide, the option that they make right. ``chosen``: the options ticked, by question.
    """

    edition: Edition
    levels: Mapping[str, int]
    aims: Mapping[str, int]
    chosen: dict[str, list[int]] = field(default_factory=dict)


def _choose_options(rng: Random, ticks: Ticks) -> dict[str, list[int]]:
    """Choose the options (from 0) to tick for each question, so that links, their count and the scenes agree."""
    for question in ticks.edition.questions:
        checks = checks_at(ticks.edition, question.id)
        options = [i for i in range(len(question.options)) if all(check.may_tick(ticks, i) for check in checks)]
        ticks.chosen[question.id] = type_of(question).draw(rng, question, ticks.aims[question.id], options)
    for check in checks_of(ticks.edition):
        check.settle(ticks)
    return ticks.chosen


def _questions_left_blank(edition: Edition, answers: dict[str, object]) -> set[str]:
    """The questions that the enterprise leaves blank because it has no year before to compare with (R7)."""
    yes = next((f.choices[0] for f in edition.fields if f.key == "no_base_year"), None)
    if yes is None or answers.get("no_base_year") != yes:
        return set()
    return {q.id for q in edition.questions if q.base_year}
