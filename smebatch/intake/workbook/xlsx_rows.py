"""Reads the rows of an .xlsx sheet as strictly as a parser, at the speed of looking fragments up in a cache.

The rows are cut at their values. The fragment between two values is the same to the byte in most files that a program
saves of one form: so each fragment is parsed once, tag by tag, and cached. Therefore it does not matter in which order
a program writes attributes, whether it indents, or which prefix it uses.

Whatever readers would read differently is refused: two values in a cell, two cells of one address, a cell of another
row, comments among the rows. No honest program writes such things.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from operator import le, lt
from typing import NamedTuple, cast
from xml.parsers import expat

from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, CellRange, parse_range
from smebatch.intake.workbook.blank_cells import FalseBlanks
from smebatch.intake.workbook.bounded_cache import cached_by_content
from smebatch.intake.workbook.xlsx_fragment_parser import NOWHERE, OtherCell, ParsedFragment, SpacedEndTagError
from smebatch.intake.workbook.xlsx_fragments import (
    PrefixSyntax,
    parse_last_fragment,
    parse_value_fragment,
    prefix_syntax,
)
from smebatch.intake.workbook.zip_safety import SharedPart, UnsafeError, allocated_cells, require, require_utf_8

_MIN_CELL_BYTES, _MAX_CELL_TAGS = 4, 8  # of a cell with its row
_WHITE_SPACE = b" \t\r\n"


class SheetRows(NamedTuple):
    """The rows of a sheet. The first three fields go together, one entry for each cell with a value.

    ``indexes``: where the cells stand. ``styles``: the styles they name. ``text_numbers``: the numbers of their shared
    strings, -1 for other values. ``texts``: texts that cells hold themselves. ``other_cells``: cells with other values,
    or with texts in runs. ``merged``: the ranges of merged cells. ``written_cells``: the number of cells written in the
    file, blank ones too. ``allocated_cells``: the number of cells a reader allocates, up to the last one.
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
    """Read the rows of a sheet's part, which may write ``most`` cells. Raises UnsafeError."""
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
        _feed(expat.ParserCreate("UTF-8"), xml, last=True)
        return _NO_ROWS
    root = _check_head(xml[: begin.end()], begin[1])
    if begin[2]:
        _merged_ranges(root, xml[begin.end() :])
        return _NO_ROWS
    syntax = prefix_syntax(begin[1])
    end = xml.rfind(syntax.rows_end)
    require(end >= begin.end(), "file.unreadable")
    tail = xml.find(b">", end) + 1
    require(not xml[end + len(syntax.rows_end) : tail].strip(_WHITE_SPACE + b">"), "file.unreadable")
    merged = _merged_ranges(root, xml[tail:])
    rows = xml[begin.end() : end]
    if len(rows) > _MIN_CELL_BYTES * most:  # there may be too many cells, so they are counted first
        require(rows.count(syntax.cell_start) <= most and rows.count(b"<") <= _MAX_CELL_TAGS * most, "file.expands")
    try:
        return _parse_rows(rows, syntax, most, merged)
    except SpacedEndTagError:
        rows = syntax.spaced_end_tag.sub(rb"\1>", rows)
    try:
        return _parse_rows(rows, syntax, most, merged)
    except SpacedEndTagError:
        raise UnsafeError("file.unreadable") from None


# --- before and behind the rows -------------------------------------------------------------------------------------

_BEGIN = re.compile(rb"<((?:[^\s<>/:=\"'&!?]{1,40}:)?)sheetData(?:\s[^<>]*?)?(/?)>")


@cached_by_content
def _check_head(head: bytes, prefix: bytes) -> bytes:
    """Check a part up to the tag that begins the rows, with which ``head`` ends. Return the name of its root element.

    Raises UnsafeError.
    """
    require_utf_8(head)
    path: list[str] = []
    parser = expat.ParserCreate("UTF-8")  # the only encoding that calamine knows
    parser.StartElementHandler = lambda name, _: path.append(name)
    parser.EndElementHandler = lambda _: path.pop()
    _feed(parser, head.removesuffix(b"/>") + b">" if head.endswith(b"/>") else head, last=False)
    require(path[1:] == [prefix.decode() + "sheetData"], "file.unreadable")  # right below the root, in no comment
    return path[0].encode()


@cached_by_content
def _merged_ranges(root: bytes, tail: bytes) -> tuple[CellRange, ...]:
    """The ranges of merged cells, from what follows the rows. Raises UnsafeError where that is broken, or more rows."""
    require(b"sheetData" not in tail, "file.unreadable")  # of two sets of rows some readers take the first, some both
    found: list[CellRange | None] = []

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        if name.endswith("mergeCell"):
            found.append(parse_range(attributes.get("ref", "")))

    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler = begin if b"mergeCell" in tail else None
    _feed(parser, b"<%b>%b" % (root, tail), last=True)
    return tuple(filter(None, found))


def _feed(parser: expat.XMLParserType, xml: bytes, *, last: bool) -> None:
    try:
        parser.Parse(xml, last)
    except expat.ExpatError:
        raise UnsafeError("file.unreadable") from None


# --- the rows -------------------------------------------------------------------------------------------------------


def _parse_rows(rows: bytes, syntax: PrefixSyntax, most: int, merged: Sequence[CellRange]) -> SheetRows:
    # An inline text ends a fragment as a value does.
    *values, rest = rows.replace(syntax.inline_end, syntax.inline_end + syntax.value_end).split(syntax.value_end)
    cached = list(map(syntax.fragments.get, values))
    cached[:1] = [None] * len(cached[:1])  # the first fragment is never in this cache
    for number in [number for number, fragment in enumerate(cached) if fragment is None]:
        before = cached[number - 1] if number else None
        cached[number] = parse_value_fragment(values[number], syntax, before.last_index if before else None)
    fragments = cast(list[ParsedFragment], cached)
    fragments.append(parse_last_fragment(rest, syntax, fragments[-1].last_index if fragments else None))
    row_starts, firsts, lasts, indexes, last_rows, last_columns, false_blanks, styles, numbers, texts, others = zip(
        *fragments, strict=True
    )
    # All honest programs write cells in order, and the cells that follow a value belong to its row.
    if firsts[0] == NOWHERE or not (all(map(lt, lasts, firsts[1:])) and all(map(le, row_starts[1:], lasts))):
        _check_places(row_starts, lasts, indexes)
    written = sum(map(len, indexes))
    require(written <= most, "file.expands")
    return SheetRows(
        indexes=lasts[:-1],
        styles=styles[:-1],
        text_numbers=numbers[:-1],
        texts=dict(filter(None, texts)),
        other_cells=list(filter(None, others)),
        false_blanks=dict(chain.from_iterable(filter(None, false_blanks))),
        merged=merged,
        written_cells=written,
        allocated_cells=allocated_cells(max(last_rows) + 1, max(last_columns) + 1),
    )


def _check_places(
    row_starts: Sequence[CellIndex], lasts: Sequence[CellIndex], indexes: Sequence[Sequence[CellIndex]]
) -> None:
    """Raise UnsafeError where a cell follows another in its row but is of another row, or an address comes twice."""
    rows = [last - last % ROW_STRIDE for last in lasts]
    require(all(start in (-1, row) for start, row in zip(row_starts[1:], rows, strict=False)), "file.address")
    every = list(chain.from_iterable(indexes))
    require(len(set(every)) == len(every), "file.address")  # readers would choose differently
