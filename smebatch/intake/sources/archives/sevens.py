"""7-Zip archives."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

from py7zr import DecompressionBombError, PasswordRequired, SevenZipFile
from py7zr.compressor import SupportedMethods
from py7zr.io import Py7zIO, WriterFactory
from py7zr.py7zr import ArchiveFile

from smebatch.intake.sources.archives.container import (
    ArchiveMember,
    ContainerError,
    Crc32,
    Extraction,
    MemberWriter,
    check_member_count,
    is_own_error,
    windows_timestamp_ns,
)
from smebatch.intake.sources.archives.programs import PackedMember, unpack_with_program
from smebatch.intake.sources.limits import MAX_UNPACKED

_HEADER = 32  # bytes, which state the offset of the list of members (from their end) and its size
_KNOWN = {method["id"] for method in SupportedMethods.methods}


def list_members(path: Path) -> list[ArchiveMember]:
    """The members. Raises ContainerError, and what py7zr raises."""
    with _opened(path) as archive:
        return [_member_of(file) for file in _files(archive)]


def extract_members(path: Path, wanted: Extraction) -> None:
    """Write the wanted members, unpacking each block once. Raises ContainerError, and what py7zr raises."""
    with _opened(path) as archive:
        files = _files(archive)
        numbers = {file.id: number for number, file in enumerate(files) if wanted.includes(number, _member_of(file))}
        if not numbers:
            return
        if all(_is_supported(file) for file in archive.files):
            _take(archive, numbers, wanted)
        else:  # py7zr does not find the blocks behind one that it cannot unpack
            packed = [_packed(file, numbers.get(file.id)) for file in archive.files if not file.emptystream]
            for file in files:
                if file.emptystream and file.id in numbers:
                    wanted.write_member(numbers[file.id], ())
            unpack_with_program(path, "7z", packed, wanted)


@contextmanager
def _opened(path: Path) -> Iterator[SevenZipFile]:
    with path.open("rb") as file:
        head = file.read(_HEADER)
        place, size = (int.from_bytes(head[at : at + 8], "little") for at in (12, 20))
        if len(head) < _HEADER or _HEADER + place + size > os.fstat(file.fileno()).st_size:
            raise ContainerError("file.truncated")
        file.seek(0)
        try:
            with SevenZipFile(file, max_extract_size=MAX_UNPACKED) as archive:
                yield archive
        except PasswordRequired:
            raise ContainerError("archive.password") from None
        except DecompressionBombError:
            raise ContainerError("file.expands") from None


def _files(archive: SevenZipFile) -> list[ArchiveFile]:
    files = [file for file in archive.files if not file.is_directory] if hasattr(archive, "files") else []
    check_member_count(len(files))
    return files


def _member_of(file: ArchiveFile) -> ArchiveMember:
    time = None if file.lastwritetime is None else windows_timestamp_ns(int(file.lastwritetime))
    return ArchiveMember(file.filename.replace("\\", "/"), file.uncompressed, time, _refusal(file))


def _refusal(file: ArchiveFile) -> str:
    if file.is_symlink or file.is_junction:
        return "file.link"
    if file.is_socket:
        return "file.special"
    if file.folder is not None and SupportedMethods.needs_password(file.folder.coders):
        return "archive.password"
    return ""


def _is_supported(file: ArchiveFile) -> bool:
    """Whether py7zr can unpack the block of a member."""
    return file.folder is None or all(coder["method"] in _KNOWN for coder in file.folder.coders)


def _packed(file: ArchiveFile, number: int | None) -> PackedMember:
    crc = file.crc32
    return PackedMember(number, file.uncompressed, None if crc is None else lambda: Crc32(crc))


def _take(archive: SevenZipFile, numbers: dict[int, int], wanted: Extraction) -> None:
    left = {str(numbers[file.id]): file for file in archive.files if file.id in numbers}
    # Names are hostile and may be equal, so each member is named by its number. We compare the checksums ourselves,
    # for py7zr would stop at the first wrong one.
    crcs = {}
    for file, info in zip(archive.files, cast(list[dict[str, Any]], archive.files.files_list), strict=True):
        info["filename"] = name = str(numbers.get(file.id, "-"))
        crcs[name] = info.pop("digest", None)
        if file.folder is not None:
            file.folder.crc = None
    with closing(_Py7zMembers(wanted, crcs)) as members:
        _extract(archive, left, members, wanted)


def _extract(
    archive: SevenZipFile, remaining: dict[str, ArchiveFile], members: _Py7zMembers, wanted: Extraction
) -> None:
    while remaining:
        try:
            archive.extract(targets=list(remaining), factory=members)
            return
        except DecompressionBombError:
            raise
        except Exception as error:  # whatever a decoder says of broken bytes; they cost their block alone
            if is_own_error(error):
                raise
            failed = remaining[members.torn()].folder
            for name in [name for name, file in remaining.items() if file.folder is failed]:
                if wanted.reasons.get(int(name)):
                    wanted.reasons[int(name)] = "file.checksum"
            remaining = {
                name: file for name, file in remaining.items() if wanted.reasons.get(int(name)) == "archive.broken"
            }
            archive.reset()


class _Py7zMember(Py7zIO):
    """The file that py7zr writes a member to."""

    def __init__(self, writer: MemberWriter) -> None:
        self._writer = writer

    def write(self, s: bytes | bytearray) -> int:
        """Write the next bytes."""
        self._writer.write(bytes(s))
        return len(s)

    def close(self) -> None:
        """Close it after the last byte, and keep it where its checksum matches."""
        self._writer.close()

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002  (py7zr seeks to the beginning, to read it)
        """Do nothing."""
        return offset

    def read(self, size: int | None = None) -> bytes:  # noqa: ARG002  (nobody does)
        """Read nothing."""
        return b""

    def flush(self) -> None:
        """Do nothing."""

    def size(self) -> int:
        """Return 0: there is nothing to read."""
        return 0


class _Py7zMembers(WriterFactory):
    """Opens the files that py7zr writes members to."""

    def __init__(self, wanted: Extraction, crcs: Mapping[str, int | None]) -> None:
        self._wanted, self._crcs = wanted, crcs
        self._name, self._last = "", cast(MemberWriter | None, None)

    def create(self, filename: str) -> Py7zIO:
        """Open the file of a member."""
        crc = self._crcs[filename]
        self._name = filename
        self._last = self._wanted.open_writer(int(filename), None if crc is None else Crc32(crc))
        return _Py7zMember(self._last)

    def torn(self) -> str:
        """Remove the member that is not written to its end, and return its name. Raises ContainerError for none."""
        if self._last is None or self._last.closed:
            raise ContainerError("archive.broken")
        self.close()
        return self._name

    def close(self) -> None:
        """Remove a member that was not written to its end."""
        if self._last is not None:
            self._last.close(complete=False)
