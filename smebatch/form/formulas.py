"""Formulas about answers. These are addressed by key, so that sorted, inserted or moved rows and columns do no harm.

The functions are those of standard.formula_text, which has the pieces that are not about answers.
"""

from __future__ import annotations

from smebatch.form.layout import AnswerSheet
from smebatch.form.lists import TICKS
from smebatch.standard.formula_text import both, literal
from smebatch.standard.keys import EXCUSED
from smebatch.standard.model import Edition, Question


def tick_count(sheet: AnswerSheet, rows: str, suffix: str = "") -> str:
    """How many cells are ticked in the rows whose key matches ``rows`` (* stands for anything)."""
    return f'SUMPRODUCT(COUNTIFS({sheet.keys},"{rows}",{sheet.answers(suffix)},{TICKS}))'


def question_ticks(sheet: AnswerSheet, question: Question) -> str:
    """How many options of a question are ticked."""
    return tick_count(sheet, f"{question.id}_o*")


def figure(sheet: AnswerSheet, key: str) -> str:
    """A figure's value, 0 where it is blank."""
    return f'SUMIFS({sheet.answers()},{sheet.keys},"{key}")'


def is_number(sheet: AnswerSheet, *keys: str) -> str:
    """Whether the figures are all there, as numbers not below 0."""
    conditions = [f'COUNTIFS({sheet.keys},"{key}",{sheet.answers()},">=0")>0' for key in keys]
    return both(*conditions)


def is_filled(sheet: AnswerSheet, key: str, suffix: str = "") -> str:
    """Whether the cell holds anything."""
    return f'COUNTIFS({sheet.keys},"{key}",{sheet.answers(suffix)},"<>")>0'


def says(sheet: AnswerSheet, row: str, suffix: str, text: str) -> str:
    """Whether the cell holds this text."""
    return f'COUNTIFS({sheet.keys},"{row}",{sheet.answers(suffix)},{literal(text)})>0'


def excused(edition: Edition, sheet: AnswerSheet) -> str:
    """Whether base-year questions may stay unanswered: the field says its first choice, 是 (R7)."""
    field = next(f for f in edition.fields if f.key == EXCUSED)
    return says(sheet, field.key, "", field.choices[0])


def missing_in(sheet: AnswerSheet, list_name: str, criterion: str) -> str:
    """How many of the listed keys have no cell that meets the criterion."""
    return f'SUMPRODUCT(--(COUNTIFS({sheet.keys},{list_name},{sheet.answers()},"{criterion}")=0))'


def against_state(edition: Edition, state: str, first_level: str) -> str:
    """Whether a scene's ticks contradict its state, where it has ticks.

    That no level is reached is true beside a tick above a gap, which does not count (R9) and has its own hint.
    """
    header = edition.header
    not_reached = f"AND({state}={literal(header.not_reached)},{first_level}=1)"
    return f"OR({state}={literal(header.not_applicable)},{not_reached})"
