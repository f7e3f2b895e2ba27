"""The columns of the form or of the roster by which a report groups and selects enterprises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase, identifier
from smebatch.batch.response import asked_columns
from smebatch.intake.roster_headings import find_column
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import pandas as pd


class WantedColumn(NamedTuple):
    """A column that was asked for by ``name``.

    ``column``: the key of a field of the form, or a heading that the roster has beside those. ``of_form``: which.
    """

    name: str
    column: str
    of_form: bool


def find_columns(database: BatchDatabase, edition: Edition, names: Sequence[str]) -> tuple[WantedColumn, ...]:
    """The columns of some names: keys, headings of the roster, or labels and usual wordings of the form.

    Raises BatchError for a name that is none of these.
    """
    rows = database.fetch_rows("SELECT column_name FROM (DESCRIBE roster)") if names else []
    keys = {field.key for field in edition.fields}
    return tuple(_find(name, edition, [heading for (heading,) in rows if heading not in keys]) for name in names)


def _find(name: str, edition: Edition, further: Sequence[str]) -> WantedColumn:
    if column := find_column(name, edition, further):
        return WantedColumn(name, *column)
    known = "、".join([*further, *(field.label for field in edition.fields)])
    raise BatchError("batch.no_column", column=name, known=known)


def load_columns(
    database: BatchDatabase, wanted: Sequence[WantedColumn], form_ids: pd.Index[str], asked: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The wanted columns by name: of the enterprises on the roster, and of returns; see batch.load.ReportData.

    ``form_ids``: the counted returns. ``asked``: index form_id, with the line of the roster of each that is on it.
    """
    import pandas as pd

    of_roster = pd.DataFrame()
    if wanted:
        query = asked_columns([identifier(each.column) for each in wanted])
        of_roster = database.fetch_frame(query).astype("str")
    of_roster.columns = pd.Index([each.name for each in wanted])
    said = {}
    for each in wanted:
        on_roster = asked["line"].map(of_roster[each.name]).reindex(form_ids)
        if each.of_form:
            query = f"SELECT form_id, nullif(trim({identifier(each.column)}::VARCHAR), '') AS said FROM answers"
            own = database.fetch_frame(f"{query} SEMI JOIN files USING (form_id)").set_index("form_id")["said"]
            on_roster = own.reindex(form_ids).astype("str").fillna(on_roster)
        said[each.name] = on_roster.astype("str")
    return of_roster, pd.DataFrame(said, index=form_ids)
