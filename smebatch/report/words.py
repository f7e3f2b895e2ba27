"""The report's words: how levels, thresholds, states and conditions are called, most of them by the edition."""

from __future__ import annotations

import pandas as pd

from smebatch.common.text import clean_text
from smebatch.standard.model import Edition

MISSING = "未填"
TOTAL = "合计"
STATUS = {"counted": "计入统计", "returned": "退回更正", "superseded": "已被替代", "rejected": "不予采用"}
SEVERITY = {"error": "错误", "warning": "警告"}
UNASKED = {
    "outside": "名单中没有此代码，也没有此名称",
    "several": "名单中有 {rivals} 家同名（{whose}），代码都不同：请核对代码",
    "unknown": "表中没有可用的企业名称和代码",
}
CONDITION = {"score": "得分", "scenes": "场景", "binding": "约束场景"}


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
    """The level or a higher one, ≥二级."""
    return f"≥{edition.level_name(level)}"


def field_label(edition: Edition, key: str) -> str:
    """What the form calls an enterprise field."""
    return next((f.label for f in edition.fields if f.key == key), key)


def choices(edition: Edition, key: str) -> tuple[str, ...]:
    """The choices of an enterprise field in the form's order."""
    return next((f.choices for f in edition.fields if f.key == key), ())


def conditions(edition: Edition) -> tuple[str, ...]:
    """What a level asks for in this edition: the score, and the scenes where it has any."""
    return tuple(CONDITION) if edition.scenes else ("score",)


def blocked_name(blocked_by: str) -> str:
    """The conditions that block, score+binding, as a reader sees them.

    >>> blocked_name("score+binding"), blocked_name("")
    ('得分、约束场景', '')
    """
    return "、".join(CONDITION.get(part, part) for part in blocked_by.split("+") if part)


def named(values: pd.Series[str]) -> pd.Series[str]:
    """Text as group names: cleaned and stripped, blanks as 未填; the index stays."""
    texts = values.astype("str").fillna("")
    names = {text: clean_text(text).strip() or MISSING for text in texts.unique()}
    return texts.map(names).astype("str")
