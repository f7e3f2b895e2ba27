"""The page of all that can be said of a file or a return: python -m smebatch.issues.docs_page > docs/issues.md."""

from __future__ import annotations

import sys

from smebatch.common.markdown import markdown_table
from smebatch.issues.catalogue import ISSUES, REASONS, STATUSES, TERMS, IssueType

_INTRODUCTION = """# Issues and statuses · 问题与状态

Generated from `smebatch/issues` by `python -m smebatch.issues.docs_page`; do not edit.
本页由程序生成，请勿手工修改。

An **error** keeps a return from being counted until it is corrected; a **warning** asks to check and does not.
What is wrong with an amount on 能耗折算 (keys `en_…`) is a warning whatever its code, for nothing is scored by it.
A **waivable** error is a contradiction between answers that score by the edition all the same: where the enterprise
explains it, a decision may let it stand. An issue of a decisions file (`decision.…`) keeps its line from being taken.
One cause is one issue. Codes are stable: filter `issues.csv` by them. In the messages `{label}` is the answer's name,
`{found}` what stands in the cell and `{expected}` what should.

**error**（错误）须更正后才计入；**warning**（警告）请核对，不影响计入。“能耗折算”所填实物量不计分，有误时一律为警告。
标有 **waivable** 的错误是答案之间的矛盾，计分不受影响：企业说明理由、经审定准予的，可照原样计入。
审定文件的问题（`decision.…`）只使该行不被采用。一个原因只报一次。代码固定不变，可用来筛选 `issues.csv`。
说明中的 `{label}` 是填报项名称，`{found}` 是单元格里的内容，`{expected}` 是应有的内容。
"""

_STATUSES = """Every entry of the folder has one of the first four; they add up to the entries found.
前四种状态之和等于文件总数。
"""


def issues_page() -> str:
    """The page as Markdown: every issue, status and reason, in Chinese and in English."""
    issues = ((f"`{t.code}`", _severity(t), _names(t), t.zh, t.en) for t in ISSUES.values())
    reasons = ((f"`{r.code}`", _status(r.code), r.zh, r.en) for r in REASONS.values())
    parts = [
        _INTRODUCTION,
        "## Issues · 问题\n",
        markdown_table(("code", "severity", "问题 · issue", "说明", "message"), issues),
        "## Statuses of files · 文件的状态\n",
        _STATUSES,
        statuses_table(),
        "## Reasons · 原因\n",
        markdown_table(("reason", "status", "说明", "message"), reasons),
    ]
    return "\n".join(parts)


def _names(issue: IssueType) -> str:
    return " · ".join(filter(None, (issue.name, issue.name_en)))


def _severity(issue: IssueType) -> str:
    return f"{issue.severity}, waivable" if issue.waivable else str(issue.severity)


def _status(reason: str) -> str:
    settled = {"complete": "counted", "errors": "returned"}
    named, _, _ = reason.partition(".")
    return settled.get(reason) or (named if named in STATUSES else "rejected")


def statuses_table() -> str:
    """The statuses of files as a Markdown table, in Chinese and in English."""
    rows = ((f"`{s.code}`", TERMS[f"status.{s.code}"].zh, s.zh, s.en) for s in STATUSES.values())
    return markdown_table(("status", "名称", "含义", "meaning"), rows)


if __name__ == "__main__":
    sys.stdout.buffer.write(issues_page().encode("utf-8"))  # the page is UTF-8 whatever the console's encoding
