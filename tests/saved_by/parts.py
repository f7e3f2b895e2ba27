"""The parts and tags of a workbook that do not depend on its content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
WINDOWS_HEAD = HEAD.replace(b"\n", b"\r\n")
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_MAIN = b'xmlns="%s"' % MAIN
_R = b'xmlns:r="%s"' % _OFFICE.encode()
_MC = b'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
_MICROSOFT = b"http://schemas.microsoft.com/office/spreadsheetml"
_AC = b'xmlns:x14ac="%s/2009/9/ac"' % _MICROSOFT
_REVISION = b'xmlns:xr="%s/2014/revision"' % _MICROSOFT
_REVISION_2 = b'xmlns:xr2="%s/2015/revision2"' % _MICROSOFT
ROOT_2007 = b"%s %s" % (_MAIN, _R)
ROOT_2010 = b'%s %s %s mc:Ignorable="x14ac" %s' % (_MAIN, _R, _MC, _AC)
ROOT_2016 = (
    b'%s %s %s mc:Ignorable="x14ac xr xr2 xr3" %s %s %s xmlns:xr3="%s/2016/revision3" '
    % (_MAIN, _R, _MC, _AC, _REVISION, _REVISION_2, _MICROSOFT)
    + b'xr:uid="{00000000-0001-0000-%02X00-000000000000}"'
)
ROOT_WPS = (
    b"%s %s %s " % (_MAIN, _R, b'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"')
    + b'xmlns:x14="%s/2009/9/main" %s ' % (_MICROSOFT, _MC)
    + b'xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"'
)
ROOT_WPS_STYLES = b'%s %s mc:Ignorable="xr9" xmlns:xr9="%s/2016/revision9"' % (_MAIN, _MC, _MICROSOFT)
BOOK_2016 = b"".join(
    (
        b'<workbook %s %s %s mc:Ignorable="x15 xr xr6 xr10 xr2" ' % (_MAIN, _R, _MC),
        b'xmlns:x15="%s/2010/11/main" %s ' % (_MICROSOFT, _REVISION),
        b'xmlns:xr6="%s/2016/revision6" xmlns:xr10="%s/2016/revision10" ' % (_MICROSOFT, _MICROSOFT),
        b"%s>" % _REVISION_2,
        b'<fileVersion appName="xl" lastEdited="7" lowestEdited="4" rupBuild="23801"/>',
        b'<workbookPr defaultThemeVersion="124226"/><mc:AlternateContent %s><mc:Choice Requires="x15">' % _MC,
        rb'<x15ac:absPath url="D:\2026\" xmlns:x15ac="%s/2010/11/ac"/></mc:Choice></mc:AlternateContent>' % _MICROSOFT,
        b'<xr:revisionPtr revIDLastSave="0" documentId="13_ncr:1_{2C1F5A7E-0B53-4C8E-9D0A-6E4B1B7A9C11}" ',
        b'xr6:coauthVersionLast="47" xr6:coauthVersionMax="47" ',
        b'xr10:uidLastSave="{00000000-0000-0000-0000-000000000000}"/>',
    )
)

BOOK = ("xl/workbook.xml", f"{_TYPE}.sheet.main+xml")
THEME = ("xl/theme/theme1.xml", "application/vnd.openxmlformats-officedocument.theme+xml", "theme")
STYLES = ("xl/styles.xml", f"{_TYPE}.styles+xml", "styles")
STRINGS = ("xl/sharedStrings.xml", f"{_TYPE}.sharedStrings+xml", "sharedStrings")
_CHAIN = ("xl/calcChain.xml", f"{_TYPE}.calcChain+xml", "calcChain")
EXCEL_PARTS = (THEME, STYLES, STRINGS, _CHAIN)
WPS_PARTS = (THEME, STYLES, STRINGS)
PROPERTIES = (
    ("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
    ("docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml"),
    ("docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml"),
)

Part = tuple[str, str, str]
"""Its name, its content type, and the kind of its relation to the workbook."""


def sheets(number: int) -> list[Part]:
    """The parts of the sheets."""
    return [(f"xl/worksheets/sheet{i}.xml", f"{_TYPE}.worksheet+xml", "worksheet") for i in range(1, number + 1)]


@lru_cache(maxsize=32)
def types(number: int, others: Sequence[Part]) -> bytes:
    """[Content_Types].xml for so many sheets and other parts."""
    listed = [BOOK, *((name, kind) for name, kind, _ in (*sheets(number), *others)), *PROPERTIES]
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in listed)
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    return HEAD + f'<Types xmlns="{PACKAGE}/content-types">{defaults}{overrides}</Types>'.encode()


@lru_cache(maxsize=32)
def relations(number: int, others: Sequence[Part]) -> bytes:
    """The relations of the workbook to so many sheets and other parts."""
    listed = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/{kind}" Target="{name.removeprefix("xl/")}"/>'
        for i, (name, _, kind) in enumerate((*sheets(number), *others), 1)
    )
    return HEAD + f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'.encode()


def table_tag(count: int, unique: int) -> bytes:
    """How a table of shared texts begins."""
    return b'<sst xmlns="%s" count="%d" uniqueCount="%d">' % (MAIN, count, unique)


_FORMAT = re.compile(rb'<numFmt numFmtId="([0-9]+)" formatCode="([^"]*)"/>')
_FORMATS = re.compile(rb'<numFmts count="[0-9]+">.*?</numFmts>')
_BUILT_IN = {b"0": b"1", b"0.00": b"2", b"#,##0": b"3", b"#,##0.00": b"4", b"@": b"49"}
_FIRST_OWN = 176  # where Excel and WPS in Chinese begin to count


def own_formats(xml: bytes, first: bytes = b"", more: int = 0) -> bytes:
    """Styles whose formats have the numbers that Excel gives them; ``first``: so many ``more`` formats before them."""
    numbers: dict[bytes, bytes] = {}
    told: list[bytes] = []
    for number, code in _FORMAT.findall(xml):
        numbers[number] = _BUILT_IN.get(code) or b"%d" % (_FIRST_OWN + len(told))
        if code not in _BUILT_IN:
            escaped = code.replace(b"-", b"\\-") if b"yy" in code else code
            told.append(b'<numFmt numFmtId="%s" formatCode="%s"/>' % (numbers[number], escaped))
    table = b'<numFmts count="%d">%s%s</numFmts>' % (len(told) + more, first, b"".join(told))
    xml = _FORMATS.sub(lambda _: table, xml)
    begin = xml.index(b"<cellXfs")
    return xml[:begin] + re.sub(
        rb'numFmtId="([0-9]+)"', lambda m: b'numFmtId="%s"' % numbers.get(m[1], m[1]), xml[begin:]
    )
