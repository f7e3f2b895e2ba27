"""分区县, 分行业, 分规模 and sheets by further columns: the same figures for every group, and for all returns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Literal

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.common.text import clean_text, shown_text
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_number, display_ratio, ranks
from smebatch.report.group_order import Spread, group_ranks, rank_list, small_group_note, swap_ranks
from smebatch.report.round_changes import change_columns
from smebatch.report.score_spread import QUARTILES, group_label, spread_frame
from smebatch.report.tiers import GroupColumns, tier_columns
from smebatch.report.words import (
    MISSING,
    TOTAL,
    at_least,
    choices,
    field_label,
    group_names,
    level_numbers,
    milestones,
)
from smebatch.standard.model import Edition
from smebatch.standard.questions import type_of
from smebatch.standard.reference import industries
from smebatch.standard.score_units import scale_of

JoinColumns = Callable[[ReportData, "pd.Series[str]"], GroupColumns | None]
FURTHER_COLUMNS: Mapping[Literal["figures", "spread"], tuple[JoinColumns, ...]] = {
    "figures": (change_columns,),
    "spread": (tier_columns,),
}
"""What joins further figures to tables of groups, by the names of the groups (index: that of the scores).

"figures" are joined to means and rates, "spread" to the quartiles; a page is no wider.
"""

GROUPS_A_RADAR, MAX_RADARS, CHARTS_A_ROW = 4, 5, 3
MAX_GROUPS = 1000  # of a further column; one with more values, such as names, is no grouping
MAX_CHARTED = 20  # groups of a chart; all are in the table beside it
RATE_WIDTH = 8.0
GROUP_WIDTH = 16.0  # of their names at most, so that a table fits on a page that stands
MAX_UPRIGHT, MAX_LABEL = 12, 14  # groups, and characters of a label, up to which columns stand upright


def full_mark_units(edition: Edition) -> dict[str, int]:
    """Full marks in units of every question and dimension, by id."""
    scale = scale_of(edition)
    full = {q.id: scale.step[q.id] * type_of(q).most_steps(q) for q in edition.questions}
    for dimension in edition.dimensions:
        full[dimension.id] = sum(
            full[q.id] for q in edition.questions if edition.question_path(q)[0].id == dimension.id
        )
    return full


def industry_division(codes: pd.Series[str]) -> pd.Series[str]:
    """The GB/T 4754 division (大类) of each industry code, C33 金属制品业; invalid codes are 未填."""
    texts = codes.astype("str").fillna("")
    known = {text: industries().division(text.strip()) for text in texts.unique()}
    return texts.map({text: division.label if division else MISSING for text, division in known.items()}).astype("str")


def group_sums(batch: ReportData, key: pd.Series[str]) -> pd.DataFrame:
    """Whole-number sums by group name, in order of appearance, int64.

    ``key`` has the index of the scores. Columns: n, units (of the score), units_<dimension>, level_<g> (returns at
    exactly g) and reach_<g> (at g or above).
    """
    scores, edition = batch.scores, batch.edition
    parts = pd.DataFrame(
        {
            "n": pd.Series(1, index=scores.index, dtype="int64"),
            "units": scores["score_units"],
            **{f"units_{d.id}": scores[d.id] for d in edition.dimensions},
            **{f"level_{g}": (scores["level"] == g).astype("int64") for g in level_numbers(edition)},
            **{f"reach_{g}": (scores["level"] >= g).astype("int64") for g in level_numbers(edition)},
        }
    )
    return parts.groupby(key.to_numpy(), sort=False).sum().astype("int64")


def group_frame(
    batch: ReportData, key: pd.Series[str], order: Sequence[str] = (), unranked: Collection[str] = (MISSING,)
) -> pd.DataFrame:
    """One row a group and a last row of the whole; the groups partition the whole.

    Columns: group, label (with its n, for charts), n, level_<g>, share_<g> (of the group), mean (points),
    rate_<dimension> (得分率), reach_<g> and reach_share_<g> for the milestones, rank (by the exact mean; small groups
    and those ``unranked`` have none), swap (the neighbouring ranks that one return could swap it with, see group_order)
    and note (小样本). Sorted by rank, then those without one by their mean; or in the ``order`` given with other names
    after it; 未填 comes last.
    """
    sums = group_sums(batch, key)
    names, small = [str(name) for name in sums.index], batch.options.small_group
    by_group = batch.scores["score_units"].groupby(key.to_numpy(), sort=False)
    columns = (sums["n"], sums["units"], by_group.min(), by_group.max())
    spreads = [Spread(*map(int, each)) for each in zip(*(c.tolist() for c in columns), strict=True)]
    means = [spread.mean for spread in spreads]
    ranked = [
        None if name in unranked or spread.n < small else spread for name, spread in zip(names, spreads, strict=True)
    ]
    rank, swap = group_ranks(ranked), swap_ranks(ranked, scale_of(batch.edition).full)
    stated = {name: i for i, name in enumerate(order)}

    def place(i: int) -> tuple[bool, int, bool, Fraction, str]:
        by_mean = (False, Fraction(0)) if stated else (rank[i] is None, -means[i])
        return names[i] == MISSING, stated.get(names[i], len(stated)), *by_mean, names[i]

    by_place = sorted(range(len(names)), key=place)
    frame = pd.concat([sums.iloc[by_place], sums.sum().to_frame().T], ignore_index=True)
    frame = _printed_figures(frame, batch.edition)
    shown = [*(names[i] for i in by_place), TOTAL]
    frame["group"] = pd.Series(shown, dtype="str")
    frame["label"] = pd.Series([group_label(name, n) for name, n in zip(shown, frame["n"], strict=True)], dtype="str")
    frame["rank"] = pd.Series([*(rank[i] for i in by_place), None], dtype="Int64")
    frame["swap"] = pd.Series([*(rank_list(swap[i]) for i in by_place), ""], dtype="str")
    frame["note"] = pd.Series([*(small_group_note(n, small) for n in frame["n"][:-1]), ""], dtype="str")
    return frame


def _printed_figures(sums: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """The printed figures from whole-number sums; an empty group has no shares and no means."""
    returns = sums["n"].where(sums["n"] > 0)
    full, upp = full_mark_units(edition), scale_of(edition).units_per_point
    means = [
        display_number(Fraction(int(u), int(k) * upp)) if k else None
        for u, k in zip(sums["units"], sums["n"], strict=True)
    ]
    return pd.DataFrame(
        {
            "n": sums["n"],
            **{f"level_{g}": sums[f"level_{g}"] for g in level_numbers(edition)},
            **{f"share_{g}": sums[f"level_{g}"] / returns for g in level_numbers(edition)},
            "mean": pd.Series(means, dtype="float64"),
            **{f"rate_{d.id}": sums[f"units_{d.id}"] / (returns * full[d.id]) for d in edition.dimensions},
            **{f"reach_{g}": sums[f"reach_{g}"] for g in milestones(edition)},
            **{f"reach_share_{g}": sums[f"reach_{g}"] / returns for g in milestones(edition)},
        }
    )


def group_columns(batch: ReportData, frame: pd.DataFrame, heading: str) -> tuple[TableColumn, ...]:
    """The printed columns of a group frame but for the levels; what a remark means stands below where there is one."""
    edition = batch.edition
    return (
        _group_column(heading),
        TableColumn("n", "份数", Format.COUNT),
        TableColumn("mean", "平均得分", Format.POINTS),
        TableColumn("rank", "位次", Format.ORDINAL),
        TableColumn(
            "swap", "一份之差可互换的位次", Format.CODE, 7.5, _SWAP_NOTE if (frame["swap"] != "").any() else ""
        ),
        *(
            TableColumn(f"reach_share_{g}", f"{at_least(edition, g)}占比", Format.PERCENT, 7.5)
            for g in milestones(edition)
        ),
        *(TableColumn(f"rate_{d.id}", f"{d.name}得分率", Format.PERCENT, RATE_WIDTH) for d in edition.dimensions),
        _remark_column(batch, frame),
    )


def level_columns(batch: ReportData, frame: pd.DataFrame, heading: str) -> tuple[TableColumn, ...]:
    """The printed columns of a group frame that tell the levels."""
    edition, levels = batch.edition, level_numbers(batch.edition)
    return (
        _group_column(heading),
        TableColumn("n", "份数", Format.COUNT),
        *(TableColumn(f"level_{g}", edition.level_name(g), Format.COUNT) for g in levels),
        *(TableColumn(f"share_{g}", f"{edition.level_name(g)}占比", Format.PERCENT, 7) for g in levels),
        _remark_column(batch, frame),
    )


_SWAP_NOTE = (
    "一份之差可互换的位次：与相邻位次的组相比，任一组只要有一份改变得分（0 分至满分）、减少或增加，"
    "平均得分的先后就可能颠倒。"
)


def _group_column(heading: str) -> TableColumn:
    return TableColumn("group", heading, widest=GROUP_WIDTH)


def _remark_column(batch: ReportData, frame: pd.DataFrame) -> TableColumn:
    small = f"小样本：不足 {batch.options.small_group} 份，不参加排位，图中以浅色表示。"
    return TableColumn("note", "备注", Format.CODE, 6.5, small if (frame["note"] != "").any() else "")


def group_tables(
    batch: ReportData, name: str, title: str, heading: str, key: pd.Series[str], order: Sequence[str] = ()
) -> tuple[Table, Table]:
    """A group frame as two tables to print: its figures, with what FURTHER_COLUMNS join to them, and its levels.

    Together they are too wide for a page. Both hold the whole frame.
    """
    frame = group_frame(batch, key, order)
    columns = group_columns(batch, frame, heading)
    frame, columns = with_further_columns(batch, frame, columns, key, "figures")
    labels = (TableColumn("label", "图中名称"),)
    figures = Table(name, title, frame, columns, total=True, chart_columns=labels)
    levels = level_columns(batch, frame, heading)
    return figures, Table(f"{name}_levels", f"{title or heading}：各等级的份数和占比", frame, levels, total=True)


def with_further_columns(
    batch: ReportData,
    frame: pd.DataFrame,
    columns: tuple[TableColumn, ...],
    key: pd.Series[str],
    to: Literal["figures", "spread"],
) -> tuple[pd.DataFrame, tuple[TableColumn, ...]]:
    """A table of groups with what FURTHER_COLUMNS join to it, before its remark."""
    *before, note = columns
    for further in filter(None, (join(batch, key) for join in FURTHER_COLUMNS[to])):
        frame = join_columns(frame, further)
        before += further.columns
    return frame, (*before, note)


def join_columns(frame: pd.DataFrame, further: GroupColumns) -> pd.DataFrame:
    """A group frame with further columns; a group without them is blank there."""
    names = frame["group"][:-1]
    joined = {
        column.key: pd.Series([*further.groups[column.key].reindex(names).tolist(), further.whole[column.key]])
        for column in further.columns
    }
    return frame.assign(**joined)


def spread_table(batch: ReportData, table: Table, heading: str, key: pd.Series[str]) -> Table:
    """The quartiles of the groups of a table, in its order."""
    frame = spread_frame(batch, key, table.frame["group"].tolist()[:-1])
    titles = ("最低分", "下四分位", "中位数", "上四分位", "最高分")
    parts = {"to_median": "至中位数", "to_q3": "至上四分位", "to_lowest": "至最低分", "to_highest": "至最高分"}
    columns = (
        _group_column(heading),
        TableColumn("n", "份数", Format.COUNT),
        *(TableColumn(name, title, Format.POINTS) for name, title in zip(QUARTILES, titles, strict=True)),
        _remark_column(batch, frame),
    )
    frame, columns = with_further_columns(batch, frame, columns, key, "spread")
    return Table(
        f"{table.id}_spread",
        f"得分的分布（按{heading}，分）",
        frame,
        columns,
        total=True,
        notes=("图中箱体为中间一半的得分（下四分位至上四分位），箱内的分界为中位数，两端的线至最低分和最高分。",),
        chart_columns=(
            TableColumn("label", "图中名称"),
            *(TableColumn(name, title, Format.POINTS) for name, title in parts.items()),
        ),
    )


def _ranking_charts(batch: ReportData, table: Table, by: str) -> ChartRow:
    """Mean and share in the order of the table."""
    goal = milestones(batch.edition)[0]
    labels = table.frame["label"].head(table.body)
    upright = len(labels) <= MAX_UPRIGHT and labels.map(len).max() <= MAX_LABEL
    kind: Literal["column", "bar"] = "column" if upright else "bar"
    share, full = f"{at_least(batch.edition, goal)}占比（按{by}）", float(batch.edition.header.full_marks.exact)
    return ChartRow(
        (
            Chart(kind, f"平均得分（按{by}）", table.id, "label", ("mean",), MAX_CHARTED, faint="note", top=full),
            Chart(kind, share, table.id, "label", (f"reach_share_{goal}",), MAX_CHARTED, faint="note"),
        )
    )


def _box_chart(batch: ReportData, table: Table, by: str) -> Chart:
    values, full = ("q1", "to_median", "to_q3", "to_lowest", "to_highest"), batch.edition.header.full_marks.exact
    return Chart("box", f"得分的分布（按{by}）", table.id, "label", values, MAX_CHARTED, faint="note", top=float(full))


def _radar_charts(batch: ReportData, table: Table) -> list[Chart]:
    """The dimensions of a few groups a chart against the whole; none for fewer than three dimensions.

    Where all groups of a chart would be small it is left out. All have one scale, as long as the highest rate needs in
    quarters of the full marks.
    """
    rates = tuple(f"rate_{d.id}" for d in batch.edition.dimensions)
    if len(rates) < 3:
        return []
    body = table.frame.head(table.body)
    firsts = [i for i in range(0, len(body), GROUPS_A_RADAR) if (body["note"][i : i + GROUPS_A_RADAR] == "").any()]
    firsts = firsts[:MAX_RADARS]
    shown = body[list(rates)][: firsts[-1] + GROUPS_A_RADAR] if firsts else body[list(rates)]
    top = max(1, ceil(4 * shown.max().max())) / 4 if len(shown) else 1
    number = "（{}/{}）" if len(firsts) > 1 else ""
    return [
        Chart(
            "radar",
            "各维度得分率" + number.format(i, len(firsts)),
            table.id,
            "label",
            rates,
            limit=GROUPS_A_RADAR,
            faint="note",
            first=first,
            top=top,
        )
        for i, first in enumerate(firsts, 1)
    ]


def _group_blocks(
    batch: ReportData, name: str, heading: str, key: pd.Series[str], order: Sequence[str] = ()
) -> tuple[Table | ChartRow, ...]:
    """All that is said of a grouping: charts, figures and the spread of the scores.

    What is needed most stands first, for a page holds only so much.
    """
    table, levels = group_tables(batch, name, "", heading, key, order)
    spread = spread_table(batch, table, heading, key)
    pictures = [_box_chart(batch, spread, heading), *_radar_charts(batch, table)]
    rows = [ChartRow(tuple(pictures[i : i + CHARTS_A_ROW])) for i in range(0, len(pictures), CHARTS_A_ROW)]
    return (_ranking_charts(batch, table, heading), table, levels, *rows, spread)


def district_sheet(batch: ReportData) -> ReportSheet:
    """分区县: every district, by rank of the mean score, and by rank of the share at the first milestone."""
    blocks = _group_blocks(batch, "district", "区县", group_names(batch.enterprises["district"]))
    return ReportSheet("分区县", "分区县评测结果", (*blocks, share_table(batch)), landscape=False)


def share_frame(batch: ReportData) -> pd.DataFrame:
    """The districts by the share at the first milestone or above, and the total row.

    Columns: group, label (with its n), n, reach, share, rank (by the exact share; small districts and 未填 have none)
    and note (小样本). Sorted by rank, then small ones by their share; 未填 comes last.
    """
    goal, small = milestones(batch.edition)[0], batch.options.small_group
    sums = group_sums(batch, group_names(batch.enterprises["district"]))[["n", f"reach_{goal}"]]
    rows = [(str(name), int(n), int(reach)) for name, n, reach in sums.itertuples()]
    rows.sort(key=lambda row: (row[0] == MISSING, row[1] < small, -Fraction(row[2], row[1]), row[0]))
    order = ranks([None if name == MISSING or n < small else Fraction(reach, n) for name, n, reach in rows])
    n, reach = int(sums["n"].sum()), int(sums[f"reach_{goal}"].sum())
    whole = [*rows, (TOTAL, n, reach)]
    return pd.DataFrame(
        {
            "group": pd.Series([name for name, _, _ in whole], dtype="str"),
            "label": pd.Series([group_label(name, n) for name, n, _ in whole], dtype="str"),
            "n": [n for _, n, _ in whole],
            "reach": [reach for _, _, reach in whole],
            "share": pd.Series([display_ratio(reach, n) for _, n, reach in whole], dtype="float64"),
            "rank": pd.Series([*order, None], dtype="Int64"),
            "note": pd.Series([*(small_group_note(n, small) for _, n, _ in rows), ""], dtype="str"),
        }
    )


def share_table(batch: ReportData) -> Table:
    """The districts as 总览 charts them."""
    frame, reached = share_frame(batch), at_least(batch.edition, milestones(batch.edition)[0])
    return Table(
        "district_shares",
        f"各区县{reached}占比（按占比排位）",
        frame,
        (
            _group_column("区县"),
            TableColumn("n", "份数", Format.COUNT),
            TableColumn("reach", reached, Format.COUNT),
            TableColumn("share", "占比", Format.PERCENT),
            TableColumn("rank", "位次", Format.ORDINAL),
            _remark_column(batch, frame),
        ),
        total=True,
        chart_columns=(TableColumn("label", "图中名称"),),
    )


def industry_sheet(batch: ReportData) -> ReportSheet:
    """分行业: every division of GB/T 4754, by rank of the mean score."""
    blocks = _group_blocks(batch, "industry", "行业大类", industry_division(batch.enterprises["industry_code"]))
    note = f"按 {industries().title} 大类归并；行业代码未填或不能识别的列“{MISSING}”。"
    return ReportSheet("分行业", "分行业评测结果", blocks, (note,), landscape=False)


def size_sheet(batch: ReportData) -> ReportSheet:
    """分规模: size, above scale or not, and the ladder of specialised enterprises, each in the form's order."""
    edition = batch.edition
    keys = {key: group_names(batch.enterprises[key]) for key in ("size", "above_scale", "specialised")}
    labels = {key: field_label(edition, key) for key in keys}
    tables = [group_tables(batch, key, labels[key], labels[key], keys[key], choices(edition, key)) for key in keys]
    figures, levels = zip(*tables, strict=True)
    spreads = [spread_table(batch, table, labels[table.id], keys[table.id]) for table in figures]
    charts = _ranking_charts(batch, figures[0], labels["size"]).charts
    blocks = (ChartRow((*charts, _box_chart(batch, spreads[0], labels["size"]))), *figures, *levels, *spreads)
    return ReportSheet("分规模", "分规模与类型评测结果", blocks, landscape=False)


def chosen_group_sheets(batch: ReportData) -> tuple[ReportSheet, ...]:
    """A sheet for each column of the form or the roster that the settings group by, named after it.

    Raises ValueError where the batch was loaded without that column.
    """
    fields = {name: field for field in batch.edition.fields for name in (field.key, field.label)}
    sheets = []
    for i, name in enumerate(batch.options.report.group_by, 1):
        if batch.columns is None:
            raise ValueError("the batch was loaded without the columns that its options name")
        key = group_names(batch.columns[name].reindex(batch.enterprises.index))
        field = fields.get(name)
        heading = shown_text(field.label if field else name, 30)
        order = field.choices if field else ()
        count = key.nunique()
        blocks: tuple[Table | ChartRow, ...]
        if count > MAX_GROUPS:
            whole, _ = group_tables(batch, f"group_{i}", "", heading, key, order)
            note = f"“{heading}”有 {count} 个不同的值，多于 {MAX_GROUPS} 个，不分组列出。"
            blocks = (replace(whole, frame=whole.frame.tail(1).reset_index(drop=True), notes=(note,)),)
        else:
            blocks = _group_blocks(batch, f"group_{i}", heading, key, order)
        sheets.append(ReportSheet(f"按{clean_text(heading)}", f"按{heading}分组的评测结果", blocks, landscape=False))
    return tuple(sheets)
