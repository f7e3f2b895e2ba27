"""分区县, 分行业, 分规模: the same figures for every district, industry and size, and for all returns."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_number, ranks
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

SMALL_GROUP = 5  # returns; a smaller group is marked, for one return more or less changes its figures much


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


def group_frame(batch: ReportData, key: pd.Series[str], order: Sequence[str] = ()) -> pd.DataFrame:
    """One row a group and a last row of the whole; the groups partition the whole.

    Columns: group, n, level_<g>, share_<g> (of the group), mean (points), rate_<dimension> (得分率), reach_<g> and
    reach_share_<g> for the milestones, rank (by the exact mean; 未填 has none) and note (小样本 below 5 returns).
    Sorted by rank, or in the ``order`` given with other names after it; 未填 comes last.
    """
    sums = group_sums(batch, key)
    names = [str(name) for name in sums.index]
    means = [Fraction(int(u), int(n)) for u, n in zip(sums["units"], sums["n"], strict=True)]
    rank = ranks([None if name == MISSING else mean for name, mean in zip(names, means, strict=True)])
    stated = {name: i for i, name in enumerate(order)}

    def place(i: int) -> tuple[bool, int, int, str]:
        return names[i] == MISSING, stated.get(names[i], len(stated)), 0 if stated else rank[i] or 0, names[i]

    by_place = sorted(range(len(names)), key=place)
    frame = pd.concat([sums.iloc[by_place], sums.sum().to_frame().T], ignore_index=True)
    frame = _printed_figures(frame, batch.edition)
    frame["group"] = pd.Series([*(names[i] for i in by_place), TOTAL], dtype="str")
    frame["rank"] = pd.Series([*(rank[i] for i in by_place), None], dtype="Int64")
    frame["note"] = pd.Series([*map(small_group_note, frame["n"][:-1]), ""], dtype="str")
    return frame


def small_group_note(n: int) -> str:
    """The remark on a group of n returns."""
    return "小样本" if n < SMALL_GROUP else ""


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


def group_columns(edition: Edition, heading: str) -> tuple[TableColumn, ...]:
    """The printed columns of a group frame."""
    levels = level_numbers(edition)
    return (
        TableColumn("group", heading),
        TableColumn("n", "份数", Format.COUNT),
        *(TableColumn(f"level_{g}", edition.level_name(g), Format.COUNT) for g in levels),
        *(TableColumn(f"share_{g}", f"{edition.level_name(g)}占比", Format.PERCENT) for g in levels),
        *(TableColumn(f"reach_share_{g}", f"{at_least(edition, g)}占比", Format.PERCENT) for g in milestones(edition)),
        TableColumn("mean", "平均得分", Format.POINTS),
        TableColumn("rank", "位次", Format.ORDINAL),
        *(TableColumn(f"rate_{d.id}", f"{d.name}得分率", Format.PERCENT) for d in edition.dimensions),
        TableColumn("note", "备注", Format.CODE),
    )


def group_table(
    batch: ReportData, name: str, title: str, heading: str, key: pd.Series[str], order: Sequence[str] = ()
) -> Table:
    """A group frame as a table to print."""
    return Table(name, title, group_frame(batch, key, order), group_columns(batch.edition, heading), total=True)


def _group_charts(batch: ReportData, table: str, by: str, kind: Literal["column", "bar"] = "column") -> ChartRow:
    """Charts that stand above their table, for below one of unknown length a page break might cut them."""
    edition = batch.edition
    goal = milestones(edition)[0]
    return ChartRow(
        (
            Chart(kind, f"平均得分（按{by}）", table, "group", ("mean",), faint="note"),
            Chart(
                kind, f"{at_least(edition, goal)}占比（按{by}）", table, "group", (f"reach_share_{goal}",), faint="note"
            ),
        )
    )


def district_sheet(batch: ReportData) -> ReportSheet:
    """分区县: every district, by rank of the mean score."""
    table = group_table(batch, "district", "", "区县", group_names(batch.enterprises["district"]))
    return ReportSheet("分区县", "分区县评测结果", (_group_charts(batch, "district", "区县"), table))


def industry_sheet(batch: ReportData) -> ReportSheet:
    """分行业: every division of GB/T 4754, by rank of the mean score."""
    table = group_table(batch, "industry", "", "行业大类", industry_division(batch.enterprises["industry_code"]))
    note = f"按 {industries().title} 大类归并；行业代码未填或不能识别的列“{MISSING}”。"
    return ReportSheet(
        "分行业", "分行业评测结果", (_group_charts(batch, "industry", "行业大类", "bar"), table), (note,)
    )


def size_sheet(batch: ReportData) -> ReportSheet:
    """分规模: size, above scale or not, and the ladder of specialised enterprises, each in the form's order."""
    edition = batch.edition
    tables = [
        group_table(batch, key, label, label, group_names(batch.enterprises[key]), choices(edition, key))
        for key in ("size", "above_scale", "specialised")
        for label in (field_label(edition, key),)
    ]
    return ReportSheet("分规模", "分规模与类型评测结果", (_group_charts(batch, "size", "企业规模"), *tables))
