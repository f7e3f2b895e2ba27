"""The ending that a file's name should have, by what the file holds, where its own name is lost."""

from __future__ import annotations

from smebatch.intake.archives.kinds import kind_of
from smebatch.intake.ole import OLE_MAGIC
from smebatch.intake.recognise import ZIP_MAGIC, recognise

_ODS_TYPE = b"mimetypeapplication/vnd.oasis.opendocument."
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
    if not reason and data.startswith(ZIP_MAGIC):
        return ".ods" if data.startswith(_ODS_TYPE, 30) else ".xlsx"
    if not reason and data.startswith(OLE_MAGIC):
        return ".xls"
    kind = kind_of("", data)
    if kind:
        return _BY_KIND.get(kind, f".{kind}")
    return _BY_REASON.get(reason, ".bin")
