"""Find the answers in a workbook by their keys, wherever rows, columns and sheets have gone (design, section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from smebatch.form.marks import ANSWER, CODE, FORM_VERSION, LABEL, MARKER, META_SHEET
from smebatch.intake.address import cell_name
from smebatch.intake.values import Cell, Value, fold, read, shown
from smebatch.intake.workbook import Sheet, Workbook
from smebatch.issues import Finding
from smebatch.standard.keys import Key, Row, Section, keys_of, rows_of
from smebatch.standard.model import Edition
from smebatch.text import clean_text


class NotAReturnError(Exception):
    """The workbook is no return of this edition; ``reason`` is a code of issues.REASONS with its values."""

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of the workbook, row and column from 0."""

    sheet: Sheet
    row: int
    column: int

    @property
    def cell(self) -> str:
        """The address, D14."""
        return cell_name(self.row, self.column)

    def __str__(self) -> str:
        return f"{self.sheet.name}!{self.cell}"


@dataclass(slots=True)
class Return:
    """What one workbook answers.

    ``values``: key → typed value, None where blank or not sure; figures in millionths of their unit.
    ``unsure``: keys whose cell could not be read surely (each has a finding); checks leave them alone.
    ``places``: key or row key → (sheet name, row, column), from 0.
    """

    values: dict[str, Value]
    findings: list[Finding] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    places: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def place(self, key: str) -> tuple[str, str]:
        """The sheet's name and the cell's address of a key or row key, blank where it stands nowhere."""
        if key not in self.places:
            return "", ""
        sheet, row, column = self.places[key]
        return sheet, cell_name(row, column)


def read_return(workbook: Workbook, edition: Edition) -> Return:
    """Read a workbook as a return of the edition.

    Raises NotAReturnError where no answer sheet is found or the form states another edition, UnreadableError where
    a sheet cannot be read.
    """
    sheets = workbook.sheets(holding=MARKER, also=META_SHEET)
    blocks = [block for sheet in sheets for block in _blocks(sheet)]
    if not blocks:
        raise NotAReturnError("form.none")
    result = Return(dict.fromkeys(keys_of(edition)))
    result.findings += _edition_findings(sheets, workbook, edition)
    located = _locate(blocks, edition, result)
    _missing_keys(located, edition, result)
    _read_cells(located, edition, result)
    return result


@dataclass(frozen=True)
class _Block:
    """A keyed area: the marker's place, its answer columns by suffix, and its code and label columns."""

    sheet: Sheet
    row: int
    column: int
    suffixes: tuple[tuple[str, int], ...]
    printed: tuple[int | None, int | None]


def _blocks(sheet: Sheet) -> Iterator[_Block]:
    for row_number, row in enumerate(sheet.rows):
        if MARKER not in row:
            continue
        for column in (c for c, cell in enumerate(row) if cell == MARKER):
            marks = [(c, cell.strip()) for c, cell in enumerate(row) if isinstance(cell, str) and c != column]
            suffixes = tuple((mark.removeprefix(ANSWER), c) for c, mark in marks if mark.startswith(ANSWER))
            code, label = (next((c for c, mark in marks if mark == name), None) for name in (CODE, LABEL))
            yield _Block(sheet, row_number, column, suffixes, (code, label))


def _locate(blocks: list[_Block], edition: Edition, result: Return) -> dict[str, list[Place]]:
    """Key → every place it stands. Adds the findings about rows, and marks the keys of mismatched rows unsure."""
    rows = {row.key: row for row in rows_of(edition)}
    keys = keys_of(edition)
    located: dict[str, list[Place]] = {}
    for block in blocks:
        mismatches: list[tuple[Row, int]] = []
        for number, cells in enumerate(block.sheet.rows):
            mark = cells[block.column] if block.column < len(cells) else ""
            if number == block.row or not isinstance(mark, str) or not (mark := fold(mark)):
                continue
            if mark not in rows:
                place = Place(block.sheet, number, block.column)
                result.findings.append(Finding("key.unknown", mark, mark, place.sheet.name, place.cell, found=mark))
                continue
            row = rows[mark]
            if block.suffixes and mark not in result.places:
                result.places[mark] = (block.sheet.name, number, block.suffixes[0][1])
            for suffix, column in block.suffixes:
                if mark + suffix in keys:
                    located.setdefault(mark + suffix, []).append(Place(block.sheet, number, column))
            if not _prints(block, number, row):
                mismatches.append((row, number))
        if mismatches:
            _report_mismatches(block, mismatches, result)
    return located


def _printed(block: _Block, row: int) -> list[Cell]:
    return ["" if column is None else block.sheet.cell(row, column) for column in block.printed]


def _prints(block: _Block, number: int, row: Row) -> bool:
    """Whether the row prints its code and label; blanks and width do not matter."""
    printed, expected = _printed(block, number), [row.code, row.label]
    return printed == expected or [_bare(shown(cell)) for cell in printed] == [_bare(text) for text in expected]


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", fold(text))


def _report_mismatches(block: _Block, mismatches: list[tuple[Row, int]], result: Return) -> None:
    """One finding a sheet: one sort puts many rows wrong."""
    row, number = mismatches[0]
    column = next((c for c in block.printed if c is not None), block.column)
    place = Place(block.sheet, number, column)
    more = f"（本表共 {len(mismatches)} 行）" if len(mismatches) > 1 else ""
    result.findings.append(
        Finding(
            "label.mismatch",
            row.key,
            row.label,
            place.sheet.name,
            place.cell,
            found=" ".join(filter(None, map(shown, _printed(block, number)))),
            expected=f"{row.code} {row.label}{more}",
        )
    )
    result.unsure.update(key.name for row, _ in mismatches for key in row.keys)


def _missing_keys(located: dict[str, list[Place]], edition: Edition, result: Return) -> None:
    """Report keys that stand nowhere: a whole sheet, a column or a row gone is one finding."""
    for section in Section:
        rows = [row for row in rows_of(edition) if row.section is section]
        keys = [key for row in rows for key in row.keys]
        missing = [key for key in keys if key.name not in located]
        for first, label in _missing_groups(section, rows, keys, missing):
            result.findings.append(Finding("key.missing", first.name, label, clause=first.clause))
        result.unsure.update(key.name for key in missing)


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


def _read_cells(located: dict[str, list[Place]], edition: Edition, result: Return) -> None:
    keys = keys_of(edition)
    doubled: dict[tuple[str, ...], tuple[Key, list[Place]]] = {}
    for name, places in located.items():
        key = keys[name]
        first = places[0]
        result.places[name] = (first.sheet.name, first.row, first.column)
        if len(places) > 1:
            # One copied sheet doubles all its keys, one copied column or row all of its own: one finding each.
            sheets = tuple(place.sheet.name for place in places)
            same_row = len({place.row for place in places}) == 1
            cause = sheets if len(set(sheets)) == len(sheets) else (*sheets, key.suffix if same_row else key.row)
            doubled.setdefault(cause, (key, places))
            result.unsure.add(name)
        elif name not in result.unsure:
            _read_cell(key, first, result)
    for key, places in doubled.values():
        where = "、".join(str(place) for place in places)
        place = places[1]
        result.findings.append(
            Finding("key.doubled", key.name, key.label, place.sheet.name, place.cell, found=where, clause=key.clause)
        )


def _read_cell(key: Key, place: Place, result: Return) -> None:
    cell = place.sheet.cell(place.row, place.column)
    if cell in ("", 0) and (code := place.sheet.unsaid.get((place.row, place.column))):
        _doubt(key, place, code, "", "", result)
        return
    reading = read(key, cell)
    result.values[key.name] = reading.value
    if reading.code:
        _doubt(key, place, reading.code, shown(cell), reading.expected, result, sure=reading.value is not None)


def _doubt(key: Key, place: Place, code: str, found: str, expected: str, result: Return, *, sure: bool = False) -> None:
    sheet, cell = place.sheet.name, place.cell
    result.findings.append(Finding(code, key.name, key.label, sheet, cell, found, expected, key.clause))
    if not sure:
        result.unsure.add(key.name)


def _edition_findings(sheets: Iterable[Sheet], workbook: Workbook, edition: Edition) -> list[Finding]:
    meta = next((sheet for sheet in sheets if sheet.name == META_SHEET), None)
    stated = {shown(row[0]): shown(row[1]) for row in meta.rows if len(row) > 1} if meta else {}
    if not stated.get("edition"):
        stated = {name: clean_text(value) for name, value in workbook.properties().items()}
    sheet = meta.name if meta else ""
    found = stated.get("edition", "")
    if not found:
        return [Finding("edition.unstated", sheet=sheet, expected=edition.header.title)]
    if found != edition.id:
        raise NotAReturnError("edition.wrong", found=found, expected=edition.id)
    findings = []
    if stated.get("edition_sha256") != edition.sha256:
        findings.append(
            Finding("edition.changed", sheet=sheet, found=stated.get("edition_sha256", ""), expected=edition.sha256)
        )
    if stated.get("form_version") != FORM_VERSION:
        findings.append(
            Finding("form.version", sheet=sheet, found=stated.get("form_version", ""), expected=FORM_VERSION)
        )
    return findings
