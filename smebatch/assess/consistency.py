"""Rules that hold one answer against another, built from the edition's checks; every comparison in whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import compress

import numpy as np
import numpy.typing as npt

from smebatch.assess.answers_frame import Answers, Bools, Ints
from smebatch.assess.bases import zero_base
from smebatch.assess.energy import contradicted
from smebatch.assess.rule import Described, Rule, expected, found, show_rate, shown, sound, ticked
from smebatch.assess.score import scene_level
from smebatch.standard.keys import titles_of
from smebatch.standard.model import Edition, Interval, LinkCount, Links, PartOfWhole, Rare, Trend, ZeroWhole

Exact = npt.NDArray[np.object_]  # Python integers: products of two figures do not fit into int64


def consistency_rules(edition: Edition) -> Iterator[Rule]:
    """One rule for each check of the edition; a business link has one of its own."""
    for check in edition.checks:
        match check:
            case PartOfWhole():
                yield _part_of_whole(edition, check)
            case ZeroWhole():
                yield _zero_whole(edition, check)
            case Interval():
                yield _interval(edition, check)
            case Trend():
                yield _trend(edition, check)
            case Rare():
                yield _rare(edition, check)
            case Links():
                yield from _links(edition, check)
            case LinkCount():
                yield _link_count(edition, check)


def _exceeds(answers: Answers, part: str, whole: str) -> Bools:
    return sound(answers, part, whole) & (answers.figure(part) > answers.figure(whole))


def _part_of_whole(edition: Edition, check: PartOfWhole) -> Rule:
    title = titles_of(edition)[check.whole]
    return Rule(
        "part.exceeds_whole",
        check.part,
        check.clause,
        (check.part, check.whole),
        lambda answers: _exceeds(answers, check.part, check.whole),
        lambda broken: (
            (part, f"{title} {whole}")
            for part, whole in zip(shown(broken, check.part), shown(broken, check.whole), strict=True)
        ),
    )


def _zero_whole(edition: Edition, check: ZeroWhole) -> Rule:
    parts = tuple(c.part for c in edition.checks if isinstance(c, PartOfWhole) and c.whole == check.whole)

    def zero(answers: Answers) -> Bools:
        broken: Bools = answers.filled(check.whole) & (answers.figure(check.whole) == 0)
        for part in parts:  # a part above a whole of 0 is reported as such
            broken &= ~_exceeds(answers, part, check.whole)
        return broken

    return Rule("whole.zero", check.whole, check.clause, (check.whole, *parts), zero)


def _interval_of(check: Interval, answers: Answers) -> Ints:
    """The option whose interval holds part ÷ whole, from 1; a whole of 0 counts as a rate of 0 (R10).

    Beyond the last bound the number is one too high. Right-closed: part × 100 ≤ bound × whole, in Python integers.
    """
    part, whole = _exact(answers, check.part), _exact(answers, check.whole)
    option = np.ones(len(answers), dtype=np.int64)
    for bound in check.upper.value:
        limit = Fraction(bound) / 100
        option += ((part * limit.denominator > limit.numerator * whole) & (whole > 0)).astype(np.int64)
    return option


def _exact(answers: Answers, key: str) -> Exact:
    return answers.figure(key).astype(object)


def _interval_broken(edition: Edition, check: Interval, answers: Answers) -> Bools:
    chosen = answers.chosen(edition.question[check.question])
    figures = (check.part, check.whole)
    judged = (chosen > 0) & sound(answers, *figures) & ~zero_base(answers, *figures)
    if not any(isinstance(c, ZeroWhole) and c.whole == check.whole for c in edition.checks):
        judged &= answers.figure(check.whole) > 0  # without a whole there is no rate
    whole_of = [c for c in edition.checks if isinstance(c, PartOfWhole) and c.part == check.part]
    for other in whole_of:  # so is a part above its whole
        judged &= ~_exceeds(answers, other.part, other.whole)
    judged &= _interval_of(check, answers) != chosen
    return judged


def _interval(edition: Edition, check: Interval) -> Rule:
    question = edition.question[check.question]

    bounds = [Fraction(bound) for bound in check.upper.value]

    def workings(broken: Answers) -> Iterator[str]:
        keys = (check.part, check.whole)
        figures = (broken.figure(key).tolist() for key in keys)
        for part, whole, part_shown, whole_shown in zip(*figures, *(shown(broken, key) for key in keys), strict=True):
            rate = Fraction(100 * part, whole) if whole else Fraction(0)
            yield f"{part_shown} ÷ {whole_shown} = {show_rate(rate, bounds)}%"

    return Rule(
        "interval.contradiction" if check.severity == "error" else "interval.unlikely",
        check.question,
        check.clause,
        (*question.ticks, check.part, check.whole),
        lambda answers: _interval_broken(edition, check, answers),
        lambda broken: zip(ticked(broken, question), workings(broken), strict=True),
    )


def _trend(edition: Edition, check: Trend) -> Rule:
    """R6: same means equal as reported, so last ÷ base and prior ÷ base are compared by cross-multiplying."""
    question = edition.question[check.question]
    figures = dict.fromkeys((*check.last, *check.prior))
    # −1, 0, 1 for down, same, up, by option.
    meaning = np.array([0, *({"down": -1, "same": 0, "up": 1}[o] for o in check.options)], dtype=np.int64)

    def broken(answers: Answers) -> Bools:
        chosen = answers.chosen(question)
        judged: Bools = (chosen > 0) & sound(answers, *figures) & ~zero_base(answers, *figures)
        if check.severity != "error":  # that figures are doubtful does not excuse an error
            judged &= ~contradicted(answers, *figures)
        for key in (*check.last[1:], *check.prior[1:]):
            judged &= answers.figure(key) > 0  # without a base there is no rate to compare
        last, prior = _exact(answers, check.last[0]), _exact(answers, check.prior[0])
        if len(check.last) > 1:
            last, prior = last * _exact(answers, check.prior[1]), prior * _exact(answers, check.last[1])
        direction = (last > prior).astype(np.int64) - (last < prior).astype(np.int64)
        judged &= direction != meaning[chosen]
        return judged

    def rates(broken: Answers, keys: tuple[str, ...]) -> list[Fraction]:
        return [Fraction(*figures) for figures in zip(*(broken.figure(key).tolist() for key in keys), strict=True)]

    def workings(broken: Answers, keys: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
        quotients = map(" ÷ ".join, zip(*(shown(broken, key) for key in keys), strict=True))
        if len(keys) == 1:
            return list(quotients)
        compared = zip(quotients, rates(broken, keys), rates(broken, others), strict=True)
        return [f"{quotient} = {show_rate(rate, [other])}" for quotient, rate, other in compared]

    def describe(broken: Answers) -> Described:
        last, prior = workings(broken, check.last, check.prior), workings(broken, check.prior, check.last)
        return zip(ticked(broken, question), map("，".join, zip(last, prior, strict=True)), strict=True)

    return Rule(
        "trend.contradiction" if check.severity == "error" else "trend.unlikely",
        check.question,
        check.clause,
        (*question.ticks, *figures),
        broken,
        describe,
    )


def _rare(edition: Edition, check: Rare) -> Rule:
    question = edition.question[check.question]
    intervals = [c for c in edition.checks if isinstance(c, Interval) and c.question == check.question]

    def broken(answers: Answers) -> Bools:
        rare: Bools = np.isin(answers.chosen(question), check.options)
        for interval in intervals:  # where the figures contradict the tick, that says it better
            rare &= ~_interval_broken(edition, interval, answers)
        return rare

    return Rule(
        "option.rare",
        check.question,
        check.clause,
        question.ticks,
        broken,
        lambda broken: found(ticked(broken, question), check.reason),
    )


def _answered(edition: Edition, scene: str, answers: Answers) -> Bools:
    """Where the scene's first level is ticked, or nothing is and the state says so; other answers have their issue."""
    ticks = edition.scene[scene].ticks
    said: Bools = (answers.count(ticks) == 0) & answers.filled(f"{scene}_state")
    return answers.ticks(ticks)[:, 0] | said


def _links(edition: Edition, check: Links) -> Iterator[Rule]:
    question = edition.question[check.question]
    for tick, scene in zip(question.ticks, check.scenes, strict=True):
        if scene:
            yield _link(edition, check, tick, scene)


def _link(edition: Edition, check: Links, tick: str, scene: str) -> Rule:
    spec = edition.scene[scene]

    def broken(answers: Answers) -> Bools:
        # The first level starts every run, so a scene has a level just where its first is ticked.
        return answers.ticks([tick])[:, 0] & ~answers.ticks(spec.ticks)[:, 0] & _answered(edition, scene, answers)

    inputs = (tick, *spec.ticks, f"{scene}_state")
    return Rule("links.scene", tick, check.clause, inputs, broken, expected(spec.name))


def _link_count(edition: Edition, check: LinkCount) -> Rule:
    """A coverage claimed against the links ticked elsewhere and the scenes that show it."""
    question, links = edition.question[check.question], edition.question[check.links]
    scenes = [
        scene
        for c in edition.checks
        if isinstance(c, Links) and c.question == check.links
        for scene in c.scenes
        if scene
    ]
    ranges = np.array([(0, len(links.options)), *check.ranges.value], dtype=np.int64)
    none = (links.none or 1) - 1

    def counts(answers: Answers) -> tuple[Ints, Ints, Ints, Ints]:
        """Links ticked, links whose scene uses information technology or does not apply, links managed by a system.

        Last the links whose scene has an issue of its own, and may use it once that is mended.
        """
        ticked = np.where(answers.ticks(links.ticks)[:, none], 0, answers.count(links.ticks))
        used, managed, unclear = np.zeros((3, len(answers)), dtype=np.int64)
        for scene in scenes:
            not_applicable = answers.says(f"{scene}_state", edition.header.not_applicable)
            level = scene_level(answers, edition.scene[scene])
            used += (level >= int(check.used.value)) | not_applicable
            managed += level >= int(check.managed.value)
            unclear += ~_answered(edition, scene, answers) & ~not_applicable
        return ticked, used, managed, unclear

    def judge(answers: Answers) -> tuple[Bools, Bools, Bools]:
        """Where too many links are ticked, too few used, and too many managed."""
        ticked, used, managed, unclear = counts(answers)
        chosen = answers.chosen(question)
        low, high = ranges[chosen].T
        claimed = chosen > 0
        few = claimed & bool(scenes) & (used + unclear < low)
        return claimed & (ticked > high), few, claimed & (managed > high)

    used, managed = (edition.level_name(int(level.value)) for level in (check.used, check.managed))

    def reasons(broken: Answers) -> Iterator[str]:
        numbers, holds = np.transpose(counts(broken)).tolist(), np.transpose(judge(broken)).tolist()
        for (n_ticked, n_used, n_managed, _), which in zip(numbers, holds, strict=True):
            texts = (
                f"题{links.number}勾选了 {n_ticked} 个环节",
                f"只有 {n_used} 个环节的场景达到{used}或不适用",
                f"有 {n_managed} 个环节的场景达到{managed}",
            )
            yield "，".join(compress(texts, which))

    inputs = (*question.ticks, *links.ticks, *(k for s in scenes for k in (*edition.scene[s].ticks, f"{s}_state")))
    return Rule(
        "links.count",
        check.question,
        check.clause,
        inputs,
        lambda answers: np.logical_or.reduce(judge(answers)),
        lambda broken: zip(ticked(broken, question), reasons(broken), strict=True),
    )
