"""Many forms filled in with what a roster knows: one is written as a pattern, of the others only the texts that differ.

A text of a workbook stands once, in the part of shared texts. The pattern holds a stand-in for each; what lies between
the stand-ins is compressed once, and a form is put together from that and its own texts, which go uncompressed.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import zip_longest

from xlsxwriter.sharedstrings import SharedStrings

from smebatch.form.sheet import FormError, written
from smebatch.form.writer import write_form
from smebatch.standard.model import Edition

_TEXTS = "xl/sharedStrings.xml"
_BEGIN, _END = "\ue000", "\ue001"  # around a key, a stand-in; for private use, so that no form prints them
_STAND_IN = re.compile(f"<si><t>{_BEGIN}(.*?){_END}</t></si>".encode())


class Prefill:
    """Writes forms of an edition that differ in their answers, of which most are texts."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._pattern: Callable[[frozenset[str], tuple[tuple[str, object], ...]], _Pattern] = lru_cache(maxsize=64)(
            self._written
        )

    def form(self, answers: Mapping[str, object]) -> bytes:
        """What write_form would write but for the bytes: the same cells. Raises what write_form raises."""
        texts = {key: value for key, value in answers.items() if isinstance(value, str) and value}
        others = tuple(sorted((key, value) for key, value in answers.items() if key not in texts))
        return self._pattern(frozenset(texts), others).filled(texts)

    def _written(self, texts: frozenset[str], others: tuple[tuple[str, object], ...]) -> _Pattern:
        stream = io.BytesIO()
        write_form(stream, self._edition, dict(others) | {key: f"{_BEGIN}{key}{_END}" for key in texts})
        return _Pattern(stream.getvalue(), texts)


class _Pattern:
    """A form with stand-ins for the texts of some keys. Raises FormError where these do not stand once each."""

    def __init__(self, data: bytes, keys: frozenset[str]) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            parts = book.infolist()
            content = {part.filename: book.read(part) for part in parts}
        between = _STAND_IN.split(content[_TEXTS])
        self._keys = [key.decode() for key in between[1::2]]
        stand_ins = sum(xml.count(_BEGIN.encode()) for xml in content.values())
        if sorted(self._keys) != sorted(keys) or stand_ins != len(keys):
            raise FormError("a text of the roster does not stand once in the form")
        self._plain = between[::2]
        self._packed = [_deflated(piece) for piece in self._plain]
        at = [part.filename for part in parts].index(_TEXTS)
        self._before = b"".join(_local(data, part) for part in parts[:at])
        self._after = b"".join(_local(data, part) for part in parts[at + 1 :])
        self._parts, self._texts = parts, parts[at]

    def filled(self, texts: Mapping[str, str]) -> bytes:
        """The form with these texts."""
        items = [_item(texts[key]) for key in self._keys]
        plain = b"".join(piece for pair in zip_longest(self._plain, items, fillvalue=b"") for piece in pair)
        packed = b"".join(
            piece for pair in zip_longest(self._packed, map(_stored, items), fillvalue=b"") for piece in pair
        )
        packed += _LAST_BLOCK
        self._texts.CRC, self._texts.file_size, self._texts.compress_size = zlib.crc32(plain), len(plain), len(packed)
        return self._zipped(_header(self._texts) + packed)

    def _zipped(self, texts: bytes) -> bytes:
        body = self._before + texts + self._after
        directory, offset = [], 0
        for part in self._parts:
            directory.append(_directory_line(part, offset))
            offset += len(_header(part)) + part.compress_size
        lines = b"".join(directory)
        return body + lines + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *[len(directory)] * 2, len(lines), offset, 0)


# --- shared texts ---------------------------------------------------------------------------------------------------


def _item(text: str) -> bytes:
    """A shared text as XlsxWriter itself writes it."""
    writer = SharedStrings()
    writer.fh = stream = io.StringIO()
    writer._write_si(written(text))
    return stream.getvalue().encode()


# --- deflate --------------------------------------------------------------------------------------------------------

_LAST_BLOCK = b"\x01\x00\x00\xff\xff"  # empty
_MOST_STORED = 65_535


def _deflated(data: bytes) -> bytes:
    """Compressed to the end of a byte, without reference to what comes before or after, and not the last."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(data: bytes) -> bytes:
    """Blocks that hold the data as it is."""
    pieces = (data[start : start + _MOST_STORED] for start in range(0, len(data), _MOST_STORED))
    return b"".join(struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF) + piece for piece in pieces)


# --- zip ------------------------------------------------------------------------------------------------------------

_HEADER_SIZE = 30
_VERSION = 20  # of the zip format: deflate and folders


def _fields(part: zipfile.ZipInfo) -> tuple[int, ...]:
    """What a part's header and its line in the directory share."""
    year, month, day, hour, minute, second = part.date_time
    time, date = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
    name = len(part.filename.encode())
    sizes = (part.CRC, part.compress_size, part.file_size)
    return (_VERSION, part.flag_bits, part.compress_type, time, date, *sizes, name, 0)


def _header(part: zipfile.ZipInfo) -> bytes:
    return struct.pack("<4s5H3L2H", b"PK\3\4", *_fields(part)) + part.filename.encode()


def _directory_line(part: zipfile.ZipInfo, offset: int) -> bytes:
    rest = (0, 0, 0, part.external_attr, offset)
    return struct.pack("<4sH5H3L2H3H2L", b"PK\1\2", _VERSION, *_fields(part), *rest) + part.filename.encode()


def _local(data: bytes, part: zipfile.ZipInfo) -> bytes:
    """A part as it stands in a file, with a header of our own."""
    lengths = struct.unpack_from("<2H", data, part.header_offset + 26)
    start = part.header_offset + _HEADER_SIZE + sum(lengths)
    return _header(part) + data[start : start + part.compress_size]
