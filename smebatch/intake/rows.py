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
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import chain
from operator import le, lt
from typing import NamedTuple
from xml.parsers import expat

from smebatch.intake.address import WIDTH, Place, column_number
from smebatch.intake.safety import UnsafeError, area, unless, unless_utf_8
from smebatch.intake.shared import Known, shared
from smebatch.intake.shared_texts import text_of
from smebatch.intake.unsaid import ERROR, UNCACHED, Unsaid
from smebatch.intake.xml_tags import ATTRIBUTES, Tag, UnusualError, attributes_of, tags_of

_LAST_ROW = 1_048_576
_FEW, _TAGS = 4, 8  # bytes that a cell takes at least, and tags at most, with its row
_BLANK = b" \t\r\n"


class Held(NamedTuple):
    """What a cell that holds no shared text says of its value."""

    kind: str  # n, str, b, e, d or inlineStr
    formula: bool
    style: str | None


class Rows(NamedTuple):
    """What the rows of a sheet hold.

    ``texts``: where a shared text stands, and its number. ``others``: where another value stands, what the cell says of
    it, and the value as it is written; of a text within a cell, its number among ``within``. ``unsaid``: which cells
    read as blank but are not. ``written``: how many cells are written, blank ones too. ``allotted``: how many a reader
    allots.
    """

    texts: Sequence[tuple[Place, bytes]]
    others: Sequence[tuple[Place, Held, bytes]]
    within: Sequence[str]
    unsaid: Unsaid
    written: int
    allotted: int


_NONE = Rows((), (), (), {}, 0, 0)


def rows_of(xml: bytes, most: int) -> Rows:
    """The rows in a sheet's part, which may write so many cells. Raises UnsafeError."""
    unless_utf_8(xml)
    begin = _BEGIN.search(xml)
    if not begin:
        unless(b"sheetData" not in xml, "file.unreadable")
        _check_part(xml)
        return _NONE
    root = _root(xml[: begin.end()], begin[1])
    if begin[2]:
        _check_behind(root, xml[begin.end() :])
        return _NONE
    names = _names(begin[1])
    stop = xml.rfind(names.stop)
    unless(stop >= begin.end(), "file.unreadable")
    behind = xml.find(b">", stop) + 1
    unless(not xml[stop + len(names.stop) : behind].strip(_BLANK + b">"), "file.unreadable")
    _check_behind(root, xml[behind:])
    rows = xml[begin.end() : stop]
    if len(rows) > _FEW * most:  # a cell takes four bytes at least; where there may be too many, they are counted first
        unless(rows.count(names.cell) <= most and rows.count(b"<") <= _TAGS * most, "file.expands")
    try:
        return _rows(rows, names, (), most)
    except _LongwindedError:
        pass
    try:
        return _rows(*_shortened(rows, names), most)
    except _LongwindedError:
        raise UnsafeError("file.unreadable") from None


# --- what stands around the rows ------------------------------------------------------------------------------------

_BEGIN = re.compile(rb"<((?:[^\s<>/:=\"'&!?]{1,40}:)?)sheetData(?:\s[^<>]*?)?(/?)>")
_ROWS = 2  # how deep in the part they stand


@shared
def _root(head: bytes, prefix: bytes) -> bytes:
    """The name of the root element, where the part is right up to the tag that begins the rows, which ends it."""
    path: list[str] = []
    parser = expat.ParserCreate("UTF-8")  # calamine knows no other
    parser.StartElementHandler = lambda name, _: path.append(name)
    parser.EndElementHandler = lambda _: path.pop()
    _fed(parser, head.removesuffix(b"/>") + b">" if head.endswith(b"/>") else head, last=False)
    unless(path[1:] == [prefix.decode() + "sheetData"], "file.unreadable")  # within the root, and in no comment
    return path[0].encode()


@shared
def _check_behind(root: bytes, tail: bytes) -> None:
    """Raise UnsafeError where what stands behind the rows is not right, or may be other rows."""
    unless(b"sheetData" not in tail, "file.unreadable")  # one reader takes the first, one all
    _check_part(b"<%b>%b" % (root, tail))


def _check_part(xml: bytes) -> None:
    _fed(expat.ParserCreate("UTF-8"), xml, last=True)


def _fed(parser: expat.XMLParserType, xml: bytes, *, last: bool) -> None:
    try:
        parser.Parse(xml, last)
    except expat.ExpatError:
        raise UnsafeError("file.unreadable") from None


# --- names ----------------------------------------------------------------------------------------------------------


class _Names(NamedTuple):
    """How tags are written under a prefix: of a value, of the end of the rows, of a cell; what elements are by name."""

    opening: bytes
    closing: bytes
    stop: bytes
    cell: bytes
    kinds: dict[str, str]
    value: re.Pattern[bytes]
    value_end: re.Pattern[bytes]
    text: re.Pattern[bytes]
    known: Known[_Piece]


@lru_cache(8)
def _names(prefix: bytes) -> _Names:
    p, attributes = re.escape(prefix), ATTRIBUTES.encode()
    return _Names(
        b"<%bv>" % prefix,
        b"</%bv>" % prefix,
        b"</%bsheetData" % prefix,
        b"<%bc" % prefix,
        {prefix.decode() + kind: kind for kind in ("row", "c", "f", "v", "is")},
        re.compile(rb"<%bv%b\s*+>" % (p, attributes)),
        re.compile(rb"</%bv\s++>" % p),
        re.compile(rb"<%bis%b\s*+>(.*?)</%bis\s*+>" % (p, attributes, p), re.DOTALL),
        Known(longest=4_000, most=20_000),
    )


_WITHIN = b"\x01"  # before the number of a text within a cell, where its value would stand; XML knows no such character


def _shortened(rows: bytes, names: _Names) -> tuple[bytes, _Names, list[str]]:
    """The rows with values in tags without attributes, and with numbers for texts within cells, which go along."""
    unless(_WITHIN not in rows, "file.unreadable")
    texts: list[str] = []

    def numbered(match: re.Match[bytes]) -> bytes:
        texts.append(_text_within(match[1]))
        return b"%b%b%d%b" % (names.opening, _WITHIN, len(texts) - 1, names.closing)

    rows = names.value_end.sub(names.closing, names.value.sub(names.opening, rows))
    return names.text.sub(numbered, rows), names, texts


def _text_within(xml: bytes) -> str:
    text = _known_texts.get(xml)
    if text is None:
        try:
            text = _known_texts.remember(xml, text_of(xml))
        except ValueError:
            raise UnsafeError("file.unreadable") from None
    return text


_known_texts: Known[str] = Known(longest=1_000, most=20_000)

# --- the rows -------------------------------------------------------------------------------------------------------


class _Piece(NamedTuple):
    """What lies between two values: from behind the one to before the other.

    ``within``: it begins in a cell; ``after``: from where on that cell must stand, for others follow it in its row.
    ``places``: of its cells, the last of which holds the value to come, ``first`` and ``last``: of these; −1 where no
    value comes. ``ordered``: whether they are in order. ``row`` and ``column``: the last, from 0, that hold something.
    ``unsaid``: of the cells that are complete. ``held``: what the last says of its value; None of a shared text.
    """

    within: bool
    after: Place
    first: Place
    last: Place
    places: tuple[Place, ...]
    ordered: bool
    row: int
    column: int
    unsaid: tuple[tuple[Place, str], ...]
    held: Held | None


class _LongwindedError(Exception):
    """A value's tag has attributes, or a text stands within its cell."""


_REFERENCE = r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);"
_VALUES = {
    "s": re.compile(rb"[0-9]{0,9}+"),  # calamine reads what is no number as that of the first text
    "b": re.compile(rb"[01]|true|false|"),
    "str": re.compile(rb"(?:[^<&\x01]|%b)*+" % _REFERENCE.encode()),
    "inlineStr": re.compile(_WITHIN + rb"[0-9]++"),
}
# calamine takes the last part of a number around a comment, the first before an entity.
_VALUE = re.compile(rb"[^<>&\"'\x01]*+")
_FORMULA = re.compile(rf"(?:[^&]|{_REFERENCE})*+")
_DIGITS = 9  # of the number of a shared text


def _rows(rows: bytes, names: _Names, within: Sequence[str], most: int) -> Rows:
    *parts, rest = rows.split(names.closing)
    cut = [part.rpartition(names.opening) for part in parts]
    if not all(opening for _, opening, _ in cut):
        raise _LongwindedError
    pieces = _pieces([skeleton for skeleton, _, _ in cut], rest, names)
    *_, places, _, down, across, unsaid, helds = zip(*pieces, strict=True)
    written = sum(map(len, places))
    unless(written <= most, "file.expands")
    _check_places(pieces)
    values = [(places[-1], held, value) for places, held, (_, _, value) in zip(places, helds, cut, strict=False)]
    texts = [(at, value) for at, held, value in values if held is None]
    numbers = [number for _, number in texts]
    unless(b"".join(numbers).isdigit() or not any(numbers), "file.unreadable")
    unless(max(map(len, numbers), default=0) <= _DIGITS, "file.unreadable")
    others = [(at, held, value) for at, held, value in values if held]
    told = dict(chain.from_iterable(filter(None, unsaid)))
    for at, held, value in others:
        unless(_VALUES.get(held.kind, _VALUE).fullmatch(value) is not None, "file.unreadable")
        unless(held.kind != "inlineStr" or bool(within), "file.unreadable")
        if code := _unsaid(held, value):
            told[at] = code
    return Rows(texts, others, within, told, written, area(max(down) + 1, max(across) + 1))


def _unsaid(held: Held, value: bytes) -> str:
    """The code of what reads as blank, but is not."""
    if held.kind == "e":
        return ERROR
    # openpyxl writes an empty result behind a formula; only that of a text formula is one.
    return UNCACHED if held.formula and held.kind != "str" and not value.strip() else ""


def _pieces(skeletons: Sequence[bytes], rest: bytes, names: _Names) -> list[_Piece]:
    """What lies before each value, and behind the last."""
    found: list[_Piece] = []
    for skeleton, known in zip([*skeletons, rest], map(names.known.get, [*skeletons, rest]), strict=True):
        found.append(known or _parsed(skeleton, names, found[-1].last if found else None))
    unless(found[-1].last < 0 and all(piece.last >= 0 for piece in found[:-1]), "file.unreadable")
    unless([piece.within for piece in found] == [False] + [True] * len(skeletons), "file.unreadable")
    return found


def _check_places(pieces: Sequence[_Piece]) -> None:
    """Raise UnsafeError where a cell follows another in its row that is of another, or an address stands twice."""
    _, afters, firsts, lasts, places, ordered, *_ = zip(*pieces, strict=True)
    if all(ordered) and all(map(lt, lasts, firsts[1:])) and all(map(le, afters[1:], lasts)):
        return  # as all honest programs write
    rows = [last // WIDTH for last in lasts]
    unless(all(after in (-1, row * WIDTH) for after, row in zip(afters[1:], rows, strict=False)), "file.address")
    every = list(chain.from_iterable(places))
    unless(len(set(every)) == len(every), "file.address")  # which of two is meant?


def _parsed(skeleton: bytes, names: _Names, before: Place | None) -> _Piece:
    """A piece behind the value of the cell ``before``, or at the beginning of the rows. Raises UnsafeError."""
    way = _Way(names.kinds, before)
    try:
        for tag in tags_of(skeleton):
            way.go(tag)
        piece = way.piece()
    except UnusualError:
        raise UnsafeError("file.unreadable") from None
    return piece if way.relative else names.known.remember(skeleton, piece)


# --- tag by tag -----------------------------------------------------------------------------------------------------

_AMONG_ROWS, _IN_ROW, _IN_CELL, _IN_FORMULA = range(4)
_ENDS = {_IN_ROW: "row", _IN_CELL: "c", _IN_FORMULA: "f"}
_KINDS = {"n", "s", "str", "b", "e", "d", "inlineStr"}
_HOLDS, _HOLDS_TEXT = {"", "f", "v", "fv"}, {"", "is"}  # a formula and its value, in this order; a text within
_LETTERS, _ROW_NUMBER = re.compile("[A-Z]{1,3}"), re.compile("[1-9][0-9]{0,6}")
_BEYOND = _LAST_ROW * WIDTH


class _Way:
    """The way through a piece: where it has come to, and what it has come by.

    ``relative``: whether the piece leaves out an address, and so means another cell in another place.
    """

    def __init__(self, kinds: dict[str, str], before: Place | None) -> None:
        self.relative = False
        self._kinds = kinds
        self._within = before is not None
        self._depth = _IN_CELL if self._within else _AMONG_ROWS
        row, column = (-1, -1) if before is None else divmod(before, WIDTH)
        self._row, self._column = row + 1, column + 1  # from 1
        self._after = -1
        self._fresh = False  # whether a row has begun
        self._places: list[Place] = []
        self._unsaid: list[tuple[Place, str]] = []
        self._down = self._across = -1
        # of the cell
        self._cell: dict[str, str] = {}
        self._holds = "v" if self._within else ""

    def go(self, tag: Tag) -> None:
        """One tag further. Raises UnsafeError, _LongwindedError."""
        kind = self._kinds.get(tag.name, "")
        if tag.closing:
            self._end(kind)
        else:
            self._begin(kind, tag)
        if self._depth == _IN_FORMULA:
            unless(_FORMULA.fullmatch(tag.text) is not None, "file.unreadable")
        else:
            unless(tag.blank, "file.unreadable")

    def piece(self) -> _Piece:
        """What has been come by. Raises UnsafeError where the piece ends where it may not."""
        comes = self._depth == _IN_CELL
        unless(comes or self._depth == _AMONG_ROWS, "file.unreadable")
        places, held = tuple(self._places), None
        if comes:
            kind, formula = self._cell.get("t", "n"), self._holds == "f"
            self._holds += "v"
            self._check_holds({"v"} if kind == "inlineStr" else _HOLDS)
            held = None if kind == "s" and not formula else Held(kind, formula, self._cell.get("s"))
        return _Piece(
            within=self._within,
            after=self._after,
            first=places[0] if places else _BEYOND,
            last=places[-1] if comes else -1,
            places=places,
            ordered=all(map(lt, places, places[1:])),
            row=self._down,
            column=self._across,
            unsaid=tuple(self._unsaid),
            held=held,
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
        self._cell, self._holds = attributes, ""
        unless(attributes.get("t", "n") in _KINDS, "file.unreadable")

    def _end_cell(self) -> None:
        """A cell without a value, or with an empty one."""
        kind = self._cell.get("t")
        self._check_holds(_HOLDS_TEXT if kind == "inlineStr" else _HOLDS)
        if kind == "e":
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
