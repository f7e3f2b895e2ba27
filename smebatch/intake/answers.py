"""Find the answers in a workbook by their keys, wherever rows, columns and sheets have gone (design, section 4)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from smebatch.common.text import clean_text, shown_text
from smebatch.intake.return_answers import ReturnAnswers
from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, cell_address
from smebatch.intake.workbook.blank_cells import CELL_PICTURE
from smebatch.intake.workbook.cell_values import Cell, display_text, normalize_text, read_tick, read_value
from smebatch.intake.workbook.displayed_value import DisplayGetter, read_displayed
from smebatch.intake.workbook.workbook import Workbook, WorkbookSheet
from smebatch.intake.workbook.xlsx_scan import Cells, find_positions
from smebatch.issues.catalogue import Finding
from smebatch.standard.form_markers import ANSWER, CODE, EARLIER_VERSIONS, FORM_VERSION, LABEL, MARKER, META_SHEET
from smebatch.standard.keys import Key, Kind, Row, Section, keys_of, rows_of
from smebatch.standard.model import Edition


class NotAReturnError(Exception):
    """The workbook is no return of this edition; ``reason`` is a code of issues.REASONS with its values."""

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


def read_return(workbook: Workbook, edition: Edition) -> ReturnAnswers:
    """Read a workbook as a return of the edition.

    Raises NotAReturnError where no answer sheet is found, or too many, or the form states another edition;
    UnreadableError where a sheet cannot be read.
    """
    sheets = workbook.sheets(holding=MARKER, also=META_SHEET)
    markers = [_find_markers(sheet.cells) for sheet in sheets]
    if not any(markers):
        raise NotAReturnError("form.inspected" if _lost_its_keys(sheets, workbook, edition) else "form.none")
    if sum(map(len, markers)) > _MAX_FORMS:
        raise NotAReturnError("form.many")
    blocks = [
        (block, sheet) for sheet, places in zip(sheets, markers, strict=True) for block in _find_blocks(sheet, places)
    ]
    findings = _edition_findings(sheets, workbook, edition)
    printed = tuple(block for block, _ in blocks)
    layout = (_cached_layout if sum(len(block.keys) for block in printed) < _MAX_CACHED_KEYS else _build_layout)(
        printed, edition
    )
    result = ReturnAnswers({}, findings, set(layout.unsure), layout.locations)
    findings += layout.findings
    for (_, sheet), places in zip(blocks, layout.cells_by_block, strict=True):
        cells, unsaid, seen = sheet.cells, sheet.false_blanks, sheet.displayed
        for key, at in _without_merged(places, sheet, result) if sheet.merged else places:
            if (cell := cells.get(at)) is not None or at in unsaid:
                _read_cell(key, cell, sheet, at, result, seen.get(at) if seen else None)
    findings += layout.duplicates
    return result


def _lost_its_keys(sheets: Iterable[WorkbookSheet], workbook: Workbook, edition: Edition) -> bool:
    """Whether a form is there, but without what is hidden in it: a program that cleans documents takes that away.

    It says what it is, or half of the rows that a sheet of it prints stand in one; no list of enterprises has these.
    """
    if _stated_edition(sheets, workbook).get("edition_sha256"):
        return True
    printed = {section: _printed_rows(section, edition) for section in (Section.QUESTIONS, Section.SCENES)}
    found = [_texts_by_row(sheet.cells) for sheet in sheets]
    return any(2 * len(rows & of_sheet) >= len(rows) for rows in printed.values() if rows for of_sheet in found)


def _printed_rows(section: Section, edition: Edition) -> set[tuple[str, str]]:
    """Code and label of the rows of a section."""
    return {(_bare_text(row.code), _bare_text(row.label)) for row in rows_of(edition) if row.section is section}


_MAX_SEARCHED_CELLS = 20_000  # cells of a sheet; those of a form have 500


def _texts_by_row(cells: Cells) -> set[tuple[str, str]]:
    """What a row of a sheet shows first, with each of the texts that follow."""
    firsts: dict[int, str] = {}
    texts = ((at // ROW_STRIDE, _bare_text(display_text(cells[at]))) for at in sorted(cells)[:_MAX_SEARCHED_CELLS])
    return {(firsts.setdefault(row, text), text) for row, text in texts}


# --- where the keys stand -------------------------------------------------------------------------------------------


class _KeyedBlock(NamedTuple):
    """A keyed area: the marker's place, its answer columns by suffix, and the marks it prints, by row, with their text.

    Columns are counted from that of the marker. ``places``, ``marks``, ``codes`` and ``labels`` go together, one each
    a row that has a mark.
    """

    sheet: str
    marker: CellIndex
    suffixes: tuple[tuple[str, int], ...]
    label_columns: tuple[int | None, int | None]
    key_indexes: tuple[CellIndex, ...]
    keys: tuple[Cell, ...]
    codes: tuple[Cell, ...]
    labels: tuple[Cell, ...]


_MAX_FORMS = 30  # markers of a workbook, of which a form has four, or places of a key


def _find_markers(cells: Cells) -> list[CellIndex]:
    places = list(cells)
    return sorted(places[position] for position in find_positions(MARKER, list(cells.values())))


def _find_blocks(sheet: WorkbookSheet, markers: Sequence[CellIndex]) -> Iterator[_KeyedBlock]:
    cells = sheet.cells
    ordered = sorted(cells) if markers else []
    for marker in markers:
        row, column = divmod(marker, ROW_STRIDE)
        beside = ordered[bisect_left(ordered, row * ROW_STRIDE) : bisect_left(ordered, (row + 1) * ROW_STRIDE)]
        marks = [(at - marker, cell.strip()) for at in beside if at != marker and isinstance(cell := cells[at], str)]
        suffixes = tuple((mark.removeprefix(ANSWER), shift) for shift, mark in marks if mark.startswith(ANSWER))
        code, label = (next((shift for shift, mark in marks if mark == name), None) for name in (CODE, LABEL))
        keyed = tuple([at for at in range(column, ordered[-1] + 1, ROW_STRIDE) if at in cells and at != marker])
        texts = (() if shift is None else [cells.get(at + shift) for at in keyed] for shift in (0, code, label))
        yield _KeyedBlock(sheet.name, marker, suffixes, (code, label), keyed, *map(tuple, texts))


class _AnswerLayout(NamedTuple):
    """What the blocks of a return print, and so the same for most returns: where to read which key.

    ``cells``: for each block, the keys to read and where. ``doubled``: the findings about keys that stand twice.
    """

    locations: dict[str, tuple[str, CellIndex]]
    findings: list[Finding]
    unsure: set[str]
    cells_by_block: list[list[tuple[Key, CellIndex]]]
    duplicates: list[Finding]


def _build_layout(blocks: tuple[_KeyedBlock, ...], edition: Edition) -> _AnswerLayout:
    layout = _AnswerLayout({}, [], set(), [[] for _ in blocks], [])
    located = _locate_keys(blocks, edition, layout)
    _missing_keys(located, edition, layout)
    _settle_places(located, blocks, edition, layout)
    return layout


_MAX_CACHED_KEYS = 2_000  # marks
_cached_layout = lru_cache(maxsize=32)(_build_layout)


_BlockCells = list[tuple[int, CellIndex]]  # number of the block, and where
_KeyedRow = tuple[
    str, CellIndex, list[str]
]  # a row that has a mark: the mark, where it stands, the printed code and label


def _locate_keys(blocks: Sequence[_KeyedBlock], edition: Edition, layout: _AnswerLayout) -> dict[str, _BlockCells]:
    """Key → every place it stands. Adds the findings about rows, and marks the keys of mismatched rows unsure."""
    rows = {row.key: row for row in rows_of(edition)}
    located: dict[str, _BlockCells] = {}
    for number, block in enumerate(blocks):
        marked = list(_keyed_rows(block))
        known = [row for row in marked if row[0] in rows]
        for mark, at, _ in known if block.suffixes else ():
            layout.locations.setdefault(mark, (block.sheet, at + block.suffixes[0][1]))
        for key, at in _keys_of_rows(block, known, keys_of(edition)):
            located.setdefault(key, []).append((number, at))
            if len(located[key]) > _MAX_FORMS:
                raise NotAReturnError("form.many")
        _report_unknown(block, [row for row in marked if row[0] not in rows], layout)
        printed = [(rows[mark], at, texts) for mark, at, texts in known]
        _report_mismatches(block, [row for row in printed if not _prints_row(row[0], row[2])], layout)
    return located


def _keyed_rows(block: _KeyedBlock) -> Iterator[_KeyedRow]:
    for at, cell, *printed in zip_longest(block.key_indexes, block.keys, block.codes, block.labels):
        if isinstance(cell, str) and (mark := normalize_text(cell)):
            yield mark, at, list(map(display_text, printed))


def _keys_of_rows(
    block: _KeyedBlock, known: Iterable[_KeyedRow], keys: Mapping[str, Key]
) -> Iterator[tuple[str, CellIndex]]:
    """The keys that a block's rows have, and where."""
    suffixes = {key.suffix for key in keys.values()}
    columns = [(suffix, shift) for suffix, shift in block.suffixes if suffix in suffixes]
    found = ((mark + suffix, at + shift) for mark, at, _ in known for suffix, shift in columns)
    return ((key, at) for key, at in found if key in keys)


def _prints_row(row: Row, printed: Sequence[str]) -> bool:
    return [_bare_text(text) for text in printed] == [_bare_text(row.code), _bare_text(row.label)]


def _bare_text(text: str) -> str:
    """Without blanks and width, which do not matter to what a row prints."""
    return re.sub(r"\s+", "", normalize_text(text))


def _report_unknown(block: _KeyedBlock, unknown: Sequence[_KeyedRow], layout: _AnswerLayout) -> None:
    """One finding a sheet: it may be of another form altogether."""
    if not unknown:
        return
    mark, at, _ = unknown[0]
    marks = list(dict.fromkeys(mark for mark, *_ in unknown))
    found = shown_text("、".join(marks[:_MAX_KEY_TEXT]), _MAX_KEY_TEXT) + _row_count_note(unknown)
    layout.findings.append(Finding("key.unknown", mark, mark, block.sheet, cell_address(at), found))


_MAX_KEY_TEXT = 250  # characters for marks in a message


def _row_count_note(rows: Sequence[object]) -> str:
    return f"（本表共 {len(rows)} 行）" if len(rows) > 1 else ""


def _report_mismatches(block: _KeyedBlock, mismatches: list[tuple[Row, int, list[str]]], layout: _AnswerLayout) -> None:
    """One finding a sheet: one sort puts many rows wrong."""
    if not mismatches:
        return
    row, at, printed = mismatches[0]
    shift = next((shift for shift in block.label_columns if shift is not None), 0)
    layout.findings.append(
        Finding(
            "label.mismatch",
            row.key,
            row.label,
            block.sheet,
            cell_address(at + shift),
            found=" ".join(filter(None, printed)),
            expected=f"{row.code} {row.label}{_row_count_note(mismatches)}",
        )
    )
    layout.unsure.update(key.name for row, *_ in mismatches for key in row.keys)


def _missing_keys(located: Mapping[str, _BlockCells], edition: Edition, layout: _AnswerLayout) -> None:
    """Report keys that stand nowhere: a whole sheet, a column or a row gone is one finding.

    What is asked aside a form may lack; where it has a part of it, nobody knows what stood in the rest.
    """
    for section in Section:
        rows = [row for row in rows_of(edition) if row.section is section]
        keys = [key for row in rows for key in row.keys]
        missing = [key for key in keys if key.name not in located]
        if all(key.aside for key in missing):
            missing = missing if len(missing) < len(keys) else []
        else:
            for first, label in _missing_groups(section, rows, keys, missing):
                layout.findings.append(Finding("key.missing", first.name, label, clause=first.clause))
        layout.unsure.update(key.name for key in missing)


def _missing_groups(
    section: Section, rows: list[Row], keys: list[Key], missing: list[Key]
) -> Iterator[tuple[Key, str]]:
    if missing and len(missing) == len(keys):
        yield missing[0], f"工作表“{section.value}”"
        return
    gone = {key.name for key in missing}
    for suffix in dict.fromkeys(key.suffix for key in missing):
        column = [key for key in keys if key.suffix == suffix]
        if len(column) > 1 and all(key.name in gone for key in column):
            yield column[0], f"工作表“{section.value}”的一列（{ANSWER}{suffix}）"
            gone -= {key.name for key in column}
    for row in rows:
        left = [key for key in row.keys if key.name in gone]
        if len(left) > 1 and len(left) == len(row.keys):
            yield left[0], f"{row.code} {row.label}"
        else:
            for key in left:
                yield key, key.label


def _settle_places(
    located: Mapping[str, _BlockCells], blocks: Sequence[_KeyedBlock], edition: Edition, layout: _AnswerLayout
) -> None:
    """Settle which cell each key is read from; a key that stands twice is read from none."""
    keys = keys_of(edition)
    doubled: dict[tuple[str, ...], tuple[Key, list[tuple[str, str]]]] = {}
    for name, places in located.items():
        key = keys[name]
        block, at = places[0]
        layout.locations[name] = (blocks[block].sheet, at)
        if len(places) > 1:
            # One copied sheet doubles all its keys, one copied column or row all of its own: one finding each.
            sheets = tuple(blocks[block].sheet for block, *_ in places)
            same_row = len({at // ROW_STRIDE for _, at in places}) == 1
            cause = sheets if len(set(sheets)) == len(sheets) else (*sheets, key.suffix if same_row else key.row)
            cells = [cell_address(at) for _, at in places]
            doubled.setdefault(cause, (key, list(zip(sheets, cells, strict=True))))
            layout.unsure.add(name)
        elif name not in layout.unsure:
            layout.cells_by_block[block].append((key, at))
    for key, named in doubled.values():
        where = "、".join(f"{sheet}!{cell}" for sheet, cell in named)
        layout.duplicates.append(Finding("key.doubled", key.name, key.label, *named[1], found=where, clause=key.clause))


# --- what stands there ----------------------------------------------------------------------------------------------


def _read_cell(
    key: Key, cell: Cell, sheet: WorkbookSheet, at: CellIndex, result: ReturnAnswers, seen: DisplayGetter | None
) -> None:
    if not cell and sheet.false_blanks and (code := sheet.false_blanks.get(at)):  # a blank, or the 0 of a formula
        found = expected = ""
        if code == CELL_PICTURE and key.kind is Kind.TEXT and key.need != "required":
            code = "text.picture"
    else:
        if seen:
            cell, (value, code, expected) = read_displayed(key, cell, seen())
        else:
            value, code, expected = read_value(key, cell)
        if value is not None:
            result.values[key.name] = value
        if not code:
            return
        found = display_text(cell)
    place = sheet.name, cell_address(at)
    result.findings.append(Finding(code, key.name, key.label, *place, found, expected, key.clause, key.aside))
    if key.name not in result.values:
        result.unsure.add(key.name)


def _without_merged(
    places: list[tuple[Key, CellIndex]], sheet: WorkbookSheet, result: ReturnAnswers
) -> list[tuple[Key, CellIndex]]:
    """The answers that have a cell of their own; of one that is merged with another nobody knows which it answers."""
    first_row = places[0][1] // ROW_STRIDE if places else 0
    last_row = places[-1][1] // ROW_STRIDE if places else 0
    # A form merges nothing among its rows.
    below = [
        area for area in sheet.merged if first_row <= area.last // ROW_STRIDE and area.first // ROW_STRIDE <= last_row
    ]
    ordered = sorted((at, key) for key, at in places) if below else []
    merged: set[CellIndex] = set()
    for area in below:
        rows = ordered[bisect_left(ordered, (area.first,)) : bisect_left(ordered, (area.last + 1,))]
        within = {at: key for at, key in rows if area.contains(at)}
        if within and (found := _ambiguous_content(area.first, within, sheet.cells)) is not None:
            first = next(iter(within.values()))
            place = sheet.name, cell_address(area.first)
            aside = all(key.aside for key in within.values())
            result.findings.append(
                Finding(
                    "cell.merged", first.name, first.label, *place, display_text(found), str(area), first.clause, aside
                )
            )
            result.unsure.update(key.name for key in within.values())
            merged.update(within)
    return [(key, at) for key, at in places if at not in merged] if merged else places


def _ambiguous_content(first: CellIndex, within: Collection[CellIndex], cells: Cells) -> Cell:
    """What stands in merged cells, of which only the first is seen, where it does not answer one question alone."""
    seen = cells.get(first)
    unseen = next((cell for at in within if at != first and (cell := cells.get(at)) not in (None, "")), None)
    if unseen is not None:
        return unseen
    doubtful = len(within) > 1 and seen != "" if first in within else read_tick(seen).value is True
    return seen if doubtful else None


# --- which edition --------------------------------------------------------------------------------------------------


def _stated_edition(sheets: Iterable[WorkbookSheet], workbook: Workbook) -> dict[str, str]:
    """What a workbook says of the form it is, in its hidden sheet or else in its properties."""
    cells = next((sheet.cells for sheet in sheets if sheet.name == META_SHEET), {})
    stated = {
        display_text(name): display_text(cells[at + 1])
        for at, name in cells.items()
        if at % ROW_STRIDE == 0 and at + 1 in cells
    }
    if stated.get("edition"):
        return stated
    return {name: clean_text(value) for name, value in workbook.properties().items()}


def _edition_findings(sheets: Sequence[WorkbookSheet], workbook: Workbook, edition: Edition) -> list[Finding]:
    stated = _stated_edition(sheets, workbook)
    sheet = META_SHEET if any(sheet.name == META_SHEET for sheet in sheets) else ""
    found = stated.get("edition", "")
    if not found:
        return [Finding("edition.unstated", sheet=sheet, expected=edition.header.title)]
    if found != edition.id:
        raise NotAReturnError("edition.wrong", found=found, expected=edition.id)
    findings = []
    if stated.get("edition_sha256") not in edition.hashes:
        findings.append(
            Finding("edition.changed", sheet=sheet, found=stated.get("edition_sha256", ""), expected=edition.sha256)
        )
    if stated.get("form_version") not in (FORM_VERSION, *EARLIER_VERSIONS):
        findings.append(
            Finding("form.version", sheet=sheet, found=stated.get("form_version", ""), expected=FORM_VERSION)
        )
    return findings
