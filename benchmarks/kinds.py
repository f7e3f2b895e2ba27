"""Makes distinct returns by the thousand, as the programs save them that people use.

Each return has answers of its own, and half of its notes are filled with text that no other file has. One file in ten
has faults. One in ten has a valid but rare feature in an answer sheet, such as an error value beside the form,
attributes in another order or an indented sheet (tests/saved_by/stoppers.py).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the tests' equipment is no package of the program's
from saved_by.clients import CLIENTS
from saved_by.manners import MANNERS, with_stopper
from saved_by.package import entries, package, packed, unpacked
from smebatch.form.prefill import Splicer
from smebatch.sample.many import FILES_PER_FOLDER, answers_of_return
from smebatch.standard.loader import load_edition

RECALCULATED = ("Excel", "WPS", "Tencent Docs")  # of those that are made by script
CORE, MANY = "docProps/core.xml", 50  # results of formulas: 自评结果 has some ninety, other sheets fewer than forty
_TIME = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_RESULT = re.compile(rb"(</(?:\w+:)?f><(?:\w+:)?v>)[0-9.]{2,}")  # a truth value is one digit
NOTES, RARE = 0.5, 0.1  # of the notes, and of the files
A_TASK = 100  # files
STREAMED = "Apache POI, streamed"
MAIN = ("Excel", "WPS", "LibreOffice", "smebatch")
OTHERS = ("Tencent Docs", STREAMED, "Apache POI", "Gnumeric", "openpyxl", "SheetJS", "ExcelJS")
MIXED = "what a bureau gets"
# Of a hundred files; "" stands for all other kinds in turn.
SHARES = {"Excel": 60, "WPS": 25, "LibreOffice": 5, "smebatch": 5, "": 5}


def here(kind: str) -> bool:
    """Whether returns of the kind can be made on this machine."""
    return not _saves_itself(kind) or CLIENTS[kind].available()


def make(kind: str, folder: Path, n: int, first: int = 0) -> None:
    """Write n returns of a kind into a folder, from number ``first`` on, on all processors."""
    if kind == MIXED:
        return _make_mixed(folder, n, first)
    saves_itself = _saves_itself(kind)
    target = folder.with_name(f"{folder.name} as written") if saves_itself else folder
    tasks = [range(start, min(start + A_TASK, first + n)) for start in range(first, first + n, A_TASK)]
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        list(processes.map(partial(_write, kind, target), tasks))
        if saves_itself:
            saved = CLIENTS[kind].save(sorted(target.rglob("*.xlsx")), folder)
            shutil.rmtree(target)
            list(processes.map(_perhaps_rare, saved, chunksize=A_TASK))
    return None


def _saves_itself(kind: str) -> bool:
    return kind in OTHERS and kind in CLIENTS


def _make_mixed(folder: Path, n: int, first: int) -> None:
    for kind, share in SHARES.items():
        count = n * share // 100
        if kind:
            make(kind, folder / kind, count, first)
        else:
            others = list(filter(here, OTHERS))
            for number, other in enumerate(others):
                make(other, folder / other, len(range(number, count, len(others))), first)
        first += count


@cache
def _splicer() -> Splicer:
    return Splicer(load_edition())


def _write(kind: str, folder: Path, serials: Sequence[int]) -> None:
    for serial in serials:
        path = folder / f"{serial // FILES_PER_FOLDER:04d}" / f"{serial:07d}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        form = _splicer().form(answers_of_return(load_edition(), serial, notes=NOTES, faults=True))
        path.write_bytes(_saved(kind, form, Random(f"{kind} {serial}")))


def _saved(kind: str, form: bytes, rng: Random) -> bytes:
    """The form as a program would have saved it; unchanged where the real program will save it."""
    if _saves_itself(kind):
        return form
    data = MANNERS["Apache POI" if kind == STREAMED else kind](form, rng)
    if kind in RECALCULATED:
        data = _recalculated(data, rng)
    return with_stopper(data, rng) if rng.random() < RARE else data


def _recalculated(data: bytes, rng: Random) -> bytes:
    """The same with new results of formulas and another time of saving, as office programs recalculate on saving."""
    parts = unpacked(data)
    changed = {CORE: _TIME.sub(lambda _: b"2026-%02d-%02dT08:%02d:%02dZ" % _drawn(rng, 12, 28, 60, 60), parts[CORE])}
    for name, xml in parts.items():
        if name.startswith("xl/worksheets/sheet") and len(_RESULT.findall(xml)) > MANY:
            changed[name] = _RESULT.sub(lambda match: match[1] + b"%d.%d" % _drawn(rng, 100, 100), xml)
    return package(entries(data) | {name: packed(xml) for name, xml in changed.items()})


def _drawn(rng: Random, *ends: int) -> tuple[int, ...]:
    return tuple(rng.randrange(1, end) for end in ends)


def _perhaps_rare(path: Path) -> None:
    rng = Random(path.name)
    if rng.random() < RARE:
        path.write_bytes(with_stopper(path.read_bytes(), rng))
