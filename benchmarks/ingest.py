"""Returns a second of the whole ingest beside the loops people write today, on the same files, in one run.

python benchmarks/ingest.py [N]: N made-up returns (500); each way is a command, timed in CPU seconds and by the clock.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from smebatch.sample.write import write_sample
from smebatch.standard.loader import load_edition

RIVALS = Path(__file__).with_name("rivals.py")


def adopt_orphans() -> None:
    """Become the parent of processes whose own has gone (Linux): the readers' CPU time is counted with the rest."""
    if sys.platform == "linux":
        subreaper = 36  # PR_SET_CHILD_SUBREAPER
        ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0)


def timed(command: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of a command and of every process it starts."""
    before, begun = os.times(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - begun
    with contextlib.suppress(ChildProcessError):  # until there is none left
        while True:
            os.wait()
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return cpu, wall


def main(n: int = 500) -> None:
    """Print a line for each way, and the ratios."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, batch = Path(scratch, "returns"), Path(scratch, "batch.duckdb")
        write_sample(folder, load_edition(), n, seed=1)
        program = [sys.executable, "-m", "smebatch", "ingest", str(folder), "-b", str(batch)]
        ways = {
            "smebatch ingest (read, check, score, store)": program,
            "smebatch ingest again, unchanged": program,
            "pandas + openpyxl, one call a file": [sys.executable, str(RIVALS), str(folder), "file"],
            "pandas + openpyxl, a sheet at a time": [sys.executable, str(RIVALS), str(folder), "sheet"],
        }
        adopt_orphans()
        first: tuple[float, float] | None = None
        print(f"{n} returns on {os.cpu_count()} processors{'':22} CPU s  wall s  returns/s  CPU ratio  wall ratio")
        for name, command in ways.items():
            cpu, wall = timed(command)
            first = first or (cpu, wall)
            ratios = f"{cpu / first[0]:8.1f} × {wall / first[1]:9.1f} ×"
            print(f"{name:45} {cpu:9.2f} {wall:7.2f} {n / wall:10.0f} {ratios}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
