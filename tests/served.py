"""A page that is served by the program, and Debian's Chromium to look at it as a person does."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, expect, sync_playwright

from command_line import started

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1280, 900  # pixels
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
_PATIENCE = 30_000  # ms


class Served(NamedTuple):
    """A page that is served: the process, the address it said, and its port."""

    process: subprocess.Popen[bytes]
    address: str
    port: int


def chromium() -> str | None:
    """The browser's program; None where there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@contextmanager
def serving(folder: Path, *options: str, first: str = "") -> Iterator[Served]:
    """Serve the round of a folder; ``first``: see started."""
    with started("page", "--no-browser", *options, first=first, cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout
        address = process.stdout.readline().decode().strip()
        match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=[\w-]+", address)
        assert match, address
        try:
            yield Served(process, address, int(match[1]))
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()  # else the end of the block would wait for it, however long


@contextmanager
def looking(
    served: Served, language: str = "zh", *, width: int = WIDTH, downloads: Path | None = None
) -> Iterator[Page]:
    """A browser's page that has been let in. Whatever its console says is wrong fails the test."""
    wrong: list[str] = []
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", f"--lang={LOCALES[language]}"],  # in which the browser itself speaks
            downloads_path=downloads and str(downloads),
        )
        context = browser.new_context(locale=LOCALES[language], viewport={"width": width, "height": HEIGHT})
        context.set_default_timeout(_PATIENCE)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(served.address)
        yield page
        browser.close()
    assert not wrong
