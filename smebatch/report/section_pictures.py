"""得分分布 and 梯队: the histogram of all scores with the lines of the levels, and the tiers by district."""

from __future__ import annotations

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_ratio
from smebatch.report.group_order import small_group_note
from smebatch.report.score_spread import group_label, histogram_frame
from smebatch.report.tiers import REST, TIER_WIDTH, tier_count_columns, tier_counts, tier_keys, tier_names
from smebatch.report.words import MISSING, TOTAL, group_names


def histogram_sheet(batch: ReportData) -> ReportSheet:
    """得分分布: how many returns have which score, and where the levels' thresholds lie."""
    table = Table(
        "histogram",
        "得分分布（份）",
        histogram_frame(batch),
        (
            TableColumn("name", "得分（分）", width=18),
            TableColumn("n", "份数", Format.COUNT, 12),
            TableColumn("share", "占比", Format.PERCENT, 12),
            TableColumn("level", "得分等级", Format.CODE, 14),
        ),
        total=True,
        notes=("每组含下限、不含上限，最后一组含满分；没有份数的行是等级的分数线。得分等级只看得分，不看场景。",),
        chart_columns=(TableColumn("line", "分数线", Format.COUNT),),
    )
    title = f"得分分布与等级分数线（份，n={len(batch.scores)}）"
    chart = Chart("histogram", title, "histogram", "name", ("n", "line"), limit=len(table.frame))
    return ReportSheet("得分分布", "得分分布", (ChartRow((chart,)), table), landscape=False)


def tier_frame(batch: ReportData) -> pd.DataFrame:
    """The tiers from the top, the rest, and the total: name (with its cut-off), n, share."""
    whole = tier_counts(batch, pd.Series("", index=batch.scores.index, dtype="str")).sum()
    counts, total = [int(whole[key]) for key in tier_keys(batch)], len(batch.scores)
    return pd.DataFrame(
        {
            "name": pd.Series([*tier_names(batch), TOTAL], dtype="str"),
            "n": [*counts, total],
            "share": pd.Series([display_ratio(n, total) for n in (*counts, total)], dtype="float64"),
        }
    )


def district_tier_frame(batch: ReportData) -> pd.DataFrame:
    """The tiers by district, most returns first but small ones after all others and 未填 last, and the total.

    Columns: group, label, n, the tiers (see tiers.tier_keys), share_<tier>, note (小样本).
    """
    keys, small = tier_keys(batch), batch.options.small_group
    counts = tier_counts(batch, group_names(batch.enterprises["district"]))
    sizes = counts.sum(axis=1).tolist()
    names = [str(name) for name in counts.index]
    order = sorted(range(len(names)), key=lambda i: (names[i] == MISSING, sizes[i] < small, -sizes[i], names[i]))
    frame = pd.concat([counts.iloc[order], counts.sum().to_frame().T], ignore_index=True).astype("int64")
    frame.insert(0, "group", pd.Series([*(names[i] for i in order), TOTAL], dtype="str"))
    frame["n"] = frame[keys].sum(axis=1)
    shares = {f"share_{key}": frame[key] / frame["n"].where(frame["n"] > 0) for key in keys}
    labels = [group_label(name, n) for name, n in zip(frame["group"], frame["n"], strict=True)]
    notes = [*(small_group_note(n, small) for n in frame["n"][:-1]), ""]
    return frame.assign(label=pd.Series(labels, dtype="str"), note=pd.Series(notes, dtype="str"), **shares)


def tier_sheet(batch: ReportData) -> ReportSheet | None:
    """梯队, where the settings declare any."""
    if not batch.options.report.tiers:
        return None
    keys = tier_keys(batch)
    names = [*(tier.name for tier in batch.options.report.tiers), REST]
    tiers = Table(
        "tiers",
        "各梯队",
        tier_frame(batch),
        (
            TableColumn("name", "梯队"),
            TableColumn("n", "份数", Format.COUNT),
            TableColumn("share", "占比", Format.PERCENT),
        ),
        total=True,
        notes=("按得分的精确值划分：达到某一梯队的分数线、又未达到更高梯队的，列入该梯队。",),
    )
    districts = Table(
        "district_tiers",
        "各区县的梯队",
        district_tier_frame(batch),
        (
            TableColumn("group", "区县"),
            TableColumn("n", "份数", Format.COUNT),
            *tier_count_columns(batch),
            *(
                TableColumn(f"share_{key}", f"占比 {name}", Format.PERCENT, TIER_WIDTH)
                for key, name in zip(keys, names, strict=True)
            ),
            TableColumn("note", "备注", Format.CODE),
        ),
        total=True,
        chart_columns=(TableColumn("label", "图中名称"),),
    )
    shares = tuple(f"share_{key}" for key in keys)
    chart = Chart("stacked_bar", "各区县的梯队占比", "district_tiers", "label", shares, faint="note", order="falling")
    return ReportSheet("梯队", "梯队", (tiers, ChartRow((chart,)), districts), landscape=False)
