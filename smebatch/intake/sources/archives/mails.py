"""Attachments of mails that are saved as files (.eml)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from email import errors, header, message_from_binary_file, policy, utils
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

from smebatch.intake.sources.archives.container import (
    ArchiveMember,
    ContainerError,
    Extraction,
    check_member_count,
    decode_name,
    timestamp_ns,
)
from smebatch.intake.sources.archives.endings import guess_ending


class Attachment(NamedTuple):
    """An attachment: its name, '' where it has none, and its content."""

    name: str
    data: bytes


def list_members(path: Path) -> list[ArchiveMember]:
    """The attachments. Raises ContainerError, and what email raises."""
    mail = _read(path)
    return _members_of(list(_attachments(mail)), _time(mail))


def extract_members(path: Path, wanted: Extraction) -> None:
    """Write the attachments that are wanted. Raises ContainerError, and what email raises."""
    attached = list(_attachments(_read(path)))
    for number, (inside, (_, data)) in enumerate(zip(_members_of(attached, None), attached, strict=True)):
        if wanted.includes(number, inside):
            wanted.write_member(number, [data])


def _read(path: Path) -> Message:
    with path.open("rb") as file:
        mail = message_from_binary_file(file, policy=policy.compat32)
    if any(isinstance(defect, errors.CloseBoundaryNotFoundDefect) for defect in mail.defects):
        raise ContainerError("file.truncated")  # attachments may be missing
    return mail


def _time(mail: Message) -> int | None:
    try:
        return timestamp_ns(utils.parsedate_to_datetime(str(mail["Date"])))
    except (TypeError, ValueError):
        return None


# --- what is an attachment --------------------------------------------------------------------------------------------

_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
# The name that Exchange gives to text between attachments.
_FILLER = re.compile(r"ATT\d+\.(?:txt|html?)", re.IGNORECASE)
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emf", ".wmf", ".tif", ".tiff", ".webp", ".svg")
_SHOWN = re.compile(r"""\bcid:([^"'\s)>]+)""")


def _attachments(mail: Message) -> Iterator[Attachment]:
    """Yield the attachments. Raises ContainerError where there are none."""
    parts = list(_leaf_parts(mail))
    texts = [_text(part) for part in parts if _is_body(part)]
    shown = inline_image_ids(texts)
    attached = [part for part in parts if not _is_body(part) and not _is_inline_image(part, shown)]
    require_attachments(len(attached), texts)
    for part in attached:
        yield _read_attachment(part)


def inline_image_ids(texts: list[str]) -> set[str]:
    """The ids of pictures shown within the text of a mail, such as those of a signature."""
    return {cid for text in texts for cid in _SHOWN.findall(text)}


def require_attachments(attached: int, texts: list[str], linked: bool = False) -> None:
    """Raise ContainerError for a mail without attachments; the reason depends on whether it links to a file.

    ``texts``: of its body. ``linked``: something is attached by reference.
    """
    check_member_count(attached)
    if not attached:
        linked = linked or any(_CLOUD_LINK.search(text) for text in texts)
        raise ContainerError("mail.link" if linked else "mail.empty")


def attachment_name(name: str, position: int, read_content: Callable[[], bytes]) -> str:
    """The name of an attachment; where it is lost, a name made from its position and its content."""
    name = name.strip()
    return f"附件{position}{guess_ending(read_content())}" if not name or _LOST_NAMES.fullmatch(name) else name


def _leaf_parts(part: Message) -> Iterator[Message]:
    """Yield the parts that contain no others; an attached mail counts as one part."""
    if part.get_content_maintype() != "multipart":
        yield part
        return
    for each in _sub_parts(part):
        yield from _leaf_parts(each)


def _sub_parts(part: Message) -> list[Message]:
    payload: Any = part.get_payload()
    return payload if isinstance(payload, list) else []


def _is_body(part: Message) -> bool:
    """Whether a part is text of the mail, a signature or a status, and no attached file."""
    kind, name = part.get_content_type(), _name(part)
    if kind in _SIGNATURES:
        return True
    if part.get_content_disposition() == "attachment":
        return part.get_content_maintype() == "text" and bool(_FILLER.fullmatch(name))
    if part.get_content_maintype() == "text":
        return not name or bool(_FILLER.fullmatch(name))
    return part.get_content_maintype() == "message" and kind != "message/rfc822"


def _is_inline_image(part: Message, shown: set[str]) -> bool:
    cid = str(part.get("Content-ID", "")).strip(" <>")
    return part.get_content_maintype() == "image" and cid in shown


def _read_attachment(part: Message) -> Attachment:
    if part.get_content_type() == "message/rfc822":
        return _read_attached_mail(part)
    try:
        data = part.get_payload(decode=True)
    except (ValueError, binascii.Error):
        data = None
    return Attachment(_name(part), data if isinstance(data, bytes) else b"")


def _read_attached_mail(part: Message) -> Attachment:
    mail = (_sub_parts(part) or [part])[0]
    data = mail.as_bytes(policy=policy.compat32)
    if (
        str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
    ):  # the standard forbids it, and some programs do it
        data = binascii.a2b_base64(data)
    name = _name(part) or _decoded_words(_one_line(_raw_header(mail, "Subject")))
    return Attachment(name if name.lower().endswith(".eml") or not name else f"{name}.eml", data)


def _members_of(attached: list[Attachment], time: int | None) -> list[ArchiveMember]:
    return [
        ArchiveMember(attachment_name(name, place, lambda data=data: data), len(data), time)  # type: ignore[misc]  # no default
        for place, (name, data) in enumerate(attached, start=1)
    ]


# --- names ------------------------------------------------------------------------------------------------------------

_LOST_NAMES = re.compile(r"tcmime\.[\d.]*bin|ATT\d+(?:\.bin|\.dat)?|noname|unnamed|unknown|attachment", re.IGNORECASE)
_NARROW_CHARSETS = {"gb2312", "gbk", "cp936", "hz-gb-2312", "gb_2312-80", "x-gbk", "gb18030", "euc-cn"}


def _name(part: Message) -> str:
    """The name of an attachment, '' where it has none."""
    for field, key in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        name = _parameter(part, field, key).strip()
        if name:
            return name
    return ""


def _parameter(part: Message, field: str, key: str) -> str:
    """A parameter of a header, however it is encoded: there are four usual ways."""
    again: Message = Message()
    again[field] = _one_line(_raw_header(part, field))
    value = again.get_param(key, "", header=field)
    if isinstance(value, tuple):  # RFC 2231: joined, its bytes as Latin-1
        charset, _, text = value
        return _decode(text.encode("latin-1", "replace"), charset or "")
    return _decoded_words(str(value))


def _raw_header(part: Message, field: str) -> str:
    """A header undecoded, with non-ASCII bytes as surrogates; '' where there is none."""
    return str(next((value for name, value in part.raw_items() if name.lower() == field.lower()), ""))


def _one_line(text: str) -> str:
    """A header on one line, its bytes decoded from UTF-8 or GBK."""
    return re.sub(r"\s*[\r\n]+\s*", " ", decode_name(text.encode("utf-8", "surrogateescape")))


def _decoded_words(text: str) -> str:
    """Decode the words =?charset?B?…?= in a text; a character may be split between two of them."""
    try:
        pieces = header.decode_header(text)
    except (errors.HeaderParseError, ValueError):
        return text
    return "".join(piece if isinstance(piece, str) else _decode(piece, charset or "") for piece, charset in pieces)


def _decode(data: bytes, charset: str) -> str:
    """Decode bytes from a charset, which is often stated too narrowly, wrongly, or not at all."""
    if charset.lower() in _NARROW_CHARSETS:
        charset = "gb18030"
    try:
        return data.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError, ValueError):
        return decode_name(data)


# --- texts ------------------------------------------------------------------------------------------------------------

# Words and addresses by which mail services in China link to attachments that have to be fetched, and to shared files.
_CLOUD_LINK = re.compile(
    "超大附件|云附件|大附件下载|网盘附件|文件中转站|附件下载链接"
    r"|(?:mail\.qq\.com|exmail\.qq\.com)/(?:cgi-bin/)?ftn|dashi\.163\.com|mail\.163\.com/large-attachment|u\.163\.com/"
    r"|largeattach|ftnExs_download|pan\.baidu\.com/s|share\.weiyun\.com|(?:alipan|aliyundrive)\.com/s|pan\.quark\.cn/s"
    r"|kdocs\.cn/l|docs\.qq\.com|123(?:pan|684|865|912)\.com/s|pan\.xunlei\.com/s|lanzou\w?\.com|1drv\.ms"
    r"|drive\.google\.com|icloud\.com/attachment|cowtransfer\.com|wenshushu\.cn",
    re.IGNORECASE,
)


def _text(part: Message) -> str:
    """The text of a part of the body."""
    data = part.get_payload(decode=True) if part.get_content_maintype() == "text" else b""
    return _decode(data if isinstance(data, bytes) else b"", str(part.get_param("charset", "")))
