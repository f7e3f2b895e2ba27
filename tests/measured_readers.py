"""Reader processes under coverage: killed when nobody needs them, they would take along what was measured."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from smebatch.intake.workers import worker_process

SAVING_SECONDS = 5.0  # for a reader to write down which lines it has run; one that hangs in C does not answer

kill = worker_process._kill


def kill_when_saved(process: subprocess.Popen[bytes]) -> None:
    """End a reader by a signal at which coverage saves what it has measured, and then for certain."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(SAVING_SECONDS)
    kill(process)


@pytest.fixture(scope="session", autouse=True)
def measured_readers() -> Iterator[None]:
    """Readers that save what coverage has measured of them before they end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_process, "_kill", kill_when_saved)
        yield
