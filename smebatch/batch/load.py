"""Opens a finished batch, and loads the data of a report."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from smebatch import __version__
from smebatch.batch.batch_file import BatchError
from smebatch.batch.correction_progress import CorrectionProgress, load_correction_progress
from smebatch.batch.database import BatchDatabase
from smebatch.batch.schema import LAYOUT, REPORTED_FIELDS, RESERVED
from smebatch.settings.model import Report, Target
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import EditionError

if TYPE_CHECKING:
    import pandas as pd

SMALL_GROUP = 5  # returns, unless the settings say otherwise


@dataclass(frozen=True)
class Selection:
    """Which of the counted returns a report covers, by phase and kind of assessment; blank: those that most have."""

    phase: str = ""
    kind: str = ""


@dataclass(frozen=True)
class ReportOptions:
    """What a report is asked for beside its region and selection; groups of fewer than ``small_group`` are small."""

    small_group: int = SMALL_GROUP
    report: Report = field(default_factory=Report)
    targets: tuple[Target, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the form or the roster that it names, each once."""
        named = [*self.report.group_by, *(column for target in self.targets for column, _ in target.where)]
        return tuple(dict.fromkeys(named))


class Counted(NamedTuple):
    """Counted returns; both frames have the same index, form_id.

    ``enterprises``: file, and REPORTED_FIELDS as text, NA where blank. ``scores``: the columns of ``score_columns``.
    """

    enterprises: pd.DataFrame
    scores: pd.DataFrame

    def of(self, selection: Selection) -> Counted:
        """Those of a phase and a kind; blank is all."""
        kept = self.enterprises["phase"].isin([selection.phase]) | (selection.phase == "")
        kept &= self.enterprises["assessment_kind"].isin([selection.kind]) | (selection.kind == "")
        return self if kept.all() else Counted(self.enterprises[kept], self.scores[kept])


@dataclass(frozen=True)
class ReportData:
    """The data of a report: frames of facts, from which the report computes statistics and nothing else.

    ``selection``: the phase and kind that the report covers, blank only where nothing counts (or one of them where the
    returns state none); ``chosen``: whether somebody chose them, else they are those that most returns have.
    ``every``: the counted returns of all phases and kinds.

    ``files``: RangeIndex, a row for each entry; the columns of the table files (see batch.schema) without sha256 and
    bytes.
    ``enterprises``: index form_id, a row for each counted return; file, and REPORTED_FIELDS as text, NA where blank.
    ``scores``: index form_id, the same rows; the columns of ``score_columns``.
    ``issues``: RangeIndex, a row for each issue; the columns of the view issues without number and message_en.
    ``roster``: every enterprise asked, once: name, uscc, district, contact, phone, and as bool answered (a return that
    the report covers can be read), counted (such a return counts), doubt (a return bears its name, which several
    enterprises have); None where there is no roster. See ASKED_ENTERPRISES.
    ``asked``: index form_id, of the counted returns of all phases and kinds those of enterprises on the roster: line,
    the row of ``roster``.
    ``roster_columns``: the rows of ``roster``; a text column for each wanted column that the list has, NA where blank.
    ``columns``: index form_id, the rows of ``every``; a text column for each wanted column: what the return says where
    it is a column of the form, else what the roster says of its enterprise; NA where neither does.
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
    options: ReportOptions = ReportOptions()
    selection: Selection = Selection()
    chosen: bool = False
    every: Counted | None = None
    asked: pd.DataFrame | None = None
    roster_columns: pd.DataFrame | None = None
    columns: pd.DataFrame | None = None


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


def load_batch(
    path: Path,
    *,
    now: dt.datetime,
    region: str = "",
    selection: Selection = Selection(),
    options: ReportOptions = ReportOptions(),
) -> ReportData:
    """Load the data of a report.

    ``now`` is the time of the report; ``region`` names its region, which otherwise the returns tell. Raises BatchError,
    also for a column that the options name and neither the form nor the roster has.
    """
    database, edition = open_batch(path)
    with database:
        return database.run_with_memory(lambda: _load(database, edition, now, region, selection, options))


def _load(
    database: BatchDatabase,
    edition: Edition,
    now: dt.datetime,
    region: str,
    selection: Selection,
    options: ReportOptions,
) -> ReportData:
    from smebatch.assess.latest_return import COUNT_TWO_CODES
    from smebatch.batch.columns import find_columns, load_columns
    from smebatch.batch.response import ASKED_ENTERPRISES, ASKED_RETURNS, UNASKED_ENTERPRISES

    found = find_columns(database, edition, options.columns)
    every = _every(database)
    chosen, selection = bool(selection.phase or selection.kind), _usual(every, edition, selection)
    counted = every.of(selection)
    asked = [selection.phase, selection.kind]
    roster, unasked = database.fetch_frame(ASKED_ENTERPRISES, asked), database.fetch_frame(UNASKED_ENTERPRISES, asked)
    lines = database.fetch_frame(ASKED_RETURNS, ["", ""]).set_index("form_id")
    roster_columns, by_return = load_columns(database, found, every.enterprises.index, lines)
    ((two_codes,),) = database.fetch_rows(COUNT_TWO_CODES, asked)
    return ReportData(
        edition=edition,
        files=database.fetch_frame("SELECT * EXCLUDE (sha256, bytes) FROM files ORDER BY file"),
        enterprises=counted.enterprises,
        scores=counted.scores,
        issues=database.fetch_frame("SELECT * EXCLUDE (number, message_en) FROM issues ORDER BY file, number"),
        roster=roster if len(roster) else None,
        region=region or _region_named_by(every.enterprises),
        read_at=database.meta["read_at"],
        cut_short=database.cut_short,
        made_at=now,
        version=__version__,
        unasked=unasked,
        two_codes=two_codes,
        roster_from="，".join(filter(None, (database.meta.get("roster"), database.meta.get("roster_at")))),
        progress=load_correction_progress(database, *asked),
        options=options,
        selection=selection,
        chosen=chosen,
        every=every,
        asked=lines,
        roster_columns=roster_columns,
        columns=by_return,
    )


def _every(database: BatchDatabase) -> Counted:
    """The counted returns of all phases and kinds, by file."""
    counted = """FROM files f JOIN answers a USING (form_id) JOIN scores s USING (form_id)
        WHERE f.status = 'counted' ORDER BY f.file"""
    fields = ", ".join(f"a.{key}" for key in REPORTED_FIELDS)
    return Counted(
        database.fetch_frame(f"SELECT form_id, f.file, {fields} {counted}").set_index("form_id"),
        database.fetch_frame(f"SELECT s.* {counted}").set_index("form_id"),
    )


def _usual(every: Counted, edition: Edition, selection: Selection) -> Selection:
    """The selection with what it leaves open: see usual_selection."""
    stated = every.enterprises[["phase", "assessment_kind"]].dropna()
    counts = Counter(zip(stated["phase"], stated["assessment_kind"], strict=True))
    return usual_selection(counts, edition, selection)


def usual_selection(counts: Mapping[tuple[str, str], int], edition: Edition, selection: Selection) -> Selection:
    """The selection with what it leaves open: the phase and kind that most returns have; of equals the later ones.

    ``counts``: how many counted returns there are of each phase and kind.
    """
    rest = [(phase, kind) for phase, kind in counts if selection.phase in ("", phase) and selection.kind in ("", kind)]
    if not rest:
        return selection
    phases, kinds = (
        next(field.choices for field in edition.fields if field.key == key) for key in ("phase", "assessment_kind")
    )
    phase, kind = max(rest, key=lambda pair: (counts[pair], phases.index(pair[0]), kinds.index(pair[1])))
    return Selection(phase, kind)


def _region_named_by(enterprises: pd.DataFrame) -> str:
    """The only city that is named, if more than half of the returns name it; else such a province, else ""."""
    for column in ("city", "province"):
        named = enterprises[column].dropna().str.strip()
        named = named[named != ""]
        if named.nunique() == 1 and 2 * len(named) > len(enterprises):  # noqa: PD101  # a few names
            return str(named.iloc[0])
    return ""
