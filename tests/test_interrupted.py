"""A run that is killed leaves a batch the next run carries on with; two runs at once know of each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import duckdb
import pytest

from smebatch.export import export
from smebatch.pipeline import open_batch
from smebatch.sample import write_sample
from smebatch.standard.loader import load_edition

KILLS = 8
RETURNS, VERSIONS = 40, 30

pytestmark = pytest.mark.slow


def ingest(folder: Path, batch: Path, said: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", ""))))
    command = [sys.executable, "-m", "smebatch", "ingest", str(folder), "-b", str(batch), "--jobs", "2"]
    environment = os.environ | {"PYTHONPATH": path, "SMEBATCH_LANG": "en"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)


def exports(batch: Path, folder: Path) -> dict[str, bytes]:
    store, edition = open_batch(batch)
    with store:
        return {path.name: path.read_bytes() for path in export(store, edition, folder)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns in several versions each, told apart by the comment at the end of their zip: one counts of each."""
    folder = tmp_path_factory.mktemp("interrupted") / "returns"
    for path in write_sample(folder, load_edition(), RETURNS, seed=9):
        data = path.read_bytes()
        for version in range(1, VERSIONS):
            comment = str(version).encode()
            other = folder / f"v{version}" / path.name
            other.parent.mkdir(exist_ok=True)
            other.write_bytes(data[:-2] + len(comment).to_bytes(2, "little") + comment)
            os.utime(other, (1_790_000_000 + version, 1_790_000_000 + version))
    return folder


def test_killed_at_any_moment_the_next_run_ends_the_same(folder: Path, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.duckdb", tmp_path / "cut.duckdb"
    begun = time.monotonic()
    assert ingest(folder, whole).wait() == 0
    takes = time.monotonic() - begun
    rng = Random(9)
    killed = 0
    for _ in range(KILLS):
        run = ingest(folder, cut)
        time.sleep(rng.uniform(0.1, takes))
        killed += run.poll() is None
        run.kill()
        run.wait()
    assert killed
    assert ingest(folder, cut).wait() == 0
    assert exports(cut, tmp_path / "cut") == exports(whole, tmp_path / "whole")


def test_the_second_of_two_runs_at_once_says_so(folder: Path, tmp_path: Path) -> None:
    batch = tmp_path / "batch.duckdb"
    with duckdb.connect(str(batch)):
        second = ingest(folder, batch, subprocess.PIPE)
        _, said = second.communicate(timeout=60)
    assert second.returncode == 2
    assert b"in use by another program" in said
    assert len(said.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_ends_soon_and_says_how_to_go_on(folder: Path, tmp_path: Path) -> None:
    for delay in (0.5, 0.7, 0.9):
        run = ingest(folder, tmp_path / "batch.duckdb", subprocess.PIPE)
        time.sleep(delay)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=10)  # measured: 0.1 to 0.3 s
        # CPython ends by the signal itself where it was cut while it made a class from a string (dataclasses).
        assert run.returncode in (2, -signal.SIGINT), said
        assert said.decode().splitlines() == ["error: interrupted; run the same command again to go on"]
