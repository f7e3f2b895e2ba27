"""The ledger of a batch: every entry with the status it has been given, stored."""

from __future__ import annotations

from smebatch.assess.settle import SETTLED, awaiting_finding
from smebatch.issues import reason_text
from smebatch.standard.model import Edition
from smebatch.store import Store

AFTER_ALL = 1_000_000  # number of findings that come of comparing returns: behind those of the return itself

_RETURNS = """
CREATE OR REPLACE TEMP VIEW returns AS
SELECT e.file, e.form_id, e.mtime_ns, f.errors, a.uscc, a.phase, a.assessment_kind, a.filled_on
FROM entries e JOIN forms f USING (form_id) JOIN answers a USING (form_id)
"""
# What holds no return is rejected, for the reason it was read with.
_LEDGER = """
INSERT INTO files
SELECT e.file, e.sha256, e.bytes, coalesce(s.status, 'rejected'), coalesce(s.reason, e.reason),
       coalesce(d.detail, e.detail), e.form_id, coalesce(s.superseded_by, ''),
       coalesce(f.warnings, 0) + (coalesce(s.awaited, '') <> '')::INTEGER
FROM entries e LEFT JOIN settled s ON s.file = e.file LEFT JOIN forms f ON f.form_id = e.form_id
LEFT JOIN details d ON d.reason = s.reason AND d.errors = s.errors ORDER BY e.file
"""


def settle_ledger(store: Store, edition: Edition) -> None:
    """Give every return its status, and store the ledger of all entries."""
    store.run(_RETURNS)
    store.run(f"CREATE OR REPLACE TEMP TABLE settled AS {SETTLED}")
    store.run("CREATE OR REPLACE TEMP TABLE details (reason VARCHAR, errors INTEGER, detail VARCHAR)")
    for reason, errors in store.rows("SELECT DISTINCT reason, errors FROM settled"):
        store.run("INSERT INTO details VALUES (?, ?, ?)", [reason, errors, reason_text(reason, "zh", n=errors)])
    store.run("DELETE FROM files")
    store.run(_LEDGER)
    _store_awaiting(store, edition)


def _store_awaiting(store: Store, edition: Edition) -> None:
    """The warnings on returns that count while a later one awaits correction."""
    store.run("DELETE FROM awaiting")
    awaiting = store.rows("SELECT form_id, awaited FROM settled WHERE awaited <> '' ORDER BY form_id")
    if awaiting:
        from smebatch.verdict import finding_rows, findings_frame

        for start in range(0, len(awaiting), _TOGETHER):
            rows = [
                row
                for form_id, files in awaiting[start : start + _TOGETHER]
                for row in finding_rows(form_id, [awaiting_finding(edition, files)], start=AFTER_ALL)
            ]
            store.add("awaiting", findings_frame(rows))


_TOGETHER = 10_000  # of some 600 bytes each
