"""How long `smebatch -h` takes beside a bare interpreter and beside importing pandas: medians of whole processes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15


def median(command: list[str]) -> float:
    """The median of wall seconds."""
    seconds = []
    for _ in range(RUNS):
        begun = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.monotonic() - begun)
    return statistics.median(seconds)


def main() -> None:
    """Print a line for each."""
    bare = median([sys.executable, "-c", "pass"])
    for name, command in (
        ("python -c pass", ["-c", "pass"]),
        ("smebatch -h", ["-m", "smebatch", "-h"]),
        ("python -c 'import pandas'", ["-c", "import pandas"]),
    ):
        seconds = median([sys.executable, *command])
        print(f"{name:28} {1000 * seconds:6.0f} ms {seconds / bare:6.1f} ×")


if __name__ == "__main__":
    main()
