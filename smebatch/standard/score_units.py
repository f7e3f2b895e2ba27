"""The integer scale of an edition: how many units make a point, and how many units each tick is worth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import lcm

from smebatch.common.rounding import divide_half_up
from smebatch.standard.model import Edition
from smebatch.standard.questions import type_of

MOST_RETURNS = 4_000_000  # whose units a report may add up; a province has fewer than a million
_INT64 = 2**63 - 1
_SPREADSHEET = 10**15 - 1  # the most that Excel reads digit by digit where a formula names it


@dataclass(frozen=True, slots=True)
class Scale:
    """Scores as integers: ``units_per_point`` is the smallest number that makes the worth of every tick whole.

    ``full``: the full marks, in units. ``step``: units of one step of each question; its type defines what a step is.
    ``thresholds``: the units that each level asks for, from level 1.
    """

    units_per_point: int
    full: int
    step: dict[str, int]
    thresholds: tuple[int, ...]

    def fits(self) -> bool:
        """Whether no computation with these units overflows.

        In int64: the sums of a report, and 200 times the units, which rounding to hundredths of a point forms. In the
        formulas of the form: 100 times the units, in the 15 digits of Excel.
        """
        most = max(self.full, self.units_per_point)
        return max(MOST_RETURNS * most, 200 * self.full + most) <= _INT64 and 100 * most <= _SPREADSHEET

    def points(self, units: int, decimals: int = 2) -> str:
        """Units as points with two or more decimals, halves rounded up (四舍五入), for display only.

        >>> scale = Scale(56, 5600, {}, ())
        >>> scale.points(7), scale.points(7, 3), scale.points(4480)
        ('0.13', '0.125', '80.00')
        """
        whole, part = divmod(divide_half_up(10**decimals * units, self.units_per_point), 10**decimals)
        return f"{whole}.{part:0{decimals}d}"


@cache
def scale_of(edition: Edition) -> Scale:
    """The scale of an edition: 三(一) 评分逻辑 as integers.

    A step of a question is worth full marks × the three weights ÷ the steps it has at most.

    >>> from smebatch.standard.loader import load_edition
    >>> scale = scale_of(load_edition("2024"))
    >>> scale.units_per_point, scale.full, scale.step["q04"], scale.thresholds
    (56, 5600, 40, (1120, 2240, 3360, 4480))
    """
    full = edition.header.full_marks.exact
    steps: dict[str, Fraction] = {}
    for question in edition.questions:
        worth = full
        for part in edition.question_path(question):
            worth *= part.weight.exact / 100
        steps[question.id] = worth / type_of(question).most_steps(question)
    thresholds = [level.score.exact for level in edition.levels]
    units = lcm(*(f.denominator for f in (full, *steps.values(), *thresholds)))
    return Scale(
        units_per_point=units,
        full=int(full * units),
        step={q: int(s * units) for q, s in steps.items()},
        thresholds=tuple(int(t * units) for t in thresholds),
    )
