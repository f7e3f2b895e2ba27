"""Loads what the forms of the next round are made from: the counted returns of one phase and kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from smebatch.batch.at_a_glance import select_usual
from smebatch.batch.database import BatchDatabase
from smebatch.batch.load import Selection
from smebatch.batch.returned import written_answers
from smebatch.common.chunks import in_chunks
from smebatch.form.next_round import NextRound
from smebatch.standard.model import Edition

_RETURNS_AT_A_TIME = 500  # with all their answers

_COUNTED = """
SELECT form_id FROM files f JOIN answers a USING (form_id)
WHERE f.status = 'counted' AND a.phase = ? AND a.assessment_kind = ? ORDER BY f.file
"""


class NextForm(NamedTuple):
    """What a form of the next round is filled in with, and the answers by key of the return that it shows."""

    answers: Mapping[str, object]
    earlier: Mapping[str, object]


def next_round_after(database: BatchDatabase, edition: Edition, wanted: Selection, earlier: Selection) -> NextRound:
    """The round that follows the counted returns of a selection; what that leaves open is what most returns have.

    ``wanted``: the phase and kind of the new forms, blank that of the returns. Raises BatchError.
    """
    found = select_usual(database, edition, earlier)
    return NextRound(wanted.phase or found.phase, wanted.kind or found.kind, *found)


def counted_returns(database: BatchDatabase, next_round: NextRound) -> list[str]:
    """The form_ids of the counted returns that a round follows, in the order of their files. Raises BatchError."""
    rows = database.fetch_rows(_COUNTED, [next_round.earlier_phase, next_round.earlier_kind])
    return [form_id for (form_id,) in rows]


def next_forms(
    database: BatchDatabase, edition: Edition, next_round: NextRound, form_ids: list[str]
) -> Iterator[NextForm]:
    """The forms that follow these returns, in their order, with what lasts of each enterprise. Raises BatchError.

    ``edition``: that of the batch.
    """
    lasting = [field.key for field in edition.fields if not field.of_return]
    stated = {"phase": next_round.phase, "assessment_kind": next_round.kind}
    for some in in_chunks(form_ids, _RETURNS_AT_A_TIME):
        answers = written_answers(database, edition, some)
        for form_id in some:
            earlier = answers[form_id]
            yield NextForm({key: earlier[key] for key in lasting if key in earlier} | stated, earlier)
