"""The three answer sheets: 企业信息, 基础管理成效 and 数字化经营."""

from __future__ import annotations

from smebatch.form import formulas as f
from smebatch.form import hints
from smebatch.form.answers import FormAnswers
from smebatch.form.cells import cells_of
from smebatch.form.frame import (
    add_validations,
    finish_sheet,
    write_answer,
    write_band,
    write_earlier,
    write_frame,
    write_hint,
    write_labels,
    write_remark,
)
from smebatch.form.layout import FIRST, AnswerSheet, Line, weighted
from smebatch.form.lists import BASE_FIGURES, BASE_TICKS, REQUIRED_FIELDS, REQUIRED_FIGURES, REQUIRED_TICKS, lists
from smebatch.form.measure import row_height
from smebatch.form.paging import Block
from smebatch.form.result_layout import result_layout
from smebatch.form.sheet import FormSheet
from smebatch.standard import formula_text as t
from smebatch.standard.form_markers import TICK
from smebatch.standard.keys import EXCUSED, Row
from smebatch.standard.model import Edition, Figure, Question, Ratio, Scene
from smebatch.standard.questions import type_of
from smebatch.standard.reference import form_words

_NEED = {"required": "必填。", "expected": "应填。", "optional": "选填。"}


def write_enterprise(sheet: FormSheet, edition: Edition, place: AnswerSheet, answers: FormAnswers) -> None:
    """Write 企业信息: a row a field."""
    head = write_frame(
        sheet, place, f"{edition.header.form_title}　企业信息", form_words().notes.enterprise, answers.cell_marks
    )
    blocks: list[Block] = []
    fields = {field.key: field for field in edition.fields}
    for row, keyed in place.rows():
        field = fields[keyed.key]
        requirement = _NEED[field.need] + field.hint
        write_labels(sheet, place, row, keyed, "center", "text")
        room = write_earlier(sheet, place, answers, row, keyed)
        write_answer(sheet, place, answers, row, keyed.keys[0])
        sheet.text(row, place.column["hint"], requirement)
        write_hint(sheet, place, row, hints.field_hint(place, field), "alert")
        texts = (requirement, place.width("hint")), (keyed.label, place.width("label"))
        height = row_height(*texts, minimum=max(24, room))
        sheet.raw.set_row(row, height)
        blocks.append((row, height))
    add_validations(sheet, place)
    blank = f"LEN({place.first_cell('answer')})=0"
    _highlight(sheet, place, ["answer"], t.both(blank, f"COUNTIF({REQUIRED_FIELDS},{place.first_key_cell})>0"))
    finish_sheet(sheet, place, edition, head, blocks)


def write_questions(sheet: FormSheet, edition: Edition, place: AnswerSheet, answers: FormAnswers) -> None:
    """Write 基础管理成效: a band a dimension; a question's heading row, its options, its figures."""
    header = edition.header
    note = form_words().notes.questions.format(single=header.single, multiple=header.multiple, tick=TICK)
    head = write_frame(sheet, place, f"{header.form_title}　{header.score_part}", note, answers.cell_marks)
    blocks: list[Block] = []
    question, banded = edition.questions[0], False
    for row, line in enumerate(place.lines, FIRST):
        heading = edition.question.get(line.row.key) if line.row else None
        question = heading or question
        height = _question_line(sheet, edition, place, answers, row, line, question)
        # A band stays with the question below it, a question with its rows.
        if line.is_band or (heading and not banded):
            blocks.append((row, 0.0))
        blocks[-1] = (blocks[-1][0], blocks[-1][1] + height)
        banded = line.is_band
    add_validations(sheet, place)
    _highlight_unanswered(sheet, edition, place)
    finish_sheet(sheet, place, edition, head, blocks)


def _question_line(
    sheet: FormSheet,
    edition: Edition,
    place: AnswerSheet,
    answers: FormAnswers,
    row: int,
    line: Line,
    question: Question,
) -> float:
    """Write a band, or a line of the question; return its height."""
    if line.ratio:
        return _ratio(sheet, place, row, line.ratio)
    if line.row is None:
        return (write_remark if line.remark else write_band)(sheet, place, row, line.text)
    if line.row.key == question.id:
        return _question_heading(sheet, edition, place, answers, row, line.row, question)
    return _question_answer(sheet, edition, place, answers, row, line.row, question)


def _ratio(sheet: FormSheet, place: AnswerSheet, row: int, ratio: Ratio) -> float:
    """Write a rate that follows from two figures above, as soon as both are there."""
    for column in place.columns:
        sheet.text(row, place.column[column.name], "", "heading_text")
    sheet.text(row, place.column["label"], form_words().computed.format(label=ratio.label), "heading_text")
    part, whole = f.figure(place, ratio.part), f.figure(place, ratio.whole)
    # A whole of nothing counts as a rate of 0 (R10).
    rate = f"IF({whole}>0,100*{part}/{whole},0)"
    formula = f'=IF({f.is_number(place, ratio.part, ratio.whole)},{rate},"")'
    sheet.formula(row, place.column["answer"], formula, "rate", "")
    sheet.text(row, place.column["unit"], "%", "heading_center")
    sheet.raw.set_row(row, 16)
    return 16.0


def _question_heading(
    sheet: FormSheet,
    edition: Edition,
    place: AnswerSheet,
    answers: FormAnswers,
    row: int,
    keyed: Row,
    question: Question,
) -> float:
    # The band above says the first level.
    path = "\n".join(weighted(part) for part in edition.question_path(question)[1:])
    write_labels(sheet, place, row, keyed, "heading_center", "heading")
    sheet.text(row, place.column["path"], path, "heading_text")
    minimum = max(16.0, write_earlier(sheet, place, answers, row, keyed))
    sheet.text(row, place.column["answer"], "", "heading_center")
    sheet.text(row, place.column["unit"], type_of(question).label(edition.header), "heading_center")
    write_answer(sheet, place, answers, row, keyed.keys[0])
    room = write_hint(sheet, place, row, hints.question_hint(cells_of(edition), question), "heading_alert")
    height = row_height((path, place.width("path")), (keyed.label, place.width("label")), room, minimum=minimum)
    sheet.raw.set_row(row, height)
    return height


def _question_answer(
    sheet: FormSheet,
    edition: Edition,
    place: AnswerSheet,
    answers: FormAnswers,
    row: int,
    keyed: Row,
    question: Question,
) -> float:
    """Write an option or a figure of the question."""
    figure: Figure | None = edition.figures.get(keyed.key)
    write_labels(sheet, place, row, keyed, "center", "text")
    sheet.text(row, place.column["path"], "", "center")
    minimum = max(16.0, write_earlier(sheet, place, answers, row, keyed))
    write_answer(sheet, place, answers, row, keyed.keys[0])
    unit = figure.unit if figure else ""
    if figure and not figure.required:
        unit += f"（{form_words().optional}）"
    sheet.text(row, place.column["unit"], unit, "center")
    sheet.text(row, place.column["note"], "")
    cells = cells_of(edition)
    hint = hints.figure_hint(cells, question, figure) if figure else hints.option_hint(cells, keyed.key)
    room = write_hint(sheet, place, row, hint, "alert")
    height = row_height((keyed.label, place.width("label")), (unit, place.width("unit")), room, minimum=minimum)
    sheet.raw.set_row(row, height)
    return height


def _highlight_unanswered(sheet: FormSheet, edition: Edition, place: AnswerSheet) -> None:
    """Shade required figures still blank, and every option of a question without a tick."""
    key, blank = place.first_key_cell, f"LEN({place.first_cell('answer')})=0"
    made = lists(edition)
    question = f'LEFT({key},FIND("_o",{key}&"_o")+1)&"*"'
    unticked = f"SUMPRODUCT(COUNTIFS({place.keys},{question},{place.answers()},ticks))=0"
    for name, extra in (
        (REQUIRED_FIGURES, []),
        (BASE_FIGURES, [f"NOT({EXCUSED})"]),
        (REQUIRED_TICKS, [unticked]),
        (BASE_TICKS, [f"NOT({EXCUSED})", unticked]),
    ):
        if name in made:
            _highlight(sheet, place, ["answer"], t.both(blank, f"COUNTIF({name},{key})>0", *extra))


def write_scenes(sheet: FormSheet, edition: Edition, place: AnswerSheet, answers: FormAnswers) -> None:
    """Write 数字化经营: a row a scene, with the text and the tick of each level."""
    header = edition.header
    note = form_words().notes.scenes.format(
        tick=TICK,
        not_reached=header.not_reached,
        not_applicable=header.not_applicable,
        binding_note=header.binding_note,
    )
    head = write_frame(sheet, place, f"{header.form_title}　{header.scene_part}", note, answers.cell_marks)
    blocks: list[Block] = []
    for row, line in enumerate(place.lines, FIRST):
        after_band = row > FIRST and place.lines[row - FIRST - 1].is_band
        if line.row:
            height = _scene_line(sheet, edition, place, answers, row, line.row, edition.scene[line.row.key])
        elif row == FIRST:
            height = _level_texts(sheet, edition, place, row)
        else:
            height = write_band(sheet, place, row, line.text)
        if line.row and after_band:
            blocks[-1] = (blocks[-1][0], blocks[-1][1] + height)
        else:
            blocks.append((row, height))
    add_validations(sheet, place)
    ticks = [c.name for c in place.columns if c.name.startswith("tick")]
    cells = [place.first_cell(name) for name in (*ticks, "state")]
    blank = t.both(f"LEN({place.first_key_cell})>0", "&".join(cells) + '=""')
    _highlight(sheet, place, [*ticks, "state"], blank)
    finish_sheet(sheet, place, edition, head, blocks)


def _level_texts(sheet: FormSheet, edition: Edition, place: AnswerSheet, row: int) -> float:
    """The general text of each level, below the headings."""
    cells: list[tuple[str, float]] = []
    for column in place.columns:
        sheet.text(row, place.column[column.name], "", "band_text")
    sheet.text(row, place.column["label"], place.lines[0].text, "band_text")
    for g in edition.levels:
        sheet.text(row, place.column[f"text{g.level}"], g.description, "band_text")
        cells.append((g.description, place.width(f"text{g.level}")))
    height = row_height(*cells)
    sheet.raw.set_row(row, height)
    return height


def _scene_line(
    sheet: FormSheet, edition: Edition, place: AnswerSheet, answers: FormAnswers, row: int, keyed: Row, scene: Scene
) -> float:
    write_labels(sheet, place, row, keyed, "center", "strong")
    cells = [(keyed.label, place.width("label"))]
    minimum = max(16.0, write_earlier(sheet, place, answers, row, keyed))
    for g, text in zip(edition.levels, scene.levels, strict=True):
        sheet.text(row, place.column[f"text{g.level}"], text, "text")
        cells.append((text, place.width(f"text{g.level}")))
    for key in keyed.keys:
        write_answer(sheet, place, answers, row, key)
    room = write_hint(sheet, place, row, hints.scene_hint(edition, result_layout(edition), scene), "alert")
    height = row_height(*cells, room, minimum=minimum)
    sheet.raw.set_row(row, height)
    return height


def _highlight(sheet: FormSheet, place: AnswerSheet, columns: list[str], condition: str) -> None:
    """Shade the cells of these columns where the condition, written for the first line, holds."""
    for name in columns:
        column = place.column[name]
        sheet.highlight(FIRST, column, place.last, column, f"={condition}", sheet.styles.missing())
