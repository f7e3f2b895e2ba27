"""Times the start: short runs beside the imports that they need; medians of whole processes, run in turn.

python benchmarks/startup.py [RUNS]: `check` on one return and `ingest` of 300 beside importing pandas and pandera, and
beside the loop people write today on the same 300 (rivals.py, once). CPU is that of every process started.

With hypothesis installed, as for the tests, pandera imports it too. What a user has is measured in an environment
without the test tools; there the benchmark runs from the repository, with bytecode as an installed program has it:

    python -m venv plain && plain/bin/pip install --no-cache-dir . && plain/bin/python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from measure import RIVALS, adopt_orphans, timed
from smebatch.sample.many import write_many
from smebatch.standard.loader import load_edition

FILES = 300
BEFORE = "python -c 'import pandas, pandera.pandas'"


def ways(scratch: Path) -> dict[str, list[str]]:
    """What is run, by name."""
    returns, batch = scratch / "returns", scratch / "batch.duckdb"
    one = next(returns.rglob("*.xlsx"))
    program = ["-m", "smebatch"]
    return {
        "python -c pass": ["-c", "pass"],
        "smebatch -h": [*program, "-h"],
        BEFORE: ["-c", "import pandas, pandera.pandas"],
        "smebatch check, one return": [*program, "check", str(one)],
        f"smebatch ingest, {FILES} returns": [*program, "ingest", str(returns), "-b", str(batch)],
        f"the loop, {FILES} returns, a sheet at a time": [str(RIVALS), "sheet", *map(str, returns.rglob("*.xlsx"))],
    }


def main(runs: int = 9) -> None:
    """Print a line for each way: CPU and wall seconds, and how many times those of the imports."""
    adopt_orphans()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        write_many(scratch / "returns", load_edition(), FILES)
        taken: dict[str, list[tuple[float, float]]] = {}
        for number in range(runs):
            for name, arguments in ways(scratch).items():
                (scratch / "batch.duckdb").unlink(missing_ok=True)
                if not (number and "loop" in name):
                    taken.setdefault(name, []).append(timed([sys.executable, *arguments]))
    medians = {name: [statistics.median(each) for each in zip(*times, strict=True)] for name, times in taken.items()}
    print(f"{'':45} CPU s  wall s  CPU ratio  wall ratio")
    for name, (cpu, wall) in medians.items():
        ratios = (each / before for each, before in zip((cpu, wall), medians[BEFORE], strict=True))
        print(f"{name:45} {cpu:5.2f} {wall:7.2f} {next(ratios):8.2f} × {next(ratios):9.2f} ×")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
