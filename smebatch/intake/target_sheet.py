"""Reads the sheet 目标 of a roster's workbook: what a bureau wants to reach, a line for each target.

A line of which any cell cannot be read is left out as a whole, and its cells are named: half a target is another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from smebatch.common.target import MAX_ENTERPRISES, Target, percent_text, read_percent
from smebatch.common.text import shown_text
from smebatch.intake.list_file import HEADING_ROWS, ListSheet, has_lost_digits
from smebatch.intake.roster_headings import find_column, normalize_heading
from smebatch.intake.workbook.address import ROW_STRIDE, cell_address
from smebatch.intake.workbook.cell_values import Cell, display_text, normalize_text, read_date
from smebatch.issues.notice import Notice, ProblemError
from smebatch.standard.model import Edition

SHEET = "目标"
NAME, LEVEL, SHARE, ENTERPRISES, BY = "名称", "等级", "比例", "家数", "截止日期"
NO_CONDITIONS = ("序号", "备注")  # headings of columns that select nobody
_NEEDED = ((NAME,), (LEVEL,), (SHARE, ENTERPRISES))
_OWN_HEADINGS = (NAME, LEVEL, SHARE, ENTERPRISES, BY)
_FRACTION = re.compile(r"0?\.[0-9]{1,6}|1(?:\.0+)?")  # what a cell holds that shows a percentage
_COUNT = re.compile(r"([0-9]{1,9})\s*家?")
_MAX_NAMED = 10  # cells or targets named in a notice


class TargetSheetError(ProblemError):
    """The sheet cannot be used, because its columns cannot be told."""


class TargetSheet(NamedTuple):
    """The targets of a sheet in its order; ``left_out``: the rows, from 1, of which none could be made."""

    targets: tuple[Target, ...] = ()
    left_out: tuple[int, ...] = ()
    notices: tuple[Notice, ...] = ()


class _Columns(NamedTuple):
    """The columns of a sheet, each by its number from 0: those of a target by heading, conditions by number."""

    row: int
    own: dict[str, int]
    conditions: dict[int, str]
    ignored: frozenset[int]


def is_target_sheet(sheet: ListSheet) -> bool:
    """Whether a sheet is called 目标."""
    return normalize_text(sheet.name) == SHEET


def read_target_sheet(sheet: ListSheet, edition: Edition, further: Sequence[str]) -> TargetSheet:
    """Read a sheet of targets. ``further``: the headings that the roster has beside the form's.

    The headings 名称, 等级, and 比例 or 家数 are needed, 截止日期 is known, 序号 and 备注 are passed over. Every other
    heading names a column of the form or of the roster, and a cell below it the value that selects. Raises
    TargetSheetError where a heading is missing, names no column, or two mean the same.
    """
    if not any(map(_has_content, sheet.rows)):
        return TargetSheet()
    columns = _find_columns(sheet, edition, further)
    targets: list[Target] = []
    faulty: dict[int, list[str]] = {}
    end = max(len(sheet.rows), 1 + max(sheet.unusable, default=-1) // ROW_STRIDE)
    for number in range(columns.row + 1, end):
        line = _Line(sheet, number, columns)
        if not _has_content(line.row) and not line.has_unusable:
            continue
        if cells := list(line.unreadable(edition)):
            faulty[number + 1] = cells
        else:
            targets.append(line.target())
    return TargetSheet(tuple(targets), tuple(faulty), tuple(_notices(targets, faulty, edition)))


def _notices(targets: Sequence[Target], faulty: dict[int, list[str]], edition: Edition) -> Iterator[Notice]:
    if targets:
        levels = [edition.level_name(edition.find_level(target.level) or 0) for target in targets]
        texts = [f"{t.name}（≥{level}，{_amount_text(t)}）" for t, level in zip(targets, levels, strict=True)]
        yield Notice("targets.read", {"n": len(targets), "what": _listed(texts)})
    if faulty:
        known = "、".join(level.name for level in edition.levels)
        cells = _listed([cell for cells in faulty.values() for cell in cells])
        yield Notice("targets.left_out", {"n": len(faulty), "where": cells, "levels": known})


def _amount_text(target: Target) -> str:
    return f"{target.enterprises} 家" if target.share is None else percent_text(target.share)


def _listed(texts: Sequence[str]) -> str:
    return "、".join(texts[:_MAX_NAMED]) + (f"……（{len(texts)}）" if len(texts) > _MAX_NAMED else "")


def _has_content(row: Sequence[Cell]) -> bool:
    return any(normalize_text(display_text(cell)) for cell in row)


def _find_columns(sheet: ListSheet, edition: Edition, further: Sequence[str]) -> _Columns:
    rows = [[normalize_heading(display_text(cell)) for cell in row] for row in sheet.rows[:HEADING_ROWS]]
    heading_row = max(range(len(rows)), key=lambda row: len({*_OWN_HEADINGS} & {*rows[row]}))
    if missing := [" / ".join(headings) for headings in _NEEDED if not {*headings} & {*rows[heading_row]}]:
        raise TargetSheetError("targets.headings", sheet=sheet.name, headings="、".join(missing))
    own: dict[str, int] = {}
    conditions: dict[int, str] = {}
    ignored: set[int] = set()
    meant: dict[object, int] = {}  # what a column means → its number
    for i, heading in enumerate(rows[heading_row]):
        text = shown_text(display_text(sheet.rows[heading_row][i]).strip())
        if heading in NO_CONDITIONS:
            ignored.add(i)
        elif heading:
            column = None if heading in _OWN_HEADINGS else find_column(text, edition, further)
            if column is None and heading not in _OWN_HEADINGS:
                known = "、".join([*further, *(field.label for field in edition.fields)])
                raise TargetSheetError("targets.no_column", sheet=sheet.name, column=text, known=known)
            if (first := meant.setdefault(column or heading, i)) != i:
                pair = "、".join(f"“{display_text(sheet.rows[heading_row][each]).strip()}”" for each in (first, i))
                raise TargetSheetError("targets.doubled", sheet=sheet.name, headings=pair)
            if column:
                conditions[i] = text
            else:
                own[heading] = i
    return _Columns(heading_row, own, conditions, frozenset(ignored))


class _Line(NamedTuple):
    """A line of a sheet, its number counted from 0."""

    sheet: ListSheet
    number: int
    columns: _Columns

    def target(self) -> Target:
        """The target of a line of which every cell can be read."""
        where = tuple((heading, text) for i, heading in self.columns.conditions.items() if (text := self.text_at(i)))
        by = read_date(self.cell(BY)).value if self.text(BY) else None
        return Target(
            *(self.text(NAME), normalize_text(self.text(LEVEL)), self.share(), self.enterprises()),
            *(where, by),  # type: ignore[arg-type]  # read_date reads dates
        )

    def unreadable(self, edition: Edition) -> Iterator[str]:
        """Yield the cells that keep the line from being a target, each with what stands in it."""
        titled = (*self.columns.own.values(), *self.columns.conditions)
        for i in range(max(len(self.row), *(i + 1 for i in titled))):
            if i not in self.columns.ignored and not self._is_readable(i, edition):
                yield self.shown(i)
        stated = [heading for heading in (SHARE, ENTERPRISES) if self.text(heading)]
        amounts = [amount for amount in (self.share(), self.enterprises()) if amount is not None]
        if not len(stated) == len(amounts) == 1:
            for heading in stated or (SHARE, ENTERPRISES):
                if heading in self.columns.own and not self.is_unusable(self.columns.own[heading]):
                    yield self.shown(self.columns.own[heading])

    def _is_readable(self, column: int, edition: Edition) -> bool:
        """Whether a cell can be read for itself; of a share and a number only both together tell."""
        text, cell = self.text_at(column), self.cell_at(column)
        if self.is_unusable(column):
            return False
        if column in self.columns.conditions:
            return not has_lost_digits(cell)
        if column not in self.columns.own.values():
            return not text  # it may be a condition of which the heading is missing
        by_heading = {
            NAME: bool(text),
            LEVEL: edition.find_level(normalize_text(text)) is not None,
            BY: not text or read_date(cell).value is not None,
        }
        return all(by_heading.get(heading, True) for heading, i in self.columns.own.items() if i == column)

    def share(self) -> Fraction | None:
        """The share; None where there is none, or none that can be read."""
        text = normalize_text(self.text(SHARE))
        if _FRACTION.fullmatch(text):
            return Fraction(Decimal(text)) or None
        return read_percent(text)

    def enterprises(self) -> int | None:
        """The number of enterprises; None where there is none, or none that can be read."""
        match = _COUNT.fullmatch(normalize_text(self.text(ENTERPRISES)))
        count = int(match[1]) if match else 0
        return count if 0 < count <= MAX_ENTERPRISES else None

    @property
    def row(self) -> Sequence[Cell]:
        """The cells of the line, up to its last; none where all of them are unusable."""
        return self.sheet.rows[self.number] if self.number < len(self.sheet.rows) else ()

    @property
    def has_unusable(self) -> bool:
        """Whether a cell of the line holds no usable value."""
        return any(map(self.is_unusable, (*self.columns.own.values(), *self.columns.conditions)))

    def is_unusable(self, column: int) -> bool:
        """Whether a cell holds an error, a formula without a result, or something that is struck out."""
        return self.number * ROW_STRIDE + column in self.sheet.unusable

    def text(self, heading: str) -> str:
        """The content of a cell below one of the target's own headings, "" where the sheet has no such heading."""
        return self.text_at(self.columns.own[heading]) if heading in self.columns.own else ""

    def text_at(self, column: int) -> str:
        """The content of a cell."""
        return display_text(self.cell_at(column)).strip()

    def cell(self, heading: str) -> Cell:
        """The cell below one of the target's own headings, which the sheet has."""
        return self.cell_at(self.columns.own[heading])

    def cell_at(self, column: int) -> Cell:
        """A cell of the line; None beyond its end."""
        return self.row[column] if column < len(self.row) else None

    def shown(self, column: int) -> str:
        """A cell with its address and what stands in it."""
        address = cell_address(self.number * ROW_STRIDE + column)
        return f"{address}“{shown_text(self.text_at(column), 40)}”"
