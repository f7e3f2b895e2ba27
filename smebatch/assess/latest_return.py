"""Which return of an enterprise counts: one status for every return of a batch (design, section 6).

And what is to be said of a return because of others.
"""

from __future__ import annotations

from smebatch.assess.office_names import name_of_a_code, office_name
from smebatch.issues.catalogue import Finding
from smebatch.standard.model import Edition

# Without a date a return stands behind what had been saved before it in its thread.
_PLACED = """
SELECT file, max(day) OVER before AS place
FROM (
    SELECT file, mtime_ns, uscc, phase, assessment_kind, filled_on, CASE WHEN NOT future THEN filled_on END AS day
    FROM returns SEMI JOIN (SELECT uscc, phase, assessment_kind FROM returns WHERE filled_on IS NULL) undated
    USING (uscc, phase, assessment_kind)
)
WINDOW before AS (
    PARTITION BY uscc, phase, assessment_kind ORDER BY mtime_ns, file ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
QUALIFY filled_on IS NULL
"""
# A date in the future is none, and never stands before one that is.
_RANKED = """
SELECT file, form_id, row_number() OVER (
    ORDER BY coalesce(CASE WHEN NOT future THEN filled_on END, place) NULLS FIRST, mtime_ns, file
)::INTEGER AS rank
FROM returns LEFT JOIN placed USING (file)
"""
_KEPT = "SELECT form_id, max(rank) AS kept FROM ranked GROUP BY form_id"
_KNOWN = f"""
SELECT rank, errors, uscc, phase, assessment_kind, {name_of_a_code("name")} AS plain
FROM ranked JOIN kept ON kept = rank JOIN returns USING (file)
WHERE NOT (uscc IS NULL OR phase IS NULL OR assessment_kind IS NULL)
"""
_NAMED = f"""
SELECT uscc, latest,
       uscc IN (SELECT r.uscc FROM roster r WHERE r.uscc = n.uscc AND {name_of_a_code("r.name")} = latest) AS changed
FROM (
    SELECT uscc, arg_max(plain, rank) FILTER (plain IS NOT NULL) AS latest FROM known
    GROUP BY uscc HAVING min(plain) <> max(plain)
) n
"""
_PARTED = """
SELECT k.* EXCLUDE (plain, errors), CASE WHEN n.uscc IS NULL OR plain IS NULL THEN '' WHEN NOT changed THEN 'two'
                                         WHEN plain = latest THEN 'changed' ELSE '' END AS names,
       CASE WHEN names = 'two' THEN plain ELSE 0 END AS party, errors + (names = 'two')::INTEGER AS wrong
FROM known k LEFT JOIN named n USING (uscc)
"""
_THREADS = """
SELECT uscc, phase, assessment_kind, party, max(rank) AS last, coalesce(max(rank) FILTER (wrong = 0), 0) AS winner
FROM parted GROUP BY uscc, phase, assessment_kind, party
"""
_BESIDE = """
SELECT rank, names, wrong, last, winner FROM parted JOIN threads USING (uscc, phase, assessment_kind, party)
"""
_JUDGED = """
SELECT file, form_id, rank, coalesce(wrong, errors) AS errors, coalesce(names, '') AS names,
    CASE WHEN rank <> kept THEN 'superseded.copy' WHEN rank = winner THEN 'complete'
         WHEN rank < winner THEN 'superseded.later' WHEN rank < last THEN 'superseded.awaited'
         ELSE 'errors' END AS reason,
    CASE reason WHEN 'superseded.copy' THEN kept WHEN 'superseded.later' THEN winner
                WHEN 'superseded.awaited' THEN last WHEN 'complete' THEN nullif(last, winner) END AS other
FROM ranked JOIN kept USING (form_id) LEFT JOIN beside USING (rank)
JOIN (SELECT file, errors FROM returns) r USING (file)
"""
_SETTLED = """
SELECT j.file, j.form_id, j.errors, j.rank, names, reason,
    CASE reason WHEN 'complete' THEN 'counted' WHEN 'errors' THEN 'returned' ELSE 'superseded' END AS status,
    CASE WHEN reason = 'complete' THEN '' ELSE coalesce(o.file, '') END AS superseded_by,
    CASE WHEN reason = 'complete' THEN coalesce(o.file, '') ELSE '' END AS awaited
FROM judged j LEFT JOIN ranked o ON o.rank = j.other
"""

SETTLING_TABLES = {
    "placed": _PLACED,
    "ranked": _RANKED,
    "kept": _KEPT,
    "known": _KNOWN,
    "named": _NAMED,
    "parted": _PARTED,
    "threads": _THREADS,
    "beside": _BESIDE,
    "judged": _JUDGED,
    "settled": _SETTLED,
}
"""SQL that settles the returns of a batch: tables, each made from those before it, the last of them ``settled``.

One query would need them all in memory at once.

Reads ``returns``: a row per file that holds a return, with file, form_id (equal for equal bytes), mtime_ns, errors
(how many), name, uscc, phase, assessment_kind, filled_on (NULL where blank or not sure) and future (whether that is
after the day of reading); and ``roster``, with uscc and name. Gives each file and form_id, with errors (two names
under one code are one more), rank (the order of all returns, the last the highest), names (``two`` where the code has
another name as well, ``changed`` where the roster says that this is the later one, else blank), status, reason (a
code of issues.REASONS), superseded_by (a file) and awaited (the later return with errors, of the one that counts),
blank where there is none.

A thread is the returns of one enterprise, phase and kind. The last without errors counts; the last of all, where it
comes after that one or none counts, is returned; what is before is superseded, with errors or without. Later is the
later filled_on, then the later file time, then the last file name. Under one code with two names each name has threads
of its own, unless the roster gives the latest.
"""

_SHOWN = 3  # others that a message names


def _others(code: str, source: str) -> str:
    """SQL of what stands beside each return: form_id, the code of the issue, and found, which names the others.

    ``source`` gives form_id, file, rank, one, other, called and told: returns of the same ``one`` and another ``other``
    stand beside each other, and those that are ``told`` are told of it. Each other is named by its last return.
    """
    return f"""
SELECT form_id, '{code}' AS code, string_agg(text, '、' ORDER BY rank DESC)
    || CASE WHEN max(of) > {_SHOWN} THEN ' 等 ' || max(of) || ' 个' ELSE '' END AS found
FROM (
    WITH member AS ({source}), head AS (
        SELECT one, other, arg_max(called || '（' || file || '）', rank) AS text, max(rank) AS rank
        FROM member GROUP BY one, other
    ), shown AS (
        SELECT *, count(*) OVER (PARTITION BY one) - 1 AS of FROM head
        QUALIFY row_number() OVER (PARTITION BY one ORDER BY rank DESC) <= {_SHOWN + 1}
    )
    SELECT m.form_id, s.rank, s.text, s.of FROM member m JOIN shown s ON s.one = m.one AND s.other <> m.other
    WHERE m.told QUALIFY row_number() OVER (PARTITION BY m.form_id ORDER BY s.rank DESC) <= {_SHOWN}
) GROUP BY form_id
"""


_TWO_NAMES = f"""
SELECT form_id, file, s.rank, uscc AS one, {name_of_a_code("name")} AS other, '“' || name || '”' AS called, true AS told
FROM settled s JOIN returns r USING (file, form_id) WHERE s.names = 'two'
"""
_CHANGED = f"""
SELECT form_id, file, s.rank, uscc AS one, {name_of_a_code("name")} AS other, '“' || name || '”' AS called,
       s.names = 'changed' AND s.status <> 'superseded' AS told
FROM settled s JOIN returns r USING (file, form_id)
WHERE other IS NOT NULL AND uscc IN (SELECT uscc FROM settled JOIN returns USING (file) WHERE names = 'changed')
"""
_TWO_CODES = f"""
WITH live AS (
    SELECT form_id, file, s.rank, uscc, hash({office_name("name")}) AS plain
    FROM settled s JOIN returns r USING (file, form_id) WHERE s.status <> 'superseded' AND uscc IS NOT NULL
)
SELECT form_id, file, rank, plain AS one, uscc AS other, uscc AS called, true AS told FROM live
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
"""SQL of what is to be said of returns beside each other: form_id, code (of issues.ISSUES) and found.

Reads ``returns``, and ``settled``, the result of SETTLING.
"""

COUNT_TWO_CODES = f"""
SELECT count(DISTINCT {office_name("name")}) FROM awaiting JOIN answers USING (form_id),
       (SELECT ?::VARCHAR AS phase, ?::VARCHAR AS kind) chosen
WHERE code = 'name.two_codes' AND chosen.phase IN ('', answers.phase) AND chosen.kind IN ('', assessment_kind)
"""
"""SQL of how many names stand under two credit codes, among the returns of a phase and a kind, blank for all.

Reads ``awaiting``, the issues that SAID has told, and ``answers``.
"""

KEY_BY_CODE = {
    "return.later_awaits": "uscc",
    "return.dates_disagree": "filled_on",
    "uscc.two_names": "uscc",
    "name.changed": "name",
    "name.two_codes": "uscc",
}
"""The issues that come of comparing returns, with the key each is about."""


def finding_between_returns(edition: Edition, code: str, found: str) -> Finding:
    """The issue of a return that comes of comparing it with others, ``found``."""
    key = KEY_BY_CODE[code]
    return Finding(code, key, next(field.label for field in edition.fields if field.key == key), found=found)
