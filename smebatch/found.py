"""What a folder holds, beside what the batch knows of it: which entries are to be read, and which have gone.

The list is a table of the batch's own connection, on disk where memory does not suffice: a folder may hold millions.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from smebatch.intake.entry import Entry, Member
from smebatch.store import Store

_LISTED = 2_000  # entries put down at a time

# A location is bytes, for on some systems not every path is a text.
_TABLE = """
CREATE TEMP TABLE found (file VARCHAR, location BLOB, bytes BIGINT, mtime_ns BIGINT, reason VARCHAR, member BIGINT[])
"""
_LIST = """
INSERT INTO found SELECT unnest(?::VARCHAR[]), unnest(?::BLOB[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]),
                         unnest(?::VARCHAR[]), unnest(?::BIGINT[][])
"""
# Those that are new, of another size or time, or whose reason is to be tried again. Those of another time alone carry
# the hash they had: if they have it still, they are unchanged after all.
_DUE = """
CREATE TEMP TABLE due AS
SELECT row_number() OVER (ORDER BY f.file) - 1 AS number, f.*,
       CASE WHEN e.bytes = f.bytes AND NOT list_contains($1, e.reason) THEN e.sha256 ELSE '' END AS known
FROM found f LEFT JOIN entries e USING (file)
WHERE e.file IS NULL OR e.bytes <> f.bytes OR e.mtime_ns <> f.mtime_ns OR list_contains($1, e.reason)
"""
_TAKE = """
SELECT file, location, bytes, mtime_ns, reason, member, known FROM due WHERE number >= ? AND number < ? ORDER BY number
"""
_GONE = "DELETE FROM entries WHERE file NOT IN (SELECT file FROM found)"
_STRAY = """
WITH listed AS (SELECT file, count(*) AS times FROM found GROUP BY file),
     lines AS (
         SELECT file, count(*) AS times, count(*) FILTER (list_contains(?, status)) AS sound FROM files GROUP BY file
     )
SELECT count(*) FROM listed e FULL JOIN lines l USING (file)
WHERE e.times IS DISTINCT FROM 1 OR l.times IS DISTINCT FROM 1 OR l.sound <> 1
"""


class Found:
    """The entries of a folder, listed beside the batch. ``count``: of all, ``due``: of those to be read."""

    def __init__(self, store: Store, entries: Iterable[Entry], retried: Collection[str]) -> None:
        """``retried``: reasons that may be gone though nothing has changed."""
        self._store = store
        store.run(_TABLE)
        listed = iter(entries)
        while some := list(islice(listed, _LISTED)):
            store.run(_LIST, list(zip(*map(_row, some), strict=True)))
        store.run(_DUE, [list(retried)])
        ((self.count, self.due),) = store.rows("SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM due)")

    def portions(self, size: int) -> Iterator[list[Entry]]:
        """What is to be read, so many at a time."""
        for start in range(0, self.due, size):
            yield [_entry(*row) for row in self._store.rows(_TAKE, [start, start + size])]

    def forget_gone(self) -> None:
        """Take the entries that are no longer there out of the batch."""
        self._store.run(_GONE)

    def adds_up(self, statuses: Collection[str]) -> bool:
        """Whether the ledger has one line for every entry, with one of the statuses, and no other."""
        return self._store.rows(_STRAY, [list(statuses)]) == [(0,)]


def _row(entry: Entry) -> tuple[object, ...]:
    place = os.fsencode(entry.location)
    return entry.file, place, entry.bytes, entry.mtime_ns, entry.reason, entry.member


def _entry(
    file: str, location: bytes, size: int, mtime_ns: int, reason: str, member: list[int] | None, known: str
) -> Entry:
    return Entry(file, os.fsdecode(location), size, mtime_ns, reason, Member(*member) if member else None, known)
