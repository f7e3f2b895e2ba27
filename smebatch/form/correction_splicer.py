"""Many correction copies, spliced: a copy is written as a pattern, and its answers, issues, marks and notes replaced.

Three things of a copy are no contents of cells. The styles of marked cells have the same numbers in all copies, and
are read from the hidden rows that hold them all. The ranges of the conditional formats and the links stand in the
endings of the sheets. The notes are put together from copies that have a note of one size on every answer cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from smebatch.form.answers import answer_style
from smebatch.form.cell_marks import NOTE_SIZES, CellMark, CellMarks, marked_ranges
from smebatch.form.correction_copy import Copy
from smebatch.form.correction_sheet import FIRST, STYLES, CorrectionPage, IssueRow, row_cells, sample_names
from smebatch.form.layout import KEY_COLUMN, AnswerSheet, keyed_sheets
from smebatch.form.sheet import writable_text
from smebatch.form.splicing.cell_xml import element_text
from smebatch.form.splicing.errors import PatternError
from smebatch.form.splicing.notes import MAX_NOTES, SheetNotes, parse_notes, shapes_part, texts_part
from smebatch.form.splicing.pattern import SHEETS, Content, Exchange, FilledRow, Styled, stand_in
from smebatch.form.splicing.verified import require_same, verified_pattern
from smebatch.form.splicing.zip_parts import read_parts
from smebatch.standard.keys import keys_of
from smebatch.standard.model import Edition

WriteCopy = Callable[[Mapping[str, object], Copy], bytes]
"""Writes a correction copy with answers anew."""

_CORRECTION_PART = f"{SHEETS}sheet1.xml"
_FIRST_KEYED = 3  # the number of the first sheet with keys: 退回说明 and 填报说明 stand before it
_PROPERTIES = "docProps/custom.xml"
# Names of the cells to replace that are no keys of answers.
_LETTER, _CORRECTS = "#letter", "#corrects"
_LINKS = re.compile(rb"<hyperlinks>.*</hyperlinks>")


def _row_name(column: str) -> str:
    return f"#row {column}"


def can_splice(copy: Copy) -> bool:
    """Whether a copy has all parts of the pattern: issues, what it corrects, and notes that are numbered as there."""
    return bool(copy.page.rows and copy.corrects) and len(copy.cell_marks) < MAX_NOTES


class CorrectionSplicer:
    """Writes correction copies of an edition; the first takes longer, and the first with a note of each further size.

    ``write_copy``: as the copies would be written anew. Raises PatternError where such a copy cannot be spliced.
    """

    def __init__(self, edition: Edition, write_copy: WriteCopy) -> None:
        self._write_copy = write_copy
        self._keys = keys_of(edition)
        self._sheets = keyed_sheets(edition)
        workbook = write_copy({key: stand_in(key) for key in self._keys}, _stand_in_copy())
        self._pattern = verified_pattern(
            workbook, [*self._keys, _LETTER, _CORRECTS], [_row_name(column) for column in row_cells()]
        )
        parts = _contents_of(workbook)
        self._styles = _read_styles(parts[_CORRECTION_PART])
        self._properties = parts[_PROPERTIES]
        self._notes = [_notes_of(parts, i) for i in range(1, len(self._sheets) + 1)]
        self._notes_of_size: Callable[[int], list[SheetNotes]] = cache(self._write_notes)
        self._verify()

    def copy(self, answers: Mapping[str, Content], copy: Copy) -> bytes:
        """The bytes of a correction copy that can be spliced; ``answers``: the contents of the answer cells by key."""
        contents: dict[str, Content | Styled] = {**answers}
        for key, mark in copy.cell_marks.items():
            style = self._styles[mark.is_error][answer_style(self._keys[key])]
            contents[key] = Styled(answers.get(key), style)
        contents |= {_LETTER: writable_text(copy.page.letter), _CORRECTS: copy.corrects}
        rows = [self._row(row) for row in copy.page.rows]
        endings = {_CORRECTION_PART: self._with_links(copy.page)}
        parts = {_PROPERTIES: self._properties.replace(element_text(stand_in(_CORRECTS)), element_text(copy.corrects))}
        for number, layout in enumerate(self._sheets):
            cell_marks = {key: copy.cell_marks[key] for key in layout.cells if key in copy.cell_marks}
            if cell_marks:
                part = f"{SHEETS}sheet{_FIRST_KEYED + number}.xml"
                endings[part] = _with_ranges(self._pattern.ending(part), layout, cell_marks)
                parts |= self._with_notes(number, layout.cells, cell_marks)
        return self._pattern.filled(contents, Exchange(rows, endings, parts))

    def _row(self, row: IssueRow) -> FilledRow:
        contents: dict[str, Content | Styled] = {}
        for column, content in row.cells.items():
            text = writable_text(content) if isinstance(content, str) else content
            if text != "":
                contents[_row_name(column)] = text
        contents[_row_name("kind")] = Styled(row.cells["kind"], self._styles[row.is_error]["kind"])
        return FilledRow(contents, row.height)

    def _with_links(self, page: CorrectionPage) -> bytes:
        """The ending of 退回说明 with the links to the cells of the issues."""
        column = chr(ord("A") + KEY_COLUMN + list(row_cells()).index("place"))
        links = b"".join(
            f'<hyperlink ref="{column}{row}" location="{place}" display="{place}"/>'.encode()
            for row, place in ((row, line.cells["place"]) for row, line in enumerate(page.rows, FIRST + 1))
            if place
        )
        ending = self._pattern.ending(_CORRECTION_PART)
        return _LINKS.sub(b"<hyperlinks>%b</hyperlinks>" % links if links else b"", ending)

    def _with_notes(self, number: int, cells: Mapping[str, str], cell_marks: CellMarks) -> dict[str, bytes]:
        """The parts with the notes of a sheet."""
        added = []
        for key, mark in cell_marks.items():
            if mark.note:
                of_size = self._notes_of_size(mark.lines)[number]
                added.append((of_size.texts[cells[key]], of_size.shapes[cells[key]], mark.note))
        texts, shapes = self._notes[number].with_notes(added)
        return {texts_part(number + 1): texts, shapes_part(number + 1): shapes}

    def _write_notes(self, lines: int) -> list[SheetNotes]:
        """The notes of each sheet with a note of so many lines on every answer cell."""
        cell_marks = {key: CellMark(is_error=True, note=key, lines=lines) for key in self._keys}
        parts = _contents_of(self._write_copy({}, _stand_in_copy()._replace(cell_marks=cell_marks)))
        return [_notes_of(parts, i) for i in range(1, len(self._sheets) + 1)]

    def _verify(self) -> None:
        """Compare a spliced copy with one written anew. Raises PatternError where they differ.

        It has answers and none, marks of both kinds and none, notes of several sizes and none, links and none, and
        rows enough for XlsxWriter to state the extent of their cells more than once.
        """
        copy = Copy("0123456789abcdef", CorrectionPage("甲\n<乙>", [_hard_row(i) for i in range(40)]), {})
        cell_marks = {
            key: CellMark(i % 3 > 0, f'{i} "<&>_x0041_\n{key}' if i % 4 else "", NOTE_SIZES[i % 2])
            for i, key in enumerate(self._keys)
            if i % 5
        }
        copy = copy._replace(cell_marks=cell_marks)
        answers: dict[str, Content] = {key: f"<{key}>" for i, key in enumerate(self._keys) if i % 7}
        require_same(self._write_copy(answers, copy), self.copy(answers, copy))


def _hard_row(i: int) -> IssueRow:
    cells: dict[str, str | float] = {name: f"{i} <{name}>" for name in row_cells()}
    cells |= {"number": i, "place": f"甲!A{i + 1}" if i % 2 else "", "explanation": "" if i % 4 else "&"}
    return IssueRow(cells, is_error=i % 3 > 0, height=24 + 3.1 * i)


def _stand_in_copy() -> Copy:
    """A copy with a stand-in in each cell that depends on the issues, in a single row, and without marks."""
    row = IssueRow({column: stand_in(_row_name(column)) for column in row_cells()}, is_error=True, height=30)
    return Copy(stand_in(_CORRECTS), CorrectionPage(stand_in(_LETTER), [row]), {})


def _contents_of(workbook: bytes) -> dict[str, bytes]:
    return {read.info.filename: read.content for read in read_parts(workbook)}


def _notes_of(parts: Mapping[str, bytes], sheet: int) -> SheetNotes:
    return parse_notes(parts[texts_part(sheet)], parts[shapes_part(sheet)])


def _read_styles(sheet: bytes) -> dict[bool | None, dict[str, int]]:
    """The numbers of the styles of cells that may be marked, as the hidden rows of 退回说明 hold them."""
    styles: dict[bool | None, dict[str, int]] = {}
    for row, is_error in enumerate((None, True, False), STYLES + 1):
        numbers = re.findall(rb'<c r="[A-Z]+%d" s="(\d+)"/>' % row, sheet)
        if len(numbers) != len(sample_names()):
            raise PatternError(_CORRECTION_PART, f"row {row} has {len(numbers)} styles, not {len(sample_names())}")
        styles[is_error] = dict(zip(sample_names(), map(int, numbers), strict=True))
    return styles


def _with_ranges(ending: bytes, layout: AnswerSheet, cell_marks: CellMarks) -> bytes:
    """The ending of a sheet with the cells of these marks in the ranges of the two conditional formats of marks."""
    unmarked, marked = marked_ranges(layout, {}), marked_ranges(layout, cell_marks)
    for is_error, ranges in unmarked.items():
        ending = ending.replace(b'sqref="%b"' % ranges.encode(), b'sqref="%b"' % marked[is_error].encode(), 1)
    return ending
