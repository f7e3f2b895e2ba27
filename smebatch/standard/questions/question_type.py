"""What a kind of question has to say, whoever asks: loader, validator, score, form, sampler and docs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.model import Edition, Header, Question

if TYPE_CHECKING:
    from random import Random

    from smebatch.standard.backends import AnswerColumns, FormCells, Ints
    from smebatch.standard.sample_values import SampleAnswers


class QuestionType(ABC):
    """A kind of question. Its name is what ``type`` of a [[question]] says.

    A question has steps: its first option is worth 0 of them, everything that counts ``most_steps``.
    """

    name: ClassVar[str]
    meaning: ClassVar[str]
    """What it means, for docs/editions.md."""
    codes: ClassVar[tuple[str, ...]]
    """The issues it may raise."""
    fault: ClassVar[str]
    """What a made-up return is called in which it is answered against its rule."""

    @abstractmethod
    def label(self, header: Header) -> str:
        """What the edition calls it, 单选."""

    @abstractmethod
    def require_sound(self, question: Question) -> None:
        """Raise EditionError where a question of this type cannot be done justice."""

    def most_steps(self, question: Question) -> int:
        """How many steps are worth full marks, at least 1: 三(一) 评分逻辑1 spreads the points evenly over them."""
        return len(question.options) - 1

    @abstractmethod
    def advice(self, edition: Edition, question: Question) -> str:
        """What is right to do where nothing is ticked, without a full stop. It follows from what the options mean."""

    # ------------------------------------------------------------------------------------------ validator and score

    @abstractmethod
    def steps(self, answers: AnswerColumns, question: Question) -> Ints:
        """The steps that each return has reached, from 0 to ``most_steps``, int64; 0 where it is not answered rightly.

        Whether it is answered at all is the same rule for every type.
        """

    @abstractmethod
    def rules(self, question: Question) -> Iterator[AnswerRule]:
        """What ticks of one question may not say together."""

    # --------------------------------------------------------------------------------------------------------- form

    @abstractmethod
    def steps_formula(self, cells: FormCells, question: Question, count: str) -> str:
        """The steps as a formula; ``count``: the cell that says how many of its options are ticked."""

    @abstractmethod
    def contradiction(self, cells: FormCells, question: Question, count: str) -> tuple[str, ...]:
        """The conditions under which, all together, the ticks contradict one another."""

    @abstractmethod
    def contradiction_hint(self, question: Question) -> str:
        """What the form says then."""

    # ------------------------------------------------------------------------------------------------------ sampler

    @abstractmethod
    def draw(self, rng: Random, question: Question, aim: int, options: Sequence[int]) -> list[int]:
        """The options, from 0, that an enterprise ticks which is to reach ``aim`` steps; it may tick ``options``."""

    @abstractmethod
    def can_break(self, question: Question) -> bool:
        """Whether ``break_in`` spoils nothing else."""

    @abstractmethod
    def break_in(self, rng: Random, question: Question, answers: SampleAnswers) -> SampleAnswers:
        """The answers, consistent so far, with the question answered against its rule."""
