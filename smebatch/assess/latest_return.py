"""Which version of each thread counts, and the issues that come of comparing returns, as SQL.

Every return gets one status. See :mod:`smebatch.assess.threads` for which returns make a thread.
"""

from __future__ import annotations

from smebatch.assess.office_names import name_hash, normalized_name
from smebatch.assess.threads import Tables, drop_tables, make_tables
from smebatch.issues.finding import Finding
from smebatch.standard.model import Edition

# Of a thread, the versions that speak for it: the last of all, and the last without errors.
_SPEAKERS = """
SELECT v.uscc, min(party) AS least, max(party) AS most
FROM thread_versions v JOIN (
    SELECT thread, max(rank) AS last, max(rank) FILTER (errors = 0) AS clean
    FROM thread_versions JOIN left_errors USING (form_id) WHERE NOT gone GROUP BY thread
) t USING (thread)
WHERE v.names = 'two' AND v.rank IN (t.last, t.clean) GROUP BY v.uscc
"""
# Another name under the same code is an error that no return has by itself.
_JUDGED = """
SELECT v.rank, v.form_id, v.thread, v.version, v.previous_form_id, v.gone,
       CASE WHEN v.names <> 'two' OR s.least <> v.party OR s.most <> v.party THEN v.names ELSE '' END AS names,
       e.errors + (v.names = 'two' AND coalesce(s.least <> v.party OR s.most <> v.party, false))::INTEGER AS wrong
FROM thread_versions v JOIN left_errors e USING (form_id) LEFT JOIN speakers s USING (uscc)
"""
_THREAD_RESULTS = """
SELECT thread, max(rank) AS last, coalesce(max(rank) FILTER (wrong = 0), 0) AS winner, arg_max(uscc, rank) AS last_uscc
FROM judged JOIN thread_versions v USING (thread, rank) WHERE NOT v.gone GROUP BY thread
"""
_WITH_REASONS = """
SELECT o.line, o.form_id, o.rank, j.thread, CASE WHEN o.rank = kept THEN j.names ELSE '' END AS names,
    j.wrong AS errors,
    CASE WHEN o.rank <> kept THEN 'superseded.copy' WHEN o.rank = winner THEN 'complete'
         WHEN o.rank < winner THEN 'superseded.later' WHEN o.rank < last THEN 'superseded.awaited'
         WHEN again.form_id IS NOT NULL THEN 'returned.unchanged' ELSE 'errors' END AS reason,
    CASE reason WHEN 'superseded.copy' THEN kept WHEN 'superseded.later' THEN winner
                WHEN 'superseded.awaited' THEN last WHEN 'complete' THEN nullif(last, winner) END AS other
FROM ordered o JOIN kept USING (form_id) JOIN judged j ON j.rank = kept JOIN thread_results t USING (thread)
LEFT JOIN saved_again again ON again.form_id = o.form_id
WHERE NOT j.gone
"""
_SETTLED = """
SELECT line, r.file, w.form_id, w.errors, w.rank, w.thread, names, w.reason,
    CASE WHEN reason = 'complete' THEN 'counted' WHEN reason IN ('errors', 'returned.unchanged') THEN 'returned'
         ELSE 'superseded' END AS status,
    CASE WHEN reason = 'complete' THEN '' ELSE coalesce(other.file, '') END AS superseded_by,
    CASE WHEN reason = 'complete' THEN coalesce(other.file, '') ELSE '' END AS awaited, o.line AS other
FROM with_reasons w JOIN returns r USING (line) LEFT JOIN ordered o ON o.rank = w.other
LEFT JOIN returns other ON other.line = o.line
"""

_TABLES = {
    "speakers": _SPEAKERS,
    "judged": _JUDGED,
    "thread_results": _THREAD_RESULTS,
    "with_reasons": _WITH_REASONS,
    "settled": _SETTLED,
}


def settle_returns(tables: Tables) -> None:
    """Store the tables ``judged`` and ``settled``.

    Reads ``returns`` and ``roster``, and what threads.make_threads has stored; ``left_errors`` with form_id and errors
    (how many each return has by itself, without those that were waived); and ``saved_again``, with the form_id of the
    returns that say the same as the version before.

    ``judged`` has a row for each version: rank, form_id, thread, version, previous_form_id, gone, names (``two`` where
    another name stands under the code as well, ``changed`` where the roster says that this name is the later one, else
    blank) and wrong (how many errors are left; two names under one code count as one).

    ``settled`` has a row for each file: line, file, form_id, errors (as ``wrong``), rank, thread, names, status,
    reason (a code of issues.REASONS), superseded_by (a file), awaited (of the return that counts: the later one
    that has errors) and other (the line of that file). These are blank, or NULL, where there is none.

    Of a thread the last return without errors counts. The last of all is returned, where it comes after that one or
    none counts. All others are superseded, with errors or without. A version that no file holds any more is passed
    over.
    """
    make_tables(tables, _TABLES)
    drop_tables(tables, ("speakers", "with_reasons"))


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
SELECT j.form_id, r.file, j.rank, r.uscc AS shared, v.party AS different, '“' || r.name || '”' AS label,
       j.names = 'two' AS concerned
FROM judged j JOIN thread_versions v USING (rank) JOIN returns r USING (line)
WHERE {name_hash("r.name")} IS NOT NULL AND (concerned OR NOT v.gone)
    AND r.uscc IN (SELECT uscc FROM judged JOIN thread_versions USING (rank) WHERE judged.names = 'two')
"""
_CHANGED = f"""
SELECT s.form_id, s.file, s.rank, uscc AS shared, {name_hash("name")} AS different, '“' || name || '”' AS label,
       s.names = 'changed' AND s.status <> 'superseded' AS concerned
FROM settled s JOIN returns r USING (line)
WHERE different IS NOT NULL AND uscc IN (SELECT uscc FROM settled JOIN returns USING (line) WHERE names = 'changed')
"""
# The versions of one thread speak with the code of the last one.
_TWO_CODES = f"""
WITH live AS (
    SELECT s.form_id, s.file, s.rank, uscc, coalesce(t.last_uscc, uscc) AS code,
           hash({normalized_name("name")}) AS plain
    FROM settled s JOIN returns r USING (line) JOIN thread_results t USING (thread)
    WHERE s.status <> 'superseded' AND uscc IS NOT NULL
)
SELECT form_id, file, rank, plain AS shared, code AS different, uscc AS label, true AS concerned FROM live
SEMI JOIN (
    SELECT plain FROM live WHERE plain <> hash('') GROUP BY plain HAVING min(hash(code)) <> max(hash(code))
) many USING (plain)
"""
# That a copy follows what it corrects needs no date.
_DISAGREE = """
SELECT s.form_id, 'return.dates_disagree' AS code, s.superseded_by AS found
FROM settled s JOIN returns lost USING (line) JOIN returns won ON won.line = s.other
WHERE s.status = 'superseded' AND s.reason <> 'superseded.copy' AND won.line NOT IN (SELECT line FROM corrected)
      AND (lost.mtime_ns > won.mtime_ns OR lost.filled_on > won.filled_on)
"""

_PASSED_ON = """
SELECT copy.form_id, 'return.passed_on' AS code, copy.name || '，' || copy.uscc AS found, original.name AS expected
FROM passed_on p JOIN returns copy USING (line) JOIN returns original ON original.line = p.original
"""

ISSUES_BETWEEN_RETURNS = f"""
SELECT form_id, code, found, '' AS expected FROM (
    SELECT form_id, 'return.later_awaits' AS code, awaited AS found FROM settled WHERE awaited <> ''
    UNION ALL {_DISAGREE}
    UNION ALL {_others("uscc.two_names", _TWO_NAMES)}
    UNION ALL {_others("name.changed", _CHANGED)}
    UNION ALL {_others("name.two_codes", _TWO_CODES)}
)
UNION ALL {_PASSED_ON}
ORDER BY form_id, code
"""
"""SQL of the issues that come of comparing returns: form_id, code (of issues.ISSUES), found and expected.

Reads the tables of ``settle_returns``.
"""

COUNT_TWO_CODES = f"""
SELECT count(DISTINCT {normalized_name("name")}) FROM awaiting JOIN answers USING (form_id),
       (SELECT ?::VARCHAR AS phase, ?::VARCHAR AS kind) chosen
WHERE code = 'name.two_codes' AND chosen.phase IN ('', answers.phase) AND chosen.kind IN ('', assessment_kind)
"""
"""SQL of how many names stand under two credit codes, among the returns of a phase and a kind, blank for all.

Reads ``awaiting``, where the issues of ISSUES_BETWEEN_RETURNS are stored, and ``answers``.
"""

OF_LATER_RETURNS = ("return.later_awaits", "return.dates_disagree")
"""The codes of the issues that a later return brings about: they asked for nothing that it changes."""

KEY_BY_CODE = {
    "return.later_awaits": "uscc",
    "return.dates_disagree": "filled_on",
    "return.passed_on": "uscc",
    "uscc.two_names": "uscc",
    "name.changed": "name",
    "name.two_codes": "uscc",
}
"""The codes of the issues that come of comparing returns, each with the key of the answer that it is about."""


def finding_between_returns(edition: Edition, code: str, found: str, expected: str = "") -> Finding:
    """The issue of a return that comes of comparing it with others, which ``found`` names."""
    key = KEY_BY_CODE[code]
    label = next(field.label for field in edition.fields if field.key == key)
    return Finding(code, key, label, found=found, expected=expected)
