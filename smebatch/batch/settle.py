"""Settles a batch: gives every entry its status and stores the ledger of all entries."""

from __future__ import annotations

from itertools import count

from smebatch.assess.latest_return import ISSUES_BETWEEN_RETURNS, SETTLING_TABLES, finding_between_returns
from smebatch.batch.database import BatchDatabase
from smebatch.batch.finding_rows import FINDING_COLUMNS, finding_rows
from smebatch.issues.rendering import reason_text
from smebatch.standard.model import Edition

_FIRST_NUMBER = 1_000_000  # of the issues between returns, so that they come after those of a return itself
_ISSUES_AT_A_TIME = 10_000  # of some 600 bytes each

# Whether a date lies in the future was decided on the day of reading, and stands among the issues of the return.
_CREATE_RETURNS = """
CREATE OR REPLACE TEMP TABLE returns AS
SELECT e.file, e.form_id, e.mtime_ns, f.errors, a.name, a.uscc, a.phase, a.assessment_kind, a.filled_on,
       a.form_id IN (SELECT form_id FROM findings WHERE code = 'date.future') AS future
FROM entries e JOIN forms f USING (form_id) JOIN answers a USING (form_id)
"""
# An entry that holds no return is rejected for the reason that reading it gave.
_INSERT_LEDGER = """
INSERT INTO files
SELECT e.file, e.sha256, e.bytes, coalesce(s.status, 'rejected'), coalesce(s.reason, e.reason),
       coalesce(d.detail, e.detail), e.form_id, coalesce(s.superseded_by, ''),
       coalesce(f.warnings, 0) + CASE WHEN s.reason = 'superseded.copy' THEN 0 ELSE coalesce(w.warnings, 0) END
FROM entries e LEFT JOIN settled s ON s.file = e.file LEFT JOIN forms f ON f.form_id = e.form_id
LEFT JOIN details d ON d.reason = s.reason AND d.errors = s.errors
LEFT JOIN (SELECT form_id, count(*) AS warnings FROM awaiting WHERE severity = 'warning' GROUP BY form_id) w
    ON w.form_id = e.form_id
ORDER BY e.file
"""


def settle_ledger(database: BatchDatabase, edition: Edition) -> None:
    """Give every return its status, and store the ledger and the issues between returns. Raises BatchError."""
    database.execute(_CREATE_RETURNS)
    for table, query in SETTLING_TABLES.items():
        database.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    *steps, _ = SETTLING_TABLES
    for table in steps:
        database.execute(f"DROP TABLE temp.{table}")  # to free memory for what follows
    database.execute("CREATE OR REPLACE TEMP TABLE details (reason VARCHAR, errors INTEGER, detail VARCHAR)")
    for reason, errors in database.fetch_rows("SELECT DISTINCT reason, errors FROM settled"):
        database.execute("INSERT INTO details VALUES (?, ?, ?)", [reason, errors, reason_text(reason, "zh", n=errors)])
    _store_issues_between_returns(database, edition)
    database.execute("DELETE FROM files")
    database.execute(_INSERT_LEDGER)


def _store_issues_between_returns(database: BatchDatabase, edition: Edition) -> None:
    database.execute("DELETE FROM awaiting")
    issues = database.fetch_rows(ISSUES_BETWEEN_RETURNS)
    numbers = count(_FIRST_NUMBER)
    for start in range(0, len(issues), _ISSUES_AT_A_TIME):
        rows = [
            row
            for form_id, code, found in issues[start : start + _ISSUES_AT_A_TIME]
            for row in finding_rows(form_id, [finding_between_returns(edition, code, found)], start=next(numbers))
        ]
        database.execute(_INSERT_ISSUES, list(zip(*rows, strict=True)))


_INSERT_ISSUES = f"""
INSERT INTO awaiting ({", ".join(FINDING_COLUMNS)})
SELECT {", ".join("unnest(?::INTEGER[])" if c == "number" else "unnest(?::VARCHAR[])" for c in FINDING_COLUMNS)}
"""
