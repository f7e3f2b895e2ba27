"""Tiers (梯队): enterprises parted by the cut-offs of score that the settings declare, compared exactly."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import NamedTuple

import numpy as np
import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Format, TableColumn
from smebatch.standard.score_units import scale_of

REST = "其余"
TIER_WIDTH = 8.0  # so that a cut-off stands on a line of its own


class GroupColumns(NamedTuple):
    """Further figures of groups, to be joined to a table of them.

    ``groups``: index the names of the groups, a column for each of ``columns``. ``whole``: the same of all returns.
    """

    columns: tuple[TableColumn, ...]
    groups: pd.DataFrame
    whole: Mapping[str, object]


def tier_keys(batch: ReportData) -> list[str]:
    """The columns of the tiers from the top, tier_1 and so on, and of those below the lowest, tier_rest."""
    return [*(f"tier_{i}" for i in range(1, len(batch.options.report.tiers) + 1)), "tier_rest"]


def tier_names(batch: ReportData) -> list[str]:
    """The tiers and the rest as printed, each with its cut-off."""
    tiers = batch.options.report.tiers
    names = [f"{tier.name} ≥{score_text(tier.score)}分" for tier in tiers]
    return [*names, f"{REST} <{score_text(tiers[-1].score)}分"] if tiers else []


def score_text(score: Fraction) -> str:
    """A cut-off of at most four decimals as it was given.

    >>> score_text(Fraction(60)), score_text(Fraction(125, 2))
    ('60', '62.5')
    """
    return f"{float(score):.4f}".rstrip("0").rstrip(".")


def cut_offs(batch: ReportData) -> list[int]:
    """The least score of each tier, in units: the first whole number at or above its cut-off."""
    per_point = scale_of(batch.edition).units_per_point
    return [ceil(tier.score * per_point) for tier in batch.options.report.tiers]


def tier_numbers(batch: ReportData) -> pd.Series[int]:
    """The tier of each counted return, 0 being the highest and the number of tiers the rest; index of the scores."""
    rising = np.array(cut_offs(batch)[::-1], dtype="int64")
    reached = np.searchsorted(rising, batch.scores["score_units"].to_numpy(dtype="int64"), side="right")
    return pd.Series(len(rising) - reached, index=batch.scores.index, dtype="int64")


def tier_counts(batch: ReportData, key: pd.Series[str]) -> pd.DataFrame:
    """How many returns of each group are in each tier: index the groups by appearance, columns ``tier_keys``, int64."""
    number, keys = tier_numbers(batch), tier_keys(batch)
    flags = pd.DataFrame({name: (number == i).astype("int64") for i, name in enumerate(keys)}, index=number.index)
    return flags.groupby(key.to_numpy(), sort=False).sum().astype("int64")


def tier_count_columns(batch: ReportData) -> tuple[TableColumn, ...]:
    """The columns of the tiers as printed."""
    return tuple(
        TableColumn(key, name, Format.COUNT, TIER_WIDTH)
        for key, name in zip(tier_keys(batch), tier_names(batch), strict=True)
    )


def tier_columns(batch: ReportData, key: pd.Series[str]) -> GroupColumns | None:
    """The tiers of each group, to be joined to its figures; None where the settings declare none."""
    if not batch.options.report.tiers:
        return None
    counts = tier_counts(batch, key)
    return GroupColumns(
        tier_count_columns(batch), counts, {str(name): int(total) for name, total in counts.sum().items()}
    )
