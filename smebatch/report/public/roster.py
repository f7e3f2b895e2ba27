"""The public edition on the enterprises asked: who answered by district, and how far the targets are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.batch.targets import DISTRICT, ReportTarget
from smebatch.report.document import ChartRow, Format, Table, TableColumn
from smebatch.report.exact_statistics import display_ratio
from smebatch.report.public.disclosure import any_small, is_small, merged_groups
from smebatch.report.public.groups import MERGED, PublicGrouping, PublicGroups, Withheld, enterprise_names
from smebatch.report.section_targets import (
    TARGET_DEFINITIONS,
    selection_notes,
    selection_text,
    target_charts,
    target_tables,
)
from smebatch.report.target_figures import Asked, asked_of, places_of
from smebatch.report.words import MISSING, TOTAL, group_names

RESPONSE_COLUMNS = (
    TableColumn("group", "区县"),
    TableColumn("asked", "应报", Format.COUNT),
    TableColumn("answered", "实报", Format.COUNT),
    TableColumn("share", "回收率", Format.PERCENT),
    TableColumn("silent", "未报", Format.COUNT),
)
_TOLD_ALWAYS = ("name", "aim", "by")

_Integers = npt.NDArray[np.int64]


def public_response(batch: ReportData, districts: PublicGroups | None) -> tuple[Table | None, list[Withheld]]:
    """名单回收情况 by the published districts; blank where few answered, few did not, or few of them count.

    How many returns of a district count is told in other tables; less the enterprises asked, or those that answered, it
    tells how many are still missing. ``districts``: None where they are not published; then there is the total alone.
    None without a roster, and where the total itself tells of few.
    """
    roster, least = batch.roster, batch.options.small_group
    if roster is None or not len(roster):
        return None, []
    asked = pd.DataFrame({"asked": 1, "answered": roster["answered"].astype("int64")})
    total = _cells(len(roster), int(roster["answered"].sum()), len(batch.scores))
    if any_small((*total, len(roster)), least):
        return None, [Withheld("名单回收情况", f"{_FEW}不足 {least} 家")]
    rows: dict[str, _Row] = {}
    if districts:
        key = group_names(roster["district"])
        sums = asked.groupby(key.where(~key.isin(districts.merged), MERGED).to_numpy()).sum()
        returns = districts.key.value_counts()
        numbers = zip(sums.index, sums["asked"].tolist(), sums["answered"].tolist(), strict=True)
        rows = {str(name): _cells(n, answered, int(returns.get(name, 0))) for name, n, answered in numbers}
    untold = merged_groups(rows, least)
    left_out = []
    if len(untold) == len(rows):
        rows, left_out = {}, [Withheld("分区县的回收情况", f"{_FEW}不足 {least} 家")]
    elif untold:
        left_out = [Withheld("部分区县的回收情况（表中空白处）", f"{_FEW}不足 {least} 家，或为掩护这样的区县")]
    order = sorted(rows, key=lambda name: (name == MISSING, name == MERGED, name))
    told = [*(None if name in untold else rows[name] for name in order), total]
    frame = pd.DataFrame(
        {
            "group": pd.Series([*order, TOTAL], dtype="str"),
            "asked": pd.Series([row and row[0] + row[1] for row in told], dtype="Int64"),
            "answered": pd.Series([row and row[0] for row in told], dtype="Int64"),
            "share": pd.Series([row and display_ratio(row[0], row[0] + row[1]) for row in told], dtype="float64"),
            "silent": pd.Series([row and row[1] for row in told], dtype="Int64"),
        }
    )
    return Table("response", "名单回收情况（家）", frame, RESPONSE_COLUMNS, total=True), left_out


_Row = tuple[int, int, int, int]
_FEW = "实报、未报或未计入的"


def _cells(asked: int, answered: int, returns: int) -> _Row:
    """What is told of enterprises asked: answered, silent, and how these differ from the returns that count."""
    return answered, asked - answered, asked - returns, answered - returns


def public_targets(
    batch: ReportData, grouping: PublicGrouping, edges: Sequence[int]
) -> tuple[tuple[Table | ChartRow, ...], list[Withheld]]:
    """目标: all of them as they are stated, and the figures of those that tell nothing small, together and with levels.

    Targets that name an enterprise are left out. ``edges``: the levels of which it is told how many reach them.
    """
    names = enterprise_names(batch)
    kept = tuple(target for target in batch.targets.targets if not _names_any(batch, target, names))
    left_out = []
    if len(kept) < len(batch.targets.targets):
        left_out.append(Withheld("部分目标", "名称或条件中有参评企业的名称或代码"))
    shown = replace(batch, targets=batch.targets._replace(targets=kept, overruled=0, left_out=()))
    asked, notes = asked_of(shown), selection_notes(kept, batch.edition)
    notes += list(TARGET_DEFINITIONS) if asked else []
    tables = [replace(table, notes=tuple(notes)) for table in target_tables(shown)]
    if not tables or asked is None:
        return tuple(tables), left_out
    told = _told_targets(batch, asked, kept, grouping, edges)
    if all(told):
        return (*tables, ChartRow(target_charts(shown))), left_out
    left_out.append(Withheld("部分目标的完成情况（表中空白处）", "其中的家数，或与其他表、其他目标相减，不足起点"))
    return tuple(_blanked(table, told) for table in tables), left_out


def _names_any(batch: ReportData, target: ReportTarget, names: frozenset[str]) -> bool:
    text = f"{target.target.name} {selection_text(target, batch.edition)}"
    return any(name in text for name in names)


def _blanked(table: Table, told: Sequence[bool]) -> Table:
    """A table of targets without the figures of those that are not told; without their columns where none is.

    What a chart would show is left out with them.
    """
    table = replace(table, chart_columns=())
    figures = [column.key for column in table.columns if column.key not in _TOLD_ALWAYS]
    if not any(told):
        columns = tuple(column for column in table.columns if column.key in _TOLD_ALWAYS)
        return replace(table, columns=columns, frame=table.frame[list(_TOLD_ALWAYS)])
    mask = pd.Series(list(told))
    return replace(table, frame=table.frame.assign(**{key: table.frame[key].where(mask) for key in figures}))


def _told_targets(
    batch: ReportData,
    asked: Asked,
    targets: Sequence[ReportTarget],
    grouping: PublicGrouping,
    edges: Sequence[int],
) -> list[bool]:
    """Whether the figures of each target are told.

    The enterprises asked are parted by all that the targets told so far say of them, and by whether they answered, as
    the response tells. As long as no part is small, neither is what can be worked out of these figures. What targets
    say of enterprises is said of returns in other tables; the difference may not be small either.
    """
    least, roster = batch.options.small_group, batch.roster
    if roster is None:
        return [False] * len(targets)
    key, districts = group_names(roster["district"]), grouping.find(DISTRICT)
    district = pd.factorize(key.where(~key.isin(districts.merged), MERGED) if districts else key)[0]
    parts: list[_Integers] = [roster["answered"].to_numpy(dtype="int64")]
    told = []
    for target in targets:
        codes = _codes(asked, target)
        by_district = DISTRICT in (condition.column for condition in target.conditions)
        tried = [*parts, codes, *([district.astype("int64")] if by_district else [])]
        sizes = pd.DataFrame(dict(enumerate(tried))).value_counts()
        safe = (
            not any_small(map(int, sizes), least)
            and not _differs_by_few(batch, asked, target, edges)
            and not _parts_a_group(batch, asked, target, grouping)
        )
        parts = tried if safe else parts
        told.append(safe)
    return told


def _codes(asked: Asked, target: ReportTarget) -> _Integers:
    """What a target tells of each enterprise, as a number that is the same where it tells the same.

    Whoever is not in the selection is told of as well: how many reach the level in all, the levels tell.
    """
    members, level = places_of(asked, target)
    told = (members.inside, members.unclear, level.counted, level.sure, level.possible)
    return sum((flag.astype("int64") << i for i, flag in enumerate(told)), np.zeros(asked.n, dtype="int64"))


def _differs_by_few(batch: ReportData, asked: Asked, target: ReportTarget, edges: Sequence[int]) -> bool:
    """Whether the returns of a selection are a few more, or a few less, than its enterprises of whom any counts."""
    least, levels = batch.options.small_group, batch.scores["level"]
    members, level = places_of(asked, target)
    inside = _selected_returns(batch, asked, target)
    pairs = [(int(inside.sum()), members.inside & level.counted)]
    if target.level in edges:
        pairs.append((int((inside & (levels >= target.level)).sum()), members.inside & level.sure))
    return any(is_small(n - int(enterprises.sum()), least) for n, enterprises in pairs)


def _selected_returns(batch: ReportData, asked: Asked, target: ReportTarget) -> pd.Series[bool]:
    """Whether each return is in a target's selection by what it says; index that of the scores."""
    inside = pd.Series(True, index=batch.scores.index)
    for condition in target.conditions:
        inside &= group_names(asked.returned[condition.name].reindex(inside.index)) == condition.value
    return inside


def _parts_a_group(batch: ReportData, asked: Asked, target: ReportTarget, grouping: PublicGrouping) -> bool:
    """Whether a selection tells by subtraction what the published groups of a column hide.

    So it may where it is some of these groups and a part of one more, as a value that has been merged is of 其他: then
    that part and the rest of the group are told, and how many of them reach the level.
    """
    inside, reached = _selected_returns(batch, asked, target), batch.scores["level"] >= target.level
    for groups in grouping.groups:
        for key in {
            groups.untold: groups.key.where(~groups.key.isin(groups.untold), ""),
            frozenset(): groups.key,
        }.values():
            sizes = inside.groupby(key.to_numpy()).agg(["sum", "size"])
            parted = sizes.index[(sizes["sum"] > 0) & (sizes["sum"] < sizes["size"])]
            if len(parted) == 1:
                within = key == parted[0]
                counts = pd.DataFrame({"in": inside[within], "at": reached[within]}).value_counts()
                if any_small(map(int, counts), batch.options.small_group):
                    return True
    return False
