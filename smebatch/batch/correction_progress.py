"""Loads what a report tells of corrections: the versions of returns, what became of their issues, and the waivers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from smebatch.batch.database import BatchDatabase

if TYPE_CHECKING:
    import pandas as pd


class CorrectionProgress(NamedTuple):
    """The versions of the returns of a report, and what became of their issues.

    It covers each thread of which a file still holds a version, up to the last such version; versions before that one
    are covered also where their files are gone. Threads of a single version without issues are left out.

    ``versions``: RangeIndex, a row for each version, in the order of threads and versions: thread, version, form_id,
    file, status, errors (without the waived), score_units and level (NA where errors are left), last (bool: whether it
    is the last of its thread), and as text, NA where blank, name, uscc, district, phase, assessment_kind, filled_on.
    ``issues``: RangeIndex, a row for each issue of a version and each issue that it closed: thread, version, code, key,
    severity, state, and stood_before (bool: whether the version before had the issue).
    ``taken_back``: RangeIndex, a row for each version whose score or level differs from what it would be without the
    changes that no issue asked for: thread, version, form_id, and that score_units and level.
    ``unasked_changes``: RangeIndex, every such change of these versions, and of the versions with errors since the last
    one that has a score, in the order of the form: form_id, key,
    before, after.
    ``waivers``: RangeIndex, a row for each waived error of the counted returns of the report: form_id, file, name,
    uscc, code, key, found, explanation, reason, decided_by, decided_on.
    """

    versions: pd.DataFrame
    issues: pd.DataFrame
    taken_back: pd.DataFrame
    unasked_changes: pd.DataFrame
    waivers: pd.DataFrame


# Of each thread the number of its last version that a file holds, if that is of the phase and kind of the report.
_COVERED = """
WITH last_versions AS (
    SELECT thread, max(version) AS last, arg_max(form_id, version) AS form_id
    FROM versions WHERE status <> 'gone' GROUP BY thread
), covered AS (
    SELECT v.*, v.version = t.last AS last, t.file_of_last
    FROM versions v JOIN (
        SELECT l.thread, l.last, w.file AS file_of_last
        FROM last_versions l JOIN answers a USING (form_id) JOIN versions w USING (form_id),
             (SELECT ?::VARCHAR AS phase, ?::VARCHAR AS kind) chosen
        WHERE chosen.phase IN ('', a.phase) AND chosen.kind IN ('', a.assessment_kind)
    ) t ON t.thread = v.thread AND v.version <= t.last
)
"""
_HAS_CORRECTIONS = f"{_COVERED} SELECT count(*) FROM covered WHERE version > 1 OR waived > 0"
_VERSIONS = f"""{_COVERED}
SELECT thread, version, form_id, c.file, status, errors, score_units::BIGINT AS score_units, level::BIGINT AS level,
       last, a.name, a.uscc, a.district, a.phase, a.assessment_kind, a.filled_on::VARCHAR AS filled_on
FROM covered c JOIN answers a USING (form_id)
SEMI JOIN (SELECT thread FROM covered WHERE errors + warnings + waived > 0 OR version > 1) concerned USING (thread)
ORDER BY file_of_last, thread, version
"""
_ISSUES = f"""{_COVERED}
SELECT c.thread, c.version, s.code, s.key, s.severity, s.state, b.form_id IS NOT NULL AS stood_before
FROM issue_states s JOIN covered c USING (form_id)
LEFT JOIN issue_states b
    ON b.form_id = s.previous_form_id AND b.code = s.code AND b.key = s.key AND b.state <> 'closed'
ORDER BY c.thread, c.version, s.code, s.key
"""
_DIFFERENT = f"""{_COVERED}, different AS (
    SELECT c.thread, c.version, t.form_id, t.score_units, t.level, c.file_of_last
    FROM covered c JOIN taken_back t USING (form_id)
    WHERE t.score_units <> c.score_units OR t.level <> c.level
)
"""
_TAKEN_BACK = f"{_DIFFERENT} SELECT * EXCLUDE (file_of_last) FROM different ORDER BY file_of_last, thread, version"
_UNASKED_CHANGES = f"""{_DIFFERENT}
SELECT form_id, key, before, after FROM unasked SEMI JOIN different USING (form_id) ORDER BY form_id, number
"""
_WAIVERS = """
SELECT f.form_id, f.file, a.name, a.uscc, s.code, s.key, s.found, s.explanation, s.reason, s.decided_by, s.decided_on
FROM issue_states s JOIN files f USING (form_id) JOIN answers a USING (form_id),
     (SELECT ?::VARCHAR AS phase, ?::VARCHAR AS kind) chosen
WHERE s.state = 'waived' AND f.status = 'counted'
    AND chosen.phase IN ('', a.phase) AND chosen.kind IN ('', a.assessment_kind)
ORDER BY f.file, s.code, s.key
"""


def load_correction_progress(database: BatchDatabase, phase: str = "", kind: str = "") -> CorrectionProgress | None:
    """Load the corrections of the returns of a phase and a kind of assessment, "" for all.

    None where no return has a second version and nothing is waived. Raises BatchError.
    """
    chosen: Sequence[str] = (phase, kind)
    waivers = database.fetch_frame(_WAIVERS, chosen)
    if not len(waivers) and database.fetch_rows(_HAS_CORRECTIONS, chosen) == [(0,)]:
        return None
    return CorrectionProgress(
        versions=database.fetch_frame(_VERSIONS, chosen),
        issues=database.fetch_frame(_ISSUES, chosen),
        taken_back=database.fetch_frame(_TAKEN_BACK, chosen),
        unasked_changes=database.fetch_frame(_UNASKED_CHANGES, chosen),
        waivers=waivers,
    )
