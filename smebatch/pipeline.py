"""The whole run as functions that return results: form, ingest, what a report needs. Nothing here prints.

What is heavy to import is imported where it is used: while pandas is loading, the readers are reading.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from smebatch import __version__
from smebatch.batch_file import BatchError
from smebatch.filing import Filed, check_place, file_originals
from smebatch.folders import (
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
from smebatch.form.marks import FORM_VERSION
from smebatch.found import Found
from smebatch.intake.entry import LIMITED, RETRIED
from smebatch.intake.limits import Limits
from smebatch.intake.readers import Readers
from smebatch.issues import Notice
from smebatch.pool import cluster_pool, local_pool
from smebatch.portion import read_portion
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.strict import EditionError
from smebatch.store import LAYOUT, Store, files_of
from smebatch.text import as_json, file_name
from smebatch.whole import Into, whole

if TYPE_CHECKING:
    import pandas as pd

    from smebatch.intake.roster import Roster
    from smebatch.report.batch import Batch

STATUSES = ("counted", "returned", "superseded", "rejected")

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


def silent(_done: int, _total: int) -> None:
    """Show no progress."""


class Prefilled(NamedTuple):
    """The forms written for a roster, and what to say of it."""

    paths: list[Path]
    notices: Sequence[Notice]


def prefilled_forms(edition: Edition, roster: Path, folder: Path, into: Into = whole) -> Prefilled:
    """Write one form for each enterprise of a roster, filled in with what the roster knows.

    Raises RosterError where the list cannot be used, OSError, and what ``into`` does.
    """
    from smebatch.form.splice import Splicer

    folder.mkdir(parents=True, exist_ok=True)
    enterprises, *_, notices = _listed(roster, edition)
    width = len(str(len(enterprises)))
    paths, splicer = [], Splicer(edition)
    for number, answers in enumerate(enterprises, 1):
        path = folder / f"{number:0{width}d}_{file_name(str(answers.get('name', '')))}.xlsx"
        with into(path) as partial_form:
            partial_form.write_bytes(splicer.form(answers))
        paths.append(path)
    return Prefilled(paths, notices)


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
    with Store(batch) as store, Readers(edition, limits) as openers:
        # What was stopped by other limits may pass these.
        retried = RETRIED if store.meta.get("limits") == str(limits) else RETRIED | LIMITED
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
                Readers(edition, limits) as readers,
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
    from smebatch.ledger import settle_ledger

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
    from smebatch.assess.score import score
    from smebatch.assess.table import make_answers

    return list(score(make_answers(edition, [], [])).columns)


@dataclass(frozen=True)
class Selection:
    """Which of the counted returns a report covers; blank is all."""

    phase: str = ""
    kind: str = ""


def open_batch(path: Path) -> tuple[Store, Edition]:
    """Open a finished batch for reading.

    Raises BatchError where it is missing, unusable, unfinished, or laid out by another version of the program.
    """
    store = Store(path, read_only=True)
    try:
        made_with = store.meta.get("made_with", "")
        if made_with and made_with.split(" ")[0] != LAYOUT:
            raise BatchError("batch.outdated", path=path)
        if store.meta.get("settled") != "yes":
            raise BatchError("batch.unfinished", path=path)
        return store, parse_edition(store.meta["edition"].encode("utf-8"))
    except EditionError:  # sound when it was ingested, but not to this version
        store.close()
        raise BatchError("batch.outdated", path=path) from None
    except BaseException:
        store.close()
        raise


def written_of(batch: Path) -> dict[str, str]:
    """What was written of a batch before: SHA-256 by path. Raises BatchError."""
    with Store(batch, read_only=True) as store:
        kept = json.loads(store.meta.get("written", "{}"))
    return {str(_beside(batch) / place): sha256 for place, sha256 in kept.items()}


def remember_written(batch: Path, written: Mapping[str, str]) -> None:
    """Keep in the batch what was written of it, so that it may be replaced while nobody has changed it.

    Where the batch cannot be written just now it is not kept, and will be set aside.
    """
    places = {Path(place): sha256 for place, sha256 in written.items()}
    # By its path from the batch, so that both may be moved together.
    base = _beside(batch)
    kept = {str(p.relative_to(base) if p.is_relative_to(base) else p): sha256 for p, sha256 in places.items()}
    with suppress(BatchError), Store(batch) as store, store.transaction():
        store.set_meta(written=as_json(kept))


def _beside(batch: Path) -> Path:
    """The folder of a batch."""
    return Path(os.path.realpath(batch)).parent


def load_batch(path: Path, *, now: dt.datetime, region: str = "", selection: Selection = Selection()) -> Batch:
    """Load a batch for the report. Raises BatchError."""
    store, edition = open_batch(path)
    with store:
        return store.with_memory(lambda: _loaded(store, edition, now, region, selection))


def _loaded(store: Store, edition: Edition, now: dt.datetime, region: str, selection: Selection) -> Batch:
    from smebatch.asked import ASKED, UNASKED
    from smebatch.assess.settle import TWO_CODES
    from smebatch.report.batch import ENTERPRISE, Batch

    counted = """FROM files f JOIN answers a USING (form_id) JOIN scores s USING (form_id)
        WHERE f.status = 'counted' AND (? = '' OR a.phase = ?) AND (? = '' OR a.assessment_kind = ?)
        ORDER BY f.file"""
    chosen = [selection.phase, selection.phase, selection.kind, selection.kind]
    fields = ", ".join(f"a.{key}" for key in ENTERPRISE)
    enterprises = store.frame(f"SELECT form_id, f.file, {fields} {counted}", chosen).set_index("form_id")
    scores = store.frame(f"SELECT s.* {counted}", chosen).set_index("form_id")
    asked = [selection.phase, selection.kind]
    roster, unasked = store.frame(ASKED, asked), store.frame(UNASKED, asked)
    ((two_codes,),) = store.rows(TWO_CODES, asked)
    return Batch(
        edition=edition,
        files=store.frame("SELECT * EXCLUDE (sha256, bytes) FROM files ORDER BY file"),
        enterprises=enterprises,
        scores=scores,
        issues=store.frame("SELECT * EXCLUDE (number, message_en) FROM issues ORDER BY file, number"),
        roster=roster if len(roster) else None,
        region=region or _region(enterprises),
        read_at=store.meta["read_at"],
        cut_short=store.cut_short,
        made_at=now,
        version=__version__,
        unasked=unasked,
        two_codes=two_codes,
        roster_from="，".join(filter(None, (store.meta.get("roster"), store.meta.get("roster_at")))),
    )


def _region(enterprises: pd.DataFrame) -> str:
    """The city that more than half name and no other is named, else such a province, else nothing."""
    for column in ("city", "province"):
        named = enterprises[column].dropna().str.strip()
        named = named[named != ""]
        if named.nunique() == 1 and 2 * len(named) > len(enterprises):
            return str(named.iloc[0])
    return ""
