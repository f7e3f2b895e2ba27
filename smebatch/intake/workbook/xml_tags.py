"""Parses fragments of XML tag by tag: strictly, and only as much of XML as programs write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class UnsupportedXmlError(ValueError):
    """XML, right or wrong, that is not supported here; a full reader has to look."""


_NAME = r"[^\s<>/=\"'&!?]++"
# A closing bracket may stand between quotes.
_ATTRIBUTE = rf"\s++{_NAME}\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+')"
ATTRIBUTES = rf"(?:{_ATTRIBUTE})*+"
REFERENCE = r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);"
CDATA = r"<!\[CDATA\[(?:[^\]]|\](?!\]>))*+\]\]>"
_TAG = re.compile(rf"<(/?+)({_NAME})({ATTRIBUTES})\s*+(/?+)>((?:[^<]|{CDATA})*+)")
_PAIR = re.compile(rf"({_NAME})\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)')")
_ENTITY = re.compile(r"(&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|[a-z]+);?)")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BLANK = " \t\r\n"


class XmlTag(NamedTuple):
    """A tag, and the text up to the next tag, with CDATA as it is written.

    ``closing``: it ends an element. ``closed``: it is a whole element without content.
    """

    closing: bool
    name: str
    attributes: str
    closed: bool
    text: str

    @property
    def blank(self) -> bool:
        """Whether only white space follows the tag."""
        return not self.text.strip(_BLANK)


def parse_tags(xml: bytes) -> Iterator[XmlTag]:
    """Yield the tags of a fragment of XML that begins and ends with a tag, apart from white space.

    Raises UnsupportedXmlError where the fragment holds something else, such as a comment, or is broken.
    """
    try:
        text = xml.decode("utf-8").strip(_BLANK)
    except UnicodeDecodeError:
        raise UnsupportedXmlError("not UTF-8") from None
    if _FORBIDDEN.search(text):
        raise UnsupportedXmlError("a character that XML forbids")
    at = 0
    while at < len(text):
        match = _TAG.match(text, at)
        if not match:
            raise UnsupportedXmlError("no tag")
        at = match.end()
        closing, name, attributes, closed, behind = match.groups()
        if closing and (attributes or closed):
            raise UnsupportedXmlError("no tag")
        yield XmlTag(bool(closing), name, attributes, bool(closed), behind)


def parse_attributes(written: str) -> dict[str, str]:
    """The attributes of a tag by name. Raises UnsupportedXmlError where a name comes twice."""
    pairs = _PAIR.findall(written)
    found = {name: unescape(one or other) for name, one, other in pairs}
    if len(found) != len(pairs):
        raise UnsupportedXmlError("an attribute twice")
    return found


def unescape(text: str) -> str:
    """Replace the references in a text by their characters. Raises UnsupportedXmlError for one without a character.

    >>> unescape("&lt;a&gt; &amp; &#65;&#x4E2D;")
    '<a> & A中'
    """
    if "&" not in text:
        return text
    parts = _ENTITY.split(text)  # each second one is a reference
    parts[1::2] = map(_resolve_reference, parts[1::2])
    return "".join(parts)


@lru_cache(maxsize=4096)  # some programs write every Chinese character as a reference, and a text repeats its own
def _resolve_reference(reference: str) -> str:
    name = reference[1:-1]
    if not reference.endswith(";") or not (name.startswith("#") or name in _ENTITIES):
        raise UnsupportedXmlError("not an entity")
    if not name.startswith("#"):
        return _ENTITIES[name]
    number = int(name[2:], 16) if name.startswith("#x") else int(name[1:])  # noqa: FURB166  # no other prefix will do
    if number > 0x10FFFF:
        raise UnsupportedXmlError("not a character")
    return chr(number)
