"""What of an edition decides scores and levels: two editions that agree in it give figures that may be compared."""

from __future__ import annotations

from smebatch.standard.model import Edition, Quantity


def scoring_parts(edition: Edition) -> dict[str, tuple[object, ...]]:
    """The full marks, and every dimension, indicator, question, level and scene by id, with what scoring takes of it.

    Wording is not among it: an item may be printed otherwise and still be the same question.
    """
    parts: dict[str, tuple[object, ...]] = {"full_marks": (edition.header.full_marks.exact,)}
    parts |= {f"dimension {d.id}": (d.weight.exact,) for d in edition.dimensions}
    parts |= {f"indicator {i.id}": (i.dimension, i.weight.exact) for i in edition.indicators}
    for q in edition.questions:
        parts[f"question {q.id}"] = (q.indicator, q.weight.exact, q.type, len(q.options), q.none)
    for g in edition.levels:
        parts[f"level {g.level}"] = (g.score.exact, _value(g.scenes), _value(g.binding))
    parts |= {f"scene {s.id}": (s.binding, len(s.levels)) for s in edition.scenes}
    return parts


def _value(quantity: Quantity | None) -> object:
    return quantity.exact if quantity else None


def scoring_differences(one: Edition, other: Edition) -> tuple[str, ...]:
    """The parts in which two editions score differently, or that one of them lacks; none where scores compare.

    >>> from smebatch.standard.loader import load_edition
    >>> scoring_differences(load_edition("2024"), load_edition("2024"))
    ()
    """
    first, second = scoring_parts(one), scoring_parts(other)
    return tuple(name for name in dict.fromkeys([*first, *second]) if first.get(name) != second.get(name))


def asks_the_same(one: Edition, other: Edition) -> bool:
    """Whether an answer to a question of one edition answers that of the other: options, figures and levels are equal.

    Of what surrounds the questions, such as energies, one may have more than the other.

    >>> from smebatch.standard.loader import load_edition
    >>> asks_the_same(load_edition("2024"), load_edition("2024"))
    True
    """
    first, second = ({q.id: (q.options, q.figures) for q in edition.questions} for edition in (one, other))
    scenes, others = ({s.id: s.levels for s in edition.scenes} for edition in (one, other))
    return first == second and scenes == others and not scoring_differences(one, other)
