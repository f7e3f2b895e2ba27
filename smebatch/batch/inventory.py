"""The inventory of a batch's folders; compared with the batch, it tells which entries to read and which have gone.

It is a temporary table of the batch's connection, which DuckDB moves to disk where memory does not suffice, for a
folder may hold millions of files. Containers (archives, mails) are opened to list what they hold, unless the batch has
stored the content of a container of the same place, size and time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from smebatch.batch.database import BatchDatabase
from smebatch.batch.schema import INSIDE, declared
from smebatch.common.chunks import in_chunks
from smebatch.intake.read_result import ContainerTask, ReadResult
from smebatch.intake.sources.entry import Entry, MemberLocation
from smebatch.intake.workers.unpacking import split_by_size, unpacked_files
from smebatch.intake.workers.worker_pool import WorkerPool

if TYPE_CHECKING:
    from smebatch.intake.read_entry import FetchedContent

_ENTRIES_AT_A_TIME = 2_000  # entries inserted at a time

# A location is bytes, because on some systems not every path is a text.
_CREATE_INVENTORY = """
CREATE OR REPLACE TEMP TABLE inventory (
    file VARCHAR, location BLOB, bytes BIGINT, mtime_ns BIGINT, reason VARCHAR, member BIGINT[], stamp BIGINT,
    steps BIGINT[], container_bytes BIGINT
)
"""
_INSERT_LISTED = """
INSERT INTO {} SELECT unnest(?::VARCHAR[]), unnest(?::BLOB[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]),
                      unnest(?::VARCHAR[]), unnest(?::BIGINT[][]), unnest(?::BIGINT[]), unnest(?::BIGINT[][]),
                      unnest(?::BIGINT[])
"""
# ``closed``: the containers whose content is still to be listed. ``opened``: the content of those opened in this run or
# recalled from the batch.
_CREATE_CLOSED = "CREATE OR REPLACE TEMP TABLE closed AS FROM inventory LIMIT 0"
_CREATE_OPENED = f"CREATE TEMP TABLE opened ({declared(INSIDE.columns)})"
_INSERT_OPENED = """
INSERT INTO opened SELECT unnest(?::BLOB[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::VARCHAR[]),
                          unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::VARCHAR[]), unnest(?::BIGINT[][])
"""
_SAME_CONTAINER = "o.location = c.location AND o.whole = c.bytes AND o.stamp = c.stamp"
# The content that the batch has stored, except of containers in which something failed that may succeed now.
_RECALL_OPENED = f"""
INSERT INTO opened
SELECT o.* FROM inside o SEMI JOIN closed c ON {_SAME_CONTAINER}
ANTI JOIN opened c ON o.location = c.location
ANTI JOIN (SELECT location FROM inside WHERE list_contains($1, reason)) c ON o.location = c.location
"""
_CREATE_UNOPENED = f"""
CREATE OR REPLACE TEMP TABLE unopened AS
SELECT row_number() OVER (ORDER BY file) - 1 AS number, c.*, '' AS previous_sha256
FROM closed c ANTI JOIN opened o ON {_SAME_CONTAINER}
"""
_INSERT_CONTENT = f"""
INSERT INTO inventory
SELECT c.file || o.name, c.location, o.bytes, o.mtime_ns, o.reason, NULL, c.stamp, o.steps, c.bytes
FROM closed c JOIN opened o ON {_SAME_CONTAINER}
"""
# Entries that are new, of another size or time, or whose reason is to be tried again. One of the same size and another
# time keeps its previous hash: if the bytes still have it, the entry is unchanged and is not read again.
_CREATE_DUE = """
CREATE TEMP TABLE due AS
SELECT row_number() OVER (ORDER BY f.file) - 1 AS number, f.*,
       CASE WHEN e.bytes = f.bytes AND NOT list_contains($1, e.reason) THEN e.sha256 ELSE '' END AS previous_sha256
FROM inventory f LEFT JOIN entries e USING (file)
WHERE e.file IS NULL OR e.bytes <> f.bytes OR e.stamp <> f.stamp OR e.mtime_ns <> f.mtime_ns
   OR list_contains($1, e.reason)
"""
_SELECT_ENTRIES = """
SELECT file, location, bytes, mtime_ns, reason, member, stamp, steps, container_bytes, previous_sha256 FROM {}
WHERE number >= ? AND number < ? ORDER BY number
"""
_COUNT_OPENED = "SELECT count(*) FROM opened"
_CREATE_ORIGINALS = """
CREATE OR REPLACE TEMP TABLE originals AS
SELECT row_number() OVER (ORDER BY file) - 1 AS number, f.*, sha256 AS previous_sha256
FROM inventory f JOIN (SELECT min(file) AS file, any_value(sha256) AS sha256 FROM entries WHERE form_id <> ''
                   GROUP BY form_id) USING (file)
"""
_DELETE_GONE = "DELETE FROM entries WHERE file NOT IN (SELECT file FROM inventory)"
# Only entries that were read have a hash. Others (temporary files, what could not be opened) do not count as lost.
_SELECT_READ = "SELECT file, bytes, sha256 FROM entries WHERE sha256 <> '' AND starts_with(file, $1)"
_SELECT_MISSING = f"{_SELECT_READ} AND $2 || substr(file, len($1) + 1) NOT IN (SELECT file FROM inventory)"
# An entry can be a renamed file only if it is as long as a missing one.
_CREATE_CANDIDATES = """
CREATE OR REPLACE TEMP TABLE candidates AS
SELECT row_number() OVER (ORDER BY file) - 1 AS number, *, '' AS previous_sha256
FROM inventory WHERE reason = '' AND bytes IN (SELECT bytes FROM missing)
"""
_COUNT_STRAY = """
WITH listed AS (SELECT file, count(*) AS times FROM inventory GROUP BY file),
     lines AS (
         SELECT file, count(*) AS times, count(*) FILTER (list_contains(?, status)) AS sound FROM files GROUP BY file
     )
SELECT count(*) FROM listed e FULL JOIN lines l USING (file)
WHERE e.times IS DISTINCT FROM 1 OR l.times IS DISTINCT FROM 1 OR l.sound <> 1
"""


class Inventory:
    """The entries of a batch's folders.

    After :meth:`compare`, ``count`` is the number of all entries and ``due`` of those that are to be read.
    """

    count = due = 0

    def __init__(
        self,
        database: BatchDatabase,
        readers: WorkerPool,
        jobs: int = 1,
        *,
        retried: Collection[str] = (),
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        """An empty inventory beside a batch.

        ``readers`` open containers, ``jobs`` at a time; ``progress`` is called with the number opened and their total.
        ``retried``: the reasons for which an entry is read again though it has not changed.
        """
        self._database, self._readers, self._jobs = database, readers, jobs
        self._retried, self._progress = list(retried), progress
        self._opened = 0  # containers opened in this run
        self._execute(_CREATE_OPENED)
        self.clear()

    def clear(self) -> None:
        """Empty the inventory, but keep the content of the containers that were opened."""
        self._execute(_CREATE_INVENTORY)
        self._execute(_CREATE_CLOSED)

    def list_entries(self, entries: Iterator[Entry], prefix: str) -> None:
        """Add the entries of a folder, their names after the prefix; opens containers. Raises ReaderError."""
        listed = (replace(entry, file=prefix + entry.file) for entry in entries) if prefix else entries
        for chunk in in_chunks(listed, _ENTRIES_AT_A_TIME):
            for table, closed in (("inventory", False), ("closed", True)):
                if rows := [_row(entry) for entry in chunk if entry.unopened is closed]:
                    self._execute(_INSERT_LISTED.format(table), list(zip(*rows, strict=True)))
        if self._database.fetch_rows("SELECT count(*) FROM closed") != [(0,)]:
            self._list_inside()

    def _list_inside(self) -> None:
        """Replace the closed containers in the inventory by what they hold."""
        if self._database.has_table("inside"):
            self._execute(_RECALL_OPENED, [self._retried])
        self._execute(_CREATE_UNOPENED)
        ((count,),) = self._database.fetch_rows("SELECT count(*) FROM unopened")
        rows = chain.from_iterable(map(_content_rows, self._open(count)))
        for chunk in in_chunks(rows, _ENTRIES_AT_A_TIME):
            self._execute(_INSERT_OPENED, list(zip(*chunk, strict=True)))
        self._opened += count
        self._execute(_INSERT_CONTENT)
        self._execute(_CREATE_CLOSED)

    def _open(self, count: int) -> Iterator[ReadResult]:
        done = 0
        for closed in self._entries_of("unopened", count, _ENTRIES_AT_A_TIME):
            openings = [ContainerTask(entry, self._readers.new_unpack_folder()) for entry in closed]
            for outcome in self._readers.open_containers(openings, self._jobs):
                yield outcome
                done += 1
                self._progress(done, count)

    def store_content_of_containers(self) -> None:
        """Store in the batch what the containers hold, so that the next run need not open them."""
        if self._opened or self._database.fetch_rows("SELECT count(*) FROM inside") != self._database.fetch_rows(
            _COUNT_OPENED
        ):
            self._execute("DELETE FROM inside")
            self._execute("INSERT INTO inside FROM opened")

    def originals(self, size: int) -> Iterator[list[Entry]]:
        """One entry of each return that the batch has read, with its previous hash, ``size`` at a time."""
        self._execute(_CREATE_ORIGINALS)
        ((count,),) = self._database.fetch_rows("SELECT count(*) FROM originals")
        return self._entries_of("originals", count, size)

    def fetch(self, entries: Sequence[Entry]) -> Iterator[FetchedContent]:
        """Yield the bytes of each entry in order, or the reason why they cannot be had. Raises ReaderError."""
        from smebatch.intake.read_entry import fetch_contents

        for chunk in split_by_size(entries):
            with unpacked_files(chunk, self._readers, self._jobs) as files:
                yield from fetch_contents(files)

    def compare(self) -> None:
        """Compare the inventory with what the batch has read, and set ``count`` and ``due``."""
        self._execute(_CREATE_DUE, [self._retried])
        ((self.count, self.due),) = self._database.fetch_rows(
            "SELECT (SELECT count(*) FROM inventory), (SELECT count(*) FROM due)"
        )

    def portions(self, size: int) -> Iterator[list[Entry]]:
        """The entries that are to be read, ``size`` at a time."""
        return self._entries_of("due", self.due, size)

    def delete_gone(self) -> None:
        """Delete from the batch the entries that are not in the inventory."""
        self._database.execute(_DELETE_GONE)

    def adds_up(self, statuses: Collection[str]) -> bool:
        """Whether the ledger has exactly one line for every entry, with one of the statuses, and no other line."""
        return self._database.fetch_rows(_COUNT_STRAY, [list(statuses)]) == [(0,)]

    # --- is it still the same folder? ---------------------------------------------------------------------------------

    def has_read_entries(self) -> bool:
        """Whether the batch has read anything before."""
        return self._database.has_table("entries") and self._database.fetch_rows("SELECT count(*) FROM entries") != [
            (0,)
        ]

    def count_lost(self, old: str, new: str) -> tuple[int, int]:
        """How many of the entries that were read of a folder are lost, and how many were read.

        Their names in the batch begin with ``old``, their names in the inventory with ``new``. A file that was renamed
        is not lost; as comparing bytes takes long, that is done only where half of the names are gone.
        """
        if not self.has_read_entries():
            return 0, 0
        ((total,),) = self._database.fetch_rows(f"SELECT count(*) FROM ({_SELECT_READ})", [old])
        self._list_missing(_SELECT_MISSING, old, new)
        if 2 * self._count_missing() > total:
            self._find_renamed()
        return self._count_missing(), total

    def has_half_of(self, prefix: str) -> bool:
        """Whether the inventory has the bytes of at least half of the entries that were read of a folder."""
        self._list_missing(_SELECT_READ, prefix)
        total = self._count_missing()
        self._find_renamed()
        return 0 < total >= 2 * self._count_missing()

    def _list_missing(self, select: str, *parameters: object) -> None:
        self._execute(f"CREATE OR REPLACE TEMP TABLE missing AS {select}", list(parameters))

    def _count_missing(self) -> int:
        ((count,),) = self._database.fetch_rows("SELECT count(*) FROM missing")
        return int(count)

    def _find_renamed(self) -> None:
        """Take from the missing entries those whose bytes are in the inventory under another name."""
        self._execute(_CREATE_CANDIDATES)
        ((count,),) = self._database.fetch_rows("SELECT count(*) FROM candidates")
        for entries in self._entries_of("candidates", count, _ENTRIES_AT_A_TIME):
            hashes = [hashlib.sha256(data).hexdigest() for data in self.fetch(entries) if isinstance(data, bytes)]
            self._execute("DELETE FROM missing WHERE sha256 IN (SELECT unnest(?::VARCHAR[]))", [hashes])

    # --- the tables -------------------------------------------------------------------------------------------------

    def _entries_of(self, table: str, count: int, size: int) -> Iterator[list[Entry]]:
        for start in range(0, count, size):
            span = [start, start + size]
            yield [
                _entry(*row)
                for row in self._database.run_with_memory(
                    partial(self._database.fetch_rows, _SELECT_ENTRIES.format(table), span)
                )
            ]

    def _execute(self, statement: str, parameters: list[object] | None = None) -> None:
        self._database.run_with_memory(lambda: self._database.execute(statement, parameters or []))


def _row(entry: Entry) -> tuple[object, ...]:
    place = os.fsencode(entry.location)
    fields = entry.file, place, entry.bytes, entry.mtime_ns, entry.reason, entry.member, entry.stamp
    return *fields, entry.steps, entry.container_bytes


def _entry(
    file: str,
    location: bytes,
    size: int,
    mtime_ns: int,
    reason: str,
    member: list[int] | None,
    stamp: int,
    steps: list[int] | None,
    container_bytes: int,
    previous_sha256: str,
) -> Entry:
    tag = None if stamp == mtime_ns else stamp
    where = MemberLocation(*member) if member else None
    place = os.fsdecode(location)
    return Entry(file, place, size, mtime_ns, reason, where, previous_sha256, tag, tuple(steps or ()), container_bytes)


def _content_rows(outcome: ReadResult) -> Iterator[tuple[object, ...]]:
    """The rows of what a container holds; of the container itself where it cannot be opened."""
    container = outcome.entry
    identity = os.fsencode(container.location), container.bytes, container.stamp
    for entry in [replace(container, reason=outcome.reason)] if outcome.reason else outcome.members:
        yield *identity, entry.file.removeprefix(container.file), entry.bytes, entry.mtime_ns, entry.reason, entry.steps
