"""The fonts, colours and cell formats of the form."""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

# Every Chinese Windows and every WPS has fonts of these names; elsewhere a program takes its own Song and Hei.
SONG, HEI = "宋体", "黑体"

INK, DARK_GREY, GREY, RED, LINE = "#1F2A37", "#4B5563", "#6B7280", "#C00000", "#9CA3AF"
BLUE = "#1F5FBF"
FILL_ERROR, FILL_WARNING = "#FFB3B3", "#CFE2FF"
FILL_HEADER, FILL_BAND, FILL_ANSWER, FILL_MISSING = "#DCE6F1", "#EEF2F7", "#FFFFCC", "#FCE0B8"
FILL_EARLIER = "#F3F4F6"

_BASE: dict[str, Any] = {"font_name": SONG, "font_size": 10, "font_color": INK, "valign": "vcenter"}
_BOX: dict[str, Any] = {"border": 1, "border_color": LINE}
_WRAP: dict[str, Any] = {"text_wrap": True}
_CENTER: dict[str, Any] = {"align": "center"}
_ANSWER: dict[str, Any] = {**_BASE, **_BOX, "bg_color": FILL_ANSWER, "locked": False}

# On a cell of a correction copy with an issue; no other cell has these colours. The frame is part of the mark, because
# colours alone are lost in print and on many a viewer.
_MARKS: dict[bool, dict[str, Any]] = {
    True: {"bg_color": FILL_ERROR, "border": 5, "border_color": RED},
    False: {"bg_color": FILL_WARNING, "border": 5, "border_color": BLUE},
}

_STYLES: dict[str, dict[str, Any]] = {
    "title": {**_BASE, **_CENTER, "font_name": HEI, "font_size": 15},
    "subtitle": {**_BASE, **_CENTER, "font_name": HEI, "font_size": 13},
    "note": {**_BASE, **_WRAP, "font_color": GREY},
    "section": {**_BASE, "font_name": HEI, "font_size": 11},
    "para": {**_BASE, **_WRAP, "valign": "top"},
    "header": {**_BASE, **_BOX, **_WRAP, **_CENTER, "font_name": HEI, "bg_color": FILL_HEADER},
    "band": {**_BASE, "font_name": HEI, "bg_color": FILL_BAND, "top": 1, "bottom": 1, "border_color": LINE},
    "band_text": {**_BASE, **_BOX, **_WRAP, "bg_color": FILL_BAND, "valign": "top"},
    "text": {**_BASE, **_BOX, **_WRAP},
    "plain": {**_BASE, **_BOX, **_WRAP, "num_format": "@"},
    "center": {**_BASE, **_BOX, **_WRAP, **_CENTER},
    "strong": {**_BASE, **_BOX, **_WRAP, "font_name": HEI},
    "heading": {**_BASE, **_BOX, **_WRAP, "font_name": HEI, "bg_color": FILL_BAND},
    "heading_center": {**_BASE, **_BOX, **_WRAP, **_CENTER, "font_name": HEI, "bg_color": FILL_BAND},
    "heading_text": {**_BASE, **_BOX, **_WRAP, "bg_color": FILL_BAND},
    "alert": {**_BASE, **_BOX, **_WRAP, "font_color": RED},
    "heading_alert": {**_BASE, **_BOX, **_WRAP, "font_color": RED, "bg_color": FILL_BAND},
    "remark": {**_BASE, "font_color": GREY},
    "earlier": {
        **_BASE,
        **_BOX,
        **_WRAP,
        **_CENTER,
        "font_color": DARK_GREY,
        "bg_color": FILL_EARLIER,
        "num_format": "@",
    },
    "signatures": {**_BASE, **_BOX, **_CENTER, "font_size": 11},
    "legend_answer": {**_BASE, **_BOX, **_WRAP, **_CENTER, "bg_color": FILL_ANSWER},
    "legend_missing": {**_BASE, **_BOX, **_WRAP, **_CENTER, "bg_color": FILL_MISSING},
    "legend_alert": {**_BASE, **_BOX, **_WRAP, **_CENTER, "font_color": RED},
    "whole": {**_BASE, **_BOX, **_CENTER, "num_format": "0"},
    "flag": {**_BASE, **_BOX, **_CENTER, "num_format": '"√";;'},
    "rate": {**_BASE, **_BOX, "num_format": "0.00##", "bg_color": FILL_BAND},
    "points": {**_BASE, **_BOX, **_CENTER, "num_format": "0.00"},
    "coal": {**_BASE, **_BOX, "num_format": "#,##0.000;-#,##0.000;"},
    "coal_strong": {**_BASE, **_BOX, "num_format": "#,##0.000", "font_name": HEI, "bg_color": FILL_BAND},
    "coefficient": {**_BASE, **_BOX, **_CENTER, "num_format": "0.0000"},
    "result": {**_BASE, **_BOX, **_WRAP, **_CENTER, "font_name": HEI, "font_size": 13},
    "result_points": {**_BASE, **_BOX, **_CENTER, "font_name": HEI, "font_size": 13, "num_format": "0.00"},
    "kind": {**_BASE, **_BOX, **_WRAP, **_CENTER, "font_name": HEI},
    "letter": {**_BASE, **_WRAP, "font_size": 10},
    "link": {**_BASE, **_BOX, **_WRAP, "font_color": BLUE, "underline": 1},
    "hidden": {**_BASE, "font_size": 8, "font_color": GREY},
    "answer_tick": {**_ANSWER, **_CENTER, "bold": True, "font_size": 12},
    "answer_text": {**_ANSWER, **_WRAP, "num_format": "@"},
    "answer_choice": {**_ANSWER, **_WRAP, **_CENTER},
    "answer_date": {**_ANSWER, "align": "left", "num_format": "yyyy-mm-dd"},
    "answer_count": {**_ANSWER, "num_format": "#,##0"},
    "answer_amount": {**_ANSWER, "num_format": "#,##0.######"},
    "answer_percent": {**_ANSWER, "num_format": "0.######"},
}


class FormStyles:
    """The cell formats of one workbook, by name; each is added to the workbook when it is first used."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def __getitem__(self, name: str) -> Format:
        if name not in self._made:
            self._made[name] = self._book.add_format(_STYLES[name])
        return self._made[name]

    def marked(self, name: str, *, is_error: bool) -> Format:
        """The format of this name with the mark of an error or of a warning."""
        marked = f"{name} {is_error}"
        if marked not in self._made:
            self._made[marked] = self._book.add_format(_STYLES[name] | _MARKS[is_error])
        return self._made[marked]

    def mark(self, *, is_error: bool) -> Format:
        """The conditional format that keeps the mark of a cell visible where other conditions hold as well."""
        name = f"mark {is_error}"
        if name not in self._made:
            self._made[name] = self._book.add_format({"bg_color": _MARKS[is_error]["bg_color"]})
        return self._made[name]

    def missing(self) -> Format:
        """The conditional format of a cell that has to be filled in and is still blank."""
        if "missing" not in self._made:
            self._made["missing"] = self._book.add_format({"bg_color": FILL_MISSING})
        return self._made["missing"]
