"""What calamine does not return of an OpenDocument spreadsheet, from its content and its styles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import NamedTuple
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, CellRange
from smebatch.intake.workbook.blank_cells import CELL_ERROR, CELL_PICTURE, CELL_UNCACHED, DISPIMG
from smebatch.intake.workbook.displayed_value import CELL_FORMAT, DATE_PART, DisplayedValue, DisplayGetter, display_runs
from smebatch.intake.workbook.number_formats import CellFormat
from smebatch.intake.workbook.sheet_facts import SheetFacts
from smebatch.intake.workbook.text_runs import Shift, TextRun

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _OFFICE, _TEXT, _STYLE, _NUMBER = (
    _NAMESPACE % name for name in ("table", "office", "text", "style", "datastyle")
)
CONTENT = "content.xml"  # the part that holds the sheets
_CALC_EXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"


def read_ods_facts(parts: Mapping[str, bytes], detailed: Collection[str]) -> dict[str, SheetFacts]:
    """The facts of each sheet by its name; displayed values and merged cells only of the sheets in ``detailed``."""
    content = ElementTree.fromstring(parts[CONTENT])
    styles = _OdsStyles([content, *(ElementTree.fromstring(parts[name]) for name in ("styles.xml",) if name in parts)])
    tables = [(table.get(f"{_TABLE}name", ""), table) for table in content.iter(f"{_TABLE}table")]
    return {name: _sheet_facts(table, styles if name in detailed else None) for name, table in reversed(tables)}


def _sheet_facts(table: Element, styles: _OdsStyles | None) -> SheetFacts:
    false_blanks: dict[CellIndex, str] = {}
    displayed: dict[CellIndex, DisplayGetter] = {}
    merged: list[CellRange] = []
    for at, repeated, cell, style in _cells(table):
        indexes = range(at, at + min(repeated, ROW_STRIDE - at % ROW_STRIDE))
        if code := _false_blank_code(cell):
            false_blanks |= dict.fromkeys(indexes, code)
        if styles is None:
            continue
        if cell.get(f"{_OFFICE}value-type") is not None:
            displayed |= dict.fromkeys(indexes, partial(_displayed_value, cell, style, styles))
        rows, columns = (int(cell.get(f"{_TABLE}number-{kind}-spanned", "1")) for kind in ("rows", "columns"))
        if rows > 1 or columns > 1:
            merged.append(CellRange(at, at + (rows - 1) * ROW_STRIDE + columns - 1))
    return SheetFacts(false_blanks, displayed, merged)


def _cells(table: Element) -> Iterator[tuple[CellIndex, int, Element, str]]:
    """Yield the index of each cell, its repetitions, its element, and its style or else that of its row or column."""
    of_columns: list[str] = []
    for node in table.iter(f"{_TABLE}table-column"):
        many = min(int(node.get(f"{_TABLE}number-columns-repeated", "1")), ROW_STRIDE - len(of_columns))
        of_columns += [node.get(f"{_TABLE}default-cell-style-name", "")] * many
    number = 0
    for row in table.iter(f"{_TABLE}table-row"):
        of_row, column = row.get(f"{_TABLE}default-cell-style-name", ""), 0
        for cell in row:
            default = of_row or (of_columns[column] if column < len(of_columns) else "")
            repeated = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            yield number * ROW_STRIDE + column, repeated, cell, cell.get(f"{_TABLE}style-name", default)
            column += repeated
        number += int(row.get(f"{_TABLE}number-rows-repeated", "1"))


def _false_blank_code(cell: Element) -> str:
    if DISPIMG in cell.get(f"{_TABLE}formula", "").upper():
        return CELL_PICTURE
    if cell.get(f"{_CALC_EXT}value-type") == "error":
        return CELL_ERROR
    if cell.get(f"{_TABLE}formula") is None or cell.get(f"{_OFFICE}value-type") is not None:
        return ""
    # For an empty text as a result LibreOffice writes no type, but an empty paragraph.
    return "" if len(cell) else CELL_UNCACHED


# --- how cells look -------------------------------------------------------------------------------------------------


class _OdsStyle(NamedTuple):
    """A style: the name of its parent, the properties of its texts, and the name of its number style."""

    parent: str
    text: Mapping[str, str]
    numbers: str


class _OdsStyles:
    """The styles of cells and of spans of text in a file, by their names."""

    def __init__(self, roots: list[Element]) -> None:
        self._styles: dict[str, _OdsStyle] = {}
        self._days: dict[str, frozenset[str]] = {}
        for node in (node for root in reversed(roots) for node in root.iter()):
            name = node.get(f"{_STYLE}name", "")
            if node.tag == f"{_STYLE}style":
                texts = node.find(f"{_STYLE}text-properties")
                parent, numbers = (node.get(f"{_STYLE}{of}-style-name", "") for of in ("parent", "data"))
                self._styles[name] = _OdsStyle(parent, {} if texts is None else texts.attrib, numbers)
            elif node.tag == f"{_NUMBER}date-style":
                units = {child.tag.removeprefix(_NUMBER)[0] for child in node if child.tag in _UNITS}
                self._days[name] = frozenset(units)

    def _with_parents(self, name: str) -> Iterator[_OdsStyle]:
        visited: set[str] = set()
        while name in self._styles and name not in visited:
            visited.add(name)
            yield self._styles[name]
            name = self._styles[name].parent

    def run(self, name: str) -> TextRun:
        """A run without text that looks as the style says, for a span or the text of a cell."""
        struck, own, shift = False, False, Shift.NONE
        for style in reversed(list(self._with_parents(name))):
            lines = [value for key, value in style.text.items() if key in _LINES]
            struck, own = (any(line != "none" for line in lines), True) if lines else (struck, own)
            position = style.text.get(f"{_STYLE}text-position", "").split(" ")[0].rstrip("%")
            shift = _SHIFTS.get(position, _shift_of(position) if position else shift)
        return TextRun("", struck, shift, own)

    def parts_of_day(self, name: str) -> frozenset[str]:
        """Which of year, month and day (y, m, d) a style shows of dates; all of them where the style does not say."""
        numbers = next((style.numbers for style in self._with_parents(name) if style.numbers), "")
        return self._days.get(numbers, _WHOLE_DATE)


_UNITS = {_NUMBER + unit for unit in ("year", "month", "day")}
_WHOLE_DATE = frozenset("ymd")
_LINES = {f"{_STYLE}text-line-through-{kind}" for kind in ("style", "type")}
_SHIFTS = {"super": Shift.RAISED, "sub": Shift.LOWERED}


def _shift_of(percent: str) -> Shift:
    return Shift.LOWERED if percent.startswith("-") else Shift.RAISED if percent.strip("0.") else Shift.NONE


def _displayed_value(cell: Element, name: str, styles: _OdsStyles) -> DisplayedValue:
    """The displayed value of a cell in a style."""
    kind = cell.get(f"{_OFFICE}value-type")
    struck = styles.run(name).struck
    paragraphs = [
        list(_text_runs(node, TextRun("", sets_strike=False), styles)) for node in cell if node.tag == f"{_TEXT}p"
    ]
    runs = [run for paragraph in paragraphs for run in (TextRun("\n"), *paragraph)][1:]
    text = "".join(run.text for run in runs)
    code = ""
    if _false_blank_code(cell) == CELL_ERROR:
        return DisplayedValue(text=text)
    if kind == "string":
        return display_runs(text, runs, CellFormat(struck=struck))
    if kind == "date":
        parts = styles.parts_of_day(name)
        code = "" if parts == _WHOLE_DATE else DATE_PART if {"m"} < parts else CELL_FORMAT
    elif kind in ("float", "percentage", "currency"):
        # LibreOffice writes the formatted text beside the number; other programs need not.
        code = "" if not paragraphs or _is_same_number(text, cell.get(f"{_OFFICE}value", "")) else CELL_FORMAT
    return DisplayedValue(code, text if code else "", struck)


def _is_same_number(text: str, number: str) -> bool:
    try:
        return Decimal(text) == Decimal(number)
    except InvalidOperation:
        return False


_SPACES = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}


def _text_runs(node: Element, style_run: TextRun, styles: _OdsStyles, depth: int = 0) -> Iterator[TextRun]:
    """Yield the runs of a paragraph."""
    if depth > _MAX_SPAN_DEPTH:
        yield style_run._replace(text="".join(node.itertext()))
        return
    if node.text:
        yield style_run._replace(text=node.text)
    for child in node:
        if child.tag in _SPACES:
            yield style_run._replace(text=_SPACES[child.tag] * min(int(child.get(f"{_TEXT}c", "1")), ROW_STRIDE))
        else:
            style_name = child.get(f"{_TEXT}style-name")
            child_run = styles.run(style_name) if child.tag == f"{_TEXT}span" and style_name else style_run
            yield from _text_runs(child, child_run, styles, depth + 1)
        if child.tail:
            yield style_run._replace(text=child.tail)


_MAX_SPAN_DEPTH = 50
