"""A province's folder: 10,000 good returns, and among them 1,000 entries of whatever people send.

The command ends with status 0, every entry has one status and a reason, every good return is counted and scored as the
standard's text has it; and again after a kill, and again on a cluster, to the same bytes.
"""

from __future__ import annotations

import csv
import os
import re
import sys
import time
from fractions import Fraction
from itertools import count
from pathlib import Path

import pytest

import oracle
from command_line import DONE, smebatch, started
from far_away import cluster
from hostile.hostile_files import GOOD, HOSTILE, KILLERS, content
from hostile.mutations import mutated
from smebatch.issues.catalogue import REASONS
from smebatch.sample.many import answers_of_return, write_many
from smebatch.standard.loader import load_edition

# In one process, for the folder takes its time to make.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("province"),
    pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and kill -9"),
]

GOOD_ONES, OTHERS = 10_000, 1_000
EDITION = load_edition("2024")
LOCKS = 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good returns lie in folders of 1,000, the others beside them."""
    folder = tmp_path_factory.mktemp("province") / "returns"
    write_many(folder, EDITION, GOOD_ONES)
    places = sorted(folder.iterdir())
    numbers = count()

    def put(name: str, data: bytes) -> None:
        (places[next(numbers) % len(places)] / name).write_bytes(data)

    for number, (_, made) in enumerate(HOSTILE.values()):
        put(f"hostile{number}.xlsx", content(made))
    for number, made in enumerate(KILLERS.values()):
        put(f"killer{number}.xls", content(made))
    for number in range(LOCKS):
        put(f"~${number}.xlsx", b"lock")
    os.mkfifo(places[0] / "pipe.xlsx")
    (places[1] / "link.xlsx").symlink_to(places[0] / "0000000.xlsx")
    (places[2] / "folder.xlsx").mkdir()
    for seed in range(OTHERS - 3 - next(numbers)):
        put(f"damaged{seed}.xlsx", mutated(GOOD, seed, "xlsx"))
    return folder


def done(*arguments: object) -> str:
    """What a command says that ends well, with nothing to note."""
    said = smebatch(*arguments, timeout=1_800)
    assert (said.code, said.err) == (DONE, "")
    return said.out


READ_AT = re.compile(rb",[0-9-]{10}T[0-9:]{8}\+00:00\n")  # the last column of versions


def exported(batch: Path) -> dict[str, bytes]:
    """The exports, but for the time at which returns were read."""
    out = batch.with_suffix("")
    done("export", "-b", batch, "-o", out)
    return {path.name: READ_AT.sub(b",\n", path.read_bytes()) for path in out.iterdir()}


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    batch = tmp_path_factory.mktemp("whole") / "batch.duckdb"
    assert done("ingest", folder, "-b", batch).startswith(f"{GOOD_ONES + OTHERS} files: ")
    return exported(batch)


def rows(exports: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(exports[name].decode("utf-8-sig").splitlines()))


def test_every_entry_has_one_status_and_a_reason(whole: dict[str, bytes]) -> None:
    files = rows(whole, "files.csv")
    assert len({row["file"] for row in files}) == len(files) == GOOD_ONES + OTHERS
    assert {row["status"] for row in files} <= {"counted", "returned", "superseded", "rejected"}
    assert {row["reason"] for row in files} <= set(REASONS)
    assert all(row["detail"] for row in files)
    fates = {Path(row["file"]).name: (row["status"], row["reason"]) for row in files}
    for number, (reason, _) in enumerate(HOSTILE.values()):
        assert fates[f"hostile{number}.xlsx"] == ("rejected", reason)
    assert fates["pipe.xlsx"] == ("rejected", "file.special")
    assert fates["link.xlsx"] == ("rejected", "file.link")
    assert fates["folder.xlsx"] == ("rejected", "file.folder")


def test_every_good_return_is_counted_and_exactly_scored(whole: dict[str, bytes]) -> None:
    scores = {Path(row["file"]).stem: row for row in rows(whole, "scores.csv")}
    for serial in range(GOOD_ONES):
        row, answers = scores[f"{serial:07d}"], answers_of_return(EDITION, serial)
        verdict = oracle.score(answers)
        assert row["uscc"] == answers["uscc"]
        assert Fraction(int(row["score_units"]), int(row["units_per_point"])) == verdict.score
        assert (int(row["level"]), row["blocked_by"]) == (verdict.level, verdict.blocked_by)
        assert {scene: int(row[scene]) for scene in verdict.scene_levels} == verdict.scene_levels


PORTION = 1_000_000  # bytes that a portion takes in a batch, at least


def size_of(batch: Path) -> int:
    """Bytes of a batch, with what is yet to be put in its place."""
    places = (batch, batch.with_name(f"{batch.name}.wal"))
    return sum(place.stat().st_size for place in places if place.exists())


def test_after_a_kill_the_next_run_ends_the_same(folder: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    batch = tmp_path / "batch.duckdb"
    for _ in range(2):
        begun = size_of(batch)
        run = started("ingest", folder, "-b", batch)
        while size_of(batch) < begun + PORTION and run.poll() is None:
            time.sleep(0.01)
        run.kill()
        run.wait()
        assert run.returncode < 0  # it had not ended by itself
    assert smebatch("ingest", folder, "-b", batch, timeout=1_800).code == DONE
    assert exported(batch) == whole


def test_a_cluster_ends_the_same(folder: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    batch = tmp_path / "batch.duckdb"
    with cluster(tmp_path) as running:
        done("ingest", folder, "-b", batch, "--scheduler", running.address)
    assert exported(batch) == whole
