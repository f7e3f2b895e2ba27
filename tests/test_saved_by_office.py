"""LibreOffice itself beside the script that saves returns as it does, and what it makes of those of the others."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from cases import EDITION, form_bytes
from office import convert
from saved_by.form import take_apart
from saved_by.libreoffice import LARGE, Look, save_as
from saved_by.libreoffice_texts import ASIAN_FONT
from saved_by.manners import MANNERS
from saved_by.package import unpacked
from smebatch.intake.read_entry import read_bytes
from smebatch.sample.many import answers_of_return

pytestmark = pytest.mark.office

RETURNS = 50
ODD = {"q01_note": " 前后有空格 <b>&amp;</b> ", "q02_note": "一行\n二行“引号”_x0041_", "s01_note": "😀 1e5 '=1+1'"}
TEXTS, TYPES, STYLES = "xl/sharedStrings.xml", "[Content_Types].xml", "xl/styles.xml"
COMPARED = {
    *(f"xl/worksheets/sheet{i}.xml" for i in (2, 3, 4, 7)),  # the answer sheets and _meta: what stands in their rows
    *(TEXTS, TYPES, "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "docProps/custom.xml"),
    *("docProps/app.xml", "docProps/core.xml"),
}
IGNORED = {
    STYLES: "numbered otherwise: what a cell's style says of its number and its lock is compared with the cell",
    "xl/worksheets/sheet1.xml": "no answers; written by the same rules",
    "xl/worksheets/sheet5.xml": "no answers; written by the same rules",
    "xl/worksheets/sheet6.xml": "no answers; its results are not worked out",
    "xl/worksheets/sheet8.xml": "no answers; written by the same rules",
}
# Within the parts compared: the numbers of styles, the results of formulas, and of a sheet what stands around its rows
# (views, widths as its fonts make them, validations, which it joins), for nobody reads it.
_ROWS = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
_RESULT = re.compile(rb' t="[a-z]+"(><f aca="false">[^<]*</f>)<v>[^<]*</v>')
_STYLE = re.compile(rb' s="([0-9]+)"')
_FORMAT = re.compile(rb'<numFmt numFmtId="([0-9]+)" formatCode="([^"]*)"/>')
_XF = re.compile(rb'<xf numFmtId="([0-9]+)".*?<protection locked="([a-z]+)"')
_ASIAN = re.compile(rb'<rFont val="([^"]*)"/><family val="[0-9]+"/></rPr>')


def rows(parts: dict[str, bytes], name: str) -> bytes:
    """A sheet's rows, with what a style says of numbers and of the lock in the place of its number."""
    styles = parts[STYLES]
    codes = dict(_FORMAT.findall(styles))
    formats = [(codes[number], lock) for number, lock in _XF.findall(styles[styles.index(b"<cellXfs") :])]
    found = _ROWS.search(parts[name])
    assert found
    told = _STYLE.sub(lambda match: b' s="%s %s"' % formats[int(match[1])], found[0])
    return _RESULT.sub(rb"\1", told)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, bytes], dict[str, bytes]]]:
    """The parts of returns as LibreOffice has saved them, and as the script has."""
    folder = tmp_path_factory.mktemp("returns")
    paths = []
    for serial in range(RETURNS):
        path = folder / f"{serial}.xlsx"
        path.write_bytes(
            form_bytes(answers_of_return(EDITION, serial, notes=0.5, faults=True) | (ODD if serial % 5 == 0 else {}))
        )
        paths.append(path)
    made = []
    for path, saved in zip(paths, convert(paths, "xlsx", folder / "saved"), strict=True):
        real = unpacked(saved.read_bytes())
        asian = _ASIAN.search(real[TEXTS])  # which font it takes hangs on the machine
        look = Look(fonts_missing=bool(asian), groups=False, hidden_rows=False, variant=0)
        script = unpacked(save_as(take_apart(path.read_bytes()), look, Random(0)))
        script[TEXTS] = script[TEXTS].replace(ASIAN_FONT.encode(), asian[1] if asian else b"")
        made.append((real, script))
    return made


def test_the_parts_are_the_same(pairs: list[tuple[dict[str, bytes], dict[str, bytes]]]) -> None:
    for real, script in pairs:
        # What is large comes last, in the order in which it is ready.
        large = {name for name in real if max(len(real[name]), len(script[name])) > LARGE}
        assert [name for name in script if name not in large] == [name for name in real if name not in large]
        assert set(script) == set(real) == COMPARED | set(IGNORED)


@pytest.mark.parametrize("name", sorted(COMPARED))
def test_what_is_in_them_is_the_same(name: str, pairs: list[tuple[dict[str, bytes], dict[str, bytes]]]) -> None:
    for real, script in pairs:
        if name.startswith("xl/worksheets/"):
            assert rows(script, name).split(b"</c>") == rows(real, name).split(b"</c>")
        else:
            assert script[name].split(b"><") == real[name].split(b"><")


@pytest.mark.parametrize("manner", ["Excel", "WPS", "LibreOffice", "Tencent Docs", "Apache POI"])
def test_libreoffice_opens_what_the_others_have_saved(manner: str, tmp_path: Path) -> None:
    plain = {"q02_note": "一行\n二行"}  # of runs LibreOffice does not undo the escapes
    originals = [
        form_bytes(answers_of_return(EDITION, serial, notes=0.5, faults=True) | ODD | plain) for serial in range(6)
    ]
    paths = [tmp_path / f"{serial}.xlsx" for serial in range(6)]
    for serial, path in enumerate(paths):
        path.write_bytes(MANNERS[manner](originals[serial], Random(f"{manner} {serial}")))
    for original, path in zip(originals, convert(paths, "xlsx", tmp_path / "saved"), strict=True):
        before, after = read_bytes(original, EDITION), read_bytes(path.read_bytes(), EDITION)
        assert (after.values, after.findings) == (before.values, before.findings)
