"""The two very hidden sheets: ``_meta`` identifies the form, ``lists`` holds what dropdowns and formulas look up."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range_abs

from smebatch.form.sheet import FormSheet
from smebatch.standard.form_markers import CORRECTS, FORM_VERSION, LISTS_SHEET, SELECTED, SELECTORS, TICK, TICKED
from smebatch.standard.model import Edition

TICKS = "ticks"
TICK_CHOICE = "tick_choice"
REQUIRED_FIELDS = "required_fields"
REQUIRED_FIGURES, BASE_FIGURES = "required_figures", "base_year_figures"
REQUIRED_TICKS, BASE_TICKS = "required_ticks", "base_year_ticks"


def choice_list(key: str) -> str:
    """The defined name of the choices of a field or of the states of a scene."""
    return f"choice_{key}"


SCENE_STATES = choice_list("state")


def meta(edition: Edition, corrects: str = "") -> dict[str, str]:
    """What identifies a form, by name: it stands in ``_meta`` and in the custom document properties.

    ``corrects``: the form_id of the return that a correction copy corrects.
    """
    form = {"edition": edition.id, "edition_sha256": edition.sha256, "form_version": FORM_VERSION}
    return form | {CORRECTS: corrects} if corrects else form


def lists(edition: Edition) -> dict[str, tuple[str, ...]]:
    """The values of each list by its defined name; a list that would be empty is left out.

    The keys in ``required_…`` have to be answered by everybody, those in ``base_year_…`` only by an enterprise that
    has a base year (R7).
    """
    questions = edition.questions
    all_lists = {
        TICKS: tuple(_tick_shapes()),
        TICK_CHOICE: (TICK,),
        **{choice_list(f.key): f.choices for f in edition.fields},
        SCENE_STATES: (edition.header.not_reached, edition.header.not_applicable) if edition.scenes else (),
        REQUIRED_FIELDS: tuple(f.key for f in edition.fields if f.need == "required"),
        REQUIRED_FIGURES: tuple(f.key for q in questions if not q.base_year for f in q.figures if f.required),
        BASE_FIGURES: tuple(f.key for q in questions if q.base_year for f in q.figures if f.required),
        REQUIRED_TICKS: tuple(t for q in questions if not q.base_year for t in q.ticks),
        BASE_TICKS: tuple(t for q in questions if q.base_year for t in q.ticks),
    }
    return {name: values for name, values in all_lists.items() if values}


def _tick_shapes() -> Iterable[str]:
    """Every shape of a tick that COUNTIFS has to look for.

    COUNTIFS ignores case, but tells full-width from half-width characters, and one with a variation selector from one
    without.
    """
    for shape in TICKED:
        yield shape
        if shape.isascii():
            yield "".join(chr(ord(c) + 0xFEE0) for c in shape)
    yield from (unicodedata.normalize("NFKC", s) for s in TICKED if unicodedata.normalize("NFKC", s) != s)
    yield from (shape + selector for shape in SELECTED for selector in SELECTORS)


def write_hidden(
    book: Workbook, meta_sheet: FormSheet, list_sheet: FormSheet, edition: Edition, corrects: str = ""
) -> None:
    """Write both hidden sheets and define the names of the lists. ``corrects``: as ``meta`` takes it."""
    for row, (key, value) in enumerate(meta(edition, corrects).items()):
        meta_sheet.raw.write_string(row, 0, key)
        meta_sheet.raw.write_string(row, 1, value, meta_sheet.styles["hidden"] if key == CORRECTS else None)
        book.set_custom_property(key, value, "text")
    for column, (name, values) in enumerate(lists(edition).items()):
        list_sheet.raw.write_string(0, column, name)
        for row, value in enumerate(values, 1):
            list_sheet.raw.write_string(row, column, value)
        book.define_name(name, f"='{LISTS_SHEET}'!{xl_range_abs(1, column, len(values), column)}")
    for sheet in (meta_sheet, list_sheet):
        sheet.raw.very_hidden()
        sheet.protect()
