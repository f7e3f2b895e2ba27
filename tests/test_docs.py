"""What the program generates for the docs is what the docs hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from smebatch.catalogue import issues_page
from smebatch.issues import ISSUES, REASONS

PAGE = Path(__file__).parent.parent / "docs" / "issues.md"


def test_the_page_of_issues_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == issues_page(), "run: python -m smebatch.catalogue > docs/issues.md"


def test_every_code_has_one_row() -> None:
    rows = [line.split("`")[1] for line in issues_page().splitlines() if line.startswith("| `")]
    statuses = ["counted", "returned", "superseded", "rejected"]
    assert rows == [*ISSUES, *statuses, *REASONS]


def test_every_row_has_as_many_cells_as_its_heading() -> None:
    tables = [block for block in issues_page().split("\n\n") if block.startswith("| ")]
    for table in tables:
        widths = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(widths) == 1


def test_the_module_writes_the_page_as_utf8() -> None:
    run = subprocess.run([sys.executable, "-m", "smebatch.catalogue"], capture_output=True, check=True)
    assert run.stdout.decode("utf-8") == issues_page()
