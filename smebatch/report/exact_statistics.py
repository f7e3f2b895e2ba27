"""Exact rounding, quartiles and ranks of whole numbers, without floats in between."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from smebatch.common.rounding import divide_half_up


def display_number(value: Fraction, digits: int = 2) -> float:
    """Round half up (四舍五入) exactly; the float is for display only.

    >>> [display_number(value) for value in (Fraction(7, 56), Fraction(201, 200), Fraction(80))]
    [0.13, 1.01, 80.0]
    """
    shift: int = 10**digits
    return int(divide_half_up(shift * value.numerator, value.denominator)) / shift


def display_points(units: pd.Series[int], units_per_point: int) -> pd.Series[float]:
    """Convert score units (int64) to points, rounded half up to two decimals; floats for display only."""
    hundredths: pd.Series[int] = divide_half_up(100 * units, units_per_point)
    return hundredths / 100


def display_ratio(part: int, whole: int) -> float | None:
    """Return part ÷ whole for display, or None where the whole is 0."""
    return part / whole if whole else None


def percent_text(part: int, whole: int) -> str:
    """Part ÷ whole as a percentage with one decimal, rounded half up once; the whole is not 0.

    >>> percent_text(7, 13), percent_text(1, 16)
    ('53.8%', '6.3%')
    """
    return f"{display_number(Fraction(100 * part, whole), 1):.1f}%"


def quartile(ordered: Sequence[int], k: int) -> Fraction:
    """Return the k-th quartile (0 to 4) of ascending numbers, interpolated as Excel's QUARTILE.INC does, exactly.

    Raises ValueError when there are no numbers.

    >>> [str(quartile([1, 2, 3, 10], k)) for k in range(5)]
    ['1', '7/4', '5/2', '19/4', '10']
    """
    if not len(ordered):
        raise ValueError("quartiles of no numbers")
    whole, quarters = divmod((len(ordered) - 1) * k, 4)
    low = int(ordered[whole])
    high = int(ordered[min(whole + 1, len(ordered) - 1)])
    return low + Fraction(quarters, 4) * (high - low)


def ranks(values: Sequence[Fraction | None]) -> list[int | None]:
    """Rank values from the highest, 1; equal values share the better rank, and None has no rank.

    >>> ranks([Fraction(1, 3), Fraction(2, 6), None, Fraction(1, 2)])
    [2, 2, None, 1]
    """
    place: dict[Fraction, int] = {}
    for i, value in enumerate(sorted((v for v in values if v is not None), reverse=True), 1):
        place.setdefault(value, i)
    return [None if value is None else place[value] for value in values]
