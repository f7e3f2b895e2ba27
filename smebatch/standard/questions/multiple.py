"""多选: several options may be true, each tick is worth a step; 无, the first option, excludes the others (R4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

from smebatch.standard.answer_rule import AnswerRule, finding
from smebatch.standard.model import Edition, Header, Question
from smebatch.standard.questions.question_type import QuestionType
from smebatch.standard.toml_binding import require

if TYPE_CHECKING:
    from random import Random

    from smebatch.standard.backends import AnswerColumns, Bools, FormCells, Ints
    from smebatch.standard.sample_values import SampleAnswers


def _position(question: Question) -> int:
    """The place of 无 among the options, from 0; the loader sees to it that there is one."""
    return (question.none or 1) - 1


class Multiple(QuestionType):
    """A question with several answers."""

    name = "multiple"
    meaning = "every tick but 无 scores 1 ÷ (n − 1), and 无 makes it 0"
    codes = ("multiple.none_with_others",)
    fault = "none_and_more"

    def label(self, header: Header) -> str:
        """多选."""
        return header.multiple

    def require_sound(self, question: Question) -> None:
        """The scoring logic divides by the options other than 无, so it must be one of them, and the first."""
        require(
            question.none == 1, f"question {question.id}: a multiple question needs none = 1, the option that scores 0"
        )

    def advice(self, edition: Edition, question: Question) -> str:
        """Whoever has nothing ticks 无."""
        from smebatch.standard.reference import advice_words  # not for readers, which load editions and advise nobody

        return advice_words().multiple["nothing"].format(option=question.options[_position(question)])

    def steps(self, answers: AnswerColumns, question: Question) -> Ints:
        """The number of ticks, and 0 where 无 is one of them (R4)."""
        steps: Ints = answers.count(question.ticks) * ~self._none(answers, question)
        return steps

    def _none(self, answers: AnswerColumns, question: Question) -> Bools:
        return answers.ticks([question.ticks[_position(question)]])[:, 0]

    def rules(self, question: Question) -> Iterator[AnswerRule]:
        """Not 无 together with another option."""
        name = question.options[_position(question)]

        def both(answers: AnswerColumns) -> Bools:
            contradiction: Bools = self._none(answers, question) & (answers.count(question.ticks) > 1)
            return contradiction

        yield AnswerRule(
            "multiple.none_with_others",
            question.id,
            question.clause,
            question.ticks,
            both,
            lambda broken: finding(repeat(name, len(broken))),
        )

    def steps_formula(self, cells: FormCells, question: Question, count: str) -> str:
        """The number of ticks, and 0 where 无 is one of them (R4)."""
        return f"IF({self._none_ticked(cells, question)},0,{count})"

    def _none_ticked(self, cells: FormCells, question: Question) -> str:
        return f"{cells.tick_count(question.ticks[_position(question)])}>0"

    def contradiction(self, cells: FormCells, question: Question, count: str) -> tuple[str, ...]:
        """Several ticks, one of them 无."""
        return (f"{count}>1", self._none_ticked(cells, question))

    def contradiction_hint(self, question: Question) -> str:
        """What to do then."""
        return f"选了“{question.options[_position(question)]}”，不能再选其他项，请更正。"

    def draw(self, rng: Random, question: Question, aim: int, options: Sequence[int]) -> list[int]:
        """As many options as are aimed at, or as there are; 无 where there is none."""
        others = [option for option in options if option != _position(question)]
        return sorted(rng.sample(others, min(aim, len(others)))) or [_position(question)]

    def can_break(self, question: Question) -> bool:
        """Always."""
        return True

    def break_in(self, rng: Random, question: Question, answers: SampleAnswers) -> SampleAnswers:
        """Tick 无 together with the last option."""
        return answers | {question.ticks[_position(question)]: True, question.ticks[-1]: True}
