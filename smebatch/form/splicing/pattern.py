"""A finished workbook in which contents take the place of stand-ins; see the package for what is promised."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, zip_longest
from zipfile import ZipInfo

from smebatch.form.splicing.cell_xml import BLANK_CELL_END, NUMBER_CELL_END, TEXT_CELL_END, number_digits, text_element
from smebatch.form.splicing.errors import PatternError
from smebatch.form.splicing.shared_texts import SHARED_TEXTS, parse_shared_texts
from smebatch.form.splicing.zip_parts import Part, deflate, part_with, read_parts, zip_file

Content = str | float
"""What a replaced cell holds: a text as ``cell_xml.text_element`` takes it, or a finite number."""

CELL_OPENING = re.compile(rb'<c r="[A-Z]+\d+" s="\d+"\Z')
"""The address and the style of a cell, at the end of what stands before the number of its text."""

_SHEETS = "xl/worksheets/"
# Around the name of a cell. They are for private use, so no workbook prints them.
_BEGIN, _END = "\ue000", "\ue001"
_ANY_STAND_IN = f"<si><t>{_BEGIN}".encode()
_TEXT_NUMBER = re.compile(rb' t="s"><v>(\d+)</v></c>')
_MAX_FRAMES = 64  # kept for each pattern; one of a whole form takes 85 KB

_Shape = tuple[tuple[int, int | bytes], ...]
"""The replaced cells that are not blank, each by the number of its stand-in, with what they hold.

That is the digits of a number; or a text: one of the pattern by its number there, another by a number from −1
downwards, in the order of first use. Contents of one shape differ only in these other texts.
"""


def stand_in(name: str) -> str:
    """The text that the cell of this name holds in the workbook that is to be a pattern."""
    return f"{_BEGIN}{name}{_END}"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet split at the numbers of its texts: the pieces around them, one more than the numbers."""

    pieces: list[bytes]
    text_numbers: list[int]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all workbooks of one shape share: every part, and of the shared texts all but the texts they add.

    ``before``: what stands before each added text; ``ending``: what stands behind the last of them.
    """

    parts: dict[str, Part]
    before: Sequence[bytes]
    ending: bytes
    deflated_ending: bytes


class Pattern:
    """A workbook with a stand-in in each cell to replace.

    Raises PatternError where the workbook is not as the package expects it, zipfile.BadZipFile where it is none.
    """

    def __init__(self, workbook: bytes, names: Collection[str]) -> None:
        stored = {read.info.filename: read for read in read_parts(workbook)}
        self._parts: dict[str, Part] = {name: read.part for name, read in stored.items()}
        self._infos: dict[str, ZipInfo] = {name: read.info for name, read in stored.items()}
        if SHARED_TEXTS not in stored:
            raise PatternError(SHARED_TEXTS, "the workbook has no shared texts")
        sheets = {name: _split(read.content) for name, read in stored.items() if name.startswith(_SHEETS)}
        uses = Counter(number for sheet in sheets.values() for number in sheet.text_numbers)
        self._texts = parse_shared_texts(stored[SHARED_TEXTS].content, uses.total())
        self._text_numbers = {element: number for number, element in enumerate(self._texts.elements)}
        self._cells = self._find_cells(names, uses)
        self._stand_ins = frozenset(self._cells.values())
        _check_cells(sheets, self._stand_ins)
        self._other_uses = uses.total() - len(self._stand_ins)
        # A text written before the first stand-in keeps its number, so sheets with no other texts stay as they are.
        self._sheets = {
            name: sheet
            for name, sheet in sheets.items()
            if any(number >= min(self._stand_ins) for number in sheet.text_numbers)
        }
        self._frame: Callable[[_Shape], _Frame] = lru_cache(maxsize=_MAX_FRAMES)(self._make_frame)

    def filled(self, contents: Mapping[str, Content]) -> bytes:
        """The workbook with these contents in its cells, by the names of the cells; all other cells are blank.

        Raises KeyError for a name that the pattern does not have, ValueError for a content that no cell can hold.
        """
        shape: list[tuple[int, int | bytes]] = []
        added: dict[str, int] = {}
        elements: dict[str, bytes] = {}
        for cell, content in sorted((self._cells[name], content) for name, content in contents.items()):
            if not isinstance(content, str):
                shape.append((cell, number_digits(content)))
                continue
            if content not in elements:
                elements[content] = text_element(content)
            number = self._text_numbers.get(elements[content])
            shape.append((cell, added.setdefault(content, ~len(added)) if number is None else number))
        frame = self._frame(tuple(shape))
        texts = _interleave(frame.before, [elements[text] for text in added])
        part = part_with(self._infos[SHARED_TEXTS], texts, frame.ending, frame.deflated_ending)
        return zip_file((frame.parts | {SHARED_TEXTS: part}).values())

    def _find_cells(self, names: Collection[str], uses: Counter[int]) -> dict[str, int]:
        """The number of the stand-in of each cell, by the name of the cell."""
        cells = {name: self._text_numbers.get(text_element(stand_in(name)), -1) for name in names}
        for name, number in cells.items():
            if uses[number] != 1:
                raise PatternError(name, f"its stand-in stands in {uses[number]} cells of the workbook, not in one")
        if sum(element.startswith(_ANY_STAND_IN) for element in self._texts.elements) != len(cells) or not cells:
            raise PatternError(SHARED_TEXTS, "the stand-ins are not those of the cells to replace")
        return cells

    def _make_frame(self, shape: _Shape) -> _Frame:
        # What stands in place of each text of the pattern: itself; for a stand-in the content, None if it is blank.
        replaced: list[int | bytes | None] = [
            None if number in self._stand_ins else number for number in range(len(self._texts.elements))
        ]
        for cell, content in shape:
            replaced[cell] = content
        # Texts are numbered in the order of first use. The numbers of the pattern have that order, stand-ins included.
        texts = list(dict.fromkeys(content for content in replaced if isinstance(content, int)))
        ends: dict[int | bytes | None, bytes] = {text: TEXT_CELL_END % number for number, text in enumerate(texts)}
        ends |= {content: NUMBER_CELL_END % content for _, content in shape if isinstance(content, bytes)}
        ends[None] = BLANK_CELL_END
        parts = self._parts | {
            name: part_with(
                self._infos[name],
                _interleave(sheet.pieces, [ends[replaced[number]] for number in sheet.text_numbers]),
            )
            for name, sheet in self._sheets.items()
        }
        uses = self._other_uses + sum(isinstance(content, int) for _, content in shape)
        *before, ending = self._texts.runs(texts, uses)
        return _Frame(parts, before, ending, deflate(ending))


def _split(sheet: bytes) -> _Sheet:
    pieces = _TEXT_NUMBER.split(sheet)
    return _Sheet(pieces[::2], [int(number) for number in pieces[1::2]])


def _check_cells(sheets: Mapping[str, _Sheet], stand_ins: Collection[int]) -> None:
    """Raise PatternError where a cell to replace has no style: XlsxWriter writes no blank cell without one."""
    for name, sheet in sheets.items():
        for piece, number in zip(sheet.pieces, sheet.text_numbers, strict=False):  # a piece follows the last number
            if number in stand_ins and not CELL_OPENING.search(piece[-40:]):
                raise PatternError(name, f"a cell to replace has no style: …{piece[-40:].decode(errors='replace')}")


def _interleave(pieces: Sequence[bytes], fillings: Sequence[bytes]) -> bytes:
    """The pieces with a filling after each, as far as there are fillings."""
    return b"".join(chain.from_iterable(zip_longest(pieces, fillings, fillvalue=b"")))
