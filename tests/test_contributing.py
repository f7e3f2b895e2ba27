"""CONTRIBUTING.md: each worked example does what it says, on a copy of the program, and touches few files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import unmeasured
from worked_examples import ROOT, TRY, Example, carry_out, examples, patched

EXAMPLES = {example.heading: example for example in examples()}
IN_TWO_FILES = ("An issue", "A reason", "A sheet of the report", "A column of an export", "A command", "A file format")


def test_every_kind_of_change_has_an_example() -> None:
    assert EXAMPLES.keys() == {*IN_TWO_FILES, "A kind of check", "An edition"}


@pytest.mark.parametrize("heading", IN_TWO_FILES)
def test_a_change_touches_at_most_two_files(heading: str) -> None:
    assert 1 <= len(EXAMPLES[heading].files) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_does_what_it_says(example: Example, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "smebatch", copy / "smebatch", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    carry_out(example, copy)
    (trial,) = (block.text for block in example.blocks if block.file == TRY)
    (tmp_path / "work").mkdir()
    environment = unmeasured(os.environ) | {"PYTHONPATH": str(copy), "SMEBATCH_LANG": "en"}
    # The copy, not the program that is installed.
    ours = f"import smebatch\nassert smebatch.__file__.startswith({str(copy)!r})\n"
    subprocess.run(
        [sys.executable, "-W", "error", "-c", ours + trial], cwd=tmp_path / "work", env=environment, check=True
    )
    for command in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "--quiet", "smebatch"], cwd=copy, check=True)


def test_a_change_that_does_not_fit_is_refused() -> None:
    assert patched("a\nb\n", " a\n-b\n+c\n") == "a\nc\n"
    with pytest.raises(AssertionError, match="0 times"):
        patched("a\nb\n", "-c\n+d\n")
