"""Mutations of returns, by seed: what transfers, disks and clumsy programs do to a file. Run in a process of its own.

python mutations.py KIND FIRST LAST reads the mutations of these seeds of a .xlsx, .xls or .ods and fails where one
raises, or answers otherwise than the return it comes from without an error found.
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
import zipfile
from pathlib import Path

from cases import EDITION, form_bytes, good_answers
from smebatch.batch.reading import write_blank_form
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.sources.entry import LIMIT_REASONS, Entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.catalogue import REASONS, Severity

RETURNS = Path(__file__).parents[2] / "sample_data" / "returns"
SECTOR = 512


def original(kind: str) -> bytes:
    """A return without an error; the .xls and the .ods are what LibreOffice made of one."""
    if kind == "xlsx":
        return form_bytes(good_answers())
    (path,) = RETURNS.rglob(f"*.{kind}")
    return path.read_bytes()


def mutated(data: bytes, seed: int, kind: str) -> bytes:
    """The return after one accident."""
    chance = random.Random(seed)
    return chance.choice(ACCIDENTS[kind])(data, chance)


def flip(data: bytes, chance: random.Random) -> bytes:
    turned = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 20))):
        turned[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    # half of them where the zip keeps its names and sizes
    directory = data.index(b"PK\x01\x02")
    if chance.random() < 0.5:
        turned[chance.randrange(directory, len(data))] ^= 1 << chance.randrange(8)
    return bytes(turned)


def span(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data))
    return start, min(len(data), start + chance.choice((1, 16, 512, 4096)))


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def hole(data: bytes, chance: random.Random) -> bytes:
    start, stop = span(data, chance)
    return data[:start] + data[stop:]


def zeros(data: bytes, chance: random.Random) -> bytes:
    start, stop = span(data, chance)
    return data[:start] + bytes(stop - start) + data[stop:]


def move(data: bytes, chance: random.Random) -> bytes:
    start, stop = span(data, chance)
    rest, place = data[:start] + data[stop:], chance.randrange(len(data))
    return rest[:place] + data[start:stop] + rest[place:]


def swap_parts(data: bytes, chance: random.Random) -> bytes:
    parts = parts_of(data)
    one, other = chance.sample(sorted(parts), 2)
    return packed(parts | {one: parts[other], other: parts[one]})


def lose_part(data: bytes, chance: random.Random) -> bytes:
    parts = parts_of(data)
    del parts[chance.choice(sorted(parts))]
    return packed(parts)


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def zero_sectors(data: bytes, chance: random.Random) -> bytes:
    start, stop = sectors(data, chance)
    return data[:start] + bytes(stop - start) + data[stop:]


def lose_sectors(data: bytes, chance: random.Random) -> bytes:
    start, stop = sectors(data, chance)
    return data[:start] + data[stop:]


def move_sectors(data: bytes, chance: random.Random) -> bytes:
    start, stop = sectors(data, chance)
    rest = data[:start] + data[stop:]
    place = SECTOR * chance.randrange(len(rest) // SECTOR)
    return rest[:place] + data[start:stop] + rest[place:]


def swap_sectors(data: bytes, chance: random.Random) -> bytes:
    one, other = (SECTOR * number for number in chance.sample(range(len(data) // SECTOR), 2))
    swapped = bytearray(data)
    swapped[one : one + SECTOR], swapped[other : other + SECTOR] = (
        data[other : other + SECTOR],
        data[one : one + SECTOR],
    )
    return bytes(swapped)


def repeat_sector(data: bytes, chance: random.Random) -> bytes:
    one, other = (SECTOR * number for number in chance.sample(range(len(data) // SECTOR), 2))
    return data[:one] + data[other : other + SECTOR] + data[one + SECTOR :]


def sectors(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = SECTOR * chance.randrange(len(data) // SECTOR)
    return start, min(len(data), start + SECTOR * chance.choice((1, 8)))


ZIPPED = (flip, flip, flip, cut, hole, zeros, move, swap_parts, lose_part)
# A .xls has no checksum. A bit turned over in a number, or a few bytes lost of it, is another number, which nobody can
# tell from an answer; so only what touches more than a cell: the end, what shifts the rest, and whole sectors.
ACCIDENTS = {
    "xlsx": ZIPPED,
    "ods": ZIPPED,
    "xls": (cut, hole, move, zero_sectors, lose_sectors, move_sectors, swap_sectors, repeat_sector),
}
# calamine may abort on a damaged .xls, and its process with it; in a zip, what would kill it is found before.
MAY_DIE = {"xls"}


def main(kind: str, first: int, last: int) -> list[str]:
    data, wrong = original(kind), []
    true = read_bytes(data, EDITION).values
    with tempfile.TemporaryDirectory() as folder, WorkerPool(EDITION, write_blank_form) as readers:
        entries = []
        for seed in range(first, last):
            path = Path(folder) / f"{seed}.{kind}"
            path.write_bytes(mutated(data, seed, kind))
            entries.append(Entry(str(seed), str(path), path.stat().st_size, 0))
        for outcome in readers.read(entries):
            if outcome.answers is None:
                if outcome.reason not in REASONS or (outcome.reason in LIMIT_REASONS and kind not in MAY_DIE):
                    wrong.append(f"{outcome.entry.file}: {outcome.reason}")
            elif not any(f.severity is Severity.ERROR for f in outcome.answers.findings):
                differ = {key for key, _ in outcome.answers.values.items() ^ true.items()} - outcome.answers.unsure
                wrong += [f"{outcome.entry.file}: {sorted(differ)}"] if differ else []
    return wrong


if __name__ == "__main__":
    sys.exit("\n".join(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))) or 0)
