"""What a batch's folders hold, beside what the batch knows of it: which entries are to be read, and which have gone.

The list is a table of the batch's own connection, on disk where memory does not suffice: a folder may hold millions.
Containers are opened to be listed, unless the batch knows what one of that size and time holds.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from smebatch.batch.database import Store, declared
from smebatch.intake.read_result import ContainerTask, ReadResult
from smebatch.intake.sources.entry import Entry, MemberLocation
from smebatch.intake.workers.unpacking import split_by_size, unpacked_files
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.standard.columns import TABLES

if TYPE_CHECKING:
    from smebatch.intake.read_entry import FetchedContent

_LISTED = 2_000  # entries put down at a time

# A location is bytes, for on some systems not every path is a text.
_TABLE = """
CREATE OR REPLACE TEMP TABLE found (
    file VARCHAR, location BLOB, bytes BIGINT, mtime_ns BIGINT, reason VARCHAR, member BIGINT[], stamp BIGINT,
    steps BIGINT[], whole BIGINT
)
"""
_LIST = """
INSERT INTO {} SELECT unnest(?::VARCHAR[]), unnest(?::BLOB[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]),
                      unnest(?::VARCHAR[]), unnest(?::BIGINT[][]), unnest(?::BIGINT[]), unnest(?::BIGINT[][]),
                      unnest(?::BIGINT[])
"""
# Containers that are to be listed, and what has been seen in any of them.
_CLOSED = "CREATE OR REPLACE TEMP TABLE closed AS FROM found LIMIT 0"
_OPENED = f"CREATE TEMP TABLE opened ({declared(TABLES['inside'])})"
_OPEN = """
INSERT INTO opened SELECT unnest(?::BLOB[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::VARCHAR[]),
                          unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::VARCHAR[]), unnest(?::BIGINT[][])
"""
_SAME = "o.location = c.location AND o.whole = c.bytes AND o.stamp = c.stamp"
# What the batch knows, but of containers that may be opened now.
_RECALL = f"""
INSERT INTO opened
SELECT o.* FROM inside o SEMI JOIN closed c ON {_SAME}
ANTI JOIN opened c ON o.location = c.location
ANTI JOIN (SELECT location FROM inside WHERE list_contains($1, reason)) c ON o.location = c.location
"""
_UNOPENED = f"""
CREATE OR REPLACE TEMP TABLE unopened AS
SELECT row_number() OVER (ORDER BY file) - 1 AS number, c.*, '' AS known
FROM closed c ANTI JOIN opened o ON {_SAME}
"""
_PUT_INSIDE = f"""
INSERT INTO found
SELECT c.file || o.name, c.location, o.bytes, o.mtime_ns, o.reason, NULL, c.stamp, o.steps, c.bytes
FROM closed c JOIN opened o ON {_SAME}
"""
# Those that are new, of another size or time, or whose reason is to be tried again. Those of another time alone carry
# the hash they had: if they have it still, they are unchanged after all.
_DUE = """
CREATE TEMP TABLE due AS
SELECT row_number() OVER (ORDER BY f.file) - 1 AS number, f.*,
       CASE WHEN e.bytes = f.bytes AND NOT list_contains($1, e.reason) THEN e.sha256 ELSE '' END AS known
FROM found f LEFT JOIN entries e USING (file)
WHERE e.file IS NULL OR e.bytes <> f.bytes OR e.stamp <> f.stamp OR e.mtime_ns <> f.mtime_ns
   OR list_contains($1, e.reason)
"""
_TAKE = """
SELECT file, location, bytes, mtime_ns, reason, member, stamp, steps, whole, known FROM {}
WHERE number >= ? AND number < ? ORDER BY number
"""
_COUNT_OPENED = "SELECT count(*) FROM opened"
_ORIGINALS = """
CREATE OR REPLACE TEMP TABLE originals AS
SELECT row_number() OVER (ORDER BY file) - 1 AS number, f.*, sha256 AS known
FROM found f JOIN (SELECT min(file) AS file, any_value(sha256) AS sha256 FROM entries WHERE form_id <> ''
                   GROUP BY form_id) USING (file)
"""
_GONE = "DELETE FROM entries WHERE file NOT IN (SELECT file FROM found)"
# What was read has a hash; what could not be opened, or is of the system, comes and goes.
_READ = "SELECT file, bytes, sha256 FROM entries WHERE sha256 <> '' AND starts_with(file, $1)"
_MISSING = f"{_READ} AND $2 || substr(file, len($1) + 1) NOT IN (SELECT file FROM found)"
# Only what is as long as something that is missed can be it.
_ALIKE = """
CREATE OR REPLACE TEMP TABLE alike AS
SELECT row_number() OVER (ORDER BY file) - 1 AS number, *, '' AS known
FROM found WHERE reason = '' AND bytes IN (SELECT bytes FROM missed)
"""
_STRAY = """
WITH listed AS (SELECT file, count(*) AS times FROM found GROUP BY file),
     lines AS (
         SELECT file, count(*) AS times, count(*) FILTER (list_contains(?, status)) AS sound FROM files GROUP BY file
     )
SELECT count(*) FROM listed e FULL JOIN lines l USING (file)
WHERE e.times IS DISTINCT FROM 1 OR l.times IS DISTINCT FROM 1 OR l.sound <> 1
"""


class Found:
    """The entries of the batch's folders, listed beside the batch.

    ``count``: of all, ``due``: of those to be read, once they are compared with what the batch knows.
    """

    count = due = 0

    def __init__(
        self,
        store: Store,
        readers: WorkerPool,
        jobs: int = 1,
        *,
        retried: Collection[str] = (),
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        """``readers`` open containers, so many at a time, of which ``progress`` tells.

        ``retried``: reasons that may be gone though nothing has changed.
        """
        self._store, self._readers, self._jobs = store, readers, jobs
        self._retried, self._progress = list(retried), progress
        self._opened = 0  # containers
        self._do(_OPENED)
        self.clear()

    def clear(self) -> None:
        """Forget what has been listed, but not what has been seen in containers."""
        self._do(_TABLE)
        self._do(_CLOSED)

    def list_entries(self, entries: Iterator[Entry], prefix: str) -> None:
        """List what a folder holds; the names begin with the prefix. Raises ReaderError."""
        listed = (replace(entry, file=prefix + entry.file) for entry in entries) if prefix else entries
        while some := list(islice(listed, _LISTED)):
            for table, closed in (("found", False), ("closed", True)):
                if rows := [_row(entry) for entry in some if entry.unopened is closed]:
                    self._do(_LIST.format(table), list(zip(*rows, strict=True)))
        if self._store.rows("SELECT count(*) FROM closed") != [(0,)]:
            self._list_inside()

    def _list_inside(self) -> None:
        if self._store.has_table("inside"):
            self._do(_RECALL, [self._retried])
        self._do(_UNOPENED)
        ((count,),) = self._store.rows("SELECT count(*) FROM unopened")
        rows = chain.from_iterable(map(_rows_inside, self._open(count)))
        while some := list(islice(rows, _LISTED)):
            self._do(_OPEN, list(zip(*some, strict=True)))
        self._opened += count
        self._do(_PUT_INSIDE)
        self._do(_CLOSED)

    def _open(self, count: int) -> Iterator[ReadResult]:
        done = 0
        for closed in self._taken("unopened", count, _LISTED):
            openings = [ContainerTask(entry, self._readers.new_unpack_folder()) for entry in closed]
            for outcome in self._readers.open_containers(openings, self._jobs):
                yield outcome
                done += 1
                self._progress(done, count)

    def keep_inside(self) -> None:
        """Let the batch know what lies in the containers, so that they need not be opened again."""
        if self._opened or self._store.rows("SELECT count(*) FROM inside") != self._store.rows(_COUNT_OPENED):
            self._do("DELETE FROM inside")
            self._do("INSERT INTO inside FROM opened")

    def originals(self, size: int) -> Iterator[list[Entry]]:
        """One entry of each return that the batch has read, so many at a time; all are ``known``."""
        self._do(_ORIGINALS)
        ((count,),) = self._store.rows("SELECT count(*) FROM originals")
        return self._taken("originals", count, size)

    def fetch(self, entries: Sequence[Entry]) -> Iterator[FetchedContent]:
        """Yield what entries hold, one by one, or the reason why it cannot be had. Raises ReaderError."""
        from smebatch.intake.read_entry import fetch_contents

        for some in split_by_size(entries):
            with unpacked_files(some, self._readers, self._jobs) as files:
                yield from fetch_contents(files)

    def compare(self) -> None:
        """See what is to be read."""
        self._do(_DUE, [self._retried])
        ((self.count, self.due),) = self._store.rows("SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM due)")

    def portions(self, size: int) -> Iterator[list[Entry]]:
        """What is to be read, so many at a time."""
        return self._taken("due", self.due, size)

    def forget_gone(self) -> None:
        """Take the entries that are no longer there out of the batch."""
        self._store.run(_GONE)

    def adds_up(self, statuses: Collection[str]) -> bool:
        """Whether the ledger has one line for every entry, with one of the statuses, and no other."""
        return self._store.rows(_STRAY, [list(statuses)]) == [(0,)]

    # --- is it the folder it was? -----------------------------------------------------------------------------------

    def read_before(self) -> bool:
        """Whether the batch has read anything."""
        return self._store.has_table("entries") and self._store.rows("SELECT count(*) FROM entries") != [(0,)]

    def lost(self, old: str, new: str) -> tuple[int, int]:
        """How many of a folder's entries that were read are there no more, of how many.

        Their names in the batch begin with ``old``, those of what is listed with ``new``. What lies there under another
        name is not lost; so hashes are looked at where names say that half has gone.
        """
        if not self.read_before():
            return 0, 0
        ((total,),) = self._store.rows(f"SELECT count(*) FROM ({_READ})", [old])
        self._miss(_MISSING, old, new)
        if 2 * self._missed() > total:
            self._find_again()
        return self._missed(), total

    def half_lies_there(self, prefix: str) -> bool:
        """Whether of a folder's entries at least half have the bytes of something that is listed."""
        self._miss(_READ, prefix)
        total = self._missed()
        self._find_again()
        return 0 < total >= 2 * self._missed()

    def _miss(self, select: str, *parameters: object) -> None:
        self._do(f"CREATE OR REPLACE TEMP TABLE missed AS {select}", list(parameters))

    def _missed(self) -> int:
        ((count,),) = self._store.rows("SELECT count(*) FROM missed")
        return int(count)

    def _find_again(self) -> None:
        """Take from what is missed whatever is listed, by its bytes."""
        self._do(_ALIKE)
        ((count,),) = self._store.rows("SELECT count(*) FROM alike")
        for entries in self._taken("alike", count, _LISTED):
            hashes = [hashlib.sha256(data).hexdigest() for data in self.fetch(entries) if isinstance(data, bytes)]
            self._do("DELETE FROM missed WHERE sha256 IN (SELECT unnest(?::VARCHAR[]))", [hashes])

    # --- the tables -------------------------------------------------------------------------------------------------

    def _taken(self, table: str, count: int, size: int) -> Iterator[list[Entry]]:
        for start in range(0, count, size):
            span = [start, start + size]
            yield [
                _entry(*row) for row in self._store.with_memory(partial(self._store.rows, _TAKE.format(table), span))
            ]

    def _do(self, statement: str, parameters: list[object] | None = None) -> None:
        self._store.with_memory(lambda: self._store.run(statement, parameters or []))


def _row(entry: Entry) -> tuple[object, ...]:
    place = os.fsencode(entry.location)
    told = entry.file, place, entry.bytes, entry.mtime_ns, entry.reason, entry.member, entry.stamp
    return *told, entry.steps, entry.container_bytes


def _entry(
    file: str,
    location: bytes,
    size: int,
    mtime_ns: int,
    reason: str,
    member: list[int] | None,
    stamp: int,
    steps: list[int] | None,
    whole: int,
    known: str,
) -> Entry:
    tag = None if stamp == mtime_ns else stamp
    where = MemberLocation(*member) if member else None
    place = os.fsdecode(location)
    return Entry(file, place, size, mtime_ns, reason, where, known, tag, tuple(steps or ()), whole)


def _rows_inside(outcome: ReadResult) -> Iterator[tuple[object, ...]]:
    """What has been seen in a container; the container itself where it cannot be opened."""
    it = outcome.entry
    key = os.fsencode(it.location), it.bytes, it.stamp
    for entry in [replace(it, reason=outcome.reason)] if outcome.reason else outcome.members:
        yield *key, entry.file.removeprefix(it.file), entry.bytes, entry.mtime_ns, entry.reason, entry.steps
