"""能耗折算: amounts of each energy turned into 吨标准煤, for two years; 名词解释 综合能源消费量 and 表 1."""

from __future__ import annotations

from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from smebatch.form import formulas as f
from smebatch.form.layout import question_sheet
from smebatch.form.measure import row_height
from smebatch.form.sheet import Sheet
from smebatch.standard.model import Edition, Figure

ENERGY_SHEET = "能耗折算"
CODE, NAME, UNIT, COEFFICIENT, FIRST_YEAR = range(5)
# What each year asks for, and whether it counts for or against the consumption.
FLOWS = (("工业生产消费", "+"), ("加工转换产出", "-"), ("回收利用", "-"))
YEARS = ("上年", "前年")
_WIDTHS = (6, 24, 11, 11, 13, 13, 11, 15, 13, 13, 11, 15)
HEAD, FIRST = 3, 4
CONSUMPTION = "综合能源消费量"


def energy_figures(edition: Edition) -> list[Figure]:
    """The figures the totals are to be entered in: those in the unit the coefficients convert to, 吨标准煤."""
    units = {e.coefficient.unit.split("/")[0] for e in edition.energies}
    return [figure for figure in edition.figures.values() if figure.unit in units]


def write_energy(sheet: Sheet, edition: Edition) -> None:
    """Write 能耗折算: a row an energy, for each year its flows and their coal equivalent, and the totals to enter."""
    last = len(_WIDTHS) - 1
    unit = edition.energies[0].coefficient.unit.split("/")[0]
    for i, width in enumerate(_WIDTHS):
        sheet.raw.set_column(i, i, width)
    sheet.merged(0, 0, last, f"{edition.header.form_title}　能耗折算", "title")
    sheet.raw.set_row(0, 30)
    note = (
        f"本表帮助企业计算{CONSUMPTION}，不作为评分内容。在黄色单元格按计量单位填写实物量，自动折算为{unit}；"
        f"没有加工转换和回收利用活动的，后两栏留空。{CONSUMPTION} = {' − '.join(name for name, _ in FLOWS)}。"
    )
    sheet.merged(1, 0, last, note, "note")
    sheet.raw.set_row(1, row_height((note, sum(_WIDTHS))))
    _headings(sheet, unit)
    for row, energy in enumerate(edition.energies, FIRST):
        sheet.number(row, CODE, row - FIRST + 1)
        sheet.text(row, NAME, energy.name)
        sheet.text(row, UNIT, energy.unit, "center")
        sheet.number(row, COEFFICIENT, energy.coefficient.value, "coefficient")
        for y in range(len(YEARS)):
            column = FIRST_YEAR + y * (len(FLOWS) + 1)
            for i in range(len(FLOWS)):
                sheet.text(row, column + i, "", "answer_amount")
            terms = [f"{sign}N({xl_rowcol_to_cell(row, column + i)})" for i, (_, sign) in enumerate(FLOWS)]
            coefficient = xl_rowcol_to_cell(row, COEFFICIENT, col_abs=True)
            sheet.formula(row, column + len(FLOWS), f"=({''.join(terms)[1:]})*{coefficient}", "coal", 0)
        sheet.raw.set_row(row, 20)
    end = FIRST + len(edition.energies) - 1
    _validate(sheet, end)
    row = _totals(sheet, edition, end, unit)
    _notes(sheet, edition, row + 2, last)
    sheet.raw.freeze_panes(FIRST, NAME + 1)
    sheet.page(edition.header.form_title, landscape=True, pages=1)
    sheet.protect()


def _headings(sheet: Sheet, unit: str) -> None:
    for column, text in enumerate(("序号", "能源名称", "计量单位", "折标准煤系数")):
        sheet.raw.merge_range(HEAD - 1, column, HEAD, column, text, sheet.styles["header"])
    for y, year in enumerate(YEARS):
        column = FIRST_YEAR + y * (len(FLOWS) + 1)
        sheet.merged(HEAD - 1, column, column + len(FLOWS), year, "header")
        for i, (name, _) in enumerate(FLOWS):
            sheet.text(HEAD, column + i, f"{name}\n（实物量）", "header")
        sheet.text(HEAD, column + len(FLOWS), f"折算量\n（{unit}）", "header")
    sheet.raw.set_row(HEAD - 1, 20)
    sheet.raw.set_row(HEAD, 34)


def _validate(sheet: Sheet, end: int) -> None:
    text = "请按左侧计量单位填不小于 0 的数，只填数字，不带单位；没有的，留空。"
    rule = {
        "validate": "decimal",
        "criteria": ">=",
        "value": 0,
        "input_title": "填报提示",
        "input_message": text,
        "error_title": "请核对",
        "error_message": text,
    }
    for y in range(len(YEARS)):
        column = FIRST_YEAR + y * (len(FLOWS) + 1)
        sheet.validate(FIRST, column, end, column + len(FLOWS) - 1, rule)


def _totals(sheet: Sheet, edition: Edition, end: int, unit: str) -> int:
    """The coal equivalent of each flow, the consumption of each year, and where to enter it; return the last row."""
    flows, total, entered = end + 1, end + 2, end + 3
    place, figures = question_sheet(edition), energy_figures(edition)
    for row, text in ((flows, f"各项合计（{unit}）"), (total, f"{CONSUMPTION}（{unit}）")):
        sheet.merged(row, CODE, COEFFICIENT, text, "heading")
        sheet.raw.set_row(row, 22)
    coefficients = xl_range_abs(FIRST, COEFFICIENT, end, COEFFICIENT)
    for y in range(len(YEARS)):
        column = FIRST_YEAR + y * (len(FLOWS) + 1)
        result = column + len(FLOWS)
        for i in range(len(FLOWS)):
            amounts = xl_range_abs(FIRST, column + i, end, column + i)
            sheet.formula(flows, column + i, f"=SUMPRODUCT({coefficients},{amounts})", "coal_strong", 0)
        # Rounded where binary fractions leave a trace, far below the four decimals of the coefficients.
        terms = [f"{sign}{xl_rowcol_to_cell(flows, column + i)}" for i, (_, sign) in enumerate(FLOWS)]
        sheet.text(flows, result, "", "coal_strong")
        sheet.merged(total, column, result - 1, "", "heading")
        sheet.formula(total, result, f"=ROUND({''.join(terms)[1:]},8)", "coal_strong", 0)
        if y < len(figures):
            value = f.figure(place, figures[y].key)
            cell = xl_rowcol_to_cell(total, result)
            differs = f.both(f.is_number(place, figures[y].key), f"{cell}>0", f"ABS({value}-{cell})>=0.001")
            question = next(q for q in edition.questions if figures[y] in q.figures)
            text = f"请填入题{question.number}“{figures[y].label}”"
            formula = (
                f"={f.when(differs, f'与题{question.number}“{figures[y].label}”所填不一致，请核对。', f.literal(text))}"
            )
            sheet.merged(entered, column, result, "", "alert")
            sheet.formula(entered, column, formula, "alert", text)
    if figures:
        sheet.raw.set_row(entered, 22)
    return entered


def _notes(sheet: Sheet, edition: Edition, row: int, last: int) -> None:
    """The definition and the worked example, as the standard prints them."""
    notes = [f"{t.term}：{t.text}" for t in edition.glossary if t.term == CONSUMPTION]
    if edition.energy_example:
        notes.append(f"示例：{edition.energy_example.text}")
    for text in notes:
        sheet.merged(row, 0, last, text, "para")
        sheet.raw.set_row(row, row_height((text, sum(_WIDTHS))))
        row += 1
