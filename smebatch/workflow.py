"""The jobs as functions that return results, for the command line and whoever else does them. Nothing here prints.

A job takes plain arguments, and raises ProblemError or OSError where it cannot be done. What the user should know
though the job succeeds is a Notice. Both have a code and values, which the caller puts into the user's words.

A job that writes files hands its notices to ``notify``, for they hold even where the job fails afterwards. A file
appears under its name only when it is complete. A file that a person has changed is set aside first, and a workbook
that somebody has filled in is not replaced, unless ``force`` is given (see batch.outputs).

Modules that are heavy to import are imported in the functions that use them: while pandas loads, the readers read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from smebatch.batch.outputs import Outputs, check_output, file_sha256
from smebatch.batch.reading import reader_pool
from smebatch.batch.use import noting
from smebatch.common.chunks import in_chunks
from smebatch.common.text import file_name, minute_text
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import entry_of
from smebatch.intake.sources.limits import Limits
from smebatch.issues.finding import Finding
from smebatch.issues.notice import Notice, ProblemError
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.batch.assessment import Assessment
    from smebatch.batch.database import BatchDatabase
    from smebatch.batch.ingest import IngestResult, Progress
    from smebatch.batch.load import ReportData, ReportOptions, Selection
    from smebatch.batch.returned import CopyLine, Sender
    from smebatch.batch.thread_history import VersionHistory
    from smebatch.form.next_round import NextRound
    from smebatch.intake.workers.reading_watch import ReadingWatch
    from smebatch.report.comparison_book import ComparisonResult
    from smebatch.settings.model import Settings

WORKBOOK = ".xlsx"
REPORT_FILES = {"xlsx": "summary.xlsx", "docx": "report.docx"}
"""The formats of a report, and the name of its file where none is given."""
PUBLIC_FILES = {"xlsx": "public.xlsx", "docx": "public.docx"}
"""The same of the public edition, which takes the place of no other report."""

_COPIES_AT_A_TIME = 500
_MOST_NAMED = 5  # texts in one sentence

Notify = Callable[[Notice], None]


class JobError(ProblemError):
    """The job cannot be done as it was asked for."""


def _ignore(*_: object) -> None:
    """Do without progress, notices or results in between."""


def edition_of(source: str) -> Edition:
    """The edition of an id or a file. Raises JobError where there is none or it is not sound."""
    from smebatch.batch.schema import RESERVED
    from smebatch.standard.loader import edition_ids, load_edition
    from smebatch.standard.toml_binding import EditionError

    try:
        return load_edition(source, RESERVED)
    except FileNotFoundError:
        raise JobError("edition.missing", source=source, known="、".join(edition_ids())) from None
    except EditionError as error:
        raise JobError("edition.unsound", source=source, error=error) from None


# --- settings ---------------------------------------------------------------------------------------------------------


def write_settings(path: Path, *, force: bool = False, notify: Notify = _ignore) -> None:
    """Write a settings file with comments, in which no key is in force.

    Raises SettingsError where there is a file unless ``force``, which sets it aside; OutputError, OSError.
    """
    from smebatch.settings.commented import commented_settings
    from smebatch.settings.loader import SettingsError

    if os.path.lexists(path) and not (force and path.is_file()):
        raise SettingsError("settings.no_file" if force else "settings.exists", path=path)
    path.parent.mkdir(parents=True, exist_ok=True)
    outputs = Outputs()
    with outputs.write_atomically(path) as partial_settings:
        partial_settings.write_text(commented_settings(), "utf-8")
    for notice in outputs.notices:
        notify(notice)


def save_settings(settings: Settings, *, seen: str, notify: Notify = _ignore) -> None:
    """Write settings to their path. A file that bears more than they say, such as somebody's comments, is set aside.

    ``seen``: the SHA-256 of the file that they were made from, "" where there was none.
    Raises SettingsError where another file stands there by now, or they take more room than a file may; OutputError,
    OSError.
    """
    from smebatch.settings.loader import MAX_BYTES, SettingsError, load_settings
    from smebatch.settings.writer import settings_text

    path = settings.path
    if path is None:
        raise ValueError("settings without a path")
    if settings_sha256(path) != seen:
        raise SettingsError("settings.changed", path=path)
    new = settings_text(settings).encode("utf-8")
    if len(new) > MAX_BYTES:
        raise SettingsError("settings.large", path=path, kilobytes=MAX_BYTES // 1000)
    outputs = Outputs()
    with suppress(SettingsError):  # one that cannot be read is a person's
        if seen and path.read_bytes() == settings_text(load_settings(path, path.parent)).encode("utf-8"):
            outputs.written[os.path.realpath(path)] = seen
    path.parent.mkdir(parents=True, exist_ok=True)
    with outputs.write_atomically(path) as partial_settings:
        partial_settings.write_bytes(new)
    for notice in outputs.notices:
        notify(notice)


def settings_sha256(path: Path) -> str:
    """The SHA-256 of a settings file; "" where there is none. Raises SettingsError where it is no file, OSError."""
    from smebatch.settings.loader import SettingsError

    if not os.path.lexists(path):
        return ""
    if not path.is_file():
        raise SettingsError("settings.no_file", path=path)
    return file_sha256(path)


# --- forms and samples ------------------------------------------------------------------------------------------------


def write_template(path: Path, edition: Edition, *, force: bool = False, notify: Notify = _ignore) -> None:
    """Write the blank form of an edition as an .xlsx file. Raises OutputError where it cannot stand there, OSError."""
    from smebatch.form.writer import write_form

    check_output(path, WORKBOOK)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _outputs(edition, force, notify) as outputs, outputs.write_atomically(path) as partial_form:
        write_form(partial_form, edition)


@dataclass(frozen=True)
class ManyForms:
    """Forms that are made one after the other: how many, and for each the name of its file and its bytes."""

    count: int
    forms: Iterator[tuple[str, bytes]]


def prefilled_forms(roster: Path, edition: Edition, notify: Notify = _ignore) -> ManyForms:
    """One form for each enterprise of a roster, filled in with what the roster knows.

    Raises RosterError where the roster cannot be used, OSError.
    """
    from smebatch.form.prefill import Splicer
    from smebatch.intake.roster import read_roster

    with reader_pool(edition) as readers:
        read = read_roster(roster, edition, readers.read_list)
    for notice in read.notices:
        notify(notice)
    splicer = Splicer(edition)
    forms = ((answers, splicer.form(answers)) for answers in read.enterprises)
    return _numbered(forms, len(read.enterprises))


def write_prefilled_forms(
    roster: Path,
    folder: Path,
    edition: Edition,
    *,
    force: bool = False,
    progress: Progress = _ignore,
    notify: Notify = _ignore,
) -> list[Path]:
    """Write the forms of prefilled_forms into a folder; returns their paths.

    Raises RosterError where the roster cannot be used, OutputError, OSError.
    """
    notices: list[Notice] = []
    with _outputs(edition, force, notify) as outputs:
        paths = _write_forms(outputs, folder, prefilled_forms(roster, edition, notices.append), progress)
        for notice in notices:
            notify(notice)
    return paths


@dataclass(frozen=True)
class NextRoundForms:
    """The result of write_next_round_forms: the round, the folder and the forms in it."""

    next_round: NextRound
    folder: Path
    paths: list[Path]


@contextmanager
def next_round_forms(
    batch: Path,
    edition: Edition,
    wanted: Selection,
    earlier: Selection,
    *,
    notify: Notify = _ignore,
) -> Iterator[tuple[NextRound, ManyForms]]:
    """The next round, and a form of it for each counted return of a batch, with its answers beside the empty cells.

    ``wanted``: the phase and kind of the new forms, blank that of the returns; ``earlier``: those of the returns, blank
    that which most have. The batch is open until the end of the block.

    A batch that an earlier version of the program made holds an earlier text of its edition: its answers are shown
    where they answer the same questions.

    Raises JobError where the batch's edition asks otherwise or nothing counts, BatchError, OSError.
    """
    from smebatch.batch.load import open_batch
    from smebatch.batch.next_round import counted_returns, next_forms, next_round_after
    from smebatch.form.prefill import Splicer
    from smebatch.standard.scoring_parts import asks_the_same

    database, read_by = open_batch(batch)
    with database:
        if not asks_the_same(read_by, edition):
            raise JobError("next_round.edition", path=batch, theirs=read_by.header.title, ours=edition.header.title)
        _notify_cut_short(batch, database.cut_short, database.meta["read_at"], notify)
        next_round = next_round_after(database, edition, wanted, earlier)
        form_ids = counted_returns(database, next_round)
        if not form_ids:
            raise JobError("next_round.nobody", path=batch, what=" ".join(filter(None, earlier)))
        forms, splicer = next_forms(database, read_by, next_round, form_ids), Splicer(edition, next_round)
        workbooks = ((form.answers, splicer.form(form.answers, form.earlier)) for form in forms)
        yield next_round, _numbered(workbooks, len(form_ids))


def write_next_round_forms(
    batch: Path,
    folder: Path | None,
    edition: Edition,
    wanted: Selection,
    earlier: Selection,
    *,
    force: bool = False,
    progress: Progress = _ignore,
    notify: Notify = _ignore,
) -> NextRoundForms:
    """Write the forms of next_round_forms into a folder; without one it is named after the new phase and kind.

    Raises what next_round_forms raises, OutputError.
    """
    made = next_round_forms(batch, edition, wanted, earlier, notify=notify)
    with _outputs(edition, force, notify) as outputs, made as (next_round, forms):
        target = folder or Path(f"{next_round.phase}_{next_round.kind}")
        return NextRoundForms(next_round, target, _write_forms(outputs, target, forms, progress))


def zip_forms(target: BinaryIO, forms: ManyForms) -> None:
    """Write forms into a zip, which is the same whenever it is written. Raises OSError."""
    from zipfile import ZipFile, ZipInfo

    with ZipFile(target, "w") as archive:  # workbooks are compressed already
        for name, workbook in forms.forms:
            entry = ZipInfo(name)
            entry.external_attr = 0o644 << 16  # without it nobody may read what is unpacked
            archive.writestr(entry, workbook)


def _numbered(forms: Iterable[tuple[Mapping[str, object], bytes]], count: int) -> ManyForms:
    """So many forms, named by their number and the enterprise. ``forms``: the answers and the bytes of each."""
    width = len(str(count))
    named = (
        (f"{number:0{width}d}_{file_name(str(answers.get('name', '')))}{WORKBOOK}", workbook)
        for number, (answers, workbook) in enumerate(forms, 1)
    )
    return ManyForms(count, named)


def _write_forms(outputs: Outputs, folder: Path, forms: ManyForms, progress: Progress) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, (name, workbook) in enumerate(forms.forms, 1):
        path = folder / name
        with outputs.write_atomically(path) as partial_form:
            partial_form.write_bytes(workbook)
        paths.append(path)
        progress(number, forms.count)
    return paths


def write_sample_returns(
    folder: Path,
    edition: Edition,
    n: int,
    *,
    seed: int = 0,
    faults: bool = True,
    force: bool = False,
    notify: Notify = _ignore,
) -> list[Path]:
    """Write ``n`` made-up returns, one in ten with a fault if ``faults``; returns their paths. See sample.write_sample.

    Raises OutputError, OSError.
    """
    from smebatch.sample import write_sample

    with _outputs(edition, force, notify) as outputs:
        return write_sample(folder, edition, n, seed, faults=faults, writer=outputs.write_atomically)


# --- check ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """The result of checking one file: the outcome of reading and, if it holds a return, its assessment."""

    outcome: ReadResult
    assessment: Assessment | None

    @property
    def errors(self) -> int:
        """How many errors; a file that is no return is one."""
        return int(self.assessment.errors.iloc[0]) if self.assessment else 1

    @property
    def warnings(self) -> int:
        """How many warnings."""
        return int(self.assessment.warnings.iloc[0]) if self.assessment else 0


def check_files(paths: Sequence[Path], edition: Edition, today: dt.date, *, jobs: int = 1) -> list[Checked]:
    """Read, validate and score files, each by itself. Raises OSError where one cannot be found."""
    entries = [entry_of(path, path.name, path.stat()) for path in paths]
    with reader_pool(edition) as readers:
        reading = readers.read_in_parallel(entries, jobs)
        import pandera.pandas  # noqa: F401  (the first assessment needs it)

        from smebatch.batch.assessment import assess_returns

        outcomes = list(reading)
    return [
        Checked(
            outcome, assess_returns(edition, {outcome.form_id: outcome.answers}, today) if outcome.answers else None
        )
        for outcome in outcomes
    ]


# --- batches ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class IngestOptions:
    """How a folder is read into a batch, with the defaults of the command line.

    ``jobs``: how many processes read; ``scheduler``: the address of a dask scheduler whose workers read instead.
    ``limits``: what reading one file may take. ``roster``: the list of enterprises that were asked to answer.
    ``decisions``: a decisions file to take over. ``file_to``: the folder that keeps a copy of each readable original.
    ``more_folders``: those that the batch reads beside the one that is named first; they are added where it does not.
    ``add``, ``replace``, ``gone``: what is done where the folder is not the batch's: see batch.folders.AllowedChanges.
    """

    jobs: int = 1
    scheduler: str = ""
    limits: Limits = field(default_factory=Limits)
    roster: Path | None = None
    decisions: Path | None = None
    file_to: Path | None = None
    add: bool = False
    replace: bool = False
    gone: bool = False
    more_folders: tuple[str, ...] = ()


def ingest_folder(
    folder: str,
    batch: Path,
    edition: Edition,
    options: IngestOptions = IngestOptions(),
    *,
    now: dt.datetime,
    ignore: Collection[Path] = (),
    progress: Progress = _ignore,
    watch: ReadingWatch | None = None,
) -> IngestResult:
    """Read what is new or changed in a folder (or at a URL) into a batch file; ``now`` has a time zone.

    Of several folders one is read after the other; the result tells what the batch holds of all of them at the end.
    ``ignore``: files of our own that may stand in the folder. Its notices are part of the result. ``watch`` is told of
    each file that is read.
    Raises OSError, BatchError, RosterError, FilingError: see batch.ingest.
    """
    from smebatch.batch.folders import AllowedChanges, full_path
    from smebatch.batch.ingest import ingest

    batch.parent.mkdir(parents=True, exist_ok=True)
    ingest_one = partial(
        ingest,
        batch=batch,
        edition=edition,
        now=now,
        jobs=options.jobs,
        scheduler=options.scheduler,
        limits=options.limits,
        roster=options.roster,
        decisions=options.decisions,
        file_to=options.file_to,
        ignore=ignore,
        progress=progress,
        watch=watch,
    )
    done = ingest_one(folder, allowed=AllowedChanges(options.add, options.replace, options.gone))
    for further in options.more_folders:
        if full_path(further) in done.folders:
            continue
        done = ingest_one(further, allowed=AllowedChanges(add=True, gone=options.gone)).after(done)
    return done


def report_batch(
    batch: Path,
    files: Mapping[str, Path],
    *,
    options: ReportOptions | None = None,
    template: Path | None = None,
    public: bool = False,
    force: bool = False,
    remember: bool = True,
    notify: Notify = _ignore,
) -> None:
    """Write the report of a batch, as the regional summary workbook (xlsx), in words (docx), or both.

    ``files``: where each format goes. ``options``: what it is asked for; None is all as it is by itself. ``template``:
    a bureau's own for the report in words. ``public``: the edition that names no enterprise and tells of no few (see
    report.public.disclosure). A settled batch gives the same bytes whenever its report is written, for that says when
    the batch was settled, or what SOURCE_DATE_EPOCH of the environment states.

    ``remember``: let the batch know of the files, so that later runs may replace them; without it nothing is written
    to the batch.

    Raises JobError for an unknown format and where no return is selected, BatchError, TemplateError, OutputError,
    OSError.
    """
    for file_format, path in files.items():
        _check_report(path, file_format, batch, template)
    data = _report_data(batch, options, notify, upgrades=not public)
    for file_format, path in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            _outputs(data.edition, force, notify, batch if remember else None) as outputs,
            outputs.write_atomically(path) as partial_report,
        ):
            _write_report(partial_report, data, file_format, template, public=public)


def report_by_district(
    batch: Path,
    folder: Path,
    file_format: str = "xlsx",
    *,
    options: ReportOptions | None = None,
    template: Path | None = None,
    force: bool = False,
    remember: bool = True,
    notify: Notify = _ignore,
) -> dict[str, Path]:
    """Write a report of each district, with its enterprises alone; returns their paths by district.

    Takes and raises what report_batch does.
    """
    from smebatch.report.districts import by_district, workbook_names

    _check_report(folder / f"x.{file_format}", file_format, batch, template)
    data = _report_data(batch, options, notify)
    districts = dict(by_district(data))
    paths = {name: folder / f"{stem}.{file_format}" for name, stem in workbook_names(list(districts)).items()}
    folder.mkdir(parents=True, exist_ok=True)
    with _outputs(data.edition, force, notify, batch if remember else None) as outputs:
        for name, path in paths.items():
            _check_report(path, file_format, batch, template)
            with outputs.write_atomically(path) as partial_report:
                _write_report(partial_report, districts[name], file_format, template)
    return paths


def _check_report(path: Path, file_format: str, batch: Path, template: Path | None) -> None:
    """Raise JobError for an unknown format, OutputError where no report may be written at a path."""
    from smebatch.batch.database import batch_files

    if file_format not in REPORT_FILES:
        raise JobError("format.unknown", format=file_format, known="、".join(REPORT_FILES))
    check_output(path, f".{file_format}", (*batch_files(batch), *([template] if template else [])))


def _report_data(batch: Path, options: ReportOptions | None, notify: Notify, *, upgrades: bool = True) -> ReportData:
    """The data of a report. Raises JobError where nothing is selected, BatchError."""
    from smebatch.batch.load import ReportOptions, load_batch

    data = load_batch(batch, now=_stated_time(), options=options or ReportOptions(), upgrades=upgrades)
    _require_returns(data)
    _notify_cut_short(batch, data.cut_short, data.read_at, notify)
    return data


def _require_returns(data: ReportData) -> None:
    """Raise JobError where the options select returns, and there are none such."""
    if data.chosen and not len(data.enterprises):
        raise JobError("nothing.selected", what=" ".join(filter(None, data.options.selection)))


def _write_report(
    path: Path, data: ReportData, file_format: str, template: Path | None, *, public: bool = False
) -> None:
    if file_format == "docx":
        from smebatch.report.docx.report_file import write_word_report

        write_word_report(path, data, template, public=public)
    else:
        from smebatch.report.xlsx.book import write_summary

        write_summary(path, data, public=public)


def _stated_time() -> dt.datetime | None:
    """The time that SOURCE_DATE_EPOCH states, as tools do that build the same bytes again; None where it is not set.

    Raises JobError where it is no time.
    """
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        return dt.datetime.fromtimestamp(int(stated), dt.UTC) if stated else None
    except (ValueError, OverflowError, OSError):
        raise JobError("epoch.unknown", value=stated) from None


def prepare_report_pages(batch: Path, options: ReportOptions, *, patience: float = 0) -> str:
    """Work out the tables of the report, and what each of their figures rests on, and keep them in the batch.

    Returns the state that they are of; nothing is done where the batch keeps them already. The batch is written to for
    moments alone, in which parts are stored; ``patience``: for how many seconds to wait for others who have it open.

    Raises JobError where nothing is selected, BatchError, also where the batch is of an earlier layout and where it was
    settled anew meanwhile.
    """
    from smebatch.batch.batch_file import BatchError
    from smebatch.batch.load import load_batch
    from smebatch.batch.older_layouts import UpdatedCopy
    from smebatch.batch.report_pages import kept_state, state_of, store_pages
    from smebatch.batch.response import REPLIES
    from smebatch.report.basis.pages import kept_report

    end = time.monotonic() + patience

    def opened(*, read_only: bool) -> BatchDatabase:
        return _open_patiently(batch, end, read_only=read_only)

    with opened(read_only=True) as database:
        if isinstance(database, UpdatedCopy):  # nothing is written to a batch of an earlier layout
            raise BatchError("batch.outdated", path=batch)
        state = state_of(database.meta, options)
        if kept_state(database) == state:
            return state
        data = load_batch(batch, options=options)
        replies = database.fetch_frame(REPLIES, [data.selection.phase, data.selection.kind])
    _require_returns(data)
    pages, universes = kept_report(data, replies)

    def unchanged() -> BatchDatabase:
        database = opened(read_only=False)
        if state_of(database.meta, options) != state:
            database.close()
            raise BatchError("batch.changed", path=batch)
        return database

    store_pages(unchanged, state, pages, universes)
    return state


_BETWEEN_TRIES = 0.05  # seconds


def _open_patiently(batch: Path, end: float, *, read_only: bool) -> BatchDatabase:
    """A batch once nobody has it open who keeps others out, or ``end`` has come. Raises BatchError."""
    from smebatch.batch.batch_file import BatchError
    from smebatch.batch.load import open_batch

    while True:
        try:
            return open_batch(batch, read_only=read_only)[0]
        except BatchError as error:
            if not error.code.startswith("batch.busy") or time.monotonic() > end:
                raise
        time.sleep(_BETWEEN_TRIES)


def compare_batches(
    before: Path,
    after: Path,
    output: Path,
    *,
    options: ReportOptions | None = None,
    force: bool = False,
    notify: Notify = _ignore,
) -> ComparisonResult:
    """Write a workbook of what changed from one batch to another, each by the phase and kind that most returns have.

    Its time is that of the later reading, or what SOURCE_DATE_EPOCH states.

    Raises JobError where the editions of the two score differently, BatchError, OutputError, OSError.
    """
    from smebatch.batch.database import batch_files
    from smebatch.batch.load import ReportOptions
    from smebatch.batch.rounds import load_round
    from smebatch.report.comparison_book import ComparedRounds, write_comparison
    from smebatch.standard.scoring_parts import scoring_differences

    check_output(output, WORKBOOK, [*batch_files(before), *batch_files(after)])
    options = options or ReportOptions()
    earlier, later = load_round(before), load_round(after, options.report.group_by)
    if parts := scoring_differences(earlier.edition, later.edition):
        what = "、".join(parts[:_MOST_NAMED])
        raise JobError("compare.editions", before=before, after=after, n=len(parts), what=what)
    for batch, each in ((before, earlier), (after, later)):
        _notify_cut_short(batch, each.cut_short, each.read_at, notify)
    output.parent.mkdir(parents=True, exist_ok=True)
    made_at = _stated_time() or max(dt.datetime.fromisoformat(each.read_at) for each in (earlier, later))
    region = options.region or later.region
    rounds = ComparedRounds((before.name, after.name), earlier, later, region, made_at, options)
    with _outputs(later.edition, force, notify, after) as outputs, outputs.write_atomically(output) as partial_workbook:
        return write_comparison(partial_workbook, rounds)


def export_batch(
    batch: Path,
    folder: Path,
    file_format: str = "csv",
    *,
    force: bool = False,
    remember: bool = True,
    notify: Notify = _ignore,
) -> list[Path]:
    """Write files, answers, scores and issues of a batch for other programs; returns the paths.

    ``remember``: see report_batch.
    Raises JobError for a format that is not csv, json or parquet, BatchError, OutputError, OSError.
    """
    from smebatch.batch.export import FORMATS, export
    from smebatch.batch.load import open_batch

    if file_format not in FORMATS:
        raise JobError("format.unknown", format=file_format, known="、".join(FORMATS))
    store, edition = open_batch(batch)
    with _outputs(edition, force, notify, batch if remember else None) as outputs, store:
        _notify_cut_short(batch, store.cut_short, store.meta["read_at"], notify)
        return export(store, edition, folder, file_format, outputs.write_atomically)


def export_returned_issues(batch: Path, path: Path, *, force: bool = False, notify: Notify = _ignore) -> None:
    """Write the issues of the returned files of a batch as CSV. Raises BatchError, OutputError, OSError."""
    from smebatch.batch.export import export_issues
    from smebatch.batch.load import open_batch

    path.parent.mkdir(exist_ok=True)
    store, edition = open_batch(batch)
    with _outputs(edition, force, notify, batch) as outputs, store:
        export_issues(store, path, "returned", outputs.write_atomically)


# --- the correction loop ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FormsReturned:
    """The result of return_forms: the files, how many copies there are, and how many issues await a decision."""

    folder: Path
    returned_list: Path
    decision_form: Path
    index: Path
    copies: int
    pending: int


def return_forms(
    batch: Path,
    folder: Path,
    sender: Sender,
    *,
    now: dt.datetime,
    force: bool = False,
    progress: Progress = _ignore,
    notify: Notify = _ignore,
) -> FormsReturned:
    """Write a correction copy of every returned form of a batch, and the lists of whom to chase and what to decide.

    A copy that is no longer due is removed; one that somebody has changed is set aside. Raises BatchError, OutputError,
    OSError.
    """
    from smebatch.batch.copies import DECISION_FORM, INDEX, RETURNED_LIST, CopyNames, no_longer_due
    from smebatch.batch.load import open_batch
    from smebatch.batch.returned import count_returned, load_chase_lists, returned_forms, roster_deadlines
    from smebatch.batch.written import record_written_results, written_results
    from smebatch.form.prefill import Splicer
    from smebatch.report.decision_form import write_decision_form
    from smebatch.report.returned_list import write_index, write_returned_list

    folder.mkdir(parents=True, exist_ok=True)
    returned_list, decision_form, index = (folder / name for name in (RETURNED_LIST, DECISION_FORM, INDEX))
    database, edition = open_batch(batch, read_only=False)
    with database, noting(batch, "return"):
        _notify_cut_short(batch, database.cut_short, database.meta["read_at"], notify)
        outputs = Outputs(written_results(batch, database.meta), force=force)
        splicer, names, total = Splicer(edition), CopyNames(), count_returned(database)
        deadlines = roster_deadlines(database)
        if deadlines.unreadable:
            texts = "、".join(deadlines.unreadable[:_MOST_NAMED])
            notify(Notice("roster.deadlines", {"n": len(deadlines.unreadable), "texts": texts}))
        lines: list[CopyLine] = []
        try:
            for forms in in_chunks(returned_forms(database, edition, sender, deadlines), _COPIES_AT_A_TIME):
                copies: dict[Path, bytes] = {}
                for line, answers, correction in forms:
                    name = names.name(line.file, line.district, line.form_id)
                    lines.append(line._replace(copy=name))
                    copies[folder / name] = splicer.correction(answers, correction)
                _write_planned(database, outputs, copies)
                progress(len(lines), total)
            for path in no_longer_due(outputs.written, folder, [folder / line.copy for line in lines]):
                outputs.remove(path)
                with suppress(OSError):  # the folder of a district that has others
                    path.parent.rmdir()
            lists = load_chase_lists(database, edition, deadlines)
            listed = {
                returned_list: lambda path: write_returned_list(path, lines, lists, sender, edition, now),
                decision_form: lambda path: write_decision_form(path, lists.pending),
                index: lambda path: write_index(path, lines),
            }
            _write_planned(
                database, outputs, {path: _bytes_written(path.name, write) for path, write in listed.items()}
            )
        finally:
            record_written_results(database, outputs.written)
            for notice in outputs.notices:
                notify(notice)
    return FormsReturned(folder, returned_list, decision_form, index, len(lines), len(lists.pending))


def _write_planned(database: BatchDatabase, outputs: Outputs, files: Mapping[Path, bytes]) -> None:
    """Write results that the batch knows of before they are there, so that none is ever taken for a return."""
    from smebatch.batch.written import record_written_results

    planned = {os.path.realpath(path): hashlib.sha256(data).hexdigest() for path, data in files.items()}
    record_written_results(database, outputs.written, planned)
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with outputs.write_atomically(path) as partial_file:
            partial_file.write_bytes(data)


def _bytes_written(name: str, write: Callable[[Path], object]) -> bytes:
    """What ``write`` writes into a file of this name."""
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path)
        return path.read_bytes()


_REFUSALS = {"decision.unknown": "decide.unknown", "decision.not_waivable": "decide.not_waivable"}


def decide_issue(
    batch: Path,
    form_id: str,
    code: str,
    key: str,
    *,
    accepted: bool,
    reason: str,
    decided_by: str,
    now: dt.datetime,
) -> str:
    """Decide on an error of a version, and settle the batch; returns the status of the version afterwards.

    Raises JobError where the issue is unknown or may not be waived, BatchError.
    """
    from smebatch.batch.decisions import take_decision
    from smebatch.batch.load import open_batch
    from smebatch.batch.settle import settle_ledger
    from smebatch.intake.decisions import Decision

    database, edition = open_batch(batch, read_only=False)
    with database, noting(batch, "decide"):
        if database.cut_short:
            raise JobError("decide.unfinished", path=batch)
        for name, text in (("reason", reason), ("by", decided_by)):
            if not text.strip():
                raise JobError("decide.blank", option=f"--{name}")
        decision = Decision(form_id, code, key, accepted, reason.strip(), decided_by.strip(), None, "", "")

        def settle() -> None:
            with database.transaction():
                taken = take_decision(database, edition, decision, now.date(), by_hand=True)
                if isinstance(taken, Finding):
                    raise JobError(_REFUSALS[taken.code], named=taken.found)
                settle_ledger(database, edition, database.meta["read_at"])
                database.set_meta(settled_at=now.isoformat(timespec="seconds"))

        database.run_with_memory(settle)
        ((status,),) = database.fetch_rows("SELECT status FROM versions WHERE form_id = ?", [form_id])
    return str(status)


@dataclass(frozen=True)
class History:
    """The versions of the returns of an enterprise, thread by thread, and the edition that they were read by."""

    edition: Edition
    versions: list[VersionHistory]


def read_history(batch: Path, who: str) -> History:
    """The versions of an enterprise's returns, with the state of each issue; see batch.thread_history.

    ``who``: a credit code, a name or a form_id. Raises JobError where nobody is meant, BatchError.
    """
    from smebatch.batch.load import open_batch
    from smebatch.batch.thread_history import load_history

    database, edition = open_batch(batch)
    with database:
        versions = database.run_with_memory(lambda: load_history(database, who))
    if not versions:
        raise JobError("history.nobody", who=who, path=batch)
    return History(edition, versions)


@dataclass(frozen=True)
class RunFiles:
    """What ``run`` writes: the batch, the report as a workbook and in words, and in a folder what goes back.

    ``issues``: a list of the issues of what goes back.
    """

    batch: Path
    summary: Path
    report: Path
    returned: Path
    issues: Path

    @classmethod
    def of(cls, folder: Path, batch: Path | None = None) -> RunFiles:
        """The files of a folder; ``batch``, where it is another than the one in there."""
        returned = folder / "returned"
        summary, report = (folder / name for name in REPORT_FILES.values())
        return cls(batch or folder / "batch.duckdb", summary, report, returned, returned / "issues.csv")


@dataclass(frozen=True)
class Ran:
    """The result of ``run``: what was written where, what the ingest did, and what goes back."""

    files: RunFiles
    ingested: IngestResult
    returned: FormsReturned


def run(
    folder: str,
    out_dir: Path,
    edition: Edition,
    options: IngestOptions = IngestOptions(),
    *,
    clock: Callable[[], dt.datetime],
    sender: Sender,
    batch: Path | None = None,
    report_options: ReportOptions | None = None,
    force: bool = False,
    progress: Progress = _ignore,
    on_ingested: Callable[[RunFiles, IngestResult], None] = _ignore,
    notify: Notify = _ignore,
) -> Ran:
    """Ingest a folder, report on the batch, and write what goes back to enterprises: all of it in ``out_dir``.

    ``sender``: who returns forms. ``batch``: the batch file, where it is to stand elsewhere.
    ``clock`` tells the time with its zone: that of the ingest, and that of what goes back, which may come much later.
    ``on_ingested`` is called with the result of the ingest, which holds even where the report fails.
    Raises what ingest_folder, report_batch, export_returned_issues and return_forms raise.
    """
    files = RunFiles.of(out_dir, batch)
    ours = (files.summary, files.report, files.issues)
    ingested = ingest_folder(folder, files.batch, edition, options, now=clock(), ignore=ours, progress=progress)
    on_ingested(files, ingested)
    report_batch(
        files.batch,
        {"xlsx": files.summary, "docx": files.report},
        options=report_options,
        force=force,
        notify=notify,
    )
    export_returned_issues(files.batch, files.issues, force=force, notify=notify)
    returned = return_forms(files.batch, files.returned, sender, now=clock(), force=force, notify=notify)
    return Ran(files, ingested, returned)


def _notify_cut_short(batch: Path, cut_short: bool, read_at: str, notify: Notify) -> None:
    """Say so where the batch's last ingest did not end, and what it holds is older."""
    if cut_short:
        notify(Notice("batch.cut_short", {"path": batch, "read_at": minute_text(read_at)}))


# --- files that are written -------------------------------------------------------------------------------------------


def is_filled(path: Path, edition: Edition) -> bool:
    """Whether a file is a return in which somebody has answered something, beside who the enterprise is.

    One of another edition, whose answers cannot be told, is taken for one. Raises OSError.
    """
    with reader_pool(edition) as readers:
        (outcome,) = readers.read([entry_of(path, path.name, path.stat())])
    if outcome.answers is None:
        return outcome.reason.startswith("edition.")
    return not {field.key for field in edition.fields}.issuperset(outcome.answers.values)


@contextmanager
def _outputs(edition: Edition, force: bool, notify: Notify, batch: Path | None = None) -> Iterator[Outputs]:
    """What writes the files of a job. A batch remembers what was written of it, and may replace that another time.

    A batch of an earlier layout remembers nothing. What made way is told at the end, even where the job fails.
    """
    if batch:
        from smebatch.batch.written import read_written_results, store_written_results
    written = read_written_results(batch) if batch else None
    outputs = Outputs(written, partial(is_filled, edition=edition), force=force)
    try:
        yield outputs
    finally:
        if batch and written is not None:
            store_written_results(batch, outputs.written)
        for notice in outputs.notices:
            notify(notice)
