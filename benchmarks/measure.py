"""Times commands as whole processes, with all the processes that they start."""

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
    """The time of a command: CPU seconds, with those of every process that it started, and seconds by the clock."""

    cpu: float
    wall: float


def adopt_orphans() -> None:
    """Become the parent of orphaned processes (Linux), so that the CPU time of readers is counted as well."""
    if sys.platform == "linux":
        subreaper = 36  # PR_SET_CHILD_SUBREAPER
        ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0)


def timed(command: list[str]) -> Taken:
    """Run a command, and wait for it and all processes that it has started."""
    before, begun = os.times(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - begun
    with contextlib.suppress(ChildProcessError):  # until there is none left
        while True:
            os.wait()
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Taken(cpu, wall)
