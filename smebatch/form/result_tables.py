"""The tables of 自评结果: conditions of the levels, completeness, dimensions, questions, scenes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from smebatch.form import formulas as f
from smebatch.form.cells import cells_of
from smebatch.form.layout import enterprise_sheet, question_sheet, scene_sheet, weighted
from smebatch.form.lists import BASE_FIGURES, REQUIRED_FIELDS, REQUIRED_FIGURES, lists
from smebatch.form.measure import row_height
from smebatch.form.paging import Block
from smebatch.form.result_layout import (
    CODE,
    COUNT,
    FULL,
    HAS,
    HAS_BINDING,
    HAS_SCENES,
    HAS_SCORE,
    MARKS,
    MET,
    MOST,
    NAME,
    NEED_BINDING,
    NEED_SCENES,
    NEED_SCORE,
    PATH,
    POINTS,
    RAW,
    REST,
    STATUS,
    STEPS,
    TYPE,
    ResultLayout,
)
from smebatch.form.sheet import FormSheet
from smebatch.standard import formula_text as t
from smebatch.standard.keys import Section
from smebatch.standard.model import Edition, Question, Scene
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of

# Words of the status columns; the table of completeness counts them.
UNANSWERED, EXEMPT, ANSWERED, CONFLICT, GAP = "未答", "免答", "已答", "矛盾", "不连续"
NO_LEVEL = "—"
# The widths of the columns that hold names and sentences.
NAME_WIDTH, WIDTH = 14, 40
HEADING, HEADER, LINE = 22.0, 30.0, 16.0


def write_levels(sheet: FormSheet, edition: Edition, layout: ResultLayout) -> Block:
    """Write the conditions of each level; the hidden cell beside holds the level's number where all are met."""
    scale, n = scale_of(edition), len(edition.scenes)
    headings = ["等级", "", "要求", "得分要求", "得分", "场景要求", "达到个数", "约束性要求", "达到个数", "结论"]
    _head(sheet, layout.levels, "二、等级条件（各项须同时满足）", headings)
    units, score = layout.cell(*layout.units), layout.cell(layout.names()["self_score"][0], RAW)
    numbers = layout.span(layout.scenes, n, RAW)
    height = 0.0
    for row, (g, threshold) in enumerate(zip(edition.levels, scale.thresholds, strict=True), layout.levels):
        sheet.merged(row, CODE, NAME, g.full_name, "strong")
        sheet.text(row, PATH, g.requirement)
        sheet.number(row, NEED_SCORE, g.score.value, "center")
        sheet.formula(row, HAS_SCORE, f"={score}", "points", 0)
        conditions = [f"{units}>={threshold}"]
        if g.scenes and g.binding:
            for need, has, value, formula in (
                (NEED_SCENES, HAS_SCENES, g.scenes, f'=COUNTIF({numbers},">={g.level}")'),
                (NEED_BINDING, HAS_BINDING, g.binding, _binding_count(edition, layout, g.level)),
            ):
                sheet.number(row, need, value.value, "center")
                sheet.formula(row, has, formula, "whole", 0)
                conditions.append(f"{layout.cell(row, has)}>={layout.cell(row, need)}")
        else:
            for column in (NEED_SCENES, HAS_SCENES, NEED_BINDING, HAS_BINDING):
                sheet.text(row, column, NO_LEVEL, "center")
        sheet.formula(row, RAW, f"=IF({t.both(*conditions)},{g.level},0)", "hidden", 0)
        sheet.formula(
            row, MET, f"={t.when(f'{layout.cell(row, RAW)}>0', '达到', t.literal('未达到'))}", "center", "未达到"
        )
        tall = row_height((g.requirement, WIDTH))
        sheet.raw.set_row(row, tall)
        height += tall
    return layout.levels - 2, HEADING + HEADER + height


def _binding_count(edition: Edition, layout: ResultLayout, level: int) -> str:
    cells = [f"({layout.cell(layout.scene_row[s.id], RAW)}>={level})" for s in edition.scenes if s.binding]
    return f"={'+'.join(cells)}" if cells else "=0"


def write_missing(sheet: FormSheet, edition: Edition, layout: ResultLayout) -> Block:
    """Write how many required answers each part still lacks."""
    _head(sheet, layout.missing, "三、填报完整性", ["部分", "", "内容", "应填", "已填", "尚缺"])
    for row, (name, content, total, missing, blank) in enumerate(_parts(edition, layout), layout.missing):
        sheet.merged(row, CODE, NAME, name, "strong")
        sheet.text(row, PATH, content)
        sheet.formula(row, FULL, f"={total}", "whole", blank)
        sheet.formula(row, HAS, f"={layout.cell(row, FULL)}-{layout.cell(row, REST)}", "whole", 0)
        sheet.formula(row, REST, f"={missing}", "whole", blank)
        sheet.raw.set_row(row, LINE)
    return layout.missing - 2, HEADING + HEADER + LINE * len(_parts(edition, layout))


def missing_total(edition: Edition, layout: ResultLayout) -> tuple[str, int]:
    """How many required answers are missing in all, as a formula and on a blank form."""
    parts = _parts(edition, layout)
    return f"SUM({layout.span(layout.missing, len(parts), REST)})", sum(blank for *_, blank in parts)


def _parts(edition: Edition, layout: ResultLayout) -> list[tuple[str, str, str, str, int]]:
    """Each part: sheet, content, formula of the required number, formula of the missing number, missing when blank."""
    made, questions = lists(edition), question_sheet(edition)
    exempt = layout.cell(*layout.names()["no_base_year"])
    fields = len(made.get(REQUIRED_FIELDS, ()))
    figures, base_figures = len(made.get(REQUIRED_FIGURES, ())), len(made.get(BASE_FIGURES, ()))
    base_questions = sum(q.base_year for q in edition.questions)
    always = len(edition.questions) - base_questions
    missing_figures = [
        *([f.missing_in(questions, REQUIRED_FIGURES, ">=0")] if figures else []),
        *([f"IF({exempt},0,{f.missing_in(questions, BASE_FIGURES, '>=0')})"] if base_figures else []),
    ]
    statuses = layout.span(layout.questions, len(edition.questions), STATUS)
    parts = [
        (
            str(Section.ENTERPRISE),
            "必填项目",
            str(fields),
            f.missing_in(enterprise_sheet(edition), REQUIRED_FIELDS, "<>") if fields else "0",
            fields,
        ),
        (
            str(Section.QUESTIONS),
            "题目",
            f"{always}+IF({exempt},0,{base_questions})" if base_questions else str(always),
            f'COUNTIF({statuses},"{UNANSWERED}")',
            len(edition.questions),
        ),
        (
            str(Section.QUESTIONS),
            "必填数据",
            f"{figures}+IF({exempt},0,{base_figures})" if base_figures else str(figures),
            "+".join(missing_figures) or "0",
            figures + base_figures,
        ),
    ]
    if edition.scenes:
        scenes = layout.span(layout.scenes, len(edition.scenes), layout.scene_status)
        n = len(edition.scenes)
        parts.append((str(Section.SCENES), "应用场景", str(n), f'COUNTIF({scenes},"{UNANSWERED}")', n))
    return parts


def write_dimensions(sheet: FormSheet, edition: Edition, layout: ResultLayout) -> Block:
    """Write the points of each dimension and their sum."""
    scale = scale_of(edition)
    _head(sheet, layout.dimensions, "四、分维度得分", ["维度", "", "权重", "满分", "得分"])
    row = layout.dimensions
    full = edition.header.full_marks.exact
    for dimension in edition.dimensions:
        rows = [
            layout.cell(layout.question_row[q.id], RAW)
            for q in edition.questions
            if edition.question_path(q)[0] is dimension
        ]
        sheet.merged(row, CODE, NAME, dimension.name, "strong")
        sheet.text(row, PATH, f"{dimension.weight.value}{dimension.weight.unit}", "center")
        sheet.number(row, FULL, float(full * dimension.weight.exact / 100), "points")
        sheet.formula(row, HAS, f"=ROUND({layout.cell(row, RAW)}/{scale.units_per_point},2)", "points", 0)
        sheet.formula(row, RAW, f"={'+'.join(rows) or '0'}", "hidden", 0)
        sheet.raw.set_row(row, LINE)
        row += 1
    sheet.merged(row, CODE, NAME, "合计", "strong")
    sheet.text(row, PATH, "", "center")
    sheet.number(row, FULL, edition.header.full_marks.value, "points")
    sheet.formula(row, HAS, f"={layout.cell(layout.names()['self_score'][0], RAW)}", "points", 0)
    sheet.raw.set_row(row, LINE)
    return layout.dimensions - 2, HEADING + HEADER + LINE * (len(edition.dimensions) + 1)


def write_questions(sheet: FormSheet, edition: Edition, layout: ResultLayout) -> Block:
    """Write each question: ticks, its marks of 100, the most it can add to the score, and what it adds."""
    headings = ["序号", "采集项", "指标及权重", "类型", "勾选数", "题目得分", "权重折合", "计入得分", "状态"]
    _head(sheet, layout.questions, "五、采集项得分明细（计入得分 = 题目得分 × 权重折合 ÷ 100）", headings)
    height = 0.0
    for question in edition.questions:
        height += _question(sheet, edition, layout, question)
    return layout.questions - 2, HEADING + HEADER + height


def _question(sheet: FormSheet, edition: Edition, layout: ResultLayout, question: Question) -> float:
    scale, row = scale_of(edition), layout.question_row[question.id]
    dimension, indicator, item = edition.question_path(question)
    path = " × ".join((weighted(dimension), weighted(indicator), weighted(item)))
    count = layout.cell(row, COUNT)
    kind, cells, unanswered = type_of(question), cells_of(edition), t.literal(UNANSWERED)
    steps = kind.steps_formula(cells, question, count)
    # In another order than the hint has them: forms stay what they were to the byte.
    conflict = t.both(*reversed(kind.contradiction(cells, question, count)))
    if question.base_year:
        unanswered = t.when(layout.cell(*layout.names()["no_base_year"]), EXEMPT, unanswered)
    status = f"IF({count}=0,{unanswered},{t.when(conflict, CONFLICT, t.literal(ANSWERED))})"
    sheet.number(row, CODE, question.number, "whole")
    sheet.text(row, NAME, question.item)
    sheet.text(row, PATH, path)
    sheet.text(row, TYPE, kind.label(edition.header), "center")
    sheet.formula(row, COUNT, f"={f.question_ticks(cells.sheet, question)}", "whole", 0)
    sheet.formula(row, STEPS, f"={steps}", "hidden", 0)
    sheet.formula(row, RAW, f"={layout.cell(row, STEPS)}*{scale.step[question.id]}", "hidden", 0)
    last = kind.most_steps(question)
    sheet.formula(row, MARKS, f"=ROUND(100*{layout.cell(row, STEPS)}/{last},2)", "points", 0)
    sheet.number(row, MOST, Fraction(scale.step[question.id] * last, scale.units_per_point), "points")
    sheet.formula(row, POINTS, f"=ROUND({layout.cell(row, RAW)}/{scale.units_per_point},2)", "points", 0)
    sheet.formula(row, STATUS, f"={status}", "center", UNANSWERED)
    height = row_height((path, WIDTH), (question.item, NAME_WIDTH))
    sheet.raw.set_row(row, height)
    return height


def write_scenes(sheet: FormSheet, edition: Edition, layout: ResultLayout) -> Block:
    """Write each scene: levels ticked, state, and the level reached without a gap (备注2)."""
    levels = [g.name for g in edition.levels]
    headings = ["序号", "应用场景", "场景类别", *levels, "状态", "判定等级", "填报"]
    _head(sheet, layout.scenes, "六、应用场景等级明细（自一级起连续达到的最高等级）", headings)
    for scene in edition.scenes:
        _scene(sheet, edition, layout, scene)
    return layout.scenes - 2, HEADING + HEADER + LINE * len(edition.scenes)


def _scene(sheet: FormSheet, edition: Edition, layout: ResultLayout, scene: Scene) -> None:
    row, place = layout.scene_row[scene.id], scene_sheet(edition)
    if place is None:
        return
    group = next(g.name for g in edition.scene_groups if g.id == scene.group)
    sheet.number(row, CODE, scene.number, "whole")
    sheet.text(row, NAME, scene.printed_name)
    sheet.text(row, PATH, group)
    flags: list[str] = []
    for g in edition.levels:
        column = layout.flag(g.level)
        flags.append(layout.cell(row, column))
        sheet.formula(row, column, f"=IF({f.tick_count(place, scene.id, f'_l{g.level}')}>0,1,0)", "flag", 0)
    states = (edition.header.not_reached, edition.header.not_applicable)
    state = '""'
    for text in reversed(states):
        state = t.when(f.says(place, scene.id, "_state", text), text, state)
    number, shown, total = layout.cell(row, RAW), layout.cell(row, layout.state), "+".join(flags)
    sheet.formula(row, RAW, f"={layout.run(flags)}", "hidden", 0)
    sheet.formula(row, layout.state, f"={state}", "center", "")
    names = t.choose(f"{number}+1", NO_LEVEL, *(g.name for g in edition.levels))
    sheet.formula(row, layout.scene_level, f"={names}", "center", NO_LEVEL)
    ticked = t.when(
        f.against_state(edition, shown, flags[0]), CONFLICT, t.when(f"{total}>{number}", GAP, t.literal(ANSWERED))
    )
    stated = t.when(f'{shown}<>""', ANSWERED, t.literal(UNANSWERED))
    status = f"IF({total}=0,{stated},{ticked})"
    sheet.formula(row, layout.scene_status, f"={status}", "center", UNANSWERED)
    sheet.raw.set_row(row, LINE)


def _head(sheet: FormSheet, row: int, title: str, headings: Sequence[str]) -> None:
    """The section heading and the header row above a table; a blank heading belongs to the one on its left."""
    sheet.text(row - 2, CODE, title, "section")
    sheet.raw.set_row(row - 2, HEADING)
    for column, heading in enumerate(headings, CODE):
        if column + 1 - CODE < len(headings) and headings[column + 1 - CODE] == "":
            sheet.merged(row - 1, column, column + 1, heading, "header")
        elif heading:
            sheet.text(row - 1, column, heading, "header")
    sheet.raw.set_row(row - 1, HEADER)
