"""Whatever a file holds, it ends with a reason a clerk understands or with its own answers; honest files pass."""

from __future__ import annotations

import io
import os
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from cases import EDITION, zip_of
from hostile.hostile_files import (
    GOOD,
    HOSTILE,
    KILLERS,
    RELATIONS,
    SHEET,
    STRINGS,
    TYPES,
    Make,
    content,
    good_but,
    good_named,
    good_parts,
    good_recoded,
    good_sheet,
    good_target,
    good_with,
    header_of,
    in_directory,
    patched,
)
from hostile.mutations import original
from office import convert
from smebatch.cli.show_check import print_check
from smebatch.cli.words import CliWords
from smebatch.intake.read_entry import read_bytes, read_content, read_entry
from smebatch.intake.sources.entry import RETRY_REASONS, Entry, entry_of
from smebatch.intake.sources.limits import MAX_BYTES
from smebatch.intake.workbook.formats import unsupported_reason
from smebatch.intake.workbook.zip_safety import read_safe_parts
from smebatch.issues.catalogue import REASONS
from smebatch.issues.rendering import reason_text
from smebatch.workflow import Checked

ROOT = Path(__file__).parents[2]
MUTATIONS, BATCH = {"xlsx": 2_000, "xls": 1_000, "ods": 500}, 250


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 120
    assert {reason for reason, _ in HOSTILE.values()} <= set(REASONS)
    assert all(content(made) for made in KILLERS.values())


DEAR = {
    "a million rows, no addresses",
    "texts nested a million deep",
    "unpacks to 300 MB",
    "a text of 30 million characters",
}
"""Those that take a second and more to make and to refuse."""


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in DEAR else n for n in HOSTILE])
def test_a_hostile_file_has_its_reason(name: str, tmp_path: Path) -> None:
    reason, made = HOSTILE[name]
    path = tmp_path / "报表.xlsx"
    path.write_bytes(content(made))
    outcome = read_entry(entry_of(path, path.name, path.stat()), EDITION)
    assert (outcome.reason, outcome.answers) == (reason, None)


RAISES = ["no relations", "relations of zeros", "a book in GBK", "the text number 99999", "xls: half a formula"]


@pytest.mark.parametrize("name", RAISES)
def test_what_a_parser_says_is_not_for_clerks(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A KeyError, a ParseError, an IndexError: none stands beside the sentence that says what to do."""
    reason, made = HOSTILE[name]
    outcome = read_content(Entry("a.xlsx", "a.xlsx", 1, 0), content(made), EDITION)
    print_check(Checked(outcome, None), EDITION, CliWords("zh"))
    said = "".join(capsys.readouterr().out.split())
    assert said.endswith("".join(reason_text(reason, "zh").split()))


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
        (".~报表.xlsx", "file.lock"),
        ("报表.xlsx:Zone.Identifier", "file.system"),
        ("报表.xlsxZone.Identifier", "file.system"),
        ("Zone.Identifier", "file.system"),
        ("报表.xlsx:Zone.Identifier:$DATA", "file.system"),
        (".报表.xlsx.icloud", "file.cloud"),
        ("报表.xlsx.nextcloud", "file.cloud"),
        ("部件.part.xlsx", "file.text"),
    ],
)
def test_a_name_tells_what_is_no_return(name: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    assert read_entry(entry_of(path, name, path.stat()), EDITION).reason == reason


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"st_file_attributes": 0x20}, ""),
        ({"st_file_attributes": 0x20 | 0x1000}, "file.cloud"),
        ({"st_file_attributes": 0x40_0000}, "file.cloud"),
        ({"st_file_attributes": 0x4_0000}, "file.cloud"),
        ({"st_flags": 0x4000_0000}, "file.cloud"),
        ({"st_flags": 0x20}, ""),
    ],
)
def test_a_status_tells_what_is_still_in_the_cloud(told: dict[str, int], reason: str) -> None:
    status = SimpleNamespace(st_mode=stat.S_IFREG, st_size=50_000, st_mtime_ns=0, **told)
    assert entry_of("报表.xlsx", "报表.xlsx", cast(os.stat_result, status)).reason == reason
    assert entry_of("Thumbs.db", "Thumbs.db", cast(os.stat_result, status)).reason == "file.system"


def test_what_is_still_in_the_cloud_is_looked_at_again() -> None:
    assert "file.cloud" in RETRY_REASONS


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

BOOKS = {".xlsx", ".xls", ".ods"}
HONEST = sorted(p for folder in ("sample_data", "templates") for p in (ROOT / folder).rglob("*.*") if p.suffix in BOOKS)


@pytest.mark.parametrize("path", HONEST, ids=lambda path: path.name)
def test_an_honest_file_is_let_through(path: Path) -> None:
    data = path.read_bytes()
    assert unsupported_reason(data) == ""
    assert path.suffix == ".xls" or read_safe_parts(data)


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
    assert unsupported_reason(data) == ""
    assert read_safe_parts(data)
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
        archive._didModify = True  # type: ignore[attr-defined]  # not in typeshed: write the directory anew
    return stream.getvalue()


def good_elsewhere_booked() -> bytes:
    """As Microsoft's own files have it, with a number in its name."""
    parts = {name.replace("workbook.xml", "workbook22.xml"): part for name, part in good_parts().items()}
    for name in ("_rels/.rels", TYPES):
        parts[name] = parts[name].replace(b"xl/workbook.xml", b"xl/workbook22.xml")
    return zip_of(parts)


def good_moved(folder: str) -> Make:
    """As the smallest packages have it, wherever the relations lead."""

    def moved(name: str) -> str:
        return folder + name.removeprefix("xl/") if name.startswith("xl/") else name

    def make() -> bytes:
        parts = {moved(name): part for name, part in good_parts().items()}
        parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"xl/workbook.xml", moved("xl/workbook.xml").encode())
        parts[TYPES] = parts[TYPES].replace(b"/xl/", f"/{folder}".encode())
        return zip_of(parts)

    return make


def good_within() -> bytes:
    """With texts in their cells, and an empty value before or behind each."""
    texts = dict(enumerate(re.findall(rb"<si>(.*?)</si>", good_parts()[STRINGS], re.DOTALL)))
    values = iter(range(10_000))

    def within(cell: re.Match[bytes]) -> bytes:
        text = b"<is>%b</is>" % texts[int(cell[2])]
        empty = (b"<v></v>" + text, b"<v/>" + text, text + b"<v/>", text + b"<v></v>")
        return b'<c%b t="inlineStr">%b</c>' % (cell[1], empty[next(values) % 4])

    return good_but({SHEET: re.sub(rb'<c([^<>]*) t="s"><v>([0-9]+)</v></c>', within, good_parts()[SHEET])})()


def good_in_cdata(old: bytes, new: bytes) -> Make:
    return lambda: zip_of({name: re.sub(old, new, part) for name, part in good_parts().items()})


def twice(rename: Callable[[str], str]) -> Make:
    """With each part under another name as well."""
    return lambda: zip_of({**{rename(name): part for name, part in good_parts().items()}, **good_parts()})


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
    "with its parts in another order": lambda: zip_of(dict(reversed(good_parts().items()))),
    "with a directory in another order": good_directed,
    "with a name of its own before a part": lambda: patched(GOOD, header_of(SHEET) + 30, b"other"),
    "with rows that do not say their number": good_but(
        {SHEET: re.sub(rb'<row r="[0-9]+"', b"<row", good_parts()[SHEET])}
    ),
    "with cells that do not say where they stand": good_with(
        SHEET, b"</sheetData>", b'<row r="200"><c r="B200"/><c><v>1</v></c></row><row><c/></row></sheetData>'
    ),
    "with names in capitals": good_named(str.upper),
    "with names in small letters": good_named(str.lower),
    "with names with back slashes": good_named(lambda name: name.replace("/", "\\")),
    "with its book in another part": good_elsewhere_booked,
    "with all at the root": good_moved(""),
    "with all in a folder of its own": good_moved("a b/"),
    "with a sheet in other capitals": good_target(b"worksheets/Sheet3.xml"),
    "with a sheet by a way up and down": good_target(b"../xl/worksheets/sheet3.xml"),
    **{
        f"with {part} in {codec}": good_recoded(part, "UTF-16", codec)
        for part in (SHEET, STRINGS, RELATIONS, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml")
        for codec in ("utf-16", "utf-16-le", "utf-16-be")
    },
    "with a sheet in UTF-16 that says it is UTF-8": good_recoded(SHEET, "UTF-8", "utf-16"),
    "with a part in UTF-16 that nobody reads": good_but({"customXml/item1.xml": "<a/>".encode("utf-16")}),
    "with a part twice": twice(lambda name: name.replace("/s", "/S")),
    "with pictures that differ in capitals": good_but({"xl/media/a.png": b"1", "xl/media/A.PNG": b"2"}),
    "with CDATA in values": good_in_cdata(rb"<v>([^<]*)</v>", rb"<v><![CDATA[\1]]></v>"),
    "with CDATA in texts": good_in_cdata(rb">([^<>&]+)</t>", rb"><![CDATA[\1]]></t>"),
    "with types of other documents": good_with(
        TYPES,
        b"</Types>",
        b'<Override PartName="/xl/embeddings/a.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'wordprocessingml.document.main+xml"/></Types>',
    ),
    "with types of parts that are not there": good_with(
        TYPES,
        b"</Types>",
        b'<Override PartName="/xl/other.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.sharedStrings+xml"/></Types>',
    ),
    "with related texts in capitals": good_with(
        RELATIONS, b"/relationships/sharedStrings", b"/relationships/SharedStrings"
    ),
    "with texts within, beside empty values": good_within,
    "with cells behind the rows": good_with(SHEET, b"</sheetData>", b'</sheetData><ext><c r="E33"><v>0</v></c></ext>'),
}


@pytest.mark.parametrize("name", ODDITIES)
def test_an_odd_file_answers_what_it_answered(name: str) -> None:
    data = content(ODDITIES[name])
    assert unsupported_reason(data) == ""
    assert read_bytes(data, EDITION).values == read_bytes(GOOD, EDITION).values


LIBREOFFICE_REFUSES = {
    *("with names in capitals", "with names in small letters", "with names with back slashes"),
    *("with zeros behind", "with a name that goes up", "with a size that is false"),
    "with a name of its own before a part",
}


@pytest.mark.office
def test_an_odd_file_is_what_libreoffice_shows(tmp_path: Path) -> None:
    """But for some that it does not open, or not all parts of, and Excel does."""
    odd = {name: content(made) for name, made in ODDITIES.items() if name not in LIBREOFFICE_REFUSES}
    paths = [tmp_path / f"{number}.xlsx" for number in range(len(odd))]
    for path, data in zip(paths, odd.values(), strict=True):
        path.write_bytes(data)
    made = convert(paths, "xls", tmp_path / "made", recalculate=False)
    shown = {name: read_bytes(path.read_bytes(), EDITION).values for name, path in zip(odd, made, strict=True)}
    assert [name for name, values in shown.items() if values != read_bytes(GOOD, EDITION).values] == []


@pytest.mark.parametrize("kind", [1, 2, 6])
def test_an_xls_may_hold_a_sheet_of_macros_or_charts(kind: int) -> None:
    """Old .xls files often carry a hidden sheet of macros; a library that calls it no sheet refused the whole file."""
    data = original("xls")
    name = data.index("能耗折算".encode("utf-16-le"))  # the kind stands before its length and its way of writing
    altered = data[: name - 3] + bytes([kind]) + data[name - 2 :]
    assert read_bytes(altered, EDITION).values == read_bytes(data, EDITION).values
