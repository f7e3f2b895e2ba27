"""改造前后, 自评与现场, 两轮对比: what changed from round to round, and how far claims were right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from smebatch.batch.load import Counted, ReportData, Selection
from smebatch.report.document import Chart, ChartRow, Format, ReportSentence, ReportSheet, Stated, Table, TableColumn
from smebatch.report.round_changes import compared
from smebatch.report.round_figures import (
    Comparison,
    change_frame,
    claim_frame,
    claim_group_frame,
    coverage_frame,
    enterprise_list,
    group_change_frame,
    group_part_frame,
    level_frame,
    move_counts,
    transition_frame,
)
from smebatch.report.section_groups import industry_division
from smebatch.report.words import TOTAL, at_least, choices, field_label, group_names, level_numbers, milestones
from smebatch.standard.model import Edition

MATCHED_WORDS = {"thread": "同一份表的不同版次", "uscc": "信用代码", "name": "企业名称"}
SMALL = "小样本"


class RoundWords(NamedTuple):
    """What a comparison calls its two rounds, and what its sheets and tables are named after."""

    before: str
    after: str
    id: str  # of its tables, before their own names
    sheet: str
    title: str
    whose: str = ""  # which returns it covers


# --- of one batch -----------------------------------------------------------------------------------------------------


class RoundComparison(NamedTuple):
    """Two rounds of a batch that an enterprise or more is in; ``claims``: a claim against the assessment on site."""

    comparison: Comparison
    words: RoundWords
    claims: bool


def round_sheets(batch: ReportData) -> tuple[ReportSheet, ...]:
    """改造前后 and 自评与现场, each where the batch holds both and an enterprise is in both."""
    sheets: list[ReportSheet] = []
    for c, words, claims in round_comparisons(batch):
        write = claim_sheets if claims else change_sheets
        sheets += write(c, words, group_keys(batch, c), batch.options.small_group)
    return tuple(sheets)


def is_chapter(sheet: ReportSheet) -> bool:
    """Whether a sheet of rounds is the chapter itself, which stands upright, and not one of its details."""
    return not sheet.landscape


def round_comparisons(batch: ReportData) -> Iterator[RoundComparison]:
    """The phases, then each kind of claim, compared, where an enterprise is in both rounds."""
    phases, kinds = choices(batch.edition, "phase"), choices(batch.edition, "assessment_kind")
    # The first phase against the last, of the kind that the report covers, or else of that with most matches.
    by_kind = {kind: compared(batch, Selection(phases[0], kind), Selection(phases[-1], kind)) for kind in kinds}
    kind, c = _best(by_kind, batch.selection.kind)
    if len(c.pairs):
        words = RoundWords(phases[0], phases[-1], "phases", "改造前后", "改造前后对比", f"评测类型：{kind}。")
        yield RoundComparison(c, words, claims=False)
    # Each kind of claim against the assessment on site: of the phase that the report covers, or else likewise.
    *claims, site = kinds
    for claim in claims:
        by_phase = {phase: compared(batch, Selection(phase, claim), Selection(phase, site)) for phase in phases}
        phase, c = _best(by_phase, batch.selection.phase)
        if len(c.pairs):
            yield RoundComparison(c, claim_words(claim, site, f"评测阶段：{phase}。"), claims=True)


def _best(compared: Mapping[str, Comparison], preferred: str) -> tuple[str, Comparison]:
    """The preferred comparison, where it has matches, else that with most."""
    return max(compared.items(), key=lambda each: (len(each[1].pairs) > 0 and each[0] == preferred, len(each[1].pairs)))


def claim_words(claim: str, site: str, whose: str = "") -> RoundWords:
    """The words of a comparison of claims with the assessment on site."""
    short = site.removesuffix("评定")
    return RoundWords(claim, site, f"claims_{claim}", f"{claim}与{short}", f"{claim}与{site}对比", whose)


def group_keys(batch: ReportData, c: Comparison) -> dict[str, pd.Series[str]]:
    """The groups of the later returns, by heading; see groups_of."""
    return groups_of(batch.edition, c.after, batch.columns, batch.options.report.group_by)


def groups_of(
    edition: Edition, later: Counted, columns: pd.DataFrame | None, group_by: Sequence[str]
) -> dict[str, pd.Series[str]]:
    """District, industry, size and the columns of ``group_by``: of each the group of a return, index form_id."""
    who = later.enterprises
    keys = {
        field_label(edition, "district"): group_names(who["district"]),
        "行业大类": industry_division(who["industry_code"]),
        field_label(edition, "size"): group_names(who["size"]),
    }
    if columns is not None:
        keys |= {name: group_names(columns[name].reindex(who.index)) for name in group_by if name not in keys}
    return keys


# --- two rounds -------------------------------------------------------------------------------------------------------


def change_sheets(
    c: Comparison, words: RoundWords, groups: Mapping[str, pd.Series[str]], small_group: int
) -> tuple[ReportSheet, ...]:
    """What changed from a round to the next: the chapter, its groups, and the list of those that moved or are alone."""
    title = f"各等级企业数：{words.before}、{words.after}（两轮都有的 {len(c.pairs)} 家）"
    chart = Chart("column", title, f"{words.id}_levels", "name", ("before", "after"))
    score, *parts = _change_tables(c, words)
    tables = (_level_table(c, words), _transition_table(c, words), score, _coverage_table(c, words), *parts)
    chapter = ReportSheet(
        words.sheet,
        words.title,
        (ChartRow((chart,)), *tables),
        notes=(words.whose + _matching_note(c), _SELECTION_NOTE),
        landscape=False,
        lead=_change_lead(c, words),
    )
    by_group = [sheet(c, words, groups, small_group) for sheet in (_group_sheet, _part_sheet)] if len(c.pairs) else []
    return (chapter, *by_group, _list_sheet(c, words, only_levels=True))


_SELECTION_NOTE = (
    "如果第二轮主要是挑第一轮得分低的企业来评，它们即使什么都没有做，第二轮平均也会高一些（均值回归），"
    "上升不能全部算作成效。"
)


def _matching_note(c: Comparison) -> str:
    ways = "、".join(f"“{MATCHED_WORDS[way]}”" for way in c.ways)
    return (
        f"依次按{ways}对应两轮的企业，两轮各只有一份表与之相符时才对应；"
        "平均值、占比和变化只含两轮都计入、能对应上的企业，对应不上的列在名单里。"
    )


def _change_lead(c: Comparison, words: RoundWords) -> str:
    n = len(c.pairs)
    if not n:
        return f"{words.before}与{words.after}没有能对应上的企业。"
    rose, same, fell = move_counts(c.levels)
    score = change_frame(c).iloc[0]
    groups, scores = f"{words.id}_group0", f"{words.id}_score"
    matched, up, down = (Stated(str(k), groups, -1, key) for k, key in ((n, "n"), (rose, "rose"), (fell, "fell")))
    before, after = (Stated(f"{score[side]:.2f}", scores, 0, side) for side in ("before", "after"))
    return ReportSentence(
        *(
            "两轮能对应上的 ",
            matched,
            " 家企业中，等级上升 ",
            up,
            f" 家（{rose / n:.1%}），不变 {same} 家，下降 ",
            down,
        ),
        *(" 家；平均得分由 ", before, " 分变为 ", after, " 分。"),
    )


def _coverage_table(c: Comparison, words: RoundWords) -> Table:
    return Table(
        f"{words.id}_coverage",
        "两轮企业的对应",
        coverage_frame(c, (words.before, words.after)),
        (
            TableColumn("name", "轮次", Format.CODE),
            TableColumn("n", "有效（份）", Format.COUNT),
            *(TableColumn(f"by_{way}", f"按{MATCHED_WORDS[way]}对应", Format.COUNT) for way in c.ways),
            TableColumn("matched", "对应上", Format.COUNT),
            TableColumn("only", "只在本轮", Format.COUNT),
        ),
    )


def _level_table(c: Comparison, words: RoundWords) -> Table:
    return Table(
        f"{words.id}_levels",
        "对应上的企业两轮的等级",
        level_frame(c),
        (
            TableColumn("name", "等级", Format.CODE),
            TableColumn("before", words.before, Format.COUNT),
            TableColumn("after", words.after, Format.COUNT),
            TableColumn("before_share", f"{words.before}占比", Format.PERCENT),
            TableColumn("after_share", f"{words.after}占比", Format.PERCENT),
        ),
        total=True,
    )


def _transition_table(c: Comparison, words: RoundWords) -> Table:
    only = (f"只在{words.before}", f"只在{words.after}")
    return Table(
        f"{words.id}_transition",
        f"等级变动：由{words.before}（行）到{words.after}（列）",
        transition_frame(c, only[1]),
        (
            TableColumn("name", f"{words.before}等级"),
            *(
                TableColumn(f"level_{g}", f"{words.after}{c.edition.level_name(g)}", Format.COUNT)
                for g in level_numbers(c.edition)
            ),
            TableColumn("only_before", only[0], Format.COUNT),
            TableColumn("n", TOTAL, Format.COUNT),
        ),
        total=True,
        notes=(
            f"各行合计是{words.before}全部有效表的等级分布，末行是{words.after}的，与各自的汇总报告相等。",
            "对角线右上方为上升，左下方为下降。",
        ),
    )


def _change_tables(c: Comparison, words: RoundWords) -> Iterator[Table]:
    frame = change_frame(c)
    parts = (
        ("score", ("score", "dimension"), "得分与维度的变化（分）"),
        ("items", ("item",), "采集项的变化（分）"),
        ("scenes", ("scene",), "应用场景的变化（级）"),
    )
    for name, kinds, title in parts:
        rows = frame[frame["part"].isin(kinds)].reset_index(drop=True)
        if not len(rows):
            continue
        yield Table(
            f"{words.id}_{name}",
            title,
            rows,
            (
                TableColumn("name", "项目"),
                TableColumn("n", "企业数", Format.COUNT),
                TableColumn("before", f"{words.before}平均", Format.POINTS),
                TableColumn("after", f"{words.after}平均", Format.POINTS),
                TableColumn("change", "变化", Format.POINTS),
                TableColumn("rose", "上升（家）", Format.COUNT),
                TableColumn("same", "不变（家）", Format.COUNT),
                TableColumn("fell", "下降（家）", Format.COUNT),
                TableColumn("risers", "等级上升的企业中上升", Format.COUNT, 10),
                TableColumn("fallers", "等级下降的企业中下降", Format.COUNT, 10),
            ),
            notes=("变化由未舍入的平均值相减，可能与表中两个平均值之差相差 0.01。",) if name == "score" else (),
            new_page=name == "items",
        )


def _group_sheet(
    c: Comparison, words: RoundWords, groups: Mapping[str, pd.Series[str]], small_group: int
) -> ReportSheet:
    goal = at_least(c.edition, milestones(c.edition)[0])
    blocks = []
    for i, (heading, key) in enumerate(groups.items()):
        columns = (
            TableColumn("group", heading),
            TableColumn("n", "企业数", Format.COUNT),
            TableColumn("rose", "等级上升", Format.COUNT),
            TableColumn("fell", "等级下降", Format.COUNT),
            TableColumn("goal_before", f"{words.before}{goal}占比", Format.PERCENT),
            TableColumn("goal_after", f"{words.after}{goal}占比", Format.PERCENT),
            TableColumn("before", f"{words.before}平均得分", Format.POINTS),
            TableColumn("after", f"{words.after}平均得分", Format.POINTS),
            TableColumn("change", "变化", Format.POINTS),
            *(TableColumn(f"change_{d.id}", f"{d.name}变化", Format.POINTS) for d in c.edition.dimensions),
            TableColumn("note", "备注", Format.CODE),
        )
        frame = group_change_frame(c, key, small_group, SMALL)
        blocks.append(Table(f"{words.id}_group{i}", f"按{heading}", frame, columns, total=True))
    notes = (_grouping_note(words, small_group),)
    return ReportSheet(f"{words.sheet}分组", f"{words.title}：分组", tuple(blocks), notes)


def _grouping_note(words: RoundWords, small_group: int) -> str:
    return f"企业按{words.after}所填归组；只含两轮能对应上的企业，不足 {small_group} 家的组记“{SMALL}”，仅供参考。"


def _part_sheet(
    c: Comparison, words: RoundWords, groups: Mapping[str, pd.Series[str]], small_group: int
) -> ReportSheet:
    parts = {q.id: f"题{q.number} {q.item}" for q in c.edition.questions}
    parts |= {s.id: f"场景{s.number} {s.printed_name}" for s in c.edition.scenes}
    blocks = []
    for i, (heading, key) in enumerate(groups.items()):
        columns = (
            TableColumn("group", heading),
            TableColumn("n", "企业数", Format.COUNT),
            *(TableColumn(part, name, Format.PERCENT, 8) for part, name in parts.items()),
            TableColumn("note", "备注", Format.CODE),
        )
        frame = group_part_frame(c, key, small_group, SMALL)
        blocks.append(Table(f"{words.id}_parts{i}", f"按{heading}", frame, columns, total=True, heat=tuple(parts)))
    notes = (
        "表中是两轮达成率之差。达成率：采集项为平均得分÷满分，场景为平均等级÷最高等级。",
        _grouping_note(words, small_group),
    )
    return ReportSheet(f"{words.sheet}各项", f"{words.title}：各项达成率的变化", tuple(blocks), notes, paper="A3")


def _list_sheet(c: Comparison, words: RoundWords, *, only_levels: bool) -> ReportSheet:
    states = {
        "fell": "等级下降",
        "rose": "等级上升",
        "same": "等级不变",
        "only_after": f"只在{words.after}",
    } | ({"only_before": f"只在{words.before}"} if only_levels else {})
    frame = enterprise_list(c, states, only_levels=only_levels)
    frame["by"] = frame["by"].map(MATCHED_WORDS).astype("str")
    table = Table(
        f"{words.id}_list",
        "",
        frame,
        (
            TableColumn("state", "变动", Format.CODE, 14),
            TableColumn("name", "企业名称", width=30),
            TableColumn("uscc", "统一社会信用代码", Format.CODE, 21),
            TableColumn("district", "区县", width=16),
            TableColumn("level_before", f"{words.before}等级", Format.CODE),
            TableColumn("level_after", f"{words.after}等级", Format.CODE),
            TableColumn("score_before", f"{words.before}得分", Format.POINTS),
            TableColumn("score_after", f"{words.after}得分", Format.POINTS),
            TableColumn("change", "得分变化", Format.POINTS),
            TableColumn("up", "上升的项目", width=40),
            TableColumn("down", "下降的项目", width=40),
            TableColumn("by", "对应依据", Format.CODE, 12),
            TableColumn("file", "文件", width=40),
        ),
        long=True,
    )
    alone = "只在一轮中的企业" if only_levels else f"只有{words.after}的企业"
    note = (
        f"列出{'等级有变动的企业' if only_levels else '任一项不同的企业'}和{alone}。题号、场景号同评测表；"
        "(+2) 表示上升两步（一步：单选一项、多选净增一项、场景一级）。"
    )
    return ReportSheet(f"{words.sheet}名单", f"{words.title}：名单", (table,), (note,), paper="A3")


# --- claims -----------------------------------------------------------------------------------------------------------


def claim_sheets(
    c: Comparison, words: RoundWords, groups: Mapping[str, pd.Series[str]], small_group: int
) -> tuple[ReportSheet, ...]:
    """How far the claims of the earlier round were right, as the assessor of the later one found: chapter and list."""
    edition = c.edition
    items = claim_frame(c, [q.id for q in edition.questions], [f"题{q.number} {q.item}" for q in edition.questions])
    tables = [Table(f"{words.id}_items", "采集项", items, _claim_columns("采集项"), total=True)]
    if edition.scenes:
        scenes = claim_frame(c, [s.id for s in edition.scenes], [s.printed_name for s in edition.scenes])
        tables.append(Table(f"{words.id}_scenes", "应用场景", scenes, _claim_columns("应用场景"), total=True))
    for i, (heading, key) in enumerate(groups.items()):
        frame, columns = claim_group_frame(c, key, small_group, SMALL), _claim_group_columns(heading)
        tables.append(Table(f"{words.id}_group{i}", f"按{heading}", frame, columns, total=True, new_page=not i))
    under, _, over = move_counts(c.levels)
    answers, agree = c.steps.size, int((c.steps == 0).to_numpy().sum())
    said = {"n": len(c.pairs), "level_over": over, "level_under": under, "compared": answers, "agree": agree}
    stated = {key: Stated(str(k), f"{words.id}_group0", -1, key) for key, k in said.items()}
    share = Stated(f"{agree / answers:.1%}", f"{words.id}_group0", -1, "agree_share")
    lead = ReportSentence(
        *(stated["n"], f" 家企业既有{words.before}又有{words.after}：等级高估 ", stated["level_over"]),
        *(" 家，低估 ", stated["level_under"], " 家；", stated["compared"], " 项答案中 ", stated["agree"]),
        *(" 项一致（", share, "）。"),
    )
    picked = (
        f"如果{words.after}主要是挑{words.before}高的企业做的，高估会显得偏多；只代表到过现场的企业，"
        f"不能推到全部{words.before}。"
    )
    meaning = (
        f"高估：{words.before}的步数多于{words.after}；低估相反；一致：步数相同（多选只比较勾选项数之差）。"
        "一步是单选的一项、多选净多的一项、场景的一级。"
    )
    chapter = ReportSheet(
        words.sheet,
        words.title,
        (_coverage_table(c, words), _transition_table(c, words), *tables),
        notes=(words.whose + _matching_note(c), meaning, picked),
        landscape=False,
        lead=lead,
    )
    return (chapter, _list_sheet(c, words, only_levels=False))


def _claim_columns(heading: str) -> tuple[TableColumn, ...]:
    return (
        TableColumn("name", heading),
        TableColumn("n", "比较的答案", Format.COUNT),
        TableColumn("over", "高估（家）", Format.COUNT),
        TableColumn("over_steps", "高估步数", Format.COUNT),
        TableColumn("under", "低估（家）", Format.COUNT),
        TableColumn("under_steps", "低估步数", Format.COUNT),
        TableColumn("agree", "一致（家）", Format.COUNT),
        TableColumn("agree_share", "一致率", Format.PERCENT),
    )


def _claim_group_columns(heading: str) -> tuple[TableColumn, ...]:
    return (
        TableColumn("group", heading),
        TableColumn("n", "企业数", Format.COUNT),
        TableColumn("level_over", "等级高估（家）", Format.COUNT),
        TableColumn("level_under", "等级低估（家）", Format.COUNT),
        TableColumn("compared", "比较的答案", Format.COUNT),
        TableColumn("over", "高估（项）", Format.COUNT),
        TableColumn("over_steps", "高估步数", Format.COUNT),
        TableColumn("over_share", "高估率", Format.PERCENT),
        TableColumn("under", "低估（项）", Format.COUNT),
        TableColumn("under_steps", "低估步数", Format.COUNT),
        TableColumn("agree", "一致（项）", Format.COUNT),
        TableColumn("agree_share", "一致率", Format.PERCENT),
        TableColumn("note", "备注", Format.CODE),
    )
