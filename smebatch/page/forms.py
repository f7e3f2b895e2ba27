"""发表: the blank form, forms filled in from a roster, and those of the next round, as a folder or a zip."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple, cast

from flask import Blueprint, abort, current_app, redirect, render_template, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from smebatch.batch.ingest import Progress
from smebatch.batch.load import Selection
from smebatch.common.text import clean_text, file_name
from smebatch.form.writer import write_form
from smebatch.intake.roster import read_roster
from smebatch.issues.notice import Notice
from smebatch.page.collect import keep_file
from smebatch.page.kept import Kept, State
from smebatch.page.requests import place, readers
from smebatch.settings.choices import choices
from smebatch.standard.loader import DEFAULT_EDITION
from smebatch.standard.model import Edition
from smebatch.workflow import (
    WORKBOOK,
    JobError,
    edition_of,
    next_round_forms,
    prefilled_forms,
    save_settings,
    settings_sha256,
    write_next_round_forms,
    write_prefilled_forms,
    zip_forms,
)

views = Blueprint("forms", __name__, url_prefix="/forms")

LISTS = (".xlsx", ".xlsm", ".xls", ".et", ".ods", ".csv", ".txt")
"""The endings of files in the round's folder that may be a roster."""

FORMS_NAME = "预填表"
"""The folder of the round that pre-filled forms are written to; where it is taken it gets a number."""

_MOST_LISTS = 200
_JOB = "forms"


class RosterSummary(NamedTuple):
    """What a roster is to the forms: how many enterprises, which columns, and what is to be said.

    ``columns``: a heading with the key and the label of the field that it is for; ``further``: headings that the form
    has no field for.
    """

    enterprises: int
    columns: tuple[tuple[str, str, str], ...]
    further: tuple[str, ...]
    notices: tuple[Notice, ...]


class WrittenForms(NamedTuple):
    """What a job of this page has done: how many forms, where, and what is to be said."""

    forms: int
    folder: Path
    notices: list[Notice]


@views.record_once
def _begin(state: BlueprintSetupState) -> None:
    state.app.extensions["roster_summary"] = Kept[RosterSummary]()


@lru_cache(maxsize=2)
def _blank(edition: Edition) -> bytes:
    stream = BytesIO()
    write_form(stream, edition)
    return stream.getvalue()


def _edition() -> Edition:
    return edition_of(place().settings().round.edition or DEFAULT_EDITION)


@views.get("/")
def show() -> str:
    """What can be handed out: forms for whom the chosen roster lists, for the next round, or blank."""
    edition, stated = _edition(), place().settings().round
    rosters = _rosters()
    chosen = request.args.get("roster") or rosters.stated
    summary = _summary(_path_of(chosen), edition) if chosen else None
    phase, kind = _chosen_round(request.args)
    job = place().job.state
    state = job if job.name == _JOB else None
    done = state.result if state and isinstance(state.result, WrittenForms) else None
    return render_template(
        "forms.html",
        edition=edition,
        rosters=rosters.paths,
        chosen=chosen,
        stated=chosen == rosters.stated,
        missing=stated.roster if stated.roster and not (place().folder / stated.roster).is_file() else None,
        summary=summary if isinstance(summary, RosterSummary) else None,
        failure=summary if isinstance(summary, Notice) else None,
        waiting=bool(chosen) and summary is None,
        has_batch=place().batch_path().exists(),
        phase=phase,
        kind=kind,
        phases=choices("phase"),
        kinds=choices("kind"),
        state=state,
        busy=job.running,
        done=done,
    )


@views.get("/blank")
def blank() -> Response:
    """The blank form, as ``template`` writes it."""
    edition = _edition()
    return _download(BytesIO(_blank(edition)), f"{edition.header.form_title}{WORKBOOK}")


@views.post("/roster")
def upload() -> Response:
    """Put a roster into the round's folder, under a name that is free, and show its columns."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise JobError("page.collect.no_files")
    if Path(file.filename).suffix.lower() not in LISTS:
        raise JobError("page.forms.no_list", endings="、".join(LISTS))
    kept = keep_file(place().folder, file)
    return redirect(url_for("forms.show", roster=kept.name), HTTPStatus.SEE_OTHER)


@views.post("/choose")
def choose() -> Response:
    """Make a list that lies in the round's folder the roster of the settings."""
    path, name = place().settings_path, request.form.get("roster", "")
    roster, notices = _path_of(name), list[Notice]()
    seen, settings = settings_sha256(path), place().settings()
    changed = settings._replace(path=path, round=settings.round._replace(roster=roster))
    save_settings(changed, seen=seen, notify=notices.append)
    aside = [Path(str(notice.values["aside"])).name for notice in notices]
    return redirect(url_for("home.settings", saved="yes", aside=aside), HTTPStatus.SEE_OTHER)


@views.post("/prefilled")
def write_prefilled() -> Response:
    """Write a form for each enterprise of a roster into a folder of the round."""
    roster, edition = _path_of(request.form.get("roster", "")), _edition()
    folder = _free_folder(FORMS_NAME)

    def work(progress: Progress) -> WrittenForms:
        notices: list[Notice] = []
        paths = write_prefilled_forms(roster, folder, edition, progress=progress, notify=notices.append)
        return WrittenForms(len(paths), folder.absolute(), notices)

    return _start(work)


@views.get("/prefilled.zip")
def prefilled_zip() -> Response:
    """The same forms as a zip."""
    roster, edition = _path_of(request.args.get("roster", "")), _edition()
    return _zip(lambda target: zip_forms(target, prefilled_forms(roster, edition)), FORMS_NAME)


@views.post("/next")
def write_next() -> Response:
    """Write a form of the next round for each counted return into a folder of the round."""
    batch, edition, wanted, earlier = (
        place().batch_path(),
        _edition(),
        _next_round(request.form),
        Selection.of(place().settings()),
    )
    folder = _free_folder("_".join(filter(None, wanted)))

    def work(progress: Progress) -> WrittenForms:
        notices: list[Notice] = []
        written = write_next_round_forms(
            batch, folder, edition, wanted, earlier, progress=progress, notify=notices.append
        )
        return WrittenForms(len(written.paths), folder.absolute(), notices)

    return _start(work)


@views.get("/next.zip")
def next_zip() -> Response:
    """The same forms as a zip."""
    edition, wanted, earlier = _edition(), _next_round(request.args), Selection.of(place().settings())

    def write(target: BinaryIO) -> None:
        with (
            place().job.reading(place().batch_path()) as batch,
            next_round_forms(batch, edition, wanted, earlier) as (_, forms),
        ):
            zip_forms(target, forms)

    return _zip(write, "_".join(filter(None, wanted)))


# --- rosters ----------------------------------------------------------------------------------------------------------


class Rosters(NamedTuple):
    """The lists that may be chosen, by name. ``stated``: the roster of the settings, "" where it is none of them."""

    paths: dict[str, Path]
    stated: str


def _rosters() -> Rosters:
    """The lists in the round's folder, and the one of the settings, wherever it lies."""
    folder, stated = place().folder, place().settings().round.roster
    found = {name: folder / name for name in lists_in(folder)}
    if stated is None or not (folder / stated).is_file():
        return Rosters(found, "")
    at = os.path.realpath(folder / stated)
    name = next((name for name, path in found.items() if os.path.realpath(path) == at), str(stated))
    return Rosters({**found, name: folder / stated}, name)


def lists_in(folder: Path) -> list[str]:
    """The names of the files in a folder that may be a roster. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted(each.name for each in entries if _may_be_list(each))[:_MOST_LISTS]


def _may_be_list(entry: os.DirEntry[str]) -> bool:
    shown = clean_text(entry.name) == entry.name and not entry.name.startswith((".", "~$"))
    return shown and entry.name.lower().endswith(LISTS) and entry.is_file(follow_symlinks=False)


def _path_of(name: str) -> Path:
    """The list of a name; 404 where there is none to choose."""
    return _rosters().paths.get(name) or abort(HTTPStatus.NOT_FOUND)


def _summary(path: Path, edition: Edition) -> RosterSummary | Notice | None:
    """What a roster holds; None while it is read, and why where it cannot be."""
    kept = cast("Kept[RosterSummary]", current_app.extensions["roster_summary"])
    stat = path.stat()
    pool = readers().of(edition)
    state: State = (path, stat.st_mtime_ns, stat.st_size, edition.sha256)

    def work() -> tuple[State, RosterSummary]:
        roster = read_roster(path, edition, pool.read_list)
        labels = {field.key: field.label for field in edition.fields}
        columns = tuple((heading, key, labels[key]) for heading, key in roster.headings)
        return state, RosterSummary(len(roster.enterprises), columns, roster.extra_headings, roster.notices)

    return kept.get(state, work)


# --- the next round, folders and zips ---------------------------------------------------------------------------------


def _next_round(sent: Mapping[str, str]) -> Selection:
    """The phase and kind of the new forms. Raises JobError where neither is chosen, or one is no choice."""
    wanted = _chosen_round(sent)
    if not any(wanted):
        raise JobError("page.forms.no_round")
    return wanted


def _chosen_round(sent: Mapping[str, str]) -> Selection:
    """The phase and the kind that are asked for; "" where that is no choice."""
    return Selection(*(value if (value := sent.get(name, "")) in choices(name) else "" for name in Selection._fields))


def _free_folder(name: str) -> Path:
    """A folder of the round that is not there yet."""
    folder = place().folder
    free: Iterator[Path] = (folder / (f"{name}_{number}" if number > 1 else name) for number in count(1))
    return next(path for path in free if not os.path.lexists(path))


def _start(work: Callable[[Progress], object]) -> Response:
    place().job.start(_JOB, None, work)
    return redirect(url_for("forms.show", roster=request.form.get("roster")), HTTPStatus.SEE_OTHER)


def _zip(write: Callable[[BinaryIO], None], name: str) -> Response:
    """A zip to be downloaded; it is finished before anything is sent, so that nobody gets half of one."""
    stream = cast(BinaryIO, TemporaryFile(dir=place().folder))  # noqa: SIM115  # the response closes it
    try:
        write(stream)
        stream.seek(0)
        return _download(stream, f"{file_name(name)}.zip")
    except BaseException:
        stream.close()
        raise


def _download(stream: BinaryIO, name: str) -> Response:
    return send_file(stream, as_attachment=True, download_name=name)
