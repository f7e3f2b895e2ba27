"""The report's names of levels, states, conditions and blanks, most of them taken from the edition."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from smebatch.common.text import BLANK, clean_text
from smebatch.issues.catalogue import names_of
from smebatch.standard.model import Edition

MISSING = BLANK
TOTAL = "合计"
STATUS_NAMES = names_of("status")
GONE = STATUS_NAMES.pop("gone")  # no file has this status
STATE_NAMES = names_of("state")
FOUND_FIRST = "首报发现"  # what is new in a first version
SEVERITY_NAMES = names_of("severity")
UNASKED_REASONS = {
    "outside": "名单中没有此代码，也没有此名称",
    "several": "名单中有 {rivals} 家同名（{whose}），代码都不同：请核对代码",
    "unknown": "表中没有可用的企业名称和代码",
}
CONDITION_NAMES = {"score": "得分", "scenes": "场景", "binding": "约束性场景"}
BINDING, GUIDING = "约束性场景", "指导性场景"


class ChaseWords(NamedTuple):
    """The words of 退回清单; {…} are filled in. The paragraphs for messages are put together of whole sentences."""

    title: str = "退回清单"
    summary: str = "各区县"
    correct: str = "需更正"
    beside: str = "疑似已重报"
    unreadable: str = "无法读取"
    silent: str = "未报送"
    total: str = TOTAL
    unchanged: str = "未作修改"
    none: str = "没有要退回更正、无法读取或未报送的。"
    counts: tuple[tuple[str, str], ...] = (
        ("correct", "需更正 {n} 份"),
        ("unreadable", "无法读取 {n} 份"),
        ("silent", "未报送 {n} 家"),
        ("beside", "疑似已重报、不必催的 {n} 份"),
    )
    summary_notes: tuple[str, ...] = (
        "“催办短信”可以直接粘贴发送；“更正表”随短信发给企业，在本清单所在的文件夹中。",
        "读不出的表不知属于哪个区县，记在“未填”一行；给出企业名单时才有“未报送”。",
    )
    beside_notes: tuple[str, ...] = (
        "这些表没有可靠的信用代码，而同名企业另有一份已计入，多半是企业换了一张表重报。不必再催，请核对后把旧表移出文件夹。",
    )
    unreadable_notes: tuple[str, ...] = ("没有短信的，不必找报送人，由本单位按“原因和处理”一栏处理。",)
    greeting: str = "{name}：您好！"
    greeting_unnamed: str = "您好！"
    correction: str = "贵单位报送的中小企业数字化水平评测表有 {n} 处需要更正{first}。"
    again: str = "贵单位重新报送的中小企业数字化水平评测表与上一版相比没有改动，仍有 {n} 处需要更正{first}。"
    first: str = "（首要：{reason}）"
    mend: str = "请在随附的更正表中改正标出的单元格，{when}报回；如原填无误，请在“退回说明”中写明理由。"
    unread: str = "贵单位报送的文件“{file}”无法读取：{detail}"
    send_again: str = "请{when}重新报送。"
    silence: str = "尚未收到贵单位的中小企业数字化水平评测表。"
    send: str = "请{when}报送；如已报送，请告知。"
    by_day: str = "于{day.year}年{day.month}月{day.day}日前"
    soon: str = "尽快"
    ask: str = "联系人：{who}。"
    thanks: str = "谢谢！"


CHASE_WORDS = ChaseWords()
CHASE_HEADINGS = {
    "district": "区县",
    "name": "企业名称",
    "uscc": "统一社会信用代码",
    "errors": SEVERITY_NAMES["error"],
    "warnings": SEVERITY_NAMES["warning"],
    "version": "版次",
    "state": "修改情况",
    "reasons": "首要问题",
    "contact": "联系人",
    "phone": "联系电话",
    "deadline": "截止日期",
    "message": "催办短信",
    "copy": "更正表",
    "file": "文件",
    "beside": "已计入的文件",
    "detail": "原因和处理",
    "n_correct": "需更正（份）",
    "n_errors": "错误（处）",
    "n_unchanged": "未作修改（份）",
    "n_unreadable": "无法读取（份）",
    "n_silent": "未报送（家）",
}


class DecisionWords(NamedTuple):
    """The words of 待审定.xlsx: what is shown beside a cell that is selected, and what where it is filled wrongly."""

    sheet: str = "待审定"
    verdict: str = "准予：答案属实，不再要求更正，照此计分。不准：企业仍须更正。留空：以后再定。"
    reason: str = "准予、不准都要写理由。"
    decided_by: str = "准予、不准都要写审定人的姓名。"
    decided_on: str = "如 2026-12-15；留空则按读取的那一天。"
    wrong_verdict: str = "请选“准予”或“不准”，或留空。"
    wrong_day: str = "请填一个日期，如 2026-12-15，或留空。"


DECISION_WORDS = DecisionWords()


def level_numbers(edition: Edition) -> range:
    """Every level, from 0 (none reached) up."""
    return range(len(edition.levels) + 1)


def milestones(edition: Edition) -> tuple[int, ...]:
    """The levels whose "at least" shares the report prints: the second and third, where the edition has them.

    >>> from smebatch.standard.loader import load_edition
    >>> milestones(load_edition("2024"))
    (2, 3)
    """
    return tuple(g for g in (2, 3) if g <= len(edition.levels)) or (1,)


def at_least(edition: Edition, level: int) -> str:
    """The name of a level or higher, ≥二级."""
    return f"≥{edition.level_name(level)}"


def field_label(edition: Edition, key: str) -> str:
    """The form's label of an enterprise field."""
    return next((f.label for f in edition.fields if f.key == key), key)


def choices(edition: Edition, key: str) -> tuple[str, ...]:
    """The choices of an enterprise field in the form's order."""
    return next((f.choices for f in edition.fields if f.key == key), ())


def conditions(edition: Edition) -> tuple[str, ...]:
    """The kinds of conditions for a level in this edition: the score, and scenes where the edition has any."""
    return tuple(CONDITION_NAMES) if edition.scenes else ("score",)


def blocked_name(blocked_by: str) -> str:
    """The printed names of the conditions that block, given as score+binding.

    >>> blocked_name("score+binding"), blocked_name("")
    ('得分、约束性场景', '')
    """
    return "、".join(CONDITION_NAMES.get(part, part) for part in blocked_by.split("+") if part)


def lever_name(edition: Edition, key: str) -> str:
    """What a question or a scene is called where it is to be raised: its number and the edition's name of it."""
    if key in edition.question:
        return f"题{edition.question[key].number} {edition.question[key].item}"
    return f"场景{edition.scene[key].number} {edition.scene[key].printed_name}"


def group_names(values: pd.Series[str]) -> pd.Series[str]:
    """Turn texts into group names: cleaned and stripped, blanks as 未填; the index stays."""
    texts = values.astype("str").fillna("")
    names = {text: clean_text(text).strip() or MISSING for text in texts.unique()}
    return texts.map(names).astype("str")
