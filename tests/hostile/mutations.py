"""Mutations of a return, by seed: what transfers, disks and clumsy programs do to a file. Run in a process of its own.

python mutations.py FIRST LAST reads the mutations of these seeds and fails where one raises, or answers otherwise
than the return it comes from without an error found.
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
import zipfile
from pathlib import Path

from cases import EDITION, form_bytes, good_answers
from smebatch.intake.entry import Entry
from smebatch.intake.reading import Outcome, read_entry
from smebatch.issues import ISSUES, REASONS, Severity

GOOD = form_bytes(good_answers())


def mutated(data: bytes, seed: int) -> bytes:
    """The return after one accident."""
    chance = random.Random(seed)
    return chance.choice((flip, flip, flip, cut, hole, zeros, move, swap_parts, lose_part))(data, chance)


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


def read(data: bytes, path: Path) -> Outcome:
    path.write_bytes(data)
    return read_entry(Entry(path.name, str(path), len(data), 0), EDITION)


def main(first: int, last: int) -> list[str]:
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "return.xlsx"
        original = read(GOOD, path).answers
        assert original is not None
        for seed in range(first, last):
            outcome = read(mutated(GOOD, seed), path)
            if outcome.answers is None:
                if outcome.reason not in REASONS:
                    wrong.append(f"{seed}: {outcome.reason}")
            elif not any(ISSUES[f.code].severity is Severity.ERROR for f in outcome.answers.findings):
                differ = {key for key, _ in outcome.answers.values.items() ^ original.values.items()}
                wrong += [f"{seed}: {sorted(differ)}"] if differ else []
    return wrong


if __name__ == "__main__":
    sys.exit("\n".join(main(int(sys.argv[1]), int(sys.argv[2]))) or 0)
