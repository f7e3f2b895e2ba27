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

from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, CellRange, column_number, parse_range
from smebatch.intake.workbook.blank_cells import CELL_ERROR, CELL_PICTURE, CELL_UNCACHED, DISPIMG, FalseBlanks
from smebatch.intake.workbook.bounded_cache import CACHE_BYTES, BoundedCache, RecurrenceFilter, cached_by_content
from smebatch.intake.workbook.shared_strings import decode_text, item_text
from smebatch.intake.workbook.xml_tags import (
    ATTRIBUTES,
    CDATA,
    UnsupportedXmlError,
    XmlTag,
    parse_attributes,
    parse_tags,
)
from smebatch.intake.workbook.zip_safety import SharedPart, UnsafeError, allocated_cells, require, require_utf_8

_LAST_ROW = 1_048_576
_MIN_CELL_BYTES, _MAX_CELL_TAGS = 4, 8  # bytes that a cell takes at least, and tags at most, with its row
_BLANK = b" \t\r\n"


class CellMarkup(NamedTuple):
    """What a cell says of its value; ``rich``: the number of one that only today's Excel knows; ``picture``: of WPS."""

    cell_type: str  # n, s, str, b, e, d or inlineStr
    formula: bool
    style: str | None
    rich_value: str | None = None
    picture: bool = False


OtherCell = tuple[CellIndex, CellMarkup, bytes]


class SheetRows(NamedTuple):
    """What the rows of a sheet hold.

    ``places``: of the cells with a value, ``styles``: those the cells name, ``numbers``: of their shared texts, −1 of a
    cell with something else. ``texts``: those that stand in their cells. ``others``: where something else stands, or
    runs of a text, what the cell says of it, and the value as it is written. ``unsaid``: which cells read as blank but
    are not. ``merged``: the areas of merged cells. ``written``: how many cells are written, blank ones too.
    ``allotted``: how many a reader allots.
    """

    indexes: Sequence[CellIndex]
    styles: Sequence[str | None]
    text_numbers: Sequence[int]
    texts: Mapping[CellIndex, str]
    other_cells: Sequence[OtherCell]
    false_blanks: FalseBlanks
    merged: Sequence[CellRange]
    written_cells: int
    allocated_cells: int


_NO_ROWS = SheetRows((), (), (), {}, (), {}, (), 0, 0)


def read_rows(xml: bytes, most: int) -> SheetRows:
    """The rows in a sheet's part, which may write so many cells. Raises UnsafeError."""
    if not isinstance(xml, SharedPart):
        return _parse_part(xml, most)
    if not isinstance(xml.parsed, SheetRows):
        xml.parsed = _parse_part(xml, most)
    require(xml.parsed.written_cells <= most, "file.expands")
    return xml.parsed


def _parse_part(xml: bytes, most: int) -> SheetRows:
    begin = _BEGIN.search(xml)
    if not begin:
        require(b"sheetData" not in xml, "file.unreadable")
        require_utf_8(xml)
        _check_part(xml)
        return _NO_ROWS
    root = _check_head(xml[: begin.end()], begin[1])
    if begin[2]:
        _merged_ranges(root, xml[begin.end() :])
        return _NO_ROWS
    names = _prefix_syntax(begin[1])
    stop = xml.rfind(names.rows_end)
    require(stop >= begin.end(), "file.unreadable")
    behind = xml.find(b">", stop) + 1
    require(not xml[stop + len(names.rows_end) : behind].strip(_BLANK + b">"), "file.unreadable")
    merged = _merged_ranges(root, xml[behind:])
    rows = xml[begin.end() : stop]
    if (
        len(rows) > _MIN_CELL_BYTES * most
    ):  # a cell takes four bytes at least; where there may be too many, they are counted first
        require(rows.count(names.cell_start) <= most and rows.count(b"<") <= _MAX_CELL_TAGS * most, "file.expands")
    try:
        return _parse_rows(rows, names, most, merged)
    except _SpacedEndTagError:
        rows = names.spaced_end_tag.sub(rb"\1>", rows)
    try:
        return _parse_rows(rows, names, most, merged)
    except _SpacedEndTagError:
        raise UnsafeError("file.unreadable") from None


# --- what stands around the rows ------------------------------------------------------------------------------------

_BEGIN = re.compile(rb"<((?:[^\s<>/:=\"'&!?]{1,40}:)?)sheetData(?:\s[^<>]*?)?(/?)>")


@cached_by_content
def _check_head(head: bytes, prefix: bytes) -> bytes:
    """The name of the root element, where the part is right up to the tag that begins the rows, which ends it."""
    require_utf_8(head)
    path: list[str] = []
    parser = expat.ParserCreate("UTF-8")  # calamine knows no other
    parser.StartElementHandler = lambda name, _: path.append(name)
    parser.EndElementHandler = lambda _: path.pop()
    _feed(parser, head.removesuffix(b"/>") + b">" if head.endswith(b"/>") else head, last=False)
    require(path[1:] == [prefix.decode() + "sheetData"], "file.unreadable")  # within the root, and in no comment
    return path[0].encode()


@cached_by_content
def _merged_ranges(root: bytes, tail: bytes) -> tuple[CellRange, ...]:
    """The areas of merged cells. Raises UnsafeError where what stands behind the rows is not right, or other rows."""
    require(b"sheetData" not in tail, "file.unreadable")  # one reader takes the first, one all
    found: list[CellRange | None] = []

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        if name.endswith("mergeCell"):
            found.append(parse_range(attributes.get("ref", "")))

    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler = begin if b"mergeCell" in tail else None
    _feed(parser, b"<%b>%b" % (root, tail), last=True)
    return tuple(filter(None, found))


def _check_part(xml: bytes) -> None:
    _feed(expat.ParserCreate("UTF-8"), xml, last=True)


def _feed(parser: expat.XMLParserType, xml: bytes, *, last: bool) -> None:
    try:
        parser.Parse(xml, last)
    except expat.ExpatError:
        raise UnsafeError("file.unreadable") from None


# --- names ----------------------------------------------------------------------------------------------------------


class _PrefixSyntax(NamedTuple):
    """How tags are written under a prefix: of a value, of the end of the rows, of a cell; what elements are by name.

    And what is known of rows written so: of what ends in a value, and of what stands before the first value, between
    two, and behind the last. ``numbers``: those that few returns share are not worth knowing.
    """

    value_start: bytes
    value_end: bytes
    rows_end: bytes
    cell_start: bytes
    element_names: dict[str, str]
    value_pattern: re.Pattern[bytes]
    inline_pattern: re.Pattern[bytes]
    spaced_end_tag: re.Pattern[bytes]
    inline_start: bytes
    inline_end: bytes
    fragments: BoundedCache[_ParsedFragment]
    seen_numbers: RecurrenceFilter
    first_fragments: BoundedCache[_FragmentBeforeValue]
    middle_fragments: BoundedCache[_FragmentBeforeValue]
    last_fragments: BoundedCache[_ParsedFragment]


@lru_cache(4)
def _prefix_syntax(prefix: bytes) -> _PrefixSyntax:
    p, attributes = re.escape(prefix), ATTRIBUTES.encode()
    return _PrefixSyntax(
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
        BoundedCache(3 * CACHE_BYTES),
        RecurrenceFilter(),
        *(BoundedCache() for _ in range(3)),
    )


# --- the rows -------------------------------------------------------------------------------------------------------


class _ParsedFragment(NamedTuple):
    """What ends in a value, or what stands behind the last.

    ``after``: from where on the cell of the value before must stand, for others follow it in its row. ``first`` and
    ``last``: of its cells, all of them in ``places``; the last holds the value. Where they are not in order the first
    is _NOWHERE, and the last where there is no value. ``row`` and ``column``: the last, from 0, that hold something.
    ``unsaid``: of its cells. ``style``, ``number``, ``text`` and ``other``: of the value; see Rows.
    """

    row_start: CellIndex
    first_index: CellIndex
    last_index: CellIndex
    indexes: tuple[CellIndex, ...]
    last_row: int
    last_column: int
    false_blanks: tuple[tuple[CellIndex, str], ...]
    style: str | None = None
    text_number: int = -1
    text: tuple[CellIndex, str] | None = None
    other: OtherCell | None = None


class _FragmentBeforeValue(NamedTuple):
    """The same before its value is known: ``held`` is what the cell says of it."""

    fragment: _ParsedFragment
    markup: CellMarkup


class _SpacedEndTagError(Exception):
    """A value stands where none can be seen to begin: perhaps the end of another is written with white space."""


def _parse_rows(rows: bytes, names: _PrefixSyntax, most: int, merged: Sequence[CellRange]) -> SheetRows:
    # A text within its cell ends like a value.
    *values, rest = rows.replace(names.inline_end, names.inline_end + names.value_end).split(names.value_end)
    found = list(map(names.fragments.get, values))
    found[:1] = [None] * len(found[:1])  # what stands before the first value has not been remembered
    for at in [at for at, part in enumerate(found) if part is None]:
        before = found[at - 1] if at else None
        found[at] = _parse_value_fragment(values[at], names, before.last_index if before else None)
    parts = cast(list[_ParsedFragment], found)
    parts.append(_parse_last_fragment(rest, names, parts[-1].last_index if parts else None))
    afters, firsts, lasts, places, down, across, unsaid, styles, numbers, texts, others = zip(*parts, strict=True)
    # As all honest programs write: in order, and what follows a cell in its row is of this row.
    if not (all(map(lt, lasts, firsts[1:])) and all(map(le, afters[1:], lasts))):
        _check_places(afters, lasts, places)
    written = sum(map(len, places))
    require(written <= most, "file.expands")
    return SheetRows(
        indexes=lasts[:-1],
        styles=styles[:-1],
        text_numbers=numbers[:-1],
        texts=dict(filter(None, texts)),
        other_cells=list(filter(None, others)),
        false_blanks=dict(chain.from_iterable(filter(None, unsaid))),
        merged=merged,
        written_cells=written,
        allocated_cells=allocated_cells(max(down) + 1, max(across) + 1),
    )


def _check_places(
    afters: Sequence[CellIndex], lasts: Sequence[CellIndex], places: Sequence[Sequence[CellIndex]]
) -> None:
    """Raise UnsafeError where a cell follows another in its row but is of another row, or an address stands twice."""
    rows = [last - last % ROW_STRIDE for last in lasts]
    require(all(after in (-1, row) for after, row in zip(afters[1:], rows, strict=False)), "file.address")
    every = list(chain.from_iterable(places))
    require(len(set(every)) == len(every), "file.address")  # which of two is meant?


# --- piece by piece -------------------------------------------------------------------------------------------------

_REFERENCE = r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);"
_FORBIDDEN = rb"\x00-\x08\x0b\x0c\x0e-\x1f"
_VALUE_PATTERNS = {
    "s": re.compile(rb"[0-9]{0,9}+"),  # calamine reads what is no number as that of the first text
    "b": re.compile(rb"[01]|true|false|"),
    "str": re.compile(rb"(?:[^<&%b]|%b)*+" % (_FORBIDDEN, _REFERENCE.encode())),
    "inlineStr": re.compile(rb"[^%b]*+" % _FORBIDDEN),
}
_TEXT_DECODERS = {"str": decode_text, "inlineStr": item_text}
# calamine takes the last part of a number around a comment, the first before an entity.
_OTHER_VALUE = re.compile(rb"[^<>&\"']*+")
_FORMULA = re.compile(rf"(?:[^<&]|{_REFERENCE}|{CDATA})*+")


def _parse_value_fragment(xml: bytes, names: _PrefixSyntax, before: CellIndex | None) -> _ParsedFragment:
    """What ends in a value, behind that of the cell ``before`` or before all. Raises UnsafeError, _LongwindedError."""
    in_cell = xml.endswith(names.inline_end)
    at = xml.rfind(names.inline_start if in_cell else names.value_start)
    match = (names.inline_pattern if in_cell else names.value_pattern).fullmatch(xml, max(at, 0))
    if not match:
        raise _SpacedEndTagError
    skeleton, value = xml[:at], match[1]
    known = names.first_fragments if before is None else names.middle_fragments
    piece, relative = known.get(skeleton), False
    if not piece:
        way = _parse_tags(skeleton, names.element_names, before)
        piece, relative = way.before_a_value(), way.relative
        if not relative:
            known.store(skeleton, piece)
    part = _attach_value(*piece, value, in_cell)
    if (
        relative
        or before is None
        or (piece.markup.cell_type == "n" and value and not names.seen_numbers.seen_before(xml))
    ):
        return part
    return names.fragments.store(xml, part)


def _attach_value(part: _ParsedFragment, held: CellMarkup, value: bytes, in_cell: bool) -> _ParsedFragment:
    """The part with a value at its end, or a text within its cell. Raises UnsafeError where it cannot be one."""
    require(in_cell == (held.cell_type == "inlineStr"), "file.unreadable")
    require(_VALUE_PATTERNS.get(held.cell_type, _OTHER_VALUE).fullmatch(value) is not None, "file.unreadable")
    number, text, other = -1, "", None
    if held.cell_type == "s" and value:
        number = int(value)
    elif held.cell_type in _TEXT_DECODERS and not held.picture:
        text = _decode_cell_text(value, _TEXT_DECODERS[held.cell_type])
        other = (part.last_index, held, value) if in_cell and b"rPr" in value else None  # its runs may look different
    elif value:
        other = (part.last_index, held, value)
    code = _false_blank_code(held, value)
    unsaid = (*part.false_blanks, (part.last_index, code)) if code else part.false_blanks
    within = (part.last_index, text) if text else None
    return _ParsedFragment(
        part.row_start,
        part.first_index,
        part.last_index,
        part.indexes,
        part.last_row,
        part.last_column,
        unsaid,
        held.style,
        number,
        within,
        other,
    )


def _decode_cell_text(value: bytes, read: Callable[[bytes], str]) -> str:
    """The text that stands in a cell. Raises UnsafeError."""
    try:
        return read(value)
    except ValueError:
        raise UnsafeError("file.unreadable") from None


def _false_blank_code(held: CellMarkup, value: bytes) -> str:
    """The code of what reads as blank, but is not."""
    if held.picture:
        return CELL_PICTURE
    if held.cell_type == "e":
        return CELL_ERROR
    # openpyxl writes an empty result behind a formula; only that of a text formula is one.
    return CELL_UNCACHED if held.formula and held.cell_type != "str" and not value.strip() else ""


def _parse_last_fragment(xml: bytes, names: _PrefixSyntax, before: CellIndex | None) -> _ParsedFragment:
    """What stands behind the last value, that of the cell ``before``. Raises UnsafeError, _LongwindedError."""
    if before is not None and (known := names.last_fragments.get(xml)):
        return known
    way = _parse_tags(xml, names.element_names, before)
    part = way.at_the_end()
    return part if way.relative or before is None else names.last_fragments.store(xml, part)


def _parse_tags(xml: bytes, kinds: Mapping[str, str], before: CellIndex | None) -> _FragmentParser:
    way = _FragmentParser(kinds, before)
    try:
        for tag in parse_tags(xml):
            way.take_tag(tag)
    except UnsupportedXmlError:
        raise UnsafeError("file.unreadable") from None
    return way


# --- tag by tag -----------------------------------------------------------------------------------------------------

_AMONG_ROWS, _IN_ROW, _IN_CELL, _IN_FORMULA = range(4)
_END_TAGS = {_IN_ROW: "row", _IN_CELL: "c", _IN_FORMULA: "f"}
_CELL_TYPES = {"n", "s", "str", "b", "e", "d", "inlineStr"}
_CONTENT, _INLINE_CONTENT = {"", "f", "v", "fv"}, {"", "is"}  # a formula and its value, in this order; a text within
_LETTERS, _ROW_NUMBER = re.compile("[A-Z]{1,3}"), re.compile("[1-9][0-9]{0,6}")
_AFTER_ALL_ROWS, _NOWHERE = _LAST_ROW * ROW_STRIDE, -1


class _FragmentParser:
    """The way through a piece: where it has come to, and what it has come by.

    ``relative``: whether the piece leaves out an address, and so means another cell in another place.
    """

    def __init__(self, kinds: Mapping[str, str], before: CellIndex | None) -> None:
        self.relative = False
        self._element_names = kinds
        self._depth = _AMONG_ROWS if before is None else _IN_CELL
        row, column = (-1, -1) if before is None else divmod(before, ROW_STRIDE)
        self._row, self._column = row + 1, column + 1  # from 1
        self._row_start = -1
        self._row_begun = False  # whether a row has begun
        self._indexes: list[CellIndex] = []
        self._false_blanks: list[tuple[CellIndex, str]] = []
        self._last_row = self._last_column = -1
        # of the cell
        self._attributes: dict[str, str] = {}
        self._content = "" if before is None else "v"
        self._picture = False

    def take_tag(self, tag: XmlTag) -> None:
        """One tag further. Raises UnsafeError, _LongwindedError."""
        kind = self._element_names.get(tag.name, "")
        if tag.closing:
            self._end(kind)
        else:
            self._begin(kind, tag)
        if self._depth == _IN_FORMULA:
            require(_FORMULA.fullmatch(tag.text) is not None, "file.unreadable")
            self._picture = DISPIMG in tag.text.upper()
        else:
            require(tag.blank, "file.unreadable")

    def before_a_value(self) -> _FragmentBeforeValue:
        """What has been come by before a value. Raises UnsafeError where none may come."""
        require(self._depth == _IN_CELL and bool(self._indexes), "file.unreadable")
        kind, formula = self._attributes.get("t", "n"), self._content == "f"
        self._content += "v"
        self._check_content({"v"} if kind == "inlineStr" else _CONTENT)
        held = CellMarkup(kind, formula, self._attributes.get("s"), self._attributes.get("vm"), self._picture)
        return _FragmentBeforeValue(self._fragment(self._indexes[-1]), held)

    def at_the_end(self) -> _ParsedFragment:
        """What has been come by at the end of the rows. Raises UnsafeError where this is not the end."""
        require(self._depth == _AMONG_ROWS, "file.unreadable")
        return self._fragment(_NOWHERE)

    def _fragment(self, last: CellIndex) -> _ParsedFragment:
        places = tuple(self._indexes)
        ordered = all(map(lt, places, places[1:]))
        return _ParsedFragment(
            row_start=self._row_start,
            first_index=_NOWHERE if not ordered else places[0] if places else _AFTER_ALL_ROWS,
            last_index=last,
            indexes=places,
            last_row=self._last_row,
            last_column=self._last_column,
            false_blanks=tuple(self._false_blanks),
        )

    def _begin(self, kind: str, tag: XmlTag) -> None:
        attributes = parse_attributes(tag.attributes)
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
                raise _SpacedEndTagError
            self._content += kind
            self._depth = _IN_CELL if tag.closed else _IN_FORMULA
        else:
            raise UnsafeError("file.unreadable")

    def _end(self, kind: str) -> None:
        require(kind == _END_TAGS.get(self._depth), "file.unreadable")
        if kind == "c" and self._indexes:
            self._end_cell()
        elif kind == "c":  # of the value before the piece
            require(self._content == "v", "file.unreadable")
        self._depth -= 1

    def _begin_row(self, number: str | None) -> None:
        require(number is None or _ROW_NUMBER.fullmatch(number) is not None, "file.address")
        self.relative |= number is None
        self._row, self._column = self._row + 1 if number is None else int(number), 0
        self._row_begun = True
        require(self._row <= _LAST_ROW, "file.address")

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        digits = str(self._row)
        self.relative |= address is None
        require(address is None or address.endswith(digits), "file.address")
        self._column = self._column + 1 if address is None else _column_from_letters(address.removesuffix(digits))
        require(self._column <= ROW_STRIDE, "file.address")
        if not self._row_begun:
            self._row_start = (self._row - 1) * ROW_STRIDE
        self._indexes.append((self._row - 1) * ROW_STRIDE + self._column - 1)
        self._attributes, self._content, self._picture = attributes, "", False
        require(attributes.get("t", "n") in _CELL_TYPES, "file.unreadable")

    def _end_cell(self) -> None:
        """A cell without a value, or with an empty one."""
        kind = self._attributes.get("t")
        self._check_content(_INLINE_CONTENT if kind == "inlineStr" else _CONTENT)
        if self._picture:
            self._false_blanks.append((self._indexes[-1], CELL_PICTURE))
        elif kind == "e":
            self._false_blanks.append((self._indexes[-1], CELL_ERROR))
        elif self._content == "f" or (self._content == "fv" and kind != "str"):
            self._false_blanks.append((self._indexes[-1], CELL_UNCACHED))

    def _check_content(self, allowed: Collection[str]) -> None:
        require(self._content in allowed, "file.unreadable")
        if self._content or self._attributes.get("t") == "e":
            self._last_row, self._last_column = (
                max(self._last_row, self._row - 1),
                max(self._last_column, self._column - 1),
            )
            allocated_cells(self._last_row + 1, self._last_column + 1)


@lru_cache(1_000)
def _column_from_letters(letters: str) -> int:
    """The number of a column from 1. What is none is remembered nowhere, for it may be as long as a file."""
    require(_LETTERS.fullmatch(letters) is not None, "file.address")
    return column_number(letters) + 1
