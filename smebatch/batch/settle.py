"""Settles a batch: gives every entry its status, and every version and every issue of it its place in a thread."""

from __future__ import annotations

from itertools import count

from smebatch.assess.issue_states import DEAD_DECISIONS, ISSUE_STATES, SAVED_AGAIN, follow_issues
from smebatch.assess.latest_return import (
    ISSUES_BETWEEN_RETURNS,
    OF_LATER_RETURNS,
    finding_between_returns,
    settle_returns,
)
from smebatch.assess.threads import make_tables, make_threads
from smebatch.batch.database import BatchDatabase
from smebatch.batch.differences import find_differences
from smebatch.batch.finding_rows import FINDING_COLUMNS, finding_rows
from smebatch.batch.rescore import score_waived, score_without_unasked
from smebatch.batch.unasked import find_changes
from smebatch.intake.decisions import ACCEPTED, REFUSED
from smebatch.issues.finding import Finding
from smebatch.issues.rendering import reason_text
from smebatch.standard.keys import titles_of
from smebatch.standard.model import Edition

_VERDICTS = {"accepted": ACCEPTED, "refused": REFUSED}  # as the decisions file has them
_TWO_NAMES = "uscc.two_names"
_FIRST_NUMBER = 1_000_000  # of the issues between returns, so that they come after those of a return itself
_ISSUES_AT_A_TIME = 10_000  # of some 600 bytes each

# Whether a date lies in the future was decided on the day of reading, and stands among the issues of the return.
_CREATE_RETURNS = """
CREATE OR REPLACE TEMP TABLE returns AS
SELECT (row_number() OVER ())::INTEGER AS line, held.*, f.corrects,
       a.name, a.uscc, a.phase, a.assessment_kind, a.filled_on,
       a.form_id IN (SELECT form_id FROM findings WHERE code = 'date.future') AS future
FROM (
    SELECT file, form_id, mtime_ns, false AS gone FROM entries
    UNION ALL
    SELECT file, form_id, mtime_ns, true FROM sightings WHERE form_id NOT IN (SELECT form_id FROM entries)
) held JOIN forms f USING (form_id) JOIN answers a USING (form_id)
"""
_SIGHTED = """
CREATE OR REPLACE TEMP TABLE sighted AS
SELECT form_id, r.file, r.mtime_ns, coalesce(s.read_at, ?) AS read_at
FROM thread_versions v JOIN returns r USING (line, form_id) LEFT JOIN sightings s USING (form_id)
"""
# An entry that holds no return is rejected for the reason that reading it gave.
_INSERT_LEDGER = """
INSERT INTO files
SELECT e.file, e.sha256, e.bytes, coalesce(s.status, 'rejected'), coalesce(s.reason, e.reason),
       coalesce(d.detail, e.detail), e.form_id, coalesce(s.superseded_by, ''),
       coalesce(f.warnings, 0) + CASE WHEN s.reason = 'superseded.copy' THEN 0 ELSE coalesce(w.warnings, 0) END
FROM entries e LEFT JOIN settled s ON s.file = e.file LEFT JOIN forms f ON f.form_id = e.form_id
LEFT JOIN details d ON d.reason = s.reason AND d.errors = s.errors
LEFT JOIN warnings_between w ON w.form_id = e.form_id
ORDER BY e.file
"""
_WARNINGS_BETWEEN = """
CREATE OR REPLACE TEMP TABLE warnings_between AS
SELECT form_id, count(*) AS warnings FROM awaiting WHERE severity = 'warning' GROUP BY form_id
"""
_INSERT_VERSIONS = """
INSERT INTO versions
SELECT v.thread, v.version, v.form_id, coalesce(v.previous_form_id, ''), r.file, coalesce(s.status, 'gone'), j.wrong,
       f.warnings + coalesce(w.warnings, 0), e.waived,
       CASE WHEN j.wrong = 0 THEN c.score_units END, CASE WHEN j.wrong = 0 THEN c.level END, g.read_at
FROM thread_versions v JOIN returns r USING (line) JOIN judged j USING (rank) JOIN forms f ON f.form_id = v.form_id
JOIN left_errors e ON e.form_id = v.form_id JOIN sightings g ON g.form_id = v.form_id
LEFT JOIN settled s ON s.line = v.line LEFT JOIN warnings_between w ON w.form_id = v.form_id
LEFT JOIN scores c ON c.form_id = v.form_id
ORDER BY v.thread, v.version
"""
_EVERY_FINDING = f"""
CREATE OR REPLACE TEMP VIEW every_finding AS
SELECT form_id, code, key, severity FROM findings
UNION ALL SELECT form_id, code, key, severity FROM awaiting WHERE code NOT IN {OF_LATER_RETURNS}
"""
# Another name under the code is an issue that can be mended, so it is followed; what else returns say of one another
# has no state.
_ALL_FINDINGS = """
CREATE OR REPLACE TEMP VIEW all_findings AS
SELECT form_id, number, code, key, severity, about, found FROM findings
UNION ALL SELECT form_id, number, code, key, severity, about, found FROM awaiting WHERE code = 'uscc.two_names'
"""


def settle_ledger(database: BatchDatabase, edition: Edition, read_at: str) -> None:
    """Give every return its status, and store the ledger, the versions, their issues' states and their changes.

    ``read_at``: the time of the ingest, ISO 8601. Raises BatchError.
    """
    database.execute(_CREATE_RETURNS)
    database.execute("DELETE FROM awaiting")
    database.execute(_ALL_FINDINGS)
    make_threads(database)
    find_differences(database, edition)
    follow_issues(database)
    score_waived(database, edition)
    make_tables(database, {"saved_again": SAVED_AGAIN})
    settle_returns(database)
    database.execute("CREATE OR REPLACE TEMP TABLE details (reason VARCHAR, errors INTEGER, detail VARCHAR)")
    for reason, errors in database.fetch_rows("SELECT DISTINCT reason, errors FROM settled"):
        database.execute("INSERT INTO details VALUES (?, ?, ?)", [reason, errors, reason_text(reason, "zh", n=errors)])
    _store_issues_between_returns(database, edition)
    database.execute(_SIGHTED, [read_at])
    database.execute("DELETE FROM sightings; INSERT INTO sightings FROM sighted; DROP TABLE temp.sighted")
    database.execute(_WARNINGS_BETWEEN)
    database.execute("DELETE FROM files")
    database.execute(_INSERT_LEDGER)
    database.execute("DELETE FROM versions")
    database.execute(_INSERT_VERSIONS)
    if database.fetch_rows(f"SELECT count(*) FROM awaiting WHERE code = '{_TWO_NAMES}'") != [(0,)]:
        follow_issues(database)  # once more: with the issues that have come of settling
    database.execute("DELETE FROM issue_states")
    database.execute(f"INSERT INTO issue_states {ISSUE_STATES}")
    database.store_issues()
    database.execute(_EVERY_FINDING)
    find_changes(database, edition)
    score_without_unasked(database, edition)


def _store_issues_between_returns(database: BatchDatabase, edition: Edition) -> None:
    issues = database.fetch_rows(ISSUES_BETWEEN_RETURNS)
    titles = titles_of(edition)
    dead = [
        (form_id, _dead(key, titles.get(key, key), rested_on, decision, *given))
        for form_id, key, rested_on, decision, *given in database.fetch_rows(DEAD_DECISIONS)
    ]
    numbers = count(_FIRST_NUMBER)
    for start in range(0, max(len(issues), len(dead)), _ISSUES_AT_A_TIME):
        chunk = slice(start, start + _ISSUES_AT_A_TIME)
        findings = [(form_id, finding_between_returns(edition, *issue)) for form_id, *issue in issues[chunk]]
        about = _names_under_codes(database, edition, [form_id for form_id, f in findings if f.code == _TWO_NAMES])
        rows = [
            row
            for form_id, finding in (*findings, *dead[chunk])
            for row in finding_rows(
                form_id,
                [finding],
                [about.get(form_id, "") if finding.code == _TWO_NAMES else ""],
                start=next(numbers),
            )
        ]
        database.execute(_INSERT_ISSUES, list(zip(*rows, strict=True)))


def _dead(key: str, label: str, rested_on: str, decision: str, *given: str) -> Finding:
    """The issue that a decision holds no longer; ``given``: the reason, who gave it and when."""
    return Finding("decision.dead", key, label, found="，".join((_VERDICTS[decision], *given)), expected=rested_on)


def _names_under_codes(database: BatchDatabase, edition: Edition, form_ids: list[str]) -> dict[str, str]:
    """What the issue of two names under one code is about, by form_id; see issue_answers.answers_text."""
    if not form_ids:
        return {}
    from smebatch.assess.issue_answers import answers_text, keys_read

    keys = keys_read(edition, _TWO_NAMES, "uscc")
    query = "SELECT form_id, uscc, name FROM answers WHERE form_id IN (SELECT unnest(?::VARCHAR[]))"
    return {
        form_id: answers_text(edition, keys, {"uscc": uscc, "name": name}, {})
        for form_id, uscc, name in database.fetch_rows(query, [form_ids])
    }


_INSERT_ISSUES = f"""
INSERT INTO awaiting ({", ".join(FINDING_COLUMNS)})
SELECT {", ".join("unnest(?::INTEGER[])" if c == "number" else "unnest(?::VARCHAR[])" for c in FINDING_COLUMNS)}
"""
