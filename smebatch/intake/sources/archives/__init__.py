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

from smebatch.intake.sources.archives.container import ContainerError, Inside, Wanted, is_ours
from smebatch.intake.sources.archives.kinds import HEAD, PART, kind_of

__all__ = ["HEAD", "ContainerError", "Inside", "kind_of", "list_inside", "take_out"]

# Each is imported where it is used, with what it draws in.
_MODULES = {
    "zip": "zips",
    "rar": "rars",
    "7z": "sevens",
    "tar": "tars",
    "gz": "tars",
    "eml": "mails",
    "msg": "outlook",
    "tnef": "tnefs",
}


class _Format(Protocol):
    """What a module of a kind of archive offers. Both raise ContainerError, and what their libraries raise."""

    def listed(self, path: Path) -> list[Inside]:
        """The members, without folders."""

    def take(self, path: Path, wanted: Wanted) -> None:
        """Write the members that are wanted, and say why where one cannot be had."""


def list_inside(path: Path, kind: str) -> list[Inside]:
    """What an archive of this kind holds, folders left out, in its order.

    Nothing where it is no archive but a document, as an .xlsx is a zip, or is empty: what it is, its reading says.
    Raises ContainerError, OSError where the file cannot be read, MemoryError.
    """
    chosen = _format(path, kind)
    with _named_faults(kind):
        return chosen.listed(path)


def take_out(
    path: Path, kind: str, wanted: Mapping[int, Path], most: int, limits: Mapping[int, int] | None = None
) -> dict[int, str]:
    """Write the members with these numbers, their places in list_inside, to these paths: ``most`` bytes in all.

    A member may have as many bytes as ``limits`` says of it, MAX_BYTES where that says nothing; else ``file.large``.
    Returns the reason for each that could not be had; then there is nothing at its path. A working copy may stand
    beside the paths while this runs. Raises ContainerError, ``file.expands`` where ``most`` does not suffice; OSError
    where the disk fails, MemoryError.
    """
    out = Wanted(wanted, most, limits or {})
    if wanted:
        chosen = _format(path, kind)
        with _named_faults(kind):
            chosen.take(path, out)
    return out.reasons


def _format(path: Path, kind: str) -> _Format:
    if kind == PART:  # all the same it may be whole, for one program numbers even what fits in one file
        with path.open("rb") as file:
            kind = kind_of("", file.read(HEAD))
        if not kind:
            raise ContainerError("archive.part")
    return cast(_Format, import_module(f"{__name__}.{_MODULES[kind]}"))


@contextmanager
def _named_faults(kind: str) -> Iterator[None]:
    """Whatever a library says of a broken archive is one reason; what the system says of a disk is no archive's."""
    try:
        yield
    except Exception as error:
        reason = "file.truncated" if isinstance(error, EOFError) else "archive.broken"
        if isinstance(error, ContainerError):
            reason = str(error)
        elif is_ours(error):
            raise
        if kind == PART and reason in ("archive.broken", "file.truncated"):
            reason = "archive.part"
        raise ContainerError(reason) from error
