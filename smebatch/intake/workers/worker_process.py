"""One worker as its parent sees it: a process that reads entries, its pipes, and a thread that watches its limits."""

from __future__ import annotations

import atexit
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, cast

from smebatch.intake.read_result import WORKER_READY, ContainerTask, ListResult, ListTask, ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import MAX_BYTES, MAX_UNPACKED, Limits
from smebatch.issues.notice import ProblemError
from smebatch.standard.model import Edition

IDLE_SECONDS = 60.0  # after which a worker that nobody needs is ended
WATCH_SECONDS = 0.5  # between two looks at a worker's limits
WORKER_MODULE = "smebatch.intake.workers.worker"  # whose main() the processes run
_KILL = 9  # the signal, whose name Windows does not know

# The reasons to refuse what a worker was reading when it died.
TIME_REASON, SIZE_REASON, DEATH_REASON = "file.time", "file.expands", "file.reader"


class WorkerError(ProblemError, RuntimeError):
    """Nothing can be read here, whatever the files hold: the machine, the limits or the disk are at fault."""


class WorkerDiedError(Exception):
    """The worker has died; the text is the reason to refuse what it was reading."""


class WorkerProcess:
    """A running worker. The constructor raises WorkerError where the process does not start."""

    def __init__(self, edition: Edition, limits: Limits) -> None:
        self._limits = limits
        try:
            self._process = _prestarted.pop()
        except IndexError:
            self._process = _start_process()
        self._tasks, self._answers = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._timed_out = self._disk_full = False
        self._deadline = math.inf
        self._unpack_folder = ""  # of the container that it is opening
        try:
            pickle.dump((edition, limits), self._tasks)
            self._tasks.flush()
            if pickle.load(self._answers) != WORKER_READY:  # noqa: S301  (our own process)
                raise EOFError
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.terminate()
            raise WorkerError("readers.no_start") from error
        threading.Thread(target=self._watch, daemon=True).start()

    def is_alive(self) -> bool:
        """Whether the process runs. If it does, it has IDLE_SECONDS from now on until its next task."""
        self._deadline = time.monotonic() + IDLE_SECONDS
        return self._process.poll() is None

    def run_task(self, task: list[Entry] | ContainerTask, entries_per_flush: int) -> Iterator[ReadResult]:
        """Yield the results of a task: one for each entry, or the one of opening a container. Raises WorkerDiedError.

        The worker sends its answers ``entries_per_flush`` at a time.
        """
        return cast(Iterator[ReadResult], self._run(task, entries_per_flush))

    def read_list(self, task: ListTask) -> ListResult:
        """The result of reading a list. Raises WorkerDiedError."""
        (result,) = self._run(task, 1)
        return cast(ListResult, result)

    def _run(self, task: list[Entry] | ContainerTask | ListTask, entries_per_flush: int) -> Iterator[object]:
        if isinstance(task, list):
            number, time_factor, self._unpack_folder = len(task), 1, ""
        else:
            number, time_factor, self._unpack_folder = 1, task.time_factor, task.folder
        try:
            self._deadline = time.monotonic() + self._limits.wall_seconds * time_factor
            pickle.dump((task, entries_per_flush), self._tasks, pickle.HIGHEST_PROTOCOL)
            self._tasks.flush()
            answers = pickle.Unpickler(self._answers)  # noqa: S301  (our own process)
            for _ in range(number):
                yield answers.load()
                self._deadline = time.monotonic() + self._limits.wall_seconds
            self._unpack_folder = ""
        except (EOFError, OSError, pickle.UnpicklingError):
            self.terminate()
            timed_out = self._timed_out or self._used_up_cpu_time()
            reason = SIZE_REASON if self._disk_full else TIME_REASON if timed_out else DEATH_REASON
            raise WorkerDiedError(reason) from None

    def terminate(self) -> None:
        """End the process, whatever it is doing."""
        _kill(self._process)
        self._process.wait()
        for pipe in (self._tasks, self._answers):
            with suppress(OSError):  # the pipe holds a task that nobody will read
                pipe.close()

    def _used_up_cpu_time(self) -> bool:
        return self._process.returncode == -getattr(signal, "SIGXCPU", 0) != 0

    def _watch(self) -> None:
        """Kill the process when its time is up, or when it has unpacked too much."""
        while self._process.poll() is None:
            self._timed_out = time.monotonic() > self._deadline
            folder = self._unpack_folder
            self._disk_full = folder != "" and _folder_bytes(folder) > MAX_UNPACKED + MAX_BYTES
            if self._timed_out or self._disk_full:
                _kill(self._process)
                break
            time.sleep(WATCH_SECONDS)


# --- starting and ending processes ----------------------------------------------------------------------------------

_prestarted: list[subprocess.Popen[bytes]] = []


def prestart_workers(count: int) -> None:
    """Start ``count`` processes before their tasks are known, for a start takes as long as reading fifty returns.

    Those that nobody takes end when the workers are stopped, or with the program.
    """
    _prestarted.extend(_start_process() for _ in range(count))
    atexit.register(end_prestarted)


def end_prestarted() -> None:
    """End the processes that were started in advance and have not been taken."""
    while _prestarted:
        process = _prestarted.pop()
        _kill(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            cast(IO[bytes], pipe).close()


def _start_process() -> subprocess.Popen[bytes]:
    # The parent's own path, without the current folder, where anybody may have put a module.
    code = f"import sys; sys.path[:] = {sys.path!r}; from {WORKER_MODULE} import main; main()"
    return subprocess.Popen(  # noqa: S603  (this very program)
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=1 << 20,
        process_group=0,  # programs that a worker starts end with it
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker and the programs that it has started; where it is dead, those end by limits of their own."""
    if hasattr(os, "killpg") and process.poll() is None:  # otherwise the number may be another process's by now
        with suppress(ProcessLookupError, PermissionError):  # it is ending at this moment
            os.killpg(process.pid, _KILL)
    process.kill()


def _folder_bytes(folder: str) -> int:
    """The size of all files below a folder in bytes. They may come and go meanwhile."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118  (texts)
    return size
