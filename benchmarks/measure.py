"""Commands timed as whole processes, with all that they start."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

RIVALS = Path(__file__).with_name("rivals.py")


class Taken(NamedTuple):
    """What a command took: CPU seconds, its own and those of every process it started, and seconds by the clock."""

    cpu: float
    wall: float


def adopt_orphans() -> None:
    """Become the parent of processes whose own has gone (Linux): the readers' CPU time is counted with the rest."""
    if sys.platform == "linux":
        subreaper = 36  # PR_SET_CHILD_SUBREAPER
        ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0)


def timed(command: list[str]) -> Taken:
    """Run a command to its end, and to that of what it has started."""
    before, begun = os.times(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - begun
    with contextlib.suppress(ChildProcessError):  # until there is none left
        while True:
            os.wait()
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Taken(cpu, wall)
