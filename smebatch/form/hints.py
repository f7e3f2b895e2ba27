"""Hints beside the rows: what is missing and what contradicts what, as formulas built from the edition's checks."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from smebatch.form import formulas as f
from smebatch.form.layout import AnswerSheet
from smebatch.form.result_layout import COUNT, STEPS, ResultLayout
from smebatch.standard.model import (
    Edition,
    Field,
    Figure,
    Interval,
    Links,
    PartOfWhole,
    Question,
    Rare,
    Scene,
    Trend,
    ZeroWhole,
)


class Hint(NamedTuple):
    """A formula, its result on a blank form, and the longest it may say, for the height of the row."""

    formula: str
    blank: str
    longest: str


MISSING = "← 必填"
UNANSWERED_SINGLE = "← 请选一项"
UNANSWERED_MULTIPLE = "← 请勾选；都没有的，勾选“{none}”"
UNANSWERED_SCENE = "← 请勾选已达到的等级；都未达到的，选状态"
_EXPECTED, _CLOSE = "按所填数据应选“", {"error": "”，请更正。", "warning": "”，请核对。"}


def field_hint(sheet: AnswerSheet, field: Field) -> Hint | None:
    """A required field still blank; a code of the wrong length."""
    if field.need != "required":
        return None
    return Hint(f'=IF({f.is_filled(sheet, field.key)},"",{f.literal(MISSING)})', MISSING, MISSING)


def question_hint(edition: Edition, sheet: AnswerSheet, layout: ResultLayout, question: Question) -> Hint:
    """A question unanswered, answered twice, or against the figures."""
    count = layout.question(question.id, COUNT)
    if question.type == "single":
        blank = UNANSWERED_SINGLE
        contradiction, text = f"{count}>1", "单选题只能选一项，请更正。"
    else:
        none = question.ticks[(question.none or 1) - 1]
        blank = UNANSWERED_MULTIPLE.format(none=question.options[(question.none or 1) - 1])
        contradiction = f"AND({count}>1,{f.tick_count(sheet, none)}>0)"
        text = f"选了“{question.options[(question.none or 1) - 1]}”，不能再选其他选项，请更正。"
    unanswered = f.when(f.EXCUSED, "", f.literal(blank)) if question.base_year else f.literal(blank)
    found = [hint for check in edition.checks if (hint := _check_hint(edition, sheet, layout, question, check))]
    agreed = "&".join(found) or '""'
    checks = [check for check in edition.checks if getattr(check, "question", "") == question.id]
    # A figure's mismatch names an option; a reason may stand beside it.
    mismatch = _EXPECTED + max(question.options, key=len) + _CLOSE["error"]
    together = [c.reason if isinstance(c, Rare) else mismatch for c in checks if isinstance(c, Interval | Trend | Rare)]
    longest = max(blank, text, "".join(together), key=len)
    return Hint(f"=IF({count}=0,{unanswered},{f.when(contradiction, text, agreed)})", blank, longest)


def _check_hint(edition: Edition, sheet: AnswerSheet, layout: ResultLayout, question: Question, check: object) -> str:
    if getattr(check, "question", "") != question.id:
        return ""
    chosen = f"({layout.question(question.id, STEPS)}+1)"
    match check:
        case Interval():
            return _interval(edition, sheet, question, check, chosen)
        case Trend():
            return _trend(sheet, question, check, chosen)
        case Rare(options=options, reason=reason):
            return f.when(f"OR({','.join(f'{chosen}={o}' for o in options)})", reason)
    return ""


def _interval(edition: Edition, sheet: AnswerSheet, question: Question, check: Interval, chosen: str) -> str:
    """The interval that holds part ÷ whole, found by cross-multiplying: one more for each bound exceeded."""
    part, whole = f.figure(sheet, check.part), f.figure(sheet, check.whole)
    places = max(max(-int(u.as_tuple().exponent), 0) for u in check.upper.value)
    exceeded = [
        f"({f.more(f'{part}*{100 * 10**places}', f'{int(u * 10**places)}*{whole}')})" for u in check.upper.value[:-1]
    ]
    expected = f"(1+{'+'.join(exceeded)})"
    ready = [f.is_number(sheet, check.part, check.whole)]
    if any(isinstance(c, PartOfWhole) and c.part == check.part and c.whole == check.whole for c in edition.checks):
        ready.append(f"{part}<={whole}")  # otherwise the figure's own hint says what is wrong
    return _mismatch(ready, expected, question, chosen, check.severity)


def _trend(sheet: AnswerSheet, question: Question, check: Trend, chosen: str) -> str:
    """The change from prior to last, found by cross-multiplying numerators and denominators."""
    now, before = f.figure(sheet, check.last[0]), f.figure(sheet, check.prior[0])
    ready = [f.is_number(sheet, *check.last, *check.prior)]
    if len(check.last) == 2:
        now_base, before_base = f.figure(sheet, check.last[1]), f.figure(sheet, check.prior[1])
        now, before = f"{now}*{before_base}", f"{before}*{now_base}"
        ready += [f"{now_base}>0", f"{before_base}>0"]
    number = {what: i for i, what in enumerate(check.options, 1)}
    expected = f"IF({f.more(now, before)},{number['up']},IF({f.more(before, now)},{number['down']},{number['same']}))"
    return _mismatch(ready, expected, question, chosen, check.severity)


def _mismatch(ready: list[str], expected: str, question: Question, chosen: str, severity: str) -> str:
    text = f"{f.literal(_EXPECTED)}&{f.choose(expected, *question.options)}&{f.literal(_CLOSE[severity])}"
    return f'IF({f.both(*ready)},IF({chosen}<>{expected},{text},""),"")'


def option_hint(edition: Edition, sheet: AnswerSheet, layout: ResultLayout, tick: str) -> Hint | None:
    """A business link ticked here whose scene is said to be out of reach."""
    for check in edition.checks:
        if not isinstance(check, Links):
            continue
        question = edition.question[check.question]
        for key, scene in zip(question.ticks, check.scenes, strict=True):
            if key == tick and scene:
                conditions = (f"{f.tick_count(sheet, tick)}>0", f'{layout.scene(scene, layout.state)}<>""')
                text = f"场景“{edition.scene[scene].name}”填的是未达到或不适用，请核对。"
                return Hint(f"={f.when(f.both(*conditions), text)}", "", text)
    return None


def figure_hint(edition: Edition, sheet: AnswerSheet, question: Question, figure: Figure) -> Hint:
    """A figure missing, not a number, above its whole, or nothing at all."""
    value = f.figure(sheet, figure.key)
    blank = MISSING if figure.required else ""
    missing = f.literal(blank)
    if figure.required and question.base_year:
        missing = f.when(f.EXCUSED, "", missing)
    wrong = "请填百分数的数值，如 98.5。" if figure.kind == "percent" else "请填不小于 0 的数，不带单位。"
    checks: list[tuple[str, str]] = []
    if figure.kind == "count":
        checks.append((f"{value}<>INT({value})", "请填整数。"))
    if figure.kind == "percent":
        checks.append((f"OR({value}<1,{value}>100)", wrong))
    for check in edition.checks:
        match check:
            case PartOfWhole(part=figure.key, whole=whole):
                above = f.both(f.is_number(sheet, whole), f"{value}>{f.figure(sheet, whole)}")
                checks.append((above, f"不能大于“{edition.figures[whole].label}”，请更正。"))
            case ZeroWhole(whole=figure.key):
                checks.append((f"{value}=0", "填的是 0，相应比率按 0 计，请核对。"))
    found = "&".join(f.when(condition, text) for condition, text in checks) or '""'
    texts = [blank, wrong, *(text for _, text in checks)]
    filled = f.is_filled(sheet, figure.key)
    number = f.is_number(sheet, figure.key)
    return Hint(f"=IF({filled},IF({number},{found},{f.literal(wrong)}),{missing})", blank, max(texts, key=len))


def scene_hint(edition: Edition, layout: ResultLayout, scene: Scene) -> Hint:
    """A scene with neither tick nor state, with both, or ticked above a gap (R9)."""
    flags = [layout.scene(scene.id, layout.flag(g.level)) for g in edition.levels]
    total = "+".join(flags)
    state = f'{layout.scene(scene.id, layout.state)}<>""'
    gaps = [f"{low}<{high}" for low, high in pairwise(flags)]
    gap = f"OR({','.join(gaps)})" if gaps else "FALSE"
    text = "下级未勾选，其上的勾选不计，请核对。"
    both = "已勾选等级，状态应留空，请更正。"
    ticked = f"{f.when(state, both)}&{f.when(gap, text)}"
    formula = f'=IF({total}=0,IF({state},"",{f.literal(UNANSWERED_SCENE)}),{ticked})'
    return Hint(formula, UNANSWERED_SCENE, text + both)
