"""Lists and extracts the members of one archive or mail on the local disk, one level deep.

Archives are hostile: names and links in them are never followed, declared sizes never trusted, and nothing is written
but the wanted members, to the paths wanted, and a working copy beside them. A decoder may still loop or grow: the
caller has to limit its process.
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
    """The functions of a module that reads a kind of archive. Both raise ContainerError, and what libraries raise."""

    def list_members(self, path: Path) -> list[ArchiveMember]:
        """The members, without folders."""

    def extract_members(self, path: Path, wanted: Extraction) -> None:
        """Write the wanted members, and note why one cannot be had."""


def list_members(path: Path, kind: str) -> list[ArchiveMember]:
    """The members of an archive of this kind in its order, without folders.

    None for an empty archive, and for a document, as an .xlsx is a zip: reading the file says what it is.
    Raises ContainerError, OSError where the file cannot be read, MemoryError.
    """
    module = _format_module(path, kind)
    with _translate_errors(kind):
        return module.list_members(path)


def extract_members(
    path: Path, kind: str, wanted: Mapping[int, Path], most: int, limits: Mapping[int, int] | None = None
) -> dict[int, str]:
    """Write wanted members, by their positions in ``list_members``, to the paths given; ``most`` bytes in all.

    A member may have as many bytes as ``limits`` says for it, else MAX_BYTES; a larger one has the reason file.large.
    Returns the reason of each member that could not be had, at whose path there is no file. A working copy may lie
    beside the paths meanwhile. Raises ContainerError, with file.expands where ``most`` does not suffice; OSError where
    the disk fails; MemoryError.
    """
    extraction = Extraction(wanted, most, limits or {})
    if wanted:
        module = _format_module(path, kind)
        with _translate_errors(kind):
            module.extract_members(path, extraction)
    return extraction.reasons


def _format_module(path: Path, kind: str) -> ArchiveModule:
    if kind == PART_KIND:  # it may be a whole archive: one program numbers even what fits into one file
        with path.open("rb") as file:
            kind = archive_kind("", file.read(HEAD_BYTES))
        if not kind:
            raise ContainerError("archive.part")
    return cast(ArchiveModule, import_module(f"{__name__}.{KINDS[kind].module}"))


@contextmanager
def _translate_errors(kind: str) -> Iterator[None]:
    """Turn whatever a library raises about a broken archive into ContainerError; let errors of the system pass."""
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
