"""Tests that need LibreOffice are skipped where it is missing; in CI a skipped test is a failure."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from office import available

collect_ignore = ["type_in_office.py"]  # runs in LibreOffice's own Python
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if available():
        return
    for item in items:
        if item.get_closest_marker("office"):
            item.add_marker(pytest.mark.skip(reason="LibreOffice and poppler are not installed"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
