"""Opens a finished batch, and loads the data of a report."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smebatch import __version__
from smebatch.batch.batch_file import BatchError
from smebatch.batch.correction_progress import CorrectionProgress, load_correction_progress
from smebatch.batch.database import BatchDatabase
from smebatch.batch.schema import LAYOUT, REPORTED_FIELDS, RESERVED
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import EditionError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ReportData:
    """The data of a report: frames of facts, from which the report computes statistics and nothing else.

    ``files``: RangeIndex, a row for each entry; the columns of the table files (see batch.schema) without sha256 and
    bytes.
    ``enterprises``: index form_id, a row for each counted return; file, and REPORTED_FIELDS as text, NA where blank.
    ``scores``: index form_id, the same rows; the columns of ``score_columns``.
    ``issues``: RangeIndex, a row for each issue; the columns of the view issues without number and message_en.
    ``roster``: every enterprise asked, once: name, uscc, district, contact, phone, and as bool answered (a return that
    the report covers can be read), counted (such a return counts), doubt (a return bears its name, which several
    enterprises have); None where there is no roster. See ASKED_ENTERPRISES.
    ``unasked``: every enterprise that answered and is not on the roster: name, uscc, district, file, n, why, rivals and
    whose. See UNASKED_ENTERPRISES.
    ``region``: "" where unknown. ``read_at``: ISO time of the ingest. ``cut_short``: whether another ingest has begun
    since and not ended. ``made_at``: time of the report, also the workbook's created date. ``version``: of the program.
    ``two_codes``: how many names stand under two credit codes or more. ``roster_from``: the roster's file and when it
    was read, "" where unknown.
    ``progress``: versions, states of issues and waivers; None where no return has a second version and no error is
    waived.
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
    progress: CorrectionProgress | None = None


@dataclass(frozen=True)
class Selection:
    """Which of the counted returns a report covers, by phase and kind of assessment; blank is all."""

    phase: str = ""
    kind: str = ""


def open_batch(path: Path, *, read_only: bool = True) -> tuple[BatchDatabase, Edition]:
    """Open a finished batch; returns its database, which the caller closes, and its edition.

    Raises BatchError where it is missing, unusable, unfinished, or laid out by another version of the program.
    """
    if not path.exists():
        raise BatchError("batch.missing", path=path)
    database = BatchDatabase(path, read_only=read_only)
    try:
        made_with = database.meta.get("made_with", "")
        if made_with and made_with.split(" ")[0] != LAYOUT:
            raise BatchError("batch.outdated", path=path)
        if database.meta.get("settled") != "yes":
            raise BatchError("batch.unfinished", path=path)
        return database, parse_edition(database.meta["edition"].encode("utf-8"), RESERVED)
    except EditionError:  # it was sound to the version that made the batch, and is not to this one
        database.close()
        raise BatchError("batch.outdated", path=path) from None
    except BaseException:
        database.close()
        raise


def load_batch(path: Path, *, now: dt.datetime, region: str = "", selection: Selection = Selection()) -> ReportData:
    """Load the data of a report.

    ``now`` is the time of the report; ``region`` names its region, which otherwise the returns tell. Raises BatchError.
    """
    database, edition = open_batch(path)
    with database:
        return database.run_with_memory(lambda: _load(database, edition, now, region, selection))


def _load(database: BatchDatabase, edition: Edition, now: dt.datetime, region: str, selection: Selection) -> ReportData:
    from smebatch.assess.latest_return import COUNT_TWO_CODES
    from smebatch.batch.response import ASKED_ENTERPRISES, UNASKED_ENTERPRISES

    counted = """FROM files f JOIN answers a USING (form_id) JOIN scores s USING (form_id)
        WHERE f.status = 'counted' AND (? = '' OR a.phase = ?) AND (? = '' OR a.assessment_kind = ?)
        ORDER BY f.file"""
    chosen = [selection.phase, selection.phase, selection.kind, selection.kind]
    fields = ", ".join(f"a.{key}" for key in REPORTED_FIELDS)
    enterprises = database.fetch_frame(f"SELECT form_id, f.file, {fields} {counted}", chosen).set_index("form_id")
    scores = database.fetch_frame(f"SELECT s.* {counted}", chosen).set_index("form_id")
    asked = [selection.phase, selection.kind]
    roster, unasked = database.fetch_frame(ASKED_ENTERPRISES, asked), database.fetch_frame(UNASKED_ENTERPRISES, asked)
    ((two_codes,),) = database.fetch_rows(COUNT_TWO_CODES, asked)
    return ReportData(
        edition=edition,
        files=database.fetch_frame("SELECT * EXCLUDE (sha256, bytes) FROM files ORDER BY file"),
        enterprises=enterprises,
        scores=scores,
        issues=database.fetch_frame("SELECT * EXCLUDE (number, message_en) FROM issues ORDER BY file, number"),
        roster=roster if len(roster) else None,
        region=region or _region_named_by(enterprises),
        read_at=database.meta["read_at"],
        cut_short=database.cut_short,
        made_at=now,
        version=__version__,
        unasked=unasked,
        two_codes=two_codes,
        roster_from="，".join(filter(None, (database.meta.get("roster"), database.meta.get("roster_at")))),
        progress=load_correction_progress(database, *asked),
    )


def _region_named_by(enterprises: pd.DataFrame) -> str:
    """The only city that is named, if more than half of the returns name it; else such a province, else ""."""
    for column in ("city", "province"):
        named = enterprises[column].dropna().str.strip()
        named = named[named != ""]
        if named.nunique() == 1 and 2 * len(named) > len(enterprises):  # noqa: PD101  # a few names
            return str(named.iloc[0])
    return ""
