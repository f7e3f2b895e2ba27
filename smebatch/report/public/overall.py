"""The public edition on all returns: levels, mean, distribution of scores, tiers, and what keeps from the next level.

Levels come first; what else is told of scores is told only where it says nothing small together with them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil

import numpy as np
import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_ratio
from smebatch.report.public.disclosure import any_small, is_small, kept_cuts, merged_groups
from smebatch.report.public.groups import MERGED, Withheld, level_edges
from smebatch.report.score_spread import bin_edges
from smebatch.report.section_overview import LEVEL_COLUMNS
from smebatch.report.section_upgrade import blocked_frame, blocked_keys
from smebatch.report.tiers import REST, cut_offs, score_text
from smebatch.report.words import TOTAL, blocked_name, level_numbers
from smebatch.standard.score_units import scale_of

HIGHEST = "已达最高等级"
_COUNT_COLUMNS = (
    TableColumn("n", "份数", Format.COUNT, 12),
    TableColumn("share", "占比", Format.PERCENT, 12),
)


@dataclass(frozen=True)
class PublicScores:
    """What may be told of levels and scores together.

    ``edges``: levels of which it is told how many returns are at them or above.
    """

    batch: ReportData

    @property
    def least(self) -> int:
        """The lowest count that may be told."""
        return self.batch.options.small_group

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """The levels of which it is told how many returns are at them or above."""
        return level_edges(self.batch)

    @cached_property
    def units(self) -> list[int]:
        """The scores in units, ascending."""
        return [int(u) for u in np.sort(self.batch.scores["score_units"].to_numpy())]

    def above(self, cut: int) -> int:
        """How many returns score so many units or more."""
        return len(self.units) - bisect_left(self.units, cut)

    def reach(self, level: int) -> int:
        """How many returns are at the level or above."""
        return int((self.batch.scores["level"] >= level).sum())

    def allowed(self, cut: int) -> bool:
        """Whether a cut of the scores tells nothing small together with the levels.

        Who has reached a level scores its threshold or more: so the returns above a cut that have not are told, too.
        """
        thresholds = dict(enumerate(scale_of(self.batch.edition).thresholds, 1))
        nested = [g for g in self.edges if thresholds[g] >= cut]
        return not any_small((self.above(cut) - self.reach(g) for g in nested), self.least)

    @cached_property
    def cuts(self) -> tuple[int, ...]:
        """The scores, in units, of which it may be told how many lie above: thresholds of levels, tiers, edges of bins.

        All are chosen together, for one may lie near another. Where nobody scores a higher level than they have, the
        levels tell how many are above their thresholds: so these come first.
        """
        thresholds = scale_of(self.batch.edition).thresholds
        levels = (thresholds[g - 1] for g in self.edges)
        wanted = dict.fromkeys([*levels, *cut_offs(self.batch), *thresholds, *sorted(self._bin_edges)])
        return kept_cuts(self.units, wanted, self.least, self.allowed)

    @cached_property
    def _bin_edges(self) -> set[int]:
        per_point = scale_of(self.batch.edition).units_per_point
        return {ceil(edge * per_point) for part in bin_edges(self.batch.edition) for edge in part[:-1]} - {0}

    @property
    def tier_cuts(self) -> tuple[int, ...]:
        """The cut-offs of tiers that may be told, ascending."""
        return tuple(cut for cut in self.cuts if cut in set(cut_offs(self.batch)))

    @property
    def thresholds(self) -> tuple[int, ...]:
        """The thresholds of levels that may be told."""
        return tuple(cut for cut in self.cuts if cut in scale_of(self.batch.edition).thresholds)

    @property
    def bins(self) -> tuple[int, ...]:
        """The lower edges of the bins of the histogram but the first."""
        return tuple(cut for cut in self.cuts if cut in self._bin_edges)


def level_rows(batch: ReportData, edges: Sequence[int]) -> list[tuple[str, int, int]]:
    """The levels as they are told, from the lowest: name (of several 三级、四级), the lowest of them, n."""
    levels, edition = batch.scores["level"], batch.edition
    ends = [0, *edges, len(level_numbers(edition))]
    return [
        ("、".join(edition.level_name(g) for g in range(low, high)), low, int(levels.between(low, high - 1).sum()))
        for low, high in pairwise(ends)
    ]


def level_table(batch: ReportData, edges: Sequence[int]) -> Table | None:
    """等级分布, levels next to each other added up where one is small; None where nothing is left to be told."""
    if not edges:
        return None
    rows, total = level_rows(batch, edges), len(batch.scores)
    counts = [n for *_, n in rows]
    reach: list[int | None] = [None, *(sum(counts[i:]) for i in range(1, len(counts)))]
    frame = pd.DataFrame(
        {
            "name": pd.Series([*(name for name, *_ in rows), TOTAL], dtype="str"),
            "n": [*counts, total],
            "share": pd.Series([display_ratio(n, total) for n in (*counts, total)], dtype="float64"),
            "reach": pd.Series([*reach, None], dtype="Int64"),
            "reach_share": pd.Series(
                [*(None if n is None else display_ratio(n, total) for n in reach), None], dtype="float64"
            ),
            "level": pd.Series([*(low for _, low, _ in rows), None], dtype="Int64"),
        }
    )
    return Table("levels", "等级分布", frame, LEVEL_COLUMNS, total=True)


def _share_frame(names: Sequence[str], counts: Sequence[int]) -> pd.DataFrame:
    """Names with their counts and shares of all, and a total row: name, n, share."""
    total = sum(counts)
    return pd.DataFrame(
        {
            "name": pd.Series([*names, TOTAL], dtype="str"),
            "n": pd.Series([*counts, total], dtype="int64"),
            "share": pd.Series([display_ratio(n, total) for n in (*counts, total)], dtype="float64"),
        }
    )


def _between(scores: PublicScores, cuts: Sequence[int]) -> list[int]:
    places = [0, *(bisect_left(scores.units, cut) for cut in cuts), len(scores.units)]
    return [b - a for a, b in pairwise(places)]


def distribution_sheet(scores: PublicScores) -> tuple[ReportSheet | None, list[Withheld]]:
    """得分分布: bins of scores, joined where few returns are in one."""
    batch = scores.batch
    edition, per_point = batch.edition, scale_of(batch.edition).units_per_point
    full = score_text(edition.header.full_marks.exact)
    exact = {ceil(edge * per_point): edge for part in bin_edges(edition) for edge in part}
    if not scores.bins:
        return None, [Withheld("得分分布", f"任何一处分开都会有不足 {scores.least} 份的一段，或与等级分布相减得出")]
    ends = ["0", *(score_text(exact[cut]) for cut in scores.bins), full]
    frame = _share_frame([f"{low}–{high}" for low, high in pairwise(ends)], _between(scores, scores.bins))
    note = "每组含下限、不含上限，最后一组含满分。得分等级只看得分，不看场景。"
    table = Table(
        "histogram",
        "得分分布（份）",
        frame,
        (TableColumn("name", "得分（分）", width=18), *_COUNT_COLUMNS),
        True,
        notes=(note,),
    )
    chart = Chart("column", f"得分分布（份，n={len(batch.scores)}）", "histogram", "name", ("n",))
    merged = len(scores.bins) < len(exact) - 2  # 0 and full marks are no cuts
    left_out = [Withheld("得分分布的部分分段", f"不足 {scores.least} 份的，或会与其他表相减得出的，与相邻分段合并")]
    return ReportSheet("得分分布", "得分分布", (ChartRow((chart,)), table), landscape=False), left_out if merged else []


def tier_sheet(scores: PublicScores) -> tuple[ReportSheet | None, list[Withheld]]:
    """梯队 of all returns, where the settings declare any; neighbouring ones joined where one is small."""
    batch, per_point = scores.batch, scale_of(scores.batch.edition).units_per_point
    tiers, cuts = batch.options.report.tiers, scores.tier_cuts
    if not tiers:
        return None, []
    if not cuts:
        return None, [Withheld("梯队", f"任何一条分数线都会分出不足 {scores.least} 份的一段")]
    parts: dict[int, list[str]] = {low: [] for low in (0, *cuts)}
    for tier in (*tiers, None):
        lowest = ceil(tier.score * per_point) if tier else 0
        parts[max(low for low in parts if low <= lowest)].append(tier.name if tier else REST)
    scored = {ceil(tier.score * per_point): tier.score for tier in tiers}
    names = [
        "、".join(named) + (f" ≥{score_text(scored[low])}分" if low else f" <{score_text(scored[cuts[0]])}分")
        for low, named in parts.items()
    ]
    frame = _share_frame(names[::-1], _between(scores, cuts)[::-1])
    table = Table("tiers", "各梯队", frame, (TableColumn("name", "梯队", width=24), *_COUNT_COLUMNS), total=True)
    left_out = [Withheld("部分梯队", f"不足 {scores.least} 份的梯队与相邻梯队合并；各区县的梯队不列")]
    return ReportSheet("梯队", "梯队", (table,), landscape=False), left_out if len(cuts) < len(tiers) else []


def reason_sheet(scores: PublicScores) -> tuple[ReportSheet | None, list[Withheld]]:
    """升级分析: what keeps returns from their next level, in one table of all levels."""
    batch = scores.batch
    keys, top = blocked_keys(batch.edition), len(batch.edition.levels)
    total = blocked_frame(batch).iloc[-1]
    counts = {HIGHEST: scores.reach(top), **{key: int(total[key]) for key in keys}}
    told = top in scores.edges  # by the levels: then the highest hides no reason, else it may not be told
    ahead = _ahead(counts)  # the scores may tell how many these are, so neither they nor the others may be few
    parts = {key: (0, n) if key in ahead else (n, 0) for key, n in counts.items() if n}
    cells = {key: part for key, part in parts.items() if not (told and key == HIGHEST)}
    always = [] if told else [HIGHEST]
    if _tells_with_scores(scores, counts):  # then it is not told how many lack no points
        lacking = sorted(cells.keys() - {*ahead, HIGHEST}, key=lambda key: cells[key])
        always += [*ahead, *lacking[:1]]
    merged = merged_groups(cells, scores.least, always=always)
    kept = [key for key in counts if key not in merged]
    if len(merged) == len(cells) and merged:
        return None, [Withheld("未达到下一等级的原因", "合并后只剩一组")]
    names = [key if key == HIGHEST else ("仅差" if "+" not in key else "差") + blocked_name(key) for key in kept]
    numbers = [counts[key] for key in kept]
    if merged:
        names, numbers = [*names, MERGED], [*numbers, sum(counts[key] for key in merged)]
    columns = (TableColumn("name", "原因", width=30), *_COUNT_COLUMNS)
    table = Table("reasons", "未达到下一等级的原因（份）", _share_frame(names, numbers), columns, total=True)
    chart = Chart("bar", f"未达到下一等级的原因（份，n={len(batch.scores)}）", "reasons", "name", ("n",))
    left_out = [
        Withheld(
            "未达到下一等级的部分原因",
            f"不足 {scores.least} 份的，或会与得分分布相减得出这样的数的，连同为掩护它们而并入的，合并为“{MERGED}”",
        )
    ]
    sheet = ReportSheet("升级分析", "升级分析", (table, ChartRow((chart,))), landscape=False)
    return sheet, left_out if merged else []


def _ahead(reasons: Iterable[str]) -> list[str]:
    """Those reasons that are no lack of points: who has one scores a higher level than theirs."""
    return [key for key in reasons if key != HIGHEST and "score" not in key.split("+")]


def _tells_with_scores(scores: PublicScores, counts: dict[str, int]) -> bool:
    """Whether the reasons tell something small together with levels and scores.

    Returns that lack no points for their next level score a higher level than they have. Those who score a level's
    threshold and have not reached that level are among them; and where all of these are told, so is how many score two
    levels above their own.
    """
    ahead = sum(counts[key] for key in _ahead(counts))
    thresholds = dict(enumerate(scale_of(scores.batch.edition).thresholds, 1))
    held = [scores.above(thresholds[g]) - scores.reach(g) for g in scores.edges if thresholds[g] in scores.thresholds]
    twice = sum(held) - ahead if len(held) == len(thresholds) else 0
    return any_small((ahead - n for n in held), scores.least) or is_small(twice, scores.least)
