"""A folder is chosen with the desktop's dialog, where there is one: here a stand-in of the same name."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from command_line import environment
from page_client import CSRF, page_client
from smebatch.page.folder_dialog import FolderDialog, dialog_program

needs_posix = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the stand-in is a program of Linux")


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A desktop whose dialog does what is said in Python; returns the folder of the round."""

    def make(statements: str) -> Path:
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin" / "zenity"
        program.write_text(f"#!{sys.executable}\nimport os, sys, time\n{statements}\n", "utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
        monkeypatch.setenv("DISPLAY", ":99")
        (tmp_path / "round").mkdir()
        return tmp_path / "round"

    return make


def choose(client: FlaskClient) -> str:
    """Press the button, wait until the dialog has ended, and show what stands in the field."""
    assert client.post("/collect/choose", data={**CSRF, "folder": "甲"}).status_code == 303
    end = time.monotonic() + 20
    while client.get("/collect/choosing").text == "busy":
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.1)  # until the answer is taken in
    return field(client)


def field(client: FlaskClient) -> str:
    (value,) = re.findall('<input name="folder" value="([^"]*)"', client.get("/collect/").text)
    return html.unescape(value)


@needs_posix
def test_what_is_chosen_stands_in_the_field(desktop: Callable[[str], Path], tmp_path: Path) -> None:
    chosen = tmp_path / "乙 & <丙>"
    chosen.mkdir()
    folder = desktop(
        f"assert sys.argv[-1] == '--filename=' + os.environ['SMEBATCH_FOLDER'] + '/'; print({str(chosen)!r})"
    )
    (folder / "甲").mkdir()
    client = page_client(folder)
    assert field(client) == str(folder / "returns")
    assert choose(client) == str(chosen)
    assert client.application.extensions["folder_dialog"]._process.returncode == 0
    assert client.post("/collect/start", data={**CSRF, "folder": str(chosen)}).status_code == 303
    client.application.extensions["place"].job.wait(60)
    assert client.application.extensions["folder_dialog"].chosen is None  # it has been used


@needs_posix
@pytest.mark.parametrize(
    "statements", ["sys.exit(1)", "print('/no such folder')", "print('')", "os.abort()", "os.write(1, b'\\xff\\n')"]
)
def test_a_dialog_without_a_choice_changes_nothing(statements: str, desktop: Callable[[str], Path]) -> None:
    folder = desktop(statements)
    assert choose(page_client(folder)) == str(folder / "returns")


@needs_posix
def test_there_is_one_at_a_time_and_the_server_does_not_wait(desktop: Callable[[str], Path], tmp_path: Path) -> None:
    log = tmp_path / "log"
    folder = desktop(f"open({str(log)!r}, 'a').write(str(os.getpid()) + ' '); time.sleep(60)")
    client = page_client(folder)
    for _ in range(2):
        assert client.post("/collect/choose", data=CSRF).status_code == 303
    while not (log.exists() and log.read_text().endswith(" ")):
        time.sleep(0.05)
    page = client.get("/collect/").text
    assert 'data-wait="/collect/choosing"' in page
    assert 'action="/collect/start"' in page
    (shown,) = map(int, log.read_text().split())
    client.application.extensions["folder_dialog"].stop()
    assert ended(shown)


def ended(process: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(200):
        try:
            os.kill(process, 0)
            if Path(f"/proc/{process}/stat").read_text().split(")")[-1].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


@needs_posix
@pytest.mark.slow
def test_the_dialog_ends_with_a_server_that_is_killed(desktop: Callable[[str], Path], tmp_path: Path) -> None:
    log = tmp_path / "log"
    desktop(f"open({str(log)!r}, 'a').write(str(os.getpid()) + ' '); time.sleep(60)")
    server = """
import sys, time
from pathlib import Path
from smebatch.page.folder_dialog import FolderDialog, dialog_program
FolderDialog().open(dialog_program("t", Path()), "t", Path())
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", server], env=environment()) as process:
        while not (log.exists() and log.read_text().endswith(" ")):
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    assert ended(int(log.read_text()))


def test_a_change_needs_its_token(tmp_path: Path) -> None:
    assert page_client(tmp_path).post("/collect/choose").status_code == 403


def test_without_a_desktop_there_is_no_button(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("smebatch.page.collect.dialog_program", lambda *_: None)
    client = page_client(tmp_path)
    assert "/collect/choose" not in client.get("/collect/").text
    assert client.post("/collect/choose", data=CSRF).status_code == 303
    assert client.get("/collect/choosing").text == "ended"


@pytest.mark.parametrize(
    ("platform", "there", "variables", "expected"),
    [
        ("win32", ["powershell"], {}, "powershell"),
        ("win32", [], {}, None),
        ("darwin", ["osascript"], {}, "osascript"),
        ("darwin", [], {}, None),
        ("linux", ["zenity", "kdialog"], {"DISPLAY": ":0"}, "zenity"),
        ("linux", ["kdialog"], {"WAYLAND_DISPLAY": "wayland-0"}, "kdialog"),
        ("linux", ["zenity"], {}, None),
    ],
)
def test_each_desktop_has_its_program(
    platform: str, there: list[str], variables: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    for name in there:
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    program = dialog_program("题", tmp_path, platform, {"PATH": str(tmp_path), **variables})
    assert (Path(program[0]).name if program else None) == expected


def test_a_new_dialog_has_chosen_nothing() -> None:
    dialog = FolderDialog()
    assert (dialog.running, dialog.chosen) == (False, None)
    dialog.stop()
