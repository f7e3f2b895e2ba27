"""On a cluster of real processes the same is read as here, whoever dies meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cases import form_bytes, zip_of
from far_away import BUCKET, Cluster, cluster, s3_server
from hostile.hostile_files import HOSTILE, KILLERS, content
from smebatch.batch import executors as pool
from smebatch.batch.executors import ClusterError
from smebatch.batch.export import export
from smebatch.batch.ingest import IngestResult, ingest
from smebatch.batch.load import open_batch
from smebatch.sample import write_sample
from smebatch.standard.loader import load_edition

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]  # distributed's own sockets

EDITION = load_edition("2024")
NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
RETURNS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good returns, with one among them that kills its reader, some others nobody can read, and a zip in a zip."""
    folder = tmp_path_factory.mktemp("cluster") / "returns"
    write_sample(folder, EDITION, RETURNS, seed=5)
    for number, (_, made) in enumerate(list(HOSTILE.values())[:20]):
        (folder / f"0{number:02d}_hostile.xlsx").write_bytes(content(made))
    (folder / "031_outer.zip").write_bytes(zip_of({"inner.zip": zip_of({"a.xlsx": form_bytes()})}))
    (folder / "030_killer.xlsx").write_bytes(content(next(iter(KILLERS.values()))))
    return folder


@pytest.fixture(scope="module")
def local(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return exports(folder, tmp_path_factory.mktemp("local"))[1]


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PORTION", 8)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path) as running:
        yield running


def exports(folder: Path | str, out: Path, **how: Any) -> tuple[IngestResult, dict[str, bytes]]:
    done = ingest(folder, out / "batch.duckdb", EDITION, now=NOW, **how)
    store, edition = open_batch(out / "batch.duckdb")
    with store:
        return done, {path.name: path.read_bytes() for path in export(store, edition, out)}


@pytest.mark.usefixtures("small_portions")
def test_a_killed_workers_portions_are_done_again(
    folder: Path, local: dict[str, bytes], two: Cluster, tmp_path: Path
) -> None:
    def kill_one(done: int, _total: int) -> None:
        if done > 10:
            two.workers[0].kill()

    done, exported = exports(folder, tmp_path, scheduler=two.address, progress=kill_one)
    assert two.workers[0].wait(timeout=10)
    assert (done.entries, done.read) == (RETURNS + 22, RETURNS + 22)
    assert exported == local
    assert b"030_killer.xlsx" in exported["files.csv"]


@pytest.mark.usefixtures("small_portions")
def test_a_folder_far_away(folder: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    with s3_server() as client:
        for path in folder.iterdir():
            client.put_object(Bucket=BUCKET, Key=f"2026/{path.name}", Body=path.read_bytes())
        with cluster(tmp_path) as running:
            done, exported = exports(f"s3://{BUCKET}/2026", tmp_path, scheduler=running.address)
            assert done.read == RETURNS + 22
            assert exported == local
            again, _ = exports(f"s3://{BUCKET}/2026", tmp_path, scheduler=running.address)
            assert again.read == 0


def test_a_cluster_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError) as error, pool.cluster_pool("tcp://127.0.0.1:9"):
        pass
    assert error.value.code == "cluster.unreachable"
    with cluster(tmp_path, workers=0) as running:
        with pytest.raises(ClusterError) as error, pool.cluster_pool(running.address):
            pass
        assert error.value.code == "cluster.no_worker"


def test_workers_of_another_version_are_named(two: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "__version__", "999")
    with pytest.raises(ClusterError) as error, pool.cluster_pool(two.address):
        pass
    assert error.value.code == "cluster.version"
