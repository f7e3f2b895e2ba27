"""What has become of each issue from version to version, and which decision holds for it, as SQL.

Issues of two versions are the same by code and key. An issue whose answers are as they were is ``unchanged``; one whose
answers have changed and that is still there is ``miscorrected``.
"""

from __future__ import annotations

from smebatch.assess.threads import Tables, drop_tables, make_tables

# Several issues of one code and key in a return are one here.
_STATED = """
SELECT v.thread, v.version, v.form_id, v.previous_form_id, code, key, severity, about, found
FROM all_findings JOIN thread_versions v USING (form_id)
QUALIFY row_number() OVER (PARTITION BY form_id, code, key ORDER BY number) = 1
"""
_FOLLOWED = """
SELECT s.*, b.form_id IS NOT NULL AS stood_before, coalesce(b.found, '') AS found_before,
       coalesce(b.about = s.about, false) AS same
FROM stated s LEFT JOIN stated b ON b.form_id = s.previous_form_id AND b.code = s.code AND b.key = s.key
"""
# The versions over which an issue stays the same have one number; only those that somebody has decided on matter.
_RUNS = """
SELECT thread, version, form_id, code, key, about, severity,
       sum((NOT same)::INTEGER) OVER (PARTITION BY thread, code, key ORDER BY version) AS run
FROM followed SEMI JOIN (
    SELECT thread, code, key FROM decisions JOIN thread_versions USING (form_id)
) decided USING (thread, code, key)
"""
_DECIDED = """
SELECT r.form_id, r.code, r.key, r.severity, d.decision, d.reason, d.decided_by, d.decided_on
FROM runs r JOIN (
    SELECT r.thread, r.version, r.run, d.* FROM decisions d JOIN runs r USING (form_id, code, key, about)
) d ON d.thread = r.thread AND d.code = r.code AND d.key = r.key AND d.run = r.run AND d.version <= r.version
QUALIFY row_number() OVER (PARTITION BY r.form_id, r.code, r.key ORDER BY d.decided_on DESC, d.number DESC) = 1
"""
_LEFT_ERRORS = """
SELECT form_id, (f.errors - coalesce(w.waived, 0))::INTEGER AS errors, coalesce(w.waived, 0)::INTEGER AS waived
FROM forms f LEFT JOIN (
    SELECT form_id, count(*) AS waived
    FROM all_findings JOIN decided USING (form_id, code, key)
    WHERE decided.decision = 'accepted' AND all_findings.severity = 'error' GROUP BY form_id
) w USING (form_id)
"""


def follow_issues(tables: Tables) -> None:
    """Store ``followed``, ``decided`` and ``left_errors``.

    Reads ``all_findings`` (form_id, number, code, key, severity, about, found), ``thread_versions`` and ``forms``, and
    ``decisions`` (number, form_id, code, key, about, decision, reason, decided_by, decided_on).

    ``decided`` has the decision that holds for an issue, by form_id, code and key: it holds for the version that it
    names and for later ones while the answers that the issue is about stay the same. Of several the latest day holds,
    of one day the one given last. ``left_errors`` has of each form_id how many errors are left, and how many waived.
    """
    make_tables(tables, {"stated": _STATED, "followed": _FOLLOWED, "runs": _RUNS, "decided": _DECIDED})
    make_tables(tables, {"left_errors": _LEFT_ERRORS})
    drop_tables(tables, ("runs",))


DEAD_DECISIONS = """
SELECT f.form_id, f.key, d.found, d.decision, d.reason, d.decided_by, d.decided_on
FROM followed f JOIN (
    SELECT v.thread, v.version, d.* FROM decisions d JOIN thread_versions v USING (form_id)
) d ON d.thread = f.thread AND d.code = f.code AND d.key = f.key AND d.version <= f.version
ANTI JOIN decided x ON x.form_id = f.form_id AND x.code = f.code AND x.key = f.key
QUALIFY row_number() OVER (PARTITION BY f.form_id, f.code, f.key ORDER BY d.decided_on DESC, d.number DESC) = 1
ORDER BY ALL
"""
"""SQL of the issues for which a decision was given that no longer holds, for their answers have changed: form_id, key,
what was found when it was given, and the decision with its reason, who gave it and when."""

ISSUE_STATES = """
SELECT f.thread, f.form_id, coalesce(f.previous_form_id, '') AS previous_form_id, f.code, f.key, f.severity,
       CASE WHEN d.decision = 'accepted' THEN 'waived' WHEN NOT stood_before THEN 'new'
            WHEN same THEN 'unchanged' ELSE 'miscorrected' END AS state,
       f.found_before, f.found, coalesce(e.text, '') AS explanation, coalesce(d.decision, '') AS decision,
       coalesce(d.reason, '') AS reason, coalesce(d.decided_by, '') AS decided_by,
       coalesce(d.decided_on, '') AS decided_on
FROM followed f LEFT JOIN decided d USING (form_id, code, key) LEFT JOIN explanations e USING (form_id, code, key)
UNION ALL
SELECT v.thread, v.form_id, v.previous_form_id, b.code, b.key, b.severity, 'closed', b.found, '', '', '', '', '', ''
FROM stated b JOIN thread_versions v ON v.previous_form_id = b.form_id
ANTI JOIN stated s ON s.form_id = v.form_id AND s.code = b.code AND s.key = b.key
"""
"""SQL of the states of all issues, with the columns of the table issue_states of a batch. An issue that a version no
longer has is closed and stands under that version."""

SAVED_AGAIN = """
WITH listed AS (
    SELECT form_id, code, key FROM stated
    ANTI JOIN (FROM decided WHERE decision = 'accepted') waived USING (form_id, code, key)
),
given AS (
    SELECT v.form_id, e.code, e.key, e.text FROM explanations e JOIN thread_versions v USING (form_id)
),
given_before AS (
    SELECT v.form_id, e.code, e.key, e.text, l.form_id IS NOT NULL AS listed
    FROM explanations e JOIN thread_versions v ON v.previous_form_id = e.form_id
    LEFT JOIN listed l ON l.form_id = e.form_id AND l.code = e.code AND l.key = e.key
)
SELECT form_id FROM thread_versions
ANTI JOIN (FROM differences JOIN thread_versions USING (form_id, previous_form_id)) changed USING (form_id)
ANTI JOIN (FROM given ANTI JOIN given_before USING (form_id, code, key, text)) explained USING (form_id)
ANTI JOIN (FROM given_before ANTI JOIN given USING (form_id, code, key, text) WHERE listed) withdrawn USING (form_id)
WHERE previous_form_id IS NOT NULL
"""
"""SQL of the form_ids of versions that say the same as the version before: no answer differs, and no explanation. That
a copy does not repeat what was explained of an issue that it no longer lists, closed or waived, is no difference.

Reads the tables of ``follow_issues``."""
