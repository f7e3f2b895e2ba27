"""A return of this program taken apart: its sheets, its shared texts, and which styles are those of answers."""

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
PLACE = b"\0"  # of a cell of text, in a sheet without them
TEXT_CELL = re.compile(rb't="s"><v>([0-9]+)</v>')
_SHEET_NAME = re.compile(rb'<sheet name="([^"]*)"')
_PROPERTY = re.compile(rb'name="edition"><vt:lpwstr>([^<]*)<')
_XF = re.compile(rb"<xf [^>]*?(?:/>|>.*?</xf>)")
_FONT = re.compile(rb"<font>(.*?)</font>")


@dataclass(frozen=True)
class Form:
    """The parts of a return by name. XlsxWriter numbers the parts of the sheets in the order of the sheets."""

    parts: dict[str, bytes]

    @cached_property
    def sheets(self) -> list[bytes]:
        """The parts of the sheets, in order; formulas without the kinds of the results that a blank form has."""
        sheets = [self.parts[sheet_part(i)] for i in range(1, 1 + len(self.names))]
        return [xml.replace(b' t="str"><f>', b"><f>").replace(b' t="b"><f>', b"><f>") for xml in sheets]

    @cached_property
    def names(self) -> list[bytes]:
        """The names of the sheets, in order, as XML."""
        return _SHEET_NAME.findall(self.parts[BOOK])

    @cached_property
    def texts(self) -> list[bytes]:
        """The shared texts: what stands within each <si>."""
        return _ITEM.findall(self.parts[TEXTS])

    def is_answer_sheet(self, xml: bytes) -> bool:
        """Whether a sheet of this form holds answers."""
        return shared(self.texts.index(b"<t>%s</t>" % MARKER.encode())) in xml

    @cached_property
    def order(self) -> list[int]:
        """The numbers of the shared texts as a program has them that read the form and then was typed into.

        The texts of the form come first, in their order; what was typed follows. So the texts of the form have the
        same numbers in all returns.
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
    """A return as this program writes it."""
    return Form(unpacked(data))


def sheet_part(number: int) -> str:
    """The name of the part of a sheet, from 1."""
    return f"xl/worksheets/sheet{number}.xml"


def renumbered(xml: bytes, cells: Sequence[bytes]) -> bytes:
    """A sheet with other cells of text: ``cells`` has what stands behind the style, by the number of the text."""
    return TEXT_CELL.sub(lambda match: cells[int(match[1])], xml)


def retold(
    xml: bytes,
    cell: re.Pattern[bytes],
    work: Callable[[bytes], Sequence[bytes]],
    cells: Callable[[Sequence[bytes]], Sequence[bytes]],
) -> bytes:
    """A sheet told in another way.

    ``cell`` finds cells of text, with one group. ``cells`` makes new ones of the groups, in order; ``work``, which may
    be remembered, the pieces around them of the sheet with PLACE for each.
    """
    pieces = cell.split(xml)
    pieces[::2] = work(PLACE.join(pieces[::2]))
    pieces[1::2] = cells(pieces[1::2])
    return b"".join(pieces)


class TextsInOrder:
    """A table of texts as a program has it that makes it anew: as they come in the cells."""

    def __init__(self, cell: Callable[[int], bytes]) -> None:
        """``cell`` makes what stands behind the style, of a text's new number."""
        self.order: list[int] = []  # the numbers of the texts in the form
        self.count = 0
        self._cell = cell
        self._cells: dict[bytes, bytes] = {}

    def cells(self, numbers: Sequence[bytes]) -> list[bytes]:
        """What stands behind the styles of cells, of the numbers of the texts in the form."""
        self.count += len(numbers)
        return [self._cells.get(number) or self._new(number) for number in numbers]

    def _new(self, number: bytes) -> bytes:
        made = self._cells[number] = self._cell(len(self.order))
        self.order.append(int(number))
        return made


def text_cells(order: Sequence[int], cell: Callable[[int], bytes]) -> list[bytes]:
    """What ``renumbered`` wants, where the texts stand in a new order; ``cell`` makes it of the new number."""
    cells = [b""] * len(order)
    for new, old in enumerate(order):
        cells[old] = cell(new)
    return cells


def shared(number: int) -> bytes:
    """What stands behind the style of a cell with a shared text."""
    return b't="s"><v>%d</v>' % number


@lru_cache(maxsize=8)
def _places_in_form(edition: str) -> dict[bytes, int]:
    """Where the texts of the blank form of an edition stand; none of one that does not come with the program."""
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
        for number, told in enumerate(cell_formats(styles))
        if b"<b/>" in fonts[int(attribute(told, b"fontId"))] and b'locked="0"' in told
    )


def cell_formats(styles: bytes) -> list[bytes]:
    """What the styles of cells are, by their numbers."""
    return _XF.findall(styles[styles.index(b"<cellXfs") : styles.index(b"</cellXfs>")])


def attribute(xml: bytes, name: bytes, default: bytes = b"0") -> bytes:
    """The first attribute of a name in a piece of XML."""
    match = re.search(rb'\b%s="([^"]*)"' % name, xml)
    return match[1] if match else default
