"""The cells of an .xlsx sheet from its rows, typed as a reader would: what this cannot be sure of is left to one."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from smebatch.intake.address import Place
from smebatch.intake.number_formats import Styles
from smebatch.intake.rows import Held, Rows
from smebatch.intake.runs import Runs, seen_of
from smebatch.intake.seen import RUNS, Seen, look_at
from smebatch.intake.shared import shared
from smebatch.intake.shared_texts import runs_of, texts_as_written
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
        if value and at not in rows.unsaid:
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


def seen_in(rows: Rows, cells: Cells, texts: Sequence[str], styles: Styles, shared: bytes) -> dict[Place, Seen]:
    """What a person sees of a sheet, where it is not what stands there: of most sheets nothing.

    ``texts`` and ``styles`` are those of its workbook, ``shared`` is the part of the texts. Raises UnusualError where
    a text is none.
    """
    found = {
        at: look_at(cells.get(at), styles.numbers[held.style])
        for at, held, _ in rows.others
        if held.style in styles.numbers
    }
    if Runs in set(map(type, texts)):
        found |= {at: Seen(RUNS, text.seen) for at, text in _shared(rows, texts) if isinstance(text, Runs)}
    found |= {at: Seen(RUNS, text.seen) for at, text in rows.texts.items() if isinstance(text, Runs)}
    if styles.texts:
        found |= _looking(rows, texts, styles, shared)
    return found


def _shared(rows: Rows, texts: Sequence[str]) -> Iterator[tuple[Place, str]]:
    return (
        (at, texts[number]) for at, number in zip(rows.places, rows.numbers, strict=True) if 0 <= number < len(texts)
    )


def _looking(rows: Rows, texts: Sequence[str], styles: Styles, shared: bytes) -> Iterator[tuple[Place, Seen]]:
    """What a person sees of texts in cells whose format shows another text, or that are struck out."""
    items = texts_as_written(shared)
    for at, style, number in zip(rows.places, rows.styles, rows.numbers, strict=True):
        text = texts[number] if 0 <= number < len(texts) else rows.texts.get(at)
        if text is None or style not in styles.texts:
            continue
        look, seen = styles.texts[style], None
        if look.struck and number >= 0:  # what a text within its cell says of its runs is not known any more
            runs = [run if said else run._replace(struck=True) for run, said in runs_of(items[number])]
            seen = seen_of(runs)
        yield at, Seen(RUNS, seen) if seen and seen.strip() else look_at(text, look)


def positions(value: Cell, among: Sequence[Cell]) -> Iterator[int]:
    """Where a value stands among others, in order."""
    position = -1
    for _ in range(among.count(value)):
        position = among.index(value, position + 1)
        yield position
