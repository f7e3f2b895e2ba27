"""A finished workbook in which contents take the place of stand-ins; see the package for what is promised."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, zip_longest
from typing import NamedTuple
from zipfile import ZipInfo

from smebatch.form.splicing.cell_xml import (
    BLANK_CELL_END,
    NUMBER_CELL_END,
    TEXT_CELL_END,
    height_digits,
    number_digits,
    text_element,
)
from smebatch.form.splicing.errors import PatternError
from smebatch.form.splicing.shared_texts import SHARED_TEXTS, parse_shared_texts
from smebatch.form.splicing.zip_parts import Part, deflate, part_with, read_parts, zip_file

Content = str | float
"""What a replaced cell holds: a text as ``cell_xml.text_element`` takes it, or a finite number."""


class Styled(NamedTuple):
    """A content, None for a blank cell, with the number that the style of the cell has in the pattern's workbook."""

    content: Content | None
    style: int


class FilledRow(NamedTuple):
    """A row in place of the pattern's repeated row: contents by the names of its cells, and its height in points.

    Cells without a content are blank. XlsxWriter writes no height that is the default one, 15 points.
    """

    contents: Mapping[str, Content | Styled]
    height: float


class Exchange(NamedTuple):
    """What takes the place of other things than contents of cells.

    ``rows``: of the repeated row. ``endings``: of what ``Pattern.ending`` returns, by the part of the sheet. ``parts``:
    of whole parts, by their names.
    """

    rows: Sequence[FilledRow] = ()
    endings: Mapping[str, bytes] = {}
    parts: Mapping[str, bytes] = {}


SHEETS = "xl/worksheets/"
# Around the name of a cell. They are for private use, so no workbook prints them.
_BEGIN, _END = "\ue000", "\ue001"
_ANY_STAND_IN = f"<si><t>{_BEGIN}".encode()
_TEXT_NUMBER = re.compile(rb' t="s"><v>(\d+)</v></c>')
# What stands before the number of a text: the address and the style of a cell; the opening of a row before its first.
_CELL_OPENING = re.compile(rb'<c r="([A-Z]+)\d+" s="(\d+)"\Z')
_ROW_OPENING = re.compile(rb'<row r="(\d+)"([^>]*) ht="[0-9.]+"([^>]*)>\Z')
_MAX_FRAMES = 64  # kept for each pattern; one of a whole form takes 85 KB

_Held = int | bytes | None
"""What a cell holds: a text of the pattern by its number there, an added text by a number from −1 downwards in the
order of first use, the digits of a number, or nothing."""

_Cell = tuple[int, _Held, int | None]
"""A replaced cell by the number of its stand-in: what it holds, and its style where it is not the pattern's."""


class _Shape(NamedTuple):
    """What a workbook holds but for the added texts: contents of one shape differ only in these."""

    cells: tuple[_Cell, ...]
    rows: tuple[tuple[float, tuple[_Cell, ...]], ...]


def stand_in(name: str) -> str:
    """The text that the cell of this name holds in the workbook that is to be a pattern."""
    return f"{_BEGIN}{name}{_END}"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet split at the numbers of its texts: the pieces around them, one more than the numbers."""

    pieces: list[bytes]
    text_numbers: list[int]


@dataclass(frozen=True, slots=True)
class _Opening:
    """The opening of a cell to replace: its part, the piece that it ends there, its column and its style.

    ``start``: where the style begins in the piece.
    """

    part: str
    piece: int
    column: bytes
    style: int
    start: int

    def with_style(self, pieces: Sequence[bytes], style: int) -> bytes:
        """The piece with another style."""
        return b'%b%d"' % (pieces[self.piece][: self.start], style)


@dataclass(frozen=True, slots=True)
class _Row:
    """The repeated row: its part, the place of its first text among those of the sheet, and its XML.

    ``numbers``: of the stand-ins, from the left. ``opening``: of the row around its number and its height. ``before``:
    what stands before the row since the last text.
    """

    part: str
    first: int
    number: int
    numbers: range
    opening: tuple[bytes, bytes]
    before: bytes


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

    ``names``: of the cells. ``row``: names of the cells of a row that is to be repeated, from the left; these are all
    its cells, each with a stand-in and a style, and its height is set.

    Raises PatternError where the workbook is not as the package expects it, zipfile.BadZipFile where it is none.
    """

    def __init__(self, workbook: bytes, names: Collection[str], row: Sequence[str] = ()) -> None:
        stored = {read.info.filename: read for read in read_parts(workbook)}
        self._parts: dict[str, Part] = {name: read.part for name, read in stored.items()}
        self._infos: dict[str, ZipInfo] = {name: read.info for name, read in stored.items()}
        if SHARED_TEXTS not in stored:
            raise PatternError(SHARED_TEXTS, "the workbook has no shared texts")
        sheets = {name: _split(read.content) for name, read in stored.items() if name.startswith(SHEETS)}
        uses = Counter(number for sheet in sheets.values() for number in sheet.text_numbers)
        self._texts = parse_shared_texts(stored[SHARED_TEXTS].content, uses.total())
        self._text_numbers = {element: number for number, element in enumerate(self._texts.elements)}
        self._cells = self._find_cells([*names, *row], uses)
        self._stand_ins = frozenset(self._cells.values())
        self._openings = dict(_openings(sheets, self._stand_ins))
        self._row = _find_row(sheets, [self._cells[name] for name in row]) if row else None
        self._other_uses = uses.total() - len(self._stand_ins)
        # A text written before the first stand-in keeps its number, so sheets with no other texts stay as they are.
        self._sheets = {
            name: sheet
            for name, sheet in sheets.items()
            if any(number >= min(self._stand_ins) for number in sheet.text_numbers)
        }
        self._frame: Callable[[_Shape], _Frame] = lru_cache(maxsize=_MAX_FRAMES)(self._make_frame)

    def ending(self, part: str) -> bytes:
        """What stands behind the last text of a sheet that has cells to replace, and may be replaced as well."""
        return self._sheets[part].pieces[-1]

    def filled(self, contents: Mapping[str, Content | Styled], exchange: Exchange | None = None) -> bytes:
        """The workbook with these contents in its cells, by the names of the cells; all other cells are blank.

        A range in the ending or at the head of a sheet that ends in the repeated row ends in the last of the rows.

        Raises KeyError for a name or a part that the pattern does not have, ValueError for a content that no cell can
        hold, or if there are rows but no repeated row, or a repeated row but no rows.
        """
        rows = exchange.rows if exchange else ()
        if bool(rows) != bool(self._row):
            raise ValueError("rows are for a pattern with a repeated row, and for no other")
        row_start = self._row.numbers.start if self._row else len(self._texts.elements)
        added: dict[str, int] = {}
        elements: dict[str, bytes] = {}

        def hold(cell: int, content: Content | Styled) -> _Cell:
            held, style = content if isinstance(content, Styled) else (content, None)
            if held is None:
                return cell, None, style
            if not isinstance(held, str):
                return cell, number_digits(held), style
            if held not in elements:
                elements[held] = text_element(held)
            number = self._text_numbers.get(elements[held])
            return cell, added.setdefault(held, ~len(added)) if number is None else number, style

        def hold_all(cells: Mapping[str, Content | Styled]) -> Iterator[tuple[int, Content | Styled]]:
            return iter(sorted((self._cells[name], content) for name, content in cells.items()))

        numbered = list(hold_all(contents))
        before = [hold(*cell) for cell in numbered if cell[0] < row_start]
        repeated = tuple((row.height, tuple(hold(*cell) for cell in hold_all(row.contents))) for row in rows)
        behind = [hold(*cell) for cell in numbered if cell[0] >= row_start]
        shape = _Shape((*before, *behind), repeated)
        frame = self._make_frame(shape, exchange) if exchange else self._frame(shape)
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

    def _make_frame(self, shape: _Shape, exchange: Exchange | None = None) -> _Frame:
        endings = exchange.endings if exchange else {}
        # What stands in place of each text of the pattern: itself; for a stand-in the content, None if it is blank.
        replaced: list[_Held] = [
            None if number in self._stand_ins else number for number in range(len(self._texts.elements))
        ]
        styled: dict[str, dict[int, bytes]] = defaultdict(dict)  # by part the openings of cells with another style
        for cell, held, style in shape.cells:
            replaced[cell] = held
            if style is not None:
                opening = self._openings[cell]
                styled[opening.part][opening.piece] = opening.with_style(self._sheets[opening.part].pieces, style)
        in_rows = [held for _, cells in shape.rows for _, held, _ in cells]
        # Texts are numbered in the order of first use. The numbers of the pattern have that order, stand-ins included.
        start, stop = (self._row.numbers.start, self._row.numbers.stop) if self._row else (0, 0)
        in_order = chain(replaced[:start], in_rows, replaced[stop:])
        texts = list(dict.fromkeys(held for held in in_order if isinstance(held, int)))
        ends: dict[_Held, bytes] = {text: TEXT_CELL_END % number for number, text in enumerate(texts)}
        numbers = chain((held for _, held, _ in shape.cells), in_rows)
        ends |= {held: NUMBER_CELL_END % held for held in numbers if isinstance(held, bytes)}
        ends[None] = BLANK_CELL_END
        parts = self._parts.copy()
        for name, sheet in self._sheets.items():
            fillings = [ends[replaced[number]] for number in sheet.text_numbers]
            pieces = sheet.pieces
            if name in styled or name in endings:
                pieces = [*sheet.pieces[:-1], endings.get(name, sheet.pieces[-1])]
                for place, piece in styled[name].items():
                    pieces[place] = piece
            if self._row and self._row.part == name:
                pieces, fillings = self._repeat(self._row, pieces, fillings, shape.rows, ends)
            parts[name] = part_with(self._infos[name], _interleave(pieces, fillings))
        if exchange:
            parts |= {name: part_with(self._infos[name], content) for name, content in exchange.parts.items()}
        uses = self._other_uses + sum(isinstance(held, int) for _, held, _ in shape.cells)
        uses += sum(isinstance(held, int) for held in in_rows)
        *before, ending = self._texts.runs(texts, uses)
        return _Frame(parts, before, ending, deflate(ending))

    def _repeat(
        self,
        row: _Row,
        pieces: list[bytes],
        fillings: list[bytes],
        rows: tuple[tuple[float, tuple[_Cell, ...]], ...],
        ends: Mapping[_Held, bytes],
    ) -> tuple[list[bytes], list[bytes]]:
        """The pieces and the fillings of the sheet with the rows in place of the repeated row."""
        written: list[bytes] = [row.before]
        for row_number, (height, cells) in enumerate(rows, row.number):
            held = {cell: (content, style) for cell, content, style in cells}
            written.append(
                b'<row r="%d"%b ht="%b"%b>' % (row_number, row.opening[0], height_digits(height), row.opening[1])
            )
            for cell in row.numbers:
                content, style = held.get(cell, (None, None))
                opening = self._openings[cell]
                style_number = opening.style if style is None else style
                written.append(b'<c r="%b%d" s="%d"%b' % (opening.column, row_number, style_number, ends[content]))
            written.append(b"</row>")
        # ":K9" ends a range in the row: it is to end in the last of the rows.
        range_end, last = re.compile(rb'(:[A-Z]+)%d"' % row.number), row.number + len(rows) - 1
        head, ending = (range_end.sub(rb'\g<1>%d"' % last, piece) for piece in (pieces[0], pieces[-1]))
        pieces = [head, *pieces[1:-1], ending]
        behind = row.first + len(row.numbers)
        written.append(pieces[behind].removeprefix(b"</row>"))
        pieces = [*pieces[: row.first], b"".join(written), *pieces[behind + 1 :]]
        return pieces, [*fillings[: row.first], *fillings[behind:]]


def _split(sheet: bytes) -> _Sheet:
    pieces = _TEXT_NUMBER.split(sheet)
    return _Sheet(pieces[::2], [int(number) for number in pieces[1::2]])


def _openings(sheets: Mapping[str, _Sheet], stand_ins: Collection[int]) -> Iterator[tuple[int, _Opening]]:
    """The openings of the cells to replace, by the numbers of their stand-ins.

    Raises PatternError where such a cell has no style: XlsxWriter writes no blank cell without one.
    """
    for name, sheet in sheets.items():
        for i, number in enumerate(sheet.text_numbers):
            if number in stand_ins:
                piece = sheet.pieces[i]
                opening = _CELL_OPENING.search(piece, max(len(piece) - 60, 0))
                if not opening:
                    excerpt = piece[-40:].decode(errors="replace")
                    raise PatternError(name, f"a cell to replace has no style: …{excerpt}")
                yield number, _Opening(name, i, opening[1], int(opening[2]), opening.start(2))


def _find_row(sheets: Mapping[str, _Sheet], numbers: Sequence[int]) -> _Row:
    """The row whose cells have these stand-ins. Raises PatternError where it has other cells, or no height."""
    part = next(name for name, sheet in sheets.items() if numbers[0] in sheet.text_numbers)
    sheet = sheets[part]
    first = sheet.text_numbers.index(numbers[0])
    behind = first + len(numbers)
    if sheet.text_numbers[first:behind] != list(numbers) or list(numbers) != list(range(numbers[0], numbers[-1] + 1)):
        raise PatternError(part, "the cells of the repeated row are not written from the left, or not all")
    start = sheet.pieces[first].rfind(b"<c ")
    opening = _ROW_OPENING.search(sheet.pieces[first], max(start - 200, 0), start)
    cells = [sheet.pieces[first][start:], *sheet.pieces[first + 1 : behind]]
    only_these = all(cell.startswith(b"<c ") and cell.count(b"<") == 1 for cell in cells)
    if not opening or not only_these or not sheet.pieces[behind].startswith(b"</row>") or not first:
        raise PatternError(part, "the repeated row has other cells than those to replace, or its height is not set")
    return _Row(
        part,
        first,
        int(opening[1]),
        range(numbers[0], numbers[-1] + 1),
        (opening[2], opening[3]),
        sheet.pieces[first][: opening.start()],
    )


def _interleave(pieces: Sequence[bytes], fillings: Sequence[bytes]) -> bytes:
    """The pieces with a filling after each, as far as there are fillings."""
    return b"".join(chain.from_iterable(zip_longest(pieces, fillings, fillvalue=b"")))
