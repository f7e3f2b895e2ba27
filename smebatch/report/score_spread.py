"""How scores are spread: by bins with the thresholds of the levels, and by the quartiles of groups."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil

import numpy as np
import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.common.text import shown_text
from smebatch.report.exact_statistics import display_points
from smebatch.report.group_order import small_group_note
from smebatch.report.tiers import score_text
from smebatch.report.words import TOTAL
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

LABEL = 14  # characters of a name in a chart
BINS = 20  # about as many as the full marks are parted into
QUARTILES = ("lowest", "q1", "median", "q3", "highest")


def bin_edges(edition: Edition) -> list[list[Fraction]]:
    """The edges of the bins in points: between thresholds a list, its first and last edge being those thresholds.

    Every bin lies between two thresholds, is as wide as the others there, and no wider than full marks ÷ 20.
    """
    full, thresholds = edition.header.full_marks.exact, [level.score.exact for level in edition.levels]
    ends = sorted({Fraction(0), *thresholds, full})
    parts = []
    for low, high in pairwise(ends):
        count = ceil((high - low) * BINS / full)
        parts.append([low + (high - low) * i / count for i in range(count + 1)])
    return parts


def histogram_frame(batch: ReportData) -> pd.DataFrame:
    """One row a bin of scores from the lowest, one for each threshold between its bins, and the total.

    Columns: name, n (returns whose score is the lower edge or more and less than the upper one, the last bin with full
    marks; blank in rows that are a threshold), share (of all), level (the name of the level of scores, of a
    threshold the level that begins), line (in rows that are a threshold a sixth more than
    the largest n, else blank).
    """
    edition, units = batch.edition, batch.scores["score_units"].to_numpy(dtype="int64")
    per_point, total = scale_of(edition).units_per_point, len(batch.scores)
    names = {level.score.exact: level.name for level in edition.levels}
    rows: list[tuple[str, int | None, str]] = []
    level, parts = edition.level_name(0), bin_edges(edition)
    for part in parts:
        if part[0] in names:
            level = names[part[0]]
            rows.append((f"{level} {score_text(part[0])}分", None, level))
        for low, high in pairwise(part):
            last = high == parts[-1][-1]
            inside = (units >= ceil(low * per_point)) & ((units < ceil(high * per_point)) | last)
            edges = f"{score_text(low)}–{score_text(high)}"
            rows.append((edges, int(inside.sum()), level))
    counts = [n for _, n, _ in rows]
    tallest = max((n for n in counts if n is not None), default=0)
    height = tallest + ceil(tallest / 6)  # so that its label stands above those of all bars
    return pd.DataFrame(
        {
            "name": pd.Series([*(name for name, _, _ in rows), TOTAL], dtype="str"),
            "n": pd.Series([*counts, total], dtype="Int64"),
            "share": pd.Series(
                [*(n / total if n is not None and total else None for n in counts), 1.0 if total else None],
                dtype="float64",
            ),
            "level": pd.Series([*(name for _, _, name in rows), ""], dtype="str"),
            "line": pd.Series([*(height if n is None else None for n in counts), None], dtype="Int64"),
        }
    )


def spread_frame(batch: ReportData, key: pd.Series[str], order: Sequence[str]) -> pd.DataFrame:
    """The quartiles of the scores of groups, in the ``order`` given, and of all returns.

    ``key`` has the index of the scores. Columns: group, n, label (the group with its n), lowest, q1, median, q3 and
    highest (points), to_median, to_q3, to_lowest and to_highest (how far the parts of a box reach, see
    document.Chart), note (小样本).
    """
    units = batch.scores["score_units"].to_numpy(dtype="int64")
    codes, names = pd.factorize(key.to_numpy())
    places = {str(name): i for i, name in enumerate(names)}
    rows = np.array([places[name] for name in order], dtype="int64")
    counts = np.bincount(codes, minlength=len(names))
    starts = np.cumsum(counts) - counts
    sorted_units = units[np.lexsort((units, codes))]
    frame = pd.concat(
        [
            _quartiles(batch, sorted_units, starts[rows], counts[rows]),
            _quartiles(batch, np.sort(units), np.zeros(1, "int64"), np.array([len(units)])),
        ],
        ignore_index=True,
    )
    printed = [*order, TOTAL]
    small = batch.options.small_group
    frame.insert(0, "group", pd.Series(printed, dtype="str"))
    labels = [group_label(name, n) for name, n in zip(printed, frame["n"], strict=True)]
    frame["label"] = pd.Series(labels, dtype="str")
    frame["note"] = pd.Series([*(small_group_note(n, small) for n in frame["n"][:-1]), ""], dtype="str")
    return frame


Integers = np.ndarray[tuple[int], np.dtype[np.int64]]


def _quartiles(batch: ReportData, units: Integers, starts: Integers, counts: Integers) -> pd.DataFrame:
    """The quartiles of stretches of ``units``, each ascending, as points; NA for an empty one.

    They are computed as whole quarters of a unit, as exact_statistics.quartile does with fractions.
    """
    full = np.flatnonzero(counts)
    begin, last = starts[full], counts[full] - 1
    quarters = {}
    for k, name in enumerate(QUARTILES):
        whole, rest = np.divmod(last * k, 4)
        low, high = units[begin + whole], units[begin + np.minimum(whole + 1, last)]
        quarters[name] = 4 * low + rest * (high - low)
    quarters |= {
        "to_median": quarters["median"] - quarters["q1"],
        "to_q3": quarters["q3"] - quarters["median"],
        "to_lowest": quarters["q1"] - quarters["lowest"],
        "to_highest": quarters["highest"] - quarters["q3"],
    }
    per_point = scale_of(batch.edition).units_per_point
    points = pd.DataFrame(
        {name: display_points(pd.Series(values, index=full), 4 * per_point) for name, values in quarters.items()},
        dtype="float64",
    )
    points = points.reindex(range(len(counts)))
    points.insert(0, "n", counts)
    return points


def group_label(name: str, n: int) -> str:
    """The label of a group in a chart, of one line; the table beside it has the whole name.

    >>> group_label("城东区", 12), group_label("计算机、通信和其他电子设备制造业", 3)
    ('城东区（n=12）', '计算机、通信和其他电子设备…（n=3）')
    """
    return f"{shown_text(name, LABEL)}（n={n}）"
