"""What would mislead or kill a reader, found in a zip-based workbook before a reader opens it.

Limits are absolute: an honest form of 50 KB holds 250 KB of XML, and a ratio would tell a well packed one from a bomb
no better. Each part is inflated once, and counted while it is.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, cast

from smebatch.intake.workbook.bounded_cache import Known, Recurring
from smebatch.intake.workbook.zip_directory import Member, usual_directory

try:  # twice as fast, and inflating is a quarter of the work
    from isal import isal_zlib as zlib
except ImportError:  # no wheel for this machine
    import zlib  # type: ignore[no-redef]  # either will do

_DEFLATE_ERROR = cast(type[Exception], zlib.error)

MAX_INFLATED = 100_000_000  # all parts of a file together; inflating takes twice as much memory
MAX_ENTRIES = 2_000  # a form has some 20 parts
MAX_SHEETS = 1_000  # and 8 sheets
MAX_ROWS, MAX_COLUMNS = 100_000, 1_000  # the last cell that holds something; the form ends before AA1000
MAX_CELLS = 5_000_000  # a reader allots every cell up to the last one, in all sheets together
MAX_WRITTEN = 1_000_000  # cells that are written down, blank ones too, in all sheets together; a form has 2,500

_UNREAD = (".png", ".jpeg", ".jpg", ".gif", ".bmp", ".tiff", ".emf", ".wmf", ".svg", ".bin", ".vml", "/")
# A DTD stands before the root element, behind declarations and comments only.
_DTD = re.compile(rb"(?:\xef\xbb\xbf|\s++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_ENCODING = re.compile(r"""^(<\?xml[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')""")
_LOCAL_HEADER, _END_RECORD = 30, 22  # bytes, without the name and the comment


class UnsafeError(Exception):
    """The first thing found; its text is a code of issues.REASONS."""


class Parts(NamedTuple):
    """The XML parts of a zip by name; ``altered``: some stand in the file in another encoding, or twice."""

    xml: dict[str, bytes]
    altered: bool = False


def safe_parts(data: bytes) -> Parts:
    """The XML parts of a zip-based workbook. Raises UnsafeError where it is not an honest one."""
    members = usual_directory(data)
    if members is not None:
        return _checked_parts(data, members)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _checked_parts(data, archive.infolist())
            unless(_is_one(data, archive), "file.unreadable")
            return parts
    except zipfile.BadZipFile:
        whole = 0 <= data.rfind(b"PK\x05\x06") <= len(data) - _END_RECORD
        raise UnsafeError("file.unreadable" if whole else "file.truncated") from None


def _is_one(data: bytes, archive: zipfile.ZipFile) -> bool:
    """Whether the file is one zip and no more: what stands before it may be another, which somebody else may read.

    zipfile allows for bytes before the zip, and goes by a second record of its end (of 64 bits); calamine does not.
    """
    end = data.rfind(b"PK\x05\x06")
    entries = archive.infolist()
    said = tuple(int.from_bytes(data[end + at : end + at + size], "little") for at, size in ((10, 2), (16, 4)))
    begins = min([entry.header_offset for entry in entries], default=None)
    return begins == 0 and said == (len(entries), archive.start_dir)


def _checked_parts(data: bytes, entries: Sequence[Member] | Sequence[zipfile.ZipInfo]) -> Parts:
    parts: dict[str, bytes] = {}
    unless(len(entries) <= MAX_ENTRIES, "file.expands")
    left, altered = MAX_INFLATED, False
    for entry in entries:
        if entry.filename.endswith(_UNREAD):
            continue
        xml = _part(data, entry, left)
        left -= len(xml)
        if xml.startswith(_UTF_16):
            xml, altered = _in_utf_8(xml), True
        if entry.filename in parts:
            unless(parts[entry.filename] == xml, "file.ambiguous")
        parts[entry.filename] = xml
    if b":encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise UnsafeError("file.password")
    names = {name.replace("\\", "/").lower(): name for name in parts}  # readers tell no more apart
    if len(names) < len(parts):
        for name, xml in parts.items():
            unless(parts[names[name.replace("\\", "/").lower()]] == xml, "file.ambiguous")  # which of two is meant?
        return Parts({name: parts[name] for name in names.values()}, altered=True)
    return Parts(parts, altered)


def _in_utf_8(xml: bytes) -> bytes:
    """A part in UTF-16 in the encoding that all readers know; as it is, where it is none."""
    order = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(xml[:2], "utf-16")
    try:
        return _ENCODING.sub(r"\1", xml.decode(order), count=1).encode()
    except UnicodeDecodeError:
        return xml


class KnownPart(bytes):
    """A part that has come before, to the byte; ``made``: what has been made of it, to be kept with it."""

    made: object = None


class _Part(NamedTuple):
    """A part as it was packed, which has been inflated and found honest."""

    xml: bytes
    method: int
    crc: int


# Most parts of a form are the same in all returns that one program saves.
_known_parts: Known[_Part] = Known()
_recurring = Recurring()


def _part(data: bytes, entry: Member | zipfile.ZipInfo, most: int) -> bytes:
    """An XML part, of so many bytes at most. Raises UnsafeError."""
    packed = _packed(data, entry)
    known = _known_parts.get(packed)
    if known and (known.method, known.crc) == (entry.compress_type, entry.CRC) and len(known.xml) <= most:
        return known.xml
    xml = inflate(memoryview(packed), entry.compress_type, entry.CRC, most)
    if _DTD.match(xml.decode("utf-16", "replace").encode() if xml.startswith(_UTF_16) else xml):
        raise UnsafeError("file.dtd")
    if _recurring.comes_again(packed):
        _known_parts.remember(packed, _Part(KnownPart(xml), entry.compress_type, entry.CRC), len(xml))
    return xml


def check_parts(parts: Mapping[str, bytes]) -> None:
    """Raise UnsafeError where shared texts or an .ods would mislead or kill a reader; of a sheet of .xlsx, see rows."""
    if (texts := texts_part(parts)) is not None:
        _check_texts(texts)
    if "content.xml" in parts:
        _check_ods(parts["content.xml"])


def _check_texts(xml: bytes) -> None:
    _unless_plain(xml)
    count = _UNIQUE.search(xml)
    unless(not count or int(count[1]) <= len(xml), "file.unreadable")  # calamine allots as many as are declared


def _check_ods(xml: bytes) -> None:
    _unless_plain(xml)
    unless(_ods_cells(xml) <= MAX_CELLS, "file.range")


_UNIQUE = re.compile(rb"""\buniqueCount\s*=\s*["'](\d+)""")
_NOT_UTF_8 = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\bencoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)


def unless_utf_8(xml: bytes) -> None:
    """Raise UnsafeError for a part in another encoding."""
    unless(not _NOT_UTF_8.match(xml), "file.unreadable")


def _unless_plain(xml: bytes) -> None:
    unless_utf_8(xml)
    unless(b"<![CDATA[" not in xml, "file.unreadable")  # calamine drops such texts


def unless(right: bool, reason: str) -> None:
    """Raise UnsafeError for this reason where something is not right."""
    if not right:
        raise UnsafeError(reason)


def _packed(data: bytes, entry: Member | zipfile.ZipInfo) -> bytes:
    unless(not entry.flag_bits & 1, "file.password")
    start = entry.header_offset + _LOCAL_HEADER
    extra, name = divmod(int.from_bytes(data[start - 4 : start], "little"), 1 << 16)  # their lengths
    start += name + extra
    return data[start : start + entry.compress_size]


def inflate(packed: memoryview, method: int, crc: int, most: int) -> bytes:
    """What a member of a zip holds, whatever size it declares. Raises UnsafeError."""
    if method == zipfile.ZIP_DEFLATED:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most + 1)
        except _DEFLATE_ERROR:
            raise UnsafeError("file.checksum") from None
    else:
        unless(method == zipfile.ZIP_STORED, "file.unreadable")
        content = bytes(packed)
    unless(len(content) <= most, "file.expands")
    unless(zlib.crc32(content) == crc, "file.checksum")
    return content


def check_names(sheets: Collection[str]) -> None:
    """Raise UnsafeError where there are absurdly many sheets, or two of one name: which is meant?"""
    unless(len(sheets) <= MAX_SHEETS, "file.expands")
    unless(len({name.casefold() for name in sheets}) == len(sheets), "file.duplicate_sheet")


def texts_part(parts: Mapping[str, bytes]) -> bytes | None:
    """The part that holds the shared texts; readers find it in capitals, too."""
    return next((xml for name, xml in parts.items() if name.lower() == "xl/sharedstrings.xml"), None)


# --- how far the cells of a sheet reach -----------------------------------------------------------------------------

_ODS_TAG = re.compile(rb"<(table:table|table:table-row|table:(?:covered-)?table-cell|text:p)(?=[\s/>])([^<>]*)")
_REPEATED = re.compile(rb"""-repeated\s*=\s*["']\+?([0-9]+)["']""")
_ODS_VALUE = re.compile(rb"\b(?:office|calcext):value-type=|table:formula=")


def _ods_cells(xml: bytes) -> int:
    """How many cells a reader allots for an .ods, which writes equal rows and cells once and how often they come."""
    row = column = rows = columns = cells = 0
    for match in _ODS_TAG.finditer(xml):
        tag, attributes = match.groups()
        repeated = _REPEATED.search(attributes)
        times = int(repeated[1]) if repeated else 1
        if tag == b"table:table":
            cells += area(rows, columns)
            row = column = rows = columns = 0
        elif tag == b"table:table-row":
            row, column = row + times, 0
        elif tag != b"text:p":
            column += times
        if tag == b"text:p" or _ODS_VALUE.search(attributes):
            rows, columns = max(rows, row), max(columns, column)
    return cells + area(rows, columns)


def area(rows: int, columns: int) -> int:
    """How many cells a reader allots for a sheet whose last row and column are these. Raises UnsafeError."""
    unless(rows <= MAX_ROWS and columns <= MAX_COLUMNS, "file.range")
    return rows * columns
