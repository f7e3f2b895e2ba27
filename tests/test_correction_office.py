"""A correction copy that is mended and explained in a real program and saved there reads as what was typed into it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest

from cases import EDITION, Return, edited, form_bytes, good_answers
from office import convert
from saved_by.clients import CLIENTS
from smebatch.form.layout import answer_cells
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.return_answers import Explanation
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.form_markers import CORRECTION_SHEET
from test_checks import swap_labels
from test_correction_loop import Folder, own
from test_person import has_bridge, type_in

pytestmark = pytest.mark.office

NOTES: Return = {"q01_note": "=1+1", "q02_note": "'01", "s16_note": "<r><t>长</t></r>" * 50}
NOTES |= {"en_coking_coal_last_used": 0, "en_heat_prior_used": 1.5}
ODD: Return = {"q01_o01": "部分" * 500, "q02_o01": True, "revenue_last": "约1000", "city": "一市", "park": "二园"}
# The labels of 地市 and 园区 change places. What the enterprise does with the copy: it explains the first issue and the
# second in the list, and mends all but a tick.
MENDED = {"revenue_last": "1000", "q02_o01": "", "city": "福州市", "park": ""}
TYPED = {"e001_text": "=两台设备 12 月才到货，'见清单' <r>", "e002_text": "@合同附后"}


class Read(NamedTuple):
    """What is read of a copy."""

    values: Mapping[str, object]
    typed: dict[str, str]
    corrects: str
    explanations: list[Explanation]
    findings: list[tuple[str, str]]


def read(data: bytes) -> Read:
    """What is read of a workbook."""
    found = read_bytes(data, EDITION)
    values = {key: value for key, value in found.values.items() if value is not False}
    codes = [(finding.code, finding.key) for finding in found.findings]
    return Read(values, found.typed, found.corrects, found.explanations, codes)


class Sent(NamedTuple):
    """A copy, and what is to be read once it is mended."""

    data: bytes
    expected: Read


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """The copy of a return with notes, amounts of energy and answers that could not be read."""
    folder = Folder(tmp_path_factory.mktemp("office"))
    folder.add({"甲.xlsx": edited(form_bytes(good_answers() | own(1) | NOTES | ODD), swap_labels)})
    folder.ingest()
    (data,) = folder.copies().values()
    as_sent = read(data)
    assert set(as_sent.typed) == {"q01_o01", "revenue_last", "city", "park"}
    assert as_sent.corrects
    values = {**as_sent.values, "revenue_last": 1000 * MICRO, "city": "福州市"}
    del values["q02_o01"]
    sheet = openpyxl.load_workbook(io.BytesIO(data))[CORRECTION_SHEET]
    issues = {row[0]: (row[-2], row[-1]) for row in sheet.iter_rows(max_col=11, values_only=True) if row[0]}
    return Sent(
        data,
        Read(
            values,
            {"q01_o01": "部分" * 500},
            as_sent.corrects,
            [Explanation(*issues[key.partition("_")[0]], text) for key, text in TYPED.items()],
            [("tick.unreadable", "q01_o01")],
        ),
    )


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_mended_in_libreoffice(kind: str, sent: Sent, tmp_path: Path) -> None:
    if not has_bridge():
        pytest.skip("LibreOffice's Python bridge (python3-uno) is not installed")
    (tmp_path / "copy.xlsx").write_bytes(sent.data)
    type_in(tmp_path, "copy.xlsx", "filled.xlsx", MENDED | TYPED)
    saved = tmp_path / "filled.xlsx"
    if kind != "xlsx":
        (saved,) = convert([saved], kind, tmp_path / kind)
    assert read(saved.read_bytes()) == sent.expected


# ExcelJS cannot open notes that openpyxl has written.
@pytest.mark.parametrize("name", sorted(CLIENTS.keys() - {"ExcelJS"}))
def test_mended_and_saved_by_another_program(name: str, sent: Sent, tmp_path: Path) -> None:
    client = CLIENTS[name]
    if not client.available():
        pytest.skip(f"{name} is not installed")

    def mend(book: openpyxl.Workbook) -> None:
        for key, text in MENDED.items():
            sheet, _, address = answer_cells(EDITION)[key].partition("!")
            book[sheet][address].value = text or None
        for row in book[CORRECTION_SHEET].iter_rows(max_col=9):
            if explanation := TYPED.get(f"{row[0].value}_text"):
                row[8].value, row[8].data_type = explanation, "s"

    path = tmp_path / "copy.xlsx"
    path.write_bytes(edited(sent.data, mend))
    (saved,) = client.save([path], tmp_path / "saved")
    assert read(saved.read_bytes()) == sent.expected


@pytest.mark.parametrize("name", CLIENTS)
def test_saved_by_another_program_as_it_was_sent(name: str, sent: Sent, tmp_path: Path) -> None:
    client = CLIENTS[name]
    if not client.available():
        pytest.skip(f"{name} is not installed")
    path = tmp_path / "copy.xlsx"
    path.write_bytes(sent.data)
    (saved,) = client.save([path], tmp_path / "saved")
    assert read(saved.read_bytes()) == read(sent.data)
