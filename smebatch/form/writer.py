"""Write a form, blank or with answers, cell by cell. Many forms with answers are made faster by ``prefill``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from xlsxwriter import Workbook

from smebatch.common.atomic_write import write_atomically
from smebatch.form.answer_sheets import write_enterprise, write_questions, write_scenes
from smebatch.form.answers import checked_answers
from smebatch.form.correction import Correction
from smebatch.form.correction_copy import Copy, copy_of
from smebatch.form.correction_sheet import write_page
from smebatch.form.energy import ENERGY_SHEET, write_energy
from smebatch.form.guide import GUIDE_SHEET, write_guide
from smebatch.form.lists import write_hidden
from smebatch.form.next_round import EarlierColumn, NextRound, earlier_lines, earlier_texts, form_layouts
from smebatch.form.result import write_result
from smebatch.form.result_layout import RESULT_SHEET
from smebatch.form.sheet import FormSheet
from smebatch.form.styles import FormStyles
from smebatch.standard.form_markers import CORRECTION_SHEET, LISTS_SHEET, META_SHEET
from smebatch.standard.keys import Section
from smebatch.standard.model import Edition

# Text from an enterprise stays text, and NaN and infinity are refused rather than turned into error values.
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "in_memory": True,
}
# The widths of columns are counted in digits of this font. Calibri, XlsxWriter's default, is missing on many machines,
# and there columns become two fifths too wide; Arial, or a font with its widths, is everywhere.
_FONT = {"font_name": "Arial", "font_size": 10}
# A form written twice is the same byte for byte, so it does not hold the time of writing.
_CREATED = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def write_form(
    target: Path | BinaryIO,
    edition: Edition,
    answers: Mapping[str, object] | None = None,
    correction: Correction | None = None,
) -> None:
    """Write the form of an edition to a file or a binary stream.

    ``answers``: values by key. A tick is True, False or None; a figure int, float or Decimal; a date a date; a text is
    written as it stands, whatever the key. ``correction``: makes it the correction copy of a return.

    Raises KeyError for a key the edition does not have, TypeError for a value its kind cannot hold, ValueError for NaN
    or infinity, OSError when the file cannot be written.
    """
    stream = BytesIO()
    write_workbook(stream, edition, answers or {}, copy_of(edition, correction) if correction else None)
    if not isinstance(target, Path):
        target.write(stream.getvalue())
        return
    with write_atomically(target) as partial:
        partial.write_bytes(stream.getvalue())


def write_next_form(
    target: BinaryIO,
    edition: Edition,
    next_round: NextRound,
    answers: Mapping[str, object],
    earlier: Mapping[str, object],
) -> None:
    """Write a form of the next round to a binary stream, as write_form writes a form.

    ``earlier``: the answers by key of the return whose answers it shows; what they may be is not checked.
    """
    write_workbook(target, edition, answers, next_round=next_round, texts=earlier_texts(edition, next_round, earlier))


def write_workbook(
    target: BinaryIO,
    edition: Edition,
    answers: Mapping[str, object],
    copy: Copy | None = None,
    *,
    next_round: NextRound | None = None,
    texts: Mapping[str, str] | None = None,
) -> None:
    """Write a form to a binary stream; raises what write_form raises.

    ``copy`` makes it a correction copy, ``next_round`` a form of the next round, in which ``texts`` stand beside the
    rows with these keys.
    """
    earlier = EarlierColumn(texts or {}, earlier_lines(edition, next_round)) if next_round else None
    layouts = form_layouts(edition, next_round)
    given = checked_answers(edition, answers, copy.cell_marks if copy else None, earlier)
    options = _OPTIONS | {"default_format_properties": dict(_FONT)}  # XlsxWriter changes the inner dict
    with Workbook(target, options) as book:
        book.set_properties({"title": edition.header.form_title, "author": "smebatch", "created": _CREATED})
        styles = FormStyles(book)
        blank = (
            not copy
            and not next_round
            and not any(value is not None and value is not False and value != "" for value in given.values.values())
        )

        def add(name: str) -> FormSheet:
            return FormSheet(book, name, styles, blank=blank)

        if copy:
            write_page(add(CORRECTION_SHEET), edition, copy.page)
        write_guide(add(GUIDE_SHEET), edition)
        write_enterprise(add(Section.ENTERPRISE), edition, layouts[Section.ENTERPRISE], given)
        write_questions(add(Section.QUESTIONS), edition, layouts[Section.QUESTIONS], given)
        if Section.SCENES in layouts:
            write_scenes(add(Section.SCENES), edition, layouts[Section.SCENES], given)
        if Section.ENERGY in layouts:
            write_energy(add(ENERGY_SHEET), edition, layouts[Section.ENERGY], given)
        write_result(book, add(RESULT_SHEET), edition)
        for layout in layouts.values():
            if layout.section is not Section.ENERGY:  # its formulas address cells
                for name, reference in layout.names():
                    book.define_name(name, reference)
        write_hidden(book, add(META_SHEET), add(LISTS_SHEET), edition, copy.corrects if copy else "")
