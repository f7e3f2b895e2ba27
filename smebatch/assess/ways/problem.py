"""What a way has to reach, what may be raised for it, and what the claimed business links ask of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.assess.validate import rules_of
from smebatch.assess.ways.fewest import NEVER
from smebatch.assess.ways.scene_leg import UNLIMITED, Raise, SceneLeg, make_raise
from smebatch.assess.ways.score_leg import ScoreLeg, Worth
from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.backends import Bools, Ints
from smebatch.standard.checks.check import checks_of
from smebatch.standard.checks.coupling import ClaimedCount, ClaimedScenes, Coupling
from smebatch.standard.checks.links import scene_answered
from smebatch.standard.model import Edition, Question
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of

_INT64 = 2**63


@cache
def couplings_of(edition: Edition) -> tuple[Coupling, ...]:
    """What the checks of an edition say of raising answers together."""
    return tuple(coupling for check in checks_of(edition) for coupling in check.couplings(edition))


@cache
def claimed_scenes(edition: Edition, question: Question) -> dict[str, str]:
    """The scene that each option of a 多选 claims, by its tick; options without one are left out."""
    claims = (c for c in couplings_of(edition) if isinstance(c, ClaimedScenes) and c.question == question.id)
    return {tick: scene for claim in claims for tick, scene in zip(question.ticks, claim.scenes, strict=True) if scene}


@cache
def warnings_of(edition: Edition) -> dict[tuple[str, str], AnswerRule]:
    """The rules, by code and key, that a way may not break anew: of claimed links, and of gaps in a scene (R9)."""
    rules = rules_of(edition, dt.date.max)
    return {(r.code, r.key): r for r in rules if r.code.startswith("links.") or r.code == "scene.gap"}


def barred(answers: Answers, tick: str, scene: str) -> Bools:
    """Where ticking an option would raise the warning that its scene has no level."""
    sure = answers.sure(*warnings_of(answers.edition)["links.scene", tick].inputs)
    no_level: Bools = answers.scene_level(answers.edition.scene[scene]) == 0
    return no_level & scene_answered(answers, scene) & sure


class Move(NamedTuple):
    """Steps in the questions that claim links, for all returns: ``steps`` by question.

    ``possible``: where they are left. ``cost``: of them. ``missing``: the units that the others must make up for.
    ``needs``: of scenes, shape (returns, needs): see SceneLeg.
    """

    steps: dict[int, int]
    possible: Bools
    cost: int
    missing: Ints
    needs: Ints


class StepCounts(NamedTuple):
    """How many steps are free and how many locked, 0 where there is no way; ``there``: where there is one."""

    free: Ints
    locked: Ints
    there: Bools

    @property
    def all(self) -> Ints:
        """Both together."""
        return self.free + self.locked


class Problem:
    """Returns of which all are to reach ``level``, the one above theirs.

    ``answers``: theirs. ``scores``: what ``score`` says of them. ``counted``: whether it is asked how many sets are as
    small, which takes twice as long. Arrays have one element, or one row, for each return; questions and scenes stand
    in the order of the edition.
    """

    def __init__(self, answers: Answers, scores: pd.DataFrame, level: int, *, counted: bool = True) -> None:
        self.answers, self.edition, self.level = answers, answers.edition, level
        edition = self.edition
        scale = scale_of(edition)
        self.missing: Ints = scores["points_missing"].to_numpy()
        self.units = [scale.step[q.id] for q in edition.questions]
        self.steps = _matrix([scores[q.id].to_numpy() // scale.step[q.id] for q in edition.questions], len(answers))
        most = np.array([type_of(q).most_steps(q) for q in edition.questions])
        answered = _flags([answers.count(q.ticks) > 0 for q in edition.questions], len(answers))
        self.left: Ints = (most - self.steps) * answered
        self.scene_levels = _matrix([scores[s.id].to_numpy() for s in edition.scenes], len(answers))
        self.locked_scenes = _flags(
            [answers.says(f"{s.id}_state", edition.header.not_applicable) for s in edition.scenes], len(answers)
        )
        self.locked_questions = np.array([bool(q.locked) for q in edition.questions])
        free = int(most[~self.locked_questions].sum()) + len(edition.scenes) * len(edition.levels)
        self.locked_cost = free + 1 + int(most.sum())
        """Of a locked step: more than all free steps, and than all steps at one each."""
        sets = max(prod(int(n) + 1 for n in most), (len(edition.levels) + 1) ** len(edition.scenes))
        self.dtype: type = np.int64 if sets < _INT64 else object  # numbers of sets of one leg
        self.scenes_missing: Ints = scores["scenes_missing"].to_numpy()
        self.binding_missing: Ints = scores["binding_missing"].to_numpy()
        place = {q.id: i for i, q in enumerate(edition.questions)}
        self._claims = [c for c in couplings_of(edition) if isinstance(c, ClaimedScenes)]
        self._counts = [c for c in couplings_of(edition) if isinstance(c, ClaimedCount)]
        linked = {place[c.question] for c in couplings_of(edition)} | {place[c.links] for c in self._counts}
        self.linked = sorted(linked)
        self._place = place
        self._scene_place = {s.id: i for i, s in enumerate(edition.scenes)}
        self._judge()
        self.others = [i for i in range(len(self.units)) if i not in self.linked]
        self.score_leg, self.whole_leg = self._leg_of(self.others), self._leg_of(range(len(self.units)))
        self.scene_leg = self._scene_leg(self.dtype if counted else None)

    def __len__(self) -> int:
        return len(self.answers)

    def counts(self, cost: Ints) -> StepCounts:
        """The steps that costs stand for."""
        there = cost < NEVER
        locked, free = np.divmod(np.where(there, cost, 0), self.locked_cost)
        return StepCounts(free, locked, there)

    # ------------------------------------------------------------------------------------------------- what is claimed

    def _judge(self) -> None:
        """Where the claims stand: what is ticked, and which scenes and links count for what."""
        answers, edition = self.answers, self.edition
        rules = warnings_of(edition)
        self._answered = _flags([scene_answered(answers, s.id) for s in edition.scenes], len(self))
        # Options of a claim that may be ticked as things are, and for each scene those that may once it has a level.
        self._ready: list[Ints] = []
        self._opened: list[Ints] = []
        for claim in self._claims:
            question = edition.question[claim.question]
            ready, opened = answers.zeros(), np.zeros((len(self), len(edition.scenes)), dtype=np.int64)
            scenes = claimed_scenes(edition, question)
            for number, tick in enumerate(question.ticks, 1):
                if number == question.none:
                    continue
                blank = ~answers.ticks([tick])[:, 0]
                if tick not in scenes:
                    ready += blank
                    continue
                if not blank.any():
                    continue
                waits = barred(answers, tick, scenes[tick])
                ready += blank & ~waits
                opened[:, self._scene_place[scenes[tick]]] += blank & waits
            self._ready.append(ready)
            self._opened.append(opened)
        # Of a count: where it binds, the option that is chosen now, and what is in use.
        self._binds: list[Bools] = []
        self._chosen: list[Ints] = []
        self._used: list[tuple[Ints, Ints, Ints]] = []
        for count in self._counts:
            rule, chosen = rules["links.count", count.question], answers.chosen(edition.question[count.question])
            self._binds.append(rule.kept_by(answers) & answers.sure(*rule.inputs) & (chosen > 0))
            self._chosen.append(chosen)
            self._used.append(self._in_use(count))

    def _members(self, count: ClaimedCount) -> Ints:
        """How often each scene stands among those of the links."""
        return np.array([count.scenes.count(s.id) for s in self.edition.scenes])

    # ------------------------------------------------------------------------------------------------------------ legs

    def _leg_of(self, questions: Sequence[int]) -> ScoreLeg:
        worths = [Worth(self.units[i], bool(self.locked_questions[i])) for i in questions]
        return ScoreLeg(self.left[:, np.array(questions, dtype=np.int64)], worths, self.locked_cost, self.dtype)

    def _targets(self) -> list[int]:
        """The levels to which it may be of use to raise a scene."""
        of_claims = {1 for _ in self._claims} | {count.used for count in self._counts}
        return sorted({self.level} | of_claims)

    def _scene_leg(self, dtype: type | None) -> SceneLeg:
        """Needs: scenes, binding scenes, options to tick by claim, links used by count; allowances: links managed."""
        n_needs = 2 + len(self._claims) + len(self._counts)
        raises: list[list[Raise]] = []
        targets, members = self._targets(), [self._members(count).tolist() for count in self._counts]
        for at, scene in enumerate(self.edition.scenes):
            now, locked = self.scene_levels[:, at], self.locked_scenes[:, at]
            unclear = ~self._answered[:, at] & ~locked
            of_scene = []
            for target in targets:
                crosses = now < target
                possible = crosses.copy()
                effects = np.zeros((len(self), n_needs + len(self._counts)), dtype=np.int64)
                effects[:, 0] = crosses if target >= self.level else 0
                effects[:, 0] &= now < self.level
                effects[:, 1] = effects[:, 0] * scene.binding
                for number, opened in enumerate(self._opened):
                    effects[:, 2 + number] = opened[:, at]
                for number, count in enumerate(self._counts):
                    times = members[number][at]
                    becomes_used = (now < count.used) & (target >= count.used) & ~locked & ~unclear
                    effects[:, 2 + len(self._claims) + number] = becomes_used * times
                    becomes_managed = (now < count.managed) & (target >= count.managed)
                    effects[:, n_needs + number] = becomes_managed * times
                    # What is not answered rightly counts for a use; raised below one it would count no more.
                    possible &= ~(unclear & (target < count.used) & (times > 0))
                steps = target - now
                cost = np.where(possible, steps * np.where(locked, self.locked_cost, 1), NEVER)
                of_scene.append(make_raise(steps, cost, effects))
            raises.append(of_scene)
        return SceneLeg(raises, (False,) * n_needs + (True,) * len(self._counts), dtype)

    # ----------------------------------------------------------------------------------------------------------- moves

    def choices(self) -> Iterator[dict[int, int]]:
        """Every choice of steps in the questions that claim links, by question, the fewest first."""
        most = [int(self.left[:, i].max(initial=0)) for i in self.linked]
        for steps in sorted(product(*(range(n + 1) for n in most)), key=lambda steps: (sum(steps), steps)):
            yield dict(zip(self.linked, steps, strict=True))

    def move(self, steps: dict[int, int]) -> Move:
        """What a choice costs, and what it leaves to be done."""
        possible = np.ones(len(self), dtype=bool)
        cost, gained = 0, 0
        for at, n in steps.items():
            possible &= self.left[:, at] >= n
            cost += n * (self.locked_cost if self.locked_questions[at] else 1)
            gained += n * self.units[at]
        missing = np.maximum(self.missing - gained, 0)
        needs = [self.scenes_missing, self.binding_missing]
        for claim, ready in zip(self._claims, self._ready, strict=True):
            needs.append(steps[self._place[claim.question]] - ready)
        allowances = []
        for count, binds, chosen, in_use in zip(self._counts, self._binds, self._chosen, self._used, strict=True):
            ranges = np.array([(0, 0), *count.ranges])
            low, high = ranges[np.minimum(chosen + steps[self._place[count.question]], len(count.ranges))].T
            ticked = self.steps[:, self._place[count.links]] + steps[self._place[count.links]]
            possible &= ~binds | (ticked <= high)
            used, managed, may_become = in_use
            needs.append(np.where(binds, low - used, 0))
            allowance = np.where(binds, high - managed, UNLIMITED)
            allowances.append(np.where(allowance >= may_become, UNLIMITED, allowance))
            possible &= allowances[-1] >= 0
        return Move(steps, possible, cost, missing, np.maximum(np.array([*needs, *allowances]).T, 0))

    def _in_use(self, count: ClaimedCount) -> tuple[Ints, Ints, Ints]:
        """Links used, or not answered rightly; links managed; links that raised scenes may add to these."""
        members = self._members(count)
        unclear = ~self._answered & ~self.locked_scenes
        used = ((self.scene_levels >= count.used) | self.locked_scenes | unclear) @ members
        managed = (self.scene_levels >= count.managed) @ members
        raisable = (max(self._targets()) >= count.managed) & (self.scene_levels < count.managed)
        return used, managed, np.asarray(raisable @ members)


def _matrix(columns: list[Ints], rows: int) -> Ints:
    """The columns side by side: shape (rows, columns)."""
    return np.array(columns).T if columns else np.zeros((rows, 0), dtype=np.int64)


def _flags(columns: list[Bools], rows: int) -> Bools:
    """The columns side by side: shape (rows, columns)."""
    return np.array(columns).T if columns else np.zeros((rows, 0), dtype=bool)
