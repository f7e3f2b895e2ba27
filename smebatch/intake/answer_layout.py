"""Where the answers of a return stand: its keyed blocks, and the cell to read for each key.

A form prints hidden keys beside its rows and above its answer columns. They are found wherever rows, columns and sheets
have been moved. Most returns print the same keys in the same cells, so layouts are cached.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from smebatch.common.text import shown_text
from smebatch.intake.return_answers import NotAReturnError
from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, cell_address
from smebatch.intake.workbook.cell_values import Cell, Cells, display_text, normalize_text
from smebatch.intake.workbook.workbook import WorkbookSheet
from smebatch.intake.workbook.xlsx_scan import find_positions
from smebatch.issues.finding import Finding
from smebatch.standard.form_markers import ANSWER, CODE, ISSUE_CODE, ISSUE_KEY, LABEL, MARKER
from smebatch.standard.keys import Key, Row, Section, keys_of, rows_of
from smebatch.standard.model import Edition

MAX_FORMS = 30  # blocks of answers in a workbook, of which a form has four, and cells of one key
_MAX_CACHED_KEYS = 2_000  # printed keys of a layout that is cached
_MAX_KEY_TEXT = 250  # characters for keys in a message


class KeyedBlock(NamedTuple):
    """An area of a sheet with keys: a marker, the columns that its row names, and the rows with a key below it.

    Columns are counted from the marker's. ``suffixes``: the answer columns, each with the suffix of its keys.
    ``label_columns``: those of the printed code and label, ``issue_columns``: those of the code and key of an issue
    (explanations.py), None where there is none. ``key_indexes``, ``keys``, ``codes`` and ``labels`` go together, one
    entry for each row with a key.
    """

    sheet: str
    marker: CellIndex
    suffixes: tuple[tuple[str, int], ...]
    label_columns: tuple[int | None, int | None]
    issue_columns: tuple[int | None, int | None]
    key_indexes: tuple[CellIndex, ...]
    keys: tuple[Cell, ...]
    codes: tuple[Cell, ...]
    labels: tuple[Cell, ...]


_BlockCells = list[tuple[int, CellIndex]]
"""Cells, each with the number of its block."""


class AnswerLayout(NamedTuple):
    """Which key to read from which cell.

    ``locations``: key or row key → the sheet's name and the cell. ``unsure``: keys that are read from no cell.
    ``unsure_cells``: those of them that have cells, with the number of the block and the cell for each.
    ``cells_by_block``: the keys to read in each block, with their cells. ``duplicates``: the findings about keys that
    have several cells; they come behind those about answers.
    """

    locations: dict[str, tuple[str, CellIndex]]
    findings: list[Finding]
    unsure: set[str]
    unsure_cells: dict[str, _BlockCells]
    cells_by_block: list[list[tuple[Key, CellIndex]]]
    duplicates: list[Finding]


def find_markers(cells: Cells) -> list[CellIndex]:
    """The cells that hold the marker of a keyed block, in order."""
    indexes = list(cells)
    return sorted(indexes[position] for position in find_positions(MARKER, list(cells.values())))


def find_blocks(sheet: WorkbookSheet, markers: Sequence[CellIndex]) -> Iterator[KeyedBlock]:
    """Yield the block of each marker of a sheet."""
    cells = sheet.cells
    ordered = sorted(cells) if markers else []
    for marker in markers:
        row, column = divmod(marker, ROW_STRIDE)
        in_row = ordered[bisect_left(ordered, row * ROW_STRIDE) : bisect_left(ordered, (row + 1) * ROW_STRIDE)]
        names = [(at - marker, cell.strip()) for at in in_row if at != marker and isinstance(cell := cells[at], str)]
        suffixes = tuple((name.removeprefix(ANSWER), shift) for shift, name in names if name.startswith(ANSWER))
        code, label, issue_code, issue_key = (
            next((shift for shift, name in names if name == wanted), None)
            for wanted in (CODE, LABEL, ISSUE_CODE, ISSUE_KEY)
        )
        keyed = tuple([at for at in range(column, ordered[-1] + 1, ROW_STRIDE) if at in cells and at != marker])
        texts = (() if shift is None else [cells.get(at + shift) for at in keyed] for shift in (0, code, label))
        columns = (code, label), (issue_code, issue_key)
        yield KeyedBlock(sheet.name, marker, suffixes, *columns, keyed, *map(tuple, texts))


def layout_of(blocks: tuple[KeyedBlock, ...], edition: Edition) -> AnswerLayout:
    """The layout of a return; do not change it, for others share it. Raises NotAReturnError for too many forms."""
    printed_keys = sum(len(block.keys) for block in blocks)
    return (_cached_layout if printed_keys < _MAX_CACHED_KEYS else _build_layout)(blocks, edition)


def _build_layout(blocks: tuple[KeyedBlock, ...], edition: Edition) -> AnswerLayout:
    layout = AnswerLayout({}, [], set(), {}, [[] for _ in blocks], [])
    located = _locate_keys(blocks, edition, layout)
    _report_missing_keys(located, edition, layout)
    _choose_cells(located, blocks, edition, layout)
    return layout


_cached_layout = lru_cache(maxsize=32)(_build_layout)

_KeyedRow = tuple[str, CellIndex, list[str]]
"""A row of a block: its key, the cell of the key, and the printed code and label."""


def _locate_keys(blocks: Sequence[KeyedBlock], edition: Edition, layout: AnswerLayout) -> dict[str, _BlockCells]:
    """Key → all its cells. Adds the findings about rows, and marks the keys of mismatched rows as unsure."""
    rows = {row.key: row for row in rows_of(edition)}
    located: dict[str, _BlockCells] = {}
    for number, block in enumerate(blocks):
        keyed = list(_keyed_rows(block))
        known_rows = [row for row in keyed if row[0] in rows]
        for row_key, at, _ in known_rows if block.suffixes else ():
            layout.locations.setdefault(row_key, (block.sheet, at + block.suffixes[0][1]))
        for key, at in _keys_of_rows(block, known_rows, keys_of(edition)):
            located.setdefault(key, []).append((number, at))
            if len(located[key]) > MAX_FORMS:
                raise NotAReturnError("form.many")
        _report_unknown(block, [row for row in keyed if row[0] not in rows], layout)
        printed = [(rows[row_key], at, texts) for row_key, at, texts in known_rows]
        _report_mismatches(block, [row for row in printed if not _prints_row(row[0], row[2])], layout)
    return located


def _keyed_rows(block: KeyedBlock) -> Iterator[_KeyedRow]:
    for at, cell, *printed in zip_longest(block.key_indexes, block.keys, block.codes, block.labels):
        if isinstance(cell, str) and (key := normalize_text(cell)):
            yield key, at, list(map(display_text, printed))


def _keys_of_rows(
    block: KeyedBlock, keyed_rows: Iterable[_KeyedRow], keys: Mapping[str, Key]
) -> Iterator[tuple[str, CellIndex]]:
    """Yield the keys of a block's rows with their cells."""
    suffixes = {key.suffix for key in keys.values()}
    columns = [(suffix, shift) for suffix, shift in block.suffixes if suffix in suffixes]
    cells = ((row_key + suffix, at + shift) for row_key, at, _ in keyed_rows for suffix, shift in columns)
    return ((key, at) for key, at in cells if key in keys)


def _prints_row(row: Row, printed: Sequence[str]) -> bool:
    return [bare_text(text) for text in printed] == [bare_text(row.code), bare_text(row.label)]


def bare_text(text: str) -> str:
    """A printed text without blanks and full-width forms, which do not matter when rows are compared."""
    return re.sub(r"\s+", "", normalize_text(text))


def _report_unknown(block: KeyedBlock, unknown: Sequence[_KeyedRow], layout: AnswerLayout) -> None:
    """Add one finding for all unknown keys of a block: it may belong to another form altogether."""
    if not unknown:
        return
    key, at, _ = unknown[0]
    keys = list(dict.fromkeys(key for key, *_ in unknown))
    found = shown_text("、".join(keys[:_MAX_KEY_TEXT]), _MAX_KEY_TEXT) + _row_count_note(unknown)
    layout.findings.append(Finding("key.unknown", key, key, block.sheet, cell_address(at), found))


def _row_count_note(rows: Sequence[object]) -> str:
    return f"（本表共 {len(rows)} 行）" if len(rows) > 1 else ""


def _report_mismatches(
    block: KeyedBlock, mismatches: list[tuple[Row, CellIndex, list[str]]], layout: AnswerLayout
) -> None:
    """Add one finding for all rows of a block whose key and label do not match: one sorting displaces many."""
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


def _report_missing_keys(located: Mapping[str, _BlockCells], edition: Edition, layout: AnswerLayout) -> None:
    """Add findings about keys without a cell: one for a missing sheet, column or row.

    A form may lack a section that is not assessed. Where it has a part of one, nobody knows what the rest said, so the
    missing keys are unsure.
    """
    for section in Section:
        rows = [row for row in rows_of(edition) if row.section is section]
        keys = [key for row in rows for key in row.keys]
        missing = [key for key in keys if key.name not in located]
        if all(key.unassessed for key in missing):
            missing = missing if len(missing) < len(keys) else []
        else:
            for first, label in _missing_groups(section, rows, keys, missing):
                layout.findings.append(Finding("key.missing", first.name, label, clause=first.clause))
        layout.unsure.update(key.name for key in missing)


def _missing_groups(
    section: Section, rows: list[Row], keys: list[Key], missing: list[Key]
) -> Iterator[tuple[Key, str]]:
    """Yield the first key and the label of each sheet, column, row or single key that is missing."""
    if missing and len(missing) == len(keys):
        yield missing[0], f"工作表“{section.value}”"
        return
    left = {key.name for key in missing}
    for suffix in dict.fromkeys(key.suffix for key in missing):
        column = [key for key in keys if key.suffix == suffix]
        if len(column) > 1 and all(key.name in left for key in column):
            yield column[0], f"工作表“{section.value}”的一列（{ANSWER}{suffix}）"
            left -= {key.name for key in column}
    for row in rows:
        in_row = [key for key in row.keys if key.name in left]
        if len(in_row) > 1 and len(in_row) == len(row.keys):
            yield in_row[0], f"{row.code} {row.label}"
        else:
            for key in in_row:
                yield key, key.label


def _choose_cells(
    located: Mapping[str, _BlockCells], blocks: Sequence[KeyedBlock], edition: Edition, layout: AnswerLayout
) -> None:
    """Choose the cell that each key is read from; a key with several cells is read from none."""
    keys = keys_of(edition)
    duplicates: dict[tuple[str, ...], tuple[Key, list[tuple[str, str]]]] = {}
    for name, cells in located.items():
        key = keys[name]
        block, at = cells[0]
        layout.locations[name] = (blocks[block].sheet, at)
        if len(cells) > 1:
            # A copied sheet duplicates all its keys, a copied column or row all of its own: one finding for each.
            sheets = tuple(blocks[block].sheet for block, *_ in cells)
            same_row = len({at // ROW_STRIDE for _, at in cells}) == 1
            cause = sheets if len(set(sheets)) == len(sheets) else (*sheets, key.suffix if same_row else key.row)
            addresses = [cell_address(at) for _, at in cells]
            duplicates.setdefault(cause, (key, list(zip(sheets, addresses, strict=True))))
            layout.unsure.add(name)
        if name in layout.unsure:
            layout.unsure_cells[name] = cells
        else:
            layout.cells_by_block[block].append((key, at))
    for key, addresses_by_sheet in duplicates.values():
        where = "、".join(f"{sheet}!{cell}" for sheet, cell in addresses_by_sheet)
        layout.duplicates.append(
            Finding("key.doubled", key.name, key.label, *addresses_by_sheet[1], found=where, clause=key.clause)
        )
