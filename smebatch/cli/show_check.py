"""Shows a checked return: verdict, issues, and the score with its working; on the terminal, or as data for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from smebatch.assess.working import working_of
from smebatch.assess.working_tables import WorkingTable, working_conclusions, working_tables
from smebatch.cli.console import console, make_table, printable
from smebatch.cli.words import CliWords
from smebatch.common.text import clean_text
from smebatch.issues.notice import Notice
from smebatch.issues.rendering import reason_text
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of
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
    document |= {"status": "returned" if result.errors else "valid", "issues": issues, "score": None, "way": None}
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
        document["way"] = _way_document(result.assessment)
    return document


def _way_document(assessment: Assessment) -> dict[str, Any] | None:
    """The way of the one return as ``export`` has it, without form_id; None at the highest level."""
    from smebatch.assess.ways.ways import way_row, ways_of  # brings pandas along, which the readers do not wait for

    ways = ways_of(assessment.scored_answers, assessment.scores)
    return (
        {name: value for name, value in way_row(ways[0], assessment.answers.edition).items() if name != "form_id"}
        if ways
        else None
    )


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
    from smebatch.assess.ways.way_tables import way_conclusions, way_table
    from smebatch.assess.ways.ways import ways_of

    ticks = {str(key): value for key, value in assessment.answers.frame.iloc[0].to_dict().items()}
    working = working_of(edition, ticks, _score_row(assessment))
    screen.print(*(_working_table(table, words) for table in working_tables(working, edition)), sep="\n")
    level, *missing = (words.text(said.code, **said.values) for said in working_conclusions(working, edition))
    screen.print(printable(level, style="bold"), *map(printable, missing), sep="\n")
    for way in ways_of(assessment.scored_answers, assessment.scores):
        if way.exists:
            screen.print(_working_table(way_table(way, ticks, edition), words))
        conclusions = [words.text(said.code, **said.values) for said in way_conclusions(way, edition)]
        proof = words.text("check.way.proof", proof=way.proof.text(edition, words.language))
        screen.print(*map(printable, [*conclusions, proof]), sep="\n")


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


def _working_table(table: WorkingTable, words: CliWords) -> Table:
    title = words.text(table.title) if table.title else ""
    rows = (tuple(words.text(c.code, **c.values) if isinstance(c, Notice) else c for c in row) for row in table.rows)
    return make_table(title, [words.text(code) for code in table.headings], rows, right=table.right)
