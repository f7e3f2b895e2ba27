"""The shared strings of an .xlsx; each distinct one is parsed once, for returns of one form share most of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple, cast

from smebatch.common.text import CELL_LIMIT
from smebatch.intake.workbook.bounded_cache import BoundedCache, RecurrenceFilter
from smebatch.intake.workbook.text_runs import Shift, TextRun
from smebatch.intake.workbook.xml_tags import UnsupportedXmlError, XmlTag, parse_attributes, parse_tags, unescape
from smebatch.intake.workbook.zip_safety import UnsafeError

_BEGIN = re.compile(rb"<((?:[^\s<>/:=\"'&!?]{1,40}:)?)sst(?=[\s>/])[^<>]*?(/?)>")
_UTF_8 = re.compile(rb"encoding=[\"'](?i:utf-8)[\"']")
# Most items are written so: a text, or runs of one, perhaps followed by phonetic hints. Others are parsed tag by tag.
_TEXT_ELEMENT = rb'\s*+<t(?: xml:space="preserve")?>%b</t>\s*+'
_ANY_TEXT = _TEXT_ELEMENT % rb"[^<]*+"
_RUN = rb"<r>(?:<rPr>(?:<(?!/rPr>)[^<>]*+>)*+</rPr>)?+%b</r>" % _ANY_TEXT
_PHONETIC = rb"(?:<rPh [^<>]*+>%b</rPh>)*+(?:<phoneticPr [^<>]*/>)?" % _ANY_TEXT
_ORDINARY_ITEM, _TEXT = (
    re.compile(rb"(%b|(?:%b)++)%b" % (_ANY_TEXT, _RUN, _PHONETIC)),
    re.compile(_TEXT_ELEMENT % rb"([^<]*+)"),
)
_NOT_STRUCK = rb"[^<>]*val=[\"'](?:0|false)[\"']"  # which some programs write for every run
_SPECIAL_RUN = re.compile(rb"<(?:[^\s<>/:]{1,40}:)?(?:strike\b(?!%b)|vertAlign\b[^<>]*val=[\"']su[bp])" % _NOT_STRUCK)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_PARTS = {"t", "r", "rPh", "phoneticPr"}  # the elements of an item: its text or its runs, and phonetic hints
_SHOWN = (["t"], ["r", "t"])


class SharedStrings(NamedTuple):
    """The shared strings of a workbook.

    ``texts``: with their runs joined and without phonetic hints. ``items``: as they are written, up to their end tags.
    ``special``: the numbers of those that may show something else, for runs are struck out, raised or lowered.
    """

    texts: list[str]
    items: list[bytes]
    special: Collection[int]


def read_shared_strings(xml: bytes) -> SharedStrings:
    """Parse the part of the shared strings.

    Raises UnsupportedXmlError where a full reader has to look, UnsafeError for a text that no program writes.
    """
    items, opening = _split_items(xml)
    texts, special = list(map(_texts_by_item.get, items)), set[int]()
    for at in [at for at, text in enumerate(texts) if text is None]:
        texts[at] = item_text(_item_content(items[at], opening))
        if has_special_runs(items[at]):
            special.add(at)  # and is not cached, so that cached texts need no such test
        elif _items_before.seen_before(items[at]):  # what somebody typed comes once, and would fill the cache
            _texts_by_item.store(items[at], cast(str, texts[at]))
    return SharedStrings(cast(list[str], texts), items, special)


def _split_items(xml: bytes) -> tuple[list[bytes], bytes]:
    """The items up to their end tags, and the start tag of an item."""
    if not xml:
        return [], b""
    begin = _BEGIN.search(xml)
    head = xml[: begin.end()] if begin else b""
    if not begin or b"<!" in head or b"encoding=" in _UTF_8.sub(b"", head):
        raise UnsupportedXmlError("not the usual frame")
    if begin[2]:
        return [], b""
    prefix = begin[1]
    items = xml[begin.end() : xml.rfind(b"</%bsst" % prefix)].split(b"</%bsi>" % prefix)
    if items.pop().strip():
        raise UnsupportedXmlError("not a shared text")
    return items, b"<%bsi>" % prefix


def _item_content(item: bytes, opening: bytes) -> bytes:
    before, _, within = item.partition(opening)
    if before.strip():
        raise UnsupportedXmlError("not a shared text")
    return within


_texts_by_item: BoundedCache[str] = BoundedCache()  # by its item
_items_before = RecurrenceFilter()


def has_special_runs(item: bytes) -> bool:
    """Whether an item may show something else than its text, for runs are struck out, raised or lowered."""
    return _SPECIAL_RUN.search(item) is not None


def item_text(item: bytes) -> str:
    """The text of an item, or of an inline text of a cell. Raises UnsupportedXmlError, UnsafeError."""
    if match := _ORDINARY_ITEM.fullmatch(item):
        return decode_text(b"".join(_TEXT.findall(match[1])))
    return decode_text("".join(_text_pieces(item)).encode())


def _text_pieces(item: bytes) -> Iterator[str]:
    """Yield the pieces of text of an item, tag by tag. Raises UnsupportedXmlError."""
    path: list[str] = []
    for tag in parse_tags(item):
        name = tag.name.rpartition(":")[2]
        if tag.closing and path[-1:] == [name]:
            path.pop()
        elif tag.closing or (path or [name])[0] not in _PARTS:
            raise UnsupportedXmlError("not a text")
        elif not tag.closed:
            path.append(name)
        if path in _SHOWN and "<" not in tag.text:
            yield tag.text
        elif not tag.blank and path[:1] != ["rPh"]:  # a phonetic hint
            raise UnsupportedXmlError("not a text")
    if path:
        raise UnsupportedXmlError("not a text")


def item_runs(item: bytes) -> list[TextRun]:
    """The runs of an item, with or without its own tags. Raises UnsupportedXmlError."""
    return list(_runs(item[item.find(b"si>") + 3 :] if b"si>" in item else item))


def _runs(item: bytes) -> Iterator[TextRun]:
    run, in_phonetic = TextRun("", sets_strike=False), False
    for tag in parse_tags(item):
        name = tag.name.rpartition(":")[2]
        if name == "rPh":  # a phonetic hint
            in_phonetic = not tag.closing
        elif tag.closing or in_phonetic:
            continue
        elif name in ("r", "rPr"):
            run = TextRun("", sets_strike=name == "rPr")
        elif name == "strike":
            run = run._replace(struck=_val_attribute(tag, "1") not in ("0", "false"))
        elif name == "vertAlign":
            run = run._replace(shift=_SHIFTS.get(_val_attribute(tag, ""), Shift.NONE))
        elif name == "t":
            yield run._replace(text=decode_text(tag.text.encode()))


_SHIFTS = {"superscript": Shift.RAISED, "subscript": Shift.LOWERED}


def _val_attribute(tag: XmlTag, default: str) -> str:
    return parse_attributes(tag.attributes).get("val", default)


def decode_text(xml: bytes) -> str:
    """Decode a text as a workbook writes it: XML references, and escapes of what XML cannot hold.

    Raises UnsupportedXmlError, and UnsafeError for a text longer than Excel allows.
    """
    text = xml.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    text = unescape(text)
    if len(text) > CELL_LIMIT:
        raise UnsafeError("file.expands")  # a few such texts would be more than a batch can hold
    return undo_escapes(text)


def undo_escapes(text: str) -> str:
    """Replace the escapes by which a workbook writes characters that XML cannot hold.

    >>> undo_escapes("_x0041_ _x005F_x0041_")
    'A _x0041_'
    """
    return _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text) if "_x" in text else text
