"""Serves the page on 127.0.0.1 until it is told to stop."""

from __future__ import annotations

import signal
import sys
import webbrowser
from collections.abc import Callable
from io import BytesIO
from logging import ERROR, getLogger
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any, cast

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.receiver import FixedStreamReceiver
from waitress.server import TcpWSGIServer, create_server
from waitress.utilities import BadRequest, ServerNotImplemented
from waitress.wasyncore import loop

from smebatch.issues.notice import Notice
from smebatch.page.app import make_app
from smebatch.page.collect import NO_ROOM
from smebatch.page.guard import Guard
from smebatch.page.job import Job
from smebatch.page.kept import all_kept
from smebatch.page.place import Place
from smebatch.workflow import Notify

HOST = "127.0.0.1"
_THREADS = 8  # of waitress: so many requests at a time
_TURN = 0.001  # seconds that a thread which is back from DuckDB waits at most for one that computes; Python's is 0.005
_LOOK = 0.2  # seconds between two looks at whether it was told to stop
_MAX_BODY = 4 << 30  # bytes of a request: a folder of returns that is dropped onto the page


class _Nowhere:
    """Where the rest of a request goes that the disk has no room for."""

    def append(self, data: bytes) -> None:
        """Pass over some bytes."""

    def getfile(self) -> BytesIO:
        """What is kept: nothing."""
        return BytesIO()

    def close(self) -> None:
        """Nothing is open."""

    def __len__(self) -> int:
        return 0


class _Parser(HTTPRequestParser):
    """waitress's, but that a transfer encoding nobody knows is the client's fault, as all is that a client sends.

    Where the disk has no room for what is sent, the request becomes one for the page that says so. Nothing is answered
    before all has come, for whoever still sends does not hear.
    """

    def received(self, data: bytes) -> int:
        """Take in what has come of a request; returns how many bytes of it are used."""
        try:
            used = super().received(data)
        except OSError:
            if not isinstance(self.body_rcv, FixedStreamReceiver):
                raise
            self.body_rcv.buf.close()
            setattr(self.body_rcv, "buf", _Nowhere())  # noqa: B010  # the stubs know other types than waitress
            vars(self).update(command="GET", path=NO_ROOM, query="", headers={**self.headers, "CONTENT_LENGTH": "0"})
            used = super().received(data)
        if isinstance(self.error, ServerNotImplemented):
            self.error = BadRequest(self.error.body)
        return used


class _Channel(HTTPChannel):
    parser_class = _Parser


def serve_page(
    folder: Path,
    settings_file: Path | None,
    port: int,
    announce: Callable[[str], None],
    *,
    browser: bool,
    notify: Notify = lambda _: None,
) -> None:
    """Serve the round of a folder until SIGINT or SIGTERM. A job under way is stopped then, and taken up by the next.

    ``settings_file``: the one that was named, None for smebatch.toml in the folder. ``port``: 0 is a free one.
    ``announce`` is called with the address that leads in, once it works; ``notify`` where a job keeps it from ending at
    once. Raises OSError where the port is taken.
    """
    app = make_app(Place(folder, settings_file))
    sys.setswitchinterval(_TURN)
    getLogger("waitress.queue").setLevel(ERROR)  # that requests wait a little is nothing for the one who began it
    channels: dict[int, Any] = {}
    server = cast(  # what it makes of one address
        TcpWSGIServer,
        create_server(
            app, map=channels, host=HOST, port=port, threads=_THREADS, max_request_body_size=_MAX_BODY, ident=None
        ),
    )
    server.channel_class = _Channel
    guard = Guard(cast(socket, server.socket).getsockname()[1])
    guard.protect(app)
    app.extensions["guard"] = guard
    stopped = False

    def stop(*_: object) -> None:
        """Note it, and raise nothing: what is raised while something is finalised Python drops."""
        nonlocal stopped
        stopped = True
        for number in before:
            signal.signal(number, signal.SIG_DFL)  # a second one ends the program at once

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, stop)
    try:
        announce(guard.address)
        if browser:
            Thread(target=webbrowser.open, args=(guard.address,), daemon=True).start()
        while not stopped:
            loop(_LOOK, map=channels, count=1)
    finally:
        server.task_dispatcher.shutdown()
        server.close()
        _end_work(app, notify)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_work(app: Flask, notify: Notify) -> None:
    """Stop what the pages have begun, and wait for it: Python aborts where a thread is in DuckDB at its end."""
    job: Job = app.extensions["place"].job
    if job.state.running:
        notify(Notice("page.stopping", {"what": Notice(f"job.{job.state.name}")}))
    job.stop()
    app.extensions["readers"].stop()
    app.extensions["folder_dialog"].stop()
    job.wait()
    for kept in all_kept(app.extensions):
        kept.wait()
