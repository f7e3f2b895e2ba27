"""升级分析, 升级路径, 升级名单: what keeps returns from their next level, how far they are, and who is near."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd

from smebatch.assess.ways.proof import warning_names
from smebatch.assess.ways.upgrades import NEAR
from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSentence, ReportSheet, Stated, Table, TableColumn
from smebatch.report.exact_statistics import display_points
from smebatch.report.score_spread import group_label
from smebatch.report.words import BINDING, CONDITION_NAMES, TOTAL, blocked_name, conditions, level_numbers, lever_name
from smebatch.standard.backends import Bools
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

FEW = (4, 5)  # steps that are counted together
_NEXT_LEVEL = (TableColumn("name", "下一等级"), TableColumn("n", "尚差一级的份数", Format.COUNT))


def blocked_keys(edition: Edition) -> tuple[str, ...]:
    """Every combination of conditions that may block a level, joined by +: single ones first, then pairs, then all."""
    names = conditions(edition)
    return tuple("+".join(c) for size in range(1, len(names) + 1) for c in combinations(names, size))


def canonical_blocked(blocked_by: pd.Series[str]) -> pd.Series[str]:
    """What blocks the next level, its conditions in one order."""
    order = {name: i for i, name in enumerate(CONDITION_NAMES)}
    texts = blocked_by.fillna("")
    plain = {text: "+".join(sorted(text.split("+"), key=lambda part: order.get(part, 9))) for text in texts.unique()}
    return texts.map(plain).astype("str")


def blocked_frame(batch: ReportData) -> pd.DataFrame:
    """One row a next level and the total: target, name, n (returns one level below), one column a blocked key, label.

    The blocked keys add up to n, and n to the returns below the highest level.
    """
    keys, blocked = blocked_keys(batch.edition), canonical_blocked(batch.scores["blocked_by"])

    def figures(those: Bools) -> dict[str, int]:
        counts = blocked[those].value_counts()
        return {key: int(counts.get(key, 0)) for key in keys}

    return _by_next_level(batch.edition, batch.scores["level"] + 1, figures)


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


def step_frame(batch: ReportData, upgrades: pd.DataFrame) -> pd.DataFrame:
    """One row a next level and the total: target, name, n (returns one level below), then by the length of their ways.

    step_<k> for 1 to NEAR, few (FEW steps), many (more) and none (no way at all) add up to n; locked: those whose way
    has locked steps.
    """
    steps, locked = upgrades["steps"].to_numpy(), upgrades["locked_steps"].to_numpy()

    def figures(those: Bools) -> dict[str, int]:
        n = steps[those]
        parts = {f"step_{k}": n == k for k in range(1, NEAR + 1)}
        parts |= {"few": np.isin(n, FEW), "many": n > FEW[-1], "none": n == 0, "locked": locked[those] > 0}
        return {key: int(part.sum()) for key, part in parts.items()}

    return _by_next_level(batch.edition, upgrades["to_level"], figures)


def warning_frame(batch: ReportData, upgrades: pd.DataFrame) -> pd.DataFrame:
    """What warnings cost, one row a next level and the total: target, name, n (returns one level below).

    longer: those whose way has more steps than if no warning mattered; more: so many more steps in all; forced: those
    whose way has locked steps for warnings alone; barred: those that have no way for warnings alone.
    """
    detour = upgrades["detour"].to_numpy()

    def figures(those: Bools) -> dict[str, int]:
        ends = {key: int(upgrades[key].to_numpy()[those].sum()) for key in ("forced", "barred")}
        return {"longer": int((detour[those] > 0).sum()), "more": int(detour[those].sum())} | ends

    return _by_next_level(batch.edition, upgrades["to_level"], figures)


def _by_next_level(
    edition: Edition, to_level: pd.Series[int], figures: Callable[[Bools], dict[str, int]]
) -> pd.DataFrame:
    """A row a next level and their sum: target (Int64), name, n, what ``figures`` says of these returns, and label.

    ``to_level``: the next level of each return, or one that the edition has not.
    """
    levels, rows = to_level.to_numpy(), []
    for level in edition.levels:
        those = levels == level.level
        rows.append({"target": level.level, "name": level.name, "n": int(those.sum()), **figures(those)})
    frame = pd.DataFrame(rows)
    total = frame.drop(columns=["target", "name"]).sum().to_dict()
    frame = pd.concat([frame, pd.DataFrame([{"name": TOTAL, **total}])], ignore_index=True)
    labels = [group_label(name, n) for name, n in zip(frame["name"], frame["n"], strict=True)]
    return frame.astype({"target": "Int64"}).assign(label=pd.Series(labels, dtype="str"))


def near_frame(batch: ReportData, upgrades: pd.DataFrame) -> pd.DataFrame:
    """The returns that are at most NEAR steps below their next level, by level, then steps, district and name.

    Columns: target, target_name, steps, changes (a shortest way in words), name, uscc, district, contact, phone, points
    (missing), file; and scenes_missing and binding_missing where the edition has scenes.
    """
    edition, scale = batch.edition, scale_of(batch.edition)
    near = upgrades[upgrades["steps"].between(1, NEAR)]
    who, scores = batch.enterprises.loc[near.index], batch.scores.loc[near.index]
    frame = pd.DataFrame(
        {
            "target": near["to_level"],
            "target_name": near["to_level"].map(edition.level_name).astype("str"),
            "steps": near["steps"],
            "changes": _in_words(edition, near["changes"]),
            **{key: who[key] for key in ("name", "uscc", "district", "contact", "phone")},
            "points": display_points(scores["points_missing"], scale.units_per_point),
            "file": who["file"],
        }
    )
    if edition.scenes:
        frame["scenes_missing"], frame["binding_missing"] = scores["scenes_missing"], scores["binding_missing"]
    return frame.sort_values(["target", "steps", "district", "name", "file"], kind="stable").reset_index(drop=True)


def _in_words(edition: Edition, changes: pd.Series[str]) -> pd.Series[str]:
    """Ways as ``export`` writes them with the names of what is raised."""

    def words(text: str) -> str:
        steps = (step.split("+") for step in text.split(";"))
        return "；".join(f"{lever_name(edition, key)} +{n}" for key, n in steps)

    return changes.map({text: words(text) for text in changes.unique()}).astype("str")


def step_note(edition: Edition) -> str:
    """What a step is, and which of them come last."""
    last = ["、".join(f"题{q.number}" for q in edition.questions if q.locked)]
    raised = ["单选题提高一档", "多选题多选一项"]
    if edition.scenes:
        raised.append("场景提高一级")
        last.append(f"{edition.header.not_applicable}的场景")
    stated = "、".join(filter(None, last))
    reserve = f"；不能自行决定的（{stated}）只在别无走法时才动" if stated else ""
    return f"1 步：{'，'.join(raised)}。走法只升不降，不引起新的提示，步数最少{reserve}。"


def upgrade_sheet(batch: ReportData) -> ReportSheet:
    """升级分析: how many are kept from their next level, and by what."""
    edition = batch.edition
    keys, levels = blocked_keys(edition), level_numbers(edition)
    blocked = Table(
        "blocked",
        "未达到下一等级的原因（份）",
        blocked_frame(batch),
        (
            *_NEXT_LEVEL,
            *(TableColumn(k, ("仅差" if "+" not in k else "差") + blocked_name(k), Format.COUNT) for k in keys),
        ),
        total=True,
        chart_columns=(TableColumn("label", "图中名称"),),
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
    blocks.append(ChartRow((Chart("stacked", "未达到下一等级的原因（份）", "blocked", "label", keys),)))
    return ReportSheet("升级分析", "升级分析", tuple(blocks), landscape=False)


def way_sheet(batch: ReportData) -> ReportSheet | None:
    """升级路径: how many steps returns are from their next level, and what warnings cost; None where it is not told."""
    if batch.upgrades is None:
        return None
    steps = step_table(batch, batch.upgrades)
    keys = tuple(column.key for column in steps.columns if column.key not in ("name", "n", "locked"))
    chart = Chart("stacked", steps.title, steps.id, "label", keys, order="falling")
    blocks = (steps, ChartRow((chart,)), warning_table(batch, batch.upgrades))
    return ReportSheet("升级路径", "升级路径：离下一等级最少几步", blocks, landscape=False, lead=_step_lead(steps))


def step_table(batch: ReportData, upgrades: pd.DataFrame) -> Table:
    """How many steps returns are from their next level."""
    few = f"{FEW[0]}–{FEW[-1]} 步"
    return Table(
        "steps",
        "离下一等级最少几步（份）",
        step_frame(batch, upgrades),
        (
            *_NEXT_LEVEL,
            *(TableColumn(f"step_{k}", f"{k} 步", Format.COUNT) for k in range(1, NEAR + 1)),
            TableColumn("few", few, Format.COUNT),
            TableColumn("many", f"{FEW[-1] + 1} 步及以上", Format.COUNT),
            TableColumn("none", "没有走法", Format.COUNT),
            TableColumn("locked", "含不能自行决定的", Format.COUNT, note="“含不能自行决定的”已计入前面各栏。"),
        ),
        total=True,
        notes=(step_note(batch.edition),),
        chart_columns=(TableColumn("label", "图中名称"),),
    )


def _step_lead(steps: Table) -> ReportSentence | str:
    """How many are one, two, three steps from their next level."""
    total = steps.frame.iloc[-1]
    if not total["n"]:
        return ""
    parts: list[str | Stated] = ["尚可升级的 ", Stated(str(total["n"]), "steps", -1, "n"), " 份中，离下一等级"]
    for k in range(1, NEAR + 1):
        count = Stated(str(total[f"step_{k}"]), "steps", -1, f"step_{k}")
        parts += [f"{'，' if k > 1 else ' '}{k} 步的 ", count, " 份"]
    return ReportSentence(*parts, "。")


def warning_table(batch: ReportData, upgrades: pd.DataFrame) -> Table:
    """What warnings cost."""
    return Table(
        "warning_costs",
        "提示使走法变长多少",
        warning_frame(batch, upgrades),
        (
            *_NEXT_LEVEL,
            TableColumn("longer", "因提示多走的份数", Format.COUNT),
            TableColumn("more", "共多走的步数", Format.COUNT),
            TableColumn("forced", "因提示须动不能自行决定的份数", Format.COUNT),
            TableColumn("barred", "因提示没有走法的份数", Format.COUNT),
        ),
        total=True,
        notes=(f"走法不引起新的提示（{'、'.join(warning_names(batch.edition))}）：不受此限时步数会更少的，记在这里。",),
    )


def near_sheet(batch: ReportData) -> ReportSheet | None:
    """升级名单: who is at most NEAR steps below the next level."""
    edition, upgrades = batch.edition, batch.upgrades
    if upgrades is None:
        return None
    scenes = (
        TableColumn("scenes_missing", "差场景数", Format.COUNT),
        TableColumn("binding_missing", f"差{BINDING}数", Format.COUNT),
    )
    near = Table(
        "near",
        "",
        near_frame(batch, upgrades),
        (
            TableColumn("target_name", "下一等级", Format.CODE),
            TableColumn("steps", "步数", Format.COUNT),
            TableColumn("name", "企业名称", width=26),
            TableColumn("changes", "一种最短走法", width=38),
            TableColumn("points", "差得分", Format.POINTS),
            *(scenes if edition.scenes else ()),
            TableColumn("district", "区县"),
            TableColumn("uscc", "统一社会信用代码", Format.CODE, 20),
            TableColumn("contact", "联系人", Format.CODE, 9),
            TableColumn("phone", "联系电话", Format.CODE, 14),
        ),
        notes=(step_note(edition),),
        long=True,
    )
    return ReportSheet("升级名单", f"离下一等级不超过 {NEAR} 步的企业", (near,))
