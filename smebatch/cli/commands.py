"""The commands: each parses its arguments, calls a job of workflow, and shows the result.

Heavy modules, workflow among them, are imported inside the commands, so that -h is quick. ``context.obj`` is the
Terminal of this run. ``help`` is the code of a text of help.toml (see cli.usage).
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smebatch import __version__
from smebatch.cli.arguments import (
    UsageError,
    ingest_options,
    load_edition_argument,
    require_choices,
    require_file,
    require_folder,
)
from smebatch.cli.options import (
    ALL_PROCESSORS,
    DEFAULT_BATCH,
    DEFAULT_EDITION,
    DEFAULT_LIMITS,
    AddOption,
    BatchOption,
    CpuOption,
    DecisionsOption,
    EditionOption,
    FileToOption,
    FolderArgument,
    ForceOption,
    GoneOption,
    JobsOption,
    JsonOption,
    KindOption,
    MemoryOption,
    OutDirOption,
    PhaseOption,
    RegionOption,
    ReplaceOption,
    RosterOption,
    SchedulerOption,
    StrictOption,
    WallOption,
)
from smebatch.cli.round_settings import use_settings
from smebatch.cli.terminal import Terminal
from smebatch.cli.usage import Command, Group
from smebatch.issues.notice import Notice
from smebatch.settings.loader import FILE_NAME

if TYPE_CHECKING:
    from smebatch.batch.ingest import IngestResult, Progress
    from smebatch.batch.load import ReportOptions, Selection
    from smebatch.batch.returned import Sender
    from smebatch.standard.model import Edition
    from smebatch.workflow import FormsReturned, IngestOptions, RunFiles

app = typer.Typer(
    cls=Group,
    help="help.app",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
edition_app = typer.Typer(cls=Group, help="help.edition")
app.add_typer(edition_app, name="edition")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="opt.version")] = False
) -> None:
    if version:
        context.obj.line(__version__)
        raise typer.Exit
    _help_alone(context)


@edition_app.callback(invoke_without_command=True)
def _edition_root(context: typer.Context) -> None:
    _help_alone(context)


def _help_alone(context: typer.Context) -> None:
    """Print the help of a group that was called without a command."""
    if context.invoked_subcommand is None:
        for line in context.get_help().splitlines():
            context.obj.line(line)


# --- settings ---------------------------------------------------------------------------------------------------------


@app.command(cls=Command, help="help.init")
def init(
    context: typer.Context,
    path: Annotated[Path, typer.Option("--settings", metavar="FILE", help="opt.settings_written")] = Path(FILE_NAME),
    force: Annotated[bool, typer.Option("--force", help="opt.force_settings")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a settings file with comments."""
    from smebatch.workflow import write_settings

    terminal: Terminal = context.obj
    write_settings(path, force=force, notify=terminal.notify)
    terminal.result(as_json, {"settings": str(path)}, Notice("settings.written", {"path": path}))


# --- forms and samples ------------------------------------------------------------------------------------------------


@app.command(cls=Command, help="help.template")
def template(
    context: typer.Context,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="opt.output")] = None,
    edition: EditionOption = DEFAULT_EDITION,
    given_roster: RosterOption = None,  # a roster in the settings does not keep anybody from a blank form
    from_batch: Annotated[Path | None, typer.Option("--from-batch", metavar="FILE", help="opt.from_batch")] = None,
    # The settings say of which phase and kind the returns are, not the new forms.
    new_phase: Annotated[str, typer.Option("--phase", metavar="PHASE", help="opt.new_phase")] = "",
    new_kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="opt.new_kind")] = "",
    out_dir: Annotated[Path | None, typer.Option("--out-dir", metavar="DIR", help="opt.out_dir")] = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the blank form, or a form for each enterprise of a roster or for each counted return of a batch."""
    from smebatch.workflow import WORKBOOK, write_prefilled_forms, write_template

    terminal: Terminal = context.obj
    require_choices(phase=new_phase, kind=new_kind)
    if (new_phase or new_kind) and not from_batch:
        raise UsageError("next_round.needs_batch")
    if from_batch:
        from smebatch.batch.load import Selection

        if given_roster:
            raise UsageError("next_round.or_roster")
        if output and out_dir:
            raise UsageError("next_round.two_folders")
        if not (new_phase or new_kind):
            raise UsageError("next_round.needs_kind")
        _write_next_round(
            context,
            from_batch,
            out_dir or output,
            edition,
            Selection(new_phase, new_kind),
            force=force,
            as_json=as_json,
        )
        return
    loaded = load_edition_argument(edition)
    roster = given_roster or (use_settings(context, "round.roster").round.roster if out_dir else None)
    if roster:
        if out_dir is None or output:
            raise UsageError("roster.needs_folder" if out_dir is None else "roster.no_output")
        paths = write_prefilled_forms(require_file(roster), out_dir, loaded, force=force, notify=terminal.notify)
        written = Notice("forms.written", {"n": len(paths), "folder": out_dir})
        terminal.result(as_json, {"forms": list(map(str, paths))}, written)
        return
    if out_dir:
        raise UsageError("out_dir.needs_roster")
    target = output or Path(f"{loaded.header.form_title}{WORKBOOK}")
    write_template(target, loaded, force=force, notify=terminal.notify)
    terminal.result(as_json, {"form": str(target)}, Notice("form.written", {"path": target}))


def _write_next_round(
    context: typer.Context,
    batch: Path,
    folder: Path | None,
    edition: str,
    wanted: Selection,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Write a form of another phase or kind for each counted return of a batch, and say of which these are."""
    from smebatch.batch.load import Selection
    from smebatch.workflow import write_next_round_forms

    terminal: Terminal = context.obj
    earlier = Selection.of(use_settings(context, "round.phase", "round.kind"))
    written = write_next_round_forms(
        require_file(batch),
        folder,
        load_edition_argument(edition),
        wanted,
        earlier,
        force=force,
        notify=terminal.notify,
    )
    document = {"forms": list(map(str, written.paths)), **written.next_round._asdict()}
    said = {"n": len(written.paths), "folder": written.folder, **written.next_round._asdict()}
    terminal.result(as_json, document, Notice("next_round.written", said))


@app.command(cls=Command, help="help.sample")
def sample(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", metavar="N", min=1, help="opt.n")],
    out_dir: OutDirOption,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="opt.seed")] = 0,
    edition: EditionOption = DEFAULT_EDITION,
    clean: Annotated[bool, typer.Option("--clean", help="opt.clean")] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write made-up returns, through the same form."""
    from smebatch.workflow import write_sample_returns

    terminal: Terminal = context.obj
    loaded = load_edition_argument(edition)
    paths = write_sample_returns(out_dir, loaded, n, seed=seed, faults=not clean, force=force, notify=terminal.notify)
    written = Notice("sample.written", {"n": len(paths), "folder": out_dir})
    terminal.result(as_json, {"returns": list(map(str, paths))}, written)


# --- returns ----------------------------------------------------------------------------------------------------------


@app.command(cls=Command, help="help.check")
def check(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="opt.files")],
    edition: EditionOption = DEFAULT_EDITION,
    as_json: JsonOption = False,
    strict: Annotated[bool, typer.Option("--strict", help="opt.strict_check")] = False,
) -> None:
    """Say what is wrong with returns and how they score."""
    from smebatch.intake.workers.worker_process import prestart_workers

    prestart_workers(1)  # before what is heavy is imported
    from smebatch.cli.show_check import check_document, print_check
    from smebatch.workflow import check_files

    terminal: Terminal = context.obj
    loaded = load_edition_argument(edition)
    results = check_files([require_file(path) for path in files], loaded, _now().date(), jobs=ALL_PROCESSORS)
    if as_json:
        terminal.result(True, [check_document(result, loaded) for result in results])
    else:
        for result in results:
            print_check(result, loaded, terminal.words)
    if any(r.errors or (strict and r.warnings) for r in results):
        raise typer.Exit(1)


@app.command(cls=Command, help="help.ingest")
def ingest(
    context: typer.Context,
    folder: FolderArgument,
    batch: BatchOption = DEFAULT_BATCH,
    jobs: JobsOption = ALL_PROCESSORS,
    scheduler: SchedulerOption = "",
    edition: EditionOption = DEFAULT_EDITION,
    roster: RosterOption = None,
    decisions: DecisionsOption = None,
    file_to: FileToOption = "",
    cpu_seconds: CpuOption = DEFAULT_LIMITS.cpu_seconds,
    memory_mb: MemoryOption = DEFAULT_LIMITS.memory_mb,
    wall_seconds: WallOption = DEFAULT_LIMITS.wall_seconds,
    add: AddOption = False,
    replace: ReplaceOption = False,
    gone: GoneOption = False,
    as_json: JsonOption = False,
    strict: StrictOption = False,
) -> None:
    """Read, validate, score and store a folder of returns."""
    from smebatch.cli.show_ingest import ingest_document, print_ingest
    from smebatch.workflow import ingest_folder

    terminal: Terminal = context.obj
    options = ingest_options(
        jobs=jobs,
        scheduler=scheduler,
        limits=(cpu_seconds, memory_mb, wall_seconds),
        roster=roster,
        decisions=decisions,
        file_to=file_to,
        add=add,
        replace=replace,
        gone=gone,
        more_folders=folder[1:],
    )
    loaded = _edition_to_ingest(edition, folder, options)
    with _progress(terminal) as progress:
        done = ingest_folder(folder[0], batch, loaded, options, now=_now(), progress=progress)
    print_ingest(done, folder, batch, terminal, notes_only=as_json)
    terminal.result(as_json, ingest_document(done, batch))
    _exit_strict(done, strict)


def _edition_to_ingest(edition: str, folders: Sequence[str], options: IngestOptions) -> Edition:
    """The edition to read folders by. Raises UsageError, likewise where a file or a folder is not there."""
    loaded = load_edition_argument(edition)
    for file in filter(None, (options.roster, options.decisions)):
        require_file(file)
    for folder in () if options.gone else folders:
        require_folder(folder)
    return loaded


def _progress(terminal: Terminal) -> AbstractContextManager[Progress]:
    """A progress bar on stderr, on a terminal only."""
    if sys.stderr.isatty():
        from smebatch.cli.progress import progress_bar

        return progress_bar(terminal.words)
    from smebatch.batch.ingest import ignore_progress

    return nullcontext(ignore_progress)


def _exit_strict(done: IngestResult, strict: bool) -> None:
    statuses = done.statuses
    if strict and (statuses["returned"] + statuses["rejected"] or not statuses["counted"]):
        raise typer.Exit(1)


# --- reports ----------------------------------------------------------------------------------------------------------


@app.command(cls=Command, help="help.report")
def report(
    context: typer.Context,
    batch: BatchOption = DEFAULT_BATCH,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="opt.report")] = None,
    file_format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="opt.report_format")] = "xlsx",
    template_file: Annotated[Path | None, typer.Option("--template", metavar="FILE", help="opt.template")] = None,
    by: Annotated[str, typer.Option("--by", metavar="district", help="opt.by_district")] = "",
    public: Annotated[bool, typer.Option("--public", help="opt.public")] = False,
    region: RegionOption = "",
    phase: PhaseOption = "",
    kind: KindOption = "",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the regional summary workbook, or the report in words; of the whole, or of each district."""
    from smebatch.workflow import PUBLIC_FILES, REPORT_FILES, report_batch, report_by_district

    terminal: Terminal = context.obj
    require_choices(phase=phase, kind=kind)
    if template_file and file_format != "docx":
        raise UsageError("template.needs_docx")
    template = require_file(template_file) if template_file else None
    name, code = ("summary", "report.written") if file_format == "xlsx" else ("report", "report.in_words")
    if by:
        if by != "district":
            raise UsageError("by.unknown", by=by)
        if public:
            raise UsageError("by.public")
        if output is None:
            raise UsageError("by.no_folder")
        paths = report_by_district(
            batch,
            output,
            file_format,
            options=_report_options(context, region, phase, kind),
            template=template,
            force=force,
            notify=terminal.notify,
        )
        written = [Notice(code, {"path": path}) for path in paths.values()]
        terminal.result(as_json, {"districts": {each: str(path) for each, path in paths.items()}}, *written)
        return
    target = output or Path((PUBLIC_FILES if public else REPORT_FILES).get(file_format, ""))
    report_batch(
        batch,
        {file_format: target},
        options=_report_options(context, region, phase, kind),
        template=template,
        public=public,
        force=force,
        notify=terminal.notify,
    )
    if public:
        name, code = "public", "report.public"
    terminal.result(as_json, {name: str(target)}, Notice(code, {"path": target}))


def _report_options(context: typer.Context, region: str, phase: str = "", kind: str = "") -> ReportOptions:
    """What options and settings say of reports."""
    from smebatch.batch.load import SMALL_GROUP, ReportOptions, Selection

    defaults = {"round.small_group": SMALL_GROUP}
    settings = use_settings(context, *defaults, "report.group_by", "report.tiers", "targets", defaults=defaults)
    return replace(ReportOptions.of(settings), region=region, selection=Selection(phase, kind))


@app.command(cls=Command, help="help.compare")
def compare(
    context: typer.Context,
    before: Annotated[Path, typer.Argument(metavar="A", help="opt.before")],
    after: Annotated[Path, typer.Argument(metavar="B", help="opt.after")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="opt.output")] = Path("compare.xlsx"),
    region: RegionOption = "",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a workbook of what changed from one batch to another."""
    from smebatch.workflow import compare_batches

    terminal: Terminal = context.obj
    options = _report_options(context, region)
    done = compare_batches(before, after, output, options=options, force=force, notify=terminal.notify)
    document = {"comparison": str(output), **done._asdict()}
    terminal.result(as_json, document, Notice("compare.written", {"path": output, **done._asdict()}))


@app.command(cls=Command, help="help.export")
def export(
    context: typer.Context,
    out_dir: OutDirOption,
    batch: BatchOption = DEFAULT_BATCH,
    file_format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="opt.format")] = "csv",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write files, answers, scores and issues for other programs."""
    from smebatch.workflow import export_batch

    terminal: Terminal = context.obj
    paths = export_batch(batch, out_dir, file_format, force=force, notify=terminal.notify)
    written = [Notice("export.written", {"path": path}) for path in paths]
    terminal.result(as_json, {path.stem: str(path) for path in paths}, *written)


@app.command(cls=Command, help="help.run")
def run(
    context: typer.Context,
    folder: FolderArgument,
    out: OutDirOption,
    batch: Annotated[Path | None, typer.Option("-b", "--batch", metavar="FILE", help="opt.batch_of_run")] = None,
    jobs: JobsOption = ALL_PROCESSORS,
    scheduler: SchedulerOption = "",
    edition: EditionOption = DEFAULT_EDITION,
    roster: RosterOption = None,
    decisions: DecisionsOption = None,
    file_to: FileToOption = "",
    region: RegionOption = "",
    phase: PhaseOption = "",
    kind: KindOption = "",
    cpu_seconds: CpuOption = DEFAULT_LIMITS.cpu_seconds,
    memory_mb: MemoryOption = DEFAULT_LIMITS.memory_mb,
    wall_seconds: WallOption = DEFAULT_LIMITS.wall_seconds,
    add: AddOption = False,
    replace: ReplaceOption = False,
    gone: GoneOption = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
    strict: StrictOption = False,
) -> None:
    """Ingest, then report."""
    from smebatch.cli.show_ingest import ingest_document, print_ingest
    from smebatch.workflow import run as run_workflow

    terminal: Terminal = context.obj
    options = ingest_options(
        jobs=jobs,
        scheduler=scheduler,
        limits=(cpu_seconds, memory_mb, wall_seconds),
        roster=roster,
        decisions=decisions,
        file_to=file_to,
        add=add,
        replace=replace,
        gone=gone,
        more_folders=folder[1:],
    )
    require_choices(phase=phase, kind=kind)
    loaded = _edition_to_ingest(edition, folder, options)
    with ExitStack() as bar:

        def show_ingest(files: RunFiles, done: IngestResult) -> None:
            bar.close()
            print_ingest(done, folder, files.batch, terminal, notes_only=as_json)

        ran = run_workflow(
            folder[0],
            out,
            loaded,
            options,
            clock=_now,
            sender=_sender(context),
            batch=batch,
            report_options=_report_options(context, region, phase, kind),
            force=force,
            progress=bar.enter_context(_progress(terminal)),
            on_ingested=show_ingest,
            notify=terminal.notify,
        )
    files = ran.files
    terminal.result(
        as_json,
        ingest_document(ran.ingested, files.batch)
        | {"summary": str(files.summary), "report": str(files.report), "returned_issues": str(files.issues)}
        | _returned_document(ran.returned),
        Notice("returned.written", {"path": files.issues}),
        *_returned_notices(ran.returned),
        Notice("report.written", {"path": files.summary}),
        Notice("report.in_words", {"path": files.report}),
    )
    _exit_strict(ran.ingested, strict)


# --- the correction loop ----------------------------------------------------------------------------------------------


@app.command("return", cls=Command, help="help.return")
def return_(
    context: typer.Context,
    out_dir: OutDirOption,
    batch: BatchOption = DEFAULT_BATCH,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write correction copies, and the lists of whom to chase and what to decide."""
    from smebatch.workflow import return_forms

    terminal: Terminal = context.obj
    sender = _sender(context)
    with _progress(terminal) as progress:
        done = return_forms(batch, out_dir, sender, now=_now(), force=force, progress=progress, notify=terminal.notify)
    terminal.result(as_json, _returned_document(done), *_returned_notices(done))


def _returned_document(done: FormsReturned) -> dict[str, Any]:
    files = {"returned_list": done.returned_list, "decisions": done.decision_form, "index": done.index}
    counts = {"copies": done.copies, "pending": done.pending, "returned_folder": str(done.folder)}
    return counts | {name: str(path) for name, path in files.items()}


def _returned_notices(done: FormsReturned) -> Iterator[Notice]:
    yield Notice("return.done", {"n": done.copies, "folder": done.folder})
    yield Notice("return.list", {"path": done.returned_list})
    if done.pending:
        yield Notice("return.pending", {"n": done.pending, "path": done.decision_form})


def _sender(context: typer.Context) -> Sender:
    """Who returns forms, by the settings."""
    from smebatch.batch.returned import sender_of

    return sender_of(use_settings(context, "bureau.name", "bureau.contact", "bureau.phone", "round.deadline"))


@app.command(cls=Command, help="help.decide")
def decide(
    context: typer.Context,
    form_id: Annotated[str, typer.Argument(metavar="FORM_ID", help="opt.form_id")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="opt.code")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="opt.key")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="opt.reason")],
    decided_by: Annotated[str, typer.Option("--by", metavar="NAME", help="opt.by")],
    accept: Annotated[bool, typer.Option("--accept", help="opt.accept")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="opt.refuse")] = False,
    batch: BatchOption = DEFAULT_BATCH,
    as_json: JsonOption = False,
) -> None:
    """Decide on an error that an enterprise has explained."""
    from smebatch.workflow import decide_issue

    if accept == refuse:
        raise UsageError("decide.accept_or_refuse")
    terminal: Terminal = context.obj
    status = decide_issue(batch, form_id, code, key, accepted=accept, reason=reason, decided_by=decided_by, now=_now())
    decision = "accepted" if accept else "refused"
    document = {"form_id": form_id, "code": code, "key": key, "decision": decision, "status": status}
    shown = document | {"status": terminal.words.term("status", status)}
    terminal.result(as_json, document, Notice(f"decide.{decision}", shown))


@app.command(cls=Command, help="help.history")
def history(
    context: typer.Context,
    who: Annotated[str, typer.Argument(metavar="WHO", help="opt.who")],
    batch: BatchOption = DEFAULT_BATCH,
    as_json: JsonOption = False,
) -> None:
    """Show the versions of an enterprise's returns, and the state of each issue."""
    from smebatch.cli.show_history import history_document, print_history
    from smebatch.workflow import read_history

    terminal: Terminal = context.obj
    found = read_history(batch, who)
    if as_json:
        terminal.result(True, history_document(found.versions))
    else:
        print_history(found, terminal.words)


# --- the page ---------------------------------------------------------------------------------------------------------


@app.command(cls=Command, help="help.page")
def page(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="opt.port")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="opt.no_browser")] = False,
) -> None:
    """Serve the page until it is interrupted."""
    from importlib.util import find_spec

    if not (find_spec("flask") and find_spec("waitress")):
        raise UsageError("page.extra")
    from smebatch.page.server import serve_page

    terminal: Terminal = context.obj
    settings = use_settings(context).path
    serve_page(Path(), settings, port, terminal.line, browser=not no_browser, notify=terminal.notify)


# --- editions ---------------------------------------------------------------------------------------------------------


@edition_app.command("show", cls=Command, help="help.edition.show")
def edition_show(context: typer.Context, edition: EditionOption = DEFAULT_EDITION) -> None:
    """Print an edition as tables."""
    from smebatch.cli.show_edition import print_edition

    print_edition(load_edition_argument(edition), context.obj.words)


@edition_app.command("check", cls=Command, help="help.edition.check")
def edition_check(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="opt.edition")]
) -> None:
    """Check an edition file."""
    from io import BytesIO

    from smebatch.form.writer import write_form

    loaded = load_edition_argument(str(require_file(file)))
    write_form(BytesIO(), loaded)  # what no cell or formula can hold is known only then
    context.obj.say("edition.sound", title=loaded.header.title, sha256=loaded.sha256[:12])


# --- what they share --------------------------------------------------------------------------------------------------


def _now() -> dt.datetime:
    return dt.datetime.now().astimezone().replace(microsecond=0)
