"""What would mislead or kill a reader, found in a zip-based workbook before a reader opens it.

Limits are absolute: an honest form of 50 KB holds 250 KB of XML, and a ratio would tell a well packed one from a bomb
no better. Each part is inflated once, and counted while it is.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import cast

from smebatch.intake.address import column_number

try:  # twice as fast, and inflating is a quarter of the work
    from isal import isal_zlib as zlib
except ImportError:  # no wheel for this machine
    import zlib  # type: ignore[no-redef]

_DEFLATE_ERROR = cast(type[Exception], zlib.error)

MAX_BYTES = 20_000_000  # a file: returns are 0.05 MB, with pasted photographs a few
MAX_INFLATED = 100_000_000  # all parts of a file together; inflating takes twice as much memory
MAX_ENTRIES = 2_000  # a form has some 20 parts
MAX_ROWS, MAX_COLUMNS = 100_000, 1_000  # the last cell that holds something; the form ends before AA1000
MAX_CELLS = 5_000_000  # a reader allots every cell up to the last one, in all sheets together

_UNREAD = (".png", ".jpeg", ".jpg", ".gif", ".bmp", ".tiff", ".emf", ".wmf", ".svg", ".bin", ".vml", "/")
# A DTD stands before the root element, behind declarations and comments only.
_DTD = re.compile(rb"(?:\xef\xbb\xbf|\s++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL)
_LOCAL_HEADER, _END_RECORD = 30, 22  # bytes, without the name and the comment


class UnsafeError(Exception):
    """The first thing found; its text is a code of issues.REASONS."""


def safe_parts(data: bytes) -> dict[str, bytes]:
    """The XML parts of a zip-based workbook by name. Raises UnsafeError where it is not an honest one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _checked_parts(data, archive.infolist())
    except zipfile.BadZipFile:
        whole = 0 <= data.rfind(b"PK\x05\x06") <= len(data) - _END_RECORD
        raise UnsafeError("file.unreadable" if whole else "file.truncated") from None


def _checked_parts(data: bytes, entries: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    _unless(len(entries) <= MAX_ENTRIES, "file.expands")
    names = {entry.filename.replace("\\", "/").lower() for entry in entries}  # readers tell no more apart
    _unless(len(names) == len(entries), "file.unreadable")  # which of two is meant?
    left = MAX_INFLATED
    for entry in entries:
        if entry.filename.endswith(_UNREAD):
            continue
        xml = _inflated(data, entry, left)
        left -= len(xml)
        strange = xml.startswith((b"\xff\xfe", b"\xfe\xff"))
        _unless(not _DTD.match(xml.decode("utf-16", "replace").encode() if strange else xml), "file.dtd")
        _unless(not strange, "file.unreadable")  # calamine finds nothing in UTF-16
        parts[entry.filename] = xml
    if b":encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise UnsafeError("file.password")
    _unless_repeated(match[2] for match in _SHEET.finditer(parts.get("xl/workbook.xml", b"")))
    return parts


def check_parts(parts: Mapping[str, bytes]) -> None:
    """Raise UnsafeError where the parts would mislead or kill a reader."""
    cells = 0
    for name, xml in parts.items():
        cells += _check_part(name, xml)
        _unless(cells <= MAX_CELLS, "file.range")


def _check_part(name: str, xml: bytes) -> int:
    """What each kind of part may not hold, whatever its name. Returns how many cells a reader allots for it at most."""
    sheet, texts, ods = b"sheetData" in xml, _TEXTS.search(xml), name == "content.xml"
    if sheet or texts or ods:
        _unless(not _NOT_UTF_8.match(xml) and b"<![CDATA[" not in xml, "file.unreadable")  # calamine drops such texts
    if texts and (count := _UNIQUE.search(texts[1])):
        _unless(int(count[1]) <= len(xml), "file.unreadable")  # calamine allots as many as are declared
    if ods:
        _unless_repeated(match[2] for match in _ODS_SHEET.finditer(xml))
        return _ods_cells(xml)
    return _xlsx_cells(xml) if sheet else 0


_TEXTS = re.compile(rb"<(?:\w+:)?sst\b([^<>]*)")
_NOT_UTF_8 = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\bencoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)


def _unless(right: bool, reason: str) -> None:
    if not right:
        raise UnsafeError(reason)


def _inflated(data: bytes, entry: zipfile.ZipInfo, most: int) -> bytes:
    _unless(not entry.flag_bits & 1, "file.password")
    header = entry.header_offset
    lengths = (int.from_bytes(data[header + i : header + i + 2], "little") for i in (26, 28))  # the name, what is extra
    start = header + _LOCAL_HEADER + sum(lengths)
    packed = memoryview(data)[start : start + entry.compress_size]
    return inflate(packed, entry.compress_type, entry.CRC, most)


def inflate(packed: memoryview, method: int, crc: int, most: int) -> bytes:
    """What a member of a zip holds, whatever size it declares. Raises UnsafeError."""
    if method == zipfile.ZIP_DEFLATED:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most + 1)
        except _DEFLATE_ERROR:
            raise UnsafeError("file.checksum") from None
    else:
        _unless(method == zipfile.ZIP_STORED, "file.unreadable")
        content = bytes(packed)
    _unless(len(content) <= most, "file.expands")
    _unless(zlib.crc32(content) == crc, "file.checksum")
    return content


# --- names of sheets ------------------------------------------------------------------------------------------------

_SHEET = re.compile(rb"""<(?:\w+:)?sheet\b[^<>]*?\bname\s*=\s*(["'])(.*?)\1""", re.DOTALL)
_ODS_SHEET = re.compile(rb"""<table:table\s[^<>]*?\btable:name\s*=\s*(["'])(.*?)\1""", re.DOTALL)
_UNIQUE = re.compile(rb"""\buniqueCount\s*=\s*["'](\d+)""")


def _unless_repeated(names: Iterator[bytes]) -> None:
    told = [html.unescape(name.decode("utf-8", "replace")).casefold() for name in names]
    _unless(len(told) == len(set(told)), "file.duplicate_sheet")  # calamine gives the first of them twice


# --- how far the cells of a sheet reach -----------------------------------------------------------------------------

_FAR = re.compile(rb"""\br\s*+=\s*+(?!"[A-Z]?[1-9][0-9]{0,2}")""")  # beyond Z999, or no address at all
_NEAR = 999 * 26
# What calamine reads as something else: of 1<!-- -->5 and of two values it takes the last, of 1&#53; the first; for a
# number of no shared text, the first text; of a value before its formula, nothing. Texts of formulas may hold entities.
_ODD_VALUE = re.compile(
    rb"""<(?:\w+:)?c\b(?:(?=[^<>]*\bt\s*=\s*["']s["'])()|(?=[^<>]*\bt\s*=\s*["']str["'])()|(?![^<>]*\bt\s*=\s*["']str))"""
    rb"[^<>]*+>(?:\s++|<!--(?>.*?-->)|<\?(?>.*?\?>)|<(?:\w+:)?f\b(?:[^<>]*+(?<=/)>|[^<>]*+>[^<]*+</(?:\w+:)?f>))*+"
    rb"<(?:\w+:)?v\b[^<>]*+(?<!/)>(?(1)[0-9]{0,9}+|(?(2)[^<]*+|[^<&]*+))(?!</(?:\w+:)?v>\s*+</(?:\w+:)?c>)",
    re.DOTALL,
)
_ODD_TAG = re.compile(rb"""<(?:\w+:)?(?:row|c)\b(?:[^<>"']++|"[^"<>]*+"|'[^'<>]*+')*+(?!>)""")
_COMMENT = re.compile(rb"<!--(?>.*?-->)", re.DOTALL)
_CELL_ADDRESS = re.compile(rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*["']([^"']*)["']""")
_TAG = re.compile(rb"<(?:\w+:)?(row|c)\b([^<>]*?)(/?)>")
_PLACE = re.compile(rb"""\br\s*=\s*["']([^"']*)["']""")
_ADDRESS = re.compile(rb"([A-Z]{1,3})([1-9][0-9]{0,6})")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384  # of Excel itself


def _xlsx_cells(xml: bytes) -> int:
    """How many cells a reader allots for a sheet of .xlsx; one search tells of an honest form that they are few."""
    _unless(not _ODD_VALUE.search(xml) and not _ODD_TAG.search(xml), "file.unreadable")
    addresses = _CELL_ADDRESS.findall(_COMMENT.sub(b"", xml[: xml.rfind(b"sheetData>")]))
    _unless(len(addresses) == len(set(addresses)), "file.address")  # which of two is meant?
    if b'<c r="' in xml and not _FAR.search(xml):
        return _NEAR
    row = column = rows = columns = 0
    for tag in _TAG.finditer(xml):
        kind, attributes, blank = tag.groups()
        place = _PLACE.search(attributes)
        if kind == b"row":
            row, column = int(place[1]) if place and place[1].isdigit() else row + 1, 0
        elif place:
            row, column = _address(place[1])
        else:
            column += 1
        if kind == b"c" and not blank:
            rows, columns = max(rows, row), max(columns, column)
    return _area(rows, columns)


def _address(place: bytes) -> tuple[int, int]:
    address = _ADDRESS.fullmatch(place)
    row, column = (int(address[2]), column_number(address[1].decode()) + 1) if address else (0, 0)
    _unless(0 < row <= _LAST_ROW and column <= _LAST_COLUMN, "file.address")
    return row, column


_ODS_TAG = re.compile(rb"<(table:table|table:table-row|table:(?:covered-)?table-cell|text:p)(?=[\s/>])([^<>]*)")
_REPEATED = re.compile(rb"""-repeated\s*=\s*["']\+?([0-9]+)["']""")
_ODS_VALUE = re.compile(rb"\b(?:office|calcext):value-type=|table:formula=")


def _ods_cells(xml: bytes) -> int:
    """The same of all sheets of an .ods, which writes equal rows and cells once and how often they are repeated."""
    row = column = rows = columns = cells = 0
    for match in _ODS_TAG.finditer(xml):
        tag, attributes = match.groups()
        repeated = _REPEATED.search(attributes)
        times = int(repeated[1]) if repeated else 1
        if tag == b"table:table":
            cells += _area(rows, columns)
            row = column = rows = columns = 0
        elif tag == b"table:table-row":
            row, column = row + times, 0
        elif tag != b"text:p":
            column += times
        if tag == b"text:p" or _ODS_VALUE.search(attributes):
            rows, columns = max(rows, row), max(columns, column)
    return cells + _area(rows, columns)


def _area(rows: int, columns: int) -> int:
    _unless(rows <= MAX_ROWS and columns <= MAX_COLUMNS, "file.range")
    return rows * columns
