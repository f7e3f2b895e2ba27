"""On a terminal a bar says how many files are done, how many a second, how long the rest takes; a pipe gets none."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from rich.console import Console

from command_line import DONE, smebatch
from smebatch.cli.progress import progress_bar
from smebatch.cli.words import CliWords
from smebatch.language.words import Language
from smebatch.sample import write_sample
from smebatch.standard.loader import load_edition

SAID = {"en": r"25/100 \d+ a second  0:00:0\d left", "zh": r"25/100 每秒 \d+ 个  还需 0:00:0\d"}


@pytest.mark.parametrize(("language", "said"), SAID.items())
def test_the_bar_tells_pace_and_time_left(language: Language, said: str) -> None:
    screen = io.StringIO()
    with progress_bar(CliWords(language), Console(file=screen, force_terminal=True, width=100)) as tell:
        for done in range(0, 26, 5):
            tell(done, 100)
            time.sleep(0.05)
    assert re.search(said, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue()))


def test_a_pipe_gets_no_progress(tmp_path: Path) -> None:
    write_sample(tmp_path / "in", load_edition(), 2, faults=False)
    done = smebatch("ingest", tmp_path / "in", "-b", tmp_path / "b.duckdb")
    assert (done.code, done.err) == (DONE, "")
