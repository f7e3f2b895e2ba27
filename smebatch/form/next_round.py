"""What a form of the next round has beyond a form: a grey column with what the enterprise answered last time.

The column has no mark in the key row, so it is never read, and its cells are locked. A form for an assessment on site
also has wider columns for evidence, and a line for signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from smebatch.common.text import clean_text
from smebatch.form.layout import AnswerSheet, SheetColumn, keyed_sheets
from smebatch.form.measure import cut_to_lines
from smebatch.standard.checks.check import checks_of
from smebatch.standard.fixed_point import plain_decimal
from smebatch.standard.form_markers import TICK
from smebatch.standard.keys import Kind, Row, Section, energy_suffix, rows_of
from smebatch.standard.model import Edition
from smebatch.standard.reference import form_words

EARLIER = "earlier"
"""The name of the column; it stands behind that of the labels."""

# The widths in characters of the column, and of those that are narrower beside it, so that a sheet is printed as large
# as without it. On 能耗折算 all others are a little narrower.
_WIDTHS: dict[Section, dict[str, float]] = {
    Section.ENTERPRISE: {EARLIER: 14, "hint": 33},
    Section.QUESTIONS: {EARLIER: 14, "path": 14, "label": 48, "note": 10},
    Section.SCENES: {EARLIER: 12.5},
    Section.ENERGY: {EARLIER: 23, "label": 24, "unit": 9, "coefficient": 9},
}
_NARROWER = {Section.ENERGY: 1.0}
# The same for an assessment on site, where the remarks are evidence and the questions stand on pages that lie.
_WIDTHS_ON_SITE = _WIDTHS | {
    Section.QUESTIONS: {EARLIER: 20, "note": 47},
    Section.SCENES: {EARLIER: 12.5, "note": 17},
}
# How many lines a cell of the column has room for; beside a text, and beside a figure of the year before, it has more.
_LINES = {Section.ENTERPRISE: 1, Section.QUESTIONS: 1, Section.SCENES: 5, Section.ENERGY: 1}
_LINES_OF_A_TEXT = _LINES_OF_TWO_FIGURES = 3


class NextRound(NamedTuple):
    """The phase and the kind of assessment of new forms, and those of the returns that they show; texts of the form."""

    phase: str
    kind: str
    earlier_phase: str
    earlier_kind: str

    @property
    def on_site(self) -> bool:
        """Whether an assessor fills in the new forms on site."""
        return self.kind in form_words().next_round.on_site

    @property
    def later(self) -> bool:
        """Whether the new forms are of another phase, so that the years they ask about are later ones."""
        return self.phase != self.earlier_phase

    def widths(self, section: Section) -> dict[str, float]:
        """The widths in characters of the columns of a sheet that are not what they are in other forms."""
        return (_WIDTHS_ON_SITE if self.on_site else _WIDTHS)[section]


class EarlierColumn(NamedTuple):
    """The cells of the column, by the keys of their rows: texts where there are any, and room in lines."""

    texts: Mapping[str, str]
    lines: Mapping[str, int]


@cache
def form_layouts(edition: Edition, next_round: NextRound | None = None) -> dict[Section, AnswerSheet]:
    """The layouts of the sheets with keys of a form, or of a form of the next round."""
    layouts = {layout.section: layout for layout in keyed_sheets(edition)}
    return {s: _with_earlier(edition, layout, next_round) for s, layout in layouts.items()} if next_round else layouts


def _with_earlier(edition: Edition, layout: AnswerSheet, next_round: NextRound) -> AnswerSheet:
    words, section = form_words().next_round, layout.section
    heading = words.heading.format(phase=next_round.earlier_phase, kind=next_round.earlier_kind)
    widths = next_round.widths(section)
    columns: list[SheetColumn] = []
    for column in layout.columns:
        narrower = column.width - _NARROWER.get(section, 0)
        columns.append(
            replace(
                column,
                heading=words.evidence if column.name == "note" and next_round.on_site else column.heading,
                width=widths.get(column.name, narrower),
            )
        )
        if column.name == "label":
            columns.append(SheetColumn(EARLIER, heading, widths[EARLIER]))
    # 能耗折算 is a tool for the enterprise: nobody signs it.
    signed = next_round.on_site and section is not Section.ENERGY
    notes = [words.note]
    if not layout.line.keys().isdisjoint(_stated_before(edition, next_round)):
        notes.append(words.year_before_note)
    if signed and "note" in layout.column:
        notes.append(words.on_site_note)
    return replace(
        layout,
        columns=tuple(columns),
        landscape=layout.landscape or (next_round.on_site and section is Section.QUESTIONS),
        title_end=words.title_end.format(phase=next_round.phase, kind=next_round.kind),
        note_end="".join(notes),
        signatures=words.signatures if signed else "",
    )


@cache
def earlier_lines(edition: Edition, next_round: NextRound) -> dict[str, int]:
    """How many lines the cell of the column has room for, by the key of its row."""
    lines = {row.key: _LINES[row.section] for row in rows_of(edition)}
    texts = [key for key, row in _rows(edition).items() if [cell.kind for cell in row.keys] == [Kind.TEXT]]
    figures = dict.fromkeys(_stated_before(edition, next_round), _LINES_OF_TWO_FIGURES)
    return lines | dict.fromkeys(texts, _LINES_OF_A_TEXT) | figures


@cache
def _stated_before(edition: Edition, next_round: NextRound) -> dict[str, str]:
    """For each figure of the year before, the figure that stated the same of the year itself, as the checks tell.

    There is none in a form of the same phase, which asks about the same years as the earlier one.
    """
    years = (pair for check in checks_of(edition) for pair in check.years)
    return {before: year for year, before in years} if next_round.later else {}


def earlier_texts(edition: Edition, next_round: NextRound, answers: Mapping[str, object]) -> dict[str, str]:
    """What the column says, by the key of the row, of the answers of the earlier return; blank cells are left out.

    A figure of the year before also says what was last entered for the year, where the new form is of a later phase:
    whether that is the year asked for now, only the enterprise knows.
    """
    words = form_words().next_round
    rows, lines = _rows(edition), earlier_lines(edition, next_round)
    stated_before = _stated_before(edition, next_round)
    texts: dict[str, str] = {}
    for row in rows.values():
        said = _said_in_row(edition, row, answers)
        year = stated_before.get(row.key)
        if year and (value := _shown(answers.get(year))):
            said.append(words.year_before.format(code=rows[year].code, value=value))
        if said:
            texts[row.key] = cut_to_lines("\n".join(said), next_round.widths(row.section)[EARLIER], lines[row.key])
    return texts


@cache
def _rows(edition: Edition) -> dict[str, Row]:
    """The rows that say something of one return, by their keys; what stays true of an enterprise is filled in."""
    lasting = {field.key for field in edition.fields if not field.of_return}
    return {row.key: row for row in rows_of(edition) if row.key not in lasting}


def _said_in_row(edition: Edition, row: Row, answers: Mapping[str, object]) -> list[str]:
    """What was answered in a row, a line of text each."""
    if row.section is Section.ENERGY:
        return list(filter(None, [_said_of_energy(edition, row, answers)]))
    shown = [(key, text) for key in row.keys if (text := _shown(answers.get(key.name)))]
    if row.section is not Section.SCENES:
        return [text for _, text in shown]
    unsure_level, names = form_words().next_round.unsure_level, {f"_l{g.level}": g.name for g in edition.levels}
    levels = [
        names[key.suffix] if text == TICK else unsure_level.format(level=names[key.suffix], content=text)
        for key, text in shown
        if key.kind is Kind.TICK
    ]
    return [*filter(None, ["、".join(levels)]), *(text for key, text in shown if key.kind is not Kind.TICK)]


def _said_of_energy(edition: Edition, row: Row, answers: Mapping[str, object]) -> str:
    """The amounts of an energy, year by year, with the signs with which they count: 上年 310-2.5；前年 290."""
    total = edition.energy_total
    if total is None:
        return ""
    said = []
    for year in total.years:
        flows = [(flow.sign, _shown(answers.get(row.key + energy_suffix(year, flow)))) for flow in total.flows]
        if any(amount for _, amount in flows):
            terms = "".join(sign + amount for sign, amount in flows if amount).removeprefix("+")
            said.append(f"{year.name} {terms}")
    return "；".join(said)


def _shown(value: object) -> str:
    """An answer as a text on one line; "" where it is blank."""
    if value is None or value is False:
        return ""
    if value is True:
        return TICK
    return plain_decimal(value) if isinstance(value, Decimal) else clean_text(str(value)).strip()
