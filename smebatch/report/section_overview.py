"""总览: who answered, how scores and levels are distributed, what else came in, and what stands out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import (
    Chart,
    ChartRow,
    Format,
    Paragraphs,
    ReportSentence,
    ReportSheet,
    Stated,
    Table,
    TableColumn,
    joined,
)
from smebatch.report.exact_statistics import display_number, display_ratio, percent_text, quartile
from smebatch.report.findings import observations
from smebatch.report.section_groups import group_frame
from smebatch.report.section_targets import target_charts, target_tables
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

MAX_DISTRICTS = 20  # in the chart; their own sheet lists all
MAX_ROWS_ABOVE = 12  # districts that stand above the levels
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


def phase_frame(batch: ReportData) -> pd.DataFrame:
    """The counted returns by phase and kind of assessment, each apart, in the form's order, without a total.

    The columns of a group frame, phase, kind, and covered: whether the report covers them.
    """
    edition, every = batch.edition, batch.all_counted
    phase, kind = group_names(every.enterprises["phase"]), group_names(every.enterprises["assessment_kind"])
    order = [f"{p}\t{k}" for p in choices(edition, "phase") for k in choices(edition, "assessment_kind")]
    whole = replace(batch, enterprises=every.enterprises, scores=every.scores)
    frame = group_frame(whole, phase + "\t" + kind, order)[:-1]
    covered = set(group_names(batch.enterprises["phase"]) + "\t" + group_names(batch.enterprises["assessment_kind"]))
    return frame.assign(
        phase=[group.partition("\t")[0] for group in frame["group"]],
        kind=[group.partition("\t")[2] for group in frame["group"]],
        covered=frame["group"].isin(covered),
    )


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
    """总览: what a page has room for stands first; the districts of a long roster come last."""
    edition = batch.edition
    goal = milestones(edition)[0]
    charts = (
        *target_charts(batch),
        Chart("column", f"等级分布（份，n={len(batch.scores)}）", "levels", "name", ("n",)),
        Chart(
            *("bar", f"各区县{at_least(edition, goal)}占比（按占比排位）", "district_shares", "label", ("share",)),
            *(MAX_DISTRICTS, "note"),
        ),
    )
    lines = [ReportSentence(f"{i}. ", observation.printed) for i, observation in enumerate(observations(batch), 1)]
    findings = [Paragraphs("主要发现", tuple(lines))] if lines else []
    response = _response_tables(batch)
    first = sum(table.body for table in response) <= MAX_ROWS_ABOVE
    blocks: list[Table | ChartRow | Paragraphs] = [
        *target_tables(batch),
        *(response if first else ()),
        Table("levels", "等级分布", level_frame(batch), LEVEL_COLUMNS, total=True),
        ChartRow(charts),
        *findings,
        Table("scores", "得分概况（分）", score_frame(batch), SCORE_COLUMNS),
        *_phase_tables(batch),
        _file_table(batch),
        *(() if first else response),
    ]
    title = f"{batch.region}中小企业数字化水平评测汇总报告"
    notes = (subtitle(batch), *_scope_note(batch), *_codes_note(batch))
    return ReportSheet("总览", title, tuple(blocks), notes, landscape=False, lead=lead_sentence(batch))


def _file_table(batch: ReportData) -> Table:
    """What came in by status, in one row."""
    counts = status_frame(batch).set_index("status")["n"]
    frame = pd.DataFrame([["文件数", *counts]], columns=["name", *counts.index])
    columns = (
        TableColumn("name", "处理结果"),
        *(TableColumn(status, name, Format.COUNT) for status, name in STATUS_NAMES.items()),
        TableColumn(TOTAL, TOTAL, Format.COUNT),
    )
    return Table("files", "收到文件", frame, columns)


def lead_sentence(batch: ReportData) -> ReportSentence:
    """The main result in a sentence: who answered, the mean, the levels."""
    edition, count = batch.edition, len(batch.scores)
    clauses: list[ReportSentence] = []
    response = response_frame(batch)
    if response is not None and len(batch.roster if batch.roster is not None else ()):
        asked, answered = (int(response[c].iloc[-1]) for c in ("asked", "answered"))
        said = {"asked": str(asked), "answered": str(answered), "share": percent_text(answered, asked)}
        stated = [Stated(text, "response", -1, key) for key, text in said.items()]
        clauses.append(ReportSentence("应报 ", stated[0], " 家，实报 ", stated[1], " 家，回收率 ", stated[2]))
    if not count:
        return ReportSentence(joined("；", [*clauses, "没有计入的评测表"]), "。")
    scores = score_frame(batch).iloc[0]
    n = Stated(str(count), "scores", 0, "n")
    mean, median = (Stated(f"{scores[key]:.2f}", "scores", 0, key) for key in ("mean", "median"))
    clauses.append(ReportSentence("计入 ", n, " 份，平均 ", mean, " 分，中位数 ", median, " 分"))
    reached = []
    for g in milestones(edition):
        k = int((batch.scores["level"] >= g).sum())
        reach, share = Stated(str(k), *_level(g, "reach")), Stated(percent_text(k, count), *_level(g, "reach_share"))
        reached.append(ReportSentence(f"{at_least(edition, g)} ", reach, " 份（", share, "）"))
    return ReportSentence(joined("；", [*clauses, joined("，", reached)]), "。")


def _level(level: int, column: str) -> tuple[str, tuple[str, int], str]:
    """Where a figure of a level stands."""
    return "levels", ("level", level), column


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
        "note": Format.CODE,
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


def _phase_tables(batch: ReportData) -> list[Table]:
    """The phases and kinds of assessment that count, each in a row; none where there is but one."""
    edition = batch.edition
    goal = milestones(edition)[0]
    frame = phase_frame(batch)
    if len(frame) < 2:
        return []
    columns = (
        *_columns("phase 评测阶段", "kind 评测类型", "n 份数"),
        *_columns(*(f"level_{g} {edition.level_name(g)}" for g in level_numbers(edition))),
        *_columns(f"reach_share_{goal} {at_least(edition, goal)}占比", "mean 平均得分"),
        TableColumn("report", "备注", Format.CODE),
    )
    frame = frame.assign(report=frame["covered"].map({True: "本报告", False: ""}))
    note = "除“本报告”一行外，都不在本报告其他各表的统计之内；同一企业可能各有一份。"
    return [Table("phases", "评测阶段与类型（份）", frame, columns, notes=(note,))]


def _scope_note(batch: ReportData) -> tuple[str, ...]:
    """Say which phase and kind of assessment the report covers, why those, and what else counts."""
    count, every = len(batch.scores), len(batch.all_counted.scores)
    covered = batch.selection.name
    if not covered:
        return ()
    why = "" if batch.chosen else "（没有另行指定，取份数最多的评测阶段和类型）"
    others = (
        f"；其他评测阶段、类型计入 {every - count} 份，见“评测阶段与类型”。“收到文件”“问题清单”“文件清单”包括全部"
        if every > count
        else ""
    )
    return (f"统计范围：{covered}{why}，计入 {count} 份{others}。",)


def _codes_note(batch: ReportData) -> tuple[str, ...]:
    """Say so when enterprises may count twice."""
    if not batch.two_codes:
        return ()
    note = (
        f"注意：有 {batch.two_codes} 个企业名称出现在两个以上统一社会信用代码之下，可能重复计入；见“问题清单”，请核对。"
    )
    return (note,)
