"""Rules about 能耗折算: amounts must not be negative, and must add up to the total that 题12 states.

The amounts do not count for the score, so breaking these rules gives warnings only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from smebatch.common.rounding import divide_half_up
from smebatch.standard.answer_rule import AnswerRule, finding
from smebatch.standard.backends import AnswerColumns, Bools, Ints
from smebatch.standard.fixed_point import DECIMALS, show_figure
from smebatch.standard.keys import energy_suffix, keys_of
from smebatch.standard.model import Edition, EnergyYear


def energy_rules(edition: Edition) -> Iterator[AnswerRule]:
    """One rule for each amount (cheaper than a column of the schema) and one for the total of each year."""
    for name, key in keys_of(edition).items():
        if key.unassessed:
            yield _negative_rule(name, key.clause)
    for year in edition.energy_total.years if edition.energy_total else ():
        yield _total_rule(edition, year)


def contradicted(answers: AnswerColumns, *figures: str) -> Bools:
    """Where the amounts contradict one of the figures, so that other rules need not report its consequences."""
    edition = answers.edition
    total: Bools = np.zeros(len(answers), dtype=bool)
    for year in edition.energy_total.years if edition.energy_total else ():
        if year.figure in figures:
            total |= ~_total_rule(edition, year).kept_by(answers)
    return total


def _negative_rule(name: str, clause: str) -> AnswerRule:
    return AnswerRule(
        "figure.negative",
        name,
        clause,
        (name,),
        lambda answers: answers.figure(name) < 0,
        lambda broken: finding(broken.shown(name)),
    )


def _total_rule(edition: Edition, year: EnergyYear) -> AnswerRule:
    """The stated total must equal the sum of the amounts, converted to coal equivalents.

    It may differ by rounding to the decimals that it is stated with, or by the edition's tolerance. An energy left
    blank counts as not used. Where all amounts are blank or 0, there is nothing to compare.
    """
    total = edition.energy_total
    terms = {
        energy.row + energy_suffix(year, flow): Fraction(energy.coefficient.value) * (1 if flow.sign == "+" else -1)
        for energy in edition.energies
        for flow in (total.flows if total else ())
    }
    scale = lcm(*(term.denominator for term in terms.values()))
    weights = {name: int(term * scale) for name, term in terms.items()}
    share = Fraction(total.tolerance.value) / 100 if total else Fraction(0)

    def compared(answers: AnswerColumns, entered: Sequence[str]) -> Bools:
        """Where a total and at least one amount above 0 are given, and all of them are valid."""
        amounts = np.array([answers.figure(name) for name in entered])
        comparable: Bools = amounts.any(axis=0) & (amounts >= 0).all(axis=0) & answers.sound(year.figure)
        return comparable

    def converted_sums(answers: AnswerColumns, rows: Ints, names: Iterable[str]) -> npt.NDArray[np.object_]:
        """The sum of the amounts in ``scale`` parts of a millionth, as Python integers, as int64 would overflow."""
        sums = np.zeros(len(rows), dtype=object)
        for name in names:
            sums += answers.figure(name)[rows].astype(object) * weights[name]
        return sums

    def broken(answers: AnswerColumns) -> Bools:
        entered = [name for name in weights if answers.figure(name).any()]  # most energies are left blank by all
        if not entered:
            return np.zeros(len(answers), dtype=bool)
        differs = compared(answers, entered)
        rows = np.flatnonzero(differs)
        typed, sums = answers.figure(year.figure)[rows], converted_sums(answers, rows, entered)
        off = abs(typed.astype(object) * scale - sums)
        rounded = 2 * off <= _unit_of_last_place(typed).astype(object) * scale
        near = off * share.denominator <= abs(sums) * share.numerator
        differs[rows] = ~(rounded | near).astype(bool)
        return differs

    def describe(answers: AnswerColumns) -> Iterator[tuple[str, str]]:
        unit = keys_of(edition)[year.figure].unit
        sums = converted_sums(answers, np.arange(len(answers)), weights)
        computed = (show_figure(divide_half_up(parts, scale), unit) for parts in sums)
        return zip(answers.shown(year.figure), computed, strict=True)

    clause = total.clause if total else ""
    return AnswerRule("energy.total", year.figure, clause, (year.figure, *weights), broken, describe)


def _unit_of_last_place(figures: Ints) -> Ints:
    """The unit of the last decimal of each figure, at most 1; in millionths: 100,000 (0.1) for 382.9."""
    place = np.ones(len(figures), dtype=np.int64)
    for n in range(1, DECIMALS + 1):
        place[figures % 10**n == 0] = 10**n
    return place
