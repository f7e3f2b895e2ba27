"""The ending that fits a workbook: Excel refuses one whose name says something else than its bytes."""

from __future__ import annotations

import io
import zipfile

from smebatch.intake.workbook.ole import OLE_MAGIC, OleFile

_TYPES = "[content_types].xml"
_MAX_BYTES_READ = 1_000_000  # bytes of it that are looked at
# What the list of types says of the workbook, the more special first.
_ENDING_BY_CONTENT_TYPE = (
    (b"template.macroEnabled.main", ".xltm"),
    (b"sheet.macroEnabled.main", ".xlsm"),
    (b"template.main", ".xltx"),
)
_ODF_TEMPLATE = b"spreadsheet-template"
ENDINGS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".ods", ".ots")


def workbook_ending(data: bytes) -> str:
    """The ending, one of ENDINGS, of a workbook that can be read."""
    if data.startswith(OLE_MAGIC):
        try:
            return ".xlsx" if "EncryptedPackage" in OleFile(data).streams else ".xls"
        except ValueError:
            return ".xls"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = {name.lower(): name for name in book.namelist()}
            if "content.xml" in names:
                return ".ots" if _ODF_TEMPLATE in _read_part(book, names.get("mimetype")) else ".ods"
            types = _read_part(book, names.get(_TYPES)).replace(b"\0", b"")  # of UTF-16
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError):
        return ".xlsx"
    return next((ending for said, ending in _ENDING_BY_CONTENT_TYPE if said in types), ".xlsx")


def _read_part(book: zipfile.ZipFile, name: str | None) -> bytes:
    if name is None:
        return b""
    with book.open(name) as part:
        return part.read(_MAX_BYTES_READ)
