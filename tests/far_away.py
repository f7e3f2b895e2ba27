"""An S3 server and a dask cluster on this machine, for tests: real servers, real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

BUCKET = "returns"


@contextmanager
def s3_server() -> Iterator[Any]:
    """A server with an empty bucket; yields a boto3 client. The environment names the server while it runs."""
    import boto3
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    s3fs.S3FileSystem.clear_instance_cache()  # those of another server
    reset = urllib.request.Request(f"{settings['AWS_ENDPOINT_URL']}/moto-api/reset", method="POST")  # noqa: S310  (http)
    urllib.request.urlopen(reset).close()  # noqa: S310  (servers of one process share what they keep)
    client = boto3.client("s3")
    try:
        client.create_bucket(Bucket=BUCKET)
        yield client
    finally:
        client.close()
        server.stop()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


class Cluster:
    """A scheduler and its workers, each a process of its own without a nanny: one that is killed stays dead."""

    def __init__(self, folder: Path, workers: int) -> None:
        told = folder / "scheduler.json"
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", told)
        until(told.exists)
        self.workers = [
            self._start(
                *("dask_worker", "--scheduler-file", told, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny"),
                *("--name", f"worker{number}", "--local-directory", folder),
            )
            for number in range(workers)
        ]
        import json

        self.address: str = json.loads(told.read_text())["address"]
        if workers:
            self.wait_for(workers)

    def wait_for(self, workers: int) -> None:
        """Until so many workers have come."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    @staticmethod
    def _start(module: str, *arguments: object) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, (str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", ""))))
        command = [sys.executable, "-m", f"distributed.cli.{module}", *map(str, arguments), "--no-dashboard"]
        environment = os.environ | {"PYTHONPATH": path}
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster for a while."""
    this = Cluster(folder, workers)
    try:
        yield this
    finally:
        with suppress(ProcessLookupError):
            this.stop()


def until(condition: Any, seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
