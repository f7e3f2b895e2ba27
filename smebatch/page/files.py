"""文件: every entry of the folders with its status and reason, and the original files."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, abort, render_template, send_file

from smebatch.batch.database import BatchDatabase
from smebatch.batch.ingest import STATUSES
from smebatch.batch.one_return import FILE_COLUMNS
from smebatch.batch.original_file import original_bytes
from smebatch.batch.thread_history import StoredRow
from smebatch.common.text import file_name
from smebatch.issues.notice import ProblemError, notice_of
from smebatch.issues.rendering import reason_in_general, translated_reason
from smebatch.page.filters import DISTRICT, asked, district_choices, in_column, in_district, of_text, term_choices
from smebatch.page.listing import list_rows, page_number
from smebatch.page.requests import open_batch, readers, words

views = Blueprint("files", __name__, url_prefix="/files")

_COLUMNS = (
    *(("file", "f.file"), ("status", "f.status"), ("reason", "f.reason"), ("detail", "f.detail")),
    *(("form_id", "f.form_id"), ("name", "a.name"), ("district", f"CASE WHEN a.form_id <> '' THEN {DISTRICT} END")),
    ("warnings", "f.warnings"),
)
_MOST_OF_A_NAME = 200  # characters of the name of a download


@views.get("/")
def show() -> str:
    """The entries, by status, reason, district and text, and how many there are of each."""
    conditions = [*in_column("status", "status"), *in_column("reason", "reason"), *in_district(), *of_text()]
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.nav.files", what="page.empty.batch")
        database, number = batch.database, page_number(asked("page"))
        joins = "LEFT JOIN answers a USING (form_id)"
        listing = list_rows(database, _COLUMNS, "files f", conditions, "f.file", number, joins)
        counts = database.recall_rows("SELECT status, reason, count(*) FROM files GROUP BY ALL ORDER BY 3 DESC, 1, 2")
        choices = {"districts": district_choices(database), "statuses": term_choices("status", STATUSES)}
        readers().expect(batch.edition)
    by_status = [(each, sum(n for status, _, n in counts if status == each)) for each in STATUSES]
    choices["reasons"] = [
        (code, reason_in_general(code, words().language)) for code in sorted({r for _, r, _ in counts})
    ]
    return render_template("files.html", listing=listing, by_status=by_status, by_reason=counts, **choices)


@views.get("/entry")
def entry() -> str:
    """One entry, by its name: what it is, why it has its status, how to mend it, and the file itself."""
    with open_batch() as batch:
        row = _entry(batch.database if batch else None)
        problem = None
        try:
            if batch:
                original_bytes(batch.database, row["file"], row["sha256"], readers().of(batch.edition))
        except ProblemError as error:
            problem = notice_of(error)
    return render_template("entry.html", row=row, problem=problem)


@views.get("/original")
def original() -> Response:
    """The file of an entry, byte for byte as it was read. Raises OriginalError where it is not there any more."""
    with open_batch() as batch:
        row = _entry(batch.database if batch else None)
        if batch is None:
            abort(404)
        data = original_bytes(batch.database, row["file"], row["sha256"], readers().of(batch.edition))
    # No kind is told, so that no browser shows what somebody has sent in.
    name = download_name(row["file"])
    response = send_file(BytesIO(data), "application/octet-stream", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def download_name(file: str) -> str:
    """What the file of an entry is called where it is downloaded: its name, without folders and containers."""
    return file_name(file.rstrip("/").split("/")[-1], _MOST_OF_A_NAME) or "file"


def _entry(database: BatchDatabase | None) -> StoredRow:
    """The entry that is asked for; 404 where there is none of this name."""
    columns = ("form_id", "bytes", *FILE_COLUMNS)
    query = f"SELECT {', '.join(columns)} FROM files WHERE file = ?"
    rows = database.fetch_rows(query, [asked("file")]) if database else []
    if not rows:
        abort(404)
    return dict(zip(columns, rows[0], strict=True))


for shared in (download_name, reason_in_general, translated_reason):
    views.add_app_template_global(shared)
