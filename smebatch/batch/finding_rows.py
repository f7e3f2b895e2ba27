"""Converts findings to rows of the table findings, with messages in Chinese and English.

This module does not import pandas, so that settling a ledger need not load it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smebatch.batch.schema import FINDINGS
from smebatch.common.text import clean_text, shown_text
from smebatch.issues.finding import Finding
from smebatch.issues.rendering import render

FINDING_COLUMNS = FINDINGS.names


def finding_rows(
    form_id: str, findings: Sequence[Finding], about: Iterable[str], start: int = 1
) -> list[tuple[object, ...]]:
    """Findings of a return as rows of FINDING_COLUMNS, numbered from ``start``.

    ``about``: for each the answers that it is about, as JSON (see assess.issue_answers).
    """
    return [
        (
            *(form_id, number, f.sheet, f.cell, f.key, f.code, str(f.severity), f.found, f.expected),
            *(clean_text(message) for message in render(f)),
            *(f.clause, answers),
        )
        for number, (f, answers) in enumerate(zip(map(_with_shown_texts, findings), about, strict=True), start)
    ]


def _with_shown_texts(finding: Finding) -> Finding:
    """The finding with cleaned and shortened texts; they come from the file."""
    f = finding
    key, label, sheet, found, expected = map(shown_text, (f.key, f.label, f.sheet, f.found, f.expected))
    return Finding(f.code, key, label, sheet, f.cell, found, expected, f.clause, f.unassessed)
