"""What the form says: advice that is true, what the standard prints, rulings marked as such, colours, points alone."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

import smebatch
from cases import EDITION, TINY, assessment_of, changed, form_bytes
from office import convert
from smebatch.form.layout import question_sheet
from smebatch.form.styles import FILL_ANSWER, FILL_MISSING
from smebatch.standard.keys import EXCUSED
from smebatch.standard.loader import load_edition, parse_edition
from smebatch.standard.model import Edition, Question
from smebatch.standard.questions import type_of
from smebatch.standard.reference import advice_words, form_words
from smebatch.standard.toml_binding import EditionError

SMALL = load_edition(TINY)
TEXT = (Path(smebatch.__file__).parent / "standard" / "editions" / "2024.toml").read_text("utf-8")
QUESTIONS = pytest.mark.parametrize(
    ("edition", "question"),
    [(edition, question) for edition in (EDITION, SMALL) for question in edition.questions],
    ids=lambda value: value.id,
)


@cache
def blank() -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(form_bytes()))


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


def row_of(key: str) -> int:
    return question_sheet(EDITION).line[key] + 1


# ---------------------------------------------------------------------------------------------- advice


def advice_of(edition: Edition, question: Question) -> str:
    return type_of(question).advice(edition, question)


@QUESTIONS
def test_only_an_option_that_says_there_is_nothing_is_advised(edition: Edition, question: Question) -> None:
    advised = [i for i, option in enumerate(question.options, 1) if f"“{option}”" in advice_of(edition, question)]
    scores_nothing = question.none or 1
    assert advised in ([], [scores_nothing])
    if advised and question.none is None:
        assert question.options[0] in advice_words().nothing


def test_what_compares_two_years_is_answered_by_its_figures_or_excused() -> None:
    field = next(field for field in EDITION.fields if field.key == EXCUSED)
    for question in EDITION.questions:
        said = advice_of(EDITION, question)
        assert (field.label in said) is question.base_year, question.id
        if question.base_year:
            assert not any(f"“{option}”" in said for option in question.options)


def test_the_issue_and_the_form_say_the_same() -> None:
    nothing = changed(**{tick: None for q in EDITION.questions for tick in q.ticks})
    (found,) = [
        {
            f["key"]: f["message"]
            for f in assessment_of(form_bytes(nothing)).findings.to_dict("records")
            if "un" in f["code"]
        }
    ]
    place = question_sheet(EDITION)
    for question in EDITION.questions:
        assert advice_of(EDITION, question) in found[question.id]
        hint = blank()[place.section].cell(row_of(question.id), place.column["alert"] + 1).value
        assert advice_of(EDITION, question) in re.sub('"&"', "", str(hint)), question.id


# ---------------------------------------------------------------------------------------------- the standard's text


def test_what_the_standard_prints_around_its_tables_is_on_the_form() -> None:
    header, guide = EDITION.header, texts(blank()["填报说明"])
    for sentence in (header.score_overview, header.scene_overview, header.glossary_note):
        assert sentence is not None
        assert sentence.clause
        assert sentence.text in guide
    assert any("仅适用于" in text for text in guide)
    for sheet in ("填报说明", "能耗折算"):
        assert any("能源消费量（原单位）×折标准煤系数" in text for text in texts(blank()[sheet])), sheet


def test_both_overviews_list_everything_assessed() -> None:
    rows = [[cell.value or "" for cell in row] for row in blank()["填报说明"].iter_rows()]
    for dimension in EDITION.dimensions:
        (line,) = [row[1] for row in rows if row[0] == dimension.name]
        parts = [q for q in EDITION.questions if EDITION.question_path(q)[0] is dimension]
        assert all(q.item in line and EDITION.question_path(q)[1].name in line for q in parts)
    for group in EDITION.scene_groups:
        (line,) = [row[1] for row in rows if row[0] == group.name]
        assert line == "、".join(s.printed_name for s in EDITION.scenes if s.group == group.id)


@pytest.mark.office
def test_rates_are_computed_beside_their_figures(tmp_path: Path) -> None:
    cases: dict[str, tuple[dict[str, object], list[object]]] = {
        "none": ({}, ["", ""]),
        "one": ({"equipment_total": 8, "equipment_networked": 1}, ["", 12.5]),
        "both": (
            {"equipment_total": 3, "equipment_digital": 1, "equipment_networked": 3},
            [pytest.approx(100 / 3), 100],
        ),
        "no equipment": ({"equipment_total": 0, "equipment_digital": 0, "equipment_networked": 0}, [0, 0]),  # R10
        "a word": ({"equipment_total": "三十", "equipment_digital": 1, "equipment_networked": 1}, ["", ""]),
    }
    paths = [tmp_path / f"{i}.xlsx" for i in range(len(cases))]
    for path, (answers, _) in zip(paths, cases.values(), strict=True):
        path.write_bytes(form_bytes(answers))
    place = question_sheet(EDITION)
    rows = [i + 1 for i, line in enumerate(place.lines, 4) if line.ratio]
    for made, (name, (_, rates)) in zip(convert(paths, "xlsx", tmp_path / "out"), cases.items(), strict=True):
        sheet = openpyxl.load_workbook(made, data_only=True)[place.section]
        computed = [sheet.cell(row, place.column["answer"] + 1).value for row in rows]
        assert ["" if rate is None else rate for rate in computed] == rates, name


def test_rates_stand_below_the_last_figure_of_their_question() -> None:
    lines = question_sheet(EDITION).lines
    above = {line.ratio: lines[i - 1].row for i, line in enumerate(lines) if line.ratio}
    found = {ratio.label: row.key for ratio, row in above.items() if row}
    assert found == {"生产设备数字化率": "equipment_digital", "生产设备联网率": "equipment_networked"}


# ---------------------------------------------------------------------------------------------- rulings


def remarks(question: str) -> str:
    """What stands between a question's title and its first option."""
    sheet, place = blank()[question_sheet(EDITION).section], question_sheet(EDITION)
    rows = range(row_of(question) + 1, row_of(f"{question}_o01"))
    return " ".join(str(sheet.cell(row, place.column["path"] + 1).value) for row in rows)


def test_what_the_text_leaves_open_is_said_where_one_answers() -> None:
    assert "0、20、40、60、80、100" in remarks("q08")
    assert "R1" in remarks("q08")
    for question in ("q12", "q13", "q14", "q15"):
        assert "持平" in remarks(question)
        assert "R6" in remarks(question)
    for question in ("q12", "q13"):
        assert "改造前" in remarks(question)
        assert "R11" in remarks(question)
    assert remarks("q01") == ""


def test_a_weight_that_the_text_does_not_print_is_marked_as_a_ruling() -> None:
    place = question_sheet(EDITION)
    paths = {
        q.id: str(blank()[place.section].cell(row_of(q.id), place.column["path"] + 1).value) for q in EDITION.questions
    }
    assert {q for q, path in paths.items() if "[R2]" in path} == {"q08", "q09"}
    shown = [text for text in texts(blank()["自评结果"]) if "[R2]" in text]
    assert len(shown) == 2


def test_every_ruling_named_on_the_form_is_explained_on_it() -> None:
    every = [text for sheet in blank() for text in texts(sheet)]
    named = {mark for text in every for mark in re.findall(r"口径 (R\d+)|\[(R\d+)\]", text)}
    ids = {a or b for a, b in named}
    assert ids == {"R1", "R2", "R6", "R11"}
    guide = texts(blank()["填报说明"])
    for ruling in EDITION.rulings:
        assert any(ruling.choice in text and ruling.id in text for text in guide) is (ruling.id in ids), ruling.id


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('ruling = "R2" }\ntitle', 'ruling = "R99" }\ntitle', "no ruling R99"),
        ('题8", ruling = "R1" }', '题8", ruling = "R99" }', "no ruling R99"),
        ('part = "equipment_digital", whole', 'part = "equipment", whole', "no figure equipment"),
    ],
)
def test_what_the_form_prints_must_refer_to_what_there_is(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(EditionError, match=message):
        parse_edition(TEXT.replace(old, new, 1).encode())


# ---------------------------------------------------------------------------------------------- colours and points


def test_both_colours_are_said_and_shown_where_one_fills_in() -> None:
    for sheet in ("填报说明", "企业信息", "基础管理成效", "数字化经营"):
        shown = {
            str(c.fill.fgColor.rgb)[2:]: str(c.value)
            for row in blank()[sheet].iter_rows(max_row=45)
            for c in row
            if c.value
        }
        assert "黄色" in shown[FILL_ANSWER[1:]], sheet
        assert "橙色" in shown[FILL_MISSING[1:]], sheet


def test_where_cells_turn_orange_yellow_is_not_said_to_be_all_that_is_filled_in() -> None:
    turning = [sheet for sheet in blank() if sheet.title != "能耗折算"]
    said = [text for sheet in turning for text in texts(sheet) if re.search("黄色.*单元格", text)]
    assert len(said) >= 5
    assert [text for text in said if "橙色" not in text] == []


def test_optional_stands_beside_the_unit_of_what_is_optional() -> None:
    place, word = question_sheet(EDITION), form_words().optional
    sheet = blank()[place.section]
    optional = {figure.key for figure in EDITION.figures.values() if not figure.required}
    cells = {(c.row, c.column) for row in sheet.iter_rows() for c in row if word in str(c.value)}
    assert cells == {(row_of(key), place.column["unit"] + 1) for key in optional}


def test_enterprises_are_shown_points_and_no_units() -> None:
    sheet = blank()["自评结果"]
    shown = [
        str(cell.value)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None and not sheet.column_dimensions[cell.column_letter].hidden
    ]
    assert not [text for text in shown if "单位" in text and not text.startswith("=")]
    assert all("5600" not in text for text in shown)


def test_the_words_of_the_form_are_no_python() -> None:
    words = form_words()
    longer = [
        t for t in (*words.notes, *words.legend, *words.guide.texts.how, *words.guide.texts.sending) if len(t) > 5
    ]
    said = [remark.text for q in EDITION.questions for remark in q.remarks] + [r.choice for r in EDITION.rulings]
    code = "".join(path.read_text("utf-8") for path in Path(smebatch.__file__).parent.rglob("*.py"))
    assert [text for text in longer + said if text in code] == []
