"""Imitates how LibreOffice 7.4 saves a return.

tests/test_saved_by_office.py compares it with LibreOffice, and names what is not compared. Where the fonts of the form
are not installed, as on most Linux machines, LibreOffice splits a text in two scripts into runs, because the characters
of each script get a font of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from random import Random

from saved_by import libreoffice_parts as made
from saved_by.form import PLACE, STYLES, TEXTS, Form, rewritten, sheet_part, take_apart
from saved_by.formulas import in_15_digits, result
from saved_by.libreoffice_texts import Table
from saved_by.package import IN_UTF_8, STREAMED, package, packed, packed_once

_TEXT_CELL = re.compile(rb'(s="[0-9]+" t="s"><v>[0-9]+</v>)')
_ROW = re.compile(rb'<row r="([0-9]+)"([^>]*)>')
_HEIGHT = re.compile(rb' ht="([0-9.]+)"')
_FORMULA = re.compile(rb'"><f>([^<]*)</f><v>[^<]*</v>')
_SMALL = re.compile(rb"(?<![A-Za-z0-9_.])[0-9.]+E-[0-9]+")


@dataclass(frozen=True)
class Look:
    """Features that a file of LibreOffice may have."""

    fonts_missing: bool
    groups: bool
    hidden_rows: bool
    variant: int


def _draw_look(rng: Random) -> Look:
    return Look(
        fonts_missing=rng.random() < 0.4,
        groups=rng.random() < 0.55,
        hidden_rows=rng.random() < 0.55,
        variant=rng.randrange(8),
    )


LOOKS = [_draw_look(Random(f"LibreOffice {i}")) for i in range(32)]
"""The combinations of features in use: each feature in a third of them; few, so that equal parts can be cached."""


def save(data: bytes, rng: Random) -> bytes:
    """A return as LibreOffice would have saved it."""
    return save_as(take_apart(data), rng.choice(LOOKS), rng)


LARGE = 100_000  # bytes


def save_as(form: Form, look: Look, rng: Random) -> bytes:
    """A return as LibreOffice would have saved it with these features."""
    table = Table(form, look.fonts_missing)
    sheets = {}
    for number, xml in enumerate(form.sheets, 1):
        told = xml if b' s="' in xml else xml.replace(b'" t="s"', b'" s="0" t="s"')
        answers = form.is_answer_sheet(xml)
        work = partial(_sheet, look=look, rng=rng) if answers else partial(_other_sheet, look=look)
        sheets[sheet_part(number)] = packed(rewritten(told, _TEXT_CELL, work, table.cells))
    before = {
        "_rels/.rels": made.relations_of_package(),
        "xl/workbook.xml": made.book(form.parts["xl/workbook.xml"]),
        STYLES: made.styles(form.parts[STYLES], look.fonts_missing),
    }
    behind = {
        "xl/_rels/workbook.xml.rels": made.relations(len(form.sheets)),
        "docProps/core.xml": made.core(form.parts["docProps/core.xml"]),
        "docProps/app.xml": made.APP,
        "docProps/custom.xml": form.parts["docProps/custom.xml"],
        "[Content_Types].xml": made.types(len(form.sheets)),
    }
    ready = {name: packed_once(part) for name, part in before.items()} | sheets
    ready |= {name: packed_once(part) for name, part in behind.items()}
    ready[TEXTS] = packed(table.xml())
    # What is large it packs beside the rest, and puts behind it.
    return package(dict(sorted(ready.items(), key=lambda item: item[1].size > LARGE)), STREAMED | IN_UTF_8)


@lru_cache(maxsize=512)
def _other_sheet(xml: bytes, look: Look) -> list[bytes]:
    """A sheet without answers, which is the same in many files."""
    return _sheet(xml, look, Random(look.variant))


def _sheet(xml: bytes, look: Look, rng: Random) -> list[bytes]:
    """A sheet in the pieces around its cells of text."""
    begin, end = xml.index(b"<sheetData"), xml.index(b"</sheetData>")

    def row(match: re.Match[bytes]) -> bytes:
        return b'<row r="%s"%s>' % (match[1], _row(match[2], int(match[1]), look))

    def formula(match: re.Match[bytes]) -> bytes:
        found = result(match[1], rng)
        return b'" t="%s"><f aca="false">%s</f><v>%s</v>' % (found.kind or b"n", _formula(match[1]), found.value)

    cells = in_15_digits(_ROW.sub(row, xml[begin:end])).replace(b'"><v>', b'" t="n"><v>')
    cells = _FORMULA.sub(formula, cells)
    return (made.head_of(xml[:begin], look.groups) + cells + made.tail_of(xml[end:])).split(PLACE)


@lru_cache(maxsize=4096)
def _row(attributes: bytes, number: int, look: Look) -> bytes:
    height = _HEIGHT.search(attributes)
    grouped = look.groups and number > 5 and number % 8 > look.variant
    hidden = b' hidden="1"' in attributes or (look.hidden_rows and number > 5 and number % 13 == look.variant)
    return (
        f' customFormat="false" ht="{height[1].decode() if height else 15}" hidden="{made.truth(hidden)}"'
        f' customHeight="{made.truth(bool(height))}" outlineLevel="{int(grouped)}" collapsed="false"'
    ).encode()


@lru_cache(maxsize=4096)
def _formula(formula: bytes) -> bytes:
    """A formula as LibreOffice writes it: sheets unquoted, quotation marks escaped, no exponents."""
    plain = formula.replace(b"'", b"").replace(b'"', b"&quot;")
    return _SMALL.sub(lambda match: format(Decimal(match[0].decode()), "f").encode(), plain)
