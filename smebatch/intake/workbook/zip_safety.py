"""Inflates the parts of a workbook that is a zip, and refuses what would mislead or kill a reader.

Limits are absolute: an honest form of 50 KB holds 250 KB of XML, and a ratio would tell a well packed form from a bomb
no better. Each part is inflated once, and its bytes are counted meanwhile.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, cast

from smebatch.intake.workbook.bounded_cache import BoundedCache, RecurrenceFilter
from smebatch.intake.workbook.zip_directory import DirectoryEntry, read_plain_directory

try:  # twice as fast, and inflating is a quarter of the work
    from isal import isal_zlib as zlib
except ImportError:  # no wheel for this machine
    import zlib  # type: ignore[no-redef]  # either will do

_DEFLATE_ERROR = cast(type[Exception], zlib.error)

MAX_INFLATED = 100_000_000  # bytes of all parts of a file together; inflating takes twice as much memory
MAX_ENTRIES = 2_000  # a form has some 20 parts
MAX_SHEETS = 1_000  # and 8 sheets
MAX_ROWS, MAX_COLUMNS = 100_000, 1_000  # of the last cell that holds something; the form ends before AA1000
MAX_CELLS = 5_000_000  # that a reader allocates in all sheets: every cell up to the last one
MAX_WRITTEN_CELLS = 1_000_000  # cells in the XML of all sheets, blank ones too; a form has 2,500

_UNREAD_ENDINGS = (".png", ".jpeg", ".jpg", ".gif", ".bmp", ".tiff", ".emf", ".wmf", ".svg", ".bin", ".vml", "/")
# Before a DTD only declarations and comments may stand.
_DTD = re.compile(rb"(?:\xef\xbb\xbf|\s++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_ENCODING = re.compile(r"""^(<\?xml[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')""")
_LOCAL_HEADER, _END_RECORD = 30, 22  # bytes, without the name and the comment


class UnsafeError(Exception):
    """The file is not safe to read; the text is a code of issues.REASONS."""


class ZipParts(NamedTuple):
    """The XML parts of a zip by name. ``altered``: they differ from the file: some are in UTF-16 there, or twice."""

    xml: dict[str, bytes]
    altered: bool = False


def read_safe_parts(data: bytes) -> ZipParts:
    """Inflate the XML parts of a workbook that is a zip. Raises UnsafeError where it is broken or hostile."""
    members = read_plain_directory(data)
    if members is not None:
        return _read_parts(data, members)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _read_parts(data, archive.infolist())
            require(_is_single_zip(data, archive), "file.unreadable")
            return parts
    except zipfile.BadZipFile:
        has_end_record = 0 <= data.rfind(b"PK\x05\x06") <= len(data) - _END_RECORD
        raise UnsafeError("file.unreadable" if has_end_record else "file.truncated") from None


def _is_single_zip(data: bytes, archive: zipfile.ZipFile) -> bool:
    """Whether the file is one zip and nothing else: bytes before it may be another zip, which another reader may read.

    zipfile accepts bytes before the zip, and a second end record of 64 bits; calamine does not.
    """
    end = data.rfind(b"PK\x05\x06")
    entries = archive.infolist()
    stated = tuple(int.from_bytes(data[end + at : end + at + size], "little") for at, size in ((10, 2), (16, 4)))
    begins = min([entry.header_offset for entry in entries], default=None)
    return begins == 0 and stated == (len(entries), archive.start_dir)


def _read_parts(data: bytes, entries: Sequence[DirectoryEntry] | Sequence[zipfile.ZipInfo]) -> ZipParts:
    parts: dict[str, bytes] = {}
    require(len(entries) <= MAX_ENTRIES, "file.expands")
    left, altered = MAX_INFLATED, False
    for entry in entries:
        if entry.filename.endswith(_UNREAD_ENDINGS):
            continue
        xml = _read_part(data, entry, left)
        left -= len(xml)
        if xml.startswith(_UTF_16):
            xml, altered = _to_utf_8(xml), True
        if entry.filename in parts:
            require(parts[entry.filename] == xml, "file.ambiguous")
        parts[entry.filename] = xml
    if b":encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise UnsafeError("file.password")
    names = {name.replace("\\", "/").lower(): name for name in parts}  # readers do not distinguish more
    if len(names) < len(parts):
        for name, xml in parts.items():
            # Of two parts of one name, readers would choose different ones.
            require(parts[names[name.replace("\\", "/").lower()]] == xml, "file.ambiguous")
        return ZipParts({name: parts[name] for name in names.values()}, altered=True)
    return ZipParts(parts, altered)


def _to_utf_8(xml: bytes) -> bytes:
    """Recode a part from UTF-16 to UTF-8, which all readers know; return it as it is where it is no UTF-16."""
    order = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(xml[:2], "utf-16")
    try:
        return _ENCODING.sub(r"\1", xml.decode(order), count=1).encode()
    except UnicodeDecodeError:
        return xml


class SharedPart(bytes):
    """The content of a part that many files share, byte for byte. ``parsed``: what was parsed from it, kept with it."""

    parsed: object = None


class _InflatedPart(NamedTuple):
    """A part that has been inflated and checked, with the method and checksum that its zip states."""

    xml: bytes
    method: int
    crc: int


# By their deflated bytes: most parts of a form are the same in all returns that one program saves.
_inflated_parts: BoundedCache[_InflatedPart] = BoundedCache()
_packed_before = RecurrenceFilter()


def _read_part(data: bytes, entry: DirectoryEntry | zipfile.ZipInfo, most: int) -> bytes:
    """Inflate an XML part of at most ``most`` bytes. Raises UnsafeError."""
    packed = _packed_bytes(data, entry)
    known = _inflated_parts.get(packed)
    if known and (known.method, known.crc) == (entry.compress_type, entry.CRC) and len(known.xml) <= most:
        return known.xml
    xml = inflate(memoryview(packed), entry.compress_type, entry.CRC, most)
    if _DTD.match(xml.decode("utf-16", "replace").encode() if xml.startswith(_UTF_16) else xml):
        raise UnsafeError("file.dtd")
    if _packed_before.seen_before(packed):
        _inflated_parts.store(packed, _InflatedPart(SharedPart(xml), entry.compress_type, entry.CRC), len(xml))
    return xml


def check_xml_parts(parts: Mapping[str, bytes]) -> None:
    """Raise UnsafeError where shared strings or an .ods would mislead or kill a reader; xlsx_rows checks sheets."""
    if (texts := shared_strings_part(parts)) is not None:
        _check_shared_strings(texts)
    if "content.xml" in parts:
        _check_ods(parts["content.xml"])


def _check_shared_strings(xml: bytes) -> None:
    _require_plain_xml(xml)
    count = _UNIQUE.search(xml)
    require(not count or int(count[1]) <= len(xml), "file.unreadable")  # calamine allocates as many as are declared


def _check_ods(xml: bytes) -> None:
    _require_plain_xml(xml)
    require(_ods_allocated_cells(xml) <= MAX_CELLS, "file.range")


_UNIQUE = re.compile(rb"""\buniqueCount\s*=\s*["'](\d+)""")
_NOT_UTF_8 = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\bencoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)


def require_utf_8(xml: bytes) -> None:
    """Raise UnsafeError for a part that declares another encoding than UTF-8."""
    require(not _NOT_UTF_8.match(xml), "file.unreadable")


def _require_plain_xml(xml: bytes) -> None:
    require_utf_8(xml)
    require(b"<![CDATA[" not in xml, "file.unreadable")  # calamine drops such texts


def require(condition: bool, reason: str) -> None:
    """Raise UnsafeError with a code of issues.REASONS unless a condition holds."""
    if not condition:
        raise UnsafeError(reason)


def _packed_bytes(data: bytes, entry: DirectoryEntry | zipfile.ZipInfo) -> bytes:
    require(not entry.flag_bits & 1, "file.password")
    start = entry.header_offset + _LOCAL_HEADER
    extra, name = divmod(int.from_bytes(data[start - 4 : start], "little"), 1 << 16)  # their lengths
    start += name + extra
    return data[start : start + entry.compress_size]


def inflate(packed: memoryview, method: int, crc: int, most: int) -> bytes:
    """Inflate a member of a zip to at most ``most`` bytes, whatever size it declares. Raises UnsafeError."""
    if method == zipfile.ZIP_DEFLATED:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most + 1)
        except _DEFLATE_ERROR:
            raise UnsafeError("file.checksum") from None
    else:
        require(method == zipfile.ZIP_STORED, "file.unreadable")
        content = bytes(packed)
    require(len(content) <= most, "file.expands")
    require(zlib.crc32(content) == crc, "file.checksum")
    return content


def check_sheet_names(sheets: Collection[str]) -> None:
    """Raise UnsafeError where there are absurdly many sheets, or two of one name, which readers choose differently."""
    require(len(sheets) <= MAX_SHEETS, "file.expands")
    require(len({name.casefold() for name in sheets}) == len(sheets), "file.duplicate_sheet")


def shared_strings_part(parts: Mapping[str, bytes]) -> bytes | None:
    """The part that holds the shared strings, None where there is none; readers find it in capitals, too."""
    return next((xml for name, xml in parts.items() if name.lower() == "xl/sharedstrings.xml"), None)


# --- how far the cells of a sheet reach -----------------------------------------------------------------------------

_ODS_TAG = re.compile(rb"<(table:table|table:table-row|table:(?:covered-)?table-cell|text:p)(?=[\s/>])([^<>]*)")
_REPEATED = re.compile(rb"""-repeated\s*=\s*["']\+?([0-9]+)["']""")
_ODS_VALUE = re.compile(rb"\b(?:office|calcext):value-type=|table:formula=")


def _ods_allocated_cells(xml: bytes) -> int:
    """The number of cells a reader allocates for an .ods, which writes equal rows and cells once, with a count."""
    row = column = rows = columns = cells = 0
    for match in _ODS_TAG.finditer(xml):
        tag, attributes = match.groups()
        repeated = _REPEATED.search(attributes)
        times = int(repeated[1]) if repeated else 1
        if tag == b"table:table":
            cells += allocated_cells(rows, columns)
            row = column = rows = columns = 0
        elif tag == b"table:table-row":
            row, column = row + times, 0
        elif tag != b"text:p":
            column += times
        if tag == b"text:p" or _ODS_VALUE.search(attributes):
            rows, columns = max(rows, row), max(columns, column)
    return cells + allocated_cells(rows, columns)


def allocated_cells(rows: int, columns: int) -> int:
    """The number of cells a reader allocates for a sheet of this size. Raises UnsafeError for an absurd size."""
    require(rows <= MAX_ROWS and columns <= MAX_COLUMNS, "file.range")
    return rows * columns
