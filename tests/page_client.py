"""The page of a round without a server: a client that names the host as a browser does, and may have the cookie."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from smebatch.batch.ingest import IngestResult, Progress
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.opening import open_container
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.page.app import make_app
from smebatch.page.guard import CSRF_FIELD, Guard
from smebatch.page.place import Place
from test_pipeline import in_process

PORT = 8765
GUARD = Guard(PORT)
CSRF = {CSRF_FIELD: GUARD.csrf}
_opened: list[Flask] = []


class Compiled(BytecodeCache):
    """Templates that are compiled once for the pages of all tests."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket; see jinja2.BytecodeCache."""
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what a bucket holds; see jinja2.BytecodeCache."""
        self._known[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class PageClient(FlaskClient):
    """A client that asks 127.0.0.1."""

    def open(self, *args: Any, **asked: Any) -> Any:
        """Send a request; see werkzeug.test.Client."""
        asked.setdefault("base_url", f"http://127.0.0.1:{PORT}")
        asked.setdefault("buffered", True)  # and the files behind it are shut
        return super().open(*args, **asked)


def stranger(folder: Path, settings: Path | None = None) -> FlaskClient:
    """A client of the page of a folder that was given nothing."""
    app = make_app(Place(folder, settings))
    app.jinja_env.bytecode_cache = COMPILED
    GUARD.protect(app)
    app.extensions["guard"] = GUARD
    app.test_client_class = PageClient
    _opened.append(app)
    return app.test_client()


@contextmanager
def reading_here() -> Iterator[None]:
    """No process is started for a few files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerPool, "read", in_process(read_entry))
        patch.setattr(WorkerPool, "open_container", lambda _self, task: open_container(task))
        patch.setattr(WorkerPool, "keep_ready", lambda _self: None)
        yield


def shut_pages() -> None:
    """End what the pages of a test have started."""
    while _opened:
        app = _opened.pop()
        app.extensions["readers"].stop()
        app.extensions["folder_dialog"].stop()


def page_client(folder: Path, settings: Path | None = None, *, language: str = "zh") -> FlaskClient:
    """A client of the page of a folder that may ask for everything."""
    client = stranger(folder, settings)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    client.set_cookie(GUARD.cookie_name, GUARD.cookie, domain="127.0.0.1")
    return client


class Held:
    """A reading that goes on when it is told to."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, progress: Progress) -> IngestResult:
        progress(1, 4)
        self.begun.set()
        self.go_on.wait(20)
        progress(2, 4)
        return IngestResult({"counted": 4}, 4)
