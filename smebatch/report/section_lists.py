"""The long lists: every counted return, every issue, every file, who never answered and who did unasked."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from smebatch.assess.score_columns import scenes_at_least
from smebatch.batch.load import ReportData
from smebatch.issues.catalogue import issue_name
from smebatch.report.document import Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_points
from smebatch.report.section_groups import full_mark_units, industry_division
from smebatch.report.words import (
    BINDING,
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
from smebatch.standard.keys import titles_of
from smebatch.standard.score_units import scale_of

ACTION_BY_SEVERITY = {"error": "退回企业，更正后重报", "warning": "请企业核对，不影响计入"}


def enterprise_frame(batch: ReportData) -> pd.DataFrame:
    """Every counted return in the batch's order, RangeIndex.

    Columns: number, rank (by the exact score, equal ones share it), name, uscc, district, industry, size, level_name,
    score and dimension_<id> and the questions by id (points), blocked (in words), points_missing (points), contact,
    phone, file; with scenes: scenes_ge<g>, scenes_missing, binding_missing, and the level of each scene by id; where
    any error of a counted return is waived: waived (how many of this one's, NA for none).
    """
    edition, who, scores = batch.edition, batch.enterprises, batch.scores
    units_per_point = scale_of(edition).units_per_point
    frame = who[["name", "uscc", "district", "size", "contact", "phone", "file"]].copy()
    frame.insert(0, "number", range(1, len(frame) + 1))
    frame["rank"] = scores["score_units"].rank(method="min", ascending=False).astype("int64")
    frame["industry"] = industry_division(who["industry_code"])
    frame["level_name"] = scores["level"].map({g: edition.level_name(g) for g in level_numbers(edition)})
    blocked = scores["blocked_by"].fillna("")
    frame["blocked"] = blocked.map({key: blocked_name(key) for key in blocked.unique()})
    if (waived := _waived(batch)) is not None:
        frame["waived"] = waived.reindex(frame.index).astype("Int64")
    parts = {f"dimension_{d.id}": d.id for d in edition.dimensions} | {q.id: q.id for q in edition.questions}
    parts |= {"score": "score_units", "points_missing": "points_missing"}
    points = pd.DataFrame({name: display_points(scores[part], units_per_point) for name, part in parts.items()})
    reached = scores[[s.id for s in edition.scenes]].astype("int8")  # of 100,000 returns a tenth of the memory
    return pd.concat([frame, points, scores[[*_scene_columns(batch)]], reached], axis=1).reset_index(drop=True)


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
        "scenes_missing": "差场景数",
        "binding_missing": f"差{BINDING}数",
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
        TableColumn("rank", "位次", Format.ORDINAL, 6),
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
        TableColumn("contact", "联系人", Format.CODE, 9),
        TableColumn("phone", "联系电话", Format.CODE, 14),
        *(
            TableColumn(q.id, f"题{q.number} {q.item}（满分{full_marks[q.id]}）", Format.POINTS, 8)
            for q in edition.questions
        ),
        *(TableColumn(s.id, f"场景{s.number} {s.printed_name}", Format.COUNT, 7) for s in edition.scenes),
        TableColumn("file", "文件", width=30),
    )
    table = Table("enterprises", "", enterprise_frame(batch), columns, long=True)
    note = "位次按得分的精确值由高到低，相等的并列。"
    if edition.scenes:
        note += f"各场景的数字为达到的等级，0 为{edition.header.not_reached}或{edition.header.not_applicable}。"
    return ReportSheet("企业明细", "企业明细", (table,), (note,), paper="A3", pages=(2, 0))


_OPEN_WHEN_SUPERSEDED = frozenset({"return.dates_disagree"})  # whether they are superseded is what is to be checked


def open_issues(batch: ReportData) -> pd.DataFrame:
    """The issues that somebody has to look into.

    Those of superseded returns have been settled by a later one, those that are waived by a decision.
    """
    superseded = batch.files["file"][batch.files["status"] == "superseded"]
    issues = batch.issues[batch.issues["state"] != "waived"]
    return issues[~issues["file"].isin(set(superseded)) | issues["code"].isin(_OPEN_WHEN_SUPERSEDED)]


def issue_groups(batch: ReportData) -> pd.DataFrame:
    """Issues by code, errors first, most frequent first.

    Columns: code, severity, name (of the code), severity_name, n, files, message (of the first), action.
    """
    issues = open_issues(batch)
    groups = issues.groupby(["severity", "code"], sort=False, dropna=False)
    frame = groups.agg(n=("file", "size"), files=("file", "nunique"), message=("message", "first")).reset_index()
    frame["name"] = frame["code"].map(issue_name).astype("str")
    frame["severity_name"] = frame["severity"].map(SEVERITY_NAMES)
    frame["action"] = frame["severity"].map(ACTION_BY_SEVERITY)
    # "error" sorts before "warning"
    return frame.sort_values(["severity", "n", "code"], ascending=[True, False, True], ignore_index=True)


def issue_frame(batch: ReportData) -> pd.DataFrame:
    """Every open issue as it was found, RangeIndex, with what a person calls it and whom to ask.

    Beside the columns of the issues: number (from 1), issue (the name of the code), title (of the key), severity_name,
    state_name (a refused explanation said so), and of the return's enterprise name, district, contact and phone, NA
    where unknown.
    """
    issues = open_issues(batch)
    states = issues["state"].map(STATE_NAMES).fillna("")
    if batch.progress is not None:
        first = batch.progress.versions.query("version == 1")["form_id"]
        states = states.mask((issues["state"] == "new") & issues["form_id"].isin(set(first)), FOUND_FIRST)
    titles, names = titles_of(batch.edition), {code: issue_name(code) for code in issues["code"].unique()}
    senders = _senders(batch)
    return issues.assign(
        issue=issues["code"].map(names),
        title=issues["key"].map(titles),
        severity_name=issues["severity"].map(SEVERITY_NAMES),
        state_name=states.mask(issues["decision"] == "refused", states + "，说明未获准"),
        number=range(1, len(issues) + 1),
        **{key: issues["form_id"].map(senders[key]) for key in _SENDER},
    ).reset_index(drop=True)


_SENDER = ("name", "district", "contact", "phone")


def _senders(batch: ReportData) -> pd.DataFrame:
    """Who sent each readable return, index form_id: name, district, contact, phone."""
    counted = batch.all_counted.enterprises[[*_SENDER]]
    return counted if batch.uncounted is None else pd.concat([counted, batch.uncounted[[*_SENDER]]])


_CODE_COLUMN = TableColumn("code", "问题代码", width=18)  # for whoever looks it up elsewhere, so it comes last
_FOLLOWED_COLUMNS = (TableColumn("state_name", "处理状态", width=11), TableColumn("explanation", "企业说明", width=30))


def issue_sheets(batch: ReportData) -> tuple[ReportSheet, ...]:
    """问题汇总 by code, and 问题清单 with every issue that is open."""
    groups = Table(
        "issue_groups",
        "",
        issue_groups(batch),
        (
            TableColumn("severity_name", "级别", Format.CODE, 8),
            TableColumn("name", "问题", width=24),
            TableColumn("n", "次数", Format.COUNT, 8),
            TableColumn("files", "涉及文件", Format.COUNT, 9),
            TableColumn("message", "示例（首个问题的提示）", width=64),
            TableColumn("action", "处理", width=26),
            _CODE_COLUMN,
        ),
        long=True,
    )
    issues = Table(
        "issues",
        "",
        issue_frame(batch),
        (
            TableColumn("number", "序号", Format.ORDINAL, 7),
            TableColumn("name", "企业名称", width=26),
            TableColumn("district", field_label(batch.edition, "district")),
            TableColumn("contact", "联系人", Format.CODE, 9),
            TableColumn("phone", "联系电话", Format.CODE, 14),
            TableColumn("severity_name", "级别", Format.CODE, 6),
            TableColumn("issue", "问题", width=16),
            TableColumn("title", "填报项", width=22),
            TableColumn("found", "填写内容", width=18),
            TableColumn("expected", "应为", width=20),
            TableColumn("message", "提示", width=50),
            TableColumn("clause", "依据", width=12),
            *(_FOLLOWED_COLUMNS if batch.progress else ()),
            TableColumn("file", "文件", width=30),
            TableColumn("sheet", "工作表", width=13),
            TableColumn("cell", "单元格", Format.CODE, 9),
            _CODE_COLUMN,
        ),
        long=True,
    )
    note = "“错误”须退回更正，更正前不计入；“警告”请核对，不影响计入。已被替代的评测表不必退回，其问题不在此列。"
    if batch.progress:
        note += "经审定的错误不在此列，见“经审定的错误”。"
    return ReportSheet("问题汇总", "问题汇总", (groups,), (note,)), ReportSheet(
        "问题清单", "问题清单", (issues,), (note,), paper="A3"
    )


def file_sheet(batch: ReportData) -> ReportSheet:
    """文件清单: every entry found, in the batch's order."""
    frame = batch.files.assign(name=batch.files["status"].map(STATUS_NAMES), number=range(1, len(batch.files) + 1))
    columns = (
        TableColumn("number", "序号", Format.ORDINAL, 7),
        TableColumn("file", "文件", width=50),
        TableColumn("name", "处理结果", Format.CODE, 10),
        TableColumn("detail", "原因和处理", width=46),
        TableColumn("superseded_by", "替代它的文件", width=42),
        TableColumn("warnings", "警告（处）", Format.COUNT, 8),
        TableColumn("reason", "原因代码", width=18),
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
        TableColumn("district", "区县"),
        TableColumn("name", "企业名称", width=34),
        TableColumn("uscc", "统一社会信用代码", Format.CODE, 22),
        TableColumn("contact", "联系人", width=10),
        TableColumn("phone", "联系电话", Format.CODE, 16),
        *((TableColumn("note", "备注", width=20),) if silent["doubt"].any() else ()),
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
        TableColumn("district", "区县"),
        TableColumn("name", "企业名称", width=32),
        TableColumn("uscc", "统一社会信用代码", Format.CODE, 22),
        TableColumn("n", "份数", Format.COUNT, 6),
        TableColumn("file", "文件（有几份的列第一份）", width=42),
        TableColumn("note", "说明", width=40),
    )
    note = "先按统一社会信用代码、再按企业名称与名单核对；名称中的空格、全角半角和括号样式不影响核对。"
    return ReportSheet("名单以外", "名单以外报送的企业", (Table("unasked", "", frame, columns, long=True),), (note,))
