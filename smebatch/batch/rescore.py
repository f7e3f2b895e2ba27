"""Scores stored answers: of returns whose errors are all waived, and of versions without unasked changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from smebatch.batch.database import BatchDatabase
from smebatch.common.chunks import in_chunks
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import pandas as pd

_RETURNS_AT_A_TIME = 5_000

# Their scores are missing, for they have errors by themselves.
_SELECT_WAIVED = """
SELECT form_id FROM left_errors ANTI JOIN scores USING (form_id) WHERE waived > 0 AND errors = 0 ORDER BY form_id
"""
_SELECT_UNASKED = "SELECT DISTINCT form_id FROM unasked ORDER BY form_id"
_SELECT_BEFORE = "SELECT form_id, key, before FROM unasked WHERE form_id IN (SELECT unnest(?::VARCHAR[]))"


def score_waived(database: BatchDatabase, edition: Edition) -> None:
    """Store the scores of the returns whose errors are all waived. Reads ``left_errors``. Raises BatchError."""
    form_ids = [form_id for (form_id,) in database.fetch_rows(_SELECT_WAIVED)]
    for chunk in in_chunks(form_ids, _RETURNS_AT_A_TIME):
        database.insert_frame("scores", _scores(edition, stored_ticks(database, edition, chunk)).reset_index())


def score_without_unasked(database: BatchDatabase, edition: Edition) -> None:
    """Store in ``taken_back`` what each scored version would score with the unasked changes taken back.

    Reads ``unasked``. Raises BatchError.
    """
    database.execute("DELETE FROM taken_back")
    form_ids = [form_id for (form_id,) in database.fetch_rows(_SELECT_UNASKED)]
    for chunk in in_chunks(form_ids, _RETURNS_AT_A_TIME):
        ticks = stored_ticks(database, edition, chunk)
        for form_id, key, before in database.fetch_rows(_SELECT_BEFORE, [chunk]):
            if keys_of(edition)[key].kind is Kind.TICK:
                ticks[form_id][key] = before == "1"
        scores = _scores(edition, ticks).reset_index()
        database.insert_frame("taken_back", scores[["form_id", "score_units", "level"]])


def stored_ticks(database: BatchDatabase, edition: Edition, form_ids: Sequence[str]) -> dict[str, dict[str, object]]:
    """The ticks of returns by form_id and key; one that could not be read surely is none."""
    ticks = [name for name, key in keys_of(edition).items() if key.kind is Kind.TICK]
    columns = ", ".join(f'"{name}"' for name in ticks)
    query = f"SELECT form_id, {columns} FROM answers WHERE form_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY form_id"
    return {
        form_id: dict(zip(ticks, map(bool, row), strict=True))
        for form_id, *row in database.fetch_rows(query, [list(form_ids)])
    }


def _scores(edition: Edition, values: Mapping[str, Mapping[str, object]]) -> pd.DataFrame:
    from smebatch.assess.answers_frame import make_answers
    from smebatch.assess.score import score

    return score(make_answers(edition, list(values), list(values.values())))
