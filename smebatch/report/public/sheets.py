"""The public edition (公开版) as sheets: what may leave the house, and a sheet that says what was left out and why.

Nothing in it names an enterprise or lists any. Figures are of one classification each, or shares; disclosure.py has the
rules by which small counts are kept from being told. It is built of its own tables: nothing is hidden in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.common.text import minute_text
from smebatch.report.chapter import printed
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import percent_text
from smebatch.report.public.disclosure import is_small
from smebatch.report.public.groups import (
    DISTRICT,
    MERGED,
    PublicGrouping,
    PublicGroups,
    Withheld,
    public_grouping,
)
from smebatch.report.public.overall import PublicScores, distribution_sheet, level_table, reason_sheet, tier_sheet
from smebatch.report.public.parts import public_item_sheet, public_scene_sheet
from smebatch.report.public.roster import public_response, public_targets
from smebatch.report.public.rounds import public_round_sheets
from smebatch.report.section_explanation import explanation_sheet
from smebatch.report.section_groups import group_frame
from smebatch.report.section_overview import score_frame, subtitle
from smebatch.report.sheet_names import with_unique_names
from smebatch.report.words import MISSING, TOTAL, at_least, milestones

WITHHELD = "未公开的内容"
OVERVIEW, EXPLANATION = "总览", "口径说明"
_EXPLAINED = ("facts", "grades", "formulas", "rulings")
_FORMULAS = (
    "得分",
    "平均得分",
    "得分率",
    "占比",
    MISSING,
    "行业大类",
    "场景覆盖率",
    "平均等级",
    "未达到下一等级的原因",
)
_FACTS = ("区域", "评测依据", "版本文件", "程序", "读取时间", "制表时间")
_NEVER = (
    Withheld("企业明细、问题清单、文件清单、未报名单、名单以外、最接近下一等级的企业等名单", "公开版不列企业"),
    Withheld("最低分、最高分、四分位数、中位数", "是个别企业的得分，或两家企业得分之间的数"),
    Withheld("各维度、指标的得0分、得满分份数", "与采集项的相减可能得出不足起点的份数"),
    Withheld("各组的等级分布、得分分布、场景覆盖率、梯队、回收明细、目标完成情况", "公开版只列一个分组的表和占比"),
    Withheld("收到文件、更正进度、数据质量、其他评测阶段和类型的份数", "是办理过程中的情况，常涉及个别企业"),
)


@dataclass(frozen=True)
class PublicEdition:
    """The sheets of the public edition, each made once; those without anything to tell are None."""

    batch: ReportData

    @property
    def least(self) -> int:
        """The lowest count that may be told."""
        return self.batch.options.small_group

    @property
    def n(self) -> int:
        """The number of returns that it rests on."""
        return len(self.batch.scores)

    @property
    def told(self) -> bool:
        """Whether there are enough returns to tell anything."""
        return self.n > 0 and not is_small(self.n, self.least)

    @cached_property
    def grouping(self) -> PublicGrouping:
        """The groups as they are published."""
        return public_grouping(self.batch) if self.told else PublicGrouping((), ())

    @cached_property
    def scores(self) -> PublicScores:
        """What may be told of levels and scores."""
        return PublicScores(self.batch)

    @property
    def title(self) -> str:
        """The title of the whole."""
        return f"{self.batch.region}中小企业数字化水平评测报告公开版"

    @cached_property
    def response(self) -> tuple[Table | None, list[Withheld]]:
        """Who answered."""
        return public_response(self.batch, self.grouping.find(DISTRICT))

    @cached_property
    def levels(self) -> Table | None:
        """The levels of all returns."""
        return level_table(self.batch, self.scores.edges) if self.told else None

    @cached_property
    def targets(self) -> tuple[tuple[Table | ChartRow, ...], list[Withheld]]:
        """The targets and how far they are."""
        return public_targets(self.batch, self.grouping, self.scores.edges if self.told else ())

    @cached_property
    def group_sheets(self) -> tuple[ReportSheet, ...]:
        """分区县, 分行业, 分规模 and those of further columns."""
        sheets: dict[str, list[Table | ChartRow]] = {}
        for groups in self.grouping.groups:
            first = groups.sheet not in sheets
            table = public_group_table(self.batch, groups)
            charts = _group_charts(self.batch, groups, table) if first else ()  # one row of pictures a sheet
            sheets.setdefault(groups.sheet, []).extend((*charts, table))
        note = f"不足 {self.least} 份的组，连同为掩护它们而并入的组，列为“{MERGED}”，不参加排位；各表合并方法相同。"
        merged = {groups.sheet for groups in self.grouping.groups if groups.merged}
        return tuple(
            ReportSheet(name, f"{name}评测结果", tuple(blocks), (note,) if name in merged else (), len(blocks) <= 2)
            for name, blocks in sheets.items()
        )

    @cached_property
    def parts(self) -> dict[str, tuple[ReportSheet | None, list[Withheld]]]:
        """The sheets on all returns by their names, and what is left out of each."""
        if not self.told:
            return {}
        found = {
            "得分分布": distribution_sheet(self.scores),
            "梯队": tier_sheet(self.scores),
            "维度与采集项": public_item_sheet(self.batch),
            "升级分析": reason_sheet(self.scores),
        }
        return found | ({"应用场景": public_scene_sheet(self.batch)} if self.batch.edition.scenes else {})

    @cached_property
    def rounds(self) -> tuple[list[ReportSheet], list[Withheld]]:
        """The comparisons of rounds."""
        return public_round_sheets(self.batch) if self.told else ([], [])

    @cached_property
    def overview(self) -> ReportSheet:
        """总览: targets, who answered, levels."""
        response, levels = self.response[0], self.levels
        chart = (
            [ChartRow((Chart("column", f"等级分布（份，n={self.n}）", "levels", "name", ("n",)),))] if levels else []
        )
        blocks = (*self.targets[0], *filter(None, (response, levels)), *chart)
        covered = self.batch.selection.name
        notes = (
            subtitle(self.batch),
            *([f"统计范围：{covered}。"] if covered and self.told else ()),
            f"公开版：不列企业，不列可以推出不足 {self.least} 份（家）的数；略去的内容见“{WITHHELD}”。",
        )
        return ReportSheet(OVERVIEW, self.title, blocks, notes, landscape=False, lead=self.lead)

    @cached_property
    def mean(self) -> float | None:
        """The mean of all scores; None where it is not told."""
        groups = self.grouping.groups
        items = self.parts.get("维度与采集项", (None, []))[0]
        return float(score_frame(self.batch)["mean"].iloc[0]) if self.told and groups and items else None

    @property
    def lead(self) -> str:
        """The main result in a sentence."""
        parts = []
        if (response := self.response[0]) is not None:
            asked, answered = (int(response.frame[key].iloc[-1]) for key in ("asked", "answered"))
            parts.append(f"应报 {asked} 家，实报 {answered} 家，回收率 {percent_text(answered, asked)}")
        if not self.told:
            return "；".join([*parts, f"计入的评测表不足 {max(1, self.least)} 份，评测结果不公开"]) + "。"
        text = f"计入 {self.n} 份"
        parts.append(text if self.mean is None else f"{text}，平均 {printed(self.mean, Format.POINTS)} 分")
        reached = {g: self.scores.reach(g) for g in milestones(self.batch.edition) if g in self.scores.edges}
        shares = (f"{at_least(self.batch.edition, g)} {n} 份（{percent_text(n, self.n)}）" for g, n in reached.items())
        return "；".join(filter(None, (*parts, "，".join(shares)))) + "。"

    @cached_property
    def withheld(self) -> tuple[Withheld, ...]:
        """What is left out and why; what is never told first."""
        found = [*self.targets[1], *self.response[1]]
        if not self.told:
            return (*_NEVER, *found, Withheld("评测结果", f"计入的评测表不足 {max(1, self.least)} 份"))
        if len(self.scores.edges) < len(self.batch.edition.levels):
            what = "部分等级（与相邻等级合并）" if self.levels else "等级分布"
            found.append(Withheld(what, f"有的等级不足 {self.least} 份"))
        found += self.grouping.withheld
        found += [missing for _, parts in self.parts.values() for missing in parts]
        return (*_NEVER, *found, *self.rounds[1])

    @property
    def withheld_sheet(self) -> ReportSheet:
        """未公开的内容: what is left out and why, without a number that would give it away."""
        frame = pd.DataFrame(list(self.withheld), columns=["what", "why"], dtype="str").drop_duplicates()
        columns = (TableColumn("what", "内容", width=52), TableColumn("why", "原因", width=62))
        note = f"起点：{self.least} 份（家）。1 至 {self.least - 1} 的数不列，也不能由各表相加、相减得出。"
        notes = (note if self.least > 1 else "起点为 1，没有小样本。",)
        return ReportSheet(WITHHELD, WITHHELD, (Table("withheld", "", frame, columns),), notes)

    @property
    def explanation(self) -> ReportSheet:
        """口径说明: as in the summary, but for what speaks of files and lists, and with the rules of this edition."""
        return replace(explanation_sheet(self.batch), blocks=tuple(_explained(self.batch, self.least)))


def public_edition(batch: ReportData) -> PublicEdition:
    """The public edition of a batch.

    ``small_group`` is at least 3, unless it is 1, which is none: of what is withheld for being less than 2 everybody
    would know that it is 1.
    """
    options = batch.options
    return PublicEdition(replace(batch, options=replace(options, small_group=3)) if options.small_group == 2 else batch)


def public_sheets(batch: ReportData) -> tuple[ReportSheet, ...]:
    """The sheets of the public edition in order."""
    edition = public_edition(batch)
    by_name = {name: sheet for name, (sheet, _) in edition.parts.items()}
    first, last = ("得分分布",), ("梯队", "维度与采集项", "应用场景", "升级分析")
    sheets = (
        edition.overview,
        *(by_name.get(name) for name in first),
        *edition.group_sheets,
        *(by_name.get(name) for name in last),
        *edition.rounds[0],
        edition.withheld_sheet,
        edition.explanation,
    )
    return with_unique_names(sheet for sheet in sheets if sheet)


def public_group_table(batch: ReportData, groups: PublicGroups) -> Table:
    """The figures of published groups: n, share of all, shares at levels, mean, rank, rates of dimensions."""
    edition = batch.edition
    order = groups.order or (() if groups.means else sorted(groups.key.unique()))  # by the mean, unless it is not told
    frame = group_frame(batch, groups.key, order, unranked=(MISSING, MERGED) if groups.merged else (MISSING,))
    whole = frame["group"] == TOTAL
    told = whole | ~frame["group"].isin(groups.untold)
    shown = pd.DataFrame({"group": frame["group"], "n": frame["n"], "share": frame["n"] / len(batch.scores)})
    for goal in groups.goals:
        shown[f"reach_share_{goal}"] = frame[f"reach_share_{goal}"].where(told)
    columns = [
        TableColumn("group", groups.heading),
        TableColumn("n", "份数", Format.COUNT),
        TableColumn("share", "占全部", Format.PERCENT),
        *(TableColumn(f"reach_share_{g}", f"{at_least(edition, g)}占比", Format.PERCENT) for g in groups.goals),
    ]
    if groups.means:
        rates = [f"rate_{d.id}" for d in edition.dimensions]
        shown = shown.join(frame[["mean", "rank", *rates]])
        columns += [TableColumn("mean", "平均得分", Format.POINTS), TableColumn("rank", "位次", Format.ORDINAL)]
        names = (f"{d.name}得分率" for d in edition.dimensions)
        columns += [TableColumn(key, name, Format.PERCENT) for key, name in zip(rates, names, strict=True)]
    shown["label"] = frame["label"]
    title = f"按{groups.heading}（n={len(batch.scores)}）"
    blank = "占比的空白处不公开。" if groups.untold else ""
    label = (TableColumn("label", "图中名称"),)
    notes = tuple(filter(None, (blank,)))
    return Table(groups.name, title, shown, tuple(columns), total=True, notes=notes, chart_columns=label)


def _group_charts(batch: ReportData, groups: PublicGroups, table: Table) -> tuple[ChartRow, ...]:
    """The charts of the mean of groups and of their first share, where no group lacks it."""
    full = float(batch.edition.header.full_marks.exact)
    charts = []
    if groups.means:
        charts.append(Chart("bar", f"平均得分（按{groups.heading}）", table.id, "label", ("mean",), top=full))
    if groups.goals and not groups.untold:
        goal = groups.goals[0]
        title = f"{at_least(batch.edition, goal)}占比（按{groups.heading}）"
        charts.append(Chart("bar", title, table.id, "label", (f"reach_share_{goal}",)))
    return (ChartRow(tuple(charts)),) if charts else ()


def _explained(batch: ReportData, least: int) -> Iterable[Table]:
    """The tables of 口径说明 with those lines alone that speak of what is published."""
    kept = {"facts": _FACTS, "formulas": _FORMULAS}
    for table in explanation_sheet(batch).blocks:
        if isinstance(table, Table):
            frame = table.frame
            if table.id in kept:
                frame = frame[frame["name"].isin(kept[table.id])]
            if table.id == "facts":
                read = frame["name"] == "读取时间"
                frame = frame.assign(text=frame["text"].where(~read, minute_text(batch.read_at)))
            if table.id == "formulas":
                lines = pd.DataFrame(_rules(least), columns=["name", "text", "clause"], dtype="str")
                frame = pd.concat([lines, frame], ignore_index=True)
            yield replace(table, frame=frame.reset_index(drop=True))


def _rules(least: int) -> Sequence[tuple[str, str, str]]:
    few = f"1 至 {least - 1} 之间的数" if least > 1 else "小样本"
    return (
        ("公开版", f"不列任何企业；{few}不列，也不能由各表相加、相减得出；略去的内容见“{WITHHELD}”。", ""),
        (MERGED, f"不足 {least} 份（家）的组合并为“{MERGED}”，仍可推出的再并入份数最少的组；各表合并相同。", ""),
        ("合并的等级、分段", "有顺序的（等级、梯队、得分分段）与相邻的合并。", ""),
        ("位次", f"公开的各组按平均得分的精确值由高到低；相等的并列；“{MISSING}”和“{MERGED}”不参加排位。", ""),
        ("回收率", "实报家数÷应报家数。应报：名单中的企业；实报：其中至少报来一份可读的评测表的。", ""),
    )
