"""Imitates how the Chinese WPS (金山) saves a return.

The features are taken from QFBD/gitweb347, a workbook of WPS 12 that stands unpacked in a public repository: the
namespaces of the sheets, rows with their height before their span, the table of texts made anew in the order of the
cells, fonts without a family, ICV and KSOProductBuildVer among the properties; the four formats it writes first are
those of its Chinese edition, which other repositories quote. How it writes a row's style, the one cell of A1:A1 and a
text of runs is from memory, not verified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from random import Random

from saved_by import parts
from saved_by.form import (
    PLACE,
    STYLES,
    TEXT_CELL,
    TEXTS,
    Form,
    TextsInOrder,
    rewritten,
    shared,
    sheet_part,
    take_apart,
)
from saved_by.formulas import calculated, in_15_digits, share_formulas
from saved_by.package import package, packed, packed_once
from saved_by.runs import pieces, preserved

_ROW = re.compile(rb'<row r="([0-9]+)"( spans="[0-9:]+")([^>]*)>(?=(?:<c r="[A-Z]+[0-9]+" s="([0-9]+)")?)')
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_DEFAULT = b'<sheetFormatPr defaultRowHeight="15"/>'
_BLANK_HEADER = b"<headerFooter/>"


@dataclass(frozen=True)
class Look:
    """Features that a file of WPS may have."""

    one_cell: bool  # says that the sheet has one cell
    row_styles: bool
    runs: bool
    phonetic: bool  # of texts that came from Excel
    share_formulas: bool
    variant: int


def _draw_look(rng: Random) -> Look:
    return Look(
        one_cell=rng.random() < 0.55,
        row_styles=rng.random() < 0.55,
        runs=rng.random() < 0.55,
        phonetic=rng.random() < 0.25,
        share_formulas=rng.random() < 0.55,
        variant=rng.randrange(8),
    )


LOOKS = [_draw_look(Random(f"WPS {i}")) for i in range(32)]
"""The combinations of features in use: each feature in a third of them; few, so that equal parts can be cached."""


def save(data: bytes, rng: Random) -> bytes:
    """A return as WPS would have saved it."""
    return save_as(take_apart(data), rng.choice(LOOKS), rng)


def save_as(form: Form, look: Look, rng: Random) -> bytes:
    """A return as WPS would have saved it with these features."""
    table = TextsInOrder(shared)
    sheets = {}
    for number, xml in enumerate(form.sheets, 1):
        answers = form.is_answer_sheet(xml)
        work = partial(_sheet, look=look, rng=rng) if answers else partial(_other_sheet, look=look)
        sheets[sheet_part(number)] = packed(rewritten(xml, TEXT_CELL, work, table.cells))
    made = {
        "[Content_Types].xml": packed_once(parts.types(len(form.sheets), parts.WPS_PARTS)),
        "_rels/.rels": packed_once(form.parts["_rels/.rels"]),
        "docProps/app.xml": packed_once(_app(form.parts["docProps/app.xml"])),
        "docProps/core.xml": packed_once(form.parts["docProps/core.xml"]),
        "docProps/custom.xml": packed_once(_custom(form.parts["docProps/custom.xml"])),
        "xl/_rels/workbook.xml.rels": packed_once(parts.relations(len(form.sheets), parts.WPS_PARTS)),
        TEXTS: packed(_table(form, table, look, rng)),
        STYLES: packed_once(styles(form.parts[STYLES])),
        "xl/theme/theme1.xml": packed_once(form.parts["xl/theme/theme1.xml"]),
        "xl/workbook.xml": packed_once(_book(form.parts["xl/workbook.xml"])),
    }
    return package(made | sheets)


@lru_cache(maxsize=512)
def _other_sheet(xml: bytes, look: Look) -> list[bytes]:
    """A sheet without answers."""
    return _sheet(share_formulas(xml) if look.share_formulas else xml, look, Random(look.variant))


def _sheet(xml: bytes, look: Look, rng: Random) -> list[bytes]:
    """A sheet in the pieces around its cells of text."""
    begin, end = xml.index(b"<sheetData"), xml.index(b"</sheetData>")
    third = look.variant % 3 if look.row_styles else -1

    def row(match: re.Match[bytes]) -> bytes:
        number, spans, attributes, style = match.groups()
        styled = b' s="%s" customFormat="1"' % style if style and int(number) % 3 == third else b""
        return b'<row r="%s"%s%s%s>' % (number, styled, attributes, spans)

    cells = calculated(in_15_digits(_ROW.sub(row, xml[begin:end])), rng)
    return (_head(xml[:begin], look) + cells + _tail(xml[end:])).split(PLACE)


@lru_cache(maxsize=256)
def _head(head: bytes, look: Look) -> bytes:
    rest = head[head.index(b">", head.index(b"<worksheet")) + 1 :]
    rest = rest.replace(_DEFAULT, b'<sheetFormatPr defaultColWidth="9" defaultRowHeight="14.25"/>')
    if look.one_cell:
        rest = _DIMENSION.sub(b'<dimension ref="A1:A1"/>', rest)
    return parts.HEAD + b"<worksheet " + parts.ROOT_WPS + b">" + (b"" if b"<sheetPr>" in rest else b"<sheetPr/>") + rest


@lru_cache(maxsize=256)
def _tail(tail: bytes) -> bytes:
    """The XML behind the rows; WPS drops the list of ignored warnings."""
    ignored = tail.find(b"<ignoredErrors>")
    tail = tail if ignored < 0 else tail[:ignored] + b"</worksheet>"
    return tail if b"<headerFooter>" in tail else tail.replace(b"</worksheet>", _BLANK_HEADER + b"</worksheet>")


# --- shared texts ---------------------------------------------------------------------------------------------------

_PHONETIC = b'<phoneticPr fontId="0" type="noConversion"/>'
_LOOKS_OF_RUNS = [
    look.encode()
    for look in (
        '<sz val="10"/><color rgb="FF1F2A37"/><rFont val="宋体"/><charset val="134"/>',
        '<sz val="10"/><color rgb="FF1F2A37"/><rFont val="Times New Roman"/><charset val="0"/>',
        '<b/><sz val="10"/><color rgb="FFFF0000"/><rFont val="宋体"/><charset val="134"/>',
    )
]


def _table(form: Form, table: TextsInOrder, look: Look, rng: Random) -> bytes:
    items = [b"<si>%s</si>" % form.texts[old] for old in table.order]
    for new in [new for new, old in enumerate(table.order) if old in form.typed]:
        text = form.texts[table.order[new]]
        if look.runs and len(text) > 40 and rng.random() < 0.3:
            runs = (b"<r><rPr>%s</rPr>%s</r>" % (rng.choice(_LOOKS_OF_RUNS), preserved(p)) for p in pieces(text, rng))
            items[new] = b"<si>%s</si>" % b"".join(runs)
        elif look.phonetic and not text.isascii() and rng.random() < 0.5:
            items[new] = b"<si>%s%s</si>" % (text, _PHONETIC)
    return parts.HEAD + parts.table_tag(table.count, len(items)) + b"".join(items) + b"</sst>"


# --- other parts ----------------------------------------------------------------------------------------------------

_FORMATS = "".join(
    f'<numFmt numFmtId="{number}" formatCode="{code}"/>'
    for number, code in (
        (41, r"_ * #,##0_ ;_ * \-#,##0_ ;_ * &quot;-&quot;_ ;_ @_ "),
        (42, r"_ &quot;￥&quot;* #,##0_ ;_ &quot;￥&quot;* \-#,##0_ ;_ &quot;￥&quot;* &quot;-&quot;_ ;_ @_ "),
        (43, r"_ * #,##0.00_ ;_ * \-#,##0.00_ ;_ * &quot;-&quot;??_ ;_ @_ "),
        (44, r"_ &quot;￥&quot;* #,##0.00_ ;_ &quot;￥&quot;* \-#,##0.00_ ;_ &quot;￥&quot;* &quot;-&quot;??_ ;_ @_ "),
    )
).encode()
_NAMED = (
    ("常规", 0, 0),
    ("千位分隔", 43, 3),
    ("货币", 44, 4),
    ("百分比", 9, 5),
    ("千位分隔[0]", 41, 6),
    ("货币[0]", 42, 7),
)
_NAMED_FORMATS = re.compile(rb"<cellStyleXfs.*?</cellStyleXfs>")
_NAMES = re.compile(rb"<cellStyles.*?</cellStyles>")


@lru_cache(maxsize=8)
def styles(xml: bytes) -> bytes:
    """The styles with what WPS adds: fonts of a character set, four formats, and the named styles that use them."""
    xml = xml.replace(b'<family val="2"/></font>', b'<charset val="134"/></font>')
    xml = parts.own_formats(xml, _FORMATS, 4)
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" applyFont="0" applyFill="0" applyBorder="0"'
        ' applyAlignment="0" applyProtection="0"><alignment vertical="center"/></xf>'
        for _, number, _ in _NAMED
    )
    names = "".join(
        f'<cellStyle name="{name}" xfId="{place}" builtinId="{built_in}"/>'
        for place, (name, _, built_in) in enumerate(_NAMED)
    )
    xml = _NAMED_FORMATS.sub(f'<cellStyleXfs count="{len(_NAMED)}">{formats}</cellStyleXfs>'.encode(), xml)
    xml = _NAMES.sub(f'<cellStyles count="{len(_NAMED)}">{names}</cellStyles>'.encode(), xml)
    root = b"<styleSheet " + parts.ROOT_WPS_STYLES + b">"
    return parts.HEAD + root + xml[xml.index(b"<numFmts") :]


@lru_cache(maxsize=8)
def _book(xml: bytes) -> bytes:
    xml = xml.replace(b"'", b"").replace(b'calcId="124519" fullCalcOnLoad="1"', b'calcId="191029"')
    xml = xml.replace(
        b'lastEdited="4" lowestEdited="4" rupBuild="4505"', b'lastEdited="3" lowestEdited="5" rupBuild="9302"'
    )
    return xml.replace(
        b'xWindow="240" yWindow="15" windowWidth="16095" windowHeight="9660"',
        b'windowWidth="27945" windowHeight="12330"',
    )


def _app(xml: bytes) -> bytes:
    xml = xml.replace(b">Worksheets<", ">工作表<".encode()).replace(b">Named Ranges<", ">命名范围<".encode())
    begin, end = xml.index(b"<DocSecurity>"), xml.index(b"<HeadingPairs>")
    return xml[:begin] + xml[end : xml.index(b"<Company>")] + b"</Properties>"


def _custom(xml: bytes) -> bytes:
    """The properties that this program has written, followed by those of WPS."""
    own = ((b"ICV", b"DED752B45EA44699A1B455411D7E16BD_12"), (b"KSOProductBuildVer", b"2052-12.1.0.16388"))
    more = b"".join(
        b'<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="%d" name="%s">' % (number, name)
        + b"<vt:lpwstr>%s</vt:lpwstr></property>" % value
        for number, (name, value) in enumerate(own, xml.count(b"<property ") + 2)
    )
    return xml.replace(b"</Properties>", more + b"</Properties>")
