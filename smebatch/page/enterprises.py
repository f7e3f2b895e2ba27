"""企业: every return with its score; and of one its answers cell by cell, its issues, its versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import NamedTuple

from flask import Blueprint, abort, render_template

from smebatch.assess.working_tables import working_conclusions, working_tables
from smebatch.batch.ingest import STATUSES
from smebatch.batch.one_return import OneReturn, load_return
from smebatch.batch.original_file import OriginalError, original_answers
from smebatch.batch.thread_history import StoredRow
from smebatch.common.text import minute_text
from smebatch.intake.workbook.address import cell_address
from smebatch.issues.notice import Notice, ProblemError, notice_of
from smebatch.page.anchors import anchor_in, row_of_key
from smebatch.page.filters import (
    ANY,
    DISTRICT,
    asked,
    choices_of,
    district_choices,
    in_column,
    in_district,
    of_answer,
    of_level,
    of_text,
    term_choices,
    with_issue,
)
from smebatch.page.listing import Where, list_rows, page_number
from smebatch.page.place import OpenBatch
from smebatch.page.requests import open_batch, readers, words
from smebatch.standard.form_markers import TICK
from smebatch.standard.keys import Key, Kind, Row, Section, keys_of, rows_of, titles_of
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

views = Blueprint("enterprises", __name__, url_prefix="/enterprises")

_COLUMNS = (
    *(("form_id", "f.form_id"), ("file", "f.file"), ("status", "f.status"), ("name", "a.name"), ("uscc", "a.uscc")),
    *(("district", DISTRICT), ("phase", "a.phase"), ("kind", "a.assessment_kind")),
    *(("score_units", "v.score_units"), ("level", "v.level")),
)
_JOINS = "JOIN answers a USING (form_id) LEFT JOIN versions v USING (form_id)"
_IS_RETURN = Where("f.form_id <> '' AND f.reason <> 'superseded.copy'")
_MOST_FILES = 5  # with the same bytes, that are tried in turn


@views.get("/")
def show() -> str:
    """The returns, one line each however many files hold the same bytes."""
    conditions = [
        *(_IS_RETURN, *in_column("status", "status"), *in_district(), *of_answer("phase")),
        *(*of_answer("assessment_kind"), *of_level(), *with_issue(), *of_text()),
    ]
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.nav.enterprises", what="page.empty.batch")
        number = page_number(asked("page"))
        listing = list_rows(batch.database, _COLUMNS, "files f", conditions, "f.file", number, _JOINS)
        named, edition = district_choices(batch.database), batch.edition
        readers().expect(edition)
    fields = {field.key: choices_of(field.choices) for field in edition.fields}
    choices = {
        "statuses": term_choices("status", [each for each in STATUSES if each != "rejected"]),
        "districts": named,
        "phases": fields["phase"],
        "kinds": fields["assessment_kind"],
        "levels": [(str(level), edition.level_name(level)) for level in range(len(edition.levels) + 1)],
    }
    return render_template("enterprises.html", listing=listing, any_code=ANY, **choices, **_named(edition))


@views.get("/<form_id>")
def form(form_id: str) -> str:
    """All that is known of one return."""
    with open_batch() as batch:
        if batch is None:
            abort(404)
        find = partial(load_return, batch.database, batch.edition, form_id)
        one = batch.database.recall(("return", form_id), find)
        if one is None:
            abort(404)
        found_in, places, problem = _places(batch, one)
        edition = batch.edition
    sheets = form_sheets(edition, one.contents, places)
    shown = {row.key for sheet in sheets for row in sheet.rows}
    return render_template(
        "one_return.html",
        one=one,
        sheets=sheets,
        problem=problem,
        found_in=found_in,
        issues=_by_row(one.issues, edition, shown),
        working=[*working_tables(one.working, edition)] if one.working else [],
        conclusions=[*working_conclusions(one.working, edition)] if one.working else [],
        way=_way_shown(one, edition),
        anchor=anchor_in(edition),
        changed=lambda key, text: _as_in_cell(keys_of(edition).get(key), text),
        **_named(edition),
    )


def _way_shown(one: OneReturn, edition: Edition) -> dict[str, object] | None:
    """The table of the shortest way, what is to be said of it, and why none is shorter."""
    if one.way is None:
        return None
    from smebatch.assess.ways.way_tables import way_conclusions, way_table  # brings pandas along

    table = way_table(one.way, one.answers, edition) if one.way.exists else None
    proof = Notice("check.way.proof", {"proof": one.way.proof.text(edition, words().language)})
    return {"table": table, "said": [*way_conclusions(one.way, edition), proof]}


def _named(edition: Edition) -> dict[str, object]:
    """What puts levels, scores and keys into words."""
    return {
        "points": scale_of(edition).points,
        "level_name": edition.level_name,
        "titles": titles_of(edition),
    }


# --- where the answers stand ------------------------------------------------------------------------------------------


class CellPlace(NamedTuple):
    """Where an answer stands in the file: the sheet's name there, and the address in it."""

    sheet: str
    cell: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}"


def _places(batch: OpenBatch, one: OneReturn) -> tuple[str, dict[str, CellPlace], Notice | None]:
    """The file that holds a return, and where each key stands in it; where it cannot be had, nothing, and why."""
    problem = Notice("original.none")
    for row in one.files[:_MOST_FILES]:
        try:
            pool = readers().of(batch.edition)
            found = original_answers(batch.database, row["file"], row["sha256"], pool)
            places = {key: CellPlace(sheet, cell_address(at)) for key, (sheet, at) in found.locations.items()}
            return row["file"], places, None
        except OriginalError as error:
            problem = notice_of(error)
        except ProblemError as error:  # nothing can be read here and now
            return "", {}, notice_of(error)
    return "", {}, problem


# --- the answers as the form prints them ------------------------------------------------------------------------------


class AnswerCell(NamedTuple):
    """The cell of an answer: its key, what stands in it, and where it stands, None where that is not known."""

    key: Key
    content: str
    place: CellPlace | None


class AnswerRow(NamedTuple):
    """A row of the form: its key, printed code and label, its unit, and a cell in each column, None without a key."""

    key: str
    code: str
    label: str
    unit: str
    is_heading: bool
    cells: tuple[AnswerCell | None, ...]


class AnswerTable(NamedTuple):
    """A sheet of the form: its contractual name, that in the file where it is another, its columns and its rows."""

    name: str
    name_in_file: str
    columns: tuple[str, ...]
    rows: tuple[AnswerRow, ...]


def form_sheets(edition: Edition, contents: Mapping[str, str], places: Mapping[str, CellPlace]) -> list[AnswerTable]:
    """The answers of a return in printed order. A sheet that the file lacks, and need not have, is left out."""
    sheets = []
    for section in Section:
        rows = [row for row in rows_of(edition) if row.section is section]
        keys = [key for row in rows for key in row.keys]
        if not keys or (all(k.unassessed and k.name not in contents and k.name not in places for k in keys)):
            continue
        suffixes = tuple(dict.fromkeys(key.suffix for key in sorted(keys, key=lambda key: key.suffix != "")))
        named = next((place.sheet for key in keys if (place := places.get(key.name))), section.value)
        sheets.append(
            AnswerTable(
                section.value,
                named if named != section.value else "",
                tuple(_heading(suffix, rows) for suffix in suffixes),
                tuple(_form_row(row, suffixes, contents, places) for row in rows),
            )
        )
    return sheets


def _heading(suffix: str, rows: Collection[Row]) -> str:
    """What a column of answers is called: how the labels of its keys end; "" for the only answer of a row."""
    if not suffix:
        return ""
    row, key = next((row, key) for row in rows for key in row.keys if key.suffix == suffix)
    return key.label.removeprefix(row.title).strip() if key.label.startswith(row.title) else key.label.split(" ")[-1]


def _form_row(
    row: Row, suffixes: Collection[str], contents: Mapping[str, str], places: Mapping[str, CellPlace]
) -> AnswerRow:
    by_suffix = {key.suffix: AnswerCell(key, contents.get(key.name, ""), places.get(key.name)) for key in row.keys}
    unit = next((key.unit for key in row.keys if key.unit), "")
    is_heading = row.section is Section.QUESTIONS and "" not in by_suffix
    return AnswerRow(row.key, row.code, row.label, unit, is_heading, tuple(map(by_suffix.get, suffixes)))


def _by_row(issues: list[StoredRow], edition: Edition, shown: Collection[str]) -> dict[str, list[StoredRow]]:
    """The issues by the row of the form that they stand beside; under "" those that have no row."""
    by_row: dict[str, list[StoredRow]] = {}
    rows = row_of_key(edition)
    for issue in issues:
        row = rows.get(issue["key"], "")
        by_row.setdefault(row if row in shown else "", []).append(issue)
    return by_row


def _as_in_cell(key: Key | None, text: str) -> str:
    """An answer of the table changes as it stands in its cell."""
    if key and key.kind is Kind.TICK:
        return {"1": TICK, "0": ""}.get(text, text)
    return text


views.add_app_template_global(minute_text)
