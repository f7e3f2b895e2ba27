"""The table of the workbook formats that can be read. A new format needs a reader module and one row of FORMATS."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import NamedTuple, cast

from smebatch.intake.workbook.file_ending import OLE_ENDINGS, ZIP_ENDINGS, ole_ending, zip_ending
from smebatch.intake.workbook.file_type import is_dlp_envelope, reason_in_ole, reason_in_zip, reason_of_other_file
from smebatch.intake.workbook.signatures import OLE_MAGIC, ZIP_MAGIC
from smebatch.intake.workbook.workbook import Workbook


class WorkbookFormat(NamedTuple):
    """A format of workbooks, or several that share a container.

    ``begins``: matches the beginning of its files. ``refusal``: given a file that begins so, returns why it is no
    workbook of this format, a code of issues.REASONS, or ''. ``ending``: returns the ending that the name of a workbook
    should have, one of ``endings``. ``reader``: the module of this folder whose function
    ``open_workbook`` takes the bytes, returns a Workbook, and raises UnreadableError and UnsafeError; imported late.
    """

    begins: re.Pattern[bytes]
    refusal: Callable[[bytes], str]
    endings: tuple[str, ...]
    ending: Callable[[bytes], str]
    reader: str


FORMATS = (
    WorkbookFormat(re.compile(re.escape(ZIP_MAGIC)), reason_in_zip, ZIP_ENDINGS, zip_ending, "zip_workbook"),
    WorkbookFormat(re.compile(re.escape(OLE_MAGIC)), reason_in_ole, OLE_ENDINGS, ole_ending, "xls"),
)
ENDINGS = tuple(dict.fromkeys(ending for row in FORMATS for ending in row.endings))


def _format_of(data: bytes) -> WorkbookFormat | None:
    return next((row for row in FORMATS if row.begins.match(data)), None)


def unsupported_reason(data: bytes) -> str:
    """The code of issues.REASONS for a file that is no workbook which can be read; '' where it is one.

    Goes by the content, for names often lie. A workbook for which this returns '' may still be damaged.
    """
    if is_dlp_envelope(data):
        return "file.dlp"
    row = _format_of(data)
    return row.refusal(data) if row else reason_of_other_file(data)


def workbook_ending(data: bytes) -> str:
    """The ending, one of ENDINGS, that the name of a workbook should have."""
    return (_format_of(data) or FORMATS[0]).ending(data)


def import_readers() -> None:
    """Import the readers of all formats, so that the first file read does not pay for it."""
    for row in FORMATS:
        _reader_of(row)


def _reader_of(row: WorkbookFormat) -> ModuleType:
    return import_module(f"{__package__}.{row.reader}")


def open_workbook(data: bytes) -> Workbook:
    """Open a workbook in memory. Raises UnreadableError, and UnsafeError for one that no reader should open."""
    row = _format_of(data) or FORMATS[0]  # whose reader says that this is none
    return cast(Workbook, _reader_of(row).open_workbook(data))
