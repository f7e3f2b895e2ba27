"""The whole run as functions that return results: form, check, ingest. Nothing here prints."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath

import pandas as pd

from smebatch import __version__
from smebatch.assess.score import score
from smebatch.assess.settle import IDENTITY, awaiting_finding, settle
from smebatch.assess.table import make_answers
from smebatch.form.marks import FORM_VERSION
from smebatch.form.prefill import Prefill
from smebatch.intake.entry import RETRIED, Entry, entry_of
from smebatch.intake.folder import scan
from smebatch.intake.limits import Limits
from smebatch.intake.readers import Readers
from smebatch.intake.reading import Outcome
from smebatch.intake.roster import read_roster
from smebatch.intake.values import Value
from smebatch.issues import reason_text
from smebatch.pool import cluster_pool, local_pool
from smebatch.portion import Portion, read_portion
from smebatch.report.batch import Batch
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.strict import EditionError
from smebatch.store import BY_FORM, LAYOUT, BatchError, Store
from smebatch.text import file_name
from smebatch.verdict import Verdicts, finding_rows, findings_frame, judge

AFTER_ALL = 1_000_000  # number of findings that come of comparing returns: behind those of the return itself
PORTION = 2_000  # files read, judged and stored in one step: the more, the less each costs
STATUSES = ("counted", "returned", "superseded", "rejected")

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many there are."""


def silent(_done: int, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Checked:
    """What ``check`` says of one file: an outcome and, where it holds a return, the verdicts on it."""

    outcome: Outcome
    verdicts: Verdicts | None

    @property
    def errors(self) -> int:
        """How many errors; a file that is no return is one."""
        return int(self.verdicts.errors.iloc[0]) if self.verdicts else 1

    @property
    def warnings(self) -> int:
        """How many warnings."""
        return int(self.verdicts.warnings.iloc[0]) if self.verdicts else 0


def check_files(paths: Sequence[Path], edition: Edition, today: dt.date, *, jobs: int = 1) -> list[Checked]:
    """Read, validate and score files, each by itself. Raises OSError where one cannot be found."""
    entries = [entry_of(path, path.name, path.stat()) for path in paths]
    with local_pool(jobs) as pool, Readers(edition) as readers:
        outcomes = [outcome for read in pool.map(readers.read, _portions(entries, jobs)) for outcome in read]
    return [
        Checked(outcome, judge(edition, {outcome.form_id: outcome.answers}, today) if outcome.answers else None)
        for outcome in outcomes
    ]


def prefilled_forms(edition: Edition, roster: Path, folder: Path) -> list[Path]:
    """Write one form for each enterprise of a roster, filled in with what the roster knows.

    Raises RosterError where the list cannot be used, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    enterprises = read_roster(roster, edition)
    width = len(str(len(enterprises)))
    paths, prefill = [], Prefill(edition)
    for number, answers in enumerate(enterprises, 1):
        path = folder / f"{number:0{width}d}_{file_name(str(answers.get('name', '')))}.xlsx"
        path.write_bytes(prefill.form(answers))
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
    Each step is one transaction, so that a run that was cut short is carried on by the next. ``ignore`` names files of
    our own that may stand in the folder; the batch is one of them anyway. The folder may be a URL fsspec knows.

    Raises OSError where the folder cannot be listed, BatchError where the batch cannot be used, RosterError.
    """
    entries = scan(folder, ignore=(*ignore, batch, batch.with_name(f"{batch.name}.wal")))
    listed = read_roster(roster, edition) if roster else None
    with Store(batch) as store:
        made_with = f"{LAYOUT} {__version__} {FORM_VERSION} {edition.sha256}"
        if store.meta.get("made_with") != made_with:
            store.reset(edition, _score_columns(edition))
            store.set_meta(made_with=made_with, edition=edition.text)
        known = store.frame("SELECT file, bytes, mtime_ns, reason FROM entries").set_index("file")
        new = _changed(entries, known)
        gone = set(known.index) - {entry.file for entry in entries}
        with store.transaction():
            store.set_meta(settled="no")
            store.drop("entries", "file", gone)
        done = len(entries) - len(new)
        progress(done, len(entries))
        with (
            cluster_pool(scheduler) if scheduler and new else local_pool(jobs) as pool,
            Readers(edition, limits) as readers,
        ):
            work = partial(read_portion, readers=readers, today=now.date())
            for portion in pool.map(work, _portions(new, pool.width)):
                _store_portion(store, edition, portion)
                done += len(portion.entries)
                progress(done, len(entries))
        with store.transaction():
            if listed is not None:
                _store_roster(store, edition, listed)
            store.sweep()
            read_at = now.isoformat(timespec="seconds")
            store.keep_history(read_at)
            files = _settle(store, edition)
            if sorted(files["file"]) != [entry.file for entry in entries] or not files["status"].isin(STATUSES).all():
                raise BatchError("batch.does_not_add_up", path=batch)
            store.set_meta(settled="yes", read_at=read_at, folder=PurePath(folder).name)
    counts = Counter(files["status"])
    return Ingested({status: counts[status] for status in STATUSES}, len(new))


def _score_columns(edition: Edition) -> list[str]:
    return list(score(make_answers(edition, [], [])).columns)


def _changed(entries: Sequence[Entry], known: pd.DataFrame) -> list[Entry]:
    """Entries that are new, of another size or time, or that could not be opened the last time."""
    seen = dict(zip(known.index, zip(known["bytes"], known["mtime_ns"], known["reason"], strict=True), strict=True))
    return [e for e in entries if seen.get(e.file, ())[:2] != (e.bytes, e.mtime_ns) or seen[e.file][2] in RETRIED]


def _portions(entries: Sequence[Entry], width: int) -> Iterator[Sequence[Entry]]:
    """Entries in portions of one size, none larger than PORTION, their number a multiple of the pool's width."""
    rounds = math.ceil(len(entries) / (PORTION * width))
    size = max(math.ceil(len(entries) / max(rounds * width, 1)), 1)
    return (entries[start : start + size] for start in range(0, len(entries), size))


def _store_portion(store: Store, edition: Edition, portion: Portion) -> None:
    with store.transaction():
        store.drop("entries", "file", portion.entries["file"])
        for table in BY_FORM:
            store.drop(table, "form_id", portion.forms["form_id"])
        store.add("entries", portion.entries)
        store.add("forms", portion.forms)
        store.add_answers(edition, portion.answers)
        store.add("findings", portion.findings)
        store.add("scores", portion.scores)


def _store_roster(store: Store, edition: Edition, listed: Sequence[dict[str, Value]]) -> None:
    keys = [field.key for field in edition.fields]
    rows = [[None if row.get(key) is None else str(row[key]) for key in keys] for row in listed]
    store.put("roster", pd.DataFrame(rows, columns=keys, dtype="str"))


def _settle(store: Store, edition: Edition) -> pd.DataFrame:
    """Give every entry its status and store the ledger; returns it."""
    identity = ", ".join(f"a.{column}" for column in (*IDENTITY, "filled_on"))
    ledger = store.frame(
        f"""SELECT e.*, f.errors, f.warnings, {identity}
        FROM entries e LEFT JOIN forms f USING (form_id) LEFT JOIN answers a USING (form_id) ORDER BY e.file"""
    )
    ledger["status"], ledger["superseded_by"], ledger["awaited"] = "rejected", "", ""
    readable = ledger["form_id"] != ""
    settled = settle(ledger[readable])
    for column in settled.columns:
        ledger.loc[readable, column] = settled[column]
    ledger.loc[readable, "detail"] = [
        reason_text(reason, "zh", n=int(errors))
        for reason, errors in zip(ledger["reason"][readable], ledger["errors"][readable], strict=True)
    ]
    awaited = ledger[ledger["awaited"] != ""]
    rows = [
        row
        for form_id, files in zip(awaited["form_id"], awaited["awaited"], strict=True)
        for row in finding_rows(form_id, [awaiting_finding(edition, files)], start=AFTER_ALL)
    ]
    store.put("awaiting", findings_frame(rows))
    ledger["warnings"] = ledger["warnings"].fillna(0).astype("int64") + (ledger["awaited"] != "")
    files = ledger[["file", "sha256", "bytes", "status", "reason", "detail", "form_id", "superseded_by", "warnings"]]
    store.put("files", files)
    return files


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
        fields = ", ".join(f'a."{field.key}"' for field in edition.fields)
        enterprises = store.frame(
            f"""SELECT f.form_id, f.file, {fields} FROM files f JOIN answers a USING (form_id)
            WHERE f.status = 'counted' AND (? = '' OR a.phase = ?) AND (? = '' OR a.assessment_kind = ?)
            ORDER BY f.file""",
            [selection.phase, selection.phase, selection.kind, selection.kind],
        ).set_index("form_id")
        scores = store.frame("SELECT * FROM scores").set_index("form_id").reindex(enterprises.index)
        roster = store.frame("SELECT * FROM roster")
        answered = store.frame("SELECT DISTINCT uscc FROM answers JOIN files USING (form_id) WHERE uscc IS NOT NULL")
        return Batch(
            edition=edition,
            files=store.frame("SELECT * FROM files ORDER BY file"),
            enterprises=enterprises,
            scores=scores,
            issues=store.frame("SELECT * EXCLUDE (number) FROM issues ORDER BY file, number"),
            roster=roster if len(roster) else None,
            region=region or _region(enterprises),
            read_at=store.meta["read_at"],
            made_at=now,
            version=__version__,
            answered=frozenset(answered["uscc"]),
        )


def _region(enterprises: pd.DataFrame) -> str:
    """The city all have in common, else the province, else nothing."""
    for column in ("city", "province"):
        names = enterprises[column].dropna().unique()
        if len(names) == 1:
            return str(names[0])
    return ""
