"""Shows a checked return: verdict, issues, and the score with its working; on the terminal, or as data for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from smebatch.assess.working import QuestionWorking, Working, working_of
from smebatch.cli.console import console, make_table, printable
from smebatch.cli.words import CliWords
from smebatch.common.text import clean_text
from smebatch.issues.rendering import reason_text
from smebatch.standard.model import Edition
from smebatch.standard.score_units import Scale, scale_of
from smebatch.workflow import Checked

if TYPE_CHECKING:
    import pandas as pd

    from smebatch.batch.assessment import Assessment


def check_document(result: Checked, edition: Edition) -> dict[str, Any]:
    """A checked file as data: file, verdict, issues and, where there are no errors, the score with its working."""
    document: dict[str, Any] = {"file": result.outcome.entry.file, "errors": result.errors, "warnings": result.warnings}
    if result.assessment is None:
        reason = result.outcome.reason
        sentences = {
            "message": reason_text(reason, "zh", **result.outcome.values),
            "message_en": reason_text(reason, "en", **result.outcome.values),
        }
        return document | {"status": "rejected", "reason": reason, **sentences}
    issues = result.assessment.findings.drop(columns=["form_id", "number", "about"]).to_dict("records")
    document |= {"status": "returned" if result.errors else "valid", "issues": issues, "score": None}
    if not result.errors:
        row = _score_row(result.assessment)
        scale = scale_of(edition)
        document["score"] = {
            "score": scale.points(row["score_units"]),
            "units_per_point": scale.units_per_point,
            "questions": {q.id: scale.points(row[q.id]) for q in edition.questions},
            "dimensions": {d.id: scale.points(row[d.id]) for d in edition.dimensions},
            **{name: value for name, value in row.items() if name not in edition.question},
        }
    return document


def _score_row(assessment: Assessment) -> dict[str, Any]:
    """The row of score() of the one return, by column: int, but for the text blocked_by."""
    row = assessment.scores.iloc[0]
    return {str(name): value if isinstance(value, str) else int(value) for name, value in row.to_dict().items()}


def print_check(result: Checked, edition: Edition, words: CliWords) -> None:
    """Print a checked file: verdict, issues, and the score with its working."""
    screen = console()
    screen.print(printable(f"{clean_text(result.outcome.entry.file)}: {_verdict(result, words)}", style="bold"))
    assessment = result.assessment
    if assessment is None:
        screen.print(printable(reason_text(result.outcome.reason, words.language, **result.outcome.values)))
        return
    if len(assessment.findings):
        screen.print(_issues_table(assessment.findings, words))
    if result.errors:
        screen.print(printable(words.text("check.no_score")))
        return
    ticks = {str(key): value for key, value in assessment.answers.frame.iloc[0].to_dict().items()}
    working = working_of(edition, ticks, _score_row(assessment))
    screen.print(*_working_tables(working, edition, words), sep="\n")


def _verdict(result: Checked, words: CliWords) -> str:
    if result.assessment is None:
        return words.text("check.verdict.rejected")
    kind = "errors" if result.errors else "warnings" if result.warnings else "ok"
    return words.text(f"check.verdict.{kind}", errors=result.errors, warnings=result.warnings)


def _issues_table(findings: pd.DataFrame, words: CliWords) -> Table:
    message = "message" if words.language == "zh" else "message_en"
    rows = (
        (
            words.term("severity", f["severity"]),
            f"{f['sheet']}!{f['cell']}" if f["cell"] else f["sheet"],
            f["code"],
            f[message],
        )
        for f in findings.to_dict("records")
    )
    headings = [words.text(f"check.{name}") for name in ("issues", "place", "code", "message")]
    return make_table("", headings, rows)


def _working_tables(working: Working, edition: Edition, words: CliWords) -> Iterable[Table | Text]:
    """The score so that it can be followed by hand: answer, weights and points of each question, then the level."""
    scale = scale_of(edition)
    yield make_table(
        words.text("check.working"),
        [words.text(f"check.{name}") for name in ("question", "answer", "path", "units")],
        [
            *(_question_row(question, edition, scale, words) for question in working.questions),
            *((d.name, "", f"{d.weight.value}%", scale.points(units)) for d, units in working.dimensions),
            (words.text("check.total"), "", scale.points(scale.full), scale.points(working.units)),
        ],
        right=(3,),
    )
    if working.scenes:
        scenes = [(f"{s.number} {s.printed_name}", edition.scene_level_name(level)) for s, level in working.scenes]
        yield make_table("", [words.text("check.scene"), words.text("check.level")], scenes)
    headings = [words.text(f"check.{name}") for name in ("level", "condition", "needs", "has")]
    yield make_table("", headings, _condition_rows(working, edition, scale, words), right=(2, 3))
    level, score = edition.level_name(working.level), scale.points(working.units)
    yield printable(words.text("check.level_is", level=level, score=score), style="bold")
    if following := working.next:
        points = scale.points(following.units) if following.units else ""
        missing = {"points": points, "scenes": following.scenes, "binding": following.binding}
        gap = "、".join(words.text(f"check.gap.{name}", n=n) for name, n in missing.items() if n)
        yield printable(words.text("check.next", level=edition.level_name(following.level), gap=gap))


def _question_row(
    working: QuestionWorking, edition: Edition, scale: Scale, words: CliWords
) -> tuple[str, str, str, str]:
    question = working.question
    ticked = "\n".join(f"{number} {question.options[number - 1]}" for number in working.ticked)
    # What the option is worth of full marks, and the weights that bring it to points of the whole.
    weights = " × ".join(f"{weight}%" for weight in working.weights)
    path = f"{edition.header.full_marks.value}×{working.steps}/{working.steps_of_full} × {weights}"
    name = f"{question.number} {question.item}"
    return name, ticked or words.text("check.blank"), path, scale.points(working.units)


def _condition_rows(
    working: Working, edition: Edition, scale: Scale, words: CliWords
) -> Iterator[tuple[str, str, str, object]]:
    for level, condition, needs, has in working.conditions:
        named = words.text(f"check.{condition}_condition", part=edition.header.score_part, level=level.name)
        first = condition == "score"
        yield level.full_name if first else "", named, f"≥ {needs}", scale.points(has) if first else has
