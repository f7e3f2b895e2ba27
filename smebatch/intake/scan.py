"""The cells of an .xlsx sheet from its rows, typed as a reader would: what this cannot be sure of is left to one."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from smebatch.intake.address import Place
from smebatch.intake.rows import Held, Rows
from smebatch.intake.shared import shared
from smebatch.intake.shared_texts import cell_text
from smebatch.intake.values import Cell
from smebatch.intake.xml_tags import UnusualError

Cells = dict[Place, Cell]
"""What stands where; blank cells are left out, or None."""

_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?")


@shared
def check_days(workbook: bytes) -> None:
    """Raise UnusualError where days are not counted from 1900."""
    if workbook.count(b"date1904") != workbook.count(b'date1904="false"') + workbook.count(b'date1904="0"'):
        raise UnusualError("days are counted from 1904")


def numbered(texts: Sequence[str]) -> dict[bytes, str]:
    """Shared texts by their numbers as cells write them."""
    return dict(zip(_numbers(len(texts)), texts, strict=False))


_written: list[bytes] = []


def _numbers(count: int) -> Sequence[bytes]:
    if count > len(_written):
        _written.extend(b"%d" % number for number in range(len(_written), count))
    return _written


def typed(rows: Rows, texts: Mapping[bytes, str], days: Mapping[str | None, bool]) -> Cells:
    """The cells of a sheet; ``texts`` and ``days`` are those of its workbook: see numbered() and days_by_style().

    Raises UnusualError, or another ValueError or LookupError, where a reader has to look; UnsafeError.
    """
    cells: Cells = {at: texts[number] for at, number in rows.texts}
    for at, held, value in rows.others:
        if value and at not in rows.unsaid:
            cells[at] = _typed(held, value, rows.within, texts, days)
    return cells


def _typed(
    held: Held, value: bytes, within: Sequence[str], texts: Mapping[bytes, str], days: Mapping[str | None, bool]
) -> Cell:
    if held.kind == "str":
        return cell_text(value)
    if held.kind == "inlineStr":
        return within[int(value[1:])]
    if held.kind == "s":
        return texts[value]
    if held.kind == "b" and value in (b"0", b"1"):
        return value == b"1"
    number = float(value) if held.kind == "n" and _NUMBER.fullmatch(value) else math.inf
    if not math.isfinite(number):
        raise UnusualError("not a number")
    return _day(number) if days[held.style] else number


def _day(serial: float) -> dt.date:
    """The day of a serial number; before 1900-03-01 Excel counts a day that was none."""
    if not serial.is_integer() or not 61 <= serial < 2_958_466:
        raise UnusualError("not a day")
    return dt.date(1899, 12, 30) + dt.timedelta(days=int(serial))


def positions(value: Cell, among: Sequence[Cell]) -> Iterator[int]:
    """Where a value stands among others, in order."""
    position = -1
    for _ in range(among.count(value)):
        position = among.index(value, position + 1)
        yield position
