"""Forms put together from a pattern hold what forms written anew hold."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from cases import form_bytes
from office import convert
from smebatch.form.prefill import Prefill
from smebatch.form.sheet import FormError
from smebatch.intake.reading import read_bytes
from smebatch.standard.loader import load_edition, parse_edition
from smebatch.standard.model import Edition

EDITION = load_edition("2024")
TINY = parse_edition((Path(__file__).parent / "editions" / "tiny.toml").read_bytes())

ROSTER: dict[str, Mapping[str, object]] = {
    "nothing": {},
    "a name": {"name": "示例有限公司"},
    "most": {
        "name": "示例有限公司",
        "uscc": "91110000101623741K",
        "province": "广东省",
        "city": "佛山市",
        "size": "小型",
        "contact": "甲",
        "filled_on": dt.date(2026, 5, 6),
    },
    "a text twice": {"name": "甲", "contact": "甲"},
    "a text the form prints as well": {"name": "企业名称", "contact": "√"},
    "markup": {"name": "<si><t>&amp;</t></si>", "contact": "<r><t>x</t></r>"},
    "escapes": {"name": "_x0041_ \x07 \x00", "contact": "  outer blanks\n"},
    "formula": {"name": '=HYPERLINK("x")', "contact": "@SUM(1)"},
    "long": {"name": "长" * 40_000, "contact": "ab" * 50_000},
    "lone surrogate": {"name": "a\ud800b"},
    "a stand-in": {"name": "\ue000contact\ue001", "contact": "乙"},
}


def cells(data: bytes, *, values: bool) -> dict[tuple[str, str], object]:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=values)
    return {
        (sheet.title, cell.coordinate): (cell.value, cell.data_type, cell.number_format)
        for sheet in book
        for row in sheet
        for cell in row
    }


@pytest.mark.parametrize("who", ROSTER)
def test_the_cells_are_those_of_a_form_written_anew(who: str) -> None:
    form, anew = Prefill(EDITION).form(ROSTER[who]), form_bytes(ROSTER[who])
    for values in (True, False):
        assert cells(form, values=values) == cells(anew, values=values)
    with zipfile.ZipFile(io.BytesIO(form)) as ours, zipfile.ZipFile(io.BytesIO(anew)) as theirs:
        assert ours.testzip() is None
        names = [part.filename for part in theirs.infolist()]
        assert [part.filename for part in ours.infolist()] == names
        for name in set(names) - {"xl/sharedStrings.xml"}:
            same = ours.read(name) == theirs.read(name)
            assert same or name.startswith("xl/worksheets/")  # which count the shared texts otherwise


@pytest.mark.parametrize("who", ROSTER)
def test_they_read_alike(who: str) -> None:
    form, anew = (read_bytes(data, EDITION) for data in (Prefill(EDITION).form(ROSTER[who]), form_bytes(ROSTER[who])))
    assert form == anew


def test_one_pattern_serves_many_and_leaves_nothing_behind() -> None:
    prefill = Prefill(EDITION)
    forms = [prefill.form({"name": name, "contact": name[:1]}) for name in ("甲公司", "乙", "甲公司")]
    assert forms[0] == forms[2]
    assert [read_bytes(form, EDITION).values["name"] for form in forms] == ["甲公司", "乙", "甲公司"]


def test_another_edition() -> None:
    key = TINY.fields[0].key
    assert read_bytes(Prefill(TINY).form({key: "甲"}), TINY) == read_bytes(form_bytes({key: "甲"}, TINY), TINY)


def test_what_a_form_cannot_hold_is_refused_as_ever() -> None:
    with pytest.raises(KeyError):
        Prefill(EDITION).form({"no_such_key": "x"})
    with pytest.raises(TypeError):
        Prefill(EDITION).form({"filled_on": 3})


def test_a_pattern_without_its_stand_ins_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_nothing(target: io.BytesIO, edition: Edition, _answers: object) -> None:
        target.write(form_bytes({}, edition))

    monkeypatch.setattr("smebatch.form.prefill.write_form", write_nothing)
    with pytest.raises(FormError):
        Prefill(EDITION).form({"name": "甲"})


@pytest.mark.office
def test_libreoffice_finds_the_same(tmp_path: Path) -> None:
    paths = []
    for number, answers in enumerate(ROSTER.values()):
        for kind, data in (("form", Prefill(EDITION).form(answers)), ("anew", form_bytes(answers))):
            paths.append(tmp_path / f"{number}_{kind}.xlsx")
            paths[-1].write_bytes(data)
    converted = convert(paths, "xlsx", tmp_path / "out")
    for number in range(len(ROSTER)):
        form, anew = (converted[2 * number + i].read_bytes() for i in range(2))
        assert cells(form, values=True) == cells(anew, values=True)
