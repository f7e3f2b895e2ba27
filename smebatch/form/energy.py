"""能耗折算: amounts of each energy converted into 吨标准煤, year by year (名词解释 综合能源消费量, 表 1)."""

from __future__ import annotations

from decimal import Decimal

from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from smebatch.form import formulas as f
from smebatch.form.answers import FormAnswers
from smebatch.form.frame import add_validations, write_answer, write_earlier, write_key_marks, write_labels
from smebatch.form.layout import HEADER, KEY_COLUMN, NOTE, TITLE, AnswerSheet, question_sheet
from smebatch.form.measure import row_height
from smebatch.form.sheet import FormSheet
from smebatch.standard import formula_text as t
from smebatch.standard.fixed_point import DECIMALS, plain_decimal
from smebatch.standard.keys import Section
from smebatch.standard.model import Edition, EnergyTotal, EnergyYear
from smebatch.standard.reference import form_words

ENERGY_SHEET = Section.ENERGY


def write_energy(sheet: FormSheet, edition: Edition, layout: AnswerSheet, answers: FormAnswers) -> None:
    """Write 能耗折算: the flows of each energy and their coal equivalent by year, and below the totals to enter."""
    total = edition.energy_total
    if total is None:
        return
    first, last = KEY_COLUMN + 1, layout.last_column
    sheet.merged(TITLE, first, last, f"{edition.header.form_title}　{ENERGY_SHEET}{layout.title_end}", "title")
    sheet.raw.set_row(TITLE, 30)
    note = form_words().notes.energy.format(
        term=total.term,
        unit=edition.energy_unit,
        asked=_asking_questions(edition, total),
        flows=" − ".join(flow.name for flow in total.flows),
    )
    note += layout.note_end
    sheet.merged(NOTE, first, last, note, "note")
    sheet.raw.set_row(NOTE, row_height((note, sum(c.width for c in layout.columns))))
    write_key_marks(sheet, layout, answers.cell_marks)
    _headings(sheet, layout, total)
    for row, keyed in layout.rows():
        energy = edition.energies[row - layout.first]
        write_labels(sheet, layout, row, keyed, "center", "text")
        room = write_earlier(sheet, layout, answers, row, keyed)
        sheet.text(row, layout.column["unit"], energy.unit, "center")
        sheet.number(row, layout.column["coefficient"], energy.coefficient.value, "coefficient")
        for key in keyed.keys:
            write_answer(sheet, layout, answers, row, key)
        coefficient = xl_rowcol_to_cell(row, layout.column["coefficient"], col_abs=True)
        for year in total.years:
            terms = _sum(total, [f"N({xl_rowcol_to_cell(row, column)})" for column in _flows(layout, total, year)])
            sheet.formula(row, layout.column[f"{year.id}_coal"], f"=({terms})*{coefficient}", "coal", 0)
        sheet.raw.set_row(row, max(20, room))
    add_validations(sheet, layout)
    entered = _totals(sheet, edition, layout, total)
    end = _notes(sheet, edition, layout, total, entered + 2)
    sheet.raw.freeze_panes(layout.first, layout.column["label"] + 1)
    sheet.page(edition.header.form_title, landscape=True, pages=1)
    sheet.raw.print_area(TITLE, first, end - 1, last)
    sheet.protect()


def _flows(layout: AnswerSheet, total: EnergyTotal, year: EnergyYear) -> list[int]:
    """The numbers of the columns of the flows of a year, which stand side by side."""
    return [layout.column[f"{year.id}_{flow.id}"] for flow in total.flows]


def _sum(total: EnergyTotal, terms: list[str]) -> str:
    """The formula that adds or subtracts the terms, one for each flow, by the signs of the flows."""
    signed = "".join(f"{flow.sign}{term}" for flow, term in zip(total.flows, terms, strict=True))
    return signed.removeprefix("+")


def _headings(sheet: FormSheet, layout: AnswerSheet, total: EnergyTotal) -> None:
    below = HEADER + 1
    for column in range(layout.column["code"], layout.column["coefficient"] + 1):
        heading = layout.columns[column - KEY_COLUMN - 1].heading
        sheet.raw.merge_range(HEADER, column, below, column, heading, sheet.styles["header"])
    for year in total.years:
        flows = _flows(layout, total, year)
        sheet.merged(HEADER, flows[0], layout.column[f"{year.id}_coal"], year.name, "header")
        for column in (*flows, layout.column[f"{year.id}_coal"]):
            sheet.text(below, column, layout.columns[column - KEY_COLUMN - 1].heading, "header")
    sheet.raw.set_row(HEADER, 20)
    sheet.raw.set_row(below, 34)


def _totals(sheet: FormSheet, edition: Edition, layout: AnswerSheet, total: EnergyTotal) -> int:
    """Write the totals below the energies; return the last row.

    They are the coal equivalent of each flow, the consumption of each year, and the total that was entered on
    基础管理成效, with a sentence where the two differ.
    """
    sums, result, entered = layout.last + 1, layout.last + 2, layout.last + 3
    unit, asked = edition.energy_unit, _asking_questions(edition, total)
    for row, text, height in (
        (sums, f"各项合计（{unit}）", 22),
        (result, f"{total.term}（{unit}）", 22),
        (entered, f"{asked}所填（{unit}）", 34),
    ):
        sheet.merged(row, layout.column["code"], layout.column["coefficient"], text, "heading")
        sheet.raw.set_row(row, height)
    first, last = layout.first, layout.last
    coefficients = xl_range_abs(first, layout.column["coefficient"], last, layout.column["coefficient"])
    for year in total.years:
        flows, coal = _flows(layout, total, year), layout.column[f"{year.id}_coal"]
        for column in flows:
            amounts = xl_range_abs(first, column, last, column)
            sheet.formula(sums, column, f"=SUMPRODUCT({coefficients},{amounts})", "coal_strong", 0)
        sheet.text(sums, coal, "", "coal_strong")
        # Binary fractions leave a trace far below the four decimals of the coefficients; it is rounded away.
        terms = _sum(total, [xl_rowcol_to_cell(sums, column) for column in flows])
        sheet.merged(result, flows[0], flows[-1], "", "heading")
        sheet.formula(result, coal, f"=ROUND({terms},8)", "coal_strong", 0)
        questions, figure = question_sheet(edition), edition.figures[year.figure]
        number = next(q.number for q in edition.questions if figure in q.figures)
        is_entered = f.is_number(questions, figure.key)
        sheet.formula(entered, coal, f'=IF({is_entered},{f.figure(questions, figure.key)},"")', "coal_strong", "")
        request = f"请填入题{number}“{figure.label}”"
        has_amounts = f'COUNTIF({xl_range_abs(first, flows[0], last, flows[-1])},">0")>0'
        differs = _differs(total, xl_rowcol_to_cell(entered, coal), xl_rowcol_to_cell(result, coal))
        warning = t.when(differs, f"与题{number}“{figure.label}”所填不一致，请核对。")
        sheet.merged(entered, flows[0], flows[-1], "", "alert")
        formula = f"=IF(AND({is_entered},{has_amounts}),{warning},{t.literal(request)})"
        sheet.formula(entered, flows[0], formula, "alert", request)
    return entered


def _asking_questions(edition: Edition, total: EnergyTotal) -> str:
    """The questions that ask for the totals, as a text: 题12."""
    keys = {year.figure for year in total.years}
    return "、".join(f"题{q.number}" for q in edition.questions if keys & {figure.key for figure in q.figures})


def _differs(total: EnergyTotal, typed: str, computed: str) -> str:
    """The condition that a typed total differs from the computed one, as assess/energy.py judges it.

    A difference is allowed up to half a unit of the last decimal that was typed, or up to a share of the computed
    total, whichever is larger. Half a unit is 0.5 without decimals; the first decimal takes 0.45 from it, the second
    another 0.045, and so on.
    """
    places = (f"-{plain_decimal(Decimal(45).scaleb(-2 - n))}*({typed}<>ROUND({typed},{n}))" for n in range(DECIMALS))
    share = plain_decimal(total.tolerance.value / 100)
    return f"ROUND(ABS({typed}-{computed})-MAX(0.5{''.join(places)},{share}*ABS({computed})),8)>0"


def _notes(sheet: FormSheet, edition: Edition, layout: AnswerSheet, total: EnergyTotal, row: int) -> int:
    """Write the definition and the worked example as the standard prints them, from ``row`` on; return the next row."""
    notes = [f"{t.term}：{t.text}" for t in edition.glossary if t.term == total.term]
    if edition.energy_example:
        notes.append(f"示例：{edition.energy_example.text}")
    for text in notes:
        sheet.merged(row, KEY_COLUMN + 1, layout.last_column, text, "para")
        sheet.raw.set_row(row, row_height((text, sum(c.width for c in layout.columns))))
        row += 1
    return row
