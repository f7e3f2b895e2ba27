"""四舍五入: rounding to the nearest whole number, halves up, exactly; the package rounds nowhere else."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any


def divide_half_up(numerator: Any, denominator: int) -> Any:
    """The quotient as the nearest whole number, halves towards plus infinity, of integers or of arrays of integers.

    ``numerator``: an int, or an array or Series of dtype int64 or object (Python integers); the result is of the same
    type and shape. In int64, twice the numerator plus the denominator must fit. ``denominator``: above 0.

    >>> divide_half_up(7, 2), divide_half_up(6, 4), divide_half_up(5, 4), divide_half_up(-1, 2)
    (4, 2, 1, 0)
    """
    return (2 * numerator + denominator) // (2 * denominator)


def divide_half_up_sql(numerator: str, denominator: int) -> str:
    """The same in SQL; ``numerator`` is an expression of an integer type.

    >>> divide_half_up_sql('100 * "score"', 56)
    '(2 * (100 * "score") + 56) // 112'
    """
    return f"(2 * ({numerator}) + {denominator}) // {2 * denominator}"


def round_half_up(number: Decimal) -> Decimal:
    """The nearest whole number, halves away from 0, as a person rounds what stands in a cell.

    >>> round_half_up(Decimal("0.5")), round_half_up(Decimal("-0.5")), round_half_up(Decimal("1.4"))
    (Decimal('1'), Decimal('-1'), Decimal('1'))
    """
    return number.to_integral_value(ROUND_HALF_UP)
