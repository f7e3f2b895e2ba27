"""The form: keys that a reader finds, help that is really there, formulas that agree with the standard."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from office import convert, pictures
from smebatch.form.layout import answer_sheets, keyed_sheets
from smebatch.form.paging import PORTRAIT, page_breaks
from smebatch.form.writer import write_form
from smebatch.standard.form_markers import FORM_VERSION, META_SHEET, TICK, TICKED, UNTICKED
from smebatch.standard.formula_text import literal
from smebatch.standard.keys import Kind, keys_of, rows_of
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition

FULL = load_edition("2024")
TINY = load_edition(Path(__file__).parent / "editions" / "tiny.toml")
EDITIONS = pytest.mark.parametrize("edition", [FULL, TINY], ids=lambda e: e.id)
ROOMY = 250  # cells to the right of and below this would be formatting far from content

Cells = dict[str, tuple[str, str]]  # key -> sheet, cell


def written(edition: Edition, answers: Mapping[str, object] | None = None, **more: Any) -> bytes:
    stream = io.BytesIO()
    write_form(stream, edition, answers, **more)
    return stream.getvalue()


def opened(data: bytes, *, values: bool = False) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


@cache
def blank(edition: Edition) -> bytes:
    return written(edition)


def addresses(book: Workbook) -> Iterator[tuple[str, str, str]]:
    """Every crossing of a keyed row and an answer column, by the contract alone: key, sheet, cell."""
    for sheet in book:
        corner = next((c for row in sheet.iter_rows() for c in row if c.value == "#smebatch"), None)
        if corner is None:
            continue
        suffixes = {
            c.column: str(c.value)[1:]
            for c in sheet[corner.row]
            if c.column != corner.column and str(c.value or "").startswith("#")
        }
        for row in range(corner.row + 1, sheet.max_row + 1):
            key = sheet.cell(row, corner.column).value
            if key:
                for column, suffix in suffixes.items():
                    yield f"{key}{suffix}", sheet.title, sheet.cell(row, column).coordinate


def cells_of(book: Workbook, edition: Edition) -> Cells:
    return {key: (sheet, cell) for key, sheet, cell in addresses(book) if key in keys_of(edition)}


def read(book: Workbook, edition: Edition) -> dict[str, object]:
    return {key: book[s][c].value for key, (s, c) in cells_of(book, edition).items() if book[s][c].value is not None}


# ---------------------------------------------------------------------------------------------- addressing


@EDITIONS
def test_every_key_stands_exactly_once(edition: Edition) -> None:
    found = Counter(key for key, _, _ in addresses(opened(blank(edition))))
    assert [key for key in keys_of(edition) if found[key] != 1] == []


@EDITIONS
def test_answer_columns_hold_nothing_but_answers(edition: Edition) -> None:
    book = opened(blank(edition))
    for key, sheet, cell in addresses(book):
        if key not in keys_of(edition):
            assert book[sheet][cell].value is None, (key, sheet, cell)
            assert book[sheet][cell].protection.locked, (key, sheet, cell)


@EDITIONS
def test_marks_of_the_key_row(edition: Edition) -> None:
    for place in keyed_sheets(edition):
        sheet = opened(blank(edition))[place.section]
        row = next(c.row for c in sheet["A"] if c.value == "#smebatch")
        marks = [c.value for c in sheet[row] if c.value]
        wanted = {key.suffix for r in rows_of(edition) if r.section is place.section for key in r.keys}
        assert sorted(marks) == sorted(["#smebatch", "code", "label", *(f"#{suffix}" for suffix in wanted)])
        assert sheet.row_dimensions[row].hidden
        assert sheet.column_dimensions["A"].hidden
        assert sheet.freeze_panes is not None
        assert int(re.sub(r"\D", "", sheet.freeze_panes)) > row


@EDITIONS
def test_rows_print_their_code_and_label(edition: Edition) -> None:
    book = opened(blank(edition))
    printed = {}
    for place in keyed_sheets(edition):
        sheet = book[place.section]
        row = next(c.row for c in sheet["A"] if c.value == "#smebatch")
        code, label = (next(c.column for c in sheet[row] if c.value == mark) for mark in ("code", "label"))
        for cell in sheet["A"]:
            if cell.value and cell.row != row:
                values = sheet.cell(cell.row, code), sheet.cell(cell.row, label)
                assert all(v.data_type == "s" for v in values)
                printed[cell.value] = tuple(v.value for v in values)
    assert printed == {row.key: (row.code, row.label) for row in rows_of(edition)}


@EDITIONS
def test_answer_rows_can_be_sorted(edition: Edition) -> None:
    for place in answer_sheets(edition):
        sheet = opened(blank(edition))[place.section]
        assert [str(m) for m in sheet.merged_cells.ranges if m.max_row > 2] == []


def test_sheets_in_order() -> None:
    visible = ["填报说明", "企业信息", "基础管理成效", "数字化经营", "能耗折算", "自评结果"]
    book = opened(blank(FULL))
    assert book.sheetnames == [*visible, "_meta", "lists"]
    assert [s.sheet_state for s in book] == ["visible"] * 6 + ["veryHidden"] * 2


def test_an_edition_without_scenes_or_energies_has_no_such_sheets() -> None:
    assert opened(blank(TINY)).sheetnames == ["填报说明", "企业信息", "基础管理成效", "自评结果", "_meta", "lists"]


@EDITIONS
def test_meta(edition: Edition) -> None:
    book = opened(blank(edition))
    wanted = {"edition": edition.id, "edition_sha256": edition.sha256, "form_version": FORM_VERSION}
    assert {row[0]: row[1] for row in book[META_SHEET].iter_rows(values_only=True)} == wanted
    assert {p.name: p.value for p in book.custom_doc_props} == wanted


@EDITIONS
def test_contract_names(edition: Edition) -> None:
    names = opened(blank(edition)).defined_names
    assert {"self_score", "self_level", "self_complete"} <= names.keys()


# ---------------------------------------------------------------------------------------------- answers


def test_answers_are_written_as_they_are() -> None:
    answers = {
        "name": "=1+1",
        "district": "http://example.com/x",
        "city": "@SUM(A1)",
        "park": "{=1}",
        "main_product": "<r><t>x</t></r>",
        "contact": "00123",
        "phone": "<r>",
        "uscc": "91110000101623741K",
        "filled_on": dt.date(2026, 11, 1),
        "q01_o02": True,
        "q01_o03": False,
        "q01_o04": None,
        "q01_o05": "打勾",
        "equipment_total": 12,
        "energy_last": Decimal("382.919"),
        "revenue_last": "2000万",
        "cost_last": 0,
        "s01_l1": True,
        "s02_state": "不适用",
        "q04_note": "_x0041_ mailto:a@b",
    }
    book = opened(written(FULL, answers))
    assert read(book, FULL) == {
        **{k: v for k, v in answers.items() if v not in (None, False) or k == "cost_last"},
        "filled_on": dt.datetime(2026, 11, 1),  # noqa: DTZ001  # as openpyxl reads a date
        "q01_o02": TICK,
        "s01_l1": TICK,
        "energy_last": 382.919,
        "main_product": "<r><t>x</t></r> ",  # the space keeps XlsxWriter from copying it as XML
    }
    cells = cells_of(book, FULL)
    for key in ("name", "district", "city", "park", "contact", "phone", "revenue_last", "q04_note"):
        sheet, cell = cells[key]
        assert book[sheet][cell].data_type == "s", key
        assert book[sheet][cell].hyperlink is None, key
    sheet, cell = cells["filled_on"]
    assert book[sheet][cell].is_date


def test_unknown_keys_are_named() -> None:
    with pytest.raises(KeyError, match="q99_o01, zeal"):
        write_form(io.BytesIO(), FULL, {"zeal": "x", "name": "y", "q99_o01": True})


@pytest.mark.parametrize(
    ("key", "value"),
    [("equipment_total", True), ("q01_o01", 1), ("name", 7), ("filled_on", 46000), ("cost_last", dt.date(2026, 1, 1))],
)
def test_values_of_the_wrong_kind_are_refused(key: str, value: object) -> None:
    with pytest.raises(TypeError, match=key):
        write_form(io.BytesIO(), FULL, {key: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no number"):
        write_form(io.BytesIO(), FULL, {"cost_last": value})


@EDITIONS
def test_written_twice_is_the_same_bytes(edition: Edition, tmp_path: Path) -> None:
    answers = {"name": "甲", "filled_on": dt.date(2026, 11, 1), "q01_o02": True}
    path = tmp_path / "form.xlsx"
    write_form(path, edition, answers)
    assert path.read_bytes() == written(edition, answers)


def test_the_template_is_what_the_command_makes() -> None:
    edition = load_edition("2024")
    kept = Path(__file__).parent.parent / "templates" / f"{edition.header.form_title}.xlsx"
    assert kept.read_bytes() == written(edition, None), "run make template"


# ---------------------------------------------------------------------------------------------- help for people


def validations(sheet: Worksheet) -> dict[str, DataValidation]:
    return {
        cell.coordinate: v
        for v in sheet.data_validations.dataValidation
        for area in v.sqref.ranges
        for row in sheet[area.coord if area.size["rows"] * area.size["columns"] > 1 else f"{area.coord}:{area.coord}"]
        for cell in row
    }


@EDITIONS
def test_every_answer_cell_is_helped_and_unlocked(edition: Edition) -> None:
    book = opened(blank(edition))
    types = {
        Kind.TICK: "list",
        Kind.CHOICE: "list",
        Kind.COUNT: "whole",
        Kind.AMOUNT: "decimal",
        Kind.PERCENT: "custom",
        Kind.DATE: "date",
    }
    rules = {sheet.title: validations(sheet) for sheet in book}
    for key, (sheet, cell) in cells_of(book, edition).items():
        rule, spec = rules[sheet][cell], keys_of(edition)[key]
        assert not book[sheet][cell].protection.locked, key
        assert rule.prompt, key
        assert rule.showInputMessage, key
        assert re.search("[一-鿿]", rule.prompt), key
        if spec.kind in types:
            assert rule.type == types[spec.kind], key
        if rule.type == "list":
            choices = source(book, rule.formula1)
            assert choices == ([TICK] if spec.kind is Kind.TICK else list(spec.choices)), key
        if spec.kind in (Kind.USCC, Kind.PHONE, Kind.INDUSTRY, Kind.TEXT):
            assert book[sheet][cell].number_format == "@", key


def source(book: Workbook, name: str) -> list[object]:
    """The values a defined name stands for."""
    sheet, area = next(iter(book.defined_names[name].destinations))
    rows = book[sheet][area] if ":" in area else ((book[sheet][area],),)
    return [cell.value for row in rows for cell in row]


def test_percent_is_asked_as_a_number() -> None:
    # Up to 1 it may be a share: what may be typed is what the reader takes for sure (tests/test_form_and_intake.py).
    book = opened(blank(FULL))
    sheet, cell = cells_of(book, FULL)["pass_rate_after"]
    rule = validations(book[sheet])[cell]
    assert rule.formula1 == f"OR({cell}=0,AND({cell}>1,{cell}<=100))"
    assert "98.5" in rule.prompt


def test_ticks_list_has_every_shape() -> None:
    assert set(TICKED) <= set(source(opened(blank(FULL)), "ticks"))
    assert not set(TICKED) & set(UNTICKED)


@EDITIONS
def test_protection_without_password(edition: Edition) -> None:
    for sheet in opened(blank(edition)):
        assert sheet.protection.sheet, sheet.title
        assert sheet.protection.password is None, sheet.title
        assert not sheet.protection.formatColumns, sheet.title  # False: allowed
        assert not sheet.protection.sort, sheet.title


@EDITIONS
def test_pages(edition: Edition) -> None:
    for sheet in opened(blank(edition)):
        if sheet.sheet_state == "visible":
            assert sheet.page_setup.paperSize == 9, sheet.title
            assert sheet.page_setup.fitToWidth in (None, 1), sheet.title
            assert "第 &P 页 共 &N 页" in sheet.oddFooter.right.text, sheet.title
            assert edition.header.form_title in sheet.oddFooter.left.text, sheet.title


def test_breaks_keep_questions_whole() -> None:
    sheet = opened(blank(FULL))["基础管理成效"]
    breaks = [b.id for b in sheet.row_breaks.brk]  # the last row of a page
    assert breaks
    for last in breaks:
        key = sheet.cell(last + 1, 1).value or sheet.cell(last + 2, 1).value
        assert key in FULL.question


def test_page_breaks() -> None:
    # Not scaled, a page holds 780 points less the slack, at 80 % 976; the first has 100 above its blocks.
    blocks = [(4, 300), (9, 300), (15, 100)]
    assert page_breaks(PORTRAIT, 100, blocks, first=100, balance=False) == [15]
    assert page_breaks(PORTRAIT, 100, blocks, first=100) == [9]
    assert page_breaks(PORTRAIT, 80, blocks, first=100) == []
    # … and each other repeats 200, so that the last block needs a page of its own
    assert page_breaks(PORTRAIT, 100, [(4, 700), *blocks[1:]], repeated=200) == [9]
    assert page_breaks(PORTRAIT, 100, [(4, 700), *blocks[1:]], repeated=400) == [9, 15]


@EDITIONS
def test_the_form_is_lean(edition: Edition) -> None:
    data = blank(edition)
    assert len(data) < 60_000
    for sheet in opened(data):
        assert sheet.max_row < ROOMY, sheet.title
        assert sheet.max_column < 25, sheet.title


# ---------------------------------------------------------------------------------------------- formulas


def formulas(book: Workbook) -> Iterator[tuple[str, str, str]]:
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield sheet.title, cell.coordinate, cell.value


@EDITIONS
def test_formulas_keep_to_what_every_program_knows(edition: Edition) -> None:
    counting = {"COUNTIF", "COUNTIFS", "SUM", "SUMIFS", "SUMPRODUCT", "MAX", "INDEX", "CHOOSE"}
    known = counting | {"ABS", "AND", "IF", "INT", "N", "NOT", "OR", "ROUND", "ROUNDUP", "SUBSTITUTE", "TEXT"}
    for sheet, cell, formula in formulas(opened(blank(edition))):
        bare = re.sub(r'"[^"]*"', "", formula)
        assert set(re.findall(r"([A-Z][A-Z.]*)\(", bare)) <= known, (sheet, cell)
        assert len(formula) < 8192, (sheet, cell)
        assert all(len(text) <= 255 for text in re.findall(r'"((?:[^"]|"")*)"', formula)), (sheet, cell)


@EDITIONS
def test_formulas_address_answers_by_key_alone(edition: Edition) -> None:
    """No formula names a cell of an answer sheet."""
    for sheet, cell, formula in formulas(opened(blank(edition))):
        bare = re.sub(r'"[^"]*"', "", formula)
        assert not any(f"'{place.section}'!" in bare for place in answer_sheets(edition)), (sheet, cell)
        if sheet in [place.section for place in answer_sheets(edition)]:
            local = re.sub(r"'[^']*'!\$?[A-Z]+\$?\d+", "", bare)
            assert not re.search(r"(?<![A-Za-z_])\$?[A-Z]{1,2}\$?\d+(?!\w)", local), (sheet, cell, formula)


def test_a_form_with_answers_carries_no_stale_results() -> None:
    with zipfile.ZipFile(io.BytesIO(written(FULL, {"q01_o02": True}))) as archive:
        sheets = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
        workbook = archive.read("xl/workbook.xml").decode()
    cached = [v for xml in sheets for v in re.findall(r"<f>[^<]*</f><v>([^<]*)</v>", xml)]
    assert cached
    assert set(cached) == {""}
    assert 'fullCalcOnLoad="1"' in workbook


def test_literal() -> None:
    assert literal('a"b') == '"a""b"'
    assert literal("") == '""'
    assert literal("字" * 300).count('"&"') == 2


# ---------------------------------------------------------------------------------------------- LibreOffice


def single(question: str, option: int) -> dict[str, object]:
    return {f"{question}_o{option:02d}": True}


def enterprise() -> dict[str, object]:
    texts = {"name": "甲厂", "uscc": "91110000101623741K", "district": "某区", "assessment_kind": "自评"}
    return {**texts, "phase": "改造后", "filled_on": dt.date(2026, 11, 1), "pledge": "是"}


def every_last_option(edition: Edition) -> dict[str, object]:
    """Full marks: the last option of a 单选, all but 无 of a 多选."""
    ticks: dict[str, object] = {}
    for question in edition.questions:
        ticks |= dict.fromkeys(question.ticks[1:] if question.type == "multiple" else question.ticks[-1:], True)
    return ticks


FIGURES: dict[str, object] = {
    "equipment_total": 100,
    "equipment_digital": 61,
    "equipment_networked": 100,
    "digital_investment": 700,
    "energy_last": 90,
    "energy_prior": 100,
    "pass_rate_after": 99.5,
    "staff_last": 50,
    "revenue_last": 1100,
    "staff_prior": 50,
    "revenue_prior": 1000,
    "cost_last": 800,
    "cost_prior": 800,
}


def scenes(levels: str, state: str = "未达一级") -> dict[str, object]:
    """A digit a scene: the level it reaches."""
    found: dict[str, object] = {}
    for number, level in enumerate(map(int, levels), 1):
        ticks: dict[str, object] = {f"s{number:02d}_l{i}": True for i in range(1, level + 1)}
        found |= ticks or {f"s{number:02d}_state": state}
    return found


FULL_MARKS = {**enterprise(), **every_last_option(FULL), **FIGURES, **scenes("4" * 16)}
NOTHING_BUT_NONE = {
    **enterprise(),
    **{q.ticks[0]: True for q in FULL.questions if not q.base_year},
    **{k: v for k, v in FIGURES.items() if k.startswith("equipment") or k == "digital_investment"},
    "no_base_year": "是",
    **scenes("0" * 16, "不适用"),
}
WITHOUT = {k: v for k, v in FULL_MARKS.items() if k not in ("s16_l1", "s16_l2", "s16_l3", "s16_l4")}

CASES: dict[str, tuple[Edition, dict[str, object], float, int, bool]] = {
    "blank": (FULL, {}, 0, 0, False),
    "full": (FULL, FULL_MARKS, 100, 4, True),
    # 无 throughout and no base year: complete, and nothing scored
    "none": (FULL, NOTHING_BUT_NONE, 0, 0, True),
    "one scene open": (FULL, WITHOUT, 100, 4, False),
    "pledge open": (FULL, {k: v for k, v in FULL_MARKS.items() if k != "pledge"}, 100, 4, False),
    "figure open": (FULL, {k: v for k, v in FULL_MARKS.items() if k != "cost_prior"}, 100, 4, False),
    "figure as text": (FULL, {**FULL_MARKS, "cost_prior": "800万"}, 100, 4, False),
    # 3 of 14 links: 50% × 20% × 100% × 3/14 × 100 = 2.142857…
    "links": (FULL, {"q04_o02": True, "q04_o05": "✓", "q04_o15": "Ｙ"}, 2.14, 0, False),
    # 无 ticked with others: 0; a 单选 ticked twice: 0
    "contradictory": (FULL, {"q04_o01": True, "q04_o02": True, **single("q02", 4), **single("q02", 5)}, 0, 0, False),
    # 题8, third of six: 30% × 50% × 50% × 40 = 3
    "six options": (FULL, single("q08", 3), 3, 0, False),
    # full marks, but 9 scenes at 四级 and 7 at 二级: 三级 needs 8 scenes, 四级 needs 10
    "scenes short": (FULL, {**FULL_MARKS, **dict.fromkeys(f"s{i:02d}_l3" for i in range(10, 17))}, 100, 3, True),
    # a tick above a gap does not count (R9): 一级 missing in 11 scenes leaves 5
    "gaps": (FULL, {**FULL_MARKS, **dict.fromkeys(f"s{i:02d}_l1" for i in range(1, 12))}, 100, 0, True),
    # binding: only s01, s03 of the binding ones, and the six guiding ones
    "binding short": (FULL, {**every_last_option(FULL), **scenes("4440400000000444")}, 100, 0, False),
    "not ticks": (FULL, {"q01_o02": "×", "q01_o03": "否", "q01_o04": "0", "q01_o05": "打勾"}, 0, 0, False),
    # tiny: 题1 two of three = 65% × 33% × 2/3 = 14.3; 题2 second of four = 65% × 67% × 57% / 3 = 8.2745; 题4 = 10.15
    "tiny": (TINY, {"q01_o02": True, "q01_o03": True, **single("q02", 2), **single("q04", 2)}, 32.72, 1, False),
    "tiny full": (TINY, every_last_option(TINY), 100, 3, False),
    # 65% × 33% + 65% × 67% × (57% × 2/3 + 43%) = 21.45 + 35.2755 (… < 62.5)
    "tiny second": (
        TINY,
        {**{k: v for k, v in every_last_option(TINY).items() if k < "q02"}, **single("q02", 3), **single("q05", 3)},
        56.73,
        1,
        False,
    ),
}


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workbook]:
    """The cases as LibreOffice computes them, all in one run."""
    folder = tmp_path_factory.mktemp("forms")
    names = {name: folder / f"{i}.xlsx" for i, name in enumerate(CASES)}
    for name, path in names.items():
        write_form(path, CASES[name][0], CASES[name][1])
    made = convert(names.values(), "xlsx", folder / "out")
    return {name: openpyxl.load_workbook(path, data_only=True) for name, path in zip(names, made, strict=True)}


def named(book: Workbook, name: str) -> object:
    sheet, cell = next(iter(book.defined_names[name].destinations))
    return book[sheet][cell].value


@pytest.mark.office
@pytest.mark.parametrize("case", CASES)
def test_result(recalculated: dict[str, Workbook], case: str) -> None:
    edition, answers, score, level, complete = CASES[case]
    book = recalculated[case]
    assert (named(book, "self_score"), named(book, "self_level")) == (score, level)
    assert bool(named(book, "self_complete")) is complete
    assert read(book, edition).keys() == {k for k, v in answers.items() if v not in (None, False)}
    for sheet in book:
        wrong = [c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "e"]
        assert wrong == [], sheet.title


@pytest.mark.office
@pytest.mark.parametrize("edition", [FULL], ids=lambda e: e.id)
def test_cached_results_of_a_blank_form_are_right(recalculated: dict[str, Workbook], edition: Edition) -> None:
    cached, fresh = opened(blank(edition), values=True), recalculated["blank"]
    for sheet, cell, formula in formulas(opened(blank(edition))):
        assert (cached[sheet][cell].value or 0) == (fresh[sheet][cell].value or 0), (sheet, cell, formula)


@pytest.mark.office
def test_results_are_right_without_recalculation_too(tmp_path: Path) -> None:
    """Formula cells without a cached value are computed on load by a LibreOffice with its default settings."""
    path, stale = tmp_path / "full.xlsx", tmp_path / "stale.xlsx"
    write_form(path, FULL, FULL_MARKS)
    # A planted value shows that this run does not recalculate what has a value.
    with zipfile.ZipFile(io.BytesIO(blank(FULL))) as old, zipfile.ZipFile(stale, "w") as new:
        for name in old.namelist():
            data = old.read(name).decode()
            new.writestr(name, re.sub(r"(<f>ROUND\([^<]*</f><v>)0(</v>)", r"\g<1>77\g<2>", data))
    made = convert([path, stale], "xlsx", tmp_path / "out", recalculate=False)
    right, planted = (openpyxl.load_workbook(p, data_only=True) for p in made)
    assert (named(right, "self_score"), named(right, "self_level")) == (100, 4)
    assert named(planted, "self_score") == 77
    (again,) = convert([stale], "xlsx", tmp_path / "again")
    assert named(openpyxl.load_workbook(again, data_only=True), "self_score") == 0


# What the hint beside a row must contain, by row key, and what it must not say elsewhere.
HINTS: dict[str, tuple[dict[str, object], dict[str, str]]] = {
    "clean": ({**FULL_MARKS, **single("q11", 5)}, {"q11": "少见"}),
    "blank": ({}, {"name": "必填", "q01": "勾选", "q02": "请选一项", "equipment_total": "必填", "s01": "请勾选"}),
    "excused": ({"no_base_year": "是"}, {"q12": "", "energy_last": "", "q14": "", "q11": "请选一项"}),
    "two ticks": ({**single("q02", 1), **single("q02", 2)}, {"q02": "只能选一项"}),
    "none with others": ({**single("q04", 1), **single("q04", 2)}, {"q04": "不能再选"}),
    # 25 of 100 is (20%,40%], the third option
    "interval": ({**single("q02", 2), "equipment_total": 100, "equipment_digital": 25}, {"q02": "(20%,40%]"}),
    # 20 of 100 is (10%,20%]: closed on the right
    "interval closed": ({**single("q02", 2), "equipment_total": 100, "equipment_digital": 20}, {"q02": ""}),
    # 2.2 of 22 is exactly 10 %, though not in binary
    "interval exact": ({**single("q11", 1), "digital_investment": 2.2, "revenue_last": 22}, {"q11": ""}),
    "part": (
        {"equipment_total": 5, "equipment_digital": 6, **single("q02", 1)},
        {"equipment_digital": "大于", "q02": ""},
    ),
    "zero": (
        {"equipment_total": 0, "equipment_digital": 0, **single("q02", 1)},
        {"equipment_total": "为 0", "q02": ""},
    ),
    "words": ({"equipment_total": "三十"}, {"equipment_total": "数字"}),
    "fraction": ({"equipment_total": 3.5}, {"equipment_total": "整数"}),
    "rate": ({"pass_rate_after": 0.985}, {"pass_rate_after": "98.5"}),
    # 1100/50 = 22 against 1000/40 = 25: down, the first option of 题14
    "trend": (
        {**single("q14", 3), "staff_last": 50, "revenue_last": 1100, "staff_prior": 40, "revenue_prior": 1000},
        {"q14": "降低"},
    ),
    "trend same": ({**single("q13", 2), "pass_rate_after": 98.5, "pass_rate_before": 98.5}, {"q13": ""}),
    "gap": ({"s01_l1": True, "s01_l3": True}, {"s01": "下级未勾选"}),
    "state with tick": ({"s01_l1": True, "s01_state": "未达一级"}, {"s01": "状态应留空"}),
    "state": ({"s01_state": "不适用"}, {"s01": ""}),
    "link": ({"q04_o02": True, "s01_state": "未达一级"}, {"q04_o02": "未到"}),
    # 题4 has 3 links, 题5 says a single one
    "link count": ({"q04_o02": True, "q04_o03": True, "q04_o04": True, **single("q05", 2)}, {"q05": "少于题4"}),
    # 题5 says all links, the scenes show none
    "links claimed": ({**scenes("0" * 16), **single("q05", 5)}, {"q05": "多于"}),
    "links managed": ({**scenes("2" * 16), **single("q05", 2)}, {"q05": "少于"}),
}


@pytest.fixture(scope="module")
def hinted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The hints of each case by row key, as LibreOffice computes them."""
    folder = tmp_path_factory.mktemp("hints")
    names = {name: folder / f"{i}.xlsx" for i, name in enumerate(HINTS)}
    for name, path in names.items():
        write_form(path, FULL, HINTS[name][0])
    made = convert(names.values(), "xlsx", folder / "out")
    found = {}
    for name, path in zip(names, made, strict=True):
        book = openpyxl.load_workbook(path, data_only=True)
        rows: dict[str, str] = {}
        for place in answer_sheets(FULL):
            column = place.column["alert"]
            sheet = book[place.section].iter_rows(values_only=True)
            rows |= {row[0]: row[column] or "" for row in sheet if row[0]}
        found[name] = rows
    return found


@pytest.mark.office
@pytest.mark.parametrize("case", HINTS)
def test_hints(hinted: dict[str, dict[str, str]], case: str) -> None:
    for row, words in HINTS[case][1].items():
        hint = hinted[case][row]
        assert words in hint, row
        assert bool(words) is bool(hint), row


@pytest.mark.office
def test_a_sound_form_shows_no_hints(hinted: dict[str, dict[str, str]]) -> None:
    """But for the rare option it ticks: 题11 above 10 %."""
    left = {row: hint for row, hint in hinted["clean"].items() if hint and row not in ("#smebatch", "q11")}
    assert left == {}


@pytest.mark.office
def test_sorted_rows_and_inserted_columns_score_alike(tmp_path: Path) -> None:
    """Formulas find answers by key: the rows turned upside down give the same result."""
    path, turned = tmp_path / "a.xlsx", tmp_path / "turned.xlsx"
    write_form(path, FULL, FULL_MARKS)
    book = openpyxl.load_workbook(path)
    for place in answer_sheets(FULL):
        sheet = book[place.section]
        rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=5, max_row=place.last + 1)]
        for row, values in zip(sheet.iter_rows(min_row=5, max_row=place.last + 1), reversed(rows), strict=True):
            for cell, value in zip(row, values, strict=True):
                cell.value = value
    book.save(turned)
    (made,) = convert([turned], "xlsx", tmp_path / "out")
    result = openpyxl.load_workbook(made, data_only=True)
    assert (named(result, "self_score"), named(result, "self_level"), named(result, "self_complete")) == (100, 4, True)


@pytest.mark.office
def test_energy_example(tmp_path: Path) -> None:
    """310 万千瓦时 电力 and 1.5 万立方米 高炉煤气 are 382.919 吨标准煤, less conversion and recovery."""
    example = {"en_electricity_last_used": 310, "en_blast_furnace_gas_last_used": Decimal("1.5")}
    before = {key.replace("_last_", "_prior_"): amount for key, amount in example.items()}
    # 10 × 1.229 = 12.29 and 100 × 0.0341 = 3.41 off
    before |= {"en_electricity_prior_output": 10, "en_heat_prior_recovered": 100}
    typed = {"blank": {}, "right": {"energy_last": 383, "energy_prior": 367}, "wrong": {"energy_prior": 382}}
    for name, totals in typed.items():
        write_form(tmp_path / f"{name}.xlsx", FULL, example | before | totals)
    rows = {}
    for made in convert([tmp_path / f"{name}.xlsx" for name in typed], "xlsx", tmp_path / "out"):
        sheet = openpyxl.load_workbook(made, data_only=True)["能耗折算"]
        rows[made.stem] = {str(row[1]): row for row in sheet.iter_rows(values_only=True)}
    total = next(row for label, row in rows["blank"].items() if label.startswith("综合能源消费量（"))
    # 382.919 − 12.29 − 3.41 = 367.219
    assert [c for c in total if isinstance(c, float | int)] == [382.919, 367.219]
    hints = {name: [cell or "" for cell in found["题12所填（吨标准煤）"][5::4]] for name, found in rows.items()}
    assert ["请填入" in hint for hint in hints["blank"]] == [True, True]
    assert hints["right"] == ["", ""]
    assert ["不一致" in hint for hint in hints["wrong"]] == [False, True]


@pytest.mark.office
@pytest.mark.slow
def test_every_sheet_prints(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    write_form(path, FULL, FULL_MARKS)
    assert 10 <= len(pictures(path, tmp_path / "out")) <= 20
