"""Mails as files (.eml): their attachments."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from email import errors, header, message_from_binary_file, policy, utils
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

from smebatch.intake.sources.archives.container import ContainerError, Inside, Wanted, counted, decoded, ns_of
from smebatch.intake.sources.archives.endings import ending_of


class Attached(NamedTuple):
    """An attachment: its name, '' where it has none, and what it holds."""

    name: str
    data: bytes


def listed(path: Path) -> list[Inside]:
    """The attachments. Raises ContainerError, and what email raises."""
    mail = _read(path)
    return _insides(list(_attachments(mail)), _time(mail))


def take(path: Path, wanted: Wanted) -> None:
    """Write the attachments that are wanted. Raises ContainerError, and what email raises."""
    attached = list(_attachments(_read(path)))
    for number, (inside, (_, data)) in enumerate(zip(_insides(attached, None), attached, strict=True)):
        if wanted.asks_for(number, inside):
            wanted.put(number, [data])


def _read(path: Path) -> Message:
    with path.open("rb") as file:
        mail = message_from_binary_file(file, policy=policy.compat32)
    if any(isinstance(defect, errors.CloseBoundaryNotFoundDefect) for defect in mail.defects):
        raise ContainerError("file.truncated")  # attachments may be missing
    return mail


def _time(mail: Message) -> int | None:
    try:
        return ns_of(utils.parsedate_to_datetime(str(mail["Date"])))
    except (TypeError, ValueError):
        return None


# --- what is an attachment --------------------------------------------------------------------------------------------

_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
_FILLER = re.compile(r"ATT\d+\.(?:txt|html?)", re.IGNORECASE)  # what Exchange makes of text between attachments
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emf", ".wmf", ".tif", ".tiff", ".webp", ".svg")
_SHOWN = re.compile(r"""\bcid:([^"'\s)>]+)""")


def _attachments(mail: Message) -> Iterator[Attached]:
    """What is attached. Raises ContainerError where that is nothing."""
    parts = list(_leaves(mail))
    texts = [_text(part) for part in parts if _is_body(part)]
    shown = shown_in(texts)
    attached = [part for part in parts if not _is_body(part) and not _is_shown(part, shown)]
    unless_none(len(attached), texts)
    for part in attached:
        yield _attached(part)


def shown_in(texts: list[str]) -> set[str]:
    """The ids of the pictures that the text of a mail shows, those of its signature among them."""
    return {cid for text in texts for cid in _SHOWN.findall(text)}


def unless_none(attached: int, texts: list[str], linked: bool = False) -> None:
    """Raise ContainerError for a mail without attachments, by what its texts say."""
    counted(attached)
    if not attached:
        linked = linked or any(_LINK.search(text) for text in texts)
        raise ContainerError("mail.link" if linked else "mail.empty")


def called(name: str, place: int, held: Callable[[], bytes]) -> str:
    """What an attachment is called: where its name is lost, by its place and by what it holds."""
    name = name.strip()
    return f"附件{place}{ending_of(held())}" if not name or _LOST.fullmatch(name) else name


def _leaves(part: Message) -> Iterator[Message]:
    """The parts that are no containers of others; a mail that is attached is one."""
    if part.get_content_maintype() != "multipart":
        yield part
        return
    for each in _inner(part):
        yield from _leaves(each)


def _inner(part: Message) -> list[Message]:
    payload: Any = part.get_payload()
    return payload if isinstance(payload, list) else []


def _is_body(part: Message) -> bool:
    """Whether a part is text to be read rather than a file, or belongs to the mail's own workings."""
    kind, name = part.get_content_type(), _name(part)
    if kind in _SIGNATURES:
        return True
    if part.get_content_disposition() == "attachment":
        return part.get_content_maintype() == "text" and bool(_FILLER.fullmatch(name))
    if part.get_content_maintype() == "text":
        return not name or bool(_FILLER.fullmatch(name))
    return part.get_content_maintype() == "message" and kind != "message/rfc822"


def _is_shown(part: Message, shown: set[str]) -> bool:
    cid = str(part.get("Content-ID", "")).strip(" <>")
    return part.get_content_maintype() == "image" and cid in shown


def _attached(part: Message) -> Attached:
    if part.get_content_type() == "message/rfc822":
        return _attached_mail(part)
    try:
        data = part.get_payload(decode=True)
    except (ValueError, binascii.Error):
        data = None
    return Attached(_name(part), data if isinstance(data, bytes) else b"")


def _attached_mail(part: Message) -> Attached:
    mail = (_inner(part) or [part])[0]
    data = mail.as_bytes(policy=policy.compat32)
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64":  # which it may not be, and is
        data = binascii.a2b_base64(data)
    name = _name(part) or _decoded_words(_plain(_raw(mail, "Subject")))
    return Attached(name if name.lower().endswith(".eml") or not name else f"{name}.eml", data)


def _insides(attached: list[Attached], time: int | None) -> list[Inside]:
    return [
        Inside(called(name, place, lambda data=data: data), len(data), time)  # type: ignore[misc]  # mypy: no default
        for place, (name, data) in enumerate(attached, start=1)
    ]


# --- names ------------------------------------------------------------------------------------------------------------

_LOST = re.compile(r"tcmime\.[\d.]*bin|ATT\d+(?:\.bin|\.dat)?|noname|unnamed|unknown|attachment", re.IGNORECASE)
_NARROW = {"gb2312", "gbk", "cp936", "hz-gb-2312", "gb_2312-80", "x-gbk", "gb18030", "euc-cn"}


def _name(part: Message) -> str:
    """The name of what is attached, '' where it has none."""
    for field, key in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        name = _parameter(part, field, key).strip()
        if name:
            return name
    return ""


def _parameter(part: Message, field: str, key: str) -> str:
    """A parameter of a header, in whichever of the four usual ways it is written."""
    again: Message = Message()
    again[field] = _plain(_raw(part, field))
    value = again.get_param(key, "", header=field)
    if isinstance(value, tuple):  # RFC 2231, put together and its bytes as Latin-1
        charset, _, text = value
        return _in(text.encode("latin-1", "replace"), charset or "")
    return _decoded_words(str(value))


def _raw(part: Message, field: str) -> str:
    """A header as it came, its bytes beyond ASCII as surrogates; '' where there is none."""
    return str(next((value for name, value in part.raw_items() if name.lower() == field.lower()), ""))


def _plain(text: str) -> str:
    """A header as text, of bytes in UTF-8 or GBK, on one line."""
    return re.sub(r"\s*[\r\n]+\s*", " ", decoded(text.encode("utf-8", "surrogateescape")))


def _decoded_words(text: str) -> str:
    """A text with =?charset?B?…?= decoded; a character may be cut between two of them."""
    try:
        pieces = header.decode_header(text)
    except (errors.HeaderParseError, ValueError):
        return text
    return "".join(piece if isinstance(piece, str) else _in(piece, charset or "") for piece, charset in pieces)


def _in(data: bytes, charset: str) -> str:
    """Bytes as text in a charset, which is often stated too narrowly, wrongly, or not at all."""
    if charset.lower() in _NARROW:
        charset = "gb18030"
    try:
        return data.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError, ValueError):
        return decoded(data)


# --- texts ------------------------------------------------------------------------------------------------------------

# How the mailers of China say that an attachment has to be fetched, and where it and what is shared stands.
_LINK = re.compile(
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
    return _in(data if isinstance(data, bytes) else b"", str(part.get_param("charset", "")))
