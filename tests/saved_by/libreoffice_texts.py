"""The table of texts, which LibreOffice builds anew; texts get runs where the fonts of the form are missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from xml.sax.saxutils import escape, unescape

from saved_by import parts
from saved_by.form import STYLES, Form, attribute, cell_formats
from saved_by.scripts import portions

BLACK = "FF000000"
ASIAN_FONT = "Noto Sans CJK SC"


class Table:
    """The table of texts in the order of the cells; the same text in another font is another entry."""

    def __init__(self, form: Form, fonts_missing: bool) -> None:
        self._form = form
        self._missing = fonts_missing
        self._fonts = _fonts_of_styles(form.parts[STYLES])
        self._numbers: dict[bytes, int] = {}
        self._cells: dict[bytes, bytes] = {}
        self._count = 0

    def cells(self, cells: Sequence[bytes]) -> list[bytes]:
        """The XML behind the address of each cell with a text, made of the XML behind it in the form; style first."""
        self._count += len(cells)
        return [self._cells.get(cell) or self._new(cell) for cell in cells]

    def xml(self) -> bytes:
        """The part with the table of texts."""
        return parts.HEAD + parts.table_tag(self._count, len(self._numbers)) + b"".join(self._numbers) + b"</sst>"

    def _new(self, cell: bytes) -> bytes:
        number, kind = cell.split(b'"', 2)[1:]  # of s="3" t="s"><v>4</v>
        style, text = int(number), int(kind[len(b' t="s"><v>') : -len(b"</v>")])
        item, asian = _item(self._form.texts[text], self._fonts[style], self._missing)
        place = self._numbers.setdefault(item, len(self._numbers))
        style += len(self._fonts) * asian
        made = self._cells[cell] = b's="%d" t="s"><v>%d</v>' % (style, place)
        return made


class _Fonts(NamedTuple):
    """The font of a style as the properties of a run, for either script."""

    latin: str
    asian: str


_FONT = re.compile(rb"<font>(.*?)</font>")
_FONT_PARTS = re.compile(r'(<b/>)?<sz val="([0-9]+)"/><color (?:rgb="([0-9A-F]+)"|theme="1")/><name val="([^"]*)"/>')


@lru_cache(maxsize=8)
def _fonts_of_styles(xml: bytes) -> list[_Fonts]:
    fonts = [_fonts(font.decode()) for font in _FONT.findall(xml)]
    return [fonts[int(attribute(xf, b"fontId"))] for xf in cell_formats(xml)]


def _fonts(font: str) -> _Fonts:
    match = _FONT_PARTS.match(font)
    assert match
    bold, size, colour, name = match.groups()
    weight = '<b val="true"/>' if bold else ""
    told = f'{weight}<sz val="{size}"/><color rgb="{colour or BLACK}"/>'
    return _Fonts(
        f'{told}<rFont val="{name}"/><family val="2"/><charset val="1"/>',
        f'{told}<rFont val="{ASIAN_FONT}"/><family val="2"/>',
    )


@lru_cache(maxsize=16384)
def _item(text: bytes, fonts: _Fonts, missing: bool) -> tuple[bytes, bool]:
    """The entry of a text in the table, and whether the text begins in an Asian script and needs the Asian font."""
    said = unescape(text[text.index(b">") + 1 : text.rindex(b"<")].decode())
    found = portions(said)
    asian = missing and bool(found) and found[0][0]
    if not missing or len(found) < 2:
        return f"<si>{_t(said)}</si>".encode(), asian
    runs = (f"<r><rPr>{fonts.asian if in_asian else fonts.latin}</rPr>{_t(piece)}</r>" for in_asian, piece in found)
    return f"<si>{''.join(runs)}</si>".encode(), asian


_ESCAPES = {'"': "&quot;", "'": "&apos;", "\n": "&#10;", "\t": "&#9;"}


def _t(text: str) -> str:
    return f'<t xml:space="preserve">{escape(text, _ESCAPES)}</t>'
