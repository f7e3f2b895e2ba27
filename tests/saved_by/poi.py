"""Imitates Apache POI's streaming writer (SXSSF), with which web portals write forms: texts stand in the cells.

The features are taken from the source of its SheetDataWriter: the order of a row's attributes, line ends behind rows,
blank cells with an end tag, a type for numbers, heights as Java writes a float.
"""

from __future__ import annotations

import re
from random import Random

from saved_by import parts
from saved_by.form import renumbered, sheet_part, take_apart
from saved_by.formulas import calculated
from saved_by.package import IN_UTF_8, STREAMED, package, packed, packed_once

_ROW = re.compile(rb'<row r="([0-9]+)"(?: spans="[0-9:]+")?((?: s="[0-9]+" customFormat="1")?)([^>]*)>')
_HEIGHT = re.compile(rb'ht="([0-9.]+)"')
_BLANK = re.compile(rb'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?)/>')
_NUMBER = re.compile(rb'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?)(?=><(?:v|f)>)')


def save(data: bytes, rng: Random) -> bytes:
    """A return as a program with Apache POI would have written it anew; some leave out the table of texts."""
    form = take_apart(data)
    cells = [b't="inlineStr"><is>%s</is>' % text for text in form.texts]
    others = parts.WPS_PARTS if rng.random() < 0.6 else parts.WPS_PARTS[:2]
    made = {
        "[Content_Types].xml": packed_once(parts.types(len(form.sheets), others)),
        "_rels/.rels": packed_once(form.parts["_rels/.rels"]),
        "docProps/app.xml": packed_once(form.parts["docProps/app.xml"]),
        "docProps/core.xml": packed_once(form.parts["docProps/core.xml"]),
        "docProps/custom.xml": packed_once(form.parts["docProps/custom.xml"]),
    }
    if len(others) == len(parts.WPS_PARTS):
        made["xl/sharedStrings.xml"] = packed_once(parts.HEAD + parts.table_tag(0, 0) + b"</sst>")
    made["xl/styles.xml"] = packed_once(form.parts["xl/styles.xml"])
    made["xl/theme/theme1.xml"] = packed_once(form.parts["xl/theme/theme1.xml"])
    made["xl/workbook.xml"] = packed_once(form.parts["xl/workbook.xml"])
    made["xl/_rels/workbook.xml.rels"] = packed_once(parts.relations(len(form.sheets), others))
    for number, xml in enumerate(form.sheets, 1):
        made[sheet_part(number)] = packed(_sheet(xml, cells, rng))
    return package(made, STREAMED | IN_UTF_8)


def _sheet(xml: bytes, texts: list[bytes], rng: Random) -> bytes:
    begin, end = xml.index(b"<sheetData>") + len(b"<sheetData>"), xml.index(b"</sheetData>")
    cells = _ROW.sub(_row, xml[begin:end]).replace(b"</row>", b"</row>\n")
    cells = _NUMBER.sub(rb'\1 t="n"', _BLANK.sub(rb"\1></c>", cells))
    cells = calculated(cells.replace(b' t="n"><f>', b"><f>"), rng)
    return xml[:begin] + b"\n" + renumbered(cells, texts) + xml[end:]


def _row(match: re.Match[bytes]) -> bytes:
    number, style, rest = match.groups()
    height = _HEIGHT.search(rest)
    told = b' customHeight="true" ht="%s"' % str(float(height[1])).encode() if height else b""
    hidden = b' hidden="true"' if b"hidden" in rest else b""
    return b'<row r="%s"%s%s%s>\n' % (number, told, hidden, style)
