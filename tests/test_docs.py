"""What the program generates for the docs is what the docs hold."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from smebatch.issues.catalogue import ISSUES, REASONS, STATUSES
from smebatch.issues.docs_page import issues_page
from smebatch.standard.checks import CHECKS
from smebatch.standard.checks.docs_table import check_table
from smebatch.standard.loader import TABLES
from smebatch.standard.model import (
    Counts,
    Dimension,
    Energy,
    EnergyExample,
    EnergyTotal,
    Figure,
    Header,
    Indicator,
    Level,
    Question,
    Rule,
    Ruling,
    Scene,
    SceneGroup,
    Term,
)
from smebatch.standard.questions.docs_table import question_type_row

PAGE = Path(__file__).parent.parent / "docs" / "issues.md"


def test_the_page_of_issues_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == issues_page(), "run: python -m smebatch.issues.docs_page > docs/issues.md"


def test_every_code_has_one_row() -> None:
    rows = [line.split("`")[1] for line in issues_page().splitlines() if line.startswith("| `")]
    assert rows == [*ISSUES, *STATUSES, *REASONS]


def test_every_row_has_as_many_cells_as_its_heading() -> None:
    tables = [block for block in issues_page().split("\n\n") if block.startswith("| ")]
    for table in tables:
        widths = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(widths) == 1


def test_the_module_writes_the_page_as_utf8() -> None:
    run = subprocess.run([sys.executable, "-m", "smebatch.issues.docs_page"], capture_output=True, check=True)
    assert run.stdout.decode("utf-8") == issues_page()


# --- docs/editions.md keeps step with the loader

EDITIONS = (Path(__file__).parent.parent / "docs" / "editions.md").read_text("utf-8")
ROWS: dict[str, Any] = {
    "[edition]": Header,
    "[edition.counts]": Counts,
    "[[rule]]": Rule,
    "[[level]]": Level,
    "[[dimension]]": Dimension,
    "[[indicator]]": Indicator,
    "[[question]]": Question,
    "figures": Figure,
    "[[scene_group]]": SceneGroup,
    "[[scene]]": Scene,
    "[[energy]]": Energy,
    "[energy_example]": EnergyExample,
    "[energy_total]": EnergyTotal,
    "[[glossary]]": Term,
    "[[ruling]]": Ruling,
}


def section(name: str) -> str:
    """What stands under the heading of a table."""
    (text,) = re.findall(rf"^##+ `{re.escape(name)}`\n(.*?)(?=^##|\Z)", EDITIONS, re.DOTALL | re.MULTILINE)
    return str(text)


@pytest.mark.parametrize("name", ROWS)
def test_every_key_of_a_table_has_its_row(name: str) -> None:
    cls = ROWS[name]
    rows = re.findall(r"^\| `(\w+)`( °)? \|", section(name), re.MULTILINE)
    assert [key for key, _ in rows] == sorted(cls._fields, key=[key for key, _ in rows].index)
    assert {key for key, optional in rows if optional} == set(cls._field_defaults)


def test_every_kind_has_its_row() -> None:
    assert check_table() in section("[[check]]")
    assert question_type_row() in section("[[question]]")
    singles = [f"`{name}`" for name in CHECKS if name in {"interval", "trend", "rare", "link_count"}]
    assert f"{', '.join(singles[:-1])} and {singles[-1]} are about single\nquestions" in section("[[check]]")


@pytest.mark.parametrize("kind", CHECKS)
def test_every_key_of_a_check_is_named(kind: str) -> None:
    (keys,) = re.findall(rf"^\| `{kind}` \| (.*?) \|", section("[[check]]"), re.MULTILINE)
    named = dict(re.findall(r"`(\w+)`( °)?", keys))
    assert {"kind": False, "clause": False} | {key: bool(mark) for key, mark in named.items()} == CHECKS[kind].keys()


def test_every_table_of_an_edition_has_its_heading() -> None:
    headings = re.findall(r"^## `\[+(\w+)\]+`", EDITIONS, re.MULTILINE)
    assert sorted(headings) == sorted(TABLES)


def test_the_readme_leads_to_the_page() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    assert "(docs/editions.md)" in readme
