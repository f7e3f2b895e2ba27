"""The zip file of a workbook: its parts, each compressed only once, and the directory at its end."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

try:  # four times as fast; on one machine it is always the same of the two, so equal contents give equal bytes
    from isal import isal_zlib as zlib
except ImportError:  # no wheel for this machine
    import zlib  # type: ignore[no-redef]  # either will do

# For either library: at zlib's usual level a file is a tenth smaller and takes eight times as long.
_LEVEL = 2
_ZIP_VERSION = 20  # the version of the zip format that knows deflate and folders
_LOCAL_HEADER_SIZE = 30  # bytes, without the name


@dataclass(frozen=True, slots=True)
class Part:
    """A part ready to be put into a zip file.

    ``record``: its local header, name and compressed content; ``directory_entry``: its entry in the directory up to
    the offset of the record, which only the whole file determines; ``name``: what follows the offset there.
    """

    record: bytes
    directory_entry: bytes
    name: bytes


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of an existing zip file: its directory information, its content, and the part ready for another file."""

    info: zipfile.ZipInfo
    content: bytes
    part: Part


def read_parts(data: bytes) -> list[StoredPart]:
    """The parts of a zip file in the order of its directory. Raises zipfile.BadZipFile for what is no zip file."""
    parts = []
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for info in book.infolist():
            name_and_extra = sum(struct.unpack_from("<2H", data, info.header_offset + 26))
            start = info.header_offset + _LOCAL_HEADER_SIZE + name_and_extra
            compressed = data[start : start + info.compress_size]
            part = _part(info, compressed, info.CRC, info.file_size)
            parts.append(StoredPart(info, book.read(info), part))
    return parts


def deflate(content: bytes, *, last: bool = True) -> bytes:
    """The content as a deflate stream that refers to nothing before it.

    Where it is not the last piece of a part it ends on a whole byte, so that another deflated piece may follow.
    """
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def part_with(info: zipfile.ZipInfo, content: bytes, ending: bytes = b"", deflated_ending: bytes = b"") -> Part:
    """The part that ``info`` describes, with other content.

    An ``ending`` that many parts share is deflated once, by the caller, and only joined here.
    """
    compressed = deflate(content, last=not ending) + deflated_ending
    return _part(info, compressed, zlib.crc32(ending, zlib.crc32(content)), len(content) + len(ending))


def zip_file(parts: Iterable[Part]) -> bytes:
    """A zip file of these parts."""
    records: list[bytes] = []
    entries: list[bytes] = []
    offset = 0
    for part in parts:
        records.append(part.record)
        entries += (part.directory_entry, struct.pack("<L", offset), part.name)
        offset += len(part.record)
    directory, count = b"".join(entries), len(records)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), offset, 0)
    return b"".join((*records, directory, end))


def _part(info: zipfile.ZipInfo, compressed: bytes, crc: int, size: int) -> Part:
    year, month, day, hour, minute, second = info.date_time
    time, date = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
    name = info.filename.encode()
    # The fields that the local header and the directory entry have in common; 0 is the length of the extra field.
    fields = struct.pack(
        "<5H3L2H",
        *(_ZIP_VERSION, info.flag_bits, info.compress_type, time, date),
        *(crc, len(compressed), size, len(name), 0),
    )
    # No comment, the first disk, no internal attributes.
    end_of_entry = struct.pack("<3HL", 0, 0, 0, info.external_attr)
    entry = struct.pack("<4sH", b"PK\1\2", _ZIP_VERSION) + fields + end_of_entry
    return Part(b"PK\3\4" + fields + name + compressed, entry, name)
