"""Tests that need LibreOffice or another client are skipped where it is missing; in CI a skipped test is a failure."""

from __future__ import annotations

import os
from collections.abc import Generator

import hypothesis  # noqa: F401  (before the program is run within the tests, which keeps pandera from importing it)
import pytest

from command_line import inside  # noqa: F401  (a fixture for all)
from office import available
from saved_by.clients import CLIENTS

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
        if (client := item.get_closest_marker("client")) and client.args[0] in missing:
            item.add_marker(pytest.mark.skip(reason=f"{client.args[0]} is not installed"))


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
