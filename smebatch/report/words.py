"""The report's names of levels, states, conditions and blanks, most of them taken from the edition."""

from __future__ import annotations

import pandas as pd

from smebatch.common.text import clean_text
from smebatch.standard.model import Edition

MISSING = "未填"
TOTAL = "合计"
STATUS_NAMES = {"counted": "计入统计", "returned": "退回更正", "superseded": "已被替代", "rejected": "不予采用"}
GONE = "文件已不在"
STATE_NAMES = {
    "closed": "已改正",
    "miscorrected": "改后仍错",
    "unchanged": "未改",
    "new": "新出现",
    "waived": "经审定",
}
FOUND_FIRST = "首报发现"  # what is new in a first version
SEVERITY_NAMES = {"error": "错误", "warning": "警告"}
UNASKED_REASONS = {
    "outside": "名单中没有此代码，也没有此名称",
    "several": "名单中有 {rivals} 家同名（{whose}），代码都不同：请核对代码",
    "unknown": "表中没有可用的企业名称和代码",
}
CONDITION_NAMES = {"score": "得分", "scenes": "场景", "binding": "约束场景"}


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
    ('得分、约束场景', '')
    """
    return "、".join(CONDITION_NAMES.get(part, part) for part in blocked_by.split("+") if part)


def group_names(values: pd.Series[str]) -> pd.Series[str]:
    """Turn texts into group names: cleaned and stripped, blanks as 未填; the index stays."""
    texts = values.astype("str").fillna("")
    names = {text: clean_text(text).strip() or MISSING for text in texts.unique()}
    return texts.map(names).astype("str")
