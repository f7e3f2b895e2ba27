"""Takes the zip of a workbook apart, and packs parts into one with a fixed date."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

_LEVEL = 6
_1980 = 0x21  # the first day that a zip can express; Excel writes it
_DEFLATED = 8
SUPER_FAST, STREAMED, IN_UTF_8 = 0x6, 0x8, 0x800  # flags: Excel sets the first, Java and LibreOffice the others
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_BEHIND = struct.Struct("<4sIII")
_END = struct.Struct("<4sHHHHIIH")


class Packed(NamedTuple):
    """A compressed part, with the checksum and the size of its content."""

    deflated: bytes
    crc: int
    size: int


def unpacked(data: bytes) -> dict[str, bytes]:
    """The parts of a workbook by name, in its order."""
    return {name: zlib.decompress(part.deflated, -zlib.MAX_WBITS) for name, part in entries(data).items()}


def entries(data: bytes) -> dict[str, Packed]:
    """The compressed parts of a workbook by name, in its order; a stored part is compressed."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            name, extra = struct.unpack_from("<HH", data, entry.header_offset + 26)
            begin = entry.header_offset + _LOCAL.size + name + extra
            raw = data[begin : begin + entry.compress_size]
            part = Packed(raw, entry.CRC, entry.file_size)
            found[entry.filename] = part if entry.compress_type == _DEFLATED else packed(raw)
    return found


def packed(content: bytes) -> Packed:
    """Compress a part."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Packed(compressor.compress(content) + compressor.flush(), zlib.crc32(content), len(content))


packed_once = lru_cache(maxsize=512)(packed)
"""Compress a part that is the same in many files; the result is cached."""


def package(parts: Mapping[str, Packed], flags: int = 0) -> bytes:
    """A zip of the parts, in order.

    ``flags``: the flags of each entry. With STREAMED, the checksum and the sizes of a part follow it, as programs
    write them that cannot seek back.
    """
    body, directory = bytearray(), bytearray()
    for name, part in parts.items():
        raw = name.encode()
        sums = (part.crc, len(part.deflated), part.size)
        how = (flags, _DEFLATED, 0, _1980)
        directory += _CENTRAL.pack(b"PK\x01\x02", 20, 20, *how, *sums, len(raw), 0, 0, 0, 0, 0, len(body)) + raw
        body += _LOCAL.pack(b"PK\x03\x04", 20, *how, *((0, 0, 0) if flags & STREAMED else sums), len(raw), 0) + raw
        body += part.deflated
        if flags & STREAMED:
            body += _BEHIND.pack(b"PK\x07\x08", *sums)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(parts), len(parts), len(directory), len(body), 0)
    return bytes(body + directory + end)
