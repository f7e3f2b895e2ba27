"""Makes up the amounts of an enterprise on 能耗折算, so that they add up to the totals that it states."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random

from smebatch.standard.keys import energy_suffix
from smebatch.standard.model import Edition

_FILLED_SHARE = 0.3  # share of the returns that fill in the sheet
_MOST_ENERGIES = 3  # energies that one of them uses
_RECOVERED_SHARE = 0.2  # share of these that recover some of an energy
_DECIMALS = 4  # of an amount


def energy_amounts(edition: Edition, answers: Mapping[str, object]) -> dict[str, Decimal]:
    """The amounts of a return, by key; most have none. They are drawn by its credit code, apart from other answers."""
    rng = Random(f"smebatch energy {answers['uscc']}")  # noqa: S311  # made-up data, not secrets
    return draw_amounts(edition, rng, answers) if rng.random() < _FILLED_SHARE else {}


def draw_amounts(edition: Edition, rng: Random, answers: Mapping[str, object]) -> dict[str, Decimal]:
    """Amounts of some energies that add up to the totals stated, by key; none for a year without a total."""
    amounts: dict[str, Decimal] = {}
    if not edition.energy_total:
        return amounts
    energies = rng.sample(edition.energies, rng.randint(1, min(_MOST_ENERGIES, len(edition.energies))))
    used = edition.energy_total.flows[0]
    less = [flow for flow in edition.energy_total.flows if flow.sign == "-"]
    recovered = rng.choice(less) if less and rng.random() < _RECOVERED_SHARE else None
    for year in edition.energy_total.years:
        stated = answers.get(year.figure)
        if not isinstance(stated, int | Decimal):
            continue
        remaining = Fraction(stated)
        for energy in energies:
            share = 1 if energy is energies[-1] else Fraction(rng.randint(20, 60), 100)
            amount = _rounded(remaining * share / Fraction(energy.coefficient.value))
            remaining -= Fraction(amount) * Fraction(energy.coefficient.value)
            if recovered and energy is energies[0]:
                amounts[energy.row + energy_suffix(year, recovered)] = recovered_amount = _rounded(
                    Fraction(amount) / 20
                )
                amount += recovered_amount
            amounts[energy.row + energy_suffix(year, used)] = amount
    return amounts


def _rounded(amount: Fraction) -> Decimal:
    return Decimal(round(amount * 10**_DECIMALS)).scaleb(-_DECIMALS)
