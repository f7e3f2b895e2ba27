"""What calamine leaves unsaid: which cells that read as blank hold an error value or a formula without a result."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from smebatch.intake.address import WIDTH, Place
from smebatch.intake.safety import texts_part, unless
from smebatch.intake.shared import shared

ERROR, UNCACHED = "cell.error", "cell.uncached"

Unsaid = dict[Place, str]
"""Cells that read as blank (or as 0 of a formula) but are not: where → what they are."""


_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_REL = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@shared
def sheet_parts(workbook: bytes, relations: bytes) -> dict[str, str]:
    """Sheet name → part name of an OOXML workbook. Of two sheets of one name the first, as calamine reads it."""
    targets = {node.attrib["Id"]: node.attrib["Target"] for node in ElementTree.fromstring(relations)}
    sheets: dict[str, str] = {}
    for node in ElementTree.fromstring(workbook).iter():
        target = targets.get(node.attrib.get(_REL) or node.attrib.get(_STRICT_REL, ""), "")
        if node.tag.endswith("}sheet") and target:
            part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            sheets.setdefault(node.attrib["name"], part)
    return sheets


FEW = 10  # texts that say the same; no honest program shares a text twice


def marks_of(text: str, parts: Mapping[str, bytes]) -> list[bytes] | None:
    """What a sheet of an OOXML workbook holds where a cell of this text may stand; None where a scan cannot tell.

    A sheet holds its texts itself, or by their number in the shared ones; it may as well hold the number as a number.
    """
    shared, needle = texts_part(parts), text.encode()
    if shared is None:
        shared = b"<si>"
    if b"<si>" not in shared or b"<si " in shared or shared.count(needle) > FEW:
        return None
    numbers = [shared.count(b"<si>", 0, found.start()) - 1 for found in re.finditer(re.escape(needle), shared)]
    return [needle, *(b">%d<" % number for number in numbers)]


def unsaid_xls(data: bytes) -> dict[str, Unsaid]:
    """Error cells of a .xls, and formulas whose stored 0 may be none, by sheet. Raises UnsafeError."""
    import xlrd

    with xlrd.open_workbook(file_contents=data, on_demand=True, logfile=io.StringIO()) as book:
        stream, found = bytes(book.mem), {}
        for number, name in enumerate(book.sheet_names()):
            table = book.sheet_by_index(number)
            errors = {
                row * WIDTH + column: ERROR
                for row in range(table.nrows)
                for column, kind in enumerate(table.row_types(row))
                if kind == xlrd.XL_CELL_ERROR
            }
            found[name] = errors | dict.fromkeys(_doubtful_zeros(stream, book.base, number), UNCACHED)
        return found


_FORMULA_RECORD, _SHEET_RECORD, _END_RECORD = 0x06, 0x85, 0x0A
_CELL_RECORDS = {_FORMULA_RECORD, 0xD6, 0xFD, 0x201, 0x203, 0x204, 0x205, 0x27E}
_MANY_CELLS_RECORDS = {0xBD, 0xBE}  # numbers, or blanks, side by side; the last column stands at the end


def _doubtful_zeros(stream: bytes, base: int, number: int) -> Iterator[Place]:
    """Formulas of a worksheet that store 0: LibreOffice does so for any text in a cell formatted as a number.

    Raises UnsafeError where a cell stands twice: readers differ in which they take.
    """
    sheets = (body for kind, body in _records(stream, base) if kind == _SHEET_RECORD)
    starts = [int.from_bytes(body[:4], "little") for body in sheets if not body[5]]  # 0: a worksheet, not a chart
    seen: set[Place] = set()
    for kind, body in _records(stream, base + starts[number]):
        places = _places(kind, body)
        unless(seen.isdisjoint(places), "file.address")
        seen.update(places)
        if kind == _FORMULA_RECORD and not any(body[6:14]):
            yield places[0]


def _places(kind: int, body: bytes) -> range:
    """The cells a record holds."""
    row, first, last = (int.from_bytes(two, "little") for two in (body[:2], body[2:4], body[-2:]))
    if kind in _CELL_RECORDS:
        last = first
    elif kind not in _MANY_CELLS_RECORDS:
        return range(0)
    return range(row * WIDTH + first, row * WIDTH + last + 1)


def _records(stream: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    """The BIFF records from a position to the end of their part of the stream: kind and body."""
    kind = -1
    while kind != _END_RECORD and position + 4 <= len(stream):
        kind, size = (int.from_bytes(stream[i : i + 2], "little") for i in (position, position + 2))
        yield kind, stream[position + 4 : position + 4 + size]
        position += 4 + size


_ODF_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ODF_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_CALC_EXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"


def unsaid_ods(xml: bytes) -> dict[str, Unsaid]:
    """The same of an OpenDocument spreadsheet."""
    tables = list(ElementTree.fromstring(xml).iter(f"{_ODF_TABLE}table"))
    return {table.get(f"{_ODF_TABLE}name", ""): _unsaid_in(table) for table in reversed(tables)}  # the first counts


def _unsaid_in(table: Element) -> Unsaid:
    found: Unsaid = {}
    row_number = 0
    for row in table.iter(f"{_ODF_TABLE}table-row"):
        column = 0
        for cell in row:
            code = _ods_code(cell)
            repeated = int(cell.get(f"{_ODF_TABLE}number-columns-repeated", "1"))
            if code:
                found |= {row_number * WIDTH + column + i: code for i in range(min(repeated, WIDTH - column))}
            column += repeated
        row_number += int(row.get(f"{_ODF_TABLE}number-rows-repeated", "1"))
    return found


def _ods_code(cell: Element) -> str:
    if cell.get(f"{_CALC_EXT}value-type") == "error":
        return ERROR
    if cell.get(f"{_ODF_TABLE}formula") is None or cell.get(f"{_ODF_OFFICE}value-type") is not None:
        return ""
    # LibreOffice leaves the type out where the result is an empty text, and then writes an empty paragraph.
    return "" if len(cell) else UNCACHED
