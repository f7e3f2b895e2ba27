"""The other rounds of the sample data: what enterprises were before their transformation, and what assessors found."""

from __future__ import annotations

import datetime as dt
import zipfile
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from random import Random

from cases import judged
from sample_city import KIND, PHASE, enterprise, planned
from smebatch.form.next_round import NextRound
from smebatch.form.writer import write_form, write_next_form
from smebatch.sample.write import rng_of_return, write_return
from smebatch.standard.checks.interval import Interval
from smebatch.standard.model import Edition, Question, Scene
from smebatch.standard.sample_values import SampleAnswers

BEFORE = "改造前"
ON_SITE = NextRound(PHASE, "现场评定", PHASE, KIND)
# By how much of the maturity from 0 to 1 enterprises have risen since the year before, of which there is a return of
# theirs. 7 and 9 are returned this time, so that of them nothing can be compared.
_PROGRESS = {
    0.25: (6,),
    0.2: (12, 22, 39),
    0.15: (9, 18, 20, 28),
    0.1: (7, 16, 24, 35),
    0.05: (1, 10),
    -0.05: (36,),
    -0.1: (33,),
}
_YEAR = dt.timedelta(days=364)
# Whom assessors have visited, one of whom had claimed too little; and what they say of an answer, by whether they found
# less, as much or more.
_VISITED, _MODEST = (6, 12, 16, 18, 22, 26, 28, 33, 35, 38), 33
_ASSESSOR = "示例评测中心"
_DAYS_UNTIL_VISIT = 4
_LESS, _MORE = 0.3, 0.09  # shares of answers, the other way round at the modest one
_EVIDENCE = {
    -1: ("现场未见系统运行记录", "系统已上线，仅试用，未形成业务数据", "访谈与台账不一致，按台账认定"),
    0: ("查看系统界面和台账，与填报一致", "抽查单据三份，与填报一致", "现场查看设备，与填报一致"),
    1: ("现场见到系统在用，企业漏填",),
}
_EVIDENCE_SHARE = 0.5  # of the answers that were found as claimed

_Part = Question | Scene


def write_other_rounds(folder: Path, edition: Edition, seed: int) -> list[Path]:
    """Write 改造前/ and 现场评定.zip into the returns of the sample data; returns the paths of both, in order."""
    before = folder / "returns" / BEFORE
    before.mkdir(parents=True, exist_ok=True)
    paths = []
    for progress, serial in ((p, serial) for p, serials in _PROGRESS.items() for serial in serials):
        answers, form = _year_before(edition, seed, serial, progress), BytesIO()
        write_form(form, edition, answers)
        paths.append(write_return(before, f"{serial:03d}", answers, form.getvalue()))
    package = folder / "returns" / f"{ON_SITE.kind}.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_STORED) as archive:
        for serial in _VISITED:
            _, claimed = planned(edition, seed, serial)
            less, more = (_MORE, _LESS) if serial == _MODEST else (_LESS, _MORE)
            found, form = _as_found(edition, rng_of_return(seed, -serial), claimed, less, more), BytesIO()
            write_next_form(form, edition, ON_SITE, found, claimed)
            name = str(claimed["name"]).replace("·", "")
            archive.writestr(zipfile.ZipInfo(f"{serial:03d}_{name}_{ON_SITE.kind}.xlsx"), form.getvalue())
    return [*paths, package]


def _year_before(edition: Edition, seed: int, serial: int, progress: float) -> SampleAnswers:
    """What the enterprise of a return had answered before its transformation."""
    later = enterprise(edition, seed, serial)
    earlier = enterprise(edition, seed, serial, progress=-progress)
    lasting = {f.key: later[f.key] for f in edition.fields}
    filled_on = later["filled_on"]
    assert isinstance(filled_on, dt.date)
    return earlier | lasting | {"phase": BEFORE, "filled_on": filled_on - _YEAR}


def _as_found(edition: Edition, rng: Random, claimed: SampleAnswers, less: float, more: float) -> SampleAnswers:
    """The answers of an assessor about a return: a step less or more than claimed, and no contradiction.

    ``less``, ``more``: in what share of the answers.
    """
    filled_on = claimed["filled_on"]
    assert isinstance(filled_on, dt.date)
    notes = {key: None for key in claimed if key.endswith("_note")}
    answers: SampleAnswers = (
        claimed
        | notes
        | {
            "phase": ON_SITE.phase,
            "assessment_kind": ON_SITE.kind,
            "assessor": _ASSESSOR,
            "filled_on": filled_on + dt.timedelta(days=_DAYS_UNTIL_VISIT),
        }
    )
    sound = judged(answers, edition=edition)
    parts: list[_Part] = [*edition.questions, *edition.scenes]
    for part in parts:
        (step,) = rng.choices((-1, 0, 1), (less, 1 - less - more, more))
        changes = _moved(edition, rng, part, answers, step)
        if changes and judged(answers | changes, edition=edition) == sound:
            answers |= changes
        else:
            step = 0
        if step or rng.random() < _EVIDENCE_SHARE:
            answers[f"{part.id}_note"] = rng.choice(_EVIDENCE[step])
    return answers


def _moved(edition: Edition, rng: Random, part: _Part, answers: SampleAnswers, step: int) -> SampleAnswers:
    """What changes where a part has ``step`` more, −1 for one less; nothing where that cannot be."""
    ticked = [tick for tick in part.ticks if answers.get(tick)]
    if not step or not ticked:  # unanswered, or a scene that the enterprise has not
        return {}
    if isinstance(part, Question) and part.type == "multiple":
        none, *others = part.ticks
        changing = others if step > 0 else [tick for tick in ticked if tick != none]
        changing = [tick for tick in changing if bool(answers.get(tick)) == (step < 0)]
        if none in ticked or len(changing) < (1 if step > 0 else 2):
            return {}
        return {rng.choice(changing): step > 0 or None}
    at = part.ticks.index(ticked[-1]) + step
    if not 0 <= at < len(part.ticks):
        return {}
    if isinstance(part, Scene):
        return {part.ticks[at]: True} if step > 0 else {ticked[-1]: None}
    return {ticked[-1]: None, part.ticks[at]: True} | _figure_of(edition, part, answers, at)


def _figure_of(edition: Edition, question: Question, answers: SampleAnswers, option: int) -> SampleAnswers:
    """The figure that makes an option right, where it is told by an interval: the upper end of that."""
    for check in edition.checks:
        if isinstance(check, Interval) and check.question == question.id:
            whole = Decimal(str(answers[check.whole]))
            return {check.part: int(whole * check.upper.value[option] / 100)}
    return {}
