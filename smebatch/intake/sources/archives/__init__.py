"""What is in an archive or a mail, and how it gets out: one archive on the local disk, one level deep.

Archives are hostile: names and links in them are never followed, declared sizes never trusted, and nothing is written
but the members that are asked for, where they are asked for, and a working copy beside them. A decoder may still loop
or grow: whoever calls this limits the process it runs in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from smebatch.intake.sources.archives.container import ArchiveMember, ContainerError, Extraction, is_own_error
from smebatch.intake.sources.archives.kinds import HEAD_BYTES, KINDS, PART_KIND, archive_kind

__all__ = ["HEAD_BYTES", "ArchiveMember", "ContainerError", "archive_kind", "extract_members", "list_members"]


class ArchiveModule(Protocol):
    """What a module of a kind of archive offers. Both raise ContainerError, and what their libraries raise."""

    def list_members(self, path: Path) -> list[ArchiveMember]:
        """The members, without folders."""

    def extract_members(self, path: Path, wanted: Extraction) -> None:
        """Write the members that are wanted, and say why where one cannot be had."""


def list_members(path: Path, kind: str) -> list[ArchiveMember]:
    """What an archive of this kind holds, folders left out, in its order.

    Nothing where it is no archive but a document, as an .xlsx is a zip, or is empty: what it is, its reading says.
    Raises ContainerError, OSError where the file cannot be read, MemoryError.
    """
    chosen = _format_module(path, kind)
    with _translate_errors(kind):
        return chosen.list_members(path)


def extract_members(
    path: Path, kind: str, wanted: Mapping[int, Path], most: int, limits: Mapping[int, int] | None = None
) -> dict[int, str]:
    """Write the members with these numbers, their places in list_inside, to these paths: ``most`` bytes in all.

    A member may have as many bytes as ``limits`` says of it, MAX_BYTES where that says nothing; else ``file.large``.
    Returns the reason for each that could not be had; then there is nothing at its path. A working copy may stand
    beside the paths while this runs. Raises ContainerError, ``file.expands`` where ``most`` does not suffice; OSError
    where the disk fails, MemoryError.
    """
    out = Extraction(wanted, most, limits or {})
    if wanted:
        chosen = _format_module(path, kind)
        with _translate_errors(kind):
            chosen.extract_members(path, out)
    return out.reasons


def _format_module(path: Path, kind: str) -> ArchiveModule:
    if kind == PART_KIND:  # all the same it may be whole, for one program numbers even what fits in one file
        with path.open("rb") as file:
            kind = archive_kind("", file.read(HEAD_BYTES))
        if not kind:
            raise ContainerError("archive.part")
    return cast(ArchiveModule, import_module(f"{__name__}.{KINDS[kind].module}"))


@contextmanager
def _translate_errors(kind: str) -> Iterator[None]:
    """Whatever a library says of a broken archive is one reason; what the system says of a disk is no archive's."""
    try:
        yield
    except Exception as error:
        reason = "file.truncated" if isinstance(error, EOFError) else "archive.broken"
        if isinstance(error, ContainerError):
            reason = str(error)
        elif is_own_error(error):
            raise
        if kind == PART_KIND and reason in ("archive.broken", "file.truncated"):
            reason = "archive.part"
        raise ContainerError(reason) from error
