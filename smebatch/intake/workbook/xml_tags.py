"""Tags of XML one by one, for parts that are read piecemeal: strict, and as general as what programs write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class UnusualError(ValueError):
    """Something that is not known here: right or wrong, a reader has to look."""


_NAME = r"[^\s<>/=\"'&!?]++"
# Between quotes, a closing bracket may stand.
_ATTRIBUTE = rf"\s++{_NAME}\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+')"
ATTRIBUTES = rf"(?:{_ATTRIBUTE})*+"
CDATA = r"<!\[CDATA\[(?:[^\]]|\](?!\]>))*+\]\]>"
_TAG = re.compile(rf"<(/?+)({_NAME})({ATTRIBUTES})\s*+(/?+)>((?:[^<]|{CDATA})*+)")
_PAIR = re.compile(rf"({_NAME})\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)')")
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|[a-z]+);?")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BLANK = " \t\r\n"


class Tag(NamedTuple):
    """A tag, and the text up to the next, with CDATA as it is written.

    ``closing``: it ends an element; ``closed``: it is one without content.
    """

    closing: bool
    name: str
    attributes: str
    closed: bool
    text: str

    @property
    def blank(self) -> bool:
        """Whether nothing but white space stands behind it."""
        return not self.text.strip(_BLANK)


def tags_of(xml: bytes) -> Iterator[Tag]:
    """The tags of a piece of XML that begins and ends with one, but for white space.

    Raises UnusualError where the piece holds something else, such as a comment, or is not right.
    """
    try:
        text = xml.decode("utf-8").strip(_BLANK)
    except UnicodeDecodeError:
        raise UnusualError("not UTF-8") from None
    if _FORBIDDEN.search(text):
        raise UnusualError("a character that XML forbids")
    at = 0
    while at < len(text):
        match = _TAG.match(text, at)
        if not match:
            raise UnusualError("no tag")
        at = match.end()
        closing, name, attributes, closed, behind = match.groups()
        if closing and (attributes or closed):
            raise UnusualError("no tag")
        yield Tag(bool(closing), name, attributes, bool(closed), behind)


def attributes_of(written: str) -> dict[str, str]:
    """The attributes of a tag by name. Raises UnusualError where one stands twice."""
    pairs = _PAIR.findall(written)
    found = {name: unescaped(one or other) for name, one, other in pairs}
    if len(found) != len(pairs):
        raise UnusualError("an attribute twice")
    return found


def unescaped(text: str) -> str:
    """A text with what its references stand for. Raises UnusualError where there is no such character.

    >>> unescaped("&lt;a&gt; &amp; &#65;&#x4E2D;")
    '<a> & A中'
    """
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    if not match[0].endswith(";") or not (name.startswith("#") or name in _ENTITIES):
        raise UnusualError("not an entity")
    if not name.startswith("#"):
        return _ENTITIES[name]
    number = int(name[2:], 16) if name.startswith("#x") else int(name[1:])  # noqa: FURB166  # no other prefix will do
    if number > 0x10FFFF:
        raise UnusualError("not a character")
    return chr(number)
