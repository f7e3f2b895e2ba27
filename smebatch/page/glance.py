"""What 本轮 shows by district: entries, and who of the roster has answered.

Comparing a roster of 100,000 lines with as many returns takes seconds, so it is done once for a settled state of the
batch, and kept in memory (see kept).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import duckdb

from smebatch.batch.at_a_glance import RosterReplies, entries_by_district, roster_replies
from smebatch.batch.load import Selection
from smebatch.page.listing import ROWS, Listing, page_within
from smebatch.page.place import OpenBatch

_COUNTS = """
SELECT district, count(*) AS asked, count(*) FILTER (answered) AS answered,
       count(*) FILTER (counted) AS counted, count(*) FILTER (NOT answered) AS silent
FROM asked GROUP BY district
"""


class DistrictReplies(NamedTuple):
    """Enterprises of the roster in a district: how many were asked, answered, count, and did not answer.

    ``returns``: how many returns those who answered have sent.
    """

    asked: int = 0
    answered: int = 0
    counted: int = 0
    silent: int = 0
    returns: int = 0


class ReplyLists:
    """The enterprises of the roster and their returns, in memory, to be listed page by page."""

    def __init__(self, replies: RosterReplies) -> None:
        self._tables = duckdb.connect(config={"threads": 1})
        for name, frame in (("asked", replies.asked), ("returns", replies.returns)):
            self._tables.register("frame", frame)
            self._tables.execute(f"CREATE TABLE {name} AS SELECT row_number() OVER () AS line, * FROM frame")
            self._tables.unregister("frame")

    def by_district(self) -> dict[str, DistrictReplies]:
        """The counts of each district."""
        cursor = self._tables.cursor()
        returns = dict(cursor.execute("SELECT district, count(*) FROM returns GROUP BY district").fetchall())
        rows = cursor.execute(_COUNTS).fetchall()
        return {
            district: DistrictReplies(*counts)._replace(returns=returns.get(district, 0)) for district, *counts in rows
        }

    def page(self, table: str, conditions: Mapping[str, object], number: int) -> Listing:
        """A page of a table, ``asked`` or ``returns``, of the rows whose columns have these values."""
        cursor = self._tables.cursor()
        where = " AND ".join(f"{column} = ?" for column in conditions) or "true"
        (total,) = cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}", [*conditions.values()]).fetchone() or (
            0,
        )
        number = page_within(number, total)
        query = f"SELECT * FROM {table} WHERE {where} ORDER BY line LIMIT {ROWS} OFFSET {(number - 1) * ROWS}"
        cursor.execute(query, [*conditions.values()])
        columns = tuple(name for name, *_ in cursor.description or ())
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        return Listing(columns, rows, total, number)


class Glance(NamedTuple):
    """What is kept for a state: entries by district and status, the roster's counts, and its lists.

    ``districts``: all of them, in their order; the last is "" where entries are no returns. ``replies`` and ``lists``
    are None where there is no roster. ``covers``: the phase and kind whose returns are replies, in words.
    """

    districts: Sequence[str]
    entries: Mapping[str, Mapping[str, int]]
    replies: Mapping[str, DistrictReplies] | None
    lists: ReplyLists | None
    covers: str


def state_of(batch: OpenBatch, selection: Selection) -> tuple[object, ...]:
    """What the glance depends on: another state needs another one."""
    meta = batch.database.meta
    return (batch.database.path, selection, *(meta.get(name) for name in ("settled_at", "read_at", "roster_at")))


def take_glance(batch: OpenBatch, selection: Selection) -> Glance:
    """Work it out. Raises BatchError."""
    entries = entries_by_district(batch.database)
    found = roster_replies(batch.database, batch.edition, selection)
    lists = ReplyLists(found) if len(found.asked) else None
    replies = lists.by_district() if lists else None
    names = sorted({*entries, *(replies or ())} - {""})
    return Glance([*names, *([""] if "" in entries else [])], entries, replies, lists, found.selection.name)
