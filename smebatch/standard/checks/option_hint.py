"""The hint beside a 单选 of which figures say what option is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from smebatch.standard.checks.check import Hint
from smebatch.standard.formula_text import choose

if TYPE_CHECKING:
    from smebatch.standard.backends import FormCells

_OUTSIDE = "所填数据超出各选项的范围，请核对。"
_CLOSE = {"error": "请更正。", "warning": "请核对。"}


def chosen(cells: FormCells, question: str) -> str:
    """The option ticked, from 1, as a formula; the question is answered with one tick."""
    return f"({cells.steps(question)}+1)"


def should_be(
    cells: FormCells, question: str, ready: Sequence[str], expected: str, severity: str, otherwise: Sequence[Hint]
) -> Hint:
    """What to tick instead, where all conditions of ``ready`` hold and the option ticked is not the one ``expected``.

    ``expected``: a formula of the option, from 1; one beyond the last where the figures fit none. ``otherwise``: what
    to say elsewhere.
    """
    texts = [f"按所填数据应选“{option}”，{_CLOSE[severity]}" for option in cells.edition.question[question].options]
    agreed = "&".join(hint.formula for hint in otherwise) or '""'
    instead = choose(expected, *texts, _OUTSIDE)
    formula = f"IF(AND({','.join(ready)}),IF({chosen(cells, question)}<>{expected},{instead},{agreed}),{agreed})"
    return Hint(formula, max(*texts, *(hint.longest for hint in otherwise), key=len))
