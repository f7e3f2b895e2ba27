"""The typed answers of many returns as a frame, one row for each return."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from smebatch.standard.backends import Bools, Ints
from smebatch.standard.fixed_point import show_figure
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition, Question, Scene


@dataclass(frozen=True)
class Answers:
    """The answers of many returns.

    ``frame``: index form_id, one column for each key in the edition's order. Ticks are bool (blank is False), figures
    Int64 in millionths of their unit, dates datetime64[s], all others str. A value is NA where the answer is blank or
    could not be read surely. ``unsure``: by key, a bool array of the rows that could not be read surely; keys without
    such rows are left out.
    """

    edition: Edition
    frame: pd.DataFrame
    unsure: Mapping[str, Bools] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def zeros(self) -> Ints:
        """A 0 for each return, to count from."""
        return np.zeros(len(self), dtype=np.int64)

    def part(self, start: int, stop: int) -> Answers:
        """The returns from one position to before another."""
        unsure = {key: rows[start:stop] for key, rows in self.unsure.items()}
        return Answers(self.edition, self.frame.iloc[start:stop], unsure)

    def take(self, rows: Ints, keys: Iterable[str]) -> Answers:
        """The returns at some positions, with the columns of some keys only, because taking all columns is slow."""
        wanted = dict.fromkeys(keys)
        unsure = {key: self.unsure[key][rows] for key in wanted if key in self.unsure}
        return Answers(self.edition, self.frame[list(wanted)].iloc[rows], unsure)

    def ticks(self, names: Sequence[str]) -> Bools:
        """The ticks of some keys: bool, shape (returns, names). Columns are contiguous, so iterate over columns."""
        rows, matrix = self._ticks
        return matrix[[rows[name] for name in names]].T

    @cached_property
    def _ticks(self) -> tuple[dict[str, int], Bools]:
        """The matrix of all ticks, shape (keys, returns), and the row of each key; a frame gives columns slowly."""
        ticks = self.frame.select_dtypes("bool")
        matrix = np.ascontiguousarray(ticks.to_numpy(dtype=bool).T)
        return {name: row for row, name in enumerate(ticks.columns)}, matrix

    @cached_property
    def _others(self) -> dict[str, pd.Series]:
        """The columns that are no ticks, by key; a frame gives a single column slowly as well."""
        return {str(name): column for name, column in self.frame.select_dtypes(exclude="bool").items()}

    def count(self, names: Sequence[str]) -> Ints:
        """How many of these keys are ticked, for each return."""
        counts: Ints = self.ticks(names).sum(axis=1, dtype=np.int64)
        return counts

    def filled(self, key: str) -> Bools:
        """Whether the key has an answer, for each return. Rules ask for the same key again and again."""
        if key not in self._filled:
            self._filled[key] = ~np.asarray(self._others[key].array.isna())
        return self._filled[key]

    @cached_property
    def _filled(self) -> dict[str, Bools]:
        return {}

    def figure(self, key: str) -> Ints:
        """A figure in millionths of its unit, for each return; 0 where it is blank (:meth:`filled` tells which)."""
        return self._others[key].to_numpy(dtype=np.int64, na_value=0)

    def text(self, key: str) -> pd.Series[str]:
        """A text, for each return; '' where blank."""
        return self._others[key].fillna("")

    def says(self, key: str, text: str) -> Bools:
        """Whether the answer is this text, for each return."""
        # Comparing the column itself, whose dtype is str, takes many times as long.
        same: Bools = self._others[key].to_numpy(dtype=object) == text
        return same

    def sure(self, *keys: str) -> Bools:
        """Whether all of these keys were read surely, for each return."""
        doubts = [self.unsure[key] for key in keys if key in self.unsure]
        return ~np.logical_or.reduce(doubts) if doubts else np.ones(len(self), dtype=bool)

    def chosen(self, question: Question) -> Ints:
        """The number of the ticked option, from 1, for each return; 0 where none or several are ticked."""
        ticks = self.ticks(question.ticks)
        numbers: Ints = np.add.reduce([number * ticked for number, ticked in enumerate(ticks.T, 1)], dtype=np.int64)
        return np.where(self.count(question.ticks) == 1, numbers, 0)

    def sound(self, *figures: str) -> Bools:
        """Where every figure is filled in and valid by itself; an invalid one has an issue of its own."""
        kinds = {key: keys_of(self.edition)[key].kind for key in figures}
        holds: Bools = np.logical_and.reduce(
            [self.filled(key) & kind.holds(self.figure(key)) for key, kind in kinds.items()]
        )
        return holds

    def is_after(self, key: str, day: dt.date) -> Bools:
        """Where a date is later than the day; False where there is no date."""
        return (self.frame[key] > pd.Timestamp(day)).to_numpy(dtype=bool, na_value=False)

    def scene_level(self, scene: Scene) -> Ints:
        """A scene's level: the unbroken run of ticked levels from the first (三(二) 备注2; R8, R9)."""
        if scene.id not in self._levels:
            run, level = np.ones(len(self), dtype=bool), self.zeros()
            for ticked in self.ticks(scene.ticks).T:
                run &= ticked
                level += run
            self._levels[scene.id] = level
        return self._levels[scene.id]

    @cached_property
    def _levels(self) -> dict[str, Ints]:
        return {}

    def shown(self, key: str) -> list[str]:
        """The answers to a key as a person would write them, blank where there is none."""
        spec = keys_of(self.edition)[key]
        if spec.kind.is_figure:
            figures = zip(self.figure(key).tolist(), self.filled(key).tolist(), strict=True)
            return [show_figure(micro, spec.unit) if filled else "" for micro, filled in figures]
        if spec.kind is Kind.DATE:
            days = np.datetime_as_string(self.frame[key].to_numpy(), unit="D")
            return np.where(self.filled(key), days, "").tolist()  # type: ignore[no-any-return]  # numpy's lists are Any
        return self.text(key).tolist()

    def ticked(self, question: Question) -> list[str]:
        """The options ticked, as printed."""
        return self.joined(question.ticks, question.options)

    def joined(self, ticks: Sequence[str], names: Sequence[str]) -> list[str]:
        """The names of what is ticked, in a line."""
        return ["、".join(compress(names, row)) for row in self.ticks(ticks).tolist()]

    def stored(self) -> pd.DataFrame:
        """The frame as it is stored: ticks that could not be read surely are NA, as ``unsure`` is not stored."""
        doubts = {
            key: self.frame[key].astype("boolean").mask(doubt)
            for key, doubt in self.unsure.items()
            if self.frame[key].dtype == bool
        }
        return self.frame.assign(**doubts)


def dtypes_of(edition: Edition) -> dict[str, str]:
    """The dtype of the column of each key."""

    def dtype(kind: Kind) -> str:
        if kind is Kind.TICK:
            return "bool"
        return "Int64" if kind.is_figure else "datetime64[s]" if kind is Kind.DATE else "str"

    return {name: dtype(key.kind) for name, key in keys_of(edition).items()}


def make_answers(
    edition: Edition,
    form_ids: Sequence[str],
    values: Sequence[Mapping[str, object]],
    unsure: Sequence[frozenset[str] | set[str]] | None = None,
) -> Answers:
    """Build the frame from typed values by key, a mapping for each return; a key that is left out is blank.

    ``unsure``: for each return the keys that could not be read surely. Raises TypeError or ValueError where a value is
    not of the type of its key.
    """
    index = pd.Index(list(form_ids), dtype="str", name="form_id")
    # Most cells are blank, so this iterates over the answers given, not over all keys.
    dtypes = dtypes_of(edition)
    ticks = {name: bytearray(len(index)) for name, dtype in dtypes.items() if dtype == "bool"}
    cells: dict[str, tuple[list[int], list[Any]]] = {name: ([], []) for name in dtypes if name not in ticks}
    for row, answers in enumerate(values):
        for key, value in answers.items():
            if key in ticks:
                ticks[key][row] = value is True
            elif value is not None and key in cells:
                rows, filled = cells[key]
                rows.append(row)
                filled.append(value)
    columns = {
        name: np.frombuffer(ticks[name], dtype=bool) if name in ticks else _column(len(index), *cells[name], dtype)
        for name, dtype in dtypes.items()
    }
    doubts: dict[str, Bools] = {}
    for row, keys in enumerate(unsure or ()):
        for key in keys:
            doubts.setdefault(key, np.zeros(len(index), dtype=bool))[row] = True
    return Answers(edition, pd.DataFrame(columns, index=index), doubts)


def _column(
    length: int, rows: Sequence[int], values: Sequence[Any], dtype: str
) -> Any:  # no type of array is all dtypes'
    """A column with these values in these rows, else NA; building one from a list that is mostly None is slow."""
    positions = np.full(length, -1)
    positions[rows] = np.arange(len(rows))
    return pd.Series(values, dtype=dtype).array.take(positions, allow_fill=True)
