"""What lies in an archive or a mail, one level deep, and how to take it out. Zips only, until the others come.

Both functions parse what anybody may have made: they are called in a reader process, under its limits.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from smebatch.intake import archive
from smebatch.intake.recognise import is_document

_PIECE = 1 << 20
_BROKEN = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, zlib.error, OSError)


class Inside(NamedTuple):
    """A file in a container: its name there, its bytes, its time in ns, and why it cannot be had."""

    name: str
    bytes: int
    mtime_ns: int | None
    reason: str = ""


class ContainerError(Exception):
    """The container cannot be opened; the text is a code of issues.REASONS."""


def kind_of(name: str, head: bytes) -> str:
    """The kind of container a file is, by its name and its first bytes; '' of what is none."""
    return "zip" if head.startswith(b"PK") and archive.is_called_container(name) else ""


def list_inside(path: Path, kind: str) -> list[Inside]:
    """The files in a container. Raises ContainerError."""
    if b"PK\5\6" not in path.read_bytes():
        raise ContainerError("file.truncated")
    with _opened(path, kind) as book:
        found = [
            Inside(archive._name(m), m.file_size, archive._time(m), "archive.password" if m.flag_bits & 1 else "")
            for m in book.infolist()
            if not m.is_dir()
        ]
    return [] if is_document({inside.name.lower() for inside in found}) else found


def take_out(path: Path, kind: str, wanted: Mapping[int, Path], most: int) -> dict[int, str]:
    """Write files of a container, by their numbers in its list, of so many bytes at most in all.

    Returns the reasons of those that cannot be had; then there is nothing at its path. Raises ContainerError.
    """
    failed = {}
    with _opened(path, kind) as book:
        members = [member for member in book.infolist() if not member.is_dir()]
        for number, target in wanted.items():
            try:
                with book.open(members[number]) as stream, target.open("wb") as file:
                    while piece := stream.read(_PIECE):
                        most -= len(piece)
                        if most < 0:
                            raise ContainerError("file.expands")
                        file.write(piece)
            except RuntimeError:
                failed[number] = "archive.password"
            except _BROKEN:
                failed[number] = "archive.broken"
    return failed


def _opened(path: Path, kind: str) -> zipfile.ZipFile:
    try:
        if kind != "zip":
            raise zipfile.BadZipFile(kind)
        return zipfile.ZipFile(path)
    except _BROKEN:
        raise ContainerError("archive.broken") from None
