"""What stands under the name of a batch: nothing, a batch, or what is no batch and must be left alone."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from smebatch.intake.workbook.signatures import OLE_MAGIC, ZIP_MAGIC
from smebatch.issues.catalogue import Notice, ProblemError

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # md:x, s3://…; a drive of Windows is one letter
_MAGIC = b"DUCK", 8  # and where it stands
_OTHERS = (
    (b"SQLite format 3\0", "batch.sqlite"),
    (ZIP_MAGIC, "batch.workbook"),
    (OLE_MAGIC, "batch.workbook"),
)
_SHARING = (32, 33)  # Windows' numbers of what another program has open, in whatever language it says so
# DuckDB's own words, which no system translates.
_IN_USE = ("could not set lock", "unique file handle conflict", "already open in", "already attached")
_DAMAGED = ("corrupt", "checksum", "deserialize", "not a valid", "could not read enough bytes")
_OTHER_VERSION = ("version number", "newer version", "older version", "storage version")


class BatchError(ProblemError):
    """The batch cannot be used."""


def check_place(batch: Path) -> None:
    """Raise BatchError where something stands under the name that is no file of DuckDB's, OSError."""
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
        if _shared(error):
            raise BatchError("batch.busy", path=batch) from None
        raise
    if head and not head.startswith(*_MAGIC):
        code = next((code for beginning, code in _OTHERS if head.startswith(beginning)), "batch.other")
        raise BatchError(code, path=batch)


def refusal(batch: Path, error: Exception) -> BatchError:
    """Why DuckDB refuses a file: another program has it open, or whatever it says."""
    busy = any(words in _first_line(error).lower() for words in _IN_USE) or _held(batch)
    return BatchError("batch.busy" if busy else "batch.unusable", path=batch, error=why(error))


def why(error: Exception) -> OSError | Notice:
    """Why DuckDB cannot read or write: the system's reason, which it quotes by its words, or one of its own.

    Only what is said hangs on the wording. A reason that is not known here keeps DuckDB's words.
    """
    said = _first_line(error)
    for number in errno.errorcode:
        if f': {os.strerror(number)}"' in f'{said}"':  # at its end, or at that of an error within
            return OSError(number, os.strerror(number))
    if is_damage(error):
        return Notice("duckdb.damaged")
    if any(words in said.lower() for words in _OTHER_VERSION):
        return Notice("duckdb.version")
    return Notice("duckdb.other", {"said": said})


def is_damage(error: Exception) -> bool:
    """Whether DuckDB says that a file does not hold what was written."""
    return any(words in _first_line(error).lower() for words in _DAMAGED)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")


def _held(batch: Path) -> bool:
    try:
        with batch.open("rb"):
            return False
    except OSError as error:
        return _shared(error)


def _shared(error: OSError) -> bool:
    return getattr(error, "winerror", None) in _SHARING
