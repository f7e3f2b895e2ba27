"""Guesses the ending of a file from its content, for attachments and packed files whose name is lost."""

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
    """The ending, such as .xlsx; .bin for an unknown kind of file."""
    reason = unsupported_reason(data)
    if not reason:
        return workbook_ending(data)
    kind = archive_kind("", data)
    if kind:
        return KINDS[kind].guessed_ending
    return _BY_REASON.get(reason, ".bin")
