"""Rules about answers: which returns break a rule, and how the issue of each is described."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from fractions import Fraction
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from smebatch.standard.fixed_point import plain_decimal

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, Bools

Described = Iterable[tuple[str, str]]  # for each return, what was found and what was expected


def saying_nothing(broken: AnswerColumns) -> Described:
    """Describe an issue whose code says everything: nothing found, nothing expected."""
    return repeat(("", ""), len(broken))


def finding(texts: Iterable[str], expected: str = "") -> Described:
    """Describe issues by what was found in each return, one text a return; ``expected`` is the same for all."""
    return ((text, expected) for text in texts)


def expecting(text: str) -> Callable[[AnswerColumns], Described]:
    """Describe issues by what was expected, which is the same for all returns."""
    return lambda broken: repeat(("", text), len(broken))


class AnswerRule(NamedTuple):
    """A condition that every return must keep; a return that breaks it gets an issue.

    ``code``: the code of the issue. ``key``: the answer or row where the issue is placed. ``inputs``: the keys that the
    rule reads. A return in which one of them could not be read surely is not checked, because that is an issue already.
    ``broken``: which returns break the rule, a bool array of shape (returns,). ``describe``: what was found and what
    was expected. It gets only the returns that break the rule, with the columns of ``inputs``, so that its cost grows
    with the number of issues and not of returns.
    """

    code: str
    key: str
    clause: str
    inputs: tuple[str, ...]
    broken: Callable[[AnswerColumns], Bools]
    describe: Callable[[AnswerColumns], Described] = saying_nothing

    def kept_by(self, answers: AnswerColumns) -> Bools:
        """Where the rule is kept, or cannot be judged."""
        return ~(self.broken(answers) & answers.sure(*self.inputs))


def show_rate(rate: Fraction, limits: Iterable[Fraction]) -> str:
    """A rate in four digits, or in more where rounding would move it across or onto a limit.

    >>> show_rate(Fraction(100, 9), []), show_rate(Fraction(40002, 1000), [Fraction(40)])
    ('11.11', '40.002')
    """
    sides = [(limit, (rate > limit) - (rate < limit)) for limit in limits]
    for digits in range(4, 60):
        shown = Context(prec=digits).divide(Decimal(rate.numerator), Decimal(rate.denominator))
        if all((Fraction(shown) > limit) - (Fraction(shown) < limit) == side for limit, side in sides):
            break
    return plain_decimal(shown)
