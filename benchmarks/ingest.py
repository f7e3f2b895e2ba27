"""Returns a second of the whole ingest beside the loops people write today, on the same files, in one run.

python benchmarks/ingest.py [N [M]]: N returns (10,000), of which the rivals read the first M (600). Each way is a
command of its own, timed in CPU seconds, of every process it starts, and by the clock. Then the reader alone beside
bare calamine on the same sheets, and beside the floor: inflating the parts that are needed, with zlib.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from python_calamine import CalamineWorkbook

from smebatch.form.marks import MARKER, META_SHEET
from smebatch.intake.reading import read_bytes
from smebatch.intake.workbook import Workbook
from smebatch.sample.many import A_FOLDER, write_many
from smebatch.standard.loader import load_edition

RIVALS = Path(__file__).with_name("rivals.py")
SHEETS = ["xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml", "xl/worksheets/sheet4.xml"]
NEEDED = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml", *SHEETS]
ROUNDS = 5


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


def whole(folder: Path, batch: Path, n: int, m: int) -> float:
    """Print a line for each way of ingesting, and the ratios for a file. Returns our CPU seconds for a file."""
    program = [sys.executable, "-m", "smebatch", "ingest", str(folder), "-b", str(batch)]
    ways = {
        "smebatch ingest (read, check, score, store)": (program, n),
        "smebatch ingest again, unchanged": (program, n),
        "pandas + openpyxl, one call a file": ([sys.executable, str(RIVALS), str(folder), "file", str(m)], m),
        "pandas + openpyxl, a sheet at a time": ([sys.executable, str(RIVALS), str(folder), "sheet", str(m)], m),
    }
    adopt_orphans()
    first: tuple[float, float] | None = None
    print(f"{os.cpu_count()} processors{'':32} files  CPU ms a file  wall ms a file  CPU ratio  wall ratio")
    for name, (command, files) in ways.items():
        cpu, wall = (1000 * seconds / files for seconds in timed(command))
        first = first or (cpu, wall)
        print(f"{name:45} {files:6,} {cpu:12.2f} {wall:15.2f} {cpu / first[0]:10.1f} × {wall / first[1]:9.1f} ×")
    return first[0] if first else 0.0


def fastest(function: Callable[[Path], object], files: Sequence[Path]) -> float:
    """CPU milliseconds a file, the best of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for file in files:
            function(file)
        rounds.append(time.process_time() - begun)
    return 1000 * min(rounds) / len(files)


def calamine(file: Path) -> object:
    """The three answer sheets' cells."""
    book = CalamineWorkbook.from_path(str(file))
    return [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names[1:4]]


def packed(file: Path) -> list[bytes]:
    """The parts that are needed, as they stand in the file."""
    with zipfile.ZipFile(file) as book:
        data = file.read_bytes()
        found = []
        for entry in map(book.getinfo, NEEDED):
            start = entry.header_offset + 30 + len(entry.filename)
            found.append(data[start : start + entry.compress_size])
        return found


def reader(files: Sequence[Path], ingest: float) -> None:
    """Print the reader beside calamine and the floor."""
    edition = load_edition()
    parts = dict(zip(files, map(packed, files), strict=True))
    floor = fastest(lambda file: [zlib.decompressobj(-15).decompress(part) for part in parts[file]], files)
    ways = {
        "the floor: inflating what is needed, with zlib": floor,
        "bare calamine, three sheets": fastest(calamine, files),
        "our reader, the same cells, safety checks": fastest(
            lambda file: Workbook(file.read_bytes()).sheets(MARKER, META_SHEET), files
        ),
        "our reader with typing every answer": fastest(lambda file: read_bytes(file.read_bytes(), edition), files),
        "smebatch ingest, the whole of it": ingest,
    }
    print(f"{'CPU':50} ms a file  of the floor  of calamine")
    for name, each in ways.items():
        bare = ways["bare calamine, three sheets"]
        print(f"{name:50} {each:9.2f} {each / floor:11.1f} × {each / bare:10.2f} ×")


def main(n: int = 10_000, m: int = 600) -> None:
    """Measure on made-up returns in a scratch folder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, batch = Path(scratch, "returns"), Path(scratch, "batch.duckdb")
        write_many(folder, load_edition(), n)
        ingest = whole(folder, batch, n, m)
        reader(sorted(folder.rglob("*.xlsx"))[: min(m, A_FOLDER)], ingest)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
