"""Measures time and peak memory of ingest for growing numbers of files; memory should hardly grow (Linux).

python benchmarks/scale.py [N …]: 1,000, 10,000 and 100,000 returns, 6 GB of disk for the last.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from smebatch.sample.many import write_many
from smebatch.standard.loader import load_edition

LOOK_SECONDS = 0.1


def peak(process: Path) -> int:
    """The peak memory of a process, in MB; 0 when it has ended."""
    with suppress(OSError, StopIteration):
        lines = (process / "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
    return 0


def children(pid: int) -> Iterator[Path]:
    """The processes that a process has started."""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from (Path("/proc", child) for child in (task / "children").read_text().split())


def run(*command: str) -> tuple[float, int, int]:
    """Wall seconds of a command, and the peak memory in MB of itself and of the largest process that it started."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    own = started = 0
    while process.poll() is None:
        own = max(own, peak(Path("/proc", str(process.pid))))
        started = max([started, *map(peak, children(process.pid))])
        time.sleep(LOOK_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.monotonic() - begun, own, started


def main(*numbers: int) -> None:
    """Print a line for each number of files."""
    print("  files  seconds  ms a file  parent MB  reader MB  again, unchanged: seconds  parent MB")
    for n in numbers:
        with tempfile.TemporaryDirectory() as scratch:
            folder, batch = Path(scratch, "returns"), Path(scratch, "batch.duckdb")
            write_many(folder, load_edition(), n)
            ingest = [sys.executable, "-m", "smebatch", "ingest", str(folder), "-b", str(batch)]
            seconds, parent, reader = run(*ingest)
            again, idle, _ = run(*ingest)
        print(f"{n:7,} {seconds:8.1f} {1000 * seconds / n:10.2f} {parent:10} {reader:10} {again:26.1f} {idle:10}")


if __name__ == "__main__":
    main(*([int(argument) for argument in sys.argv[1:]] or [1_000, 10_000, 100_000]))
