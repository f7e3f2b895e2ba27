"""A round at a glance: what became of the entries, and which enterprises of the roster have answered, by district."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from smebatch.batch.database import BatchDatabase
from smebatch.batch.load import Selection, usual_selection
from smebatch.batch.response import ASKED_ENTERPRISES, ASKED_REPLIES
from smebatch.common.text import BLANK, clean_text
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import pandas as pd

_BY_DISTRICT = f"""
SELECT CASE WHEN a.form_id <> '' THEN coalesce(nullif(trim(a.district), ''), '{BLANK}') ELSE '' END, f.status, count(*)
FROM files f LEFT JOIN answers a USING (form_id) GROUP BY ALL ORDER BY ALL
"""
_KINDS = """
SELECT phase, assessment_kind, count(*) FROM files f JOIN answers a USING (form_id)
WHERE f.status = 'counted' AND phase IS NOT NULL AND assessment_kind IS NOT NULL GROUP BY ALL
"""


class RosterReplies(NamedTuple):
    """Who of the roster has answered in a phase and kind of assessment, ``selection``.

    ``asked``: every enterprise once, in the roster's order: name, uscc, district, contact, phone, doubt, answered,
    counted (see ASKED_ENTERPRISES). ``returns``: those of them: form_id, file, status, name, and the district of the
    roster. Blank districts are BLANK, other blanks "".
    """

    asked: pd.DataFrame
    returns: pd.DataFrame
    selection: Selection


def count_statuses(database: BatchDatabase) -> dict[str, int]:
    """How many entries there are of each status. Raises BatchError."""
    return dict(database.recall_rows("SELECT status, count(*) FROM files GROUP BY status"))


def entries_by_district(database: BatchDatabase) -> Mapping[str, Mapping[str, int]]:
    """How many entries there are of each status, by the district that the return names; "" of no return.

    Raises BatchError.
    """
    counts: dict[str, dict[str, int]] = {}
    for district, status, count in database.fetch_rows(_BY_DISTRICT):
        counts.setdefault(district, {})[status] = count
    return counts


def select_usual(database: BatchDatabase, edition: Edition, selection: Selection) -> Selection:
    """The selection with what it leaves open: what most counted returns have. Raises BatchError."""
    counts = {(phase, kind): count for phase, kind, count in database.fetch_rows(_KINDS)}
    return usual_selection(counts, edition, selection)


def roster_replies(database: BatchDatabase, edition: Edition, selection: Selection) -> RosterReplies:
    """Compare the roster with the returns that a report of this selection covers. Raises BatchError."""
    usual = select_usual(database, edition, selection)
    frames = [
        database.fetch_frame(query, [usual.phase, usual.kind]).fillna({"name": "", "district": ""})
        for query in (ASKED_ENTERPRISES, ASKED_REPLIES)
    ]
    for frame in frames:
        names = {text: clean_text(text).strip() or BLANK for text in frame["district"].unique()}
        frame["district"] = frame["district"].map(names)
    asked, returns = frames
    return RosterReplies(asked.fillna({"uscc": "", "contact": "", "phone": ""}), returns, usual)
