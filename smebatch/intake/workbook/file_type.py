"""What a file is instead of a workbook that can be read, by its content, for endings of names often lie."""

from __future__ import annotations

import codecs
import re
import struct
import zlib
from collections.abc import Collection

from smebatch.intake.workbook.biff import STREAMS, VERSION
from smebatch.intake.workbook.ole import OleFile
from smebatch.intake.workbook.signatures import (
    BZIP2_MAGIC,
    GZIP_MAGIC,
    SEVEN_ZIP_MAGIC,
    ZIP_END_MAGIC,
    ZIP_PART_MAGIC,
    ZSTD_MAGIC,
)

_HEAD = 4096  # bytes that are searched where a kind of file has no certain beginning
_DLP_HEAD = 512

_BEGINNINGS = {
    "file.pdf": (b"%PDF-",),
    "file.word": (b"{\\rtf",),
    "file.picture": (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*"),
    "file.archive": (
        b"Rar!",
        SEVEN_ZIP_MAGIC,
        GZIP_MAGIC,
        BZIP2_MAGIC,
        b"\xfd7zXZ",
        b"MSCF",
        ZIP_END_MAGIC,
        ZIP_PART_MAGIC,
        ZSTD_MAGIC,
    ),
    "file.program": (b"MZ", b"\x7fELF", b"L\0\0\0\x01\x14\x02\0"),
    "file.excel_95": (b"\x09\0\x04\0", b"\x09\x02\x06\0", b"\x09\x04\x06\0", b"\x09\x08"),  # a workbook out of its OLE
    "file.html": (b"MIME-Version:",),  # Excel's 单个文件网页
}
# Kinds of files whose mark does not stand at the very beginning: a size, or bytes that readers skip, come before it.
_PATTERNS = (
    ("file.picture", re.compile(rb"BM.{4}\0{4}|RIFF.{4}WEBP|.{4}ftyp(?:hei[cfsx]|hev|mif1|msf1|avif)", re.DOTALL)),
    ("file.archive", re.compile(rb".{257}ustar", re.DOTALL)),
    ("file.pdf", re.compile(rb".{1,1019}%PDF-", re.DOTALL)),
    (
        "file.program",
        re.compile(
            rb"(?:\xef\xbb\xbf)?\s*+(?:#!|@echo off|(?:\[default\].{0,2000})?\[internetshortcut\])",
            re.DOTALL | re.IGNORECASE,
        ),
    ),
)
_DLP_MARKS = (b"%TSD-Header-###%", b"E-SafeNet")  # of 亿赛通 (E-SafeNet) and other programs against data leaks
_DOCUMENT_PARTS = {
    *("[content_types].xml", "mimetype", "content.xml", "encrypted-package", "xl/workbook.bin"),
    *("ofd.xml", "index/document.iwa"),  # OFD, and Numbers of Apple
}
_ODF_TYPE = b"mimetypeapplication/vnd.oasis.opendocument."


def is_dlp_envelope(data: bytes) -> bool:
    """Whether a program against data leaks has encrypted the file, whatever it was."""
    return any(mark in data[:_DLP_HEAD] for mark in _DLP_MARKS)


def reason_of_other_file(data: bytes) -> str:
    """The code of issues.REASONS of a file that begins as no format of workbooks does."""
    if not data.strip(b"\0"):
        return "file.zero"
    if is_gnumeric(data[:_HEAD]):
        return "file.gnumeric"
    for reason, beginnings in _BEGINNINGS.items():
        if data.startswith(beginnings):
            return reason
    return next((reason for reason, pattern in _PATTERNS if pattern.match(data)), "") or _reason_of_text(data)


_GNUMERIC = re.compile(rb"xmlns:gnm\s*=|http://www\.gnumeric\.org/")


def is_gnumeric(head: bytes) -> bool:
    """Whether a file with this beginning is a workbook of Gnumeric: XML, gzipped or not."""
    if head.startswith(GZIP_MAGIC):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _HEAD)
        except zlib.error:
            return False
    return head.lstrip().startswith(b"<") and bool(_GNUMERIC.search(head))


# --- zip ------------------------------------------------------------------------------------------------------------


def reason_in_zip(data: bytes) -> str:
    """The code of issues.REASONS of what a zip holds instead of a workbook; '' for OOXML and OpenDocument workbooks."""
    names = _zip_names(data)
    if not names or any(name.startswith("xl/") for name in names):
        return "file.xlsb" if "xl/workbook.bin" in names else ""
    if "encrypted-package" in names:
        return "file.password"
    if data.startswith(_ODF_TYPE, 30):
        return "" if data.startswith(b"spreadsheet", 30 + len(_ODF_TYPE)) else "file.word"
    if "content.xml" in names:
        return ""
    if any(name.startswith(("word/", "ppt/")) for name in names):
        return "file.word"
    if "_rels/.rels" in names:
        return ""  # its relations say what it is, and where
    return "file.unknown" if is_document_zip(names) else "file.archive"


def is_document_zip(names: Collection[str]) -> bool:
    """Whether a zip with these names, in lower case, is a document: an archive has no such members at its top."""
    return not _DOCUMENT_PARTS.isdisjoint(names)


_LENGTHS = struct.Struct("<3H")


def _zip_names(data: bytes) -> set[str]:
    """The names in the central directory, in lower case and with slashes; none where there is no directory."""
    end = data.rfind(ZIP_END_MAGIC)
    position = int.from_bytes(data[end + 16 : end + 20], "little") if end >= 0 else len(data)
    names = set()
    while data.startswith(b"PK\x01\x02", position) and position + 46 <= len(data):
        name, extra, comment = _LENGTHS.unpack_from(data, position + 28)
        names.add(data[position + 46 : position + 46 + name].decode("latin-1").lower().replace("\\", "/"))
        position += 46 + name + extra + comment
    return names


# --- OLE ------------------------------------------------------------------------------------------------------------

_OLE_KINDS = {
    "EncryptedPackage": "file.password",
    "EncryptionInfo": "file.password",
    "WordDocument": "file.word",
    "PowerPoint Document": "file.word",
}
_BOF, _FILEPASS = b"\x09\x08", 0x2F  # the record that begins a BIFF stream; the record that says it is encrypted


def reason_in_ole(data: bytes) -> str:
    """The code of issues.REASONS of what an OLE file holds instead of a workbook; '' for an .xls since Excel 97."""
    try:
        ole = OleFile(data)
        book = ole.find_stream(*STREAMS)
        head = ole.read_stream(book) if book else b""
    except ValueError:
        return "file.unreadable"  # a reader might follow a looping chain of sectors for ever
    if not book:
        return next((reason for name, reason in _OLE_KINDS.items() if name in ole.streams), "file.unknown")
    if head[4:6] != VERSION and (head.startswith(_BOF) or book.lower() == "book"):
        return "file.excel_95"
    if not head.startswith(_BOF):
        return "file.unreadable"
    return "file.password" if _has_password(head[:_HEAD]) else ""


def _has_password(head: bytes) -> bool:
    """Whether the records at the beginning of a BIFF stream say that the rest is encrypted."""
    position = 0
    while position + 4 <= len(head):
        kind, size = (int.from_bytes(head[i : i + 2], "little") for i in (position, position + 2))
        if kind == _FILEPASS:
            return True
        position += 4 + size
    return False


# --- text -----------------------------------------------------------------------------------------------------------

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_XML_TABLE = re.compile(
    r"<\?mso-application|urn:schemas-microsoft-com:office:spreadsheet|<office:document"
    r"|schemas\.uof\.org"  # 标文通 (UOF), the national office format, which WPS opens
)
_WEB_LINK = re.compile(r"<plist\b.*<key>URL</key>", re.DOTALL)  # .webloc of macOS
_PICTURE = re.compile(r"(?:\s++|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!DOCTYPE svg[^>]*+>)*+<svg\b", re.DOTALL)
_WEB_ARCHIVE = re.compile(r"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
_HTML = re.compile(r"<(?:!doctype html|html|head|meta|body|table|div|style|script)\b", re.IGNORECASE)


def _reason_of_text(data: bytes) -> str:
    text = _text(data[:_HEAD])
    if text is None:
        return "file.unknown"
    if not text.lstrip().startswith("<"):
        return "file.html" if _WEB_ARCHIVE.search(text) else "file.text"
    if _PICTURE.match(text):
        return "file.picture"
    if "Word.Document" in text:
        return "file.word"
    if _XML_TABLE.search(text):
        return "file.xml_2003"
    if _WEB_LINK.search(text):
        return "file.program"
    return "file.html" if _HTML.search(text) else "file.text"


def _text(head: bytes) -> str | None:
    """Decode the beginning of a file in the first encoding that makes text of it; None where none does."""
    marked = next((encoding for bom, encoding in _BOMS.items() if head.startswith(bom)), "")
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)  # the last character may be cut
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    return None
