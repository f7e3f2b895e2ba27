"""The notes of a sheet: their texts stand in one part, the shapes of their boxes in another, both row by row.

XlsxWriter pins a box to the rows and columns it covers, so its shape depends on the cell and on the size of the box.
Shapes are therefore taken from finished workbooks that have a box of each size on each cell, and only numbered anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from smebatch.form.splicing.cell_xml import element_text
from smebatch.form.splicing.errors import PatternError

_NOTE = re.compile(rb'<comment ref="([A-Z]+\d+)".*?</comment>', re.DOTALL)
_TEXT = re.compile(rb"<t>.*?</t>", re.DOTALL)
_SHAPE = re.compile(rb'<v:shape id="_x0000_s(\d+)".*?</v:shape>', re.DOTALL)
# Around the number of a shape, and around its place in the order.
_NUMBERED = re.compile(rb'(<v:shape id="_x0000_s)\d+(".*?;z-index:)\d+(;.*)', re.DOTALL)
MAX_NOTES = 1023  # of a sheet: XlsxWriter numbers the shapes of the sheets behind otherwise where there are more


def texts_part(sheet: int) -> str:
    """The name of the part with the texts, of the first, second, third sheet with notes."""
    return f"xl/comments{sheet}.xml"


def shapes_part(sheet: int) -> str:
    """The name of the part with the shapes, likewise."""
    return f"xl/drawings/vmlDrawing{sheet}.vml"


Shape = tuple[bytes, bytes, bytes]
"""The shape of a box: what stands before, between and behind its number and its place in the order."""


@dataclass(frozen=True, slots=True)
class SheetNotes:
    """The notes of a sheet taken apart: by cell what stands around each text, and each shape; heads and tails."""

    texts: dict[str, tuple[bytes, bytes]]
    shapes: dict[str, Shape]
    first_texts: bytes
    last_texts: bytes
    first_shapes: bytes
    last_shapes: bytes
    next_number: int

    def with_notes(self, notes: Iterable[tuple[tuple[bytes, bytes], Shape, str]]) -> tuple[bytes, bytes]:
        """The two parts with further notes behind those of this sheet.

        ``notes``: row by row what stands around the text, the shape, and the text, without blanks at its edges.
        """
        texts, shapes = [self.first_texts], [self.first_shapes]
        number = self.next_number
        place = len(self.shapes) + 1
        for (before, behind), (start, middle, end), text in notes:
            texts += (before, element_text(text), behind)
            shapes.append(b"%b%d%b%d%b" % (start, number, middle, place, end))
            number, place = number + 1, place + 1
        return b"".join((*texts, self.last_texts)), b"".join((*shapes, self.last_shapes))


def parse_notes(texts: bytes, shapes: bytes) -> SheetNotes:
    """Take the two parts apart. Raises PatternError where they are not as XlsxWriter writes them."""
    notes, boxes = list(_NOTE.finditer(texts)), list(_SHAPE.finditer(shapes))
    if not notes or len(notes) != len(boxes):
        raise PatternError(shapes_part(1), f"{len(boxes)} shapes for {len(notes)} notes")
    around: dict[str, tuple[bytes, bytes]] = {}
    numbered: dict[str, Shape] = {}
    for note, box in zip(notes, boxes, strict=True):
        cell, parts, pieces = note[1].decode(), _TEXT.split(note[0]), _NUMBERED.fullmatch(box[0])
        if len(parts) != 2 or not pieces:
            raise PatternError(cell, "its note is written otherwise than is known")
        around[cell] = (parts[0] + b"<t>", b"</t>" + parts[1])
        numbered[cell] = (pieces[1], pieces[2], pieces[3])
    return SheetNotes(
        around,
        numbered,
        texts[: notes[-1].end()],
        texts[notes[-1].end() :],
        shapes[: boxes[-1].end()],
        shapes[boxes[-1].end() :],
        int(boxes[-1][1]) + 1,
    )
