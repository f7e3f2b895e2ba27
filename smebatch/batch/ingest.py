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
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from smebatch import __version__
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import LAYOUT, Store, files_of
from smebatch.batch.executors import cluster_pool, local_pool
from smebatch.batch.folders import (
    NOTHING_ASKED,
    Asked,
    Folder,
    Listing,
    as_meta,
    carry_over,
    check_lost,
    chosen,
    folders_of,
    list_all,
    place_of,
)
from smebatch.batch.inventory import Found
from smebatch.batch.originals import Filed, check_place, file_originals
from smebatch.batch.portion import read_portion
from smebatch.batch.reading import readers_of
from smebatch.common.text import as_json
from smebatch.intake.sources.entry import LIMIT_REASONS, RETRY_REASONS
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
    asked: Asked = NOTHING_ASKED,
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
    listing = Listing(place_of(folder), (*ignore, *files_of(batch)), asked)
    listed = _listed(roster, edition) if roster else None
    limits = limits or Limits()
    made_with = f"{LAYOUT} {__version__} {FORM_VERSION} {edition.text_sha256}"
    with Store(batch) as store, readers_of(edition, limits) as openers:
        # What was stopped by other limits may pass these.
        retried = RETRY_REASONS if store.meta.get("limits") == str(limits) else RETRY_REASONS | LIMIT_REASONS
        found = Found(store, openers, jobs, retried=retried, progress=progress)
        filing, passed_over = _pass_over(store, listing, file_to)
        folders, notices = _folders(store, found, listing, asked)
        notices += [*_read_anew(store, edition, made_with), *passed_over]
        with store.kept_until_made_anew(made_with):
            anew = store.meta.get("made_with") != made_with
            if anew:
                store.forget()
            with store.transaction():
                carry_over(store, folders_of(store.meta), folders)
                store.set_meta(folders=as_meta(folders), **filing)
            found.compare()
            store.expect(found.count)
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
                    # Only then, for until then a thread imports pandas: two that do are not to be interrupted.
                    first = list(islice(portions, 1))
                    portions = chain(first, portions)
                    store.reset(edition, _score_columns(edition), made_with)
                with store.transaction():
                    store.set_meta(under_way="yes")
                    found.forget_gone()
                    found.keep_inside()
                count = 0
                for portion in portions:
                    store.add_portion(edition, portion)
                    count += len(portion.entries)
                    done += len(portion.entries) + len(portion.unchanged)
                    progress(done, found.count)
            meta = {
                "read_at": now.isoformat(timespec="seconds"),
                "limits": str(limits),  # only now has every file been tried under these
            }
            if roster:
                meta |= {"roster": roster.name, "roster_at": meta["read_at"]}
            left = store.with_memory(lambda: _settle(store, edition, found, listed, meta))
            notices += listed.notices if listed else _roster_before(store)
            statuses = dict(store.rows("SELECT status, count(*) FROM files GROUP BY status"))
        filed = file_originals(store, found, file_to) if file_to else None
    return Ingested({status: statuses.get(status, 0) for status in STATUSES}, count, left, notices, filed)


def _pass_over(store: Store, listing: Listing, file_to: Path | None) -> tuple[dict[str, str], list[Notice]]:
    """Let no folder be read to which originals are filed, now or before; what to remember, and to say of it.

    Raises FilingError, OSError.
    """
    before = {Path(place) for place in json.loads(store.meta.get("filed_to", "[]"))}
    read = [listing.place, *(folder.place for folder in folders_of(store.meta))]
    now = {file_to.absolute()} if file_to else set()
    if file_to:
        check_place(file_to, read, before)
    ours = sorted(before | now)
    listing.pass_over(ours)
    silent = [place for place in sorted(before - now) if place.is_dir() and any(map(place.is_relative_to, read))]
    meta = {"filed_to": as_json([str(place) for place in ours])} if ours else {}
    return meta, [Notice("filed.passed_over", {"path": place}) for place in silent]


def _folders(store: Store, found: Found, listing: Listing, asked: Asked) -> tuple[list[Folder], list[Notice]]:
    """The folders the batch reads from now on, listed, and what is to be said of them. Raises BatchError."""
    folders, notices = chosen(store, found, listing, asked)
    found.clear()
    there, dropped = list_all(found, folders, listing, asked)
    if not asked.gone:
        check_lost(found, folders_of(store.meta), folders)
    return there, [*notices, *dropped]


def _roster_before(store: Store) -> list[Notice]:
    """Which roster holds, where none was given now."""
    ((n,),) = store.rows("SELECT count(*) FROM roster")
    known = {"path": store.meta.get("roster", "？"), "at": store.meta.get("roster_at", "？")}
    return [Notice("roster.before", known | {"n": n})] if n else []


def _read_anew(store: Store, edition: Edition, made_with: str) -> list[Notice]:
    """What is to be said where all that the batch has read is read anew: an option left out would do that as well."""
    before = store.meta.get("made_with", made_with)
    if before == made_with or store.meta.get("settled") != "yes":
        return []
    if before.rsplit(" ", 1)[-1] == edition.text_sha256:
        return [Notice("batch.other_version")]
    title = tomllib.loads(store.meta.get("edition", "")).get("edition", {}).get("title", "")
    if title == edition.header.title:
        return [Notice("batch.other_text", {"title": title})]
    return [Notice("batch.other_edition", {"old": title, "new": edition.header.title})]


def _listed(roster: Path, edition: Edition) -> Roster:
    from smebatch.intake.roster import read_roster

    return read_roster(roster, edition)


def _settle(
    store: Store,
    edition: Edition,
    found: Found,
    listed: Roster | None,
    meta: Mapping[str, str],
) -> list[str]:
    from smebatch.batch.settle import settle_ledger

    with store.transaction():
        if listed is not None:
            store.put_roster(edition, listed)
        store.sweep()
        left = store.keep_history(meta["read_at"])
        settle_ledger(store, edition)
        if not found.adds_up(STATUSES):
            raise BatchError("batch.does_not_add_up", path=store.path)
        store.set_meta(settled="yes", under_way="no", **meta)
    return left


def _score_columns(edition: Edition) -> list[str]:
    from smebatch.assess.answers_frame import make_answers
    from smebatch.assess.score import score

    return list(score(make_answers(edition, [], [])).columns)
