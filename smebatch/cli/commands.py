"""The command line: parse, call, print. Heavy modules are imported inside the commands, so that -h is quick."""

from __future__ import annotations

import atexit
import datetime as dt
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from smebatch import __version__
from smebatch.batch.outputs import Outputs, check_output
from smebatch.cli.interrupt import Interrupts
from smebatch.cli.messages import say
from smebatch.cli.tell import sentence, tell, tell_json
from smebatch.cli.usage import Command, Group, choices, usage_problem
from smebatch.intake.sources.limits import Limits
from smebatch.issues.catalogue import Notice, ProblemError

if TYPE_CHECKING:
    from smebatch.batch.ingest import Progress
    from smebatch.batch.load import Selection
    from smebatch.batch.originals import Filed
    from smebatch.standard.model import Edition

app = typer.Typer(
    cls=Group,
    help=say("help.app"),
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
edition_app = typer.Typer(cls=Group, help=say("help.edition"))
app.add_typer(edition_app, name="edition")

EditionOption = Annotated[str, typer.Option("--edition", metavar="EDITION", help=say("opt.edition"))]
BatchOption = Annotated[Path, typer.Option("-b", "--batch", metavar="FILE", help=say("opt.batch"))]
JsonOption = Annotated[bool, typer.Option("--json", help=say("opt.json"))]
StrictOption = Annotated[bool, typer.Option("--strict", help=say("opt.strict"))]
JobsOption = Annotated[int, typer.Option("--jobs", metavar="N", min=1, help=say("opt.jobs"), show_default=False)]
ForceOption = Annotated[bool, typer.Option("--force", help=say("opt.force"))]
PhaseOption = Annotated[str, typer.Option("--phase", metavar="PHASE")]  # the help names what there is: usage.Command
KindOption = Annotated[str, typer.Option("--kind", metavar="KIND")]
AddOption = Annotated[bool, typer.Option("--add", help=say("opt.add"))]
ReplaceOption = Annotated[bool, typer.Option("--replace", help=say("opt.replace"))]
GoneOption = Annotated[bool, typer.Option("--gone", help=say("opt.gone"))]
RosterOption = Annotated[Path | None, typer.Option("--roster", metavar="FILE", help=say("opt.roster"))]
FileToOption = Annotated[str, typer.Option("--file-to", metavar="DIR", help=say("opt.file_to"), show_default=False)]
RegionOption = Annotated[str, typer.Option("--region", metavar="TEXT", help=say("opt.region"))]
FolderArgument = Annotated[str, typer.Argument(metavar="DIR", help=say("opt.folder"))]
SchedulerOption = Annotated[str, typer.Option("--scheduler", metavar="URL", help=say("opt.scheduler"))]
CpuOption = Annotated[int, typer.Option("--cpu-seconds", metavar="N", min=1, help=say("opt.cpu_seconds"))]
MemoryOption = Annotated[int, typer.Option("--memory-mb", metavar="N", min=64, help=say("opt.memory_mb"))]
WallOption = Annotated[int, typer.Option("--wall-seconds", metavar="N", min=1, help=say("opt.wall_seconds"))]

DEFAULT_EDITION = "2024"
LIMITS = Limits()
_INTERRUPTED = 130  # the status typer gives Ctrl-C
DEFAULT_BATCH = Path("batch.duckdb")
SUMMARY = Path("summary.xlsx")
WORKBOOK = ".xlsx"
_interrupts = Interrupts()
ALL_PROCESSORS = os.cpu_count() or 1
_GARBAGE = 50_000  # objects made until some are looked through: what is imported stays, and is a third of a short run


class UsageError(ProblemError):
    """The command cannot be carried out as it was given."""


def main() -> None:
    """Run the program: exit status 0 done, 1 errors found, 2 usage or environment."""
    gc.set_threshold(_GARBAGE)
    atexit.register(gc.freeze)  # else Python looks through all there is before it ends, for nothing
    # numpy's linear algebra, which nothing here uses, would start a thread for each processor.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pandera imports it where it is installed, to make up data, which nothing here asks for.
    sys.modules.setdefault("hypothesis", cast(ModuleType, None))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a GBK console cannot show every character, and must not crash on one
            stream.reconfigure(errors="replace")
    with _interrupts:
        ended = _ended()
        if _interrupts.seen:
            ended = Notice("interrupted")
        if isinstance(ended, Notice):
            tell(say("error", text=sentence(ended.code, ended.values)), err=True)
            raise SystemExit(2)
    raise SystemExit(ended)


def _ended() -> int | Notice:
    """Carry out what was asked for: the exit status, or what keeps it from being done."""
    try:
        status = app(prog_name="smebatch", standalone_mode=False)
    except SystemExit:  # how typer answers a reader of a pipe that has had enough
        return 0
    except KeyboardInterrupt:  # before typer heeds it
        return Notice("interrupted")
    except OSError as error:
        where = {"path": error.filename} if error.filename else {}
        return Notice("os.error" if where else "os.error.somewhere", where | {"error": error})
    except ProblemError as error:
        return Notice(error.code, error.values)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error of typer's own, whose class it keeps to itself
            return usage_problem(error)
        if _interrupts.seen:  # what DuckDB makes of it
            return Notice("interrupted")
        raise
    return Notice("interrupted") if status == _INTERRUPTED else status if isinstance(status, int) else 0


def _edition(source: str) -> Edition:
    from smebatch.standard.loader import edition_ids, load_edition
    from smebatch.standard.toml_binding import EditionError

    try:
        return load_edition(source)
    except FileNotFoundError:
        raise UsageError("edition.missing", source=source, known="、".join(edition_ids())) from None
    except EditionError as error:
        raise UsageError("edition.unsound", source=source, error=error) from None


def _folder(folder: str) -> str:
    path = Path(folder)
    if "://" not in folder and not path.is_dir():
        if path.exists():
            raise UsageError("folder.file", path=path, folder=path.absolute().parent)
        raise UsageError("folder.missing", path=path)
    return folder


def _file(path: Path) -> Path:
    if not path.is_file():
        if not path.exists():
            raise UsageError("file.missing", path=path)
        raise UsageError("file.folder" if path.is_dir() else "file.special", path=path)
    return path


def _selection(phase: str, kind: str) -> Selection:
    from smebatch.batch.load import Selection

    for option, value in (("phase", phase), ("kind", kind)):
        if value and value not in (known := choices(option)):
            raise UsageError("choice.unknown", option=f"--{option}", value=value, known="、".join(known))
    return Selection(phase, kind)


def _now() -> dt.datetime:
    return dt.datetime.now().astimezone().replace(microsecond=0)


def _tell(as_json: bool, document: object, *lines: str) -> None:
    """Say what was done: one JSON document, or lines for people."""
    _interrupts.check()
    if as_json:
        tell_json(document)
        return
    for line in lines:
        tell(line)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help=say("opt.version"))] = False
) -> None:
    if version:
        tell(__version__)
        raise typer.Exit
    _help_alone(context)


@edition_app.callback(invoke_without_command=True)
def _edition_root(context: typer.Context) -> None:
    _help_alone(context)


def _help_alone(context: typer.Context) -> None:
    """Without a command, say what there is."""
    if context.invoked_subcommand is None:
        for line in context.get_help().splitlines():
            tell(line)


@app.command(cls=Command, help=say("help.template"))
def template(
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help=say("opt.output"))] = None,
    edition: EditionOption = DEFAULT_EDITION,
    roster: RosterOption = None,
    out_dir: Annotated[Path | None, typer.Option("--out-dir", metavar="DIR", help=say("opt.out_dir"))] = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the blank form, or one pre-filled form for each enterprise of a roster."""
    from smebatch.form.writer import write_form

    loaded = _edition(edition)
    if roster:
        from smebatch.workflow import prefilled_forms

        if out_dir is None or output:
            raise UsageError("roster.needs_folder" if out_dir is None else "roster.no_output")
        with _outputs(loaded, force) as outputs:
            paths, said = prefilled_forms(loaded, _file(roster), out_dir, outputs.into)
            _say_all(said)
        _tell(as_json, {"forms": list(map(str, paths))}, say("forms.written", n=len(paths), folder=out_dir))
        return
    if out_dir:
        raise UsageError("out_dir.needs_roster")
    target = output or Path(f"{loaded.header.form_title}{WORKBOOK}")
    check_output(target, WORKBOOK)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _outputs(loaded, force) as outputs, outputs.into(target) as partial_form:
        write_form(partial_form, loaded)
    _tell(as_json, {"form": str(target)}, say("form.written", path=target))


@contextmanager
def _outputs(edition: Edition, force: bool, batch: Path | None = None) -> Iterator[Outputs]:
    """What writes files, those of a batch, which remembers them, or of none; whatever had to make way is said."""
    from smebatch.workflow import is_filled

    if batch:
        from smebatch.batch.load import remember_written, written_of
    outputs = Outputs(written_of(batch) if batch else None, partial(is_filled, edition=edition), force=force)
    try:
        yield outputs
    finally:  # what comes after may fail
        if batch:
            remember_written(batch, outputs.written)
        _say_all(outputs.notices)


def _say_all(notices: Sequence[Notice]) -> None:
    """Say what the user should know, on stderr, so that it is seen whatever is done with what was asked for."""
    for notice in notices:
        tell(sentence(notice.code, notice.values), err=True)


@app.command(cls=Command, help=say("help.sample"))
def sample(
    n: Annotated[int, typer.Option("-n", metavar="N", min=1, help=say("opt.n"))],
    out_dir: Annotated[Path, typer.Option("-o", "--out-dir", metavar="DIR", help=say("opt.out_dir"))],
    seed: Annotated[int, typer.Option("--seed", metavar="N", help=say("opt.seed"))] = 0,
    edition: EditionOption = DEFAULT_EDITION,
    clean: Annotated[bool, typer.Option("--clean", help=say("opt.clean"))] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write made-up returns, through the same form."""
    from smebatch.sample.write import write_sample

    loaded = _edition(edition)
    with _outputs(loaded, force) as outputs:
        paths = write_sample(out_dir, loaded, n, seed, faults=not clean, into=outputs.into)
    _tell(as_json, {"returns": list(map(str, paths))}, say("sample.written", n=len(paths), folder=out_dir))


@app.command(cls=Command, help=say("help.check"))
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help=say("opt.files"))],
    edition: EditionOption = DEFAULT_EDITION,
    as_json: JsonOption = False,
    strict: Annotated[bool, typer.Option("--strict", help=say("opt.strict_check"))] = False,
) -> None:
    """Say what is wrong with returns and how they score."""
    from smebatch.intake.workers.worker_process import prestart_workers

    prestart_workers(1)  # before what is heavy is imported
    from smebatch.cli.show_check import check_document, print_check
    from smebatch.workflow import check_files

    loaded = _edition(edition)
    results = check_files([_file(path) for path in files], loaded, _now().date(), jobs=ALL_PROCESSORS)
    if as_json:
        _tell(True, [check_document(result, loaded) for result in results])
    else:
        for result in results:
            print_check(result, loaded)
    if any(r.errors or (strict and r.warnings) for r in results):
        raise typer.Exit(1)


@app.command(cls=Command, help=say("help.ingest"))
def ingest(
    folder: FolderArgument,
    batch: BatchOption = DEFAULT_BATCH,
    jobs: JobsOption = ALL_PROCESSORS,
    scheduler: SchedulerOption = "",
    edition: EditionOption = DEFAULT_EDITION,
    roster: RosterOption = None,
    file_to: FileToOption = "",
    cpu_seconds: CpuOption = LIMITS.cpu_seconds,
    memory_mb: MemoryOption = LIMITS.memory_mb,
    wall_seconds: WallOption = LIMITS.wall_seconds,
    add: AddOption = False,
    replace: ReplaceOption = False,
    gone: GoneOption = False,
    as_json: JsonOption = False,
    strict: StrictOption = False,
) -> None:
    """Read, validate, score and store a folder of returns."""
    how = _how(jobs, scheduler, cpu_seconds, memory_mb, wall_seconds) | _asked(add, replace, gone) | _filing(file_to)
    document = _ingest(folder, batch, edition, roster, how, quiet=as_json)
    _tell(as_json, document)
    _exit_strict(document, strict)


def _how(jobs: int, scheduler: str, cpu_seconds: int, memory_mb: int, wall_seconds: int) -> dict[str, Any]:
    """Who is to read, and within which limits: arguments of pipeline.ingest."""
    return {"jobs": jobs, "scheduler": scheduler, "limits": Limits(cpu_seconds, memory_mb, wall_seconds)}


def _asked(add: bool, replace: bool, gone: bool) -> dict[str, Any]:
    """What is to be done where the folder is another: an argument of pipeline.ingest."""
    from smebatch.batch.folders import Asked

    if add and replace:
        raise UsageError("folder.add_or_replace")
    return {"asked": Asked(add, replace, gone)}


def _filing(file_to: str) -> dict[str, Any]:
    """Where copies of the originals are to be kept: an argument of pipeline.ingest."""
    if "://" in file_to:
        raise UsageError("file_to.elsewhere", path=file_to)
    return {"file_to": Path(file_to)} if file_to else {}


def _progress() -> AbstractContextManager[Progress]:
    """A progress bar on stderr, on a terminal only."""
    if sys.stderr.isatty():
        from smebatch.cli.progress import progress_bar

        return progress_bar()
    from smebatch.batch.ingest import silent

    return nullcontext(silent)


def _ingest(
    folder: str,
    batch: Path,
    edition: str,
    roster: Path | None,
    how: dict[str, Any],
    *,
    quiet: bool,
    ignore: Sequence[Path] = (),
) -> dict[str, Any]:
    from smebatch.batch.ingest import ingest as run_ingest

    loaded = _edition(edition)
    if roster:
        _file(roster)
    if not how["asked"].gone:
        _folder(folder)
    batch.parent.mkdir(parents=True, exist_ok=True)
    with _progress() as progress:
        done = run_ingest(folder, batch, loaded, now=_now(), roster=roster, ignore=ignore, progress=progress, **how)
    _interrupts.check()
    if not quiet:
        tell(say("ingest.done", entries=done.entries, **done.statuses))
        tell(say("ingest.read", read=done.read))
        tell(say("batch.written", path=batch))
    _say_all(done.notices)
    if done.left:
        tell(say("ingest.gone", n=len(done.left), files=_some(done.left)), err=True)
    if not done.statuses["counted"]:
        tell(say("ingest.none_counts", path=folder), err=True)
    document = {"entries": done.entries, **done.statuses, "read": done.read, "left": done.left, "batch": str(batch)}
    return document | (_say_filed(done.filed, quiet) if done.filed else {})


def _say_filed(filed: Filed, quiet: bool) -> dict[str, Any]:
    """Say which originals were filed; what it says to other programs."""
    if not quiet:
        tell(say("filed.done", n=filed.written, there=filed.there, path=filed.folder))
    for code, files in (("filed.missed", filed.missed), ("filed.taken", filed.taken)):
        if files:
            tell(say(code, n=len(files), files=_some(files), path=filed.folder), err=True)
    return {"filed": filed.written, "filed_before": filed.there, "filed_to": str(filed.folder)}


def _some(files: Sequence[str]) -> str:
    """The first of some files, and whether there are others."""
    more = say("ingest.more", n=len(files)) if len(files) > _NAMED else ""
    return "、".join(files[:_NAMED]) + more


_NAMED = 10  # files in one sentence


def _exit_strict(document: dict[str, Any], strict: bool) -> None:
    if strict and (document["returned"] + document["rejected"] or not document["counted"]):
        raise typer.Exit(1)


@app.command(cls=Command, help=say("help.report"))
def report(
    batch: BatchOption = DEFAULT_BATCH,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help=say("opt.output"))] = SUMMARY,
    region: RegionOption = "",
    phase: PhaseOption = "",
    kind: KindOption = "",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the regional summary workbook."""
    _report(batch, output, region, _selection(phase, kind), force)
    _tell(as_json, {"summary": str(output)}, say("report.written", path=output))


def _note_cut_short(batch: Path, cut_short: bool, read_at: str) -> None:
    if cut_short:
        tell(say("batch.cut_short", path=batch, read_at=read_at), err=True)


def _report(batch: Path, output: Path, region: str, selection: Selection, force: bool) -> None:
    from smebatch.batch.database import files_of
    from smebatch.batch.load import load_batch
    from smebatch.report.xlsx.book import write_summary

    check_output(output, WORKBOOK, files_of(batch))
    data = load_batch(batch, now=_now(), region=region, selection=selection)
    if (asked := [*filter(None, (selection.phase, selection.kind))]) and not len(data.enterprises):
        raise UsageError("nothing.selected", what=" ".join(asked))
    _note_cut_short(batch, data.cut_short, data.read_at)
    output.parent.mkdir(parents=True, exist_ok=True)
    with _outputs(data.edition, force, batch) as outputs, outputs.into(output) as partial_summary:
        write_summary(partial_summary, data)


@app.command(cls=Command, help=say("help.export"))
def export(
    out_dir: Annotated[Path, typer.Option("-o", "--out-dir", metavar="DIR", help=say("opt.out_dir"))],
    batch: BatchOption = DEFAULT_BATCH,
    file_format: Annotated[str, typer.Option("--format", metavar="FORMAT", help=say("opt.format"))] = "csv",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write files, answers, scores and issues for other programs."""
    from smebatch.batch.export import FORMATS
    from smebatch.batch.export import export as run_export
    from smebatch.batch.load import open_batch

    if file_format not in FORMATS:
        raise UsageError("format.unknown", format=file_format, known="、".join(FORMATS))
    store, loaded = open_batch(batch)
    with _outputs(loaded, force, batch) as outputs, store:
        _note_cut_short(batch, store.cut_short, store.meta["read_at"])
        paths = run_export(store, loaded, out_dir, file_format, outputs.into)
    _tell(as_json, {path.stem: str(path) for path in paths}, *(say("export.written", path=path) for path in paths))


@app.command(cls=Command, help=say("help.run"))
def run(
    folder: FolderArgument,
    out_dir: Annotated[Path, typer.Option("-o", "--out-dir", metavar="DIR", help=say("opt.out_dir"))],
    jobs: JobsOption = ALL_PROCESSORS,
    scheduler: SchedulerOption = "",
    edition: EditionOption = DEFAULT_EDITION,
    roster: RosterOption = None,
    file_to: FileToOption = "",
    region: RegionOption = "",
    phase: PhaseOption = "",
    kind: KindOption = "",
    cpu_seconds: CpuOption = LIMITS.cpu_seconds,
    memory_mb: MemoryOption = LIMITS.memory_mb,
    wall_seconds: WallOption = LIMITS.wall_seconds,
    add: AddOption = False,
    replace: ReplaceOption = False,
    gone: GoneOption = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
    strict: StrictOption = False,
) -> None:
    """Ingest, then report."""
    from smebatch.batch.export import export_issues
    from smebatch.batch.load import open_batch

    batch, summary, returned = out_dir / "batch.duckdb", out_dir / SUMMARY, out_dir / "returned"
    issues = returned / "issues.csv"
    how = _how(jobs, scheduler, cpu_seconds, memory_mb, wall_seconds) | _asked(add, replace, gone) | _filing(file_to)
    selection = _selection(phase, kind)
    document = _ingest(folder, batch, edition, roster, how, quiet=as_json, ignore=(summary, issues))
    _report(batch, summary, region, selection, force)
    returned.mkdir(exist_ok=True)
    store, loaded = open_batch(batch)
    with _outputs(loaded, force, batch) as outputs, store:
        export_issues(store, issues, "returned", outputs.into)
    _tell(
        as_json,
        document | {"summary": str(summary), "returned_issues": str(issues)},
        say("returned.written", path=issues),
        say("report.written", path=summary),
    )
    _exit_strict(document, strict)


@edition_app.command("show", cls=Command, help=say("help.edition.show"))
def edition_show(edition: EditionOption = DEFAULT_EDITION) -> None:
    """Print an edition as tables."""
    from smebatch.cli.show_edition import print_edition

    print_edition(_edition(edition))


@edition_app.command("check", cls=Command, help=say("help.edition.check"))
def edition_check(file: Annotated[Path, typer.Argument(metavar="FILE", help=say("opt.edition"))]) -> None:
    """Check an edition file."""
    from io import BytesIO

    from smebatch.form.writer import write_form

    loaded = _edition(str(_file(file)))
    write_form(BytesIO(), loaded)  # what no cell or formula can hold is known only then
    tell(say("edition.sound", title=loaded.header.title, sha256=loaded.sha256[:12]))


if __name__ == "__main__":
    main()
