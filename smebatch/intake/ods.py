"""What calamine does not tell of an OpenDocument spreadsheet, from its content."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from smebatch.intake.address import WIDTH
from smebatch.intake.beyond import Beyond
from smebatch.intake.unsaid import ERROR, UNCACHED, Unsaid

_ODF_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ODF_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_CALC_EXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"


def beyond_ods(parts: Mapping[str, bytes]) -> dict[str, Beyond]:
    """The same of an OpenDocument spreadsheet."""
    tables = list(ElementTree.fromstring(parts["content.xml"]).iter(f"{_ODF_TABLE}table"))
    return {
        table.get(f"{_ODF_TABLE}name", ""): Beyond(_unsaid_in(table)) for table in reversed(tables)
    }  # the first counts


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
