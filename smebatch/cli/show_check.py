"""What a person sees of a checked return: verdict, issues, and the score with its working; and the same as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from smebatch.cli.console import console, shown, table
from smebatch.cli.messages import language, say
from smebatch.common.text import clean_text
from smebatch.issues.catalogue import reason_text
from smebatch.standard.model import Edition
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of
from smebatch.workflow import Checked

if TYPE_CHECKING:
    import pandas as pd


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
    screen = console()
    screen.print(shown(f"{clean_text(result.outcome.entry.file)}: {_verdict(result)}", style="bold"))
    if result.verdicts is None:
        screen.print(shown(reason_text(result.outcome.reason, language(), **result.outcome.values)))
        return
    findings = result.verdicts.findings
    if len(findings):
        screen.print(_issues_table(findings))
    if result.errors:
        screen.print(shown(say("check.no_score")))
        return
    screen.print(*_working(result, edition), sep="\n")


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
    return table("", headings, rows)


def _working(result: Checked, edition: Edition) -> Iterable[Table | Text]:
    """The score so that it can be followed by hand: answer, weights and points of each question, then the level."""
    scale, row = scale_of(edition), _row(result)
    yield table(
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
        yield table("", [say("check.scene"), say("check.level")], scenes)
    yield _level_table(edition, row)
    level = edition.level_name(row["level"])
    yield shown(say("check.level_is", level=level, score=scale.points(row["score_units"])), style="bold")
    if row["blocked_by"]:
        yield shown(say("check.next", level=edition.level_name(row["level"] + 1), gap=_gap(edition, row)))


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
        of_full = type_of(question).most_steps(question)
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
    return table("", headings, rows, right=(2, 3))


def _gap(edition: Edition, row: dict[str, Any]) -> str:
    points = scale_of(edition).points(row["points_missing"])
    parts = {
        "points": points if row["points_missing"] else "",
        "scenes": row["scenes_missing"] or "",
        "binding": row["binding_missing"] or "",
    }
    return "、".join(say(f"check.gap.{name}", n=n) for name, n in parts.items() if n)
