"""The ledger of a batch: every entry with the status it has been given, stored."""

from __future__ import annotations

from itertools import count

from smebatch.assess.latest_return import ISSUES_BETWEEN_RETURNS, SETTLING_TABLES, finding_between_returns
from smebatch.batch.database import BatchDatabase
from smebatch.batch.finding_rows import FINDING_COLUMNS, finding_rows
from smebatch.issues.catalogue import reason_text
from smebatch.standard.model import Edition

AFTER_ALL = 1_000_000  # number of findings that come of comparing returns: behind those of the return itself

# A date in the future is one that was so when it was read, as its return says.
_RETURNS = """
CREATE OR REPLACE TEMP TABLE returns AS
SELECT e.file, e.form_id, e.mtime_ns, f.errors, a.name, a.uscc, a.phase, a.assessment_kind, a.filled_on,
       a.form_id IN (SELECT form_id FROM findings WHERE code = 'date.future') AS future
FROM entries e JOIN forms f USING (form_id) JOIN answers a USING (form_id)
"""
# What holds no return is rejected, for the reason it was read with.
_LEDGER = """
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
    """Give every return its status, and store the ledger of all entries."""
    database.run(_RETURNS)
    for table, query in SETTLING_TABLES.items():
        database.run(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    *steps, _ = SETTLING_TABLES
    for table in steps:
        database.run(f"DROP TABLE temp.{table}")  # what follows needs the room
    database.run("CREATE OR REPLACE TEMP TABLE details (reason VARCHAR, errors INTEGER, detail VARCHAR)")
    for reason, errors in database.rows("SELECT DISTINCT reason, errors FROM settled"):
        database.run("INSERT INTO details VALUES (?, ?, ?)", [reason, errors, reason_text(reason, "zh", n=errors)])
    _store_said(database, edition)
    database.run("DELETE FROM files")
    database.run(_LEDGER)


def _store_said(database: BatchDatabase, edition: Edition) -> None:
    """The issues of returns that come of comparing them."""
    database.run("DELETE FROM awaiting")
    said = database.rows(ISSUES_BETWEEN_RETURNS)
    numbers = count(AFTER_ALL)
    for start in range(0, len(said), _TOGETHER):
        rows = [
            row
            for form_id, code, found in said[start : start + _TOGETHER]
            for row in finding_rows(form_id, [finding_between_returns(edition, code, found)], start=next(numbers))
        ]
        database.run(_INSERT, list(zip(*rows, strict=True)))


_TOGETHER = 10_000  # of some 600 bytes each
_INSERT = f"""
INSERT INTO awaiting ({", ".join(FINDING_COLUMNS)})
SELECT {", ".join("unnest(?::INTEGER[])" if c == "number" else "unnest(?::VARCHAR[])" for c in FINDING_COLUMNS)}
"""
