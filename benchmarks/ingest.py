"""Returns a second of the whole ingest beside the loops people write today, on the same files, in one run.

python benchmarks/ingest.py [N]: N made-up returns (500); each way is a process of its own, timed by its CPU seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from smebatch.sample.write import write_sample
from smebatch.standard.loader import load_edition

RIVALS = Path(__file__).with_name("rivals.py")


def timed(command: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of a command."""
    before, begun = os.times(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return cpu, time.monotonic() - begun


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
        first = 0.0
        print(f"{n} returns{'':41} CPU s  wall s  returns/s   CPU ratio")
        for name, command in ways.items():
            cpu, wall = timed(command)
            first = first or cpu
            print(f"{name:45} {cpu:9.2f} {wall:7.2f} {n / wall:10.0f} {cpu / first:10.1f} ×")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
