"""更正进度: what has become of the errors that were found, by district and by code, and what was changed unasked."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import pandas as pd

from smebatch.batch.correction_progress import CorrectionProgress
from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_number, display_points
from smebatch.report.words import GONE, MISSING, STATE_NAMES, STATUS_NAMES, TOTAL, group_names, level_numbers
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

AWAITED = "awaited"
"""The end of an issue of a return that has not been sent again: its state is ``new``, but nothing came back yet."""

ENDS = ("closed", "waived", "unchanged", "miscorrected", "new", AWAITED)
"""What can have become of an issue; each issue has come to exactly one end."""

END_NAMES = {**STATE_NAMES, AWAITED: "尚未重报"}

_RETURNS, _ISSUES, _TIMES = "（份）", "（项）", "（次）"


def issue_ends(progress: CorrectionProgress) -> pd.DataFrame:
    """Every issue once, RangeIndex: thread, code, key, severity, and end (of ENDS), as of the last version.

    An issue that was closed and found again later is one issue.
    """
    # The rows are in the order of versions, and no version after the one that closed an issue mentions it.
    last = progress.issues.drop_duplicates(["thread", "code", "key"], keep="last", ignore_index=True)
    first_sent = (last["state"] == "new") & (last["version"] == 1)
    return last[["thread", "code", "key", "severity"]].assign(end=last["state"].mask(first_sent, AWAITED))


def thread_frame(progress: CorrectionProgress) -> pd.DataFrame:
    """Every thread, index thread: versions (how many), district, through (bool) and corrections (int64).

    It is through where its last version counts. ``corrections``: how often it was sent back until then, which is the
    number of its last version with errors; 0 where its errors were waived without a correction.
    """
    versions = progress.versions
    last = versions[versions["last"]].set_index("thread")
    wrong = versions[versions["errors"] > 0].groupby("thread")["version"].max()
    return pd.DataFrame(
        {
            "versions": last["version"],
            "district": group_names(last["district"]),
            "through": last["status"] == "counted",
            "corrections": wrong.reindex(last.index, fill_value=0).astype("int64"),
        }
    )


def group_progress(ends: pd.DataFrame, threads: pd.DataFrame, by: str) -> pd.DataFrame:
    """One row for each group of issues, by a column of ``ends``, and the whole as the last row.

    Columns: group, threads, versions, found, then each of ENDS (which add up to found), through, open, mean and most
    (of the corrections of the threads that are through; NA where there are none). A thread with issues of several
    groups is in each of them.
    """
    rows = [(str(name), part) for name, part in ends.groupby(by, sort=True)]
    frame = pd.DataFrame([_figures(name, part, threads) for name, part in (*rows, (TOTAL, ends))])
    return frame.astype({"mean": "float64", "most": "Int64"})


def _figures(name: str, ends: pd.DataFrame, threads: pd.DataFrame) -> dict[str, object]:
    concerned = threads.loc[ends["thread"].unique()]
    took = concerned["corrections"][concerned["through"]]
    return {
        "group": name,
        "threads": len(concerned),
        "versions": int(concerned["versions"].sum()),
        "found": len(ends),
        **{end: int((ends["end"] == end).sum()) for end in ENDS},
        "through": len(took),
        "open": len(concerned) - len(took),
        "mean": display_number(Fraction(int(took.sum()), len(took))) if len(took) else None,
        "most": int(took.max()) if len(took) else None,
    }


def district_frame(progress: CorrectionProgress) -> pd.DataFrame:
    """The errors by the district that the last version of their return names: see group_progress; 未填 comes last."""
    threads, ends = thread_frame(progress), issue_ends(progress)
    errors = ends[ends["severity"] == "error"]
    frame = group_progress(errors.assign(district=errors["thread"].map(threads["district"])), threads, "district")
    place = frame["group"].map({MISSING: 1, TOTAL: 2}).fillna(0)
    return frame.iloc[place.argsort(kind="stable")].reset_index(drop=True)


def code_frame(batch: ReportData, progress: CorrectionProgress, severity: str) -> pd.DataFrame:
    """The issues of a severity by code: see group_progress; the most frequent first; and message, of an example."""
    ends = issue_ends(progress)
    frame = group_progress(ends[ends["severity"] == severity], thread_frame(progress), "code")
    frame = pd.concat([frame[:-1].sort_values("found", ascending=False, kind="stable"), frame[-1:]], ignore_index=True)
    examples = batch.issues.drop_duplicates("code").set_index("code")["message"]
    return frame.assign(message=frame["group"].map(examples).astype("str"))


def round_frame(progress: CorrectionProgress) -> pd.DataFrame:
    """What became of the errors each time returns were sent again: a row for each time, and their sums as the last row.

    Columns: group, n (returns that were sent for that time), before (errors of the versions before), closed,
    miscorrected, unchanged, waived_before (those waived that the version before had; these four add up to ``before``),
    new, waived_new (the other waived ones), after (errors of these versions, those waived included: the sum of
    miscorrected, unchanged and all waived and new ones).
    """
    errors = progress.issues[progress.issues["severity"] == "error"]
    standing = errors[errors["state"] != "closed"].groupby("version").size()
    again = progress.versions[progress.versions["version"] > 1].groupby("version").size()
    following = progress.versions[~progress.versions["last"]]
    # Only those versions have a version after them whose thread goes on.
    goes_on = errors[errors["state"] != "closed"].merge(following[["thread", "version"]], on=["thread", "version"])
    before = goes_on.groupby("version").size()
    ends = errors["state"].mask(errors["state"] == "waived", "waived_new")
    ends = ends.mask((errors["state"] == "waived") & errors["stood_before"], "waived_before")
    counts = errors.assign(end=ends).groupby(["version", "end"]).size()
    rows = [
        {
            "group": f"第 {version - 1} 次更正",
            "n": int(again[version]),
            "before": int(before.get(version - 1, 0)),
            **{
                end: int(counts.get((version, end), 0))
                for end in ("closed", "miscorrected", "unchanged", "waived_before", "new", "waived_new")
            },
            "after": int(standing.get(version, 0)),
        }
        for version in again.index
    ]
    frame = pd.DataFrame(rows, columns=[column.key for column in _ROUND_COLUMNS])
    total = frame.drop(columns="group").sum().to_frame().T.assign(group=TOTAL)
    return pd.concat([frame, total], ignore_index=True).astype({key: "int64" for key in frame if key != "group"})


def unasked_frame(edition: Edition, progress: CorrectionProgress) -> pd.DataFrame:
    """Every version whose score or level rests on changes that no issue asked for; all of them, in the batch's order.

    Columns: name, district, uscc, phase, assessment_kind, filled_on, version, status_name, file, score and
    score_without (points), level_name and level_without (names), score_gained (points), level_gained, n (unasked
    changes) and keys (what they are).
    """
    scale = scale_of(edition)
    names = {g: edition.level_name(g) for g in level_numbers(edition)}
    frame = progress.taken_back[["form_id", "score_units", "level"]].merge(
        progress.versions, on="form_id", suffixes=("_without", "")
    )
    changes = progress.unasked_changes.groupby("form_id", sort=False)
    keys = {form_id: changed_keys(edition, zip(c["key"], c["after"], strict=True)) for form_id, c in changes}
    units = {name: frame[name].astype("int64") for name in ("score_units", "score_units_without")}
    gained = units["score_units"] - units["score_units_without"]
    sign = gained.where(gained >= 0, -1).clip(upper=1)
    return frame.assign(
        status_name=frame["status"].map({**STATUS_NAMES, "gone": GONE}),
        score=display_points(units["score_units"], scale.units_per_point),
        score_without=display_points(units["score_units_without"], scale.units_per_point),
        score_gained=sign * display_points(gained.abs(), scale.units_per_point),
        level_name=frame["level"].map(names),
        level_gained=frame["level"] - frame["level_without"],
        level_without=frame["level_without"].map(names),
        n=frame["form_id"].map(changes.size()),
        keys=frame["form_id"].map(keys),
    )


def changed_keys(edition: Edition, changes: Iterable[tuple[str, str]]) -> str:
    """Name the answers of some changes, each given by its key and the answer after it.

    A tick has ＋ before it where it was set and － where it was taken away.
    """
    keys = keys_of(edition)
    ticks = {name for name, key in keys.items() if key.kind is Kind.TICK}
    return "；".join(("＋" if after == "1" else "－") * (key in ticks) + keys[key].label for key, after in changes)


def progress_sheet(batch: ReportData) -> ReportSheet | None:
    """更正进度; None where no return has a second version and nothing is waived."""
    progress = batch.progress
    if progress is None:
        return None
    districts = district_frame(progress)
    tables = [
        Table(
            "progress_districts",
            "分区县：错误的更正情况",
            districts,
            (TableColumn("group", "区县", width=_GROUP_WIDTH), *_PROGRESS_COLUMNS),
            total=True,
            notes=_DISTRICT_NOTES,
        ),
        Table(
            "progress_rounds",
            "历次更正：重报的表，更正前后的错误",
            round_frame(progress),
            _ROUND_COLUMNS,
            total=True,
            notes=_ROUND_NOTES,
        ),
        *(
            Table(
                f"progress_{severity}_codes",
                title,
                frame,
                (
                    TableColumn("group", "问题代码", width=_GROUP_WIDTH),
                    *columns,
                    TableColumn("message", "示例（首个问题的提示）", width=_TEXT_WIDTH),
                ),
                total=True,
                notes=(note,),
            )
            for severity, title, columns, note in _BY_CODE
            if len(frame := code_frame(batch, progress, severity)) > 1
        ),
        _unasked_table(batch.edition, progress),
    ]
    chart = Chart("stacked", "错误的更正情况（按区县，项）", "progress_districts", "group", ENDS)
    whole = districts.iloc[-1]
    lead = (
        f"报过错误的 {whole['threads']} 份评测表，已通过 {whole['through']} 份，尚待更正 {whole['open']} 份；"
        f"共发现错误 {whole['found']} 项，已改正 {whole['closed']} 项，经审定 {whole['waived']} 项，"
        f"其余 {whole['found'] - whole['closed'] - whole['waived']} 项尚待更正。"
    )
    return ReportSheet("更正进度", "更正进度", (ChartRow((chart,)), *tables), lead=lead, paper="A3")


def _unasked_table(edition: Edition, progress: CorrectionProgress) -> Table:
    return Table(
        "progress_unasked",
        "未要求更正而改动，且得分或等级随之变化的表（全部列出）",
        unasked_frame(edition, progress),
        (
            TableColumn("name", "企业名称", width=_GROUP_WIDTH),
            TableColumn("district", "区县"),
            TableColumn("phase", "评测阶段", Format.CODE),
            TableColumn("assessment_kind", "评测类型", Format.CODE),
            TableColumn("filled_on", "填报日期", Format.CODE),
            TableColumn("version", "第几次报送", Format.ORDINAL),
            TableColumn("status_name", "处理结果", Format.CODE),
            TableColumn("n", f"此类改动{_ISSUES}", Format.COUNT),
            TableColumn("score", "得分（分）", Format.POINTS),
            TableColumn("level_name", "等级", Format.CODE),
            TableColumn("score_without", "不计此类改动的得分（分）", Format.POINTS),
            TableColumn("level_without", "不计此类改动的等级", Format.CODE),
            TableColumn("score_gained", "得分相差（分）", Format.POINTS),
            TableColumn("level_gained", "等级相差（级）", Format.COUNT),
            TableColumn("keys", "改动的填报项（＋ 增加的√，－ 去掉的√）", width=_TEXT_WIDTH),
            TableColumn("uscc", "统一社会信用代码", Format.CODE, 21),
            TableColumn("file", "文件", width=40),
        ),
        notes=(
            "上一次报送的表中没有任何问题涉及的填报项，企业自行改动的，为“此类改动”；"
            "相差为正，是改动使得分、等级提高。请核对改动的依据。",
        ),
    )


_GROUP_WIDTH, _NUMBER_WIDTH, _TEXT_WIDTH = 28, 10.5, 60

_END_COLUMNS = tuple(TableColumn(end, f"{END_NAMES[end]}{_ISSUES}", Format.COUNT, _NUMBER_WIDTH) for end in ENDS)
_PROGRESS_COLUMNS = (
    TableColumn("threads", f"报过错误的表{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("versions", "收到报送（份次）", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("found", f"发现错误{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    *_END_COLUMNS,
    TableColumn("through", f"已通过{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("open", f"尚待更正{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("mean", f"通过前平均更正{_TIMES}", Format.POINTS, _NUMBER_WIDTH),
    TableColumn("most", f"通过前最多更正{_TIMES}", Format.COUNT, _NUMBER_WIDTH),
)
_WARNING_COLUMNS = (
    TableColumn("threads", f"有此警告的表{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("versions", "收到报送（份次）", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("found", f"发现警告{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    *_END_COLUMNS,
)
_ROUND_COLUMNS = (
    TableColumn("group", "次序", width=_GROUP_WIDTH),
    TableColumn("n", f"收到重报{_RETURNS}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("before", f"更正前的错误{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("closed", f"已改正{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("miscorrected", f"改后仍错{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("unchanged", f"未改{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("waived_before", f"经审定，原有{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("new", f"新出现{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("waived_new", f"经审定，新出现{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
    TableColumn("after", f"更正后的错误{_ISSUES}", Format.COUNT, _NUMBER_WIDTH),
)

_DISTRICT_NOTES = (
    "每项错误只计一次，看它在该表最后一次报送中的结果：发现错误＝已改正＋经审定＋未改＋改后仍错＋新出现＋尚未重报；"
    "报过错误的表＝已通过＋尚待更正。",
)
_ROUND_NOTES = (
    "同一项错误每次重报都计一次：更正前的错误＝已改正＋改后仍错＋未改＋经审定（原有）；"
    "更正后的错误＝改后仍错＋未改＋新出现＋经审定（原有、新出现）。",
)
_BY_CODE = (
    (
        "error",
        "按问题代码：错误",
        _PROGRESS_COLUMNS,
        "一份表有几种错误的，各行都计这份表；合计行中只计一次。",
    ),
    (
        "warning",
        "按问题代码：警告（请企业核对，不要求更正，不影响计入统计）",
        _WARNING_COLUMNS,
        "一份表有几种警告的，各行都计这份表；合计行中只计一次。未改的警告不必追问。",
    ),
)

EXPLANATIONS = (
    (
        "更正进度",
        "报过错误的评测表，从首次报送到最后一次报送，逐项对照。同一企业、阶段、类型的各次报送是同一份表；"
        "同一份表中代码和填报项都相同的错误是同一项。区县按最后一次报送所填；文件已全部移走的表不计。",
    ),
    (END_NAMES["closed"], "曾有此错误，最后一次报送已经没有。"),
    (END_NAMES["waived"], "经审定准予按所填计入，不再要求更正（企业说明、理由、审定人、日期见“经审定的错误”）。"),
    (END_NAMES["unchanged"], "重报时有关的填报内容没有改动，错误仍在。"),
    (END_NAMES["miscorrected"], "重报时有关的填报内容改动过，仍有同一错误。"),
    (END_NAMES["new"], "重报后才出现的错误。"),
    (END_NAMES[AWAITED], "首次报送即有的错误，该表至今没有再报。"),
    ("已通过", "最后一次报送已计入统计；“尚待更正”为最后一次报送仍有错误，其中可能有较早一次已计入的。"),
    (
        "通过前更正次数",
        "已通过的表在最后一次通过之前被退回的次数，即最后一次有错误的报送是第几次；一报即经审定通过的为 0。"
        "平均为次数之和÷已通过的份数。",
    ),
    (
        "不计此类改动的得分",
        "把没有任何问题要求改动的√恢复成上一次报送的样子再计算的得分和等级；只列与实际得分、等级不同的，有错误而未评分的表不列。",
    ),
)
"""What the figures of the sheet mean, for 口径说明: pairs of what and its explanation."""
