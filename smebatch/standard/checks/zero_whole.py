"""A whole of nothing deserves a warning: its rates count as 0 (R10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.checks.check import Check, exceeds, limits_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, Bools, FormCells, ReportedElsewhere
    from smebatch.standard.sample_values import SampleAnswers


class _Row(NamedTuple):
    kind: str
    whole: str
    clause: str
    ruling: str = ""


class ZeroWhole(_Row, Check):
    """A whole of nothing deserves a warning: its rates count as 0."""

    __slots__ = ()
    name = "zero_whole"
    meaning = "a whole of 0: its rates count as 0, with a warning"
    codes = ("whole.zero",)
    substance = ("kind", "whole")
    wording = ("clause", "ruling")

    @property
    def place(self) -> str:
        """The whole."""
        return self.whole

    @property
    def figures(self) -> tuple[str, ...]:
        """The whole."""
        return (self.whole,)

    def require_sound(self, edition: Edition, where: str) -> None:
        """Any figure may be 0."""

    @property
    def settled_wholes(self) -> tuple[str, ...]:
        """The whole."""
        return (self.whole,)

    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        """One."""
        parts = tuple(part for part, whole in limits_of(edition) if whole == self.whole)

        def zero(answers: AnswerColumns) -> Bools:
            broken: Bools = answers.filled(self.whole) & (answers.figure(self.whole) == 0)
            for part in parts:  # a part above a whole of 0 is reported as such
                broken &= ~exceeds(answers, part, self.whole)
            return broken

        yield AnswerRule("whole.zero", self.whole, self.clause, (self.whole, *parts), zero)

    def figure_hints(self, cells: FormCells, figure: str) -> Iterable[tuple[str, str]]:
        """Beside the whole."""
        if figure == self.whole:
            yield f"{cells.figure(self.whole)}=0", "为 0，比率按 0 计，请核对。"

    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        """Nothing, and nothing of it."""
        parts = [part for part, whole in limits_of(edition) if whole == self.whole]
        return answers | dict.fromkeys((self.whole, *parts), 0)
