"""Makes up the figures of an enterprise so that they agree with the options it ticks, whatever the edition checks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from random import Random

from smebatch.sample.enterprise import Firm
from smebatch.sample.words import Span, sample_words
from smebatch.standard.checks.check import checks_of
from smebatch.standard.model import Edition
from smebatch.standard.sample_values import Number

# Decimals of each kind of figure; figures that must be equal (持平) may have more, because equality is exact (R6).
_DECIMALS = {"count": 0, "amount": 1, "percent": 1}
_SOME_PERCENT = 50  # where the value drawn cannot be a rate
_EXACT_DECIMALS = {"count": 0, "amount": 4, "percent": 2}


class Figures:
    """The figures of one enterprise, drawn one by one, as checks use them (SampleFigures); none is drawn twice.

    ``aim`` returns the option (from 0) that should be ticked for a question. ``decided`` has the option that is right
    by the figures drawn.
    """

    def __init__(self, edition: Edition, rng: Random, firm: Firm, aim: Callable[[str], int]) -> None:
        self.values: dict[str, Number] = {}
        self.decided: dict[str, int] = {}
        self.edition, self.rng, self.aim = edition, rng, aim
        self._base = {"staff": firm.staff, "revenue": firm.revenue, "one": 1}
        # The ratio of last year's figures to those before is in twentieths, so that sums of money stay finite decimals.
        self.growth = Fraction(rng.choice((16, 17, 18, 18, 19, 19, 19, 20, 20, 21, 22)), 20)

    def draw_all(self) -> None:
        """Draw every figure of the edition, and store in ``decided`` which options are right by them."""
        for check in sorted(checks_of(self.edition), key=lambda check: check.draw_turn):
            check.draw(self)
        for key in self.edition.figures:
            self.get(key)

    def get(self, key: str) -> Number:
        """The figure; it is drawn if it has not been yet."""
        if key not in self.values:
            words, figure = sample_words(), self.edition.figures[key]
            span: Span = words.figure.get(key) or words.default[figure.kind]
            share = Fraction(round(self.rng.uniform(span.low, span.high), 4))
            if not self.put(key, max(Fraction(1), self._base[span.of] * share)):
                self.put(key, Fraction(_SOME_PERCENT))
        return self.values[key]

    def put(self, key: str, value: Fraction, *, exact: bool = False, down: bool = False) -> bool:
        """Set a figure, rounded to the decimals of its kind; return whether that was possible.

        ``exact``: only if nothing has to be rounded off. ``down``: round down.
        """
        kind = self.edition.figures[key].kind
        scale = 10 ** (_EXACT_DECIMALS if exact else _DECIMALS)[kind]
        units = value * scale // 1 if down else Fraction(round(value * scale))
        if kind == "percent" and 0 < units <= scale:
            if not down:
                return False  # the program asks whether a percentage up to 1 is meant as a share
            units = 0
        if (exact and units != value * scale) or (kind == "percent" and units > 100 * scale):
            return False
        decimal = (Decimal(int(units)) / scale).normalize()
        self.values[key] = int(decimal) if decimal == int(decimal) else decimal
        return True
