"""The table of the kinds of archives and mails that can be read, and which kind a file is by its first bytes.

A new kind needs a module in this folder and one row of KINDS.
"""

from __future__ import annotations

import bz2
import lzma
import re
import sys
import zlib
from importlib import import_module
from typing import Any, NamedTuple

from smebatch.intake.workbook.file_type import is_gnumeric
from smebatch.intake.workbook.signatures import (
    BZIP2_MAGIC,
    GZIP_MAGIC,
    OLE_MAGIC,
    SEVEN_ZIP_MAGIC,
    ZIP_END_MAGIC,
    ZIP_MAGIC,
    ZIP_PART_MAGIC,
    ZSTD_MAGIC,
)

HEAD_BYTES = 4096  # of a file, by which its kind is told
PART_KIND = "part"  # the kind of a file that is named as one of several parts
TAR_BLOCK = 512
XZ_MAGIC, TNEF_MAGIC = b"\xfd7zXZ\0", b"\x78\x9f\x3e\x22"


class ArchiveKind(NamedTuple):
    """A kind of archive or mail.

    ``module``: the module of this folder that reads it (see archives.ArchiveModule), imported when it is needed.
    ``endings``: how the names of such files end, without the point. ``signatures``: how their bytes begin; none where
    ``archive_kind`` tells them in another way. ``guessed_ending``: what a file whose name is lost is given.
    """

    name: str
    module: str
    endings: tuple[str, ...]
    signatures: tuple[bytes, ...] = ()
    guessed_ending: str = ""


KINDS = {
    kind.name: kind
    for kind in (
        ArchiveKind("zip", "zips", ("zip",), (ZIP_MAGIC, ZIP_END_MAGIC, ZIP_PART_MAGIC, b"PK00PK\x03\x04"), ".zip"),
        ArchiveKind("rar", "rars", ("rar",), (b"Rar!\x1a\x07",), ".rar"),
        ArchiveKind("7z", "sevens", ("7z",), (SEVEN_ZIP_MAGIC,), ".7z"),
        ArchiveKind("tar", "tars", ("tar", "tgz", "tbz", "tbz2", "txz", "tzst"), (), ".tar"),
        ArchiveKind("gz", "tars", ("gz", "bz2", "xz", "zst"), (), ".gz"),  # one packed file
        ArchiveKind("eml", "mails", ("eml",), (), ".eml"),
        ArchiveKind("msg", "outlook", ("msg",), (), ".msg"),
        ArchiveKind("tnef", "tnefs", (), (TNEF_MAGIC,), ".dat"),  # winmail.dat
    )
}
_NUMBERED = "zip|rar|7z|tar|tgz|gz"  # endings of archives that programs split into parts .001, .002 …
_PART_NAME = re.compile(rf"\.(?:z\d\d|(?:{_NUMBERED})\.\d{{3}})$")
_CONTAINER_NAME = re.compile(
    rf"\.(?:{'|'.join(ending for kind in KINDS.values() for ending in kind.endings)}"
    rf"|(?:{_NUMBERED})\.[0-9]{{3}}|[rz][0-9]{{2}})$|(?:^|/)winmail\.dat$",
    re.IGNORECASE,
)


def has_container_name(name: str) -> bool:
    """Whether a file's name says that it is an archive, a part of one, or a mail."""
    return _CONTAINER_NAME.search(name) is not None


# The first member of a zip that is a document.
_DOCUMENT = re.compile(
    rb"(?:\[content_types\]\.xml|mimetype|_rels/|docprops/|xl/|word/|ppt/|meta-inf/|index/|ofd\.xml)", re.IGNORECASE
)
_TAR_NAME = re.compile(r"(?:\.tar\.\w+|\.t(?:gz|bz2?|xz|zst))$")
_MAIL = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:From [^\n]*+\n)?[A-Za-z][A-Za-z0-9-]*+[ \t]*+:")
_MAX_UNPACK_MEMORY = 1 << 26  # bytes of memory for unpacking the beginning of a file


def archive_kind(name: str, head: bytes) -> str:
    """The name of a file's kind in KINDS; PART_KIND for a file named as one of several parts; '' for no archive.

    ``head``: its first HEAD_BYTES bytes; where they do not tell the kind, the name does.
    """
    small = name.lower()
    if _PART_NAME.search(small):
        return PART_KIND
    for kind in KINDS.values():
        if head.startswith(kind.signatures):
            return "" if head.startswith(ZIP_MAGIC) and _DOCUMENT.match(head, 30) else kind.name
    if head.startswith(OLE_MAGIC):
        return "msg" if _is_message(small, head) else ""
    if head.startswith((GZIP_MAGIC, BZIP2_MAGIC, XZ_MAGIC, ZSTD_MAGIC)):
        return _kind_of_packed(small, head)
    if is_tar(head):
        return "tar"
    if small.endswith(".eml") and _MAIL.match(head):
        return "eml"
    return "zip" if small.endswith(".zip") else ""  # the last part of several may begin with any bytes


def is_tar(head: bytes) -> bool:
    """Whether a file begins with the header of a tar's member, by the checksum in it."""
    stated = head[148:156].strip(b" \0")
    if len(head) < TAR_BLOCK or not stated or not re.fullmatch(rb"[0-7]+", stated):
        return False
    return int(stated, 8) == sum(head[:148]) + 8 * ord(" ") + sum(head[156:TAR_BLOCK])


def _kind_of_packed(name: str, head: bytes) -> str:
    if is_gnumeric(head):
        return ""
    start = _unpacked_start(head)
    if len(start) < TAR_BLOCK and _TAR_NAME.search(name):  # bzip2 packs 900 KB at a time
        return "tar"
    return "tar" if is_tar(start) else "gz"


def _unpacked_start(head: bytes) -> bytes:
    """The first bytes of a packed file once unpacked; b'' where they cannot be unpacked from this much of it."""
    try:
        if head.startswith(GZIP_MAGIC):
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, TAR_BLOCK)
        if head.startswith(BZIP2_MAGIC):
            return bz2.BZ2Decompressor().decompress(head, TAR_BLOCK)
        if head.startswith(XZ_MAGIC):
            return lzma.LZMADecompressor(memlimit=_MAX_UNPACK_MEMORY).decompress(head, TAR_BLOCK)
        return bytes(zstd_module().ZstdDecompressor().decompress(head, TAR_BLOCK))
    except Exception:  # noqa: BLE001  # whatever a decoder says of broken bytes; reading the whole file will name the fault
        return b""


def zstd_module() -> Any:
    """The module that unpacks Zstandard."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


# --- messages of Outlook ----------------------------------------------------------------------------------------------

_MESSAGE_CLASS = bytes.fromhex("0b0d020000000000c000000000000046")
_MESSAGE_PART = re.compile(
    b"|".join(f"__{part}".encode("utf-16-le") for part in ("nameid_", "substg1.", "properties_", "recip_", "attach_"))
)


def _is_message(name: str, head: bytes) -> bool:
    """Whether an OLE file holds a message: by its directory, or by its name where the directory is not in the head."""
    size = 1 << head[30] if head[30:31] in (b"\x09", b"\x0c") else 0
    start = (int.from_bytes(head[48:52], "little") + 1) * size
    directory = head[start : start + size] if size else b""
    if not directory:
        return name.endswith(".msg")
    return directory[80:96] == _MESSAGE_CLASS or bool(_MESSAGE_PART.search(directory))
