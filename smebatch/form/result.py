"""自评结果: the score, the scenes, the level and what misses the next, by formulas; design, section 5.

Points are whole units inside (``smebatch.standard.scale``), compared with the thresholds as whole numbers and divided
once for display.
"""

from __future__ import annotations

from xlsxwriter import Workbook

from smebatch.form import result_layout as at
from smebatch.form.measure import row_height
from smebatch.form.paging import PORTRAIT, page_breaks
from smebatch.form.result_conclusion import write_conclusion
from smebatch.form.result_layout import RESULT_SHEET, result_layout
from smebatch.form.result_tables import (
    WIDTH,
    write_dimensions,
    write_levels,
    write_missing,
    write_questions,
    write_scenes,
)
from smebatch.form.sheet import Sheet
from smebatch.standard.model import Edition
from smebatch.standard.scale import scale_of

_WIDTHS = (4, 6, 18, WIDTH, 10, 10, 10, 10, 11, 10, 10)


def write_result(book: Workbook, sheet: Sheet, edition: Edition) -> None:
    """Write 自评结果 and define the names of its cells."""
    layout = result_layout(edition)
    widths = [*_WIDTHS, *[10.0] * max(0, layout.scene_status + 1 - len(_WIDTHS))]
    for i, width in enumerate(widths):
        sheet.raw.set_column(i, i, width, None, {"hidden": i == at.RAW})
    last = len(widths) - 1
    sheet.merged(0, at.CODE, last, f"{edition.header.form_title}　自评结果", "title")
    sheet.raw.set_row(0, 30)
    units = scale_of(edition).units_per_point
    note = (
        f"本表由公式自动计算，无需填写，仅供企业自查，不作为认定依据。得分以整数“单位”累计（{units} 单位 = 1 分），"
        "与分数线比较时不作舍入，只在显示时保留两位小数。"
    )
    sheet.merged(1, at.CODE, last, note, "note")
    sheet.raw.set_row(1, row_height((note, sum(widths[1:]))))
    starts = [
        write_conclusion(sheet, edition, layout),
        write_levels(sheet, edition, layout),
        write_missing(sheet, edition, layout),
        write_dimensions(sheet, edition, layout),
        write_questions(sheet, edition, layout),
    ]
    if edition.scenes:
        starts.append(write_scenes(sheet, edition, layout))
    for name, (row, column) in layout.names().items():
        book.define_name(name, f"='{RESULT_SHEET}'!{layout.at(row, column)}")
    sheet.page(edition.header.form_title)
    sheet.raw.print_area(0, at.CODE, layout.last, last)
    sheet.raw.freeze_panes(2, 0)
    sheet.raw.set_h_pagebreaks(page_breaks(PORTRAIT, widths[1:], 60, starts))
    sheet.protect()
