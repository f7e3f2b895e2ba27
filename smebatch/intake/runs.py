"""Texts in runs that look different: what a person sees of them, where part is struck out, raised or lowered."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Shift(Enum):
    """Where a run stands: on the line, or above or below it."""

    NONE = ""
    RAISED = "^"
    LOWERED = "_"


class Run(NamedTuple):
    """Part of a text, and how it looks."""

    text: str
    struck: bool = False
    shift: Shift = Shift.NONE


class Runs(str):
    """A text as readers join it, of which a person sees something else: ``seen``."""

    seen: str

    @classmethod
    def of(cls, text: str, runs: Iterable[Run]) -> str:
        """The text; a plain one where its runs look alike."""
        seen = seen_of(runs)
        if seen == text:
            return text
        joined = cls(text)
        joined.seen = seen
        return joined


_SIGNS = "0123456789+-=()"
_SMALL = {
    Shift.RAISED: str.maketrans(_SIGNS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"),
    Shift.LOWERED: str.maketrans(_SIGNS, "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
}


def seen_of(runs: Iterable[Run]) -> str:
    """What a person sees of a text, in signs that every program has.

    >>> seen_of([Run("2", struck=True), Run("202"), Run("1", shift=Shift.RAISED), Run("注", shift=Shift.RAISED)])
    '202¹^注'
    """
    return "".join(map(_seen, runs))


def _seen(run: Run) -> str:
    if not run.text.strip():
        return run.text  # nothing to be seen in any case
    if run.struck:
        return ""
    if run.shift is Shift.NONE:
        return run.text
    small = run.text.translate(_SMALL[run.shift])
    return small if set(run.text) <= set(_SIGNS) else run.shift.value + run.text
