"""The long lists: every counted return, every issue, every file, who never answered and who did unasked."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from smebatch.assess.score_columns import scenes_at_least
from smebatch.batch.load import ReportData
from smebatch.report.document import Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_points
from smebatch.report.section_groups import full_mark_units, industry_division
from smebatch.report.words import (
    FOUND_FIRST,
    SEVERITY_NAMES,
    STATE_NAMES,
    STATUS_NAMES,
    UNASKED_REASONS,
    blocked_name,
    field_label,
    level_numbers,
)
from smebatch.standard.fixed_point import plain_decimal
from smebatch.standard.score_units import scale_of

ACTION_BY_SEVERITY = {"error": "退回企业，更正后重报", "warning": "请企业核对，不影响计入统计"}


def enterprise_frame(batch: ReportData) -> pd.DataFrame:
    """Every counted return in the batch's order, RangeIndex.

    Columns: number, name, uscc, district, industry, size, phase, assessment_kind, score and dimension_<id>
    (points), level_name, blocked (in words), points_missing (points), file; with scenes: scenes_ge<g>, scenes_missing,
    binding_missing; where any error of a counted return is waived: waived (how many of this one's, NA for none).
    """
    edition, who, scores = batch.edition, batch.enterprises, batch.scores
    units_per_point = scale_of(edition).units_per_point
    frame = who[["name", "uscc", "district", "size", "phase", "assessment_kind", "file"]].copy()
    frame.insert(0, "number", range(1, len(frame) + 1))
    frame["industry"] = industry_division(who["industry_code"])
    frame["score"] = display_points(scores["score_units"], units_per_point)
    for d in edition.dimensions:
        frame[f"dimension_{d.id}"] = display_points(scores[d.id], units_per_point)
    frame["level_name"] = scores["level"].map({g: edition.level_name(g) for g in level_numbers(edition)})
    blocked = scores["blocked_by"].fillna("")
    frame["blocked"] = blocked.map({key: blocked_name(key) for key in blocked.unique()})
    frame["points_missing"] = display_points(scores["points_missing"], units_per_point)
    if (waived := _waived(batch)) is not None:
        frame["waived"] = waived.reindex(frame.index).astype("Int64")
    for name in _scene_columns(batch):
        frame[name] = scores[name]
    return frame.reset_index(drop=True)


def _waived(batch: ReportData) -> pd.Series[int] | None:
    """How many errors of each counted return are waived, by form_id; None where none of any return is."""
    if batch.progress is None or not len(batch.progress.waivers):
        return None
    return batch.progress.waivers.groupby("form_id").size()


def _scene_columns(batch: ReportData) -> dict[str, str]:
    """Scene columns of the scores with their headings; none without scenes."""
    edition = batch.edition
    if not edition.scenes:
        return {}
    return {
        **{scenes_at_least("scenes", g.level): f"场景≥{g.name}" for g in edition.levels},
        "scenes_missing": "差场景",
        "binding_missing": "差约束",
    }


def enterprise_sheet(batch: ReportData) -> ReportSheet:
    """企业明细."""
    edition = batch.edition
    full_marks = {
        part: plain_decimal(Decimal(scale_of(edition).points(units)))
        for part, units in full_mark_units(edition).items()
    }
    columns = (
        TableColumn("number", "序号", Format.ORDINAL, 6),
        TableColumn("name", "企业名称", width=25),
        TableColumn("uscc", "统一社会信用代码", Format.CODE, 20),
        TableColumn("district", field_label(edition, "district")),
        TableColumn("industry", "行业大类", width=20),
        TableColumn("size", "规模", Format.CODE, 5.5),
        TableColumn("phase", "阶段", Format.CODE, 7),
        TableColumn("assessment_kind", "类型", Format.CODE, 9.5),
        TableColumn("level_name", "等级", Format.CODE, 7),
        TableColumn("score", "得分", Format.POINTS, 7),
        *((TableColumn("waived", "经审定（项）", Format.COUNT, 7),) if _waived(batch) is not None else ()),
        *(
            TableColumn(f"dimension_{d.id}", f"{d.name}（满分{full_marks[d.id]}）", Format.POINTS, 10)
            for d in edition.dimensions
        ),
        *(TableColumn(key, title, Format.COUNT, 5) for key, title in _scene_columns(batch).items() if "_ge" in key),
        TableColumn("blocked", "升级未满足的条件", width=23),
        TableColumn("points_missing", "差得分", Format.POINTS, 7),
        *(TableColumn(key, title, Format.COUNT, 5) for key, title in _scene_columns(batch).items() if "_ge" not in key),
        TableColumn("file", "文件", width=30),
    )
    table = Table("enterprises", "", enterprise_frame(batch), columns, long=True)
    return ReportSheet("企业明细", "企业明细", (table,), paper="A3")


_OPEN_WHEN_SUPERSEDED = frozenset({"return.dates_disagree"})  # whether they are superseded is what is to be checked


def open_issues(batch: ReportData) -> pd.DataFrame:
    """The issues that somebody has to look into.

    Those of superseded returns have been settled by a later one, those that are waived by a decision.
    """
    superseded = batch.files["file"][batch.files["status"] == "superseded"]
    issues = batch.issues[batch.issues["state"] != "waived"]
    return issues[~issues["file"].isin(set(superseded)) | issues["code"].isin(_OPEN_WHEN_SUPERSEDED)]


def issue_groups(batch: ReportData) -> pd.DataFrame:
    """Issues by code, errors first, most frequent first: code, severity, name, n, files, message (first), action."""
    issues = open_issues(batch)
    groups = issues.groupby(["severity", "code"], sort=False, dropna=False)
    frame = groups.agg(n=("file", "size"), files=("file", "nunique"), message=("message", "first")).reset_index()
    frame["name"] = frame["severity"].map(SEVERITY_NAMES)
    frame["action"] = frame["severity"].map(ACTION_BY_SEVERITY)
    # "error" sorts before "warning"
    return frame.sort_values(["severity", "n", "code"], ascending=[True, False, True], ignore_index=True)


def issue_frame(batch: ReportData) -> pd.DataFrame:
    """Every open issue as it was found, with name (of its severity) and state_name (a refused explanation said so)."""
    issues = open_issues(batch)
    states = issues["state"].map(STATE_NAMES).fillna("")
    if batch.progress is not None:
        first = batch.progress.versions.query("version == 1")["form_id"]
        states = states.mask((issues["state"] == "new") & issues["form_id"].isin(set(first)), FOUND_FIRST)
    return issues.assign(
        name=issues["severity"].map(SEVERITY_NAMES),
        state_name=states.mask(issues["decision"] == "refused", states + "，说明未获准"),
    ).reset_index(drop=True)


_FOLLOWED_COLUMNS = (TableColumn("state_name", "处理状态", width=11), TableColumn("explanation", "企业说明", width=30))


def issue_sheets(batch: ReportData) -> tuple[ReportSheet, ...]:
    """问题汇总 by code, and 问题清单 with every issue that is open."""
    groups = Table(
        "issue_groups",
        "",
        issue_groups(batch),
        (
            TableColumn("name", "级别", Format.CODE, 8),
            TableColumn("code", "问题代码", width=26),
            TableColumn("n", "次数", Format.COUNT, 8),
            TableColumn("files", "涉及文件", Format.COUNT, 9),
            TableColumn("message", "示例（首个问题的提示）", width=64),
            TableColumn("action", "处理", width=26),
        ),
        long=True,
    )
    issues = Table(
        "issues",
        "",
        issue_frame(batch),
        (
            TableColumn("file", "文件", width=42),
            TableColumn("sheet", "工作表", width=14),
            TableColumn("cell", "单元格", Format.CODE, 11),
            TableColumn("key", "填报项", width=16),
            TableColumn("name", "级别", Format.CODE, 7),
            TableColumn("code", "问题代码", width=22),
            TableColumn("found", "填写内容", width=20),
            TableColumn("expected", "应为", width=24),
            TableColumn("message", "提示", width=54),
            TableColumn("clause", "依据", width=16),
            *(_FOLLOWED_COLUMNS if batch.progress else ()),
        ),
        long=True,
    )
    note = "“错误”须退回更正，更正前不计入统计；“警告”请核对，不影响计入。已被替代的表不必退回，其问题不在此列。"
    if batch.progress:
        note += "经审定的错误不在此列，见“口径说明”。"
    return ReportSheet("问题汇总", "问题汇总（按问题代码）", (groups,), (note,)), ReportSheet(
        "问题清单", "问题清单", (issues,), (note,), paper="A3"
    )


def file_sheet(batch: ReportData) -> ReportSheet:
    """文件清单: every entry found, in the batch's order."""
    frame = batch.files.assign(name=batch.files["status"].map(STATUS_NAMES), number=range(1, len(batch.files) + 1))
    columns = (
        TableColumn("number", "序号", Format.ORDINAL, 7),
        TableColumn("file", "文件", width=44),
        TableColumn("name", "处理结果", Format.CODE, 10),
        TableColumn("reason", "原因", width=22),
        TableColumn("detail", "说明", width=46),
        TableColumn("superseded_by", "被何表替代", width=42),
        TableColumn("warnings", "警告数", Format.COUNT, 8),
    )
    return ReportSheet("文件清单", "文件清单", (Table("file_list", "", frame, columns, long=True),))


def silent_sheet(batch: ReportData) -> ReportSheet | None:
    """未报名单: who is on the roster and never answered; None without a roster or when all did."""
    roster = batch.roster
    if roster is None or roster["answered"].all():
        return None
    silent = roster[~roster["answered"]].sort_values(["district", "name"], kind="stable", ignore_index=True)
    columns = (
        TableColumn("number", "序号", Format.ORDINAL, 6),
        TableColumn("district", "区县", width=12),
        TableColumn("name", "企业名称", width=36),
        TableColumn("uscc", "统一社会信用代码", Format.CODE, 22),
        TableColumn("contact", "联系人", width=10),
        TableColumn("phone", "联系电话", Format.CODE, 16),
        TableColumn("note", "备注", width=20),
    )
    doubt = silent["doubt"].map({True: "有同名的表报来，未认定是哪一家，见“名单以外”", False: ""})
    frame = silent.assign(number=range(1, len(silent) + 1), note=doubt.astype("str"))
    return ReportSheet("未报名单", "未报名单", (Table("silent", "", frame, columns, long=True),), landscape=False)


def unasked_sheet(batch: ReportData) -> ReportSheet | None:
    """名单以外: who answered and was not found on the roster, and why; None when there is nobody."""
    unasked = batch.unasked
    if not len(unasked):
        return None
    reasons = zip(unasked["why"], unasked["rivals"], unasked["whose"], strict=True)
    notes = [UNASKED_REASONS[why].format(rivals=rivals, whose=whose) for why, rivals, whose in reasons]
    frame = unasked.assign(number=range(1, len(unasked) + 1), note=pd.Series(notes, unasked.index, dtype="str"))
    columns = (
        TableColumn("number", "序号", Format.ORDINAL, 6),
        TableColumn("district", "区县", width=12),
        TableColumn("name", "企业名称", width=32),
        TableColumn("uscc", "统一社会信用代码", Format.CODE, 22),
        TableColumn("n", "份数", Format.COUNT, 6),
        TableColumn("file", "文件（有几份的列第一份）", width=42),
        TableColumn("note", "说明", width=40),
    )
    note = "先按统一社会信用代码、再按企业名称与名单核对；名称中的空格、全角半角和括号样式不影响核对。"
    return ReportSheet("名单以外", "名单以外报送的企业", (Table("unasked", "", frame, columns, long=True),), (note,))
