"""The ending that a file's name should have, by what the file holds, where its own name is lost."""

from __future__ import annotations

from smebatch.intake.sources.archives.kinds import KINDS, archive_kind
from smebatch.intake.workbook.formats import unsupported_reason, workbook_ending

_BY_REASON = {
    "file.pdf": ".pdf",
    "file.picture": ".jpg",
    "file.html": ".html",
    "file.text": ".txt",
    "file.gnumeric": ".gnumeric",
    "file.excel_95": ".xls",
}


def guess_ending(data: bytes) -> str:
    """An ending such as .xlsx; .bin for what is not known."""
    reason = unsupported_reason(data)
    if not reason:
        return workbook_ending(data)
    kind = archive_kind("", data)
    if kind:
        return KINDS[kind].guessed_ending
    return _BY_REASON.get(reason, ".bin")
