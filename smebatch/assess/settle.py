"""Which return of an enterprise counts: one status for every return of a batch (design, section 6)."""

from __future__ import annotations

from smebatch.issues import Finding
from smebatch.standard.model import Edition

SETTLED = """
WITH ranked AS (
    SELECT *, row_number() OVER (ORDER BY filled_on NULLS FIRST, mtime_ns, file) AS rank FROM returns
), kept AS (
    SELECT form_id, arg_max(file, rank) AS kept FROM ranked GROUP BY form_id
), known AS (
    SELECT file, rank, errors, uscc, phase, assessment_kind FROM ranked JOIN kept USING (form_id)
    WHERE file = kept AND NOT (uscc IS NULL OR phase IS NULL OR assessment_kind IS NULL OR filled_on IS NULL)
), winners AS (
    SELECT uscc, phase, assessment_kind, arg_max(file, rank) AS winner, max(rank) AS winner_rank
    FROM known WHERE errors = 0 GROUP BY uscc, phase, assessment_kind
), beside AS (
    SELECT file, rank, winner, winner_rank FROM known JOIN winners USING (uscc, phase, assessment_kind)
), later AS (
    SELECT winner AS file, string_agg(file, '、' ORDER BY rank) AS awaited
    FROM beside WHERE rank > winner_rank GROUP BY winner
)
SELECT file, form_id, errors,
    CASE WHEN file <> kept THEN 'superseded.copy' WHEN file = winner THEN 'complete'
         WHEN rank < winner_rank THEN 'superseded.later' ELSE 'errors' END AS reason,
    CASE reason WHEN 'complete' THEN 'counted' WHEN 'errors' THEN 'returned' ELSE 'superseded' END AS status,
    CASE reason WHEN 'superseded.copy' THEN kept WHEN 'superseded.later' THEN winner ELSE '' END AS superseded_by,
    coalesce(awaited, '') AS awaited
FROM ranked JOIN kept USING (form_id) LEFT JOIN beside USING (file, rank) LEFT JOIN later USING (file)
"""
"""SQL that settles the returns of a batch.

Reads ``returns``: a row per file that holds a return, with file, form_id (equal for equal bytes), mtime_ns, errors
(how many), uscc, phase, assessment_kind and filled_on (NULL where blank or not sure). Gives each file, form_id and
errors, with status, reason (a code of issues.REASONS), superseded_by (a file) and awaited (the later returns with
errors, of the one that counts), blank where there is none.

Among those of one enterprise, phase and kind that have no errors the latest filled_on counts, then the latest file
time, then the last file name; what is older than the one that counts is superseded by it, with errors or without.
"""


def awaiting_finding(edition: Edition, awaited: str) -> Finding:
    """The warning on a return that counts while a later one awaits correction."""
    label = next(field.label for field in edition.fields if field.key == "uscc")
    return Finding("return.later_awaits", "uscc", label, found=awaited)
