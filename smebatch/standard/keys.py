"""The keys of an edition: one name for every answer, and the rows of the form that hold them."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from smebatch.standard.fixed_point import MICRO
from smebatch.standard.model import Edition, EnergyFlow, EnergyYear

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


# The key of the field by which an enterprise declares that it has no year before to compare with (R7).
EXCUSED = "no_base_year"


class Section(StrEnum):
    """The sheets that hold answers; the value is the sheet's contractual name."""

    ENTERPRISE = "企业信息"
    QUESTIONS = "基础管理成效"
    SCENES = "数字化经营"
    ENERGY = "能耗折算"


class Kind(StrEnum):
    """How the cell of an answer is read."""

    TICK = "tick"
    COUNT = "count"
    AMOUNT = "amount"
    PERCENT = "percent"
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    USCC = "uscc"
    INDUSTRY = "industry"
    PHONE = "phone"

    @property
    def is_figure(self) -> bool:
        """Whether the value is a number."""
        return self in (Kind.COUNT, Kind.AMOUNT, Kind.PERCENT)

    @overload
    def holds(self, micro: int) -> bool: ...

    @overload
    def holds(self, micro: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]: ...

    def holds(self, micro: Any) -> Any:
        """Whether a figure of this kind may be so many millionths: not negative, a count whole, a rate at most 100 %.

        >>> Kind.COUNT.holds(1_500_000), Kind.PERCENT.holds(100_000_000), Kind.AMOUNT.holds(-1)
        (False, True, False)
        """
        sound = micro >= 0
        if self is Kind.COUNT:
            sound = sound & (micro % MICRO == 0)
        if self is Kind.PERCENT:
            sound = sound & (micro <= 100 * MICRO)
        return sound


UNASSESSED = "unassessed"


class Key(NamedTuple):
    """An answer that the form asks for: ``name`` is ``row`` + ``suffix``, ``label`` is what a person calls it.

    ``need``: required, expected or optional; or UNASSESSED for an answer that is not assessed: a form may lack it, and
    whatever is wrong with it is only a warning.
    """

    name: str
    row: str
    suffix: str
    kind: Kind
    label: str
    need: str
    clause: str
    unit: str = ""
    choices: tuple[str, ...] = ()

    @property
    def unassessed(self) -> bool:
        """Whether the answer is not assessed."""
        return self.need == UNASSESSED


class Row(NamedTuple):
    """A keyed row of the form: the code and label it prints, the keys that stand in it, and what a person calls it."""

    key: str
    code: str
    label: str
    section: Section
    keys: tuple[Key, ...]
    title: str


@cache
def rows_of(edition: Edition) -> tuple[Row, ...]:
    """Every keyed row of the form, in printed order."""
    return (*_enterprise_rows(edition), *_question_rows(edition), *_scene_rows(edition), *_energy_rows(edition))


@cache
def keys_of(edition: Edition) -> dict[str, Key]:
    """Every answer key in printed order.

    >>> from smebatch.standard.loader import load_edition
    >>> keys = keys_of(load_edition("2024"))
    >>> keys["equipment_total"].unit, keys["s03_l2"].kind.value, len([k for k in keys.values() if k.kind == Kind.TICK])
    ('台', 'tick', 143)
    """
    return {key.name: key for row in rows_of(edition) for key in row.keys}


@cache
def titles_of(edition: Edition) -> dict[str, str]:
    """What a person calls each key and each row, by its number and name: 题5 …, 场景3 …."""
    titles = {row.key: row.title for row in rows_of(edition)}
    return titles | {name: key.label for name, key in keys_of(edition).items()}


@cache
def cells_of_rows(edition: Edition) -> dict[str, tuple[str, ...]]:
    """For each question and scene, the keys of the cells that an issue about its ticks points to."""
    questions = {q.id: q.ticks for q in edition.questions}
    return questions | {s.id: (*s.ticks, f"{s.id}_state") for s in edition.scenes}


def _enterprise_rows(edition: Edition) -> list[Row]:
    return [
        Row(
            f.key,
            str(i),
            f.label,
            Section.ENTERPRISE,
            (Key(f.key, f.key, "", Kind(f.kind), f.label, f.need, "", choices=f.choices),),
            f.label,
        )
        for i, f in enumerate(edition.fields, 1)
    ]


def _question_rows(edition: Edition) -> list[Row]:
    rows: list[Row] = []
    for q in edition.questions:
        name = f"题{q.number}"
        note = Key(f"{q.id}_note", q.id, "_note", Kind.TEXT, f"{name} 备注", "optional", q.clause)
        rows.append(Row(q.id, str(q.number), q.title, Section.QUESTIONS, (note,), f"{name} {q.item}"))
        for i, (tick, option) in enumerate(zip(q.ticks, q.options, strict=True), 1):
            key = Key(tick, tick, "", Kind.TICK, f"{name} 选项{i:02d} {option}", "optional", q.clause)
            rows.append(Row(tick, f"{q.number}-{i:02d}", option, Section.QUESTIONS, (key,), key.label))
        for letter, figure in zip(ascii_uppercase[: len(q.figures)], q.figures, strict=True):
            need = "required" if figure.required else "optional"
            key = Key(
                figure.key, figure.key, "", Kind(figure.kind), f"{name} {figure.label}", need, q.clause, figure.unit
            )
            rows.append(Row(figure.key, f"{q.number}-{letter}", figure.label, Section.QUESTIONS, (key,), key.label))
    return rows


def _scene_rows(edition: Edition) -> list[Row]:
    rows: list[Row] = []
    states = (edition.header.not_reached, edition.header.not_applicable)
    for s in edition.scenes:
        name = f"场景{s.number} {s.name}"
        ticks = [
            Key(tick, s.id, f"_l{g.level}", Kind.TICK, f"{name} {g.name}", "optional", s.clause)
            for tick, g in zip(s.ticks, edition.levels, strict=True)
        ]
        state = Key(f"{s.id}_state", s.id, "_state", Kind.CHOICE, f"{name} 状态", "optional", s.clause, choices=states)
        note = Key(f"{s.id}_note", s.id, "_note", Kind.TEXT, f"{name} 备注", "optional", s.clause)
        rows.append(Row(s.id, str(s.number), s.printed_name, Section.SCENES, (*ticks, state, note), name))
    return rows


def energy_suffix(year: EnergyYear, flow: EnergyFlow) -> str:
    """The ending of the keys of a flow in a year: _last_used."""
    return f"_{year.id}_{flow.id}"


def _energy_rows(edition: Edition) -> list[Row]:
    rows: list[Row] = []
    for i, energy in enumerate(edition.energies, 1):
        name, clause = f"{Section.ENERGY} {energy.name}", energy.coefficient.clause
        keys = tuple(
            Key(
                energy.row + energy_suffix(year, flow),
                energy.row,
                energy_suffix(year, flow),
                Kind.AMOUNT,
                f"{name} {year.name}{flow.name}",
                UNASSESSED,
                clause,
                energy.unit,
            )
            for year in (edition.energy_total.years if edition.energy_total else ())
            for flow in (edition.energy_total.flows if edition.energy_total else ())
        )
        rows.append(Row(energy.row, str(i), energy.name, Section.ENERGY, keys, name))
    return rows
