"""Reads a workbook as a return: finds the answers by their keys and types them (design, section 4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable

from smebatch.intake.answer_layout import MAX_FORMS, bare_text, find_blocks, find_markers, layout_of
from smebatch.intake.explanations import read_explanations, without_listed_issues
from smebatch.intake.return_answers import NotAReturnError, ReturnAnswers
from smebatch.intake.stated_edition import check_edition, corrected_form, stated_edition
from smebatch.intake.typed_contents import content_text, joined_contents
from smebatch.intake.workbook.address import ROW_STRIDE, CellIndex, cell_address
from smebatch.intake.workbook.blank_cells import CELL_PICTURE
from smebatch.intake.workbook.cell_values import Cell, Cells, display_text, read_tick, read_value
from smebatch.intake.workbook.displayed_value import DisplayGetter, read_displayed
from smebatch.intake.workbook.workbook import Workbook, WorkbookSheet
from smebatch.issues.finding import Finding
from smebatch.standard.form_markers import MARKER, META_SHEET
from smebatch.standard.keys import Key, Kind, Section, rows_of
from smebatch.standard.model import Edition

_MAX_SEARCHED_CELLS = 20_000  # of a sheet without keys; those of a form have 500 cells


def read_return(workbook: Workbook, edition: Edition) -> ReturnAnswers:
    """Read a workbook as a return of the edition.

    Raises NotAReturnError where no answer sheet is found, or too many, or the form states another edition;
    UnreadableError and UnsafeError where a sheet cannot be read.
    """
    sheets = workbook.sheets(containing=MARKER, and_sheet=META_SHEET)
    markers = [find_markers(sheet.cells) for sheet in sheets]
    if sum(map(len, markers)) > 2 * MAX_FORMS:  # each block of answers may have a list of issues beside it
        raise NotAReturnError("form.many")
    keyed = [
        (block, sheet)
        for sheet, sheet_markers in zip(sheets, markers, strict=True)
        for block in find_blocks(sheet, sheet_markers)
    ]
    blocks = [(rest, sheet) for block, sheet in keyed if (rest := without_listed_issues(block))]
    if not blocks:
        raise NotAReturnError("form.inspected" if _has_lost_its_keys(sheets, workbook, edition) else "form.none")
    if len(blocks) > MAX_FORMS:
        raise NotAReturnError("form.many")
    stated = stated_edition(sheets, workbook)
    findings = check_edition(stated, sheets, edition)
    layout = layout_of(tuple(block for block, _ in blocks), edition)
    explanations, unread = read_explanations(keyed)
    answers = ReturnAnswers(
        {}, findings, set(layout.unsure), layout.locations, corrected_form(stated), explanations=explanations
    )
    findings += layout.findings
    for unsure, places in layout.unsure_cells.items():
        _add_typed(unsure, [content_text(blocks[number][1], at) for number, at in places], answers)
    for (_, sheet), keys in zip(blocks, layout.cells_by_block, strict=True):
        cells, false_blanks, displayed = sheet.cells, sheet.false_blanks, sheet.displayed
        for key, at in _without_merged(keys, sheet, answers) if sheet.merged else keys:
            if (cell := cells.get(at)) is not None or at in false_blanks:
                _read_cell(key, cell, sheet, at, answers, displayed.get(at) if displayed else None)
    findings += layout.duplicates
    findings += unread
    return answers


def _has_lost_its_keys(sheets: Iterable[WorkbookSheet], workbook: Workbook, edition: Edition) -> bool:
    """Whether this is a form from which a program that cleans documents has removed the hidden rows and columns.

    It is one if it states its edition, or if a sheet shows half of the rows that a section of the form prints, which no
    list of enterprises does.
    """
    if stated_edition(sheets, workbook).get("edition_sha256"):
        return True
    printed = {section: _printed_rows(section, edition) for section in (Section.QUESTIONS, Section.SCENES)}
    shown = [_texts_by_row(sheet.cells) for sheet in sheets]
    return any(2 * len(rows & of_sheet) >= len(rows) for rows in printed.values() if rows for of_sheet in shown)


def _printed_rows(section: Section, edition: Edition) -> set[tuple[str, str]]:
    """The code and the label of each row of a section."""
    return {(bare_text(row.code), bare_text(row.label)) for row in rows_of(edition) if row.section is section}


def _texts_by_row(cells: Cells) -> set[tuple[str, str]]:
    """Pairs of the first text of a row and each text of that row."""
    firsts: dict[int, str] = {}
    searched = sorted(cells)[:_MAX_SEARCHED_CELLS]
    texts = ((at // ROW_STRIDE, bare_text(display_text(cells[at]))) for at in searched)
    return {(firsts.setdefault(row, text), text) for row, text in texts}


# --- cells ----------------------------------------------------------------------------------------------------------


def _read_cell(
    key: Key, cell: Cell, sheet: WorkbookSheet, at: CellIndex, answers: ReturnAnswers, displayed: DisplayGetter | None
) -> None:
    """Add the value of a cell to the answers, or the finding about it, or both."""
    if not cell and sheet.false_blanks and (code := sheet.false_blanks.get(at)):  # blank, or the 0 of a formula
        found = expected = ""
        if code == CELL_PICTURE and key.kind is Kind.TEXT and key.need != "required":
            code = "text.picture"
    else:
        if displayed:
            cell, (value, code, expected) = read_displayed(key, cell, displayed())
        else:
            value, code, expected = read_value(key, cell)
        if value is not None:
            answers.values[key.name] = value
        if not code:
            return
        found = display_text(cell)
    location = sheet.name, cell_address(at)
    answers.findings.append(Finding(code, key.name, key.label, *location, found, expected, key.clause, key.unassessed))
    if key.name not in answers.values:
        answers.unsure.add(key.name)
        _add_typed(key.name, [content_text(sheet, at)], answers)


def _add_typed(key: str, contents: Iterable[str], answers: ReturnAnswers) -> None:
    """Add what was typed for a key that cannot be read surely, in its cell or in each of several."""
    if content := joined_contents(contents):
        answers.typed[key] = content


def _without_merged(
    keys: list[tuple[Key, CellIndex]], sheet: WorkbookSheet, answers: ReturnAnswers
) -> list[tuple[Key, CellIndex]]:
    """The keys whose cells can be read; where cells are merged, it may be open which question they answer.

    Adds the findings about merged cells.
    """
    first_row = keys[0][1] // ROW_STRIDE if keys else 0
    last_row = keys[-1][1] // ROW_STRIDE if keys else 0
    # A form merges no cells among its rows.
    ranges = [
        each for each in sheet.merged if first_row <= each.last // ROW_STRIDE and each.first // ROW_STRIDE <= last_row
    ]
    ordered = sorted((at, key) for key, at in keys) if ranges else []
    merged: set[CellIndex] = set()
    for cell_range in ranges:
        rows = ordered[bisect_left(ordered, (cell_range.first,)) : bisect_left(ordered, (cell_range.last + 1,))]
        within = {at: key for at, key in rows if cell_range.contains(at)}
        if within and (content := _ambiguous_content(cell_range.first, within, sheet.cells)) is not None:
            first = next(iter(within.values()))
            location = sheet.name, cell_address(cell_range.first)
            unassessed = all(key.unassessed for key in within.values())
            texts = display_text(content), str(cell_range)
            answers.findings.append(
                Finding("cell.merged", first.name, first.label, *location, *texts, first.clause, unassessed)
            )
            for at, key in within.items():
                answers.unsure.add(key.name)
                _add_typed(key.name, [_merged_content(cell_range.first, at, within, sheet)], answers)
            merged.update(within)
    return [(key, at) for key, at in keys if at not in merged] if merged else keys


def _merged_content(first: CellIndex, at: CellIndex, within: Collection[CellIndex], sheet: WorkbookSheet) -> str:
    """What was typed for the answer cell ``at`` among merged cells: what is seen there, or else what lies under it."""
    answers_something = first in within or read_tick(sheet.cells.get(first)).value is True  # it may be a heading
    return (content_text(sheet, first) if answers_something else "") or content_text(sheet, at)


def _ambiguous_content(first: CellIndex, within: Collection[CellIndex], cells: Cells) -> Cell:
    """The content of merged cells where it does not answer exactly one question, else None.

    ``first``: the first of the merged cells, the only one that is seen; ``within``: those that are answer cells.
    """
    seen = cells.get(first)
    unseen = next((cell for at in within if at != first and (cell := cells.get(at)) not in (None, "")), None)
    if unseen is not None:
        return unseen
    doubtful = len(within) > 1 and seen != "" if first in within else read_tick(seen).value is True
    return seen if doubtful else None
