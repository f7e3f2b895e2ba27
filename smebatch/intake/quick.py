"""Read an ordinary .xlsx by scanning its XML: what Excel, WPS, LibreOffice and smebatch itself write.

A scan is several times faster than a parser, and as exact, since it accepts only what it knows to the last character:
rows, blank cells, cells with a value, and nothing between them. All else is left to the readers.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from operator import le, lt
from typing import NamedTuple

from smebatch.intake.address import WIDTH, Place, column_number
from smebatch.intake.safety import UnsafeError
from smebatch.intake.shared import Known, shared
from smebatch.intake.unsaid import UNCACHED, Unsaid
from smebatch.intake.values import Cell
from smebatch.text import CELL_LIMIT

Cells = dict[Place, Cell]
"""What stands where; blank cells are left out, or None."""


class UnusualError(ValueError):
    """Something the scan does not know: right or wrong, a parser has to look."""


_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
# Between two cells with something in them: blank ones, and the ends and beginnings of rows; no cell behind a row's end.
_BETWEEN = (
    rb'(?:<c r="[A-Z]{1,2}+[1-9][0-9]{0,3}+"(?: s="[0-9]++")?+/>|</row>(?!\s*+<c )'
    rb'|<row r="([0-9]++)"[^<>/]*+(?:>|/>(?!\s*+<c ))|\s++)*+'
)
_REST = re.compile(_BETWEEN)
# A cell without its end tag, and what stands before it: its row and style, then either the number of a shared text or
# kind, formula and value.
_PIECE = re.compile(
    _BETWEEN + rb'<c r="[A-Z]{1,2}+([1-9][0-9]{0,3}+)"(?: s="([0-9]++)")?+(?: t="s"><v>([0-9]{1,9}+)'
    rb'|(?: t="(str|n|b)")?+>(<f(?:[^<>]*+(?<=/)>|[^<>]*+>[^<]*+</f>))?+<v>([^<]*+))</v>'
)
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?")


@shared
def check_days(workbook: bytes) -> None:
    """Raise UnusualError where days are not counted from 1900."""
    if workbook.count(b"date1904") != workbook.count(b'date1904="false"') + workbook.count(b'date1904="0"'):
        raise UnusualError("days are counted from 1904")


class _Other(NamedTuple):
    """What a cell holds that is no shared text."""

    kind: bytes | None
    formula: bytes | None
    value: bytes
    style: bytes | None


class _Piece(NamedTuple):
    """A cell with the blank ones before it: where the cell before those may stand, from ``after`` on and before
    ``before``; where itself stands; the number of its text, and what else it holds.

    What holds no shared text has the number of a last one that is none.
    """

    after: Place
    before: Place
    place: Place
    text: int
    other: _Other | None


def scan_sheet(xml: bytes, texts: Sequence[str | None], days: Mapping[bytes | None, bool]) -> tuple[Cells, Unsaid]:
    """The cells of a sheet's part, and the blank ones that are not; ``texts`` and ``days`` are those of its workbook.

    Raises UnusualError, or another ValueError or LookupError, where a parser has to look; UnsafeError.
    """
    *pieces, rest = _within(xml, b"<sheetData>", b"</sheetData>").split(b"</c>")
    if not _REST.fullmatch(rest):
        raise UnusualError("neither a row nor a cell")
    if not pieces:
        return {}, {}
    found = [known or _piece(piece) for known, piece in zip(map(_known_pieces.get, pieces), pieces, strict=True)]
    afters, befores, places, numbers, others = zip(*found, strict=True)
    lasts = (-1, *places)
    if not all(map(le, afters, lasts)) or not all(map(lt, lasts, (*befores, *_places(rest)[:1]))):
        raise UnusualError("cells of another row, out of order, or one twice")
    cells: Cells = dict(zip(places, map(texts.__getitem__, numbers), strict=True))
    unsaid: Unsaid = {}
    for at, other in [(at, other) for at, other in zip(places, others, strict=True) if other]:
        if other.value:
            cells[at] = _typed(other, days)
        elif other.formula and other.kind != b"str":  # only that of a text may be blank
            unsaid[at] = UNCACHED
    return cells, unsaid


_known_pieces: Known[_Piece] = Known(longest=4_000, most=20_000)  # returns of one form share most of their cells


def _piece(xml: bytes) -> _Piece:
    match = _PIECE.fullmatch(xml)
    if not match:
        raise UnusualError("neither a row nor a cell")
    begins, row, style, text, kind, formula, value = match.groups()
    places = _places(xml)
    place = places[-1]
    if begins not in (None, row):
        raise UnusualError("a cell of another row")
    after = -1 if begins else place - place % WIDTH
    if text is not None:
        return _known_pieces.remember(xml, _Piece(after, places[0], place, int(text), None))
    piece = _Piece(after, places[0], place, -1, _Other(kind, formula, value, style))
    return piece if value else _known_pieces.remember(xml, piece)  # few share a number


_ADDRESS = re.compile(rb'<c r="([A-Z]{1,2})([0-9]{1,4})"')


def _places(xml: bytes) -> list[Place]:
    """Where the cells of a piece stand. Raises UnusualError unless they stand in order."""
    places = [(int(row) - 1) * WIDTH + column_number(letters.decode()) for letters, row in _ADDRESS.findall(xml)]
    if not all(map(lt, places, places[1:])):
        raise UnusualError("cells out of order, or one twice")
    return places


def _within(xml: bytes, begin: bytes, end: bytes) -> bytes:
    """What stands between two tags of a part that is what it seems: in UTF-8 and the usual namespace, uncommented."""
    start = xml.find(begin)
    head = xml[:start]
    stop = xml.rfind(end)  # there is but one where what is within is what it should be
    if start < 0 or stop < start or _MAIN not in head or b"<!" in head or b"encoding=" in head.replace(_UTF_8, b""):
        raise UnusualError("not the usual frame")
    return xml[start + len(begin) : stop]


_UTF_8 = b'encoding="UTF-8"'


def _typed(other: _Other, days: Mapping[bytes | None, bool]) -> Cell:
    kind, _, value, style = other
    if kind == b"str":
        return _text(value)
    if kind == b"b" and value in (b"0", b"1"):
        return value == b"1"
    number = float(value) if kind != b"b" and _NUMBER.fullmatch(value) else math.inf
    if not math.isfinite(number):
        raise UnusualError("not a number")
    return _day(number) if days[style] else number


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


# --- shared texts ---------------------------------------------------------------------------------------------------

_T = rb'<t(?: xml:space="preserve")?(?:/>|>([^<]*+)</t>)'
_ITEM = re.compile(rb"\s*+<si>(?:%b|((?:<r>(?:<rPr>(?:<(?!/rPr>)[^<>]*+>)*+</rPr>)?%b</r>)+))" % (_T, _T))
_RUN = re.compile(_T)
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|[a-z]+);?")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def shared_texts(xml: bytes) -> list[str | None]:
    """The shared texts of a workbook, runs joined, and a last one that is none. Raises UnusualError or ValueError."""
    if not xml:
        return [None]
    items = (b"<si>" + _within(xml, b"<si>", b"</sst>")).split(b"</si>")
    if items.pop().strip():
        raise UnusualError("not a shared text")
    texts = list(map(_known_texts.get, items))
    for at in [at for at, text in enumerate(texts) if text is None]:
        texts[at] = _item(items[at])
    return [*texts, None]


_known_texts: Known[str] = Known(longest=1_000, most=20_000)  # returns of one form share most of their texts


def _item(xml: bytes) -> str:
    match = _ITEM.fullmatch(xml)
    if not match:
        raise UnusualError("not a shared text")
    runs = _RUN.findall(match[2]) if match[2] is not None else [match[1] or b""]
    return _known_texts.remember(xml, _text(b"".join(runs)))


def _text(xml: bytes) -> str:
    text = xml.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    if len(text) > CELL_LIMIT:
        raise UnsafeError("file.expands")  # no workbook of Excel's: a few such texts are more than a batch can hold
    return unescaped(text)


def unescaped(text: str) -> str:
    """A text of a workbook without its way to write what XML cannot hold.

    >>> unescaped("_x0041_ _x005F_x0041_")
    'A _x0041_'
    """
    return _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text) if "_x" in text else text


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    if not match[0].endswith(";") or not (name.startswith("#") or name in _ENTITIES):
        raise UnusualError("not an entity")
    if not name.startswith("#"):
        return _ENTITIES[name]
    return chr(int(name[2:], 16) if name.startswith("#x") else int(name[1:]))


# --- styles ---------------------------------------------------------------------------------------------------------

_FORMAT = re.compile(rb'<numFmt numFmtId="([0-9]+)" formatCode="([^"<>]*+)"/>')
_STYLE = re.compile(rb'<xf\b[^<>]*?\bnumFmtId="([0-9]+)"')
_PLAIN = rb"&quot;|\\.|[-/. ]|[\x80-\xff]"  # what stands between the figures of a number or of a day
_FIGURES = re.compile(rb"(?:General|@|[0#?,%%()\-;_E+]|%b)*+" % _PLAIN)
_DAY = re.compile(rb"(?:yyyy|yy)(?:%b)++m{1,2}(?:%b)++d{1,2}(?:%b)*+(?:;@)?" % (_PLAIN, _PLAIN, _PLAIN))
_BUILT_IN = dict.fromkeys([*range(14), *range(37, 41), 48, 49], False) | {14: True}


@shared
def days_by_style(xml: bytes) -> dict[bytes | None, bool]:
    """Whether the numbers of a cell's style are days, by the style's number; styles that may be either are left out."""
    formats: dict[int, bool | None] = {**_BUILT_IN}
    for number, code in _FORMAT.findall(xml):
        formats[int(number)] = False if _FIGURES.fullmatch(code) else True if _DAY.fullmatch(code) else None
    cells = xml[xml.find(b"<cellXfs") : xml.find(b"</cellXfs>")]
    styles = _STYLE.findall(cells)
    if cells.count(b"<xf") != len(styles) or xml.count(b"<numFmt ") != len(_FORMAT.findall(xml)):
        styles = []
    kinds = {b"%d" % number: formats.get(int(style)) for number, style in enumerate(styles)}
    return {None: False} | {style: is_day for style, is_day in kinds.items() if is_day is not None}
