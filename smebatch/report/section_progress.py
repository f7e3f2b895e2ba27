"""更正进度: what has become of the errors that were found, by district and by code, and what was changed unasked."""

from __future__ import annotations

import pandas as pd

from smebatch.batch.correction_progress import CorrectionProgress
from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSentence, ReportSheet, Stated, Table, TableColumn
from smebatch.report.progress_figures import (
    AWAITED,
    END_NAMES,
    ENDS,
    code_frame,
    district_frame,
    round_frame,
    unasked_frame,
)
from smebatch.report.words import STATE_NAMES
from smebatch.standard.model import Edition

_GROUP_WIDTH, _NUMBER_WIDTH, _TEXT_WIDTH = 27, 14, 52  # half-width characters
_RETURNS, _ISSUES, _TIMES = "（份）", "（项）", "（次）"

_PROGRESS_COLUMNS = (
    TableColumn("threads", f"涉及的表{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("versions", "收到报送（份次）", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("found", f"共发现{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    *(TableColumn(end, f"{END_NAMES[end]}{_ISSUES}", Format.COUNT, _NUMBER_WIDTH) for end in ENDS),
    TableColumn("through", f"已通过{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("open", f"尚待更正{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("mean", f"平均更正{_TIMES}", Format.POINTS, _NUMBER_WIDTH),
    TableColumn("most", f"最多更正{_TIMES}", Format.COUNT, _NUMBER_WIDTH),
)
_ROUND_COLUMNS = (
    TableColumn("group", "次序", width=_GROUP_WIDTH),
    TableColumn("n", f"收到重报{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("before", f"更正前的错误{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("closed", f"{STATE_NAMES['closed']}{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("miscorrected", f"{STATE_NAMES['miscorrected']}{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("unchanged", f"{STATE_NAMES['unchanged']}{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("waived_before", f"原有经审定{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("new", f"{STATE_NAMES['new']}{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("waived_new", f"新现经审定{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("after", f"更正后的错误{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
)

_DISTRICT_NOTE = (
    "每项错误只计一次，看它在该表最后一次报送中的结果：共发现＝已改正＋经审定＋未改＋改后仍错＋新出现＋尚未重报；"
    "涉及的表＝已通过＋尚待更正。"
)
_ROUND_NOTE = (
    "同一项错误每次重报都计一次：更正前的错误＝已改正＋改后仍错＋未改＋原有经审定；"
    "更正后的错误＝改后仍错＋未改＋原有经审定＋新出现＋新现经审定。"
)
_UNASKED_NOTE = (
    "上一次报送的表中没有任何问题涉及的填报项，企业自行改动的，为“此类改动”；之前有错误未评分的各次报送中的也计在内。"
    "相差为正，是改动使得分、等级提高。请核对改动的依据。"
)
_BY_CODE = {
    "error": "按问题：错误的更正情况",
    "warning": "按问题：警告（请企业核对，不影响计入，未改的不必追问）",
}
_CODE_NOTE = "一份表有几种问题的，各行都计这份表；合计行中只计一次。"

_THREADS = (
    "报过错误的评测表，从首次报送到最后一次报送，逐项对照。同一企业、阶段、类型的各次报送是同一份表；"
    "同一份表中问题和填报项都相同的错误是同一项。区县按最后一次报送所填；文件已全部移走的表不计。"
)
_CORRECTIONS = (
    "已通过的表在通过之前被退回的次数，即最后一次有错误的报送是第几次；首次报送即经审定通过的为 0。"
    "平均为次数之和÷已通过的份数。"
)
_TAKEN_BACK = (
    "把没有任何问题要求改动的√恢复成改动以前的样子，再计算得分和等级；"
    "只列与实际得分或等级不同的报送，有错误而未评分的除外。"
)
EXPLANATIONS = (
    ("更正进度", _THREADS),
    (END_NAMES["closed"], "曾有此错误，最后一次报送已经没有。"),
    (
        END_NAMES["waived"],
        "经审定准予按所填计入，不再要求更正（企业说明、理由、审定人、日期见“经审定的错误”）。",
    ),
    (END_NAMES["unchanged"], "重报时有关的填报内容没有改动，错误仍在。"),
    (END_NAMES["miscorrected"], "重报时有关的填报内容改动过，仍有同一错误。"),
    (END_NAMES["new"], "重报后才出现的错误。"),
    (END_NAMES[AWAITED], "首次报送即有的错误，该表至今没有再报。"),
    ("已通过", "最后一次报送已计入；“尚待更正”为最后一次报送仍有错误，其中可能有较早一次已计入的。"),
    ("平均更正、最多更正", _CORRECTIONS),
    ("不计此类改动的得分、等级", _TAKEN_BACK),
)
"""What the figures of the sheet mean, for 口径说明: pairs of what and its explanation."""


def progress_sheet(batch: ReportData) -> ReportSheet | None:
    """更正进度; None where no return has a second version and nothing is waived."""
    progress = batch.progress
    if progress is None:
        return None
    codes = (
        Table(
            f"progress_{severity}_codes",
            title,
            frame,
            (
                TableColumn("name", "问题", width=_GROUP_WIDTH),
                *_PROGRESS_COLUMNS,
                TableColumn("message", "示例（首个问题的提示）", width=_TEXT_WIDTH),
                TableColumn("code", "问题代码", width=21),
            ),
            total=True,
            notes=(_CODE_NOTE,),
        )
        for severity, title in _BY_CODE.items()
        if len(frame := code_frame(batch, progress, severity))
    )
    districts = district_frame(progress)
    blocks = (*_error_blocks(progress, districts), *codes, _unasked_table(batch.edition, progress))
    return ReportSheet("更正进度", "更正进度", blocks, lead=_lead_sentence(districts), paper="A3")


def _error_blocks(progress: CorrectionProgress, districts: pd.DataFrame) -> tuple[Table | ChartRow, ...]:
    """The chart and the tables of errors by district and by time; none where no return ever had an error."""
    if not len(districts):
        return ()
    return (
        ChartRow((Chart("stacked", "错误的更正情况（按区县，项）", "progress_districts", "group", ENDS),)),
        Table(
            "progress_districts",
            "分区县：错误的更正情况",
            districts,
            (TableColumn("group", "区县", width=_GROUP_WIDTH), *_PROGRESS_COLUMNS),
            total=True,
            notes=(_DISTRICT_NOTE,),
        ),
        Table(
            "progress_rounds",
            "历次更正：重报的表，更正前后的错误",
            round_frame(progress),
            _ROUND_COLUMNS,
            total=True,
            notes=(_ROUND_NOTE,),
        ),
    )


def _lead_sentence(districts: pd.DataFrame) -> str:
    if not len(districts):
        return "各份评测表都没有报过错误。"
    total = districts.iloc[-1]
    keys = ("threads", "through", "open", "found", "closed", "waived")
    threads, through, still, found, closed, waived = (
        Stated(str(total[key]), "progress_districts", -1, key) for key in keys
    )
    return ReportSentence(
        *("报过错误的 ", threads, " 份评测表，已通过 ", through, " 份，尚待更正 ", still, " 份；共发现错误 ", found),
        *(" 项，已改正 ", closed, " 项，经审定 ", waived),
        f" 项，其余 {total['found'] - total['closed'] - total['waived']} 项尚待更正。",
    )


def _unasked_table(edition: Edition, progress: CorrectionProgress) -> Table:
    return Table(
        "progress_unasked",
        "未要求更正而改动，且得分或等级随之变化的表（全部列出）",
        unasked_frame(edition, progress),
        (
            TableColumn("name", "企业名称", width=_GROUP_WIDTH),
            TableColumn("district", "区县", width=_NUMBER_WIDTH),
            TableColumn("filled_on", "填报日期", Format.CODE, _NUMBER_WIDTH),
            TableColumn("version", "版次", Format.ORDINAL, _NUMBER_WIDTH),
            TableColumn("status_name", "处理结果", Format.CODE, _NUMBER_WIDTH),
            TableColumn("n", f"此类改动{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
            TableColumn("score", "得分（分）", Format.POINTS, _NUMBER_WIDTH),
            TableColumn("level_name", "等级", Format.CODE, _NUMBER_WIDTH),
            TableColumn("score_without", "不计此类改动的得分（分）", Format.POINTS, _NUMBER_WIDTH),
            TableColumn("level_without", "不计此类改动的等级", Format.CODE, _NUMBER_WIDTH),
            TableColumn("score_gained", "得分相差（分）", Format.POINTS, _NUMBER_WIDTH),
            TableColumn("level_gained", "等级相差（级）", Format.COUNT, _NUMBER_WIDTH),
            TableColumn("keys", "改动的填报项（＋ 增加的√，－ 去掉的√）", width=_TEXT_WIDTH),
            TableColumn("uscc", "统一社会信用代码", Format.CODE, 21),
            TableColumn("file", "文件", width=32),
        ),
        notes=(_UNASKED_NOTE,),
    )
