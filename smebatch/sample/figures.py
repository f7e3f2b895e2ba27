"""Figures of a made-up enterprise that agree with the options it ticks, for whatever checks the edition has."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from random import Random

from smebatch.sample.enterprise import Firm
from smebatch.sample.words import Span, words
from smebatch.standard.model import Edition, Interval, PartOfWhole, Trend

Number = int | Decimal
# Decimals written for each kind of figure; 持平 may take more, because it must be exact (R6 of the edition of 2024).
_DECIMALS = {"count": 0, "amount": 1, "percent": 1}
_SOME_PERCENT = 50  # of what is no rate
_EXACT_DECIMALS = {"count": 0, "amount": 4, "percent": 2}


class Figures:
    """Draws figures one by one; a figure once drawn stays.

    ``aim`` says which option (from 0) a question should get; ``decided`` says which one the drawn figures make true.
    """

    def __init__(self, edition: Edition, rng: Random, firm: Firm, aim: Callable[[str], int]) -> None:
        self.values: dict[str, Number] = {}
        self.decided: dict[str, int] = {}
        self._edition, self._rng, self._aim = edition, rng, aim
        self._base = {"staff": firm.staff, "revenue": firm.revenue, "one": 1}
        # Last year's figure in proportion to this: whole twentieths, so that sums of money stay finite decimals.
        self._growth = Fraction(rng.choice((16, 17, 18, 18, 19, 19, 19, 20, 20, 21, 22)), 20)

    def draw_all(self) -> None:
        """Draw every figure of the edition, and see which options they decide."""
        for check in self._edition.checks:
            if isinstance(check, Interval):
                self._part(check)
        for check in self._edition.checks:
            if isinstance(check, Trend):
                self._trend(check)
        for check in self._edition.checks:
            if isinstance(check, PartOfWhole) and check.part not in self.values:
                whole = Fraction(self._get(check.whole))
                self._set(check.part, whole * Fraction(self._rng.randint(0, 100), 100), down=True)
        for key in self._edition.figures:
            self._get(key)

    def _get(self, key: str) -> Number:
        if key not in self.values:
            w, figure = words(), self._edition.figures[key]
            span: Span = w.figure.get(key) or w.default[figure.kind]
            share = Fraction(round(self._rng.uniform(span.low, span.high), 4))
            if not self._set(key, max(Fraction(1), self._base[span.of] * share)):
                self._set(key, Fraction(_SOME_PERCENT))
        return self.values[key]

    def _set(self, key: str, value: Fraction, *, exact: bool = False, down: bool = False) -> bool:
        """Write a figure as its kind is written; with ``exact`` only if nothing has to be rounded off."""
        kind = self._edition.figures[key].kind
        scale = 10 ** (_EXACT_DECIMALS if exact else _DECIMALS)[kind]
        units = value * scale // 1 if down else Fraction(round(value * scale))
        if kind == "percent" and 0 < units <= scale:
            if not down:
                return False  # up to 1 it may be a share, and readers ask
            units = 0
        if (exact and units != value * scale) or (kind == "percent" and units > 100 * scale):
            return False
        decimal = (Decimal(int(units)) / scale).normalize()
        self.values[key] = int(decimal) if decimal == int(decimal) else decimal
        return True

    def _part(self, check: Interval) -> None:
        whole = Fraction(self._get(check.whole))
        upper = [Fraction(bound) / 100 for bound in check.upper.value]
        aim = self._aim(check.question)
        low, high = (upper[aim - 1] if aim else Fraction(0)), upper[aim]
        # Skewed to the lower end: most enterprises that put less than 10 % of revenue into anything put in 1 or 2 %.
        share = low + (high - low) * Fraction(round(self._rng.random() ** 2, 4))
        if check.part not in self.values:
            self._set(check.part, whole * share, down=True)
        ratio = Fraction(self._get(check.part)) / whole if whole else Fraction(0)
        self.decided[check.question] = next((i for i, bound in enumerate(upper) if ratio <= bound), len(upper) - 1)

    def _trend(self, check: Trend) -> None:
        for key in check.last:
            self._get(key)
        wanted = check.options[self._aim(check.question)]
        # Not every change can be written: no rate lies above 100 %, and half an employee does not make up for a yuan.
        for direction in (wanted, self._rng.choice(("up", "down")), "up"):
            if all(self.values[key] for key in check.last) and self._solve(check, direction):
                break
        for key in check.prior:  # what nothing could be solved for
            self._get(key)
        self.decided[check.question] = check.options.index(self._direction(check))

    def _solve(self, check: Trend, direction: str) -> bool:
        """Choose the year before so that the change goes in ``direction``; False where that cannot be written."""
        step = Fraction(self._rng.randint(5, 30) if len(check.prior) == 1 else self._rng.randint(20, 140), 1000)
        factor = {"same": Fraction(1), "up": 1 - step, "down": 1 + step}[direction]  # prior ratio over last ratio
        exact = direction == "same"
        last = [Fraction(self.values[key]) for key in check.last]
        if len(check.prior) == 1:
            return check.prior[0] in self.values or self._set(check.prior[0], last[0] * factor, exact=exact)
        above, below = check.prior
        if above not in self.values and below not in self.values:
            self._set(below, last[1] * self._growth, exact=self._edition.figures[below].kind != "count")
        if above not in self.values:
            prior_base = Fraction(self._get(below))
            return self._set(above, last[0] / last[1] * factor * prior_base, exact=exact)
        if below not in self.values:
            base = Fraction(self.values[above]) * last[1] / last[0] / factor
            return self._set(below, max(Fraction(1), base), exact=exact)
        return True

    def _direction(self, check: Trend) -> str:
        now, then = (Fraction(self.values[keys[0]]) for keys in (check.last, check.prior))
        if len(check.last) == 2:
            now, then = now * Fraction(self.values[check.prior[1]]), then * Fraction(self.values[check.last[1]])
        return "same" if now == then else "up" if now > then else "down"
