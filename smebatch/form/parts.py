"""The parts of a workbook, each compressed once, and the zip file around them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

try:  # four times as fast; which of the two it is, equal parts are packed into equal bytes on one machine
    from isal import isal_zlib as zlib
except ImportError:  # no wheel for this machine
    import zlib  # type: ignore[no-redef]  # either will do

# Of both libraries: a file is a tenth larger than at zlib's usual level, and packed in an eighth of the time.
_LEVEL = 2
_VERSION = 20  # of the zip format: deflate and folders
_HEADER_SIZE = 30


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it stands in a file, after its header, and its line of the directory but for where it stands."""

    packed: bytes
    line: bytes
    name: bytes


def unzipped(data: bytes) -> Iterator[tuple[zipfile.ZipInfo, bytes, Part]]:
    """Each part of a file in order: what the directory says of it, its content, and the part as it is packed there."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for info in book.infolist():
            start = info.header_offset + _HEADER_SIZE + sum(struct.unpack_from("<2H", data, info.header_offset + 26))
            packed = data[start : start + info.compress_size]
            yield info, book.read(info), _part(info, packed, info.CRC, info.file_size)


def deflated(content: bytes, *, last: bool = True) -> bytes:
    """Compressed without reference to what comes before; to the end of a byte, so that more may follow the not last."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def packed(info: zipfile.ZipInfo, content: bytes, rest: bytes = b"", rest_deflated: bytes = b"") -> Part:
    """A part with other content; its end, where many share it, may have been deflated before."""
    both = deflated(content, last=not rest) + rest_deflated
    return _part(info, both, zlib.crc32(rest, zlib.crc32(content)), len(content) + len(rest))


def zipped(parts: Iterable[Part]) -> bytes:
    """A file of these parts."""
    body: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for part in parts:
        body.append(part.packed)
        directory += (part.line, struct.pack("<L", offset), part.name)
        offset += len(part.packed)
    lines, count = b"".join(directory), len(body)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(lines), offset, 0)
    return b"".join((*body, lines, end))


def _part(info: zipfile.ZipInfo, packed: bytes, crc: int, size: int) -> Part:
    year, month, day, hour, minute, second = info.date_time
    time, date = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
    name = info.filename.encode()
    sizes = (crc, len(packed), size, len(name), 0)
    # What the header and the line of the directory share.
    fields = struct.pack("<5H3L2H", _VERSION, info.flag_bits, info.compress_type, time, date, *sizes)
    line = struct.pack("<4sH", b"PK\1\2", _VERSION) + fields + struct.pack("<3HL", 0, 0, 0, info.external_attr)
    return Part(b"PK\3\4" + fields + name + packed, line, name)
