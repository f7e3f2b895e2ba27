"""The kinds of questions, by what ``type`` of a [[question]] says; each has a module, and is named once more here."""

from __future__ import annotations

from smebatch.standard.model import Question
from smebatch.standard.questions.multiple import Multiple
from smebatch.standard.questions.question_type import QuestionType
from smebatch.standard.questions.single import Single

QUESTION_TYPES: dict[str, QuestionType] = {kind.name: kind for kind in (Single(), Multiple())}


def type_of(question: Question) -> QuestionType:
    """The kind of a question; the loader has refused what is none."""
    return QUESTION_TYPES[question.type]
