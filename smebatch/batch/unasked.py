"""Which changes of a version an issue of the version before asked for."""

from __future__ import annotations

from smebatch.batch.database import BatchDatabase
from smebatch.standard.keys import keys_of, rows_of
from smebatch.standard.model import Edition

_CREATE_KEYS = "CREATE OR REPLACE TEMP TABLE numbered_keys (key VARCHAR, part VARCHAR, number INTEGER)"
_INSERT_KEYS = "INSERT INTO numbered_keys SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::INTEGER[])"
_CREATE_READ = "CREATE OR REPLACE TEMP TABLE keys_read (code VARCHAR, issue_key VARCHAR, key VARCHAR)"
_INSERT_READ = "INSERT INTO keys_read SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])"
_SELECT_ERRORS = """
SELECT DISTINCT code, key FROM every_finding WHERE severity = 'error'
    AND form_id IN (SELECT previous_form_id FROM differences)
"""
# A change was asked for where an issue of the version before names its key, its question or its scene, or where the
# check of an error reads it.
_CREATE_ASKED = """
CREATE OR REPLACE TEMP TABLE asked AS
SELECT d.form_id, d.key, bool_or(f.key = k.part) AS as_part
FROM differences d JOIN thread_versions v USING (form_id, previous_form_id) JOIN numbered_keys k USING (key)
JOIN every_finding f ON f.form_id = d.previous_form_id
LEFT JOIN keys_read r ON r.code = f.code AND r.issue_key = f.key AND r.key = d.key
WHERE f.key IN (d.key, k.part) OR (r.key IS NOT NULL AND f.severity = 'error')
GROUP BY d.form_id, d.key
"""
_INSERT_CHANGES = """
INSERT INTO changes
SELECT v.thread, d.form_id, d.previous_form_id, d.key, d.before, d.after,
       CASE WHEN a.key IS NULL THEN 'no' ELSE 'yes' END, k.number
FROM differences d JOIN thread_versions v USING (form_id, previous_form_id) JOIN numbered_keys k USING (key)
LEFT JOIN asked a USING (form_id, key)
ORDER BY v.thread, v.version, k.number
"""
# A version that has errors has no score, so what it changed unasked counts as a change of the next one that has. It
# does not where the answer was changed later because an issue asked for that, or because an issue named its question
# or scene and that was changed: of a single choice, the old tick must not be set beside the one that was asked for.
_INSERT_UNASKED = """
INSERT INTO unasked
WITH following AS (
    SELECT thread, version, form_id, first_value(CASE WHEN errors = 0 THEN form_id END IGNORE NULLS) OVER (
        PARTITION BY thread ORDER BY version ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS scored
    FROM versions
),
placed AS (
    SELECT f.scored, f.version, c.key, c.before, c.after, c.asked, c.number, greatest(
        max(CASE WHEN c.asked = 'yes' THEN f.version ELSE 0 END) OVER (PARTITION BY f.scored, c.key),
        max(CASE WHEN a.as_part THEN f.version ELSE 0 END) OVER (PARTITION BY f.scored, k.part)
    ) AS last_asked
    FROM changes c JOIN following f USING (form_id) JOIN numbered_keys k USING (key)
    LEFT JOIN asked a USING (form_id, key)
    WHERE f.scored IS NOT NULL
)
SELECT scored, key, arg_min(before, version), arg_max(after, version), min(number) FROM placed
WHERE asked = 'no' AND version >= last_asked GROUP BY scored, key
HAVING arg_min(before, version) <> arg_max(after, version)
"""


def find_changes(database: BatchDatabase, edition: Edition) -> None:
    """Store the tables ``changes`` and ``unasked``.

    Reads ``differences``, ``thread_versions``, ``versions`` and ``every_finding`` (form_id, code, key, severity).
    Raises BatchError.
    """
    database.execute("DELETE FROM changes; DELETE FROM unasked")
    if database.fetch_rows("SELECT count(*) FROM differences") == [(0,)]:
        return
    from smebatch.assess.issue_answers import keys_read

    keys = keys_of(edition)
    database.execute(_CREATE_KEYS)
    database.execute(_INSERT_KEYS, [list(keys), list(parts_of_keys(edition).values()), list(range(len(keys)))])
    rows = [
        (code, key, read) for code, key in database.fetch_rows(_SELECT_ERRORS) for read in keys_read(edition, code, key)
    ]
    database.execute(_CREATE_READ)
    if rows:
        database.execute(_INSERT_READ, list(zip(*rows, strict=True)))
    database.execute(_CREATE_ASKED)
    database.execute(_INSERT_CHANGES)
    database.execute(_INSERT_UNASKED)


def parts_of_keys(edition: Edition) -> dict[str, str]:
    """Each key with its question or scene; a field of an enterprise and an energy stand for themselves."""
    question_of = {
        name: question.id
        for question in edition.questions
        for name in (*question.ticks, *(figure.key for figure in question.figures))
    }
    return {key.name: question_of.get(key.name, key.row) for row in rows_of(edition) for key in row.keys}
