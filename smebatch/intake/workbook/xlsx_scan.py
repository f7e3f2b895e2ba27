"""The cells of an .xlsx sheet from its rows, typed as a reader would: what this cannot be sure of is left to one."""

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
    """Raise UnsupportedXmlError where days are not counted from 1900."""
    if workbook.count(b"date1904") != workbook.count(b'date1904="false"') + workbook.count(b'date1904="0"'):
        raise UnsupportedXmlError("days are counted from 1904")


def type_cells(rows: SheetRows, texts: Sequence[str], days: Mapping[str | None, bool]) -> Cells:
    """The cells of a sheet; ``texts`` and ``days`` are those of its workbook.

    Raises UnsupportedXmlError, or another ValueError or LookupError, where a reader has to look; UnsafeError.
    """
    if max(rows.text_numbers, default=-1) >= len(texts):
        raise UnsupportedXmlError("a text that is none")
    table: list[str | None] = [*texts, None]
    cells: Cells = dict(zip(rows.indexes, map(table.__getitem__, rows.text_numbers), strict=True))
    cells |= rows.texts
    for at, held, value in rows.other_cells:
        if held.cell_type != "inlineStr" and at not in rows.false_blanks:
            cells[at] = _type_value(held, value, days)
    return cells


def _type_value(held: CellMarkup, value: bytes, days: Mapping[str | None, bool]) -> Cell:
    if held.cell_type == "b" and value in (b"0", b"1"):
        return value == b"1"
    number = float(value) if held.cell_type == "n" and _NUMBER.fullmatch(value) else math.inf
    if not math.isfinite(number):
        raise UnsupportedXmlError("not a number")
    return _date_of_serial(number) if days[held.style] else number


def _date_of_serial(serial: float) -> dt.date:
    """The day of a serial number; before 1900-03-01 Excel counts a day that was none."""
    if not serial.is_integer() or not FIRST_SURE_SERIAL <= serial < SERIAL_END:
        raise UnsupportedXmlError("not a day")
    return datetime_of_serial(serial).date()


def displayed_values(
    rows: SheetRows, cells: Cells, texts: SharedStrings, styles: WorkbookStyles
) -> dict[CellIndex, DisplayGetter]:
    """What a person sees of a sheet, where it may not be what stands there: of most sheets nothing.

    ``texts`` and ``styles`` are those of its workbook.
    """
    found: dict[CellIndex, DisplayGetter] = {}
    for at, held, value in rows.other_cells:
        if held.cell_type == "inlineStr":
            found[at] = partial(
                _display_item, cells.get(at), value, styles.text_formats.get(held.style, _ORDINARY_FORMAT)
            )
        elif held.style in styles.number_formats:
            found[at] = partial(display_cell, cells.get(at), styles.number_formats[held.style])
    if texts.special or (styles.text_formats and not styles.text_formats.keys().isdisjoint(rows.styles)):
        for at, style, number in zip(rows.indexes, rows.styles, rows.text_numbers, strict=True):
            look = styles.text_formats.get(style, _ORDINARY_FORMAT)
            if 0 <= number < len(texts.texts) and (look.struck or number in texts.special):
                found[at] = partial(_display_item, cells.get(at), texts.items[number], look)
            elif look is not _ORDINARY_FORMAT:
                found.setdefault(at, partial(display_cell, cells.get(at), look))
    return found


def _display_item(cell: Cell, written: bytes, look: CellFormat) -> DisplayedValue:
    return display_runs(cell, item_runs(written), look)


_ORDINARY_FORMAT = CellFormat()


def find_positions(value: Cell, among: Sequence[Cell]) -> Iterator[int]:
    """Where a value stands among others, in order."""
    position = -1
    for _ in range(among.count(value)):
        position = among.index(value, position + 1)
        yield position
