"""Parses a fragment of the rows of an .xlsx sheet tag by tag: the slow way, taken once for each distinct fragment.

A fragment is what stands between two values: the end of a cell, blank cells, ends and beginnings of rows, and the
beginning of a cell with its formula.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from operator import lt
from typing import NamedTuple

from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, column_number
from smebatch.intake.workbook.blank_cells import CELL_ERROR, CELL_PICTURE, CELL_UNCACHED, DISPIMG
from smebatch.intake.workbook.xml_tags import (
    CDATA,
    REFERENCE,
    UnsupportedXmlError,
    XmlTag,
    parse_attributes,
    parse_tags,
)
from smebatch.intake.workbook.zip_safety import UnsafeError, allocated_cells, require

_LAST_ROW = 1_048_576


class CellMarkup(NamedTuple):
    """What the tags of a cell say about its value.

    ``cell_type``: n, s, str, b, e, d or inlineStr. ``formula``: whether a formula comes before the value. ``style``:
    the number of the cell's style. ``rich_value``: the number of a value that only today's Excel knows. ``picture``:
    whether the formula is a picture of WPS.
    """

    cell_type: str
    formula: bool
    style: str | None
    rich_value: str | None = None
    picture: bool = False


OtherCell = tuple[CellIndex, CellMarkup, bytes]
"""A cell whose value is not a plain text: where it stands, what its tags say, and the value as it is written."""


class ParsedFragment(NamedTuple):
    """A fragment and the value it ends with, or what follows the last value.

    ``row_start``: the first index of the row that the value before the fragment must be in, for cells follow it in its
    row; -1 where none do. ``first_index``, ``last_index``: of the cells in the fragment, all of them in ``indexes``;
    the last cell holds the value. Where they are not in order, ``first_index`` is NOWHERE; so is ``last_index`` where
    there is no value. ``last_row``, ``last_column``: the largest, from 0, of cells that hold something. The others
    describe the value, as in SheetRows.
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


class FragmentBeforeValue(NamedTuple):
    """A fragment whose value is not known yet, and what the tags of the cell say about the value."""

    fragment: ParsedFragment
    markup: CellMarkup


class SpacedEndTagError(Exception):
    """A value begins where none can: perhaps the end tag of the value before is written with white space."""


_AMONG_ROWS, _IN_ROW, _IN_CELL, _IN_FORMULA = range(4)
_END_TAGS = {_IN_ROW: "row", _IN_CELL: "c", _IN_FORMULA: "f"}
_CELL_TYPES = {"n", "s", "str", "b", "e", "d", "inlineStr"}
_CONTENT, _INLINE_CONTENT = {"", "f", "v", "fv"}, {"", "is"}  # a formula comes before its value
_LETTERS, _ROW_NUMBER = re.compile("[A-Z]{1,3}"), re.compile("[1-9][0-9]{0,6}")
_FORMULA = re.compile(rf"(?:[^<&]|{REFERENCE}|{CDATA})*+")
_AFTER_ALL_ROWS, NOWHERE = _LAST_ROW * ROW_STRIDE, -1


def parse_fragment(xml: bytes, element_names: Mapping[str, str], before: CellIndex | None) -> FragmentParser:
    """Parse the tags of a fragment behind the value of the cell ``before``, or before all values where that is None.

    ``element_names``: the name of an element without its prefix, by the name as it is written. Raises UnsafeError,
    SpacedEndTagError.
    """
    parser = FragmentParser(element_names, before)
    try:
        for tag in parse_tags(xml):
            parser.take_tag(tag)
    except UnsupportedXmlError:
        raise UnsafeError("file.unreadable") from None
    return parser


class FragmentParser:
    """The state of parsing: how deep in the elements it is, and the cells it has met.

    ``relative``: whether the fragment leaves out an address, so that the same bytes mean other cells elsewhere.
    """

    def __init__(self, element_names: Mapping[str, str], before: CellIndex | None) -> None:
        self.relative = False
        self._element_names = element_names
        self._depth = _AMONG_ROWS if before is None else _IN_CELL
        row, column = (-1, -1) if before is None else divmod(before, ROW_STRIDE)
        self._row, self._column = row + 1, column + 1  # from 1
        self._row_start = -1
        self._row_begun = False  # whether a row has begun within the fragment
        self._indexes: list[CellIndex] = []
        self._false_blanks: list[tuple[CellIndex, str]] = []
        self._last_row = self._last_column = -1
        # Of the cell that is open:
        self._attributes: dict[str, str] = {}
        self._content = "" if before is None else "v"  # its elements so far: f, v, is
        self._picture = False

    def take_tag(self, tag: XmlTag) -> None:
        """Parse one more tag. Raises UnsafeError, SpacedEndTagError."""
        name = self._element_names.get(tag.name, "")
        if tag.closing:
            self._end(name)
        else:
            self._begin(name, tag)
        if self._depth == _IN_FORMULA:
            require(_FORMULA.fullmatch(tag.text) is not None, "file.unreadable")
            self._picture = DISPIMG in tag.text.upper()
        else:
            require(tag.blank, "file.unreadable")

    def before_a_value(self) -> FragmentBeforeValue:
        """The fragment up to a value. Raises UnsafeError where no value may follow."""
        require(self._depth == _IN_CELL and bool(self._indexes), "file.unreadable")
        cell_type, formula = self._attributes.get("t", "n"), self._content == "f"
        self._content += "v"
        self._check_content({"v"} if cell_type == "inlineStr" else _CONTENT)
        markup = CellMarkup(cell_type, formula, self._attributes.get("s"), self._attributes.get("vm"), self._picture)
        return FragmentBeforeValue(self._fragment(self._indexes[-1]), markup)

    def at_the_end(self) -> ParsedFragment:
        """The fragment up to the end of the rows. Raises UnsafeError where they do not end here."""
        require(self._depth == _AMONG_ROWS, "file.unreadable")
        return self._fragment(NOWHERE)

    def _fragment(self, last: CellIndex) -> ParsedFragment:
        indexes = tuple(self._indexes)
        ordered = all(map(lt, indexes, indexes[1:]))
        return ParsedFragment(
            row_start=self._row_start,
            first_index=NOWHERE if not ordered else indexes[0] if indexes else _AFTER_ALL_ROWS,
            last_index=last,
            indexes=indexes,
            last_row=self._last_row,
            last_column=self._last_column,
            false_blanks=tuple(self._false_blanks),
        )

    def _begin(self, name: str, tag: XmlTag) -> None:
        attributes = parse_attributes(tag.attributes)
        if self._depth == _AMONG_ROWS and name == "row":
            self._begin_row(attributes.get("r"))
            self._depth = _AMONG_ROWS if tag.closed else _IN_ROW
        elif self._depth == _IN_ROW and name == "c":
            self._begin_cell(attributes)
            self._depth = _IN_CELL
            if tag.closed:
                self._end_cell()
                self._depth = _IN_ROW
        elif self._depth == _IN_CELL and name in ("f", "v", "is"):
            if name != "f" and not tag.closed:
                raise SpacedEndTagError
            self._content += name
            self._depth = _IN_CELL if tag.closed else _IN_FORMULA
        else:
            raise UnsafeError("file.unreadable")

    def _end(self, name: str) -> None:
        require(name == _END_TAGS.get(self._depth), "file.unreadable")
        if name == "c" and self._indexes:
            self._end_cell()
        elif name == "c":  # the cell of the value before the fragment
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
        """End a cell without a value, or with an empty one."""
        cell_type = self._attributes.get("t")
        self._check_content(_INLINE_CONTENT if cell_type == "inlineStr" else _CONTENT)
        if self._picture:
            self._false_blanks.append((self._indexes[-1], CELL_PICTURE))
        elif cell_type == "e":
            self._false_blanks.append((self._indexes[-1], CELL_ERROR))
        elif self._content == "f" or (self._content == "fv" and cell_type != "str"):
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
    """The number of a column from 1. An invalid name raises, and so is not cached: it may be as long as a file."""
    require(_LETTERS.fullmatch(letters) is not None, "file.address")
    return column_number(letters) + 1
