"""What the report says in sentences, by rules, out of the tables of the workbook's sheets.

A sentence states figures and the number of returns that they rest on; where a figure is missing the sentence is left
out, and where a chapter has no figure the chapter is. Nothing is computed here that does not stand in a table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.common.text import numeral
from smebatch.report.chapter import (
    Chapter,
    ChapterPart,
    ChartFigure,
    Heading,
    Narrative,
    Paragraph,
    blocks_of,
    figures_of,
    pick,
    printed,
    tables_of,
)
from smebatch.report.document import Chart, Format, ReportSheet, Table, TableColumn
from smebatch.report.findings import observations
from smebatch.report.section_explanation import explanation_sheet
from smebatch.report.section_groups import chosen_group_sheets, district_sheet, industry_sheet, size_sheet
from smebatch.report.section_items import item_sheet
from smebatch.report.section_levers import lever_sheet
from smebatch.report.section_lists import issue_groups
from smebatch.report.section_overview import overview_sheet, status_frame
from smebatch.report.section_pictures import histogram_sheet
from smebatch.report.section_progress import progress_sheet
from smebatch.report.section_rounds import is_chapter, round_sheets
from smebatch.report.section_scenes import scene_sheet
from smebatch.report.section_upgrade import upgrade_sheet, way_sheet
from smebatch.report.sheet_names import with_unique_names
from smebatch.report.words import (
    MISSING,
    SEVERITY_NAMES,
    group_names,
    level_numbers,
    milestones,
)

MOST_NAMED = 3  # groups, items or scenes that a sentence names
MOST_FIGURES = 3  # charts of one grouping
MOST_CODES = 10  # kinds of issues in the table of 数据质量
MOST_LEVERS = 12  # single measures
MOST_GROUPS = 60  # rows of a table of groups
_SHORTCOMINGS = (
    "dimension_rates",
    "item_rates",
    "scenes",
    "blocked",
)
"""The tables of which 短板与升级 tells what stands out."""
_STOP = "。"
_STATUS_COLUMNS = (TableColumn("name", "处理结果"), TableColumn("n", "文件数", Format.COUNT))
_ISSUE_COLUMNS = (
    TableColumn("level", "级别", Format.CODE),
    TableColumn("name", "问题"),
    TableColumn("message", "示例（首个问题的提示）"),
    TableColumn("files", "涉及文件", Format.COUNT),
    TableColumn("n", "次数", Format.COUNT),
)


@dataclass(frozen=True)
class Facts:
    """The data of a report, and the sheets that chapters draw on, each made once."""

    batch: ReportData

    @property
    def n(self) -> int:
        """The number of returns that the report rests on."""
        return len(self.batch.scores)

    @cached_property
    def overview(self) -> ReportSheet:
        """总览."""
        return overview_sheet(self.batch)

    @cached_property
    def groups(self) -> dict[str, ReportSheet]:
        """分区县, 分行业 and 分规模 by their names."""
        sheets = (district_sheet(self.batch), industry_sheet(self.batch), size_sheet(self.batch))
        return {sheet.name: sheet for sheet in sheets}

    @cached_property
    def chosen_groups(self) -> dict[str, ReportSheet]:
        """按… for each column of group_by, by their names in the workbook."""
        return {sheet.name: sheet for sheet in with_unique_names(chosen_group_sheets(self.batch))}

    def goals(self) -> list[tuple[int, str]]:
        """The levels whose shares the report tells, each with its name in a sentence: 二级及以上."""
        return [(g, f"{self.batch.edition.level_name(g)}及以上") for g in milestones(self.batch.edition)]


def narrative(batch: ReportData) -> Narrative:
    """The whole report in words."""
    facts = Facts(batch)
    chapters: dict[str, Chapter | None] = {}
    for name, make in CHAPTERS.items():
        chapters[name] = make(facts)
        if make is size_chapter:
            chapters |= {chosen: _group_chapter(facts, sheet) for chosen, sheet in facts.chosen_groups.items()}
    shown = {name: chapter if chapter and chapter.blocks else None for name, chapter in chapters.items()}
    return Narrative(facts.overview.title, shown, _values(facts))


def stated_values(batch: ReportData, title: str) -> dict[str, str]:
    """What a template may ask for that is no figure; "" where it is not known."""
    return {
        "标题": title,
        "区域": batch.region,
        "评测依据": batch.edition.header.title,
        "评测阶段": batch.selection.phase,
        "评测类型": batch.selection.kind,
        "制表时间": f"{_day(batch.made_at)}{batch.made_at:%H:%M}",
        "制表日期": _day(batch.made_at),
        "程序版本": batch.version,
    }


def _values(facts: Facts) -> dict[str, str]:
    """What a template may ask for beside chapters; "" where it is not known."""
    values = stated_values(facts.batch, facts.overview.title) | {"份数": _count(facts.n)}
    tables = tables_of(facts.overview)
    scores = tables["scores"]
    for name, key in (("企业数", "enterprises"), ("平均得分", "mean"), ("中位数", "median")):
        values[name] = _cell(scores, key, 0) if len(scores.frame) else ""
    response = tables.get("response")
    for name, key in (("应报", "asked"), ("实报", "answered"), ("回收率", "share")):
        values[name] = _cell(response, key, -1) if response else ""
    return values


# --- 概况与口径, 回收, 总体 -------------------------------------------------------------------------------------------


def scope_chapter(facts: Facts) -> Chapter:
    """概况与口径: what the report covers, by which standard, and how its figures are to be read."""
    batch, scores = facts.batch, tables_of(facts.overview)["scores"]
    which = _joined((batch.selection.phase, batch.selection.kind))
    basis = f"本报告依据{batch.edition.header.title}编制" + (f"，地区为{batch.region}" if batch.region else "") + _STOP
    covered = ""
    if facts.n:
        covered = f"统计对象为计入的{which}评测表 {_count(facts.n)} 份，涉及企业 {_cell(scores, 'enterprises', 0)} 家"
        if which:
            covered += "；评测阶段和评测类型" + ("为指定" if batch.chosen else "是份数最多的一组")
        covered += _STOP
    reading = (
        "统计单位为“份”。占比为份数除以所在组的份数，平均得分为各份得分之和除以份数，得分率为平均得分除以满分；"
        "得分和等级按整数精确计算，最后一步才四舍五入，各项占比相加可能不恰为 100%。"
        f"不足 {batch.options.small_group} 份的组为小样本，表中注明，文中不与其他组比较高低。"
    )
    grades = [
        pick(t, ("name", "text")) for t in explanation_sheet(batch).blocks if isinstance(t, Table) and t.id == "grades"
    ]
    read = [f"数据读取时间为{when}。"] if (when := _time(batch.read_at)) else []
    texts = [basis, covered, _others(batch), *read, reading]
    return Chapter("概况与口径", (*_paragraphs(texts), *grades))


def _others(batch: ReportData) -> str:
    """The counted returns of other phases and kinds, which the chapters leave out."""
    if batch.every is None:
        return ""
    rest = batch.every.enterprises
    rest = rest[~rest.index.isin(batch.enterprises.index)]
    kinds = group_names(rest["phase"]) + "、" + group_names(rest["assessment_kind"])
    counts = kinds.value_counts()
    names = sorted(counts.index, key=lambda name: (-int(counts[name]), str(name)))
    listed = "，".join(f"{name} {_count(counts[name])} 份" for name in names)
    return f"另有计入的评测表：{listed}；以下各章不含。" if listed else ""


def response_chapter(facts: Facts) -> Chapter:
    """回收: which files came in, and who of the roster answered."""
    batch, tables = facts.batch, tables_of(facts.overview)
    files = status_frame(batch)
    counts = zip(files["name"][:-1], files["n"][:-1], strict=True)
    parts = [f"{name} {_count(n)} 个" for name, n in counts if n]
    texts = [f"共收到文件 {_count(files['n'].iloc[-1])} 个：{'，'.join(parts)}。" if parts else ""]
    blocks: list[ChapterPart] = []
    response = tables.get("response")
    if response and len(response.frame) > 1:
        last = response.frame.iloc[-1]
        texts.append(
            f"名单应报企业 {_count(last['asked'])} 家，实报 {_count(last['answered'])} 家，"
            f"回收率 {printed(last['share'], Format.PERCENT)}；实报企业中已计入 {_count(last['counted'])} 家，"
            f"尚未计入 {_count(last['pending'])} 家；未报 {_count(last['silent'])} 家。"
        )
        measure = Measure("share", "回收率", Format.PERCENT, n="asked", n_text="应报 {} 家")
        if sentence := range_sentence(response.frame.iloc[:-1], measure, batch.options.small_group):
            texts.append(sentence + _STOP)
        chart = Chart("stacked", "名单回收情况（家）", response.id, "group", ("counted", "pending", "silent"))
        blocks = [response, ChartFigure(chart, response)]
    status = [Table("files", "收到文件", files, _STATUS_COLUMNS, total=True)] if parts else []
    return Chapter("回收", (*_paragraphs(texts), *status, *blocks))


def overall_chapter(facts: Facts) -> Chapter | None:
    """总体: scores and levels of all returns."""
    if not facts.n:
        return None
    tables, count = tables_of(facts.overview), _count(facts.n)
    scores, levels = tables["scores"], tables["levels"]
    score = {column.key: _cell(scores, column.key, 0) for column in scores.columns}
    mean = (
        f"计入的 {count} 份评测表，平均得分 {score['mean']} 分，中位数 {score['median']} 分；"
        f"最低 {score['lowest']} 分，最高 {score['highest']} 分，"
        f"下四分位 {score['q1']} 分，上四分位 {score['q3']} 分。"
    )
    rows = levels.frame.iloc[:-1]
    shares = [
        f"{name} {_count(n)} 份（{printed(share, Format.PERCENT)}）"
        for name, n, share in zip(rows["name"], rows["n"], rows["share"], strict=True)
    ]
    spread = f"等级分布（{count} 份）：{'，'.join(shares)}。"
    reach = levels.frame.dropna(subset=["level"]).set_index("level")
    reached = [
        f"{name} {_count(reach.loc[g, 'reach'])} 份，占 {printed(reach.loc[g, 'reach_share'], Format.PERCENT)}"
        for g, name in facts.goals()
    ]
    texts = [mean, spread, f"达到{'；达到'.join(reached)}。"]
    pictures = (*_figures(facts.overview, levels.id), *figures_of(histogram_sheet(facts.batch)))
    return Chapter("总体", (*_paragraphs(texts), scores, levels, *pictures))


def target_chapter(facts: Facts) -> Chapter | None:
    """目标: how far the bureau is from each target, as 总览 has it; None without targets."""
    table = tables_of(facts.overview).get("targets")
    if table is None:
        return None
    texts = []
    for _, row in table.frame.iterrows():
        counts = [c for c in table.columns if c.format is Format.COUNT and not pd.isna(row[c.key])]
        if parts := [f"{column.title} {_count(row[column.key])} 家" for column in counts]:
            ends = [str(row[c.key]) for c in table.columns if c.format is Format.CODE and not pd.isna(row[c.key])]
            texts.append(f"{row['name']}：{'；'.join(['，'.join(parts), *ends])}。")
    return Chapter("目标", (*_paragraphs(texts), table, *_figures(facts.overview, table.id)))


# --- 分区县, 分行业, 分规模 -------------------------------------------------------------------------------------------


def district_chapter(facts: Facts) -> Chapter | None:
    """分区县."""
    return _group_chapter(facts, facts.groups["分区县"])


def industry_chapter(facts: Facts) -> Chapter | None:
    """分行业."""
    return _group_chapter(facts, facts.groups["分行业"])


def size_chapter(facts: Facts) -> Chapter | None:
    """分规模."""
    return _group_chapter(facts, facts.groups["分规模"])


def _group_chapter(facts: Facts, sheet: ReportSheet) -> Chapter | None:
    """A chapter of a sheet of groups: for each grouping what there is to compare, the figures and a few charts."""
    tables = [table for table in _group_tables(sheet) if table.body]
    if not facts.n or not tables:
        return None
    blocks: list[ChapterPart] = []
    for table in tables:
        by = table.columns[0].title
        shares = [f"reach_share_{g}" for g, _ in facts.goals()]
        blocks += [Heading(by)] if len(tables) > 1 else []
        blocks += _paragraphs(_group_sentences(facts, table, by))
        remarks = ("note",) if (table.frame["note"] != "").any() else ()
        keys = ("group", "n", "mean", "rank", *shares, "matched", "change", *remarks)
        blocks.append(_first_groups(pick(table, keys, f"按{by}：平均得分和等级"), sheet))
        blocks += [figure for figure in figures_of(sheet) if figure.table.id.startswith(table.id)][:MOST_FIGURES]
    return Chapter(sheet.name, tuple(blocks))


def _first_groups(table: Table, sheet: ReportSheet) -> Table:
    """A table of groups without those that are too many for a document; the total stays."""
    if table.body <= MOST_GROUPS:
        return table
    kept = pd.concat([table.frame.iloc[:MOST_GROUPS], table.frame.iloc[-1:]], ignore_index=True)
    note = f"仅列前 {MOST_GROUPS} 组，其余见汇总报告“{sheet.name}”；合计含全部 {_count(table.body)} 组。"
    return replace(table, frame=kept, notes=(*table.notes, note))


def _group_tables(sheet: ReportSheet) -> list[Table]:
    """The tables of a sheet that have a mean for each group."""
    return [table for table in tables_of(sheet).values() if any(column.key == "mean" for column in table.columns)]


def _group_sentences(facts: Facts, table: Table, by: str) -> list[str]:
    small_group = facts.batch.options.small_group
    groups, whole = table.frame.iloc[:-1], table.frame.iloc[-1]
    named, unknown = groups[groups["group"] != MISSING], groups[groups["group"] == MISSING]
    small = named[named["n"] < small_group]
    text = f"{_count(facts.n)} 份评测表按{by}分为 {_count(len(named))} 组"
    if len(unknown):
        text += f"，另有 {_count(unknown['n'].iloc[0])} 份{MISSING}"
    if len(small):
        listed = [f"{_quoted(group)}（{_count(n)} 份）" for group, n in zip(small["group"], small["n"], strict=True)]
        text += f"；其中小样本 {_count(len(small))} 组：{_listed(listed)}"
    measures = [
        Measure("mean", "平均得分", Format.POINTS, unit=" 分"),
        *(Measure(f"reach_share_{g}", f"{name}占比", Format.PERCENT) for g, name in facts.goals()),
    ]
    ranges = [
        f"{sentence}；全部 {_count(whole['n'])} 份为 {measure.printed(whole[measure.key])}。"
        for measure in measures
        if (sentence := range_sentence(groups, measure, small_group))
    ]
    return [text + _STOP, *ranges]


class Measure(NamedTuple):
    """A figure of groups: its column and name, how it is printed, and the column and words of what it rests on."""

    key: str
    name: str
    form: Format
    unit: str = ""
    n: str = "n"
    n_text: str = "{} 份"

    def printed(self, value: object) -> str:
        """A value of the figure with its unit."""
        return printed(value, self.form) + self.unit


def range_sentence(groups: pd.DataFrame, measure: Measure, small_group: int) -> str:
    """Which groups have the highest and the lowest figure, without the stop; equal ones are named together.

    Small groups and those of whom it is not known where they belong are left out. It is "" where fewer than two remain,
    and where all have the same figure.
    """
    rows = groups[(groups[measure.n] >= small_group) & (groups["group"] != MISSING)].dropna(subset=[measure.key])
    figures = rows[measure.key]
    if len(rows) < 2 or figures.min() == figures.max():
        return ""
    ends = []
    for value in (figures.max(), figures.min()):
        chosen = rows[figures == value]
        numbers = map(_count, chosen[measure.n])
        names = [
            f"{_quoted(group)}（{measure.n_text.format(n)}）" for group, n in zip(chosen["group"], numbers, strict=True)
        ]
        ends.append(f"{_listed(names)}，{measure.printed(value)}")
    return f"{measure.name}最高的是{ends[0]}；最低的是{ends[1]}"


# --- 三维度与十五项, 十六场景, 短板与升级 -----------------------------------------------------------------------------


def item_chapter(facts: Facts) -> Chapter | None:
    """三维度与十五项: where points are lost."""
    edition = facts.batch.edition
    if not facts.n:
        return None
    sheet = item_sheet(facts.batch)
    tables, count = tables_of(sheet), _count(facts.n)
    dimensions, indicators, items = (tables[name] for name in ("dimension_rates", "indicator_rates", "item_rates"))
    frame = items.frame
    texts = [
        f"按 {count} 份统计，各维度得分率由低到高为：{_rated(dimensions.frame, 'dimension')}。",
        f"{_count(len(frame))} 个采集项中，得分率最低的是：{_rated(frame.head(MOST_NAMED), 'item')}。",
    ]
    if len(frame) >= 2 * MOST_NAMED:
        texts.append(f"得分率最高的是：{_rated(frame.iloc[: -MOST_NAMED - 1 : -1], 'item')}。")
    worst = frame.sort_values(["zero", "rate"], ascending=[False, True], kind="stable").iloc[0]
    if worst["zero"]:
        share = printed(worst["zero_share"], Format.PERCENT)
        texts.append(f"得 0 分最多的是{worst['item']}：{_count(worst['zero'])} 份，占 {count} 份的 {share}。")
    title = f"{numeral(len(edition.dimensions))}维度与{numeral(len(edition.questions))}项"
    shown = (
        pick(dimensions, ("dimension", "full", "mean", "rate"), "各维度得分率"),
        pick(indicators, ("dimension", "indicator", "full", "mean", "rate"), "各二级指标得分率"),
        pick(items, ("item", "full", "mean", "rate", "zero_share", "top_share"), "各采集项得分率"),
    )
    return Chapter(title, (*_paragraphs(texts), *shown, *figures_of(sheet)))


def _rated(frame: pd.DataFrame, name: str) -> str:
    return "，".join(f"{n} {printed(r, Format.PERCENT)}" for n, r in zip(frame[name], frame["rate"], strict=True))


def scene_chapter(facts: Facts) -> Chapter | None:
    """十六场景: which scenes are reached."""
    edition = facts.batch.edition
    if not facts.n or not edition.scenes:
        return None
    sheet = scene_sheet(facts.batch)
    scenes = tables_of(sheet)["scenes"]
    goal, name = facts.goals()[0]
    key = f"cover_{goal}"
    printed_names = {scene.printed_name: scene.binding for scene in edition.scenes}
    frame = scenes.frame[scenes.frame["name"].isin(printed_names)].dropna(subset=[key])
    ordered = frame.sort_values(key, kind="stable")
    texts = [f"场景覆盖率为该场景达到某一等级及以上的份数除以全部 {_count(facts.n)} 份。"]
    for title, rows in (
        ("最低", ordered.head(MOST_NAMED)),
        ("最高", ordered.iloc[::-1].head(MOST_NAMED)),
    ):
        texts.append(f"{name}覆盖率{title}的场景是：{_covered(rows, key)}。")
    binding = ordered[ordered["name"].map(printed_names).astype(bool)]
    if 0 < len(binding) < len(ordered):
        texts.append(f"约束性场景中{name}覆盖率最低的是：{_covered(binding.head(MOST_NAMED), key)}。")
    counts = [column.key for column in scenes.columns if column.format is Format.COUNT]
    keys = ("name", *counts, *(f"cover_{g}" for g, _ in facts.goals()))
    title = f"{numeral(len(edition.scenes))}场景"
    return Chapter(title, (*_paragraphs(texts), pick(scenes, keys), *_figures(sheet, scenes.id)))


def _covered(rows: pd.DataFrame, key: str) -> str:
    return "，".join(f"{n} {printed(share, Format.PERCENT)}" for n, share in zip(rows["name"], rows[key], strict=True))


def upgrade_chapter(facts: Facts) -> Chapter | None:
    """短板与升级: what keeps returns from their next level."""
    if not facts.n:
        return None
    sheet = upgrade_sheet(facts.batch)
    tables = tables_of(sheet)
    blocked = tables["blocked"]
    reasons = [column for column in blocked.columns if column.key not in ("name", "n")]
    texts = ["未达到下一等级的原因按下一等级的各项条件逐项比较，各种情形互不重叠。"]
    for _, row in blocked.frame.iloc[:-1].iterrows():
        parts = [f"{column.title} {_count(row[column.key])} 份" for column in reasons if row[column.key]]
        if parts:
            texts.append(f"距{row['name']}尚差一级的 {_count(row['n'])} 份中，{'，'.join(parts)}。")
    shortcomings = [each for each in observations(facts.batch) if each.table in _SHORTCOMINGS]
    texts += [f"{each.text}（n={each.n}）。" for each in shortcomings]
    limits = [tables["limits"]] if "limits" in tables else []
    blocks = (*_paragraphs(texts), blocked, *_figures(sheet, "blocked"), *limits, *_ways_up(facts.batch))
    return Chapter("短板与升级", blocks)


def _ways_up(batch: ReportData) -> Iterator[ChapterPart]:
    """How many steps returns are from their next level, and which single measures lift most of them."""
    ways, levers = way_sheet(batch), lever_sheet(batch)
    if not ways or not ways.lead or not levers:
        return
    steps, lifting, districts = tables_of(ways)["steps"], *map(tables_of(levers).get, ("levers", "district_levers"))
    yield Heading("离下一等级几步")
    yield Paragraph(ways.lead)
    yield pick(steps, [column.key for column in steps.columns if column.key != "locked"])
    yield from _figures(ways, "steps")
    yield Heading("只提升一项")
    yield Paragraph(levers.lead)
    if lifting and districts and lifting.body:
        shown = min(lifting.body, MOST_LEVERS)
        frame = pd.concat([lifting.frame.head(shown), lifting.frame.tail(1)], ignore_index=True)
        title = f"只提升一项即可升级的，最有效的 {shown} 项（份）"
        yield pick(replace(lifting, frame=frame), ("name", "n", "share", "one", "more"), title)
        yield pick(districts, ("group", "n", "any", "best", "best_n"))


def rounds_chapter(facts: Facts) -> Chapter | None:
    """两轮对比: what changed between phases, and between claim and assessment; None where there is but one."""
    sheets = [sheet for sheet in round_sheets(facts.batch) if is_chapter(sheet)]
    blocks = [_narrower(block) for sheet in sheets for block in (Heading(sheet.title), *blocks_of(sheet))]
    return Chapter("两轮对比", tuple(blocks)) if blocks else None


def _narrower(block: ChapterPart) -> ChapterPart:
    """A table of how far the claims of groups were right as the page has room for it; other blocks as they are."""
    if not isinstance(block, Table) or not {"over_share", "agree_share"} <= {column.key for column in block.columns}:
        return block
    return pick(block, ("group", "n", "level_over", "level_under", "compared", "over_share", "agree_share", "note"))


# --- 更正进度, 数据质量, 附表 -----------------------------------------------------------------------------------------


def progress_chapter(facts: Facts) -> Chapter | None:
    """更正进度: what has become of the errors that were found."""
    sheet = progress_sheet(facts.batch)
    if sheet is None:
        return None
    shown = ("group", "threads", "found", "closed", "waived", "unchanged", "miscorrected", "new", "awaited", "open")
    blocks = [
        pick(block, shown) if isinstance(block, Table) and block.id == "progress_districts" else block
        for block in sheet.blocks
        if not isinstance(block, Table) or block.id in ("progress_districts", "progress_rounds")
    ]
    return Chapter("更正进度", blocks_of(replace(sheet, blocks=tuple(blocks))))


def quality_chapter(facts: Facts) -> Chapter:
    """数据质量: what is still wrong with returns, and what to know about those that count."""
    batch = facts.batch
    frame = issue_groups(batch)
    frame = frame.assign(level=frame["severity"].map(SEVERITY_NAMES))
    texts: list[str] = []
    tables = []
    for name in frame["level"].unique():
        rows = frame[frame["level"] == name]
        texts.append(f"待处理的{name} {_count(rows['n'].sum())} 项，分属 {_count(len(rows))} 种问题。")
    if len(frame):
        more = len(frame) > MOST_CODES
        notes = (f"错误在前，由多到少，仅列前 {MOST_CODES} 种；其余见汇总报告“问题汇总”。",) if more else ()
        tables.append(Table("issue_groups", "待处理的问题", frame.head(MOST_CODES), _ISSUE_COLUMNS, notes=notes))
    if len(batch.unasked):
        texts.append(
            f"名单以外报送、或未能认定是名单中哪一家的，共 {_count(len(batch.unasked))} 家，见汇总报告“名单以外”。"
        )
    if batch.two_codes:
        texts.append(f"有 {_count(batch.two_codes)} 个企业名称出现在两个以上统一社会信用代码之下，可能重复计入。")
    if batch.cut_short:
        texts.append("最近一次读取没有完成，不在本报告内。")
    return Chapter("数据质量", (*_paragraphs(texts), *tables))


def annex_chapter(facts: Facts) -> Chapter | None:
    """附表: the levels and dimensions of every group."""
    if not facts.n:
        return None
    edition = facts.batch.edition
    keys = [f"level_{g}" for g in level_numbers(edition)] + [f"rate_{d.id}" for d in edition.dimensions]
    tables = []
    for sheet in (*facts.groups.values(), *facts.chosen_groups.values()):
        of_sheet = tables_of(sheet)
        for table in _group_tables(sheet):
            if table.body:
                levels = of_sheet[f"{table.id}_levels"]  # of the same groups
                both = replace(table, columns=(*levels.columns, *table.columns))
                title = f"按{table.columns[0].title}：各等级份数和各维度得分率"
                tables.append(_first_groups(pick(both, ("group", "n", *keys), title), sheet))
    return Chapter("附表", tuple(tables))


def withheld_chapter(_: Facts) -> None:
    """未公开的内容: the public edition alone has it; a template may serve both."""


CHAPTERS: Mapping[str, Callable[[Facts], Chapter | None]] = {
    "概况与口径": scope_chapter,
    "回收": response_chapter,
    "总体": overall_chapter,
    "目标": target_chapter,
    "分区县": district_chapter,
    "分行业": industry_chapter,
    "分规模": size_chapter,
    "维度与采集项": item_chapter,
    "应用场景": scene_chapter,
    "短板与升级": upgrade_chapter,
    "两轮对比": rounds_chapter,
    "更正进度": progress_chapter,
    "数据质量": quality_chapter,
    "附表": annex_chapter,
    "未公开的内容": withheld_chapter,
}
"""The chapters in order, by the names that templates have for them.

A sheet that speaks for itself becomes a chapter by chapter.blocks_of.
"""


# --- words ------------------------------------------------------------------------------------------------------------


def _paragraphs(texts: Iterable[str]) -> list[Paragraph]:
    return [Paragraph(text) for text in texts if text]


def _figures(sheet: ReportSheet, table: str) -> list[ChartFigure]:
    """The charts of a sheet that show a table."""
    return [figure for figure in figures_of(sheet) if figure.table.id == table]


def _cell(table: Table, key: str, row: int) -> str:
    """A cell of a table as it is printed."""
    form = next(column.format for column in table.columns if column.key == key)
    return printed(table.frame[key].iloc[row], form)


def _count(number: object) -> str:
    return printed(number, Format.COUNT)


def _listed(names: Sequence[str]) -> str:
    """Some names, no more than three of them: 甲、乙、丙等 5 个."""
    more = f"等 {len(names)} 个" if len(names) > MOST_NAMED else ""
    return "、".join(names[:MOST_NAMED]) + more


def _quoted(name: str) -> str:
    """The name of a group in a sentence: 是, 否 and 无 would be read as words of it."""
    return name if len(name) > 1 else f"“{name}”"


def _joined(parts: Iterable[str]) -> str:
    return "、".join(filter(None, parts))


def _day(when: dt.date) -> str:
    return f"{when.year}年{when.month}月{when.day}日"


def _time(text: str) -> str:
    """An ISO time in Chinese; "" where it is none."""
    with suppress(ValueError):
        when = dt.datetime.fromisoformat(text)
        return f"{_day(when)}{when:%H:%M}"
    return ""
