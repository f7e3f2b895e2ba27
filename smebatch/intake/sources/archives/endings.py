"""The ending that a file's name should have, by what the file holds, where its own name is lost."""

from __future__ import annotations

from smebatch.intake.sources.archives.kinds import kind_of
from smebatch.intake.workbook.file_ending import workbook_ending
from smebatch.intake.workbook.file_type import recognise

_BY_REASON = {
    "file.pdf": ".pdf",
    "file.picture": ".jpg",
    "file.html": ".html",
    "file.text": ".txt",
    "file.gnumeric": ".gnumeric",
    "file.excel_95": ".xls",
}
_BY_KIND = {"tnef": ".dat"}


def ending_of(data: bytes) -> str:
    """An ending such as .xlsx; .bin for what is not known."""
    reason = recognise(data)
    if not reason:
        return workbook_ending(data)
    kind = kind_of("", data)
    if kind:
        return _BY_KIND.get(kind, f".{kind}")
    return _BY_REASON.get(reason, ".bin")
