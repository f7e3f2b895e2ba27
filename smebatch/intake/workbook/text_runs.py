"""Texts in runs that look different: what a person sees of them, where a part is struck out, raised or lowered."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Shift(Enum):
    """Where a run stands: on the line, or above or below it."""

    NONE = ""
    RAISED = "^"
    LOWERED = "_"


class TextRun(NamedTuple):
    """Part of a text, and how it looks."""

    text: str
    struck: bool = False
    shift: Shift = Shift.NONE
    sets_strike: bool = True  # whether it says so itself; else it looks as its cell does


_SIGNS = "0123456789+-=()"
_SMALL_SIGNS = {
    Shift.RAISED: str.maketrans(_SIGNS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"),
    Shift.LOWERED: str.maketrans(_SIGNS, "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
}


def visible_text(runs: Iterable[TextRun], *, struck: bool = False) -> str:
    """What a person sees of a text, in signs that every program has; ``struck``: in a cell that is struck out.

    >>> seen_of([Run("2", struck=True), Run("202"), Run("1", shift=Shift.RAISED), Run("注", shift=Shift.RAISED)])
    '202¹^注'
    """
    return "".join(_visible_run(run, struck) for run in runs)


def _visible_run(run: TextRun, struck: bool) -> str:
    if not run.text.strip():
        return run.text  # nothing to be seen in any case
    if run.struck or (struck and not run.sets_strike):
        return ""
    if run.shift is Shift.NONE:
        return run.text
    small = run.text.translate(_SMALL_SIGNS[run.shift])
    return small if set(run.text) <= set(_SIGNS) else run.shift.value + run.text
