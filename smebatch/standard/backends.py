"""The protocols through which kinds of checks and kinds of questions use the validator, the form and the sampler.

The kinds stand below those folders and may not import them, so the callers pass objects that have these methods. The
protocols serve annotations only. Import them under TYPE_CHECKING: the loader, which every reader process imports, must
not load numpy and pandas for them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.standard.model import Edition, Question, Scene
from smebatch.standard.sample_values import Number

Bools = npt.NDArray[np.bool_]  # shape (returns,)
Ints = npt.NDArray[np.int64]  # shape (returns,)


class AnswerColumns(Protocol):
    """The answers of many returns, column by column (assess.answers_frame.Answers).

    Arrays have one element, or one row, for each return.
    """

    @property
    def edition(self) -> Edition:
        """The edition of all of them."""

    def __len__(self) -> int:
        """How many returns."""

    def zeros(self) -> Ints:
        """A 0 for each return, to count from."""

    def ticks(self, names: Sequence[str]) -> Bools:
        """The ticks as a matrix of shape (returns, names)."""

    def count(self, names: Sequence[str]) -> Ints:
        """How many of the names are ticked."""

    def chosen(self, question: Question) -> Ints:
        """The option ticked, from 1, where exactly one is ticked; elsewhere 0."""

    def filled(self, key: str) -> Bools:
        """Where the key has an answer."""

    def figure(self, key: str) -> Ints:
        """A figure in millionths of its unit, 0 where there is none."""

    def sound(self, *figures: str) -> Bools:
        """Where every figure is filled in and valid by itself; an invalid one has an issue of its own."""

    def sure(self, *keys: str) -> Bools:
        """Where every one of the keys was read surely."""

    def text(self, key: str) -> pd.Series[str]:
        """A text column, '' where blank."""

    def says(self, key: str, text: str) -> Bools:
        """Where the answer is this text."""

    def is_after(self, key: str, day: dt.date) -> Bools:
        """Where a date is later than the day."""

    def scene_level(self, scene: Scene) -> Ints:
        """The level of a scene: the unbroken run of ticked levels from the first."""

    def shown(self, key: str) -> list[str]:
        """The answers to a key as a person would write them, blank where there is none."""

    def ticked(self, question: Question) -> list[str]:
        """The options ticked, as printed."""

    def joined(self, ticks: Sequence[str], names: Sequence[str]) -> list[str]:
        """The names of what is ticked, in a line."""


class ReportedElsewhere(Protocol):
    """Which problems other rules report, so that a check does not report them again."""

    def zero_base(self, answers: AnswerColumns, *figures: str) -> Bools:
        """Where one of the figures is reported as a base of 0."""

    def contradicted(self, answers: AnswerColumns, *figures: str) -> Bools:
        """Where one of the figures is contradicted by the amounts of 能耗折算."""


class FormCells(Protocol):
    """The cells of the form, as formulas on the answer sheets address them (form.cells.Cells)."""

    @property
    def edition(self) -> Edition:
        """The edition of the form."""

    def tick_count(self, tick: str) -> str:
        """How many cells of the tick's row are ticked."""

    def figure(self, key: str) -> str:
        """A figure's value, 0 where it is blank."""

    def is_number(self, *keys: str) -> str:
        """Whether the figures are all there, as numbers not below 0."""

    def steps(self, question: str) -> str:
        """How many steps above its first option a question has reached."""

    def scene_level(self, scene: str) -> str:
        """The number of a scene's level."""

    def scene_state(self, scene: str) -> str:
        """The state chosen for a scene, blank where there is none."""

    def scene_flags(self, scene: str) -> list[str]:
        """For each level of a scene, whether it is ticked: 1 or 0."""


class SampleFigures(Protocol):
    """The figures of a made-up enterprise, drawn at random one by one (sample.figures.Figures) and never redrawn.

    ``values``: the figures drawn so far, by key. ``decided``: for each question, the option (from 0) that is right by
    these figures. ``growth``: the figures of last year divided by those of the year before, where no check asks for
    another ratio.
    """

    edition: Edition
    rng: Random
    values: dict[str, Number]
    decided: dict[str, int]
    growth: Fraction

    def aim(self, question: str) -> int:
        """The option (from 0) that should be ticked for a question."""

    def get(self, key: str) -> Number:
        """The figure; it is drawn if it has not been yet."""

    def put(self, key: str, value: Fraction, *, exact: bool = False, down: bool = False) -> bool:
        """Set a figure, rounded to the decimals of its kind; return whether that was possible.

        ``exact``: only if nothing has to be rounded off. ``down``: round down.
        """


class SampleTicks(Protocol):
    """The options and levels that a made-up enterprise ticks (sample.answers.Ticks).

    ``levels``: the level of each scene, −1 for 不适用. ``aims``: how many steps above its first option each question
    should reach. ``chosen``: the options ticked (from 0) of the questions answered so far.
    """

    edition: Edition
    levels: Mapping[str, int]
    aims: Mapping[str, int]
    chosen: dict[str, list[int]]
