"""Engines of DuckDB, which open the files of batches.

Starting one takes longer than reading a page of a batch, so a server keeps those of files that were only read for the
next. Nobody else does: what DuckDB was given is not given back before it is closed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from queue import Empty, Full, LifoQueue
from threading import Event
from typing import NamedTuple

import duckdb

# DuckDB caches pages in all the memory it is allowed, needed or not; and every thread adds its own buffers.
_THREADS = 1


class Engine(NamedTuple):
    """An engine, the memory in bytes that it may take, and the folder for what exceeds it."""

    connection: duckdb.DuckDBPyConnection
    memory: int
    temporary: str


_MOST_IDLE = 4
_idle: LifoQueue[Engine] = LifoQueue(_MOST_IDLE)
_keeping = Event()


def keep_engines() -> None:
    """Keep engines for the next file from now on, in this process."""
    _keeping.set()


def quoted(path: Path | str) -> str:
    """A path or text in SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def start_engine(memory: int, temporary: str) -> Engine:
    """An engine without a file, in ``memory`` bytes; what exceeds them goes to the folder ``temporary``."""
    with suppress(Empty):
        kept = _idle.get_nowait()
        engine = kept._replace(memory=memory, temporary=temporary)
        if engine == kept:
            return kept
        try:
            kept.connection.execute(f"SET memory_limit = '{memory} B'; SET temp_directory = {quoted(temporary)}")
        except duckdb.Error:  # it has used its folder, and cannot have another
            kept.connection.close()
        else:
            return engine
    connection = duckdb.connect(
        config={
            "threads": _THREADS,
            "memory_limit": f"{memory} B",
            "temp_directory": temporary,
            # Nothing is fetched from anywhere to open a file.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    return Engine(connection, memory, temporary)


def keep_engine(engine: Engine, file: str) -> None:
    """Shut the file of this name; keep the engine for the next where engines are kept, with the memory it was given."""
    if not _keeping.is_set():
        engine.connection.close()
        return
    try:
        engine.connection.execute(f"DETACH {file}")
        _idle.put_nowait(engine)
    except (duckdb.Error, Full):
        engine.connection.close()
