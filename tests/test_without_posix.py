"""What only POSIX has is not needed: a folder is read without it, and comes to the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cases import EDITION, OTHER_USCC, form_bytes, good_answers, without_times, zip_of
from command_line import DONE, ROOT, environment, smebatch
from hostile.hostile_files import HOSTILE, content
from smebatch.sample import write_sample

MODULES = ("fcntl", "grp", "pwd", "resource", "termios")
ATTRIBUTES = {
    "os": (
        *("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY", "fork", "mkfifo", "getuid", "geteuid", "killpg"),
        "sched_getaffinity",
    ),
    # subprocess itself, as it is on POSIX, needs SIGKILL: it cannot be taken away, but see the last test.
    "signal": ("SIGXCPU",),
}
# Python runs this before anything else, in the command and in its readers, which have its environment.
HIDE = f"""
import importlib, os, sys
gone = []
for name in {MODULES!r}:
    sys.modules[name] = None  # an import of it raises ImportError
    try:
        importlib.import_module(name)
    except ImportError:
        gone.append(name)
for module, names in {ATTRIBUTES!r}.items():
    holder = importlib.import_module(module)
    for name in names:
        if hasattr(holder, name):
            delattr(holder, name)
    gone += [name for name in names if not hasattr(holder, name)]
with open(os.path.join(os.path.dirname(__file__), f"{{os.getpid()}}.told"), "w", encoding="utf-8") as told:
    told.write(" ".join([*sys.orig_argv, ":", *gone]))
"""


def run(*arguments: object, hidden: Path | None) -> None:
    path = os.pathsep.join(map(str, (hidden, ROOT) if hidden else (ROOT,)))
    said = smebatch(*arguments, env=environment(PYTHONPATH=path))
    assert (said.code, said.err) == (DONE, "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good returns, some in an archive, and every fourteenth of the hostile files."""
    folder = tmp_path_factory.mktemp("posix") / "returns"
    write_sample(folder / "东湖区", EDITION, 12, seed=3)
    good = form_bytes(good_answers())
    (folder / "good.xlsx").write_bytes(good)
    other = form_bytes(good_answers() | {"name": "另一家", "uscc": OTHER_USCC})
    (folder / "archive.zip").write_bytes(zip_of({"a.xlsx": other, "b.txt": b"x"}))
    for number, (_, made) in enumerate([*HOSTILE.values()][::14]):
        (folder / f"hostile{number:02d}.xlsx").write_bytes(content(made))
    return folder


def exports(folder: Path, place: Path, hidden: Path | None = None) -> dict[str, bytes]:
    place.mkdir()
    run("ingest", folder, "-b", place / "batch.duckdb", hidden=hidden)
    run("export", "-b", place / "batch.duckdb", "-o", place, hidden=hidden)
    return {path.name: without_times(path.read_bytes()) for path in place.glob("*.csv")}


@pytest.mark.slow
def test_a_folder_is_read_without_posix(folder: Path, tmp_path: Path) -> None:
    assert len([*folder.glob("hostile*")]) >= 20
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(HIDE, encoding="utf-8")
    without = exports(folder, tmp_path / "without", hidden)
    assert without == exports(folder, tmp_path / "with")
    assert without["files.csv"].count(b",counted,") > 10

    told = [path.read_text("utf-8").rpartition(" : ") for path in hidden.glob("*.told")]
    assert {tuple(gone.split()) for *_, gone in told} == {(*MODULES, *ATTRIBUTES["os"], *ATTRIBUTES["signal"])}
    assert any("-m smebatch ingest" in command for command, *_ in told)
    assert any("smebatch.intake.workers.worker import main" in command for command, *_ in told)


def test_what_could_not_be_hidden_is_not_named() -> None:
    assert [path for path in (ROOT / "smebatch").rglob("*.py") if "SIGKILL" in path.read_text("utf-8")] == []
