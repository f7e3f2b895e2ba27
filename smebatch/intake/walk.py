"""Walk through a sheet of an .xlsx with a parser before a reader does, and refuse what readers would read differently.

Of two values in a cell, or of two cells of one address, each takes its own; calamine takes the last part of a number
around a comment, the first before an entity. No honest program writes such things; but formulas, which nobody reads,
stand in CDATA where Apache POI has saved a workbook. What calamine leaves unsaid is noted on the way: which cells that
read as blank hold an error value or a formula without a result.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from xml.parsers import expat

from smebatch.intake.address import WIDTH, Place, column_number
from smebatch.intake.safety import UnsafeError, area, unless, unless_utf_8
from smebatch.intake.unsaid import ERROR, UNCACHED, Unsaid

_ROWS, _ROW, _CELL, _PART = 2, 3, 4, 5  # how deep in the part they stand
_LAST_ROW = 1_048_576
_KINDS = {None, "n", "s", "str", "b", "e", "d", "inlineStr"}
_HOLDS, _HOLDS_TEXT = {"", "f", "v", "fv"}, {"", "is"}  # a formula and its value, in this order; a text within
_VALUES = {
    "s": re.compile(rb"[0-9]{0,9}"),  # calamine reads what is no number as that of the first text
    "b": re.compile(rb"[01]|true|false|"),
    "str": re.compile(rb"[^<]*"),
}
_VALUE = re.compile(rb"[^<>&\"']*")
_LETTERS, _NUMBER = re.compile("[A-Z]{1,3}"), re.compile("[1-9][0-9]{0,6}")


class Walked(NamedTuple):
    """How many cells a sheet writes, how many a reader allots for it, and which of them read as blank but are not."""

    written: int
    allotted: int
    unsaid: Unsaid


def walk(xml: bytes, most: int) -> Walked:
    """Walk through the part of a sheet, which may write so many cells. Raises UnsafeError."""
    unless_utf_8(xml)
    way = _Way(xml, most)
    try:
        way.parser.Parse(xml, True)
    except expat.ExpatError:
        raise UnsafeError("file.unreadable") from None
    return Walked(len(way.places), area(way.rows, way.columns), way.unsaid)


class _Way:
    """What the parser has come by: the last row and column that hold something, and what is left unsaid."""

    def __init__(self, xml: bytes, most: int) -> None:
        self.rows = self.columns = 0
        self.places: set[Place] = set()
        self.unsaid: Unsaid = {}
        self.parser = expat.ParserCreate("UTF-8")  # calamine knows no other
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self._xml = xml
        self._most = most
        self._depth = 0
        self._tags: dict[str, str] = {}  # within the rows: what an element is by its name
        self._rows_begin = self._value_begins = 0
        self._row = self._column = 0
        self._digits = ""  # of the row
        self._at: Place = 0
        self._kind: str | None = None  # of the cell
        self._holds = ""
        self._result = False
        self._in_formulas = 0  # beginnings of CDATA

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        depth = self._depth = self._depth + 1
        if not self._tags:
            if name.rpartition(":")[2] == "sheetData":
                self._start_rows(name)
            return
        tag = self._tags.get(name, "")
        if depth == _CELL and tag == "c":
            self._start_cell(attributes)
        elif depth == _ROW and tag == "row":
            self._start_row(attributes.get("r"))
        elif depth == _PART and tag in ("f", "v", "is"):
            self._holds += tag
            self._value_begins = self.parser.CurrentByteIndex
        else:
            unless(depth > _PART and self._holds == "is", "file.unreadable")

    def _end(self, _name: str) -> None:
        depth = self._depth
        self._depth -= 1
        if not self._tags or depth == _ROW:
            return
        if depth == _CELL:
            self._end_cell()
        elif depth == _PART and self._holds.endswith("v"):
            self._end_value()
        elif depth == _PART and self._holds == "f":
            self._in_formulas += self._xml.count(b"<![CDATA[", self._value_begins, self.parser.CurrentByteIndex)
        elif depth == _ROWS:
            self._end_rows()

    def _start_rows(self, name: str) -> None:
        unless(self._depth == _ROWS and not self._rows_begin, "file.unreadable")  # one reader takes the first, one all
        prefix = name.removesuffix("sheetData")
        self._tags = {prefix + tag: tag for tag in ("row", "c", "f", "v", "is")}
        self._rows_begin = self.parser.CurrentByteIndex

    def _end_rows(self) -> None:
        rows = self._rows_begin, self.parser.CurrentByteIndex
        odd = self._xml.count(b"<!", *rows) - self._in_formulas  # comments, and CDATA where values are
        unless(not odd and self._xml.find(b"<?", *rows) < 0, "file.unreadable")
        self._tags = {}

    def _start_row(self, number: str | None) -> None:
        unless(number is None or _NUMBER.fullmatch(number) is not None, "file.address")
        self._row, self._column = self._row + 1 if number is None else int(number), 0
        self._digits = str(self._row)
        unless(self._row <= _LAST_ROW, "file.address")
        unless(len(self.places) <= self._most, "file.expands")

    def _start_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        unless(address is None or address.endswith(self._digits), "file.address")
        self._column = self._column + 1 if address is None else _column(address.removesuffix(self._digits))
        self._at = (self._row - 1) * WIDTH + self._column - 1
        unless(self._column <= WIDTH and self._at not in self.places, "file.address")  # which of two is meant?
        self.places.add(self._at)
        self._kind, self._holds, self._result = attributes.get("t"), "", False
        unless(self._kind in _KINDS, "file.unreadable")

    def _end_value(self) -> None:
        tagged = self._xml[self._value_begins : self.parser.CurrentByteIndex]
        value = tagged[tagged.find(b">") + 1 :]
        unless(_VALUES.get(self._kind or "", _VALUE).fullmatch(value) is not None, "file.unreadable")
        # openpyxl writes an empty result behind a formula; only that of a text formula is one.
        self._result = self._kind == "str" or bool(value.strip())

    def _end_cell(self) -> None:
        unless(self._holds in (_HOLDS_TEXT if self._kind == "inlineStr" else _HOLDS), "file.unreadable")
        if not self._holds and self._kind != "e":
            return
        if self._row > self.rows or self._column > self.columns:
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)
            area(self.rows, self.columns)
        if self._kind == "e":
            self.unsaid[self._at] = ERROR
        elif self._holds.startswith("f") and not self._result:
            self.unsaid[self._at] = UNCACHED


@lru_cache(1_000)
def _column(letters: str) -> int:
    """The number of a column from 1. What is none is remembered nowhere, for it may be as long as a file."""
    unless(_LETTERS.fullmatch(letters) is not None, "file.address")
    return column_number(letters) + 1
