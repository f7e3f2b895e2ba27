"""What a person sees of a checked return and of an edition: tables on the terminal, and the same as data."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from smebatch.issues import reason_text
from smebatch.pipeline import Checked
from smebatch.say import language, say
from smebatch.standard.model import Bounds, Edition, Quantity, Ranges
from smebatch.standard.scale import scale_of
from smebatch.text import clean_text

_PIPE_WIDTH = 160  # columns where there is no terminal to ask


def _console() -> Console:
    width = None if sys.stdout.isatty() else max(_PIPE_WIDTH, shutil.get_terminal_size().columns)
    # No markup, emoji or highlighting: what comes from a file is shown as it stands.
    return Console(markup=False, emoji=False, highlight=False, width=width)


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


# ---- check


def check_document(result: Checked, edition: Edition) -> dict[str, Any]:
    """A checked file as data: file, verdict, issues and, where there are no errors, the score with its working."""
    document: dict[str, Any] = {"file": result.outcome.entry.file, "errors": result.errors, "warnings": result.warnings}
    if result.verdicts is None:
        reason = result.outcome.reason
        sentences = {
            "message": reason_text(reason, "zh", **result.outcome.values),
            "message_en": reason_text(reason, "en", **result.outcome.values),
        }
        return document | {"status": "rejected", "reason": reason, **sentences}
    issues = result.verdicts.findings.drop(columns=["form_id", "number"]).to_dict("records")
    document |= {"status": "returned" if result.errors else "valid", "issues": issues, "score": None}
    if not result.errors:
        row = _row(result)
        scale = scale_of(edition)
        document["score"] = {
            "score": scale.points(row["score_units"]),
            "units_per_point": scale.units_per_point,
            "questions": {q.id: scale.points(row[q.id]) for q in edition.questions},
            "dimensions": {d.id: scale.points(row[d.id]) for d in edition.dimensions},
            **{name: value for name, value in row.items() if name not in edition.question},
        }
    return document


def _row(result: Checked) -> dict[str, Any]:
    if result.verdicts is None:
        raise ValueError("a rejected file has no score")
    row = result.verdicts.scores.iloc[0]
    return {str(name): value if isinstance(value, str) else int(value) for name, value in row.to_dict().items()}


def print_check(result: Checked, edition: Edition) -> None:
    """Print a checked file: verdict, issues, and the score with its working."""
    console = _console()
    console.print(Text(f"{result.outcome.entry.file}: {_verdict(result)}", style="bold"))
    if result.verdicts is None:
        said = f"（{clean_text(result.outcome.said)}）" if result.outcome.said else ""
        console.print(Text(reason_text(result.outcome.reason, language(), **result.outcome.values) + said))
        return
    findings = result.verdicts.findings
    if len(findings):
        console.print(_issues_table(findings))
    if result.errors:
        console.print(Text(say("check.no_score")))
        return
    console.print(*_working(result, edition), sep="\n")


def _verdict(result: Checked) -> str:
    if result.verdicts is None:
        return say("check.verdict.rejected")
    kind = "errors" if result.errors else "warnings" if result.warnings else "ok"
    return say(f"check.verdict.{kind}", errors=result.errors, warnings=result.warnings)


def _issues_table(findings: pd.DataFrame) -> Table:
    message = "message" if language() == "zh" else "message_en"
    rows = (
        (say(f"check.{f['severity']}"), f"{f['sheet']}!{f['cell']}" if f["cell"] else f["sheet"], f["code"], f[message])
        for f in findings.to_dict("records")
    )
    headings = [say("check.issues"), say("check.place"), say("check.code"), say("check.message")]
    return _table("", headings, rows)


def _working(result: Checked, edition: Edition) -> Iterable[Table | Text]:
    """The score so that it can be followed by hand: answer, weights and points of each question, then the level."""
    scale, row = scale_of(edition), _row(result)
    yield _table(
        say("check.working"),
        [say("check.question"), say("check.answer"), say("check.path"), say("check.units")],
        [
            *_question_rows(result, edition, row),
            *((d.name, "", f"{d.weight.value}%", scale.points(row[d.id])) for d in edition.dimensions),
            (say("check.total"), "", f"{scale.points(scale.full)}", scale.points(row["score_units"])),
        ],
        right=(3,),
    )
    if edition.scenes:
        scenes = [(f"{s.number} {s.printed_name}", edition.scene_level_name(row[s.id])) for s in edition.scenes]
        yield _table("", [say("check.scene"), say("check.level")], scenes)
    yield _level_table(edition, row)
    level = edition.level_name(row["level"])
    yield Text(say("check.level_is", level=level, score=scale.points(row["score_units"])), style="bold")
    if row["blocked_by"]:
        yield Text(say("check.next", level=edition.level_name(row["level"] + 1), gap=_gap(edition, row)))


def _question_rows(result: Checked, edition: Edition, row: dict[str, Any]) -> Iterable[tuple[str, str, str, str]]:
    scale = scale_of(edition)
    if result.verdicts is None:
        return
    answers = result.verdicts.answers.frame.iloc[0]
    for question in edition.questions:
        ticked = [
            f"{i} {option}"
            for i, (key, option) in enumerate(zip(question.ticks, question.options, strict=True), 1)
            if answers[key]
        ]
        weights = " × ".join(f"{part.weight.value}%" for part in edition.question_path(question))
        # What the option is worth of 100, and the weights that bring it to points of the whole.
        of_full = len(question.options) - 1
        steps = row[question.id] // scale.step[question.id]
        path = f"100×{steps}/{of_full} × {weights}"
        name = f"{question.number} {question.item}"
        yield name, "\n".join(ticked) or say("check.blank"), path, scale.points(row[question.id])


def _level_table(edition: Edition, row: dict[str, Any]) -> Table:
    scale = scale_of(edition)
    part = edition.header.score_part
    rows: list[tuple[str, str, object, object]] = []
    for level in edition.levels:
        condition = say("check.score_condition", part=part)
        rows.append((level.full_name, condition, f"≥ {level.score.value}", scale.points(row["score_units"])))
        if level.scenes and level.binding:
            scenes = say("check.scenes_condition", level=level.name)
            rows.append(("", scenes, f"≥ {level.scenes.value}", row[f"scenes_ge{level.level}"]))
            binding = say("check.binding_condition")
            rows.append(("", binding, f"≥ {level.binding.value}", row[f"binding_ge{level.level}"]))
    headings = [say("check.level"), say("check.condition"), say("check.needs"), say("check.has")]
    return _table("", headings, rows, right=(2, 3))


def _gap(edition: Edition, row: dict[str, Any]) -> str:
    points = scale_of(edition).points(row["points_missing"])
    parts = {
        "points": points if row["points_missing"] else "",
        "scenes": row["scenes_missing"] or "",
        "binding": row["binding_missing"] or "",
    }
    return "、".join(say(f"check.gap.{name}", n=n) for name, n in parts.items() if n)


# ---- edition


def print_edition(edition: Edition) -> None:
    """Print everything an edition says, each number with its unit and clause."""
    console = _console()
    header = edition.header
    console.print(Text(f"{header.title}\nid {edition.id}  sha256 {edition.sha256}", style="bold"))
    for table in _edition_tables(edition):
        console.print(table)


def _number(quantity: Quantity) -> str:
    return f"{quantity.value} {quantity.unit}"


def _edition_tables(e: Edition) -> Iterable[Table]:
    yield _table("规则", ["", "", "条款"], [(r.id, r.text, r.clause) for r in e.rules])
    yield _table(
        "等级",
        ["等级", "得分", "场景", "约束性", "要求", "说明", "条款"],
        [
            (
                g.full_name,
                f"≥ {_number(g.score)}",
                f"≥ {_number(g.scenes)}" if g.scenes else "",
                f"≥ {_number(g.binding)}" if g.binding else "",
                g.requirement,
                g.description,
                g.score.clause,
            )
            for g in e.levels
        ],
    )
    yield _table(
        "一级指标和二级指标",
        ["一级指标", "权重", "二级指标", "权重", "条款"],
        [
            (
                d.name,
                _number(d.weight),
                i.name,
                _number(i.weight),
                "；".join(dict.fromkeys((d.weight.clause, i.weight.clause))),
            )
            for i in e.indicators
            for d in (e.dimension[i.dimension],)
        ],
    )
    yield _table(
        "采集项",
        ["题", "一级指标", "二级指标", "采集项", "题目", "类型", "选项", "数据", "条款"],
        [
            (
                q.id,
                *(f"{part.name} {_number(part.weight)}" for part in e.question_path(q)[:2]),
                f"{q.item} {_number(q.weight)}",
                q.title,
                e.header.single if q.type == "single" else e.header.multiple,
                "\n".join(f"{i} {option}" for i, option in enumerate(q.options, 1)),
                "\n".join(f"{f.label}（{f.unit}）" for f in q.figures),
                "；".join(dict.fromkeys((q.clause, q.weight.clause))),
            )
            for q in e.questions
        ],
    )
    if e.scenes:
        groups = {g.id: g.name for g in e.scene_groups}
        yield _table(
            "应用场景",
            ["场景", "一级指标", "二级指标", *(g.name for g in e.levels), "条款"],
            [(s.id, groups[s.group], s.printed_name, *s.levels, s.clause) for s in e.scenes],
        )
    if e.energies:
        energies = [(x.name, x.unit, _number(x.coefficient), x.coefficient.clause) for x in e.energies]
        yield _table("折标准煤系数", ["能源", "单位", "系数", "条款"], energies)
    yield _table("名词解释", ["名词", "解释"], [(t.term, t.text) for t in e.glossary])
    yield _table("核对规则", ["种类", "内容", "条款"], [(c.kind, _check_text(c), c.clause) for c in e.checks])
    yield _table(
        "口径",
        ["", "未明确之处", "处理", "理由", "条款"],
        [(r.id, r.gap, r.choice, r.reason, r.clause) for r in e.rulings],
    )


def _check_text(check: Any) -> str:
    parts = []
    for name in check.__dataclass_fields__:
        value = getattr(check, name)
        if name in ("kind", "clause") or not value:
            continue
        if isinstance(value, Bounds | Ranges):
            value = f"{', '.join(_value(v) for v in value.value)} {value.unit}"
        elif isinstance(value, Quantity):
            value = _number(value)
        parts.append(f"{name}: {_value(value)}")
    return "\n".join(parts)


def _value(value: object) -> str:
    return "–".join(str(v) for v in value) if isinstance(value, tuple) else str(value)
