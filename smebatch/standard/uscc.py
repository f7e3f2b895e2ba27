"""统一社会信用代码: 18 characters of which the last is computed from the others (GB 32100-2015)."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of a code, by their value: digits and capital letters without I, O, S, V, Z."""
PATTERN = f"[{ALPHABET}]{{18}}"
WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
"""What the value of each of the first 17 characters is multiplied by: 3^(i-1) mod 31."""


def check_value(total: int) -> int:
    """The value of the last character: (31 − Σ mod 31) mod 31, Σ the weighted sum of the others. Arrays likewise.

    >>> [check_value(total) for total in (0, 1, 31, 32)]
    [0, 30, 0, 30]
    """
    return -total % len(ALPHABET)


def check_character(first17: str) -> str:
    """The last character of the code that begins with these 17. Raises ValueError for a character of no code.

    >>> check_character("91350100M000100Y4")
    '3'
    """
    values = map(ALPHABET.index, first17)
    return ALPHABET[check_value(sum(value * weight for value, weight in zip(values, WEIGHTS, strict=True)))]
