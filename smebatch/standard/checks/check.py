"""What a kind of check has to say, whoever asks: loader, validator, form, sampler, other checks and docs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.checks.coupling import Coupling
from smebatch.standard.model import CheckRow, Edition
from smebatch.standard.toml_binding import require

if TYPE_CHECKING:
    from smebatch.standard.backends import (
        AnswerColumns,
        Bools,
        FormCells,
        ReportedElsewhere,
        SampleFigures,
        SampleTicks,
    )
    from smebatch.standard.sample_values import SampleAnswers


class Hint(NamedTuple):
    """What the form says beside a row: a formula that gives a text or nothing, and the longest that it may say."""

    formula: str
    longest: str


class ZeroTells(NamedTuple):
    """A figure of which a 0 is enough to make an option true, whatever ``other`` is above 0; options count from 1."""

    figure: str
    other: str
    option: int


class Check(CheckRow):
    """A row of [[check]]; a subclass is a kind, which is what ``kind`` of the row says.

    A kind is a named tuple of the row's keys that inherits from this class as well. What it does not override it has
    nothing to say about. "Its question" is the one at its place.
    """

    __slots__ = ()

    name: ClassVar[str]
    meaning: ClassVar[str]
    """What it means, for docs/editions.md."""
    codes: ClassVar[tuple[str, ...]]
    """The issues it may raise."""
    may_be_blank: ClassVar[tuple[str, ...]] = ()
    """The keys whose texts may be blank."""
    fault: ClassVar[str] = ""
    """What a made-up return is called that breaks such a check; "" where none of a sample does."""
    decides: ClassVar[bool] = False
    """Whether figures alone tell which option of its question is right; then it answers ``contradicted_by``."""
    gives_way: ClassVar[bool] = False
    """Whether it is silent where a check that decides contradicts the tick, which says it better."""
    draw_turn: ClassVar[int] = 0
    """When ``draw`` gets its turn; a check that leaves less to choose comes first."""

    # ------------------------------------------------------------------------------------------------------- loader

    @classmethod
    def keys(cls) -> dict[str, bool]:
        """The keys of its row in order, and whether each may be left out."""
        row: Any = cls  # a named tuple as well, which this class cannot say
        return {name: name in row._field_defaults for name in row._fields}

    @property
    @abstractmethod
    def place(self) -> str:
        """The row or the figure beside which it is reported; one check of a kind may be reported there."""

    @property
    def figures(self) -> tuple[str, ...]:
        """The keys of the figures it names."""
        return ()

    @property
    def questions(self) -> tuple[str, ...]:
        """The ids of the questions it names."""
        return ()

    @property
    def scenes(self) -> tuple[str, ...]:
        """The ids of the scenes it names; blank ones count for nothing."""
        return ()

    @abstractmethod
    def require_sound(self, edition: Edition, where: str) -> None:
        """Raise EditionError, naming the place, where it cannot be carried out; all that it names is there."""

    @property
    def years(self) -> tuple[tuple[str, str], ...]:
        """Pairs of figures that state the same of two years: the key of the year's, and of the year before's."""
        return ()

    # ------------------------------------------------------------------------------------------------- other checks

    @property
    def limits(self) -> tuple[tuple[str, str], ...]:
        """The figures that may not exceed another, each with that other: their excess has an issue of its own."""
        return ()

    @property
    def settled_wholes(self) -> tuple[str, ...]:
        """The figures of which a 0 means rates of 0: it is no base of 0 that must be corrected."""
        return ()

    def divisors(self, edition: Edition) -> tuple[str, ...]:
        """The figures that its question divides by: where one is 0, what is ticked cannot be checked."""
        return ()

    @property
    def divisors_before(self) -> tuple[str, ...]:
        """Those of its divisors that belong to the year before, which an enterprise may not have (R7)."""
        return ()

    @property
    def compared(self) -> tuple[str, ...]:
        """The figures without which what is ticked for its question cannot be checked."""
        return ()

    def told_by_zero(self) -> Iterable[ZeroTells]:
        """The figures of which a 0 is enough to make an option of its question true."""
        return ()

    def scenes_of_links(self, question: str) -> tuple[str, ...]:
        """The scenes of the business links that are claimed in the question."""
        return ()

    def couplings(self, edition: Edition) -> Iterable[Coupling]:
        """What it says of answers that are raised together; only checks whose codes begin with ``links.``."""
        return ()

    # ---------------------------------------------------------------------------------------------------- validator

    @abstractmethod
    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        """Its rules about the answers of a return, in the order of the form."""

    def contradicted_by(self, edition: Edition, answers: AnswerColumns, reported: ReportedElsewhere) -> Bools:
        """Where figures contradict the tick of its question."""
        return answers.zeros() > 0

    # --------------------------------------------------------------------------------------------------------- form

    def question_hint(self, cells: FormCells, giving_way: Sequence[Hint]) -> Hint | None:
        """What stands beside its question where this is answered with one tick, or is a 多选.

        ``giving_way``: hints of checks that give way. One that decides says them where it has nothing to say itself;
        to all others none are given.
        """
        return None

    def figure_hints(self, cells: FormCells, figure: str) -> Iterable[tuple[str, str]]:
        """What stands beside a figure that is a number: conditions, each with its text."""
        return ()

    def option_hint(self, cells: FormCells, tick: str) -> Hint | None:
        """What stands beside an option."""
        return None

    # ------------------------------------------------------------------------------------------------------ sampler

    @property
    def avoided_options(self) -> tuple[int, ...]:
        """The options of its question, from 1, that a consistent return does not aim at."""
        return ()

    def draw(self, figures: SampleFigures) -> None:
        """Draw figures that agree with it."""

    def may_tick(self, ticks: SampleTicks, option: int) -> bool:
        """Whether a consistent return may tick the option, from 0, of its question."""
        return True

    def settle(self, ticks: SampleTicks) -> None:
        """Choose the ticks that follow from those of other questions."""

    def figures_for(self, answers: SampleAnswers, option: int) -> SampleAnswers:
        """The figures to change so that the option of its question, from 1, is true."""
        return {}

    @property
    def can_break(self) -> bool:
        """Whether ``break_in`` does what ``fault`` says."""
        return True

    @abstractmethod
    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        """The answers, consistent so far, with what breaks this check."""


class QuestionCheck(Check):
    """A check of what is answered to one question, beside which it is reported: its row has the key ``question``."""

    __slots__ = ()

    if TYPE_CHECKING:
        question: str  # the named tuple has it: what stands here would hide that

    @property
    def place(self) -> str:
        """The question."""
        return self.question

    @property
    def questions(self) -> tuple[str, ...]:
        """The question."""
        return (self.question,)


def checks_of(edition: Edition) -> tuple[Check, ...]:
    """The checks of an edition, in its order."""
    return cast("tuple[Check, ...]", edition.checks)  # the loader makes no other rows


def checks_at(edition: Edition, place: str) -> tuple[Check, ...]:
    """Those that are reported beside a row or a figure."""
    return tuple(check for check in checks_of(edition) if check.place == place)


def settled_wholes(edition: Edition) -> frozenset[str]:
    """The figures of which a 0 means rates of 0."""
    return frozenset(whole for check in checks_of(edition) for whole in check.settled_wholes)


def limits_of(edition: Edition) -> tuple[tuple[str, str], ...]:
    """Every figure that may not exceed another, with that other."""
    return tuple(limit for check in checks_of(edition) for limit in check.limits)


def exceeds(answers: AnswerColumns, part: str, whole: str) -> Bools:
    """Where a part is above its whole, and both are sound."""
    above: Bools = answers.sound(part, whole) & (answers.figure(part) > answers.figure(whole))
    return above


def tick_only(edition: Edition, question: str, option: int) -> SampleAnswers:
    """The ticks of a question of which one option, from 0, is ticked."""
    ticks = edition.question[question].ticks
    return {**dict.fromkeys(ticks), ticks[option]: True}


def untick_none(edition: Edition, question: str) -> SampleAnswers:
    """无 of a question blank, where it has one."""
    of_none = edition.question[question].none
    return {edition.question[question].ticks[of_none - 1]: None} if of_none else {}


def require_type(edition: Edition, question: str, name: str, where: str) -> None:
    """Raise EditionError where the question is of another type."""
    require(edition.question[question].type == name, f"{where}: {question} must be a {name} question")


def require_unit(quantity: str, unit: str, expected: str, where: str) -> None:
    """Raise EditionError where what the check states is in another unit."""
    require(unit == expected, f"{where}: the unit of {quantity} must be {expected}, not {unit}")


def require_one_unit(edition: Edition, one: str, other: str, where: str) -> None:
    """Figures are compared as they are written, so they must be of one unit; 万元/年 and 万元 are.

    Raises EditionError.
    """
    units = [edition.figures[key].unit for key in (one, other)]
    same = units[0].split("/")[0] == units[1].split("/")[0]
    require(same, f"{where}: {one} is in {units[0]}, {other} in {units[1]}; they must be in one unit")
