"""Rewrites an .xlsx into the form in which nearly all programs write it, so that all readers read the same.

Some readers look for parts under their usual names. Excel and LibreOffice follow the relations, ignore case, and read
UTF-16.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

from defusedxml import ElementTree

from smebatch.intake.workbook.bounded_cache import cached_by_content
from smebatch.intake.workbook.cell_pictures import METADATA, STRUCTURES, VALUES
from smebatch.intake.workbook.xlsx_parts import sheet_parts
from smebatch.intake.workbook.zip_safety import check_sheet_names, require

_TYPES, _PACKAGE = "[Content_Types].xml", "_rels/.rels"
BOOK, BOOK_RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
# calamine reads these parts under their usual names, whatever the workbook says; openpyxl goes by the content types.
# The styles decide which numbers are dates, so they are moved as well.
_USUAL_PLACES = {"officedocument": BOOK, "sharedstrings": "xl/sharedstrings.xml"}
_MOVED = {"sharedstrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
_SHEETS = ("worksheet", "chartsheet", "dialogsheet", "xlmacrosheet")
# The names of relations in the list of content types.
_TYPE_OF = {kind: kind for kind in _SHEETS} | {"sharedstrings": "sharedStrings", "styles": "styles"}
_KEPT_PARTS = ("docProps/custom.xml", METADATA, VALUES, STRUCTURES)


def move_parts(parts: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The parts of a workbook under their usual names; the same object where they have them. Raises UnsafeError."""
    if BOOK not in parts:
        return _moved_parts(parts)
    require("content.xml" not in parts, "file.unreadable")  # two workbooks in one file
    _check_sheets(parts[BOOK])
    relations = parts.get(BOOK_RELATIONS, b"")
    related = _related_places(parts.get(_PACKAGE, b""), relations)
    names = {name.lower() for name in parts}
    for kind, place in _declared_places(parts.get(_TYPES, b"<Types/>")):
        require(place == _USUAL_PLACES[kind] or place not in names, "file.unreadable")
    if related == {(kind, place) for kind, place in _USUAL_PLACES.items() if place in names}:
        return (
            parts
            if all(part in parts for part in sheet_parts(parts[BOOK], relations).values())
            else _moved_parts(parts)
        )
    return _moved_parts(parts)


_SHEET = re.compile(rb"""<(?:\w+:)?sheet\b[^<>]*?\bname\s*=\s*(["'])(.*?)\1""", re.DOTALL)


@cached_by_content
def _check_sheets(workbook: bytes) -> None:
    check_sheet_names([html.unescape(name.decode("utf-8", "replace")) for _, name in _SHEET.findall(workbook)])


@cached_by_content
def _related_places(package: bytes, workbook: bytes) -> set[tuple[str, str]]:
    """The kinds and names of the workbook part and the shared strings by the relations, in lower case.

    Raises UnsafeError where the relations are not written as they have to be.
    """
    relations = [*_parse_relations(package, ""), *_parse_relations(workbook, "xl")]
    return {(each.kind, each.place) for each in relations if each.kind in _USUAL_PLACES}


@cached_by_content
def _declared_places(types: bytes) -> set[tuple[str, str]]:
    """The kinds and names of the workbook part and the shared strings by the content types, in lower case."""
    found = set()
    for node in ElementTree.fromstring(types):
        kind, place = node.get("ContentType", "").lower(), node.get("PartName", "").lower().removeprefix("/")
        if place and ("spreadsheetml" in kind or "ms-excel" in kind):
            last = kind.removesuffix("+xml").rpartition(".")[2]
            found.add(("officedocument" if last == "main" else last, place))
    return {(kind, place) for kind, place in found if kind in _USUAL_PLACES}


class _Relation(NamedTuple):
    """A relation: its id, its type, and the name of the part, in lower case; blank for one outside the file."""

    id: str
    type: str
    place: str

    @property
    def kind(self) -> str:
        return self.type.rpartition("/")[2].lower()


def _parse_relations(xml: bytes, folder: str) -> list[_Relation]:
    """Parse a part of relations. Raises UnsafeError where an attribute is missing, perhaps because of capitals."""
    found = []
    for node in ElementTree.fromstring(xml):
        require({"Id", "Type", "Target"} <= node.attrib.keys(), "file.unusual")
        target = node.attrib["Target"]
        place = target[1:] if target.startswith("/") else posixpath.join(folder, target)
        # LibreOffice does not follow backslashes, nor steps such as /./.
        within = node.get("TargetMode") != "External" and "\\" not in target and "/./" not in f"/{target}"
        found.append(
            _Relation(node.attrib["Id"], node.attrib["Type"], posixpath.normpath(place).lower() if within else "")
        )
    return found


# --- moving parts ---------------------------------------------------------------------------------------------------


def _moved_parts(parts: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The parts that the relations lead to, under their usual names; the same object where they lead to no workbook."""
    by_name = {name.replace("\\", "/").lower(): xml for name, xml in parts.items()}
    books = {
        each.place
        for each in _parse_relations(by_name.get(_PACKAGE, _NO_RELATIONS), "")
        if each.kind == "officedocument"
    }
    book = books.pop() if len(books) == 1 else ""
    folder, name = posixpath.split(book)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if book not in by_name or relations not in by_name:
        require(BOOK not in parts, "file.unreadable")  # no relation leads to it, but some readers read it
        require(_PACKAGE not in by_name or any(name.startswith("xl/") for name in by_name), "file.unknown")
        return parts
    require(b"/spreadsheetml/" in by_name[book], "file.unknown")  # Word and Visio write such packages as well
    related = _parse_relations(by_name[relations], folder)
    texts = {each.place for each in related if each.kind == "sharedstrings"} & by_name.keys()
    # Some readers would read a part with a usual name even if no relation leads to it.
    require(len(texts) <= 1 and set(_USUAL_PLACES.values()) & by_name.keys() <= texts | {book}, "file.unreadable")
    _check_sheets(by_name[book])
    placed = _usual_places(related, by_name)
    return {
        _TYPES: _list_of_types(placed),
        _PACKAGE: _list_of_relations([(_Relation("rId1", f"{_OFFICE}/officeDocument", book), BOOK)]),
        BOOK: by_name[book],
        BOOK_RELATIONS: _list_of_relations(placed),
        **{place: by_name[each.place] for each, place in placed if each.place in by_name},
        **{name: by_name[name.lower()] for name in _KEPT_PARTS if name.lower() in by_name},
    }


_PlacedRelations = list[tuple[_Relation, str]]
"""Relations, each with the usual name of the part it leads to."""


def _usual_places(related: list[_Relation], parts: Mapping[str, bytes]) -> _PlacedRelations:
    """The usual names of the sheets, the shared strings and the styles."""
    sheets = dict.fromkeys(each.place for each in related if each.kind in _SHEETS)
    numbered = {place: f"xl/worksheets/sheet{number}.xml" for number, place in enumerate(sheets, 1)}
    moved = [(each, _MOVED[each.kind]) for each in related if each.kind in _MOVED and each.place in parts]
    return [(each, numbered[each.place]) for each in related if each.kind in _SHEETS] + moved


_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_NO_RELATIONS = b"<Relationships/>"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_FORMATS = "http://schemas.openxmlformats.org/package/2006"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _list_of_relations(placed: _PlacedRelations) -> bytes:
    nodes = (
        f'<Relationship Id="{html.escape(each.id)}" Type="{html.escape(each.type)}" Target="/{place}"/>'
        for each, place in placed
    )
    return _DECLARATION + f'<Relationships xmlns="{_FORMATS}/relationships">{"".join(nodes)}</Relationships>'.encode()


def _list_of_types(placed: _PlacedRelations) -> bytes:
    kinds = {BOOK: "sheet.main"} | {place: _TYPE_OF[each.kind] for each, place in placed}
    nodes = (
        f'<Override PartName="/{place}" ContentType="{_SPREADSHEET}.{kind}+xml"/>' for place, kind in kinds.items()
    )
    return (
        _DECLARATION
        + (
            f'<Types xmlns="{_FORMATS}/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{"".join(nodes)}</Types>'
        ).encode()
    )


def zip_parts(parts: Mapping[str, bytes]) -> bytes:
    """Zip the parts, for readers that read files only."""
    with zipfile.ZipFile(stream := io.BytesIO(), "w") as archive:
        for name, xml in parts.items():
            archive.writestr(name, xml)
    return stream.getvalue()


# --- sheets and texts -----------------------------------------------------------------------------------------------

_CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_PREFIX = rb"((?:[^\s<>/:=\"'&!?]{1,40}:)?)"
_EMPTY_BEFORE = re.compile(rb"<%bv\s*(?:/>|>\s*</\1v\s*>)\s*(?=<\1is[\s>])" % _PREFIX)
_EMPTY_BEHIND = re.compile(rb"(</%bis\s*>)\s*<\2v\s*(?:/>|>\s*</\2v\s*>)" % _PREFIX)
_VALUE_BESIDE_TEXT = re.compile(rb"</%bv\s*>\s*<\1is[\s>]|</%bis\s*>\s*<\2v[\s>]" % (_PREFIX, _PREFIX))


def simplify_part(xml: bytes) -> bytes:
    """Remove CDATA, and empty values beside inline texts of cells. Raises UnsafeError for other values beside these.

    A part with comments is returned as it is, for a comment may hold any of it.
    """
    if b"<!--" in xml:
        return xml
    xml = _CDATA.sub(lambda section: html.escape(section[1].decode("latin-1"), quote=False).encode("latin-1"), xml)
    xml = _EMPTY_BEHIND.sub(rb"\1", _EMPTY_BEFORE.sub(b"", xml))
    require(not _VALUE_BESIDE_TEXT.search(xml), "file.ambiguous")
    return xml
