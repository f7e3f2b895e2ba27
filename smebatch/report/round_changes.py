"""What changed since the round before, for every group: the mean change of its enterprises that are in both."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import pandas as pd

from smebatch.batch.load import Counted, ReportData, Selection
from smebatch.report.document import Format, TableColumn
from smebatch.report.round_figures import Comparison, compare_rounds, group_change_frame
from smebatch.report.tiers import GroupColumns
from smebatch.report.words import choices

_compared: WeakKeyDictionary[ReportData, dict[tuple[Selection, Selection], Comparison]] = WeakKeyDictionary()


def compared(batch: ReportData, before: Selection, after: Selection) -> Comparison:
    """The returns of two selections of a batch, matched; kept as long as the batch, for names take time."""
    made = _compared.setdefault(batch, {})
    if (before, after) not in made:
        every = batch.every or Counted(batch.enterprises, batch.scores)
        made[before, after] = compare_rounds(batch.edition, every.of(before), every.of(after))
    return made[before, after]


def since_first_phase(batch: ReportData) -> Comparison | None:
    """The covered returns against those of the first phase and the same kind.

    None where the report does not cover the last phase, or nobody is in both phases of its kind.
    """
    first, *_, last = choices(batch.edition, "phase")
    kind = batch.selection.kind
    if batch.selection.phase != last or not kind:
        return None
    c = compared(batch, Selection(first, kind), batch.selection)
    return c if len(c.pairs) else None


def change_columns(batch: ReportData, key: pd.Series[str]) -> GroupColumns | None:
    """The matched enterprises of each group, and by how many points their mean rose since the first phase.

    None where the report does not cover the last phase, or nobody is in both phases of its kind.
    """
    c = since_first_phase(batch)
    if c is None:
        return None
    (first, *_, last), kind = choices(batch.edition, "phase"), batch.selection.kind
    frame = group_change_frame(c, key, batch.options.small_group, "")
    note = (
        f"两轮对应家数：{first}、{last}各有一份计入的{kind}、能对应上的企业；"
        f"平均分变化只含这些企业（{last}减{first}），与各组的平均得分不能相减。"
    )
    columns = (
        TableColumn("matched", "两轮对应家数", Format.COUNT, 7.5, note),
        TableColumn("change", "平均分变化", Format.POINTS, 7.5),
    )
    groups = frame[["group", "n", "change"]].rename(columns={"n": "matched"}).set_index("group")
    whole = {str(name): value for name, value in groups.iloc[-1].items()}
    groups = groups.iloc[:-1].reindex(key.unique())
    return GroupColumns(columns, groups.assign(matched=groups["matched"].fillna(0).astype("int64")), whole)
