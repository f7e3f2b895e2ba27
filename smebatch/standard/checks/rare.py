"""Options so seldom true that ticking one deserves a warning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from smebatch.standard.answer_rule import AnswerRule, finding
from smebatch.standard.checks.check import Hint, QuestionCheck, checks_at, require_type, tick_only
from smebatch.standard.checks.option_hint import chosen
from smebatch.standard.formula_text import when
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import require

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, Bools, FormCells, ReportedElsewhere
    from smebatch.standard.sample_values import SampleAnswers


class _Row(NamedTuple):
    kind: str
    question: str
    options: tuple[int, ...]
    reason: str
    clause: str


class Rare(_Row, QuestionCheck):
    """Options so seldom true that ticking one deserves a warning."""

    __slots__ = ()
    name = "rare"
    meaning = "ticking one of these options (counted from 1) deserves a warning"
    codes = ("option.rare",)
    substance = ("kind", "question", "options")
    wording = ("reason", "clause")
    fault = "rare_option"
    gives_way = True

    def require_sound(self, edition: Edition, where: str) -> None:
        """Options of a 单选."""
        require_type(edition, self.question, "single", where)
        n = len(edition.question[self.question].options)
        require(len(self.options) > 0, f"{where}: options must not be empty")
        require(all(1 <= o <= n for o in self.options), f"{where}: options run from 1 to {n}")

    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        """One."""
        question = edition.question[self.question]
        others = checks_at(edition, self.question)

        def broken(answers: AnswerColumns) -> Bools:
            ticked = answers.chosen(question)
            rare: Bools = reduce(or_, (ticked == option for option in self.options))
            for other in others:  # where the figures contradict the tick, that says it better
                rare &= ~other.contradicted_by(edition, answers, reported)
            return rare

        yield AnswerRule(
            "option.rare",
            self.question,
            self.clause,
            question.ticks,
            broken,
            lambda broken: finding(broken.ticked(question), self.reason),
        )

    def question_hint(self, cells: FormCells, giving_way: Sequence[Hint]) -> Hint:
        """The reason."""
        ticked = chosen(cells, self.question)
        condition = f"OR({','.join(f'{ticked}={option}' for option in self.options)})"
        return Hint(when(condition, self.reason), self.reason)

    @property
    def avoided_options(self) -> tuple[int, ...]:
        """The options."""
        return self.options

    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        """Tick the first of the options; where figures decide the question, they say the same."""
        option = min(self.options)
        changed = tick_only(edition, self.question, option - 1)
        for other in checks_at(edition, self.question):
            changed |= other.figures_for(answers, option)
        return answers | changed
