"""What a question's tick says against figures, other questions and scenes: the edition's checks as formulas."""

from __future__ import annotations

from typing import NamedTuple

from smebatch.form import formulas as f
from smebatch.form.layout import AnswerSheet
from smebatch.form.result_layout import RAW, STEPS, ResultLayout
from smebatch.standard.model import Edition, Interval, LinkCount, Links, PartOfWhole, Question, Rare, Trend

_OUTSIDE = "所填数据超出各选项的范围，请核对。"
_CLOSE = {"error": "请更正。", "warning": "请核对。"}


class Finding(NamedTuple):
    """A formula that says what is contradictory, else nothing; and the longest it may say."""

    formula: str
    longest: str


def question_findings(edition: Edition, sheet: AnswerSheet, layout: ResultLayout, question: Question) -> list[Finding]:
    """The findings of every check on the question; they hold where it is answered with one tick, or is a 多选."""
    chosen = f"({layout.question(question.id, STEPS)}+1)"  # the option ticked, from 1
    checks = [check for check in edition.checks if getattr(check, "question", "") == question.id]
    rare = [_rare(check, chosen) for check in checks if isinstance(check, Rare)]
    found: list[Finding] = []
    for check in checks:
        match check:
            case Interval():
                # Where the figures contradict the tick, that says it better than how rare the tick is.
                found.append(_interval(edition, sheet, question, check, chosen, rare))
                rare = []
            case Trend():
                found.append(_trend(sheet, question, check, chosen))
            case LinkCount():
                found.append(_link_count(edition, layout, check, chosen))
    return [*found, *rare]


def _rare(check: Rare, chosen: str) -> Finding:
    condition = f"OR({','.join(f'{chosen}={option}' for option in check.options)})"
    return Finding(f.when(condition, check.reason), check.reason)


def _interval(
    edition: Edition, sheet: AnswerSheet, question: Question, check: Interval, chosen: str, otherwise: list[Finding]
) -> Finding:
    """The interval that holds part ÷ whole, found by cross-multiplying: one more for each bound exceeded (R5, R10)."""
    part, whole = f.figure(sheet, check.part), f.figure(sheet, check.whole)
    places = max(max(-int(bound.as_tuple().exponent), 0) for bound in check.upper.value)
    shift = 10**places
    exceeded = [f"({f.more(f'{part}*{100 * shift}', f'{int(u * shift)}*{whole}')})" for u in check.upper.value]
    expected = f"(1+({whole}>0)*({'+'.join(exceeded)}))"
    ready = [f.is_number(sheet, check.part, check.whole)]
    if any(isinstance(c, PartOfWhole) and c.part == check.part and c.whole == check.whole for c in edition.checks):
        ready.append(f"{part}<={whole}")  # otherwise the figure's own hint says what is wrong
    return _mismatch(ready, expected, question, chosen, check.severity, otherwise)


def _trend(sheet: AnswerSheet, question: Question, check: Trend, chosen: str) -> Finding:
    """The change from prior to last, found by cross-multiplying numerators and denominators (R6)."""
    now, before = f.figure(sheet, check.last[0]), f.figure(sheet, check.prior[0])
    ready = [f.is_number(sheet, *check.last, *check.prior)]
    if len(check.last) == 2:
        now_base, before_base = f.figure(sheet, check.last[1]), f.figure(sheet, check.prior[1])
        now, before = f"{now}*{before_base}", f"{before}*{now_base}"
        ready += [f"{now_base}>0", f"{before_base}>0"]
    number = {what: i for i, what in enumerate(check.options, 1)}
    expected = f"IF({f.more(now, before)},{number['up']},IF({f.more(before, now)},{number['down']},{number['same']}))"
    return _mismatch(ready, expected, question, chosen, check.severity, [])


def _mismatch(
    ready: list[str], expected: str, question: Question, chosen: str, severity: str, otherwise: list[Finding]
) -> Finding:
    texts = [f"按所填数据应选“{option}”，{_CLOSE[severity]}" for option in question.options]
    agreed = "&".join(finding.formula for finding in otherwise) or '""'
    # One text more: figures beyond the last interval.
    said = f.choose(expected, *texts, _OUTSIDE)
    formula = f"IF(AND({','.join(ready)}),IF({chosen}<>{expected},{said},{agreed}),{agreed})"
    return Finding(formula, max(*texts, *(finding.longest for finding in otherwise), key=len))


def _link_count(edition: Edition, layout: ResultLayout, check: LinkCount, chosen: str) -> Finding:
    """A coverage claimed against the links ticked elsewhere and, once all are filled in, the scenes that show it."""
    links = edition.question[check.links]
    low = f"CHOOSE({chosen},{','.join(str(r[0]) for r in check.ranges.value)})"
    high = f"CHOOSE({chosen},{','.join(str(r[1]) for r in check.ranges.value)})"
    fewer = f"少于题{links.number}勾选的环节，请核对。"
    findings = [f.when(f"{layout.question(links.id, STEPS)}>{high}", fewer)]
    longest = fewer
    scenes = [s for c in edition.checks if isinstance(c, Links) and c.question == links.id for s in c.scenes if s]
    if scenes:
        used_from, managed_from = int(check.used.value), int(check.managed.value)
        levels = [layout.scene(s, RAW) for s in scenes]
        states = [layout.scene(s, layout.state) for s in scenes]
        not_applicable = f.literal(edition.header.not_applicable)
        managed = "+".join(f"({level}>={managed_from})" for level in levels)
        used = "+".join(
            f"(({level}>={used_from})+({state}={not_applicable})>0)"
            for level, state in zip(levels, states, strict=True)
        )
        flags = ["+".join(layout.scene(s, layout.flag(g.level)) for g in edition.levels) for s in scenes]
        known = ",".join(f'{ticked}+({state}<>"")>0' for ticked, state in zip(flags, states, strict=True))
        part = edition.header.scene_part
        more, less = f"多于“{part}”达到的场景，请核对。", f"少于“{part}”达到的场景，请核对。"
        against = f.when(f"{used}<{low}", more, f.when(f"{managed}>{high}", less))
        findings.append(f'IF(AND({known}),{against},"")')
        longest += more
    return Finding("&".join(findings), longest)
