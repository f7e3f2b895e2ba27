"""收表: choose a folder or drop files, read them, watch, stop."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from smebatch.batch.batch_file import BatchError
from smebatch.batch.folders import folders_of
from smebatch.batch.ingest import IngestResult, Progress
from smebatch.common.atomic_write import write_atomically
from smebatch.common.text import clean_text, file_name
from smebatch.intake.sources.entry import is_remote
from smebatch.intake.workers.reading_watch import ReadingWatch
from smebatch.issues.notice import Notice, notice_of
from smebatch.page.folder_dialog import FolderDialog, dialog_program
from smebatch.page.job import BUSY, JobState, Stage
from smebatch.page.place import Place
from smebatch.page.requests import now, open_batch, place, sentence, words
from smebatch.standard.loader import DEFAULT_EDITION
from smebatch.workflow import IngestOptions, JobError, edition_of, ingest_folder

views = Blueprint("collect", __name__, url_prefix="/collect")

NO_ROOM = "/collect/no-room"
"""The page that stands for all to which so much is sent that the disk has no room for it."""

_CHANGES = ("add", "replace", "gone")


@views.record_once
def _begin(state: BlueprintSetupState) -> None:
    state.app.extensions["folder_dialog"] = FolderDialog()


def _dialog() -> FolderDialog:
    return cast(FolderDialog, current_app.extensions["folder_dialog"])


@views.get("/")
def show() -> str:
    """The folders, what became of the last reading, and how to begin another, whatever the batch is like."""
    read, problem = list[str](), None
    try:
        with open_batch() as batch:
            read = [folder.place for folder in folders_of(batch.database.meta)] if batch else []
    except BatchError as error:
        problem = notice_of(error)
    stated = place().settings().round
    state = place().job.state
    usual = next(iter((*read, *map(_in_full, stated.folders))), str(place().inbox()))
    folder = request.args.get("folder") or str(_dialog().chosen or usual)
    changes = [name for name in _CHANGES if state.problem and state.problem.code.startswith(("folder.", "files."))]
    return render_template(
        "collect.html",
        state=state,
        said=_said(state),
        folder=folder,
        read=read,
        changes=changes,
        inbox=place().inbox(),
        problem=problem,
        waits=problem is not None and problem.code in BUSY,
        can_choose=dialog_program("", place().folder) is not None,
        choosing=_dialog().running,
    )


def _in_full(folder: str) -> str:
    """A folder with its whole path, so that everybody knows which one it is."""
    return folder if is_remote(folder) else str(place().folder / folder)


@views.get("/state")
def state() -> dict[str, Any]:
    """How far the reading is, for a page that watches."""
    at = place().job.state
    return {"stage": at.stage, "running": at.running, "done": at.done, "total": at.total, "said": _said(at)}


@views.post("/choose")
def choose() -> Response:
    """Open the dialog of the desktop to choose a folder; where there is none, nothing happens."""
    asked = Path(_in_full(request.form.get("folder", "").strip()))
    folder, title = asked if asked.is_dir() else place().folder, words().text("page.collect.choose_title")
    if program := dialog_program(title, folder):
        _dialog().open(program, title, folder)
    return redirect(url_for("collect.show"), HTTPStatus.SEE_OTHER)


@views.get("/choosing")
def choosing() -> Response:
    """Whether the dialog is open, for a page that waits for it."""
    return Response("busy" if _dialog().running else "ended", content_type="text/plain; charset=utf-8")


@views.post("/start")
def start() -> Response:
    """Begin to read a folder. Raises JobRunningError where a job is under way."""
    folder = _in_full(request.form.get("folder", "").strip() or str(place().inbox()))
    if not is_remote(folder) and not Path(folder).is_dir():
        raise JobError("folder.missing" if not os.path.lexists(folder) else "folder.file", path=folder, folder="")
    read_folder(place(), folder, request.form.getlist("change"))
    _dialog().forget()
    return redirect(url_for("collect.show"), HTTPStatus.SEE_OTHER)


@views.post("/stop")
def stop() -> Response:
    """Stop the reading; what was read is kept."""
    place().job.stop()
    return redirect(url_for("collect.show"), HTTPStatus.SEE_OTHER)


@views.post("/drop")
def drop() -> Response:
    """Put files that were dropped, or chosen, into the round's folder, and read it, at once or after what is read now.

    Raises JobRunningError.
    """
    inbox = place().inbox()
    kept = [keep_file(inbox, file) for file in request.files.getlist("files") if file.filename]
    if not kept:
        raise JobError("page.collect.no_files")
    running = place().job.state
    if running.running:  # the files stay there for the next reading
        what, since = Notice(f"job.{running.name}"), running.since
        raise JobError("page.collect.kept", n=len(kept), path=inbox, what=what, since=since)
    read_folder(place(), str(inbox))
    return redirect(url_for("collect.show"), HTTPStatus.SEE_OTHER)


@views.get("/no-room")
def no_room() -> str:
    """Say that what was sent could not be taken in."""
    raise JobError("page.no_room")


def read_folder(where: Place, folder: str, changes: Collection[str] = ()) -> None:
    """Begin to read a folder into the round's batch, with the roster and the edition of the settings.

    ``changes``: those of the batch's folders that the user allows, of add, replace and gone.
    """
    stated, batch = where.settings().round, where.batch_path()
    edition = edition_of(stated.edition or DEFAULT_EDITION)
    roster = where.folder / stated.roster if stated.roster else None
    add, replace, gone = (change in changes for change in _CHANGES)
    options = IngestOptions(jobs=os.cpu_count() or 1, roster=roster, add=add, replace=replace, gone=gone)

    watch = ReadingWatch()

    def read(progress: Progress) -> IngestResult:
        return ingest_folder(folder, batch, edition, options, now=now(), progress=progress, watch=watch)

    where.job.start("ingest", batch, read, watch)


def keep_file(inbox: Path, file: FileStorage) -> Path:
    """Store a file in a folder under its name, or where that is taken under one with a number."""
    inbox.mkdir(parents=True, exist_ok=True)
    given = Path((file.filename or "").replace("\\", "/"))
    stem, ending = file_name(given.stem) or "file", "".join(c for c in given.suffix if c.isalnum() or c == ".")
    for path in _names(inbox, stem, ending):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))  # the name is ours from now on
        except FileExistsError:
            continue
        try:
            with write_atomically(path) as partial:
                file.save(partial)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path
    raise FileExistsError(inbox)  # never: the numbers do not end


def _names(folder: Path, stem: str, ending: str) -> Iterator[Path]:
    yield folder / f"{stem}{ending}"
    number = 2
    while True:
        yield folder / f"{stem}_{number}{ending}"
        number += 1


def _said(state: JobState) -> list[str]:
    """What there is to say of a reading, in the user's language."""
    text = words().text
    if state.running:
        return list(_said_meanwhile(state))
    if state.problem:
        return [sentence(state.problem)]
    done = state.result
    if not isinstance(done, IngestResult):
        return [text("page.collect.stopped")] if state.stage is Stage.STOPPED else []
    gone = done.removed_files
    notices = [
        Notice("ingest.done", {"entries": done.entries, **done.statuses}),
        Notice("ingest.read", {"read": done.read}),
        *done.notices,
        *([Notice("ingest.gone", {"n": len(gone), "files": words().first_names(gone)})] if gone else []),
    ]
    return list(map(sentence, notices))


def _said_meanwhile(state: JobState) -> Iterator[str]:
    """What there is to say while it runs: how far it is, what came of it so far, and what is read now."""
    text, at = words().text, state.reading
    if state.waits:
        yield f"{sentence(state.waits)}{text('page.collect.waits')}"
        return
    if state.stage is Stage.STOPPING:
        yield text("page.collect.stopping")
    if not at.total:  # folders are listed, archives opened; or forms are written
        yield (
            text("page.collect.so_far", done=state.done, total=state.total)
            if state.total
            else text("page.collect.lists")
        )
        return
    yield text("page.collect.progress", done=state.done, total=state.total, pace=f"{at.pace:.0f}")
    if state.done < state.total and state.seconds_left is not None:
        yield text("page.collect.left", left=str(dt.timedelta(seconds=state.seconds_left)))
    yield text("page.collect.outcomes", readable=at.readable, refused=at.refused, passed=at.passed + at.unchanged)
    if at.file:
        yield text("page.collect.file", file=clean_text(at.file))
    elif state.done >= state.total:
        yield text("page.collect.settles")
