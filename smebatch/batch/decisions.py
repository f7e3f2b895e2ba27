"""Decisions on errors that enterprises have explained: which may be taken, and what is stored of them."""

from __future__ import annotations

import datetime as dt

from smebatch.batch.database import BatchDatabase
from smebatch.batch.finding_rows import FINDING_COLUMNS, finding_rows
from smebatch.batch.schema import DECISION_ISSUES
from smebatch.intake.decisions import Decision, DecisionsFile
from smebatch.issues.catalogue import ISSUES, Severity
from smebatch.issues.finding import Finding
from smebatch.issues.notice import Notice
from smebatch.standard.keys import titles_of
from smebatch.standard.model import Edition

ACCEPTED, REFUSED = "accepted", "refused"

_SELECT_ISSUE = """
SELECT about, found, severity FROM (FROM findings UNION ALL FROM awaiting)
WHERE form_id = ? AND code = ? AND key = ? ORDER BY number LIMIT 1
"""
_COUNT_SAME_LINES = """
SELECT count(*) FROM decisions WHERE form_id = ? AND code = ? AND key = ? AND about = ? AND decision = ? AND reason = ?
    AND decided_by = ? AND line_date = ?
"""
_INSERT = """
INSERT INTO decisions SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM decisions
"""


def take_decision(
    database: BatchDatabase, edition: Edition, decision: Decision, today: dt.date, *, by_hand: bool = False
) -> Finding | bool:
    """Store a decision; it takes effect when the batch is settled. ``today`` is its day where it has none.

    A line of a file is stored once, however often it is read. What is decided ``by_hand`` is decided now, also where it
    repeats an earlier decision, for another may have come in between. Returns whether it is new, or the issue for which it cannot be taken. Raises BatchError.
    """
    title = titles_of(edition).get(decision.key, decision.key)

    def refused(code: str, found: str, expected: str = "") -> Finding:
        return Finding(code, decision.key, title, decision.sheet, decision.cell, found, expected)

    named = f"{decision.form_id} {decision.code} {decision.key}"
    issues = database.fetch_rows(_SELECT_ISSUE, [decision.form_id, decision.code, decision.key])
    if not issues:
        return refused("decision.unknown", named)
    ((about, found, severity),) = issues
    if severity != Severity.ERROR or not ISSUES[decision.code].waivable:
        return refused("decision.not_waivable", named)
    if decision.decided_on and decision.decided_on > today:
        return refused("decision.date", decision.decided_on.isoformat(), today.isoformat())
    taken = ACCEPTED if decision.accepted else REFUSED
    stated = decision.decided_on.isoformat() if decision.decided_on else ""
    what = [decision.form_id, decision.code, decision.key, about]
    how = [taken, decision.reason, decision.decided_by]
    if not by_hand and database.fetch_rows(_COUNT_SAME_LINES, [*what, *how, stated]) != [(0,)]:
        return False
    database.execute(_INSERT, [*what, found, *how, stated or today.isoformat(), None if by_hand else stated])
    return True


def take_decisions(database: BatchDatabase, edition: Edition, file: DecisionsFile, name: str, today: dt.date) -> Notice:
    """Store the decisions of a file, and its issues instead of those of a file of this ``name`` that was read before.

    Returns a notice of how many are new, how many were known, and how many lines have issues. Raises BatchError.
    """
    results = [take_decision(database, edition, decision, today) for decision in file.decisions]
    findings = [*file.findings, *(result for result in results if isinstance(result, Finding))]
    database.execute("DELETE FROM decision_issues WHERE file = ?", [name])
    positions = [FINDING_COLUMNS.index(column) for column in DECISION_ISSUES.names[1:]]
    for row in finding_rows("", findings, [""] * len(findings)):
        database.execute(_INSERT_ISSUE, [name, *(row[position] for position in positions)])
    values = {"path": name, "new": results.count(True), "known": results.count(False), "wrong": len(findings)}
    return Notice("decisions.read", values)


_INSERT_ISSUE = f"INSERT INTO decision_issues VALUES ({', '.join('?' * len(DECISION_ISSUES.columns))})"
