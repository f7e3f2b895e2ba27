"""The files to double-click, and what is packed for machines without a network."""

from __future__ import annotations

import importlib.metadata
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from command_line import ROOT, environment, unmeasured
from make_bundle import EMBED, FILES, MINOR, WINDOWS, add_python, add_wheels, requirements, uv
from smebatch import __version__

MOST = 10_000_000  # bytes of what the extra page adds


# --- start.sh ---------------------------------------------------------------------------------------------------------


def checkout(folder: Path) -> Path:
    """A copy of what git has, in a folder whose name is as clerks name them."""
    named = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "smebatch", "start.sh", "pyproject.toml"]
    listed = subprocess.run([*named, "README.md", "LICENSE"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.splitlines()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    own = unmeasured(environment()) | {"PYTHON": sys.executable}
    del own["PYTHONPATH"]  # what is started finds itself
    return subprocess.Popen(
        [folder / "start.sh", *arguments], cwd=folder.parent, stdout=subprocess.PIPE, text=True, env=own
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has 开始.bat")
def test_start_sh_makes_the_environment_once_and_opens_the_page(tmp_path: Path) -> None:
    folder, made = checkout(tmp_path / "评测 工具"), []
    for _ in range(2):
        with start(folder, str(tmp_path / "第一轮"), "--no-browser") as process:
            assert process.stdout
            address = process.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=\S+", address)
            with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(address) as page:
                assert __version__ in page.read().decode()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        made.append((folder / ".page" / "made-for.toml").stat().st_mtime_ns)
    assert made[0] == made[1]
    assert (tmp_path / "第一轮").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has 开始.bat")
def test_start_sh_says_that_there_is_no_python(tmp_path: Path) -> None:
    shutil.copy(ROOT / "start.sh", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    command = ["sh", str(tmp_path / "start.sh")]
    done = subprocess.run(command, env=os.environ | {"PYTHON": "none"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "3.11" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pyproject.toml", "start.sh"]


# --- 开始.bat: what can be said of it without Windows ---------------------------------------------------------------

BAT = (ROOT / "开始.bat").read_bytes()
LINES = BAT.decode("ascii").split("\r\n")


def test_every_code_page_reads_the_same_bat() -> None:
    assert BAT.isascii()
    assert BAT.count(b"\n") == BAT.count(b"\r\n")
    for path in (ROOT / "docs" / "start").glob("*.txt"):  # which it types after chcp 65001
        text = path.read_bytes()
        assert text.decode("utf-8").strip()
        assert text.count(b"\n") == text.count(b"\r\n")
    assert LINES.index("chcp 65001 >nul") < min(i for i, line in enumerate(LINES) if "type " in line)


def test_what_the_bat_names_is_there() -> None:
    text = "\n".join(LINES)
    typed = re.findall(r'type "%HERE%(docs\\start\\\w+\.txt)"', text)
    assert {ROOT / name.replace("\\", "/") for name in typed} == set((ROOT / "docs" / "start").glob("*.txt"))
    assert set(re.findall(r"goto (\w+)", text)) <= {line[1:] for line in LINES if line.startswith(":")}
    assert text.count("(\n") + text.count("( ") == len([line for line in LINES if line.startswith(")")]) + text.count(
        "( "
    )
    defined = set(re.findall(r'set "(\w+)=', text))
    assert set(re.findall(r"%([A-Z]\w*)%", text)) <= defined


def test_the_bat_installs_from_the_wheels_without_a_network() -> None:
    (offline,) = [line for line in LINES if "--no-index" in line]
    assert '--find-links "%HERE%wheels"' in offline
    assert offline.endswith('--target "%HERE%site" "smebatch[page]"')


# --- the bundle -------------------------------------------------------------------------------------------------------


def test_the_bundle_needs_what_windows_needs() -> None:
    needed = {Requirement(line.split(" --hash")[0]).name: line for line in requirements()}
    assert {"flask", "waitress", "duckdb", "colorama", "tzdata"} <= needed.keys()  # the last two on Windows alone
    assert "brotlicffi" not in needed
    assert all(" --hash=sha256:" in line and ";" not in line for line in needed.values())
    assert WINDOWS["python_version"] == MINOR


def test_python_comes_from_a_file_or_a_text_says_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("python.exe", b"MZ")
        archive.writestr("python313._pth", "python313.zip\n.\n#import site\n")
    (tmp_path / "embed.zip").write_bytes(stream.getvalue())
    monkeypatch.setenv("PYTHON_EMBED", str(tmp_path / "embed.zip"))
    assert add_python(tmp_path / "a")
    assert (tmp_path / "a" / "python313._pth").read_bytes() == b"python313.zip\r\n.\r\n..\\site\r\n"
    monkeypatch.setenv("PYTHON_EMBED", str(tmp_path / "none.zip"))
    assert not add_python(tmp_path / "b")
    (text,) = (tmp_path / "b").iterdir()
    assert EMBED in text.read_text("utf-8")


def test_the_bundle_brings_what_the_bat_needs() -> None:
    for name in FILES:
        assert (ROOT / name).exists(), name


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_wheels_install_without_a_network(tmp_path: Path) -> None:
    """As far as Linux can tell: all wheels are for Windows, and nothing that the program asks for is missing."""
    add_wheels(tmp_path / "wheels")
    wheels = sorted(path.name for path in (tmp_path / "wheels").iterdir())
    assert all(name.endswith(("-none-any.whl", "-win_amd64.whl")) for name in wheels)
    assert {"pip", "smebatch"} <= {name.split("-")[0] for name in wheels}
    asked = tmp_path / "asked.txt"
    asked.write_text("smebatch[page]\n", "utf-8")
    windows = ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", MINOR, "--only-binary", ":all:"]
    command = [
        uv(),
        "pip",
        "compile",
        "--quiet",
        "--no-index",
        "--find-links",
        str(tmp_path / "wheels"),
        *windows,
        str(asked),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^[a-z0-9-]+==", done.stdout, re.MULTILINE)) == len(wheels) - 1  # pip installs itself not


# --- the extra --------------------------------------------------------------------------------------------------------


def closure(*asked: str) -> set[str]:
    """The packages that these need, and they themselves, by name."""
    seen, waiting = set[str](), [(line, "") for line in asked]
    while waiting:
        line, extra = waiting.pop()
        requirement = Requirement(line)
        name = requirement.name.lower()
        if (requirement.marker and not requirement.marker.evaluate({"extra": extra})) or name in seen:
            continue
        seen.add(name)
        for further in ("", *requirement.extras):
            waiting += [(needed, further) for needed in importlib.metadata.requires(name) or ()]
    return seen


def test_the_page_adds_ten_megabytes_at_most() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    added = closure(*project["optional-dependencies"]["page"]) - closure(*project["dependencies"])
    assert {"flask", "waitress"} <= added
    files = [Path(str(path.locate())) for name in added for path in importlib.metadata.files(name) or ()]
    assert 1_000_000 < sum(path.stat().st_size for path in files if path.is_file()) <= MOST
