"""Find the answers in a workbook by their keys, wherever rows, columns and sheets have gone (design, section 4)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from smebatch.common.text import clean_text, shown_text
from smebatch.intake.return_answers import Return
from smebatch.intake.workbook.address import WIDTH, Place, cell_name
from smebatch.intake.workbook.blank_cells import PICTURE
from smebatch.intake.workbook.cell_values import Cell, fold, read, read_tick, shown
from smebatch.intake.workbook.displayed_value import Sight, read_seen
from smebatch.intake.workbook.workbook import Sheet, Workbook
from smebatch.intake.workbook.xlsx_scan import Cells, positions
from smebatch.issues.finding import Finding
from smebatch.standard.form_markers import ANSWER, CODE, EARLIER_VERSIONS, FORM_VERSION, LABEL, MARKER, META_SHEET
from smebatch.standard.keys import Key, Kind, Row, Section, keys_of, rows_of
from smebatch.standard.model import Edition


class NotAReturnError(Exception):
    """The workbook is no return of this edition; ``reason`` is a code of issues.REASONS with its values."""

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


def read_return(workbook: Workbook, edition: Edition) -> Return:
    """Read a workbook as a return of the edition.

    Raises NotAReturnError where no answer sheet is found, or too many, or the form states another edition;
    UnreadableError where a sheet cannot be read.
    """
    sheets = workbook.sheets(holding=MARKER, also=META_SHEET)
    markers = [_markers(sheet.cells) for sheet in sheets]
    if not any(markers):
        raise NotAReturnError("form.inspected" if _without_marks(sheets, workbook, edition) else "form.none")
    if sum(map(len, markers)) > _MOST_FORMS:
        raise NotAReturnError("form.many")
    blocks = [(block, sheet) for sheet, places in zip(sheets, markers, strict=True) for block in _blocks(sheet, places)]
    findings = _edition_findings(sheets, workbook, edition)
    printed = tuple(block for block, _ in blocks)
    layout = (_layout_of if sum(len(block.marks) for block in printed) < _USUAL else _layout)(printed, edition)
    result = Return({}, findings, set(layout.unsure), layout.places)
    findings += layout.findings
    for (_, sheet), places in zip(blocks, layout.cells, strict=True):
        cells, unsaid, seen = sheet.cells, sheet.unsaid, sheet.seen
        for key, at in _but_merged(places, sheet, result) if sheet.merged else places:
            if (cell := cells.get(at)) is not None or at in unsaid:
                _read_cell(key, cell, sheet, at, result, seen.get(at) if seen else None)
    findings += layout.doubled
    return result


def _without_marks(sheets: Iterable[Sheet], workbook: Workbook, edition: Edition) -> bool:
    """Whether a form is there, but without what is hidden in it: a program that cleans documents takes that away.

    It says what it is, or half of the rows that a sheet of it prints stand in one; no list of enterprises has these.
    """
    if _stated(sheets, workbook).get("edition_sha256"):
        return True
    printed = {section: _printed_rows(section, edition) for section in (Section.QUESTIONS, Section.SCENES)}
    found = [_rows_printed(sheet.cells) for sheet in sheets]
    return any(2 * len(rows & of_sheet) >= len(rows) for rows in printed.values() if rows for of_sheet in found)


def _printed_rows(section: Section, edition: Edition) -> set[tuple[str, str]]:
    """Code and label of the rows of a section."""
    return {(_bare(row.code), _bare(row.label)) for row in rows_of(edition) if row.section is section}


_SEARCHED = 20_000  # cells of a sheet; those of a form have 500


def _rows_printed(cells: Cells) -> set[tuple[str, str]]:
    """What a row of a sheet shows first, with each of the texts that follow."""
    firsts: dict[int, str] = {}
    texts = ((at // WIDTH, _bare(shown(cells[at]))) for at in sorted(cells)[:_SEARCHED])
    return {(firsts.setdefault(row, text), text) for row, text in texts}


# --- where the keys stand -------------------------------------------------------------------------------------------


class _Block(NamedTuple):
    """A keyed area: the marker's place, its answer columns by suffix, and the marks it prints, by row, with their text.

    Columns are counted from that of the marker. ``places``, ``marks``, ``codes`` and ``labels`` go together, one each
    a row that has a mark.
    """

    sheet: str
    place: Place
    suffixes: tuple[tuple[str, int], ...]
    printed: tuple[int | None, int | None]
    places: tuple[Place, ...]
    marks: tuple[Cell, ...]
    codes: tuple[Cell, ...]
    labels: tuple[Cell, ...]


_MOST_FORMS = 30  # markers of a workbook, of which a form has four, or places of a key


def _markers(cells: Cells) -> list[Place]:
    places = list(cells)
    return sorted(places[position] for position in positions(MARKER, list(cells.values())))


def _blocks(sheet: Sheet, markers: Sequence[Place]) -> Iterator[_Block]:
    cells = sheet.cells
    ordered = sorted(cells) if markers else []
    for marker in markers:
        row, column = divmod(marker, WIDTH)
        beside = ordered[bisect_left(ordered, row * WIDTH) : bisect_left(ordered, (row + 1) * WIDTH)]
        marks = [(at - marker, cell.strip()) for at in beside if at != marker and isinstance(cell := cells[at], str)]
        suffixes = tuple((mark.removeprefix(ANSWER), shift) for shift, mark in marks if mark.startswith(ANSWER))
        code, label = (next((shift for shift, mark in marks if mark == name), None) for name in (CODE, LABEL))
        keyed = tuple([at for at in range(column, ordered[-1] + 1, WIDTH) if at in cells and at != marker])
        texts = (() if shift is None else [cells.get(at + shift) for at in keyed] for shift in (0, code, label))
        yield _Block(sheet.name, marker, suffixes, (code, label), keyed, *map(tuple, texts))


class _Layout(NamedTuple):
    """What the blocks of a return print, and so the same for most returns: where to read which key.

    ``cells``: for each block, the keys to read and where. ``doubled``: the findings about keys that stand twice.
    """

    places: dict[str, tuple[str, Place]]
    findings: list[Finding]
    unsure: set[str]
    cells: list[list[tuple[Key, Place]]]
    doubled: list[Finding]


def _layout(blocks: tuple[_Block, ...], edition: Edition) -> _Layout:
    layout = _Layout({}, [], set(), [[] for _ in blocks], [])
    located = _locate(blocks, edition, layout)
    _missing_keys(located, edition, layout)
    _settle_places(located, blocks, edition, layout)
    return layout


_USUAL = 2_000  # marks
_layout_of = lru_cache(maxsize=32)(_layout)


_Places = list[tuple[int, Place]]  # number of the block, and where
_Marked = tuple[str, Place, list[str]]  # a row that has a mark: the mark, where it stands, the printed code and label


def _locate(blocks: Sequence[_Block], edition: Edition, layout: _Layout) -> dict[str, _Places]:
    """Key → every place it stands. Adds the findings about rows, and marks the keys of mismatched rows unsure."""
    rows = {row.key: row for row in rows_of(edition)}
    located: dict[str, _Places] = {}
    for number, block in enumerate(blocks):
        marked = list(_marked(block))
        known = [row for row in marked if row[0] in rows]
        for mark, at, _ in known if block.suffixes else ():
            layout.places.setdefault(mark, (block.sheet, at + block.suffixes[0][1]))
        for key, at in _keyed(block, known, keys_of(edition)):
            located.setdefault(key, []).append((number, at))
            if len(located[key]) > _MOST_FORMS:
                raise NotAReturnError("form.many")
        _report_unknown(block, [row for row in marked if row[0] not in rows], layout)
        printed = [(rows[mark], at, texts) for mark, at, texts in known]
        _report_mismatches(block, [row for row in printed if not _fits(row[0], row[2])], layout)
    return located


def _marked(block: _Block) -> Iterator[_Marked]:
    for at, cell, *printed in zip_longest(block.places, block.marks, block.codes, block.labels):
        if isinstance(cell, str) and (mark := fold(cell)):
            yield mark, at, list(map(shown, printed))


def _keyed(block: _Block, known: Iterable[_Marked], keys: Mapping[str, Key]) -> Iterator[tuple[str, Place]]:
    """The keys that a block's rows have, and where."""
    suffixes = {key.suffix for key in keys.values()}
    columns = [(suffix, shift) for suffix, shift in block.suffixes if suffix in suffixes]
    found = ((mark + suffix, at + shift) for mark, at, _ in known for suffix, shift in columns)
    return ((key, at) for key, at in found if key in keys)


def _fits(row: Row, printed: Sequence[str]) -> bool:
    return [_bare(text) for text in printed] == [_bare(row.code), _bare(row.label)]


def _bare(text: str) -> str:
    """Without blanks and width, which do not matter to what a row prints."""
    return re.sub(r"\s+", "", fold(text))


def _report_unknown(block: _Block, unknown: Sequence[_Marked], layout: _Layout) -> None:
    """One finding a sheet: it may be of another form altogether."""
    if not unknown:
        return
    mark, at, _ = unknown[0]
    marks = list(dict.fromkeys(mark for mark, *_ in unknown))
    found = shown_text("、".join(marks[:_ROOM]), _ROOM) + _of_rows(unknown)
    layout.findings.append(Finding("key.unknown", mark, mark, block.sheet, cell_name(at), found))


_ROOM = 250  # characters for marks in a message


def _of_rows(rows: Sequence[object]) -> str:
    return f"（本表共 {len(rows)} 行）" if len(rows) > 1 else ""


def _report_mismatches(block: _Block, mismatches: list[tuple[Row, int, list[str]]], layout: _Layout) -> None:
    """One finding a sheet: one sort puts many rows wrong."""
    if not mismatches:
        return
    row, at, printed = mismatches[0]
    shift = next((shift for shift in block.printed if shift is not None), 0)
    layout.findings.append(
        Finding(
            "label.mismatch",
            row.key,
            row.label,
            block.sheet,
            cell_name(at + shift),
            found=" ".join(filter(None, printed)),
            expected=f"{row.code} {row.label}{_of_rows(mismatches)}",
        )
    )
    layout.unsure.update(key.name for row, *_ in mismatches for key in row.keys)


def _missing_keys(located: Mapping[str, _Places], edition: Edition, layout: _Layout) -> None:
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


def _settle_places(located: Mapping[str, _Places], blocks: Sequence[_Block], edition: Edition, layout: _Layout) -> None:
    """Settle which cell each key is read from; a key that stands twice is read from none."""
    keys = keys_of(edition)
    doubled: dict[tuple[str, ...], tuple[Key, list[tuple[str, str]]]] = {}
    for name, places in located.items():
        key = keys[name]
        block, at = places[0]
        layout.places[name] = (blocks[block].sheet, at)
        if len(places) > 1:
            # One copied sheet doubles all its keys, one copied column or row all of its own: one finding each.
            sheets = tuple(blocks[block].sheet for block, *_ in places)
            same_row = len({at // WIDTH for _, at in places}) == 1
            cause = sheets if len(set(sheets)) == len(sheets) else (*sheets, key.suffix if same_row else key.row)
            cells = [cell_name(at) for _, at in places]
            doubled.setdefault(cause, (key, list(zip(sheets, cells, strict=True))))
            layout.unsure.add(name)
        elif name not in layout.unsure:
            layout.cells[block].append((key, at))
    for key, named in doubled.values():
        where = "、".join(f"{sheet}!{cell}" for sheet, cell in named)
        layout.doubled.append(Finding("key.doubled", key.name, key.label, *named[1], found=where, clause=key.clause))


# --- what stands there ----------------------------------------------------------------------------------------------


def _read_cell(key: Key, cell: Cell, sheet: Sheet, at: Place, result: Return, seen: Sight | None) -> None:
    if not cell and sheet.unsaid and (code := sheet.unsaid.get(at)):  # a blank, or the 0 of a formula
        found = expected = ""
        if code == PICTURE and key.kind is Kind.TEXT and key.need != "required":
            code = "text.picture"
    else:
        if seen:
            cell, (value, code, expected) = read_seen(key, cell, seen())
        else:
            value, code, expected = read(key, cell)
        if value is not None:
            result.values[key.name] = value
        if not code:
            return
        found = shown(cell)
    place = sheet.name, cell_name(at)
    result.findings.append(Finding(code, key.name, key.label, *place, found, expected, key.clause, key.aside))
    if key.name not in result.values:
        result.unsure.add(key.name)


def _but_merged(places: list[tuple[Key, Place]], sheet: Sheet, result: Return) -> list[tuple[Key, Place]]:
    """The answers that have a cell of their own; of one that is merged with another nobody knows which it answers."""
    first_row = places[0][1] // WIDTH if places else 0
    last_row = places[-1][1] // WIDTH if places else 0
    # A form merges nothing among its rows.
    below = [area for area in sheet.merged if first_row <= area.last // WIDTH and area.first // WIDTH <= last_row]
    ordered = sorted((at, key) for key, at in places) if below else []
    merged: set[Place] = set()
    for area in below:
        rows = ordered[bisect_left(ordered, (area.first,)) : bisect_left(ordered, (area.last + 1,))]
        within = {at: key for at, key in rows if area.holds(at)}
        if within and (found := _of_no_single(area.first, within, sheet.cells)) is not None:
            first = next(iter(within.values()))
            place = sheet.name, cell_name(area.first)
            aside = all(key.aside for key in within.values())
            result.findings.append(
                Finding("cell.merged", first.name, first.label, *place, shown(found), str(area), first.clause, aside)
            )
            result.unsure.update(key.name for key in within.values())
            merged.update(within)
    return [(key, at) for key, at in places if at not in merged] if merged else places


def _of_no_single(first: Place, within: Collection[Place], cells: Cells) -> Cell:
    """What stands in merged cells, of which only the first is seen, where it does not answer one question alone."""
    seen = cells.get(first)
    unseen = next((cell for at in within if at != first and (cell := cells.get(at)) not in (None, "")), None)
    if unseen is not None:
        return unseen
    doubtful = len(within) > 1 and seen != "" if first in within else read_tick(seen).value is True
    return seen if doubtful else None


# --- which edition --------------------------------------------------------------------------------------------------


def _stated(sheets: Iterable[Sheet], workbook: Workbook) -> dict[str, str]:
    """What a workbook says of the form it is, in its hidden sheet or else in its properties."""
    cells = next((sheet.cells for sheet in sheets if sheet.name == META_SHEET), {})
    stated = {shown(name): shown(cells[at + 1]) for at, name in cells.items() if at % WIDTH == 0 and at + 1 in cells}
    if stated.get("edition"):
        return stated
    return {name: clean_text(value) for name, value in workbook.properties().items()}


def _edition_findings(sheets: Sequence[Sheet], workbook: Workbook, edition: Edition) -> list[Finding]:
    stated = _stated(sheets, workbook)
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
