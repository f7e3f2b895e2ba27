"""Types the cells of an .xlsx sheet from its rows as a full reader would, and leaves to it what is not certain."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from smebatch.intake.workbook.address import CellIndex
from smebatch.intake.workbook.bounded_cache import cached_by_content
from smebatch.intake.workbook.cell_values import Cell, Cells
from smebatch.intake.workbook.date_serials import FIRST_SURE_SERIAL, SERIAL_END, datetime_of_serial
from smebatch.intake.workbook.displayed_value import DisplayedValue, DisplayGetter, display_cell, display_runs
from smebatch.intake.workbook.number_formats import CellFormat, WorkbookStyles
from smebatch.intake.workbook.shared_strings import SharedStrings, item_runs
from smebatch.intake.workbook.xlsx_fragment_parser import CellMarkup
from smebatch.intake.workbook.xlsx_rows import SheetRows
from smebatch.intake.workbook.xml_tags import UnsupportedXmlError

_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?")


@cached_by_content
def require_1900_dates(workbook: bytes) -> None:
    """Raise UnsupportedXmlError where a workbook does not count days from 1900."""
    if workbook.count(b"date1904") != workbook.count(b'date1904="false"') + workbook.count(b'date1904="0"'):
        raise UnsupportedXmlError("days are counted from 1904")


def type_cells(rows: SheetRows, texts: Sequence[str], is_date: Mapping[str | None, bool]) -> Cells:
    """The typed cells of a sheet. ``texts``: the shared strings; ``is_date``: of each style, whether it shows dates.

    Raises UnsupportedXmlError, or another ValueError or LookupError, where a full reader has to look; UnsafeError.
    """
    if max(rows.text_numbers, default=-1) >= len(texts):
        raise UnsupportedXmlError("no such shared string")
    table: list[str | None] = [*texts, None]
    cells: Cells = dict(zip(rows.indexes, map(table.__getitem__, rows.text_numbers), strict=True))
    cells |= rows.texts
    for at, markup, value in rows.other_cells:
        if markup.cell_type != "inlineStr" and at not in rows.false_blanks:
            cells[at] = _type_value(markup, value, is_date)
    return cells


def _type_value(markup: CellMarkup, value: bytes, is_date: Mapping[str | None, bool]) -> Cell:
    if markup.cell_type == "b" and value in (b"0", b"1"):
        return value == b"1"
    number = float(value) if markup.cell_type == "n" and _NUMBER.fullmatch(value) else math.inf
    if not math.isfinite(number):
        raise UnsupportedXmlError("not a number")
    return _date_of_serial(number) if is_date[markup.style] else number


def _date_of_serial(serial: float) -> dt.date:
    """The date of a serial number. Raises UnsupportedXmlError for a time of day, and where Excel counts otherwise."""
    if not serial.is_integer() or not FIRST_SURE_SERIAL <= serial < SERIAL_END:
        raise UnsupportedXmlError("not a day")
    return datetime_of_serial(serial).date()


def displayed_values(
    rows: SheetRows, cells: Cells, texts: SharedStrings, styles: WorkbookStyles
) -> dict[CellIndex, DisplayGetter]:
    """The displayed values of cells that may show something else than their value; of most sheets there are none.

    ``texts`` and ``styles`` are those of the workbook.
    """
    displayed: dict[CellIndex, DisplayGetter] = {}
    for at, markup, value in rows.other_cells:
        if markup.cell_type == "inlineStr":
            displayed[at] = partial(
                _display_item, cells.get(at), value, styles.text_formats.get(markup.style, _ORDINARY_FORMAT)
            )
        elif markup.cell_type == "e":
            displayed[at] = partial(_display_error, value)
        elif markup.style in styles.number_formats:
            displayed[at] = partial(display_cell, cells.get(at), styles.number_formats[markup.style])
    if texts.special or (styles.text_formats and not styles.text_formats.keys().isdisjoint(rows.styles)):
        for at, style, number in zip(rows.indexes, rows.styles, rows.text_numbers, strict=True):
            format_ = styles.text_formats.get(style, _ORDINARY_FORMAT)
            if 0 <= number < len(texts.texts) and (format_.struck or number in texts.special):
                displayed[at] = partial(_display_item, cells.get(at), texts.items[number], format_)
            elif format_ is not _ORDINARY_FORMAT:
                displayed.setdefault(at, partial(display_cell, cells.get(at), format_))
    return displayed


def _display_item(cell: Cell, written: bytes, format_: CellFormat) -> DisplayedValue:
    return display_runs(cell, item_runs(written), format_)


def _display_error(written: bytes) -> DisplayedValue:
    return DisplayedValue(text=written.decode(errors="replace"))


_ORDINARY_FORMAT = CellFormat()


def find_positions(value: Cell, among: Sequence[Cell]) -> Iterator[int]:
    """Yield the positions of a value among others, in order."""
    position = -1
    for _ in range(among.count(value)):
        position = among.index(value, position + 1)
        yield position
