"""The three answer sheets: 企业信息, 基础管理成效 and 数字化经营."""

from __future__ import annotations

from smebatch.form import formulas as f
from smebatch.form import hints
from smebatch.form.answers import Answers
from smebatch.form.frame import alert, answer, band, finish, frame, printed, validate
from smebatch.form.layout import FIRST, AnswerSheet, enterprise_sheet, question_sheet, scene_sheet
from smebatch.form.lists import BASE_FIGURES, BASE_TICKS, REQUIRED_FIELDS, REQUIRED_FIGURES, REQUIRED_TICKS, lists
from smebatch.form.measure import SMALL, row_height
from smebatch.form.paging import LANDSCAPE, PORTRAIT, page_breaks
from smebatch.form.result_layout import result_layout
from smebatch.form.sheet import Sheet
from smebatch.standard.keys import Row
from smebatch.standard.model import Edition, Figure, Question, Scene

_NEED = {"required": "必填。", "expected": "应填。", "optional": "选填。"}


def write_enterprise(sheet: Sheet, edition: Edition, answers: Answers) -> None:
    """Write 企业信息: a row a field."""
    place = enterprise_sheet(edition)
    frame(sheet, place, f"{edition.header.form_title}　企业信息", "黄色单元格由企业填写；标“必填”的缺一不可。")
    fields = {field.key: field for field in edition.fields}
    for row, keyed in place.rows():
        field = fields[keyed.key]
        requirement = _NEED[field.need] + field.hint
        printed(sheet, place, row, keyed, "center", "text")
        answer(sheet, place, answers, row, keyed.keys[0])
        sheet.text(row, place.column["hint"], requirement)
        alert(sheet, place, row, hints.field_hint(place, field), "alert")
        height = row_height((requirement, place.width("hint")), (keyed.label, place.width("label")), minimum=24)
        sheet.raw.set_row(row, height)
    validate(sheet, place)
    blank = f"LEN({place.here('answer')})=0"
    _highlight(sheet, place, ["answer"], f.both(blank, f"COUNTIF({REQUIRED_FIELDS},{place.here_key})>0"))
    finish(sheet, place, edition)


def write_questions(sheet: Sheet, edition: Edition, answers: Answers) -> None:
    """Write 基础管理成效: a band a dimension; a question's heading row, its options, its figures."""
    place = question_sheet(edition)
    note = (
        f"{edition.header.single}题选一项，{edition.header.multiple}题选所有符合的项：在黄色单元格的下拉列表中选“√”。"
        "数据只填数字，单位已印在右侧。红字提示消失后，本表即填写完整。"
    )
    head = frame(sheet, place, f"{edition.header.form_title}　{edition.header.score_part}", note)
    blocks: list[tuple[int, float]] = []
    question: Question | None = None
    for row, line in enumerate(place.lines, FIRST):
        if line.row is None:
            height = band(sheet, place, row, line.text)
            blocks.append((row, height))
            continue
        heading = edition.question.get(line.row.key)
        if heading:
            question = heading
            height = _question_heading(sheet, edition, place, answers, row, line.row, question)
        elif question:
            height = _question_line(sheet, edition, place, answers, row, line.row, question)
        # A band stays with the question below it, a question with its rows.
        if heading and not (blocks and place.lines[row - FIRST - 1].row is None):
            blocks.append((row, 0.0))
        blocks[-1] = (blocks[-1][0], blocks[-1][1] + height)
    validate(sheet, place)
    _highlight_unanswered(sheet, edition, place)
    finish(sheet, place, edition)
    widths = [c.width for c in place.columns]
    sheet.raw.set_h_pagebreaks(page_breaks(PORTRAIT, widths, head, blocks))


def _question_heading(
    sheet: Sheet, edition: Edition, place: AnswerSheet, answers: Answers, row: int, keyed: Row, question: Question
) -> float:
    path = "\n".join(
        f"{part.item if isinstance(part, Question) else part.name} {part.weight.value}{part.weight.unit}"
        for part in edition.question_path(question)
    )
    header = edition.header
    printed(sheet, place, row, keyed, "heading_center", "heading")
    sheet.text(row, place.column["path"], path, "heading_text")
    sheet.text(row, place.column["answer"], "", "heading_center")
    sheet.text(
        row, place.column["unit"], header.single if question.type == "single" else header.multiple, "heading_center"
    )
    answer(sheet, place, answers, row, keyed.keys[0])
    hint = hints.question_hint(edition, place, result_layout(edition), question)
    room = alert(sheet, place, row, hint, "heading_alert")
    height = row_height((path, place.width("path") * SMALL), (keyed.label, place.width("label")), room)
    sheet.raw.set_row(row, height)
    return height


def _question_line(
    sheet: Sheet, edition: Edition, place: AnswerSheet, answers: Answers, row: int, keyed: Row, question: Question
) -> float:
    """An option or a figure of the question."""
    figure: Figure | None = edition.figures.get(keyed.key)
    printed(sheet, place, row, keyed, "center", "text")
    sheet.text(row, place.column["path"], "选填" if figure and not figure.required else "", "center")
    answer(sheet, place, answers, row, keyed.keys[0])
    sheet.text(row, place.column["unit"], figure.unit if figure else "", "center")
    sheet.text(row, place.column["note"], "")
    hint = (
        hints.figure_hint(edition, place, question, figure)
        if figure
        else hints.option_hint(edition, place, result_layout(edition), keyed.key)
    )
    room = alert(sheet, place, row, hint, "alert")
    height = row_height((keyed.label, place.width("label")), room)
    sheet.raw.set_row(row, height)
    return height


def _highlight_unanswered(sheet: Sheet, edition: Edition, place: AnswerSheet) -> None:
    """Shade required figures still blank, and every option of a question without a tick."""
    key, blank = place.here_key, f"LEN({place.here('answer')})=0"
    made = lists(edition)
    question = f'LEFT({key},FIND("_o",{key}&"_o")+1)&"*"'
    unticked = f"SUMPRODUCT(COUNTIFS({place.keys},{question},{place.answers()},ticks))=0"
    for name, extra in (
        (REQUIRED_FIGURES, []),
        (BASE_FIGURES, [f"NOT({f.EXCUSED})"]),
        (REQUIRED_TICKS, [unticked]),
        (BASE_TICKS, [f"NOT({f.EXCUSED})", unticked]),
    ):
        if name in made:
            _highlight(sheet, place, ["answer"], f.both(blank, f"COUNTIF({name},{key})>0", *extra))


def write_scenes(sheet: Sheet, edition: Edition, answers: Answers) -> None:
    """Write 数字化经营: a row a scene, with the text and the tick of each level."""
    place = scene_sheet(edition)
    if place is None:
        return
    header = edition.header
    note = (
        "完全达到某一等级要求的，在该等级右侧黄色单元格选“√”；达到高等级的，其下各等级也应勾选。"
        f"各等级均未达到的，在“状态”栏选“{header.not_reached}”或“{header.not_applicable}”。{header.binding_note}"
    )
    head = frame(sheet, place, f"{header.form_title}　{header.scene_part}", note)
    blocks: list[tuple[int, float]] = []
    for row, line in enumerate(place.lines, FIRST):
        after_band = row > FIRST and place.lines[row - FIRST - 1].row is None
        if line.row:
            height = _scene_line(sheet, edition, place, answers, row, line.row, edition.scene[line.row.key])
        elif row == FIRST:
            height = _level_texts(sheet, edition, place, row)
        else:
            height = band(sheet, place, row, line.text)
        if line.row and after_band:
            blocks[-1] = (blocks[-1][0], blocks[-1][1] + height)
        else:
            blocks.append((row, height))
    validate(sheet, place)
    ticks = [c.name for c in place.columns if c.name.startswith("tick")]
    cells = [place.here(name) for name in (*ticks, "state")]
    blank = f.both(f"LEN({place.here_key})>0", "&".join(cells) + '=""')
    _highlight(sheet, place, [*ticks, "state"], blank)
    finish(sheet, place, edition, landscape=True)
    sheet.raw.set_zoom(85)  # four level texts side by side on an ordinary screen
    widths = [c.width for c in place.columns]
    sheet.raw.set_h_pagebreaks(page_breaks(LANDSCAPE, widths, head, blocks))


def _level_texts(sheet: Sheet, edition: Edition, place: AnswerSheet, row: int) -> float:
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
    sheet: Sheet, edition: Edition, place: AnswerSheet, answers: Answers, row: int, keyed: Row, scene: Scene
) -> float:
    printed(sheet, place, row, keyed, "center", "strong")
    cells = [(keyed.label, place.width("label"))]
    for g, text in zip(edition.levels, scene.levels, strict=True):
        sheet.text(row, place.column[f"text{g.level}"], text, "text")
        cells.append((text, place.width(f"text{g.level}")))
    for key in keyed.keys:
        answer(sheet, place, answers, row, key)
    room = alert(sheet, place, row, hints.scene_hint(edition, result_layout(edition), scene), "alert")
    height = row_height(*cells, room)
    sheet.raw.set_row(row, height)
    return height


def _highlight(sheet: Sheet, place: AnswerSheet, columns: list[str], condition: str) -> None:
    """Shade the cells of these columns where the condition, written for the first line, holds."""
    for name in columns:
        column = place.column[name]
        sheet.highlight(FIRST, column, place.last, column, f"={condition}", sheet.styles.missing())
