"""Pieces of spreadsheet formulas as text: literals, conditions, comparisons.

Only functions that Excel 2010, WPS and LibreOffice 7.4 all know: no dynamic arrays, no lookups by position.
"""

from __future__ import annotations

# Figures are cross-multiplied and compared with this relative tolerance: far below any difference of reported figures,
# above what binary fractions cost (2.2×100 against 10×22).
_TOLERANCE = "1E-14"


def literal(text: str) -> str:
    """A text as a formula writes it; Excel takes at most 255 characters in one literal.

    >>> print(literal('the "x"-axis'))
    "the ""x""-axis"
    """
    parts = [text[i : i + 120] for i in range(0, len(text), 120)] or [""]
    return "&".join('"' + part.replace('"', '""') + '"' for part in parts)


def more(a: str, b: str) -> str:
    """Whether a > b, both products of figures and not below 0."""
    return f"({a})-({b})>{_TOLERANCE}*(({a})+({b}))"


def both(*conditions: str) -> str:
    """All conditions together."""
    return conditions[0] if len(conditions) == 1 else f"AND({','.join(conditions)})"


def choose(index: str, *texts: str) -> str:
    """The text of that number, counted from 1."""
    return f"CHOOSE({index},{','.join(literal(t) for t in texts)})"


def when(condition: str, text: str, otherwise: str = '""') -> str:
    """The text where the condition holds."""
    return f"IF({condition},{literal(text)},{otherwise})"
