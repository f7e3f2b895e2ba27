"""Forms put together from a pattern are forms written anew, byte for byte in every part."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import form_anew
from office import convert
from smebatch.form.prefill import Splicer
from smebatch.form.sheet import FormError
from smebatch.intake.read_entry import read_bytes
from smebatch.sample.faults import FAULTS
from smebatch.sample.many import answers_of_return
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import load_edition, parse_edition
from smebatch.standard.model import Edition

EDITION = load_edition("2024")
KEYS = keys_of(EDITION)
TINY = parse_edition((Path(__file__).parent / "editions" / "tiny.toml").read_bytes())

ANSWERS: dict[str, Mapping[str, object]] = {
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
    "a stand-in for itself": {"name": "\ue000name\ue001", "contact": "\ue000name\ue001"},
    "nothing, said in three ways": {"name": "", "q01_o01": False, "equipment_total": None},
    "a nought alone": {"equipment_total": 0},
    "nothing visible": {"name": "\x07" * 20_000},
    "ticks": {"q01_o01": True, "q01_o02": False, "s03_l1": True, "s03_l2": "✓", "s03_l3": "部分", "s03_l4": "√"},
    "figures": {
        "equipment_total": 2**60,
        "equipment_digital": 0.1 + 0.2,
        "equipment_networked": Decimal("-0.00"),
        "digital_investment": Fraction(1, 3),
        "revenue_last": Decimal("1e30"),
        "staff_last": "约30",
        "pass_rate_after": "98.5%",
    },
    "a figure that is a text elsewhere": {"name": "30", "staff_last": 30, "staff_prior": "30"},
    "a day as a text": {"filled_on": "2026年5月"},
    "a day with its time": {"filled_on": dt.datetime(2026, 5, 6, 7, 8, 9, 123)},  # noqa: DTZ001  # as Excel has them
    "before Excel's leap year": {"filled_on": dt.date(1900, 2, 28)},
    "what the form prints elsewhere": {
        "name": "填 报 说 明",
        "q01_note": "改造前",
        "s16_note": "改造前",
    },
    "a text in every cell": {key: f"{key}的" for key in KEYS},
    "the same in every cell": dict.fromkeys(KEYS, "无"),
    "a return with notes": answers_of_return(EDITION, 7, notes=1.0),
    **{f"a return, {name}": fault(EDITION, Random(1), answers_of_return(EDITION, 1)) for name, fault in FAULTS.items()},
}
WRONG: dict[str, Mapping[str, object]] = {
    "no such key": {"name": "甲", "no_such_key": "x"},
    "a number for a date": {"filled_on": 3},
    "a number for a text": {"name": 3},
    "a tick for a figure": {"equipment_total": True},
    "a tick for a text": {"name": True},
    "a number for a tick": {"q01_o01": 1},
    "a list": {"q01_note": ["甲"]},
    "a complex number": {"equipment_total": 1j},
    "not a number": {"equipment_total": float("nan")},
    "infinity": {"q01_note": "甲", "revenue_last": Decimal("-Infinity")},
    "a signalling one": {"revenue_last": Decimal("sNaN")},
    "a number without end": {"revenue_last": 10**400},
    "a day in a time zone": {"filled_on": dt.datetime(2026, 5, 6, tzinfo=dt.UTC)},
}


def parts(data: bytes) -> list[tuple[str, bytes]]:
    """Names and content, in order."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        return [(part.filename, book.read(part)) for part in book.infolist()]


@pytest.fixture(scope="module")
def splicer() -> Splicer:
    """One for all: what it has written before must not matter."""
    return Splicer(EDITION)


@pytest.mark.parametrize("who", ANSWERS)
def test_every_part_is_that_of_a_form_written_anew(who: str, splicer: Splicer) -> None:
    form, anew = splicer.form(ANSWERS[who]), form_anew(ANSWERS[who])
    assert parts(form) == parts(anew)
    assert read_bytes(form, EDITION) == read_bytes(anew, EDITION)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_is_answered(splicer: Splicer, data: st.DataObject) -> None:
    held = st.text(max_size=5) | st.sampled_from(["无", "√", "\ue000name\ue001", "<r>", "</r>", " a", "是"])
    values = {
        kind: held | {Kind.TICK: st.booleans(), Kind.DATE: st.dates()}.get(kind, st.none()) for kind in Kind
    } | dict.fromkeys([k for k in Kind if k.is_figure], held | st.floats(allow_nan=False, allow_infinity=False))
    some = data.draw(st.sets(st.sampled_from(list(KEYS)), max_size=60))
    answers = {key: data.draw(values[KEYS[key].kind]) for key in sorted(some)}
    assert parts(splicer.form(answers)) == parts(form_anew(answers))


def test_another_edition() -> None:
    answers = dict.fromkeys(keys_of(TINY), "甲")
    for some in ({}, answers, dict(list(answers.items())[::2])):
        assert parts(Splicer(TINY).form(some)) == parts(form_anew(some, TINY))


@pytest.mark.parametrize("who", WRONG)
def test_what_a_form_cannot_hold_is_refused_as_ever(who: str, splicer: Splicer) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, OverflowError)) as anew:
        form_anew(WRONG[who])
    with pytest.raises(anew.type) as spliced:
        splicer.form(WRONG[who])
    assert spliced.value.args == anew.value.args


def test_a_form_depends_on_its_answers_alone(splicer: Splicer) -> None:
    first = [splicer.form(answers_of_return(EDITION, serial, notes=0.3)) for serial in range(3)]
    for serial in range(100):  # more shapes than are remembered
        splicer.form(answers_of_return(EDITION, serial))
    assert [splicer.form(answers_of_return(EDITION, serial, notes=0.3)) for serial in range(3)] == first
    assert Splicer(EDITION).form(answers_of_return(EDITION, 2, notes=0.3)) == first[2]


def test_the_order_in_which_answers_are_given_does_not_matter(splicer: Splicer) -> None:
    answers = answers_of_return(EDITION, 4, notes=1.0)
    assert splicer.form(dict(reversed(answers.items()))) == splicer.form(answers)


def test_a_file_is_hardly_larger(splicer: Splicer) -> None:
    for answers in ({"name": "甲"}, answers_of_return(EDITION, 4), answers_of_return(EDITION, 4, notes=1.0)):
        assert len(splicer.form(answers)) < 1.25 * len(form_anew(answers))


def test_one_pattern_serves_many_and_leaves_nothing_behind(splicer: Splicer) -> None:
    forms = [splicer.form({"name": name, "contact": name[:1]}) for name in ("甲公司", "乙", "甲公司")]
    assert forms[0] == forms[2]
    assert [read_bytes(form, EDITION).values["name"] for form in forms] == ["甲公司", "乙", "甲公司"]


def test_a_pattern_without_its_stand_ins_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_nothing(target: io.BytesIO, edition: Edition, *_: object, **_further: object) -> None:
        target.write(form_anew({}, edition))

    monkeypatch.setattr("smebatch.form.prefill.write_workbook", write_nothing)
    with pytest.raises(FormError):
        Splicer(EDITION).form({"name": "甲"})


def cells(data: bytes, *, values: bool) -> dict[tuple[str, str], object]:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=values)
    return {
        (sheet.title, cell.coordinate): (cell.value, cell.data_type, cell.number_format)
        for sheet in book
        for row in sheet
        for cell in row
    }


@pytest.mark.office
def test_libreoffice_finds_the_same(tmp_path: Path) -> None:
    paths = []
    for number, answers in enumerate(ANSWERS.values()):
        for kind, data in (("form", Splicer(EDITION).form(answers)), ("anew", form_anew(answers))):
            paths.append(tmp_path / f"{number}_{kind}.xlsx")
            paths[-1].write_bytes(data)
    converted = convert(paths, "xlsx", tmp_path / "out")
    for number in range(len(ANSWERS)):
        form, anew = (converted[2 * number + i].read_bytes() for i in range(2))
        assert cells(form, values=True) == cells(anew, values=True)
