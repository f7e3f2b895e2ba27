"""企业明细, 问题汇总, 问题清单, 文件清单 and 口径说明, worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from report_data import tiny_edition
from small_batch import figures, files_of, issues_of, printed, rows, small_batch, table_of
from smebatch.batch.load import UNCOUNTED_FIELDS
from smebatch.report.section_explanation import explanation_sheet
from smebatch.report.section_lists import (
    enterprise_frame,
    enterprise_sheet,
    file_sheet,
    issue_frame,
    issue_groups,
    issue_sheets,
)
from smebatch.report.words import MISSING

# --- 企业明细


def test_each_return_with_its_points_and_what_it_misses() -> None:
    # 6 units a point: 401 = 66.833…, base 161 = 26.833…, outcome 240 = 40, 139 missing = 23.166…
    first = (
        {"name": "甲厂", "uscc": "91A", "district": "东", "industry_code": "C3391", "size": "小型"}
        | {"contact": "张三", "phone": "139", "file": "甲.xlsx"}
        | {"level": 2, "score_units": 401, "base": 161, "outcome": 240, "score_level": 2, "scene_level": 3}
        | {"q01": 121, "q02": 40, "q03": 60, "q04": 180, "s01": 3, "s02": 1, "s03": 2}
        | {"scenes_ge1": 3, "scenes_ge2": 2, "scenes_ge3": 1, "binding_ge1": 2, "binding_ge2": 1, "binding_ge3": 0}
        | {"blocked_by": "score+binding", "points_missing": 139, "scenes_missing": 0, "binding_missing": 1}
    )
    second = {"level": 0, "blocked_by": "scenes", "scenes_missing": 1, "binding_missing": 2, "points_missing": 0}
    table = table_of(
        enterprise_sheet(small_batch(first, second, {"level": 3, "score_units": 600, "blocked_by": None})),
        "enterprises",
    )
    assert printed(table) == [
        (
            *("number", "name", "uscc", "district", "industry", "size", "rank", "level_name", "score"),
            *("dimension_base", "dimension_outcome", "scenes_ge1", "scenes_ge2", "scenes_ge3"),
            *("blocked", "points_missing", "scenes_missing", "binding_missing", "contact", "phone"),
            *("q01", "q02", "q03", "q04", "s01", "s02", "s03", "file"),
        ),
        (
            *(1, "甲厂", "91A", "东", "C33 金属制品业", "小型", 2, "银", 66.83, 26.83, 40, 3, 2, 1),
            *("得分、约束性场景", 23.17, 0, 1, "张三", "139"),
            *(20.17, 6.67, 10, 30, 3, 1, 2, "甲.xlsx"),
        ),
        (
            *(2, None, None, None, MISSING, None, 3, "未评", *(0,) * 6),
            *("场景", 0, 1, 2, None, None, *(0,) * 7, "f1.xlsx"),
        ),
        (
            *(
                3,
                None,
                None,
                None,
                MISSING,
                None,
                1,
                "金",
                100,
                *(0,) * 5,
                "",
                0,
                0,
                0,
                None,
                None,
                *(0,) * 7,
                "f2.xlsx",
            ),
        ),
    ]


def test_equal_scores_share_a_rank_and_the_next_is_skipped() -> None:
    # Compared as units: 66.833… and 66.666… points are 401 and 400 of them.
    b = small_batch(*({"score_units": units} for units in (400, 401, 10, 400, 600)))
    assert rows(enterprise_frame(b), "rank") == [(3,), (2,), (5,), (3,), (1,)]


def test_dimensions_say_their_full_marks() -> None:
    titles = {c.key: c.title for c in table_of(enterprise_sheet(small_batch()), "enterprises").columns}
    assert [figures(titles[f"dimension_{d}"]) for d in ("base", "outcome")] == [["40"], ["60"]]


# --- 问题汇总 and 问题清单

ISSUES = (
    ("a", "warning", "w.often"),
    ("b", "error", "e.twice"),
    ("a", "error", "e.often"),
    ("a", "warning", "w.often"),
    ("c", "error", "e.also_twice"),
    ("a", "error", "e.often"),
    ("b", "error", "e.often"),
    ("b", "warning", "w.often"),
    ("b", "error", "e.twice"),
    ("c", "warning", "w.often"),
    ("a", "error", "e.also_twice"),
    ("c", "warning", "w.once"),
)


def test_issues_by_code_errors_first_then_the_most_frequent_then_by_code() -> None:
    # e.often 3 in a, a, b; e.also_twice 2 in c, a, before e.twice 2 in b, b by its code; w.often 4 in a, a, b, c
    b = small_batch(*({"file": file} for file in "abc"), issues=issues_of(*ISSUES))
    groups, _ = issue_sheets(b)
    table = table_of(groups, "issue_groups")
    assert rows(table.frame, "severity", "code", "n", "files", "message") == [
        ("error", "e.often", 3, 2, "提示2"),
        ("error", "e.also_twice", 2, 2, "提示4"),
        ("error", "e.twice", 2, 1, "提示1"),
        ("warning", "w.often", 4, 3, "提示0"),
        ("warning", "w.once", 1, 1, "提示11"),
    ]
    assert printed(table)[0] == ("severity_name", "name", "n", "files", "message", "action", "code")
    names = [row[0] for row in printed(table)[1:]]
    assert names == ["错误"] * 3 + ["警告"] * 2
    assert ["退回" in row[-2] for row in printed(table)[1:]] == [True] * 3 + [False] * 2


def test_every_issue_is_listed_as_it_was_found() -> None:
    issues = issues_of(*ISSUES).assign(sheet="表", cell="D1", key="q01", found="二", expected="三", clause="1")
    _, listed = issue_sheets(small_batch(*({"file": file} for file in "abc"), issues=issues))
    table = table_of(listed, "issues")
    keys = (
        *("number", "name", "district", "contact", "phone", "severity_name", "issue", "title", "found", "expected"),
        *("message", "clause", "file", "sheet", "cell", "code"),
    )
    names = {"error": "错误", "warning": "警告"}
    assert printed(table) == [
        keys,
        *(
            (
                *(i, None, None, None, None, names[severity], code, "题1 甲", "二", "三"),
                *(f"提示{i - 1}", "1", file, "表", "D1", code),
            )
            for i, (file, severity, code) in enumerate(ISSUES, 1)
        ),
    ]


def test_an_issue_says_in_words_what_it_is_and_whom_to_ask() -> None:
    # 甲 counts, 乙 is to correct; a line of a decisions file belongs to no return.
    issues = issues_of(
        ("a", "warning", "phone.odd"), ("b", "error", "required.missing"), ("c", "warning", "decision.date")
    )
    issues = issues.assign(form_id=["f0", "r0", ""], key=["phone", "name", "decided_on"])
    sent = pd.DataFrame(
        [("乙厂", "91B", "西", "李四", "138")], pd.Index(["r0"], name="form_id"), list(UNCOUNTED_FIELDS), "str"
    )
    counted = {"name": "甲厂", "district": "东", "contact": "张三", "phone": "139"}
    frame = issue_frame(small_batch(counted, issues=issues, uncounted=sent))
    assert rows(frame, "name", "district", "contact", "phone", "issue", "title") == [
        ("甲厂", "东", "张三", "139", "不像电话号码", "联系电话"),
        ("乙厂", "西", "李四", "138", "必填项未填", "企业名称"),
        (None, None, None, None, "审定日期有误", None),
    ]


def test_without_issues_both_lists_are_empty() -> None:
    assert rows(issue_groups(small_batch())) == []
    groups, issues = issue_sheets(small_batch())
    assert not len(table_of(groups, "issue_groups").frame)
    assert not len(table_of(issues, "issues").frame)


# --- 文件清单


def test_every_entry_with_its_number_status_and_warnings() -> None:
    b = small_batch(
        files=files_of(
            ("counted", {"file": "甲.xlsx", "reason": "complete", "warnings": 2}),
            ("superseded", {"file": "旧.xlsx", "reason": "superseded.later", "superseded_by": "甲.xlsx"}),
            ("returned", {"file": "乙.xlsx", "reason": "errors", "detail": "两处"}),
            ("rejected", {"file": "图.xlsx", "reason": "file.empty"}),
        )
    )
    assert printed(table_of(file_sheet(b), "file_list")) == [
        ("number", "file", "name", "detail", "superseded_by", "warnings", "reason"),
        (1, "甲.xlsx", "已计入", None, None, 2, "complete"),
        (2, "旧.xlsx", "已被替代", None, "甲.xlsx", 0, "superseded.later"),
        (3, "乙.xlsx", "退回更正", "两处", None, 0, "errors"),
        (4, "图.xlsx", "不予采用", None, None, 0, "file.empty"),
    ]


# --- 口径说明


def test_the_facts_count_the_files_by_status() -> None:
    statuses = ["counted"] * 4 + ["returned"] * 3 + ["superseded"] * 1 + ["rejected"] * 2
    b = small_batch(*[{}] * 4, files=files_of(*((s, {}) for s in statuses)))
    facts = dict(rows(table_of(explanation_sheet(b), "facts").frame, "name", "text"))
    assert figures(facts["处理结果"]) == ["4", "3", "1", "2"]
    assert figures(facts["统计对象"]) == ["4"]


@pytest.mark.parametrize(("region", "said"), [("某某市", "某某市"), ("", MISSING)])
def test_the_facts_name_the_region(region: str, said: str) -> None:
    facts = table_of(explanation_sheet(small_batch(region=region)), "facts").frame
    assert dict(rows(facts, "name", "text"))["区域"] == said


def test_a_reading_cut_short_is_said_beside_its_time() -> None:
    whole, short = (
        dict(
            rows(table_of(explanation_sheet(small_batch(read_at="2026", cut_short=cut)), "facts").frame, "name", "text")
        )
        for cut in (False, True)
    )
    assert whole["读取时间"] == "2026"
    assert short["读取时间"] != "2026"


def test_grades_formulas_and_rulings_are_those_of_the_edition() -> None:
    sheet = explanation_sheet(small_batch())
    # 铜 asks for no more than its score.
    assert printed(table_of(sheet, "grades")) == [
        ("name", "text", "clause"),
        ("铜（铜牌）", "得分不低于 30 分。", "二"),
        ("银（银牌）", "得分不低于 60 分；两个场景。", "三"),
        ("金（金牌）", "得分不低于 90 分；三个场景。", "四"),
        ("未评", "哪一级都没有达到。", "6"),
    ]
    formulas = {name: (text, clause) for name, text, clause in rows(table_of(sheet, "formulas").frame)}
    assert figures(formulas["得分"][0])[:3] == ["1", "6", "600"]
    assert formulas["得分"][1] == "二"
    assert "平均等级" in formulas
    assert len(table_of(sheet, "rulings").frame) == 3  # gap, choice and reason of one
    tiny = explanation_sheet(small_batch(edition=tiny_edition()))
    assert "平均等级" not in dict(rows(table_of(tiny, "formulas").frame, "name", "text"))
    assert not [block for block in tiny.blocks if getattr(block, "id", "") == "rulings"]
