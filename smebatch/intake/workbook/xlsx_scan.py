"""The cells of an .xlsx sheet from its rows, typed as a reader would: what this cannot be sure of is left to one."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from smebatch.intake.workbook.address import Place
from smebatch.intake.workbook.bounded_cache import shared
from smebatch.intake.workbook.cell_values import Cell
from smebatch.intake.workbook.displayed_value import Seen, Sight, look_at, look_at_runs
from smebatch.intake.workbook.number_formats import Look, Styles
from smebatch.intake.workbook.shared_texts import Texts, runs_of
from smebatch.intake.workbook.xlsx_rows import Held, Rows
from smebatch.intake.workbook.xml_tags import UnusualError

Cells = dict[Place, Cell]
"""What stands where; blank cells are left out, or None."""

_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?")


@shared
def check_days(workbook: bytes) -> None:
    """Raise UnusualError where days are not counted from 1900."""
    if workbook.count(b"date1904") != workbook.count(b'date1904="false"') + workbook.count(b'date1904="0"'):
        raise UnusualError("days are counted from 1904")


def typed(rows: Rows, texts: Sequence[str], days: Mapping[str | None, bool]) -> Cells:
    """The cells of a sheet; ``texts`` and ``days`` are those of its workbook.

    Raises UnusualError, or another ValueError or LookupError, where a reader has to look; UnsafeError.
    """
    if max(rows.numbers, default=-1) >= len(texts):
        raise UnusualError("a text that is none")
    table: list[str | None] = [*texts, None]
    cells: Cells = dict(zip(rows.places, map(table.__getitem__, rows.numbers), strict=True))
    cells |= rows.texts
    for at, held, value in rows.others:
        if held.kind != "inlineStr" and at not in rows.unsaid:
            cells[at] = _typed(held, value, days)
    return cells


def _typed(held: Held, value: bytes, days: Mapping[str | None, bool]) -> Cell:
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


def seen_in(rows: Rows, cells: Cells, texts: Texts, styles: Styles) -> dict[Place, Sight]:
    """What a person sees of a sheet, where it may not be what stands there: of most sheets nothing.

    ``texts`` and ``styles`` are those of its workbook.
    """
    found: dict[Place, Sight] = {}
    for at, held, value in rows.others:
        if held.kind == "inlineStr":
            found[at] = partial(_runs_seen, cells.get(at), value, styles.texts.get(held.style, _USUAL))
        elif held.style in styles.numbers:
            found[at] = partial(look_at, cells.get(at), styles.numbers[held.style])
    if texts.odd or (styles.texts and not styles.texts.keys().isdisjoint(rows.styles)):
        for at, style, number in zip(rows.places, rows.styles, rows.numbers, strict=True):
            look = styles.texts.get(style, _USUAL)
            if 0 <= number < len(texts.texts) and (look.struck or number in texts.odd):
                found[at] = partial(_runs_seen, cells.get(at), texts.written[number], look)
            elif look is not _USUAL:
                found.setdefault(at, partial(look_at, cells.get(at), look))
    return found


def _runs_seen(cell: Cell, written: bytes, look: Look) -> Seen:
    return look_at_runs(cell, runs_of(written), look)


_USUAL = Look()


def positions(value: Cell, among: Sequence[Cell]) -> Iterator[int]:
    """Where a value stands among others, in order."""
    position = -1
    for _ in range(among.count(value)):
        position = among.index(value, position + 1)
        yield position
