"""The vocabulary of rules: what a rule about answers is, and how it describes the returns that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from fractions import Fraction
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from smebatch.standard.fixed_point import plain

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, Bools

Described = Iterable[tuple[str, str]]  # what was found and what was expected, a pair a return


def describe_nothing(broken: AnswerColumns) -> Described:
    """Describe returns that the code says all about."""
    return repeat(("", ""), len(broken))


def describe_found(texts: Iterable[str], expected: str = "") -> Described:
    """Describe returns by what was found in each; what was expected is the same."""
    return ((text, expected) for text in texts)


def describe_expected(text: str) -> Callable[[AnswerColumns], Described]:
    """Describe returns by what was expected, the same of all."""
    return lambda broken: repeat(("", text), len(broken))


class AnswerRule(NamedTuple):
    """Something that may not hold of a return.

    ``code``: of its issue. ``key``: where the issue is placed (a key or a row's key). ``inputs``: the keys the rule
    reads; it is silent about returns in which one of them could not be read surely, for that has been reported already.
    ``broken``: which returns break the rule. ``describe``: what was found and what was expected, of many at once: it is
    given the inputs of returns that all break the rule, so that what it costs goes by these and not by all there are.
    """

    code: str
    key: str
    clause: str
    inputs: tuple[str, ...]
    broken: Callable[[AnswerColumns], Bools]
    describe: Callable[[AnswerColumns], Described] = describe_nothing

    def kept_by(self, answers: AnswerColumns) -> Bools:
        """Where the rule is kept, or cannot be judged."""
        return ~(self.broken(answers) & answers.sure(*self.inputs))


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
