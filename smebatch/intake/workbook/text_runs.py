"""What a person sees of a text whose parts look different: struck out, raised or lowered."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Shift(Enum):
    """Whether a run stands on the line, raised above it or lowered below it; the value is the sign printed for it."""

    NONE = ""
    RAISED = "^"
    LOWERED = "_"


class TextRun(NamedTuple):
    """A part of a text, and how it looks. ``sets_strike``: whether the run itself says if it is struck out."""

    text: str
    struck: bool = False
    shift: Shift = Shift.NONE
    sets_strike: bool = True  # if not, it is struck out where its cell is


_SIGNS = "0123456789+-=()"
_SMALL_SIGNS = {
    Shift.RAISED: str.maketrans(_SIGNS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"),
    Shift.LOWERED: str.maketrans(_SIGNS, "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
}


def visible_text(runs: Iterable[TextRun], *, struck: bool = False) -> str:
    """What a person sees of a text, in signs that every program has. ``struck``: its cell is struck out.

    >>> raised = [TextRun(text, shift=Shift.RAISED) for text in ("1", "注")]
    >>> visible_text([TextRun("2", struck=True), TextRun("202"), *raised])
    '202¹^注'
    """
    return "".join(_visible_run(run, struck) for run in runs)


def _visible_run(run: TextRun, struck: bool) -> str:
    if not run.text.strip():
        return run.text  # blanks are not seen in any case
    if run.struck or (struck and not run.sets_strike):
        return ""
    if run.shift is Shift.NONE:
        return run.text
    small = run.text.translate(_SMALL_SIGNS[run.shift])
    return small if set(run.text) <= set(_SIGNS) else run.shift.value + run.text
