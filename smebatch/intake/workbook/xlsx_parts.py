"""Which part of an .xlsx holds which sheet, and how to tell by a search of its bytes whether a sheet holds a text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from defusedxml import ElementTree

from smebatch.intake.workbook.bounded_cache import cached_by_content
from smebatch.intake.workbook.zip_safety import require, shared_strings_part

_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_REL = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
MAX_SAME_TEXTS = 10  # shared strings of one text; no honest program shares a text twice


@cached_by_content
def sheet_parts(workbook: bytes, relations: bytes) -> dict[str, str]:
    """Sheet name → part name. Of two sheets of one name the first counts, as calamine reads it.

    Raises UnsafeError where names are written in capitals or without their namespace, which readers take differently.
    """
    targets = {node.get("Id"): node.get("Target", "") for node in ElementTree.fromstring(relations)}
    sheets: dict[str, str] = {}
    for node in ElementTree.fromstring(workbook).iterfind("{*}sheets/{*}sheet"):
        target = targets.get(node.get(_REL) or node.get(_STRICT_REL), "")
        require("name" in node.attrib and target != "" and node.tag.startswith("{"), "file.unusual")
        sheets.setdefault(node.attrib["name"], target[1:] if target.startswith("/") else f"xl/{target}")
    return sheets


def search_patterns(text: str, parts: Mapping[str, bytes]) -> list[bytes] | None:
    """Byte strings of which a sheet's part holds at least one where a cell may contain the text.

    A sheet holds a text itself, or its number among the shared strings; so a sheet that holds the number as a number
    is found as well. None where the shared strings are written in a way that a search of bytes cannot follow.
    """
    shared, needle = shared_strings_part(parts), text.encode()
    if shared is None:
        shared = b"<si>"
    if b"<si>" not in shared or b"<si " in shared or shared.count(needle) > MAX_SAME_TEXTS:
        return None
    numbers = [shared.count(b"<si>", 0, found.start()) - 1 for found in re.finditer(re.escape(needle), shared)]
    return [needle, *(b">%d<" % number for number in numbers)]
