"""The groups of the public edition: which are merged, the same way in every table, and what is told of each.

Each column that groups returns, such as 区县, is decided once, by all counts that any table tells of its groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.common.text import clean_text, shown_text
from smebatch.report.public.disclosure import (
    GroupCells,
    any_small,
    hides_parts,
    hides_reaching,
    is_nested,
    kept_edges,
    merged_groups,
    remainders,
)
from smebatch.report.section_groups import MAX_GROUPS, full_mark_units, group_sums, industry_division
from smebatch.report.words import MISSING, choices, field_label, group_names, level_numbers, milestones
from smebatch.standard.score_units import scale_of

MERGED = "其他"
DISTRICT = "district"
SIZES = ("size", "above_scale", "specialised")


class Withheld(NamedTuple):
    """A part of the report that is not published, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class PublicGroups:
    """A column that groups returns, as it is published.

    ``key``: the published group of each return, index that of the scores; merged groups are 其他. ``source``: the group
    before any was merged. ``merged``: the groups that became 其他. ``goals``: the milestones whose shares are told, in
    all groups but those of ``untold``. ``means``: whether means, rates and ranks are.
    """

    name: str
    sheet: str
    heading: str
    key: pd.Series[str]
    source: pd.Series[str]
    order: tuple[str, ...] = ()
    merged: frozenset[str] = frozenset()
    goals: tuple[int, ...] = ()
    untold: frozenset[str] = frozenset()
    means: bool = True

    @property
    def hidden(self) -> bool:
        """Whether nothing is left to be told: one group of all, which were several."""
        return bool(self.merged) and self.key.nunique() < 2


class PublicGrouping(NamedTuple):
    """What is published of all columns that group returns, and what of them is not."""

    groups: tuple[PublicGroups, ...]
    withheld: tuple[Withheld, ...]

    def find(self, name: str) -> PublicGroups | None:
        """The groups of a column; None where they are not published."""
        return next((each for each in self.groups if each.name == name), None)


def public_grouping(batch: ReportData) -> PublicGrouping:
    """Decide on all columns, those of the form first, then those of ``group_by`` in the order of the settings.

    A column that is part of another's hierarchy, as a city is of districts, is left out where it would tell by
    subtraction what the other hides.
    """
    kept: list[PublicGroups] = []
    withheld: list[Withheld] = []
    for groups in _candidates(batch):
        if (why := _reason_to_withhold(batch, groups)) is not None:
            withheld.append(Withheld(f"{groups.sheet}：按{groups.heading}的各表", why))
            continue
        decided = _decide(batch, groups)
        if decided.hidden:
            withheld.append(Withheld(f"{groups.sheet}：按{groups.heading}的各表", "合并后只剩一组"))
        elif any(_tell_by_subtraction(decided, other, batch.options.small_group) for other in kept):
            withheld.append(Withheld(f"{groups.sheet}：按{groups.heading}的各表", "与其他分组相减会得出不足起点的份数"))
        else:
            kept.append(decided)
            withheld += _left_out_of(batch, decided)
    return PublicGrouping(tuple(kept), tuple(withheld))


def level_edges(batch: ReportData) -> tuple[int, ...]:
    """The levels of which it is told how many returns are at them or above."""
    counts = [int((batch.scores["level"] == g).sum()) for g in level_numbers(batch.edition)]
    return kept_edges(counts, batch.options.small_group, first=milestones(batch.edition))


def enterprise_names(batch: ReportData) -> frozenset[str]:
    """Every name and credit code of an enterprise that the batch knows."""
    frames = [batch.all_counted.enterprises, batch.unasked, batch.roster, batch.uncounted]
    columns = [frame[column] for frame in frames if frame is not None for column in ("name", "uscc")]
    return frozenset(text for column in columns for text in group_names(column.dropna()).unique()) - {MISSING}


def _candidates(batch: ReportData) -> Iterator[PublicGroups]:
    who, edition = batch.enterprises, batch.edition
    district = group_names(who["district"])
    yield PublicGroups(DISTRICT, "分区县", field_label(edition, DISTRICT), district, district)
    industry = industry_division(who["industry_code"])
    yield PublicGroups("industry", "分行业", "行业大类", industry, industry)
    for name in SIZES:
        key = group_names(who[name])
        yield PublicGroups(name, "分规模", field_label(edition, name), key, key, choices(edition, name))
    fields = {name: field for field in edition.fields for name in (field.key, field.label)}
    for i, name in enumerate(batch.options.report.group_by, 1):
        if batch.columns is None:
            raise ValueError("the batch was loaded without the columns that its options name")
        key, field = group_names(batch.columns[name].reindex(who.index)), fields.get(name)
        heading = shown_text(field.label if field else name, 30)
        order = field.choices if field else ()
        yield PublicGroups(f"group_{i}", f"按{clean_text(heading)}", heading, key, key, order)


def _reason_to_withhold(batch: ReportData, groups: PublicGroups) -> str | None:
    """Why a column is not published at all; None where nothing speaks against it."""
    if groups.key.nunique() > MAX_GROUPS:
        return f"多于 {MAX_GROUPS} 个不同的值，不是分组"
    if groups.name.startswith("group_") and not enterprise_names(batch).isdisjoint(groups.key.unique()):
        return "组名中有参评企业的名称或代码"
    return None


def _decide(batch: ReportData, groups: PublicGroups) -> PublicGroups:
    """Merge what is small, then see which shares and means can be told of the groups that there are."""
    least = batch.options.small_group
    cells: dict[str, GroupCells] = {name: (n,) for name, n in _counts(groups.key).items()}
    if groups.name == DISTRICT and batch.roster is not None:
        asked = _counts(group_names(batch.roster["district"]))
        cells = {name: (*cells.get(name, (0,)), asked.get(name, 0)) for name in [*cells, *asked]}
    merged = merged_groups(cells, least, also=(MERGED,))
    key = groups.key.where(~groups.key.isin(merged), MERGED)
    decided = replace(groups, key=key, merged=merged)
    sums = group_sums(batch, key)
    goals, untold = _told_shares(batch, sums)
    return replace(decided, goals=goals, untold=untold, means=_means_are_safe(batch, sums))


def _counts(key: pd.Series[str]) -> dict[str, int]:
    return {str(name): int(n) for name, n in key.value_counts().items()}


def _told_shares(batch: ReportData, sums: pd.DataFrame) -> tuple[tuple[int, ...], frozenset[str]]:
    """The milestones whose shares are told, and the groups of which they are not.

    The groups that are left out hide one another, as merged ones do. Both milestones are told, or the first, or the
    other, whichever comes first with which half of the groups or more are told; else that with which most are.
    """
    edges = level_edges(batch)
    goals = tuple(goal for goal in milestones(batch.edition) if goal in edges)
    chances = [chosen for chosen in (goals, goals[:1], goals[1:]) if chosen]
    found = [(chosen, merged_groups(_reach_cells(sums, chosen), batch.options.small_group)) for chosen in chances]
    usable = [(chosen, untold) for chosen, untold in found if len(untold) < len(sums)]
    most = [each for each in usable if 2 * len(each[1]) <= len(sums)]
    return most[0] if most else min(usable, key=lambda each: len(each[1]), default=((), frozenset()))


def _reach_cells(sums: pd.DataFrame, goals: Sequence[int]) -> Mapping[str, GroupCells]:
    """How many returns of each group are below the first goal, between goals, and at the last or above."""
    reached = sums[["n", *(f"reach_{goal}" for goal in goals)]].assign(none=0)
    rows = zip(sums.index, reached.to_numpy().tolist(), strict=True)
    return {str(name): tuple(low - high for low, high in pairwise(row)) for name, row in rows}


def _means_are_safe(batch: ReportData, sums: pd.DataFrame) -> bool:
    """Whether the means of all groups leave open how many returns have which score."""
    edition, least, full = batch.edition, batch.options.small_group, full_mark_units(batch.edition)
    scale = scale_of(edition)
    for _, row in sums.iterrows():
        n, units = int(row["n"]), int(row["units"])
        if not hides_reaching(n, units, scale.thresholds, scale.full, least):
            return False
        for dimension in edition.dimensions:
            step = min(scale.step[q.id] for q in edition.questions if edition.question_path(q)[0].id == dimension.id)
            if not hides_parts(n, int(row[f"units_{dimension.id}"]) // step, full[dimension.id] // step, least):
                return False
    return True


def _tell_by_subtraction(groups: PublicGroups, other: PublicGroups, least: int) -> bool:
    """Whether one of two columns lies within the other, and what is left of a group beside those within is small."""
    for fine, coarse in ((groups, other), (other, groups)):
        if fine.merged and is_nested(fine.source.tolist(), coarse.source.tolist()):
            left = remainders(fine.key.tolist(), coarse.key.tolist(), MERGED)
            if any_small(left.values(), least):
                return True
    return False


def _left_out_of(batch: ReportData, groups: PublicGroups) -> Iterator[Withheld]:
    """What is missing in the tables of groups that are published."""
    what, least = f"{groups.sheet}：按{groups.heading}", batch.options.small_group
    if groups.merged:
        yield Withheld(f"{what}的部分组", f"不足 {least} 份（家）的组，连同为掩护它们而并入的组，合并为“{MERGED}”")
    if missing := [goal for goal in milestones(batch.edition) if goal not in groups.goals]:
        names = "、".join(batch.edition.level_name(goal) for goal in missing)
        yield Withheld(f"{what}的{names}及以上占比", f"一些组达到或未达到的不足 {least} 份")
    if groups.untold:
        yield Withheld(f"{what}的部分组的占比（表中空白处）", f"达到或未达到的不足 {least} 份，或为掩护这样的组")
    if not groups.means:
        yield Withheld(f"{what}的平均得分、得分率和位次", "由平均值可以推出有多少份得 0 分、满分或达到分数线")
