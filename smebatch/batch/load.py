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
from smebatch.batch.older_layouts import UpdatedCopy, is_older, layout_of
from smebatch.batch.schema import LAYOUT, REPORTED_FIELDS, RESERVED
from smebatch.batch.targets import ReportTargets, choose_targets, fit_targets
from smebatch.batch.use import wait_to_open
from smebatch.common.target import Target
from smebatch.common.text import minute_text
from smebatch.settings.model import Report, Settings
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import EditionError

if TYPE_CHECKING:
    import pandas as pd

UNCOUNTED_FIELDS = ("name", "uscc", "district", "contact", "phone")
"""What a report says of a return that does not count, for somebody has to be asked about its issues."""

SMALL_GROUP = 5  # returns, unless the settings say otherwise


class Selection(NamedTuple):
    """Which of the counted returns a report covers, by phase and kind of assessment; blank: those that most have."""

    phase: str = ""
    kind: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Selection:
        """The one that settings state."""
        return cls(settings.round.phase, settings.round.kind)

    @property
    def name(self) -> str:
        """What is selected in words, 改造后、自评; "" where nothing is."""
        return "、".join(filter(None, (self.phase, self.kind)))


USUAL = Selection()


@dataclass(frozen=True)
class ReportOptions:
    """What a report is asked for; groups of fewer than ``small_group`` are small.

    ``targets``: those of the settings. ``region`` names its region, which otherwise the returns tell.
    """

    small_group: int = SMALL_GROUP
    report: Report = field(default_factory=Report)
    targets: tuple[Target, ...] = ()
    region: str = ""
    selection: Selection = USUAL

    @classmethod
    def of(cls, settings: Settings) -> ReportOptions:
        """What settings ask for."""
        small_group, region = settings.round.small_group or SMALL_GROUP, settings.round.region
        return cls(small_group, settings.report, settings.targets, region, Selection.of(settings))


class Counted(NamedTuple):
    """Counted returns; both frames have the same index, form_id.

    ``enterprises``: file, and REPORTED_FIELDS as text, NA where blank. ``scores``: the columns of ``score_columns``.
    """

    enterprises: pd.DataFrame
    scores: pd.DataFrame

    @property
    def kinds(self) -> Mapping[tuple[str, str], int]:
        """How many there are of each phase and kind of assessment."""
        stated = self.enterprises[["phase", "assessment_kind"]].dropna()
        return Counter(zip(stated["phase"], stated["assessment_kind"], strict=True))

    def of(self, selection: Selection) -> Counted:
        """Those of a phase and a kind; blank is all."""
        kept = self.enterprises["phase"].isin([selection.phase]) | (selection.phase == "")
        kept &= self.enterprises["assessment_kind"].isin([selection.kind]) | (selection.kind == "")
        return self if kept.all() else Counted(self.enterprises[kept], self.scores[kept])


@dataclass(frozen=True, eq=False)
class ReportData:
    """The data of a report: frames of facts, from which the report computes statistics and nothing else.

    ``selection``: the phase and kind that the report covers, blank only where nothing counts (or one of them where the
    returns state none); ``chosen``: whether somebody chose them, else they are those that most returns have.
    ``every``: the counted returns of all phases and kinds.

    ``files``: RangeIndex, a row for each entry; the columns of the table files (see batch.schema) without sha256 and
    bytes, and the district that its return names, NA where blank.
    ``enterprises``: index form_id, a row for each counted return; file, and REPORTED_FIELDS as text, NA where blank.
    ``scores``: index form_id, the same rows; the columns of ``score_columns``.
    ``issues``: RangeIndex, a row for each issue; the columns of the table issues without number and message_en.
    ``roster``: every enterprise asked, once: name, uscc, district, contact, phone, and as bool answered (a return that
    the report covers can be read), counted (such a return counts), doubt (a return bears its name, which several
    enterprises have); None where there is no roster. See ASKED_ENTERPRISES.
    ``asked``: index form_id, of the counted returns of all phases and kinds those of enterprises on the roster: line,
    the row of ``roster``.
    ``roster_columns``: the rows of ``roster``; a text column for each wanted column that the list has, NA where blank.
    ``columns``: index form_id, the rows of ``every``; a text column for each wanted column: what the return says where
    it is a column of the form, else what the roster says of its enterprise; NA where neither does.
    ``uncounted``: index form_id, a row for each readable return that does not count; who sent it, the fields
    UNCOUNTED_FIELDS as text, NA where blank.
    ``not_applicable``: index form_id, the rows of ``every``; for each scene, by its id, whether the return says that it
    does not apply.
    ``unasked``: every enterprise that answered and is not on the roster: name, uscc, district, file, n, why, rivals and
    whose. See UNASKED_ENTERPRISES.
    ``region``: "" where unknown. ``read_at``: ISO time of the ingest. ``cut_short``: whether another ingest has begun
    since and not ended. ``made_at``: time of the report, also its files' created date. ``version``: of the program.
    ``two_codes``: how many names stand under two credit codes or more. ``roster_from``: the roster's file and when it
    was read, "" where unknown.
    ``targets``: those of the settings, else those that came with the roster.
    ``upgrades``: index form_id, the rows of ``scores``; see ``upgrades_of``. None where it was not asked for.
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
    selection: Selection = USUAL
    chosen: bool = False
    every: Counted | None = None
    asked: pd.DataFrame | None = None
    roster_columns: pd.DataFrame | None = None
    columns: pd.DataFrame | None = None
    uncounted: pd.DataFrame | None = None
    not_applicable: pd.DataFrame | None = None
    targets: ReportTargets = field(default_factory=ReportTargets)
    upgrades: pd.DataFrame | None = None

    @property
    def all_counted(self) -> Counted:
        """The counted returns of all phases and kinds; those that the report covers where no others are known."""
        return self.every or Counted(self.enterprises, self.scores)


def open_batch(path: Path, *, read_only: bool = True) -> tuple[BatchDatabase, Edition]:
    """Open a finished batch; returns its database, which the caller closes, and its edition.

    One that an earlier version of the program laid out is read through a copy (see batch.older_layouts); it is not
    written to, for which it must be read anew by an ingest.
    Raises BatchError where it is missing, unusable, unfinished, or laid out by a later version of the program.
    """
    if not path.exists():
        raise BatchError("batch.missing", path=path)
    database = wait_to_open(path, lambda: BatchDatabase(path, read_only=read_only))
    try:
        if layout_of(database) > int(LAYOUT):
            raise BatchError("batch.newer", path=path)
        if database.meta.get("settled") != "yes":
            raise BatchError("batch.unfinished", path=path)
        if is_older(database):
            if not read_only:
                raise BatchError("batch.outdated", path=path)
            with database:
                database = UpdatedCopy(database)
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
    now: dt.datetime | None = None,
    options: ReportOptions = ReportOptions(),
    upgrades: bool = True,
) -> ReportData:
    """Load the data of a report, with the ways up of its returns where ``upgrades`` are asked for.

    ``now`` is the time of the report, None that at which the batch was settled. Raises BatchError, also for a column
    that the options or the roster's targets name and neither the form nor the roster has, and for a level of a target
    that the edition has not.
    """
    database, edition = open_batch(path)
    with database:
        return database.run_with_memory(lambda: _load(database, edition, now, options, upgrades=upgrades))


def _load(
    database: BatchDatabase,
    edition: Edition,
    now: dt.datetime | None,
    options: ReportOptions,
    *,
    upgrades: bool,
) -> ReportData:
    from smebatch.assess.latest_return import COUNT_TWO_CODES
    from smebatch.batch.columns import find_columns, load_columns
    from smebatch.batch.response import ASKED_ENTERPRISES, ASKED_RETURNS, UNASKED_ENTERPRISES
    from smebatch.batch.ways import load_upgrades

    stated = choose_targets(options.targets, database.meta)
    wanted = find_columns(database, edition, tuple(dict.fromkeys([*options.report.group_by, *stated.columns])))
    every = counted_returns(database)
    chosen, selection = any(options.selection), usual_selection(every.kinds, edition, options.selection)
    counted = every.of(selection)
    # Before all that is to be held, for this takes most memory while it works.
    ways = load_upgrades(database, edition, counted.scores.index.tolist()) if upgrades else None
    asked = [selection.phase, selection.kind]
    roster, unasked = database.fetch_frame(ASKED_ENTERPRISES, asked), database.fetch_frame(UNASKED_ENTERPRISES, asked)
    lines = database.fetch_frame(ASKED_RETURNS, ["", ""]).set_index("form_id")
    roster_columns, by_return = load_columns(database, wanted, every.enterprises.index, lines)
    meta = database.meta
    ((two_codes,),) = database.fetch_rows(COUNT_TWO_CODES, asked)
    return ReportData(
        edition=edition,
        files=database.fetch_frame(_FILES),
        enterprises=counted.enterprises,
        scores=counted.scores,
        issues=database.fetch_frame("SELECT * EXCLUDE (number, message_en) FROM issues ORDER BY file, number"),
        roster=roster if len(roster) else None,
        region=options.region or region_named_by(every.enterprises),
        read_at=meta["read_at"],
        cut_short=database.cut_short,
        made_at=now or _settled_at(database.meta),
        version=__version__,
        unasked=unasked,
        two_codes=two_codes,
        roster_from="，".join(filter(None, (meta.get("roster"), minute_text(meta.get("roster_at", ""))))),
        progress=load_correction_progress(database, *asked),
        options=options,
        selection=selection,
        chosen=chosen,
        every=every,
        asked=lines,
        roster_columns=roster_columns,
        columns=by_return,
        uncounted=_uncounted(database),
        not_applicable=_not_applicable(database, edition),
        targets=fit_targets(stated, wanted, edition),
        upgrades=ways,
    )


_FILES = """
SELECT f.* EXCLUDE (sha256, bytes), a.district FROM files f LEFT JOIN answers a USING (form_id) ORDER BY f.file
"""


def _settled_at(meta: Mapping[str, str]) -> dt.datetime:
    """When a batch was settled: with its last ingest, or with a decision since."""
    return dt.datetime.fromisoformat(meta.get("settled_at") or meta["read_at"])


def counted_returns(database: BatchDatabase) -> Counted:
    """The counted returns of all phases and kinds, by file."""
    counted = """FROM files f JOIN answers a USING (form_id) JOIN scores s USING (form_id)
        WHERE f.status = 'counted' ORDER BY f.file"""
    fields = ", ".join(f"a.{key}" for key in REPORTED_FIELDS)
    return Counted(
        database.fetch_frame(f"SELECT form_id, f.file, {fields} {counted}").set_index("form_id"),
        database.fetch_frame(f"SELECT s.* {counted}").set_index("form_id"),
    )


def _uncounted(database: BatchDatabase) -> pd.DataFrame:
    """Who sent the readable returns that do not count. Of equal files one may count: such a return is left out."""
    return database.fetch_frame(f"""
        SELECT form_id, {", ".join(UNCOUNTED_FIELDS)} FROM answers SEMI JOIN files USING (form_id)
        ANTI JOIN (SELECT form_id FROM files WHERE status = 'counted') counted USING (form_id)
    """).set_index("form_id")


def _not_applicable(database: BatchDatabase, edition: Edition) -> pd.DataFrame:
    """Of each counted return, by file, and each scene whether the return says that it does not apply (R8)."""
    says = "".join(f", coalesce(a.{s.id}_state = ?, false) AS {s.id}" for s in edition.scenes)
    counted = "FROM files f JOIN answers a USING (form_id) WHERE f.status = 'counted' ORDER BY f.file"
    return database.fetch_frame(
        f"SELECT form_id{says} {counted}", [edition.header.not_applicable] * len(edition.scenes)
    ).set_index("form_id")


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


def region_named_by(enterprises: pd.DataFrame) -> str:
    """The only city that is named, if more than half of the returns name it; else such a province, else ""."""
    for column in ("city", "province"):
        named = enterprises[column].dropna().str.strip()
        named = named[named != ""]
        if named.nunique() == 1 and 2 * len(named) > len(enterprises):  # noqa: PD101  # a few names
            return str(named.iloc[0])
    return ""
