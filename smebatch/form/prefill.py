"""Many forms with answers, of this round or the next, and many correction copies, spliced.

One of each is written as a pattern, and its cells are replaced.

The parts of a spliced form are, byte for byte, what write_form writes; only their compression differs.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import SupportsFloat

from smebatch.form.answers import FormAnswers, checked_answers
from smebatch.form.correction import Correction
from smebatch.form.correction_copy import Copy, copy_of
from smebatch.form.correction_splicer import CorrectionSplicer, can_splice
from smebatch.form.layout import addresses_on
from smebatch.form.next_round import NextRound, earlier_texts, form_layouts
from smebatch.form.sheet import FormError, day_number, finite, writable_text
from smebatch.form.splicing.errors import PatternError
from smebatch.form.splicing.pattern import Content, Pattern, stand_in
from smebatch.form.splicing.verified import verified_pattern
from smebatch.form.writer import write_form, write_workbook
from smebatch.standard.keys import keys_of, rows_of
from smebatch.standard.model import Edition


class Splicer:
    """Writes forms of an edition with answers, and correction copies; with ``next_round`` its forms are of that round.

    Only the first of either takes longer than write_form does, and the first copy with a note of a further size.
    """

    def __init__(self, edition: Edition, next_round: NextRound | None = None) -> None:
        self._edition = edition
        self._next_round = next_round
        self._keys = keys_of(edition)
        self._addresses = addresses_on(form_layouts(edition, next_round).values())

    def form(self, answers: Mapping[str, object], earlier: Mapping[str, object] = MappingProxyType({})) -> bytes:
        """The bytes of the form with these answers by key.

        ``earlier``: in a form of the next round, the answers that it shows of the return before it.
        Raises what write_form raises, and FormError where the form cannot be spliced.
        """
        contents = self._contents(checked_answers(self._edition, answers))
        if self._next_round:
            texts = earlier_texts(self._edition, self._next_round, earlier)
            contents |= {_beside(row): writable_text(text) for row, text in texts.items()}
            return self._pattern.filled(contents)
        return self._pattern.filled(contents) if contents else self._blank

    def correction(self, answers: Mapping[str, object], correction: Correction) -> bytes:
        """The bytes of the correction copy with these answers by key; it raises what ``form`` raises."""
        copy = copy_of(self._edition, correction)
        if not can_splice(copy):
            return self._write_copy(answers, copy)
        return self._corrections.copy(self._contents(checked_answers(self._edition, answers)), copy)

    def _contents(self, given: FormAnswers) -> dict[str, Content]:
        """The contents of the answer cells by key; cells that stay blank are left out."""
        values = ((key, given.content(self._keys[key])) for key in given.values)
        return {key: self._content(key, value) for key, value in values if value != ""}

    def _content(self, key: str, value: str | dt.date | SupportsFloat) -> Content:
        """An answer as its cell holds it: a text, or the number that stands for a figure or a day."""
        if isinstance(value, str):
            return writable_text(value)
        if isinstance(value, dt.date):
            return day_number(value)
        return finite(value, self._addresses[key])

    @cached_property
    def _blank(self) -> bytes:
        """The form without answers. It is no filled pattern: it holds the results of its formulas."""
        stream = io.BytesIO()
        write_form(stream, self._edition)
        return stream.getvalue()

    @cached_property
    def _pattern(self) -> Pattern:
        beside = {row.key: _beside(row.key) for row in rows_of(self._edition)} if self._next_round else {}
        stream = io.BytesIO()
        write_workbook(
            stream,
            self._edition,
            {key: stand_in(key) for key in self._keys},
            next_round=self._next_round,
            texts={row: stand_in(name) for row, name in beside.items()},
        )
        try:
            return verified_pattern(stream.getvalue(), [*self._keys, *beside.values()])
        except PatternError as error:
            raise FormError(place=error.place, why=error.why) from error

    @cached_property
    def _corrections(self) -> CorrectionSplicer:
        try:
            return CorrectionSplicer(self._edition, self._write_copy)
        except PatternError as error:
            raise FormError(place=error.place, why=error.why) from error

    def _write_copy(self, answers: Mapping[str, object], copy: Copy) -> bytes:
        stream = io.BytesIO()
        write_workbook(stream, self._edition, answers, copy)
        return stream.getvalue()


def _beside(row: str) -> str:
    """The name of the cell beside a row that shows what the earlier return said; it is no key of an answer."""
    return f"#earlier {row}"
