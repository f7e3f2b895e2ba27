"""The public edition in words: the chapters of the report that have something to tell in public, out of its sheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

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
from smebatch.report.document import Format, ReportSheet, Table
from smebatch.report.narrative import CHAPTERS, Measure, range_sentence, stated_values
from smebatch.report.public.groups import MERGED
from smebatch.report.public.sheets import WITHHELD, PublicEdition, public_edition
from smebatch.report.words import at_least

_GROUPS = ("分区县", "分行业", "分规模")


def public_narrative(batch: ReportData) -> Narrative:
    """The public edition in words; chapters that the report has and this has not are None."""
    edition = public_edition(batch)
    made = dict(_chapters(edition))
    return Narrative(edition.title, {name: made.get(name) for name in CHAPTERS}, _values(edition))


def _values(edition: PublicEdition) -> dict[str, str]:
    """What a template may ask for; "" for what is not told."""
    response = edition.response[0]
    told = dict.fromkeys(("份数", "企业数", "平均得分", "中位数", "应报", "实报", "回收率"), "")
    if edition.told:
        told["份数"] = printed(edition.n, Format.COUNT)
        told["平均得分"] = printed(edition.mean, Format.POINTS)
    if response is not None:
        total = response.frame.iloc[-1]
        told |= {name: printed(total[key], Format.COUNT) for name, key in (("应报", "asked"), ("实报", "answered"))}
        told["回收率"] = printed(total["share"], Format.PERCENT)
    return stated_values(edition.batch, edition.title) | told


def _chapters(edition: PublicEdition) -> Iterator[tuple[str, Chapter]]:
    batch = edition.batch
    yield "概况与口径", _scope(edition)
    response, levels = edition.response[0], edition.levels
    figures = figures_of(edition.overview)
    if response is not None:
        yield "回收", Chapter("回收", tuple(_response(edition, response)))
    if edition.told:
        distribution, tiers = (edition.parts[name][0] for name in ("得分分布", "梯队"))
        blocks: list[ChapterPart] = [
            Paragraph(edition.lead.split("；", 1)[-1] if response is not None else edition.lead)
        ]
        blocks += [levels, *(figure for figure in figures if figure.table.id == "levels")] if levels else []
        blocks += [part for sheet in (distribution, tiers) if sheet for part in _in_order(sheet)]
        yield "总体", Chapter("总体", tuple(blocks))
    if targets := [block for block in edition.targets[0] if isinstance(block, Table)]:
        charts = [figure for figure in figures if figure.table.id == "targets"]
        yield "目标", Chapter("目标", (*targets, *charts))
    for sheet in edition.group_sheets:
        if sheet.name in _GROUPS:
            yield sheet.name, Chapter(sheet.name, tuple(_groups(edition, sheet)))
    dimensions, questions = len(batch.edition.dimensions), len(batch.edition.questions)
    titles = {
        "维度与采集项": f"{numeral(dimensions)}维度与{numeral(questions)}项",
        "应用场景": f"{numeral(len(batch.edition.scenes))}场景",
        "升级分析": "短板与升级",
    }
    for name, title in titles.items():
        if (part := edition.parts.get(name, (None, []))[0]) is not None:
            yield ("短板与升级" if name == "升级分析" else name), Chapter(title, tuple(_narrow(part)))
    withheld = blocks_of(edition.withheld_sheet)
    if rounds := edition.rounds[0]:
        yield "两轮对比", Chapter("两轮对比", tuple(p for s in rounds for p in (Heading(s.title), *blocks_of(s))))
    rest = (pick(part, ("what", "why"), WITHHELD) if isinstance(part, Table) else part for part in withheld)
    yield WITHHELD, Chapter(WITHHELD, tuple(rest))


def _scope(edition: PublicEdition) -> Chapter:
    batch, least = edition.batch, edition.least
    where = f"，地区为{batch.region}" if batch.region else ""
    texts = [f"本报告依据{batch.edition.header.title}编制{where}。"]
    if edition.told:
        covered = batch.selection.name
        texts.append(f"统计对象为计入的{covered}评测表 {printed(edition.n, Format.COUNT)} 份。")
    else:
        texts.append(edition.lead)
    texts.append(
        f"本报告为公开版：不列企业，不列不足 {least} 份（家）的数，也不列可以由此推出这样的数的内容；"
        f"不足的组合并为“{MERGED}”，等级和分段与相邻的合并。略去的内容列在“{WITHHELD}”一章。"
    )
    grades = [table for table in tables_of(edition.explanation).values() if table.id == "grades"]
    return Chapter("概况与口径", (*map(Paragraph, texts), *(pick(table, ("name", "text")) for table in grades)))


def _response(edition: PublicEdition, table: Table) -> Iterator[ChapterPart]:
    total = table.frame.iloc[-1]
    asked, answered, silent = (printed(total[key], Format.COUNT) for key in ("asked", "answered", "silent"))
    share = printed(total["share"], Format.PERCENT)
    yield Paragraph(f"名单应报企业 {asked} 家，实报 {answered} 家，回收率 {share}；未报 {silent} 家。")
    measure = Measure("share", "回收率", Format.PERCENT, n="asked", n_text="应报 {} 家")
    if sentence := _range(edition, table, measure):
        yield Paragraph(f"{sentence}。")
    yield table


def _range(edition: PublicEdition, table: Table, measure: Measure) -> str:
    """Which groups have the highest and the lowest figure; "" where that of some is not told, which may be beyond."""
    groups = table.frame.iloc[:-1]
    if groups[measure.key].isna().any():
        return ""
    return range_sentence(groups[groups["group"] != MERGED], measure, edition.least)


def _groups(edition: PublicEdition, sheet: ReportSheet) -> Iterator[ChapterPart]:
    yield from map(Paragraph, sheet.notes)
    tables, figures = tables_of(sheet), figures_of(sheet)
    for table in tables.values():
        by = table.columns[0].title
        if len(tables) > 1:
            yield Heading(by)
        for measure in _measures(edition, table):
            if sentence := _range(edition, table, measure):
                yield Paragraph(f"{sentence}。")
        keys = [column.key for column in table.columns]
        rates = [key for key in keys if key.startswith("rate_")]
        yield pick(table, [key for key in keys if key not in rates], f"按{by}：份数、等级和平均得分")
        if rates:
            yield pick(replace(table, notes=()), ["group", "n", *rates], f"按{by}：各维度得分率")
        yield from (figure for figure in figures if figure.table.id == table.id)


def _measures(edition: PublicEdition, table: Table) -> Iterator[Measure]:
    keys = {column.key for column in table.columns}
    if "mean" in keys:
        yield Measure("mean", "平均得分", Format.POINTS, unit=" 分")
    for goal in edition.scores.edges:
        if f"reach_share_{goal}" in keys:
            yield Measure(f"reach_share_{goal}", f"{at_least(edition.batch.edition, goal)}占比", Format.PERCENT)


_NARROW: dict[str, Sequence[str]] = {
    "dimension_rates": ("dimension", "full", "mean", "rate"),
    "indicator_rates": ("dimension", "indicator", "full", "mean", "rate"),
    "item_rates": ("item", "full", "mean", "rate", "zero_share", "top_share"),
}
"""The columns of tables that are too wide for a page."""


def _narrow(sheet: ReportSheet) -> Iterator[ChapterPart]:
    for part in blocks_of(sheet):
        yield pick(part, _NARROW[part.id]) if isinstance(part, Table) and part.id in _NARROW else part


def _in_order(sheet: ReportSheet) -> Iterator[Table | ChartFigure]:
    """The tables and charts of a sheet, each chart behind its table."""
    for table in tables_of(sheet).values():
        yield table
        yield from (figure for figure in figures_of(sheet) if figure.table.id == table.id)
