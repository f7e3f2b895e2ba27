"""Reads a roster, the enterprises asked to answer, from an Excel or CSV list with headings of its own.

Nothing is dropped silently: notices name what could not be read, and what is no enterprise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from smebatch.intake.list_file import HEADING_ROWS, CostlyListError, ListSheet, ReadSheets, has_lost_digits, read_list
from smebatch.intake.roster_headings import RosterColumns, find_columns, is_heading, normalize_heading
from smebatch.intake.target_sheet import TargetSheet, is_target_sheet, read_target_sheet
from smebatch.intake.workbook.address import ROW_STRIDE, cell_address
from smebatch.intake.workbook.cell_values import Cell, Value, display_text, normalize_text, read_value
from smebatch.intake.workbook.workbook import UnreadableError
from smebatch.issues.notice import Notice, ProblemError
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition
from smebatch.standard.reference import roster_words

_MAX_NAMED = 10  # lines or cells named in a notice
_MAX_NAMED_COLUMNS = 100
_CODE = re.compile(r"[0-9A-Z]{18}")


class RosterError(ProblemError):
    """The list cannot be used as a roster."""


class Roster(NamedTuple):
    """The enterprises asked to answer, in the list's order.

    ``enterprises``: typed values by key; what cannot be read as its key asks is kept as a text, which the form shows
    and the enterprise corrects. ``extra_headings``: the headings of all other columns; ``extra_values``: their cells,
    for each enterprise a text or None for each heading. ``targets``: what a sheet 目标 of the workbook states.
    ``notices``: what was ignored, and how columns and targets were understood. ``headings``: the columns that were
    recognised, each a heading as it stands with the key that it is for.
    """

    enterprises: list[dict[str, Value]]
    extra_headings: tuple[str, ...]
    extra_values: list[tuple[str | None, ...]]
    targets: TargetSheet
    notices: tuple[Notice, ...]
    headings: tuple[tuple[str, str], ...]


def read_roster(path: Path, edition: Edition, read_sheets: ReadSheets = read_list) -> Roster:
    """Read a list. Its columns are recognised by the key, by the form's Chinese label, or by another usual wording.

    Of a workbook the first sheet that has a heading for the name is read, and a sheet 目标 beside others. Raises
    RosterError where no sheet has one, where two columns have one heading, where there is no enterprise, or the file is
    no table or takes too much to read; TargetSheetError; OSError.
    """
    try:
        sheets = read_sheets(path)
    except CostlyListError as error:
        raise RosterError("roster.costly", path=path) from error
    except UnreadableError as error:
        raise RosterError("roster.unreadable", path=path) from error
    target_sheet, sheets = _set_targets_apart(sheets)
    for sheet in sheets:
        heads = [
            (find_columns(row, edition), heading_row) for heading_row, row in enumerate(sheet.rows[:HEADING_ROWS], 1)
        ]
        candidates = [(columns, heading_row) for columns, heading_row in heads if columns]
        if not candidates:
            continue
        # A line above the headings, such as 单位名称（盖章）：, may look like one or two headings.
        columns, heading_row = max(candidates, key=lambda head: len(head[0].keys) + len(head[0].duplicates))
        if columns.duplicates:
            row = sheet.rows[heading_row - 1]
            first, second = (f"“{display_text(row[i]).strip()}”（{_column_letters(i)}）" for i in columns.duplicates)
            raise RosterError("roster.doubled", path=path, first=first, second=second)
        reading = _RosterReader(sheet, heading_row, columns, edition)
        reading.read_lines([other for other in sheets if other is not sheet])
        if not reading.enterprises:
            raise RosterError("roster.empty", path=path)
        further = tuple(columns.extra.values())
        targets = read_target_sheet(target_sheet, edition, further) if target_sheet else TargetSheet()
        notices = (*reading.notices(), *targets.notices)
        head = sheet.rows[heading_row - 1]
        headings = tuple((display_text(head[i]).strip(), key) for i, key in sorted(columns.keys.items()))
        return Roster(reading.enterprises, further, reading.extra_values, targets, notices, headings)
    raise RosterError("roster.no_heading", path=path, heading=edition.fields[0].label)


def _set_targets_apart(sheets: list[ListSheet]) -> tuple[ListSheet | None, list[ListSheet]]:
    """The sheet 目标, and the others; a workbook that has nothing else has its roster there."""
    target_sheet = next(filter(is_target_sheet, sheets), None)
    others = [sheet for sheet in sheets if sheet is not target_sheet]
    if any(sheet.rows for sheet in others):
        return target_sheet, others
    return None, sheets


class _RosterReader:
    """Reads the lines of a sheet below its headings, and collects what notices have to say, with its places."""

    def __init__(self, sheet: ListSheet, heading_row: int, columns: RosterColumns, edition: Edition) -> None:
        self.sheet, self.below, self.columns, self.edition = sheet, heading_row, columns, edition
        self._at = {key: i for i, key in columns.keys.items()}
        self.enterprises: list[dict[str, Value]] = []
        self.extra_values: list[tuple[str | None, ...]] = []
        self._notes: dict[tuple[str, str], list[str]] = {}
        self._listed: dict[
            str, tuple[int, str]
        ] = {}  # code, or name where there is no code → the first line with it, and the name there

    def notices(self) -> Iterator[Notice]:
        """Yield the notices, each with its places, or the first of many."""
        for (code, what), places in self._notes.items():
            most = _MAX_NAMED_COLUMNS if code.startswith("roster.columns") else _MAX_NAMED
            more = f"……（{len(places)}）" if len(places) > most else ""
            yield Notice(code, {"what": what, "where": "、".join(places[:most]) + more})

    def read_lines(self, other_sheets: Sequence[ListSheet]) -> None:
        """Read all lines. ``other_sheets``: those, which are not read, as a notice says."""
        for sheet in other_sheets:
            if any(normalize_text(display_text(cell)) for row in sheet.rows for cell in row):
                self._note("roster.sheets_left", f"“{sheet.name}”", self.sheet.name)
        self._note_columns()
        for number, row in enumerate(self.sheet.rows[self.below :], self.below + 1):
            if any(
                i < len(row) and normalize_text(display_text(row[i])) for i in (*self.columns.keys, *self.columns.extra)
            ):
                self._read_line(number, row)

    def _note(self, code: str, place: object, what: str = "") -> None:
        self._notes.setdefault((code, what), []).append(str(place))

    def _note_columns(self) -> None:
        head = self.sheet.rows[self.below - 1]
        fields = {field.key: field for field in self.edition.fields}
        for i, key in self.columns.keys.items():
            text, label = display_text(head[i]).strip(), fields[key].label
            if normalize_heading(text) not in (key, normalize_heading(label)):
                self._note("roster.columns_taken", f"“{text}”→“{label}”")
        for text in self.columns.extra.values():
            self._note("roster.columns_further", f"“{text}”")
        columns = {*self.columns.keys, *self.columns.extra}
        rows = self.sheet.rows[self.below :]
        filled = {
            i for row in rows for i, cell in enumerate(row) if i not in columns and normalize_text(display_text(cell))
        }
        for i in sorted(filled):
            self._note("roster.columns_untitled", _column_letters(i))

    def _read_line(self, number: int, row: Sequence[Cell]) -> None:
        if reason := self._reason_to_skip(row):
            self._note(reason, number)
            return
        enterprise: dict[str, Value] = {}
        for i, key in self.columns.keys.items():
            cell = self._cell(number, row, i)
            if normalize_text(display_text(cell)) and (value := self._value(number, cell, key)) is not None:
                enterprise[key] = value
        extra_values = tuple(
            self._text(number, self._cell(number, row, i), text) for i, text in self.columns.extra.items()
        )
        name, code = (str(enterprise.get(key) or "") for key in ("name", "uscc"))
        if not name and not code:
            self._note("roster.nameless", number)
            return
        if code and not _CODE.fullmatch(code):
            self._note("roster.code_odd", number)
        before = self._listed.setdefault(code or name, (number, normalize_heading(name)))
        if before[0] != number:
            other = name and before[1] not in ("", normalize_heading(name))
            self._note("roster.two_names" if other else "roster.twice", number)
        self.enterprises.append(enterprise)
        self.extra_values.append(extra_values)

    def _reason_to_skip(self, row: Sequence[Cell]) -> str:
        """The code of a notice why a line is no enterprise; '' where it may be one."""
        text, code = (self._squeezed(row, key) for key in ("name", "uscc"))
        if is_heading(text, "name", self.edition):
            return "roster.headings_again"
        if _CODE.fullmatch(code.upper()):
            return ""
        words = roster_words()
        if not text or re.fullmatch(words.counts, text):
            text = next(filter(None, map(_without_blanks, row)), "")
        for reason, patterns in (("roster.totals", words.totals), ("roster.remarks", words.remarks)):
            if any(re.fullmatch(pattern, text) for pattern in patterns):
                return reason
        return ""

    def _squeezed(self, row: Sequence[Cell], key: str) -> str:
        """The text of a line in the column of a key, without blanks."""
        column = self._at.get(key, len(row))
        return _without_blanks(row[column]) if column < len(row) else ""

    def _cell(self, number: int, row: Sequence[Cell], column: int) -> Cell:
        """The cell of a line; None beyond the line's end, and for a cell without a usable value."""
        at = (number - 1) * ROW_STRIDE + column
        if at in self.sheet.unusable:
            self._note("roster.cells_unsaid", cell_address(at))
            return None
        return row[column] if column < len(row) else None

    def _value(self, number: int, cell: Cell, key: str) -> Value:
        spec = keys_of(self.edition)[key]
        if has_lost_digits(cell):
            self._note("roster.digits_lost", number, spec.label)
            return None
        reading = read_value(spec, cell)
        return display_text(cell) if reading.value is None or spec.kind is Kind.TEXT else reading.value

    def _text(self, number: int, cell: Cell, heading: str) -> str | None:
        if has_lost_digits(cell):
            self._note("roster.digits_lost", number, heading)
            return None
        return display_text(cell).strip() or None


def _without_blanks(cell: Cell) -> str:
    return "".join(normalize_text(display_text(cell)).split())


def _column_letters(column: int) -> str:
    return cell_address(column).rstrip("0123456789")
