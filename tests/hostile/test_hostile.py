"""Whatever a file holds, it ends with a reason a clerk understands or with its own answers; honest files pass."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cases import EDITION
from hostile.hostile_files import (
    GOOD,
    HOSTILE,
    KILLERS,
    SHEET,
    Make,
    a_zip,
    content,
    good_but,
    good_parts,
    good_sheet,
    good_target,
    good_with,
    header_of,
    in_directory,
    patched,
)
from hostile.mutations import original
from smebatch.intake.entry import Entry, entry_of
from smebatch.intake.limits import MAX_BYTES
from smebatch.intake.reading import read_bytes, read_entry
from smebatch.intake.recognise import recognise
from smebatch.intake.safety import safe_parts
from smebatch.issues import REASONS

ROOT = Path(__file__).parents[2]
MUTATIONS, BATCH = {"xlsx": 2_000, "xls": 1_000, "ods": 500}, 250


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 120
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "seed"), [(kind, seed) for kind, number in MUTATIONS.items() for seed in range(0, number, BATCH)]
)
def test_no_accident_changes_an_answer(kind: str, seed: int) -> None:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    script = [sys.executable, str(ROOT / "tests/hostile/mutations.py"), kind, str(seed), str(seed + BATCH)]
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


def good_streamed() -> bytes:
    """Written by a program that cannot go back: each part's sizes and checksum stand behind it."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    with zipfile.ZipFile(pipe := Pipe(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in good_parts().items():
            archive.writestr(name, part)
    return pipe.getvalue()


def good_in_64_bits() -> bytes:
    with zipfile.ZipFile(stream := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in good_parts().items():
            with archive.open(name, "w", force_zip64=True) as target:
                target.write(part)
    return stream.getvalue()


def good_directed() -> bytes:
    """With the directory's entries in another order than the parts."""
    with zipfile.ZipFile(stream := io.BytesIO(GOOD), "a") as archive:
        archive.filelist.reverse()
        archive._didModify = True  # type: ignore[attr-defined]
    return stream.getvalue()


ODDITIES: dict[str, bytes | Make] = {
    "written as a stream": good_streamed,
    "with sizes of 64 bits": good_in_64_bits,
    "with a size that is false": lambda: in_directory(SHEET, 24, b"\1\0\0\0"),
    "with a line behind": GOOD + b"\r\n",
    "with zeros behind": GOOD + bytes(600),
    "with a web page behind": GOOD + b"<html><body>sent by x</body></html>",
    "with folders": good_but({"xl/": b"", "xl/worksheets/": b""}),
    "with a name that goes up": good_but({"../../../etc/cron.d/a": b"x", "C:\\Windows\\a.dll": b"x"}),
    "with a zip within": good_but({"xl/embeddings/a.zip": b"PK\x05\x06" + bytes(18)}),
    "with a link to another workbook": good_but(
        {
            "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
            "xl/externalLinks/_rels/externalLink1.xml.rels": b'<Relationships><Relationship Id="rId1" '
            b'Target="file:///C:/a.xlsx" TargetMode="External"/></Relationships>',
        }
    ),
    "with a sheet by its whole path": good_target(b"/xl/worksheets/sheet3.xml"),
    "with a byte order mark": good_but({SHEET: b"\xef\xbb\xbf" + good_parts()[SHEET]}),
    "without a declaration": good_but({SHEET: good_parts()[SHEET].partition(b"?>")[2]}),
    "with its parts in another order": lambda: a_zip(dict(reversed(good_parts().items()))),
    "with a directory in another order": good_directed,
    "with a name of its own before a part": lambda: patched(GOOD, header_of(SHEET) + 30, b"other"),
    "with rows that do not say their number": good_but(
        {SHEET: re.sub(rb'<row r="[0-9]+"', b"<row", good_parts()[SHEET])}
    ),
    "with cells that do not say where they stand": good_with(
        SHEET, b"</sheetData>", b'<row r="200"><c r="B200"/><c><v>1</v></c></row><row><c/></row></sheetData>'
    ),
    "with cells behind the rows": good_with(SHEET, b"</sheetData>", b'</sheetData><ext><c r="E33"><v>0</v></c></ext>'),
}


@pytest.mark.parametrize("name", ODDITIES)
def test_an_odd_file_answers_what_it_answered(name: str) -> None:
    data = content(ODDITIES[name])
    assert recognise(data) == ""
    assert read_bytes(data, EDITION).values == read_bytes(GOOD, EDITION).values


@pytest.mark.parametrize("kind", [1, 2, 6])
def test_an_xls_may_hold_a_sheet_of_macros_or_charts(kind: int) -> None:
    """Old .xls files often carry a hidden sheet of macros; a library that calls it no sheet refused the whole file."""
    data = original("xls")
    name = data.index("能耗折算".encode("utf-16-le"))  # the kind stands before its length and its way of writing
    altered = data[: name - 3] + bytes([kind]) + data[name - 2 :]
    assert read_bytes(altered, EDITION).values == read_bytes(data, EDITION).values
