"""Makes build/smebatch-windows.zip: what a machine without a network needs to open the page; for `make bundle`.

It holds 开始.bat, all wheels for 64-bit Windows as uv.lock has them (with its hashes), pip to install them, and the
embeddable package of Python where it can be had: from python.org, or as the file that PYTHON_EMBED names. Where it
cannot, a text says where to get Python. Nothing of it has been run on Windows.
"""

from __future__ import annotations

import io
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
NAME = "smebatch-windows"
PYTHON = "3.13.9"  # the newest for which every package has wheels
EMBED = f"https://www.python.org/ftp/python/{PYTHON}/python-{PYTHON}-embed-amd64.zip"
MINOR = PYTHON.rpartition(".")[0]
WINDOWS = {
    "implementation_name": "cpython",
    "implementation_version": PYTHON,
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_release": "10",
    "platform_system": "Windows",
    "platform_version": "10.0",
    "python_full_version": PYTHON,
    "python_version": MINOR,
    "sys_platform": "win32",
    "extra": "",
}
"""What markers ask of the machine that the wheels are for."""
FILES = ("开始.bat", "README.md", "LICENSE", "docs/windows.md", "docs/pictures/page", "docs/start")
NO_PYTHON = f"""这个压缩包里没有 Python。请从 {EMBED} 下载（64 位“embeddable package”），
解压到这个文件夹（python）里，再双击“开始.bat”；或者请信息部门安装 Python {MINOR}（https://www.python.org/downloads/windows/）。
"""


def uv() -> str:
    """The uv that make set up, whichever environment this runs in; else the machine's."""
    return shutil.which("uv", path=ROOT / ".venv" / "bin") or "uv"


def requirements() -> Iterator[str]:
    """What the page needs on Windows, each pinned with its hashes, as uv.lock has it."""
    command = [uv(), "export", "--quiet", "--frozen", "--extra", "page", "--no-emit-project", "--no-annotate"]
    said = subprocess.run([*command, "--no-header"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in said.replace("\\\n", " ").splitlines():
        stated, *hashes = line.split(" --hash=")
        requirement = Requirement(stated)
        if requirement.marker is None or requirement.marker.evaluate(WINDOWS):
            requirement.marker = None
            yield " --hash=".join([str(requirement), *(each.strip() for each in hashes)])


def add_wheels(folder: Path) -> None:
    """Put the wheels of the program, of what it needs and of pip into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder.parent / "requirements.txt"
    listed.write_text("\n".join(requirements()) + "\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    download = [*pip, "download", "--no-deps", "--dest", str(folder)]
    windows = ["--only-binary=:all:", "--platform", "win_amd64", "--python-version", MINOR]
    subprocess.run([*download, *windows, "--require-hashes", "-r", str(listed)], check=True)
    subprocess.run([*download, "pip>=25"], check=True)
    subprocess.run([uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder)], cwd=ROOT, check=True)
    (folder / ".gitignore").unlink(missing_ok=True)  # uv leaves one
    listed.unlink()


def add_python(folder: Path) -> bool:
    """Put the embeddable Python into a folder, or a text that says where to get it; whether it could be had.

    It looks for packages where its file ._pth says, and nowhere else: the folder that 开始.bat installs to is added.
    """
    folder.mkdir(parents=True)
    try:
        given = os.environ.get("PYTHON_EMBED", "")
        data = Path(given).read_bytes() if given else _fetch(EMBED)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        (folder / "请先取得Python.txt").write_text(NO_PYTHON, "utf-8")
        print(f"{EMBED}: {error}")
        return False
    for path in folder.glob("python*._pth"):
        path.write_text(f"{path.stem}.zip\r\n.\r\n..\\site\r\n", "utf-8", newline="")
    return True


def _fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60, context=ssl.create_default_context()) as answer:
        return bytes(answer.read())


def make_bundle(target: Path) -> bool:
    """Write the zip; whether Python is in it."""
    folder = target.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    add_wheels(folder / "wheels")
    with_python = add_python(folder / "python")
    for name in FILES:
        source, copy = ROOT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            shutil.copy(source, copy)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, Path(NAME, path.relative_to(folder)))
    return with_python


if __name__ == "__main__":
    made = ROOT / "build" / f"{NAME}.zip"
    made.parent.mkdir(exist_ok=True)
    make_bundle(made)
    print(f"{made.relative_to(ROOT)}: {made.stat().st_size / 1e6:.0f} MB")
