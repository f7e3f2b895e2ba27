"""An edition of the standard as immutable data; every number carries its unit and its clause.

The types are named tuples because Python defines these in a quarter of the time of frozen dataclasses, and every
reader process defines them anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import ClassVar, NamedTuple


class Quantity(NamedTuple):
    """A number of the standard with its unit and clause; ``ruling``: the ruling where the text states none."""

    value: Decimal
    unit: str
    clause: str
    ruling: str = ""

    @property
    def exact(self) -> Fraction:
        """The value as an exact fraction."""
        return Fraction(self.value)


class Bounds(NamedTuple):
    """Upper bounds of right-closed intervals, one for each option, ascending."""

    value: tuple[Decimal, ...]
    unit: str
    clause: str


class Ranges(NamedTuple):
    """Closed whole-number ranges (from, to), one for each option."""

    value: tuple[tuple[int, ...], ...]
    unit: str
    clause: str


class Sentence(NamedTuple):
    """A sentence of the standard with its clause."""

    text: str
    clause: str


class Rule(NamedTuple):
    """A rule of the standard that the form prints, with its id and clause."""

    id: str
    text: str
    clause: str


class Level(NamedTuple):
    """A grade: its three conditions hold together. Editions without scenes leave scenes and binding out."""

    level: int
    name: str
    title: str
    score: Quantity
    requirement: str
    description: str
    scenes: Quantity | None = None
    binding: Quantity | None = None

    @property
    def full_name(self) -> str:
        """Name and title as the standard prints them, 一级（初始级）."""
        return f"{self.name}（{self.title}）"


class Dimension(NamedTuple):
    """A first-level indicator."""

    id: str
    name: str
    weight: Quantity


class Indicator(NamedTuple):
    """A second-level indicator."""

    id: str
    dimension: str
    name: str
    weight: Quantity


class Figure(NamedTuple):
    """A number that the form asks for below a question."""

    key: str
    label: str
    unit: str
    kind: str  # count, amount or percent
    required: bool = True


class Ratio(NamedTuple):
    """A rate that the form computes from two figures: part ÷ whole, in per cent."""

    label: str
    part: str
    whole: str
    clause: str


class Remark(NamedTuple):
    """A remark below the title of a question; ``ruling``: the ruling it rests on where the text is silent."""

    text: str
    clause: str
    ruling: str = ""


@cache
def _numbered(beginning: str, most: int, digits: int) -> tuple[str, ...]:
    """The keys that begin so, and end in 1, 2 and so on. They are asked for again and again."""
    return tuple(f"{beginning}{number:0{digits}}" for number in range(1, most + 1))


class Question(NamedTuple):
    """A 采集项 with its question; options in printed order, the first scores nothing.

    ``locked``: why an enterprise cannot raise it by deciding to, "" where it can.
    """

    id: str
    indicator: str
    item: str
    weight: Quantity
    title: str
    type: str  # the name of its kind, in standard/questions
    options: tuple[str, ...]
    clause: str
    figures: tuple[Figure, ...] = ()
    none: int | None = None
    base_year: bool = False
    ratio: Ratio | None = None
    remarks: tuple[Remark, ...] = ()
    locked: str = ""

    @property
    def number(self) -> int:
        """The printed number: 4 for q04."""
        return int(self.id[1:])

    @property
    def ticks(self) -> tuple[str, ...]:
        """The option keys in printed order: q04_o01, q04_o02 and so on."""
        return _numbered(f"{self.id}_o", len(self.options), 2)


class SceneGroup(NamedTuple):
    """A first-level group of scenes."""

    id: str
    name: str


class Scene(NamedTuple):
    """An application scene with the text of each level."""

    id: str
    group: str
    name: str
    binding: bool
    levels: tuple[str, ...]
    clause: str

    @property
    def number(self) -> int:
        """The printed number: 3 for s03."""
        return int(self.id[1:])

    @property
    def printed_name(self) -> str:
        """The name with the standard's * where the scene is binding."""
        return self.name + ("*" if self.binding else "")

    @property
    def ticks(self) -> tuple[str, ...]:
        """The level keys: s03_l1, s03_l2 and so on."""
        return _numbered(f"{self.id}_l", len(self.levels), 1)


class Energy(NamedTuple):
    """A row of the coal-equivalent table."""

    id: str
    name: str
    unit: str
    coefficient: Quantity

    @property
    def row(self) -> str:
        """The key of its row on the form: en_electricity."""
        return f"en_{self.id}"


class EnergyYear(NamedTuple):
    """A year for which amounts are asked, and the figure that takes its total."""

    id: str
    name: str
    figure: str


class EnergyFlow(NamedTuple):
    """A part of a year's consumption; ``sign``: + or -, whether it counts for or against the total."""

    id: str
    name: str
    sign: str


class EnergyTotal(NamedTuple):
    """How the consumption of a year is added up: the flows of every energy, in coal equivalents. ``term``: its name.

    ``tolerance``: by what share of the total the stated figure may differ from it.
    """

    term: str
    years: tuple[EnergyYear, ...]
    flows: tuple[EnergyFlow, ...]
    tolerance: Quantity
    clause: str


class EnergyAmount(NamedTuple):
    """An amount of an energy in its own unit."""

    name: str
    amount: Decimal


class EnergyExample(NamedTuple):
    """The standard's worked example of the conversion."""

    text: str
    amounts: tuple[EnergyAmount, ...]
    total: Quantity


class Term(NamedTuple):
    """A glossary entry."""

    term: str
    text: str


class Ruling(NamedTuple):
    """A decision about something that the text of the standard leaves open."""

    id: str
    gap: str
    choice: str
    reason: str
    clause: str


class CheckRow(ABC):
    """A row of [[check]]: one answer must agree with another. Each kind is a subclass, in standard/checks."""

    __slots__ = ()

    substance: ClassVar[tuple[str, ...]]
    """The keys that the edition's SHA-256 covers; ``wording`` are those that may be corrected: see identity."""
    wording: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def kind(self) -> str:
        """The name of its kind."""

    @property
    @abstractmethod
    def clause(self) -> str:
        """The clause of the standard that it follows from."""


class Counts(NamedTuple):
    """How many parts the edition says it has; the loader checks the file against these numbers."""

    dimensions: int
    indicators: int
    questions: int
    options: tuple[int, ...]
    scene_groups: int = 0
    scenes: int = 0
    binding: int = 0


class Header(NamedTuple):
    """What an edition says as a whole: its name, its counts, and the words that no single item has."""

    id: str
    title: str
    form_title: str
    score_part: str
    full_marks: Quantity
    ungraded: str
    introduction: str
    method: str
    single: str
    multiple: str
    counts: Counts
    scene_part: str = ""
    binding_note: str = ""
    not_reached: str = ""
    not_applicable: str = ""
    score_overview: Sentence | None = None
    scene_overview: Sentence | None = None
    glossary_note: Sentence | None = None
    also_known_as: tuple[str, ...] = ()  # SHA-256 that forms sent out before name this edition by


class Field(NamedTuple):
    """Something that the form asks of an enterprise in every edition.

    ``of_return``: whether the answer is about one return rather than about the enterprise.
    """

    key: str
    label: str
    need: str  # required, expected or optional
    kind: str  # text, choice, date, uscc, industry or phone
    hint: str
    choices: tuple[str, ...] = ()
    of_return: bool = False


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: the loader returns one object an edition
class Edition:
    """One edition of the standard, complete."""

    header: Header
    levels: tuple[Level, ...]
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    questions: tuple[Question, ...]
    scene_groups: tuple[SceneGroup, ...]
    scenes: tuple[Scene, ...]
    rules: tuple[Rule, ...]
    energies: tuple[Energy, ...]
    energy_total: EnergyTotal | None
    energy_example: EnergyExample | None
    glossary: tuple[Term, ...]
    checks: tuple[CheckRow, ...]
    rulings: tuple[Ruling, ...]
    fields: tuple[Field, ...]
    sha256: str  # of what forms, answers and scores depend on: see identity
    text_sha256: str
    text: str  # of the file, for a batch to carry its edition with it

    @property
    def id(self) -> str:
        """The edition's short name, 2024."""
        return self.header.id

    @cached_property
    def hashes(self) -> frozenset[str]:
        """Every SHA-256 by which a form may name this edition; older forms carry the hash of its text."""
        return frozenset((self.sha256, self.text_sha256, *self.header.also_known_as))

    @cached_property
    def question(self) -> dict[str, Question]:
        """Questions by id."""
        return {q.id: q for q in self.questions}

    @cached_property
    def indicator(self) -> dict[str, Indicator]:
        """Second-level indicators by id."""
        return {i.id: i for i in self.indicators}

    @cached_property
    def dimension(self) -> dict[str, Dimension]:
        """First-level indicators by id."""
        return {d.id: d for d in self.dimensions}

    @cached_property
    def scene(self) -> dict[str, Scene]:
        """Scenes by id."""
        return {s.id: s for s in self.scenes}

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Figures by key, in printed order."""
        return {f.key: f for q in self.questions for f in q.figures}

    @property
    def energy_unit(self) -> str:
        """The unit that all energies are converted to, 吨标准煤; blank where there are none."""
        return self.energies[0].coefficient.unit.split("/")[0] if self.energies else ""

    def level_name(self, level: int) -> str:
        """The printed name of a level; 0 is the edition's 无等级."""
        return self.levels[level - 1].name if level else self.header.ungraded

    def find_level(self, text: str) -> int | None:
        """The level that a text names: 2, 二级, ≥二级 or 二级及以上; None where it names none of this edition."""
        name = text.strip().removeprefix("≥").removesuffix("及以上").strip()
        names = {key: level.level for level in self.levels for key in (str(level.level), level.name)}
        return names.get(name)

    def scene_level_name(self, level: int) -> str:
        """The printed name of a scene's level; 0 is the edition's 未达一级."""
        return self.levels[level - 1].name if level else self.header.not_reached

    def question_path(self, question: Question) -> tuple[Dimension, Indicator, Question]:
        """The question with the indicators above it, first level first."""
        indicator = self.indicator[question.indicator]
        return self.dimension[indicator.dimension], indicator, question
