"""The vocabulary of rules: what a rule is, and the case it describes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from smebatch.assess.table import Answers, Bools
from smebatch.standard.figures import plain, show_figure
from smebatch.standard.keys import keys_of, titles_of
from smebatch.standard.model import Question


@dataclass(frozen=True, slots=True)
class Case:
    """One return, for describing what is wrong with it."""

    answers: Answers
    row: int

    def value(self, key: str) -> object:
        """The typed answer, None where blank."""
        cell: Any = self.answers.frame[key].iat[self.row]
        return None if pd.isna(cell) else cell

    def show(self, key: str) -> str:
        """The answer as a person would write it."""
        value = self.value(key)
        spec = keys_of(self.answers.edition)[key]
        if value is None:
            return ""
        if spec.kind.is_figure:
            return show_figure(int(str(value)), spec.unit)
        return value.date().isoformat() if isinstance(value, dt.datetime) else str(value)

    def title(self, key: str) -> str:
        """What a person calls the key."""
        return titles_of(self.answers.edition)[key]

    def ticked(self, question: Question) -> str:
        """The options ticked, as printed."""
        return "、".join(
            option for tick, option in zip(question.ticks, question.options, strict=True) if self.value(tick)
        )


def show_rate(rate: Fraction, limits: Iterable[Fraction]) -> str:
    """A rate in four digits, or as many as it takes to stand on the right side of every limit.

    >>> show_rate(Fraction(100, 9), []), show_rate(Fraction(40002, 1000), [Fraction(40)])
    ('11.11', '40.002')
    """
    sides = [(limit, (rate > limit) - (rate < limit)) for limit in limits]
    for digits in range(4, 60):
        shown = Context(prec=digits).divide(Decimal(rate.numerator), Decimal(rate.denominator))
        if all((Fraction(shown) > limit) - (Fraction(shown) < limit) == side for limit, side in sides):
            break
    return plain(shown)


def nothing(_case: Case) -> tuple[str, str]:
    """Describe a case that its code says all about."""
    return "", ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that may not hold of a return.

    ``key``: where the issue is placed (a key or a row's key). ``inputs``: the keys the rule reads; it is silent about
    returns in which one of them could not be read surely, for that has been reported already.
    ``broken``: which returns break the rule. ``describe``: what was found and what was expected.
    """

    code: str
    key: str
    clause: str
    inputs: tuple[str, ...]
    broken: Callable[[Answers], Bools]
    describe: Callable[[Case], tuple[str, str]] = nothing

    @property
    def column(self) -> str:
        """The name of the rule's boolean column."""
        return f"{self.code}|{self.key}"

    def holds(self, answers: Answers) -> Bools:
        """Where the rule is kept, or cannot be judged."""
        return ~(self.broken(answers) & answers.sure(*self.inputs))
