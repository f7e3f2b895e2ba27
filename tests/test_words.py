"""One word for one thing, wherever Chinese is printed; and no code where a person reads."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from house import MODULES, PACKAGE, tree_of
from smebatch.issues.catalogue import ISSUES, STATUSES, TERMS, IssueType, Severity, issue_name, names_of
from smebatch.report.words import GONE, SEVERITY_NAMES, STATE_NAMES, STATUS_NAMES

# What is not printed, as a pattern, and what is printed for it.
SYNONYMS = {
    "拒收": "不予采用",
    "(?<!已)被替代": "已被替代",
    "计入统计": "计入",
    "提醒": "警告",
    "报表|回表": "评测表",
    "退回更正件": "更正表",
    "放行|豁免": "准予",
    "约束场景": "约束性场景",
    "报送次序": "版次",
    "警告数": "警告（处）",
    "应报名单": "企业名单",
    "指标文件": "版本文件",
    "汇总工作簿": "汇总报告",
}
# The words of a standard are its own: 报表 is a financial statement there.
OF_THE_STANDARD = (PACKAGE / "standard" / "editions", PACKAGE / "standard" / "reference")
FILES = sorted(
    path for path in PACKAGE.rglob("*.toml") if not any(folder in path.parents for folder in OF_THE_STANDARD)
)


def literals(path: Path) -> Iterator[str]:
    """The Chinese texts of a module, but for docstrings."""
    nodes = list(ast.walk(tree_of(path)))
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


@pytest.mark.parametrize("path", [*FILES, *MODULES], ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_synonym_is_printed(path: Path) -> None:
    texts = list(literals(path)) if path.suffix == ".py" else [path.read_text("utf-8")]
    for pattern, word in SYNONYMS.items():
        assert not [text for text in texts if re.search(pattern, text)], f"{pattern}: say {word}"


def test_the_files_of_texts_are_all_looked_at() -> None:
    assert {"messages.toml", "help.toml", "issues.toml", "reasons.toml", "terms.toml", "commented.toml"} <= {
        path.name for path in FILES
    }


def test_the_report_takes_its_names_from_the_terms() -> None:
    assert {*STATUS_NAMES, "gone"} == {*STATUSES}
    assert {GONE, *STATUS_NAMES.values()} == {term.zh for code, term in TERMS.items() if code.startswith("status.")}
    assert names_of("state") == STATE_NAMES
    assert set(SEVERITY_NAMES) == {*Severity}


def test_no_two_terms_share_a_name() -> None:
    names = [term.zh for term in TERMS.values()]
    assert len(set(names)) == len(names)


def test_every_kind_of_issue_has_a_name_of_its_own() -> None:
    for names in ([issue.name for issue in ISSUES.values()], [issue.name_en for issue in ISSUES.values()]):
        assert all(names)
        assert len(set(names)) == len(names)
    assert issue_name("required.missing") == ISSUES["required.missing"].name
    assert issue_name("required.missing", "en") == ISSUES["required.missing"].name_en


def test_a_kind_of_issue_that_nobody_has_named_goes_by_its_code() -> None:
    with ISSUES.including(IssueType("made_up.code", Severity.WARNING, "{label}", "{label}")):
        assert issue_name("made_up.code") == "made_up.code"
    assert issue_name("of.another_version") == "of.another_version"


def test_the_command_line_has_no_names_of_its_own_for_terms() -> None:
    messages = tomllib.loads((PACKAGE / "language" / "messages.toml").read_text("utf-8"))
    names = {term.zh for term in TERMS.values()}
    assert not [code for code, text in messages.items() if text["zh"] in names]
