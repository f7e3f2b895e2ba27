"""Validates and scores the returns that were read; the result is frames that are ready to be stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from smebatch.assess.answers_frame import Answers, make_answers
from smebatch.assess.issue_answers import answers_text, keys_read
from smebatch.assess.score import score
from smebatch.assess.validate import validate
from smebatch.batch.finding_rows import FINDING_COLUMNS, finding_rows
from smebatch.intake.return_answers import ReturnAnswers
from smebatch.issues.catalogue import Severity
from smebatch.issues.finding import Finding
from smebatch.standard.keys import cells_of_rows
from smebatch.standard.model import Edition


@dataclass(frozen=True)
class Assessment:
    """The answers, findings and scores of some returns.

    ``answers``: of all returns. ``findings``: a row for each finding, with the columns FINDING_COLUMNS, return by
    return. ``errors`` and ``warnings``: their numbers (int64), by form_id. ``scores``: the frame of score(), of the
    returns without errors.
    """

    answers: Answers
    findings: pd.DataFrame
    errors: pd.Series[int]
    warnings: pd.Series[int]
    scores: pd.DataFrame

    @property
    def scored_answers(self) -> Answers:
        """The answers of the returns that are scored."""
        return self.answers.take(self.answers.frame.index.get_indexer(self.scores.index), self.answers.frame.columns)


def assess_returns(edition: Edition, returns: dict[str, ReturnAnswers], today: dt.date) -> Assessment:
    """Validate returns, given by form_id, and score those without errors. ``today`` is the day of reading."""
    form_ids = list(returns)
    answers = make_answers(
        edition, form_ids, [r.values for r in returns.values()], [r.unsure for r in returns.values()]
    )
    findings_of_returns = validate(answers, today)
    cells_by_row = cells_of_rows(edition)
    rows = [
        row
        for form_id, answer, found in zip(form_ids, returns.values(), findings_of_returns, strict=True)
        if found or answer.findings
        for row in _rows(edition, form_id, answer, found, cells_by_row)
    ]
    findings = findings_frame(rows)
    errors, warnings = (
        findings["form_id"][findings["severity"] == severity].value_counts().reindex(form_ids, fill_value=0)
        for severity in (Severity.ERROR, Severity.WARNING)
    )
    without_errors = Answers(edition, answers.frame[(errors == 0).to_numpy()])
    return Assessment(answers, findings, errors, warnings, score(without_errors))


def _findings_of_reading(answer: ReturnAnswers, found: Sequence[Finding]) -> list[Finding]:
    """The findings of reading; that a figure was rounded is left out where the rules have found fault with it."""
    wrong = {f.key for f in found}
    return [f for f in answer.findings if f.code != "figure.rounded" or f.key not in wrong]


def _rows(
    edition: Edition,
    form_id: str,
    answer: ReturnAnswers,
    found: Sequence[Finding],
    cells_by_row: Mapping[str, tuple[str, ...]],
) -> list[tuple[object, ...]]:
    """The rows of the findings of a return: those of reading, then those of the rules with their places."""
    findings = [*_findings_of_reading(answer, found), *(_with_place(f, answer, cells_by_row) for f in found)]
    about = (answers_text(edition, keys_read(edition, f.code, f.key), answer.values, answer.typed) for f in findings)
    return finding_rows(form_id, findings, about)


def _with_place(finding: Finding, answer: ReturnAnswers, cells_by_row: Mapping[str, tuple[str, ...]]) -> Finding:
    """The finding with its sheet and cell; one about a question or scene points to all cells to be ticked."""
    f = finding
    place = answer.location_of(*cells_by_row.get(f.key, (f.key,)))
    return Finding(f.code, f.key, f.label, *place, f.found, f.expected, f.clause, f.unassessed)


def findings_frame(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """Rows of FINDING_COLUMNS as a frame, in which all columns but number are str even without rows."""
    return pd.DataFrame(rows, columns=FINDING_COLUMNS).astype({c: "str" for c in FINDING_COLUMNS if c != "number"})
