"""Reads a folder of returns into a batch: reads, validates, scores and stores new and changed files, settles all.

Modules that are heavy to import are imported in the functions that use them: while pandas loads, the readers read.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from smebatch import __version__
from smebatch.batch.batch_file import BatchError
from smebatch.batch.copies import no_entries
from smebatch.batch.database import BatchDatabase, batch_files
from smebatch.batch.executors import cluster_pool, local_pool
from smebatch.batch.folders import (
    NOTHING_ALLOWED,
    AllowedChanges,
    Folder,
    FolderScanner,
    choose_folders,
    folders_as_meta,
    folders_of,
    full_path,
    move_entries,
    refuse_losses,
    take_inventory,
)
from smebatch.batch.inventory import Inventory
from smebatch.batch.older_layouts import layout_of
from smebatch.batch.originals import FilingResult, file_originals, prepare_copies_folder
from smebatch.batch.portion import read_portion
from smebatch.batch.reading import reader_pool
from smebatch.batch.schema import LAYOUT
from smebatch.batch.use import noting, wait_to_open
from smebatch.batch.written import written_results
from smebatch.common.text import as_json, minute_text
from smebatch.intake.sources.entry import LIMIT_REASONS, RETRY_REASONS
from smebatch.intake.sources.limits import Limits
from smebatch.intake.workers.reading_watch import ReadingWatch
from smebatch.issues.notice import Notice
from smebatch.standard.form_markers import FORM_VERSION
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.intake.decisions import DecisionsFile
    from smebatch.intake.roster import Roster
    from smebatch.intake.workers.worker_pool import WorkerPool

STATUSES = ("counted", "returned", "superseded", "rejected")
"""Every file ends in exactly one of these."""

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


def ignore_progress(_done: int, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class IngestResult:
    """The result of an ingest.

    ``statuses``: how many files have each of STATUSES. ``read``: how many files were read in this run.
    ``removed_files``: the names of files that have gone from the folders. ``notices``: what the user should know.
    ``filed``: how copies of the originals were filed, if that was asked for. ``folders``: the full paths or URLs of the
    folders that the batch reads.
    """

    statuses: dict[str, int]
    read: int
    removed_files: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    filed: FilingResult | None = None
    folders: tuple[str, ...] = ()

    @property
    def entries(self) -> int:
        """All entries found."""
        return sum(self.statuses.values())

    def after(self, earlier: IngestResult) -> IngestResult:
        """The result of two ingests into one batch, of which this was the later: the batch holds what it says."""
        return replace(
            self,
            read=earlier.read + self.read,
            removed_files=[*earlier.removed_files, *self.removed_files],
            notices=[*earlier.notices, *(notice for notice in self.notices if notice not in earlier.notices)],
            filed=self.filed.after(earlier.filed) if self.filed and earlier.filed else self.filed,
        )


def ingest(
    folder: str | Path,
    batch: Path,
    edition: Edition,
    *,
    now: dt.datetime,
    allowed: AllowedChanges = NOTHING_ALLOWED,
    jobs: int = 1,
    scheduler: str = "",
    limits: Limits | None = None,
    roster: Path | None = None,
    decisions: Path | None = None,
    file_to: Path | None = None,
    ignore: Collection[Path] = (),
    progress: Progress = ignore_progress,
    watch: ReadingWatch | None = None,
) -> IngestResult:
    """Read a folder, or a URL that fsspec knows, into a batch: read, validate, score, store, settle.

    Only new and changed files are read; all are, where the batch was made with another edition, form or version of the
    program. Each step is one transaction, so that the next run carries on where one was cut short. Until everything is
    settled, reports and exports of the batch show its previous state.

    ``allowed``: the changes of the batch's folders that the user allows (see batch.folders). ``jobs``: how many
    processes read at a time; ``scheduler``: the address of a dask cluster that reads instead. ``roster``: a list of the
    enterprises asked, which replaces the batch's. ``decisions``: a decisions file to take over. ``file_to``: a folder
    for copies of the readable originals. ``progress`` is called when a portion is stored, ``watch`` is told of files.
    ``ignore``: files of our own that may stand in the folder; the batch's own files are passed over anyway.

    Raises OSError where the folder cannot be listed, BatchError where the batch cannot be used, is of a later version,
    or a change of folders is not allowed, RosterError, DecisionsError, FilingError where originals cannot be filed
    there, ClusterError.
    """
    # The folder comes first, so that no batch is created for a folder that does not exist.
    ours = (*ignore, *batch_files(batch), *((decisions,) if decisions else ()))
    scanner = FolderScanner(full_path(folder), ours, allowed)
    limits, watch = limits or Limits(), watch or ReadingWatch()
    container_readers = reader_pool(edition, limits)
    new_roster, new_decisions = _read_lists(roster, decisions, edition, container_readers)
    made_with = f"{LAYOUT} {__version__} {FORM_VERSION} {edition.text_sha256}"
    with (
        wait_to_open(batch, lambda: BatchDatabase(batch)) as database,
        noting(batch, "ingest"),
        container_readers,
    ):
        # A file that was stopped by other limits may pass under these.
        retried = RETRY_REASONS if database.meta.get("limits") == str(limits) else RETRY_REASONS | LIMIT_REASONS
        inventory = Inventory(database, container_readers, jobs, retried=retried, progress=progress)
        filing, passed_over = _pass_over_copies(database, scanner, file_to)
        folders_read = [scanner.place, *(folder.place for folder in folders_of(database.meta))]
        scanner.pass_over(list(no_entries(written_results(batch, database.meta), folders_read)))
        folders, notices = _choose_and_list_folders(database, inventory, scanner, allowed)
        notices += [*_notices_of_reading_anew(database, edition, made_with), *passed_over]
        with database.rebuilding(made_with):
            reads_anew = database.meta.get("made_with") != made_with
            if reads_anew:
                database.forget_all_entries()
            with database.transaction():
                move_entries(database, folders_of(database.meta), folders)
                database.set_meta(folders=folders_as_meta(folders), **filing)
            inventory.compare()
            database.allow_memory_for(inventory.count)
            processed = inventory.count - inventory.due
            progress(processed, inventory.count)
            watch.expect(inventory.count, inventory.due)
            with (
                cluster_pool(scheduler) if scheduler and inventory.due else local_pool(jobs) as pool,
                reader_pool(edition, limits, watch) as readers,
            ):
                size, side_by_side = pool.shares(inventory.due)
                read_task = partial(read_portion, readers=readers, today=now.date(), side_by_side=side_by_side)
                portions = pool.map(read_task, inventory.portions(size))
                if reads_anew:
                    database.reset(edition, made_with)
                with database.transaction():
                    database.set_meta(under_way="yes")
                    inventory.delete_gone()
                    inventory.store_content_of_containers()
                read_count = 0
                for portion in portions:
                    database.add_portion(edition, portion)
                    read_count += len(portion.entries)
                    processed += len(portion.entries) + len(portion.unchanged)
                    progress(processed, inventory.count)
            meta = {
                "read_at": now.isoformat(timespec="seconds"),
                "limits": str(limits),  # stored only now, when every file has been tried under them
            }
            if roster and new_roster:
                meta |= _roster_as_meta(roster.name, new_roster, meta["read_at"])
            removed_files, taken = database.run_with_memory(
                lambda: _settle(database, edition, inventory, new_roster, new_decisions, meta)
            )
            notices += taken
            notices += new_roster.notices if new_roster else _notices_of_kept_roster(database)
            statuses = dict(database.fetch_rows("SELECT status, count(*) FROM files GROUP BY status"))
        filed = file_originals(database, inventory, file_to) if file_to else None
    return IngestResult(
        {status: statuses.get(status, 0) for status in STATUSES},
        read_count,
        removed_files,
        notices,
        filed,
        tuple(folder.place for folder in folders),
    )


def _pass_over_copies(
    database: BatchDatabase, scanner: FolderScanner, file_to: Path | None
) -> tuple[dict[str, str], list[Notice]]:
    """Pass over the folders to which originals are filed, now or in earlier runs, when folders are listed.

    Returns what to store of them in meta, and notices. Raises FilingError, OSError.
    """
    filed_before = {Path(place) for place in json.loads(database.meta.get("filed_to", "[]"))}
    read_folders = [scanner.place, *(folder.place for folder in folders_of(database.meta))]
    named_now = {file_to.absolute()} if file_to else set()
    if file_to:
        prepare_copies_folder(file_to, read_folders, filed_before)
    copies_folders = sorted(filed_before | named_now)
    scanner.pass_over(copies_folders)
    not_named = [
        place
        for place in sorted(filed_before - named_now)
        if place.is_dir() and any(map(place.is_relative_to, read_folders))
    ]
    meta = {"filed_to": as_json([str(place) for place in copies_folders])} if copies_folders else {}
    return meta, [Notice("filed.passed_over", {"path": place}) for place in not_named]


def _choose_and_list_folders(
    database: BatchDatabase, inventory: Inventory, scanner: FolderScanner, allowed: AllowedChanges
) -> tuple[list[Folder], list[Notice]]:
    """Choose the folders that the batch reads from now on and take their inventory; returns them, and notices.

    Raises BatchError.
    """
    folders, notices = choose_folders(database, inventory, scanner, allowed)
    inventory.clear()
    remaining, dropped = take_inventory(inventory, folders, scanner, allowed)
    if not allowed.gone:
        refuse_losses(inventory, folders_of(database.meta), folders)
    return remaining, [*notices, *dropped]


def _notices_of_kept_roster(database: BatchDatabase) -> list[Notice]:
    """A notice that the roster of an earlier run is used, where none was given in this run."""
    ((n,),) = database.fetch_rows("SELECT count(*) FROM roster")
    source = {"path": database.meta.get("roster", "？"), "at": minute_text(database.meta.get("roster_at", "？"))}
    return [Notice("roster.before", source | {"n": n})] if n else []


def _notices_of_reading_anew(database: BatchDatabase, edition: Edition, made_with: str) -> list[Notice]:
    """A notice that all is read anew, and why. The user may have left out --edition by mistake.

    Raises BatchError where a later version of the program has laid the batch out: it may hold what this one would lose.
    """
    if layout_of(database) > int(LAYOUT):
        raise BatchError("batch.newer", path=database.path)
    previous = database.meta.get("made_with", made_with)
    if previous == made_with or database.meta.get("settled") != "yes":
        return []
    if previous.rsplit(" ", 1)[-1] == edition.text_sha256:
        return [Notice("batch.other_version")]
    title = tomllib.loads(database.meta.get("edition", "")).get("edition", {}).get("title", "")
    dropped = [] if database.is_of_edition(edition) else _notices_of_dropped_decisions(database)
    if title == edition.header.title:
        return [Notice("batch.other_text", {"title": title}), *dropped]
    return [Notice("batch.other_edition", {"old": title, "new": edition.header.title}), *dropped]


def _notices_of_dropped_decisions(database: BatchDatabase) -> list[Notice]:
    """A notice of how many decisions do not pass into a batch of another edition, where there are any."""
    ((n,),) = database.fetch_rows("SELECT count(*) FROM decisions") if database.has_table("decisions") else ((0,),)
    return [Notice("decisions.dropped", {"n": n})] if n else []


def _roster_as_meta(name: str, roster: Roster, read_at: str) -> dict[str, str]:
    """What to store of a roster in meta, beside its lines."""
    from smebatch.batch.targets import targets_as_meta

    return {"roster": name, "roster_at": read_at, "targets": targets_as_meta(roster.targets)}


def _read_lists(
    roster: Path | None, decisions: Path | None, edition: Edition, readers: WorkerPool
) -> tuple[Roster | None, tuple[DecisionsFile, str] | None]:
    """A roster, and the content and the name of a decisions file, where they are given.

    Raises RosterError, DecisionsError, OSError; then the readers are stopped.
    """
    from smebatch.intake.decisions import read_decisions
    from smebatch.intake.roster import read_roster

    try:
        return (
            read_roster(roster, edition, readers.read_list) if roster else None,
            (read_decisions(decisions, edition, readers.read_list), decisions.name) if decisions else None,
        )
    except BaseException:
        readers.stop()
        raise


def _settle(
    database: BatchDatabase,
    edition: Edition,
    inventory: Inventory,
    new_roster: Roster | None,
    new_decisions: tuple[DecisionsFile, str] | None,
    meta: Mapping[str, str],
) -> tuple[list[str], list[Notice]]:
    """Returns the names of the files that have gone, and what to say of decisions. Raises BatchError."""
    from smebatch.batch.settle import settle_ledger

    notices: list[Notice] = []
    with database.transaction():
        if new_roster is not None:
            database.replace_roster(edition, new_roster)
        database.carry_over_gone_versions()
        database.drop_orphans()
        removed_files = database.keep_history(meta["read_at"])
        if new_decisions is not None:
            from smebatch.batch.decisions import take_decisions

            today = dt.datetime.fromisoformat(meta["read_at"]).date()
            notices.append(take_decisions(database, edition, *new_decisions, today))
        settle_ledger(database, edition, meta["read_at"])
        if not inventory.adds_up(STATUSES):
            raise BatchError("batch.does_not_add_up", path=database.path)
        database.set_meta(settled="yes", settled_at=meta["read_at"], under_way="no", **meta)
    return removed_files, notices
