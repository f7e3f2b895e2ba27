"""报告: the tables of the report as pages, their charts beside them, and the files to download."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, current_app, render_template, request, send_file, url_for
from flask.blueprints import BlueprintSetupState

from smebatch.batch.load import ReportOptions
from smebatch.batch.report_pages import ShownRow, kept_state, page_document, page_heads, page_rows, state_of
from smebatch.page.downloads import DOWNLOADS, Downloads
from smebatch.page.links import entry_address, form_address
from smebatch.page.listing import ROWS, Listing, page_number, page_within
from smebatch.page.place import OpenBatch
from smebatch.page.preparation import Preparation
from smebatch.page.requests import open_batch, place
from smebatch.report.chapter import printed
from smebatch.report.document import NUMBER_FORMATS, Format

views = Blueprint("reports", __name__, url_prefix="/reports")

_LONG = 24  # characters: a column with longer texts is given more room


@views.record_once
def _equip(setup: BlueprintSetupState) -> None:
    """What works for these views between requests."""
    setup.app.extensions["preparation"] = Preparation()
    setup.app.extensions["downloads"] = Downloads()


def report_options() -> ReportOptions:
    """What the settings ask of a report. Raises SettingsError, OSError."""
    return ReportOptions.of(place().settings())


def current_state(batch: OpenBatch) -> str:
    """The state that the pages of the report ought to be of. Raises SettingsError, OSError."""
    return state_of(batch.database.meta, report_options())


def is_prepared(batch: OpenBatch) -> bool:
    """Whether the batch keeps the pages of its settled state. Raises SettingsError, OSError."""
    return kept_state(batch.database) == current_state(batch)


def preparing() -> str:
    """Have the pages worked out, and say so. Raises what kept that from being done."""
    preparation: Preparation = current_app.extensions["preparation"]
    preparation.ensure(place().batch_path(), report_options())
    return render_template("report_preparing.html", downloads=DOWNLOADS)


class ShownCell(NamedTuple):
    """A cell of a table, or a part of a sentence: its text, where it leads, to how many returns if it is a figure."""

    text: str
    address: str = ""
    n: int = 0


class ShownLine(NamedTuple):
    """A row of a table and its place, with the return or the file that it is about, "" for none."""

    cells: list[ShownCell]
    form_id: str
    file: str
    total: bool
    row: int


@views.get("/")
def show() -> str:
    """The tables of the report by their sheets, and the files to download."""
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.nav.reports", what="page.empty.batch")
        heads = page_heads(batch.database) if is_prepared(batch) else None
    if heads is None:
        return preparing()
    sheets: dict[str, list[Any]] = {}
    for head in heads:
        sheets.setdefault(head.sheet, []).append(head)
    return render_template("report_index.html", sheets=sheets, downloads=DOWNLOADS)


@views.get("/state")
def state() -> Response:
    """Whether the pages are being worked out, for a page that waits for them: it looks again when that has ended."""
    preparation: Preparation = current_app.extensions["preparation"]
    return Response("busy" if preparation.running else "ended", content_type="text/plain; charset=utf-8")


@views.get("/<name>")
def show_table(name: str) -> str:
    """A table, by pages of its rows."""
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.nav.reports", what="page.empty.batch")
        if is_prepared(batch):
            return _table(batch, name)
    return preparing()


def _table(batch: OpenBatch, name: str) -> str:
    database = batch.database
    document = page_document(database, name)
    if document is None:
        abort(404)
    heads = page_heads(database)
    head = next(each for each in heads if each.id == name)
    number = page_within(page_number(request.args.get("page")), head.size)
    formats = [Format[form] for _, form in document["columns"]]
    lines = []
    of = kept_state(database)
    for row in page_rows(database, name, (number - 1) * ROWS, ROWS):
        texts = (
            row.cells if row.numbers else [printed(value, form) for value, form in zip(row.cells, formats, strict=True)]
        )
        counts = row.numbers or [0] * len(texts)
        cells = [
            ShownCell(text, _behind(of, name, row.row, i) if n else "", n)
            for i, (text, n) in enumerate(zip(texts, counts, strict=True))
        ]
        if address := _address(row):
            i = _named_by(texts, formats)
            cells[i] = cells[i]._replace(address=address)
        total = document["total"] and row.row == head.size - 1
        lines.append(ShownLine(cells, row.form_id, row.file, total, row.row))
    return render_template(
        "report_table.html",
        head=head,
        document=document,
        lead=_said(of, document["lead"]),
        said=[(title, [_said(of, line) for line in sentences]) for title, sentences in document["said"]],
        looks=[_look(form, (line.cells[i].text for line in lines)) for i, form in enumerate(formats)],
        lines=lines,
        listing=Listing((), [{}] * len(lines), head.size, number),
        siblings=[each for each in heads if each.sheet == head.sheet],
    )


def _look(form: Format, texts: Iterable[str]) -> str:
    """The class of a column's cells."""
    if form in NUMBER_FORMATS:
        return "number"
    is_long = form is Format.TEXT and any(len(text) > _LONG for text in texts)
    return f"{form.name.lower()}{' long' if is_long else ''}"


def _said(state: str, parts: Sequence[Sequence[Any]]) -> list[ShownCell]:
    """A sentence by its parts: texts, names of tables that lead to them, figures that lead to their returns."""
    shown = []
    for text, *at in parts:
        if len(at) == 1:
            shown.append(ShownCell(text, url_for("reports.show_table", name=at[0])))
        elif at:
            table, row, column, n = at
            shown.append(ShownCell(text, _behind(state, table, row, column), n))
        else:
            shown.append(ShownCell(text))
    return shown


def _address(row: ShownRow) -> str:
    """The address of what a row of a long list is about."""
    if row.form_id:
        return form_address(row.form_id)
    return entry_address(row.file) if row.file else ""


def _named_by(texts: Sequence[str], formats: Sequence[Format]) -> int:
    """The cell by which a reader knows what a row is about: the first text, in lists the name or the file."""
    places = range(len(texts))
    return next((i for i in places if formats[i] is Format.TEXT and texts[i]), 0)


def _behind(state: str, table: str, row: int, column: int) -> str:
    """The address of the returns behind a figure."""
    return url_for("returns.show", of=state, table=table, row=row, column=column)


@views.get("/download/<name>")
def download(name: str) -> Response:
    """A file, as the command line writes it."""
    if name not in DOWNLOADS:
        abort(404)
    with open_batch() as batch:
        if batch is None:
            abort(404)
        # What an ingest that did not end leaves is said in the files, and only there.
        made_of = current_state(batch) + ("-cut" if batch.database.cut_short else "")
    downloads: Downloads = current_app.extensions["downloads"]
    with downloads.file(name, place().batch_path(), made_of, report_options()) as path:
        return send_file(path.resolve(), as_attachment=True, download_name=name)
