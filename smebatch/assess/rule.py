"""The vocabulary of rules: what a rule is, and how it describes the returns that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import compress, repeat

import numpy as np

from smebatch.assess.answers_frame import Answers, Bools
from smebatch.standard.fixed_point import plain, show_figure
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Question


def sound(answers: Answers, *figures: str) -> Bools:
    """Where every figure is there and holds for itself; what is wrong with one has an issue of its own."""
    kinds = {key: keys_of(answers.edition)[key].kind for key in figures}
    holds: Bools = np.logical_and.reduce(
        [answers.filled(key) & kind.holds(answers.figure(key)) for key, kind in kinds.items()]
    )
    return holds


def shown(answers: Answers, key: str) -> list[str]:
    """The answers to a key as a person would write them, blank where there is none."""
    spec = keys_of(answers.edition)[key]
    if spec.kind.is_figure:
        filled, figures = answers.filled(key).tolist(), answers.figure(key).tolist()
        return [show_figure(micro, spec.unit) if there else "" for micro, there in zip(figures, filled, strict=True)]
    if spec.kind is Kind.DATE:
        days = np.datetime_as_string(answers.frame[key].to_numpy(), unit="D")
        return np.where(answers.filled(key), days, "").tolist()  # type: ignore[no-any-return]  # numpy's lists are Any
    return answers.text(key).tolist()


def ticked(answers: Answers, question: Question) -> list[str]:
    """The options ticked, as printed."""
    return joined(answers, question.ticks, question.options)


def joined(answers: Answers, ticks: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names of what is ticked, in a line."""
    return ["、".join(compress(names, row)) for row in answers.ticks(ticks).tolist()]


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


Described = Iterable[tuple[str, str]]  # what was found and what was expected, a pair a return


def nothing(broken: Answers) -> Described:
    """Describe returns that the code says all about."""
    return repeat(("", ""), len(broken))


def found(texts: Iterable[str], expected: str = "") -> Described:
    """Describe returns by what was found in each; what was expected is the same."""
    return ((text, expected) for text in texts)


def expected(text: str) -> Callable[[Answers], Described]:
    """Describe returns by what was expected, the same of all."""
    return lambda broken: repeat(("", text), len(broken))


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that may not hold of a return.

    ``key``: where the issue is placed (a key or a row's key). ``inputs``: the keys the rule reads; it is silent about
    returns in which one of them could not be read surely, for that has been reported already.
    ``broken``: which returns break the rule. ``describe``: what was found and what was expected, of many at once: it is
    given the inputs of returns that all break the rule, so that what it costs goes by these and not by all there are.
    """

    code: str
    key: str
    clause: str
    inputs: tuple[str, ...]
    broken: Callable[[Answers], Bools]
    describe: Callable[[Answers], Described] = nothing

    def kept_by(self, answers: Answers) -> Bools:
        """Where the rule is kept, or cannot be judged."""
        return ~(self.broken(answers) & answers.sure(*self.inputs))
