"""Fragments of the rows of an .xlsx sheet, each parsed once and cached, as most files of a batch share them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from smebatch.intake.workbook.address import CellIndex
from smebatch.intake.workbook.blank_cells import CELL_ERROR, CELL_PICTURE, CELL_UNCACHED
from smebatch.intake.workbook.bounded_cache import CACHE_BYTES, BoundedCache, RecurrenceFilter
from smebatch.intake.workbook.shared_strings import decode_text, item_text
from smebatch.intake.workbook.xlsx_fragment_parser import (
    CellMarkup,
    FragmentBeforeValue,
    ParsedFragment,
    SpacedEndTagError,
    parse_fragment,
)
from smebatch.intake.workbook.xml_tags import ATTRIBUTES, REFERENCE
from smebatch.intake.workbook.zip_safety import UnsafeError, require


class PrefixSyntax(NamedTuple):
    """How the tags of rows are written with one namespace prefix, and the caches of fragments written so.

    ``element_names``: the plain names of elements by the names as written. ``fragments``: fragments with their value;
    numbers that few files share are kept out by ``seen_numbers``. ``first_fragments``, ``middle_fragments`` and
    ``last_fragments``: what stands before the first value, between two values, and behind the last.
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
    fragments: BoundedCache[ParsedFragment]
    seen_numbers: RecurrenceFilter
    first_fragments: BoundedCache[FragmentBeforeValue]
    middle_fragments: BoundedCache[FragmentBeforeValue]
    last_fragments: BoundedCache[ParsedFragment]


@lru_cache(4)
def prefix_syntax(prefix: bytes) -> PrefixSyntax:
    """The syntax of a namespace prefix, b'' or with its colon."""
    p, attributes = re.escape(prefix), ATTRIBUTES.encode()
    return PrefixSyntax(
        b"<%bv" % prefix,
        b"</%bv>" % prefix,
        b"</%bsheetData" % prefix,
        b"<%bc" % prefix,
        {prefix.decode() + name: name for name in ("row", "c", "f", "v", "is")},
        re.compile(rb"<%bv%b\s*+>(.*)" % (p, attributes), re.DOTALL),
        re.compile(rb"<%bis%b\s*+>(.*)</%bis>" % (p, attributes, p), re.DOTALL),
        re.compile(rb"(</%b(?:v|is))\s++>" % p),
        b"<%bis" % prefix,
        b"</%bis>" % prefix,
        BoundedCache(3 * CACHE_BYTES),
        RecurrenceFilter(),
        *(BoundedCache() for _ in range(3)),
    )


_FORBIDDEN = rb"\x00-\x08\x0b\x0c\x0e-\x1f"
_VALUE_PATTERNS = {
    "s": re.compile(rb"[0-9]{0,9}+"),  # calamine reads anything else as the number of the first text
    "b": re.compile(rb"[01]|true|false|"),
    "str": re.compile(rb"(?:[^<&%b]|%b)*+" % (_FORBIDDEN, REFERENCE.encode())),
    "inlineStr": re.compile(rb"[^%b]*+" % _FORBIDDEN),
}
_TEXT_DECODERS = {"str": decode_text, "inlineStr": item_text}
# Of a number that a comment interrupts calamine takes the last part, and the first part of one with a reference.
_OTHER_VALUE = re.compile(rb"[^<>&\"']*+")


def parse_value_fragment(xml: bytes, syntax: PrefixSyntax, before: CellIndex | None) -> ParsedFragment:
    """Parse a fragment that ends with a value, behind the value of the cell ``before``, or before all values.

    Raises UnsafeError, SpacedEndTagError.
    """
    inline = xml.endswith(syntax.inline_end)
    start = xml.rfind(syntax.inline_start if inline else syntax.value_start)
    match = (syntax.inline_pattern if inline else syntax.value_pattern).fullmatch(xml, max(start, 0))
    if not match:
        raise SpacedEndTagError
    skeleton, value = xml[:start], match[1]
    cache = syntax.first_fragments if before is None else syntax.middle_fragments
    parsed, relative = cache.get(skeleton), False
    if not parsed:
        parser = parse_fragment(skeleton, syntax.element_names, before)
        parsed, relative = parser.before_a_value(), parser.relative
        if not relative:
            cache.store(skeleton, parsed)
    fragment = _attach_value(*parsed, value, inline)
    rare_number = parsed.markup.cell_type == "n" and value and not syntax.seen_numbers.seen_before(xml)
    return fragment if relative or before is None or rare_number else syntax.fragments.store(xml, fragment)


def _attach_value(fragment: ParsedFragment, markup: CellMarkup, value: bytes, inline: bool) -> ParsedFragment:
    """The fragment with its value, or its inline text. Raises UnsafeError where the cell cannot hold such a value."""
    require(inline == (markup.cell_type == "inlineStr"), "file.unreadable")
    require(_VALUE_PATTERNS.get(markup.cell_type, _OTHER_VALUE).fullmatch(value) is not None, "file.unreadable")
    number, text, other = -1, "", None
    if markup.cell_type == "s" and value:
        number = int(value)
    elif markup.cell_type in _TEXT_DECODERS and not markup.picture:
        text = _decode_cell_text(value, _TEXT_DECODERS[markup.cell_type])
        # The runs of a text may look different.
        other = (fragment.last_index, markup, value) if inline and b"rPr" in value else None
    elif value:
        other = (fragment.last_index, markup, value)
    code = _false_blank_code(markup, value)
    false_blanks = (*fragment.false_blanks, (fragment.last_index, code)) if code else fragment.false_blanks
    return ParsedFragment(
        fragment.row_start,
        fragment.first_index,
        fragment.last_index,
        fragment.indexes,
        fragment.last_row,
        fragment.last_column,
        false_blanks,
        markup.style,
        number,
        (fragment.last_index, text) if text else None,
        other,
    )


def _decode_cell_text(value: bytes, decode: Callable[[bytes], str]) -> str:
    try:
        return decode(value)
    except ValueError:
        raise UnsafeError("file.unreadable") from None


def _false_blank_code(markup: CellMarkup, value: bytes) -> str:
    """The code of a false blank, '' where the cell is none."""
    if markup.picture:
        return CELL_PICTURE
    if markup.cell_type == "e":
        return CELL_ERROR
    # openpyxl writes an empty result behind every formula; only a formula that gives a text can have one.
    return CELL_UNCACHED if markup.formula and markup.cell_type != "str" and not value.strip() else ""


def parse_last_fragment(xml: bytes, syntax: PrefixSyntax, before: CellIndex | None) -> ParsedFragment:
    """Parse what follows the last value, that of the cell ``before``. Raises UnsafeError, SpacedEndTagError."""
    if before is not None and (cached := syntax.last_fragments.get(xml)):
        return cached
    parser = parse_fragment(xml, syntax.element_names, before)
    fragment = parser.at_the_end()
    return fragment if parser.relative or before is None else syntax.last_fragments.store(xml, fragment)
