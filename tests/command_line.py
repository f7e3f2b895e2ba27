"""The command line for tests: what a run comes to, and a run without a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from smebatch.cli.commands import main

DONE, FOUND, USAGE = 0, 1, 2  # design, section 6


@dataclass(frozen=True)
class Said:
    """What a run of the program came to."""

    code: int
    out: str
    err: str


def environment(lang: str = "en", **variables: str) -> dict[str, str]:
    """The environment of this process with a language of its own, and UTF-8 as on a machine of today."""
    own = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LANG", "PYTHONIOENCODING")}
    return own | {"SMEBATCH_LANG": lang, "PYTHONUTF8": "1"} | variables


# What is started in the background, as tests may be, ignores Ctrl-C, and so does what it starts.
_LISTENING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("smebatch", run_name="__main__", alter_sys=True)
"""


def listening(*arguments: object) -> list[str]:
    """The command that runs ``python -m smebatch`` as a terminal does, where Ctrl-C is heard."""
    return [sys.executable, "-c", _LISTENING, *map(str, arguments)]


Inside = Callable[..., Said]


@pytest.fixture
def inside(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Inside:
    """The same without a process of its own, where a start of a second each would add up."""

    def run(*arguments: object, cwd: Path | None = None, lang: str = "en") -> Said:
        monkeypatch.setenv("SMEBATCH_LANG", lang)
        monkeypatch.setattr(sys, "argv", ["smebatch", *map(str, arguments)])
        if cwd:
            monkeypatch.chdir(cwd)
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return Said(int(end.value.code or 0), out, err)

    return run
