"""The conclusion at the head of 自评结果: level, score, scenes, completeness, and what misses the next level."""

from __future__ import annotations

from smebatch.form import formulas as f
from smebatch.form.layout import enterprise_sheet
from smebatch.form.measure import row_height
from smebatch.form.result_layout import (
    CODE,
    COMPLETE_ROW,
    HAS_BINDING,
    HAS_SCENES,
    LEVEL_ROW,
    MET,
    NAME,
    NEED_BINDING,
    NEED_SCENES,
    NEXT_ROW,
    PATH,
    RAW,
    SCENE_ROW,
    SCORE_ROW,
    ResultLayout,
)
from smebatch.form.result_tables import HEADING, NAME_WIDTH, WIDTH, missing_total
from smebatch.form.sheet import Cached, FormSheet
from smebatch.standard import formula_text as t
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of


def write_conclusion(sheet: FormSheet, edition: Edition, layout: ResultLayout) -> tuple[int, float]:
    """Write the conclusion with the hidden bare values beside it; return its first row and its height."""
    scale, level_count = scale_of(edition), len(edition.levels)
    level, units = layout.cell(LEVEL_ROW, RAW), layout.cell(*layout.units)
    score, complete = layout.cell(SCORE_ROW, RAW), layout.cell(COMPLETE_ROW, RAW)
    question_units = layout.span(layout.questions, len(edition.questions), RAW)
    excused = f.excused(edition, enterprise_sheet(edition))
    missing, missing_blank = missing_total(edition, layout)
    raw: list[tuple[int, str, Cached]] = [
        (LEVEL_ROW, f"=MAX({layout.span(layout.levels, level_count, RAW)})", 0),
        (SCORE_ROW, f"=ROUND({units}/{scale.units_per_point},2)", 0),
        (SCENE_ROW, f"=SUM({question_units})", 0),
        (COMPLETE_ROW, f"={missing}=0", missing_blank == 0),
        (NEXT_ROW, f"={excused}", False),
    ]
    for row, formula, blank in raw:
        sheet.formula(row, RAW, formula, "hidden", blank)

    lacking = f"{t.literal('尚缺 ')}&{missing}&{t.literal(' 项必填内容，以下结果仅为阶段性结果。')}"
    state = f"={t.when(complete, '必填内容已全部填写。', lacking)}"
    names = [edition.header.ungraded, *(g.full_name for g in edition.levels)]
    shown: list[tuple[int, str, str, str, Cached]] = [
        (LEVEL_ROW, "数字化水平等级", f"={t.choose(f'{level}+1', *names)}", "result", names[0]),
        (SCORE_ROW, f"{edition.header.score_part}得分", f"={score}", "result_points", 0),
        (SCENE_ROW, *_scenes(edition, layout)),
        (
            COMPLETE_ROW,
            "填报情况",
            state,
            "text",
            f"尚缺 {missing_blank} 项必填内容，以下结果仅为阶段性结果。",
        ),
        (NEXT_ROW, "距下一等级", f"={_next(edition, layout, level, units)}", "text", _next_blank(edition)),
    ]
    sheet.text(LEVEL_ROW - 1, CODE, "一、评测结论", "section")
    sheet.raw.set_row(LEVEL_ROW - 1, HEADING)
    height = HEADING
    for row, heading, formula, style, value in shown:
        sheet.merged(row, CODE, NAME, heading, "heading")
        sheet.merged(row, PATH, MET, "", style)
        sheet.formula(row, PATH, formula, style, value)
        minimum = 20.0 if style == "text" else 24.0
        tall = row_height((heading, NAME_WIDTH + 5), (str(value), WIDTH + 53), minimum=minimum)
        sheet.raw.set_row(row, tall)
        height += tall
    return LEVEL_ROW - 1, height


def _scenes(edition: Edition, layout: ResultLayout) -> tuple[str, str, str, Cached]:
    """达到一级 6 个（约束性 4 个）；… in words, or nothing where the edition has no scenes."""
    if not edition.scenes:
        return "达到等级的场景", f"={t.literal('本版不评测应用场景。')}", "text", "本版不评测应用场景。"
    parts, blank = [], []
    for i, g in enumerate(edition.levels):
        row = layout.levels + i
        scenes, binding = layout.cell(row, HAS_SCENES), layout.cell(row, HAS_BINDING)
        parts.append(f"{t.literal(f'{g.name} ')}&{scenes}&{t.literal(' 个（约束性 ')}&{binding}&{t.literal(' 个）')}")
        blank.append(f"{g.name} 0 个（约束性 0 个）")
    formula = f"&{t.literal('；')}&".join(parts)
    return "达到各等级的场景", f"={formula}", "text", "；".join(blank)


def _next(edition: Edition, layout: ResultLayout, level: str, units: str) -> str:
    """What keeps the enterprise from the next level: points (rounded up), scenes, binding scenes."""
    level_count, scale = len(edition.levels), scale_of(edition)
    threshold = f"CHOOSE({level}+1,{','.join(str(t) for t in scale.thresholds)})"
    points = f"({threshold}-{units})"
    decimals = f"TEXT(ROUNDUP({points}*100/{scale.units_per_point},0)/100,{t.literal('0.00')})"
    shortages = [f'IF({points}>0,{t.literal("得分 ")}&{decimals}&{t.literal(" 分；")},"")']
    if edition.scenes:
        for need, has, what in (
            (NEED_SCENES, HAS_SCENES, "应用场景"),
            (NEED_BINDING, HAS_BINDING, "约束性场景"),
        ):
            needed = f"INDEX({layout.span(layout.levels, level_count, need)},{level}+1)"
            reached = f"INDEX({layout.span(layout.levels, level_count, has)},{level}+1)"
            short = f"{needed}-{reached}"
            shortages.append(f'IF({short}>0,{t.literal(f"{what} ")}&({short})&{t.literal(" 个；")},"")')
    head = t.choose(f"{level}+1", *(f"距{g.full_name}还差：" for g in edition.levels))
    lacks = f'SUBSTITUTE({head}&{"&".join(shortages)}&"。","；。","。")'
    return f"IF({level}={level_count},{t.literal('已达到最高等级。')},{lacks})"


def _next_blank(edition: Edition) -> str:
    first, scale = edition.levels[0], scale_of(edition)
    text = f"距{first.full_name}还差：得分 {scale.points(scale.thresholds[0])} 分"
    if first.scenes and first.binding:
        text += f"；应用场景 {first.scenes.value} 个；约束性场景 {first.binding.value} 个"
    return f"{text}。"
