"""The ending of a workbook's name by its content: Excel refuses a file whose name says something else."""

from __future__ import annotations

import io
import zipfile

from smebatch.intake.workbook.ole import OleFile

_CONTENT_TYPES = "[content_types].xml"
_MAX_BYTES_READ = 1_000_000  # of the list of content types
# What the list says of the workbook's own part, the more special first.
_ENDING_BY_CONTENT_TYPE = (
    (b"template.macroEnabled.main", ".xltm"),
    (b"sheet.macroEnabled.main", ".xlsm"),
    (b"template.main", ".xltx"),
)
_ODF_TEMPLATE = b"spreadsheet-template"
ZIP_ENDINGS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".ods", ".ots")
OLE_ENDINGS = (".xls", ".xlsx")


def ole_ending(data: bytes) -> str:
    """The ending of a workbook in an OLE file: .xlsx for one that is encrypted, else .xls."""
    try:
        return ".xlsx" if "EncryptedPackage" in OleFile(data).streams else ".xls"
    except ValueError:
        return ".xls"


def zip_ending(data: bytes) -> str:
    """The ending of a workbook in a zip, one of ZIP_ENDINGS; .xlsx where the zip cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = {name.lower(): name for name in book.namelist()}
            if "content.xml" in names:
                return ".ots" if _ODF_TEMPLATE in _read_part(book, names.get("mimetype")) else ".ods"
            types = _read_part(book, names.get(_CONTENT_TYPES)).replace(b"\0", b"")  # it may be in UTF-16
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError):
        return ".xlsx"
    return next((ending for content_type, ending in _ENDING_BY_CONTENT_TYPE if content_type in types), ".xlsx")


def _read_part(book: zipfile.ZipFile, name: str | None) -> bytes:
    if name is None:
        return b""
    with book.open(name) as part:
        return part.read(_MAX_BYTES_READ)
