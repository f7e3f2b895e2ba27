"""The ways up of the counted returns of a batch, worked out from its answers whenever they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.answers_frame import Answers
from smebatch.assess.score import score
from smebatch.assess.ways.after import deciding_answers, deciding_keys
from smebatch.assess.ways.upgrades import upgrades_of
from smebatch.assess.ways.ways import Way, way_row, ways_of
from smebatch.batch.database import BatchDatabase, identifier
from smebatch.batch.schema import WAYS, declared
from smebatch.common.chunks import in_chunks
from smebatch.standard.model import Edition

CHUNK = 16_384  # returns whose ways are worked out at a time, so that memory stays flat

_COUNTED = "SELECT f.form_id FROM files f JOIN scores s USING (form_id) WHERE f.status = 'counted' ORDER BY f.file"


def load_ways(database: BatchDatabase, edition: Edition) -> Iterator[Way]:
    """The ways of the counted returns below the highest level, in the order of their files.

    Raises BatchError where the batch cannot be read, RuntimeError as ``ways_of`` does.
    """
    form_ids = [form_id for (form_id,) in database.fetch_rows(_COUNTED)]
    for answers in _answers_of(database, edition, form_ids):
        yield from ways_of(answers, score(answers))


def load_upgrades(database: BatchDatabase, edition: Edition, form_ids: Sequence[str]) -> pd.DataFrame:
    """What a report asks of the ways of some returns without errors, in their order: see ``upgrades_of``.

    Raises BatchError, RuntimeError as ``upgrades_of`` does.
    """
    return pd.concat([upgrades_of(answers) for answers in _answers_of(database, edition, form_ids)])


def _answers_of(database: BatchDatabase, edition: Edition, form_ids: Sequence[str]) -> Iterator[Answers]:
    """What decides the ways of returns, in chunks, of which there is at least one."""
    ticks, states = deciding_keys(edition)
    columns = ", ".join(identifier(name) for name in ("form_id", *ticks, *states))
    query = f"SELECT {columns} FROM answers WHERE form_id IN (SELECT unnest(?::VARCHAR[]))"
    for some in [*in_chunks(form_ids, CHUNK)] or [[]]:
        stored = database.fetch_arrays(query, [some])
        at = pd.Index(stored["form_id"]).get_indexer(pd.Index(some))
        unread = {tick: mask[at] for tick in ticks if (mask := np.ma.getmaskarray(stored[tick])).any()}
        ticked = np.empty((len(some), len(ticks)), dtype=bool)
        for place, tick in enumerate(ticks):
            ticked[:, place] = np.ma.filled(stored[tick], False)[at]
        said = np.empty((len(some), len(states)), dtype=object)
        for place, state in enumerate(states):
            said[:, place] = np.ma.filled(stored[state], None)[at]
        yield deciding_answers(edition, pd.Index(some), ticked, said, unread)


def way_of(edition: Edition, form_id: str, stored: Mapping[str, object], scores: Mapping[str, object]) -> Way | None:
    """The way of a return without errors, whose answers and scores are as they are stored; None at the highest level.

    Raises RuntimeError as ``ways_of`` does.
    """
    row, said = (np.array([[stored[key] for key in keys]], dtype=object) for keys in deciding_keys(edition))
    answers = _stored_answers(edition, pd.Index([form_id]), row, said)
    return next(iter(ways_of(answers, pd.DataFrame([[*scores.values()]], answers.frame.index, [*scores]))), None)


def _stored_answers(
    edition: Edition, form_ids: pd.Index, ticks: npt.NDArray[np.object_], states: npt.NDArray[np.object_]
) -> Answers:
    """What decides ways, a column for each of its keys; a tick that was not read surely is stored as NULL."""
    unread = pd.isna(ticks)
    names, _ = deciding_keys(edition)
    unsure = {names[at]: unread[:, at] for at in np.flatnonzero(unread.any(axis=0)).tolist()}
    return deciding_answers(edition, form_ids, np.where(unread, False, ticks).astype(bool), states, unsure)


def make_ways_table(database: BatchDatabase, edition: Edition) -> None:
    """Put the ways into a temporary table of the columns of WAYS, and their order. Raises as ``load_ways`` does."""
    database.execute(f"CREATE OR REPLACE TEMP TABLE {WAYS.name} ({declared(WAYS.columns)}, number INTEGER)")
    for ways in in_chunks(enumerate(load_ways(database, edition)), CHUNK):
        frame = pd.DataFrame([way_row(way, edition) | {"number": number} for number, way in ways])
        for name in ("steps", "question_steps", "scene_steps"):
            frame[name] = frame[name].astype("Int64")
        # A number of any size passes as a text.
        frame["alternatives"] = [str(way.alternatives) if way.exists else None for _, way in ways]
        database.insert_frame(WAYS.name, frame)
