"""Fonts, colours and cell formats of the report's workbook."""

from __future__ import annotations

from typing import Any

from smebatch.report.document import Format
from smebatch.report.palette import HEAT

FONT = "微软雅黑"
ROW_PIXELS = 20  # pixels of a row of one line
HEAT_SCALE = {  # a conditional format from none to all, the same in every report
    "type": "2_color_scale",
    "min_type": "num",
    "min_value": 0,
    "min_color": HEAT[0],
    "max_type": "num",
    "max_value": 1,  # of shares; counts go up to their largest
    "max_color": HEAT[1],
}
_BORDER_COLOUR = "#B8BEC6"


class ReportStyles:
    """The cell formats of a workbook, made once."""

    def __init__(self, book: Any) -> None:
        plain = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
        boxed = {**plain, "border": 1, "border_color": _BORDER_COLOUR}
        self.title = book.add_format({**plain, "font_size": 16, "bold": True, "font_color": "#1B4F83"})
        self.note = book.add_format(
            {**plain, "font_size": 9, "font_color": "#4A4F57", "text_wrap": True, "valign": "top"}
        )
        self.text = book.add_format({**plain, "text_wrap": True})
        self.lead = book.add_format({**plain, "font_size": 11, "text_wrap": True, "bold": True})
        self.heading = book.add_format({**plain, "font_size": 11, "bold": True, "font_color": "#1B4F83"})
        self.header = book.add_format(
            {**boxed, "bold": True, "text_wrap": True, "align": "center", "bg_color": "#DCE8F4"}
        )
        self.cell: dict[Format, Any] = {}
        self.total: dict[Format, Any] = {}
        for form in Format:
            look: dict[str, Any] = {**boxed, "num_format": form.value or "@"}
            if form is Format.TEXT:
                look |= {"text_wrap": True, "indent": 1}
            elif form in (Format.CODE, Format.ORDINAL):
                look["align"] = "center"
            self.cell[form] = book.add_format(look)
            self.total[form] = book.add_format(
                {**look, "bold": True, "top": 1, "top_color": "#1B4F83", "bg_color": "#F3F5F8"}
            )
