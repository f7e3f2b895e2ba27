"""Whatever a file holds, it ends with a reason a clerk understands or with its own answers; honest files pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cases import EDITION
from hostile.hostile_files import GOOD, HOSTILE, KILLERS, content, good_sheet
from smebatch.intake.entry import Entry, entry_of
from smebatch.intake.reading import read_bytes, read_entry
from smebatch.intake.recognise import recognise
from smebatch.intake.safety import MAX_BYTES, safe_parts
from smebatch.issues import REASONS

ROOT = Path(__file__).parents[2]
MUTATIONS, BATCH = 2_000, 250


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 100
    assert {reason for reason, _ in HOSTILE.values()} <= set(REASONS)
    assert all(content(made) for made in KILLERS.values())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_has_its_reason(name: str, tmp_path: Path) -> None:
    reason, made = HOSTILE[name]
    path = tmp_path / "报表.xlsx"
    path.write_bytes(content(made))
    outcome = read_entry(entry_of(path, path.name, path.stat()), EDITION)
    assert (outcome.reason, outcome.answers) == (reason, None)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("~$报表.xlsx", "file.lock"),
        (".~lock.报表.xlsx#", "file.lock"),
        ("~WRL0001.tmp", "file.lock"),
        ("A1B2C3D4.TMP", "file.lock"),
        ("报表.xlsx.crdownload", "file.lock"),
        ("报表.xlsx.part", "file.lock"),
        ("Unconfirmed 1.download", "file.lock"),
        ("报表.xlsx.xltd", "file.lock"),
        ("Thumbs.db", "file.system"),
        ("desktop.ini", "file.system"),
        ("Desktop.ini", "file.system"),
        (".DS_Store", "file.system"),
        ("._报表.xlsx", "file.system"),
        ("部件.part.xlsx", "file.text"),
    ],
)
def test_a_name_tells_what_is_no_return(name: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    assert read_entry(entry_of(path, name, path.stat()), EDITION).reason == reason


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert entry_of(path, path.name, path.stat()).reason == "file.large"
    grown = Entry(path.name, str(path), 1, 0)  # since it was listed
    assert read_entry(grown, EDITION).reason == "file.large"


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.slow) for seed in range(0, MUTATIONS, BATCH)])
def test_no_accident_changes_an_answer(seed: int) -> None:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    script = [sys.executable, str(ROOT / "tests/hostile/mutations.py"), str(seed), str(seed + BATCH)]
    # in a process of its own, for an abort of a reader would take pytest with it
    run = subprocess.run(script, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


# --- honest files stay honest ---------------------------------------------------------------------------------------

HONEST = sorted(p for folder in ("sample_data", "templates") for p in (ROOT / folder).rglob("*.*") if p.is_file())


@pytest.mark.parametrize("path", HONEST, ids=lambda path: path.name)
def test_an_honest_file_is_let_through(path: Path) -> None:
    data = path.read_bytes()
    assert recognise(data) == ""
    assert path.suffix == ".xls" or safe_parts(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # what Excel, WPS and people leave behind beside the form, and no reader minds
        (b"</sheetData>", b'<row r="1048576" ht="15"><c r="XFD1048576" s="1"/></row></sheetData>'),
        (b"</sheetData>", b'<row r="9000"><c r="AB9000"><v>1</v></c></row></sheetData>'),
        (b'<dimension ref="A1:F24"/>', b'<dimension ref="A1:XFD1048576"/>'),
        (b"<sheetData>", b'<!-- r="XFD1048576" --><sheetData>'),
    ],
)
def test_an_oddity_of_an_honest_file_is_let_through(old: bytes, new: bytes) -> None:
    data = good_sheet(old, new)()
    assert recognise(data) == ""
    assert safe_parts(data)
    assert read_bytes(data, EDITION).values == read_bytes(GOOD, EDITION).values
