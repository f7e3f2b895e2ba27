"""Read an ordinary .xlsx by scanning its XML: what Excel, WPS, LibreOffice and smebatch itself write.

A scan is several times faster than a parser, and as exact, since it accepts only what it knows to the last character:
rows, blank cells, cells with a value, and nothing between them. All else is left to the readers.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from operator import add

from smebatch.intake.address import WIDTH, Place
from smebatch.intake.safety import UnsafeError
from smebatch.intake.shared import shared
from smebatch.intake.unsaid import UNCACHED, Unsaid
from smebatch.intake.values import Cell
from smebatch.text import CELL_LIMIT

Cells = dict[Place, Cell]
"""What stands where; blank cells are left out."""


class UnusualError(ValueError):
    """Something the scan does not know: right or wrong, a parser has to look."""


_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_BETWEEN = rb'(?:<c r="[A-Z]{1,2}[1-9][0-9]{0,3}"(?: s="[0-9]++")?+/>|</row>|<row\b[^<>]*+>|\s++)*+'
# A cell: letters, digits and style, then either the number of a shared text or kind, formula and value. One group for
# the whole address would take the regular expression half as long again.
_CELL = re.compile(
    _BETWEEN + rb'<c r="([A-Z]{1,2})([1-9][0-9]{0,3})"(?: s="([0-9]++)")?+(?: t="s"><v>([0-9]++)'
    rb'|(?: t="(str|n|b)")?+>(<f(?:[^<>]*+(?<=/)>|[^<>]*+>[^<]*+</f>))?+<v>([^<]*+))</v></c>'
)
_REST = re.compile(_BETWEEN)
_FIELDS = 8  # of a split: what is between, and the seven of a cell
# Looked up faster than made, and none below 0. What is no shared text has the number of a last one that is none.
_NUMBERS: dict[bytes | None, int] = {None: -1} | {b"%d" % number: number for number in range(10_000)}
_ROWS = {number: (row - 1) * WIDTH for number, row in _NUMBERS.items()}
_LETTERS = [b"%c" % letter for letter in range(65, 91)]
_COLUMNS = {letters: at for at, letters in enumerate([*_LETTERS, *(a + b for a in _LETTERS for b in _LETTERS)])}
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?")


@shared
def check_book(workbook: bytes, relations: bytes) -> None:
    """Raise UnusualError where days are not counted from 1900, or texts and styles are not in their usual parts."""
    if b"date1904" in workbook and b'date1904="false"' not in workbook and b'date1904="0"' not in workbook:
        raise UnusualError("days are counted from 1904")
    for name in (b"sharedStrings", b"styles"):
        usual = re.findall(rb'Target="(?:/xl/)?%b\.xml"' % name, relations)
        if len(usual) != 1 or relations.count(b"relationships/%b" % name) != 1:
            raise UnusualError("a part in another place")


def scan_sheet(xml: bytes, texts: Sequence[str | None], days: Mapping[bytes | None, bool]) -> tuple[Cells, Unsaid]:
    """The cells of a sheet's part, and the blank ones that are not; ``texts`` and ``days`` are those of its workbook.

    Raises UnusualError, or another ValueError or LookupError, where a parser has to look; UnsafeError.
    """
    found = _CELL.split(_within(xml, b"<sheetData>", b"</sheetData>"))
    if any(found[:-1:_FIELDS]) or not _REST.fullmatch(found[-1]):
        raise UnusualError("neither a row nor a cell")
    letters, digits, styles, numbers, kinds, formulas, values = (found[i::_FIELDS] for i in range(1, _FIELDS))
    places = list(map(add, map(_COLUMNS.__getitem__, letters), map(_ROWS.__getitem__, digits)))
    cells: list[Cell] = list(map(texts.__getitem__, map(_NUMBERS.__getitem__, numbers)))
    unsaid: Unsaid = {}
    for at in [at for at, number in enumerate(numbers) if number is None]:
        if values[at] or kinds[at] == b"str":
            cells[at] = _typed(kinds[at], values[at], styles[at], days)
        elif formulas[at]:
            unsaid[places[at]] = UNCACHED
    sheet = dict(zip(places, cells, strict=True))
    if len(sheet) != len(cells):
        raise UnsafeError("file.address")  # one stands twice: which is meant?
    return sheet, unsaid


def _within(xml: bytes, begin: bytes, end: bytes) -> bytes:
    """What stands between two tags of a part that is what it seems: in UTF-8 and the usual namespace, uncommented."""
    start = xml.find(begin)
    head = xml[:start]
    stop = xml.rfind(end)  # there is but one where what is within is what it should be
    if start < 0 or stop < start or _MAIN not in head or b"<!" in head or b"encoding=" in head.replace(_UTF_8, b""):
        raise UnusualError("not the usual frame")
    return xml[start + len(begin) : stop]


_UTF_8 = b'encoding="UTF-8"'


def _typed(kind: bytes | None, value: bytes, style: bytes | None, days: Mapping[bytes | None, bool]) -> Cell:
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
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    texts = list(map(_known.get, items))
    for at in [at for at, text in enumerate(texts) if text is None]:
        texts[at] = _item(items[at])
    return [*texts, None]


_known: dict[bytes, str] = {}  # returns of one form share most of their texts
_SHORT, _MOST_KNOWN = 1_000, 20_000  # bytes, texts


def _item(xml: bytes) -> str:
    match = _ITEM.fullmatch(xml)
    if not match:
        raise UnusualError("not a shared text")
    runs = _RUN.findall(match[2]) if match[2] is not None else [match[1] or b""]
    text = _text(b"".join(runs))
    if len(xml) < _SHORT:
        _known[xml] = text
    return text


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
