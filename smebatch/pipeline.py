"""The whole run as functions that return results: form, ingest, what a report needs. Nothing here prints.

What is heavy to import is imported where it is used: while pandas is loading, the readers are reading.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from smebatch import __version__
from smebatch.form.marks import FORM_VERSION
from smebatch.found import Found
from smebatch.intake.entry import LIMITED, RETRIED
from smebatch.intake.folder import scan
from smebatch.intake.limits import Limits
from smebatch.intake.readers import Readers
from smebatch.pool import cluster_pool, local_pool
from smebatch.portion import read_portion
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.strict import EditionError
from smebatch.store import LAYOUT, BatchError, Store, files_of
from smebatch.text import file_name
from smebatch.whole import whole

if TYPE_CHECKING:
    import pandas as pd

    from smebatch.intake.roster import Roster
    from smebatch.report.batch import Batch

STATUSES = ("counted", "returned", "superseded", "rejected")

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


def silent(_done: int, _total: int) -> None:
    """Show no progress."""


def prefilled_forms(edition: Edition, roster: Path, folder: Path) -> list[Path]:
    """Write one form for each enterprise of a roster, filled in with what the roster knows.

    Raises RosterError where the list cannot be used, OSError.
    """
    from smebatch.form.splice import Splicer

    folder.mkdir(parents=True, exist_ok=True)
    enterprises = _listed(roster, edition).enterprises
    width = len(str(len(enterprises)))
    paths, splicer = [], Splicer(edition)
    for number, answers in enumerate(enterprises, 1):
        path = folder / f"{number:0{width}d}_{file_name(str(answers.get('name', '')))}.xlsx"
        with whole(path) as partial_form:
            partial_form.write_bytes(splicer.form(answers))
        paths.append(path)
    return paths


@dataclass(frozen=True)
class Ingested:
    """What an ingest did: files by status, and how many were read anew."""

    statuses: dict[str, int]
    read: int

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
    jobs: int = 1,
    scheduler: str = "",
    limits: Limits | None = None,
    roster: Path | None = None,
    ignore: Collection[Path] = (),
    progress: Progress = silent,
) -> Ingested:
    """Read a folder of returns into a batch: read, validate, score, store, settle.

    Only what is new or changed is read; a batch made with another edition, form or program version is read anew.
    Each step is one transaction, so that a run that was cut short is carried on by the next; what the batch told before
    it tells until all is settled. ``ignore`` names files of our own that may stand in the folder; the batch is one of
    them anyway. The folder may be a URL fsspec knows.

    Raises OSError where the folder cannot be listed, BatchError where the batch cannot be used, RosterError.
    """
    entries = scan(folder, ignore=(*ignore, *files_of(batch)))
    listed = _listed(roster, edition) if roster else None
    limits = limits or Limits()
    made_with = f"{LAYOUT} {__version__} {FORM_VERSION} {edition.sha256}"
    with Store(batch) as store, store.kept_until_made_anew(made_with):
        anew = store.meta.get("made_with") != made_with
        if anew:
            store.forget()
        # What was stopped by other limits may pass these.
        retried = RETRIED if store.meta.get("limits") == str(limits) else RETRIED | LIMITED
        found = Found(store, entries, retried)
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
            count = 0
            for portion in portions:
                store.add_portion(edition, portion)
                count += len(portion.entries)
                done += len(portion.entries) + len(portion.unchanged)
                progress(done, found.count)
        meta = {
            "read_at": now.isoformat(timespec="seconds"),
            "folder": PurePath(folder).name,
            "limits": str(limits),  # only now has every file been tried under these
        }
        store.with_memory(lambda: _settle(store, edition, found, listed, meta))
        statuses = dict(store.rows("SELECT status, count(*) FROM files GROUP BY status"))
    return Ingested({status: statuses.get(status, 0) for status in STATUSES}, count)


def _listed(roster: Path, edition: Edition) -> Roster:
    from smebatch.intake.roster import read_roster

    return read_roster(roster, edition)


def _settle(
    store: Store,
    edition: Edition,
    found: Found,
    listed: Roster | None,
    meta: Mapping[str, str],
) -> None:
    from smebatch.ledger import settle_ledger

    with store.transaction():
        if listed is not None:
            store.put_roster(edition, listed)
        store.sweep()
        store.keep_history(meta["read_at"])
        settle_ledger(store, edition)
        if not found.adds_up(STATUSES):
            raise BatchError("batch.does_not_add_up", path=store.path)
        store.set_meta(settled="yes", under_way="no", **meta)


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
        if store.meta.get("made_with", "").split(" ")[0] != LAYOUT:
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
    )


def _region(enterprises: pd.DataFrame) -> str:
    """The city that more than half name and no other is named, else such a province, else nothing."""
    for column in ("city", "province"):
        named = enterprises[column].dropna().str.strip()
        named = named[named != ""]
        if named.nunique() == 1 and 2 * len(named) > len(enterprises):
            return str(named.iloc[0])
    return ""
