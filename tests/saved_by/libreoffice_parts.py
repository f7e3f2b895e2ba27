"""The parts of a file of LibreOffice except its texts and the rows of its sheets."""

from __future__ import annotations

import re
from functools import lru_cache

from saved_by import parts
from saved_by.form import attribute, cell_formats
from saved_by.libreoffice_texts import ASIAN_FONT

# --- around the rows of a sheet --------------------------------------------------------------------------------------

_COLUMN = re.compile(rb'<col min="([0-9]+)" max="([0-9]+)" width="([0-9.]+)"( hidden="1")? customWidth="1"/>')
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_ROOT = (
    b'<worksheet xmlns="%s" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    b' xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
    b' xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
    b' xmlns:xr2="http://schemas.microsoft.com/office/spreadsheetml/2015/revision2"'
    b' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">' % parts.MAIN
)


def truth(value: bool) -> str:
    """A truth value in words: true or false."""
    return "true" if value else "false"


@lru_cache(maxsize=256)
def head_of(head: bytes, grouped: bool) -> bytes:
    """The XML before the rows of a sheet."""
    fit = truth(b"fitToPage" in head)
    grid, selected = truth(b'showGridLines="0"' not in head), truth(b"tabSelected" in head)
    columns = "".join(
        f'<col collapsed="false" customWidth="true" hidden="{truth(bool(hidden))}" outlineLevel="0"'
        f' max="{high.decode()}" min="{low.decode()}" style="0" width="{float(width):.2f}"/>'
        for low, high, width, hidden in _COLUMN.findall(head)
    )
    dimension = _DIMENSION.search(head)
    return b"".join(
        (
            parts.HEAD + _ROOT,
            f'<sheetPr filterMode="false"><pageSetUpPr fitToPage="{fit}"/></sheetPr>'.encode(),
            dimension[0] if dimension else b"",
            f'<sheetViews><sheetView showFormulas="false" showGridLines="{grid}" showRowColHeaders="true"'
            f' showZeros="true" rightToLeft="false" tabSelected="{selected}" showOutlineSymbols="true"'
            ' defaultGridColor="true" view="normal" topLeftCell="A1" colorId="64" zoomScale="100" zoomScaleNormal="100"'
            ' zoomScalePageLayoutView="60" workbookViewId="0"><selection pane="topLeft" activeCell="A1"'
            ' activeCellId="0" sqref="A1"/></sheetView></sheetViews>'.encode(),
            b'<sheetFormatPr defaultColWidth="8.5390625" defaultRowHeight="15" zeroHeight="false"'
            b' outlineLevelRow="%d" outlineLevelCol="0"></sheetFormatPr>' % grouped,
            f"<cols>{columns}</cols>".encode() if columns else b"",
        )
    )


_PROTECTION = re.compile(rb"<sheetProtection [^>]*/>")
_IGNORED = re.compile(rb"<ignoredErrors>.*?</ignoredErrors>")
_VALIDATION = re.compile(rb"<dataValidation ([^>]*?)(/?)>")
_PAIR = re.compile(rb'([A-Za-z]+)="([^"]*)"')
_VALIDATION_DEFAULTS = {
    b"allowBlank": b"1",
    b"error": b"",
    b"errorStyle": b"stop",
    b"errorTitle": b"",
    b"operator": b"between",
    b"prompt": b"",
    b"promptTitle": b"",
    b"showDropDown": b"0",
    b"showErrorMessage": b"0",
    b"showInputMessage": b"0",
    b"sqref": b"",
    b"type": b"none",
}


@lru_cache(maxsize=256)
def tail_of(tail: bytes) -> bytes:
    """The XML behind the rows of a sheet."""
    tail = _PROTECTION.sub(lambda match: _in_words(match[0]), _IGNORED.sub(b"", tail))
    return _VALIDATION.sub(_validation, tail)


def _validation(match: re.Match[bytes]) -> bytes:
    told = _VALIDATION_DEFAULTS | dict(_PAIR.findall(match[1]))
    tag = b"<dataValidation %s>" % b" ".join(b'%s="%s"' % pair for pair in told.items())
    blank = b"<formula1>0</formula1><formula2>0</formula2></dataValidation>" if match[2] else b""
    return re.sub(rb'(allowBlank|show[A-Za-z]+)="[01]"', lambda m: _in_words(m[0]), tag) + blank


def _in_words(xml: bytes) -> bytes:
    return xml.replace(b'="1"', b'="true"').replace(b'="0"', b'="false"')


# --- styles ---------------------------------------------------------------------------------------------------------

_NUMBER_FORMAT = re.compile(rb'<numFmt numFmtId="([0-9]+)" formatCode="([^"]*)"/>')
_FONT = re.compile(rb"<font>(.*?)</font>")
_FIRST = 164  # the number of General; those of the form follow


@lru_cache(maxsize=8)
def styles(xml: bytes, fonts_missing: bool) -> bytes:
    """The styles of the form as LibreOffice writes them; if fonts are missing, each is repeated in the Asian font."""
    codes = dict(_NUMBER_FORMAT.findall(xml)) | {b"0": b"General", b"1": b"0"}
    numbers = {number: b"%d" % (_FIRST + i) for i, number in enumerate([b"0", *(n for n in codes if n != b"0")])}
    told = b"".join(
        b'<numFmt numFmtId="%s" formatCode="%s"/>' % (numbers[number], _code(codes[number])) for number in numbers
    )
    fonts = [font.replace(b"<b/>", b'<b val="true"/>') for font in _FONT.findall(xml)]
    western = [b"<font>%s</font>" % font.replace(b'<scheme val="minor"/>', b"") for font in fonts]
    name = f'<name val="{ASIAN_FONT}"/>'.encode()
    asian = [re.sub(rb'<name val="[^"]*"/>', name, font) for font in western]
    western = [font.replace(b"</font>", b'<charset val="1"/></font>') for font in western]
    formats = cell_formats(xml)
    cells = [_xf(xf, numbers, 0) for xf in formats]
    if fonts_missing:
        cells += [_xf(xf, numbers, len(western)) for xf in formats]
    listed = [*western, *(asian if fonts_missing else ())]
    begin, end = xml.index(b"<fills"), xml.index(b"<cellStyleXfs")
    rest = xml[xml.index(b"<cellStyles") : xml.index(b"<tableStyles")]
    return b"".join(
        (
            parts.HEAD + b'<styleSheet xmlns="%s">' % parts.MAIN,
            b'<numFmts count="%d">%s</numFmts>' % (len(numbers), told),
            b'<fonts count="%d">%s</fonts>' % (len(listed), b"".join(listed)),
            xml[begin:end],
            b'<cellStyleXfs count="1">%s</cellStyleXfs>' % _xf(formats[0], numbers, 0).replace(b' xfId="0"', b""),
            b'<cellXfs count="%d">%s</cellXfs>' % (len(cells), b"".join(cells)),
            rest + b"</styleSheet>",
        )
    )


def _code(code: bytes) -> bytes:
    if "√".encode() in code:
        return "\\√;;;".encode()
    return code.replace(b"-", b"\\-") + b";" * code.endswith(b";")


def _xf(xf: bytes, numbers: dict[bytes, bytes], more_fonts: int) -> bytes:
    """The format of a cell, with everything spelled out that the form leaves at its default."""
    number, fill, border = (attribute(xf, name) for name in (b"numFmtId", b"fillId", b"borderId"))
    font = int(attribute(xf, b"fontId")) + more_fonts
    horizontal = attribute(xf, b"horizontal", b"general")
    vertical = attribute(xf, b"vertical", b"bottom")
    applied = b' applyFont="true" applyBorder="true" applyAlignment="true" applyProtection="%s"' % (
        truth(b"<protection" in xf).encode()
    )
    return (
        b'<xf numFmtId="%s" fontId="%d" fillId="%s" borderId="%s" xfId="0"' % (numbers[number], font, fill, border)
        + applied
        + b'><alignment horizontal="%s" vertical="%s" textRotation="0" wrapText="%s" indent="0" shrinkToFit="false"/>'
        % (horizontal, vertical, truth(b'wrapText="1"' in xf).encode())
        + b'<protection locked="%s" hidden="false"/></xf>' % truth(b'locked="0"' not in xf).encode()
    )


# --- other parts ----------------------------------------------------------------------------------------------------

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006"
APP = (
    parts.HEAD.decode()
    + f'<Properties xmlns="{_PROPERTIES}/extended-properties" xmlns:vt="{_PROPERTIES}/docPropsVTypes">'
    "<Template></Template><TotalTime>0</TotalTime><Application>"
    "LibreOffice/7.4.7.2$Linux_X86_64 LibreOffice_project/40$Build-2"
    "</Application><AppVersion>15.0000</AppVersion></Properties>"
).encode()


@lru_cache(maxsize=32)
def types(number: int) -> bytes:
    """[Content_Types].xml for so many sheets."""
    kind_of_relations = "application/vnd.openxmlformats-package.relationships+xml"
    sheets = [(name, kind) for name, kind, _ in parts.sheets(number)]
    listed = [
        ("_rels/.rels", kind_of_relations),
        parts.BOOK,
        parts.STYLES[:2],
        *sheets,
        ("xl/_rels/workbook.xml.rels", kind_of_relations),
        parts.STRINGS[:2],
        *parts.PROPERTIES,
    ]
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in listed)
    defaults = "".join(
        f'<Default Extension="{extension}" ContentType="{kind}"/>'
        for extension, kind in (
            *(("xml", "application/xml"), ("rels", kind_of_relations)),
            *(("png", "image/png"), ("jpeg", "image/jpeg")),
        )
    )
    return f'{_HEAD}<Types xmlns="{parts.PACKAGE}/content-types">{defaults}{overrides}\n</Types>'.encode()


@lru_cache(maxsize=32)
def relations(number: int) -> bytes:
    """The relations of the workbook to so many sheets and its other parts."""
    listed = (parts.STYLES, *parts.sheets(number), parts.STRINGS)
    return _listed([(f"{_OFFICE}/{kind}", name.removeprefix("xl/")) for name, _, kind in listed])


@lru_cache(maxsize=1)
def relations_of_package() -> bytes:
    """The relations of the package to the workbook and the properties."""
    return _listed(
        [
            (f"{_OFFICE}/officeDocument", "xl/workbook.xml"),
            (f"{parts.PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
            (f"{_OFFICE}/extended-properties", "docProps/app.xml"),
            (f"{_OFFICE}/custom-properties", "docProps/custom.xml"),
        ]
    )


def _listed(relations: list[tuple[str, str]]) -> bytes:
    lines = "".join(
        f'<Relationship Id="rId{i}" Type="{kind}" Target="{target}"/>' for i, (kind, target) in enumerate(relations, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{parts.PACKAGE}/relationships">{lines}\n</Relationships>'.encode()


_SHEET = re.compile(rb'<sheet name="([^"]*)" sheetId="([0-9]+)"( state="veryHidden")? r:id="rId([0-9]+)"/>')
_NAME = re.compile(rb'<definedName name="([^"]*)"(?: localSheetId="([0-9]+)")?>([^<]*)<')


@lru_cache(maxsize=8)
def book(xml: bytes) -> bytes:
    """The part of the workbook."""
    sheets = b"".join(
        b'<sheet name="%s" sheetId="%s" state="%s" r:id="rId%d"/>'
        % (name, number, b"hidden" if hidden else b"visible", int(relation) + 1)
        for name, number, hidden, relation in _SHEET.findall(xml)
    )
    names = b"".join(
        b'<definedName function="false" hidden="false"%s name="%s" vbProcedure="false">%s</definedName>'
        % (b' localSheetId="%s"' % sheet if sheet else b"", name, place.replace(b"'", b""))
        for name, sheet, place in sorted(_NAME.findall(xml), key=lambda told: (not told[1], told[1], told[0].upper()))
    )
    return b"".join(
        (
            parts.HEAD + b'<workbook xmlns="%s" xmlns:r="%s">' % (parts.MAIN, _OFFICE.encode()),
            b'<fileVersion appName="Calc"/><workbookPr backupFile="false" showObjects="all" date1904="false"/>',
            b'<workbookProtection/><bookViews><workbookView showHorizontalScroll="true" showVerticalScroll="true"',
            b' showSheetTabs="true" xWindow="0" yWindow="0" windowWidth="16384" windowHeight="8192" tabRatio="600"',
            b' firstSheet="0" activeTab="0"/></bookViews>',
            b"<sheets>%s</sheets><definedNames>%s</definedNames>" % (sheets, names),
            b'<calcPr iterateCount="100" refMode="A1" iterate="false" iterateDelta="0.0001"/><extLst>',
            b'<ext xmlns:loext="http://schemas.libreoffice.org/" uri="{7626C862-2A13-11E5-B345-FEFF819CDC9F}">',
            b'<loext:extCalcPr stringRefSyntax="ExcelA1"/></ext></extLst></workbook>',
        )
    )


_FIELD = re.compile(rb"<(dc:title|dc:creator|cp:lastModifiedBy)>([^<]*)<")


@lru_cache(maxsize=64)
def core(xml: bytes) -> bytes:
    """The properties that every document has."""
    told = dict(_FIELD.findall(xml))
    begin, end = xml.index(b"<dcterms:created"), xml.index(b"<dcterms:modified")
    dates = (xml[begin:end], xml[end : xml.index(b"</cp:coreProperties>")])
    return b"".join(
        (
            xml[: xml.index(b"<dc:title")],
            dates[0] + b"<dc:creator>%s</dc:creator>" % told[b"dc:creator"],
            b"<dc:description></dc:description><dc:language>en-US</dc:language>",
            b"<cp:lastModifiedBy>%s</cp:lastModifiedBy>" % told[b"cp:lastModifiedBy"],
            dates[1] + b"<cp:revision>0</cp:revision><dc:subject></dc:subject>",
            b"<dc:title>%s</dc:title></cp:coreProperties>" % told[b"dc:title"],
        )
    )
