"""目标: how far the bureau is from each target, at the head of 总览 and by district on a sheet of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.batch.targets import ReportTarget
from smebatch.common.target import percent_text
from smebatch.common.text import shown_text
from smebatch.report.document import Chart, Format, ReportSheet, Table, TableColumn
from smebatch.report.target_figures import TargetFigures, TargetResult, Unmatched, target_results
from smebatch.report.words import at_least, field_label
from smebatch.standard.model import Edition

EVERYWHERE = "全部"
MAX_VALUES = 10  # named where a condition's value is nobody's
TARGET_DEFINITIONS = (
    "应报：名单中属于该范围的企业，名单以外的不计。有效：其中有评测表计入本报告的。",
    "已确认：应报中等级已达到的；一家有几份计入的评测表，全部达到才算。",
    "至多：已确认的，加上还没有评测表计入的（未报、待更正、读不出）和几份评测表等级不一的，假定它们全部达到。",
    "最终结果必在已确认与至多之间；不按已报企业推算未报企业。",
    "目标数：应报乘以比例，有小数进一；或目标写明的家数。还差：再确认这么多家达到，就一定达成。",
    "已达成：无论其余企业如何都达成。已无法达成：其余企业全部达到也不够。可达成：要看其余企业。",
)
_UNCLEAR_DEFINITIONS = (
    "未明：名单没有写明、计入的评测表也没有（或写法不一），不知是否属于该范围的企业；已确认不含它们，至多含其中可能达到的。",
    "目标数（含未明）：未明的企业都属于该范围时的目标数（其中已确认达到的不算），还差按此计算。",
)
_WITHOUT_ROSTER = "没有企业名单，不知应报多少家，无法计算目标完成情况；请在读取评测表时提供企业名单。"


def selection_text(target: ReportTarget, edition: Edition) -> str:
    """Whom a target selects, in words: 是否规上为“是”、服务商为“某公司”."""
    columns = (field_label(edition, condition.column) for condition in target.conditions)
    return "、".join(f"{column}为“{c.value}”" for column, c in zip(columns, target.conditions, strict=True))


def aim_text(target: ReportTarget, edition: Edition) -> str:
    """What a target asks of its selection: ≥二级 80%, or ≥二级 12 家."""
    share, enterprises = target.target.share, target.target.enterprises
    amount = percent_text(share) if share is not None else f"{enterprises} 家"
    return f"{at_least(edition, target.level)} {amount}"


def target_text(target: ReportTarget, edition: Edition) -> str:
    """All that a target states but its name: 是否规上为“是”；≥二级 80%；2026-12-31 前."""
    by = f"{target.target.by:%Y-%m-%d} 前" if target.target.by else ""
    return "；".join(filter(None, (selection_text(target, edition) or "全部应报企业", aim_text(target, edition), by)))


def target_frame(names: Iterable[str], figures: Sequence[TargetFigures]) -> pd.DataFrame:
    """A row for each selection; NA where a target asks nothing of it.

    Columns: name; as Int64 asked, unclear, counted, confirmed, at_most, needed, needed_at_most and missing; outlook.
    """
    frame = pd.DataFrame({"name": pd.Series(list(names), dtype="str")})
    for key in ("asked", "unclear", "counted", "confirmed", "at_most"):
        frame[key] = pd.Series([getattr(each.counts, key) for each in figures], dtype="Int64")
    for key in ("needed", "needed_at_most", "missing"):
        frame[key] = pd.Series([getattr(each, key) for each in figures], dtype="Int64")
    frame["outlook"] = pd.Series([each.outlook.value if each.outlook else None for each in figures], dtype="str")
    return frame


def target_charts(batch: ReportData) -> tuple[Chart, ...]:
    """The chart of all targets on 总览; none where there are no figures of them."""
    if not any(result.overall for result in target_results(batch)):
        return ()
    return (Chart("bar", _TITLE, "targets", "label", ("confirmed", "at_most", "needed")),)


def target_tables(batch: ReportData) -> tuple[Table, ...]:
    """What 总览 opens with: all targets; nothing where there are none."""
    results, edition = target_results(batch), batch.edition
    if not results and not batch.targets.left_out:
        return ()
    stated = (result.target for result in results)
    notes = [*selection_notes(stated, edition), *_unmatched_notes(results, edition), *_origin_notes(batch)]
    figures = [result.overall for result in results if result.overall]
    frame = target_frame((result.target.target.name for result in results), figures).assign(
        aim=pd.Series([aim_text(result.target, edition) for result in results], dtype="str"),
        by=pd.Series([result.target.target.by for result in results], dtype="object").astype("str"),
    )
    if not figures:
        notes += [_WITHOUT_ROSTER] if results else []
        return (Table("targets", "目标", frame, _STATED, notes=tuple(notes)),)
    notes += [*_unclear_notes(results, edition), "各栏的算法见“目标”。"]
    columns = (*_STATED, *_figure_columns(frame))
    labels = [f"{name}（应报 {asked}）" for name, asked in zip(frame["name"], frame["asked"], strict=True)]
    frame = frame.assign(label=pd.Series(labels, dtype="str"))
    label = TableColumn("label", "图中名称")
    return (Table("targets", _TITLE, frame, columns, notes=tuple(notes), chart_columns=(label,)),)


def target_sheet(batch: ReportData) -> ReportSheet | None:
    """目标: what the figures mean, and each target by district; None without targets or without a roster."""
    results = [result for result in target_results(batch) if result.overall]
    if not results:
        return None
    tables = [_district_table(number, result, batch.edition) for number, result in enumerate(results, 1)]
    unclear = any(result.overall.counts.unclear or result.district_unknown for result in results if result.overall)
    notes = (*TARGET_DEFINITIONS, *(_UNCLEAR_DEFINITIONS if unclear else ()))
    return ReportSheet("目标", "目标完成情况", tuple(tables), notes, landscape=False)


def _district_table(number: int, result: TargetResult, edition: Edition) -> Table:
    """The figures of a target by district, and of all."""
    rows = [*result.districts, *([(EVERYWHERE, result.overall)] if result.overall else [])]
    frame = target_frame((name for name, _ in rows), [each for _, each in rows])
    notes = []
    if result.district_unknown:
        notes.append(
            f"有 {result.district_unknown} 家不知属于哪个区县，在每个区县都列为未明；各区县的数不能相加为全部。"
        )
    if result.target.target.share is None and result.districts:
        notes.append("按家数定的目标不分到区县。")
    title = f"{result.target.target.name}（{target_text(result.target, edition)}）"
    columns = (TableColumn("name", "区县"), *_figure_columns(frame))
    return Table(f"targets_{number}", title, frame, columns, total=True, notes=tuple(notes))


_TITLE = "目标完成情况（家）"
_STATED = (
    TableColumn("name", "目标"),
    TableColumn("aim", "要求", Format.CODE),
    TableColumn("by", "截止日期", Format.CODE),
)
_FIGURES = {
    "asked": "应报",
    "unclear": "未明",
    "counted": "有效",
    "confirmed": "已确认",
    "at_most": "至多",
    "needed": "目标数",
    "needed_at_most": "目标数（含未明）",
    "missing": "还差",
}
_OF_UNCLEAR = ("unclear", "needed_at_most")


def _figure_columns(frame: pd.DataFrame) -> tuple[TableColumn, ...]:
    """The columns of figures; those about the unclear only where anybody is."""
    left_out = () if (frame["unclear"] > 0).any() else _OF_UNCLEAR
    figures = [TableColumn(key, title, Format.COUNT) for key, title in _FIGURES.items() if key not in left_out]
    return (*figures, TableColumn("outlook", "结论", Format.CODE))


def selection_notes(targets: Iterable[ReportTarget], edition: Edition) -> list[str]:
    """Say whom each target selects that does not select everybody."""
    texts = ((target.target.name, selection_text(target, edition)) for target in targets)
    return [f"“{name}”的范围：{text}。" for name, text in texts if text]


def _unmatched_notes(results: Iterable[TargetResult], edition: Edition) -> list[str]:
    """Say of each value that no enterprise has, which there are: it is probably misspelt."""
    each = [(result.target.target.name, unmatched) for result in results for unmatched in result.unmatched]
    return [_unmatched_note(name, unmatched, edition) for name, unmatched in each]


def _unmatched_note(name: str, unmatched: Unmatched, edition: Edition) -> str:
    values, column = unmatched.there_are, field_label(edition, unmatched.condition.column)
    there_are = "、".join(shown_text(value, 40) for value in values[:MAX_VALUES])
    more = f"等 {len(values)} 种" if len(values) > MAX_VALUES else ""
    listed = f"现有的值：{there_are}{more}" if values else "该列全部为空"
    return f"注意：目标“{name}”选的是{column}为“{unmatched.condition.value}”，没有企业是这个值，请核对。{listed}。"


def _unclear_notes(results: Iterable[TargetResult], edition: Edition) -> list[str]:
    """Say which columns of the roster would tell who belongs to a selection."""
    unclear = [result for result in results if result.overall and result.overall.counts.unclear]
    columns = [field_label(edition, c.column) for result in unclear for c in result.target.conditions]
    listed = "、".join(dict.fromkeys(columns))
    return [f"未明的企业，在企业名单中填写“{listed}”并重新读取名单，即可确定。"] if unclear else []


def _origin_notes(batch: ReportData) -> list[str]:
    """Say which targets are not used, and why."""
    targets = batch.targets
    notes = []
    if targets.overruled:
        notes.append(f"目标以设置文件为准；企业名单的工作表“目标”中的 {targets.overruled} 个没有采用。")
    if targets.left_out:
        rows = "、".join(map(str, targets.left_out[:MAX_VALUES])) + ("……" if len(targets.left_out) > MAX_VALUES else "")
        notes.append(f"企业名单的工作表“目标”第 {rows} 行没有读成目标，未列入；请更正后重新读取名单。")
    return notes
