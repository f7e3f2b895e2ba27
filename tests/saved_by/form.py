"""A return of this program in its parts: the sheets, the shared texts, and the styles of cells to be ticked."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from saved_by.package import unpacked
from smebatch.form.writer import write_form
from smebatch.standard.form_markers import MARKER
from smebatch.standard.loader import edition_ids, load_edition

TEXTS, STYLES, BOOK = "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"
_ITEM = re.compile(rb"<si>(.*?)</si>", re.DOTALL)
PLACE = b"\0"  # stands for a cell of text in a sheet from which these are cut out
TEXT_CELL = re.compile(rb't="s"><v>([0-9]+)</v>')
_SHEET_NAME = re.compile(rb'<sheet name="([^"]*)"')
_PROPERTY = re.compile(rb'name="edition"><vt:lpwstr>([^<]*)<')
_XF = re.compile(rb"<xf [^>]*?(?:/>|>.*?</xf>)")
_FONT = re.compile(rb"<font>(.*?)</font>")


@dataclass(frozen=True)
class Form:
    """The parts of a return, by name. XlsxWriter numbers the parts of sheets in the order of the sheets."""

    parts: dict[str, bytes]

    @cached_property
    def sheets(self) -> list[bytes]:
        """The parts of the sheets, in order; the types of formula results are removed."""
        sheets = [self.parts[sheet_part(i)] for i in range(1, 1 + len(self.names))]
        return [xml.replace(b' t="str"><f>', b"><f>").replace(b' t="b"><f>', b"><f>") for xml in sheets]

    @cached_property
    def names(self) -> list[bytes]:
        """The names of the sheets, in order, as XML."""
        return _SHEET_NAME.findall(self.parts[BOOK])

    @cached_property
    def texts(self) -> list[bytes]:
        """The shared texts: the content of each <si>."""
        return _ITEM.findall(self.parts[TEXTS])

    def is_answer_sheet(self, xml: bytes) -> bool:
        """Whether a sheet of this form holds answers."""
        return shared(self.texts.index(b"<t>%s</t>" % MARKER.encode())) in xml

    @cached_property
    def order(self) -> list[int]:
        """The shared texts, by number, in the order of a program that has read the blank form and then got answers.

        The texts of the form come first, in their order; typed texts follow. So the texts of the form have the same
        numbers in all returns.
        """
        places = self._places
        return sorted(range(len(self.texts)), key=lambda i: places.get(self.texts[i], len(places) + i))

    @cached_property
    def typed(self) -> set[int]:
        """The numbers of the shared texts that somebody typed."""
        return {i for i, text in enumerate(self.texts) if text not in self._places}

    @cached_property
    def _places(self) -> dict[bytes, int]:
        found = _PROPERTY.search(self.parts["docProps/custom.xml"])
        return _places_in_form(found[1].decode()) if found else {}

    @cached_property
    def tick_styles(self) -> frozenset[bytes]:
        """The numbers of the styles of cells to be ticked: unlocked and bold."""
        return _tick_styles(self.parts[STYLES])


def take_apart(data: bytes) -> Form:
    """Take apart a return that this program has written."""
    return Form(unpacked(data))


def sheet_part(number: int) -> str:
    """The name of the part of a sheet, from 1."""
    return f"xl/worksheets/sheet{number}.xml"


def renumbered(xml: bytes, cells: Sequence[bytes]) -> bytes:
    """A sheet with its cells of text replaced: ``cells`` has the XML behind the style, by the number of the text."""
    return TEXT_CELL.sub(lambda match: cells[int(match[1])], xml)


def rewritten(
    xml: bytes,
    cell: re.Pattern[bytes],
    work: Callable[[bytes], Sequence[bytes]],
    cells: Callable[[Sequence[bytes]], Sequence[bytes]],
) -> bytes:
    """A sheet written in another way.

    ``cell`` matches cells of text, with one group. ``cells`` turns the groups, in order, into new cells. ``work`` turns
    the rest of the sheet, with PLACE for each cell, into the new pieces around them; it may be cached.
    """
    pieces = cell.split(xml)
    pieces[::2] = work(PLACE.join(pieces[::2]))
    pieces[1::2] = cells(pieces[1::2])
    return b"".join(pieces)


class TextsInOrder:
    """The table of texts of a program that builds it anew, in the order of the cells."""

    def __init__(self, cell: Callable[[int], bytes]) -> None:
        """``cell`` returns the XML behind the style, for the new number of a text."""
        self.order: list[int] = []  # the old numbers of the texts, by their new ones
        self.count = 0
        self._cell = cell
        self._cells: dict[bytes, bytes] = {}

    def cells(self, numbers: Sequence[bytes]) -> list[bytes]:
        """The XML behind the style of each cell; ``numbers``: the numbers of their texts in the form."""
        self.count += len(numbers)
        return [self._cells.get(number) or self._new(number) for number in numbers]

    def _new(self, number: bytes) -> bytes:
        made = self._cells[number] = self._cell(len(self.order))
        self.order.append(int(number))
        return made


def text_cells(order: Sequence[int], cell: Callable[[int], bytes]) -> list[bytes]:
    """The ``cells`` for :func:`renumbered` where the texts have a new order; ``cell`` makes one of the new number."""
    cells = [b""] * len(order)
    for new, old in enumerate(order):
        cells[old] = cell(new)
    return cells


def shared(number: int) -> bytes:
    """The XML behind the style of a cell with a shared text."""
    return b't="s"><v>%d</v>' % number


@lru_cache(maxsize=8)
def _places_in_form(edition: str) -> dict[bytes, int]:
    """The position of each text in the blank form of an edition; empty for one that does not come with the program."""
    if edition not in edition_ids():
        return {}
    stream = io.BytesIO()
    write_form(stream, load_edition(edition))
    return {text: place for place, text in enumerate(Form(unpacked(stream.getvalue())).texts)}


@lru_cache(maxsize=8)
def _tick_styles(styles: bytes) -> frozenset[bytes]:
    fonts = _FONT.findall(styles)
    return frozenset(
        b"%d" % number
        for number, xf in enumerate(cell_formats(styles))
        if b"<b/>" in fonts[int(attribute(xf, b"fontId"))] and b'locked="0"' in xf
    )


def cell_formats(styles: bytes) -> list[bytes]:
    """The formats of cells (<xf>), by the numbers of their styles."""
    return _XF.findall(styles[styles.index(b"<cellXfs") : styles.index(b"</cellXfs>")])


def attribute(xml: bytes, name: bytes, default: bytes = b"0") -> bytes:
    """The first attribute of this name in a piece of XML."""
    match = re.search(rb'\b%s="([^"]*)"' % name, xml)
    return match[1] if match else default
