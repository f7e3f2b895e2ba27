"""退回: what goes back to enterprises: copies, lists, texts of messages; and what they explain, to be decided."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from io import BytesIO

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from smebatch.batch.copies import LISTS, CopyNames
from smebatch.batch.ingest import Progress
from smebatch.batch.outputs import file_sha256
from smebatch.batch.returned import (
    count_explained,
    count_pending,
    count_returned,
    load_pending,
    returned_forms,
    returned_lines,
    roster_deadlines,
    sender_of,
)
from smebatch.batch.written import written_results
from smebatch.form.prefill import Splicer
from smebatch.page.filters import asked, district_choices, in_district, of_text
from smebatch.page.listing import ROWS, Listing, Where, list_rows, page_number, page_within
from smebatch.page.place import OpenBatch
from smebatch.page.requests import now, open_batch, place
from smebatch.report.returned_list import correction_message
from smebatch.standard.model import Edition
from smebatch.workflow import FormsReturned, JobError, decide_issue, return_forms

views = Blueprint("corrections", __name__, url_prefix="/corrections")

_DECIDED_BY = "smebatch_decided_by"  # the cookie that keeps who decided last
_MOMENT = 10.0  # seconds to wait for a decision; where another program has the batch, it is taken later
_MAX_NAME = 100  # characters


@lru_cache(maxsize=2)
def _splicer(edition: Edition) -> Splicer:
    """Half a second to make, and the same for all copies of an edition."""
    return Splicer(edition)


@views.get("/")
def show() -> str:
    """The returned forms with the texts of their messages, and the files that were written."""
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.nav.corrections", what="page.empty.batch")
        conditions = [Where("f.status = 'returned'"), *in_district(), *of_text()]
        number = page_number(asked("page"))
        listing = list_rows(batch.database, [("file", "f.file")], "files f", conditions, "f.file", number)
        sender, deadlines = sender_of(place().settings()), roster_deadlines(batch.database)
        files = [row["file"] for row in listing.rows]
        lines = returned_lines(batch.database, batch.edition, sender, deadlines, files)
        explained = count_explained(batch.database, [line.form_id for line in lines])
        rows = [
            line._asdict() | {"message": correction_message(line, sender), "explained": explained.get(line.form_id, 0)}
            for line in lines
        ]
        pending, lists = count_pending(batch.database), _written_lists(batch)
        total, districts = count_returned(batch.database), district_choices(batch.database)
    state = place().job.state
    return render_template(
        "corrections.html",
        listing=listing._replace(rows=rows),
        total=total,
        districts=districts,
        pending=pending,
        lists=lists,
        folder=place().returned_folder(),
        state=state if state.name == "return" else None,
        busy=state.running,
        done=state.result if isinstance(state.result, FormsReturned) else None,
    )


@views.post("/write")
def write() -> Response:
    """Write the copies and the lists into the round's folder, as ``return`` does."""
    batch, folder, sender = place().batch_path(), place().returned_folder(), sender_of(place().settings())

    def work(progress: Progress) -> FormsReturned:
        return return_forms(batch, folder, sender, now=now(), progress=progress)

    place().job.start("return", batch, work)
    return redirect(url_for("corrections.show"), HTTPStatus.SEE_OTHER)


@views.get("/copies/<form_id>")
def copy(form_id: str) -> Response:
    """The correction copy of a returned form, to be downloaded."""
    with open_batch() as batch:
        files = _files_of(batch, form_id) if batch else []
        if not batch or not files:
            abort(HTTPStatus.NOT_FOUND)
        sender, deadlines = sender_of(place().settings()), roster_deadlines(batch.database)
        ((line, answers, correction),) = returned_forms(batch.database, batch.edition, sender, deadlines, files)
        workbook = _splicer(batch.edition).correction(answers, correction)
    name = CopyNames().name(line.file, line.district, line.form_id).rpartition("/")[2]
    return send_file(BytesIO(workbook), as_attachment=True, download_name=name)


@views.get("/lists/<name>")
def written_list(name: str) -> Response:
    """A list that was written, to be downloaded, as it lies in the round's folder."""
    with open_batch() as batch:
        if not batch or name not in _written_lists(batch):
            abort(HTTPStatus.NOT_FOUND)
        content = (place().returned_folder() / name).read_bytes()
    return send_file(BytesIO(content), as_attachment=True, download_name=name)


@views.get("/decisions")
def decisions() -> str:
    """The explained errors that await a decision, one beside the other."""
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.corrections.decisions", what="page.empty.batch")
        total = count_pending(batch.database)
        number = page_within(page_number(request.args.get("page")), total)
        frame = load_pending(batch.database, batch.edition, range((number - 1) * ROWS, number * ROWS))
    rows = [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
    listing = Listing(tuple(frame.columns), rows, total, number)
    taken = asked("taken") if asked("taken") in ("accepted", "refused") else ""
    return render_template("decisions.html", listing=listing, taken=taken, by=request.cookies.get(_DECIDED_BY, ""))


@views.post("/decisions")
def decide() -> Response:
    """Decide on one of them; it takes effect at once."""
    given = {name: request.form.get(name, "").strip() for name in ("form_id", "code", "key", "reason", "by", "verdict")}
    if given["verdict"] not in ("accept", "refuse"):
        raise JobError("decide.accept_or_refuse")
    batch = place().batch_path()

    def work(_: Progress) -> None:
        decide_issue(
            batch,
            *(given["form_id"], given["code"], given["key"]),
            accepted=given["verdict"] == "accept",
            reason=given["reason"],
            decided_by=given["by"],
            now=decided_at,
        )

    decided_at, job = now(), place().job
    job.start("decide", batch, work)
    job.wait(_MOMENT)
    if problem := job.state.problem:
        raise JobError(problem.code, **problem.values)
    if job.state.running:
        raise JobError("page.corrections.later")
    taken = "accepted" if given["verdict"] == "accept" else "refused"
    response = redirect(url_for("corrections.decisions", taken=taken), HTTPStatus.SEE_OTHER)
    if len(given["by"]) <= _MAX_NAME:
        response.set_cookie(_DECIDED_BY, given["by"], httponly=True, samesite="Strict")
    return response


def _files_of(batch: OpenBatch, form_id: str) -> list[str]:
    """The file of a returned form; none where there is no such form."""
    query = "SELECT file FROM files WHERE status = 'returned' AND form_id = ?"
    return [file for (file,) in batch.database.fetch_rows(query, [form_id])]


def _written_lists(batch: OpenBatch) -> list[str]:
    """The lists of the round's folder that are there as they were written."""
    written = written_results(batch.database.path, batch.database.meta)
    folder = place().returned_folder()
    paths = {name: (folder / name).resolve() for name in LISTS}
    return [name for name, path in paths.items() if path.is_file() and written.get(str(path)) == file_sha256(path)]
