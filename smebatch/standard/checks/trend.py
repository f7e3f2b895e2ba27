"""The option ticked must be the change from prior to last, compared as reported by cross-multiplying (R6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from smebatch.standard.answer_rule import AnswerRule, Described, show_rate
from smebatch.standard.checks.check import Hint, QuestionCheck, ZeroTells, require_one_unit, require_type, tick_only
from smebatch.standard.checks.option_hint import should_be
from smebatch.standard.formula_text import more
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import require

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, Bools, FormCells, ReportedElsewhere, SampleFigures
    from smebatch.standard.sample_values import SampleAnswers


class _Row(NamedTuple):
    kind: str
    question: str
    options: tuple[str, ...]  # down, same or up, for each option in printed order
    last: tuple[str, ...]
    prior: tuple[str, ...]
    severity: str
    clause: str
    ruling: str = ""


class Trend(_Row, QuestionCheck):
    """The option ticked must agree with last ÷ base against prior ÷ base."""

    __slots__ = ()
    name = "trend"
    meaning = (
        "the option ticked must be the change from `prior` to `last`, each one figure, or two: numerator and "
        'denominator; `options`: `"up"`, `"same"`, `"down"` in the order of the three options'
    )
    codes = ("trend.contradiction", "trend.unlikely", "trend.zero")
    substance = ("kind", "question", "options", "last", "prior", "severity")
    wording = ("clause", "ruling")
    draw_turn = 2

    @property
    def figures(self) -> tuple[str, ...]:
        """Those of the year, and those of the year before."""
        return (*self.last, *self.prior)

    @property
    def years(self) -> tuple[tuple[str, str], ...]:
        """Each figure of the year with that of the year before."""
        return tuple(zip(self.last, self.prior, strict=True))

    def require_sound(self, edition: Edition, where: str) -> None:
        """One or two figures a year, of one unit by pairs, and a 单选 of three options."""
        last, prior = self.last, self.prior
        require(len(last) == len(prior) and len(last) in (1, 2), f"{where}: last and prior need one figure, or two")
        for one, other in zip(last, prior, strict=True):
            require_one_unit(edition, one, other, where)
        require_type(edition, self.question, "single", where)
        require(sorted(self.options) == ["down", "same", "up"], f"{where}: options must be down, same and up")
        require(len(edition.question[self.question].options) == 3, f"{where}: the question needs three options")

    def divisors(self, edition: Edition) -> tuple[str, ...]:
        """The denominators."""
        return (*self.last[1:], *self.prior[1:])

    @property
    def divisors_before(self) -> tuple[str, ...]:
        """The denominator of the year before."""
        return self.prior[1:]

    @property
    def compared(self) -> tuple[str, ...]:
        """All of its figures."""
        return self.figures

    def told_by_zero(self) -> Iterator[ZeroTells]:
        """Last year's numerator of a fall, the prior one of a rise; not of the first option, which scores nothing."""
        last, prior = self.last[0], self.prior[0]
        for key, other, direction in ((last, prior, "down"), (prior, last, "up")):
            option = self.options.index(direction) + 1
            if option > 1:
                yield ZeroTells(key, other, option)

    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        """One: same means equal as reported, so last ÷ base and prior ÷ base are compared by cross-multiplying."""
        question = edition.question[self.question]
        figures = tuple(dict.fromkeys(self.figures))

        def broken(answers: AnswerColumns) -> Bools:
            chosen = answers.chosen(question)
            judged: Bools = (chosen > 0) & answers.sound(*figures) & ~reported.zero_base(answers, *figures)
            if self.severity != "error":  # that figures are doubtful does not excuse an error
                judged &= ~reported.contradicted(answers, *figures)
            for key in self.divisors(edition):
                judged &= answers.figure(key) > 0  # without a base there is no rate to compare
            for option, holds in enumerate(self._holding(answers), 1):
                judged &= ~((chosen == option) & holds)
            return judged

        def describe(broken: AnswerColumns) -> Described:
            last, prior = _workings(broken, self.last, self.prior), _workings(broken, self.prior, self.last)
            return zip(broken.ticked(question), map("，".join, zip(last, prior, strict=True)), strict=True)

        yield AnswerRule(
            "trend.contradiction" if self.severity == "error" else "trend.unlikely",
            self.question,
            self.clause,
            (*question.ticks, *figures),
            broken,
            describe,
        )

    def _holding(self, answers: AnswerColumns) -> Iterator[Bools]:
        """Where each option is true of the figures, in Python integers: products of two do not fit into int64."""

        def exact(key: str) -> Any:  # an array of Python integers, of which numpy's types know nothing
            return answers.figure(key).astype(object)

        last, prior = exact(self.last[0]), exact(self.prior[0])
        if len(self.last) > 1:
            last, prior = last * exact(self.prior[1]), prior * exact(self.last[1])
        for direction in self.options:
            yield last > prior if direction == "up" else last < prior if direction == "down" else last == prior

    def question_hint(self, cells: FormCells, giving_way: Sequence[Hint]) -> Hint:
        """The change from prior to last, by cross-multiplying numerators and denominators."""
        now, before = cells.figure(self.last[0]), cells.figure(self.prior[0])
        ready = [cells.is_number(*self.figures)]
        if len(self.last) == 2:
            now_base, before_base = cells.figure(self.last[1]), cells.figure(self.prior[1])
            now, before = f"{now}*{before_base}", f"{before}*{now_base}"
            ready += [f"{now_base}>0", f"{before_base}>0"]
        number = {what: i for i, what in enumerate(self.options, 1)}
        expected = f"IF({more(now, before)},{number['up']},IF({more(before, now)},{number['down']},{number['same']}))"
        return should_be(cells, self.question, ready, expected, self.severity, giving_way)

    def draw(self, figures: SampleFigures) -> None:
        """Figures of the year before that make the option aimed at true, or another that can be written."""
        for key in self.last:
            figures.get(key)
        wanted = self.options[figures.aim(self.question)]
        # Not every change can be written: no rate lies above 100 %, and half an employee does not make up for a yuan.
        for direction in (wanted, figures.rng.choice(("up", "down")), "up"):
            if all(figures.values[key] for key in self.last) and self._solve(figures, direction):
                break
        for key in self.prior:  # what nothing could be solved for
            figures.get(key)
        figures.decided[self.question] = self.options.index(self._direction(figures))

    def _solve(self, figures: SampleFigures, direction: str) -> bool:
        """Choose the year before so that the change goes in ``direction``; False where that cannot be written."""
        rng, values = figures.rng, figures.values
        step = Fraction(rng.randint(5, 30) if len(self.prior) == 1 else rng.randint(20, 140), 1000)
        factor = {"same": Fraction(1), "up": 1 - step, "down": 1 + step}[direction]  # prior ratio over last ratio
        exact = direction == "same"
        last = [Fraction(values[key]) for key in self.last]
        if len(self.prior) == 1:
            return self.prior[0] in values or figures.put(self.prior[0], last[0] * factor, exact=exact)
        above, below = self.prior
        if above not in values and below not in values:
            figures.put(below, last[1] * figures.growth, exact=figures.edition.figures[below].kind != "count")
        if above not in values:
            prior_base = Fraction(figures.get(below))
            return figures.put(above, last[0] / last[1] * factor * prior_base, exact=exact)
        if below not in values:
            base = Fraction(values[above]) * last[1] / last[0] / factor
            return figures.put(below, max(Fraction(1), base), exact=exact)
        return True

    def _direction(self, figures: SampleFigures) -> str:
        values = figures.values
        now, then = (Fraction(values[keys[0]]) for keys in (self.last, self.prior))
        if len(self.last) == 2:
            now, then = now * Fraction(values[self.prior[1]]), then * Fraction(values[self.last[1]])
        return "same" if now == then else "up" if now > then else "down"

    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        """Tick the option after the one that the figures give."""
        ticks = edition.question[self.question].ticks
        ticked = next((i for i, tick in enumerate(ticks) if answers.get(tick)), 0)
        return answers | tick_only(edition, self.question, (ticked + 1) % len(ticks))


def _workings(broken: AnswerColumns, keys: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    """The quotient of each return, with its value in as many digits as tell it from that of the other year."""
    quotients = map(" ÷ ".join, zip(*(broken.shown(key) for key in keys), strict=True))
    if len(keys) == 1:
        return list(quotients)
    compared = zip(quotients, _rates(broken, keys), _rates(broken, others), strict=True)
    return [f"{quotient} = {show_rate(rate, [other])}" for quotient, rate, other in compared]


def _rates(broken: AnswerColumns, keys: tuple[str, ...]) -> list[Fraction]:
    return [Fraction(*figures) for figures in zip(*(broken.figure(key).tolist() for key in keys), strict=True)]
