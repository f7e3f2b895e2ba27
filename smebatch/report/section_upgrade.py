"""升级分析: what keeps returns from their next level, and who is nearest to it."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_points
from smebatch.report.words import BINDING, CONDITION_NAMES, TOTAL, blocked_name, conditions, level_numbers
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

MAX_NEAREST = 20  # returns listed for each next level


def blocked_keys(edition: Edition) -> tuple[str, ...]:
    """Every combination of conditions that may block a level, joined by +: single ones first, then pairs, then all."""
    names = conditions(edition)
    return tuple("+".join(c) for size in range(1, len(names) + 1) for c in combinations(names, size))


def blocked_frame(batch: ReportData) -> pd.DataFrame:
    """One row a next level and the total: target, name, n (returns one level below), then one column a blocked key.

    The blocked keys add up to n, and n to the returns below the highest level.
    """
    edition, keys = batch.edition, blocked_keys(batch.edition)
    order = {name: i for i, name in enumerate(CONDITION_NAMES)}
    blocked = (
        batch.scores["blocked_by"]
        .fillna("")
        .map(lambda b: "+".join(sorted(b.split("+"), key=lambda p: order.get(p, 9))))
    )
    rows = []
    for level in edition.levels:
        below = blocked[batch.scores["level"] == level.level - 1]
        counts = below.value_counts()
        rows.append(
            {"target": level.level, "name": level.name, "n": len(below), **{k: int(counts.get(k, 0)) for k in keys}}
        )
    frame = pd.DataFrame(rows)
    total = frame.drop(columns=["target", "name"]).sum().to_dict()
    frame = pd.concat([frame, pd.DataFrame([{"name": TOTAL, **total}])], ignore_index=True)
    return frame.astype({"target": "Int64"})


def limits_frame(batch: ReportData) -> pd.DataFrame:
    """Returns by the level of their score (rows) and of their scenes (columns scenes_<g>), with n and a total row.

    The level of a return is the lower of the two: above the diagonal the score holds it back, below it the scenes.
    """
    edition, levels = batch.edition, level_numbers(batch.edition)
    scores, scenes = batch.scores["score_level"], batch.scores["scene_level"]
    rows = [{f"scenes_{g}": int(((scores == s) & (scenes == g)).sum()) for g in levels} for s in levels]
    frame = pd.DataFrame(rows)
    frame.insert(0, "name", pd.Series([edition.level_name(g) for g in levels], dtype="str"))
    total = pd.DataFrame([{"name": TOTAL, **frame.drop(columns="name").sum().to_dict()}])
    frame = pd.concat([frame, total], ignore_index=True)
    frame["n"] = frame[[f"scenes_{g}" for g in levels]].sum(axis=1).astype("int64")
    return frame


def nearest_frame(batch: ReportData, most: int = MAX_NEAREST) -> pd.DataFrame:
    """The returns nearest to their next level, at most ``most`` a level, nearest first.

    Near is a small gap: missing points ÷ points the next level asks for, plus missing scenes (the larger of scenes and
    binding scenes, since raising a binding scene serves both) ÷ scenes it asks for; compared as whole numbers.
    Columns: target, target_name, place (from 1), name, uscc, district, contact, phone, points (missing),
    scenes_missing, binding_missing, blocked (in words), file.
    """
    edition, scale = batch.edition, scale_of(batch.edition)
    scores = batch.scores
    parts = []
    for level, threshold in zip(edition.levels, scale.thresholds, strict=True):
        below = scores[scores["level"] == level.level - 1]
        gap = below["points_missing"]
        if level.scenes is not None:
            scenes = below[["scenes_missing", "binding_missing"]].max(axis=1)
            gap = gap * max(1, int(level.scenes.value)) + scenes * threshold
        nearest = below.assign(gap=gap, form=below.index.astype("str")).sort_values(
            ["gap", "points_missing", "form"], kind="stable"
        )
        parts.append(nearest.head(most).assign(target=level.level, target_name=level.name))
    near = pd.concat(parts)
    who = batch.enterprises.loc[near.index]
    frame = pd.DataFrame(
        {
            "target": near["target"].astype("int64"),
            "target_name": near["target_name"].astype("str"),
            "place": near.groupby("target").cumcount() + 1,
            **{key: who[key] for key in ("name", "uscc", "district", "contact", "phone")},
            "points": display_points(near["points_missing"], scale.units_per_point),
            "blocked": near["blocked_by"].map(blocked_name).astype("str"),
            "file": who["file"],
        }
    )
    if edition.scenes:
        frame["scenes_missing"] = near["scenes_missing"]
        frame["binding_missing"] = near["binding_missing"]
    return frame.reset_index(drop=True)


def upgrade_sheet(batch: ReportData) -> ReportSheet:
    """升级分析."""
    edition = batch.edition
    keys, levels = blocked_keys(edition), level_numbers(edition)
    blocked = Table(
        "blocked",
        "未达到下一等级的原因（份）",
        blocked_frame(batch),
        (
            TableColumn("name", "下一等级"),
            TableColumn("n", "尚差一级的份数", Format.COUNT),
            *(TableColumn(k, ("仅差" if "+" not in k else "差") + blocked_name(k), Format.COUNT) for k in keys),
        ),
        total=True,
    )
    blocks: list[Table | ChartRow] = [blocked]
    if edition.scenes:
        limits = Table(
            "limits",
            "得分等级与场景等级（份）",
            limits_frame(batch),
            (
                TableColumn("name", "得分达到"),
                *(
                    TableColumn(
                        f"scenes_{g}",
                        f"场景达到{edition.level_name(g)}" if g else f"场景{edition.level_name(g)}",
                        Format.COUNT,
                    )
                    for g in levels
                ),
                TableColumn("n", TOTAL, Format.COUNT),
            ),
            total=True,
            heat=tuple(f"scenes_{g}" for g in levels),
            notes=("最终等级取两者中较低的一个：对角线右上方受得分所限，左下方受场景所限。",),
        )
        blocks.append(limits)
    blocks.append(ChartRow((Chart("stacked", "未达到下一等级的原因（份）", "blocked", "name", keys),)))
    blocks.append(_nearest_table(batch))
    return ReportSheet("升级分析", "升级分析", tuple(blocks))


def _nearest_table(batch: ReportData) -> Table:
    edition = batch.edition
    scenes = (
        TableColumn("scenes_missing", "差场景数", Format.COUNT),
        TableColumn("binding_missing", f"差{BINDING}数", Format.COUNT),
    )
    return Table(
        "nearest",
        f"最接近下一等级的企业（每级至多 {MAX_NEAREST} 份）",
        nearest_frame(batch),
        (
            TableColumn("target_name", "下一等级", Format.CODE),
            TableColumn("place", "序号", Format.ORDINAL),
            TableColumn("points", "差得分", Format.POINTS),
            *(scenes if edition.scenes else ()),
            TableColumn("blocked", "未满足的条件", width=16),
            TableColumn("district", "区县"),
            TableColumn("name", "企业名称", width=26),
            TableColumn("uscc", "统一社会信用代码", Format.CODE, 20),
            TableColumn("contact", "联系人", Format.CODE, 9),
            TableColumn("phone", "联系电话", Format.CODE, 14),
        ),
        new_page=True,
    )
