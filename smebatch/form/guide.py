"""填报说明: the purpose of the form, who fills in what and how, the method, the terms, and how to return it.

Its texts come from the edition and from the words of the form (``reference/form.toml``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smebatch.common.text import numeral
from smebatch.form.energy import ENERGY_SHEET
from smebatch.form.measure import row_height
from smebatch.form.paging import PORTRAIT, Block, page_breaks
from smebatch.form.result_layout import RESULT_SHEET
from smebatch.form.sheet import FormSheet
from smebatch.standard.form_markers import TICK
from smebatch.standard.keys import EXCUSED, Section
from smebatch.standard.model import Edition, Ruling
from smebatch.standard.reference import Texts, form_words

GUIDE_SHEET = "填报说明"
_WIDTHS = (19, 16, 38, 39)
_LAST = len(_WIDTHS) - 1
# For a table with so many columns: the first and the last column of the sheet that each of its cells covers.
_SPANS = {2: ((0, 0), (1, 3)), 3: ((0, 0), (1, 2), (3, 3)), 4: tuple((i, i) for i in range(4))}


class _Page:
    """Writes the sheet from top to bottom, section by section."""

    def __init__(self, sheet: FormSheet) -> None:
        self.sheet, self.row, self.sections = sheet, 0, 0
        self.blocks: list[Block] = []  # a heading with the rows below it, a whole table, or a single row
        self.rows_to_join = 0  # how many of the next rows belong to the last block

    def section(self, title: str) -> None:
        """Write a numbered heading; a page break keeps it together with the two rows below."""
        self.sheet.text(self.row, 0, f"{numeral(self.sections + 1)}、{title}", "section")
        self.rows_to_join = 0
        self._next(22)
        self.rows_to_join = 2
        self.sections += 1

    def paragraph(self, text: str) -> None:
        """Write a paragraph across the whole width."""
        self.sheet.merged(self.row, 0, _LAST, text, "para")
        self._next(row_height((text, sum(_WIDTHS))))

    def numbered(self, texts: Iterable[str]) -> None:
        """Write paragraphs with numbers."""
        for i, text in enumerate(texts, 1):
            self.paragraph(f"{i}. {text}")

    def table(self, headings: Sequence[str], lines: Iterable[Sequence[str]], styles: Sequence[str] = ()) -> None:
        """Write a short table, which no page break divides. ``styles``: those of the first cell of each line."""
        listed = list(lines)
        self._line(headings, ["header"] * len(headings))
        self.rows_to_join = len(listed)
        for i, cells in enumerate(listed):
            first = styles[i] if styles else "strong"
            self._line(cells, [first, *["text"] * (len(cells) - 1)])

    def _line(self, cells: Sequence[str], styles: Sequence[str]) -> None:
        spans = _SPANS[len(cells)]
        for text, style, (first, last) in zip(cells, styles, spans, strict=True):
            self.sheet.merged(self.row, first, last, text, style)
        widths = [(text, sum(_WIDTHS[first : last + 1])) for text, (first, last) in zip(cells, spans, strict=True)]
        self._next(row_height(*widths))

    def _next(self, height: float) -> None:
        self.sheet.raw.set_row(self.row, height)
        if self.rows_to_join:
            first, height_before = self.blocks[-1]
            self.blocks[-1] = (first, height_before + height)
            self.rows_to_join -= 1
        else:
            self.blocks.append((self.row, height))
        self.row += 1


def write_guide(sheet: FormSheet, edition: Edition) -> None:
    """Write 填报说明, section by section; one for which the edition has no texts is left out."""
    header, words = edition.header, form_words().guide
    for i, width in enumerate(_WIDTHS):
        sheet.raw.set_column(i, i, width)
    page = _Page(sheet)
    sheet.merged(0, 0, _LAST, header.form_title, "title")
    sheet.raw.set_row(0, 30)
    sheet.merged(1, 0, _LAST, words.subtitle, "subtitle")
    sheet.raw.set_row(1, 22)
    page.row = 2

    page.section(words.purpose)
    page.paragraph(header.introduction)
    _overviews(page, edition)

    page.section(words.sheets)
    page.table(words.sheet_headings, _sheet_lines(edition))

    page.section(words.how)
    page.table(
        words.colour_headings,
        (words.answer_colour, words.missing_colour, words.alert_colour, words.locked_colour),
        styles=("legend_answer", "legend_missing", "legend_alert", "heading_center"),
    )
    page.numbered(_instructions(edition))

    page.section(words.protection)
    page.numbered(words.texts.protection)
    page.section(words.sending)
    page.numbered(words.texts.sending)

    page.section(words.method)
    page.paragraph(header.method)
    headings = words.level_headings if edition.scenes else words.level_headings_without_scenes
    page.table(
        [text.format(score_part=header.score_part, scene_part=header.scene_part) for text in headings],
        ((g.full_name, f"≥ {g.score.value} {g.score.unit}", g.requirement, g.description) for g in edition.levels),
    )
    page.numbered(rule.text for rule in edition.rules)

    marked = _rulings_marked(edition)
    if marked:
        page.section(words.rulings)
    for ruling in marked:
        page.paragraph(f"{ruling.id}（{ruling.clause}）{ruling.choice}")

    if edition.glossary:
        page.section(words.glossary)
    for term in edition.glossary:
        page.paragraph(f"{term.term}：{term.text}")
    if header.glossary_note:
        page.paragraph(header.glossary_note.text)
    scale = PORTRAIT.scale(_WIDTHS)
    sheet.page(header.form_title, scale=scale)
    sheet.raw.set_h_pagebreaks(page_breaks(PORTRAIT, scale, page.blocks, first=52))
    sheet.raw.hide_gridlines(2)
    sheet.protect()


def _overviews(page: _Page, edition: Edition) -> None:
    """Write the two tables of what is assessed, each below the sentences of the standard about it."""
    header, words = edition.header, form_words().guide
    if header.score_overview:
        page.paragraph(header.score_overview.text)
        items = {i.id: "、".join(q.item for q in edition.questions if q.indicator == i.id) for i in edition.indicators}
        named = [(i, words.overview_item.format(indicator=i.name, items=items[i.id])) for i in edition.indicators]
        lines = [(d.name, "、".join(text for i, text in named if i.dimension == d.id)) for d in edition.dimensions]
        page.table(words.overview_headings, lines)
    if header.scene_overview:
        page.paragraph(header.scene_overview.text)
        scenes = {g.id: [s.printed_name for s in edition.scenes if s.group == g.id] for g in edition.scene_groups}
        page.table(words.scene_headings, ((g.name, "、".join(scenes[g.id])) for g in edition.scene_groups))
    if header.binding_note:
        page.paragraph(header.binding_note)


def _rulings_marked(edition: Edition) -> list[Ruling]:
    """The rulings that the form refers to beside questions and weights."""
    weights = (part.weight.ruling for q in edition.questions for part in edition.question_path(q))
    marks = {*weights, *(remark.ruling for q in edition.questions for remark in q.remarks)}
    return [ruling for ruling in edition.rulings if ruling.id in marks]


def _sheet_lines(edition: Edition) -> list[Sequence[str]]:
    words = form_words().guide.sheet
    sheets: list[tuple[str, Texts]] = [(Section.ENTERPRISE, words.enterprise), (Section.QUESTIONS, words.questions)]
    if edition.scenes:
        sheets.append((Section.SCENES, words.scenes))
    if edition.energies:
        sheets.append((ENERGY_SHEET, words.energy))
    sheets.append((RESULT_SHEET, words.result))
    values = {
        "score_part": edition.header.score_part,
        "questions": len(edition.questions),
        "with_figures": sum(len(q.figures) > 0 for q in edition.questions),
        "scenes": len(edition.scenes),
    }
    return [(str(name), *(text.format(**values) for text in texts)) for name, texts in sheets]


def _instructions(edition: Edition) -> list[str]:
    header, words = edition.header, form_words().guide.texts
    multiple = next((q for q in edition.questions if q.none is not None), None)
    field = next(field for field in edition.fields if field.key == EXCUSED)
    values = {
        "tick": TICK,
        "single": header.single,
        "multiple": header.multiple,
        "none": words.how_none.format(none=multiple.options[(multiple.none or 1) - 1]) if multiple else "",
        "no_base_year": field.label,
        "yes": field.choices[0],
        "not_reached": header.not_reached,
        "not_applicable": header.not_applicable,
        "result": RESULT_SHEET,
    }
    texts = [*words.how, *([words.how_scenes] if edition.scenes else []), words.how_done]
    return [text.format(**values) for text in texts]
