"""The program for tests: within the test, in a process that runs to its end, or in one that is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from smebatch.cli.program import main

ROOT = Path(__file__).parent.parent
DONE, FOUND, USAGE = 0, 1, 2  # design, section 6


@dataclass(frozen=True)
class Said:
    """What a run of the program came to."""

    code: int
    out: str
    err: str


Inside = Callable[..., Said]


@pytest.fixture
def inside(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Inside:
    """Run the program without a process of its own, where a start of a second each would add up."""

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


def environment(lang: str = "en", **variables: str) -> dict[str, str]:
    """Variables with which this repository's package runs: a language of its own, UTF-8 as on a machine of today."""
    own = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LANG", "PYTHONIOENCODING")}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return own | {"PYTHONPATH": path, "SMEBATCH_LANG": lang, "PYTHONUTF8": "1"} | variables


def unmeasured(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables of a process that coverage leaves alone: it may write nothing, or runs a copy of the program.

    Or it is told to stop by a signal: one that meets coverage's tracer within its lock has it wait for itself for ever.
    """
    return {name: value for name, value in variables.items() if not name.startswith("COVERAGE_")}


# Statements that a process carries out before it runs the program.
# What is started in the background, as tests may be, ignores Ctrl-C, and so does what it starts: here it is heard.
LISTEN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
# The same, and a line on stdout when the program begins to listen to it.
LISTENING = f"""{LISTEN}
from smebatch.cli.interrupt import Interrupts
enter = Interrupts.__enter__
Interrupts.__enter__ = lambda self: (enter(self), print("listening", flush=True))[0]
"""
# FSIZE: as on a full disk. Python would cut what it compiles at the limit, for all that come after, and not notice.
LIMIT = """import os, resource, sys
resource.setrlimit(resource.RLIMIT_{0}, ({1}, {1}))
sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
"""
_RUN = "import runpy; runpy.run_module('smebatch', run_name='__main__', alter_sys=True)"


def started(
    *arguments: object,
    first: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int = subprocess.DEVNULL,
    stderr: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start ``python -m smebatch`` in a process of its own, to be killed or interrupted.

    ``first``: statements that the process carries out before. ``env``: its variables, by default environment(),
    unmeasured.
    """
    program = ["-c", f"{first}\n{_RUN}"] if first else ["-m", "smebatch"]
    command = [sys.executable, *program, *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, env=env or unmeasured(environment()), stdout=stdout, stderr=stderr)


def smebatch(
    *arguments: object,
    first: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    timeout: float = 120,
) -> Said:
    """Run ``python -m smebatch`` in a process of its own to its end, measured; ``timeout`` in seconds. See started."""
    pipe = subprocess.PIPE
    with started(*arguments, first=first, cwd=cwd, env=env or environment(), stdout=pipe, stderr=pipe) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()
    return Said(process.returncode, out.decode(encoding), err.decode(encoding))
