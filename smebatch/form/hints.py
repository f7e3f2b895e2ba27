"""Hints beside the rows: what is missing and what contradicts what.

The same conditions as the checks on the way in (design, section 5), where a formula can state them.
"""

from __future__ import annotations

from typing import NamedTuple

from smebatch.form import formulas as f
from smebatch.form.cells import AnswerCells
from smebatch.form.layout import AnswerSheet
from smebatch.form.result_layout import COUNT, ResultLayout
from smebatch.standard import formula_text as t
from smebatch.standard.checks.check import Hint, checks_at, checks_of
from smebatch.standard.keys import EXCUSED
from smebatch.standard.model import Edition, Field, Figure, Question, Scene
from smebatch.standard.questions import type_of

MISSING = "← 必填"
UNANSWERED_SCENE = "← 请勾选等级；都未达到的，选状态"


class BlankHint(NamedTuple):
    """A formula, its result on a blank form, and the longest it may say, for the height of the row."""

    formula: str
    blank: str
    longest: str


def field_hint(sheet: AnswerSheet, field: Field) -> BlankHint | None:
    """A required field still blank."""
    if field.need != "required":
        return None
    return BlankHint(f'=IF({f.is_filled(sheet, field.key)},"",{t.literal(MISSING)})', MISSING, MISSING)


def question_hint(cells: AnswerCells, question: Question) -> BlankHint:
    """A question unanswered, ticked against its type, or against other answers."""
    kind, count = type_of(question), cells.layout.question(question.id, COUNT)
    blank = f"← {kind.advice(cells.edition, question)}"
    contradiction, text = t.both(*kind.contradiction(cells, question, count)), kind.contradiction_hint(question)
    hints = _check_hints(cells, question)
    longest = max(blank, text, "".join(hint.longest for hint in hints), key=len)
    agreed = "&".join(hint.formula for hint in hints) or '""'
    unanswered = _unless_excused(question, blank)
    return BlankHint(f"=IF({count}=0,{unanswered},{t.when(contradiction, text, agreed)})", blank, longest)


def _check_hints(cells: AnswerCells, question: Question) -> list[Hint]:
    """What the checks on the question say. One that decides it takes up those that give way; else they come last."""
    checks = checks_at(cells.edition, question.id)
    waiting = [hint for check in checks if check.gives_way and (hint := check.question_hint(cells, ()))]
    hints: list[Hint] = []
    for check in checks:
        if not check.gives_way and (hint := check.question_hint(cells, waiting if check.decides else ())):
            hints.append(hint)
            waiting = [] if check.decides else waiting
    return [*hints, *waiting]


def option_hint(cells: AnswerCells, tick: str) -> BlankHint | None:
    """What the first check that has something to say says of an option."""
    hints = (check.option_hint(cells, tick) for check in checks_of(cells.edition))
    hint = next((hint for hint in hints if hint), None)
    return BlankHint(f"={hint.formula}", "", hint.longest) if hint else None


def figure_hint(cells: AnswerCells, question: Question, figure: Figure) -> BlankHint:
    """A figure missing, not a number, or what the checks say of it: above its whole, a whole of nothing (R10)."""
    value = cells.figure(figure.key)
    wrong = "请填百分数的数值，如 98.5。" if figure.kind == "percent" else "请填不小于 0 的数字。"
    said: list[tuple[str, str]] = []
    if figure.kind == "count":
        said.append((f"{value}<>INT({value})", "请填整数。"))
    if figure.kind != "percent":
        # As the reader has it: too large to be true, or less than six decimals can say.
        said.append((f"OR({value}>=1000000000000,AND({value}>0,{value}<0.0000005))", "数字过大或过小，请核对。"))
    if figure.kind == "percent":
        said.append((f"OR(AND({value}>0,{value}<=1),{value}>100)", wrong))
    for check in checks_of(cells.edition):
        said += check.figure_hints(cells, figure.key)
    hints = "&".join(t.when(condition, text) for condition, text in said) or '""'
    blank = MISSING if figure.required else ""
    missing = _unless_excused(question, blank)
    filled, number = f.is_filled(cells.sheet, figure.key), cells.is_number(figure.key)
    longest = max(blank, wrong, *(text for _, text in said), key=len)
    return BlankHint(f"=IF({filled},IF({number},{hints},{t.literal(wrong)}),{missing})", blank, longest)


def scene_hint(edition: Edition, layout: ResultLayout, scene: Scene) -> BlankHint:
    """A scene with neither tick nor state, with a state its ticks contradict, or ticked above a gap (R9)."""
    flags = [layout.scene(scene.id, layout.flag(g.level)) for g in edition.levels]
    state, total = layout.scene(scene.id, layout.state), "+".join(flags)
    against = f.against_state(edition, state, flags[0])
    gap = f"{total}>{layout.run(flags)}"
    contradiction, warning = "已勾选等级，状态应留空，请更正。", "下级未勾选，其上不计，请核对。"
    ticked = t.when(against, contradiction, t.when(gap, warning))
    untouched = t.when(f'{state}<>""', "", t.literal(UNANSWERED_SCENE))
    longest = max(UNANSWERED_SCENE, contradiction, warning, key=len)
    return BlankHint(f"=IF({total}=0,{untouched},{ticked})", UNANSWERED_SCENE, longest)


def _unless_excused(question: Question, text: str) -> str:
    """The text, unless there is no base year to compare with (R7)."""
    return t.when(EXCUSED, "", t.literal(text)) if question.base_year and text else t.literal(text)
