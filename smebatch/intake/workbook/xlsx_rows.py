"""The rows of a sheet of .xlsx as they are written: a parser's care at the speed of looking things up.

The rows are cut at their values. What lies between two of them, the end of a cell, blank cells, ends and beginnings of
rows, the beginning of a cell with its formula, is the same to the byte in most returns that a program saves of a form:
such a piece is parsed once, tag by tag, and remembered. So it does not matter how a program writes, in which order
attributes stand, indented or with a prefix.

Whatever readers would read differently is refused: two values in a cell, two cells of one address, a cell of another
row, comments among the rows. No honest program writes such things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import le, lt
from typing import NamedTuple, cast
from xml.parsers import expat

from smebatch.intake.workbook.address import WIDTH, Area, Place, area_of, column_number
from smebatch.intake.workbook.blank_cells import DISPIMG, ERROR, PICTURE, UNCACHED, Unsaid
from smebatch.intake.workbook.bounded_cache import MEMORY, Known, Recurring, shared
from smebatch.intake.workbook.shared_texts import cell_text, text_of
from smebatch.intake.workbook.xml_tags import ATTRIBUTES, CDATA, Tag, UnusualError, attributes_of, tags_of
from smebatch.intake.workbook.zip_safety import KnownPart, UnsafeError, area, unless, unless_utf_8

_LAST_ROW = 1_048_576
_FEW, _TAGS = 4, 8  # bytes that a cell takes at least, and tags at most, with its row
_BLANK = b" \t\r\n"


class Held(NamedTuple):
    """What a cell says of its value; ``rich``: the number of one that only today's Excel knows; ``picture``: of WPS."""

    kind: str  # n, s, str, b, e, d or inlineStr
    formula: bool
    style: str | None
    rich: str | None = None
    picture: bool = False


Other = tuple[Place, Held, bytes]


class Rows(NamedTuple):
    """What the rows of a sheet hold.

    ``places``: of the cells with a value, ``styles``: those the cells name, ``numbers``: of their shared texts, −1 of a
    cell with something else. ``texts``: those that stand in their cells. ``others``: where something else stands, or
    runs of a text, what the cell says of it, and the value as it is written. ``unsaid``: which cells read as blank but
    are not. ``merged``: the areas of merged cells. ``written``: how many cells are written, blank ones too.
    ``allotted``: how many a reader allots.
    """

    places: Sequence[Place]
    styles: Sequence[str | None]
    numbers: Sequence[int]
    texts: Mapping[Place, str]
    others: Sequence[Other]
    unsaid: Unsaid
    merged: Sequence[Area]
    written: int
    allotted: int


_NONE = Rows((), (), (), {}, (), {}, (), 0, 0)


def rows_of(xml: bytes, most: int) -> Rows:
    """The rows in a sheet's part, which may write so many cells. Raises UnsafeError."""
    if not isinstance(xml, KnownPart):
        return _rows_in(xml, most)
    if not isinstance(xml.made, Rows):
        xml.made = _rows_in(xml, most)
    unless(xml.made.written <= most, "file.expands")
    return xml.made


def _rows_in(xml: bytes, most: int) -> Rows:
    begin = _BEGIN.search(xml)
    if not begin:
        unless(b"sheetData" not in xml, "file.unreadable")
        unless_utf_8(xml)
        _check_part(xml)
        return _NONE
    root = _root(xml[: begin.end()], begin[1])
    if begin[2]:
        _merged_behind(root, xml[begin.end() :])
        return _NONE
    names = _names(begin[1])
    stop = xml.rfind(names.stop)
    unless(stop >= begin.end(), "file.unreadable")
    behind = xml.find(b">", stop) + 1
    unless(not xml[stop + len(names.stop) : behind].strip(_BLANK + b">"), "file.unreadable")
    merged = _merged_behind(root, xml[behind:])
    rows = xml[begin.end() : stop]
    if len(rows) > _FEW * most:  # a cell takes four bytes at least; where there may be too many, they are counted first
        unless(rows.count(names.cell) <= most and rows.count(b"<") <= _TAGS * most, "file.expands")
    try:
        return _rows(rows, names, most, merged)
    except _LongwindedError:
        rows = names.slack.sub(rb"\1>", rows)
    try:
        return _rows(rows, names, most, merged)
    except _LongwindedError:
        raise UnsafeError("file.unreadable") from None


# --- what stands around the rows ------------------------------------------------------------------------------------

_BEGIN = re.compile(rb"<((?:[^\s<>/:=\"'&!?]{1,40}:)?)sheetData(?:\s[^<>]*?)?(/?)>")


@shared
def _root(head: bytes, prefix: bytes) -> bytes:
    """The name of the root element, where the part is right up to the tag that begins the rows, which ends it."""
    unless_utf_8(head)
    path: list[str] = []
    parser = expat.ParserCreate("UTF-8")  # calamine knows no other
    parser.StartElementHandler = lambda name, _: path.append(name)
    parser.EndElementHandler = lambda _: path.pop()
    _fed(parser, head.removesuffix(b"/>") + b">" if head.endswith(b"/>") else head, last=False)
    unless(path[1:] == [prefix.decode() + "sheetData"], "file.unreadable")  # within the root, and in no comment
    return path[0].encode()


@shared
def _merged_behind(root: bytes, tail: bytes) -> tuple[Area, ...]:
    """The areas of merged cells. Raises UnsafeError where what stands behind the rows is not right, or other rows."""
    unless(b"sheetData" not in tail, "file.unreadable")  # one reader takes the first, one all
    found: list[Area | None] = []

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        if name.endswith("mergeCell"):
            found.append(area_of(attributes.get("ref", "")))

    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler = begin if b"mergeCell" in tail else None
    _fed(parser, b"<%b>%b" % (root, tail), last=True)
    return tuple(filter(None, found))


def _check_part(xml: bytes) -> None:
    _fed(expat.ParserCreate("UTF-8"), xml, last=True)


def _fed(parser: expat.XMLParserType, xml: bytes, *, last: bool) -> None:
    try:
        parser.Parse(xml, last)
    except expat.ExpatError:
        raise UnsafeError("file.unreadable") from None


# --- names ----------------------------------------------------------------------------------------------------------


class _Names(NamedTuple):
    """How tags are written under a prefix: of a value, of the end of the rows, of a cell; what elements are by name.

    And what is known of rows written so: of what ends in a value, and of what stands before the first value, between
    two, and behind the last. ``numbers``: those that few returns share are not worth knowing.
    """

    opening: bytes
    closing: bytes
    stop: bytes
    cell: bytes
    kinds: dict[str, str]
    value: re.Pattern[bytes]
    within: re.Pattern[bytes]
    slack: re.Pattern[bytes]
    within_opening: bytes
    within_closing: bytes
    parts: Known[_Part]
    numbers: Recurring
    first: Known[_Piece]
    between: Known[_Piece]
    last: Known[_Part]


@lru_cache(4)
def _names(prefix: bytes) -> _Names:
    p, attributes = re.escape(prefix), ATTRIBUTES.encode()
    return _Names(
        b"<%bv" % prefix,
        b"</%bv>" % prefix,
        b"</%bsheetData" % prefix,
        b"<%bc" % prefix,
        {prefix.decode() + kind: kind for kind in ("row", "c", "f", "v", "is")},
        re.compile(rb"<%bv%b\s*+>(.*)" % (p, attributes), re.DOTALL),
        re.compile(rb"<%bis%b\s*+>(.*)</%bis>" % (p, attributes, p), re.DOTALL),
        re.compile(rb"(</%b(?:v|is))\s++>" % p),
        b"<%bis" % prefix,
        b"</%bis>" % prefix,
        Known(3 * MEMORY),
        Recurring(),
        *(Known() for _ in range(3)),
    )


# --- the rows -------------------------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """What ends in a value, or what stands behind the last.

    ``after``: from where on the cell of the value before must stand, for others follow it in its row. ``first`` and
    ``last``: of its cells, all of them in ``places``; the last holds the value. Where they are not in order the first
    is _NOWHERE, and the last where there is no value. ``row`` and ``column``: the last, from 0, that hold something.
    ``unsaid``: of its cells. ``style``, ``number``, ``text`` and ``other``: of the value; see Rows.
    """

    after: Place
    first: Place
    last: Place
    places: tuple[Place, ...]
    row: int
    column: int
    unsaid: tuple[tuple[Place, str], ...]
    style: str | None = None
    number: int = -1
    text: tuple[Place, str] | None = None
    other: Other | None = None


class _Piece(NamedTuple):
    """The same before its value is known: ``held`` is what the cell says of it."""

    part: _Part
    held: Held


class _LongwindedError(Exception):
    """A value stands where none can be seen to begin: perhaps the end of another is written with white space."""


def _rows(rows: bytes, names: _Names, most: int, merged: Sequence[Area]) -> Rows:
    # A text within its cell ends like a value.
    *values, rest = rows.replace(names.within_closing, names.within_closing + names.closing).split(names.closing)
    found = list(map(names.parts.get, values))
    found[:1] = [None] * len(found[:1])  # what stands before the first value has not been remembered
    for at in [at for at, part in enumerate(found) if part is None]:
        before = found[at - 1] if at else None
        found[at] = _valued(values[at], names, before.last if before else None)
    parts = cast(list[_Part], found)
    parts.append(_behind(rest, names, parts[-1].last if parts else None))
    afters, firsts, lasts, places, down, across, unsaid, styles, numbers, texts, others = zip(*parts, strict=True)
    # As all honest programs write: in order, and what follows a cell in its row is of this row.
    if not (all(map(lt, lasts, firsts[1:])) and all(map(le, afters[1:], lasts))):
        _check_places(afters, lasts, places)
    written = sum(map(len, places))
    unless(written <= most, "file.expands")
    return Rows(
        places=lasts[:-1],
        styles=styles[:-1],
        numbers=numbers[:-1],
        texts=dict(filter(None, texts)),
        others=list(filter(None, others)),
        unsaid=dict(chain.from_iterable(filter(None, unsaid))),
        merged=merged,
        written=written,
        allotted=area(max(down) + 1, max(across) + 1),
    )


def _check_places(afters: Sequence[Place], lasts: Sequence[Place], places: Sequence[Sequence[Place]]) -> None:
    """Raise UnsafeError where a cell follows another in its row but is of another row, or an address stands twice."""
    rows = [last - last % WIDTH for last in lasts]
    unless(all(after in (-1, row) for after, row in zip(afters[1:], rows, strict=False)), "file.address")
    every = list(chain.from_iterable(places))
    unless(len(set(every)) == len(every), "file.address")  # which of two is meant?


# --- piece by piece -------------------------------------------------------------------------------------------------

_REFERENCE = r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);"
_NO_XML = rb"\x00-\x08\x0b\x0c\x0e-\x1f"
_VALUES = {
    "s": re.compile(rb"[0-9]{0,9}+"),  # calamine reads what is no number as that of the first text
    "b": re.compile(rb"[01]|true|false|"),
    "str": re.compile(rb"(?:[^<&%b]|%b)*+" % (_NO_XML, _REFERENCE.encode())),
    "inlineStr": re.compile(rb"[^%b]*+" % _NO_XML),
}
_TEXTS = {"str": cell_text, "inlineStr": text_of}
# calamine takes the last part of a number around a comment, the first before an entity.
_VALUE = re.compile(rb"[^<>&\"']*+")
_FORMULA = re.compile(rf"(?:[^<&]|{_REFERENCE}|{CDATA})*+")


def _valued(xml: bytes, names: _Names, before: Place | None) -> _Part:
    """What ends in a value, behind that of the cell ``before`` or before all. Raises UnsafeError, _LongwindedError."""
    in_cell = xml.endswith(names.within_closing)
    at = xml.rfind(names.within_opening if in_cell else names.opening)
    match = (names.within if in_cell else names.value).fullmatch(xml, max(at, 0))
    if not match:
        raise _LongwindedError
    skeleton, value = xml[:at], match[1]
    known = names.first if before is None else names.between
    piece, relative = known.get(skeleton), False
    if not piece:
        way = _gone(skeleton, names.kinds, before)
        piece, relative = way.before_a_value(), way.relative
        if not relative:
            known.remember(skeleton, piece)
    part = _with_value(*piece, value, in_cell)
    if relative or before is None or (piece.held.kind == "n" and value and not names.numbers.comes_again(xml)):
        return part
    return names.parts.remember(xml, part)


def _with_value(part: _Part, held: Held, value: bytes, in_cell: bool) -> _Part:
    """The part with a value at its end, or a text within its cell. Raises UnsafeError where it cannot be one."""
    unless(in_cell == (held.kind == "inlineStr"), "file.unreadable")
    unless(_VALUES.get(held.kind, _VALUE).fullmatch(value) is not None, "file.unreadable")
    number, text, other = -1, "", None
    if held.kind == "s" and value:
        number = int(value)
    elif held.kind in _TEXTS and not held.picture:
        text = _text(value, _TEXTS[held.kind])
        other = (part.last, held, value) if in_cell and b"rPr" in value else None  # its runs may look different
    elif value:
        other = (part.last, held, value)
    code = _unsaid(held, value)
    unsaid = (*part.unsaid, (part.last, code)) if code else part.unsaid
    within = (part.last, text) if text else None
    return _Part(
        part.after,
        part.first,
        part.last,
        part.places,
        part.row,
        part.column,
        unsaid,
        held.style,
        number,
        within,
        other,
    )


def _text(value: bytes, read: Callable[[bytes], str]) -> str:
    """The text that stands in a cell. Raises UnsafeError."""
    try:
        return read(value)
    except ValueError:
        raise UnsafeError("file.unreadable") from None


def _unsaid(held: Held, value: bytes) -> str:
    """The code of what reads as blank, but is not."""
    if held.picture:
        return PICTURE
    if held.kind == "e":
        return ERROR
    # openpyxl writes an empty result behind a formula; only that of a text formula is one.
    return UNCACHED if held.formula and held.kind != "str" and not value.strip() else ""


def _behind(xml: bytes, names: _Names, before: Place | None) -> _Part:
    """What stands behind the last value, that of the cell ``before``. Raises UnsafeError, _LongwindedError."""
    if before is not None and (known := names.last.get(xml)):
        return known
    way = _gone(xml, names.kinds, before)
    part = way.at_the_end()
    return part if way.relative or before is None else names.last.remember(xml, part)


def _gone(xml: bytes, kinds: Mapping[str, str], before: Place | None) -> _Way:
    way = _Way(kinds, before)
    try:
        for tag in tags_of(xml):
            way.go(tag)
    except UnusualError:
        raise UnsafeError("file.unreadable") from None
    return way


# --- tag by tag -----------------------------------------------------------------------------------------------------

_AMONG_ROWS, _IN_ROW, _IN_CELL, _IN_FORMULA = range(4)
_ENDS = {_IN_ROW: "row", _IN_CELL: "c", _IN_FORMULA: "f"}
_KINDS = {"n", "s", "str", "b", "e", "d", "inlineStr"}
_HOLDS, _HOLDS_TEXT = {"", "f", "v", "fv"}, {"", "is"}  # a formula and its value, in this order; a text within
_LETTERS, _ROW_NUMBER = re.compile("[A-Z]{1,3}"), re.compile("[1-9][0-9]{0,6}")
_BEYOND, _NOWHERE = _LAST_ROW * WIDTH, -1


class _Way:
    """The way through a piece: where it has come to, and what it has come by.

    ``relative``: whether the piece leaves out an address, and so means another cell in another place.
    """

    def __init__(self, kinds: Mapping[str, str], before: Place | None) -> None:
        self.relative = False
        self._kinds = kinds
        self._depth = _AMONG_ROWS if before is None else _IN_CELL
        row, column = (-1, -1) if before is None else divmod(before, WIDTH)
        self._row, self._column = row + 1, column + 1  # from 1
        self._after = -1
        self._fresh = False  # whether a row has begun
        self._places: list[Place] = []
        self._unsaid: list[tuple[Place, str]] = []
        self._down = self._across = -1
        # of the cell
        self._cell: dict[str, str] = {}
        self._holds = "" if before is None else "v"
        self._picture = False

    def go(self, tag: Tag) -> None:
        """One tag further. Raises UnsafeError, _LongwindedError."""
        kind = self._kinds.get(tag.name, "")
        if tag.closing:
            self._end(kind)
        else:
            self._begin(kind, tag)
        if self._depth == _IN_FORMULA:
            unless(_FORMULA.fullmatch(tag.text) is not None, "file.unreadable")
            self._picture = DISPIMG in tag.text.upper()
        else:
            unless(tag.blank, "file.unreadable")

    def before_a_value(self) -> _Piece:
        """What has been come by before a value. Raises UnsafeError where none may come."""
        unless(self._depth == _IN_CELL and bool(self._places), "file.unreadable")
        kind, formula = self._cell.get("t", "n"), self._holds == "f"
        self._holds += "v"
        self._check_holds({"v"} if kind == "inlineStr" else _HOLDS)
        held = Held(kind, formula, self._cell.get("s"), self._cell.get("vm"), self._picture)
        return _Piece(self._part(self._places[-1]), held)

    def at_the_end(self) -> _Part:
        """What has been come by at the end of the rows. Raises UnsafeError where this is not the end."""
        unless(self._depth == _AMONG_ROWS, "file.unreadable")
        return self._part(_NOWHERE)

    def _part(self, last: Place) -> _Part:
        places = tuple(self._places)
        ordered = all(map(lt, places, places[1:]))
        return _Part(
            after=self._after,
            first=_NOWHERE if not ordered else places[0] if places else _BEYOND,
            last=last,
            places=places,
            row=self._down,
            column=self._across,
            unsaid=tuple(self._unsaid),
        )

    def _begin(self, kind: str, tag: Tag) -> None:
        attributes = attributes_of(tag.attributes)
        if self._depth == _AMONG_ROWS and kind == "row":
            self._begin_row(attributes.get("r"))
            self._depth = _AMONG_ROWS if tag.closed else _IN_ROW
        elif self._depth == _IN_ROW and kind == "c":
            self._begin_cell(attributes)
            self._depth = _IN_CELL
            if tag.closed:
                self._end_cell()
                self._depth = _IN_ROW
        elif self._depth == _IN_CELL and kind in ("f", "v", "is"):
            if kind != "f" and not tag.closed:
                raise _LongwindedError
            self._holds += kind
            self._depth = _IN_CELL if tag.closed else _IN_FORMULA
        else:
            raise UnsafeError("file.unreadable")

    def _end(self, kind: str) -> None:
        unless(kind == _ENDS.get(self._depth), "file.unreadable")
        if kind == "c" and self._places:
            self._end_cell()
        elif kind == "c":  # of the value before the piece
            unless(self._holds == "v", "file.unreadable")
        self._depth -= 1

    def _begin_row(self, number: str | None) -> None:
        unless(number is None or _ROW_NUMBER.fullmatch(number) is not None, "file.address")
        self.relative |= number is None
        self._row, self._column = self._row + 1 if number is None else int(number), 0
        self._fresh = True
        unless(self._row <= _LAST_ROW, "file.address")

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        digits = str(self._row)
        self.relative |= address is None
        unless(address is None or address.endswith(digits), "file.address")
        self._column = self._column + 1 if address is None else _column(address.removesuffix(digits))
        unless(self._column <= WIDTH, "file.address")
        if not self._fresh:
            self._after = (self._row - 1) * WIDTH
        self._places.append((self._row - 1) * WIDTH + self._column - 1)
        self._cell, self._holds, self._picture = attributes, "", False
        unless(attributes.get("t", "n") in _KINDS, "file.unreadable")

    def _end_cell(self) -> None:
        """A cell without a value, or with an empty one."""
        kind = self._cell.get("t")
        self._check_holds(_HOLDS_TEXT if kind == "inlineStr" else _HOLDS)
        if self._picture:
            self._unsaid.append((self._places[-1], PICTURE))
        elif kind == "e":
            self._unsaid.append((self._places[-1], ERROR))
        elif self._holds == "f" or (self._holds == "fv" and kind != "str"):
            self._unsaid.append((self._places[-1], UNCACHED))

    def _check_holds(self, allowed: Collection[str]) -> None:
        unless(self._holds in allowed, "file.unreadable")
        if self._holds or self._cell.get("t") == "e":
            self._down, self._across = max(self._down, self._row - 1), max(self._across, self._column - 1)
            area(self._down + 1, self._across + 1)


@lru_cache(1_000)
def _column(letters: str) -> int:
    """The number of a column from 1. What is none is remembered nowhere, for it may be as long as a file."""
    unless(_LETTERS.fullmatch(letters) is not None, "file.address")
    return column_number(letters) + 1
