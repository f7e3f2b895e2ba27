"""The answers in which a version differs from the one before; two versions are compared once."""

from __future__ import annotations

from smebatch.batch.database import BatchDatabase
from smebatch.standard.fixed_point import plain_decimal_sql
from smebatch.standard.keys import Key, Kind, keys_of
from smebatch.standard.model import Edition

_PAIRS_AT_A_TIME = 500  # of two returns with some 250 answers each

_CREATE_PAIRS = """
CREATE OR REPLACE TEMP TABLE pairs AS
SELECT form_id, previous_form_id, row_number() OVER () AS number FROM thread_versions
ANTI JOIN compared USING (form_id, previous_form_id) WHERE previous_form_id IS NOT NULL
"""
# What two versions say, key by key; of cells that could not be read surely what was typed. That a tick of which nothing
# was known is blank now is no difference: a correction copy leaves it blank.
_INSERT_DIFFERENCES = """
INSERT INTO differences
WITH chunk AS (SELECT * FROM pairs WHERE number > ? AND number <= ?),
wanted AS (SELECT form_id FROM chunk UNION SELECT previous_form_id FROM chunk),
sure AS (
    SELECT form_id, key, value FROM (SELECT form_id, {answers} FROM answers SEMI JOIN wanted USING (form_id))
    UNPIVOT (value FOR key IN ({keys}))
),
said AS (
    SELECT form_id, key, value FROM sure ANTI JOIN typed USING (form_id, key)
    UNION ALL SELECT form_id, key, content FROM typed SEMI JOIN wanted USING (form_id)
),
old AS (SELECT c.form_id, c.previous_form_id, key, value FROM chunk c JOIN said s ON s.form_id = c.previous_form_id),
new AS (SELECT c.form_id, c.previous_form_id, key, value FROM chunk c JOIN said s ON s.form_id = c.form_id)
SELECT form_id, previous_form_id, key, coalesce(old.value, '') AS before, coalesce(new.value, '') AS after
FROM old FULL JOIN new USING (form_id, previous_form_id, key)
WHERE before <> after AND NOT (old.value IS NULL AND after = '0' AND key IN ({ticks}))
"""
_INSERT_COMPARED = "INSERT INTO compared SELECT form_id, previous_form_id FROM pairs"
_DELETE_OUTDATED = """
DELETE FROM differences USING pairs p
WHERE differences.form_id = p.form_id AND differences.previous_form_id = p.previous_form_id
"""


def find_differences(database: BatchDatabase, edition: Edition) -> None:
    """Store in ``differences`` how the versions differ that were not compared yet.

    Reads ``thread_versions``, with form_id and previous_form_id (NULL for first versions). Raises BatchError.
    """
    database.execute(_CREATE_PAIRS)
    ((count,),) = database.fetch_rows("SELECT count(*) FROM pairs")
    if not count:
        return
    database.execute(_DELETE_OUTDATED)
    statement = _INSERT_DIFFERENCES.format(
        answers=", ".join(f'{_as_text(key)} AS "{name}"' for name, key in keys_of(edition).items()),
        keys=", ".join(f'"{name}"' for name in keys_of(edition)),
        ticks=", ".join(f"'{name}'" for name, key in keys_of(edition).items() if key.kind is Kind.TICK),
    )
    for start in range(0, count, _PAIRS_AT_A_TIME):
        database.execute(statement, [start, start + _PAIRS_AT_A_TIME])
    database.execute(_INSERT_COMPARED)


def _as_text(key: Key) -> str:
    """SQL of an answer as a CSV of the answers has it."""
    column = f'"{key.name}"'
    if key.kind is Kind.TICK:
        return f"{column}::INTEGER::VARCHAR"
    return plain_decimal_sql(column) if key.kind.is_figure else f"{column}::VARCHAR"
