"""Load a finished batch: open it for reading, what a report is made from, and what has been written of it before."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smebatch import __version__
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import LAYOUT, Store
from smebatch.common.text import as_json
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import EditionError

if TYPE_CHECKING:
    import pandas as pd

ENTERPRISE = (
    *("name", "uscc", "province", "city", "district", "industry_code", "size", "above_scale", "specialised"),
    *("assessment_kind", "phase"),
)
"""What a report says of an enterprise, by key."""


@dataclass(frozen=True)
class Batch:
    """A batch of returns; the frames are facts, the report computes nothing but statistics from them.

    ``files``: RangeIndex; one row per entry found: file, status (counted, returned, superseded or
    rejected), reason, detail, form_id, superseded_by, warnings (int64).
    ``enterprises``: index form_id; one row per counted return: file and the keys of ENTERPRISE as text, NA where blank.
    ``scores``: index form_id, the same rows; int64: questions, dimensions and score_units (all in units, see
    ``scale_of``), score_level, scenes (0 to the highest level), scenes_ge1…, binding_ge1…, scene_level, level,
    points_missing (units), scenes_missing, binding_missing (to the next level, 0 at the top); blocked_by: score,
    scenes, binding joined by +, "" at the top. Editions without scenes leave the scene columns out.
    ``issues``: file, form_id, sheet, cell, key, code, severity (error or warning), found, expected, message,
    clause.
    ``roster``: every enterprise asked, once: name, uscc, district, contact, phone, and bool: answered (a return of
    what the report covers can be read), counted (one counts in it), doubt (a return bears its name, but that is the
    name of several); None where nobody said.
    ``unasked``: every enterprise that answered and is not found on the roster: name, uscc, district, file, n (returns;
    file is the first), why (outside, several or unknown), rivals and whose (how many of the roster have its name, and
    their codes).
    ``region``: "" where unknown. ``read_at``: ISO time of the ingest. ``cut_short``: whether another has begun since
    and not ended. ``made_at``: time of the report, also the workbook's created date. ``version``: of the program.
    ``two_codes``: how many names stand under two credit codes or more. ``roster_from``: the roster's file and when it
    was read, "" where unknown.
    """

    edition: Edition
    files: pd.DataFrame
    enterprises: pd.DataFrame
    scores: pd.DataFrame
    issues: pd.DataFrame
    roster: pd.DataFrame | None
    region: str
    read_at: str
    cut_short: bool
    made_at: dt.datetime
    version: str
    unasked: pd.DataFrame
    two_codes: int = 0
    roster_from: str = ""


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
    from smebatch.assess.latest_return import TWO_CODES
    from smebatch.batch.response import ASKED, UNASKED

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
        if named.nunique() == 1 and 2 * len(named) > len(enterprises):  # noqa: PD101  # a few names
            return str(named.iloc[0])
    return ""
