"""A picture placed in a cell is called one: in a note it is a blank, and said; in an answer it is none."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from cases import EDITION, zip_of
from office import convert
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.workbook.address import cell_index
from smebatch.intake.workbook.blank_cells import CELL_PICTURE
from smebatch.intake.workbook.formats import open_workbook
from smebatch.issues.catalogue import ISSUES, Severity
from test_reading import codes, with_cell, without
from test_xls import book as xls_book

OF_WPS = '<f>_xlfn.DISPIMG("ID_5D3C",1)</f>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RICH = "http://schemas.microsoft.com/office/spreadsheetml/2017/richdata"
# The first value of a cell is the second rich one, a picture; the second is the first, an error; the third the third.
METADATA = f"""<metadata xmlns="{MAIN}" xmlns:xlrd="{RICH}">
<metadataTypes count="2"><metadataType name="XLDAPR"/><metadataType name="XLRICHVALUE"/></metadataTypes>
<futureMetadata name="XLRICHVALUE" count="3">{
    "".join(f'<bk><extLst><ext uri="x"><xlrd:rvb i="{i}"/></ext></extLst></bk>' for i in (1, 0, 2))
}</futureMetadata>
<valueMetadata count="3">{"".join(f'<bk><rc t="2" v="{v}"/></bk>' for v in range(3))}</valueMetadata></metadata>"""
VALUES = (
    f'<rvData xmlns="{RICH}" count="3"><rv s="1"><v>8</v></rv><rv s="0"><v>0</v></rv><rv s="2"><v>0</v></rv></rvData>'
)
STRUCTURES = (
    f'<rvStructures xmlns="{RICH}" count="3"><s t="_localImage"/><s t="_error"/><s t="_webimage"/></rvStructures>'
)
PARTS = {"xl/metadata.xml": METADATA, "xl/richData/rdrichvalue.xml": VALUES}
PARTS["xl/richData/rdrichvaluestructure.xml"] = STRUCTURES


def rich(key: str, number: int, parts: dict[str, str] = PARTS) -> bytes:
    """The form with the error of a rich value in the cell of a key."""
    data = with_cell(key, f'<c r="{{r}}" t="e" vm="{number}"><v>#VALUE!</v></c>')
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zip_of(
            {name: archive.read(name) for name in archive.namelist()} | {k: v.encode() for k, v in parts.items()}
        )


def of_wps(key: str) -> list[bytes]:
    """As WPS saves it; as Excel and LibreOffice save it then; and as a program that works out nothing does."""
    cells = (f't="str">{OF_WPS}<v>=DISPIMG("ID_5D3C",1)</v>', f't="e">{OF_WPS}<v>#NAME?</v>', f">{OF_WPS}")
    return [with_cell(key, f'<c r="{{r}}" {cell}</c>') for cell in cells]


@pytest.mark.parametrize("form", [*of_wps("q01_note"), rich("q01_note", 1), rich("q01_note", 3)])
def test_a_picture_in_a_note_is_a_blank_and_said(form: bytes) -> None:
    result = read_bytes(form, EDITION)
    assert codes(result) == [("text.picture", "q01_note")]
    assert ISSUES["text.picture"].severity is Severity.WARNING
    assert "q01_note" not in result.values


@pytest.mark.parametrize("form", [*of_wps("revenue_last"), rich("revenue_last", 1), rich("revenue_last", 3)])
def test_a_picture_in_the_place_of_an_answer_is_none(form: bytes) -> None:
    result = read_bytes(form, EDITION)
    assert codes(result) == [("cell.picture", "revenue_last")]
    assert result.values == without("revenue_last")


@pytest.mark.parametrize(
    "form",
    [
        rich("revenue_last", 2),
        rich("revenue_last", 9),
        rich("revenue_last", 1, {}),
        rich("revenue_last", 1, {"xl/metadata.xml": METADATA}),
        rich("revenue_last", 1, PARTS | {"xl/metadata.xml": "<"}),
        rich("revenue_last", 1, PARTS | {"xl/richData/rdrichvalue.xml": "<rvData/>"}),
        with_cell("revenue_last", '<c r="{r}" t="e" vm="x"><v>#VALUE!</v></c>'),
    ],
)
def test_an_error_stays_one(form: bytes) -> None:
    assert codes(read_bytes(form, EDITION)) == [("cell.error", "revenue_last")]


def test_what_one_workbook_places_in_a_cell_is_not_what_another_does() -> None:
    """Their sheets are the same to the byte, and remembered; what the cell's value is stands elsewhere."""
    for _ in range(3):
        assert codes(read_bytes(rich("district", 1), EDITION)) == [("cell.picture", "district")]
    assert codes(read_bytes(rich("district", 1, {}), EDITION)) == [("cell.error", "district")]


@pytest.mark.office
def test_a_picture_of_wps_that_libreoffice_saves_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(of_wps("revenue_last")[0])
    for kind in ("xlsx", "ods"):
        (made,) = convert([tmp_path / "a.xlsx"], kind, tmp_path / kind)
        assert ("cell.picture", "revenue_last") in codes(read_bytes(made.read_bytes(), EDITION))


def test_a_picture_of_wps_in_a_xls() -> None:
    text = '=DISPIMG("ID_5D3C",1)'
    formula = (0x06, struct.pack("<HHH8sHIH", 1, 1, 0, bytes(6) + b"\xff\xff", 0, 0, 0))
    result = (0x207, struct.pack("<HB", len(text), 0) + text.encode())
    (sheet,) = open_workbook(xls_book(formula, result)).tables()
    assert sheet.false_blanks == {cell_index("B2"): CELL_PICTURE}
    assert cell_index("B2") not in sheet.cells
