"""Times the whole ingest on returns as people really send them, beside a common pandas loop on the same files.

python benchmarks/ingest.py [N [M [KIND …]]]: N returns (10,000) of each of the four most frequent kinds, M (500) of
each other kind, and N mixed as a bureau gets them; or only of the kinds named. All are distinct (kinds.py).

Each way is a command of its own. Ours reads, hashes, checks, scores and stores. Times are those of the whole command
with its start; CPU includes every process that it starts. The loop is pandas.read_excel with openpyxl, a sheet at a
time, and apply; it neither checks nor stores, reads a random 300 of the files, and its start is taken off. The floor is
inflating the parts that are needed, with zlib and nothing else; calamine reads the three answer sheets, and no more.
"""

from __future__ import annotations

import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

import duckdb
from python_calamine import CalamineWorkbook

from kinds import MAIN, MIXED, OTHERS, here, make
from measure import RIVALS, Taken, adopt_orphans, timed
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.workbook.formats import open_workbook
from smebatch.intake.workbook.xlsx_parts import sheet_parts
from smebatch.sample.many import write_many
from smebatch.standard.form_markers import MARKER, META_SHEET
from smebatch.standard.keys import Section
from smebatch.standard.loader import load_edition

SAMPLED, ROUNDS = 300, 5
ANSWER_SHEETS = [str(section) for section in Section]
NEEDED = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml"]
DEFLATED = 8
SPEED = {"": 30, MIXED: 50, **dict.fromkeys(MAIN, 60)}  # bars: times the loop
OF_FLOOR, OF_CALAMINE = 7, 4


class Row(NamedTuple):
    """The measurements of a kind of returns, in milliseconds a file."""

    kind: str
    files: int
    cpu: float
    wall: float
    loop: float
    floor: float
    calamine: float
    start: Taken  # a run on one file

    @property
    def speed(self) -> float:
        """How many times as fast as the loop, by the clock."""
        return self.loop / self.wall

    @property
    def beyond_the_start(self) -> float:
        """CPU without the start."""
        return self.cpu - 1000 * self.start.cpu / self.files

    @property
    def lasting_speed(self) -> float:
        """How many times as fast as the loop, by the clock, both without their starts."""
        return self.loop / (self.wall - 1000 * self.start.wall / self.files)

    def line(self) -> str:
        """The row of the table; an exclamation mark follows a number that misses its bar."""
        of_floor, of_calamine = self.cpu / self.floor, self.beyond_the_start / self.calamine
        slow = self.speed < SPEED.get(self.kind, SPEED[""])
        cells = [
            f"{self.kind:21} {self.files:6,} {self.cpu:7.2f} {self.wall:6.2f} {self.loop:7.1f}",
            f"{self.speed:6.1f} ×{mark(slow)} {self.lasting_speed:5.1f} × {self.floor:6.2f}",
            f"{of_floor:6.1f} ×{mark(self.kind in MAIN and of_floor > OF_FLOOR)} {self.calamine:6.2f}",
            f"{of_calamine:6.2f} ×{mark(self.kind in OTHERS and of_calamine > OF_CALAMINE)}",
        ]
        return " ".join(cells)


def mark(missed: bool) -> str:
    """The mark of a number that misses its bar."""
    return "!" if missed else " "


HEAD = (
    "CPU and wall: ms a file\n"
    "                       files     CPU   wall    loop  by clock without start  floor   of it  calamine without start"
)


def ingested(folder: Path, batch: Path) -> Taken:
    """Ingest a folder into a new batch. Raises ValueError where a file is not read."""
    batch.unlink(missing_ok=True)
    taken = timed([sys.executable, "-m", "smebatch", "ingest", str(folder), "-b", str(batch)])
    with duckdb.connect(str(batch), read_only=True) as db:
        ((rejected,),) = db.execute("SELECT count(*) FROM files WHERE status = 'rejected'").fetchall()
    if rejected:
        raise ValueError(f"{rejected} files of {folder.name} were rejected")
    return taken


def each(function: Callable[[Path], object], files: Sequence[Path]) -> list[float]:
    """CPU milliseconds a file, for each of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for file in files:
            function(file)
        rounds.append(1000 * (time.process_time() - begun) / len(files))
    return rounds


def calamine(file: Path) -> object:
    """Read the cells of the answer sheets with calamine."""
    book = CalamineWorkbook.from_path(str(file))
    return [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in ANSWER_SHEETS]


def packed(file: Path) -> list[bytes]:
    """The needed parts, compressed as in the file; stored parts are left out."""
    with zipfile.ZipFile(file) as book:
        data, found = file.read_bytes(), []
        sheets = sheet_parts(book.read(NEEDED[0]), book.read(NEEDED[1]))
        for name in [*NEEDED, *(sheets[name] for name in ANSWER_SHEETS)]:
            entry = book.NameToInfo.get(name)
            if entry and entry.compress_type == DEFLATED:
                lengths = data[entry.header_offset + 26 : entry.header_offset + 30]
                start = entry.header_offset + 30 + sum(divmod(int.from_bytes(lengths, "little"), 1 << 16))
                found.append(data[start : start + entry.compress_size])
        return found


def measured(kind: str, scratch: Path, n: int, first: int, start: Taken, loop_start: float) -> Row:
    """Make the returns of a kind, measure every way on them, and delete them."""
    folder, batch = scratch / kind, scratch / "batch.duckdb"
    make(kind, folder, n, first)
    files = sorted(folder.rglob("*.xlsx"))
    some = Random(kind).sample(files, min(SAMPLED, len(files)))
    parts = dict(zip(some, map(packed, some), strict=True))

    def inflate(file: Path) -> object:
        return [zlib.decompressobj(-15).decompress(part) for part in parts[file]]

    # Machines drift, so the short measurements are made before and after the long one, and the median is taken.
    floors, bare = each(inflate, some), each(calamine, some)
    taken = ingested(folder, batch)
    floors, bare = floors + each(inflate, some), bare + each(calamine, some)
    loop = timed([sys.executable, "-W", "ignore", str(RIVALS), "sheet", *map(str, some)]).wall - loop_start
    row = Row(
        kind,
        len(files),
        1000 * taken.cpu / len(files),
        1000 * taken.wall / len(files),
        1000 * loop / len(some),
        median(floors) or float("nan"),
        median(bare),
        start,
    )
    print(row.line(), flush=True)
    if kind == MAIN[0]:
        reader(some[:100])
    for file in files:
        file.unlink()
    return row


def reader(files: Sequence[Path]) -> None:
    """Print the time of the reader alone, on files that it has read before."""
    edition = load_edition()
    cells = median(each(lambda file: open_workbook(file.read_bytes()).sheets(MARKER, META_SHEET), files))
    typed = median(each(lambda file: read_bytes(file.read_bytes(), edition), files))
    print(f"{'':10}of which the reader, safety checks: {cells:.2f}; with typing every answer: {typed:.2f}", flush=True)


def main(n: int = 10_000, m: int = 500, *, kinds: Sequence[str] = ()) -> None:
    """Print a line for each kind."""
    adopt_orphans()
    wanted = kinds or (*MAIN, *OTHERS, MIXED)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        write_many(scratch / "one", load_edition(), 1)
        start = min(ingested(scratch / "one", scratch / "batch.duckdb") for _ in range(5))
        loop_start = min(timed([sys.executable, str(RIVALS), "sheet"]).wall for _ in range(3))
        print(
            f"start: ingest of one return {start.cpu:.2f} s of CPU; the loop's imports {loop_start:.2f} s\n{HEAD}",
            flush=True,
        )
        first = 0
        for kind in wanted:
            if not here(kind):
                print(f"{kind:21} is not on this machine (make clients)")
                continue
            count = m if kind in OTHERS else n
            measured(kind, scratch, count, first, start, loop_start)
            first += count


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), kinds=sys.argv[3:])
