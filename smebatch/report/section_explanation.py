"""口径说明: what every figure of the report means and what it rests on, and the errors that were waived."""

from __future__ import annotations

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.common.text import minute_text
from smebatch.issues.catalogue import STATUSES, issue_name
from smebatch.report.document import Format, ReportSheet, Table, TableColumn
from smebatch.report.section_progress import EXPLANATIONS
from smebatch.report.section_upgrade import step_note
from smebatch.report.words import BINDING, MISSING, STATUS_NAMES, at_least, choices, milestones
from smebatch.standard.keys import titles_of
from smebatch.standard.reference import industries
from smebatch.standard.score_units import scale_of

ExplanationLine = tuple[str, str, str]  # what, its explanation, the clause it rests on


def explanation_sheet(batch: ReportData) -> ReportSheet:
    """口径说明: the batch, the grades, the formulas, the rulings."""
    parts = {
        "facts": ("本次汇总", "项目", "内容", _facts(batch)),
        "grades": ("等级条件（同一等级的各项条件须同时满足）", "等级", "条件", _grades(batch)),
        "formulas": ("指标算法", "指标", "算法", _formulas(batch)),
        "rulings": ("文本未明确之处与处理口径", "编号", "内容", _rulings(batch)),
    }
    tables = tuple(
        Table(
            name,
            title,
            pd.DataFrame(lines, columns=["name", "text", "clause"], dtype="str"),
            (
                TableColumn("name", what, width=20),
                TableColumn("text", text, width=92),
                TableColumn("clause", "依据", width=22),
            ),
        )
        for name, (title, what, text, lines) in parts.items()
        if lines
    )
    return ReportSheet("口径说明", "口径说明", tables)


def waiver_sheet(batch: ReportData) -> ReportSheet | None:
    """经审定的错误: every waived error of the counted returns; None where there are none."""
    if batch.progress is None or not len(batch.progress.waivers):
        return None
    waivers, titles = batch.progress.waivers, titles_of(batch.edition)
    frame = waivers.assign(
        error=[
            f"{titles.get(key, key)}：{issue_name(code)}（{found}）"
            for code, key, found in zip(waivers["code"], waivers["key"], waivers["found"], strict=True)
        ]
    )
    columns = (
        TableColumn("name", "企业名称", width=26),
        TableColumn("error", "错误：填报项、问题和填写内容", width=36),
        TableColumn("uscc", "统一社会信用代码", Format.CODE),
        TableColumn("explanation", "企业说明", width=44),
        TableColumn("reason", "准予的理由", width=36),
        TableColumn("decided_by", "审定人", width=12),
        TableColumn("decided_on", "审定日期", Format.CODE, 12),
    )
    note = "这些错误经审定准予按所填计入；“企业明细”的“经审定”列为每份评测表有几项。"
    return ReportSheet("经审定的错误", "经审定的错误", (Table("waivers", "", frame, columns, long=True),), (note,))


def _facts(batch: ReportData) -> list[ExplanationLine]:
    header = batch.edition.header
    counts = {status: int((batch.files["status"] == status).sum()) for status in STATUS_NAMES}
    unfinished = "（之后一次读取没有完成，不在本报告内）" if batch.cut_short else ""
    return [
        ("区域", batch.region or MISSING, ""),
        ("评测依据", header.title, ""),
        ("版本文件", f"{header.id}，sha256 {batch.edition.sha256}", ""),
        ("程序", f"smebatch {batch.version}", ""),
        ("读取时间", f"{minute_text(batch.read_at)}{unfinished}", ""),
        *_roster(batch),
        ("制表时间", f"{batch.made_at:%Y-%m-%d %H:%M}", ""),
        *_scope(batch),
        ("处理结果", "；".join(f"{name} {counts[status]} 个" for status, name in STATUS_NAMES.items()) + "。", ""),
        *((name, f"{STATUSES[status].zh}。", "") for status, name in STATUS_NAMES.items()),
    ]


def _scope(batch: ReportData) -> list[ExplanationLine]:
    """Which returns the report covers, and how many others count."""
    count, every = len(batch.scores), len(batch.all_counted.scores)
    covered = batch.selection.name
    others = f"其他评测阶段、类型的 {every - count} 份只列在“总览”的“评测阶段与类型”中。" if every > count else ""
    text = f"已计入的评测表中{f'{covered}的' if covered else ''} {count} 份；统计单位为“份”。{others}"
    return [("统计对象", text, "")]


def _roster(batch: ReportData) -> list[ExplanationLine]:
    if batch.roster is None:
        return []
    return [("企业名单", f"{len(batch.roster)} 家{batch.roster_from and f'（{batch.roster_from}）'}", "")]


def _grades(batch: ReportData) -> list[ExplanationLine]:
    lines = []
    for level in batch.edition.levels:
        score = f"得分不低于 {level.score.value} {level.score.unit}"
        lines.append(
            (level.full_name, "；".join(t for t in (score, level.requirement) if t) + "。", level.score.clause)
        )
    text = next((r for r in batch.edition.rules if r.id == "ungraded"), None)
    if text:
        lines.append((batch.edition.header.ungraded, text.text, text.clause))
    return lines


_UPGRADES: tuple[ExplanationLine, ...] = (
    ("没有走法", "把能提高的都提高，仍达不到下一等级，或必然引起新的提示。", ""),
    ("因提示多走的步数", "最少步数减去不受“不引起新的提示”限制时的最少步数。", ""),
    (
        "只提升一项即可升级",
        "其余各项不动，只提高这一道题或这一个场景（可提高多步），就达到下一等级，且不引起新的提示；不能自行决定的不计。",
        "",
    ),
)


def _formulas(batch: ReportData) -> list[ExplanationLine]:
    edition = batch.edition
    goals = "、".join(at_least(edition, g) for g in milestones(edition))
    scale = scale_of(edition)
    exact = (
        f"全程按整数计算（1 分＝{scale.units_per_point} 个单位，满分 {scale.full} 个单位），与分数线比较时不作舍入；"
    )
    small = (
        f"不足 {batch.options.small_group} 份的组，一份之差即可明显改变占比，仅供参考；不足以代表该组企业，不参加排位，"
        "图中以浅色表示。"
    )
    swap = (
        "与相邻位次的组相比：两组之一只要有一份表得分改变（0 分至满分之间任意）、减少一份或增加一份任意得分的表，"
        "位次在后的组的平均得分就可能高于在前的组。"
    )
    first, *_, last = choices(edition, "phase")
    change = (
        f"报告为{last}的，按组列出同一评测类型在{first}和{last}各有一份计入、能对应上的企业数，"
        f"和这些企业{last}与{first}的平均得分之差；对应的办法同改造前后对比。"
    )
    response = (
        "实报家数÷应报家数。应报：名单中的企业，统一社会信用代码（没有代码的，企业名称）相同的计一家；"
        "实报：其中至少报来一份可读的、属于本报告所选评测阶段和类型的评测表的，不论该表已计入、退回更正还是已被替代。"
        "先按代码、再按名称核对；名称与名单中几家相同而代码都不同的，不作认定，列入“名单以外”。"
    )
    lines = [
        ("得分", exact + "显示时四舍五入保留两位小数。", edition.levels[0].score.clause),
        ("平均得分", "各份得分之和÷份数，最后一步才四舍五入。", ""),
        (
            "四分位数、中位数",
            "得分由低到高排列，第 k 四分位数位于第 1＋(n−1)×k÷4 份，落在两份之间时按比例插值（同 QUARTILE.INC）。",
            "",
        ),
        ("得分率", "平均得分÷该维度（指标、采集项）的满分。", ""),
        ("占比", f"份数÷所在组的份数；{goals} 指达到该等级或更高等级。各项占比分别舍入，相加可能不恰为 100%。", ""),
        ("位次", f"按平均得分的精确值由高到低；相等的并列，其后的位次顺延；小样本和“{MISSING}”不参加排位。", ""),
        (
            "一份之差可互换的位次",
            swap,
            "",
        ),
        ("两轮对应家数、平均分变化", change, ""),
        ("小样本", small, ""),
        (
            MISSING,
            f"该项空白的企业单列为“{MISSING}”，不并入其他组；行业代码不能识别的也列入“{MISSING}”。",
            "",
        ),
        ("行业大类", f"按 {industries().title} 归并。", ""),
        ("回收率", response, ""),
        ("未计入（名单回收）", "实报而没有一份计入本报告，尚待更正。", ""),
        ("主要发现", _findings_rule(batch), ""),
    ]
    if batch.upgrades is not None:
        lines += [("升级的步数", step_note(edition), ""), *_UPGRADES]
    if edition.scenes:
        lines += [
            ("场景覆盖率", "该场景达到某一等级或更高等级的份数÷份数。", "三(二)"),
            (
                "平均等级",
                f"各份该场景等级（{edition.header.not_reached}、{edition.header.not_applicable}计 0）之和÷份数。",
                "三(二)",
            ),
            (
                f"{edition.header.not_applicable}、{edition.header.not_reached}",
                f"都按没有达到等级计；状态选“{edition.header.not_applicable}”的单列，其余为{edition.header.not_reached}。",
                "",
            ),
        ]
    near = "差得分÷下一等级的得分要求"
    if edition.scenes:
        near += f"＋差场景数（与差{BINDING}数取大者）÷下一等级的场景数要求"
    lines += [
        (
            "未达到下一等级的原因",
            "逐项比较下一等级的各项条件，列出尚未满足的；各种情形互不重叠，相加等于尚差一级的份数。",
            "",
        ),
        ("最接近下一等级", f"按差距由小到大：{near}。", ""),
    ]
    if batch.progress is not None:
        lines += [(name, text, "") for name, text in EXPLANATIONS]
    return lines


def _findings_rule(batch: ReportData) -> str:
    return (
        f"按固定规则从各表取出：全部评测表不足 {batch.options.small_group} 份时不列；并列最低或最高的不列；"
        f"只比较不少于 {batch.options.small_group} 份的区县。n 为所依据的份数。"
    )


def _rulings(batch: ReportData) -> list[ExplanationLine]:
    return [
        line
        for r in batch.edition.rulings
        for line in (
            (f"{r.id} 未明确", r.gap, r.clause),
            (f"{r.id} 做法", r.choice, ""),
            (f"{r.id} 理由", r.reason, ""),
        )
    ]
