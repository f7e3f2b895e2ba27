"""What the files of Outlook, .msg and winmail.dat, share: numbers of MAPI properties, and texts in code pages."""

from __future__ import annotations

import re

from smebatch.intake.sources.archives.container import decode_name

DATA, SHORT_NAME, LONG_NAME, METHOD, FLAGS, CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x3705, 0x3714, 0x3712
SUBJECT, SUBMITTED, DELIVERED, BODY, HTML = 0x0037, 0x0039, 0x0E06, 0x1000, 0x1013
DISPLAY_NAME, HIDDEN = 0x3001, 0x7FFE
CODE_PAGE, INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
OBJECT, TEXT_8, TEXT_16, BINARY = 0xD, 0x1E, 0x1F, 0x102  # types
IN_TEXT = 4  # a flag: the attachment is shown in the text

# A text that is valid UTF-8 or GBK is taken as such whatever code page is stated: often it is 1252, 936 or none.
_CODE_PAGES = {932: "cp932", 949: "cp949", 950: "big5hkscs"}
_NOT_IN_NAMES = re.compile(r"[/\\\r\n\t]+")


def decode_mapi_text(data: bytes, kind: int, code_page: int) -> str:
    """Decode a text property up to its closing zero."""
    if kind == TEXT_16:
        return data.decode("utf-16-le", "replace").split("\0")[0]
    data = data.split(b"\0")[0]
    try:
        return data.decode(_CODE_PAGES[code_page])
    except (KeyError, UnicodeDecodeError):
        return decode_name(data)


def attached_mail_name(subject: str, ending: str) -> str:
    """The file name of an attached mail by its subject; '' where it has none."""
    name = _NOT_IN_NAMES.sub(" ", subject).strip()
    return name if not name or name.lower().endswith(ending) else f"{name}{ending}"
