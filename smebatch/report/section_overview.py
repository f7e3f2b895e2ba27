"""总览: who answered, which files came in, and the distribution of scores and levels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_number, display_ratio, quartile
from smebatch.report.group_order import Spread, group_ranks, rank_list, small_group_note, swap_ranks
from smebatch.report.score_spread import group_label
from smebatch.report.section_groups import group_frame, group_sums
from smebatch.report.words import (
    MISSING,
    STATUS_NAMES,
    TOTAL,
    UNASKED_REASONS,
    at_least,
    choices,
    group_names,
    level_numbers,
    milestones,
)
from smebatch.standard.score_units import scale_of

MAX_DISTRICTS = 20  # listed in the overview; their own sheet lists all
QUARTILES = {"lowest": 0, "q1": 1, "median": 2, "q3": 3, "highest": 4}


def status_frame(batch: ReportData) -> pd.DataFrame:
    """Entries found by status, and their total: status, name, n, share."""
    counts = [int((batch.files["status"] == status).sum()) for status in STATUS_NAMES]
    total = len(batch.files)
    return pd.DataFrame(
        {
            "status": [*STATUS_NAMES, TOTAL],
            "name": [*STATUS_NAMES.values(), TOTAL],
            "n": [*counts, total],
            "share": pd.Series([display_ratio(k, total) for k in (*counts, total)], dtype="float64"),
        }
    )


def score_frame(batch: ReportData) -> pd.DataFrame:
    """One row on the scores, or none without returns: n, enterprises, mean, lowest to highest (points)."""
    scale = scale_of(batch.edition)
    units = [int(u) for u in np.sort(batch.scores["score_units"].to_numpy())]
    count = len(units)
    columns = ["n", "enterprises", "mean", *QUARTILES]
    if not count:
        return pd.DataFrame(columns=columns)
    row: dict[str, float] = {
        "n": count,
        "enterprises": int(batch.enterprises["uscc"].fillna(batch.enterprises["name"]).nunique()),
        "mean": display_number(Fraction(sum(units), count * scale.units_per_point)),
        **{name: display_number(quartile(units, k) / scale.units_per_point) for name, k in QUARTILES.items()},
    }
    return pd.DataFrame([row], columns=columns)


def level_frame(batch: ReportData) -> pd.DataFrame:
    """Returns by level and their total: level, name, n, share, reach and reach_share (at that level or above)."""
    edition, levels = batch.edition, level_numbers(batch.edition)
    total = len(batch.scores)
    counts = [int((batch.scores["level"] == g).sum()) for g in levels]
    reach: list[int | None] = [sum(counts[g:]) for g in levels if g]
    return pd.DataFrame(
        {
            "level": pd.Series([*levels, None], dtype="Int64"),
            "name": [*(edition.level_name(g) for g in levels), TOTAL],
            "n": [*counts, total],
            "share": pd.Series([display_ratio(k, total) for k in (*counts, total)], dtype="float64"),
            "reach": pd.Series([None, *reach, None], dtype="Int64"),
            "reach_share": pd.Series([None, *(display_ratio(k or 0, total) for k in reach), None], dtype="float64"),
        }
    )


def goal_frame(batch: ReportData) -> pd.DataFrame:
    """Districts by the share of returns at the first milestone or above; then the total.

    Columns: group, n, reach, share, and as in a group frame rank (by the exact share), swap, label and note. In the
    order of the ranks, then small groups by their share, and 未填 last; no more than 20 districts.
    """
    goal, small = milestones(batch.edition)[0], batch.options.small_group
    sums = group_sums(batch, group_names(batch.enterprises["district"]))
    rows = [
        (str(name), int(count), int(r))
        for name, count, r in zip(sums.index, sums["n"], sums[f"reach_{goal}"], strict=True)
    ]
    rows.sort(key=lambda row: (row[0] == MISSING, row[1] < small, Fraction(-row[2], row[1]), row[0]))
    ranked = [Spread.of_share(count, r) if name != MISSING and count >= small else None for name, count, r in rows][
        :MAX_DISTRICTS
    ]
    whole = (TOTAL, int(sums["n"].sum()), int(sums[f"reach_{goal}"].sum()))
    frame = pd.DataFrame([*rows[:MAX_DISTRICTS], whole], columns=["group", "n", "reach"])
    frame["share"] = pd.Series(
        [display_ratio(r, count) for _, count, r in (*rows[:MAX_DISTRICTS], whole)], dtype="float64"
    )
    labels = [group_label(name, n) for name, n in zip(frame["group"], frame["n"], strict=True)]
    frame["label"] = pd.Series(labels, dtype="str")
    frame["rank"] = pd.Series([*group_ranks(ranked), None], dtype="Int64")
    frame["swap"] = pd.Series([*map(rank_list, swap_ranks(ranked, 1)), ""], dtype="str")
    frame["note"] = pd.Series(
        [*(small_group_note(count, small) for _, count, _ in rows[:MAX_DISTRICTS]), ""], dtype="str"
    )
    return frame


def phase_frame(batch: ReportData) -> pd.DataFrame:
    """A group frame by phase and kind of assessment, in the form's order, with both as columns phase and kind."""
    edition = batch.edition
    phase, kind = group_names(batch.enterprises["phase"]), group_names(batch.enterprises["assessment_kind"])
    order = [f"{p}\t{k}" for p in choices(edition, "phase") for k in choices(edition, "assessment_kind")]
    frame = group_frame(batch, phase + "\t" + kind, order)
    parts = frame["group"].str.partition("\t")
    return frame.assign(phase=parts[0], kind=parts[2])


def response_frame(batch: ReportData) -> pd.DataFrame | None:
    """Who answered by district of the roster, and the total; None without a roster.

    Columns: group, asked, answered, share, counted, pending (answered, but nothing of theirs
    counts in this report), silent; all are enterprises.
    """
    roster = batch.roster
    if roster is None:
        return None
    flags = pd.DataFrame({"asked": 1, **{c: roster[c].astype("int64") for c in ("answered", "counted")}})
    sums = flags.groupby(group_names(roster["district"]).to_numpy()).sum()
    sums = sums.loc[sorted(sums.index, key=lambda name: (name == MISSING, name))]
    frame = pd.concat([sums, sums.sum().to_frame().T], ignore_index=True).astype("int64")
    frame.insert(0, "group", pd.Series([*map(str, sums.index), TOTAL], dtype="str"))
    frame["share"] = frame["answered"] / frame["asked"].where(frame["asked"] > 0)
    frame["pending"] = frame["answered"] - frame["counted"]
    frame["silent"] = frame["asked"] - frame["answered"]
    return frame


def overview_sheet(batch: ReportData) -> ReportSheet:
    """总览, one or two portrait pages."""
    edition = batch.edition
    goal = milestones(edition)[0]
    blocks: list[Table | ChartRow] = [
        Table("scores", "得分概况（分）", score_frame(batch), SCORE_COLUMNS),
        Table("levels", "等级分布", level_frame(batch), LEVEL_COLUMNS, total=True),
        ChartRow(
            (
                Chart("column", "等级分布（份）", "levels", "name", ("n",)),
                Chart(
                    "bar", f"各区县{at_least(edition, goal)}占比", "goal", "label", ("share",), MAX_DISTRICTS, "note"
                ),
            )
        ),
        _phase_table(batch),
        Table(
            "files", "收到文件", status_frame(batch), _columns("name 处理结果", "n 文件数", "share 占比"), total=True
        ),
        replace(_goal_table(batch), new_page=True),
        *_response_tables(batch),
    ]
    title = f"{batch.region}中小企业数字化水平评测汇总报告"
    notes = (subtitle(batch), *_scope_note(batch), *_phase_note(batch), *_codes_note(batch))
    return ReportSheet("总览", title, tuple(blocks), notes, landscape=False, lead=lead_sentence(batch))


def lead_sentence(batch: ReportData) -> str:
    """The main result in a sentence: who answered, the mean, the levels."""
    edition, count = batch.edition, len(batch.scores)
    parts = []
    response = response_frame(batch)
    if response is not None and len(batch.roster if batch.roster is not None else ()):
        asked, answered = (int(response[c].iloc[-1]) for c in ("asked", "answered"))
        parts.append(f"应报 {asked} 家，实报 {answered} 家，回收率 {_percent(answered, asked)}")
    if not count:
        return "；".join([*parts, "本批次没有计入统计的评测表"]) + "。"
    scores = score_frame(batch)
    parts.append(f"计入统计 {count} 份，平均 {scores['mean'].iloc[0]:.2f} 分，中位数 {scores['median'].iloc[0]:.2f} 分")
    reached = {g: int((batch.scores["level"] >= g).sum()) for g in milestones(edition)}
    parts.append("，".join(f"{at_least(edition, g)} {k} 份（{_percent(k, count)}）" for g, k in reached.items()))
    return "；".join(parts) + "。"


def _percent(part: int, whole: int) -> str:
    return f"{display_number(Fraction(100 * part, whole), 1):.1f}%"


def subtitle(batch: ReportData) -> str:
    """The edition and the time of the report in a line."""
    return f"依据：{batch.edition.header.title}　　制表时间：{batch.made_at:%Y-%m-%d %H:%M}"


def _columns(*texts: str) -> tuple[TableColumn, ...]:
    """Columns from "key heading"; the key tells the format: shares are percents, names text, the rest counts."""
    formats = {
        "name": Format.TEXT,
        "group": Format.TEXT,
        "phase": Format.CODE,
        "kind": Format.CODE,
        "mean": Format.POINTS,
    }
    columns = []
    for text in texts:
        key, _, title = text.partition(" ")
        columns.append(TableColumn(key, title, Format.PERCENT if "share" in key else formats.get(key, Format.COUNT)))
    return tuple(columns)


LEVEL_COLUMNS = _columns("name 等级", "n 份数", "share 占比", "reach 达到该级及以上", "reach_share 占比")
SCORE_COLUMNS = (
    *_columns("n 份数", "enterprises 企业数"),
    *(
        TableColumn(key, title, Format.POINTS)
        for key, title in zip(
            ("mean", *QUARTILES), ("平均分", "最低分", "下四分位", "中位数", "上四分位", "最高分"), strict=True
        )
    ),
)


def _response_tables(batch: ReportData) -> list[Table]:
    frame = response_frame(batch)
    if frame is None:
        return []
    columns = _columns(
        "group 区县", "asked 应报", "answered 实报", "share 回收率", "counted 其中计入", "pending 未计入", "silent 未报"
    )
    notes = ["未报企业见“未报名单”。"] if frame["silent"].iloc[-1] else []
    more, several, unknown = ((batch.unasked["why"] == why).sum() for why in UNASKED_REASONS)
    if more:
        notes.append(f"另有 {more} 家名单以外的企业报送，见“名单以外”。")
    if several:
        notes.append(f"另有 {several} 家与名单中几家企业同名、代码又都不同，未认定是哪一家，见“名单以外”。")
    if unknown:
        notes.append(f"另有 {unknown} 份没有填明企业名称和代码，未认定是哪一家，见“名单以外”。")
    return [Table("response", "名单回收情况（家）", frame, columns, total=True, notes=tuple(notes))]


def _goal_table(batch: ReportData) -> Table:
    edition = batch.edition
    goal = at_least(edition, milestones(edition)[0])
    frame = goal_frame(batch)
    more = group_names(batch.enterprises["district"]).nunique() - (len(frame) - 1)
    notes = (f"仅列占比最高的 {MAX_DISTRICTS} 个区县，其余 {more} 个见“分区县”。",) if more else ()
    if (group_names(batch.enterprises["district"]).value_counts() < batch.options.small_group).any():
        notes = (*notes, f"不足 {batch.options.small_group} 份的区县（小样本）排在其他区县之后，图中以浅色表示。")
    columns = _columns("group 区县", "n 份数", f"reach {goal}份数", f"share {goal}占比")
    columns = (
        *columns,
        TableColumn("rank", "位次", Format.ORDINAL),
        TableColumn("swap", "一份之差可互换的位次", Format.CODE, 10),
        TableColumn("note", "备注", Format.CODE),
    )
    labels = (TableColumn("label", "图中名称"),)
    return Table("goal", f"各区县{goal}情况", frame, columns, total=True, notes=notes, chart_columns=labels)


def _phase_table(batch: ReportData) -> Table:
    edition = batch.edition
    goal = milestones(edition)[0]
    columns = _columns(
        "phase 评测阶段",
        "kind 评测类型",
        "n 份数",
        *(f"level_{g} {edition.level_name(g)}" for g in level_numbers(edition)),
        f"reach_share_{goal} {at_least(edition, goal)}占比",
        "mean 平均得分",
    )
    return Table("phases", "评测阶段与评测类型", phase_frame(batch), columns, total=True)


def _scope_note(batch: ReportData) -> tuple[str, ...]:
    """Say so when the report covers a selection of what counts."""
    counted, count = int((batch.files["status"] == "counted").sum()), len(batch.scores)
    if count == counted:
        return ()
    kinds = group_names(batch.enterprises["phase"]) + "、" + group_names(batch.enterprises["assessment_kind"])
    names = "；".join(kinds.unique())
    which = f"（{names}）" if names else ""
    return (f"本报告只统计所选的 {count} 份{which}；本批次计入的共 {counted} 份，“收到文件”和各清单仍为全部。",)


def _phase_note(batch: ReportData) -> tuple[str, ...]:
    """Say so when the statistics mix returns that are not alike."""
    kinds = batch.enterprises[["phase", "assessment_kind"]].drop_duplicates()
    if len(kinds) < 2:
        return ()
    note = (
        f"注意：本批次含 {len(kinds)} 种评测阶段与评测类型的组合，以下按“份”统计，同一企业可能计入多份；"
        "需要分开统计时，用 smebatch report --phase … --kind … 分别生成。"
    )
    return (note,)


def _codes_note(batch: ReportData) -> tuple[str, ...]:
    """Say so when enterprises may count twice."""
    if not batch.two_codes:
        return ()
    note = (
        f"注意：有 {batch.two_codes} 个企业名称出现在两个以上统一社会信用代码之下，可能重复计入；见“问题清单”，请核对。"
    )
    return (note,)
