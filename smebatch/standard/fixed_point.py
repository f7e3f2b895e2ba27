"""Figures as integers: from the cell to the comparison, a figure is a whole number of millionths of its unit."""

from __future__ import annotations

from decimal import Decimal

MICRO = 1_000_000
DECIMALS = 6


def plain_decimal(number: Decimal) -> str:
    """A decimal without exponent or trailing zeros.

    >>> plain_decimal(Decimal("1.2E+4")), plain_decimal(Decimal("0.50"))
    ('12000', '0.5')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_decimal_sql(expression: str) -> str:
    """The SQL of plain_decimal, for an expression of a DECIMAL that has decimals."""
    return f"rtrim(rtrim({expression}::VARCHAR, '0'), '.')"


def show_figure(micro: int, unit: str = "") -> str:
    """A figure as a person writes it, with its unit.

    >>> show_figure(382_919_000, "吨标准煤"), show_figure(-5 * MICRO)
    ('382.919 吨标准煤', '-5')
    """
    return f"{plain_decimal(Decimal(int(micro)) / MICRO)} {unit}".rstrip()
