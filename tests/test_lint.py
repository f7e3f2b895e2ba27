"""What is checked before a commit is what `make lint` checks, and whoever exempts a line says why beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mutants import TESTS, selected_for

ROOT = Path(__file__).parent.parent
FILES = sorted(path for folder in ("smebatch", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
EXEMPTION = re.compile(r"# (?:noqa(?:: [A-Z0-9, ]*[A-Z0-9])?|type: ignore(?:\[[a-z, -]+\])?|pragma: no \w+)(.*)")


def without_reason(text: str) -> list[str]:
    """The exemptions of a file that are not followed by words."""
    lines = text.splitlines()
    return [line.strip() for line in lines if (found := EXEMPTION.search(line)) and not re.search(r"\w{2}", found[1])]


def test_every_exemption_has_its_reason_beside_it() -> None:
    assert {path.name: bare for path in FILES if (bare := without_reason(path.read_text("utf-8")))} == {}


@pytest.mark.parametrize("line", ["x  # noqa" + ": S314", "x  # type: " + "ignore[misc]", "x  # pragma" + ": no cover"])
def test_an_exemption_without_a_reason_is_seen(line: str) -> None:
    assert without_reason(line) == [line]
    assert without_reason(f"{line}  # our own file") == []


def test_a_commit_is_checked_as_make_lint_checks() -> None:
    target = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    hooks = re.findall(r"entry: (.+)", (ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert target
    lint = [line.strip().removesuffix(" .").replace("$(BIN)", ".venv/bin") for line in target[1].splitlines()]
    assert [hook.removesuffix(" --force-exclude") for hook in hooks] == lint


@pytest.mark.parametrize("pattern", TESTS)
def test_make_mutants_knows_modules_and_tests_that_there_are(pattern: str) -> None:
    modules = list((ROOT / "smebatch").glob(pattern))
    assert modules
    assert all((ROOT / test.partition("::")[0]).is_file() for test in selected_for(modules[0]))
