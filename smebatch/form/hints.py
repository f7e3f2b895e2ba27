"""Hints beside the rows: what is missing and what contradicts what.

The same conditions as the checks on the way in (design, section 5), where a formula can state them.
"""

from __future__ import annotations

from typing import NamedTuple

from smebatch.form import formulas as f
from smebatch.form.contradictions import question_findings
from smebatch.form.layout import AnswerSheet
from smebatch.form.result_layout import COUNT, ResultLayout
from smebatch.standard.advice import advice
from smebatch.standard.keys import EXCUSED
from smebatch.standard.model import Edition, Field, Figure, Links, PartOfWhole, Question, Scene, ZeroWhole

MISSING = "← 必填"
UNANSWERED_SCENE = "← 请勾选等级；都未达到的，选状态"


class Hint(NamedTuple):
    """A formula, its result on a blank form, and the longest it may say, for the height of the row."""

    formula: str
    blank: str
    longest: str


def field_hint(sheet: AnswerSheet, field: Field) -> Hint | None:
    """A required field still blank."""
    if field.need != "required":
        return None
    return Hint(f'=IF({f.is_filled(sheet, field.key)},"",{f.literal(MISSING)})', MISSING, MISSING)


def question_hint(edition: Edition, sheet: AnswerSheet, layout: ResultLayout, question: Question) -> Hint:
    """A question unanswered, ticked against its type, or against other answers."""
    count = layout.question(question.id, COUNT)
    blank = f"← {advice(edition, question)}"
    if question.none is None:
        contradiction, text = f"{count}>1", "单选题只能选一项，请更正。"
    else:
        none = question.options[question.none - 1]
        contradiction = f.both(f"{count}>1", f"{f.tick_count(sheet, question.ticks[question.none - 1])}>0")
        text = f"选了“{none}”，不能再选其他项，请更正。"
    findings = question_findings(edition, sheet, layout, question)
    longest = max(blank, text, "".join(finding.longest for finding in findings), key=len)
    agreed = "&".join(finding.formula for finding in findings) or '""'
    unanswered = _unless_excused(question, blank)
    return Hint(f"=IF({count}=0,{unanswered},{f.when(contradiction, text, agreed)})", blank, longest)


def option_hint(edition: Edition, sheet: AnswerSheet, layout: ResultLayout, tick: str) -> Hint | None:
    """A business link ticked here whose scene is filled in below its first level."""
    first = edition.levels[0]
    for check in edition.checks:
        if not isinstance(check, Links):
            continue
        question = edition.question[check.question]
        for key, scene in zip(question.ticks, check.scenes, strict=True):
            if key == tick and scene:
                text = f"“{edition.scene[scene].name}”未到{first.name}，请核对。"
                conditions = (
                    f"{f.tick_count(sheet, tick)}>0",
                    f"{layout.scene(scene, layout.flag(first.level))}=0",
                    scene_answered(edition, layout, scene),
                )
                return Hint(f"={f.when(f.both(*conditions), text)}", "", text)
    return None


def scene_answered(edition: Edition, layout: ResultLayout, scene: str) -> str:
    """Whether a scene has a tick or a state."""
    flags = "+".join(layout.scene(scene, layout.flag(g.level)) for g in edition.levels)
    return f'OR({flags}>0,{layout.scene(scene, layout.state)}<>"")'


def figure_hint(edition: Edition, sheet: AnswerSheet, question: Question, figure: Figure) -> Hint:
    """A figure missing, not a number, above its whole, or a whole of nothing (R10)."""
    value = f.figure(sheet, figure.key)
    wrong = "请填百分数的数值，如 98.5。" if figure.kind == "percent" else "请填不小于 0 的数字。"
    checks: list[tuple[str, str]] = []
    if figure.kind == "count":
        checks.append((f"{value}<>INT({value})", "请填整数。"))
    if figure.kind != "percent":
        # As the reader has it: too large to be true, or less than six decimals can say.
        checks.append((f"OR({value}>=1000000000000,AND({value}>0,{value}<0.0000005))", "数字过大或过小，请核对。"))
    if figure.kind == "percent":
        checks.append((f"OR(AND({value}>0,{value}<=1),{value}>100)", wrong))
    for check in edition.checks:
        match check:
            case PartOfWhole(part=figure.key, whole=whole):
                above = f.both(f.is_number(sheet, whole), f"{value}>{f.figure(sheet, whole)}")
                checks.append((above, f"大于“{edition.figures[whole].label}”，请更正。"))
            case ZeroWhole(whole=figure.key):
                checks.append((f"{value}=0", "为 0，比率按 0 计，请核对。"))
    found = "&".join(f.when(condition, text) for condition, text in checks) or '""'
    blank = MISSING if figure.required else ""
    missing = _unless_excused(question, blank)
    filled, number = f.is_filled(sheet, figure.key), f.is_number(sheet, figure.key)
    longest = max(blank, wrong, *(text for _, text in checks), key=len)
    return Hint(f"=IF({filled},IF({number},{found},{f.literal(wrong)}),{missing})", blank, longest)


def scene_hint(edition: Edition, layout: ResultLayout, scene: Scene) -> Hint:
    """A scene with neither tick nor state, with a state its ticks contradict, or ticked above a gap (R9)."""
    flags = [layout.scene(scene.id, layout.flag(g.level)) for g in edition.levels]
    state, total = layout.scene(scene.id, layout.state), "+".join(flags)
    against = f.against_state(edition, state, flags[0])
    gap = f"{total}>{layout.run(flags)}"
    contradiction, warning = "已勾选等级，状态应留空，请更正。", "下级未勾选，其上不计，请核对。"
    ticked = f.when(against, contradiction, f.when(gap, warning))
    untouched = f.when(f'{state}<>""', "", f.literal(UNANSWERED_SCENE))
    longest = max(UNANSWERED_SCENE, contradiction, warning, key=len)
    return Hint(f"=IF({total}=0,{untouched},{ticked})", UNANSWERED_SCENE, longest)


def _unless_excused(question: Question, text: str) -> str:
    """The text, unless there is no base year to compare with (R7)."""
    return f.when(EXCUSED, "", f.literal(text)) if question.base_year and text else f.literal(text)
