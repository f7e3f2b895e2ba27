"""Loads of a batch what a comparison with another round needs, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smebatch.batch.columns import find_columns, load_columns
from smebatch.batch.load import Counted, Selection, counted_returns, open_batch, region_named_by, usual_selection
from smebatch.batch.response import ASKED_RETURNS
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


@dataclass(frozen=True)
class LoadedRound:
    """The counted returns of a batch of the phase and kind that most of them have (``selection``).

    ``threads``: index form_id, the id of the thread of each. ``columns``: index form_id, further columns as of
    ReportData. ``read_at``, ``cut_short`` and ``region`` as there.
    """

    edition: Edition
    counted: Counted
    selection: Selection
    threads: pd.Series[str]
    columns: pd.DataFrame
    read_at: str
    cut_short: bool
    region: str


def load_round(path: Path, columns: Sequence[str] = ()) -> LoadedRound:
    """Load a round; ``columns``: those of the form or the roster that are wanted. Raises BatchError."""
    database, edition = open_batch(path)

    def load() -> LoadedRound:
        every = counted_returns(database)
        selection = usual_selection(every.kinds, edition, Selection())
        counted = every.of(selection)
        asked = database.fetch_frame(ASKED_RETURNS, ["", ""]).set_index("form_id")
        _, by_return = load_columns(
            database, find_columns(database, edition, columns), counted.enterprises.index, asked
        )
        threads = database.fetch_frame("SELECT form_id, thread FROM versions WHERE status = 'counted'")
        return LoadedRound(
            edition=edition,
            counted=counted,
            selection=selection,
            threads=threads.set_index("form_id")["thread"],
            columns=by_return,
            read_at=database.meta["read_at"],
            cut_short=database.cut_short,
            region=region_named_by(counted.enterprises),
        )

    with database:
        return database.run_with_memory(load)
