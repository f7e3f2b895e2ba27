"""Reads the decisions file, 待审定.xlsx: what a bureau has decided about errors that enterprises explained.

It is checked like a return: what is wrong with a line is an issue of its own, and nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from smebatch.intake.list_file import HEADING_ROWS, CostlyListError, ListSheet, ReadSheets, read_list
from smebatch.intake.roster_headings import normalize_heading
from smebatch.intake.workbook.address import ROW_STRIDE, cell_address
from smebatch.intake.workbook.cell_values import Cell, display_text, normalize_text, read_date
from smebatch.intake.workbook.workbook import UnreadableError
from smebatch.issues.finding import Finding
from smebatch.issues.notice import ProblemError
from smebatch.standard.keys import titles_of
from smebatch.standard.model import Edition

IDENTITY = ("form_id", "code", "key")
VERDICT, REASON, DECIDED_BY, DECIDED_ON = "审定", "理由", "审定人", "审定日期"
HEADINGS = (*IDENTITY, "企业名称", "题目", "所填", "应为", "企业说明", VERDICT, REASON, DECIDED_BY, DECIDED_ON)
ACCEPTED, REFUSED = "准予", "不准"
_READ_HEADINGS = (*IDENTITY, VERDICT, REASON, DECIDED_BY, DECIDED_ON)  # the others are there for people


class DecisionsError(ProblemError):
    """The file cannot be used as a decisions file."""


class Decision(NamedTuple):
    """What was decided about an issue of a return: whether the explanation is accepted, why, by whom and when.

    ``form_id``, ``code`` and ``key`` are as they stand in the file, and need not exist. ``decided_on``: None where no
    day is given. ``sheet``, ``cell``: where the verdict stands.
    """

    form_id: str
    code: str
    key: str
    accepted: bool
    reason: str
    decided_by: str
    decided_on: dt.date | None
    sheet: str
    cell: str


class DecisionsFile(NamedTuple):
    """The decisions of a file in its order, and what is wrong with lines that are left out."""

    decisions: list[Decision]
    findings: list[Finding]


def read_decisions(path: Path, edition: Edition, read_sheets: ReadSheets = read_list) -> DecisionsFile:
    """Read a decisions file, in any format in which a roster may be, its columns in any order.

    A line without a verdict is undecided and passed over. Every sheet with a column for verdicts is read. Raises
    DecisionsError where there is none, where a sheet lacks a column or has it twice, or the file is no table or takes
    too much to read; OSError.
    """
    try:
        sheets = read_sheets(path)
    except CostlyListError as error:
        raise DecisionsError("decisions.costly", path=path) from error
    except UnreadableError as error:
        raise DecisionsError("decisions.unreadable", path=path) from error
    titles, file = titles_of(edition), DecisionsFile([], [])
    tables = [(sheet, *head) for sheet in sheets if (head := _find_headings(path, sheet))]
    if not tables:
        raise DecisionsError("decisions.headings", path=path, headings=_listed(_READ_HEADINGS))
    for sheet, heading_row, columns in tables:
        for number in range(heading_row + 1, len(sheet.rows)):
            line = _Line(sheet, number, columns)
            if not line.is_blank(VERDICT):
                findings = list(line.findings(titles.get(line.text("key"), line.text("key"))))
                file.findings.extend(findings)
                if not findings:
                    file.decisions.append(line.decision())
    return file


def _find_headings(path: Path, sheet: ListSheet) -> tuple[int, dict[str, int]] | None:
    """The row of the headings and the column of each, from 0; None for a sheet without a column for verdicts."""
    rows = [[normalize_heading(display_text(cell)) for cell in row] for row in sheet.rows[:HEADING_ROWS]]
    heading_row = max(range(len(rows)), key=lambda row: len({*_READ_HEADINGS} & {*rows[row]}), default=0)
    if not rows or VERDICT not in rows[heading_row]:
        return None
    row = rows[heading_row]
    if missing := [heading for heading in _READ_HEADINGS if heading not in row]:
        raise DecisionsError("decisions.headings", path=path, headings=_listed(missing))
    if doubled := [heading for heading in _READ_HEADINGS if row.count(heading) > 1]:
        raise DecisionsError("decisions.doubled", path=path, headings=_listed(doubled))
    return heading_row, {heading: row.index(heading) for heading in _READ_HEADINGS}


def _listed(headings: Sequence[str]) -> str:
    return "、".join(headings)


class _Line(NamedTuple):
    """A line of a sheet, its number counted from 0."""

    sheet: ListSheet
    number: int
    columns: dict[str, int]

    def decision(self) -> Decision:
        """The decision of a line without findings."""
        form_id, code, key, reason, decided_by = map(self.text, (*IDENTITY, REASON, DECIDED_BY))
        accepted = normalize_text(self.text(VERDICT)) == ACCEPTED
        place = self.sheet.name, self.address(VERDICT)
        return Decision(form_id, code, key, accepted, reason, decided_by, self.day(), *place)

    def findings(self, label: str) -> Iterator[Finding]:
        """Yield all that is wrong with a line that has a verdict. ``label``: what a person calls the key."""
        key, sheet = self.text("key"), self.sheet.name
        if any(self.is_unusable(heading) for heading in IDENTITY):
            found = " ".join(map(self.text, IDENTITY))
            yield Finding("decision.unknown", key, label, sheet, self.address(IDENTITY[0]), found)
        if self.is_unusable(VERDICT) or normalize_text(self.text(VERDICT)) not in (ACCEPTED, REFUSED):
            yield Finding("decision.unreadable", key, label, sheet, self.address(VERDICT), self.text(VERDICT))
        if self.is_unusable(REASON) or self.is_blank(REASON):
            yield Finding("decision.no_reason", key, label, sheet, self.address(REASON))
        if self.is_unusable(DECIDED_BY) or self.is_blank(DECIDED_BY):
            yield Finding("decision.no_name", key, label, sheet, self.address(DECIDED_BY))
        if self.is_unusable(DECIDED_ON) or (not self.is_blank(DECIDED_ON) and self.day() is None):
            yield Finding("decision.date", key, label, sheet, self.address(DECIDED_ON), self.text(DECIDED_ON))

    def text(self, heading: str) -> str:
        """The content of a cell."""
        return display_text(self.cell(heading)).strip()

    def day(self) -> dt.date | None:
        """The day of the decision; None where there is none, or none that can be read."""
        value = read_date(self.cell(DECIDED_ON)).value
        return value if isinstance(value, dt.date) else None

    def is_blank(self, heading: str) -> bool:
        """Whether a cell is blank indeed."""
        return not self.is_unusable(heading) and not normalize_text(self.text(heading))

    def is_unusable(self, heading: str) -> bool:
        """Whether a cell holds an error, a formula without a result, or something that is struck out."""
        return self.number * ROW_STRIDE + self.columns[heading] in self.sheet.unusable

    def cell(self, heading: str) -> Cell:
        """The content of a cell; None beyond the line's end."""
        row, column = self.sheet.rows[self.number], self.columns[heading]
        return row[column] if column < len(row) else None

    def address(self, heading: str) -> str:
        """The address of a cell."""
        return cell_address(self.number * ROW_STRIDE + self.columns[heading])
