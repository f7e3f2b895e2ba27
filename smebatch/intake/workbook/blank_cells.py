"""What calamine leaves unsaid: which cells that read as blank hold an error value or a formula without a result."""

from __future__ import annotations

import re
from collections.abc import Mapping

from defusedxml import ElementTree

from smebatch.intake.workbook.address import CellIndex
from smebatch.intake.workbook.bounded_cache import cached_by_content
from smebatch.intake.workbook.zip_safety import require, shared_strings_part

CELL_ERROR, CELL_UNCACHED = "cell.error", "cell.uncached"
CELL_PICTURE = "cell.picture"  # one that stands in the cell itself
DISPIMG = "DISPIMG("  # how WPS calls it: a function that no other program knows

FalseBlanks = Mapping[CellIndex, str]
"""Cells that read as blank (or as 0 of a formula) but are not: where → what they are. Sheets alike share one."""


_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_REL = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@cached_by_content
def sheet_parts(workbook: bytes, relations: bytes) -> dict[str, str]:
    """Sheet name → part name of an OOXML workbook. Of two sheets of one name the first, as calamine reads it.

    Raises UnsafeError where it is not written as it has to be: in capitals, or without its namespace.
    """
    targets = {node.get("Id"): node.get("Target", "") for node in ElementTree.fromstring(relations)}
    sheets: dict[str, str] = {}
    for node in ElementTree.fromstring(workbook).iterfind("{*}sheets/{*}sheet"):
        target = targets.get(node.get(_REL) or node.get(_STRICT_REL), "")
        require("name" in node.attrib and target != "" and node.tag.startswith("{"), "file.unusual")
        sheets.setdefault(node.attrib["name"], target[1:] if target.startswith("/") else f"xl/{target}")
    return sheets


MAX_SAME_TEXTS = 10  # texts that say the same; no honest program shares a text twice


def search_patterns(text: str, parts: Mapping[str, bytes]) -> list[bytes] | None:
    """What a sheet of an OOXML workbook holds where a cell of this text may stand; None where a scan cannot tell.

    A sheet holds its texts itself, or by their number in the shared ones; it may as well hold the number as a number.
    """
    shared, needle = shared_strings_part(parts), text.encode()
    if shared is None:
        shared = b"<si>"
    if b"<si>" not in shared or b"<si " in shared or shared.count(needle) > MAX_SAME_TEXTS:
        return None
    numbers = [shared.count(b"<si>", 0, found.start()) - 1 for found in re.finditer(re.escape(needle), shared)]
    return [needle, *(b">%d<" % number for number in numbers)]
