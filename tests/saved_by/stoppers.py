"""Stoppers: valid but rare features of a cell, row or sheet, at which a reader of common files might stop.

None changes an answer: what is added lies beside the form, and what is written in another way means the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from saved_by.package import entries, package, packed, unpacked
from smebatch.standard.form_markers import MARKER

_ROW = re.compile(rb'<row r="([0-9]+)"[^<>]*>\s*<c .*?</row>', re.DOTALL)
_TEXT_CELL = re.compile(rb'<c (r="[A-Z]+[0-9]+")((?: s="[0-9]+")?)( t="(?:s|str|inlineStr)")>')
_ROW_TAG = re.compile(rb"<row((?: [^<>]*)?)>")
_ATTRIBUTE = re.compile(rb' [A-Za-z0-9:]+="[^"]*"')
_BETWEEN = re.compile(rb">\s*(?=<(?!/(?:v|t|f)>))")
_ITEM = re.compile(rb"<(?:\w+:)?si>.*?</(?:\w+:)?si>", re.DOTALL)
_PREFIX, _ELEMENT = re.compile(rb"<((?:\w+:)?)sheetData>"), re.compile(rb"<(/?)(?=[A-Za-z])")
_BESIDE = b"Z"  # a column beyond the widest answer sheet


def with_stopper(data: bytes, rng: Random) -> bytes:
    """A return with one of STOPPERS in an answer sheet."""
    return stopped(data, rng.choice(list(STOPPERS)), rng)


def stopped(data: bytes, name: str, rng: Random) -> bytes:
    """A return with the stopper of this name. Raises ValueError where no sheet holds answers."""
    parts = unpacked(data)
    sheets = _answer_sheets(parts)
    if not sheets:
        raise ValueError("no answer sheet")
    part = rng.choice(sheets)
    prefix = _PREFIX.search(parts[part])[1]  # type: ignore[index]  # a sheet has rows
    bare = parts[part].replace(b"</" + prefix, b"</").replace(b"<" + prefix, b"<")
    xml = _ELEMENT.sub(rb"<\1" + prefix, STOPPERS[name](bare, rng))
    return package(entries(data) | {part: packed(xml)})


def _answer_sheets(parts: dict[str, bytes]) -> list[str]:
    marker = MARKER.encode()
    items = _ITEM.findall(parts.get("xl/sharedStrings.xml", b""))
    marks = [marker, *(b">%d</" % i for i, item in enumerate(items) if b">%s</" % marker in item)]
    return [
        name
        for name, xml in parts.items()
        if name.startswith("xl/worksheets/sheet") and any(mark in xml for mark in marks)
    ]


def _beside(cell: bytes) -> Callable[[bytes, Random], bytes]:
    """Put a cell beside the form, at the end of a row; %s is its address."""

    def put(xml: bytes, rng: Random) -> bytes:
        row = rng.choice(list(_ROW.finditer(xml)))
        end = row.end() - len(b"</row>")
        return xml[:end] + cell % (_BESIDE + row[1]) + xml[end:]

    return put


def _written(cell: bytes) -> Callable[[bytes, Random], bytes]:
    r"""Write the tag of a cell of text in another way; \1 \2 \3 are its address, its style and its kind."""

    def write(xml: bytes, rng: Random) -> bytes:
        match = rng.choice(list(_TEXT_CELL.finditer(xml)))
        return xml[: match.start()] + match.expand(cell) + xml[match.end() :]

    return write


def _in_single_quotes(xml: bytes, rng: Random) -> bytes:
    match = rng.choice(list(_TEXT_CELL.finditer(xml)))
    return xml[: match.start()] + match[0].replace(b'"', b"'") + xml[match.end() :]


def _row_turned(xml: bytes, rng: Random) -> bytes:
    """Write a row's number as its last attribute; the row may be collapsed."""
    match = rng.choice([m for m in _ROW_TAG.finditer(xml) if not m[0].endswith(b"/>")])
    attributes = [a for a in _ATTRIBUTE.findall(match[1]) if not a.startswith((b" outlineLevel", b" collapsed"))]
    turned = b"".join((b' collapsed="1" outlineLevel="1"', *reversed(attributes)))
    return xml[: match.start()] + b"<row%s>" % turned + xml[match.end() :]


def _indented(xml: bytes, _rng: Random) -> bytes:
    begin, end = xml.index(b"<sheetData>"), xml.index(b"</sheetData>")
    return xml[:begin] + _BETWEEN.sub(b">\n    ", xml[begin:end]) + xml[end:]


STOPPERS: dict[str, Callable[[bytes, Random], bytes]] = {
    "an error value": _beside(b'<c r="%s" t="e"><v>#N/A</v></c>'),
    "a worked-out error value": _beside(b'<c r="%s" t="e"><f>NA()</f><v>#N/A</v></c>'),
    "an empty result": _beside(b'<c r="%s" t="str"><f>IF(1,"")</f><v/></c>'),
    "a result with blanks": _beside(b'<c r="%s" t="str"><f>" "&amp;1</f><v xml:space="preserve"> 1</v></c>'),
    "cell metadata": _written(rb'<c \1\2\3 cm="1">'),
    "value metadata": _written(rb'<c \1\2\3 vm="1">'),
    "the style first": _written(rb"<c\2 \1\3>"),
    "the kind first": _written(rb"<c\3 \1\2>"),
    "single quotes": _in_single_quotes,
    "a row's number last": _row_turned,
    "an indented sheet": _indented,
}
"""The stoppers by name; each puts itself into the XML of a sheet."""
