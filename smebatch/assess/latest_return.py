"""Which return of an enterprise counts, and the issues that come of comparing returns, as SQL.

Every return gets one status. A thread is the line of returns of one enterprise, phase and kind of assessment.
"""

from __future__ import annotations

from smebatch.assess.office_names import name_hash, normalized_name
from smebatch.issues.finding import Finding
from smebatch.standard.model import Edition

# A return without a date takes the latest date among the returns of its thread that were saved before it.
_UNDATED = """
SELECT file, max(day) OVER before AS assumed_day
FROM (
    SELECT file, mtime_ns, uscc, phase, assessment_kind, filled_on, CASE WHEN NOT future THEN filled_on END AS day
    FROM returns SEMI JOIN (SELECT uscc, phase, assessment_kind FROM returns WHERE filled_on IS NULL) without_date
    USING (uscc, phase, assessment_kind)
)
WINDOW before AS (
    PARTITION BY uscc, phase, assessment_kind ORDER BY mtime_ns, file ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
QUALIFY filled_on IS NULL
"""
# A date in the future counts as no date, so that it never ranks a return above others.
_RANKED = """
SELECT file, form_id, row_number() OVER (
    ORDER BY coalesce(CASE WHEN NOT future THEN filled_on END, assumed_day) NULLS FIRST, mtime_ns, file
)::INTEGER AS rank
FROM returns LEFT JOIN undated USING (file)
"""
_KEPT = "SELECT form_id, max(rank) AS kept FROM ranked GROUP BY form_id"
_IDENTIFIED = f"""
SELECT rank, errors, uscc, phase, assessment_kind, {name_hash("name")} AS plain
FROM ranked JOIN kept ON kept = rank JOIN returns USING (file)
WHERE NOT (uscc IS NULL OR phase IS NULL OR assessment_kind IS NULL)
"""
_CODES_OF_SEVERAL_NAMES = f"""
SELECT uscc, latest,
       uscc IN (SELECT r.uscc FROM roster r WHERE r.uscc = n.uscc AND {name_hash("r.name")} = latest) AS changed
FROM (
    SELECT uscc, arg_max(plain, rank) FILTER (plain IS NOT NULL) AS latest FROM identified
    GROUP BY uscc HAVING min(plain) <> max(plain)
) n
"""
_IN_THREADS = """
SELECT i.* EXCLUDE (plain, errors), CASE WHEN n.uscc IS NULL OR plain IS NULL THEN '' WHEN NOT changed THEN 'two'
                                         WHEN plain = latest THEN 'changed' ELSE '' END AS names,
       CASE WHEN names = 'two' THEN plain ELSE 0 END AS party, errors + (names = 'two')::INTEGER AS wrong
FROM identified i LEFT JOIN codes_of_several_names n USING (uscc)
"""
_THREADS = """
SELECT uscc, phase, assessment_kind, party, max(rank) AS last, coalesce(max(rank) FILTER (wrong = 0), 0) AS winner
FROM in_threads GROUP BY uscc, phase, assessment_kind, party
"""
_THREAD_RESULTS = """
SELECT rank, names, wrong, last, winner FROM in_threads JOIN threads USING (uscc, phase, assessment_kind, party)
"""
_WITH_REASONS = """
SELECT file, form_id, rank, coalesce(wrong, errors) AS errors, coalesce(names, '') AS names,
    CASE WHEN rank <> kept THEN 'superseded.copy' WHEN rank = winner THEN 'complete'
         WHEN rank < winner THEN 'superseded.later' WHEN rank < last THEN 'superseded.awaited'
         ELSE 'errors' END AS reason,
    CASE reason WHEN 'superseded.copy' THEN kept WHEN 'superseded.later' THEN winner
                WHEN 'superseded.awaited' THEN last WHEN 'complete' THEN nullif(last, winner) END AS other
FROM ranked JOIN kept USING (form_id) LEFT JOIN thread_results USING (rank)
JOIN (SELECT file, errors FROM returns) r USING (file)
"""
_SETTLED = """
SELECT j.file, j.form_id, j.errors, j.rank, names, reason,
    CASE reason WHEN 'complete' THEN 'counted' WHEN 'errors' THEN 'returned' ELSE 'superseded' END AS status,
    CASE WHEN reason = 'complete' THEN '' ELSE coalesce(o.file, '') END AS superseded_by,
    CASE WHEN reason = 'complete' THEN coalesce(o.file, '') ELSE '' END AS awaited
FROM with_reasons j LEFT JOIN ranked o ON o.rank = j.other
"""

SETTLING_TABLES = {
    "undated": _UNDATED,
    "ranked": _RANKED,
    "kept": _KEPT,
    "identified": _IDENTIFIED,
    "codes_of_several_names": _CODES_OF_SEVERAL_NAMES,
    "in_threads": _IN_THREADS,
    "threads": _THREADS,
    "thread_results": _THREAD_RESULTS,
    "with_reasons": _WITH_REASONS,
    "settled": _SETTLED,
}
"""Queries that settle the returns of a batch, by the table that each is to be stored in; the last is ``settled``.

Each reads the tables before it. They are separate tables because one query would need all of them in memory at once.

The first read ``returns``, a row for each file that holds a return, with file, form_id (equal for equal bytes),
mtime_ns, errors (how many), name, uscc, phase, assessment_kind, filled_on (NULL where blank or not sure) and future
(whether filled_on is after the day of reading); and ``roster``, with uscc and name.

``settled`` has a row for each file: file, form_id, errors (two names under one code count as one more), rank (the order
of all returns, the latest has the highest), names (``two`` where another name stands under the code as well,
``changed`` where the roster says that this name is the later one, else blank), status, reason (a code of
issues.REASONS), superseded_by (a file) and awaited (of the return that counts: the later one that has errors). The last
two are blank where there is none.

Of a thread the last return without errors counts. The last of all is returned, where it comes after that one or none
counts. All others are superseded, with errors or without. A return is later by filled_on, then by file time, then by
file name. Where two names stand under one code, each name has threads of its own, unless the roster has the latest.
"""

_NAMED_OTHERS = 3  # how many other returns a message names


def _others(code: str, source: str) -> str:
    """SQL of the issues of one code: form_id, code, and found, which names the other returns that the issue is about.

    ``source`` is a query of form_id, file, rank, shared, different, label and concerned. Returns with the same value in
    ``shared`` and unlike values in ``different`` contradict each other; those that are ``concerned`` get the issue. Of
    all returns with the same value in ``different`` the last one is named, by its ``label`` and file.
    """
    return f"""
SELECT form_id, '{code}' AS code, string_agg(text, '、' ORDER BY rank DESC)
    || CASE WHEN max(others) > {_NAMED_OTHERS} THEN ' 等 ' || max(others) || ' 个' ELSE '' END AS found
FROM (
    WITH member AS ({source}), head AS (
        SELECT shared, different, arg_max(label || '（' || file || '）', rank) AS text, max(rank) AS rank
        FROM member GROUP BY shared, different
    ), shown AS (
        SELECT *, count(*) OVER (PARTITION BY shared) - 1 AS others FROM head
        QUALIFY row_number() OVER (PARTITION BY shared ORDER BY rank DESC) <= {_NAMED_OTHERS + 1}
    )
    SELECT m.form_id, s.rank, s.text, s.others
    FROM member m JOIN shown s ON s.shared = m.shared AND s.different <> m.different
    WHERE m.concerned QUALIFY row_number() OVER (PARTITION BY m.form_id ORDER BY s.rank DESC) <= {_NAMED_OTHERS}
) GROUP BY form_id
"""


_TWO_NAMES = f"""
SELECT form_id, file, s.rank, uscc AS shared, {name_hash("name")} AS different, '“' || name || '”' AS label,
       true AS concerned
FROM settled s JOIN returns r USING (file, form_id) WHERE s.names = 'two'
"""
_CHANGED = f"""
SELECT form_id, file, s.rank, uscc AS shared, {name_hash("name")} AS different, '“' || name || '”' AS label,
       s.names = 'changed' AND s.status <> 'superseded' AS concerned
FROM settled s JOIN returns r USING (file, form_id)
WHERE different IS NOT NULL AND uscc IN (SELECT uscc FROM settled JOIN returns USING (file) WHERE names = 'changed')
"""
_TWO_CODES = f"""
WITH live AS (
    SELECT form_id, file, s.rank, uscc, hash({normalized_name("name")}) AS plain
    FROM settled s JOIN returns r USING (file, form_id) WHERE s.status <> 'superseded' AND uscc IS NOT NULL
)
SELECT form_id, file, rank, plain AS shared, uscc AS different, uscc AS label, true AS concerned FROM live
SEMI JOIN (
    SELECT plain FROM live WHERE plain <> hash('') GROUP BY plain HAVING min(hash(uscc)) <> max(hash(uscc))
) many USING (plain)
"""
_DISAGREE = """
SELECT s.form_id, 'return.dates_disagree' AS code, s.superseded_by AS found
FROM settled s JOIN returns lost ON lost.file = s.file JOIN returns won ON won.file = s.superseded_by
WHERE s.reason <> 'superseded.copy' AND (lost.mtime_ns > won.mtime_ns OR lost.filled_on > won.filled_on)
"""

ISSUES_BETWEEN_RETURNS = f"""
SELECT form_id, code, found FROM (
    SELECT form_id, 'return.later_awaits' AS code, awaited AS found FROM settled WHERE awaited <> ''
    UNION ALL {_DISAGREE}
    UNION ALL {_others("uscc.two_names", _TWO_NAMES)}
    UNION ALL {_others("name.changed", _CHANGED)}
    UNION ALL {_others("name.two_codes", _TWO_CODES)}
) ORDER BY form_id, code
"""
"""SQL of the issues that come of comparing returns: form_id, code (of issues.ISSUES) and found.

Reads ``returns``, and ``settled`` of SETTLING_TABLES.
"""

COUNT_TWO_CODES = f"""
SELECT count(DISTINCT {normalized_name("name")}) FROM awaiting JOIN answers USING (form_id),
       (SELECT ?::VARCHAR AS phase, ?::VARCHAR AS kind) chosen
WHERE code = 'name.two_codes' AND chosen.phase IN ('', answers.phase) AND chosen.kind IN ('', assessment_kind)
"""
"""SQL of how many names stand under two credit codes, among the returns of a phase and a kind, blank for all.

Reads ``awaiting``, where the issues of ISSUES_BETWEEN_RETURNS are stored, and ``answers``.
"""

KEY_BY_CODE = {
    "return.later_awaits": "uscc",
    "return.dates_disagree": "filled_on",
    "uscc.two_names": "uscc",
    "name.changed": "name",
    "name.two_codes": "uscc",
}
"""The codes of the issues that come of comparing returns, each with the key of the answer that it is about."""


def finding_between_returns(edition: Edition, code: str, found: str) -> Finding:
    """The issue of a return that comes of comparing it with others, which ``found`` names."""
    key = KEY_BY_CODE[code]
    return Finding(code, key, next(field.label for field in edition.fields if field.key == key), found=found)
