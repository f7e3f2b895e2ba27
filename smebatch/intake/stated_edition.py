"""Which edition and which form a workbook says it is, which return it corrects, and what to make of that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from smebatch.common.text import clean_text
from smebatch.intake.return_answers import NotAReturnError
from smebatch.intake.workbook.address import ROW_STRIDE
from smebatch.intake.workbook.cell_values import display_text
from smebatch.intake.workbook.workbook import Workbook, WorkbookSheet
from smebatch.issues.finding import Finding
from smebatch.standard.form_markers import CORRECTS, EARLIER_VERSIONS, FORM_VERSION, META_SHEET
from smebatch.standard.model import Edition

_FORM_ID = re.compile("[0-9a-f]{16}")


def stated_edition(sheets: Iterable[WorkbookSheet], workbook: Workbook) -> dict[str, str]:
    """What a workbook says about its form, from its hidden sheet, or else from its document properties.

    The names are edition, edition_sha256 and form_version, and of a correction copy also corrects.
    """
    cells = next((sheet.cells for sheet in sheets if sheet.name == META_SHEET), {})
    stated = {
        display_text(name): display_text(cells[index + 1])
        for index, name in cells.items()
        if index % ROW_STRIDE == 0 and index + 1 in cells
    }
    if stated.get("edition"):
        return stated
    return {name: clean_text(value) for name, value in workbook.properties().items()}


def corrected_form(stated: Mapping[str, str]) -> str:
    """The form_id of the return that a workbook says it corrects; '' where it names none, or what can be no form_id."""
    named = stated.get(CORRECTS, "")
    return named if _FORM_ID.fullmatch(named) else ""


def check_edition(stated: Mapping[str, str], sheets: Sequence[WorkbookSheet], edition: Edition) -> list[Finding]:
    """Findings about the edition and the form version that a workbook states. Raises NotAReturnError for another."""
    sheet = META_SHEET if any(sheet.name == META_SHEET for sheet in sheets) else ""
    edition_id = stated.get("edition", "")
    if not edition_id:
        return [Finding("edition.unstated", sheet=sheet, expected=edition.header.title)]
    if edition_id != edition.id:
        raise NotAReturnError("edition.wrong", found=edition_id, expected=edition.id)
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
