"""Bases of figures: conjunctions of conditions on frames of facts, of which each row is a return or an entry.

A universe is a kind of row: a counted return, an entry of the folders, a version. A figure rests on the rows of one
universe that meet all conditions of its basis, so that a reader may list them, count them and add them up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from smebatch.common.text import clean_text
from smebatch.standard.backends import Bools

FactValue = int | str
Comparing = Literal["=", ">=", "<", "in"]

FORM_ID, FILE = "form_id", "file"
"""The columns that every universe has: the return of a row, "" where the entry holds none, and its file."""

_MASKS = 64  # conditions whose rows are kept while the cells of a table are counted


class BasisCondition(NamedTuple):
    """What a fact is: ``value`` is one value, or for ``in`` several."""

    column: str
    test: Comparing
    value: FactValue | tuple[FactValue, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """The rows of a universe that meet all conditions.

    ``shows``: facts that the figure is made of, such as the score of each return that a mean is the mean of.
    """

    universe: str
    conditions: tuple[BasisCondition, ...] = ()
    shows: tuple[str, ...] = ()

    def having(self, *conditions: BasisCondition) -> Basis:
        """Those of its rows that meet further conditions."""
        return Basis(self.universe, (*self.conditions, *conditions), self.shows)

    def showing(self, *shows: str) -> Basis:
        """The same rows, with the facts that another figure is made of."""
        return Basis(self.universe, self.conditions, shows)


class Fact(NamedTuple):
    """What a column of facts is called; ``names``: what its values are, where they do not speak for themselves.

    ``per``: how many units a point has, for scores in units.
    """

    title: str
    names: Mapping[Any, str] = MappingProxyType({})
    per: int = 0

    def text(self, value: FactValue) -> str:
        """A value in words."""
        if value in self.names:
            return self.names[value]
        return clean_text(value) if isinstance(value, str) else f"{value / self.per:g}" if self.per else str(value)


@dataclass(frozen=True)
class Universe:
    """The facts of a kind of row.

    ``frame``: RangeIndex, in the order in which rows are listed; form_id and file as text, whole numbers and texts, no
    NA. ``facts``: its other columns, by name.
    """

    name: str
    frame: pd.DataFrame
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def rows(self, basis: Basis) -> pd.DataFrame:
        """The rows that meet the conditions of a basis."""
        return self.frame[BasisCounter([self]).mask(basis)]

    def words(self, basis: Basis) -> tuple[str, ...]:
        """The conditions of a basis in words."""
        return tuple(said(self.facts[condition.column], condition) for condition in basis.conditions)


def said(fact: Fact, condition: BasisCondition) -> str:
    """A condition in words."""
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    sign = {"=": "：", "in": "：", ">=": "≥", "<": "＜"}[condition.test]
    return f"{fact.title}{sign}{'、'.join(map(fact.text, values))}"


def meets(values: pd.Series[int] | pd.Series[str], condition: BasisCondition) -> Bools:
    """Which of the values meet a condition."""
    if isinstance(condition.value, tuple):
        return values.isin(condition.value).to_numpy()
    if condition.test == "=":
        return (values == condition.value).to_numpy()
    numbers, value = values.to_numpy(dtype="int64"), int(condition.value)
    return numbers >= value if condition.test == ">=" else numbers < value


class BasisCounter:
    """Counts the rows of bases; the rows that meet a condition are remembered, for cells of a table share them."""

    def __init__(self, universes: Iterable[Universe]) -> None:
        self._universes = {universe.name: universe for universe in universes}
        self._meeting = lru_cache(_MASKS)(self._find)

    def count(self, basis: Basis) -> int:
        """How many rows a basis has."""
        return int(np.count_nonzero(self.mask(basis)))

    def mask(self, basis: Basis) -> Bools:
        """Which rows of its universe a basis has."""
        if not basis.conditions:
            return np.ones(len(self._universes[basis.universe].frame), dtype=bool)
        first, *rest = (self._meeting(basis.universe, condition) for condition in basis.conditions)
        for other in rest:
            first = first & other
        return first

    def _find(self, universe: str, condition: BasisCondition) -> Bools:
        return meets(self._universes[universe].frame[condition.column], condition)


def crossed(
    basis: Basis,
    rows: Sequence[Sequence[BasisCondition] | None],
    columns: Mapping[str, Basis | Sequence[BasisCondition]],
) -> dict[str, list[Basis | None]]:
    """The bases of a table whose cells meet the conditions of their row and of their column, by column.

    ``rows``: None for a row that rests on nothing. ``columns``: conditions, or a basis with what it shows as well.
    """
    bases = [None if row is None else basis.having(*row) for row in rows]

    def cell(row: Basis | None, column: Basis | Sequence[BasisCondition]) -> Basis | None:
        if row is None:
            return None
        if isinstance(column, Basis):
            return row.having(*column.conditions).showing(*column.shows)
        return row.having(*column)

    return {key: [cell(row, column) for row in bases] for key, column in columns.items()}


def equal(column: str, value: FactValue) -> BasisCondition:
    """A fact has a value."""
    return BasisCondition(column, "=", value)


def reached(column: str, value: int) -> BasisCondition:
    """A number is as large as a value, or larger."""
    return BasisCondition(column, ">=", value)


def below(column: str, value: int) -> BasisCondition:
    """A number is smaller than a value."""
    return BasisCondition(column, "<", value)


def among(column: str, *values: FactValue) -> BasisCondition:
    """A fact has one of some values."""
    return BasisCondition(column, "in", values)
