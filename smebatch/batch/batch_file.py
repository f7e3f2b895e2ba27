"""Tells what is at the path of a batch: nothing, a batch, or somebody else's file, which must not be touched."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from smebatch.intake.workbook.signatures import OLE_MAGIC, ZIP_MAGIC
from smebatch.issues.notice import Notice, ProblemError

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # md:x, s3://…; a drive of Windows is one letter
_MAGIC = b"DUCK", 8  # the bytes, and their offset in the file
_OTHERS = (
    (b"SQLite format 3\0", "batch.sqlite"),
    (ZIP_MAGIC, "batch.workbook"),
    (OLE_MAGIC, "batch.workbook"),
)
_SHARING_VIOLATIONS = (32, 33)  # the errors of Windows where another program has the file open
# Words of DuckDB's own messages, which are always English.
_IN_USE = ("could not set lock", "unique file handle conflict", "already open in", "already attached")
_DAMAGED = ("corrupt", "checksum", "deserialize", "not a valid", "could not read enough bytes")
_OTHER_VERSION = ("version number", "newer version", "older version", "storage version")


class BatchError(ProblemError):
    """The batch cannot be used."""


def check_batch_path(batch: Path) -> None:
    """Raise BatchError where there is something at the path that is no DuckDB file; OSError if it cannot be read."""
    if _ELSEWHERE.match(str(batch)):
        raise BatchError("batch.elsewhere", path=batch)
    if any("\ud800" <= character <= "\udfff" for character in str(batch)):
        raise BatchError("batch.name", path=batch)  # bytes that are no text
    try:
        mode = batch.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise BatchError("batch.folder", path=batch, inside=batch / "batch.duckdb")
    if not stat.S_ISREG(mode):
        raise BatchError("batch.special", path=batch)
    try:
        with batch.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        if _is_sharing_violation(error):
            raise BatchError("batch.busy", path=batch) from None
        raise
    if head and not head.startswith(*_MAGIC):
        code = next((code for beginning, code in _OTHERS if head.startswith(beginning)), "batch.other")
        raise BatchError(code, path=batch)


def refusal_error(batch: Path, error: Exception) -> BatchError:
    """The error to raise for a file that DuckDB refuses: another program has it open, or DuckDB's own reason."""
    busy = any(words in _first_line(error).lower() for words in _IN_USE) or _is_open_elsewhere(batch)
    return BatchError("batch.busy" if busy else "batch.unusable", path=batch, error=duckdb_reason(error))


def duckdb_reason(error: Exception) -> OSError | Notice:
    """Why DuckDB cannot read or write: an error of the system that it quotes, or a reason of its own.

    This parses DuckDB's wording, but only the message to the user depends on it. An unknown reason keeps that wording.
    """
    message = _first_line(error)
    for number in errno.errorcode:
        if f': {os.strerror(number)}"' in f'{message}"':  # at the end of the message, or of one that it quotes
            return OSError(number, os.strerror(number))
    if is_damage(error):
        return Notice("duckdb.damaged")
    if any(words in message.lower() for words in _OTHER_VERSION):
        return Notice("duckdb.version")
    return Notice("duckdb.other", {"said": message})


def is_damage(error: Exception) -> bool:
    """Whether DuckDB's message says that the file is damaged."""
    return any(words in _first_line(error).lower() for words in _DAMAGED)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")


def _is_open_elsewhere(batch: Path) -> bool:
    try:
        with batch.open("rb"):
            return False
    except OSError as error:
        return _is_sharing_violation(error)


def _is_sharing_violation(error: OSError) -> bool:
    return getattr(error, "winerror", None) in _SHARING_VIOLATIONS
