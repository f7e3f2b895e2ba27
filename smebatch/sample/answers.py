"""One made-up return as answers: plausible, and free of contradictions for every check of its edition."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from smebatch.sample.energy import energy_amounts
from smebatch.sample.enterprise import draw_firm, enterprise_answers
from smebatch.sample.figures import Figures
from smebatch.sample.words import words
from smebatch.standard.model import Edition, LinkCount, Links, Question, Rare, Trend

# Of a hundred enterprises, how many lie in each fifth of the maturity scale.
_SPREAD = (25, 40, 25, 8, 2)
_NOT_APPLICABLE = 0.04  # share of scenes that an enterprise has no business for
_NOTE = 0.06  # share of notes filled in


def draw_maturity(rng: Random) -> float:
    """Draw how far an enterprise has come, from 0 to 1; most stand in the second fifth."""
    (fifth,) = rng.choices(range(len(_SPREAD)), _SPREAD)
    return (fifth + rng.random()) / len(_SPREAD)


def make_answers(
    edition: Edition, rng: Random, *, serial: int = 1, maturity: float | None = None, district: int | None = None
) -> dict[str, object]:
    """Make the answers of one consistent enterprise: key → True (ticked), text, number, date or None (blank).

    ``serial`` tells enterprises apart (it is part of the credit code); ``maturity`` from 0 to 1 and the number of the
    ``district`` are drawn when left out. Every option ticked agrees with the figures, the links and the scenes, so a
    sound reader finds neither an error nor a warning. Same edition, arguments and state of ``rng``: same answers.
    """
    maturity = draw_maturity(rng) if maturity is None else maturity
    firm = draw_firm(rng, maturity)
    answers = enterprise_answers(edition, rng, firm, serial=serial, maturity=maturity, district=district)
    scenes = _scene_levels(edition, rng, maturity)
    aims = {q.id: _aim(edition, q, rng, maturity) for q in edition.questions}
    figures = Figures(edition, rng, firm, aims.__getitem__)
    figures.draw_all()
    chosen = _chosen(edition, rng, aims | figures.decided, scenes)

    unanswered = _young(edition, answers)
    shown = {key for c in edition.checks if isinstance(c, Trend) for key in (*c.last, *c.prior)}
    for question in edition.questions:
        if question.id in unanswered:
            continue
        for figure in question.figures:
            # What may be left out is not where it shows what is claimed.
            if figure.required or rng.random() < 0.8 or (figure.key in shown and chosen[question.id] != [0]):
                answers[figure.key] = figures.values[figure.key]
        for option in chosen[question.id]:
            answers[question.ticks[option]] = True
    for scene in edition.scenes:
        level = scenes[scene.id]
        answers |= dict.fromkeys(scene.ticks[: max(level, 0)], True)
        if level <= 0:
            header = edition.header
            answers[f"{scene.id}_state"] = header.not_reached if level == 0 else header.not_applicable
    for row in (*(q.id for q in edition.questions), *(s.id for s in edition.scenes)):
        if rng.random() < _NOTE:
            answers[f"{row}_note"] = rng.choice(words().note)
    return answers | energy_amounts(edition, answers)


def _scene_levels(edition: Edition, rng: Random, maturity: float) -> dict[str, int]:
    """Level of each scene; −1 stands for 不适用."""
    top = len(edition.levels)
    mean = maturity * (top + 1) - 0.1 + rng.gauss(0, 0.4)
    return {
        s.id: -1 if rng.random() < _NOT_APPLICABLE else min(max(round(rng.gauss(mean, 0.7)), 0), top)
        for s in edition.scenes
    }


def _aim(edition: Edition, question: Question, rng: Random, maturity: float) -> int:
    """Steps above the first option that an enterprise so mature would claim; options rarely true are left alone."""
    steps = len(question.options) - 1
    aim = min(max(round(rng.gauss(maturity * 1.08, 0.14) * steps), 0), steps)
    rare = {o - 1 for c in edition.checks if isinstance(c, Rare) and c.question == question.id for o in c.options}
    return next((i for i in range(aim, -1, -1) if i not in rare), 0)


def _chosen(edition: Edition, rng: Random, aims: dict[str, int], scenes: dict[str, int]) -> dict[str, list[int]]:
    """The options ticked for each question, from 0, such that links, their count and the scenes agree."""
    links = {c.question: c for c in edition.checks if isinstance(c, Links)}
    chosen: dict[str, list[int]] = {}
    for question in edition.questions:
        if question.type == "single":
            chosen[question.id] = [aims[question.id]]
            continue
        options = [i for i in range(len(question.options)) if question.none != i + 1]
        if question.id in links:
            options = [i for i in options if scenes.get(links[question.id].scenes[i], 1) >= 1]
        picked = sorted(rng.sample(options, min(aims[question.id], len(options))))
        chosen[question.id] = picked or [(question.none or 1) - 1]
    for check in edition.checks:
        if isinstance(check, LinkCount):
            none = (edition.question[check.links].none or 0) - 1
            ticked = [i for i in chosen[check.links] if i != none]
            linked = [scenes[s] for s in links[check.links].scenes if s] if check.links in links else []
            chosen[check.question] = [_coverage(check, len(ticked), linked, aims[check.question])]
    return chosen


def _coverage(check: LinkCount, ticked: int, linked: Sequence[int], aim: int) -> int:
    """The option nearest to ``aim`` whose range holds the links ticked and fits the scenes' levels."""
    least = max(ticked, sum(level >= check.managed.value for level in linked))
    most = sum(level >= check.used.value or level < 0 for level in linked) if linked else least
    fitting = [i for i, (low, high) in enumerate(check.ranges.value) if high >= least and low <= most]
    return min(fitting or range(len(check.ranges.value)), key=lambda i: abs(i - aim))


def _young(edition: Edition, answers: dict[str, object]) -> set[str]:
    """Questions that need a year an enterprise without a base year does not have; it leaves them blank."""
    yes = next((f.choices[0] for f in edition.fields if f.key == "no_base_year"), None)
    if yes is None or answers.get("no_base_year") != yes:
        return set()
    return {q.id for q in edition.questions if q.base_year}
