"""单选: one option is true; option i of n is worth i − 1 of n − 1 steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from smebatch.standard.answer_rule import AnswerRule, finding
from smebatch.standard.keys import EXCUSED
from smebatch.standard.model import Edition, Header, Question
from smebatch.standard.questions.question_type import QuestionType
from smebatch.standard.toml_binding import require

if TYPE_CHECKING:
    from random import Random

    from smebatch.standard.backends import AnswerColumns, FormCells, Ints
    from smebatch.standard.sample_values import SampleAnswers


class Single(QuestionType):
    """A question with one answer."""

    name = "single"
    meaning = "option i of n scores (i − 1) ÷ (n − 1)"
    codes = ("single.many",)
    fault = "two_options"

    def label(self, header: Header) -> str:
        """单选."""
        return header.single

    def require_sound(self, question: Question) -> None:
        """无 is among the options of a 多选."""
        require(question.none is None, f"question {question.id}: none belongs to multiple questions only")

    def advice(self, edition: Edition, question: Question) -> str:
        """The option that scores 0 is advised only where it says that there is nothing; 降低 would be a statement.

        >>> from smebatch.standard.loader import load_edition
        >>> edition = load_edition("2024")
        >>> Single().advice(edition, edition.question["q05"])
        '请选一项；没有的，选“无”'
        """
        from smebatch.standard.reference import advice_words  # not for readers, which load editions and advise nobody

        words = advice_words()
        if question.options[0] in words.nothing:
            return words.single["nothing"].format(option=question.options[0])
        if question.base_year:
            field = next(f for f in edition.fields if f.key == EXCUSED)
            return words.single["base_year"].format(field=field.label, choice=field.choices[0])
        return words.single["figures" if question.figures else "other"]

    def steps(self, answers: AnswerColumns, question: Question) -> Ints:
        """The option ticked, counted from 0; with none or several ticked (an error) nothing is scored."""
        chosen = answers.chosen(question)
        steps: Ints = chosen - (chosen > 0)
        return steps

    def rules(self, question: Question) -> Iterator[AnswerRule]:
        """Not more than one option."""
        yield AnswerRule(
            "single.many",
            question.id,
            question.clause,
            question.ticks,
            lambda answers: answers.count(question.ticks) > 1,
            lambda broken: finding(map(str, broken.count(question.ticks).tolist())),
        )

    def steps_formula(self, cells: FormCells, question: Question, count: str) -> str:
        """The number of the option ticked, from 0; a question ticked twice scores nothing until it is put right."""
        steps = "+".join(f"{i}*{cells.tick_count(tick)}" for i, tick in enumerate(question.ticks[1:], 1))
        return f"IF({count}=1,{steps},0)"

    def contradiction(self, cells: FormCells, question: Question, count: str) -> tuple[str, ...]:
        """More than one tick."""
        return (f"{count}>1",)

    def contradiction_hint(self, question: Question) -> str:
        """What to do then."""
        return "单选题只能选一项，请更正。"

    def draw(self, rng: Random, question: Question, aim: int, options: Sequence[int]) -> list[int]:
        """The option aimed at: checks of figures have decided it."""
        return [aim]

    def can_break(self, question: Question) -> bool:
        """Where no figures tell which option is meant."""
        return not question.figures

    def break_in(self, rng: Random, question: Question, answers: SampleAnswers) -> SampleAnswers:
        """Tick a second option."""
        spare = [tick for tick in question.ticks if not answers.get(tick)]
        return answers | {rng.choice(spare): True}
