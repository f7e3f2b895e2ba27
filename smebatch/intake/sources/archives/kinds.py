"""Which kind of archive a file is, by its first bytes."""

from __future__ import annotations

import bz2
import lzma
import re
import sys
import zlib
from importlib import import_module
from typing import Any

from smebatch.intake.workbook.file_type import ZIP_MAGIC, is_gnumeric
from smebatch.intake.workbook.ole import OLE_MAGIC

HEAD = 4096  # bytes that tell
PART = "part"  # the kind of what is named as one of several files
BLOCK = 512  # of a tar
GZ, BZ2, XZ, ZST = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"
TNEF = b"\x78\x9f\x3e\x22"

_BEGINNINGS = {
    "zip": (ZIP_MAGIC, b"PK\x05\x06", b"PK\x07\x08", b"PK00PK\x03\x04"),
    "rar": (b"Rar!\x1a\x07",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "tnef": (TNEF,),
}
# What a document, which is a zip as well, begins with.
_DOCUMENT = re.compile(
    rb"(?:\[content_types\]\.xml|mimetype|_rels/|docprops/|xl/|word/|ppt/|meta-inf/|index/|ofd\.xml)", re.IGNORECASE
)
_PART = re.compile(r"\.(?:z\d\d|(?:7z|zip|rar|tar|tgz|gz)\.\d{3})$")
_TARS = re.compile(r"(?:\.tar\.\w+|\.t(?:gz|bz2?|xz|zst))$")
_MAIL = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:From [^\n]*+\n)?[A-Za-z][A-Za-z0-9-]*+[ \t]*+:")
_MEMORY = 1 << 26  # bytes that unpacking the beginning may take


def kind_of(name: str, head: bytes) -> str:
    """The kind of archive: zip, rar, 7z, tar (packed or not), gz (one packed file), eml, msg, tnef; '' for none.

    ``part``: one of several files, by its name. ``head``: the first 4,096 bytes; where they cannot tell, the name does.
    """
    small = name.lower()
    if _PART.search(small):
        return PART
    for kind, beginnings in _BEGINNINGS.items():
        if head.startswith(beginnings):
            return "" if head.startswith(ZIP_MAGIC) and _DOCUMENT.match(head, 30) else kind
    if head.startswith(OLE_MAGIC):
        return "msg" if _is_message(small, head) else ""
    if head.startswith((GZ, BZ2, XZ, ZST)):
        return _packed(small, head)
    if is_tar(head):
        return "tar"
    if small.endswith(".eml") and _MAIL.match(head):
        return "eml"
    return "zip" if small.endswith(".zip") else ""  # the last of several parts begins anyhow


def is_tar(head: bytes) -> bool:
    """Whether this begins with the header of a tar's member, whose checksum tells."""
    stated = head[148:156].strip(b" \0")
    if len(head) < BLOCK or not stated or not re.fullmatch(rb"[0-7]+", stated):
        return False
    return int(stated, 8) == sum(head[:148]) + 8 * ord(" ") + sum(head[156:BLOCK])


def _packed(name: str, head: bytes) -> str:
    if is_gnumeric(head):
        return ""
    start = _start(head)
    if len(start) < BLOCK and _TARS.search(name):  # bzip2 packs 900 KB at a time
        return "tar"
    return "tar" if is_tar(start) else "gz"


def _start(head: bytes) -> bytes:
    """What a packed file begins with; nothing where that does not show."""
    try:
        if head.startswith(GZ):
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, BLOCK)
        if head.startswith(BZ2):
            return bz2.BZ2Decompressor().decompress(head, BLOCK)
        if head.startswith(XZ):
            return lzma.LZMADecompressor(memlimit=_MEMORY).decompress(head, BLOCK)
        return bytes(zstandard().ZstdDecompressor().decompress(head, BLOCK))
    except Exception:  # noqa: BLE001  # whatever a decoder says of broken bytes: the reading of the whole will name it
        return b""


def zstandard() -> Any:
    """The module that unpacks Zstandard."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


# --- messages of Outlook ----------------------------------------------------------------------------------------------

_MESSAGE_CLASS = bytes.fromhex("0b0d020000000000c000000000000046")
_MESSAGE_PART = re.compile(
    b"|".join(f"__{part}".encode("utf-16-le") for part in ("nameid_", "substg1.", "properties_", "recip_", "attach_"))
)


def _is_message(name: str, head: bytes) -> bool:
    """Whether an OLE file holds a message, as its directory says, or its name where the directory stands further on."""
    size = 1 << head[30] if head[30:31] in (b"\x09", b"\x0c") else 0
    start = (int.from_bytes(head[48:52], "little") + 1) * size
    directory = head[start : start + size] if size else b""
    if not directory:
        return name.endswith(".msg")
    return directory[80:96] == _MESSAGE_CLASS or bool(_MESSAGE_PART.search(directory))
