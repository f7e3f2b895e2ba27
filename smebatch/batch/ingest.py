"""Read a folder of returns into a batch: what is new is read, validated, scored and stored, and all is settled.

What is heavy to import is imported where it is used: while pandas is loading, the readers are reading.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from smebatch import __version__
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase, files_of
from smebatch.batch.executors import cluster_pool, local_pool
from smebatch.batch.folders import (
    NOTHING_ALLOWED,
    AllowedChanges,
    Folder,
    FolderScanner,
    as_meta,
    carry_over,
    check_lost,
    chosen,
    folders_of,
    list_all,
    place_of,
)
from smebatch.batch.inventory import Inventory
from smebatch.batch.originals import Filed, check_place, file_originals
from smebatch.batch.portion import read_portion
from smebatch.batch.reading import readers_of
from smebatch.batch.schema import LAYOUT
from smebatch.common.text import as_json
from smebatch.intake.sources.entry import LIMITED, RETRIED
from smebatch.intake.sources.limits import Limits
from smebatch.issues.catalogue import Notice
from smebatch.standard.form_markers import FORM_VERSION
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.intake.roster import Roster

STATUSES = ("counted", "returned", "superseded", "rejected")

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


def silent(_done: int, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Ingested:
    """What an ingest did: files by status, how many were read anew, which have left the batch, and what to say."""

    statuses: dict[str, int]
    read: int
    left: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    filed: Filed | None = None

    @property
    def entries(self) -> int:
        """All entries found."""
        return sum(self.statuses.values())


def ingest(
    folder: str | Path,
    batch: Path,
    edition: Edition,
    *,
    now: dt.datetime,
    asked: AllowedChanges = NOTHING_ALLOWED,
    jobs: int = 1,
    scheduler: str = "",
    limits: Limits | None = None,
    roster: Path | None = None,
    file_to: Path | None = None,
    ignore: Collection[Path] = (),
    progress: Progress = silent,
) -> Ingested:
    """Read a folder of returns into a batch: read, validate, score, store, settle.

    Only what is new or changed is read; a batch made with another edition, form or program version is read anew.
    Each step is one transaction, so that a run that was cut short is carried on by the next; what the batch told before
    it tells until all is settled. ``ignore`` names files of our own that may stand in the folder; the batch is one of
    them anyway. The folder may be a URL fsspec knows. It is the batch's, with others that were added to it; another is
    refused, and one that has vanished or lost more than half, unless ``asked`` for. ``file_to``: where to keep copies
    of the readable originals.

    Raises OSError where the folder cannot be listed, BatchError where the batch cannot be used, RosterError,
    FilingError where originals cannot be filed there.
    """
    # No batch is made for a folder that is not there.
    listing = FolderScanner(place_of(folder), (*ignore, *files_of(batch)), asked)
    listed = _listed(roster, edition) if roster else None
    limits = limits or Limits()
    made_with = f"{LAYOUT} {__version__} {FORM_VERSION} {edition.text_sha256}"
    with BatchDatabase(batch) as database, readers_of(edition, limits) as openers:
        # What was stopped by other limits may pass these.
        retried = RETRIED if database.meta.get("limits") == str(limits) else RETRIED | LIMITED
        found = Inventory(database, openers, jobs, retried=retried, progress=progress)
        filing, passed_over = _pass_over(database, listing, file_to)
        folders, notices = _folders(database, found, listing, asked)
        notices += [*_read_anew(database, edition, made_with), *passed_over]
        with database.rebuilding(made_with):
            anew = database.meta.get("made_with") != made_with
            if anew:
                database.forget_all_entries()
            with database.transaction():
                carry_over(database, folders_of(database.meta), folders)
                database.set_meta(folders=as_meta(folders), **filing)
            found.compare()
            database.allow_memory_for(found.count)
            done = found.count - found.due
            progress(done, found.count)
            with (
                cluster_pool(scheduler) if scheduler and found.due else local_pool(jobs) as pool,
                readers_of(edition, limits) as readers,
            ):
                size, side_by_side = pool.shares(found.due)
                read = partial(read_portion, readers=readers, today=now.date(), side_by_side=side_by_side)
                portions = pool.map(read, found.portions(size))
                if anew:
                    database.reset(edition, made_with)
                with database.transaction():
                    database.set_meta(under_way="yes")
                    found.forget_gone()
                    found.keep_inside()
                count = 0
                for portion in portions:
                    database.add_portion(edition, portion)
                    count += len(portion.entries)
                    done += len(portion.entries) + len(portion.unchanged)
                    progress(done, found.count)
            meta = {
                "read_at": now.isoformat(timespec="seconds"),
                "limits": str(limits),  # only now has every file been tried under these
            }
            if roster:
                meta |= {"roster": roster.name, "roster_at": meta["read_at"]}
            left = database.with_memory(lambda: _settle(database, edition, found, listed, meta))
            notices += listed.notices if listed else _roster_before(database)
            statuses = dict(database.rows("SELECT status, count(*) FROM files GROUP BY status"))
        filed = file_originals(database, found, file_to) if file_to else None
    return Ingested({status: statuses.get(status, 0) for status in STATUSES}, count, left, notices, filed)


def _pass_over(
    database: BatchDatabase, listing: FolderScanner, file_to: Path | None
) -> tuple[dict[str, str], list[Notice]]:
    """Let no folder be read to which originals are filed, now or before; what to remember, and to say of it.

    Raises FilingError, OSError.
    """
    before = {Path(place) for place in json.loads(database.meta.get("filed_to", "[]"))}
    read = [listing.place, *(folder.place for folder in folders_of(database.meta))]
    now = {file_to.absolute()} if file_to else set()
    if file_to:
        check_place(file_to, read, before)
    ours = sorted(before | now)
    listing.pass_over(ours)
    silent = [place for place in sorted(before - now) if place.is_dir() and any(map(place.is_relative_to, read))]
    meta = {"filed_to": as_json([str(place) for place in ours])} if ours else {}
    return meta, [Notice("filed.passed_over", {"path": place}) for place in silent]


def _folders(
    database: BatchDatabase, found: Inventory, listing: FolderScanner, asked: AllowedChanges
) -> tuple[list[Folder], list[Notice]]:
    """The folders the batch reads from now on, listed, and what is to be said of them. Raises BatchError."""
    folders, notices = chosen(database, found, listing, asked)
    found.clear()
    there, dropped = list_all(found, folders, listing, asked)
    if not asked.gone:
        check_lost(found, folders_of(database.meta), folders)
    return there, [*notices, *dropped]


def _roster_before(database: BatchDatabase) -> list[Notice]:
    """Which roster holds, where none was given now."""
    ((n,),) = database.rows("SELECT count(*) FROM roster")
    known = {"path": database.meta.get("roster", "？"), "at": database.meta.get("roster_at", "？")}
    return [Notice("roster.before", known | {"n": n})] if n else []


def _read_anew(database: BatchDatabase, edition: Edition, made_with: str) -> list[Notice]:
    """What is to be said where all that the batch has read is read anew: an option left out would do that as well."""
    before = database.meta.get("made_with", made_with)
    if before == made_with or database.meta.get("settled") != "yes":
        return []
    if before.rsplit(" ", 1)[-1] == edition.text_sha256:
        return [Notice("batch.other_version")]
    title = tomllib.loads(database.meta.get("edition", "")).get("edition", {}).get("title", "")
    if title == edition.header.title:
        return [Notice("batch.other_text", {"title": title})]
    return [Notice("batch.other_edition", {"old": title, "new": edition.header.title})]


def _listed(roster: Path, edition: Edition) -> Roster:
    from smebatch.intake.roster import read_roster

    return read_roster(roster, edition)


def _settle(
    database: BatchDatabase,
    edition: Edition,
    found: Inventory,
    listed: Roster | None,
    meta: Mapping[str, str],
) -> list[str]:
    from smebatch.batch.settle import settle_ledger

    with database.transaction():
        if listed is not None:
            database.put_roster(edition, listed)
        database.drop_orphans()
        left = database.keep_history(meta["read_at"])
        settle_ledger(database, edition)
        if not found.adds_up(STATUSES):
            raise BatchError("batch.does_not_add_up", path=database.path)
        database.set_meta(settled="yes", under_way="no", **meta)
    return left
