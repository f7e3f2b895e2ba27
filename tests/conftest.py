"""Tests that need LibreOffice, a browser or another client are skipped without it; in CI a skipped test has failed."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator

import hypothesis  # noqa: F401  (before the program is run within the tests, which keeps pandera from importing it)
import pytest

from command_line import inside  # noqa: F401  (a fixture for all)
from office import available
from saved_by.clients import CLIENTS
from served import chromium
from smebatch.intake.list_file import read_list
from smebatch.intake.workers.worker_pool import WorkerPool

if "COVERAGE_RUN" in os.environ:
    from measured_readers import measured_readers  # noqa: F401  (a fixture for all)

collect_ignore = ["type_in_office.py"]  # runs in LibreOffice's own Python
MOST_OF_AN_ID = 80
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {name for name, client in CLIENTS.items() if not client.available()}
    office = available()
    for item in items:
        if item.get_closest_marker("office") and not office:
            item.add_marker(pytest.mark.skip(reason="LibreOffice and poppler are not installed"))
        if item.get_closest_marker("browser") and not chromium():
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))
        if (client := item.get_closest_marker("client")) and client.args[0] in missing:
            item.add_marker(pytest.mark.skip(reason=f"{client.args[0]} is not installed"))


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # nobody need look through thousands of tests for garbage


@pytest.fixture(autouse=True)
def _lists_are_read_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rosters and decisions files are read without a process; those that read them have tests of their own."""
    if "reader_processes" not in request.keywords:
        monkeypatch.setattr(WorkerPool, "read_list", lambda _self, path: read_list(path))


@pytest.fixture(autouse=True)
def _pages_are_shut() -> Generator[None]:
    yield
    if pages := sys.modules.get("page_client"):
        pages.shut_pages()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes and long texts name no test: some hold the time at which they were made, and each worker has others."""
    if isinstance(val, bytes) or (isinstance(val, str) and len(val) > MOST_OF_AN_ID):
        return argname
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
