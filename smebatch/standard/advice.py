"""What is right to do about a question nobody has answered: it follows from what its options mean."""

from __future__ import annotations

from functools import cache

from smebatch.standard.keys import EXCUSED
from smebatch.standard.model import Edition, Question
from smebatch.standard.reference import advice_words


@cache
def advice(edition: Edition, question: Question) -> str:
    """What to tick where nothing is ticked, without a full stop.

    The option that scores 0 is advised only where it says that there is nothing; 降低 or 增加 would be a statement.

    >>> from smebatch.standard.loader import load_edition
    >>> edition = load_edition("2024")
    >>> advice(edition, edition.question["q05"])
    '请选一项；没有的，选“无”'
    """
    words = advice_words()
    if question.none is not None:
        return words.multiple["nothing"].format(option=question.options[question.none - 1])
    if question.options[0] in words.nothing:
        return words.single["nothing"].format(option=question.options[0])
    if question.base_year:
        field = next(f for f in edition.fields if f.key == EXCUSED)
        return words.single["base_year"].format(field=field.label, choice=field.choices[0])
    return words.single["figures" if question.figures else "other"]
