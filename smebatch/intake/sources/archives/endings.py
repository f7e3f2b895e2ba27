"""The ending that a file's name should have, by what the file holds, where its own name is lost."""

from __future__ import annotations

from smebatch.intake.sources.archives.kinds import archive_kind
from smebatch.intake.workbook.file_ending import workbook_ending
from smebatch.intake.workbook.file_type import unsupported_reason

_BY_REASON = {
    "file.pdf": ".pdf",
    "file.picture": ".jpg",
    "file.html": ".html",
    "file.text": ".txt",
    "file.gnumeric": ".gnumeric",
    "file.excel_95": ".xls",
}
_BY_KIND = {"tnef": ".dat"}


def guess_ending(data: bytes) -> str:
    """An ending such as .xlsx; .bin for what is not known."""
    reason = unsupported_reason(data)
    if not reason:
        return workbook_ending(data)
    kind = archive_kind("", data)
    if kind:
        return _BY_KIND.get(kind, f".{kind}")
    return _BY_REASON.get(reason, ".bin")
