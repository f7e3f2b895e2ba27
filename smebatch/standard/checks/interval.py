"""The interval ticked must contain part ÷ whole. Right-closed (R5), compared by cross-multiplying."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from smebatch.standard.answer_rule import AnswerRule, show_rate
from smebatch.standard.checks.check import (
    Hint,
    QuestionCheck,
    exceeds,
    limits_of,
    require_one_unit,
    require_type,
    require_unit,
    settled_wholes,
)
from smebatch.standard.checks.option_hint import should_be
from smebatch.standard.formula_text import more
from smebatch.standard.model import Bounds, Edition
from smebatch.standard.toml_binding import require

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, Bools, FormCells, Ints, ReportedElsewhere, SampleFigures
    from smebatch.standard.sample_values import SampleAnswers


class _Row(NamedTuple):
    kind: str
    question: str
    part: str
    whole: str
    upper: Bounds
    severity: str
    clause: str
    ruling: str = ""


class Interval(_Row, QuestionCheck):
    """The interval ticked must contain part ÷ whole."""

    __slots__ = ()
    name = "interval"
    meaning = (
        "the option ticked must hold part ÷ whole; `upper`: the upper bound of each option in %, rising; "
        "an interval holds its upper bound and not its lower"
    )
    codes = ("interval.contradiction", "interval.unlikely")
    substance = ("kind", "question", "part", "whole", "upper", "severity")
    wording = ("clause", "ruling")
    fault = "contradicted_interval"
    decides = True
    draw_turn = 1

    @property
    def figures(self) -> tuple[str, ...]:
        """Part and whole."""
        return (self.part, self.whole)

    def require_sound(self, edition: Edition, where: str) -> None:
        """Two figures of one unit, and a bound for each option of a 单选."""
        require(self.part != self.whole, f"{where}: part and whole are one figure")
        require_one_unit(edition, self.part, self.whole, where)
        require_unit("upper", self.upper.unit, "%", where)
        require_type(edition, self.question, "single", where)
        n, bounds = len(edition.question[self.question].options), list(self.upper.value)
        require(len(bounds) == n, f"{where}: {n} upper bounds are needed, one for each option")
        require(bounds == sorted(set(bounds)), f"{where}: upper bounds must rise")
        require(bounds[0] >= 0, f"{where}: upper bounds must not be negative")

    def divisors(self, edition: Edition) -> tuple[str, ...]:
        """The whole, unless the edition settles what a 0 means (R10)."""
        return () if self.whole in settled_wholes(edition) else (self.whole,)

    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        """One."""
        question = edition.question[self.question]
        bounds = [Fraction(bound) for bound in self.upper.value]

        def workings(broken: AnswerColumns) -> Iterator[str]:
            figures = (broken.figure(key).tolist() for key in self.figures)
            texts = (broken.shown(key) for key in self.figures)
            for part, whole, part_text, whole_text in zip(*figures, *texts, strict=True):
                rate = Fraction(100 * part, whole) if whole else Fraction(0)
                yield f"{part_text} ÷ {whole_text} = {show_rate(rate, bounds)}%"

        yield AnswerRule(
            "interval.contradiction" if self.severity == "error" else "interval.unlikely",
            self.question,
            self.clause,
            (*question.ticks, *self.figures),
            lambda answers: self.contradicted_by(edition, answers, reported),
            lambda broken: zip(broken.ticked(question), workings(broken), strict=True),
        )

    def contradicted_by(self, edition: Edition, answers: AnswerColumns, reported: ReportedElsewhere) -> Bools:
        """Where the figures lie in another interval than the one ticked, and nothing else is wrong with them."""
        chosen = answers.chosen(edition.question[self.question])
        judged: Bools = (chosen > 0) & answers.sound(*self.figures) & ~reported.zero_base(answers, *self.figures)
        if self.whole not in settled_wholes(edition):
            judged &= answers.figure(self.whole) > 0  # without a whole there is no rate
        for part, whole in limits_of(edition):  # a part above its whole is reported as such
            if part == self.part:
                judged &= ~exceeds(answers, part, whole)
        judged &= self._option_of(answers) != chosen
        return judged

    def _option_of(self, answers: AnswerColumns) -> Ints:
        """The option whose interval holds part ÷ whole, from 1; a whole of 0 counts as a rate of 0 (R10).

        Beyond the last bound the number is one too high. Right-closed: part × 100 ≤ bound × whole, in Python integers,
        for products of two figures do not fit into int64.
        """
        part, whole = (answers.figure(key).astype(object) for key in self.figures)
        option = answers.zeros() + 1
        for bound in self.upper.value:
            limit = Fraction(bound) / 100
            option += (part * limit.denominator > limit.numerator * whole) & (whole > 0)
        return option

    def question_hint(self, cells: FormCells, giving_way: Sequence[Hint]) -> Hint:
        """The interval that holds part ÷ whole: one more for each bound exceeded (R10)."""
        part, whole = (cells.figure(key) for key in self.figures)
        places = max(max(-int(bound.as_tuple().exponent), 0) for bound in self.upper.value)
        shift = 10**places
        exceeded = [f"({more(f'{part}*{100 * shift}', f'{int(u * shift)}*{whole}')})" for u in self.upper.value]
        expected = f"(1+({whole}>0)*({'+'.join(exceeded)}))"
        ready = [cells.is_number(*self.figures)]
        if (self.part, self.whole) in limits_of(cells.edition):
            ready.append(f"{part}<={whole}")  # otherwise the figure's own hint says what is wrong
        return should_be(cells, self.question, ready, expected, self.severity, giving_way)

    def draw(self, figures: SampleFigures) -> None:
        """A part that makes the option aimed at true."""
        whole = Fraction(figures.get(self.whole))
        upper = [Fraction(bound) / 100 for bound in self.upper.value]
        aim = figures.aim(self.question)
        low, high = (upper[aim - 1] if aim else Fraction(0)), upper[aim]
        # Skewed to the lower end: most enterprises that put less than 10 % of revenue into anything put in 1 or 2 %.
        share = low + (high - low) * Fraction(round(figures.rng.random() ** 2, 4))
        if self.part not in figures.values:
            figures.put(self.part, whole * share, down=True)
        ratio = Fraction(figures.get(self.part)) / whole if whole else Fraction(0)
        figures.decided[self.question] = next((i for i, bound in enumerate(upper) if ratio <= bound), len(upper) - 1)

    def figures_for(self, answers: SampleAnswers, option: int) -> SampleAnswers:
        """A part in the middle of the option's interval."""
        whole, upper = answers.get(self.whole), self.upper.value
        if not isinstance(whole, int) or option < 2:
            return {}
        return {self.part: int(whole * (upper[option - 2] + upper[option - 1]) / 200)}

    @property
    def can_break(self) -> bool:
        """Where it is an error."""
        return self.severity == "error"

    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        """Tick the interval next to the one that the figures give."""
        ticks = edition.question[self.question].ticks
        ticked = next((i for i, tick in enumerate(ticks) if answers.get(tick)), 0)
        return answers | {ticks[ticked]: None, ticks[ticked + 1 if ticked + 1 < len(ticks) else ticked - 1]: True}
