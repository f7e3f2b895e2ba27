"""A part may not exceed its whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.checks.check import Check, exceeds, require_one_unit
from smebatch.standard.formula_text import both
from smebatch.standard.keys import titles_of
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import require

if TYPE_CHECKING:
    from smebatch.standard.backends import FormCells, ReportedElsewhere, SampleFigures
    from smebatch.standard.sample_values import SampleAnswers


class _Row(NamedTuple):
    kind: str
    part: str
    whole: str
    clause: str


class PartOfWhole(_Row, Check):
    """A part may not exceed its whole."""

    __slots__ = ()
    name = "part_of_whole"
    meaning = "one figure may not exceed another: error"
    codes = ("part.exceeds_whole",)
    substance = ("kind", "part", "whole")
    wording = ("clause",)
    draw_turn = 3

    @property
    def place(self) -> str:
        """The part."""
        return self.part

    @property
    def figures(self) -> tuple[str, ...]:
        """Part and whole."""
        return (self.part, self.whole)

    def require_sound(self, edition: Edition, where: str) -> None:
        """Two figures of one unit."""
        require(self.part != self.whole, f"{where}: part and whole are one figure")
        require_one_unit(edition, self.part, self.whole, where)

    @property
    def limits(self) -> tuple[tuple[str, str], ...]:
        """The part by the whole."""
        return ((self.part, self.whole),)

    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        """One."""
        title = titles_of(edition)[self.whole]
        yield AnswerRule(
            "part.exceeds_whole",
            self.part,
            self.clause,
            (self.part, self.whole),
            lambda answers: exceeds(answers, self.part, self.whole),
            lambda broken: (
                (part, f"{title} {whole}")
                for part, whole in zip(broken.shown(self.part), broken.shown(self.whole), strict=True)
            ),
        )

    def figure_hints(self, cells: FormCells, figure: str) -> Iterable[tuple[str, str]]:
        """Beside the part."""
        if figure == self.part:
            above = both(cells.is_number(self.whole), f"{cells.figure(self.part)}>{cells.figure(self.whole)}")
            yield above, f"大于“{cells.edition.figures[self.whole].label}”，请更正。"

    def draw(self, figures: SampleFigures) -> None:
        """The part as a share of its whole, where nothing else has decided it."""
        if self.part not in figures.values:
            whole = Fraction(figures.get(self.whole))
            figures.put(self.part, whole * Fraction(figures.rng.randint(0, 100), 100), down=True)

    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        """A part of three of a whole of two."""
        return answers | {self.part: 3, self.whole: 2}
